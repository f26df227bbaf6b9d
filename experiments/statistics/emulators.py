"""Emulators of noisy statistics: a Gaussian process for the mean, a regression for the noise of replicates.

A statistic's mean over luck is a ridge regression on all inputs and their squares plus a Gaussian process
(scikit-learn) on the inputs that move it most, conditioned together; the rest is a nugget. The variance of replicates
is a variance of its own: a log-linear regression smooths the sample variances, enters the diagonal, divided by the
number of replicates (stochastic kriging), and comes back as a term of its own in a prediction. The variance that the
emulator claims is widened by what it gets wrong on left-out folds. Where a statistic does not exist in every run, a
second emulator gives the chance that it does. Left out: correlation between statistics.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve, cholesky, solve_triangular
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Kernel, Matern, WhiteKernel
from sklearn.linear_model import BayesianRidge

__all__ = ["Emulator", "Judgement", "Prediction", "judge"]

Floats = NDArray[np.float64]

MOST_ACTIVE = 12
LARGEST_SEARCH = 220  # points from which kernel parameters are estimated; all points condition the process
LENGTHS = (0.05, 20.0)
STARTS = ((1.5, 0.1), (0.2, 1e-3))
"""Length scale and nugget from which the kernel is searched; the second only with few inputs, where it can win."""
FEW_INPUTS = 3
LEAST_NOISE = 1e-6  # of the variance over the design
LEAST_VARIANCE = 1e-8
CHUNK = 4096
FOLDS = 5
NORMAL_95 = 1.959963984540054


@dataclass(frozen=True)
class Prediction:
    """What an emulator says at points.

    Attributes
    ----------
    mean : numpy.ndarray
        Of the statistic over luck, where it exists.
    variance : numpy.ndarray
        Of the emulator about that mean.
    noise : numpy.ndarray
        Variance of one run about its mean.
    chance : numpy.ndarray
        That the statistic exists in a run; 1 where it always did.
    """

    mean: Floats
    variance: Floats
    noise: Floats
    chance: Floats


class Emulator:
    """An emulator of one statistic.

    Parameters
    ----------
    points : numpy.ndarray, shape (points, inputs)
        In the unit cube.
    runs : numpy.ndarray, shape (points, replicates)
        The statistic of each run; NaN where it does not exist.
    is_share : bool
        Whether runs are 0 or 1, and the mean is a probability.
    """

    def __init__(self, points: Floats, runs: Floats, *, is_share: bool = False, most_active: int = MOST_ACTIVE) -> None:
        seen = np.isfinite(runs)
        self.is_share = is_share
        self.existence: Emulator | None = None
        if not seen.all():
            self.existence = Emulator(points, seen.astype(float), is_share=True, most_active=most_active)
        count = seen.sum(axis=1)
        has = count > 0
        if np.count_nonzero(has) < 2:
            raise ValueError("an emulator needs at least two points at which the statistic exists")
        x, count = points[has], count[has].astype(float)
        mean = np.nanmean(runs[has], axis=1)
        self.shift, self.scale = float(mean.mean()), float(mean.std()) or 1.0
        y = (mean - self.shift) / self.scale
        self._fit_noise(x, (runs[has] - self.shift) / self.scale, count)
        noise = self._noise(x, mean) / self.scale**2 / count
        ridge = BayesianRidge().fit(_features(x), y)
        self._weight_variance = 1.0 / float(ridge.lambda_)
        self.active = _active(ridge.coef_, x.shape[1], most_active)
        noise = np.maximum(noise, LEAST_NOISE)
        self._kernel = _searched(x[:, self.active], y - ridge.predict(_features(x)), noise)
        self._x = x
        self._lower, self._weights = self._conditioned(x, y, noise)
        self.inflation = self._cross_validated(x, y, noise)

    def predict(self, points: Floats) -> Prediction:
        """Predict at points of the unit cube, shape (points, inputs)."""
        parts = [self._predicted(points[k : k + CHUNK]) for k in range(0, len(points), CHUNK)]
        mean, variance = (np.concatenate(column) for column in zip(*parts, strict=True))
        if self.is_share:
            mean = np.clip(mean, 0.0, 1.0)
        chance = self.existence.predict(points).mean if self.existence is not None else np.ones(len(points))
        return Prediction(mean, variance, self._noise(points, mean), chance)

    def _fit_noise(self, x: Floats, runs: Floats, count: Floats) -> None:
        """Smooth the sample variances of replicates over the inputs, in logs."""
        self._log_noise: BayesianRidge | None = None
        self._mean_noise = 0.0
        many = count >= 2
        if self.is_share or not many.any():
            return
        variance = np.nanvar(runs[many], axis=1, ddof=0) * count[many] / (count[many] - 1)
        self._mean_noise = float(np.average(variance, weights=count[many] - 1))
        positive = variance > 0
        if self._mean_noise <= 0 or np.count_nonzero(positive) < x.shape[1]:
            return
        floor = 1e-3 * self._mean_noise
        logs = np.log(np.maximum(variance, floor))
        self._log_noise = BayesianRidge().fit(x[many], logs)
        smooth = np.exp(self._log_noise.predict(x[many]))
        # A logarithm of a sample variance is biased; the smoothed ones must have the mean of the sampled ones.
        self._noise_factor = self._mean_noise / float(np.average(smooth, weights=count[many] - 1))

    def _noise(self, points: Floats, mean: Floats) -> Floats:
        """Return the variance of one run about its mean."""
        if self.is_share:
            return np.clip(mean, 0.02, 0.98) * np.clip(1.0 - mean, 0.02, 0.98)
        if self._log_noise is None:
            return np.full(len(points), self._mean_noise * self.scale**2)
        smooth = np.exp(np.clip(self._log_noise.predict(points), -30.0, 30.0)) * self._noise_factor
        return np.minimum(smooth, 100.0 * self._mean_noise) * self.scale**2

    def _covariance(self, one: Floats, other: Floats) -> Floats:
        """Return the covariance of the mean between points: regression and process; the nugget is on none."""
        linear = self._weight_variance * (_features(one) @ _features(other).T)
        return 1.0 + linear + self._kernel(one[:, self.active], other[:, self.active])

    def _variance(self, points: Floats) -> Floats:
        """Return the variance of the mean at points before any run, nugget included."""
        linear = self._weight_variance * (_features(points) ** 2).sum(axis=1)
        return 1.0 + linear + self._kernel.diag(points[:, self.active])

    def _conditioned(self, x: Floats, y: Floats, noise: Floats) -> tuple[Floats, Floats]:
        """Return the Cholesky factor of the covariance of the runs' means, and the weights of a prediction."""
        covariance = self._covariance(x, x)
        covariance[np.diag_indices_from(covariance)] = self._variance(x) + noise
        lower = cholesky(covariance, lower=True)
        return lower, cho_solve((lower, True), y)

    def _cross_validated(self, x: Floats, y: Floats, noise: Floats) -> float:
        """Return by how much the squared errors on left-out folds exceed the variance that was claimed, at least 1."""
        if len(x) < 4 * FOLDS:
            return 1.0
        fold = np.arange(len(x)) % FOLDS
        claimed, made = np.empty(len(x)), np.empty(len(x))
        for k in range(FOLDS):
            inside, outside = fold != k, fold == k
            lower, weights = self._conditioned(x[inside], y[inside], noise[inside])
            mean, variance = self._from(x[inside], lower, weights, x[outside])
            made[outside], claimed[outside] = (y[outside] - mean) ** 2, variance
        return max(1.0, float((made - noise).mean() / claimed.mean()))

    def _predicted(self, points: Floats) -> tuple[Floats, Floats]:
        mean, variance = self._from(self._x, self._lower, self._weights, points)
        return self.shift + self.scale * mean, self.scale**2 * self.inflation * variance

    def _from(self, x: Floats, lower: Floats, weights: Floats, points: Floats) -> tuple[Floats, Floats]:
        """Return mean and variance at points, from runs at `x`."""
        cross = self._covariance(points, x)
        half = solve_triangular(lower, cross.T, lower=True, check_finite=False)
        return cross @ weights, np.maximum(self._variance(points) - (half**2).sum(axis=0), LEAST_VARIANCE)


