"""Variance-based and moment-independent indices of a noisy model.

First and total indices (Sobol2001) are estimated from Saltelli's design (Saltelli2010) on means over replicates. Luck
is no input: at every point the variance of replicates says how much of each squared difference is luck, and that much
is taken out, so that an input without effect has a total index about zero; luck has a share of its own. Borgonovo's
delta (Borgonovo2007, from given data as in Plischke2013) compares the distribution of single runs with the one given an
input; what sampling alone would show is taken out by shuffling. Intervals come from resampling rows of the design.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import qmc

from experiments.statistics.intervals import bootstrap_means, generator

__all__ = ["Blocks", "blocks", "delta", "saltelli", "second_order", "sobol"]

Floats = NDArray[np.float64]

LEVEL = 0.95
GRID = (128, 512)
CLASSES = 16
REACH = 3.0  # bandwidths beyond the ends of the data
NARROW = 0.6  # bandwidth over that of Silverman's rule; what it adds in noise is taken out again
SHUFFLED = 10
RESAMPLED = 40


def saltelli(n: int, inputs: int, luck: np.random.Generator) -> Floats:
    """Return Saltelli's design over the unit cube: A, B, then A with each column taken from B.

    Parameters
    ----------
    n : int
        Rows of A; a power of two.

    Returns
    -------
    numpy.ndarray, shape (n * (inputs + 2), inputs)
    """
    base = qmc.Sobol(2 * inputs, rng=luck).random(n)
    a, b = base[:, :inputs], base[:, inputs:]
    mixed = []
    for column in range(inputs):
        one = a.copy()
        one[:, column] = b[:, column]
        mixed.append(one)
    return np.concatenate([a, b, *mixed])


@dataclass(frozen=True)
class Blocks:
    """Means and their noise over a design of Saltelli, row by row; rows without a value somewhere are gone.

    Attributes
    ----------
    a, b : numpy.ndarray, shape (rows,)
    mixed : numpy.ndarray, shape (rows, inputs)
    noise_a, noise_b, noise_mixed : numpy.ndarray
        Variance of these means over luck.
    noise : float
        Mean variance of one run.
    lost : int
        Rows without a value somewhere.
    """

    a: Floats
    b: Floats
    mixed: Floats
    noise_a: Floats
    noise_b: Floats
    noise_mixed: Floats
    noise: float
    lost: int

    def first(self, rows: int) -> Blocks:
        """Return the first rows only."""
        k = slice(rows)
        return Blocks(
            self.a[k],
            self.b[k],
            self.mixed[k],
            self.noise_a[k],
            self.noise_b[k],
            self.noise_mixed[k],
            self.noise,
            self.lost,
        )


def blocks(runs: Floats, inputs: int) -> Blocks:
    """Sort the runs of a design of Saltelli.

    Parameters
    ----------
    runs : numpy.ndarray, shape (n * (inputs + 2), replicates)
        In the order of the design. With one replicate luck cannot be told from effects, and none is taken out.
    """
    n = len(runs) // (inputs + 2)
    mean = runs.mean(axis=1)
    replicates = runs.shape[1]
    variance = runs.var(axis=1, ddof=1) if replicates > 1 else np.where(np.isfinite(mean), 0.0, np.nan)
    means, noises = (column.reshape(inputs + 2, n).T for column in (mean, variance / replicates))
    kept = np.isfinite(means).all(axis=1)
    m, v = means[kept], noises[kept]
    noise = float(v.mean() * replicates) if len(v) else np.nan
    return Blocks(m[:, 0], m[:, 1], m[:, 2:], v[:, 0], v[:, 1], v[:, 2:], noise, int(n - kept.sum()))


def sobol(data: Blocks, names: Sequence[str], luck: str) -> pd.DataFrame:
    """Return first and total indices with intervals, and luck's share of the variance of a run.

    Returns
    -------
    pandas.DataFrame
        A row an input: `first`, `total`, `interaction` (total less first) with `_low` and `_high`; then a row ``luck``
        whose `total` is the share of luck in the variance of a single run. NaN where the means do not vary.
    """
    inputs, rows = len(names), len(data.a)
    if rows < 2:
        return _indices(names, np.full((3, 3 * inputs), np.nan), data, np.nan, 0)
    middle = float(np.concatenate([data.a, data.b]).mean())
    a, b, mixed = data.a - middle, data.b - middle, data.mixed - middle
    variance = (a**2 + b**2 - data.noise_a - data.noise_b) / 2.0
    first = b[:, None] * (mixed - a[:, None])
    total = ((a[:, None] - mixed) ** 2 - data.noise_a[:, None] - data.noise_mixed) / 2.0
    table = np.column_stack([variance, first, total])

    def ratios(means: Floats) -> Floats:
        whole = np.where(means[:, :1] > 0, means[:, :1], np.nan)
        one, both = means[:, 1 : inputs + 1] / whole, means[:, inputs + 1 :] / whole
        return np.concatenate([one, both, both - one], axis=1)

    with np.errstate(invalid="ignore"):
        found = bootstrap_means(table, ratios, LEVEL, luck)
    return _indices(names, found, data, float(variance.mean()), rows)


def _indices(names: Sequence[str], found: Floats, data: Blocks, variance: float, rows: int) -> pd.DataFrame:
    inputs = len(names)
    table = pd.DataFrame({"input": list(names)})
    for place, name in enumerate(("first", "total", "interaction")):
        part = slice(place * inputs, (place + 1) * inputs)
        table[name], table[f"{name}_low"], table[f"{name}_high"] = found[0, part], found[1, part], found[2, part]
    whole = max(variance, 0.0) + data.noise
    share = data.noise / whole if whole > 0 else np.nan
    return pd.concat([table, pd.DataFrame([{"input": "luck", "total": share}])], ignore_index=True).assign(
        rows=rows, lost=data.lost
    )


def delta(
    x: Floats, y: Floats, names: Sequence[str], luck: str, resamples: int = RESAMPLED, blocks: int = 1
) -> pd.DataFrame:
    """Return Borgonovo's delta of every input, with intervals.

    Parameters
    ----------
    x : numpy.ndarray, shape (runs, inputs)
    y : numpy.ndarray, shape (runs,)
        Of single runs; a row with one that is not finite is left out.
    blocks : int
        Blocks of the design, one after the other, whose rows of the same place share values (as in Saltelli's); such
        rows are shuffled and resampled together, for they are worth less than as many separate ones.

    Returns
    -------
    pandas.DataFrame
        `input`, `delta`, `delta_low`, `delta_high`, `runs`; zero where an input changes nothing, at most one.
    """
    outcome, inputs = y.reshape(blocks, -1), x.reshape(blocks, -1, x.shape[1])
    kept = np.isfinite(outcome).all(axis=0)
    outcome, inputs = outcome[:, kept], inputs[:, kept]
    n = outcome.size
    found = pd.DataFrame({"input": list(names)})
    if n < 4 * CLASSES or outcome.std() == 0:
        return found.assign(delta=np.nan, delta_low=np.nan, delta_high=np.nan, runs=n)
    source = generator(luck)
    columns = [_delta(inputs[:, :, k], outcome, source, resamples) for k in range(inputs.shape[2])]
    found["delta"], found["delta_low"], found["delta_high"] = np.array(columns).T
    return found.assign(runs=n)


def _delta(x: Floats, y: Floats, source: np.random.Generator, resamples: int) -> tuple[float, float, float]:
    """Return delta of one input and its interval, from arrays of shape (blocks, rows).

    Sampling alone makes densities differ, by what shuffling the rows shows; apart from a real difference it adds in
    quadrature, and in a resample it comes twice.
    """
    blocks, rows = y.shape
    order = np.argsort(np.argsort(x.ravel(), kind="stable"), kind="stable")
    classes = np.minimum(order * CLASSES // x.size, CLASSES - 1).reshape(blocks, rows)
    kernel, step = _smoothed(y.ravel(), classes.ravel())
    once = np.ones(x.size)
    plain = _apart(kernel, step, classes.ravel(), once)
    shuffled = [classes[:, source.permutation(rows)].ravel() for _ in range(SHUFFLED)]
    floor = float(np.mean([_apart(kernel, step, drawn, once) for drawn in shuffled]))
    counts = [np.bincount(source.integers(0, rows, rows), minlength=rows) for _ in range(resamples)]
    again = np.array([_apart(kernel, step, classes.ravel(), np.tile(drawn, blocks).astype(float)) for drawn in counts])
    value = max(plain**2 - floor**2, 0.0) ** 0.5
    spread = np.sqrt(np.maximum(again**2 - 2.0 * floor**2, 0.0))
    low, high = np.quantile(spread, (0.5 - LEVEL / 2.0, 0.5 + LEVEL / 2.0))
    return value, min(float(low), value), max(float(high), value)


def _smoothed(y: Floats, classes: NDArray[np.int64]) -> tuple[Floats, float]:
    """Return every run's smoothed mass on a grid, shape (runs, grid), and the grid's step.

    The bandwidth is that of a class, whose density is the narrower one.
    """
    inside = float(np.mean([y[classes == k].var(ddof=1) for k in range(CLASSES)])) ** 0.5
    width = NARROW * max(inside, 1e-6 * float(np.ptp(y))) * (len(y) / CLASSES) ** -0.2
    cells = int(np.clip(2.0 * np.ptp(y) / width, *GRID))
    grid = np.linspace(y.min() - REACH * width, y.max() + REACH * width, cells)
    step = float(grid[1] - grid[0])
    width = max(width, step)  # a bandwidth under the grid's step would miss the grid
    weights = np.exp(-0.5 * ((grid[None, :] - y[:, None]) / width) ** 2)
    return weights / (weights.sum(axis=1, keepdims=True) * step), step


def _apart(kernel: Floats, step: float, classes: NDArray[np.int64], counts: Floats) -> float:
    """Return the mean distance of the classes' densities from the whole one, with runs counted so often."""
    member = np.zeros((CLASSES, len(classes)))
    member[classes, np.arange(len(classes))] = counts
    sizes = member.sum(axis=1)
    shares = member / np.where(sizes > 0, sizes, 1.0)[:, None]
    whole = counts @ kernel / counts.sum()
    distances = np.abs(shares @ kernel - whole).sum(axis=1) * step / 2.0
    return float(sizes @ distances / counts.sum())


def second_order(predict: Callable[[Floats], Floats], names: Sequence[str], n: int, luck: str) -> pd.DataFrame:
    """Return the second-order indices of a function, such as an emulator's mean: what two inputs do only together.

    Returns
    -------
    pandas.DataFrame
        `one`, `other`, `second` with `_low` and `_high` (the error of sampling alone), the largest first.
    """
    inputs = len(names)
    design = saltelli(n, inputs, generator(luck))
    data = blocks(predict(design)[:, None], inputs)
    middle = float(np.concatenate([data.a, data.b]).mean())
    a, b, mixed = data.a - middle, data.b - middle, data.mixed - middle
    pairs = [(i, j) for i in range(inputs) for j in range(i + 1, inputs)]
    first = b[:, None] * (mixed - a[:, None])
    both = []
    for i, j in pairs:
        points = design[:n].copy()
        points[:, [i, j]] = design[n : 2 * n, [i, j]]
        both.append(b * (predict(points) - middle - a) - first[:, i] - first[:, j])
    table = np.column_stack([(a**2 + b**2) / 2.0, *both])
    found = bootstrap_means(table, lambda means: means[:, 1:] / means[:, :1], LEVEL, luck)
    frame = pd.DataFrame(
        {
            "one": [names[i] for i, _ in pairs],
            "other": [names[j] for _, j in pairs],
            "second": found[0],
            "second_low": found[1],
            "second_high": found[2],
        }
    )
    return frame.sort_values("second", ascending=False, kind="stable").reset_index(drop=True)
