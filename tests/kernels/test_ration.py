"""No card is lost or invented, nobody gets more than is due, and each rule rewards what it says."""

from fractions import Fraction
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market.kernels import ration
from market.kernels.ration import LINEAR, PRIORITY, PROPORTIONAL, RULES, TURN_AND_EARN, UNIFORM

rules = st.sampled_from(sorted(RULES.values()))
buyers = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 9)), min_size=1, max_size=9)  # (due, weight)


def column(values: list[int]) -> np.ndarray:
    return np.array(values, np.int64)


def allot(
    rule: int,
    supply: int,
    due: list[int],
    weights: list[int] | None = None,
    keys: list[int] | None = None,
    lot: int = 0,
) -> list[int]:
    n = len(due)
    out, work = np.full(n, -7, np.int64), np.full((ration.WORK_ROWS, n + 2), -7, np.int64)
    chosen, names = column(weights or [1] * n), column(keys or list(range(n)))
    ration.allot(rule, supply, column(due), chosen, names, lot, work, out)
    return out.tolist()


def pro_rata(total: int, weights: list[int], caps: list[int], keys: list[int]) -> list[int]:
    out, work = np.full(len(caps), -7, np.int64), np.full((ration.WORK_ROWS, len(caps)), -7, np.int64)
    ration.pro_rata(total, column(weights), column(caps), column(keys), work, out)
    return out.tolist()


def check_shares(shares: list[int], total: int, caps: list[int]) -> None:
    """Raise unless `shares` use up the total or the caps, and keep to the caps."""
    assert sum(shares) == min(max(total, 0), sum(caps)), "cards lost or invented"
    assert all(0 <= share <= cap for share, cap in zip(shares, caps, strict=True)), "more than is due"


def exact_pro_rata(total: int, weights: list[int], caps: list[int], keys: list[int]) -> list[int]:
    """Split in exact fractions, another way: accounts reach their caps in the order of cap by weight."""
    left, given_out, active = total, [0] * len(caps), [i for i in range(len(caps)) if weights[i] and caps[i]]
    for i in sorted(active, key=lambda i: Fraction(caps[i], weights[i])):
        if Fraction(left, sum(weights[j] for j in active)) * weights[i] < caps[i]:
            break
        given_out[i] = caps[i]
        left -= caps[i]
        active.remove(i)
    parts = {i: Fraction(left * weights[i], sum(weights[j] for j in active)) for i in active}
    for i in active:
        given_out[i] = int(parts[i])
        left -= int(parts[i])
    for i in sorted(active, key=lambda i: (int(parts[i]) - parts[i], keys[i]))[:left]:
        given_out[i] += 1
    return given_out


# Toy vectors


def test_pro_rata_gives_the_last_units_to_the_largest_fractions() -> None:
    assert pro_rata(10, [3, 3, 1], [99, 99, 99], [0, 1, 2]) == [4, 4, 2]  # 4.29, 4.29, 1.43
    assert pro_rata(2, [1, 1, 1], [9, 9, 9], [2, 0, 1]) == [0, 1, 1]  # a tie: smaller keys


def test_pro_rata_passes_on_what_a_full_account_cannot_take() -> None:
    assert pro_rata(100, [50, 30, 20], [10, 99, 99], [0, 1, 2]) == [10, 54, 36]
    assert pro_rata(100, [1, 0, 0], [10, 30, 30], [0, 1, 2]) == [10, 30, 30]  # weightless accounts come last
    assert pro_rata(21, [1, 0, 0], [10, 30, 30], [0, 2, 1]) == [10, 5, 6]
    assert pro_rata(10, [1, 1], [1, 10], [0, 1]) == [1, 9]


def test_pro_rata_of_money_is_exact_beyond_sixty_three_bits() -> None:
    total, claims = 10**15 + 7, [3 * 10**15, 5 * 10**15 + 1, 10**9, 1]
    assert pro_rata(total, claims, claims, [0, 1, 2, 3]) == exact_pro_rata(total, claims, claims, [0, 1, 2, 3])


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (PROPORTIONAL, [30, 20, 10]),
        (LINEAR, [40, 20, 0]),
        (UNIFORM, [20, 20, 20]),
        (TURN_AND_EARN, [13, 27, 20]),  # 10, 20, 30, but 30 is more than is due
        (PRIORITY, [0, 40, 20]),
    ],
)
def test_each_rule_splits_sixty_cards_among_three_buyers(rule: int, expected: list[int]) -> None:
    assert allot(rule, 60, [60, 40, 20], [1, 2, 3]) == expected


