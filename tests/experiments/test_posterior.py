"""Posteriors and their coverage on a Gaussian toy whose answer is known in closed form."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from experiments.fit.targets import Target
from experiments.statistics.coverage import coverage_table, recover, synthetic_reports
from experiments.statistics.emulators import Prediction
from experiments.statistics.history_matching import Wave, fit_wave
from experiments.statistics.posterior import (
    effective_size,
    log_likelihood,
    predictions,
    resampled,
    tempered,
    weighted_quantiles,
)

NOISE, DISCREPANCY = 0.10, 0.15
WEIGHTS = np.array([[1.0, 0.0, 0.0], [0.5, 1.0, 0.0]])
"""Two statistics of three inputs; the third moves nothing."""


def target(id: str, centre: float, half: float = 0.0) -> Target:
    low, high = centre - half, centre + half
    return Target(id, "", "", "", "1", low, high, DISCREPANCY, dt.date(2023, 1, 1), "fit", "linear", "")


TARGETS = [target("first", 0.6), target("second", 0.7)]


def runs_at(x: np.ndarray, replicates: int, luck: np.random.Generator) -> dict[str, np.ndarray]:
    mean = x @ WEIGHTS.T
    return {
        name: mean[:, [k]] + NOISE * luck.normal(size=(len(x), replicates))
        for k, name in enumerate(("first", "second"))
    }


def exact(reported: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and covariance of the first two inputs, before the walls of the cube cut them."""
    inverse = np.linalg.inv(WEIGHTS[:, :2])
    return inverse @ reported, inverse @ inverse.T * (NOISE**2 + DISCREPANCY**2)


def exact_sample(reported: np.ndarray, luck: np.random.Generator) -> np.ndarray:
    mean, covariance = exact(reported)
    drawn = luck.multivariate_normal(mean, covariance, 100_000)
    return drawn[((drawn >= 0) & (drawn <= 1)).all(axis=1)]


@pytest.fixture(scope="module")
def wave() -> Wave:
    luck = np.random.default_rng(1)
    x = luck.random((150, 3))
    return fit_wave(1, TARGETS, x, runs_at(x, 5, luck))


def everywhere(points: np.ndarray) -> np.ndarray:
    return np.ones(len(points), dtype=bool)


def test_the_tempered_posterior_of_a_gaussian_toy_is_the_exact_one(wave) -> None:
    luck = np.random.default_rng(2)
    found = tempered(wave, luck.random((800, 3)), everywhere, {"first": 0.6, "second": 0.7}, luck).points
    known = exact_sample(np.array([0.6, 0.7]), luck)
    np.testing.assert_allclose(found[:, :2].mean(axis=0), known.mean(axis=0), atol=0.025)
    np.testing.assert_allclose(found[:, :2].std(axis=0), known.std(axis=0), rtol=0.12)
    assert np.corrcoef(found[:, :2].T)[0, 1] == pytest.approx(np.corrcoef(known.T)[0, 1], abs=0.1)
    assert stats.kstest(found[:, 2], "uniform").statistic < 0.08


def test_weights_on_a_sample_of_the_prior_say_the_same_as_tempering(wave) -> None:
    luck = np.random.default_rng(3)
    sample = luck.random((6000, 3))
    weights = log_likelihood(TARGETS, predictions(wave, sample), {"first": 0.6, "second": 0.7})
    known = exact_sample(np.array([0.6, 0.7]), luck)
    quantiles = weighted_quantiles(sample, weights, (0.05, 0.5, 0.95))[:, :2]
    np.testing.assert_allclose(quantiles, np.quantile(known, (0.05, 0.5, 0.95), axis=0), atol=0.04)
    assert effective_size(weights) > 300
    drawn = sample[resampled(weights, 2000, luck)]
    np.testing.assert_allclose(np.quantile(drawn[:, :2], 0.5, axis=0), quantiles[1], atol=0.03)


def test_the_evidence_is_the_mean_likelihood_over_the_prior(wave) -> None:
    luck = np.random.default_rng(4)
    reported = {"first": 0.6, "second": 0.7}
    sample = luck.random((10_000, 3))
    direct = np.log(np.mean(np.exp(log_likelihood(TARGETS, predictions(wave, sample), reported))))
    found = tempered(wave, sample[:1000], everywhere, reported, luck)
    assert found.log_evidence == pytest.approx(direct, abs=0.15)


