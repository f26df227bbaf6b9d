"""Spot market, speculation and server makers: P3, P4, P5, P6.

Each behaviour is shown in a small market and is gone in its twin, the same market with the mechanism off:

=====  ==========================================================================================
P3     the rule's severity = 0; `spot.bid_adjustment` = 0 (bids do not follow a card's worth)
P4     `beliefs.dispersion` = 0 (all foresee alike); `beliefs.anticipation` = 0; no speculators
P5     `spot.idle_sale` = 0
P6     `startups.buy_gap_days` = 1,000; no server maker; a cloud that can host
=====  ==========================================================================================
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from small_market import (
    ALPHA,
    SMALL,
    account,
    cards_of,
    contracts,
    day_when,
    events,
    give_cards,
    run_step,
    run_through,
    small,
    wants,
)

from market import GpuMarket, calendar, load_scenario, result_of
from market.decisions.speculator import hoarding_threshold, reservation_price
from market.parameters import spot
from market.state import accounts, scene, trader
from market.state import cloud as c
from market.state.products import ONLINE

RULE_DAY = calendar.day_of("2022-07-01")
STOP = {
    "title": "All supply stops",
    "products": ["a800"],
    "announced": dt.date(2022, 7, 1),
    "effective": dt.date(2022, 7, 1),
    "severity": 1.0,
}
RULE = {"rule.stop": STOP}
RUMOURED_RULE = {"rule.stop": {**STOP, "rumoured": dt.date(2022, 3, 1)}}


def market_of_two(buyer_lacks: int, seller_has: int, overrides: dict) -> GpuMarket:
    """Alpha lacks cards, Beta has idle ones, neither orders any; Gamma is content."""
    return small(
        {
            "cloud.alpha.other_cards": 1000 + buyer_lacks,
            "cloud.beta.online_cards": 0,
            "cloud.beta.stock_cards": seller_has,
            "cloud.gamma.other_cards": 1000,
            "orders.adjustment": 0,
            "orders.supply_line": 0,
            "orders.target_utilisation": 1,
            **overrides,
        }
    )


# ------------------------------------------------------------------ P3


def moving_days(overrides: dict) -> tuple[float, float]:
    """Share of days on which the price moved, in the two months before and after 1 July 2022."""
    model = market_of_two(2000, 20_000, {"spot.buy_rate": 0.03, "spot.idle_sale": 0.005, **overrides})
    model.advance(RULE_DAY + 90)
    daily = result_of(model).daily
    assert (daily["spot_volume_cards"][60:] > 0).all()
    moved = daily["spot_price_cny"].diff() != 0
    return float(moved[RULE_DAY - 60 : RULE_DAY].mean()), float(moved[RULE_DAY + 1 : RULE_DAY + 61].mean())


def test_P3_after_the_rule_the_price_moves_every_day() -> None:
    before, after = moving_days(RULE)
    assert before < 0.1
    assert after > 0.9


def test_P3_off_without_the_rule_it_rests() -> None:
    assert max(moving_days({**RULE, "rule.stop.severity": 0.0})) < 0.1


def test_P3_off_if_bids_did_not_follow_what_a_card_is_worth_the_rule_would_not_move_it() -> None:
    assert max(moving_days({**RULE, "spot.bid_adjustment": 0})) < 0.1


# ------------------------------------------------------------------ P4

# A card at 80,000 that falls 3% a month without a stop, and is worth 170,000 after one; 1% a month to hold it
# for three months: 80,000 x 1.01^3 = 82,424 against 72,800 or 170,000. Holding pays from a belief of 9.9% on,
# and at a gain of 4% buying does from 13.3%.
SPOT, CALM, BANNED, HORIZON = 80_000.0, 72_800.0, 170_000.0, 3.0


def speculators(number: int, overrides: dict) -> GpuMarket:
    """The small market with speculators of one horizon and, on demand, a rumour on 1 March 2022."""
    model = small({"population.speculators": number, "spot.opening_price_cny": SPOT, **overrides})
    model.world.speculator_f64[trader.HORIZON_MONTHS] = HORIZON
    return model


def speculators_quotes(model: GpuMarket) -> np.ndarray:
    """Cards each speculator bids for (+) or offers (-), when a card is worth 170,000 after a stop."""
    run_step(model, "decisions.speculator.decide_expectations")
    model.world.scene_f64[scene.VALUE_IN_USE] = BANNED
    run_step(model, "decisions.speculator.decide_quotes")
    first, last = (model.world.clock[k] for k in (scene.FIRST_SPECULATOR, scene.FIRST_STARTUP))
    return model.world.quote_i32[trader.QUANTITY, first:last]


def test_P4_the_arithmetic_of_hoarding() -> None:
    threshold = hoarding_threshold(SPOT, CALM, BANNED, 0.01, HORIZON)
    assert threshold == pytest.approx((82_424 - 72_800) / (170_000 - 72_800), abs=1e-5)
    assert reservation_price(CALM, BANNED, threshold, 0.01, HORIZON) == pytest.approx(SPOT)


def test_P4_who_believes_buys_who_half_believes_holds_who_does_not_sells() -> None:
    model = speculators(3, {})
    first = int(model.world.clock[scene.FIRST_SPECULATOR])
    for i, belief in enumerate((0.05, 0.12, 0.15)):
        give_cards(model, f"speculator_{i:03d}", 70)
        model.world.belief_f64[accounts.BAN_BELIEF, first + i] = belief
    quotes = speculators_quotes(model)
    limits = model.world.quote_i32[trader.TICK, first : first + 3] * model.world.p[spot.TICK]
    assert quotes[0] < 0
    assert limits[0] < SPOT  # sells at today's price
    assert quotes[1] < 0
    assert limits[1] > SPOT  # holds: it would take more than today's price
    assert quotes[2] > 0


def buyers_on_rumour(overrides: dict) -> int:
    """How many of 50 speculators bid for cards on the day after a rumour that takes a belief of 3% to 19%."""
    model = speculators(50, {**RUMOURED_RULE, "beliefs.rumour_news": 2, "beliefs.dispersion": 0.6, **overrides})
    model.advance(calendar.day_of("2022-03-02") - model.day)
    run_through(model, "decisions.speculator.decide_heuristic")
    return int((speculators_quotes(model) > 0).sum())


def test_P4_a_rumour_makes_some_speculators_buy_for_not_all_have_the_foresight() -> None:
    assert 15 <= buyers_on_rumour({}) <= 40  # about half: whose foresight is at least 0.8 of the mean


def test_P4_off_if_all_had_the_same_foresight_all_would_buy() -> None:
    assert buyers_on_rumour({"beliefs.dispersion": 0}) == 50


def test_P4_off_if_nobody_acted_on_a_rumour_nobody_would() -> None:
    assert buyers_on_rumour({"beliefs.anticipation": 0}) == 0


def hoard(overrides: dict) -> tuple[float, float, float]:
    """(cards hoarded on the eve of the rule, a year later, speculators' gain in CNY a card resold).

    Beta sells its 1,500 cards to Alpha, which lacks 6,000, and to ten speculators who believe the rumour.
    """
    slow = {"spot.buy_rate": 0.01, "spot.idle_sale": 0.1, "beliefs.rumour_news": 3, **RUMOURED_RULE}
    model = market_of_two(6000, 1500, {"population.speculators": 10, **slow, **overrides})
    model.world.speculator_f64[trader.HORIZON_MONTHS] = HORIZON
    model.world.speculator_f64[trader.INCLINATION] = 1.0  # nobody follows trends
    model.world.speculator_f64[trader.ERROR] = 0.85  # all think a card worth less than its users do
    model.advance(RULE_DAY - model.day)
    before = float(model.world.daily_f64[scene.DAY_SPECULATED, model.day - 1])
    model.advance(365)
    after = float(model.world.daily_f64[scene.DAY_SPECULATED, model.day - 1])
    gain = float(model.world.speculator_i64[trader.GAIN_FEN].sum()) / 100
    return before, after, gain / max(before - after, 1.0)


def test_P4_hoarding_cards_for_some_months_and_reselling_them_is_good_business() -> None:
    before, after, gain = hoard({})
    assert before > 200
    assert after == 0
    assert gain > 40_000


def test_P4_off_without_speculators_nobody_hoards() -> None:
    assert hoard({"population.speculators": 0}) == (0.0, 0.0, 0.0)


# ------------------------------------------------------------------ P5

EARLY_STOCK = {
    "cloud.alpha.stock_cards": 1000,  # Alpha's own models will want 1,000 more in the boom of 2023
    "cloud.alpha.other_cards": 1000,
    "cloud.alpha.own_training_boom_cards": 1000,
    "cloud.beta.other_cards": 2000,
    "cloud.gamma.other_cards": 1000,
    "orders.adjustment": 0,
    "orders.supply_line": 0,
    "orders.target_utilisation": 1,
    "spot.idle_sale": 0.1,
    "funding.climate": [
        {"on": dt.date(2022, 1, 1), "level": 1.0},
        {"on": dt.date(2023, 1, 1), "level": 1.0},
        {"on": dt.date(2023, 3, 1), "level": 4.0},
    ],
}


def early_stock(overrides: dict) -> tuple[int, int, float]:
    """(cards Alpha resold in 2022, cards Beta got, cards Alpha lacks in March 2023)."""
    model = small({**EARLY_STOCK, **overrides})
    model.advance(calendar.day_of("2023-01-01") - model.day)
    sold = 1000 - cards_of(model, "alpha")
    got = cards_of(model, "beta", ONLINE) - 1000
    model.advance(75)
    held = cards_of(model, "alpha") + cards_of(model, "alpha", ONLINE)
    return sold, got, float(model.world.cloud_f64[c.NEED, ALPHA] - held)


def test_P5_a_cloud_resells_an_early_stock_it_has_no_use_for_and_is_short_later() -> None:
    sold, got, lacks = early_stock({})
    assert sold > 900
    assert got == sold
    assert lacks > 500


def test_P5_off_a_cloud_that_keeps_its_stock_has_the_cards_when_it_needs_them() -> None:
    sold, got, lacks = early_stock({"spot.idle_sale": 0})
    assert (sold, got) == (0, 0)
    assert lacks < 1


def forgone(overrides: dict) -> float:
    """What Alpha's resold cards would be worth after a stop of supply, less what it got for them, in CNY."""
    stop = {**STOP, "announced": dt.date(2023, 1, 1), "effective": dt.date(2023, 1, 1)}
    model = small({**EARLY_STOCK, "rule.stop": stop, **overrides})
    model.advance(calendar.day_of("2023-01-01") - model.day)
    daily = result_of(model).daily
    got = (daily["spot_price_cny"] * daily["spot_volume_cards"]).sum()
    sold = 1000 - cards_of(model, "alpha")
    model.advance(60)
    return float(model.world.scene_f64[scene.WORTH] * sold - got)


def test_P5_it_gives_up_the_profit_that_a_hoarder_would_have_made() -> None:
    assert forgone({}) > 40e6


def test_P5_off_without_a_stop_to_come_there_was_hardly_a_profit_to_give_up() -> None:
    assert forgone({"rule.stop.severity": 0.0}) < 15e6


# ------------------------------------------------------------------ P6

FEW_CARDS = {  # Alpha and Gamma are full; Beta has 60 idle cards, too few to host the lab's 200
    "cloud.alpha.other_cards": 1000,
    "cloud.gamma.other_cards": 1000,
    "cloud.beta.online_cards": 0,
    "cloud.beta.stock_cards": 60,
    "orders.adjustment": 0,
    "orders.supply_line": 0,
    "orders.target_utilisation": 1,
    "orders.enquiry_overlap": 0,
}


def in_need(overrides: dict, days: int = 60) -> GpuMarket:
    """The market after some days in which the lab wanted 200 cards."""
    model = small({**FEW_CARDS, **overrides})
    wants(model, 200)
    model.advance(days)
    return model


def test_P6_a_startup_without_a_host_turns_to_a_server_maker() -> None:
    model = in_need({})
    asked = events(model, "servers_asked")
    assert list(asked["actor"]) == ["lab"]  # once
    assert list(asked["counterparty"]) == ["builder"]
    assert list(asked["cards"]) == [200]
    assert asked["date"].item() == calendar.dates()[1 + 29]  # the thirtieth day of its search
    assert contracts(model).empty


def test_P6_which_gets_it_the_cards_of_a_cloud_that_could_not_host_it() -> None:
    model = in_need({}, days=120)
    assert cards_of(model, "beta") <= 5  # it sells a seventh of what is idle a day
    assert cards_of(model, "lab", ONLINE) == 60 - cards_of(model, "beta")


def test_P6_once_it_has_found_a_host_it_asks_no_more() -> None:
    model = in_need({"cloud.beta.stock_cards": 0})
    assert model.world.quote_i32[trader.QUANTITY, account(model, "lab")] > 0
    give_cards(model, "beta", 400)
    assert day_when(model, lambda market: not contracts(market).empty, within=5) is not None
    model.advance(2)
    assert model.world.quote_i32[trader.QUANTITY, account(model, "lab")] == 0


def test_P6_off_a_startup_that_waits_for_a_host_buys_no_cards() -> None:
    model = in_need({"startups.buy_gap_days": 1000})
    assert events(model, "servers_asked").empty
    assert cards_of(model, "beta") == 60


def test_P6_off_without_a_server_maker_there_is_nobody_to_ask() -> None:
    model = GpuMarket(load_scenario(SMALL, FEW_CARDS).model_copy(update={"server_makers": ()}), seed=1)
    model.advance(1)
    wants(model, 200)
    model.advance(60)
    assert events(model, "servers_asked").empty
    assert cards_of(model, "beta") == 60


def test_P6_off_a_startup_that_a_cloud_can_host_does_not_ask() -> None:
    model = in_need({"cloud.beta.stock_cards": 200})
    assert events(model, "servers_asked").empty
    assert contracts(model)["cloud"].item() == "beta"
