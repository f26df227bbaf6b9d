"""Intervals agree with closed forms and published examples, cover as they say, and draw the same luck every time."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from experiments.statistics.intervals import (
    Interval,
    bootstrap,
    bootstrap_means,
    generator,
    half_width,
    paired_difference,
    replicates_for_mean,
    replicates_for_share,
    student,
    student_columns,
    variance_reduction,
    wilson,
)

numbers = st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30)


def test_students_interval_of_five_numbers_is_the_textbooks() -> None:
    value, low, high = student([1, 2, 3, 4, 5])
    assert value == 3
    assert (high - low) / 2 == pytest.approx(2.7764451 * math.sqrt(2.5 / 5))


def test_what_is_not_finite_is_left_out() -> None:
    assert student([1, 2, math.nan, 3, math.inf]) == student([1, 2, 3])
    assert bootstrap([1, 2, math.nan, 3]) == bootstrap([1, 2, 3])


def test_too_few_values_have_no_interval() -> None:
    assert student([7.0])[0] == 7.0
    assert all(math.isnan(end) for end in student([7.0])[1:])
    assert all(math.isnan(x) for x in [*student([]), *bootstrap([]), *wilson(0, 0)])


@given(st.lists(st.lists(st.one_of(st.floats(-1e3, 1e3), st.just(math.nan)), min_size=3, max_size=3), min_size=1))
def test_columns_at_once_are_columns_one_by_one(rows: list[list[float]]) -> None:
    table = np.array(rows)
    np.testing.assert_allclose(student_columns(table), np.transpose([student(c) for c in table.T]), atol=1e-6)


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    # Newcombe, Two-sided confidence intervals for the single proportion, Statistics in Medicine 17 (1998), table I.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilsons_interval_is_the_published_one(successes: int, trials: int, low: float, high: float) -> None:
    found = wilson(successes, trials)
    assert found.low == pytest.approx(low, abs=5e-5)
    assert found.high == pytest.approx(high, abs=5e-5)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilsons_interval_holds_the_share_and_stays_in_zero_to_one(case: tuple[int, int]) -> None:
    value, low, high = wilson(*case)
    assert 0 <= low <= value <= high <= 1


def test_impossible_shares_are_refused() -> None:
    with pytest.raises(ValueError, match="successes = 5"):
        wilson(5, 4)


def test_the_bootstrap_of_a_mean_nears_students_interval() -> None:
    values = np.random.default_rng(3).normal(size=2000)
    near, exact = bootstrap(values, "mean"), student(values)
    assert near.value == pytest.approx(exact.value)
    assert near.half_width == pytest.approx(exact.half_width, rel=0.05)


def test_the_bootstrap_covers_a_median_as_often_as_it_says() -> None:
    luck = np.random.default_rng(5)
    found = [bootstrap(luck.exponential(size=60), "median", n_resamples=400) for _ in range(300)]
    covered = np.mean([low <= math.log(2) <= high for _, low, high in found])
    assert 0.90 <= covered <= 0.985  # 0.95 give or take two and a half errors of 300 tries


def test_a_quantiles_bootstrap_nears_its_binomial_interval() -> None:
    values = np.sort(np.random.default_rng(7).uniform(size=1000))
    low_rank, high_rank = stats.binom.ppf([0.025, 0.975], 1000, 0.9).astype(int)
    found = bootstrap(values, 0.9)
    assert found.low == pytest.approx(values[low_rank], abs=0.004)
    assert found.high == pytest.approx(values[high_rank], abs=0.004)


def test_the_same_name_gives_the_same_luck_and_another_gives_another() -> None:
    values = np.random.default_rng(1).normal(size=50)
    assert bootstrap(values, luck="a") == bootstrap(values, luck="a")
    assert generator("a").integers(10**9) != generator("b").integers(10**9)


def test_the_bootstrap_leaves_other_generators_alone() -> None:
    before = np.random.get_state()[1].copy()  # type: ignore[index]
    bootstrap([1.0, 2.0, 3.0])
    assert (np.random.get_state()[1] == before).all()  # type: ignore[index]


def test_long_samples_are_resampled_in_pieces_with_the_same_result(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(2).normal(size=100)
    whole = bootstrap(values, "median")
    monkeypatch.setattr("experiments.statistics.intervals.CHUNK_VALUES", 350)
    assert bootstrap(values, "median") == whole


def test_means_that_are_combined_are_resampled_by_whole_runs() -> None:
    left = np.random.default_rng(9).normal(10, 3, size=200)
    table = np.column_stack([left, 2 * left])
    ratio = bootstrap_means(table, lambda means: means[:, 1:] / means[:, :1])
    np.testing.assert_allclose(ratio[:, 0], 2.0)
    mean = bootstrap_means(table, lambda means: means)
    assert (mean[2, 0] - mean[1, 0]) / 2 == pytest.approx(student(left).half_width, rel=0.08)


def test_a_hole_in_a_run_is_refused_where_runs_are_resampled_whole() -> None:
    with pytest.raises(ValueError, match="finite"):
        bootstrap_means([[1.0, math.nan]], lambda means: means)


def test_a_difference_of_pairs_is_the_mean_of_differences() -> None:
    found = paired_difference([3, 5, 8, math.nan], [1, 2, 3, 4])
    assert found == student([2, 3, 5])


def test_pairs_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="2 and 3"):
        paired_difference([1, 2], [1, 2, 3])


def test_pairing_saves_all_nothing_or_less_than_nothing() -> None:
    values = np.array([1.0, 2.0, 5.0, 9.0])
    assert variance_reduction(values, values + 3) == pytest.approx(1.0)
    assert variance_reduction(values, -values) == pytest.approx(-1.0)
    assert variance_reduction([1, 1, 2, 2], [1, 2, 1, 2]) == pytest.approx(0.0)
    assert math.isnan(variance_reduction([1, 1], [2, 2]))


@pytest.mark.parametrize(("deviation", "wanted"), [(1.0, 0.1), (3.0, 0.5), (0.0, 1.0), (10.0, 20.0)])
def test_fewest_runs_for_a_mean_are_enough_and_one_less_is_not(deviation: float, wanted: float) -> None:
    def reach(n: int) -> float:
        return float(stats.t.ppf(0.975, n - 1)) * deviation / math.sqrt(n)

    n = replicates_for_mean(deviation, wanted)
    assert reach(n) <= wanted
    assert n == 2 or reach(n - 1) > wanted


def test_a_share_of_one_half_to_within_a_tenth_takes_93_runs() -> None:
    # Wilson's half width z sqrt(1/(4n) + z2/(4n^2)) / (1 + z2/n) at n = 92 and 93.
    n = replicates_for_share(0.5, 0.1)
    assert wilson(n / 2, n).half_width <= 0.1 < wilson((n - 1) / 2, n - 1).half_width
    assert n == 93


def test_a_half_width_that_is_not_positive_is_refused() -> None:
    for needed in (replicates_for_mean, replicates_for_share):
        with pytest.raises(ValueError, match="half_width"):
            needed(0.5, 0.0)


def test_half_width_is_half_the_length() -> None:
    assert half_width((5.0, 2.0, 6.0)) == Interval(5.0, 2.0, 6.0).half_width == 2.0


def test_a_coverage_outside_zero_to_one_is_refused() -> None:
    with pytest.raises(ValueError, match="level = 95"):
        student([1, 2], level=95)


@given(numbers)
def test_a_bootstrap_interval_lies_within_the_values(values: list[float]) -> None:
    found = bootstrap(values, "median", n_resamples=50)
    assert min(values) <= found.low <= found.high <= max(values)
