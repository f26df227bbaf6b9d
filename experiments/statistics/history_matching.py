"""History matching: rule out, wave by wave, what cannot have produced what was reported.

At a point the implausibility of a target is the distance of the emulated mean from the middle of what was reported, in
standard deviations of everything that is uncertain: emulator, luck of the one history, observation, discrepancy. Where
it exceeds three the point is ruled out (Vernon2010). A wave runs the model at points that are not ruled out yet, fits
emulators there, and narrows the space; the first wave forgives a point its worst target, because its emulators are
rough. If no point passes, the lowest level that can be reached takes the place of the cut, and the targets that stand
in the way are named: a misfit is a result.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.fit.targets import Target
from experiments.statistics.emulators import Emulator, Judgement, judge
from experiments.statistics.sampling import Below, below
from experiments.study import Study

__all__ = [
    "CUT_OFF",
    "Wave",
    "diagnostics",
    "fit_wave",
    "implausibilities",
    "implausibility",
    "misfits",
    "not_ruled_out",
    "ruling",
    "scaled_runs",
    "target_error",
]

Floats = NDArray[np.float64]

CUT_OFF = 3.0
EXISTENCE_ERROR = 0.05
"""Chance that it is reported wrongly whether something happened."""
FAR = 20.0
"""Distance from a target, in tolerances, beyond which values are taken as equally far: they are ruled out anyway, and
an emulator that need not follow them is better near the target."""


@dataclass
class Wave:
    """One wave: the emulators fitted on its runs, and the space that is left after it.

    Attributes
    ----------
    number : int
        From 1.
    rank : int
        Rank of the implausibility that the cut is for: 2 forgives the worst target.
    emulators : dict of str to Emulator
        By target.
    below : Below or None
        Walkers in the space that is left.
    order : list of int
        Targets in the order in which points are tried against them.
    """

    number: int
    targets: Sequence[Target]
    emulators: dict[str, Emulator]
    rank: int
    below: Below | None = field(default=None, repr=False)
    order: list[int] = field(default_factory=list, repr=False)

    def __post_init__(self) -> None:
        self.order = list(range(len(self.targets)))


def scaled_runs(targets: Sequence[Target], runs: pd.DataFrame, study: Study) -> dict[str, Floats]:
    """Return each target's statistic on its scale of comparison, shape (points, replicates), far values drawn in.

    Parameters
    ----------
    runs : pandas.DataFrame
        As `Lab.collect` returned it for the study; a run that failed is missing, and counts as one in which nothing
        exists.
    """
    place = {point.key: number for number, point in enumerate(study.points)}
    rows, columns = runs["point"].map(place).to_numpy(int), runs["replicate"].to_numpy(int)
    found = {}
    for target in targets:
        values = np.full((len(study.points), study.replicates), np.nan)
        values[rows, columns] = target.scaled(runs[target.id].to_numpy(float))
        if not target.is_event:
            reach = FAR * target.tolerance
            values = np.clip(values, target.centre - reach, target.centre + reach)
        found[target.id] = values
    return found


def fit_wave(number: int, targets: Sequence[Target], points: Floats, runs: dict[str, Floats], rank: int = 1) -> Wave:
    """Fit an emulator of every target on the runs of a wave.

    Parameters
    ----------
    runs : dict of str to numpy.ndarray
        Of shape (points, replicates), on the targets' scales.
    """
    emulators = {
        target.id: Emulator(points, runs[target.id], is_share=target.is_event)
        for target in targets
        if np.count_nonzero(np.isfinite(runs[target.id]).any(axis=1)) >= 2
    }
    return Wave(number, [target for target in targets if target.id in emulators], emulators, rank)


def implausibilities(wave: Wave, points: Floats) -> Floats:
    """Return the implausibility of every target at points, shape (points, targets)."""
    return np.column_stack([implausibility(wave, target, points) for target in wave.targets])


def implausibility(wave: Wave, target: Target, points: Floats) -> Floats:
    """Return the implausibility of a target at points.

    A statistic that may not exist counts by the larger of two distances: of its mean where it exists, and of the event
    that it exists at all.
    """
    emulator = wave.emulators[target.id]
    found = emulator.predict(points)
    spread = found.variance + found.noise + target.tolerance**2
    distance = np.abs(found.mean - target.centre) / np.sqrt(spread)
    if emulator.existence is None:
        return distance
    missing = 1.0 - found.chance
    return np.maximum(distance, missing / np.sqrt(missing * found.chance + target_error(target) ** 2))


def target_error(target: Target) -> float:
    """Return the chance that it is reported wrongly whether something happened."""
    return target.discrepancy if target.is_event else EXISTENCE_ERROR


def not_ruled_out(waves: Sequence[Wave], points: Floats, limit: float = np.inf) -> Floats:
    """Return the highest level over the waves: what must lie below the cut.

    Parameters
    ----------
    limit : float
        A point whose level exceeds it may come back as infinite, which saves most of the work.
    """
    levels = np.full(len(points), -np.inf)
    left = np.arange(len(points))
    for wave in reversed(waves):
        found = _levels(wave, points[left], limit)
        levels[left] = np.maximum(levels[left], found)
        left = left[found <= limit]
    return levels


def _levels(wave: Wave, points: Floats, limit: float) -> Floats:
    """Return the level of one wave, infinite as soon as it is known to exceed the limit."""
    rank = min(wave.rank, len(wave.targets))
    worst = np.full((len(points), rank), -np.inf)
    left = np.arange(len(points))
    rejected = np.zeros(len(wave.targets))
    for place in wave.order:
        if not left.size:
            break
        found = implausibility(wave, wave.targets[place], points[left])
        rejected[place] = np.mean(found > limit)
        worst[left] = np.sort(np.column_stack([worst[left], found]), axis=1)[:, 1:]
        left = left[worst[left, 0] <= limit]
    if np.isfinite(limit):
        wave.order.sort(key=lambda place: -rejected[place])  # the strictest first, next time
    levels = np.full(len(points), np.inf)
    levels[left] = worst[left, 0]
    return levels


def ruling(waves: Sequence[Wave], dimension: int, walkers: int, generator: np.random.Generator) -> Below:
    """Sample the space that no wave rules out, uniformly; or as near to it as can be."""
    return below(lambda x, limit: not_ruled_out(waves, x, limit), dimension, CUT_OFF, walkers, generator)


def misfits(wave: Wave, points: Floats) -> pd.DataFrame:
    """Name the targets that stand in the way, at the points that are left.

    Returns
    -------
    pandas.DataFrame
        A row a target: the lowest implausibility anywhere among the points, the one at the point where the worst
        target is least, the share of points that it alone rules out, and `is_misfit`: it exceeds the cut at every
        point, or at that best point while it is the worst there.
    """
    table = implausibilities(wave, points)
    best = int(table.max(axis=1).argmin())
    worst_there = int(table[best].argmax())
    rows = []
    for k, target in enumerate(wave.targets):
        others = np.delete(table, k, axis=1).max(axis=1) if table.shape[1] > 1 else np.zeros(len(table))
        alone = (table[:, k] > CUT_OFF) & (others <= CUT_OFF)
        nowhere = bool(table[:, k].min() > CUT_OFF)
        rows.append(
            {
                "target": target.id,
                "lowest": float(table[:, k].min()),
                "at_best_point": float(table[best, k]),
                "rules_out_alone": float(alone.mean()),
                "is_misfit": nowhere or (k == worst_there and table[best, k] > CUT_OFF),
            }
        )
    return pd.DataFrame(rows)


def diagnostics(wave: Wave, points: Floats, runs: dict[str, Floats]) -> pd.DataFrame:
    """Judge a wave's emulators on held-out points, a row a target."""
    rows = []
    for target in wave.targets:
        judged: Judgement = judge(wave.emulators[target.id], points, runs[target.id])
        rows.append(
            {
                "wave": wave.number,
                "target": target.id,
                "r2": judged.r2,
                "error_mean": judged.error_mean,
                "error_sd": judged.error_sd,
                "coverage_95": judged.coverage,
                "run_coverage_90": judged.run_coverage,
                "points": judged.points,
                "replicates": judged.replicates,
            }
        )
    return pd.DataFrame(rows)
