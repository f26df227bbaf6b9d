"""Scoring rules against closed forms, and what makes them proper."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from experiments.statistics.scoring import FLOOR_WEIGHT, coverage, crps, kernel_width, log_score, skill

GENERATOR_SEED = 20231016
M = 100_000


@pytest.fixture(scope="module")
def normal() -> np.ndarray:
    """Quantiles of N(3, 2), so that closed forms hold but for the grid."""
    return np.asarray(stats.norm.ppf((np.arange(M) + 0.5) / M, 3.0, 2.0))


def gaussian_crps(mean: float, deviation: float, outcome: float) -> float:
    """Closed form of Gneiting and Raftery (2007)."""
    z = (outcome - mean) / deviation
    return deviation * (z * (2 * stats.norm.cdf(z) - 1) + 2 * stats.norm.pdf(z) - 1 / math.sqrt(math.pi))


@pytest.mark.parametrize("outcome", [-4.0, 2.5, 3.0, 9.0])
def test_the_crps_of_a_normal_sample_is_the_closed_form(normal: np.ndarray, outcome: float) -> None:
    assert crps(normal, outcome) == pytest.approx(gaussian_crps(3.0, 2.0, outcome), abs=1e-4)


@pytest.mark.parametrize("outcome", [-0.5, 0.0, 0.25, 0.5, 1.0, 1.5])
def test_the_crps_of_a_uniform_grid_is_the_closed_form(outcome: float) -> None:
    grid = (np.arange(20_000) + 0.5) / 20_000
    inside = min(max(outcome, 0.0), 1.0)
    expected = abs(outcome - inside) + (inside**3 + (1 - inside) ** 3) / 3
    assert crps(grid, outcome) == pytest.approx(expected, abs=1e-4)


def test_a_few_values_by_hand() -> None:
    # mean |x - 1| = (1 + 3) / 2; the one pair differs by 4, half of it is 2
    assert crps([0.0, 4.0], 1.0) == pytest.approx(0.0)
    # mean |x - 1| = (1 + 1 + 5) / 3; pairs differ by 2, 6 and 4, half the mean is 2
    assert crps([0.0, 2.0, 6.0], 1.0) == pytest.approx(7 / 3 - 2)


def test_the_fair_crps_of_small_ensembles_is_unbiased_and_the_plain_one_is_not() -> None:
    generator = np.random.default_rng(GENERATOR_SEED)
    ensembles = generator.normal(0.0, 1.0, (20_000, 5))
    outcomes = generator.normal(0.0, 1.0, 20_000)
    fair = np.mean([crps(values, y) for values, y in zip(ensembles, outcomes, strict=True)])
    expected = 1 / math.sqrt(math.pi)  # of the true distribution, whatever the size of the ensemble
    assert fair == pytest.approx(expected, abs=0.015)
    plain = (
        np.mean(np.abs(ensembles - outcomes[:, None]))
        - np.mean(np.abs(ensembles[:, :, None] - ensembles[:, None, :])) / 2.0
    )
    assert plain - expected > 0.08


@pytest.mark.parametrize("rule", ["crps", "log", "interval crps", "interval log"])
@pytest.mark.parametrize("wrong", [(1.0, 1.0), (0.0, 0.4), (0.0, 2.5)])
def test_the_true_distribution_scores_best(rule: str, wrong: tuple[float, float]) -> None:
    generator = np.random.default_rng(GENERATOR_SEED)
    outcomes = generator.normal(0.0, 1.0, 1_500)
    true = generator.normal(0.0, 1.0, 2_000)
    other = wrong[0] + wrong[1] * generator.normal(0.0, 1.0, 2_000)

    def mean_score(values: np.ndarray) -> float:
        half = 0.3 if rule.startswith("interval") else 0.0
        if rule.endswith("crps"):
            return float(np.mean([crps(values, y - half, y + half) for y in outcomes]))
        return float(np.mean([log_score(values, 100.0, y - half, y + half) for y in outcomes]))

    assert mean_score(true) < mean_score(other)


def test_the_crps_of_an_interval_is_the_mean_over_it(normal: np.ndarray) -> None:
    sample = normal[::100]
    points = np.linspace(1.0, 6.0, 4_001)
    assert crps(sample, 1.0, 6.0) == pytest.approx(np.mean([crps(sample, y) for y in points]), rel=1e-3)


def test_an_interval_that_shrinks_becomes_its_point(normal: np.ndarray) -> None:
    sample = normal[::100]
    assert crps(sample, 2.0, 2.0 + 1e-9) == pytest.approx(crps(sample, 2.0))
    assert log_score(sample, 50.0, 2.0, 2.0 + 1e-7) == pytest.approx(log_score(sample, 50.0, 2.0), abs=1e-5)
    assert coverage(sample, 0.9, 2.0, 2.0 + 1e-9) == pytest.approx(coverage(sample, 0.9, 2.0))


def test_the_crps_has_the_unit_of_its_values(normal: np.ndarray) -> None:
    sample = normal[::400]
    assert crps(1_000.0 * sample, 4_000.0, 5_000.0) == pytest.approx(1_000.0 * crps(sample, 4.0, 5.0))


@pytest.mark.parametrize("outcome", [3.0, 5.0, 8.0])
def test_the_log_score_of_a_normal_sample_is_that_of_the_density(normal: np.ndarray, outcome: float) -> None:
    density = stats.norm.pdf(outcome, 3.0, math.hypot(2.0, kernel_width(normal)))
    expected = -math.log((1 - FLOOR_WEIGHT) * density + FLOOR_WEIGHT / 100.0)
    assert log_score(normal, 100.0, outcome) == pytest.approx(expected, abs=1e-4)


def test_the_log_score_of_an_interval_is_its_probability_over_its_length(normal: np.ndarray) -> None:
    probability = stats.norm.cdf(6.0, 3.0, 2.0) - stats.norm.cdf(4.0, 3.0, 2.0)
    expected = -math.log((1 - FLOOR_WEIGHT) * probability / 2.0 + FLOOR_WEIGHT / 100.0)
    assert log_score(normal, 100.0, 4.0, 6.0) == pytest.approx(expected, abs=2e-3)


def test_no_outcome_costs_more_than_the_floor() -> None:
    assert log_score([1.0, 1.1, 1.2], 100.0, 1e6) == pytest.approx(-math.log(FLOOR_WEIGHT / 100.0))


def test_an_ensemble_without_spread_needs_a_least_width() -> None:
    with pytest.raises(ValueError, match="least width"):
        log_score([0.0, 0.0, 0.0], 1.0, 0.0)
    assert log_score([0.0, 0.0, 0.0], 1.0, 0.0, least_width=0.001) < 0.0


def test_a_kernel_is_as_wide_as_silverman_says(normal: np.ndarray) -> None:
    sample = normal[::10]
    assert kernel_width(sample) == pytest.approx(0.9 * 2.0 * 10_000**-0.2, rel=1e-3)
    mostly_one = np.array([0.0] * 90 + [1.0] * 10)
    assert kernel_width(mostly_one) > 0.0


@pytest.mark.parametrize("level", [0.5, 0.9])
def test_central_intervals_of_the_truth_cover_as_often_as_they_say(normal: np.ndarray, level: float) -> None:
    outcomes = np.random.default_rng(GENERATOR_SEED + 1).normal(3.0, 2.0, 4_000)
    covered = np.mean([coverage(normal[::40], level, y) for y in outcomes])
    assert covered == pytest.approx(level, abs=0.025)


def test_coverage_of_an_interval_is_the_part_inside() -> None:
    values = np.linspace(0.0, 1.0, 1_001)
    assert coverage(values, 0.5, 0.5, 1.0) == pytest.approx(0.5)
    assert coverage(values, 0.5, 0.8, 1.0) == 0.0
    assert coverage(values, 0.5, 0.4, 0.6) == 1.0


def test_skill_is_the_share_saved() -> None:
    assert skill(1.0, 4.0) == 0.75
    assert skill(8.0, 4.0) == -1.0
    assert math.isnan(skill(1.0, math.nan))
    assert math.isnan(skill(1.0, 0.0))


@pytest.mark.parametrize(
    "call",
    [
        lambda: crps([1.0], 1.0),
        lambda: crps([1.0, math.nan], 1.0),
        lambda: crps([1.0, 2.0], math.inf),
        lambda: crps([1.0, 2.0], 2.0, 1.0),
        lambda: coverage([1.0, 2.0], 1.0, 1.0),
        lambda: log_score([1.0, 2.0], 0.0, 1.0),
    ],
)
def test_what_is_no_ensemble_or_outcome_is_refused(call: object) -> None:
    with pytest.raises(ValueError, match="expected"):
        call()  # type: ignore[operator]
