"""Points of the unit cube: space-filling designs, and samples of a density by an ensemble of walkers.

The sampler moves one half of its walkers along differences of pairs in the other half (differential evolution with
crossover), so it needs no tuning and no gradient; halves alternate, which keeps the density exactly. A rare region is
reached through a ladder of thresholds (subset simulation): every rung keeps the better part of the walkers and lets
them move below it. What it leaves out: a proof of convergence; the caller checks what it must.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

__all__ = ["Below", "below", "latin_hypercube", "moved", "spread"]

Floats = NDArray[np.float64]
Density = Callable[[Floats], Floats]
Level = Callable[[Floats, float], Floats]

CROSSOVERS = (0.1, 0.3, 0.6, 1.0)
JITTER = 1e-3
LONG_JUMP = 0.1  # share of moves with a full difference, which swaps modes
KEPT = 0.3  # share of walkers that a rung keeps
LEAST_FALL = 1e-3
PATIENCE = 6  # rungs without progress after which the threshold counts as reached


def latin_hypercube(n: int, dimension: int, generator: np.random.Generator) -> Floats:
    """Return a scrambled Latin hypercube, shape (n, dimension)."""
    return qmc.LatinHypercube(dimension, rng=generator).random(n)


def moved(start: Floats, log_density: Density, steps: int, generator: np.random.Generator) -> tuple[Floats, Floats]:
    """Move an ensemble of walkers so that it samples a density.

    Parameters
    ----------
    start : numpy.ndarray, shape (walkers, dimension)
        In the unit cube, with a finite density each; at least eight.
    log_density : callable
        Takes points, returns their log density up to a constant; ``-inf`` outside.

    Returns
    -------
    tuple of numpy.ndarray
        Where the walkers end, and their log density.
    """
    place = np.array(start, dtype=float)
    density = log_density(place)
    halves = np.array_split(generator.permutation(len(place)), 2)
    for _ in range(steps):
        for mover, other in (halves, halves[::-1]):
            proposed = _proposed(place[mover], place[other], generator)
            found = log_density(proposed)
            with np.errstate(invalid="ignore"):
                is_taken = np.log(generator.random(len(mover))) < found - density[mover]
            chosen = mover[is_taken]
            place[chosen], density[chosen] = proposed[is_taken], found[is_taken]
    return place, density


def _proposed(here: Floats, pool: Floats, generator: np.random.Generator) -> Floats:
    """Return a proposal for every walker: a scaled difference of two of the pool in some coordinates."""
    n, dimension = here.shape
    first = generator.integers(0, len(pool), n)
    second = (first + generator.integers(1, len(pool), n)) % len(pool)
    moves = generator.random((n, dimension)) < generator.choice(CROSSOVERS, (n, 1))
    moves[np.arange(n), generator.integers(0, dimension, n)] = True
    scale = 2.38 / np.sqrt(2.0 * moves.sum(axis=1, keepdims=True))
    scale = np.where(generator.random((n, 1)) < LONG_JUMP, 1.0, scale)
    step = scale * (pool[first] - pool[second]) + generator.normal(0.0, JITTER, (n, dimension))
    there = np.where(moves, here + step, here)
    # Around the cube like around a ring: a wall that reflects would favour some directions of a slanted step.
    return there % 1.0


class Below:
    """Walkers below a threshold.

    Attributes
    ----------
    points : numpy.ndarray, shape (walkers, dimension)
    levels : numpy.ndarray
        At most `reached`.
    reached : float
        The threshold, or the lowest level that a large part of the walkers reached.
    log_volume : float
        Logarithm of the share of the cube below it, estimated from the ladder.
    """

    def __init__(self, points: Floats, levels: Floats, reached: float, log_volume: float) -> None:
        self.points, self.levels, self.reached, self.log_volume = points, levels, reached, log_volume


def below(
    level: Level,
    dimension: int,
    threshold: float,
    walkers: int,
    generator: np.random.Generator,
    steps: int = 8,
    last_steps: int = 30,
) -> Below:
    """Sample the part of the cube where a level lies below a threshold, uniformly.

    Parameters
    ----------
    level : callable
        Takes points and a limit, returns their levels; a level above the limit may come back as infinite.
    threshold : float
    walkers : int
    steps, last_steps : int
        Moves of every walker on a rung, and on the last.

    Where no point does, the ladder stops at the lowest level that it reaches, and says so.
    """
    points = latin_hypercube(4 * walkers, dimension, generator)
    levels = level(points, np.inf)
    rung, log_volume, stuck = np.inf, 0.0, 0
    while rung > threshold:
        lower = max(threshold, float(np.quantile(levels, KEPT)))
        stuck = stuck + 1 if rung - lower < LEAST_FALL * max(1.0, abs(lower)) else 0
        if stuck >= PATIENCE:
            break
        rung = lower
        kept = np.flatnonzero(levels <= rung)
        log_volume += np.log(len(kept) / len(levels))
        chosen = generator.choice(kept, walkers, replace=len(kept) < walkers)
        points, levels = _settled(points[chosen], level, rung, steps, generator)
    points, levels = _settled(points, level, rung, last_steps, generator)
    return Below(points, levels, rung, log_volume)


def _settled(
    points: Floats, level: Level, rung: float, steps: int, generator: np.random.Generator
) -> tuple[Floats, Floats]:
    """Let walkers move below a rung; return them and their levels."""

    def inside(x: Floats) -> Floats:
        return np.where(level(x, rung) <= rung, 0.0, -np.inf)

    points, _ = moved(points, inside, steps, generator)
    return points, level(points, np.inf)


def spread(points: Floats, n: int) -> NDArray[np.int64]:
    """Return the rows of `n` points that lie far from one another: each the farthest from those before it."""
    count = min(n, len(points))
    chosen = [int(np.argmin(((points - points.mean(axis=0)) ** 2).sum(axis=1)))]
    distance = ((points - points[chosen[0]]) ** 2).sum(axis=1)
    while len(chosen) < count:
        chosen.append(int(distance.argmax()))
        distance = np.minimum(distance, ((points - points[chosen[-1]]) ** 2).sum(axis=1))
    return np.array(chosen, dtype=np.int64)