def perfect(sample: np.ndarray, widened: float = 1.0) -> dict[str, Prediction]:
    """Return predictions without an error of emulation, with a noise that may be claimed wrongly."""
    mean = sample @ WEIGHTS.T
    none, noise = np.zeros(len(sample)), np.full(len(sample), (widened * NOISE) ** 2)
    return {name: Prediction(mean[:, k], none, noise, none + 1.0) for k, name in enumerate(("first", "second"))}


def covered(targets: list[Target], predict: Callable[[np.ndarray], dict[str, Prediction]], truths: int) -> np.ndarray:
    luck = np.random.default_rng(5)
    sample = luck.random((5_000, 3))
    rows = np.arange(truths)
    statistics = {name: values[:, 0] for name, values in runs_at(sample[rows], 1, luck).items()}
    reported = synthetic_reports(targets, statistics, luck)
    recovery = recover(targets, sample, predict(sample), rows, reported)
    return coverage_table(recovery, ("a", "b", "nothing"))


@pytest.mark.parametrize("half", [0.0, 0.3])
def test_ninety_percent_intervals_cover_ninety_percent_of_synthetic_truths(half: float) -> None:
    targets = [target("first", 0.5, half), target("second", 0.75, half)]
    table = covered(targets, perfect, 400)
    assert (table["rank_p"].iloc[1:] > 0.01).all()
    assert table["is_proper"].all()


def test_coverage_convicts_a_posterior_that_claims_too_little_uncertainty() -> None:
    narrow = [Target(**{**_fields(t), "discrepancy": 0.02}) for t in TARGETS]
    luck = np.random.default_rng(6)
    sample = luck.random((5_000, 3))
    rows = np.arange(400)
    statistics = {name: values[:, 0] for name, values in runs_at(sample[rows], 1, luck).items()}
    reported = synthetic_reports(TARGETS, statistics, luck)
    table = coverage_table(recover(narrow, sample, perfect(sample), rows, reported), ("a", "b", "nothing"))
    assert not table.set_index("parameter").loc["a", "is_proper"]
    assert table.set_index("parameter").loc["a", "coverage"] < 0.8


def _fields(one: Target) -> dict:
    return {name: getattr(one, name) for name in Target.__slots__}


def test_what_moves_nothing_is_recovered_by_nobody() -> None:
    table = covered(TARGETS, perfect, 400).set_index("parameter")
    assert table.loc["a", "correlation"] > 0.7
    assert abs(table.loc["nothing", "correlation"]) < 0.15
    assert table.loc["nothing", "shrinkage"] == pytest.approx(0.0, abs=0.05)


def test_an_interval_says_the_same_of_every_value_well_inside_it() -> None:
    wide = [target("first", 0.5, 2.0)]
    mean = np.array([0.0, 0.5, 1.0])
    flat = Prediction(mean, np.zeros(3), np.full(3, 1e-4), np.ones(3))
    found = log_likelihood(wide, {"first": flat}, {"first": 0.5})
    np.testing.assert_allclose(found, 0.0, atol=1e-6)


def test_a_value_far_beyond_the_interval_has_a_finite_and_falling_likelihood() -> None:
    mean = np.array([5.0, 10.0, 20.0])
    far = Prediction(mean, np.zeros(3), np.full(3, 1e-2), np.ones(3))
    found = log_likelihood([target("first", 0.5, 0.2)], {"first": far}, {"first": 0.5})
    assert np.isfinite(found).all()
    assert (np.diff(found) < 0).all() or found[-1] == found[-2]


def test_an_event_that_happened_makes_its_chance_the_likelihood() -> None:
    event = Target("first", "", "", "", "1", 1.0, 1.0, 0.05, None, "fit", "event", "")
    chances = Prediction(np.array([0.0, 0.5, 1.0]), np.zeros(3), np.zeros(3), np.ones(3))
    np.testing.assert_allclose(
        np.exp(log_likelihood([event], {"first": chances}, {"first": 1.0})), [0.05, 0.5, 0.95], atol=1e-9
    )
    np.testing.assert_allclose(
        np.exp(log_likelihood([event], {"first": chances}, {"first": 0.0})), [0.95, 0.5, 0.05], atol=1e-9
    )


def test_a_statistic_that_was_not_reported_speaks_only_by_the_chance_that_it_does_not_exist() -> None:
    predicted = Prediction(np.array([0.0, 9.0]), np.zeros(2), np.ones(2), np.array([0.2, 0.2]))
    found = log_likelihood([target("first", 0.5, 0.1)], {"first": predicted}, {"first": np.nan})
    assert found[0] == found[1]
    assert np.exp(found[0]) == pytest.approx(0.05 + 0.9 * 0.8)
