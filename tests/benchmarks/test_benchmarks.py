"""The benchmark works at tiny size, and says what it measured; nothing here looks at a time."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from tests.benchmarks import __main__ as command
from tests.benchmarks import measures, processes
from tests.benchmarks.gates import GATES, Gate, Measured, as_text, with_missing, write_json
from tests.benchmarks.plan import ALL, DEFAULT, Plan, Race, full, quick, world_of
from tests.benchmarks.race import ADVANCE, IDIOMATIC, STEP, TUNED, Field

TINY = Plan(
    races={
        DEFAULT: Race(Field(world_of(20, 10), 0, 2, 3), ALL),
        "30 startups": Race(Field(world_of(30, 10), 40, 2, 2), ALL, startups=30),
        "60 startups": Race(Field(world_of(60, 10), 40, 2, 2), (ADVANCE,), startups=60),
        "20 speculators": Race(Field(world_of(20, 20), 40, 2, 2), ALL, speculators=20),
        "40 speculators": Race(Field(world_of(20, 40), 40, 2, 2), (ADVANCE,), speculators=40),
    },
    overridden_days=2,
    memory_rows=100,
    floor_rows=100,
    huge_rows=0,
    window=(0, 0),
    import_rounds=1,
    with_cold_compile=False,
)


@pytest.fixture
def no_sweeps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measures, "sweeps", lambda is_quick: [])


def test_the_command_prints_one_table_and_writes_every_gate(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str], no_sweeps: None
) -> None:
    monkeypatch.setattr(command, "quick", lambda: TINY)
    assert command.main(["--quick", "--json", str(tmp_path / "bench.json")]) == 0
    printed = capsys.readouterr().out
    for name in (*GATES, STEP, ADVANCE, TUNED, IDIOMATIC):
        assert name in printed
    rows = json.loads((tmp_path / "bench.json").read_text())
    assert [path.name for path in tmp_path.iterdir()] == ["bench.json"]
    assert {tuple(row) for row in rows} == {("name", "value", "gate", "aim", "unit", "reached")}
    by_name = {row["name"]: row for row in rows}
    assert set(GATES) <= set(by_name)
    for name in ("default size: idiomatic Mesa / step()", "memory per startup", "import market / import mesa"):
        assert by_name[name]["value"] > 0.0
        assert by_name[name]["reached"] in ("aim", "gate", "no")


def test_a_missing_directory_ends_with_code_2_before_anything_runs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "warm_up", lambda: pytest.fail("it ran"))
    with pytest.raises(SystemExit) as left:
        command.main(["--json", str(tmp_path / "nowhere" / "bench.json")])
    assert left.value.code == 2
    assert "nowhere" in capsys.readouterr().err


def test_a_gate_is_least_or_most_as_its_aim_tells() -> None:
    at_least, at_most = Gate(40.0, 80.0), Gate(2.0, 1.3)
    assert [at_least.reached(value) for value in (39.9, 40.0, 80.0)] == ["no", "gate", "aim"]
    assert [at_most.reached(value) for value in (2.1, 2.0, 1.3)] == ["no", "gate", "aim"]
    assert at_least.reached(math.nan) == "not measured"


def test_the_median_stands_beside_its_rounds() -> None:
    measured = Measured.median("default size: tuned Mesa / step()", [10.0, 30.0, 20.0])
    assert measured.value == 20.0
    assert "10 to 30 (3)" in as_text([measured])


def test_what_was_not_measured_is_null_in_the_file(tmp_path: Path) -> None:
    write_json(with_missing([]), tmp_path / "bench.json")
    rows = json.loads((tmp_path / "bench.json").read_text())
    assert [row["name"] for row in rows] == list(GATES)
    assert {row["value"] for row in rows} == {None}
    assert {row["reached"] for row in rows} == {"not measured"}


def test_a_file_is_left_as_it_was_when_writing_fails(tmp_path: Path) -> None:
    kept = tmp_path / "bench.json"
    kept.write_text("[]")
    with pytest.raises(TypeError):
        write_json([Measured("a", 1.0, unit=object())], kept)  # type: ignore[arg-type]
    assert kept.read_text() == "[]"
    assert [path.name for path in tmp_path.iterdir()] == ["bench.json"]


def test_the_huge_run_reports_from_its_own_process() -> None:
    found, day_ms = measures.at_huge_size(300, (2, 4))
    names = [measured.name for measured in found]
    assert "full day / fused startup kernel, per row at 300" in names
    assert all(measured.value > 0.0 for measured in found)
    assert day_ms > 0.0
    by_name = {measured.name: measured.value for measured in found}
    peak = by_name["peak memory, 300 startups for 1,096 days"]
    assert by_name["memory before the engine is made"] <= peak < by_name["peak memory as a Mesa model"]


def test_a_process_that_fails_is_not_taken_for_a_measure() -> None:
    with pytest.raises(processes.subprocess.CalledProcessError):
        processes.in_process("raise SystemExit(1)")


def test_the_plans_measure_what_has_a_gate() -> None:
    for plan in (quick(), full()):
        assert plan.races[DEFAULT].names == ALL
        assert {entry.startups for entry in plan.races.values()} == {0, 1_000, 10_000, 100_000}
        assert {entry.speculators for entry in plan.races.values()} == {0, 1_000, 10_000, 100_000}
    assert all(entry.names == ALL for entry in full().races.values())
    assert full().huge_rows == 10**6
    assert full().with_cold_compile
