"""The runner gives the same bytes however it is cut, runs only what is missing, and goes on past what fails."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from runner_toy import ToyResult, experiment, shards_digest, toy_run, toy_study, toy_tables, use_toy

from experiments import lab as laboratory
from experiments.engine import runner, shards, sources
from experiments.engine.chunks import Chunk, glued, run_chunk
from experiments.engine.errors import ClusterError, InputError, ReadingError, RunsFailedError, StorageError
from experiments.engine.shards import ShardStore, plans_of, scenarios_of
from experiments.lab import Lab
from experiments.study import Point, Run
from market import MarketError, load_scenario

SEVENTH = list(toy_study().runs())[6]


@pytest.fixture(autouse=True)
def toy(monkeypatch: pytest.MonkeyPatch) -> None:
    use_toy(monkeypatch.setattr)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, pd.DataFrame]]:
    """The digest and the tables of the study, run without any mishap in one process."""
    with pytest.MonkeyPatch.context() as patch:
        use_toy(patch.setattr)
        directory = tmp_path_factory.mktemp("whole")
        tables = Lab("toy", directory).collect(toy_study())
        return shards_digest(directory), tables


def no_run(*arguments: Any, **more: Any) -> ToyResult:
    raise AssertionError("nothing was to be run")


def a_failing_run(scenario: Any, seed: int, *, days: int | None = None) -> ToyResult:
    if seed == SEVENTH.seed:
        raise ValueError("no cards left\nat all")
    return toy_run(scenario, seed, days=days)


def a_starving_run(scenario: Any, seed: int, *, days: int | None = None) -> ToyResult:
    if seed == SEVENTH.seed:
        raise MemoryError("a terabyte more")
    return toy_run(scenario, seed, days=days)


def a_deadly_run(scenario: Any, seed: int, *, days: int | None = None) -> ToyResult:
    if seed == SEVENTH.seed:
        os._exit(9)
    return toy_run(scenario, seed, days=days)


def no_mapping(result: ToyResult) -> pd.DataFrame:
    return toy_tables(result)["runs"]


def with_a_seed(result: ToyResult) -> dict[str, pd.DataFrame]:
    return {"runs": pd.DataFrame({"seed": [result.seed]})}


def with_other_columns(result: ToyResult) -> dict[str, pd.DataFrame]:
    return {"runs": pd.DataFrame({"odd" if result.seed % 2 else "even": [1.0]})}


def with_a_path(result: ToyResult) -> dict[str, pd.DataFrame]:
    return {"../runs": toy_tables(result)["runs"]}


def with_mixed_kinds(result: ToyResult) -> dict[str, pd.DataFrame]:
    return {"runs": pd.DataFrame({"what": pd.Series([1.0 if result.seed % 2 else "one"], dtype=object)})}


@pytest.mark.parametrize("workers", [2, 3, 7])
def test_any_number_of_workers_gives_the_same_bytes(workers: int, tmp_path: Path, whole: Any) -> None:
    tables = Lab("toy", tmp_path, workers=workers).collect(toy_study())
    assert shards_digest(tmp_path) == whole[0]
    for name, table in whole[1].items():
        pd.testing.assert_frame_equal(tables[name], table)
    assert multiprocessing.active_children() == []


@pytest.mark.parametrize("most", [1, 3, 5, 16])
def test_any_length_of_chunks_gives_the_same_bytes(
    most: int, tmp_path: Path, whole: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "MOST_RUNS_PER_CHUNK", most)
    Lab("toy", tmp_path).collect(toy_study())
    assert shards_digest(tmp_path) == whole[0]


def test_tables_come_point_by_point_with_their_keys(whole: Any) -> None:
    runs = whole[1]["runs"]
    assert list(runs.columns[:3]) == ["point", "replicate", "seed"]
    expected = [(f"p{point}", replicate) for point in range(5) for replicate in range(20)]
    assert list(zip(runs["point"], runs["replicate"], strict=True)) == expected
    seeds = {(order.point.key, order.replicate): order.seed for order in toy_study().runs()}
    assert [seeds[pair] for pair in expected] == list(runs["seed"])


def test_every_run_is_read_as_it_was_run(whole: Any) -> None:
    runs, switches = whole[1]["runs"], whole[1]["switches"]
    for row in runs.sample(10, random_state=1).itertuples():
        adjustment = 0.05 + 0.01 * int(row.point[1:])
        tables = toy_tables(ToyResult(row.seed, None, adjustment))
        assert tables["runs"]["price_cny"].item() == row.price_cny
        assert len(tables["switches"]) == (switches["seed"] == row.seed).sum()


def test_a_second_time_nothing_is_run(tmp_path: Path, whole: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    Lab("toy", tmp_path).collect(toy_study())
    use_toy(monkeypatch.setattr, no_run)
    again = Lab("toy", tmp_path)
    tables = again.collect(toy_study())
    assert again.records[0].kept_runs == 100
    pd.testing.assert_frame_equal(tables["runs"], whole[1]["runs"])


def test_only_what_is_missing_is_run(tmp_path: Path, whole: Any) -> None:
    Lab("toy", tmp_path).collect(toy_study())
    plans = plans_of(toy_study(), scenarios_of(toy_study()))
    for plan in plans[2:4]:
        shutil.rmtree(tmp_path / "shards" / plan.key)
    again = Lab("toy", tmp_path)
    again.collect(toy_study())
    assert again.records[0].kept_runs == 100 - 32
    assert shards_digest(tmp_path) == whole[0]


def test_more_replicates_keep_the_shards_that_were_full(tmp_path: Path) -> None:
    Lab("toy", tmp_path).collect(toy_study(replicates=10))
    more = Lab("toy", tmp_path)
    more.collect(toy_study(replicates=20))
    assert more.records[0].kept_runs == 48


def test_a_shard_is_named_by_all_that_its_numbers_depend_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def keys(**more: Any) -> list[str]:
        study = toy_study(**more)
        return [plan.key for plan in plans_of(study, scenarios_of(study))]

    assert keys() == keys()
    (tmp_path / "mine.toml").write_text('extends = "tiny"\n[parameters]\n"orders.adjustment" = 0.2\n', encoding="utf-8")
    points = [Point("p0", "tiny"), Point("p0", "baseline"), Point("p0", "tiny", {"orders.adjustment": 0.2})]
    others = [
        keys(days=30),
        keys(luck="other"),
        keys(read="runner_toy:toy_run"),
        *(list(_keys_of(point)) for point in points),
    ]
    monkeypatch.setattr(shards, "sources_digest", lambda read: "other sources")
    found = [keys(), *others]
    assert len({key for some in found for key in some}) == sum(len(some) for some in found)


def _keys_of(point: Point) -> Iterator[str]:
    from experiments.study import Study

    study = Study("toy", (point,), 3, "paired", "runner_toy:toy_tables")
    return (plan.key for plan in plans_of(study, scenarios_of(study)))


def test_a_scenario_of_ones_own_counts_by_what_is_in_it_not_by_its_name(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    found = []
    for startups in (40, 50):
        file.write_text(f'extends = "tiny"\n[population]\nstartups = {startups}\n', encoding="utf-8")
        found.append(list(_keys_of(Point("p0", str(file)))))
    assert found[0] != found[1]


def test_a_changed_reading_has_other_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    reading, part = tmp_path / "a_reading.py", tmp_path / "a_part_of_it.py"
    found = []
    for text, of_part in [("", "X = 1"), ("# other\n", "X = 1"), ("", "X = 2"), ("", "X = 1")]:
        reading.write_text(text + "from a_part_of_it import X\nimport numpy\ndef read(result): return {}\n")
        part.write_text(of_part)
        for cached in (sources.sources_digest, sources._file_of):
            cached.cache_clear()
        found.append(sources.sources_digest("a_reading:read"))
    assert len(set(found)) == 3
    assert found[0] == found[3]


def test_an_experiments_reading_counts_with_the_modules_it_imports_but_not_with_the_frame() -> None:
    files = sources.reading_files("experiments.decomposition")
    assert {"experiments.decomposition", "experiments.readings.outcomes"} <= set(files)
    assert not {"experiments.lab", "experiments.engine.runner", "experiments.study"} & set(files)
    assert all(path.suffix == ".py" and "site-packages" not in path.parts for path in files.values())


def test_a_changed_model_has_other_sources(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = []
    for text in ("one", "two"):
        (tmp_path / "__init__.py").write_text("")
        (tmp_path / "scenario.toml").write_text(text)
        monkeypatch.setattr(sources.market, "__file__", str(tmp_path / "__init__.py"))
        found.append(sources.model_digest.__wrapped__())
    assert found[0] != found[1]


def test_a_run_that_fails_is_told_of_and_the_others_go_on(
    tmp_path: Path, whole: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_toy(monkeypatch.setattr, a_failing_run)
    lab = Lab("toy", tmp_path, workers=2)
    runs = lab.collect(toy_study())["runs"]
    complete = whole[1]["runs"]
    pd.testing.assert_frame_equal(runs, complete[complete["seed"] != SEVENTH.seed].reset_index(drop=True))
    (failure,) = json.loads((tmp_path / "failures.json").read_text(encoding="utf-8"))
    assert (failure["study"], failure["point"], failure["replicate"]) == ("toy", "p1", 1)
    assert (failure["seed"], failure["scenario"]) == (SEVENTH.seed, "tiny")
    assert failure["overrides"] == {"orders.adjustment": pytest.approx(0.06)}
    assert failure["error"] == "ValueError: no cards left"
    assert "a_failing_run" in failure["traceback"]


def test_a_run_that_raised_is_not_tried_again_but_one_that_starved_is(
    tmp_path: Path, whole: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place, run in (("raised", a_failing_run), ("starved", a_starving_run)):
        use_toy(monkeypatch.setattr, run)
        Lab("toy", tmp_path / place).collect(toy_study())
    use_toy(monkeypatch.setattr)
    again = {place: Lab("toy", tmp_path / place) for place in ("raised", "starved")}
    for lab in again.values():
        lab.collect(toy_study())
    assert [len(lab.failures) for lab in again.values()] == [1, 0]
    assert [lab.records[0].kept_runs for lab in again.values()] == [100, 84]
    assert shards_digest(tmp_path / "starved") == whole[0]


def test_a_point_without_any_run_left_ends_the_experiment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    of_a_point = {order.seed for order in toy_study().runs() if order.point.key == "p3"}

    def run(scenario: Any, seed: int, *, days: int | None = None) -> ToyResult:
        return a_failing_run(scenario, SEVENTH.seed if seed in of_a_point else seed, days=days)

    use_toy(monkeypatch.setattr, run)
    with pytest.raises(RunsFailedError, match=r"all of 1 points, such as 'p3' \(ValueError: no cards left\)") as caught:
        Lab("toy", tmp_path).collect(toy_study(replicates=3))
    assert len(json.loads((tmp_path / "failures.json").read_text(encoding="utf-8"))) == 4
    assert caught.value.exit_code == 4


def test_a_run_that_its_workers_die_of_is_a_failed_run(
    tmp_path: Path, whole: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_toy(monkeypatch.setattr, a_deadly_run)
    lab = Lab("toy", tmp_path, workers=2)
    runs = lab.collect(toy_study())["runs"]
    assert len(runs) == 99
    assert [failure["error"] for failure in lab.failures] == [
        "its worker process ended with code 9, for the 3. time; out of memory, perhaps"
    ]
    use_toy(monkeypatch.setattr)
    Lab("toy", tmp_path, workers=2).collect(toy_study())
    assert shards_digest(tmp_path) == whole[0]


def test_workers_that_all_die_end_the_study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_toy(monkeypatch.setattr, lambda *_, **__: os._exit(9))
    monkeypatch.setattr(runner, "MOST_DEATHS_IN_A_ROW", 5)
    with pytest.raises(MarketError, match=r"workers die one after the other .*with code 9"):
        Lab("toy", tmp_path, workers=2).collect(toy_study())
    assert multiprocessing.active_children() == []


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize(
    ("read", "told"),
    [
        ("no_mapping", "must return a mapping"),
        ("with_a_seed", "the column 'seed' of table 'runs' is added"),
        ("with_other_columns", "the same columns for every run"),
        ("with_a_path", "no name for a table"),
        ("with_mixed_kinds", "values of one kind"),
    ],
)
def test_a_reading_that_gives_no_tables_is_a_clear_error(read: str, told: str, workers: int, tmp_path: Path) -> None:
    with pytest.raises(ReadingError, match=told):
        Lab("toy", tmp_path, workers=workers).collect(toy_study(read=f"test_runner:{read}"))
    assert multiprocessing.active_children() == []


def test_a_slip_is_seen_before_anything_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_toy(monkeypatch.setattr, no_run)
    lab = Lab("toy", tmp_path)
    with pytest.raises(InputError, match="can be imported"):
        lab.collect(toy_study(read="runner_toy:tables"))
    from experiments.study import Study

    with pytest.raises(MarketError, match=r"orders\.adjustmant"):
        lab.collect(Study("toy", (Point("a", "tiny", {"orders.adjustmant": 1}),), 2, "paired", "runner_toy:toy_tables"))
    with pytest.raises(InputError, match="workers = 0"):
        Lab("toy", tmp_path, workers=0)


def _truncate(place: Path) -> None:
    os.truncate(place / "runs.parquet", (place / "runs.parquet").stat().st_size // 2)


def _flip(place: Path) -> None:
    content = bytearray((place / "runs.parquet").read_bytes())
    content[len(content) // 4] ^= 0x55
    (place / "runs.parquet").write_bytes(bytes(content))


def _lose_a_table(place: Path) -> None:
    (place / "switches.parquet").unlink()


def _lose_the_index(place: Path) -> None:
    (place / "shard.json").unlink()


def _lose_rows(place: Path) -> None:
    table = pd.read_parquet(place / "runs.parquet")
    table.iloc[:-1].to_parquet(place / "runs.parquet", index=False)


@pytest.mark.parametrize("damage", [_truncate, _flip, _lose_a_table, _lose_the_index, _lose_rows])
def test_a_damaged_shard_counts_as_missing(damage: Any, tmp_path: Path, whole: Any) -> None:
    Lab("toy", tmp_path).collect(toy_study())
    plans = plans_of(toy_study(), scenarios_of(toy_study()))
    damage(tmp_path / "shards" / plans[1].key)
    again = Lab("toy", tmp_path)
    tables = again.collect(toy_study())
    assert again.records[0].kept_runs == 84
    assert shards_digest(tmp_path) == whole[0]
    pd.testing.assert_frame_equal(tables["runs"], whole[1]["runs"])


def test_a_shard_in_anothers_place_is_not_read(tmp_path: Path, whole: Any) -> None:
    Lab("toy", tmp_path).collect(toy_study())
    one, two = (tmp_path / "shards" / plan.key for plan in plans_of(toy_study(), scenarios_of(toy_study()))[:2])
    shutil.rmtree(one)
    shutil.copytree(two, one)
    Lab("toy", tmp_path).collect(toy_study())
    assert shards_digest(tmp_path) == whole[0]


def test_what_a_killed_driver_left_half_written_is_removed_and_strangers_are_never_read(
    tmp_path: Path, whole: Any
) -> None:
    left, stranger = tmp_path / "shards" / ".0123.abcd.partial", tmp_path / "shards" / "0123"
    for place in (left, stranger):
        place.mkdir(parents=True)
        (place / "shard.json").write_text("{}")
    tables = Lab("toy", tmp_path).collect(toy_study())
    assert not left.exists()
    assert stranger.exists()
    pd.testing.assert_frame_equal(tables["runs"], whole[1]["runs"])


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk that is nearly full."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = shutil.which("mount") and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(place)], capture_output=True, check=False
    )
    if not mounted or mounted.returncode:
        pytest.skip("a small disk can only be mounted by root on Linux")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_full_disk_is_a_clear_error_and_loses_nothing(workers: int, small_disk: Path, whole: Any) -> None:
    filler = small_disk / "filler"
    filler.write_bytes(b"0" * 190 * 1024)
    with pytest.raises(StorageError, match=r"No space left on device.*nothing that was finished is lost") as caught:
        Lab("toy", small_disk / "toy", workers=workers).collect(toy_study())
    assert caught.value.exit_code == 2
    assert multiprocessing.active_children() == []
    there = list((small_disk / "toy" / "shards").iterdir())
    assert 0 < len(there) < 7
    assert not [place for place in there if place.name.startswith(".")]
    filler.unlink()
    again = Lab("toy", small_disk / "toy", workers=workers)
    again.collect(toy_study())
    assert again.records[0].kept_runs == 16 * len(there)
    assert shards_digest(small_disk / "toy") == whole[0]


def test_a_full_disk_leaves_tables_and_numbers_as_they_were(small_disk: Path) -> None:
    lab = Lab("toy", small_disk)
    lab.keep("prices", pd.DataFrame({"price_cny": [1.0]}))
    before = (small_disk / "prices.csv").read_bytes()
    (small_disk / "filler").write_bytes(b"0" * 240 * 1024)
    with pytest.raises(StorageError, match="No space left on device"):
        lab.keep("prices", pd.DataFrame({"price_cny": np.arange(30_000.0)}))
    assert (small_disk / "prices.csv").read_bytes() == before
    assert sorted(path.name for path in small_disk.iterdir()) == ["filler", "prices.csv"]


def _is_refused(directory: Path) -> None:
    try:
        Lab("toy", directory).collect(toy_study())
    except StorageError as error:
        os._exit(7 if "another process is at work here" in str(error) else 1)


def test_two_processes_do_not_work_in_one_directory(tmp_path: Path) -> None:
    fork = multiprocessing.get_context("fork")
    codes = []
    with Lab("toy", tmp_path):
        for directory in (tmp_path, tmp_path / "elsewhere"):
            other = fork.Process(target=_is_refused, args=(directory,))
            other.start()
            other.join()
            codes.append(other.exitcode)
    assert codes == [7, 0]


def test_a_worker_with_other_sources_is_refused() -> None:
    order = Run(Point("a", "tiny"), 0, 1)
    chunk = Chunk("runner_toy:toy_tables", None, "other", {"tiny": load_scenario("tiny")}, (order,))
    with pytest.raises(ClusterError, match="has other sources or libraries than the driver"):
        run_chunk(chunk)


def test_numbers_are_noted_once_and_infinities_are_null(tmp_path: Path) -> None:
    lab = Lab("toy", tmp_path)
    lab.note("share", np.float64(0.5), 0.25, float("inf"), unit="share", runs=3, meaning="of all")
    lab.note("never", float("nan"), unit="months", runs=3, meaning="did not happen")
    found = json.loads((tmp_path / "numbers.json").read_text(encoding="utf-8"))
    assert found["share"] == {"value": 0.5, "low": 0.25, "high": None, "unit": "share", "runs": 3, "meaning": "of all"}
    assert found["never"]["value"] is None
    with pytest.raises(InputError, match="not used yet"):
        lab.note("share", 0.6, unit="share", runs=3, meaning="again")


@given(st.lists(st.lists(st.floats(-1e9, 1e9), max_size=3), min_size=1, max_size=12), st.data())
def test_pieces_give_the_same_table_however_they_are_cut(columns: list[list[float]], data: st.DataObject) -> None:
    from experiments.engine.chunks import _pieces

    whole_numbers = data.draw(st.lists(st.booleans(), min_size=len(columns), max_size=len(columns)))
    frames = [
        (
            Run(Point(f"p{k}"), 0, k),
            pd.DataFrame({"x": pd.Series(column, dtype=float).round().astype("int64") if is_whole else column}),
        )
        for k, (column, is_whole) in enumerate(zip(columns, whole_numbers, strict=True))
    ]
    cut = data.draw(st.integers(0, len(frames)))
    parts = [frames[:cut], frames[cut:]]
    once = glued(_pieces(frames), "runs")
    twice = glued([piece for part in parts if part for piece in _pieces(part)], "runs")
    pd.testing.assert_frame_equal(once, twice)


def test_a_laboratory_that_is_not_told_otherwise_runs_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(laboratory, "Processes", no_run)
    assert len(Lab("toy", tmp_path).collect(toy_study(replicates=2))["runs"]) == 10


def test_a_store_says_what_it_does_not_have(tmp_path: Path) -> None:
    plans = plans_of(toy_study(), scenarios_of(toy_study()))
    assert ShardStore(tmp_path).read(plans[0]) is None
    assert experiment(toy_study()).runs(True) == 100