def _searched(x: Floats, y: Floats, noise: Floats) -> Kernel:
    """Return the kernel with the largest likelihood, estimated on some of the points."""
    some = np.linspace(0, len(x) - 1, min(LARGEST_SEARCH, len(x))).astype(int)
    size = max(float(y.var()), 1e-4)
    best = None
    for length, nugget in STARTS if x.shape[1] <= FEW_INPUTS else STARTS[:1]:
        kernel = ConstantKernel(size, (1e-5, 1e2)) * Matern(np.full(x.shape[1], length), LENGTHS, nu=2.5)
        search = GaussianProcessRegressor(kernel + WhiteKernel(nugget * size, (1e-6, 1e1)), alpha=noise[some])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            search.fit(x[some], y[some])
        if best is None or search.log_marginal_likelihood_value_ > best.log_marginal_likelihood_value_:
            best = search
    assert best is not None
    return best.kernel_


def _features(x: Floats) -> Floats:
    """Return the inputs about the middle of the cube, and their squares about theirs."""
    centred = 2.0 * x - 1.0
    return np.concatenate([centred, centred**2 - 1.0 / 3.0], axis=1)


def _active(coefficients: Floats, inputs: int, most: int) -> NDArray[np.int64]:
    """Return the inputs with the largest effect in the ridge regression, in the order of the inputs."""
    # Variances of a uniform input and of its square over the cube.
    effect = coefficients[:inputs] ** 2 / 3.0 + coefficients[inputs:] ** 2 * 4.0 / 45.0
    return np.sort(np.argsort(-effect, kind="stable")[:most]).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Judgement:
    """How an emulator does on points that it has not seen.

    Attributes
    ----------
    r2 : float
        Share of the variance of held-out means that it explains, the noise of the means taken out.
    error_mean, error_sd : float
        Of standardised errors, which should be 0 and 1.
    coverage : float
        Share of held-out means inside its 95% interval.
    run_coverage : float
        Share of single held-out runs inside the 90% interval of a run.
    points, replicates : int
    """

    r2: float
    error_mean: float
    error_sd: float
    coverage: float
    run_coverage: float
    points: int
    replicates: int


