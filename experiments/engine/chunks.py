"""What a worker does: run some runs of a study one after the other, read each, and forget it.

A worker gets the scenarios themselves, never their names, so that a file on the driver's disk need not be on the
worker's. It first compares its sources with the driver's. A run that fails is told of and the next one goes on.
What a chunk gives does not depend on how a study was cut into chunks: tables are only put together where their
columns and kinds are the same, and the rest is left to whoever has the whole shard.
"""

from __future__ import annotations

import itertools
import os
import time
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from experiments.engine.errors import ClusterError, ReadingError, first_line
from experiments.engine.sources import reading, sources_digest
from experiments.study import Run
from market import Scenario, load_scenario, run

__all__ = ["KEYS", "Chunk", "Done", "Failure", "glued", "run_chunk"]

KEYS = ("point", "replicate", "seed")


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some runs of a study, with all that a worker needs.

    Attributes
    ----------
    read : str
        The study's reading.
    days : int or None
    sources : str
        `sources_digest` of the driver.
    scenarios : mapping of str to Scenario
        Those that the points name, without the points' overrides.
    runs : tuple of Run
    """

    read: str
    days: int | None
    sources: str
    scenarios: Mapping[str, Scenario]
    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """A run that failed: which one, why, and whether it would fail again."""

    run: Run
    error: str
    traceback: str
    is_final: bool


@dataclass(frozen=True, slots=True)
class Done:
    """What a chunk gave.

    Attributes
    ----------
    tables : dict of str to list of pandas.DataFrame
        Pieces of each table in the order of the runs, with the columns `point`, `replicate`, `seed` first.
    failures : list of Failure
    n_runs : int
    cpu_seconds : float
        Of the thread that ran.
    """

    tables: dict[str, list[pd.DataFrame]] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    n_runs: int = 0
    cpu_seconds: float = 0.0


def run_chunk(chunk: Chunk) -> Done:
    """Run the runs of a chunk and read them.

    Raises
    ------
    ClusterError
        When this worker's sources are not the driver's.
    InputError
        When the reading cannot be imported.
    ReadingError
        When it does not return tables.
    """
    read = reading(chunk.read)
    ours = sources_digest(chunk.read)
    if ours != chunk.sources:
        raise ClusterError(
            f"a worker (process {os.getpid()}) has other sources or libraries than the driver ({ours}, not "
            f"{chunk.sources}): bring its checkout and environment up to date and start it again"
        )
    started = time.thread_time()
    frames: dict[str, list[tuple[Run, pd.DataFrame]]] = {}
    failures = []
    for order in chunk.runs:
        try:
            scenario = load_scenario(chunk.scenarios[order.point.scenario], order.point.overrides)
            tables = read(run(scenario, order.seed, days=chunk.days))
        except Exception as error:  # whatever it is, it is told of with its traceback and the other runs go on
            is_final = not isinstance(error, MemoryError | OSError)
            failures.append(Failure(order, _told(error), traceback.format_exc(), is_final))
            continue
        for name, table in _checked(tables, chunk.read).items():
            frames.setdefault(name, []).append((order, table))
    pieces = {name: _pieces(these) for name, these in frames.items()}
    return Done(pieces, failures, len(chunk.runs), time.thread_time() - started)


def glued(pieces: Sequence[pd.DataFrame], name: str) -> pd.DataFrame:
    """Put pieces of a table together, in their order; those without rows count only if none has any.

    Raises
    ------
    ReadingError
        When they have different columns.
    """
    columns = list(pieces[0].columns)
    for piece in pieces:
        if list(piece.columns) != columns:
            raise ReadingError(
                f"table {name!r} has the columns {columns} in one run and {list(piece.columns)} in another; "
                "a reading must give the same columns for every run, with NaN for what did not happen"
            )
    filled = [piece for piece in pieces if len(piece)] or pieces[:1]
    return filled[0] if len(filled) == 1 else pd.concat(filled, ignore_index=True)


def _told(error: Exception) -> str:
    """Return an error's kind and the first line of its text."""
    return f"{type(error).__name__}: {first_line(error)}"


def _checked(tables: Any, read: str) -> dict[str, pd.DataFrame]:
    """Return the tables of a run, or raise when they are none or use a column that is ours."""
    if not isinstance(tables, Mapping) or not all(isinstance(table, pd.DataFrame) for table in tables.values()):
        raise ReadingError(f"{read} must return a mapping of table name to pandas.DataFrame")
    for name, table in tables.items():
        if not str(name).isidentifier():
            raise ReadingError(f"{read}: {name!r} is no name for a table; take letters, digits and underscores")
        if taken := set(KEYS) & set(table.columns):
            raise ReadingError(f"{read}: the column {min(taken)!r} of table {name!r} is added to every table by itself")
    return dict(tables)


def _pieces(frames: Sequence[tuple[Run, pd.DataFrame]]) -> list[pd.DataFrame]:
    """Return the tables of some runs, put together as far as their columns have the same names and kinds."""
    told = [(order, table) for order, table in frames if len(table)] or list(frames[:1])
    pieces = []
    for _, group in itertools.groupby(told, key=lambda pair: _kinds(pair[1])):
        orders, tables = zip(*group, strict=True)
        piece = pd.concat(tables, ignore_index=True) if len(tables) > 1 else tables[0].reset_index(drop=True)
        lengths = [len(table) for table in tables]
        keys = {
            "point": np.array([order.point.key for order in orders], dtype=object),
            "replicate": np.array([order.replicate for order in orders], dtype=np.int64),
            "seed": np.array([order.seed for order in orders], dtype=np.int64),
        }
        for place, (name, values) in enumerate(keys.items()):
            piece.insert(place, name, pd.array(np.repeat(values, lengths), dtype="str" if name == "point" else None))
        pieces.append(piece)
    return pieces


def _kinds(table: pd.DataFrame) -> list[tuple[str, str]]:
    return [(str(name), str(kind)) for name, kind in table.dtypes.items()]
