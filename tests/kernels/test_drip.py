"""Drips and interest add up to the last unit."""

from hypothesis import given, settings
from hypothesis import strategies as st

from market.kernels.drip import drip, interest


def test_ten_cards_over_three_days() -> None:
    assert [drip(10, day, 3) for day in range(3)] == [3, 3, 4]


@settings(deadline=None)
@given(st.integers(0, 10**9), st.integers(1, 400))
def test_a_drip_delivers_everything_and_each_day_about_the_same(total: int, n_days: int) -> None:
    parts = [drip(total, day, n_days) for day in range(n_days)]
    assert sum(parts) == total
    assert max(parts) - min(parts) <= 1


def test_interest_carries_what_is_below_one_fen() -> None:
    assert interest(1_000_000, 3, 0) == (3, 0)
    assert interest(500_000, 3, 0) == (1, 500_000)
    assert interest(500_000, 3, 500_000) == (2, 0)


@settings(deadline=None)
@given(st.lists(st.integers(0, 10**16), max_size=20), st.integers(0, 10_000))
def test_carried_interest_is_the_exact_sum_rounded_down_once(amounts: list[int], rate_ppm: int) -> None:
    paid, carry = 0, 0
    for amount in amounts:
        part, carry = interest(amount, rate_ppm, carry)
        paid += part
    assert (paid, carry) == divmod(sum(amounts) * rate_ppm, 1_000_000)


def test_rounding_each_day_would_lose_money() -> None:
    exact, rounded, carry = 0, 0, 0
    for _ in range(1_096):
        part, carry = interest(3_333, 137, carry)
        exact += part
        rounded += interest(3_333, 137, 0)[0]
    assert (exact, rounded) == (500, 0)
