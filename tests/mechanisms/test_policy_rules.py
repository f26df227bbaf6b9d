"""Policies that the base does not have: a state reserve, a resale cap, a deposit on orders.

Each is shown in a small market and is gone in its twin, the same market without it:

==========  =====================================================================================
reserve     `reserve.size_cards` = 0; a trigger that the price does not reach; a limit below it
cap         `spot.resale_cap_cny` out of reach
deposit     `primary.deposit_share` = 0; buyers that do not game
==========  =====================================================================================
"""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest
from small_market import cards_of, events, give_cards, small

from market import GpuMarket, result_of
from market.decisions.reserve import reserve_trade
from market.decisions.valuation import gaming_left, inflated_order
from market.observers.accounts import card_identity
from market.observers.digest import digest
from market.parameters import all_parameters, spot
from market.state import accounts, primary
from market.state.products import RESERVE

CONTRACT = 72_000.0
DAYS = 120
RESERVE_OF_500 = {
    "reserve.size_cards": 500,
    "reserve.buying_cards_per_week": 70,
    "reserve.selling_cards_per_week": 140,
    "reserve.limit_multiple": 1.2,
    "reserve.trigger_multiple": 1.4,
}


STOP = {
    "title": "All supply stops",
    "products": ["a800"],
    "announced": dt.date(2022, 1, 10),
    "effective": dt.date(2022, 1, 10),
    "severity": 1.0,
}


def market(buyer_lacks: int, seller_has: int, overrides: dict) -> GpuMarket:
    """Alpha lacks cards, Beta has idle ones and offers them, nobody orders any, nobody imports."""
    return small(
        {
            "cloud.alpha.other_cards": 1000 + buyer_lacks,
            "cloud.beta.online_cards": 0,
            "cloud.beta.stock_cards": seller_has,
            "cloud.gamma.other_cards": 1000,
            "orders.adjustment": 0,
            "orders.supply_line": 0,
            "orders.target_utilisation": 1,
            "spot.buy_rate": 0.2,
            "spot.bid_adjustment": 0.5,
            "spot.idle_sale": 0.1,
            "spot.import_cap": 0,
            **overrides,
        }
    )


def daily(model: GpuMarket) -> pd.DataFrame:
    """The record of the days after the first."""
    return result_of(model).daily.iloc[1:]


# ------------------------------------------------------------------ state reserve


def test_the_reserve_buys_cheap_cards_at_its_rate_until_it_is_full() -> None:
    model = market(0, 20_000, RESERVE_OF_500)
    model.advance(DAYS)
    bought = events(model, "reserve_bought")
    assert bought["cards"].sum() == cards_of(model, "reserve") == 500
    assert bought["cards"].max() <= 10
    assert (bought["price_cny"] <= 1.2 * CONTRACT).all()
    assert events(model, "reserve_sold").empty


def test_the_reserve_off_nothing_is_bought_and_the_world_is_the_one_without_it() -> None:
    off = market(0, 20_000, {**RESERVE_OF_500, "reserve.size_cards": 0})
    plain = market(0, 20_000, {})
    for model in (off, plain):
        model.advance(DAYS)
    assert events(off, "reserve_bought").empty
    assert digest(result_of(off)) == digest(result_of(plain))


def test_the_reserve_off_above_its_limit_it_does_not_buy() -> None:
    model = market(0, 20_000, {**RESERVE_OF_500, "reserve.limit_multiple": 0.5})
    model.advance(DAYS)
    assert events(model, "reserve_bought").empty


def dear_market(overrides: dict) -> GpuMarket:
    """Supply has stopped, Alpha bids what a card is worth to it, and only the reserve has any: 500 of them."""
    dear = {"spot.opening_price_cny": 1.3 * CONTRACT, "rule.stop": STOP}
    model = market(3000, 0, {**RESERVE_OF_500, **dear, **overrides})
    give_cards(model, "reserve", 500)
    model.advance(DAYS)
    return model


def test_the_reserve_sells_at_its_trigger_and_no_faster_than_its_rate() -> None:
    model = dear_market({})
    sold = events(model, "reserve_sold")
    assert sold["cards"].sum() == 500
    assert cards_of(model, "reserve") == 0
    assert sold["cards"].max() <= 20
    assert (sold["price_cny"] >= 1.4 * CONTRACT).all()
    revenue = int((sold["cards"] * sold["price_cny"]).sum() * 100)
    assert model.world.account_i64[accounts.CASH_FEN, RESERVE] == revenue


def test_the_reserve_off_below_its_trigger_it_keeps_its_cards() -> None:
    model = dear_market({"reserve.trigger_multiple": 10.0})
    assert events(model, "reserve_sold").empty
    assert cards_of(model, "reserve") == 500


def test_what_the_reserve_holds_is_in_the_identity_of_cards() -> None:
    model = market(0, 20_000, RESERVE_OF_500)
    model.advance(DAYS)
    cards = card_identity(model).loc["a800"]
    assert cards["reserve"] == 500
    sources = cards[["opening", "shipped", "imported"]].sum()
    assert cards.drop(["opening", "shipped", "imported"]).sum() == sources


@pytest.mark.parametrize(
    ("multiple", "stock", "expected"), [(1.0, 0, 70.0), (1.0, 495, 35.0), (1.3, 495, -140.0), (1.3, 3, -21.0)]
)
def test_the_reserve_bids_up_to_its_limit_and_offers_above(multiple: float, stock: int, expected: float) -> None:
    assert reserve_trade(multiple, stock, 500.0, 1.2, 70.0, 140.0) == expected


# ------------------------------------------------------------------ resale cap


def prices(overrides: dict) -> pd.Series:
    """Spot prices while Alpha would pay far more than Beta's first ask."""
    model = market(3000, 1000, {"rule.stop": STOP, **overrides})
    model.advance(DAYS)
    assert daily(model)["spot_volume_cards"].sum() > 0
    return daily(model)["spot_price_cny"]


def test_the_cap_no_card_is_resold_above_it_however_much_is_bid() -> None:
    assert prices({"spot.resale_cap_cny": 80_000}).max() == 80_000


def test_the_cap_off_the_price_goes_where_the_bids_are() -> None:
    assert prices({"spot.resale_cap_cny": all_parameters()[spot.RESALE_CAP].high}).max() > 90_000


# ------------------------------------------------------------------ deposit


def ordered(overrides: dict) -> int:
    """Cards that Alpha writes on its orders in two months in which only half of them would come."""
    model = small(
        {
            "cloud.alpha.other_cards": 3000,
            "orders.gaming": 1,
            "orders.fill_floor": 0.1,
            **overrides,
        }
    )
    for _ in range(60):
        model.world.buyer_f64[primary.FILL_RATE] = 0.5
        model.advance(1)
    table = result_of(model).orders
    return int(table.loc[table["buyer"] == "alpha", "cards"].sum())


def test_a_deposit_takes_phantom_cards_off_the_orders() -> None:
    free, half, full = (ordered({"primary.deposit_share": share}) for share in (0.0, 0.5, 1.0))
    assert free > half > full > 0


def test_a_deposit_off_where_nobody_games_it_changes_no_order() -> None:
    free, half = (ordered({"orders.gaming": 0, "primary.deposit_share": share}) for share in (0.0, 0.5))
    assert free == half > 0


def test_an_order_is_inflated_by_what_a_deposit_leaves() -> None:
    inflated = [inflated_order(100.0, 0.5, gaming_left(1.0, share), 1e6, 1.0) for share in (0.0, 0.5, 1.0)]
    assert inflated == [200.0, 150.0, 100.0]
