"""Conduct an experiment: give it a laboratory, time it, write its manifest, keep its small results; and list them all.

What it leaves out: how runs are run (`runner`), and what the experiment makes of them.
"""

from __future__ import annotations

import os
import secrets
import shutil
import statistics
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from experiments import catalogue
from experiments.catalogue import Experiment
from experiments.engine.errors import StorageError
from experiments.engine.manifest import DESIGNS, Cost, put_aside, write_manifest
from experiments.engine.progress import duration, say
from experiments.engine.sources import reading
from experiments.lab import FAILURES, SHARDS, Lab
from market import run

__all__ = ["Way", "conduct", "keep_summary", "print_list", "seconds_per_run"]

SOME_FAILED = 4
SUMMARIES = Path(__file__).resolve().parents[1] / "summaries"
LARGEST_KEPT_BYTES, LARGEST_KEPT_DESIGN_BYTES = 1024 * 1024, 64 * 1024
TIMED_RUNS = 3
WIDEST = 160


@dataclass(frozen=True, slots=True)
class Way:
    """How to conduct.

    Attributes
    ----------
    results : pathlib.Path
        Holds a directory an experiment.
    quick : bool
    workers : int
        Processes on this machine.
    scheduler : str, optional
        Address of a Dask scheduler, to run everything there.
    keep : bool
        Whether to keep the small results under version control.
    """

    results: Path
    quick: bool = False
    workers: int = 1
    scheduler: str | None = None
    keep: bool = False


def conduct(experiment: Experiment, way: Way) -> int:
    """Conduct an experiment and return the exit code: 4 if runs failed, else 0."""
    wall, cpu = time.perf_counter(), _cpu_seconds()
    with Lab(experiment.name, way.results / experiment.name, way.quick, way.workers, way.scheduler) as lab:
        put_aside(lab.directory)
        experiment.conduct(lab)
        cost = Cost(time.perf_counter() - wall, _cpu_seconds() - cpu)
        write_manifest(lab, experiment.question, cost)
        say(f"{experiment.name}: {duration(cost.wall_seconds)}, results in {lab.directory}")
        if way.keep:
            keep_summary(lab.directory, SUMMARIES / experiment.name)
    if not lab.failures:
        return 0
    say(f"{experiment.name}: {len(lab.failures)} runs failed and are missing; see {lab.directory / FAILURES}")
    return SOME_FAILED


def keep_summary(directory: Path, target: Path) -> None:
    """Copy what is small to another place, which it then fills alone.

    Parameters
    ----------
    directory : pathlib.Path
        Results of a finished experiment; shards, hidden and large files stay behind.
    target : pathlib.Path
        Replaced.

    Raises
    ------
    StorageError
        When it cannot be written; the target is then as it was.
    """
    found = [
        path for path in sorted(directory.rglob("*")) if path.is_file() and _is_result(path.relative_to(directory))
    ]
    left = [path for path in found if path.stat().st_size > _most_bytes(path)]
    hidden = target.with_name(f".{target.name}.{secrets.token_hex(4)}.partial")
    try:
        for path in found:
            if path not in left:
                copy = hidden / path.relative_to(directory)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, copy)
        shutil.rmtree(target, ignore_errors=True)
        os.replace(hidden, target)
    except OSError as error:
        raise StorageError.of(target, error) from error
    finally:
        shutil.rmtree(hidden, ignore_errors=True)
    say(f"{directory.name}: {len(found) - len(left)} files kept in {target}")
    if left:
        size, names = sum(path.stat().st_size for path in left) / 1e6, ", ".join(path.name for path in left[:3])
        more = f" and {len(left) - 3} more" if len(left) > 3 else ""
        say(f"{directory.name}: too large to keep ({size:.1f} MB), with digests in the manifest: {names}{more}")


def _most_bytes(path: Path) -> int:
    """Return the size up to which a file is kept; designs are made again by their experiment."""
    return LARGEST_KEPT_DESIGN_BYTES if path.parent.name == DESIGNS else LARGEST_KEPT_BYTES


def seconds_per_run() -> float:
    """Return what a run of the baseline with the standard outcomes takes this machine, kernels loaded."""
    read = reading("experiments.readings.outcomes:outcomes")
    run("baseline", seed=1, days=1)
    taken = []
    for seed in range(1, TIMED_RUNS + 1):
        started = time.perf_counter()
        read(run("baseline", seed=seed))
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def print_list() -> None:
    """Print every experiment with its question, runs, and the time it takes on this machine."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    seconds = seconds_per_run()
    processors = os.cpu_count() or 1
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for title in ("experiment", "question"):
        table.add_column(title, overflow="fold")
    for title in ("runs, quick", "full", "time, quick", "full"):
        table.add_column(title, justify="right", no_wrap=True)
    for name in catalogue.names():
        try:
            experiment = catalogue.load(name)
        except ImportError as error:
            table.add_row(name, f"cannot be imported: {error}", "", "", "", "")
            continue
        times = [duration(experiment.effort(quick) * seconds / processors) for quick in (True, False)]
        counts = [f"{experiment.runs(quick):,}" for quick in (True, False)]
        table.add_row(name, experiment.question, *counts, *times)
    console = Console() if sys.stdout.isatty() else Console(width=WIDEST)
    console.print(table)
    print(
        f"\nA run of the baseline takes this machine {seconds:.3f} s; times are those of the runs alone, "
        f"with --workers {processors}."
    )


def _is_result(path: Path) -> bool:
    """Tell whether a file, by its place below the directory, is more than scaffolding."""
    return path.parts[0] != SHARDS and not any(part.startswith(".") for part in path.parts)


def _cpu_seconds() -> float:
    """Return the CPU time of this process and of the children it has waited for."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
