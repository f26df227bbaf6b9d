"""The pattern table: every pattern of the evidence over seeds, against its band, in Markdown.

A pattern is reproduced when its value lies in its band in enough of the seeds. Two patterns are shares of the
seeds themselves: their interval is the error of that share, and their band holds or does not. The table can
be put between two markers of a Markdown page, so that what the page says is what the results say.
"""

from __future__ import annotations

from pathlib import Path

from figures.output import write_whole
from figures.results import Results, ResultsError
from figures.sweep import Pattern, Sweep, read_sweep

__all__ = ["BEGIN", "END", "ENOUGH_SEEDS", "LABELS", "TITLE", "markdown", "refresh", "write"]

EXPERIMENTS = ("baseline",)
TITLE = "Patterns of the evidence over seeds, against their bands, as a Markdown table"
BEGIN, END = "<!-- patterns:begin -->", "<!-- patterns:end -->"
ENOUGH_SEEDS = 0.8
"""Share of seeds in its band from which on a pattern counts as reproduced, as in `market patterns`."""
OVER_SEEDS = "probability over seeds"
THOUSAND = 1000
NONE = "–"

LABELS = {
    "T4": "What a regular customer pays",
    "T5": "What the contested tender closes at",
    "T7": "The entrant wins that tender",
    "T10": "From a break-even of 0.32 of list to one of 0.50",
    "S3": "CloudWalk's cards of December 2022 come late by",
    "S5": "Clouds' orders of late 2022, delivered by the end of 2023",
    "S5b": "The same, delivered by the middle of 2023",
    "S6": "Clouds' orders of mid-2023, delivered by 12 January 2024",
    "S7": "The entrant's orders of 2023 over three rivals' of 2022",
    "P1": "A800 price in mid-2023",
    "P2": "A800 price in January 2024",
    "P2b": "Largest rise of one month between the two",
    "C1": "The tender's winner loses the customer after",
    "C3": "The customer moves to the cloud with the most free cards",
    "C5": "Clouds' margin in 2023, cards at replacement cost",
    "C5b": "NVIDIA's margin in 2023 less the clouds', cards at historic cost",
}
"""What a pattern is about; how it is measured is in `market/evidence/facts.toml`."""


def markdown(sweep: Sweep) -> str:
    """Return the table, under a sentence that says what was run and what is reproduced."""
    patterns = sweep.patterns()
    missed = [pattern.id for pattern in patterns if not is_reproduced(pattern)]
    lines = [
        f"Scenario `{sweep.scenario_name}`, {sweep.n_seeds} seeds:"
        f" {len(patterns) - len(missed)} of {len(patterns)} patterns lie in their band in at least"
        f" {ENOUGH_SEEDS:.0%} of the seeds{_but_not(missed)}.",
        "",
        "| id | pattern | unit | band | median | 5% to 95% | in band |",
        "|---|---|---|---:|---:|---:|---:|",
        *(_row(pattern) for pattern in patterns),
    ]
    return "\n".join(lines) + "\n"


def is_reproduced(pattern: Pattern) -> bool:
    """Return whether a pattern lies in its band in enough of the seeds."""
    return pattern.share_in_band >= ENOUGH_SEEDS


def write(results: Results, directory: Path) -> list[Path]:
    """Write the table as ``pattern_table.md``."""
    directory.mkdir(parents=True, exist_ok=True)
    return [write_whole(directory / "pattern_table.md", markdown(read_sweep(results.directories[0])).encode("utf-8"))]


def refresh(results: Results, page: Path) -> Path:
    """Put the table between the markers of a Markdown file.

    Raises
    ------
    ResultsError
        When the file cannot be read, or does not hold each marker once, in order.
    """
    try:
        text = page.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise ResultsError(f"{page}: cannot be read ({error}); give a Markdown file") from None
    before, begin, rest = text.partition(BEGIN)
    old, end, after = rest.partition(END)
    if not begin or not end or BEGIN in old or BEGIN in after or END in before or END in after:
        raise ResultsError(f"{page}: the markers {BEGIN} and {END} must stand in it once each, in this order")
    return write_whole(
        page, f"{before}{begin}\n\n{markdown(read_sweep(results.directories[0]))}\n{end}{after}".encode()
    )


def _row(pattern: Pattern) -> str:
    """Return a pattern's row; bold when it is not reproduced."""
    if pattern.unit == OVER_SEEDS:
        in_band = "yes" if is_reproduced(pattern) else "no"
    else:
        in_band = f"{pattern.share_in_band:.0%}"
    cells = (
        pattern.id,
        LABELS.get(pattern.id, pattern.id),
        pattern.unit,
        _span(pattern.low, pattern.high),
        _number(pattern.median),
        _span(pattern.p05, pattern.p95),
        in_band if is_reproduced(pattern) else f"**{in_band}**",
    )
    return f"| {' | '.join(cells)} |"


def _but_not(missed: list[str]) -> str:
    return f"; not {', '.join(missed)}" if missed else ""


def _span(low: float | None, high: float | None) -> str:
    return NONE if low is None or high is None else f"{_number(low)} to {_number(high)}"


def _number(value: float | None) -> str:
    if value is None:
        return NONE
    return f"{value:,.0f}" if abs(value) >= THOUSAND else f"{value:.3g}"
