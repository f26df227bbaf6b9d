"""The command: what it prints where, what it writes, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from made_up import made_up_run, replace_the_model

from market import terminal
from market.calendar import N_DAYS
from market.cli import LARGEST_SEED, MOST_DAYS, main
from market.errors import BooksError
from market.observers.bands import pattern_facts
from market.observers.patterns import pattern_ids
from market.scenarios import load_scenario, scenario_names
from market.schedule import DAY
from market.simulation import run
from market.store import TABLES, read_run

HERE = Path(__file__).resolve().parent
KEYS = ["id", "unit", "low", "high", "median", "p05", "p95", "share_in_band", "n"]


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[tuple[Any, ...]]:
    """Replace the model by one that makes tables up, in an empty directory; return the list of its calls."""
    calls = []

    def run(scenario: Any, seed: int = 1, days: int | None = None) -> Any:
        calls.append((scenario, seed, days))
        return made_up_run(scenario, seed, days)

    replace_the_model(monkeypatch, run)
    monkeypatch.setattr("market.observers.summary.describe", lambda run: f"summary of seed {run.seed}")
    monkeypatch.setattr("market.observers.patterns.measure", measured)
    monkeypatch.chdir(tmp_path)
    return calls


def measured(run: Any) -> dict[str, float]:
    """Return values in the band for odd seeds; P2 never happens."""
    values = {row.id: (row.low if run.seed % 2 else row.high + 1) for row in pattern_facts()}
    return {**values, "T7": 1.0, "C3": float("nan"), "P2": float("nan")}


# ---- run


def test_a_run_is_kept_and_summarised(model: list[Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "tiny", "--seed", "7", "--days", "12", "--out", "mine/run"]) == 0
    out = capsys.readouterr().out
    assert out == f"summary of seed 7\n\nWritten to {Path('mine/run')}\n"
    kept = read_run(tmp_path / "mine" / "run")
    assert (kept.scenario, kept.seed, len(kept.daily)) == (load_scenario("tiny"), 7, 12)
    assert model == [(load_scenario("tiny"), 7, 12)]


def test_the_baseline_and_seed_1_are_run_by_default(model: list[Any], tmp_path: Path) -> None:
    assert main(["run"]) == 0
    assert model == [(load_scenario("baseline"), 1, None)]
    assert sorted(path.name for path in (tmp_path / "results" / "baseline-seed1").iterdir()) == sorted(
        ["manifest.json", *(f"{table}.parquet" for table in TABLES)]
    )


def test_a_second_run_does_not_overwrite_the_first(model: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "tiny"]) == 0
    assert main(["run", "tiny"]) == 2
    assert "exists already" in capsys.readouterr().err
    assert len(model) == 1


def test_settings_reach_the_model(model: list[Any]) -> None:
    settings = ["orders.adjustment=0.2", "population.startups=50", "substitute.h20.launch=2023-10-01"]
    assert main(["run", "tiny", *(part for setting in settings for part in ("--set", setting))]) == 0
    scenario = model[0][0]
    assert scenario.parameters["orders.adjustment"] == 0.2
    assert scenario.population.startups == 50
    assert str(scenario.substitutes[0].launch) == "2023-10-01"


def test_every_day_of_the_calendar_may_be_asked_for() -> None:
    assert MOST_DAYS == N_DAYS


@pytest.mark.parametrize(("warm", "told"), [(False, 1), (True, 0)])
def test_compiling_is_told_once_on_standard_error(
    warm: bool,
    told: int,
    model: list[Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("market.kernels.compile.cache_is_warm", lambda: warm)
    assert main(["patterns", "tiny", "--seeds", "2", "--workers", "1"]) == 0
    found = capsys.readouterr()
    assert found.err.count("compiling") == told
    assert "compiling" not in found.out


# ---- patterns


def test_patterns_are_printed_as_a_table_with_a_count(model: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["patterns", "tiny", "--seeds", "3", "--workers", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "tiny, seeds 1 to 3"
    assert lines[1].split() == ["id", "low", "high", "median", "p05", "p95", "in", "band", "n", "unit"]
    rows = {line.split()[0]: line for line in lines[3:-1]}
    assert list(rows) == list(pattern_ids())
    assert "67%" in rows["P1"]
    assert rows["P2"].split()[3:8] == ["-", "-", "-", "0%", "3"]
    assert lines[-1].startswith("1 of 16 patterns in their band in at least 80% of the seeds; not T4")


@pytest.mark.parametrize("workers", ["1", "2"])
def test_json_is_an_array_and_nothing_else(workers: str, model: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["patterns", "tiny", "--seeds", "4", "--workers", workers, "--json"]) == 0
    found = capsys.readouterr()
    rows = json.loads(found.out)
    assert [row["id"] for row in rows] == list(pattern_ids())
    assert all(list(row) == KEYS for row in rows)
    by_id = {row["id"]: row for row in rows}
    assert by_id["P2"]["median"] is None
    assert by_id["P1"]["share_in_band"] == 0.5
    assert (by_id["T7"]["median"], by_id["T7"]["share_in_band"]) == (1.0, 1.0)
    assert "4 of 4 seeds" in found.err


def test_patterns_are_kept_with_measures_and_quantiles(model: list[Any], tmp_path: Path) -> None:
    assert main(["patterns", "tiny", "--seeds", "3", "--out", "sweep"]) == 0
    out = tmp_path / "sweep"
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["kind"], manifest["seeds"]) == ("patterns", [1, 2, 3])
    assert [row["id"] for row in json.loads((out / "patterns.json").read_text())] == list(pattern_ids())
    assert list(pd.read_csv(out / "patterns.csv")) == KEYS
    assert pd.read_parquet(out / "measures.parquet")["seed"].tolist() == [1, 2, 3]
    quantiles = pd.read_parquet(out / "daily_quantiles.parquet")
    assert list(quantiles) == ["date", "quantity", "p05", "p25", "median", "p75", "p95", "n"]
    assert quantiles.loc[quantiles["quantity"] == "spot_price_cny", "median"].eq(2.0).all()


def test_progress_is_a_line_now_and_then_where_there_is_no_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with terminal.progress(100) as report:
        for done in (1, 8, 15, 22, 29, 99, 100):
            report(done, 100)
    lines = capsys.readouterr().err.splitlines()
    assert lines == [f"market: {done} of 100 seeds" for done in (15, 22, 99, 100)]


def test_progress_is_a_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    with terminal.progress(3) as report:
        report(3, 3)
    found = capsys.readouterr()
    assert "seeds" in found.err
    assert found.out == ""


# ---- looking at things


def test_scenarios_are_listed_with_their_titles(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scenarios"]) == 0
    lines = capsys.readouterr().out.splitlines()
    for name in scenario_names():
        assert any(line.split()[0] == name and load_scenario(name).title in line for line in lines)


def test_a_scenario_is_shown_with_unit_and_source(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "tiny", "--set", "rule.us_2023.severity=0.5"]) == 0
    rows = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    for words in ("0.5", "share", "set in an override"):
        assert words in rows["rule.us_2023.severity"]
    for words in ("2.08", "billion USD per quarter", "K01"):
        assert words in rows["supply.china_revenue.2022-01-01"]
    assert "switch" in rows["parameters.orders.gaming"]


def test_a_shown_file_is_valid(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "harsher_rule", "--toml"]) == 0
    file = tmp_path / "harsher_rule.toml"
    file.write_text(capsys.readouterr().out, encoding="utf-8")
    assert main(["validate", str(file)]) == 0
    assert capsys.readouterr().out.startswith(f"{file}: valid (Harsher rule")
    assert load_scenario(file) == load_scenario("harsher_rule")


def test_brackets_in_a_cell_are_no_markup(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.print_table(("[a]",), [("[red]x[/red]",)])
    assert "[red]x[/red]" in capsys.readouterr().out


def test_the_day_is_printed_in_order(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def plan() -> None: ...

    phases = (
        SimpleNamespace(name="rules", decide=None, settle="apply", reads=(), writes=("rule.active",)),
        SimpleNamespace(name="orders", decide=plan, settle=None, reads=frozenset({"b", "a"}), writes=()),
    )
    monkeypatch.setitem(sys.modules, "market.schedule", SimpleNamespace(DAY=phases))
    assert main(["schedule"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[2] == ["1", "rules", "-", "apply", "-", "rule.active"]
    assert lines[3] == ["2", "orders", "plan", "-", "a,", "b", "-"]


def test_help_and_version_need_no_heavy_library() -> None:
    heavy = "('numba', 'pandas', 'numpy', 'pydantic', 'mesa', 'matplotlib')"
    for option in ("--help", "--version"):
        code = f"import sys; from market.cli import main; main(['{option}']); "
        code += f"print([m for m in {heavy} if m in sys.modules])"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert done.stdout.splitlines()[-1] == "[]"


# ---- how it ends


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (BooksError("2022-01-02", "cards", ("a",), 1, "cards"), 3, "does not close"),
        (MemoryError(), 2, "not enough memory"),
        (KeyboardInterrupt(), 130, "interrupted"),
    ],
)
def test_what_goes_wrong_in_a_run_ends_it_with_its_code(
    error: BaseException,
    code: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    replace_the_model(monkeypatch, fail)
    monkeypatch.chdir(tmp_path)
    for command in (["run", "tiny"], ["patterns", "tiny", "--out", "sweep"]):
        assert main(command) == code
        found = capsys.readouterr()
        assert said in found.err
        assert "Traceback" not in found.err
        assert found.out == ""
    assert [*tmp_path.iterdir()] == []


SLOW = """
import sys, time
from types import ModuleType
from made_up import made_up_run

