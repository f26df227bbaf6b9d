"""What is free: every parameter with a prior, and firms' traits that were chosen by hand, on the unit cube.

A calibration and a sensitivity study vary the same things over the same ranges. Priors are uniform and independent.
Parameters bring theirs from their declaration; traits of named firms that no source gives, and one parameter without a
prior, get one here, with its reason. A point of the cube becomes overrides of a scenario; whole numbers are rounded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from experiments.study import Point
from market import all_parameters, load_scenario

__all__ = ["ADDED", "Free", "free_parameters", "overrides_at", "points_at", "present", "values_at"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Free:
    """Something that is free.

    Attributes
    ----------
    path : str
        As ``--set`` takes it.
    low, high : float
        Ends of the uniform prior, in `unit`.
    value : float
        In the scenario `baseline`.
    is_whole : bool
    is_calibrated : bool
        Declared as calibrated.
    """

    path: str
    low: float
    high: float
    value: float
    unit: str
    meaning: str
    source: str
    is_whole: bool = False
    is_calibrated: bool = False


@dataclass(frozen=True, slots=True)
class _Trait:
    """A trait with the prior it gets here."""

    path: str
    low: float
    high: float
    unit: str
    meaning: str
    source: str
    is_whole: bool = False


ADDED: tuple[_Trait, ...] = (
    _Trait(
        "tenders.aspiration_weight",
        0.5,
        4.0,
        "1",
        "weight of an aspiration in who is invited, beside the share",
        "T1, T2; moved by hand toward T7, so a factor of two to four either way",
    ),
    _Trait(
        "cloud.tencent_cloud.stock_cards",
        10_000,
        40_000,
        "cards",
        "cards in stock that Tencent Cloud begins with",
        "P5 (tens of thousands, hearsay)",
        True,
    ),
    _Trait(
        "cloud.volcano_engine.online_cards",
        2_500,
        8_000,
        "cards",
        "cards online that Volcano Engine begins with",
        "assumed within G01",
        True,
    ),
    _Trait(
        "cloud.volcano_engine.own_training_boom_cards",
        4_000,
        16_000,
        "cards",
        "own-model need that a climate of 4 adds at Volcano Engine",
        "assumed; moved by hand, so a factor of two either way",
        True,
    ),
    _Trait(
        "startup.minimax.own_cards",
        125,
        500,
        "cards",
        "cards that MiniMax begins with",
        "G03 (bought servers before); moved by hand, so a factor of two either way",
        True,
    ),
    _Trait(
        "startup.minimax.calls_cards",
        35,
        140,
        "cards",
        "cards that MiniMax's model calls keep busy at the start",
        "D1; moved by hand, so a factor of two either way",
        True,
    ),
    _Trait(
        "startup.minimax.calls_growth",
        0.08,
        0.22,
        "1/month",
        "growth of MiniMax's model calls",
        "D1 (own compute suffices for two to three years); moved by hand",
    ),
    _Trait(
        "startup.minimax.ambition_cards",
        125,
        500,
        "cards",
        "training cluster that MiniMax aspires to in the climate of 2022",
        "assumed; a factor of two either way",
        True,
    ),
)
"""Free traits without a declared prior."""


def free_parameters(scenario: str = "baseline") -> tuple[Free, ...]:
    """Return everything that is free, the calibrated parameters first, with its value in a scenario."""
    base = load_scenario(scenario)
    declared = [
        Free(p.name, *p.prior, base.parameters[p.name], p.unit, p.meaning, p.source, False, p.calibrated)
        for p in sorted(all_parameters(), key=lambda p: not p.calibrated)
        if p.prior is not None
    ]
    document = base.model_dump(by_alias=True)
    known = {item.path for item in declared}
    added = [
        Free(t.path, t.low, t.high, _value(document, t.path), t.unit, t.meaning, t.source, t.is_whole)
        for t in ADDED
        if t.path not in known
    ]
    return (*declared, *added)


def present(free: Sequence[Free]) -> Floats:
    """Return the baseline's values on the unit cube, clipped to the priors."""
    place = [(item.value - item.low) / (item.high - item.low) for item in free]
    return np.clip(np.array(place, dtype=float), 0.0, 1.0)


def values_at(free: Sequence[Free], unit: ArrayLike) -> Floats:
    """Return values, in their units, at points of the unit cube of shape (points, free)."""
    low = np.array([item.low for item in free])
    high = np.array([item.high for item in free])
    values = low + (high - low) * np.asarray(unit, dtype=float)
    is_whole = np.array([item.is_whole for item in free], dtype=bool)
    return np.where(is_whole, np.round(values), values)


def overrides_at(free: Sequence[Free], unit: ArrayLike) -> dict[str, float | int]:
    """Return the overrides that put a scenario at one point of the unit cube."""
    values = values_at(free, np.atleast_2d(np.asarray(unit, dtype=float)))[0]
    return {item.path: int(v) if item.is_whole else float(v) for item, v in zip(free, values, strict=True)}


def points_at(
    free: Sequence[Free],
    unit: ArrayLike,
    prefix: str,
    scenario: str = "baseline",
    fixed: Mapping[str, Any] | None = None,
) -> tuple[Point, ...]:
    """Return the points of a study at points of the unit cube; their keys are the prefix and a number.

    Parameters
    ----------
    fixed : mapping, optional
        Overrides that all points share.
    """
    rows = np.atleast_2d(np.asarray(unit, dtype=float))
    return tuple(
        Point(f"{prefix}{number:05d}", scenario, {**(fixed or {}), **overrides_at(free, row)})
        for number, row in enumerate(rows)
    )


def _value(document: Mapping[str, Any], path: str) -> float:
    """Return the value at a path of a scenario: a parameter, or a trait of a firm."""
    if path in document["parameters"]:
        return float(document["parameters"][path])
    table, id, key = path.split(".")
    return float(next(entry[key] for entry in document[table] if entry["id"] == id))
