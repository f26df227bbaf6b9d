"""Sensitivity indices on problems with known answers: Ishigami's function, plain and with luck."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from experiments.statistics.indices import blocks, delta, saltelli, second_order, sobol

A, B = 7.0, 0.1
NAMES = ("x1", "x2", "x3", "nothing")
VARIANCE = A**2 / 8.0 + B * np.pi**4 / 5.0 + B**2 * np.pi**8 / 18.0 + 0.5
V1, V2, V13 = 0.5 * (1.0 + B * np.pi**4 / 5.0) ** 2, A**2 / 8.0, 8.0 * B**2 * np.pi**8 / 225.0
FIRST = np.array([V1, V2, 0.0, 0.0]) / VARIANCE
TOTAL = np.array([V1 + V13, V2, V13, 0.0]) / VARIANCE


def ishigami(unit: np.ndarray) -> np.ndarray:
    x = np.pi * (2.0 * unit - 1.0)
    return np.sin(x[:, 0]) + A * np.sin(x[:, 1]) ** 2 + B * x[:, 2] ** 4 * np.sin(x[:, 0])


def noisy(unit: np.ndarray, replicates: int, deviation: float, seed: int) -> np.ndarray:
    luck = np.random.default_rng(seed)
    # Luck is larger where the second input is: its variance must not pass for an effect.
    size = deviation * (0.5 + unit[:, 1])
    return ishigami(unit)[:, None] + size[:, None] * luck.normal(size=(len(unit), replicates))


@pytest.fixture(scope="module")
def design() -> np.ndarray:
    return saltelli(1024, 4, np.random.default_rng(11))


def test_indices_of_ishigamis_function_are_the_known_ones() -> None:
    points = saltelli(8192, 4, np.random.default_rng(11))
    found = sobol(blocks(ishigami(points)[:, None], 4), NAMES, "ishigami").iloc[:4]
    np.testing.assert_allclose(found["first"], FIRST, atol=0.03)
    np.testing.assert_allclose(found["total"], TOTAL, atol=0.03)
    for name, known in (("first", FIRST), ("total", TOTAL)):
        assert (found[f"{name}_low"] - 1e-9 <= known).all()
        assert (known <= found[f"{name}_high"] + 1e-9).all()


def test_luck_is_taken_out_of_the_indices_and_has_a_share_of_its_own(design) -> None:
    deviation = 4.0
    found = sobol(blocks(noisy(design, 4, deviation, 1), 4), NAMES, "noisy")
    luck = deviation**2 * np.mean((0.5 + design[:, 1]) ** 2)
    np.testing.assert_allclose(found["first"].iloc[:4], FIRST, atol=0.08)
    np.testing.assert_allclose(found["total"].iloc[:4], TOTAL, atol=0.08)
    assert found["total"].iloc[4] == pytest.approx(luck / (luck + VARIANCE), abs=0.04)


def test_an_input_without_effect_has_no_total_index_although_luck_is_large(design) -> None:
    found = sobol(blocks(noisy(design, 4, 8.0, 2), 4), NAMES, "loud").set_index("input")
    assert abs(found.loc["nothing", "total"]) < 0.15
    assert found.loc["nothing", "total_low"] <= 0.0 <= found.loc["nothing", "total_high"]


def test_with_luck_left_in_the_same_input_would_seem_to_matter(design) -> None:
    runs = noisy(design, 4, 8.0, 2)
    left_in = sobol(blocks(runs.mean(axis=1, keepdims=True), 4), NAMES, "left in").set_index("input")
    assert left_in.loc["nothing", "total_low"] > 0.1


def test_intervals_cover_the_known_index_nine_times_in_ten_and_more() -> None:
    covered = []
    for seed in range(40):
        points = saltelli(128, 4, np.random.default_rng(100 + seed))
        found = sobol(blocks(noisy(points, 3, 2.0, seed), 4), NAMES, f"cover {seed}").iloc[:4]
        covered.append((found["total_low"] <= TOTAL) & (found["total_high"] >= TOTAL))
    assert np.mean(covered) > 0.88


def test_rows_without_a_value_are_counted_and_left_out(design) -> None:
    runs = ishigami(design)[:, None].copy()
    runs[5] = np.nan
    found = sobol(blocks(runs, 4), NAMES, "missing")
    assert found["lost"].iloc[0] == 1
    assert found["rows"].iloc[0] == 1023


def test_what_two_inputs_do_only_together_is_named() -> None:
    found = second_order(ishigami, NAMES, 1024, "pairs")
    assert tuple(found.loc[0, ["one", "other"]]) == ("x1", "x3")
    assert found.loc[0, "second"] == pytest.approx(V13 / VARIANCE, abs=0.04)
    assert found["second"].iloc[1:].abs().max() < 0.06


def test_delta_of_a_sum_of_normals_is_the_integral_it_stands_for() -> None:
    luck, deviation = np.random.default_rng(21), 0.7
    x = luck.normal(size=(4000, 2))
    y = x[:, 0] + deviation * luck.normal(size=4000)
    grid = np.linspace(-8.0, 8.0, 2001)
    places = stats.norm.ppf((np.arange(400) + 0.5) / 400)
    whole = stats.norm.pdf(grid, 0.0, np.sqrt(1.0 + deviation**2))
    given = stats.norm.pdf(grid[None, :], places[:, None], deviation)
    known = 0.5 * np.abs(given - whole).sum(axis=1).mean() * (grid[1] - grid[0])
    found = delta(x, y, ("moves", "nothing"), "normals")
    assert found["delta"].iloc[0] == pytest.approx(known, abs=0.03)
    assert found["delta"].iloc[1] < 0.02


def delta_by_counting(deviation: float) -> np.ndarray:
    """Delta of Ishigami's function with luck, from histograms over many draws."""
    luck = np.random.default_rng(31)
    x = luck.random((1_000_000, 3))
    y = ishigami(x) + deviation * luck.normal(size=len(x))
    edges = np.linspace(y.min(), y.max(), 120)
    whole = np.histogram(y, edges)[0] / len(y)
    found = []
    for k in range(3):
        classes = (x[:, k] * 50).astype(int)
        counts = np.histogram2d(classes, y, (np.arange(51) - 0.5, edges))[0]
        found.append(0.5 * np.abs(counts / counts.sum(axis=1, keepdims=True) - whole).sum(axis=1).mean())
    return np.array([*found, 0.0])


