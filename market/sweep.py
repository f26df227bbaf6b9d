"""One scenario over many seeds, or draws of it in turn: every seed run once, read once, and forgotten.

The first seed runs in this process, which compiles the kernels and fills the caches; the others run in
chunks in processes forked from it, so that no worker compiles or imports again. The number of workers leaves
no trace in the result: rows are in the order of the seeds. What it leaves out: more than one scenario.
"""

from __future__ import annotations

import contextlib
import math
import multiprocessing
import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pandas as pd

from market.errors import MarketError, UsageError
from market.workers import interrupts_held, leave_interrupts_to_parent, worker_context

if TYPE_CHECKING:
    from market.observers.patterns import PatternRow
    from market.scenarios import Scenario
    from market.simulation import Result

__all__ = ["Sweep", "each_seed", "quantiles_by_day", "sweep"]

QUANTILES = {"p05": 0.05, "p25": 0.25, "median": 0.5, "p75": 0.75, "p95": 0.95}
CHUNKS_PER_WORKER = 4
LARGEST_CHUNK = 8

Reading = TypeVar("Reading")
Report = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Sweep:
    """What the seeds have in common.

    Attributes
    ----------
    scenario : Scenario
    seeds : tuple of int
    patterns : list of PatternRow
    measures : pandas.DataFrame
        A row a seed, a column a pattern; NaN where the event never happened.
    quantiles : pandas.DataFrame or None
        A row a date and daily column: quantiles over seeds.
    wall_seconds : float
    """

    scenario: Scenario
    seeds: tuple[int, ...]
    patterns: list[PatternRow]
    measures: pd.DataFrame
    quantiles: pd.DataFrame | None
    wall_seconds: float


def sweep(
    scenario: Scenario,
    seeds: Sequence[int],
    *,
    workers: int = 1,
    with_quantiles: bool = False,
    report: Report | None = None,
    worlds: Sequence[Scenario] = (),
) -> Sweep:
    """Measure the patterns of a scenario over seeds.

    Parameters
    ----------
    scenario : Scenario
    seeds : sequence of int
        At least one.
    workers : int
        Processes to run them in.
    with_quantiles : bool
        Also keep the daily tables until their quantiles are taken: about 200 kB a seed.
    report : callable, optional
        Called with the number of seeds done and their total.
    worlds : sequence of Scenario
        Versions of the scenario, such as posterior draws, that the seeds take in turn in its place.
    """
    from market.observers.patterns import summarise

    started = time.perf_counter()
    readings = each_seed(
        worlds or scenario, seeds, _patterns_and_days if with_quantiles else _patterns, workers=workers, report=report
    )
    measures = [measured for measured, _ in readings]
    dailies = [daily for _, daily in readings if daily is not None]
    return Sweep(
        scenario,
        tuple(seeds),
        summarise(measures),
        pd.DataFrame([{"seed": seed, **row} for seed, row in zip(seeds, measures, strict=True)]),
        quantiles_by_day(dailies) if dailies else None,
        time.perf_counter() - started,
    )


def each_seed(
    scenario: Scenario | Sequence[Scenario],
    seeds: Sequence[int],
    read: Callable[[Result], Reading],
    *,
    workers: int = 1,
    days: int | None = None,
    report: Report | None = None,
) -> list[Reading]:
    """Run a scenario with every seed and keep what `read` makes of each result.

    Parameters
    ----------
    scenario : Scenario or sequence of Scenario
        Several are taken in turn, seed by seed.
    read : callable
        A function of a module, or an object that can be pickled; what it returns must be, too.
    workers : int
        Processes; 1 runs everything here.
    days : int, optional
        Days to run; the whole horizon by default.
    report : callable, optional
        Called with the number of seeds done and their total.

    Returns
    -------
    list
        One reading a seed, in the order of `seeds`.

    Raises
    ------
    MarketError
        When a worker dies; what the model raises comes through as it is.
    """
    if not seeds:
        raise UsageError("seeds", None, "at least one seed")
    if workers < 1:
        raise UsageError("workers", workers, "a whole number, at least 1")
    readings: dict[int, Reading] = {}
    total = len(seeds)
    positions = list(range(total))
    chunks = [positions[:1], *_chunks(positions[1:], workers)]
    done = _in_processes if workers > 1 and total > 1 else _here
    with contextlib.closing(done(scenario, seeds, read, days, chunks, workers)) as parts:
        for part in parts:
            readings.update(part)
            if report is not None:
                report(len(readings), total)
    return [readings[position] for position in positions]


