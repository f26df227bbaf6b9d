"""Boxes of known problems are found; noise has none."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from experiments.statistics.prim import Box, discover, find_box, peel, quasi_p_values, restriction_shares


def cube(n: int, inputs: int, luck: int = 1) -> np.ndarray:
    """A Latin hypercube of the unit cube."""
    return stats.qmc.LatinHypercube(inputs, rng=np.random.default_rng(luck)).random(n)


def in_known_box(x: np.ndarray) -> np.ndarray:
    """A box in three of the inputs, the test shape of Lempert, Bryant and Bankes (2008)."""
    return (x[:, 0] > 0.6) & (x[:, 1] < 0.5) & (x[:, 2] > 0.2) & (x[:, 2] < 0.8)


def test_a_known_box_among_idle_inputs_is_found_to_a_slice():
    x = cube(2000, 6)
    y = in_known_box(x)
    box = find_box(x, y, least_density=0.97)
    assert box.restricted.tolist() == [True, True, True, False, False, False]
    assert box.low[0] == pytest.approx(0.6, abs=0.04)
    assert box.high[1] == pytest.approx(0.5, abs=0.04)
    assert box.low[2] == pytest.approx(0.2, abs=0.04)
    assert box.high[2] == pytest.approx(0.8, abs=0.04)
    assert box.coverage > 0.9
    assert box.density >= 0.97


def test_a_known_box_behind_noise_is_found_with_the_density_it_has():
    # Nine in ten cases of the box are of interest, one in twenty outside: the box's density is 0.9, no more.
    x = cube(4000, 6)
    chance = np.where(in_known_box(x), 0.9, 0.05)
    y = np.random.default_rng(2).random(len(x)) < chance
    box = find_box(x, y, least_density=0.85)
    assert box.restricted.tolist() == [True, True, True, False, False, False]
    fresh = cube(4000, 6, luck=3)
    fresh_y = np.random.default_rng(4).random(len(fresh)) < np.where(in_known_box(fresh), 0.9, 0.05)
    assert fresh_y[box.holds(fresh)].mean() == pytest.approx(box.density, abs=0.06)


def test_two_known_boxes_are_found_one_after_the_other():
    x = cube(4000, 4)
    first, second = (x[:, 0] < 0.4) & (x[:, 1] < 0.6), (x[:, 0] > 0.75) & (x[:, 1] > 0.7)
    boxes = discover(x, first | second, least_density=0.9)
    assert len(boxes) >= 2
    shares = np.array([[(box.holds(x) & known).sum() / known.sum() for known in (first, second)] for box in boxes[:2]])
    assert sorted(shares.argmax(axis=1)) == [0, 1]  # each finds one of them, in either order
    assert shares.max(axis=0).min() > 0.85


def test_noise_has_no_box():
    # The negative control: labels that have nothing to do with the inputs.
    x = cube(2000, 6)
    y = np.random.default_rng(5).random(2000) < 0.3
    shares = restriction_shares(x, y, n_resamples=20)
    assert shares.max() < 0.9
    found = find_box(x, y)
    fresh = cube(20_000, 6, luck=6)
    fresh_y = np.random.default_rng(7).random(len(fresh)) < 0.3
    assert fresh_y[found.holds(fresh)].mean() == pytest.approx(0.3, abs=0.05)
    assert found.density < 0.6  # what the least density asks for is not there


def test_resamples_restrict_the_inputs_that_matter_and_seldom_others():
    x = cube(2000, 6)
    shares = restriction_shares(x, in_known_box(x), n_resamples=20)
    assert (shares[:3] > 0.95).all()
    assert (shares[3:] < 0.3).all()


def test_a_quasi_p_value_is_the_tail_of_a_binomial():
    # Ten cases in a row, the upper five of interest; the box holds the upper five and one more.
    x = np.arange(10.0)[:, None]
    y = x[:, 0] >= 5
    box = Box(np.array([4.0]), np.array([np.inf]), 1.0, 5 / 6, 0.6)
    expected = sum(stats.binom.pmf(k, 6, 0.5) for k in (5, 6))
    assert quasi_p_values(box, x, y) == pytest.approx([expected])


def test_an_input_without_restriction_has_a_quasi_p_value_of_one():
    x = cube(500, 3)
    assert quasi_p_values(find_box(x, x[:, 0] > 0.5), x, x[:, 0] > 0.5)[1:].tolist() == [1.0, 1.0]


def test_an_input_with_few_values_can_be_peeled():
    x = np.column_stack([np.repeat([0.0, 1.0, 2.0, 3.0], 100), cube(400, 1)[:, 0]])
    box = find_box(x, x[:, 0] >= 2.0)
    assert box.low[0] == 2.0
    assert (box.coverage, box.density, box.mass) == (1.0, 1.0, 0.5)
    assert not box.restricted[1]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.05, 0.95))
def test_every_step_of_a_peeling_is_smaller_and_its_numbers_are_true(luck, share):
    random = np.random.default_rng(luck)
    x = random.random((200, 3))
    y = random.random(200) < share
    y[0] = True
    trajectory = peel(x, y)
    masses = [box.mass for box in trajectory]
    assert masses[0] == 1.0
    assert all(later < earlier for earlier, later in pairwise(masses))
    assert masses[-1] >= 0.05
    for box in trajectory:
        held = box.holds(x)
        assert box.mass == held.mean()
        assert box.density == y[held].mean()
        assert box.coverage == y[held].sum() / y.sum()


def test_nothing_of_interest_is_refused():
    with pytest.raises(ValueError, match="no case"):
        peel(cube(20, 2), np.zeros(20, dtype=bool))
    with pytest.raises(ValueError, match="belong together"):
        peel(cube(20, 2), np.ones(19, dtype=bool))


def test_where_everything_is_of_interest_there_is_no_box():
    x = cube(100, 2)
    assert discover(x, np.ones(100, dtype=bool)) == []
