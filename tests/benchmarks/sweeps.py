"""What many short runs cost: the sweep of experiments on one and on two workers, and `mesa.batch_run` on two.

All three give the same: the daily series of every run of the small world, as one table. The experiments' sweep also
keeps them on disk. CPU time is that of the driver and of all its workers; each contender has a fresh interpreter, with
the kernels compiled beforehand, so what a worker costs to start counts.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from tests.benchmarks.gates import Measured
from tests.benchmarks.processes import in_process

if TYPE_CHECKING:
    from market import Result

__all__ = ["CONTENDERS", "cpu_seconds", "measured"]

SERIAL, OWN, MESA = CONTENDERS = ("own, serial", "own, 2 workers", "mesa.batch_run(2)")
WORKERS = 2
RUNS, QUICK_RUNS, ROUNDS = 1000, 100, 3
DAYS = 60
SCENARIO = "tiny"

COMMAND = "from tests.benchmarks import sweeps; sweeps.main({!r}, {!r})"


def measured(is_quick: bool = False) -> list[Measured]:
    """Measures of sweeps for the table of benchmarks."""
    runs, rounds = (QUICK_RUNS, 1) if is_quick else (RUNS, ROUNDS)
    found = [cpu_seconds(runs) for _ in range(rounds)]
    label = f"{RUNS:,} short runs" if not is_quick else f"{runs:,} short runs, quick"
    ratio = f"{label}: CPU of own sweep on 2 workers"
    return [
        Measured.median(f"{ratio} / serial", [times[OWN] / times[SERIAL] for times in found]),
        Measured.median(f"{ratio} / {MESA}", [times[OWN] / times[MESA] for times in found]),
        *(Measured.median(f"{label}: CPU, {name}", [times[name] for times in found], "s") for name in CONTENDERS),
    ]


def cpu_seconds(runs: int = RUNS) -> dict[str, float]:
    """Return the CPU seconds of each contender for a number of short runs."""
    return {name: float(in_process(COMMAND.format(name, runs))) for name in CONTENDERS}


def main(contender: str, runs: int) -> None:
    """Carry out one sweep in this process and print its CPU seconds."""
    from market import run

    run(SCENARIO, seed=0, days=1)
    before = _cpu_seconds()
    table = _by_mesa(runs) if contender == MESA else _by_lab(runs, WORKERS if contender == OWN else 1)
    assert len(table) == runs * DAYS
    print(_cpu_seconds() - before)


def daily(result: Result) -> dict[str, pd.DataFrame]:
    """Read the daily series of a run."""
    return {"daily": result.daily}


def _by_lab(n_runs: int, workers: int) -> pd.DataFrame:
    from experiments.lab import Lab
    from experiments.study import Point, Study

    study = Study("sweeps", (Point("world", SCENARIO),), n_runs, "paired", "tests.benchmarks.sweeps:daily", days=DAYS)
    with tempfile.TemporaryDirectory() as directory:
        return Lab("sweeps", Path(directory), workers=workers).collect(study)["daily"]


def _by_mesa(n_runs: int) -> pd.DataFrame:
    import mesa

    from market import GpuMarket

    # `max_steps` is the number of the last step, counted from zero.
    rows = mesa.batch_run(
        GpuMarket,
        {"scenario": SCENARIO, "seed": list(range(1, n_runs + 1))},
        number_processes=WORKERS,
        max_steps=DAYS - 1,
        data_collection_period=1,
        display_progress=False,
    )
    return pd.DataFrame(rows)


def _cpu_seconds() -> float:
    """Return the CPU time of this process and of all children it has waited for."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