def judge(emulator: Emulator, points: Floats, runs: Floats) -> Judgement:
    """Judge an emulator on held-out points with many replicates; points at which nothing exists are left out."""
    count = np.isfinite(runs).sum(axis=1)
    kept = count >= 2
    if np.count_nonzero(kept) < 3:
        nan = math.nan
        return Judgement(nan, nan, nan, nan, nan, int(np.count_nonzero(kept)), runs.shape[1])
    found = emulator.predict(points[kept])
    runs, n = runs[kept], count[kept].astype(float)
    mean = np.nanmean(runs, axis=1)
    own = np.nanvar(runs, axis=1) * n / (n - 1.0) / n
    error = mean - found.mean
    between = float(mean.var(ddof=1) - own.mean())
    r2 = 1.0 - max(float((error**2).mean() - own.mean()), 0.0) / between if between > 0 else math.nan
    standard = error / np.sqrt(found.variance + found.noise / n)
    spread = 1.6448536269514722 * np.sqrt(found.variance + found.noise)[:, None]
    inside = np.abs(runs - found.mean[:, None]) <= spread
    return Judgement(
        r2,
        float(standard.mean()),
        float(standard.std(ddof=1)),
        float((np.abs(standard) <= NORMAL_95).mean()),
        float(inside[np.isfinite(runs)].mean()),
        len(n),
        runs.shape[1],
    )