def test_the_linear_rule_drops_small_orders_and_splits_the_loss_again() -> None:
    assert allot(LINEAR, 50, [60, 40, 10]) == [35, 15, 0]


@pytest.mark.parametrize("rule", [PROPORTIONAL, LINEAR, UNIFORM])
def test_the_last_cards_go_to_the_smallest_keys(rule: int) -> None:
    assert allot(rule, 8, [5, 5, 5], keys=[2, 0, 1]) == [2, 3, 3]


def test_minimum_lots_come_first_and_are_cut_equally_when_supply_is_too_small() -> None:
    assert allot(PRIORITY, 60, [60, 40, 20], [1, 2, 3], lot=8) == [8, 32, 20]
    assert allot(PRIORITY, 60, [60, 40, 4], [3, 2, 1], lot=8) == [48, 8, 4]
    assert allot(PROPORTIONAL, 10, [60, 40, 3], keys=[2, 1, 0], lot=8) == [3, 4, 3]


# Closed form


@pytest.mark.parametrize(("rule", "rewarded"), [(PROPORTIONAL, 69), (LINEAR, 92), (UNIFORM, 50)])
def test_ordering_half_more_is_rewarded_as_theory_says(rule: int, rewarded: int) -> None:
    order, supply = 10_000, 30_000
    assert allot(rule, supply, [order] * 6) == [order // 2] * 6
    got = allot(rule, supply, [3 * order // 2, *[order] * 5])[0]
    assert round(100 * got / order) == rewarded


def test_the_uniform_rule_never_rewards_a_larger_order() -> None:
    got = [allot(UNIFORM, 300, [order, *[100] * 5])[0] for order in (50, 100, 1_000, 100_000)]
    assert got == [50] * 4


# Properties


@settings(deadline=None)
@given(rules, st.integers(-3, 400), buyers, st.integers(0, 12))
def test_every_rule_uses_up_the_supply_or_the_orders(
    rule: int, supply: int, rows: list[tuple[int, int]], lot: int
) -> None:
    due, weights = [list(column) for column in zip(*rows, strict=True)]
    check_shares(allot(rule, supply, due, weights, lot=lot), supply, due)


def test_the_check_of_shares_sees_a_lost_card_and_a_gift() -> None:
    with pytest.raises(AssertionError, match="lost"):
        check_shares([3, 3], 7, [5, 5])
    with pytest.raises(AssertionError, match="more than is due"):
        check_shares([6, 1], 7, [5, 5])


@settings(deadline=None)
@given(rules, st.integers(0, 400), buyers, st.integers(0, 12), st.randoms(use_true_random=False))
def test_the_order_of_buyers_does_not_matter(
    rule: int, supply: int, rows: list[tuple[int, int]], lot: int, shuffler: Random
) -> None:
    named = [(due, weight, key) for key, (due, weight) in enumerate(rows)]
    shuffled = shuffler.sample(named, len(named))
    found = []
    for listing in (named, shuffled):
        due, weights, keys = [list(column) for column in zip(*listing, strict=True)]
        found.append(dict(zip(keys, allot(rule, supply, due, weights, keys, lot), strict=True)))
    assert found[0] == found[1]


@settings(deadline=None)
@given(st.integers(0, 400), buyers, st.sampled_from([1, 10**7, 10**15]))
def test_pro_rata_agrees_with_exact_fractions(total: int, rows: list[tuple[int, int]], unit: int) -> None:
    caps, weights, keys = [due * unit for due, _ in rows], [w * unit for _, w in rows], list(range(len(rows)))
    positive = [cap if weight else 0 for cap, weight in zip(caps, weights, strict=True)]
    assert pro_rata(total * unit, weights, positive, keys) == exact_pro_rata(total * unit, weights, positive, keys)


@settings(deadline=None)
@given(st.integers(0, 400), buyers)
def test_the_proportional_rule_is_within_a_card_of_the_exact_share(total: int, rows: list[tuple[int, int]]) -> None:
    due = [cards for cards, _ in rows]
    share = Fraction(min(total, sum(due)), max(sum(due), 1))
    shares = allot(PROPORTIONAL, total, due)
    assert all(abs(got - cards * share) < 1 for got, cards in zip(shares, due, strict=True))
