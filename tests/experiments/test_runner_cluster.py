"""A real Dask scheduler and its workers give the bytes of one process, whatever dies, or a clear error."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from runner_toy import HERE, ROOT, n_shards, shards_digest, toy_study, wait_until

from experiments.engine import cluster, sources
from experiments.engine.errors import ClusterError
from experiments.lab import Lab
from experiments.study import Study

pytest.importorskip("distributed")

READY_SECONDS = 120
ANSWER_SECONDS = 20


class Dask:
    """A scheduler and workers on this machine, each a process of its own."""

    def __init__(self, directory: Path, workers: int) -> None:
        self.directory = directory
        self._processes: list[subprocess.Popen[bytes]] = []
        file = directory / "scheduler.json"
        self._start("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(file))
        wait_until(file.exists, READY_SECONDS)
        wait_until(lambda: file.read_text().rstrip().endswith("}"), READY_SECONDS)
        self.address: str = json.loads(file.read_text())["address"]
        for _ in range(workers):
            self.add_worker()

    def add_worker(self) -> None:
        """Start another worker, without a nanny, which would start it again."""
        place = str(self.directory / f"worker{len(self._processes)}")
        self._start("worker", self.address, "--nthreads", "1", "--no-nanny", "--local-directory", place)

    def kill(self, number: int) -> None:
        """Kill the scheduler (0) or a worker."""
        self._processes[number].kill()
        self._processes[number].wait()

    def close(self) -> None:
        """Kill all."""
        for process in reversed(self._processes):
            process.kill()
            process.wait()

    def _start(self, *arguments: str) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(HERE)])}
        command = [str(Path(sys.executable).with_name("dask")), *arguments, "--no-dashboard"]
        log = (self.directory / f"log{len(self._processes)}").open("wb")
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment, cwd=self.directory)
        log.close()
        self._processes.append(process)
        return process


@pytest.fixture(scope="module")
def dask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dask]:
    """A scheduler with two workers."""
    running = Dask(tmp_path_factory.mktemp("dask"), workers=2)
    yield running
    running.close()


def real_study(**more: Any) -> Study:
    """Return a study of the real market: three days of a small world."""
    return toy_study(**{"points": 4, "replicates": 15, "read": "runner_toy:last_price", "days": 3, **more})


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The digest of the study, run in this process."""
    directory = tmp_path_factory.mktemp("whole")
    Lab("toy", directory).collect(real_study())
    return shards_digest(directory)


def test_processes_give_the_bytes_of_one(tmp_path: Path, whole: str) -> None:
    Lab("toy", tmp_path, workers=2).collect(real_study())
    assert shards_digest(tmp_path) == whole


def test_dask_workers_give_the_bytes_of_one_process(dask: Dask, tmp_path: Path, whole: str) -> None:
    lab = Lab("toy", tmp_path, scheduler=dask.address)
    lab.collect(real_study())
    assert shards_digest(tmp_path) == whole
    assert lab.records[0].cpu_seconds > 0


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nowhere"])
def test_a_wrong_address_is_told_within_seconds(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 2)
    started = time.monotonic()
    with pytest.raises(ClusterError, match=f"no Dask scheduler answers at {address}"):
        Lab("toy", tmp_path, scheduler=address).collect(real_study())
    assert time.monotonic() - started < ANSWER_SECONDS


def test_workers_with_other_sources_are_refused(dask: Dask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "runner_toy.py").write_text((HERE / "runner_toy.py").read_text() + "# as the driver has it\n")
    monkeypatch.setattr(sources, "_file_of", lambda module: tmp_path / "runner_toy.py")
    sources.sources_digest.cache_clear()
    with pytest.raises(ClusterError, match=r"worker tcp://.* has other sources or libraries than the driver"):
        Lab("toy", tmp_path, scheduler=dask.address).collect(real_study())
    assert n_shards(tmp_path) == 0
    sources.sources_digest.cache_clear()


def test_without_dask_it_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ClusterError, match=r"pip install '\.\[cluster\]'"):
        Lab("toy", tmp_path, scheduler="tcp://127.0.0.1:9").collect(real_study())


def kill_in_the_middle(dask: Dask, number: int, directory: Path) -> threading.Thread:
    """Kill the scheduler (0) or a worker as soon as a shard has been written."""

    def wait_and_kill() -> None:
        wait_until(lambda: n_shards(directory) >= 1, READY_SECONDS)
        dask.kill(number)

    killer = threading.Thread(target=wait_and_kill)
    killer.start()
    return killer


# The last three tests take the cluster apart.


def test_a_dask_worker_killed_in_the_middle_costs_nothing_but_time(dask: Dask, tmp_path: Path, whole: str) -> None:
    killer = kill_in_the_middle(dask, 1, tmp_path)
    lab = Lab("toy", tmp_path, scheduler=dask.address)
    lab.collect(real_study())
    killer.join()
    assert lab.failures == []
    assert shards_digest(tmp_path) == whole


def test_without_workers_it_says_that_it_waits(
    dask: Dask, tmp_path: Path, whole: str, capsys: pytest.CaptureFixture[str]
) -> None:
    dask.kill(2)
    helper = threading.Timer(4.0, dask.add_worker)
    helper.start()
    Lab("toy", tmp_path, scheduler=dask.address).collect(real_study())
    helper.join()
    assert f"no workers at {dask.address}; waiting for some" in capsys.readouterr().err
    assert shards_digest(tmp_path) == whole


def test_a_scheduler_killed_in_the_middle_is_a_clear_error_and_the_study_goes_on_elsewhere(
    dask: Dask, tmp_path: Path, whole: str
) -> None:
    killer = kill_in_the_middle(dask, 0, tmp_path)
    with pytest.raises(ClusterError, match=r"connection to the scheduler at tcp://.* was lost; run again to go on"):
        Lab("toy", tmp_path, scheduler=dask.address).collect(real_study())
    killer.join()
    again = Lab("toy", tmp_path)
    again.collect(real_study())
    assert 16 <= again.records[0].kept_runs < 60
    assert shards_digest(tmp_path) == whole
