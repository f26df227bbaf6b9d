"""The pattern table says what the results say, and goes between its markers and nowhere else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from figures import pattern_table
from figures.__main__ import main
from figures.pattern_table import LABELS
from figures.sweep import COLUMNS, read_sweep
from market.evidence import facts
from market.terminal import ENOUGH_SEEDS

PRICE = {
    "id": "P1", "unit": "CNY per card", "low": 72000.0, "high": 95000.0, "median": 80400.0, "p05": 74900.0,
    "p95": 90600.0, "share_in_band": 0.8, "n": 20,
}  # fmt: skip
DELAY = {
    "id": "S3", "unit": "months of delay", "low": 2.5, "high": 5.0, "median": None, "p05": None, "p95": None,
    "share_in_band": 0.0, "n": 20,
}  # fmt: skip
ENTRANT = {
    "id": "T7", "unit": "probability over seeds", "low": 0.5, "high": 1.0, "median": 0.55, "p05": 0.3721,
    "p95": 0.716, "share_in_band": 1.0, "n": 20,
}  # fmt: skip


def made_up(directory: Path, patterns: Any = (PRICE, DELAY, ENTRANT), **manifest: Any) -> Path:
    """A results directory with these patterns."""
    directory.mkdir()
    pd.DataFrame(columns=COLUMNS).to_parquet(directory / "daily_quantiles.parquet")
    written = {"scenario": {"name": "baseline"}, "seeds": list(range(1, 21)), **manifest}
    (directory / "manifest.json").write_text(json.dumps(written))
    (directory / "patterns.json").write_text(json.dumps(patterns))
    return directory


def test_the_table_shows_every_pattern_and_marks_those_that_are_not_reproduced(tmp_path: Path) -> None:
    table = pattern_table.markdown(read_sweep(made_up(tmp_path / "baseline")))
    sentence, empty, *rows = table.splitlines()
    assert sentence.startswith("Scenario `baseline`, 20 seeds: 2 of 3 patterns lie in their band")
    assert sentence.endswith(" in at least 80% of the seeds; not S3.")
    assert empty == ""
    assert [[cell.strip() for cell in row.strip("|").split("|")] for row in rows] == [
        ["id", "pattern", "unit", "band", "median", "5% to 95%", "in band"],
        ["---", "---", "---", "---:", "---:", "---:", "---:"],
        ["P1", LABELS["P1"], "CNY per card", "72,000 to 95,000", "80,400", "74,900 to 90,600", "80%"],
        ["S3", LABELS["S3"], "months of delay", "2.5 to 5", "–", "–", "**0%**"],
        ["T7", LABELS["T7"], "probability over seeds", "0.5 to 1", "0.55", "0.372 to 0.716", "yes"],
    ]


def test_a_share_of_seeds_outside_its_band_is_a_bold_no(tmp_path: Path) -> None:
    missed = ENTRANT | {"median": 0.4, "share_in_band": 0.0}
    table = pattern_table.markdown(read_sweep(made_up(tmp_path / "baseline", [missed])))
    assert table.endswith("| **no** |\n")


def test_every_pattern_of_the_evidence_has_a_label_and_enough_seeds_means_the_same_everywhere() -> None:
    assert list(LABELS) == [fact.id for fact in facts() if fact.kind == "pattern"]
    assert pattern_table.ENOUGH_SEEDS == ENOUGH_SEEDS


def test_the_table_is_written_beside_the_results(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results = made_up(tmp_path / "baseline")
    assert main(["pattern_table", "--results", str(results), "--out", str(tmp_path / "out")]) == 0
    written = tmp_path / "out" / "pattern_table.md"
    assert capsys.readouterr().out.split() == [str(written)]
    assert written.read_text(encoding="utf-8") == pattern_table.markdown(read_sweep(results))


def test_a_page_is_refreshed_between_its_markers_and_stays_as_it_is_elsewhere(tmp_path: Path) -> None:
    results = made_up(tmp_path / "baseline")
    page = tmp_path / "page.md"
    page.write_text(f"before\n{pattern_table.BEGIN}\nold\n{pattern_table.END}\nafter\n", encoding="utf-8")
    for _ in range(2):
        assert main(["pattern_table", "--results", str(results), "--readme", str(page)]) == 0
    table = pattern_table.markdown(read_sweep(results))
    assert page.read_text(encoding="utf-8") == (
        f"before\n{pattern_table.BEGIN}\n\n{table}\n{pattern_table.END}\nafter\n"
    )


@pytest.mark.parametrize(
    "text",
    [
        "no markers",
        f"{pattern_table.BEGIN} no end",
        f"{pattern_table.END} {pattern_table.BEGIN}",
        f"{pattern_table.BEGIN} {pattern_table.BEGIN} {pattern_table.END}",
        f"{pattern_table.BEGIN} {pattern_table.END} {pattern_table.END}",
    ],
)
def test_a_page_without_its_markers_is_refused_and_left_alone(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.md"
    page.write_text(text, encoding="utf-8")
    assert main(["pattern_table", "--results", str(made_up(tmp_path / "baseline")), "--readme", str(page)]) == 2
    assert "markers" in capsys.readouterr().err
    assert page.read_text(encoding="utf-8") == text


def test_a_page_that_is_not_there_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.md"
    assert main(["pattern_table", "--results", str(made_up(tmp_path / "baseline")), "--readme", str(page)]) == 2
    assert "cannot be read" in capsys.readouterr().err
    assert not page.exists()


@pytest.mark.parametrize("content", ["{", "3", "[1]", '[{"id": "P1"}]', None])
def test_patterns_that_cannot_be_read_leave_a_message_and_exit_code_2(
    content: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results = made_up(tmp_path / "baseline")
    (results / "patterns.json").unlink()
    if content is not None:
        (results / "patterns.json").write_text(content)
    assert main(["pattern_table", "--results", str(results)]) == 2
    message = capsys.readouterr().err
    assert "patterns.json" in message
    assert len(message.splitlines()) == 1


def test_a_manifest_without_seeds_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results = made_up(tmp_path / "baseline", seeds=None)
    assert main(["pattern_table", "--results", str(results)]) == 2
    assert "no list `seeds`" in capsys.readouterr().err


def test_a_figure_has_no_page_to_refresh(tmp_path: Path) -> None:
    assert main(["price_fan", "--results", str(tmp_path), "--readme", "README.md"]) == 2
