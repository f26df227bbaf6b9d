"""From free parameters and targets to posterior draws: screening, waves of history matching, tempering.

Screening keeps the inputs that move a target; the others stay at the baseline and count as not identified. Each wave
runs the model where nothing has been ruled out, with luck of its own at every point, and fits emulators on these runs
and on those of earlier waves that lie there; held-out points with many replicates judge them. The last wave's emulators
carry the likelihood. The same steps serve any set of targets, so a fit on what was known by some day differs in nothing
else. What it leaves out: an error of the screening itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.fit.priors import Free, free_parameters, points_at, values_at
from experiments.fit.targets import READ, Target
from experiments.lab import Lab
from experiments.statistics.emulators import Prediction
from experiments.statistics.history_matching import (
    CUT_OFF,
    Wave,
    diagnostics,
    fit_wave,
    misfits,
    not_ruled_out,
    ruling,
    scaled_runs,
)
from experiments.statistics.intervals import generator
from experiments.statistics.posterior import Posterior, effective_size, log_likelihood, predictions, reports, tempered
from experiments.statistics.sampling import latin_hypercube, moved, spread
from experiments.statistics.screening import active, effects, screen
from experiments.study import Study

__all__ = ["Fit", "Size", "fit"]

Floats = NDArray[np.float64]

MOST_POINTS = 700
"""Points that a process is conditioned on, at most; its cost grows with their square."""
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True, slots=True)
class Size:
    """How large a fit is.

    Attributes
    ----------
    trajectories : int
        Of the screening.
    most_active : int
        Inputs that stay free, at most: the strongest.
    waves, points, replicates : int
        Waves, their points, and runs at each.
    held_out, held_out_replicates : int
        Points of every wave that judge its emulators, and runs at each.
    walkers : int
        Of the samplers.
    sample : int
        Points of the sample of the space that is left, at least.
    draws : int
        Of the posterior.
    """

    trajectories: int
    most_active: int
    waves: int
    points: int
    replicates: int
    held_out: int
    held_out_replicates: int
    walkers: int
    sample: int
    draws: int

    def runs(self, inputs: int) -> int:
        """Return the number of model runs."""
        wave = self.points * self.replicates + self.held_out * self.held_out_replicates
        return self.trajectories * (inputs + 2) + self.waves * wave


@dataclass
class Fit:
    """What a fit found.

    Attributes
    ----------
    free : tuple of Free
        Everything that was screened.
    strength : dict of str to float
        Inputs that move some target, with their largest effect.
    kept : tuple of Free
        The inputs that stay free, in the order of the columns below.
    effects : pandas.DataFrame
        Elementary effects.
    waves : list of Wave
    judged, spaces, misfit : pandas.DataFrame
        Diagnostics of every wave's emulators, quantiles of the space each wave leaves, and the targets in the way.
    sample : numpy.ndarray, shape (points, kept)
        Distinct points, uniform on the space that is left.
    predicted : dict of str to Prediction
        What the last wave's emulators say there.
    posterior : Posterior
    effective : float
        Effective draws of the sample weighted with the likelihood, beside which the tempered draws may be held.
    """

    free: tuple[Free, ...]
    strength: dict[str, float]
    kept: tuple[Free, ...]
    effects: pd.DataFrame
    waves: list[Wave]
    judged: pd.DataFrame
    spaces: pd.DataFrame
    misfit: pd.DataFrame
    sample: Floats
    predicted: dict[str, Prediction]
    posterior: Posterior
    effective: float

    @property
    def reached(self) -> float:
        """Level of the space that is left: the cut, or more where no point passes it."""
        last = self.waves[-1].below
        return float("nan") if last is None else last.reached

    def draws(self) -> pd.DataFrame:
        """Return the posterior draws in their units, one a row, a column for each input by its path."""
        return pd.DataFrame(values_at(self.kept, self.posterior.points), columns=[item.path for item in self.kept])


def fit(lab: Lab, targets: Sequence[Target], size: Size, name: str, free: Sequence[Free] | None = None) -> Fit:
    """Fit the free parameters to targets.

    Parameters
    ----------
    name : str
        Prefix of the studies and of all luck.
    free : sequence of Free, optional
        All free parameters by default.
    """
    everything = tuple(free_parameters() if free is None else free)
    table, strength = _screened(lab, targets, everything, size, name)
    kept = _kept(everything, strength, size.most_active)
    waves, judged, spaces = _waves(lab, targets, kept, size, name)
    luck = generator(f"{name}.posterior")
    sample = _sample(waves, len(kept), size, luck)
    last = waves[-1]
    predicted = predictions(last, sample)
    reported = reports(last.targets)
    level = _reached(waves)
    start = sample[luck.choice(len(sample), min(size.walkers, len(sample)), replace=False)]
    found = tempered(last, start, lambda x: not_ruled_out(waves, x, level) <= level, reported, luck)
    chosen = luck.choice(len(found.points), size.draws, replace=len(found.points) < size.draws)
    posterior = Posterior(
        found.points[chosen],
        found.log_likelihood[chosen],
        found.log_evidence,
        len(np.unique(found.points[chosen], axis=0)),
    )
    return Fit(
        everything,
        strength,
        kept,
        table,
        waves,
        judged,
        spaces,
        misfits(last, sample),
        sample,
        predicted,
        posterior,
        effective_size(log_likelihood(last.targets, predicted, reported)),
    )


def _screened(
    lab: Lab, targets: Sequence[Target], free: tuple[Free, ...], size: Size, name: str
) -> tuple[pd.DataFrame, dict[str, float]]:
    """Return elementary effects in tolerances of each target, and the active inputs."""
    screened = screen(lab, free, size.trajectories, READ, generator(f"{name}.screening"), f"{name}.screening")
    table = effects(free, screened, {target.id: _in_tolerances(target) for target in targets})
    return table, active(table, [target.id for target in targets])


def _in_tolerances(target: Target) -> Callable[[pd.Series], Floats]:
    """Return a function that puts values of a statistic on its scale, in tolerances."""
    unit = 0.5 if target.is_event else target.tolerance  # an event's largest deviation is one half

    def measure(values: pd.Series) -> Floats:
        return target.scaled(values.to_numpy(float)) / unit

    return measure


def _kept(free: Sequence[Free], strength: dict[str, float], most: int) -> tuple[Free, ...]:
    """Return the strongest inputs, in the order of the declarations."""
    strongest = set(list(strength)[:most]) or {item.path for item in free[:most]}
    return tuple(item for item in free if item.path in strongest)


def _waves(
    lab: Lab, targets: Sequence[Target], kept: Sequence[Free], size: Size, name: str
) -> tuple[list[Wave], pd.DataFrame, pd.DataFrame]:
    """Run the waves."""
    waves: list[Wave] = []
    judged, spaces = [], []
    known: list[tuple[Floats, dict[str, Floats]]] = []
    luck = generator(f"{name}.waves")
    space = latin_hypercube(size.points + size.held_out, len(kept), luck)
    for number in range(1, size.waves + 1):
        chosen = spread(space, size.points) if waves else np.arange(size.points)
        others = np.setdiff1d(np.arange(len(space)), chosen)
        aside = space[luck.choice(others, min(size.held_out, len(others)), replace=False)]
        points = space[chosen]
        runs = _runs(lab, targets, kept, points, size.replicates, f"{name}.wave{number}")
        known.append((points, runs))
        merged = _merged(known, waves)
        wave = fit_wave(number, targets, *merged, rank=2 if number == 1 else 1)
        held = _runs(lab, targets, kept, aside, size.held_out_replicates, f"{name}.held_out{number}")
        judged.append(diagnostics(wave, aside, held))
        waves.append(wave)
        wave.below = ruling(waves, len(kept), size.walkers, luck)
        space = np.unique(wave.below.points, axis=0)
        spaces.append(_space(wave, kept, misfits(wave, space)))
    return waves, pd.concat(judged, ignore_index=True), pd.concat(spaces, ignore_index=True)


def _runs(
    lab: Lab, targets: Sequence[Target], kept: Sequence[Free], points: Floats, replicates: int, name: str
) -> dict[str, Floats]:
    """Run the model at points with independent luck, and return each target's statistic on its scale."""
    study = Study(name, points_at(kept, points, "p"), replicates, "independent", READ)
    return scaled_runs(targets, lab.collect(study)["runs"], study)


