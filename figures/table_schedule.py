"""The table of the schedule of the ODD description: every step of a day in order, with what it reads and writes."""

from __future__ import annotations

from figures.latex import escape, longtable
from figures.output import Table
from figures.results import Results

__all__ = ["EXPERIMENTS", "TITLE", "tabulate"]

EXPERIMENTS = ("setting",)
TITLE = "Table: every step of a day in order"


def tabulate(results: Results) -> Table:
    """Return the table with its caption."""
    steps = results.experiment("setting").table("schedule")
    rows: list[tuple[str, ...]] = []
    for (number, phase), group in steps.groupby(["number", "phase"], sort=True):
        first = group.iloc[0]
        listed = r"\newline ".join(
            rf"\nolinkurl{{{row.function}}} ({'decides' if row.kind == 'decide' else 'settles'})"
            for row in group.itertuples(index=False)
        )
        rows.append((f"{number}", escape(str(phase)), escape(str(first["question"])), listed))
    body = longtable(
        r"@{}rp{0.12\textwidth}p{0.29\textwidth}p{0.5\textwidth}@{}", ("", "Phase", "Question", "Steps in order"), rows
    )
    return Table(
        body,
        f"The schedule: {steps['number'].nunique()} phases and {len(steps)} steps of a day, in order, as the compiled"
        " day is generated from them. Steps that decide write down wishes only; steps that settle move cards and"
        " money.",
    )
