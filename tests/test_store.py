"""Results are kept whole or not at all, and read back as they were."""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from pathlib import Path

import pandas as pd
import pytest
from made_up import MadeUpResult, made_up_run

from market import manifest, store
from market.errors import OutputError
from market.manifest import json_text
from market.store import TABLES, check_new, new_directory, read_run, write_run, write_sweep

PATTERNS = [{"id": "P1", "unit": "CNY per card", "low": 1.0, "median": float("nan"), "n": 3}]


@pytest.fixture
def result() -> MadeUpResult:
    return made_up_run(seed=7)


def everything_below(directory: Path) -> list[str]:
    return sorted(path.relative_to(directory).as_posix() for path in directory.rglob("*"))


def test_a_run_directory_holds_the_manifest_and_one_file_a_table(tmp_path: Path, result: MadeUpResult) -> None:
    write_run(result, tmp_path / "run")
    expected = ["run", "run/manifest.json", *(f"run/{table}.parquet" for table in TABLES)]
    assert everything_below(tmp_path) == sorted(expected)


def test_a_run_comes_back_as_it_was_written(tmp_path: Path, result: MadeUpResult) -> None:
    read = read_run(write_run(result, tmp_path / "run"))
    assert read.scenario == result.scenario
    assert read.seed == 7
    assert read.wall_seconds == 0.25
    for table in TABLES:
        pd.testing.assert_frame_equal(getattr(read, table), getattr(result, table))


def test_the_manifest_tells_what_was_run_with_what(tmp_path: Path, result: MadeUpResult) -> None:
    write_run(result, tmp_path / "run")
    found = json.loads((tmp_path / "run" / "manifest.json").read_text(encoding="utf-8"))
    assert found["kind"] == "run"
    assert found["seed"] == 7
    assert found["days"] == 40
    assert found["rows"]["daily"] == 40
    assert found["scenario"]["name"] == "tiny"
    assert found["scenario"]["population"] == {"startups": 20, "speculators": 10}
    assert found["scenario"]["parameters"]["orders.gaming"] == 1.0
    assert [rule["id"] for rule in found["scenario"]["rules"]] == ["us_2022", "us_2023"]
    assert found["version"]
    assert found["libraries"]["numba"]
    assert found["git_commit"] is None or len(found["git_commit"]) == 40
    assert len(found["inputs_sha256"]) == 64


def test_the_hash_of_inputs_changes_with_scenario_seed_days_and_sources(
    result: MadeUpResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hash_of(**what: object) -> str:
        return str(manifest.inputs(result.scenario, **what)["inputs_sha256"])

    other = made_up_run("no_rule").scenario
    hashes = {
        hash_of(seed=1, days=40),
        hash_of(seed=2, days=40),
        hash_of(seed=1, days=41),
        str(manifest.inputs(other, seed=1, days=40)["inputs_sha256"]),
    }
    assert len(hashes) == 4
    assert hash_of(seed=1, days=40) in hashes
    monkeypatch.setattr("market.kernels.compile.fingerprint", lambda: "0" * 16)
    assert hash_of(seed=1, days=40) not in hashes


def test_a_package_outside_a_checkout_has_no_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifest, "_PACKAGE", tmp_path / "market")
    assert manifest.inputs(made_up_run().scenario)["git_commit"] is None


def test_two_runs_of_the_same_inputs_have_the_same_tables_byte_by_byte(tmp_path: Path, result: MadeUpResult) -> None:
    write_run(result, tmp_path / "one")
    write_run(result, tmp_path / "two")
    for table in TABLES:
        name = f"{table}.parquet"
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


@pytest.mark.parametrize("kind", ["directory", "file", "dangling link"])
def test_what_exists_is_never_overwritten(tmp_path: Path, result: MadeUpResult, kind: str) -> None:
    target = tmp_path / "run"
    if kind == "directory":
        target.mkdir()
    elif kind == "file":
        target.write_text("mine", encoding="utf-8")
    else:
        target.symlink_to(tmp_path / "nowhere")
    with pytest.raises(OutputError, match="exists already"):
        write_run(result, target)
    assert everything_below(tmp_path) == ["run"]


def test_a_directory_that_appears_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="exists already"), new_directory(tmp_path / "run") as hidden:
        (hidden / "a").write_text("a", encoding="utf-8")
        (tmp_path / "run").mkdir()
    assert everything_below(tmp_path) == ["run"]


def test_a_directory_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(OutputError, match="is not a directory"):
        check_new(tmp_path / "file" / "run")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="the superuser may write anywhere")
def test_a_directory_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match="cannot be written"):
        check_new(tmp_path / "run")
    tmp_path.chmod(0o700)


def test_a_directory_the_system_will_not_make_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be"):
        write_run(made_up_run(), tmp_path / ("long" * 100) / "run")
    assert everything_below(tmp_path) == []


