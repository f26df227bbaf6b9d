"""Scenario discovery: boxes of inputs in which the cases of interest lie, by the patient rule induction method.

Peeling (Friedman and Fisher 1999) starts from a box around all cases and takes away, again and again, the thin slice
at one end of one input whose loss leaves the highest density of cases of interest; pasting puts slices back that do
not dilute it. Every step is a candidate with a coverage (share of all cases of interest that it holds) and a density
(share of its cases that are of interest); which to take is the reader's trade-off, stated as a least density. Two
checks guard against boxes made of chance (Bryant and Lempert 2010): a quasi-p-value for each restricted input, the
chance of so many cases of interest were its restriction idle, and how often resampled cases restrict the same inputs.
Inputs are numbers; what is left out are categories, and shapes that no box fits, which show as low density.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from experiments.statistics.intervals import generator

__all__ = ["Box", "discover", "find_box", "peel", "quasi_p_values", "restriction_shares"]

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

ALPHA = 0.05
"""Share of a box's cases that one slice takes away or puts back: patience."""
LEAST_MASS = 0.05
"""Share of all cases that the smallest box holds."""
LEAST_DENSITY = 0.8
LARGEST_P = 0.05
RESAMPLES = 50


@dataclass(frozen=True)
class Box:
    """A box of inputs; an end without restriction is infinite.

    Attributes
    ----------
    low, high : numpy.ndarray, shape (inputs,)
        Ends; both belong to the box.
    coverage : float
        Share of all cases of interest that lie in the box.
    density : float
        Share of the box's cases that are of interest.
    mass : float
        Share of all cases that lie in the box.
    """

    low: Floats
    high: Floats
    coverage: float
    density: float
    mass: float

    @property
    def restricted(self) -> Mask:
        """Which inputs the box restricts."""
        return np.isfinite(self.low) | np.isfinite(self.high)

    def holds(self, cases: Floats) -> Mask:
        """Return which cases lie in the box; `cases` of shape (cases, inputs)."""
        return np.all((cases >= self.low) & (cases <= self.high), axis=1)


def discover(
    cases: Floats,
    of_interest: Mask,
    most_boxes: int = 3,
    least_density: float = LEAST_DENSITY,
    alpha: float = ALPHA,
    least_mass: float = LEAST_MASS,
) -> list[Box]:
    """Return boxes that cover the cases of interest one after the other, each found among the cases left over.

    Coverage, density and mass of a box are those among all cases. It ends with a box that is no denser than all
    cases are, which is not returned.

    Parameters
    ----------
    cases : numpy.ndarray, shape (cases, inputs)
    of_interest : numpy.ndarray of bool, shape (cases,)
    most_boxes : int
    least_density : float
        See `find_box`.
    """
    left = np.ones(len(cases), dtype=bool)
    boxes: list[Box] = []
    while len(boxes) < most_boxes and (of_interest & left).any():
        found = find_box(cases[left], of_interest[left], least_density, alpha, least_mass * len(cases) / left.sum())
        if not found.restricted.any() or found.density <= of_interest.mean():
            break
        boxes.append(_box(found.low, found.high, cases, of_interest))
        left &= ~found.holds(cases)
    return boxes


def find_box(
    cases: Floats,
    of_interest: Mask,
    least_density: float = LEAST_DENSITY,
    alpha: float = ALPHA,
    least_mass: float = LEAST_MASS,
) -> Box:
    """Return the box with the highest coverage that is dense enough, free of restrictions that chance explains.

    Of the peeled boxes that reach the density the one with the highest coverage is taken (the densest where none
    does) and pasted. Then restrictions with a quasi-p-value above 0.05 are lifted, the least needed first.
    """
    trajectory = peel(cases, of_interest, alpha, least_mass)
    dense = [box for box in trajectory if box.density >= least_density]
    best = max(dense, key=lambda box: box.coverage) if dense else max(trajectory, key=lambda box: box.density)
    return _lift(_paste(best, cases, of_interest, alpha), cases, of_interest)


def peel(cases: Floats, of_interest: Mask, alpha: float = ALPHA, least_mass: float = LEAST_MASS) -> list[Box]:
    """Return the boxes of a peeling, from all cases down to the smallest.

    Raises
    ------
    ValueError
        When there is no case of interest, or the tables do not belong together.
    """
    if cases.ndim != 2 or of_interest.shape != (len(cases),):
        raise ValueError(f"cases of shape {cases.shape} and {of_interest.shape} labels do not belong together")
    if not of_interest.any():
        raise ValueError("of_interest: no case is")
    low, high = np.full(cases.shape[1], -np.inf), np.full(cases.shape[1], np.inf)
    trajectory = [_box(low, high, cases, of_interest)]
    inside = np.ones(len(cases), dtype=bool)
    while trajectory[-1].density < 1.0:
        end = _best_slice(cases[inside], of_interest[inside], alpha, least_mass * len(cases))
        if end is None:
            break
        column, is_low, bound = end
        low, high = low.copy(), high.copy()
        (low if is_low else high)[column] = bound
        trajectory.append(_box(low, high, cases, of_interest))
        inside = trajectory[-1].holds(cases)
    return trajectory