def test_delta_of_ishigamis_function_with_luck_is_what_a_million_draws_say() -> None:
    luck, deviation = np.random.default_rng(22), 2.0
    x = luck.random((3000, 4))
    y = ishigami(x) + deviation * luck.normal(size=3000)
    found = delta(x, y, NAMES, "ishigami")
    np.testing.assert_allclose(found["delta"], delta_by_counting(deviation), atol=0.03)
    assert list(found["delta"].argsort()) == [3, 2, 0, 1]


def test_rows_of_a_design_that_share_values_do_not_pass_for_an_effect(design) -> None:
    runs = noisy(design, 1, 2.0, 3)[:, 0]
    found = delta(design, runs, NAMES, "shared", blocks=6)
    np.testing.assert_allclose(found["delta"], delta_by_counting(2.0), atol=0.035)
    assert found["delta"].iloc[3] < 0.03


def test_the_interval_of_delta_reaches_zero_for_an_input_without_effect() -> None:
    luck = np.random.default_rng(24)
    x = luck.random((800, 4))
    found = delta(x, ishigami(x), NAMES, "few").set_index("input")
    assert found.loc["nothing", "delta_low"] == 0.0
    assert found.loc["x2", "delta_low"] > 0.2


def test_delta_does_not_exist_for_an_outcome_that_never_varies() -> None:
    x = np.random.default_rng(23).random((500, 1))
    assert delta(x, np.ones(500), ("x",), "flat")["delta"].isna().all()
