"""The closed forms give their published numbers, and simple simulations agree with them."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from market.kernels import luck, theory

N_BUYERS, RENT, PENALTY, CAPACITY = 6, 4_500.0, 900.0, 300.0


def best_order(others: float) -> float:
    """Return the order that earns most when each of the other buyers orders `others`, split in proportion."""

    def loss(order: float) -> float:
        served = CAPACITY * order / (order + (N_BUYERS - 1) * others)
        return PENALTY * order - RENT * served

    return float(minimize_scalar(loss, bounds=(0.0, 10 * CAPACITY), method="bounded", options={"xatol": 1e-7}).x)


def test_the_rationing_game_order_is_its_own_best_answer() -> None:
    order = theory.rationing_game_order(N_BUYERS, RENT, PENALTY, CAPACITY)
    assert best_order(order) == pytest.approx(order, abs=1e-3)
    assert N_BUYERS * order / CAPACITY == pytest.approx(RENT / PENALTY * (N_BUYERS - 1) / N_BUYERS)


def test_any_other_order_is_not() -> None:
    order = theory.rationing_game_order(N_BUYERS, RENT, PENALTY, CAPACITY)
    assert abs(best_order(1.1 * order) - 1.1 * order) > 1
    assert abs(best_order(0.9 * order) - 0.9 * order) > 1


@pytest.mark.parametrize(("lambda_", "supply", "demand"), [(0.3, 50.0, 100.0), (1.0, 80.0, 100.0), (0.1, 1.0, 1.0)])
def test_the_book_grows_by_the_inflation_factor_each_round(lambda_: float, supply: float, demand: float) -> None:
    factor, fill_rate, book = theory.book_inflation(lambda_, supply, demand), 1.0, demand
    for _ in range(5):
        fill_rate = (1 - lambda_) * fill_rate + lambda_ * supply / book
        assert demand / fill_rate / book == pytest.approx(factor)
        book = demand / fill_rate


@pytest.mark.parametrize(("n", "published"), [(2, 0.56), (3, 0.85), (5, 1.16), (8, 1.42)])
def test_the_winners_curse_is_the_published_constant_and_what_is_simulated(n: int, published: float) -> None:
    n_tenders, sigma = 20_000, 2.0
    lowest = [min(sigma * luck.normal(1, n, tender, bidder, 0) for bidder in range(n)) for tender in range(n_tenders)]
    assert theory.winners_curse(n) == pytest.approx(published, abs=0.005)
    assert -np.mean(lowest) / sigma == pytest.approx(theory.winners_curse(n), abs=0.02)


@pytest.mark.parametrize(("months", "published"), [(1, 0.035), (3, 0.097), (6, 0.177)])
def test_the_hoarding_threshold_has_its_published_values_and_makes_a_holder_indifferent(
    months: int, published: float
) -> None:
    threshold = theory.hoarding_threshold(80_000, 170_000, carry=0.01, decay=0.03, months=months)
    assert threshold == pytest.approx(published, abs=0.0005)
    held = threshold * 170_000 + (1 - threshold) * 80_000 * 0.97**months
    assert held == pytest.approx(80_000 * 1.01**months)


def test_the_break_even_fraction_at_eighty_thousand_is_three_tenths() -> None:
    fraction = theory.break_even_fraction(80_000, server_share=0.35, months=48, opex=1_000, list_rent=11_000)
    assert fraction == pytest.approx(0.30, abs=0.005)