def run(scenario, seed=1, days=None):
    if seed > 1:
        print("at work", file=sys.stderr, flush=True)
        time.sleep(30)
    return made_up_run(scenario, seed, days)

module = ModuleType("market.simulation")
module.run = run
sys.modules["market.simulation"] = module

import market.observers.patterns as patterns
patterns.measure = lambda run: dict.fromkeys(patterns.pattern_ids(), 1.0)
from market.cli import main
sys.exit(main(["patterns", "tiny", "--seeds", "20", "--workers", "2", "--out", "sweep"]))
"""


@pytest.mark.skipif(os.name != "posix", reason="signals are a matter of POSIX")
@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupt_ends_everything_at_once_and_leaves_nothing(
    sent: signal.Signals, code: int, tmp_path: Path
) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE), str(HERE.parent)])}
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stderr is not None
    while "at work" not in (line := process.stderr.readline()):
        assert line or process.poll() is None
    started = time.monotonic()
    os.killpg(process.pid, sent)
    out, err = process.communicate(timeout=20)
    assert process.returncode == code
    assert time.monotonic() - started < 10
    assert out == ""
    assert "Traceback" not in err
    assert [*tmp_path.iterdir()] == []
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


@pytest.mark.skipif(os.name != "posix", reason="pipes close otherwise elsewhere")
def test_a_reader_that_leaves_is_no_error() -> None:
    done = subprocess.run(
        f"{sys.executable} -m market show baseline | head -1",
        shell=True,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""


# ---- the model itself

ONE_CLOUD = [f"cloud.{cloud.id}.remove=true" for cloud in load_scenario("tiny").clouds[1:]]
NO_SERVER_MAKERS = [f"server_maker.{maker.id}.remove=true" for maker in load_scenario("tiny").server_makers]
NO_RULES = [f"rule.{rule.id}.remove=true" for rule in load_scenario("tiny").rules]
NO_SUBSTITUTES = [f"substitute.{card.product}.remove=true" for card in load_scenario("tiny").substitutes]
NOBODY = ["population.startups=0", "population.speculators=0"]


@pytest.mark.parametrize("name", scenario_names())
def test_every_shipped_scenario_runs_and_reads_back(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--days", "45", "--set", "population.startups=20", "--out", str(tmp_path / "run")]
    assert main(["run", name, *arguments]) == 0
    assert f"{name}, seed 1: 2022-01-01 to 2022-02-14 (45 days)" in capsys.readouterr().out
    kept = read_run(tmp_path / "run")
    again = run(load_scenario(name, {"population.startups": 20}), seed=1, days=45)
    assert kept.scenario == again.scenario
    for table in TABLES:
        pd.testing.assert_frame_equal(getattr(kept, table), getattr(again, table))


@pytest.mark.parametrize(
    "settings",
    [
        ["population.speculators=0"],
        ["population.startups=0"],
        NOBODY,
        ONE_CLOUD,
        NO_SERVER_MAKERS,
        NO_RULES,
        NO_SUBSTITUTES,
        [*NOBODY, *ONE_CLOUD, *NO_SERVER_MAKERS, *NO_RULES, *NO_SUBSTITUTES],
    ],
    ids=[
        "no speculators",
        "no startups",
        "neither",
        "one cloud",
        "no server makers",
        "no rules",
        "no substitutes",
        "one cloud alone",
    ],
)
def test_a_market_without_some_of_its_firms_runs_to_its_end(
    settings: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = [part for setting in settings for part in ("--set", setting)]
    assert main(["run", "tiny", *options, "--out", str(tmp_path / "run")]) == 0
    assert "2022-01-01 to 2024-12-31 (1,096 days)" in capsys.readouterr().out


def test_one_day_may_be_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "tiny", "--days", "1", "--seed", "0", "--out", str(tmp_path / "run")]) == 0
    assert len(read_run(tmp_path / "run").daily) == 1


def test_the_largest_seed_is_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seed = str(LARGEST_SEED)
    assert main(["run", "tiny", "--days", "2", "--seed", seed, "--out", str(tmp_path / "run")]) == 0
    assert read_run(tmp_path / "run").seed == LARGEST_SEED


def test_the_number_of_workers_leaves_no_trace(capsys: pytest.CaptureFixture[str]) -> None:
    said = []
    for workers in ("1", "2"):
        assert main(["patterns", "tiny", "--seeds", "3", "--workers", workers, "--json"]) == 0
        said.append(capsys.readouterr().out)
    assert said[0] == said[1]


def test_the_day_of_the_model_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schedule"]) == 0
    lines = capsys.readouterr().out.splitlines()
    phases = [line.split()[1] for line in lines[2:] if line[:1].isdigit()]
    assert phases == [phase.name for phase in DAY]
