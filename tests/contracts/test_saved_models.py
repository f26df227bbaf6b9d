"""A market saved half-way is data: it goes on to the same bytes, in any process, and a wrong file is refused."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from market import Cloud, GpuMarket, load_scenario, result_of
from market.errors import OutputError
from market.observers.digest import digest
from market.state import scene
from market.state.saved import GIVEN, HEADER, LOGS, WORK_SPACE
from market.state.world import World

ROOT = Path(__file__).resolve().parents[2]
CUT, DAYS = 470, 640  # on either side of the first tenders
CONTINUE = f"""
import sys
from market import GpuMarket, result_of
from market.observers.digest import digest
model = GpuMarket.load(sys.argv[1])
model.advance({DAYS} - model.day)
print(digest(result_of(model)))
"""
Members = dict[str, bytes]


class Same(Cloud):
    def order(self) -> int:
        return super().order()


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    model = GpuMarket("tiny", seed=8, orders__adjustment=0.11)
    model.advance(CUT)
    return model.save(tmp_path_factory.mktemp("saved") / "half_way.market")


@pytest.fixture(scope="module")
def expected() -> str:
    model = GpuMarket("tiny", seed=8, orders__adjustment=0.11)
    model.advance(DAYS)
    return digest(result_of(model))


def to_the_end(model: GpuMarket) -> str:
    model.advance(DAYS - model.day)
    return digest(result_of(model))


def test_a_saved_market_goes_on_to_the_same_bytes(saved: Path, expected: str) -> None:
    model = GpuMarket.load(saved)
    assert (model.day, model.steps, model.running) == (CUT, CUT, True)
    assert model.scenario == load_scenario("tiny", {"orders.adjustment": 0.11})
    assert to_the_end(model) == expected


def test_a_saved_market_goes_on_in_another_process(saved: Path, expected: str) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "77"}
    command = [sys.executable, "-c", CONTINUE, str(saved)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == expected


def test_a_market_can_be_saved_and_loaded_again_and_again(tmp_path: Path, expected: str) -> None:
    model = GpuMarket("tiny", seed=8, orders__adjustment=0.11)
    for day in (1, 200, 201, 600):
        model.advance(day - model.day)
        model = GpuMarket.load(model.save(tmp_path / "market"))
    assert to_the_end(model) == expected


def test_saving_changes_nothing_and_the_same_state_is_the_same_file(tmp_path: Path, expected: str) -> None:
    model = GpuMarket("tiny", seed=8, orders__adjustment=0.11)
    model.advance(CUT)
    one, other = model.save(tmp_path / "one"), model.save(tmp_path / "other")
    assert unpacked(one) == unpacked(other)
    assert to_the_end(model) == expected


def test_a_market_at_its_end_can_be_saved_too(tmp_path: Path) -> None:
    model = GpuMarket("tiny", seed=1)
    model.run_model()
    again = GpuMarket.load(model.save(tmp_path / "end"))
    assert not again.running
    assert digest(result_of(again)) == digest(result_of(model))


def test_classes_of_agents_are_given_again(saved: Path, expected: str) -> None:
    model = GpuMarket.load(saved, agents=[Same])
    assert {type(cloud) for cloud in model.agents_by_type[Cloud]} == {Same}
    assert to_the_end(model) == expected


def test_a_market_that_grew_more_records_of_contracts_is_loaded_with_them(tmp_path: Path) -> None:
    from market.state.build import with_more_records
    from market.state.handle import handle_of

    model = GpuMarket("tiny", seed=3)
    model.world = model.journal.world = with_more_records(model.world, 500)
    model.handle = handle_of(model.world)
    model.advance(CUT)
    again = GpuMarket.load(model.save(tmp_path / "grown"))
    assert len(again.world.contract_i32) > 500
    assert to_the_end(again) == to_the_end(model)


def test_every_block_of_the_world_is_saved_given_or_work_space(saved: Path) -> None:
    members = {name.removesuffix(".npy") for name in unpacked(saved)} - {HEADER}
    kept = {name for name in members if not name.startswith("log_")}
    assert members - kept == {f"log_{name}" for name in LOGS}
    assert kept | set(GIVEN) | set(WORK_SPACE) == set(World._fields)
    assert not kept & (set(GIVEN) | set(WORK_SPACE))


def test_work_space_does_not_reach_into_the_next_day() -> None:
    one, other = GpuMarket("tiny", seed=2), GpuMarket("tiny", seed=2)
    for model in (one, other):
        model.advance(CUT)
    for name in set(WORK_SPACE) - {"event_i64", "ended_i32", "delivery_i64"}:
        block = getattr(other.world, name)
        block[...] = 7 if name in ("share_f64", "host_f64") else 1
    assert to_the_end(one) == to_the_end(other)


# ------------------------------------------------------------------ wrong files


def unpacked(file: Path) -> Members:
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(members: Members, file: Path) -> Path:
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file


def with_header(**changes: Any) -> Callable[[Members], None]:
    def change(members: Members) -> None:
        header = json.loads(members[HEADER]) | changes
        members[HEADER] = json.dumps(header).encode()

    return change


def with_array(name: str, change: Callable[[np.ndarray], np.ndarray]) -> Callable[[Members], None]:
    def apply(members: Members) -> None:
        array = np.load(io.BytesIO(members[f"{name}.npy"]), allow_pickle=False)
        buffer = io.BytesIO()
        np.save(buffer, change(array), allow_pickle=False)
        members[f"{name}.npy"] = buffer.getvalue()

    return apply


def set_to(row: Any, value: int) -> Callable[[np.ndarray], np.ndarray]:
    def change(array: np.ndarray) -> np.ndarray:
        array[row] = value
        return array

    return change


def pickled(members: Members) -> None:
    buffer = io.BytesIO()
    np.save(buffer, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    members["scene_f64.npy"] = buffer.getvalue()


WRONG: dict[str, tuple[Callable[[Members], Any], str]] = {
    "no header": (lambda members: members.pop(HEADER), "is not a saved market"),
    "a header that is none": (lambda members: members.update({HEADER: b"{"}), "cannot be read"),
    "another kind": (with_header(kind="picture"), "is not a saved market"),
    "another schema": (with_header(schema=99), "has schema 99"),
    "other sources": (with_header(sources="0123456789abcdef", version="9.9"), "other sources (version 9.9"),
    "a scenario that cannot be run": (with_header(scenario={"name": "x"}), "scenario that cannot be run"),
    "a day beyond the calendar": (with_header(day=5000), "day 5000"),
    "another seed": (with_header(seed=9), "clock holds rows"),
    "a block is missing": (lambda members: members.pop("account_i64.npy"), "lacks account_i64"),
    "a block is cut": (lambda members: members.update({"p.npy": b"", "card_i64.npy": b"\x93NUMPY"}), "card_i64 cannot"),
    "a block of another type": (with_array("card_i64", lambda a: a.astype(np.float64)), "card_i64 does not fit"),
    "a block of another shape": (with_array("cloud_f64", lambda a: a[:, :-1]), "cloud_f64 does not fit"),
    "a log of another shape": (with_array("log_event", lambda a: a[:-1]), "log_event does not fit"),
    "pickled objects": (pickled, "scene_f64 cannot be read"),
    "a host that is none": (with_array("contract_i32", set_to((1, 2), 6)), "contract_i32 holds rows outside 0 to 5"),
    "a record that is none": (with_array("startup_i32", set_to((6, 0), 10**6)), "startup_i32 holds rows"),
    "a count beyond its table": (with_array("clock", set_to(scene.N_ORDERS, 10**9)), "clock holds rows"),
    "first rows that are not": (with_array("clock", set_to(scene.FIRST_STARTUP, 3)), "clock holds rows"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_file_is_refused_with_its_name_and_a_reason(case: str, saved: Path, tmp_path: Path) -> None:
    change, reason = WRONG[case]
    members = unpacked(saved)
    change(members)
    with pytest.raises(OutputError) as caught:
        GpuMarket.load(packed(members, tmp_path / "wrong"))
    assert reason in caught.value.reason
    assert str(tmp_path / "wrong") in str(caught.value)


def test_the_members_repacked_are_accepted(saved: Path, tmp_path: Path, expected: str) -> None:
    """So that the files above are refused for what was changed, and not for how they were packed."""
    assert to_the_end(GpuMarket.load(packed(unpacked(saved), tmp_path / "again"))) == expected


@pytest.mark.parametrize("share", [0.0, 0.2, 0.9, 0.999])
def test_a_cut_file_is_refused(share: float, saved: Path, tmp_path: Path) -> None:
    content = saved.read_bytes()
    cut = tmp_path / "cut"
    cut.write_bytes(content[: int(share * len(content))])
    with pytest.raises(OutputError, match="not whole"):
        GpuMarket.load(cut)


def test_a_flipped_bit_is_noticed(saved: Path, tmp_path: Path) -> None:
    content = bytearray(saved.read_bytes())
    with zipfile.ZipFile(saved) as archive:
        member = archive.getinfo("startup_f32.npy")
    content[member.header_offset + member.compress_size // 2 + 60] ^= 1
    flipped = tmp_path / "flipped"
    flipped.write_bytes(content)
    with pytest.raises(OutputError, match="startup_f32 cannot be read"):
        GpuMarket.load(flipped)


def test_files_that_are_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="No such file"):
        GpuMarket.load(tmp_path / "nothing")
    with pytest.raises(OutputError, match="Is a directory"):
        GpuMarket.load(tmp_path)


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = GpuMarket("tiny", seed=1)
    with pytest.raises(OutputError, match="No such file"):
        model.save(tmp_path / "no" / "such" / "place")
    old = model.save(tmp_path / "market")
    before = old.read_bytes()

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np.lib.format, "write_array", full)
    model.advance(3)
    with pytest.raises(OutputError, match="No space left"):
        model.save(old)
    assert old.read_bytes() == before
    assert os.listdir(tmp_path) == ["market"]


def test_a_saved_market_replaces_an_older_one(tmp_path: Path, saved: Path, expected: str) -> None:
    place = tmp_path / "market"
    GpuMarket("tiny", seed=1).save(place)
    shutil.copy(saved, tmp_path / "other")
    GpuMarket.load(tmp_path / "other").save(place)
    assert to_the_end(GpuMarket.load(place)) == expected
