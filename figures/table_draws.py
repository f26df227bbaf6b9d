"""The table of random draws of the ODD description: every named stream of luck."""

from __future__ import annotations

from figures.latex import escape, longtable
from figures.output import Table
from figures.results import Results

__all__ = ["EXPERIMENTS", "TITLE", "tabulate"]

EXPERIMENTS = ("setting",)
TITLE = "Table: every random draw"


def tabulate(results: Results) -> Table:
    """Return the table with its caption."""
    draws = results.experiment("setting").table("draws")
    rows = [(rf"\nolinkurl{{{row.name}}}", escape(str(row.meaning))) for row in draws.itertuples(index=False)]
    body = longtable(r"@{}p{0.25\textwidth}p{0.68\textwidth}@{}", ("Name", "What it decides"), rows)
    return Table(
        body,
        f"Random draws: all {len(draws)} names of luck. A draw is a function of seed, name, day and the agent's key, so"
        " two worlds that differ in one rule share all their luck.",
    )
