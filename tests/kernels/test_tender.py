"""The lowest floor wins at the second-lowest, within a tick."""

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market.kernels.luck import bits
from market.kernels.tender import descend

START, TICK, SEED, DECISION, DAY = 6000, 50, 1, 2, 3
floors_bp = st.lists(st.integers(0, 7000), max_size=5)


def column(values: list[int]) -> np.ndarray:
    return np.array(values, np.int64)


def tender(floors: list[int], keys: list[int] | None = None, day: int = DAY, tick: int = TICK) -> tuple[int, int]:
    names = keys or list(range(len(floors)))
    rows = column([*floors, 0])  # one more row than bidders
    return descend(rows, len(floors), START, tick, SEED, DECISION, day, column([*names, 99]))


def step_by_step(floors: list[int], tick: int) -> tuple[int, int]:
    """Call the price out loud, as in the room."""
    price = START
    staying = [i for i, floor in enumerate(floors) if floor <= price]
    while len(staying) > 1:
        remaining = [i for i in staying if floors[i] <= price - tick]
        if not remaining:
            return min(staying, key=lambda i: int(bits(SEED, DECISION, DAY, i, 0))), price
        if len(remaining) == 1:
            return remaining[0], price
        staying, price = remaining, price - tick
    return (staying[0], price) if staying else (-1, 0)


def test_three_clouds_bid_down_to_the_last_loser() -> None:
    assert tender([3000, 2000, 2500]) == (1, 2500)
    assert tender([3000, 2000, 2510]) == (1, 2550)  # the rival leaves rather than call 2500


def test_a_close_at_a_fifth_of_list_needs_a_loser_willing_to_go_near_it() -> None:
    assert tender([500, 2000, 4000]) == (0, 2000)
    assert tender([500, 3000, 4000]) == (0, 3000)


def test_a_lone_bidder_wins_at_the_start_and_nobody_wins_without_bids() -> None:
    assert tender([3000]) == tender([START]) == (0, START)
    assert tender([6001, 3000, 9000]) == (1, START)
    assert tender([6001]) == (-1, 0)
    assert tender([]) == (-1, 0)


@settings(deadline=None, max_examples=300)
@given(floors_bp, st.sampled_from([1, 50, 700]))
def test_the_answer_is_that_of_the_room(floors: list[int], tick: int) -> None:
    assert tender(floors, tick=tick) == step_by_step(floors, tick)


@settings(deadline=None)
@given(st.lists(st.integers(0, START), min_size=2, max_size=5))
def test_the_price_is_the_second_lowest_floor_within_a_tick(floors: list[int]) -> None:
    winner, price = tender(floors)
    assert 0 <= price - sorted(floors)[1] < TICK
    assert floors[winner] - min(floors) < TICK
    assert price >= floors[winner]


def test_with_a_tick_of_one_point_the_lowest_floor_always_wins() -> None:
    assert tender([2501, 2500, 2502], tick=1) == (1, 2501)


@settings(deadline=None)
@given(st.lists(st.sampled_from([1000, 1010, 2000]), min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_the_order_of_bidders_does_not_matter(floors: list[int], shuffler: Random) -> None:
    winner, price = tender(floors)
    keys = shuffler.sample(range(len(floors)), len(floors))
    shuffled_winner, shuffled_price = tender([floors[key] for key in keys], keys)
    assert (keys[shuffled_winner], shuffled_price) == (winner, price)


def test_ties_are_won_equally_often() -> None:
    n_days = 3_000
    wins = np.bincount([tender([2000, 2000, 2000], day=day)[0] for day in range(n_days)])
    assert wins / n_days == pytest.approx([1 / 3] * 3, abs=0.04)
