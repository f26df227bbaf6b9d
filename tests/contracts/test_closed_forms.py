"""The model's own rules give the published numbers where a closed form is known."""

from __future__ import annotations

import numpy as np
import pytest

from market import GpuMarket
from market.decisions.cloud import tender_floor
from market.decisions.nvidia import decide_allotment
from market.decisions.speculator import hoarding_threshold, reservation_price
from market.decisions.valuation import break_even_fraction, inflated_order, present_value_months, worth_of_card
from market.kernels import theory
from market.kernels.ration import RULES
from market.parameters import clouds, orders, servers, spot, supply
from market.state import primary, scene
from market.state.products import A800

PRICE, BANNED_PRICE, CARRY, DECAY = 80_000.0, 170_000.0, 0.01, 0.03
CONTRACT, SERVER, NO_SUBSTITUTE = 72_000.0, 25_200.0, 1e9
LIFE, DISCOUNT = 48.0, 0.01


# ------------------------------------------------------------------ hoarding


@pytest.mark.parametrize(("months", "published"), [(1, 0.035), (3, 0.097), (6, 0.177)])
def test_a_speculator_holds_from_the_published_belief_on(months: int, published: float) -> None:
    calm = PRICE * (1.0 - DECAY) ** months
    threshold = hoarding_threshold(PRICE, calm, BANNED_PRICE, CARRY, float(months))
    assert threshold == pytest.approx(published, abs=0.0005)
    assert threshold == pytest.approx(theory.hoarding_threshold(PRICE, BANNED_PRICE, CARRY, DECAY, months))


@pytest.mark.parametrize("months", [1, 3, 6])
def test_at_that_belief_the_reservation_price_is_todays_price(months: int) -> None:
    calm = PRICE * (1.0 - DECAY) ** months
    threshold = hoarding_threshold(PRICE, calm, BANNED_PRICE, CARRY, float(months))
    prices = [reservation_price(calm, BANNED_PRICE, belief, CARRY, float(months)) for belief in
              (threshold, threshold + 0.02, threshold - 0.02)]  # fmt: skip
    assert prices[0] == pytest.approx(PRICE)
    assert prices[1] > PRICE > prices[2]


def test_without_a_gain_from_a_ban_belief_decides_nothing() -> None:
    assert hoarding_threshold(PRICE, 90_000.0, 85_000.0, CARRY, 1.0) == 0.0
    assert hoarding_threshold(PRICE, 70_000.0, 65_000.0, CARRY, 1.0) == 1.0


# ------------------------------------------------------------------ the worth of a card


def worth(net_rent: float, wait_months: float, **changes: float) -> float:
    """Return what a user would pay who believes in no stop and sees no substitute."""
    values = {
        "net_rent": net_rent, "present_value": present_value_months(LIFE, DISCOUNT), "server_cny": SERVER,
        "contract_cny": CONTRACT, "wait_months": wait_months, "stop_belief": 0.0, "is_stopped": 0.0,
        "substitute_cny": NO_SUBSTITUTE, "wait_weight": 1.0,
    } | changes  # fmt: skip
    arguments = list(values.values())
    arguments[6] = bool(arguments[6])
    return worth_of_card(*arguments)


@pytest.mark.parametrize(
    ("net_rent", "wait_months", "published"),
    [(4_500.0, 3.0, 85_000), (4_500.0, 12.0, 126_000), (9_000.0, 11.0, 170_000)],
)
def test_a_users_bid_is_the_contract_price_plus_what_waiting_costs(
    net_rent: float, wait_months: float, published: float
) -> None:
    assert worth(net_rent, wait_months) == pytest.approx(published, rel=0.01)
    assert worth(net_rent, wait_months) == CONTRACT + net_rent * wait_months


def test_nobody_pays_more_than_a_cards_use_or_than_a_substitute_costs() -> None:
    in_use = 4_500.0 * present_value_months(LIFE, DISCOUNT) - SERVER
    assert worth(4_500.0, 100.0) == pytest.approx(in_use)
    assert worth(4_500.0, 12.0, substitute_cny=100_000.0) == 100_000.0
    assert worth(4_500.0, 12.0, is_stopped=1.0) == pytest.approx(in_use)
    assert worth(0.0, 12.0) == worth(-500.0, 12.0) == 0.0


