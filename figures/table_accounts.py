"""The balance sheet and the matrix of payments of one run of the baseline, in the form of stock-flow tables.

Rows are goods or kinds of payments, columns sectors; every row sums to zero, in the table as in the model, since
amounts are whole fen and cards and are rounded for print only.
"""

from __future__ import annotations

import pandas as pd

from figures.latex import escape, tabular
from figures.output import Table
from figures.results import Results

__all__ = ["EXPERIMENTS", "TITLE", "tabulate"]

EXPERIMENTS = ("setting",)
TITLE = "Table: balance sheet and matrix of payments"

FEN_PER_BILLION = 1e11
SECTORS = {
    "investors": "Invest.",
    "parents": "Parents",
    "customers": "Custom.",
    "suppliers": "Suppl.",
    "world": "World",
    "scrap": "Scrap",
    "huawei": "Huawei",
    "reserve": "Reserve",
    "nvidia": "NVIDIA",
    "clouds": "Clouds",
    "server_makers": "Makers",
    "speculators": "Specul.",
    "startups": "Startups",
    "conversion": "Conv.",
}


def tabulate(results: Results) -> Table:
    """Return both tables with their caption."""
    setting = results.experiment("setting")
    sheet, payments = setting.table("balance_sheet"), setting.table("payment_matrix")
    date = str(setting.table("network_edges")["date"].max())
    blocks = []
    for title, frame in (("Balance sheet", sheet), ("Payments so far", payments)):
        kept = frame[(frame.drop(columns="row") != 0).any(axis=1)]
        sectors = [name for name in SECTORS if name in kept.columns and (kept[name] != 0).any()]
        rows = [_row(row, sectors) for row in kept.to_dict("records")]
        head = (rf"\textbf{{{title}}}", *(SECTORS[name] for name in sectors), "Sum")
        blocks.append(tabular("l" + "r" * (len(sectors) + 1), head, rows))
    body = "{\\scriptsize\\setlength{\\tabcolsep}{1.8pt}\n" + "\n\\medskip\n\n".join(blocks) + "}\n"
    return Table(
        body,
        f"Balance sheet on {date} and all payments up to then, one run of the baseline (seed 1). Money in billion CNY,"
        " cards in thousands; what a sector holds or received is positive. Sectors left of NVIDIA are the boundary of"
        " the model: where money and cards come from and go to. Conv.: cards that changed their stage. Every row sums"
        " to zero exactly, in whole fen and whole cards, on every day.",
    )


def _row(row: dict[str, object], sectors: list[str]) -> tuple[str, ...]:
    """Return a row of cells; the sum is computed from the exact integers."""
    name = str(row["row"])
    is_cards = name.endswith("_cards")
    values = {key: int(value) for key, value in row.items() if key != "row" and pd.notna(value)}  # type: ignore[call-overload]
    unit = 1e3 if is_cards else FEN_PER_BILLION
    label = name.removesuffix("_cards").removesuffix("_fen").replace("_", " ")
    total = sum(values.values())
    cells = [_cell(values[sector], unit) for sector in sectors]
    return (escape(label), *cells, "0" if total == 0 else str(total))


def _cell(value: int, unit: float) -> str:
    """Return a value in print, nothing for zero."""
    if value == 0:
        return ""
    text = f"{abs(value) / unit:,.1f}"
    return f"$-${text}" if value < 0 else text
