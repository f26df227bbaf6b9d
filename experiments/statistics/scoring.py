"""How good a forecast was: CRPS, coverage and log score of an ensemble, for points and for intervals.

An ensemble is m equally likely values. Its CRPS is the fair one, unbiased for the distribution the values were drawn
from (Ferro 2014, Q. J. R. Meteorol. Soc. 140): mean |x - y| less half the mean |x - x'| over pairs of different
values. The log score is minus the log of a density, in nats, so that smaller is better for both: a Gaussian kernel
density with Silverman's robust width, of weight 1 - `FLOOR_WEIGHT`, mixed with a uniform one over the span of the
quantity, so that no outcome costs more than the floor says. An observation is a point, or an interval in which the
truth lies evenly (a quote in the press): CRPS and coverage are then averaged over it, and the density is the mean one,
which is the probability of the interval over its length. So every forecaster pays the same price for a vague
observation, and what is proper for points stays proper.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

__all__ = ["FLOOR_WEIGHT", "NODES", "coverage", "crps", "kernel_width", "log_score", "skill"]

Floats = NDArray[np.float64]

FLOOR_WEIGHT = 0.01
"""Weight of the uniform density in the log score."""
NODES = 64
"""Points of an interval over which the CRPS is averaged, each the middle of an equal part."""
SILVERMAN = 0.9
NORMAL_IQR = 1.349  # interquartile range of a standard normal
SQRT_2PI = math.sqrt(2.0 * math.pi)


def crps(values: ArrayLike, low: float, high: float | None = None) -> float:
    """Return the fair CRPS of an ensemble, in the unit of the values; smaller is better.

    Parameters
    ----------
    values : array_like, shape (m,)
        At least two finite values.
    low, high : float
        The outcome, or the ends of the interval in which it lies.

    Raises
    ------
    ValueError
        With fewer than two values, or ends in the wrong order.
    """
    drawn = _sorted(values)
    first, last = _ends(low, high)
    at = np.array([first]) if first == last else first + (last - first) * (np.arange(NODES) + 0.5) / NODES
    m = drawn.size
    rank = 2.0 * np.arange(1, m + 1) - m - 1.0
    apart = float((rank * drawn).sum()) / (m * (m - 1.0))  # half the mean difference of two different values
    return float(np.abs(drawn[:, None] - at[None, :]).mean()) - apart


def coverage(values: ArrayLike, level: float, low: float, high: float | None = None) -> float:
    """Return whether the central interval of an ensemble covers the outcome: 1 or 0, or the part of it for an interval.

    Parameters
    ----------
    level : float
        Probability of the central interval, between 0 and 1.
    low, high : float
        The outcome, or the ends of the interval in which it lies.
    """
    if not 0.0 < level < 1.0:
        raise ValueError(f"level = {level}: expected a probability between 0 and 1")
    first, last = _ends(low, high)
    bottom, top = np.quantile(_sorted(values), [0.5 - level / 2.0, 0.5 + level / 2.0])
    if first == last:
        return float(bottom <= first <= top)
    return max(0.0, float(min(last, top) - max(first, bottom))) / (last - first)


def log_score(values: ArrayLike, span: float, low: float, high: float | None = None, least_width: float = 0.0) -> float:
    """Return minus the log density of an ensemble at the outcome, in nats; smaller is better.

    Parameters
    ----------
    values : array_like, shape (m,)
    span : float
        Width of the range over which the floor is spread, in the unit of the values; positive.
    low, high : float
        The outcome, or the ends of the interval in which it lies.
    least_width : float
        Least standard deviation of a kernel, for ensembles that hardly vary.

    Returns
    -------
    float
        At most ``-log(FLOOR_WEIGHT / span)``.
    """
    if not span > 0.0:
        raise ValueError(f"span = {span}: expected a positive width")
    drawn = _sorted(values)
    first, last = _ends(low, high)
    width = max(kernel_width(drawn), least_width)
    if width == 0.0:
        raise ValueError("values: all the same; give a least width of the kernel")
    if first == last:
        density = float(np.exp(-0.5 * ((first - drawn) / width) ** 2).mean()) / (width * SQRT_2PI)
    else:
        density = float((ndtr((last - drawn) / width) - ndtr((first - drawn) / width)).mean()) / (last - first)
    return -math.log((1.0 - FLOOR_WEIGHT) * density + FLOOR_WEIGHT / span)


def kernel_width(values: ArrayLike) -> float:
    """Return Silverman's width of a kernel: 0.9 min(deviation, interquartile range / 1.349) m^(-1/5).

    An interquartile range of zero is left aside.
    """
    drawn = _sorted(values)
    lower, upper = np.quantile(drawn, [0.25, 0.75])
    deviation, spread = float(drawn.std(ddof=1)), float(upper - lower) / NORMAL_IQR
    return SILVERMAN * (min(deviation, spread) if spread > 0.0 else deviation) * drawn.size**-0.2


def skill(score: float, reference: float) -> float:
    """Return the share of a reference's score that is saved: 1 is perfect, 0 no better, negative worse.

    NaN where the reference is zero or unknown.
    """
    return 1.0 - score / reference if reference > 0.0 else math.nan


def _sorted(values: ArrayLike) -> Floats:
    """Return the values in order, or refuse what is no ensemble."""
    drawn = np.sort(np.asarray(values, dtype=float).ravel())
    if drawn.size < 2 or not np.isfinite(drawn).all():
        raise ValueError("values: expected at least two, all finite")
    return drawn


def _ends(low: float, high: float | None) -> tuple[float, float]:
    """Return both ends of an outcome."""
    last = low if high is None else high
    if not (math.isfinite(low) and math.isfinite(last) and low <= last):
        raise ValueError(f"outcome from {low} to {high}: expected finite ends in order")
    return float(low), float(last)
