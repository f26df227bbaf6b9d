"""Response surfaces against functions whose coefficients and indices are known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from experiments.statistics.surfaces import Surface, check, choose_degree, indices, powers_up_to
from experiments.study import Factor

UNIT = tuple(Factor(f"x{i}", 0.0, 1.0, "1", "") for i in range(3))
ANGLES = tuple(Factor(f"x{i}", -np.pi, np.pi, "rad", "") for i in range(3))


def sobol(factors: tuple[Factor, ...], n: int, luck: int = 1) -> np.ndarray:
    """A scrambled Sobol sequence over the factors' ranges."""
    unit = stats.qmc.Sobol(len(factors), rng=np.random.default_rng(luck)).random(n)
    return stats.qmc.scale(unit, [f.low for f in factors], [f.high for f in factors])


def ishigami(x: np.ndarray) -> np.ndarray:
    """The function of Ishigami and Homma (1990), a = 7, b = 0.1."""
    return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


def test_a_polynomial_is_recovered_and_predicted_without_error():
    x = sobol(UNIT, 256)
    y = 3 + 2 * x[:, 0] - x[:, 1] ** 2 + 4 * x[:, 0] * x[:, 2]
    surface = Surface.fit(UNIT, x, y, 2)
    fresh = sobol(UNIT, 64, luck=2)
    expected = 3 + 2 * fresh[:, 0] - fresh[:, 1] ** 2 + 4 * fresh[:, 0] * fresh[:, 2]
    np.testing.assert_allclose(surface.predict(fresh)[0], expected, atol=1e-10)
    # Averaged over x1 and x2: 3 + 2 x0 - 1/3 + 2 x0.
    grid = np.linspace(0, 1, 5)
    np.testing.assert_allclose(surface.main_effect(0, grid)[0], 8 / 3 + 4 * grid, atol=1e-10)


def test_the_indices_of_the_ishigami_function_are_the_published_ones():
    # Variance shares in closed form: 0.3139, 0.4424, 0; totals 0.5576, 0.4424, 0.2437.
    x = sobol(ANGLES, 2048)
    found = indices(Surface.fit(ANGLES, x, ishigami(x), 9))
    assert found.first[0] == pytest.approx([0.3139, 0.4424, 0.0], abs=0.005)
    assert found.total[0] == pytest.approx([0.5576, 0.4424, 0.2437], abs=0.005)
    assert found.pairs[0] == pytest.approx([0.0, 0.2437, 0.0], abs=0.005)


def test_noise_adds_nothing_to_the_indices_of_an_idle_factor():
    x = sobol(UNIT, 1024)
    y = x[:, 0] + np.random.default_rng(4).normal(scale=0.3, size=1024)
    found = indices(Surface.fit(UNIT, x, y, 2))
    assert found.total[1, 1] <= 0.0 <= found.total[2, 1]
    assert found.total[1, 2] <= 0.0 <= found.total[2, 2]
    assert found.first[0, 0] == pytest.approx(1.0, abs=0.05)


def test_an_estimate_lies_inside_its_interval_and_nothing_is_shared_where_nothing_varies():
    x = sobol(UNIT, 128)
    luck = np.random.default_rng(5)
    for noise in (0.1, 0.5):
        found = indices(Surface.fit(UNIT, x, x[:, 0] + luck.normal(scale=noise, size=128), 2))
        for share, low, high in (*found.first.T, *found.total.T, *found.pairs.T):
            assert low <= share <= high
    nothing = indices(Surface.fit(UNIT, x, luck.normal(size=128), 2))
    assert np.isnan(nothing.first).all() and np.isnan(nothing.total).all()


def test_intervals_of_the_mean_cover_as_often_as_they_say():
    x = sobol(UNIT, 128)
    truth = 1 + x[:, 0] * x[:, 1]
    middle = np.array([[0.5, 0.5, 0.5], [0.9, 0.1, 0.3]])
    expected = 1 + middle[:, 0] * middle[:, 1]
    hits = []
    for luck in range(200):
        noise = np.random.default_rng(luck).normal(size=128) * (0.1 + 0.4 * x[:, 0])  # unequal
        _, low, high = Surface.fit(UNIT, x, truth + noise, 2).predict(middle)
        hits.append((low <= expected) & (expected <= high))
    assert np.mean(hits) == pytest.approx(0.95, abs=0.03)


def test_the_held_out_check_tells_a_good_surface_from_noise():
    x = sobol(ANGLES, 2048)
    good = check(ANGLES, x, ishigami(x))
    noise = check(ANGLES, x, np.random.default_rng(5).normal(size=2048))
    assert good.explained > 0.7
    assert noise.explained < 0.05
    assert noise.coverage == pytest.approx(0.95, abs=0.04)


def test_the_degree_follows_the_function():
    x = sobol(UNIT, 512)
    noise = np.random.default_rng(6).normal(scale=0.01, size=512)
    assert choose_degree(UNIT, x, x[:, 0] + noise) == 1
    assert choose_degree(UNIT, x, (2 * x[:, 0] - 1) ** 3 + noise) == 3


def test_terms_are_all_of_a_total_degree():
    assert len(powers_up_to(6, 3)) == 84
    assert powers_up_to(2, 2).tolist() == [[0, 0], [0, 1], [1, 0], [0, 2], [1, 1], [2, 0]]


def test_fewer_points_than_terms_are_refused():
    with pytest.raises(ValueError, match="10 terms need more than 8 points"):
        Surface.fit(UNIT, sobol(UNIT, 8), np.zeros(8), 2)
