"""The table of patterns: what the evidence reports, its band, and what the baseline gives over fresh seeds."""

from __future__ import annotations

from typing import Any

import pandas as pd

from figures.latex import escape, tabular
from figures.output import Table
from figures.pattern_table import LABELS
from figures.results import Results

__all__ = ["EXPERIMENTS", "TITLE", "tabulate"]

EXPERIMENTS = ("baseline",)
TITLE = "Table: patterns of the evidence over fresh seeds, against their bands"

UNITS = {
    "fraction of list price paid": "of list",
    "probability over seeds": "share of seeds",
    "months of delay": "months",
    "share of ordered cards": "share",
    "ratio of cards ordered": "ratio",
    "share of the rise": "share",
    "margin on GPU revenue": "margin",
    "difference of margins": "margin",
}
THOUSAND = 1000
NONE = "--"


def tabulate(results: Results) -> Table:
    """Return the table with its caption."""
    patterns = results.experiment("baseline").table("patterns")
    rows = [_row(row) for row in patterns.to_dict("records")]
    header = ("Id", "Pattern (unit)", "Reported", "Band", "Median (95\\%)", "5\\% to 95\\%", "In band")
    body = "{\\setlength{\\tabcolsep}{3pt}" + tabular(r"@{}lp{0.25\textwidth}rrrrr@{}", header, rows) + "}\n"
    held, n = int(patterns["reproduced"].sum()), int(patterns["n"].max())
    return Table(
        body,
        f"Patterns of the evidence. {held} of {len(patterns)} are reproduced: they lie in their band in at least 80% of"
        f" {n:,} fresh seeds or, where the pattern is itself a share of the seeds, that share does. Median: over seeds,"
        " with a 95% bootstrap interval; for shares of the seeds the share with Wilson's interval. 5% to 95%: quantiles"
        " over the seeds in which the event happened. In band: share of all seeds; a run without the event is a miss."
        " Bold: not reproduced.",
    )


def _row(row: dict[str, Any]) -> tuple[str, ...]:
    """Return a pattern as cells."""
    unit = str(row["unit"])
    share = row.get("in_band")
    in_band = ("yes" if row["reproduced"] else "no") if pd.isna(share) else rf"{share:.0%}".replace("%", r"\%")
    middle = f"{_number(row['median'])} ({_number(row['median_low'])} to {_number(row['median_high'])})"
    return (
        str(row["id"]),
        escape(f"{LABELS.get(str(row['id']), str(row['id']))} ({UNITS.get(unit, unit)})"),
        _number(row["reported"]),
        f"{_number(row['band_low'])} to {_number(row['band_high'])}",
        middle,
        NONE if pd.isna(row.get("p05")) else f"{_number(row['p05'])} to {_number(row['p95'])}",
        in_band if row["reproduced"] else rf"\textbf{{{in_band}}}",
    )


def _number(value: float) -> str:
    """Return a value in print."""
    if pd.isna(value):
        return NONE
    text = f"{abs(value):,.0f}" if abs(value) >= THOUSAND else f"{abs(value):.3g}"
    return f"$-${text}" if value < 0 else text
