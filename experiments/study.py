"""What is run: a study is a set of points, a number of replicates, a seed scheme and a reading.

A point is one world: a scenario and overrides of it. Its replicates differ in their seed alone. Seeds are paired
across points for contrasts (replicate r has the same luck at every point), and independent across points for
emulators, posteriors and intervals; either way they come from names, never from a counter, so that no two studies
share luck by accident. A study is data: two equal ones have the same key.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd

__all__ = ["Factor", "Point", "Run", "Study"]

SEED_BITS = 62
Value = float | int | str | bool


@dataclass(frozen=True, slots=True)
class Factor:
    """Something that a design varies.

    Attributes
    ----------
    name : str
        Column of the design and of the tables.
    low, high : float
        Range, in `unit`.
    unit, meaning : str
        For tables and axes.
    """

    name: str
    low: float
    high: float
    unit: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Point:
    """One world of a design.

    Attributes
    ----------
    key : str
        Unique within the study; names the point in tables and seeds.
    scenario : str
        Name of a scenario, or path of one.
    overrides : mapping
        As ``--set`` takes them: full path to a value that JSON can hold.
    values : mapping
        What the design calls this point: factor values or labels, repeated in the tables.
    """

    key: str
    scenario: str = "baseline"
    overrides: Mapping[str, Any] = field(default_factory=dict)
    values: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a study: a point with one seed."""

    point: Point
    replicate: int
    seed: int


@dataclass(frozen=True, slots=True)
class Study:
    """Points, replicates, luck, and what is read of each run.

    Attributes
    ----------
    name : str
        Unique over the package, such as ``calibration.wave1``; also the name of its luck.
    points : tuple of Point
        With unique keys.
    replicates : int
        Runs a point.
    seeds : "paired" or "independent"
        Whether replicate r of all points has the same seed.
    read : str
        ``module:function``; the function takes a `market.Result` and returns a mapping of table name to
        `pandas.DataFrame`. Each table has the same columns for every run; ``runs`` has one row a run.
    days : int, optional
        Days to run; the whole calendar by default.
    luck : str, optional
        Name of the luck, where studies must share it; the study's own name by default.
    """

    name: str
    points: tuple[Point, ...]
    replicates: int
    seeds: Literal["paired", "independent"]
    read: str = "experiments.outcomes:outcomes"
    days: int | None = None
    luck: str | None = None

    def runs(self) -> Iterator[Run]:
        """Yield all runs, replicate by replicate, so that a study cut short is balanced."""
        for replicate in range(self.replicates):
            for point in self.points:
                yield Run(point, replicate, self.seed(point, replicate))

    def seed(self, point: Point, replicate: int) -> int:
        """Return the seed of a replicate of a point."""
        name = [self.luck or self.name, "" if self.seeds == "paired" else point.key, replicate]
        digest = hashlib.blake2b(json.dumps(name).encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") >> (64 - SEED_BITS)

    def design(self) -> pd.DataFrame:
        """Return a row a point: `point` (its key) and the values the design gave it."""
        return pd.DataFrame([{"point": point.key, **point.values} for point in self.points])

    def __len__(self) -> int:
        return len(self.points) * self.replicates
