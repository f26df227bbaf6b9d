"""Figures read results only, write the same bytes every time, and say what is wrong with their input."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Annotation

import figures
from figures import price_fan
from figures.__main__ import catalogue, main, module
from figures.latex import escape
from figures.output import Table, write_table
from figures.results import MissingExperimentError, Number, Results, ResultsError
from figures.style import DOUBLE_COLUMN_MM, journal_style
from figures.sweep import read_sweep
from market.observers.patterns import evidence_points

EXTENSIONS = ("pdf", "png", "caption.txt", "caption.tex")
RULES = [
    {
        "id": "us_2022",
        "rumoured": None,
        "announced": "2022-08-26",
        "effective": "2022-09-01",
        "severity": 0.0,
    },
    {
        "id": "us_2023",
        "rumoured": "2023-06-28",
        "announced": "2023-10-17",
        "effective": "2023-10-23",
        "severity": 1.0,
    },
]
CROWDED = {
    "id": "more",
    "rumoured": "2023-07-20",
    "announced": "2023-09-01",
    "effective": "2024-01-10",
    "severity": 0.5,
}


def write_results(directory: Path, rules: list[dict[str, Any]] = RULES, **changes: Any) -> Path:
    """A results directory with a made-up fan; `changes` replace manifest entries, None drops them."""
    date = pd.date_range("2022-01-01", "2024-12-31")
    median = np.interp(np.arange(len(date)), [0, 545, 650, 740, 1095], [74e3, 82e3, 1e5, 168e3, 95e3])
    shares = {"p05": 0.85, "p25": 0.95, "median": 1.0, "p75": 1.05, "p95": 1.15}
    fan = pd.DataFrame({"date": date, "quantity": "spot_price_cny"})
    fan = fan.assign(**{column: share * median for column, share in shares.items()}, n=20)
    manifest = {
        "scenario": {"name": "baseline", "rules": rules},
        "evidence": evidence_points(),
        "version": "0.1.0",
        **changes,
    }
    directory.mkdir(parents=True)
    fan.to_parquet(directory / "daily_quantiles.parquet")
    kept = {key: value for key, value in manifest.items() if value is not None}
    (directory / "manifest.json").write_text(json.dumps(kept))
    return directory


@pytest.fixture
def results(tmp_path: Path) -> Path:
    return write_results(tmp_path / "baseline")


def drawn(directory: Path) -> tuple[Any, Any]:
    with journal_style():
        figure = price_fan.draw(Results((directory,))).figure
        return figure, FigureCanvasAgg(figure).get_renderer()


def test_no_figure_imports_the_model() -> None:
    for path in Path(figures.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not any(name.split(".")[0] == "market" for name in names), path


def test_every_figure_and_table_is_listed_and_names_the_experiments_that_it_reads(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--list"]) == 0
    listed = capsys.readouterr().out
    assert {"price_fan", "pattern_table"} <= set(catalogue())
    for name in catalogue():
        assert name in listed and module(name).TITLE in listed
        assert all(isinstance(experiment, str) for experiment in module(name).EXPERIMENTS), name


def test_two_processes_write_the_same_bytes(results: Path, tmp_path: Path) -> None:
    contents = []
    for seed, epoch in (("1", "0"), ("2", "1700000000")):
        out = tmp_path / f"out{seed}"
        command = [sys.executable, "-m", "figures", "price_fan", "--results", str(results), "--out", str(out)]
        environment = os.environ | {"PYTHONHASHSEED": seed, "SOURCE_DATE_EPOCH": epoch}
        root = Path(figures.__file__).parents[1]
        run = subprocess.run(command, env=environment, cwd=root, capture_output=True, text=True, check=True)
        assert run.stdout.split() == [str(out / f"price_fan.{extension}") for extension in EXTENSIONS]
        contents.append({path.name: path.read_bytes() for path in out.iterdir()})
    assert set(contents[0]) == {f"price_fan.{extension}" for extension in EXTENSIONS}
    assert contents[0] == contents[1]
    assert contents[0]["price_fan.pdf"].startswith(b"%PDF")
    assert b"CreationDate" not in contents[0]["price_fan.pdf"]


def test_other_results_give_other_bytes(results: Path, tmp_path: Path) -> None:
    other = write_results(tmp_path / "no_rule", rules=[])
    for directory, out in ((results, "a"), (other, "b")):
        assert main(["price_fan", "--results", str(directory), "--out", str(tmp_path / out)]) == 0
    for extension in EXTENSIONS:
        one, another = ((tmp_path / out / f"price_fan.{extension}").read_bytes() for out in "ab")
        assert one != another


def test_the_users_own_settings_of_matplotlib_neither_enter_nor_change(results: Path, tmp_path: Path) -> None:
    assert main(["price_fan", "--results", str(results), "--out", str(tmp_path / "a")]) == 0
    with matplotlib.rc_context({"lines.linewidth": 9, "font.size": 20, "savefig.dpi": 50}):
        assert main(["price_fan", "--results", str(results), "--out", str(tmp_path / "b")]) == 0
        assert matplotlib.rcParams["font.size"] == 20
    for name in ("price_fan.pdf", "price_fan.png"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


@pytest.mark.parametrize("rules", [RULES, [*RULES, CROWDED], []], ids=["baseline", "crowded", "none"])
def test_no_text_leaves_the_page_and_no_labels_overlap(tmp_path: Path, rules: list[dict[str, Any]]) -> None:
    figure, renderer = drawn(write_results(tmp_path / "run", rules=rules))
    assert figure.get_figwidth() * 25.4 == pytest.approx(DOUBLE_COLUMN_MM)
    figure.draw(renderer)
    (axes,) = figure.axes
    (legend,) = figure.legends
    labels = [text for text in axes.texts if isinstance(text, Annotation)]
    assert len(labels) == 2 + 3 * sum(rule["severity"] > 0 for rule in rules)
    ticks = [
        label
        for axis in (axes.xaxis, axes.yaxis)
        for place, label in zip(axis.get_majorticklocs(), axis.get_majorticklabels(), strict=True)
        if axis.get_view_interval()[0] <= place <= axis.get_view_interval()[1]
    ]
    extents = [text.get_window_extent(renderer) for text in (*labels, axes.yaxis.label, *ticks)]
    extents.append(legend.get_window_extent(renderer))
    page = figure.bbox
    for extent in extents:
        assert page.x0 <= extent.x0 and extent.x1 <= page.x1
        assert page.y0 <= extent.y0 and extent.y1 <= page.y1
    for k, one in enumerate(extents):
        assert not any(one.overlaps(other) for other in extents[k + 1 :])


def test_boxes_marks_and_lines_stand_where_the_evidence_puts_them(results: Path) -> None:
    figure, _ = drawn(results)
    (axes,) = figure.axes
    date2num = matplotlib.dates.date2num
    boxes = {tuple(np.round(box.get_bbox().extents, 6)) for box in axes.patches}
    first, second = ("2023-06-01", "2023-07-16", 72, 95), ("2024-01-01", "2024-01-16", 150, 190)
    assert boxes == {
        (date2num(np.datetime64(a)), low, date2num(np.datetime64(b)), high) for a, b, low, high in (first, second)
    }
    marks = {(line.get_xdata()[0], round(line.get_ydata()[0], 6)) for line in axes.lines if line.get_marker() != "None"}
    quoted = (("2023-12-31", 72.0), ("2023-06-30", 72.0), ("2023-06-29", 86.4))
    assert marks == {(date2num(np.datetime64(day)), price) for day, price in quoted}
    dashed = sorted(line.get_xdata()[0] for line in axes.lines if line.get_linestyle() == "--")
    dates = ("2023-06-28", "2023-10-17", "2023-10-23")
    assert dashed == [date2num(np.datetime64(day)) for day in dates]


def test_the_caption_says_how_many_seeds_and_what_the_bands_are(results: Path) -> None:
    text = price_fan.caption(read_sweep(results))
    assert "scenario baseline, 20 seeds" in text
    assert "25% to 75%" in text and "5% to 95%" in text
    assert "P1, 2023-06-01 to 2023-07-15: 80,000 (72,000 to 95,000) CNY" in text
    assert "P38, 2023-06-29: 12,000 USD/card, drawn at 86,400 CNY" in text
    assert "us_2023 announced 2023-10-17" in text and "us_2022" not in text
    assert "version 0.1.0" in text


def experiment(directory: Path, value: float = 3.0) -> Path:
    """Results of one experiment, `made_up`, in a results directory."""
    folder = directory / "made_up"
    folder.mkdir(parents=True)
    entry = {"value": value, "low": 1.0, "high": None, "unit": "share", "runs": 7, "meaning": "a made-up share"}
    (folder / "numbers.json").write_text(json.dumps({"some_share": entry}))
    (folder / "manifest.json").write_text(json.dumps({"version": "0.1.0", "git_commit": "abc"}))
    (folder / "some_table.csv").write_text("date,price_cny\n2023-06-28,80000\n")
    return directory


def test_an_experiment_is_read_from_the_first_directory_that_has_it(tmp_path: Path) -> None:
    first, second = experiment(tmp_path / "full", 3.0), experiment(tmp_path / "kept", 4.0)
    (tmp_path / "empty").mkdir()
    assert Results((first, second)).experiment("made_up").number("some_share").value == 3
    both = Results((tmp_path / "empty", tmp_path / "not_there", second)).experiment("made_up")
    assert both.number("some_share") == Number(4.0, 1.0, None, "share", 7, "a made-up share")
    assert both.table("some_table", dates=["date"]).date[0] == pd.Timestamp("2023-06-28")
    assert both.tables() == ["some_table"]
    assert both.origin == "version 0.1.0, commit abc"
    assert [one.name for one in Results((first, second)).experiments()] == ["made_up"]


def test_a_missing_experiment_names_the_command_that_makes_it(tmp_path: Path) -> None:
    with pytest.raises(MissingExperimentError, match=r"run `python -m experiments other`"):
        Results((experiment(tmp_path),)).experiment("other")


@pytest.mark.parametrize(
    "ask", [lambda e: e.table("gone"), lambda e: e.number("gone"), lambda e: e.table("some_table", ["day"])]
)
def test_what_an_experiment_does_not_hold_is_said(tmp_path: Path, ask: Any) -> None:
    with pytest.raises(ResultsError, match=r"gone|day"):
        ask(Results((experiment(tmp_path),)).experiment("made_up"))


def test_captions_become_latex_and_strange_signs_are_refused() -> None:
    assert escape("50% of A_B & C – 3 × 4 > 1") == r"50\% of A\_B \& C -- 3 \ensuremath{\times} 4 \ensuremath{>} 1"
    with pytest.raises(ValueError, match=r"add it to figures"):
        escape("价")


def test_a_table_is_written_with_its_caption(tmp_path: Path) -> None:
    written = write_table(Table("body\n", "A caption\nof 2 lines."), tmp_path, "some")
    assert [path.name for path in written] == ["some.tex", "some.caption.txt", "some.caption.tex"]
    assert written[2].read_text() == "A caption of 2 lines.%\n"


def test_a_figure_that_does_not_fit_its_results_costs_no_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, results: Path
) -> None:
    def draw(results: Results) -> Any:
        raise KeyError("a column")

    monkeypatch.setattr(module("trade_network"), "draw", draw)
    out = tmp_path / "out"
    assert main(["trade_network", "price_fan", "--results", str(results), "--out", str(out)]) == 2
    message = capsys.readouterr().err
    assert "trade_network: does not fit its results (KeyError: 'a column')" in message
    assert "`python -m experiments setting`" in message
    assert (out / "price_fan.pdf").is_file()


def damage_nothing_there(directory: Path) -> None:
    for path in directory.iterdir():
        path.unlink()
    directory.rmdir()


def damage_no_quantiles(directory: Path) -> None:
    (directory / "daily_quantiles.parquet").unlink()


def damage_no_manifest(directory: Path) -> None:
    (directory / "manifest.json").unlink()


def damage_manifest(directory: Path) -> None:
    (directory / "manifest.json").write_text("{")


def damage_scenario(directory: Path) -> None:
    (directory / "manifest.json").write_text("{}")


def damage_quantiles(directory: Path) -> None:
    (directory / "daily_quantiles.parquet").write_text("no parquet")


def damage_column(directory: Path) -> None:
    path = directory / "daily_quantiles.parquet"
    pd.read_parquet(path).drop(columns="p95").to_parquet(path)


def damage_quantity(directory: Path) -> None:
    path = directory / "daily_quantiles.parquet"
    pd.read_parquet(path).assign(quantity="fill_rate").to_parquet(path)


def damage_evidence(directory: Path) -> None:
    path = directory / "manifest.json"
    manifest = json.loads(path.read_text())
    del manifest["evidence"]
    path.write_text(json.dumps(manifest))


def damage_point(directory: Path) -> None:
    path = directory / "manifest.json"
    manifest = json.loads(path.read_text())
    del manifest["evidence"][0]["start"]
    path.write_text(json.dumps(manifest))


def damage_rule(directory: Path) -> None:
    path = directory / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["scenario"]["rules"][1]["announced"] = "soon"
    path.write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (damage_nothing_there, "no such directory"),
        (damage_no_quantiles, "daily_quantiles.parquet: no such file"),
        (damage_no_manifest, "manifest.json: no such file"),
        (damage_manifest, "not readable as JSON"),
        (damage_scenario, "no table `scenario`"),
        (damage_quantiles, "not readable as Parquet"),
        (damage_column, "without column p95"),
        (damage_quantity, "it holds fill_rate"),
        (damage_evidence, "no list `evidence`"),
        (damage_point, "not complete"),
        (damage_rule, "soon"),
    ],
)
def test_results_that_cannot_be_read_leave_a_message_and_exit_code_2(
    results: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], damage: Any, said: str
) -> None:
    damage(results)
    out = tmp_path / "out"
    assert main(["price_fan", "--results", str(results), "--out", str(out)]) == 2
    message = capsys.readouterr().err
    assert said in message
    assert len(message.splitlines()) == 1
    assert not out.exists()


@pytest.mark.parametrize("arguments", [["no_such_figure"], ["price_fan", "--dpi", "3"]])
def test_a_wrong_command_line_is_exit_code_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as exit:
        main(arguments)
    assert exit.value.code == 2


def test_an_output_that_is_a_file_is_refused(results: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    taken = tmp_path / "taken"
    taken.write_text("mine")
    assert main(["price_fan", "--results", str(results), "--out", str(taken)]) == 2
    assert "taken" in capsys.readouterr().err
    assert taken.read_text() == "mine"
