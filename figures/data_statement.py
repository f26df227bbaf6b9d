"""The data statement: every row of the evidence with its source, as a page in Markdown."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from figures.output import write_whole
from figures.results import Results

__all__ = ["EXPERIMENTS", "TITLE", "markdown", "write"]

EXPERIMENTS = ("setting",)
TITLE = "The data statement: every row of the evidence with its source, as DATA.md"

HEAD = """# Data statement

Made by `make readme` from the package's evidence; do not edit.

What enters the model is in the package. Nothing is downloaded when it runs. There are no personal data, no
proprietary data, and no long quotations: facts are stated in our own words and figures. Prices of different goods (a
card, a server, a contract, a spot trade) are different rows and are never spliced. A quote in the press is an
interval, not a point.
"""
FACTS_HEAD = """## Facts of the news report

Source: Jiemian News, "云计算大厂暗战大模型" (The cloud giants' hidden war over large models), 12 January 2024, as
carried by CCTIME. Two interviewees appear there under pseudonyms. A *mechanism* must be shown by some agent, an
*input* sets a parameter and is not scored, a *pattern* must emerge; its band says which simulated values count as
reproduced and is our judgement. Full text and measures: [facts.toml](market/evidence/facts.toml).
"""
SEEN_HEAD = """## Observations from other sources

Dated public figures. Confidence is ours. Notes on how to read each are in
[observations.csv](market/evidence/observations.csv).
"""


def write(results: Results, directory: Path) -> list[Path]:
    """Write the page as ``DATA.md``."""
    setting = results.experiment("setting")
    directory.mkdir(parents=True, exist_ok=True)
    page = markdown(setting.table("facts"), setting.table("observations"))
    return [write_whole(directory / "DATA.md", page.encode("utf-8"))]


def markdown(facts: pd.DataFrame, seen: pd.DataFrame) -> str:
    """Return the page."""
    lines = [
        HEAD,
        FACTS_HEAD,
        "| id | kind | topic | date | value | band | confidence |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in facts.to_dict("records"):
        band = "" if pd.isna(row["low"]) else f"{row['low']:g} to {row['high']:g}"
        value = "" if pd.isna(row["value"]) else f"{row['value']:,g} {row['unit']}"
        confidence = "hearsay" if row["confidence"] == "low" else ""
        cells = (row["id"], row["kind"], row["topic"], _text(row["date"]), value, band, confidence)
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", SEEN_HEAD, "| id | days | quantity | value | confidence | source |", "|---|---|---|---|---|---|"]
    for row in seen.to_dict("records"):
        days = row["start"] if row["start"] == row["end"] else f"{row['start']} to {row['end']}"
        source = f"[{_text(row['source'])}]({row['url']})" if _text(row["url"]) else _text(row["source"])
        value = f"{row['value']:,g} {_text(row['unit'])}"
        lines.append(f"| {row['id']} | {days} | {_text(row['quantity'])} | {value} | {row['confidence']} | {source} |")
    return "\n".join(lines) + "\n"


def _text(value: object) -> str:
    """Return a cell's text without what would break a table; nothing for an empty cell."""
    return "" if pd.isna(value) else str(value).replace("|", "/").replace("[", "(").replace("]", ")")  # type: ignore[call-overload]
