"""What is run: a study is a set of points, a number of replicates, a seed scheme and a reading.

A point is one world: a scenario and overrides of it. Its replicates differ in their seed alone. Seeds are paired
across points for contrasts (replicate r has the same luck at every point), and independent across points for
emulators, posteriors and intervals; either way they come from names, never from a counter, so that no two studies
share luck by accident. A study is data: its runs, and so its results on disk, are named by their content.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd

from experiments.engine.errors import InputError

__all__ = ["Factor", "Point", "Run", "Study", "canonical"]

SEED_BITS = 62
RUNS_PER_SHARD = 64
Value = float | int | str | bool

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_READ = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


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

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise InputError(f"range of {self.name}", (self.low, self.high), "two numbers, the lower one first")


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
        As ``--set`` takes them: full path to a value that JSON can hold, or a date.
    values : mapping
        What the design calls this point: factor values or labels, repeated in the tables.
    luck : str, optional
        Where seeds are paired: name of the luck that this point shares with the other points of that name; by default
        with all points that name none.
    """

    key: str
    scenario: str = "baseline"
    overrides: Mapping[str, Any] = field(default_factory=dict)
    values: Mapping[str, Value] = field(default_factory=dict)
    luck: str = ""


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
        Whether replicate r of all points (of the same `Point.luck`) has the same seed.
    read : str
        ``module:function``; the function takes a `market.Result` and returns a mapping of table name to
        `pandas.DataFrame`. Each table has the same columns for every run; ``runs`` has one row a run.
    days : int, optional
        Days to run; the whole calendar by default.
    luck : str, optional
        Name of the luck, where studies must share it; the study's own name by default.
    runs_per_shard : int, optional
        Runs that are kept, and lost, together. Take fewer where a run takes many seconds.

    Raises
    ------
    InputError
        When the study cannot be run as it is written.
    """

    name: str
    points: tuple[Point, ...]
    replicates: int
    seeds: Literal["paired", "independent"]
    read: str = "experiments.readings.outcomes:outcomes"
    days: int | None = None
    luck: str | None = None
    runs_per_shard: int = RUNS_PER_SHARD

    def __post_init__(self) -> None:
        object.__setattr__(self, "points", tuple(self.points))
        words = "letters, digits, dots, dashes and underscores"
        keys = [point.key for point in self.points]
        checks = [
            ("name", self.name, bool(_NAME.fullmatch(self.name)), words),
            ("points", keys, bool(keys), "at least one point"),
            ("points", _twice(keys), not _twice(keys), "a key of its own for every point"),
            ("replicates", self.replicates, self.replicates >= 1, "a whole number, at least 1"),
            ("seeds", self.seeds, self.seeds in ("paired", "independent"), "paired or independent"),
            ("read", self.read, bool(_READ.fullmatch(self.read)), "module:function"),
            ("days", self.days, self.days is None or self.days >= 1, "a whole number, at least 1, or None"),
            ("runs_per_shard", self.runs_per_shard, self.runs_per_shard >= 1, "a whole number, at least 1"),
        ]
        for name, value, is_accepted, allowed in checks:
            if not is_accepted:
                raise InputError(f"{name} of study {self.name!r}", value, allowed)
        for point in self.points:
            canonical({"overrides": point.overrides, "values": point.values})

    def runs(self) -> Iterator[Run]:
        """Yield all runs, replicate by replicate, so that a study cut short is balanced."""
        for replicate in range(self.replicates):
            for point in self.points:
                yield Run(point, replicate, self.seed(point, replicate))

    def seed(self, point: Point, replicate: int) -> int:
        """Return the seed of a replicate of a point."""
        name = [self.luck or self.name, point.luck if self.seeds == "paired" else point.key, replicate]
        digest = hashlib.blake2b(json.dumps(name).encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") >> (64 - SEED_BITS)

    def design(self) -> pd.DataFrame:
        """Return a row a point: `point` (its key) and the values the design gave it."""
        return pd.DataFrame([{"point": point.key, **point.values} for point in self.points])

    def __len__(self) -> int:
        return len(self.points) * self.replicates


def canonical(value: Any) -> str:
    """Return the one JSON text of a value: keys sorted, NumPy's numbers and dates as plain ones.

    Raises
    ------
    InputError
        When JSON cannot hold the value, or it is a number that is not finite.
    """
    try:
        return json.dumps(value, sort_keys=True, separators=(",", ":"), default=_plain, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise InputError("value of a point", value, f"what JSON can hold ({error})") from error


def _plain(value: Any) -> Any:
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    if hasattr(value, "dtype") and hasattr(value, "item"):
        return value.item()
    raise TypeError(f"{type(value).__name__} {value!r}")


def _twice(keys: list[str]) -> list[str]:
    """Return the keys that occur more than once."""
    seen: set[str] = set()
    return [key for key in keys if key in seen or seen.add(key)]  # type: ignore[func-returns-value]
