"""Choices follow the logit and each option keeps its own luck."""

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market.kernels.choose import choose, rank
from market.kernels.luck import gumbel

SEED, DECISION, DAY = 1, 2, 3
values_lists = st.lists(st.floats(-5, 5) | st.just(-np.inf), max_size=8)


def chosen(values: list[float], keys: list[int] | None = None, scale: float = 1.0, day: int = DAY) -> int:
    names = np.array(list(range(len(values))) if keys is None else keys, np.int64)
    return choose(np.array(values, np.float64), len(values), SEED, DECISION, day, names, scale)


def test_without_luck_the_best_option_is_taken_and_ties_go_to_the_smaller_key() -> None:
    assert chosen([1.0, 3.0, 2.0], scale=0.0) == 1
    assert chosen([3.0, 1.0, 3.0], [9, 5, 4], scale=0.0) == 2


def test_no_possible_option_means_no_choice() -> None:
    assert chosen([]) == -1
    assert chosen([-np.inf, np.nan]) == -1
    assert chosen([-np.inf, -1e300, np.nan]) == 1


def test_the_chance_of_an_option_is_its_logit_share() -> None:
    values, scale, n_days = [0.0, 0.5, 1.0], 0.7, 20_000
    shares = np.bincount([chosen(values, scale=scale, day=day) for day in range(n_days)]) / n_days
    logit = np.exp(np.array(values) / scale)
    assert shares == pytest.approx(logit / logit.sum(), abs=0.015)


@settings(deadline=None)
@given(values_lists, st.randoms(use_true_random=False))
def test_the_order_of_options_does_not_matter(values: list[float], shuffler: Random) -> None:
    keys = shuffler.sample(range(len(values)), len(values))
    before, after = chosen(values), chosen([values[key] for key in keys], keys)
    assert before == (keys[after] if after >= 0 else -1)


@settings(deadline=None)
@given(values_lists, st.floats(-5, 5))
def test_one_more_option_changes_the_choice_only_if_it_is_chosen(values: list[float], more: float) -> None:
    before, after = chosen(values), chosen([*values, more])
    assert after in (before, len(values))


def test_the_luck_is_the_named_gumbel_draw() -> None:
    draws = [gumbel(SEED, DECISION, DAY, key, 0) for key in (17, 4, 8)]
    assert chosen([0.0, 0.0, 0.0], [17, 4, 8]) == int(np.argmax(draws))


@settings(deadline=None)
@given(values_lists)
def test_rank_falls_and_keeps_ties_in_order(values: list[float]) -> None:
    out = np.full(len(values) + 1, -7, np.int64)
    rank(np.array(values, np.float64), len(values), out)
    assert out[:-1].tolist() == sorted(range(len(values)), key=lambda i: -values[i])
    assert out[-1] == -7