def test_belief_in_a_stop_moves_the_bid_from_the_wait_to_the_use() -> None:
    in_use, waiting = worth(9_000.0, 100.0), worth(9_000.0, 3.0)
    assert worth(9_000.0, 3.0, stop_belief=0.25) == pytest.approx(0.75 * waiting + 0.25 * in_use)
    assert worth(9_000.0, 3.0, stop_belief=1.0) == pytest.approx(in_use)


def test_the_present_value_of_a_card_counts_38_of_48_months() -> None:
    assert present_value_months(LIFE, DISCOUNT) == pytest.approx((1 - 1.01**-48) / 0.01)
    assert present_value_months(LIFE, 0.0) == LIFE


# ------------------------------------------------------------------ break-even and floors


def test_the_break_even_fraction_at_eighty_thousand_is_three_tenths() -> None:
    fraction = break_even_fraction(PRICE, 0.35 * PRICE, LIFE, 1_000.0, 11_000.0)
    assert fraction == pytest.approx(0.30, abs=0.005)
    assert fraction == pytest.approx(theory.break_even_fraction(PRICE, 0.35, LIFE, 1_000.0, 11_000.0))


def test_break_even_at_the_baselines_own_costs_is_near_three_tenths_and_half_at_a_doubled_price() -> None:
    p = GpuMarket("baseline", seed=1).world.p
    own = [
        break_even_fraction(price, p[servers.SERVER_COST], p[clouds.LIFE], p[clouds.OPEX], p[clouds.LIST_RENT])
        for price in (PRICE, 190_000.0)
    ]
    assert own[0] == pytest.approx(0.31, abs=0.03)
    assert own[1] == pytest.approx(0.52, abs=0.04)


def test_a_floor_lies_under_break_even_by_what_the_customer_is_worth_later() -> None:
    assert tender_floor(0.30, 0.55, 0.0, 0.0, 0.0) == 0.30
    assert tender_floor(0.30, 0.55, 0.3, 0.035, 0.0) == pytest.approx(0.30 - 0.3 * 0.25 - 0.035)
    assert tender_floor(0.05, 0.55, 0.3, 0.035, 0.0) == 0.0
    assert tender_floor(0.30, 0.20, 0.3, 0.0, 0.0) == 0.30


# ------------------------------------------------------------------ rationing, in the primary market itself

N_BUYERS = 6
RENT, COST = 4_500.0, 900.0


def allotted(rule: str, due: list[int], supply_cards: float, **overrides: float) -> np.ndarray:
    """Return what NVIDIA grants six clouds on the first of a month under a rule."""
    numbers = {"primary__oldest_first_share": 0.0, "primary__minimum_lot_cards": 0} | overrides
    model = GpuMarket("tiny", seed=1, market__allotment=rule, **numbers)
    world = model.world
    for buyer, cards in enumerate(due):
        place(model, buyer, cards)
    world.product_f64[scene.SUPPLY, A800] = supply_cards
    decide_allotment(model.handle, 0)
    return world.buyer_i64[primary.DESIRED_ALLOTMENT, A800, :N_BUYERS].copy()


def place(model: GpuMarket, buyer: int, cards: int, due: int = 0) -> None:
    world = model.world
    row = world.clock[scene.N_ORDERS]
    order = world.order_i64[:, row]
    order[primary.BUYER], order[primary.PRODUCT], order[primary.CARDS] = buyer, A800, cards
    order[primary.DUE_DAY] = order[primary.PROMISED] = due
    world.open_orders[world.clock[scene.N_OPEN]] = row
    world.clock[[scene.N_ORDERS, scene.N_OPEN]] += 1


@pytest.mark.parametrize(("rule", "published"), [("proportional", 69), ("linear", 92), ("uniform", 50)])
def test_ordering_half_as_much_again_gains_what_the_rule_says(rule: str, published: int) -> None:
    """Six equal buyers at a supply of half the book; then one of them orders 50% more."""
    assert allotted(rule, [100] * N_BUYERS, 300).tolist() == [50] * N_BUYERS
    gamed = allotted(rule, [150] + [100] * (N_BUYERS - 1), 300)
    assert gamed[0] == pytest.approx(published, abs=1)
    assert gamed.sum() == 300


