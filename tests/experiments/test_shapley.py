"""Shapley values and interactions against games whose values are known."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.statistics.shapley import interactions, players_of, shapley_values


def game(n_players: int, value) -> np.ndarray:
    """Values of all subsets, from a function of the set of players."""
    return np.array([value({i for i in range(n_players) if s >> i & 1}) for s in range(1 << n_players)], dtype=float)


def test_the_glove_game_pays_the_scarce_glove_two_thirds():
    # One left glove (player 0), two right ones: a pair is worth 1 (Osborne and Rubinstein 1994).
    gloves = game(3, lambda s: min(len(s & {0}), len(s & {1, 2})))
    assert shapley_values(gloves) == pytest.approx([2 / 3, 1 / 6, 1 / 6])


def test_the_airport_game_shares_each_stretch_of_runway_among_those_who_need_it():
    # Littlechild and Owen (1973): costs 1, 3, 6; each extra stretch is split among the planes that use it.
    costs = (1.0, 3.0, 6.0)
    airport = game(3, lambda s: max((costs[i] for i in s), default=0.0))
    assert shapley_values(airport) == pytest.approx([1 / 3, 1 / 3 + 2 / 2, 1 / 3 + 2 / 2 + 3])


def test_the_security_council_gives_a_permanent_member_a_hundred_times_the_power_of_another():
    # Shapley and Shubik (1954): 0.1963 each for the five permanent members, 0.001865 for the ten others.
    subsets = np.arange(1 << 15)
    bits = (subsets[:, None] >> np.arange(15)) & 1
    passes = (bits[:, :5].sum(axis=1) == 5) & (bits.sum(axis=1) >= 9)
    power = shapley_values(passes.astype(float))
    assert power[:5] == pytest.approx(421 / 2145, abs=1e-12)
    assert power[5:] == pytest.approx(4 / 2145, abs=1e-12)


def test_a_purely_additive_game_has_no_interaction_and_a_pair_that_needs_each_other_has_all():
    worths = np.array([3.0, -1.0, 0.5, 7.0])
    additive = game(4, lambda s: sum(worths[i] for i in s))
    assert shapley_values(additive) == pytest.approx(worths)
    assert interactions(additive) == pytest.approx(np.zeros(6), abs=1e-12)
    pair = game(4, lambda s: float({0, 1} <= s))
    assert interactions(pair) == pytest.approx([1, 0, 0, 0, 0, 0])
    either = game(4, lambda s: float(bool(s & {0, 1})))
    assert interactions(either) == pytest.approx([-1, 0, 0, 0, 0, 0])


def test_interactions_of_a_majority_of_three_are_known():
    # v = 1 with two or more of three: I = mean over the third absent (+1) and present (-1) = 0.
    majority = game(3, lambda s: float(len(s) >= 2))
    assert interactions(majority) == pytest.approx([0, 0, 0], abs=1e-12)
    unanimity = game(3, lambda s: float(len(s) == 3))
    assert interactions(unanimity) == pytest.approx([0.5, 0.5, 0.5])


@given(st.lists(st.floats(-1e9, 1e9), min_size=16, max_size=16))
def test_values_sum_to_the_total_and_agree_with_all_orders_of_joining(values):
    values = np.array(values)
    found = shapley_values(values)
    total = values[-1] - values[0]
    assert abs(found.sum() - total) <= 1e-9 * max(1.0, np.abs(values).max())
    by_hand = np.zeros(4)
    for order in permutations(range(4)):
        subset = 0
        for player in order:
            by_hand[player] += values[subset | 1 << player] - values[subset]
            subset |= 1 << player
    assert found == pytest.approx(by_hand / 24, abs=1e-12 * max(1.0, np.abs(values).max()))


def test_seeds_and_outcomes_are_computed_at_once():
    values = np.random.default_rng(3).normal(size=(32, 7, 5))
    found, pairs = shapley_values(values), interactions(values)
    assert found.shape == (5, 7, 5)
    assert pairs.shape == (10, 7, 5)
    np.testing.assert_allclose(found[:, 4, 2], shapley_values(values[:, 4, 2]), atol=1e-14)
    np.testing.assert_allclose(pairs[:, 4, 2], interactions(values[:, 4, 2]), atol=1e-14)


@pytest.mark.parametrize("n_subsets", [0, 1, 3, 63, 1 << 17])
def test_a_number_of_subsets_that_no_game_has_is_refused(n_subsets):
    with pytest.raises(ValueError, match="power of two"):
        players_of(n_subsets)