def quantiles_by_day(dailies: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return quantiles over runs, for every date and column.

    Parameters
    ----------
    dailies : sequence of pandas.DataFrame
        Daily tables of the same dates and columns.

    Returns
    -------
    pandas.DataFrame
        Columns ``date``, ``quantity``, the quantiles, and ``n``, the number of runs with a value that day.
        Rows by quantity, then date; quantiles interpolate linearly and are NaN where n is 0.
    """
    dates = dailies[0]["date"]
    names = [name for name in dailies[0].columns if name != "date"]
    tables = []
    for name in names:
        values = np.stack([daily[name].to_numpy(dtype=float, na_value=np.nan) for daily in dailies])
        values = np.sort(np.where(np.isfinite(values), values, np.nan), axis=0)
        n = np.count_nonzero(np.isfinite(values), axis=0)
        columns = {key: _quantile(values, n, share) for key, share in QUANTILES.items()}
        tables.append(pd.DataFrame({"date": dates.to_numpy(), "quantity": name, **columns, "n": n}))
    return pd.concat(tables, ignore_index=True)


def _quantile(values: np.ndarray, n: np.ndarray, share: float) -> np.ndarray:
    """Return a quantile of each column of sorted values, whose first `n` are finite."""
    place = share * np.maximum(n - 1, 0)
    below = np.floor(place).astype(np.int64)
    above = np.ceil(place).astype(np.int64)
    low = np.take_along_axis(values, below[None, :], axis=0)[0]
    high = np.take_along_axis(values, above[None, :], axis=0)[0]
    return low + (high - low) * (place - below)


def _patterns(result: Result) -> tuple[dict[str, float], pd.DataFrame | None]:
    """Return the patterns of a run."""
    from market.observers.patterns import measure

    return measure(result), None


def _patterns_and_days(result: Result) -> tuple[dict[str, float], pd.DataFrame | None]:
    """Return the patterns of a run and its daily table."""
    return _patterns(result)[0], result.daily


def _chunks(positions: list[int], workers: int) -> list[list[int]]:
    size = min(LARGEST_CHUNK, max(1, math.ceil(len(positions) / (CHUNKS_PER_WORKER * workers))))
    return [positions[first : first + size] for first in range(0, len(positions), size)]


def _worlds(scenario: Scenario | Sequence[Scenario], chunk: list[int]) -> list[Scenario]:
    """Return the scenario of each position of a chunk."""
    if isinstance(scenario, Sequence):
        return [scenario[position % len(scenario)] for position in chunk]
    return [scenario] * len(chunk)


def _run_chunk(
    worlds: Sequence[Scenario],
    seeds: Sequence[int],
    read: Callable[[Result], Any],
    days: int | None,
    chunk: list[int],
) -> dict[int, Any]:
    """Run the seeds at some positions."""
    from market.simulation import run

    return {
        position: read(run(world, seed=seeds[position], days=days))
        for position, world in zip(chunk, worlds, strict=True)
    }


def _here(
    scenario: Scenario | Sequence[Scenario],
    seeds: Sequence[int],
    read: Any,
    days: int | None,
    chunks: list[list[int]],
    workers: int,
) -> Generator[dict[int, Any], None, None]:
    """Yield what each seed gives, run one after the other in this process."""
    for position in (position for chunk in chunks for position in chunk):
        yield _run_chunk(_worlds(scenario, [position]), seeds, read, days, [position])


def _in_processes(
    scenario: Scenario | Sequence[Scenario],
    seeds: Sequence[int],
    read: Any,
    days: int | None,
    chunks: list[list[int]],
    workers: int,
) -> Generator[dict[int, Any], None, None]:
    """Yield what each chunk gives, the first run here and the others in forked processes."""
    first, *others = chunks
    yield _run_chunk(_worlds(scenario, first), seeds, read, days, first)
    before = set(multiprocessing.active_children())
    executor = ProcessPoolExecutor(min(workers, len(others)), worker_context(), initializer=leave_interrupts_to_parent)
    try:
        with interrupts_held():  # a worker starts with them held, too, until it leaves them to its parent
            futures: list[Future[dict[int, Any]]] = [
                executor.submit(_run_chunk, _worlds(scenario, chunk), seeds, read, days, chunk) for chunk in others
            ]
        for future in as_completed(futures):
            yield future.result()
    except BrokenProcessPool as error:
        raise MarketError(
            "a worker process died before its seeds were done (killed, or out of memory); "
            "run again with fewer --workers, or with --workers 1 to see the reason"
        ) from error
    except BaseException:
        for child in set(multiprocessing.active_children()) - before:
            child.terminate()
        raise
    finally:
        executor.shutdown(wait=True, cancel_futures=True)