def quasi_p_values(box: Box, cases: Floats, of_interest: Mask) -> Floats:
    """Return for each input the chance that its restriction does nothing, shape (inputs,); 1 where there is none.

    The chance of as many cases of interest as the box has, or more, if its cases were drawn at the density of the
    box without this restriction.
    """
    held = box.holds(cases)
    n, n_of_interest = int(held.sum()), int(of_interest[held].sum())
    found = np.ones(cases.shape[1])
    for column in np.flatnonzero(box.restricted):
        wider = _without(box, int(column), cases, of_interest)
        found[column] = stats.binom.sf(n_of_interest - 1, n, wider.density)
    return found


def restriction_shares(
    cases: Floats,
    of_interest: Mask,
    least_density: float = LEAST_DENSITY,
    alpha: float = ALPHA,
    least_mass: float = LEAST_MASS,
    n_resamples: int = RESAMPLES,
    luck: str = "prim",
) -> Floats:
    """Return how often the first box of resampled cases restricts each input, shape (inputs,).

    Each time a random half of the cases is taken without replacement.
    """
    random = generator(luck)
    counts = np.zeros(cases.shape[1])
    for _ in range(n_resamples):
        half = random.permutation(len(cases))[: len(cases) // 2]
        if of_interest[half].any():
            counts += find_box(cases[half], of_interest[half], least_density, alpha, least_mass).restricted
    return counts / n_resamples


def _best_slice(cases: Floats, of_interest: Mask, alpha: float, least_cases: float) -> tuple[int, bool, float] | None:
    """Return the column, whether it is the low end, and the new end that leave the highest density, if any may go.

    Among slices that leave equal densities the thinnest one goes.
    """
    best: tuple[float, int] = (-1.0, 0)
    end = None
    ends: Sequence[tuple[bool, float]] = ((True, alpha), (False, 1.0 - alpha))
    for is_low, level in ends:
        bounds = np.quantile(cases, level, axis=0, method="higher" if is_low else "lower")
        kept = cases >= bounds if is_low else cases <= bounds
        for column in range(cases.shape[1]):
            n_kept = int(kept[:, column].sum())
            if n_kept == len(cases):  # many cases at the very end: the next value is the new one
                inner = _next_value(cases[:, column], is_low)
                if inner is None:
                    continue
                bounds[column] = inner
                kept[:, column] = cases[:, column] >= inner if is_low else cases[:, column] <= inner
                n_kept = int(kept[:, column].sum())
            if n_kept < least_cases or n_kept == 0:
                continue
            merit = (float(of_interest[kept[:, column]].mean()), n_kept)
            if merit > best:
                best, end = merit, (column, is_low, float(bounds[column]))
    return end


def _next_value(values: Floats, is_low: bool) -> float | None:
    """Return the second lowest or second highest value."""
    edge = values.min() if is_low else values.max()
    inner = values[values != edge]
    if not inner.size:
        return None
    return float(inner.min() if is_low else inner.max())


def _paste(box: Box, cases: Floats, of_interest: Mask, alpha: float) -> Box:
    """Return the box with slices put back, as long as one adds cases of interest and does not dilute it."""
    while True:
        held = box.holds(cases)
        n_slice = max(int(alpha * held.sum()), 1)
        wider = [
            _box(low, high, cases, of_interest)
            for column in np.flatnonzero(box.restricted)
            for low, high in _widened(box, int(column), cases, n_slice)
        ]
        better = [one for one in wider if one.density >= box.density and one.coverage > box.coverage]
        if not better:
            return box
        box = max(better, key=lambda one: (one.density, one.coverage))


def _widened(box: Box, column: int, cases: Floats, n_slice: int) -> list[tuple[Floats, Floats]]:
    """Return the ends of the boxes that take in the next cases below or above in one input."""
    others = _ends_without(box, column)
    near = cases[((cases >= others[0]) & (cases <= others[1])).all(axis=1), column]
    ends = []
    below, above = np.sort(near[near < box.low[column]]), np.sort(near[near > box.high[column]])
    if below.size:
        low = box.low.copy()
        low[column] = below[-n_slice] if below.size > n_slice else -np.inf
        ends.append((low, box.high))
    if above.size:
        high = box.high.copy()
        high[column] = above[n_slice - 1] if above.size > n_slice else np.inf
        ends.append((box.low, high))
    return ends


def _lift(box: Box, cases: Floats, of_interest: Mask) -> Box:
    """Return the box without the restrictions that chance explains."""
    while True:
        chances = np.where(box.restricted, quasi_p_values(box, cases, of_interest), -1.0)
        worst = int(chances.argmax())
        if chances[worst] <= LARGEST_P:
            return box
        box = _without(box, worst, cases, of_interest)


def _without(box: Box, column: int, cases: Floats, of_interest: Mask) -> Box:
    return _box(*_ends_without(box, column), cases, of_interest)


def _ends_without(box: Box, column: int) -> tuple[Floats, Floats]:
    low, high = box.low.copy(), box.high.copy()
    low[column], high[column] = -np.inf, np.inf
    return low, high


def _box(low: Floats, high: Floats, cases: Floats, of_interest: Mask) -> Box:
    """Return a box with what it holds of these cases."""
    held = ((cases >= low) & (cases <= high)).all(axis=1)
    n, n_of_interest, n_all = int(held.sum()), int(of_interest[held].sum()), int(of_interest.sum())
    return Box(low, high, n_of_interest / max(n_all, 1), n_of_interest / max(n, 1), n / len(cases))
