"""The posterior on what history matching leaves, from the emulated likelihood of what was reported.

What was reported of a statistic is an interval: the model's mean, plus luck, plus discrepancy, plus a uniform error of
the interval's half width. Its likelihood is the chance of that interval under a normal distribution with the variances
of emulator, luck and discrepancy (a synthetic likelihood for interval-censored data); an event counts by its chance, a
statistic that may not exist by the chance that it does, times the likelihood where it does.
Statistics are taken as independent given the parameters. Posteriors are weights on a sample of the space that is left;
for one history the weighted sample is moved on by tempering until it is a sample of its own.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr, logsumexp, ndtr

from experiments.fit.targets import Target
from experiments.statistics.emulators import Prediction
from experiments.statistics.history_matching import EXISTENCE_ERROR, Wave, target_error
from experiments.statistics.sampling import moved

__all__ = [
    "Posterior",
    "effective_size",
    "log_likelihood",
    "predictions",
    "reports",
    "resampled",
    "tempered",
    "weighted_quantiles",
]

Floats = NDArray[np.float64]

FLOOR = -700.0
STEP_SIZE = 0.5  # part of the effective size that a step of tempering keeps
MOVES = 6
LAST_MOVES = 40


@dataclass(frozen=True)
class Posterior:
    """A sample of the posterior.

    Attributes
    ----------
    points : numpy.ndarray, shape (draws, inputs)
        In the unit cube, of equal weight.
    log_likelihood : numpy.ndarray
    log_evidence : float
        Logarithm of the mean likelihood over the space it started from.
    distinct : int
        Different points among the draws.
    """

    points: Floats
    log_likelihood: Floats
    log_evidence: float
    distinct: int


def predictions(wave: Wave, points: Floats) -> dict[str, Prediction]:
    """Return what the emulators of a wave say at points, by target."""
    return {target.id: wave.emulators[target.id].predict(points) for target in wave.targets}


def reports(targets: Sequence[Target]) -> dict[str, float]:
    """Return what was reported, as the middle of each interval on its scale; an event as 1."""
    return {target.id: target.centre for target in targets}


def log_likelihood(
    targets: Sequence[Target], predicted: Mapping[str, Prediction], reported: Mapping[str, float]
) -> Floats:
    """Return the log likelihood of what was reported, at the points of the predictions.

    Parameters
    ----------
    reported : mapping
        Middle of the interval on the target's scale; NaN when it was reported that nothing happened.
    """
    total = np.zeros(len(next(iter(predicted.values())).mean))
    for target in targets:
        found, value = predicted[target.id], reported[target.id]
        total += _existence(target, found, not np.isnan(value))
        if np.isnan(value):
            continue
        if target.is_event:
            error = target_error(target)
            chance = error + (1.0 - 2.0 * error) * found.mean
            total += np.log(chance if value > 0.5 else 1.0 - chance)
        else:
            spread = np.sqrt(found.variance + found.noise + target.discrepancy**2)
            total += _log_interval(value - found.mean, target.half_width, spread)
    return total


def _existence(target: Target, found: Prediction, exists: bool) -> Floats:
    """Return the log chance that a statistic exists, or does not."""
    if (found.chance >= 1.0).all():
        return np.zeros(len(found.chance))
    chance = EXISTENCE_ERROR + (1.0 - 2.0 * EXISTENCE_ERROR) * found.chance
    return np.log(chance if exists else 1.0 - chance)


def _log_interval(offset: Floats, half: float, spread: Floats) -> Floats:
    """Return the log chance that a normal value lies within `half` of a point `offset` from its mean."""
    if half == 0.0:
        return np.maximum(-0.5 * (offset / spread) ** 2 - np.log(spread), FLOOR)
    far = np.abs(offset)
    upper, lower = (half - far) / spread, (-half - far) / spread
    with np.errstate(divide="ignore", invalid="ignore"):
        near = np.log(ndtr(upper) - ndtr(lower))
        tail = log_ndtr(upper) + np.log1p(-np.exp(log_ndtr(lower) - log_ndtr(upper)))
    return np.maximum(np.where(upper > -5.0, near, tail), FLOOR)


def effective_size(log_weights: Floats) -> float:
    """Return the number of equal draws that weighted ones are worth (Kish)."""
    weights = np.exp(log_weights - log_weights.max())
    return float(weights.sum() ** 2 / (weights**2).sum())


def resampled(log_weights: Floats, n: int, generator: np.random.Generator) -> NDArray[np.int64]:
    """Return rows drawn by weight, systematically."""
    weights = np.exp(log_weights - logsumexp(log_weights))
    places = (generator.random() + np.arange(n)) / n
    rows = np.searchsorted(np.cumsum(weights), places)
    return np.minimum(rows, len(log_weights) - 1).astype(np.int64)


def weighted_quantiles(values: Floats, log_weights: Floats, shares: Sequence[float]) -> Floats:
    """Return quantiles of each column under weights, shape (shares, columns)."""
    weights = np.exp(log_weights - logsumexp(log_weights))
    found = np.empty((len(shares), values.shape[1]))
    for column in range(values.shape[1]):
        order = np.argsort(values[:, column], kind="stable")
        reached = np.cumsum(weights[order]) - 0.5 * weights[order]
        found[:, column] = np.interp(shares, reached, values[order, column])
    return found


def tempered(
    wave: Wave,
    start: Floats,
    is_inside: Callable[[Floats], NDArray[np.bool_]],
    reported: Mapping[str, float],
    generator: np.random.Generator,
) -> Posterior:
    """Move a uniform sample of the space that is left to the posterior, by tempering the likelihood.

    Parameters
    ----------
    start : numpy.ndarray, shape (walkers, inputs)
        Uniform on the space.
    is_inside : callable
        Takes points, returns whether they lie in the space.
    """

    def likelihood(points: Floats) -> Floats:
        return log_likelihood(wave.targets, predictions(wave, points), reported)

    def inside(points: Floats, power: float) -> Floats:
        kept = is_inside(points)
        found = np.full(len(points), -np.inf)
        if kept.any():
            found[kept] = power * likelihood(points[kept])
        return found

    points, power, log_evidence = np.array(start), 0.0, 0.0
    found = likelihood(points)
    while power < 1.0:
        step = _step(found, power)
        log_evidence += float(logsumexp(step * found)) - np.log(len(found))
        power += step
        points = points[resampled(step * found, len(points), generator)]
        steps = LAST_MOVES if power >= 1.0 else MOVES
        points, _ = moved(points, functools.partial(inside, power=power), steps, generator)
        found = likelihood(points)
    return Posterior(points, found, log_evidence, len(np.unique(points, axis=0)))


def _step(found: Floats, power: float) -> float:
    """Return the largest step of the power that keeps enough of the effective size."""
    wanted = STEP_SIZE * len(found)
    if effective_size((1.0 - power) * found) >= wanted:
        return 1.0 - power
    low, high = 0.0, 1.0 - power
    for _ in range(40):
        middle = (low + high) / 2.0
        low, high = (middle, high) if effective_size(middle * found) >= wanted else (low, middle)
    return max(low, 1e-6)
