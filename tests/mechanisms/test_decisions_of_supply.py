"""Decisions of NVIDIA and of the state reserve, each on numbers set up by hand."""

from __future__ import annotations

import numpy as np
import pytest
from deciding import MONTH_DAYS, T, market, quotes
from small_market import ALPHA, BETA, GAMMA, key_of_account, seed_of

from market import GpuMarket
from market.decisions import nvidia, reserve
from market.kernels.luck import uniform
from market.kernels.ration import RULES
from market.markets import primary as orders
from market.parameters import reserve as pr
from market.parameters import supply as pp
from market.state import accounts, ledger, luck, primary, scene, trader
from market.state import cloud as c
from market.state.products import A800, H20, RESERVE, STOCK, WORLD
from market.state.world import MONTH

# ------------------------------------------------------------------ NVIDIA


@pytest.mark.parametrize(
    ("book", "supply", "days"),
    [(0.0, 100.0, 30.0), (200.0, 100.0, 30.0), (400.0, 100.0, 30.0 + MONTH_DAYS), (3.0, 0.0, 30.0 + 2 * MONTH_DAYS),
     (9999.0, 100.0, 365.0)],
)  # fmt: skip
def test_a_quoted_lead_time_is_the_book_in_months_of_supply(book: float, supply: float, days: float) -> None:
    assert nvidia.quoted_lead(book, supply, 30.0, 1.0 if supply == 0.0 else 2.0, 365.0) == days


def due_orders() -> GpuMarket:
    """Orders of three clouds, due on four days, one of them for another product and one partly delivered."""
    model = market()
    for buyer, cards, due, product in (
        (ALPHA, 50, 60, A800), (BETA, 40, 60, A800), (GAMMA, 999, 60, H20), (GAMMA, 100, 61, A800),
        (ALPHA, 20, 62, A800), (BETA, 500, 63, A800),
    ):  # fmt: skip
        orders.place(model.handle, product, buyer, cards, due, due, 0, T)
    model.world.order_i64[primary.DELIVERED, 1] = 10
    return model


@pytest.mark.parametrize(
    ("supply", "granted"),
    [
        (0, [0, 0, 0]),
        (40, [25, 15, 0]),
        (41, [25, 15, 0]),  # rounded down: a card that cannot be shared goes to nobody
        (80, [50, 30, 0]),
        (81, [50, 30, 1]),
        (130, [50, 30, 50]),
        (190, [60, 30, 100]),
        (1000, [70, 30, 100]),  # what is due on day 63 is not yet
    ],
)
def test_the_oldest_due_orders_come_first_and_share_a_day_in_proportion(supply: int, granted: list[int]) -> None:
    model = due_orders()
    rows = [int(model.world.cloud_i64[c.BUYER, k]) for k in (ALPHA, BETA, GAMMA)]
    found = model.world.buyer_i64[primary.DESIRED_ALLOTMENT, A800]
    found[:] = 999
    assert nvidia.grant_oldest(model.handle, A800, 62, supply, found) == sum(granted)
    assert found[rows].tolist() == granted
    assert found.sum() == sum(granted)


def test_who_insists_on_a_penalty_is_granted_nothing() -> None:
    model = due_orders()
    model.world.buyer_account[primary.INSISTS, model.world.cloud_i64[c.BUYER, ALPHA]] = 1
    found = model.world.buyer_i64[primary.DESIRED_ALLOTMENT, A800]
    assert nvidia.grant_oldest(model.handle, A800, 62, 1000, found) == 130


def test_a_single_card_due_is_granted() -> None:
    model = market()
    orders.place(model.handle, A800, BETA, 1, 60, 60, 0, T)
    found = model.world.buyer_i64[primary.DESIRED_ALLOTMENT, A800]
    assert nvidia.grant_oldest(model.handle, A800, 62, 5, found) == 1
    assert found[model.world.cloud_i64[c.BUYER, BETA]] == found.sum() == 1


@pytest.mark.parametrize(
    ("rule", "granted"), [("priority", [0, 40, 20]), ("turn_and_earn", [10, 30, 20]), ("proportional", [25, 20, 15])]
)
def test_a_months_supply_is_split_by_the_rule_and_what_speaks_for_a_buyer(rule: str, granted: list[int]) -> None:
    model = market()
    w, first_of_february = model.world, 31
    rows = w.cloud_i64[c.BUYER, [ALPHA, BETA, GAMMA]].tolist()
    for buyer, cards in zip(rows, (50, 40, 30), strict=True):
        orders.place(model.handle, A800, buyer, cards, 35, 35, 0, first_of_february)
    w.p[[pp.OLDEST_SHARE, pp.MINIMUM_LOT, pp.TURN_FLOOR]] = 0.0, 0.0, 5.0
    w.product_f64[scene.SUPPLY], w.product_f64[scene.SEVERITY] = 0.0, 0.0
    w.product_f64[[scene.SUPPLY, scene.SEVERITY], A800] = 120.0, 0.5
    w.clock[scene.ALLOTMENT_RULE] = RULES[rule]
    w.buyer_f64[primary.CREDIBILITY, A800, rows] = 0.2, 0.9, 0.5
    w.buyer_i64[primary.PAST_DELIVERIES, A800, rows] = 5, 25, 15
    nvidia.decide_allotment(model.handle, first_of_february)
    assert w.buyer_i64[primary.DESIRED_ALLOTMENT, A800, rows].tolist() == granted
    assert w.buyer_i64[primary.DUE, A800, rows].tolist() == [50, 40, 30]


