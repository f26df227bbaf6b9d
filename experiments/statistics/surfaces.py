"""Response surfaces: an outcome as a polynomial of the factors, its uncertainty, and who moves it with whom.

The mean outcome over luck is a sum of products of Legendre polynomials in the factors, fitted by least squares. Since
these are orthonormal for factors that are uniform and independent, the squares of the coefficients, less what noise
adds to them, are the variance that each factor and each group of factors brings: first-order, pair and total indices
without further runs (Sudret 2008). The degree is the one that predicts left-out points best; how good that is, is
judged on points that had no part in fit or choice. Intervals of the mean come from a covariance that stands unequal
noise (MacKinnon and White 1985); those of a new point add the spread of the residuals, misfit included. What is left
out is any step or kink sharper than the degree can bend: it shows in the held-out check.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.polynomial.legendre import legvander
from numpy.typing import NDArray
from scipy import stats

from experiments.statistics.intervals import generator
from experiments.study import Factor

__all__ = ["Check", "Indices", "Surface", "check", "choose_degree", "indices"]

Floats = NDArray[np.float64]

LEVEL = 0.95
HELD_OUT_SHARE = 0.2
FOLDS = 5
TERMS_PER_POINT = 0.25
"""No more terms than this share of the points."""
MOST_DEGREE = 5
DRAWS = 1000


@dataclass(frozen=True)
class Surface:
    """A fitted surface.

    Attributes
    ----------
    factors : tuple of Factor
    powers : numpy.ndarray of int, shape (terms, factors)
        Degree of each term in each factor; the first term is the constant.
    coefficients : numpy.ndarray, shape (terms,)
    covariance : numpy.ndarray, shape (terms, terms)
        Of the coefficients.
    residual_deviation : float
        Of a point's mean about the surface.
    freedom : int
        Points less terms.
    """

    factors: tuple[Factor, ...]
    powers: NDArray[np.int64]
    coefficients: Floats
    covariance: Floats
    residual_deviation: float
    freedom: int

    @classmethod
    def fit(cls, factors: Sequence[Factor], points: Floats, values: Floats, degree: int) -> Surface:
        """Fit a surface of a total degree.

        Parameters
        ----------
        factors : sequence of Factor
        points : numpy.ndarray, shape (points, factors)
            In the factors' units.
        values : numpy.ndarray, shape (points,)
            Mean outcome at each point.

        Raises
        ------
        ValueError
            When there are no more points than terms.
        """
        powers = powers_up_to(len(factors), degree)
        if len(values) <= len(powers):
            raise ValueError(f"degree {degree}: {len(powers)} terms need more than {len(values)} points")
        basis = _basis(factors, powers, points)
        inverse = np.linalg.pinv(basis.T @ basis, hermitian=True)
        coefficients = inverse @ (basis.T @ values)
        residuals = values - basis @ coefficients
        leverage = np.einsum("ij,jk,ik->i", basis, inverse, basis)
        scaled = basis * (residuals / np.maximum(1.0 - leverage, 1e-9))[:, None]
        freedom = len(values) - len(powers)
        deviation = float(np.sqrt((residuals**2).sum() / freedom))
        meat = inverse @ (scaled.T @ scaled) @ inverse
        return cls(tuple(factors), powers, coefficients, meat, deviation, freedom)

    def predict(self, points: Floats, is_new_point: bool = False) -> Floats:
        """Return the mean outcome with its 95% interval, shape (3, points): value, low, high.

        With `is_new_point` the interval is that of the mean of as many runs at one more point of the design.
        """
        basis = _basis(self.factors, self.powers, points)
        mean = basis @ self.coefficients
        variance = np.einsum("ij,jk,ik->i", basis, self.covariance, basis)
        if is_new_point:
            variance = variance + self.residual_deviation**2
        reach = stats.t.ppf(0.5 + LEVEL / 2.0, self.freedom) * np.sqrt(np.maximum(variance, 0.0))
        return np.stack([mean, mean - reach, mean + reach])

    def main_effect(self, factor: int, grid: Floats) -> Floats:
        """Return the mean outcome over all other factors along one, with its interval, shape (3, grid)."""
        alone = np.flatnonzero((np.delete(self.powers, factor, axis=1) == 0).all(axis=1))
        unit = _unit(self.factors[factor], grid)
        columns = self.powers[alone, factor]
        basis = legvander(unit, int(self.powers.max()))[:, columns] * np.sqrt(2.0 * columns + 1.0)
        mean = basis @ self.coefficients[alone]
        variance = np.einsum("ij,jk,ik->i", basis, self.covariance[np.ix_(alone, alone)], basis)
        reach = stats.t.ppf(0.5 + LEVEL / 2.0, self.freedom) * np.sqrt(np.maximum(variance, 0.0))
        return np.stack([mean, mean - reach, mean + reach])


@dataclass(frozen=True, slots=True)
class Check:
    """How well surfaces predict points that had no part in them.

    Attributes
    ----------
    explained : float
        One less the held-out squared error over the held-out variance; noise of the replicates counts as error.
    error : float
        Root mean square error at held-out points, in the outcome's unit.
    coverage : float
        Share of held-out points within their 95% interval for a new point.
    points : int
        Number of held-out points.
    """

    explained: float
    error: float
    coverage: float
    points: int


@dataclass(frozen=True)
class Indices:
    """Share of the surface's variance by factor, with 95% intervals.

    Attributes
    ----------
    first, total : numpy.ndarray, shape (3, factors)
        Of a factor alone, and with all its interactions; rows: value, low, high.
    pairs : numpy.ndarray, shape (3, pairs)
        Of two factors beyond each alone, in the order of `itertools.combinations`.
    """

    first: Floats
    total: Floats
    pairs: Floats


def powers_up_to(n_factors: int, degree: int) -> NDArray[np.int64]:
    """Return the degrees of all terms of a total degree, shape (terms, factors), the constant first."""
    rows: list[tuple[int, ...]] = [()]
    for _ in range(n_factors):
        rows = [(*row, k) for row in rows for k in range(degree - sum(row) + 1)]
    return np.array(sorted(rows, key=lambda row: (sum(row), row)), dtype=np.int64)


def choose_degree(factors: Sequence[Factor], points: Floats, values: Floats) -> int:
    """Return the total degree, from 1 on, that predicts left-out fifths of the points best."""
    fold = np.arange(len(values)) % FOLDS
    errors = {}
    for degree in range(1, MOST_DEGREE + 1):
        if len(powers_up_to(len(factors), degree)) > max(TERMS_PER_POINT * len(values), len(factors) + 1):
            break
        errors[degree] = 0.0
        for k in range(FOLDS):
            fitted = Surface.fit(factors, points[fold != k], values[fold != k], degree)
            errors[degree] += float(((fitted.predict(points[fold == k])[0] - values[fold == k]) ** 2).sum())
    return min(errors, key=lambda degree: errors[degree])


def check(factors: Sequence[Factor], points: Floats, values: Floats, luck: str = "surface") -> Check:
    """Hold points out, choose and fit a surface on the rest, and judge it on them."""
    order = generator(f"{luck} held out").permutation(len(values))
    n_held = int(HELD_OUT_SHARE * len(values))
    held, rest = order[:n_held], order[n_held:]
    fitted = Surface.fit(factors, points[rest], values[rest], choose_degree(factors, points[rest], values[rest]))
    mean, low, high = fitted.predict(points[held], is_new_point=True)
    error = float(((mean - values[held]) ** 2).mean())
    spread = float(values[held].var())
    is_covered = (low <= values[held]) & (values[held] <= high)
    explained = 1.0 - error / spread if spread > 0.0 else np.nan
    return Check(explained, float(np.sqrt(error)), float(is_covered.mean()), n_held)


def indices(surface: Surface, luck: str = "surface", n_draws: int = DRAWS) -> Indices:
    """Return the variance indices of a surface, with intervals from draws of its coefficients.

    The share of a term is the square of its coefficient less its variance, which noise adds to the square; it may
    come out below zero for a term that is idle. An interval is the spread of the draws' shares, set about the estimate.
    Where the terms leave no variance, there is nothing to share: all is NaN.
    """
    noise = np.diag(surface.covariance)
    found = _shares(surface.powers, surface.coefficients**2 - noise)
    # Drawn about coefficients that are freed of what noise adds, or it would be added twice.
    centre = np.sign(surface.coefficients) * np.sqrt(np.maximum(surface.coefficients**2 - noise, 0.0))
    drawn = generator(f"{luck} indices").multivariate_normal(centre, surface.covariance, n_draws, method="eigh")
    shares = _shares(surface.powers, drawn**2 - noise)
    ends = [0.5 - LEVEL / 2.0, 0.5 + LEVEL / 2.0]
    low, high = np.nanquantile(shares - np.nanmedian(shares, axis=0), ends, axis=0)
    table = np.stack([found, found + low, found + high])
    n = len(surface.factors)
    return Indices(table[:, :n], table[:, n : 2 * n], table[:, 2 * n :])


def _shares(powers: NDArray[np.int64], variances: Floats) -> Floats:
    """Return first-order, total and pair shares from the terms' variances, shape (..., terms), one after the other."""
    has = powers > 0
    n_factors = has.sum(axis=1)
    of_terms = [
        *((n_factors == 1) & has[:, i] for i in range(powers.shape[1])),
        *(has[:, i] for i in range(powers.shape[1])),
        *((n_factors == 2) & has[:, i] & has[:, j] for i, j in combinations(range(powers.shape[1]), 2)),
    ]
    whole = variances[..., n_factors > 0].sum(axis=-1, keepdims=True)
    return variances @ np.array(of_terms, dtype=float).T / np.where(whole > 0.0, whole, np.nan)


def _basis(factors: Sequence[Factor], powers: NDArray[np.int64], points: Floats) -> Floats:
    """Return the terms' values at points, orthonormal over the factors' ranges."""
    degree = int(powers.max())
    norms = np.sqrt(2.0 * np.arange(degree + 1) + 1.0)
    basis = np.ones((len(points), len(powers)))
    for column, factor in enumerate(factors):
        basis *= (legvander(_unit(factor, points[:, column]), degree) * norms)[:, powers[:, column]]
    return basis


def _unit(factor: Factor, values: Floats) -> Floats:
    """Return values as numbers from -1 to 1."""
    return 2.0 * (np.asarray(values, dtype=float) - factor.low) / (factor.high - factor.low) - 1.0
