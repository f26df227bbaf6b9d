"""A study survives what ends processes: no orphan stays behind, and the next time gives the bytes of a whole one."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from runner_toy import HERE, PAUSE, ROOT, children, command, n_shards, shards_digest, toy_study, use_toy, wait_until

from experiments.lab import Lab

ORPHANS_LEAVE_SECONDS = 5.0
Start = Callable[..., Any]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The digest of the study, run without any mishap in one process."""
    with pytest.MonkeyPatch.context() as patch:
        use_toy(patch.setattr)
        directory = tmp_path_factory.mktemp("whole")
        Lab("toy", directory).collect(toy_study())
        return shards_digest(directory)


def _drive(directory: Path, workers: int) -> None:
    sys.exit(command(["toy", "--quick", "--workers", str(workers), "--out", str(directory)], toy_study()))


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Start the command in a process of its own, whose runs take a while."""
    started = []

    def begin(workers: int = 2, pause: float = 0.02) -> Any:
        monkeypatch.setenv(PAUSE, str(pause))
        process = multiprocessing.get_context("fork").Process(target=_drive, args=(tmp_path, workers))
        process.start()
        started.append(process)
        return process

    yield begin
    for process in started:
        for child in children(process.pid):
            child.kill()
        process.kill()
        process.join()


def manifest(directory: Path) -> dict[str, Any]:
    return json.loads((directory / "toy" / "manifest.json").read_text(encoding="utf-8"))


def resume(start: Start, directory: Path, workers: int = 1) -> dict[str, Any]:
    """Run the command again, and return its manifest."""
    again = start(workers, pause=0.0)
    again.join(60)
    assert again.exitcode == 0
    return manifest(directory)


def test_a_killed_worker_costs_nothing_but_time(start: Start, tmp_path: Path, whole: str) -> None:
    driver = start()
    for done in (1, 3):
        wait_until(lambda n=done: n_shards(tmp_path / "toy") >= n)
        children(driver.pid)[-1].kill()
    driver.join(60)
    assert driver.exitcode == 0
    assert shards_digest(tmp_path / "toy") == whole
    assert manifest(tmp_path)["runs_failed"] == 0


def test_a_killed_driver_leaves_no_orphans_and_is_resumed(start: Start, tmp_path: Path, whole: str) -> None:
    driver = start()
    wait_until(lambda: n_shards(tmp_path / "toy") >= 2)
    workers = children(driver.pid)
    assert len(workers) == 2
    driver.kill()
    _, alive = psutil.wait_procs(workers, ORPHANS_LEAVE_SECONDS)
    assert alive == []
    assert not (tmp_path / "toy" / "manifest.json").exists()
    found = resume(start, tmp_path)
    assert 32 <= found["runs_kept_from_before"] < 100
    assert shards_digest(tmp_path / "toy") == whole


def test_workers_leave_in_the_middle_of_a_long_run_when_their_driver_is_killed(start: Start) -> None:
    driver = start(pause=300.0)
    wait_until(lambda: len(children(driver.pid)) == 2)
    workers = children(driver.pid)
    time.sleep(0.3)
    driver.kill()
    _, alive = psutil.wait_procs(workers, ORPHANS_LEAVE_SECONDS)
    assert alive == []


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("workers", [1, 2])
def test_an_interrupted_study_goes_on_where_it_was(
    sent: signal.Signals, code: int, workers: int, start: Start, tmp_path: Path, whole: str
) -> None:
    driver = start(workers, pause=0.1)
    wait_until(lambda: n_shards(tmp_path / "toy") >= 1)
    hands = children(driver.pid)
    os.kill(driver.pid, sent)
    driver.join(20)
    assert driver.exitcode == code
    assert not any(hand.is_running() for hand in hands)
    assert not (tmp_path / "toy" / "manifest.json").exists()
    assert not list((tmp_path / "toy" / "shards").glob(".*"))
    assert resume(start, tmp_path, workers=3 - workers)["runs_kept_from_before"] >= 16
    assert shards_digest(tmp_path / "toy") == whole


def test_an_interrupt_of_the_whole_group_as_a_terminal_sends_it_is_told_in_a_line(tmp_path: Path) -> None:
    environment = {**os.environ, PAUSE: "0.05", "PYTHONPATH": os.pathsep.join([str(ROOT), str(HERE)])}
    arguments = [sys.executable, str(HERE / "runner_toy.py"), "toy", "--workers", "2", "--out", str(tmp_path)]
    driver = subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True, env=environment, start_new_session=True)
    wait_until(lambda: n_shards(tmp_path / "toy") >= 1)
    os.killpg(driver.pid, signal.SIGINT)
    _, told = driver.communicate(timeout=20)
    assert driver.returncode == 130
    assert told.splitlines()[-1] == "experiments: interrupted; the same command goes on from here"
    assert "Traceback" not in told


@pytest.mark.slow
@pytest.mark.soak
@pytest.mark.parametrize("moment", range(50))
def test_whatever_is_killed_at_whatever_moment_the_bytes_are_those_of_a_whole_study(
    moment: int, start: Start, tmp_path: Path, whole: str
) -> None:
    luck = random.Random(moment)
    workers: list[psutil.Process] = []
    for _ in range(3):
        driver = start(luck.choice([1, 2, 3]), pause=0.01)
        time.sleep(luck.uniform(0.0, 1.0))
        hands = children(driver.pid)
        workers += hands
        if hands and luck.random() < 0.5:
            with contextlib.suppress(psutil.NoSuchProcess):
                luck.choice(hands).kill()
            time.sleep(luck.uniform(0.0, 0.2))
        if driver.is_alive():
            os.kill(driver.pid, luck.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGINT, signal.SIGTERM]))
        driver.join(20)
    _, alive = psutil.wait_procs(workers, ORPHANS_LEAVE_SECONDS)
    assert alive == []
    assert resume(start, tmp_path, workers=2)["runs_failed"] == 0
    assert shards_digest(tmp_path / "toy") == whole
