"""Intervals of what many runs say: means, medians, quantiles, shares, differences of paired runs.

Every function takes the values of runs, drops those that are not finite (a quantity that never occurred in a run),
and returns an `Interval`, which unpacks into value, low, high. Resampling draws from a generator of its own, seeded
by a name, so the same values give the same bytes everywhere. Runs are taken as independent draws; what is left out is
any error of the model itself, and any correction for looking at many outcomes at once.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

__all__ = [
    "RESAMPLES",
    "Interval",
    "bootstrap",
    "bootstrap_means",
    "generator",
    "half_width",
    "paired_difference",
    "replicates_for_mean",
    "replicates_for_share",
    "resamples",
    "student",
    "student_columns",
    "variance_reduction",
    "wilson",
]

LEVEL = 0.95
RESAMPLES = 2000
CHUNK_VALUES = 4_000_000  # values resampled at once, about 32 MB


class Interval(NamedTuple):
    """An estimate between the ends of its interval; the ends are NaN where there are too few values."""

    value: float
    low: float
    high: float

    @property
    def half_width(self) -> float:
        """Half the length of the interval."""
        return (self.high - self.low) / 2.0


def half_width(interval: Interval | tuple[float, float, float]) -> float:
    """Return half the length of an interval (value, low, high)."""
    return (interval[2] - interval[1]) / 2.0


def student(values: ArrayLike, level: float = LEVEL) -> Interval:
    """Return the mean with Student's interval.

    Parameters
    ----------
    values : array_like, shape (runs,)
        Values that are not finite are left out.
    level : float
        Coverage, between 0 and 1.
    """
    kept = _finite(values)
    _check_level(level)
    if kept.size < 2:
        return Interval(float(kept.mean()) if kept.size else math.nan, math.nan, math.nan)
    mean = float(kept.mean())
    reach = _student_factor(kept.size, level) * float(kept.std(ddof=1)) / math.sqrt(kept.size)
    return Interval(mean, mean - reach, mean + reach)


def student_columns(table: ArrayLike, level: float = LEVEL) -> NDArray[np.float64]:
    """Return mean, low and high of every column, as `student` does for one.

    Parameters
    ----------
    table : array_like, shape (runs, columns)

    Returns
    -------
    numpy.ndarray, shape (3, columns)
        Rows: mean, low, high. NaN where a column holds fewer than two finite values.
    """
    values = np.asarray(table, dtype=float)
    seen = np.isfinite(values)
    n = seen.sum(axis=0)
    kept = np.where(seen, values, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = kept.sum(axis=0) / n
        spread = np.sqrt((np.where(seen, values - mean, 0.0) ** 2).sum(axis=0) / (n - 1))
        reach = stats.t.ppf(0.5 + level / 2.0, np.maximum(n - 1, 1)) * spread / np.sqrt(n)
    reach = np.where(n >= 2, reach, np.nan)
    return np.stack([mean, mean - reach, mean + reach])


def bootstrap(
    values: ArrayLike,
    statistic: str | float = "median",
    level: float = LEVEL,
    luck: str = "bootstrap",
    n_resamples: int = RESAMPLES,
) -> Interval:
    """Return a statistic with its bootstrap interval (percentiles of resampled runs).

    Parameters
    ----------
    values : array_like, shape (runs,)
        Values that are not finite are left out.
    statistic : "mean", "median" or float
        A float is a quantile, between 0 and 1.
    luck : str
        Names the generator; the same name and values give the same interval.
    """
    kept = _finite(values)
    _check_level(level)
    measure = _statistic(statistic)
    if kept.size == 0:
        return Interval(math.nan, math.nan, math.nan)
    value = float(measure(kept[None, :])[0])
    if kept.size < 2:
        return Interval(value, math.nan, math.nan)
    rows = max(1, CHUNK_VALUES // kept.size)
    drawn = resamples(kept.size, n_resamples, luck)
    found = np.concatenate([measure(kept[drawn[start : start + rows]]) for start in range(0, n_resamples, rows)])
    low, high = np.quantile(found, [0.5 - level / 2.0, 0.5 + level / 2.0])
    return Interval(value, float(low), float(high))


def bootstrap_means(
    table: ArrayLike,
    combine: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    level: float = LEVEL,
    luck: str = "bootstrap",
    n_resamples: int = RESAMPLES,
) -> NDArray[np.float64]:
    """Return value, low and high of anything computed from the columns' means over runs.

    A whole run is resampled at a time, so what its columns share is kept. Use it for ratios of means, shares of a
    total, contrasts over the points of a paired design.

    Parameters
    ----------
    table : array_like, shape (runs, columns)
        All finite.
    combine : callable
        Takes means of shape (resamples, columns), returns an array of shape (resamples, results).

    Returns
    -------
    numpy.ndarray, shape (3, results)
        Rows: value, low, high.

    Raises
    ------
    ValueError
        When an entry of the table is not finite.
    """
    values = np.asarray(table, dtype=float)
    _check_level(level)
    if not np.isfinite(values).all():
        raise ValueError("table: every entry must be finite, for a run is resampled whole")
    n = values.shape[0]
    counts = np.stack([np.bincount(row, minlength=n) for row in resamples(n, n_resamples, luck)])
    found = combine(counts @ values / n)
    value = combine(values.mean(axis=0, keepdims=True))[0]
    low, high = np.quantile(found, [0.5 - level / 2.0, 0.5 + level / 2.0], axis=0)
    return np.stack([value, low, high])


def resamples(n: int, n_resamples: int = RESAMPLES, luck: str = "bootstrap") -> NDArray[np.int64]:
    """Return row numbers drawn with replacement, shape (n_resamples, n), from the generator of that name."""
    return generator(luck).integers(0, n, size=(n_resamples, n))


def generator(luck: str) -> np.random.Generator:
    """Return the generator of a name, always in the same state."""
    return np.random.default_rng(int.from_bytes(hashlib.blake2b(luck.encode(), digest_size=16).digest(), "big"))


def wilson(successes: float, trials: int, level: float = LEVEL) -> Interval:
    """Return a share with Wilson's score interval.

    Parameters
    ----------
    successes : float
        Between 0 and `trials`.
    trials : int
        With none, all three are NaN.

    Raises
    ------
    ValueError
        When there are more successes than trials, or fewer than none.
    """
    _check_level(level)
    if not 0 <= successes <= trials:
        raise ValueError(f"successes = {successes}: expected between 0 and the number of trials, {trials}")
    if trials == 0:
        return Interval(math.nan, math.nan, math.nan)
    z2 = float(stats.norm.ppf(0.5 + level / 2.0)) ** 2
    share = successes / trials
    centre = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    reach = math.sqrt(z2) * math.sqrt(share * (1 - share) / trials + z2 / (4 * trials**2)) / (1 + z2 / trials)
    # At the ends the bound is the share itself; rounding would leave it a hair inside.
    low = 0.0 if successes == 0 else centre - reach
    high = 1.0 if successes == trials else centre + reach
    return Interval(share, low, high)


def paired_difference(one: ArrayLike, other: ArrayLike, level: float = LEVEL) -> Interval:
    """Return the mean of `one` minus `other` over paired runs, with Student's interval.

    Parameters
    ----------
    one, other : array_like, shape (runs,)
        The same runs in the same order; a pair with a value that is not finite is left out.
    """
    first, second = _pairs(one, other)
    return student(first - second, level)


def variance_reduction(one: ArrayLike, other: ArrayLike) -> float:
    """Return the variance that common random numbers save in a difference: 1 - Var(a - b) / (Var a + Var b).

    One when paired runs move as one, zero when pairing does nothing, negative when it harms. NaN when neither
    varies, or fewer than two pairs are finite.
    """
    first, second = _pairs(one, other)
    if first.size < 2:
        return math.nan
    apart = float(first.var(ddof=1) + second.var(ddof=1))
    return 1.0 - float((first - second).var(ddof=1)) / apart if apart > 0 else math.nan


def replicates_for_mean(deviation: float, half_width: float, level: float = LEVEL) -> int:
    """Return the fewest runs for which Student's interval of a mean reaches at most `half_width` to either side.

    Parameters
    ----------
    deviation : float
        Standard deviation over runs, in the outcome's unit (for a paired difference, of the difference).
    half_width : float
        Wanted, in the same unit; positive.
    """
    _check_level(level)
    if not half_width > 0:
        raise ValueError(f"half_width = {half_width}: expected a positive number")
    n = max(2, math.ceil((float(stats.norm.ppf(0.5 + level / 2.0)) * deviation / half_width) ** 2))
    while _student_factor(n, level) * deviation / math.sqrt(n) > half_width:
        n += 1
    return n


def replicates_for_share(share: float, half_width: float, level: float = LEVEL) -> int:
    """Return the fewest runs for which Wilson's interval of a share is at most twice `half_width` long.

    Parameters
    ----------
    share : float
        Expected share, between 0 and 1; 0.5 asks for most.
    """
    if not half_width > 0:
        raise ValueError(f"half_width = {half_width}: expected a positive number")
    low, high = 1, 2
    while wilson(share * high, high, level).half_width > half_width:
        low, high = high, 2 * high
    while low < high:
        middle = (low + high) // 2
        if wilson(share * middle, middle, level).half_width > half_width:
            low = middle + 1
        else:
            high = middle
    return low


def _statistic(name: str | float) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    if name == "mean":
        return lambda rows: rows.mean(axis=1)
    if name == "median":
        return lambda rows: np.median(rows, axis=1)
    if isinstance(name, str) or not 0 <= name <= 1:
        raise ValueError(f"statistic = {name!r}: expected 'mean', 'median' or a quantile between 0 and 1")
    return lambda rows: np.quantile(rows, name, axis=1)


def _student_factor(n: int, level: float) -> float:
    return float(stats.t.ppf(0.5 + level / 2.0, n - 1))


def _finite(values: ArrayLike) -> NDArray[np.float64]:
    flat = np.asarray(values, dtype=float).ravel()
    return flat[np.isfinite(flat)]


def _pairs(one: ArrayLike, other: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    first, second = np.asarray(one, dtype=float).ravel(), np.asarray(other, dtype=float).ravel()
    if first.size != second.size:
        raise ValueError(f"paired runs: expected as many of one as of the other, found {first.size} and {second.size}")
    both = np.isfinite(first) & np.isfinite(second)
    return first[both], second[both]


def _check_level(level: float) -> None:
    if not 0 < level < 1:
        raise ValueError(f"level = {level}: expected a coverage between 0 and 1")