@pytest.mark.parametrize("error", [RuntimeError("broken"), KeyboardInterrupt(), OSError(28, "No space left")])
def test_a_failure_half_way_leaves_nothing_behind(
    tmp_path: Path, result: MadeUpResult, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(store, "json_text", fail)
    expected = OutputError if isinstance(error, OSError) else type(error)
    with pytest.raises(expected):
        write_run(result, tmp_path / "a" / "b" / "run")
    assert everything_below(tmp_path) == []


def test_only_the_directories_it_made_are_removed_after_a_failure(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    with pytest.raises(RuntimeError), new_directory(tmp_path / "mine" / "new" / "run"):
        raise RuntimeError
    assert everything_below(tmp_path) == ["mine"]


@pytest.mark.skipif(sys.platform == "win32", reason="modes are a matter of POSIX")
def test_a_result_can_be_read_by_those_whom_the_umask_allows(tmp_path: Path, result: MadeUpResult) -> None:
    previous = os.umask(0o022)
    try:
        write_run(result, tmp_path / "run")
    finally:
        os.umask(previous)
    assert (tmp_path / "run").stat().st_mode & 0o777 == 0o755


def test_a_directory_that_is_no_run_is_not_read(tmp_path: Path, result: MadeUpResult) -> None:
    with pytest.raises(OutputError, match="not a directory"):
        read_run(tmp_path / "nothing")
    with pytest.raises(OutputError, match=r"manifest\.json: cannot be read"):
        read_run(tmp_path)
    (tmp_path / "manifest.json").write_text("{", encoding="utf-8")
    with pytest.raises(OutputError, match="cannot be read"):
        read_run(tmp_path)
    (tmp_path / "manifest.json").write_text('{"kind": "patterns"}', encoding="utf-8")
    with pytest.raises(OutputError, match="not the manifest of 'run'"):
        read_run(tmp_path)
    (tmp_path / "manifest.json").write_text('{"kind": "run", "schema": 99}', encoding="utf-8")
    with pytest.raises(OutputError, match="schema 99"):
        read_run(tmp_path)


def test_a_run_that_is_not_whole_is_not_read(tmp_path: Path, result: MadeUpResult) -> None:
    run = write_run(result, tmp_path / "run")
    other = dataclasses.replace(result, daily=result.daily.iloc[:-1])
    shorter = write_run(other, tmp_path / "other")
    (shorter / "daily.parquet").replace(run / "daily.parquet")
    with pytest.raises(OutputError, match="39 rows"):
        read_run(run)
    (run / "daily.parquet").write_bytes(b"PAR1")
    with pytest.raises(OutputError, match=r"daily\.parquet: cannot be read"):
        read_run(run)
    (run / "daily.parquet").unlink()
    with pytest.raises(OutputError, match=r"daily\.parquet: cannot be read"):
        read_run(run)


def test_a_scenario_of_another_version_is_refused_with_its_version(tmp_path: Path, result: MadeUpResult) -> None:
    run = write_run(result, tmp_path / "run")
    file = run / "manifest.json"
    written = json.loads(file.read_text(encoding="utf-8"))
    written["scenario"]["unheard_of"] = 1
    file.write_text(json.dumps(written), encoding="utf-8")
    with pytest.raises(OutputError, match="does not fit this version"):
        read_run(run)


def test_a_sweep_directory_holds_patterns_measures_and_quantiles(tmp_path: Path, result: MadeUpResult) -> None:
    measures = pd.DataFrame({"seed": [1, 2], "P1": [1.0, 2.0]})
    quantiles = pd.DataFrame({"date": result.daily["date"], "quantity": "spot_price_cny", "median": 1.0})
    out = write_sweep(tmp_path / "sweep", result.scenario, range(1, 3), PATTERNS, measures, quantiles, 1.5)
    assert everything_below(out) == [
        "daily_quantiles.parquet",
        "manifest.json",
        "measures.parquet",
        "patterns.csv",
        "patterns.json",
    ]
    found = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert found["kind"] == "patterns"
    assert found["seeds"] == [1, 2]
    assert found["rows"] == {"patterns": 1, "measures": 2, "daily_quantiles": 40}
    assert {point["id"] for point in found["evidence"]} >= {"P1", "P2"}
    assert json.loads((out / "patterns.json").read_text(encoding="utf-8"))[0]["median"] is None
    pd.testing.assert_frame_equal(pd.read_parquet(out / "measures.parquet"), measures)


def test_numbers_that_do_not_exist_are_null_in_json() -> None:
    assert json.loads(json_text({"a": [float("nan"), float("inf"), 1.5], "b": {"c": -float("inf")}})) == {
        "a": [None, None, 1.5],
        "b": {"c": None},
    }
