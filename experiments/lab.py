"""Where an experiment works: it collects the runs of a study and keeps tables and numbers.

An experiment asks the laboratory for the tables of a study (`collect`), computes, and keeps small results (`keep`
for tables, `note` for numbers that the paper quotes). Everything of an experiment lies in one directory. Whatever
ends it, the next time only the runs that are missing are run, and the same tables come out.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from experiments.engine.chunks import glued
from experiments.engine.errors import InputError, RunsFailedError, StorageError
from experiments.engine.progress import progress
from experiments.engine.runner import run_plans
from experiments.engine.shards import Plan, Shard, ShardStore, plans_of, scenarios_of, write_text
from experiments.engine.sources import reading
from experiments.engine.workers import Crew, Here, Processes
from experiments.study import Study
from market import Scenario, load_scenario

__all__ = ["Lab", "Record"]

SHARDS = "shards"
LOCK = ".lock"
FAILURES = "failures.json"
NUMBERS = "numbers.json"
MOST_WORKERS = 1024


@dataclass(frozen=True, slots=True)
class Record:
    """What was collected of a study, for the manifest.

    Attributes
    ----------
    keys : tuple of str
        Of its shards, in order.
    kept_runs : int
        Runs that were there from before.
    failed_runs : int
    cpu_seconds : float
        What all its runs cost, whenever they were run.
    """

    study: Study
    scenarios: dict[str, Scenario]
    keys: tuple[str, ...]
    kept_runs: int
    failed_runs: int
    cpu_seconds: float


@dataclass
class Lab:
    """A place to work.

    Attributes
    ----------
    name : str
        Name of the experiment.
    directory : pathlib.Path
        Holds `numbers.json`, tables as CSV, `manifest.json`, `failures.json` if there are any, and `shards/`.
    quick : bool
        Small designs, for a look and for tests.
    workers : int
        Processes; 1 runs everything in this one.
    scheduler : str, optional
        Address of a Dask scheduler, whose workers run everything instead.
    records : list of Record
        What was collected.
    failures : list of dict
        Runs that failed, with study, point, seed, scenario and traceback.
    tables : list of str
        Names of the files that were kept.
    """

    name: str
    directory: Path
    quick: bool = False
    workers: int = 1
    scheduler: str | None = None
    records: list[Record] = field(default_factory=list, repr=False)
    failures: list[dict[str, Any]] = field(default_factory=list, repr=False)
    tables: list[str] = field(default_factory=list, repr=False)
    _numbers: dict[str, dict[str, Any]] = field(default_factory=dict, repr=False)
    _lock: Any = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self.directory = Path(self.directory)
        if not 1 <= self.workers <= MOST_WORKERS:
            raise InputError("workers", self.workers, f"a whole number from 1 to {MOST_WORKERS}")

    def __enter__(self) -> Lab:
        """Take the directory."""
        self._own()
        return self

    def __exit__(self, *exception: object) -> None:
        """Leave the directory to others."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def collect(self, study: Study) -> dict[str, pd.DataFrame]:
        """Run what is missing of a study and return its tables.

        Runs that fail are listed in `failures.json` and missing in the tables.

        Returns
        -------
        dict of str to pandas.DataFrame
            Each with the columns `point`, `replicate`, `seed` before the reading's own; rows in the order of the
            points, then of the replicates.

        Raises
        ------
        RunsFailedError
            When no run of some point succeeded.
        MarketError
            When the study cannot be run at all, or not be kept.
        """
        reading(study.read)
        scenarios = scenarios_of(study)
        load_scenario(scenarios[study.points[0].scenario], study.points[0].overrides)  # a slip is seen at once
        self._own()
        store = ShardStore(self.directory / SHARDS)
        plans = plans_of(study, scenarios)
        shards = {plan.key: store.read(plan) for plan in plans}
        missing = [plan for plan in plans if shards[plan.key] is None]
        n_missing = sum(len(plan.runs) for plan in missing)
        if missing:
            self._run(study, missing, scenarios, store, kept=len(study) - n_missing)
            shards |= {plan.key: store.read(plan, also_failed=True) for plan in missing}
        found = [_there(shards[plan.key], plan, store) for plan in plans]
        failures = [{"study": study.name, **failure} for shard in found for failure in shard.failures]
        cpu_seconds = sum(shard.cpu_seconds for shard in found)
        keys = tuple(plan.key for plan in plans)
        self.records.append(Record(study, scenarios, keys, len(study) - n_missing, len(failures), cpu_seconds))
        self._tell_failures(study, failures)
        return _tables(study, found)

    def keep(self, table: str, frame: pd.DataFrame) -> None:
        """Keep a small table as CSV, whole or not at all."""
        file = f"{table}.csv"
        write_text(self.directory / file, frame.to_csv(index=False, lineterminator="\n"))
        if file not in self.tables:
            self.tables.append(file)

    def note(
        self,
        name: str,
        value: float,
        low: float | None = None,
        high: float | None = None,
        *,
        unit: str,
        runs: int,
        meaning: str,
    ) -> None:
        """Keep a number that text may quote.

        Parameters
        ----------
        name : str
            Lower case with underscores, named after the outcome; unique within the experiment.
        value, low, high : float
            The estimate and its interval, where it has one; one that is not finite is kept as null.
        unit, meaning : str
            What it is, what the interval covers.
        runs : int
            Number of seeds or runs behind it.

        Raises
        ------
        InputError
            When the name is taken.
        """
        if name in self._numbers:
            raise InputError("name of a number", name, "one that the experiment has not used yet")
        numbers = {"value": value, "low": low, "high": high}
        clean = {key: float(x) if x is not None and math.isfinite(x) else None for key, x in numbers.items()}
        self._numbers[name] = {**clean, "unit": unit, "runs": int(runs), "meaning": meaning}
        write_text(self.directory / NUMBERS, json.dumps(dict(sorted(self._numbers.items())), indent=1) + "\n")

    def _run(
        self, study: Study, missing: Sequence[Plan], scenarios: dict[str, Scenario], store: ShardStore, kept: int
    ) -> None:
        """Run shards with a crew that lives as long."""
        store.clear_partial()
        crew = self._crew(study, missing)
        is_whole = False
        try:
            with progress(study.name, len(study), kept) as report:
                run_plans(study, missing, scenarios, crew, store, report)
            is_whole = True
        finally:
            crew.close(is_whole)

    def _crew(self, study: Study, missing: Sequence[Plan]) -> Crew:
        if self.scheduler is not None:
            from experiments.engine.cluster import Cluster

            return Cluster(self.scheduler, study.read)
        workers = min(self.workers, sum(len(plan.runs) for plan in missing))
        return Here() if workers == 1 else Processes(workers)

    def _own(self) -> None:
        """Have the directory to ourselves until this process ends, however it ends.

        Raises
        ------
        StorageError
            When another process works there, or it cannot be made.
        """
        if self._lock is not None:
            return
        try:
            import fcntl
        except ImportError:  # where there is no such lock, take care yourself
            return
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            self._lock = (self.directory / LOCK).open("w")
        except OSError as error:
            raise StorageError.of(self.directory, error) from error
        try:
            fcntl.lockf(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # not inherited by a fork, ends with the process
        except OSError as error:
            self._lock.close()
            self._lock = None
            reason = "another process is at work here; wait for it, or take another --out"
            raise StorageError(self.directory, reason) from error

    def _tell_failures(self, study: Study, failures: list[dict[str, Any]]) -> None:
        """Keep what failed, and stop where a point has nothing left."""
        if not failures:
            return
        self.failures += failures
        write_text(self.directory / FAILURES, json.dumps(self.failures, indent=1) + "\n")
        n_failed = Counter(failure["point"] for failure in failures)
        if bare := [point for point, n in n_failed.items() if n == study.replicates]:
            raise RunsFailedError(
                f"study {study.name}: {len(failures)} of {len(study)} runs failed, among them all of "
                f"{len(bare)} points, such as {bare[0]!r} ({failures[0]['error']}); see {self.directory / FAILURES}"
            )


def _there(shard: Shard | None, plan: Plan, store: ShardStore) -> Shard:
    if shard is None:
        raise StorageError(store.directory / plan.key, "was written and is gone, or damaged; run again")
    return shard


def _tables(study: Study, shards: Sequence[Shard]) -> dict[str, pd.DataFrame]:
    """Put shards together: rows by point, then replicate, then as they were read."""
    places = {point.key: place for place, point in enumerate(study.points)}
    tables = {}
    for name in sorted({name for shard in shards for name in shard.tables}):
        table = glued([shard.tables[name] for shard in shards if name in shard.tables], name)
        order = np.lexsort((table["replicate"].to_numpy(), table["point"].map(places).to_numpy()))
        tables[name] = table.iloc[order].reset_index(drop=True)
    return tables