def test_the_weight_of_a_buyer_depends_on_the_rule() -> None:
    model = market()
    w, b = model.world, int(model.world.cloud_i64[c.BUYER, BETA])
    w.buyer_i64[primary.PAST_DELIVERIES, H20, b], w.p[pp.TURN_FLOOR] = 300, 25.9
    w.buyer_f64[primary.CREDIBILITY, H20, b] = 0.6789
    w.clock[scene.ALLOTMENT_RULE] = RULES["turn_and_earn"]
    assert nvidia.turn_weight(model.handle, H20, b) == 325
    w.clock[scene.ALLOTMENT_RULE] = RULES["proportional"]
    assert nvidia.turn_weight(model.handle, H20, b) == 678


def test_lead_times_are_quoted_by_product_from_the_whole_book() -> None:
    model = market()
    w = model.world
    w.buyer_i64[primary.BACKLOG] = 0
    w.buyer_i64[primary.BACKLOG, A800, :3], w.buyer_i64[primary.BACKLOG, H20, -1] = (200, 150, 50), 300
    w.product_f64[scene.SMOOTHED_SUPPLY] = 100.0, 50.0, 10.0
    w.p[[pp.LEAD_0, pp.QUOTE_DIVISOR, pp.LEAD_MAX]] = 30.0, 2.0, 85.0
    nvidia.decide_lead_times(model.handle, T)
    by_product = {A800: 30.0 + MONTH_DAYS, H20: 85.0}
    found = w.product_f64[scene.DESIRED_LEAD_DAYS].tolist()
    assert found == [by_product.get(product, 30.0) for product in range(3)]


# ------------------------------------------------------------------ the reserve


@pytest.mark.parametrize(
    ("multiple", "stock", "week"),
    [(1.5, 40, 30.0), (1.5, 98, 14.0), (1.5, 120, 0.0), (1.51, 40, -50.0), (1.51, 5, -35.0), (1.51, 0, 0.0)],
)  # fmt: skip
def test_a_reserve_fills_up_below_its_limit_and_sells_above_it(multiple: float, stock: int, week: float) -> None:
    assert reserve.reserve_trade(multiple, stock, 100.0, 1.5, 30.0, 50.0) == week


def test_the_reserve_bids_at_its_limit_and_offers_at_its_trigger() -> None:
    model = market()
    w = model.world
    ledger.move(model.handle, A800, WORLD, STOCK, RESERVE, STOCK, 40, accounts.OPENING)
    w.product_f64[[scene.CONTRACT_CNY, scene.SPOT_CNY], A800] = 72_000.0, 108_000.0
    w.p[[pr.SIZE, pr.FIRST_MONTH, pr.BUYING, pr.LIMIT]] = 100.0, 1.0, 30.0, 1.5
    w.p[[pr.TRIGGER, pr.SELLING]] = 2.0, 50.0

    def decided(day: int = T) -> tuple[int, int]:
        w.quote_i32[:, RESERVE] = 0, 99
        reserve.decide_quotes(model.handle, day)
        return quotes(model, RESERVE)

    others = np.delete(w.quote_i32, RESERVE, axis=1)
    for day in range(T, T + 6):
        assert (np.delete(w.quote_i32, RESERVE, axis=1) == others).all()
        draw = uniform(seed_of(model), luck.QUOTE, day, key_of_account(model, RESERVE), 0)
        w.product_f64[scene.SPOT_CNY, A800] = 108_000.0
        assert decided(day) == (1080, int(30 / 7 + draw))
        w.product_f64[scene.SPOT_CNY, A800] = 108_001.0
        assert decided(day) == (1440, -int(50 / 7 + draw))
    w.calendar[MONTH, T] = 0  # before its first month it buys nothing, but sells
    assert decided()[1] == -int(50 / 7 + uniform(seed_of(model), luck.QUOTE, T, key_of_account(model, RESERVE), 0))
    w.product_f64[scene.SPOT_CNY, A800] = 108_000.0
    assert decided() == (0, 0)
    w.calendar[MONTH, T] = 1
    w.p[pr.SIZE] = 30.0  # it holds more than that
    assert decided() == (1080, 0)
    w.p[pr.SIZE] = 1.0
    assert decided() == (1080, 0)
    w.p[pr.SIZE] = 0.0  # and without a size it is not there
    assert decided() == (0, 99)


def test_the_reserve_offers_no_card_that_it_has_not() -> None:
    model = market()
    w = model.world
    w.product_f64[[scene.CONTRACT_CNY, scene.SPOT_CNY], A800] = 72_000.0, 200_000.0
    w.p[[pr.SIZE, pr.LIMIT, pr.TRIGGER, pr.SELLING]] = 100.0, 1.5, 2.0, 5000.0
    reserve.decide_quotes(model.handle, T)
    assert w.quote_i32[trader.QUANTITY, RESERVE] == 0
    ledger.move(model.handle, A800, WORLD, STOCK, RESERVE, STOCK, 3, accounts.OPENING)
    reserve.decide_quotes(model.handle, T)
    assert w.quote_i32[trader.QUANTITY, RESERVE] == -3
