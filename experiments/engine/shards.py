"""Results on disk: a study's runs in shards, each named by what was run with what, whole or not there.

A shard is a directory with one Parquet file a table and `shard.json` (key, rows of each table, failed runs, cost).
It is written beside its place, flushed, and renamed into it, so it survives any kill. The layout follows from the
study alone, never from the workers; the key holds points, seeds, reading, days, scenarios and all sources. A run that
raised is kept as failed, since it would raise again; a shard with runs that failed for want of memory or of a worker
has `.failed` behind its key, and is run again the next time. Shards are read by key, never by looking what is there;
one that is damaged counts as missing.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from experiments.engine.chunks import Failure, glued
from experiments.engine.errors import ReadingError, StorageError, first_line
from experiments.engine.sources import sources_digest
from experiments.study import Run, Study, canonical
from market import Scenario, load_scenario

__all__ = ["Plan", "Shard", "ShardStore", "plans_of", "scenarios_of", "write_text"]

FORMAT = 1
INDEX = "shard.json"
FAILED = ".failed"
PARTIAL = ".partial"


@dataclass(frozen=True, slots=True)
class Plan:
    """A shard to be: its key and its runs."""

    key: str
    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Shard:
    """A shard read from disk.

    Attributes
    ----------
    tables : dict of str to pandas.DataFrame
    failures : list of dict
        `point`, `replicate`, `seed`, `scenario`, `overrides`, `error`, `traceback` of every failed run.
    cpu_seconds : float
        What its runs cost.
    """

    tables: dict[str, pd.DataFrame]
    failures: list[dict[str, Any]]
    cpu_seconds: float


def scenarios_of(study: Study) -> dict[str, Scenario]:
    """Return every scenario that the points name, without overrides."""
    return {name: load_scenario(name) for name in dict.fromkeys(point.scenario for point in study.points)}


def plans_of(study: Study, scenarios: Mapping[str, Scenario]) -> list[Plan]:
    """Return the layout of a study: its runs in shards, in the order in which they are run."""
    sources = sources_digest(study.read)
    bases = {name: _hashed(scenario.model_dump_json()) for name, scenario in scenarios.items()}
    points = {
        point.key: _hashed(canonical([point.key, bases[point.scenario], point.overrides])) for point in study.points
    }
    runs = list(study.runs())
    plans = []
    for first in range(0, len(runs), study.runs_per_shard):
        part = tuple(runs[first : first + study.runs_per_shard])
        told = [(points[order.point.key], order.replicate, order.seed) for order in part]
        plans.append(Plan(_hashed(canonical([FORMAT, sources, study.read, study.days, told])), part))
    return plans


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


class ShardStore:
    """The shards of an experiment, in one directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def clear_partial(self) -> None:
        """Remove what a killed driver left half-written."""
        for left in self.directory.glob(f".*{PARTIAL}"):
            shutil.rmtree(left, ignore_errors=True)

    def read(self, plan: Plan, *, also_failed: bool = False) -> Shard | None:
        """Return a shard, or None when it is missing or damaged.

        Parameters
        ----------
        also_failed : bool
            Whether one with runs that may yet succeed will do.

        Raises
        ------
        StorageError
            When the system does not let us read it.
        """
        for name in (plan.key, plan.key + FAILED) if also_failed else (plan.key,):
            place = self.directory / name
            if place.exists():
                try:
                    return self._read(place, plan)
                except (OSError, ValueError, KeyError, TypeError, pa.ArrowException) as error:
                    # Arrow reports a damaged file as an OSError that the system knows nothing of.
                    if isinstance(error, OSError) and error.errno not in (None, errno.ENOENT):
                        raise StorageError(place, f"cannot be read ({error.strerror})") from error
        return None

    def _read(self, place: Path, plan: Plan) -> Shard:
        index = json.loads((place / INDEX).read_text(encoding="utf-8"))
        if index["key"] != plan.key or index["runs"] != len(plan.runs):
            raise ValueError("another shard lies in this place")
        tables = {}
        for name, n_rows in index["rows"].items():
            stored = pq.read_table(place / f"{name}.parquet", page_checksum_verification=True)
            if stored.num_rows != n_rows:
                raise ValueError(f"table {name!r} has {stored.num_rows} rows, not {n_rows}")
            tables[name] = stored.to_pandas()
        return Shard(tables, list(index["failures"]), float(index["cpu_seconds"]))

    def write(
        self,
        plan: Plan,
        tables: Mapping[str, Sequence[pd.DataFrame]],
        failures: Sequence[Failure],
        cpu_seconds: float,
    ) -> None:
        """Write a shard, whole or not at all.

        Parameters
        ----------
        tables : mapping of str to sequence of pandas.DataFrame
            Pieces of each table, in the order of the plan's runs.

        Raises
        ------
        ReadingError
            When the pieces of a table do not fit together.
        StorageError
            When the disk does not take it, say because it is full.
        """
        contents = {}
        rows = {}
        for name, pieces in sorted(tables.items()):
            table = glued(pieces, name)
            rows[name] = len(table)
            contents[f"{name}.parquet"] = _parquet(table, name)
        index = {
            "format": FORMAT,
            "key": plan.key,
            "runs": len(plan.runs),
            "rows": rows,
            "failures": [{**_where(failure.run), **_why(failure)} for failure in failures],
            "cpu_seconds": round(cpu_seconds, 3),
        }
        contents[INDEX] = (json.dumps(index, indent=1) + "\n").encode()
        is_final = all(failure.is_final for failure in failures)
        self._place(plan.key if is_final else plan.key + FAILED, contents)
        if is_final:
            shutil.rmtree(self.directory / (plan.key + FAILED), ignore_errors=True)

    def _place(self, name: str, contents: Mapping[str, bytes]) -> None:
        """Put a directory of files into its place in one step."""
        hidden = self.directory / f".{name}.{secrets.token_hex(4)}{PARTIAL}"
        place = self.directory / name
        try:
            hidden.mkdir(parents=True)
            for file, content in contents.items():
                _write_flushed(hidden / file, content)
            _flush(hidden)
            if place.exists():
                shutil.rmtree(place)
            os.replace(hidden, place)
            _flush(self.directory)
        except OSError as error:
            raise StorageError.of(place, error) from error
        finally:
            shutil.rmtree(hidden, ignore_errors=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file, whole or not at all.

    Raises
    ------
    StorageError
        When the disk does not take it.
    """
    scratch = path.with_name(f".{path.name}.{secrets.token_hex(4)}{PARTIAL}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_flushed(scratch, text.encode())
        os.replace(scratch, path)
        _flush(path.parent)
    except OSError as error:
        raise StorageError.of(path, error) from error
    finally:
        with contextlib.suppress(OSError):
            scratch.unlink(missing_ok=True)


def _where(order: Run) -> dict[str, Any]:
    point = order.point
    return {
        "point": point.key,
        "replicate": order.replicate,
        "seed": order.seed,
        "scenario": point.scenario,
        "overrides": json.loads(canonical(point.overrides)),
    }


def _why(failure: Failure) -> dict[str, str]:
    return {"error": failure.error, "traceback": failure.traceback}


def _parquet(table: pd.DataFrame, name: str) -> bytes:
    sink = pa.BufferOutputStream()
    try:
        pq.write_table(
            pa.Table.from_pandas(table, preserve_index=False), sink, compression="zstd", write_page_checksum=True
        )
    except (pa.ArrowException, TypeError) as error:
        reason = f"table {name!r} cannot be kept ({first_line(error)}); a column must hold values of one kind"
        raise ReadingError(reason) from error
    return sink.getvalue().to_pybytes()


def _write_flushed(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _flush(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
