"""The table of state variables of the ODD description: every column of state, with unit and meaning."""

from __future__ import annotations

from figures.latex import escape, longtable
from figures.output import Table
from figures.results import Results

__all__ = ["EXPERIMENTS", "TITLE", "tabulate"]

EXPERIMENTS = ("setting",)
TITLE = "Table: every state variable with its unit and meaning"


def tabulate(results: Results) -> Table:
    """Return the table with its caption."""
    variables = results.experiment("setting").table("state_variables")
    rows: list[tuple[str, ...]] = []
    for block, group in variables.groupby("block", sort=False):
        rows += [("",)] if rows else []
        kinds = ", ".join(sorted(group["kind"].unique()))
        rows.append((rf"\multicolumn{{3}}{{l}}{{\textbf{{{escape(str(block))}}} ({kinds}s)}}",))
        rows += [
            (rf"\nolinkurl{{{row.name}}}", escape(str(row.unit)), escape(str(row.meaning)))
            for row in group.itertuples(index=False)
        ]
    body = longtable(r"@{}p{0.33\textwidth}p{0.17\textwidth}p{0.45\textwidth}@{}", ("Name", "Unit", "Meaning"), rows)
    return Table(
        body,
        f"State variables: all {len(variables)} columns of the state and of the daily record, by block, as the code"
        " declares them. A block holds one row a member of its population (clouds, startups, contracts, orders,"
        " accounts).",
    )