def profit(order: float, others: float, capacity: float) -> float:
    """Return what an order earns one of six buyers: rent on cards got, and a cost of each card ordered."""
    due = [round(order)] + [round(others)] * (N_BUYERS - 1)
    return RENT * int(allotted("proportional", due, capacity)[0]) - COST * round(order)


def test_the_rationing_game_is_played_to_its_closed_form_through_the_primary_market() -> None:
    capacity = 3_000.0
    best = theory.rationing_game_order(N_BUYERS, RENT, COST, capacity)
    at_best = profit(best, best, capacity)
    for share in (0.5, 0.8, 0.9, 1.1, 1.2, 1.5):
        assert profit(share * best, best, capacity) < at_best
    assert N_BUYERS * best / capacity == pytest.approx(RENT / COST * (N_BUYERS - 1) / N_BUYERS)


def test_at_any_other_order_of_all_a_buyer_gains_by_moving_toward_the_closed_form() -> None:
    capacity = 3_000.0
    best = theory.rationing_game_order(N_BUYERS, RENT, COST, capacity)
    for all_order, better in ((0.7 * best, 1.1), (1.4 * best, 0.9)):
        assert profit(better * all_order, all_order, capacity) > profit(all_order, all_order, capacity)


def test_under_uniform_allotment_ordering_more_gains_nothing() -> None:
    assert allotted("uniform", [100] * N_BUYERS, 300)[0] == allotted("uniform", [5_000] + [100] * 5, 300)[0]


def test_the_oldest_orders_take_their_share_first() -> None:
    model = GpuMarket(
        "tiny",
        seed=1,
        primary__oldest_first_share=0.5,
        primary__minimum_lot_cards=0,
        market__allotment="proportional",
    )
    place(model, 0, 100, due=3)
    place(model, 1, 100, due=1)
    model.world.product_f64[scene.SUPPLY, A800] = 100.0
    decide_allotment(model.handle, 0)
    granted = model.world.buyer_i64[primary.DESIRED_ALLOTMENT, A800, :2]
    # 50 cards to the older order; the other 50 by what is still due, 100 and 50
    assert granted.tolist() == [33, 67]


def test_orders_of_rounds_that_lapse_inflate_the_book_as_in_the_closed_form() -> None:
    """Buyers divide what they need by the fill rate they expect, and learn it at the model's own gain."""
    p = GpuMarket("baseline", seed=1).world.p
    gain, need, supply_cards = float(p[orders.FILL_GAIN]), 1_000.0, 500.0
    factor, fill_rate, book = theory.book_inflation(gain, supply_cards, need), 1.0, need
    for _ in range(5):
        fill_rate = (1.0 - gain) * fill_rate + gain * supply_cards / book
        inflated = inflated_order(need, fill_rate, 1.0, need, 1e9)
        assert inflated / book == pytest.approx(factor)
        book = inflated


def test_who_does_not_game_orders_what_it_needs_and_nobody_more_than_its_budget() -> None:
    assert inflated_order(100.0, 0.5, 0.0, 1_000.0, 1.0) == 100.0
    assert inflated_order(100.0, 0.5, 1.0, 1_000.0, 1.0) == 200.0
    assert inflated_order(1_000.0, 0.5, 1.0, 1_000.0, 0.5) == pytest.approx(500.0 * 7 / 30.4375)
    assert inflated_order(-5.0, 0.5, 1.0, 1_000.0, 1.0) == 0.0


def test_the_parameters_stand_where_the_closed_forms_were_computed() -> None:
    p = GpuMarket("baseline", seed=1).world.p
    assert p[spot.CARRY] == CARRY
    assert p[spot.DECAY] == DECAY
    assert p[supply.CONTRACT_PRICE] == CONTRACT
    assert set(RULES) == {"proportional", "linear", "uniform", "turn_and_earn", "priority"}