def _merged(
    known: Sequence[tuple[Floats, dict[str, Floats]]], waves: Sequence[Wave]
) -> tuple[Floats, dict[str, Floats]]:
    """Return the last wave's runs with those of earlier waves that lie in the space left to it, the latest first."""
    level = _reached(waves) if waves else np.inf
    parts: list[tuple[Floats, dict[str, Floats]]] = []
    room = MOST_POINTS - len(known[-1][0])
    for points, runs in reversed(known[:-1]):
        inside = np.flatnonzero(not_ruled_out(waves, points, level) <= level)[: max(room, 0)]
        room -= len(inside)
        parts.append((points[inside], {id: values[inside] for id, values in runs.items()}))
    parts.append(known[-1])
    points = np.concatenate([part for part, _ in parts])
    return points, {id: np.concatenate([runs[id] for _, runs in parts]) for id in known[-1][1]}


def _reached(waves: Sequence[Wave]) -> float:
    """Return the level below which points are left: the cut, or what could be reached."""
    last = waves[-1].below
    return CUT_OFF if last is None else max(CUT_OFF, last.reached)


def _sample(waves: Sequence[Wave], inputs: int, size: Size, luck: np.random.Generator) -> Floats:
    """Return distinct points, uniform on the space that is left."""
    found: list[Floats] = []
    last = waves[-1].below
    assert last is not None
    points, level = last.points, _reached(waves)
    while sum(len(part) for part in found) < size.sample:
        points, _ = moved(points, lambda x: np.where(not_ruled_out(waves, x, level) <= level, 0.0, -np.inf), 4, luck)
        found.append(points.copy())
    return np.unique(np.concatenate(found), axis=0)


def _space(wave: Wave, kept: Sequence[Free], standing: pd.DataFrame) -> pd.DataFrame:
    """Return the quantiles of every input in the space that a wave leaves."""
    assert wave.below is not None
    quantiles = np.quantile(values_at(kept, wave.below.points), QUANTILES, axis=0)
    table = pd.DataFrame(quantiles.T, columns=["p05", "p25", "median", "p75", "p95"])
    table.insert(0, "wave", wave.number)
    table.insert(1, "parameter", [item.path for item in kept])
    table["share_left"] = float(np.exp(wave.below.log_volume))
    table["reached"] = wave.below.reached
    table["misfits"] = " ".join(standing.loc[standing["is_misfit"], "target"])
    return table
