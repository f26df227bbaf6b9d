"""Decisions of clouds, server makers, NVIDIA, speculators and the reserve, each on numbers set up by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from changes import assert_changes, changes
from small_market import (
    ALPHA,
    ANOTHER_MAKER,
    BETA,
    GAMMA,
    account,
    account_of_lab,
    another_lab,
    give_cards,
    key_of_account,
    seed_of,
    small,
)

from market import GpuMarket
from market.decisions import cloud, nvidia, quoting, reserve, server_maker, speculator, valuation
from market.kernels.arithmetic import logistic
from market.kernels.luck import normal, uniform
from market.kernels.ration import RULES
from market.markets import primary as orders
from market.parameters import clouds as pc
from market.parameters import orders as po
from market.parameters import reserve as pr
from market.parameters import servers as pv
from market.parameters import spot as ps
from market.parameters import supply as pp
from market.parameters import tenders as pt
from market.state import accounts, ledger, luck, primary, scene, trader
from market.state import cloud as c
from market.state.products import A800, ASCEND_910B, H20, RESERVE, STOCK, WORLD
from market.state.world import DAY_OF_MONTH, FIRST_FLOOR, MONTH, NOT_BIDDING, WEEKDAY

T = 40  # the day of most calls
MONTH_DAYS = 30.4375


def market(overrides: dict[str, Any] | None = None, **parameters: float) -> GpuMarket:
    return small({**(overrides or {}), **{key.replace("__", "."): value for key, value in parameters.items()}})


def planning_days(model: GpuMarket, holder: int, first: int = T, days: int = 7) -> list[bool]:
    """Whether an account plans on each of these days."""
    weekdays = model.world.calendar[WEEKDAY, first : first + days].tolist()
    return [bool(valuation.plans_today(seed_of(model), key_of_account(model, holder), weekday)) for weekday in weekdays]


def quotes(model: GpuMarket, holder: int) -> tuple[int, int]:
    """Tick and cards of an account's order for A-class cards."""
    return tuple(model.world.quote_i32[[trader.TICK, trader.QUANTITY], holder].tolist())


# ------------------------------------------------------------------ scalar rules


@pytest.mark.parametrize(
    ("need", "climate", "after"),
    [
        (10.0, 2.5, 10.0 + 0.1 * 30.0),  # half a boom: toward 40
        (100.0, 2.5, 100.0 - 0.01 * 60.0),
        (40.0, 2.5, 40.0),
        (10.0, 4.0, 10.0 + 0.1 * 50.0),
        (10.0, 9.0, 10.0 + 0.1 * 50.0),  # no more than a full boom
        (10.0, 0.5, 10.0 + 0.1 * 10.0),
    ],
)
def test_own_models_follow_the_climate(need: float, climate: float, after: float) -> None:
    assert cloud.own_model_need(need, 20.0, 40.0, climate, 0.7, 0.07) == pytest.approx(after, rel=1e-14)


@pytest.mark.parametrize(("tightness", "fraction"), [(0.9, 0.517), (2.0, 0.54), (-2.0, 0.48), (0.8, 0.502)])
def test_a_posted_fraction_follows_tightness_within_bounds(tightness: float, fraction: float) -> None:
    found = cloud.posted_fraction(0.5, tightness, 0.8, 0.52, 1.5, 0.1, 0.3, 0.9)
    assert found == pytest.approx(fraction, rel=1e-14)


@pytest.mark.parametrize(("free", "believes"), [(10.0, True), (9.99, False)])
def test_a_bidder_counts_on_what_is_free_and_on_its_part_of_what_is_due(free: float, believes: bool) -> None:
    assert cloud.believes_it_can_deliver(free, 20.0, 0.5, 40.0, 0.5) == believes


@pytest.mark.parametrize(
    ("cover", "ask"),
    [(30.0, 1000.0), (15.0, 1035.0), (0.0, 1070.0), (45.0, 965.0), (60.0, 930.0), (99.0, 930.0), (-30.0, 1070.0)],
)
def test_an_ask_rises_when_cover_is_short(cover: float, ask: float) -> None:
    assert valuation.adjusted_ask(1000.0, cover, 30.0, 0.49, 900.0) == pytest.approx(ask, rel=1e-14)
    assert valuation.adjusted_ask(1000.0, cover, 30.0, 0.49, 1050.0) == pytest.approx(max(ask, 1050.0))


@pytest.mark.parametrize(
    ("book", "supply", "days"),
    [(0.0, 100.0, 30.0), (200.0, 100.0, 30.0), (400.0, 100.0, 30.0 + MONTH_DAYS), (3.0, 0.0, 30.0 + 2 * MONTH_DAYS),
     (9999.0, 100.0, 365.0)],
)  # fmt: skip
def test_a_quoted_lead_time_is_the_book_in_months_of_supply(book: float, supply: float, days: float) -> None:
    assert nvidia.quoted_lead(book, supply, 30.0, 1.0 if supply == 0.0 else 2.0, 365.0) == days


@pytest.mark.parametrize(
    ("multiple", "stock", "week"),
    [(1.5, 40, 30.0), (1.5, 98, 14.0), (1.5, 120, 0.0), (1.51, 40, -50.0), (1.51, 5, -35.0), (1.51, 0, 0.0)],
)  # fmt: skip
def test_a_reserve_fills_up_below_its_limit_and_sells_above_it(multiple: float, stock: int, week: float) -> None:
    assert reserve.reserve_trade(multiple, stock, 100.0, 1.5, 30.0, 50.0) == week


@pytest.mark.parametrize(("price", "tick"), [(0.0, 1), (199.0, 1), (200.0, 2), (5050.0, 50), (6000.0, 55), (1e9, 55)])
def test_limit_prices_lie_on_the_grid_and_under_a_cap_on_resale(price: float, tick: int) -> None:
    assert quoting.tick_of(price, 5500.0, 100.0, 1000) == tick
    assert quoting.tick_of(price, 1e12, 100.0, 50) == min(int(price / 100) or 1, 49)


@pytest.mark.parametrize("cards", [0, 1, -1, trader.MOST_QUOTED, -trader.MOST_QUOTED])
def test_no_order_is_for_more_than_fits(cards: int) -> None:
    assert quoting.quotable(cards) == cards
    sign = (cards > 0) - (cards < 0)
    assert quoting.quotable(cards * 10**9) == sign * (trader.MOST_QUOTED if cards else 0)


def test_an_order_for_cards_of_each_product() -> None:
    model = market()
    beta, lab = account(model, "beta"), account(model, "lab")
    model.world.quote_i32[:], model.world.h20_quote_i32[:] = 0, 0
    first, second = trader.TICK, trader.QUANTITY
    for holder, product, cells in (
        (beta, A800, [("quote_i32", first, beta, 70), ("quote_i32", second, beta, -3)]),
        (beta, H20, [("h20_quote_i32", first, beta, 70), ("h20_quote_i32", second, beta, -3)]),
        (lab, A800, [("quote_i32", first, lab, 70), ("quote_i32", second, lab, -3)]),
        (lab, H20, []),
    ):
        found = changes(model, quoting.post_quote, holder, product, 7000.0, -3)
        assert_changes(found, {cell[:3]: cell[3] for cell in cells})
    for holder, name in ((beta, "h20_quote_i32"), (lab, None)):
        found = changes(model, quoting.clear_quotes, holder)
        assert_changes(found, {("quote_i32", second, holder): 3}, {(name, second, holder): 3} if name else {})


# ------------------------------------------------------------------ clouds


def test_every_cloud_plans_its_own_models_and_sets_cards_aside() -> None:
    model = market()
    w = model.world
    w.cloud_f64[c.OWN_NEED], w.cloud_f64[c.OWN_BASE] = (10.0, 100.0, 40.0), (20.0, 20.0, 20.0)
    w.cloud_f64[c.OWN_BOOM], w.scene_f64[scene.CLIMATE] = 40.0, 2.5
    w.p[[pc.OWN_SPEED, pc.OWN_FALL]] = 0.7, 0.07
    cloud.decide_own_need(model.handle, T)
    assert w.cloud_f64[c.DESIRED_OWN_NEED] == pytest.approx([13.0, 99.4, 40.0])
    w.cloud_f64[c.OWN_PRIORITY] = 0.5, 0.25, 1.0
    cloud.decide_set_aside(model.handle, T)
    assert w.cloud_i64[c.DESIRED_SET_ASIDE].tolist() == [5, 25, 40]


def test_a_cloud_assembles_what_its_need_asks_for() -> None:
    model = market()  # 1,000 cards online each; utilisation 80%
    model.world.cloud_f64[c.NEED] = 880.7, 799.0, 1000.0
    give_cards(model, "alpha", 70)
    model.world.cloud_i64[c.STATUS, GAMMA] = 0
    cloud.decide_assembly(model.handle, T)
    assert model.world.cloud_i64[c.DESIRED_ASSEMBLY].tolist() == [100, 0, 0]


def planning_cloud() -> GpuMarket:
    """Beta with numbers that add up: 1,025 equivalents, a backlog of 120, growth of 3 a day."""
    model = market()
    w = model.world
    beta, b = account(model, "beta"), int(w.cloud_i64[c.BUYER, BETA])
    give_cards(model, "beta", 20)
    ledger.move(model.handle, H20, WORLD, STOCK, beta, STOCK, 10, accounts.OPENING)
    w.product_f64[scene.PERFORMANCE] = [{A800: 1.0, H20: 0.5, ASCEND_910B: 0.25}[k] for k in range(3)]
    w.product_f64[scene.SEVERITY] = 0.0
    w.cloud_f64[[c.NEED, c.GROWTH], BETA], w.cloud_i64[c.CAPACITY, BETA] = (800.0, 2.0), 1000
    w.buyer_f64[primary.EXPECTED_LEAD_DAYS, :, b], w.buyer_f64[primary.FILL_RATE, :, b] = 60.0, 0.8
    w.belief_f64[accounts.BAN_BELIEF, beta] = 0.25
    w.buyer_i64[primary.BACKLOG, :, b] = [{A800: 100, H20: 40, ASCEND_910B: 0}[k] for k in range(3)]
    w.p[[pc.SCRAP, po.PRECAUTION_DAYS, po.GAMING, pp.DEPOSIT_SHARE, po.CANCELLATION]] = 0.0304375, 40, 0.5, 0.2, 0.3
    return model


GROWTH, LINE = 3.0, 0.06 * (60 * 3.0 - 0.8 * 120)
WANTED = 800 / 0.8 + 20 * 3.0 * (1 + 0.5 * (60 / 30 - 1)) + 0.25 * 40 * 3.0
ORDER = 7 * GROWTH + 0.06 * (WANTED - 1025) + LINE
INFLATION = 0.4 / 0.8 + 0.6


def test_a_cloud_plans_its_weekly_order() -> None:
    model = planning_cloud()
    w, b = model.world, int(model.world.cloud_i64[c.BUYER, BETA])
    assert pytest.approx(31.74) == ORDER
    plan = cloud.planned_order(model.handle, BETA, A800)
    assert plan == pytest.approx((ORDER * INFLATION, GROWTH, 0.0, 0.0), rel=1e-12)
    assert cloud.planned_order(model.handle, BETA, H20) == pytest.approx((2 * ORDER * INFLATION, 6.0, 0.0, 0.0))
    w.cloud_f64[c.GROWTH, BETA] = -5.0  # a need that shrinks is not planned for; what wears out is
    assert cloud.planned_order(model.handle, BETA, A800)[1] == pytest.approx(1.0)
    w.cloud_f64[c.GROWTH, BETA] = 2.0
    w.p[po.MONTH_CAP] = 0.125
    assert cloud.planned_order(model.handle, BETA, A800)[0] == pytest.approx(0.125 * 800 * 7 / MONTH_DAYS)
    w.p[po.MONTH_CAP] = 5.0
    w.buyer_f64[primary.FILL_RATE, A800, b] = 0.2  # taken for a half, the least
    line = 0.06 * (60 * 3.0 - 0.5 * 120)
    expected = (ORDER - LINE + line) * (0.4 / 0.5 + 0.6)
    assert cloud.planned_order(model.handle, BETA, A800)[0] == pytest.approx(expected)


def test_what_is_stopped_is_reckoned_with_no_more() -> None:
    model = planning_cloud()
    model.world.product_f64[scene.SEVERITY, H20] = 0.5
    line = 0.06 * (60 * 3.0 - 0.8 * 100)
    expected = (ORDER - LINE + line) * INFLATION
    assert cloud.planned_order(model.handle, BETA, A800)[0] == pytest.approx(expected)
    model.world.product_f64[scene.SEVERITY, H20] = 0.49
    assert cloud.planned_order(model.handle, BETA, A800)[0] == pytest.approx(ORDER * INFLATION)


def test_a_cloud_with_too_much_cancels_a_part_and_one_with_too_long_a_book_does_not() -> None:
    model = planning_cloud()
    model.world.cloud_f64[c.NEED, BETA] = 100.0
    wanted = WANTED - 1000 + 125
    assert cloud.planned_order(model.handle, BETA, A800) == pytest.approx((0.0, GROWTH, 0.3, 1025 - wanted))
    assert cloud.planned_order(model.handle, BETA, H20)[3] == pytest.approx(2 * (1025 - wanted))
    model.world.cloud_f64[c.NEED, BETA] = 800.0
    model.world.buyer_i64[primary.BACKLOG, A800, model.world.cloud_i64[c.BUYER, BETA]] = 2000
    assert cloud.planned_order(model.handle, BETA, A800) == pytest.approx((0.0, GROWTH, 0.0, 0.0))


@pytest.mark.parametrize(("growth_a_week", "cancels"), [(-0.5, True), (0.0, False), (0.5, False)])
def test_only_who_would_order_less_than_nothing_cancels(growth_a_week: float, cancels: bool) -> None:
    model = planning_cloud()
    model.world.cloud_f64[[c.NEED, c.GROWTH], BETA] = 100.0, max(growth_a_week, 0.0) / 7
    model.world.p[[pc.SCRAP, po.ADJUSTMENT, po.SUPPLY_LINE]] = 0.0, 0.0, 0.0
    if growth_a_week < 0.0:
        model.world.p[po.ADJUSTMENT] = 0.001
    assert (cloud.planned_order(model.handle, BETA, A800)[2] > 0.0) == cancels


def test_what_can_be_ordered() -> None:
    model = market()
    w = model.world
    w.product_f64[scene.SEVERITY] = 0.0
    w.product_f64[scene.LAUNCH_DAY] = 0.0, T, T
    w.product_f64[scene.CONTRACT_CNY], w.product_f64[scene.PERFORMANCE] = 60_000.0, 0.5
    w.scene_f64[scene.VALUE_IN_USE] = 120_000.0

    def orderable(t: int = T) -> list[bool]:
        return [bool(cloud.is_orderable(model.handle, product, t)) for product in range(3)]

    assert orderable() == [True, True, True]
    assert orderable(T - 1) == [True, False, False]
    w.scene_f64[scene.VALUE_IN_USE] = 119_999.0  # it would not earn its price
    assert orderable() == [True, False, False]
    w.scene_f64[scene.VALUE_IN_USE] = 120_001.0
    w.product_f64[scene.SEVERITY] = 0.5, 0.49, 0.5
    assert orderable() == [False, True, False]


def test_a_cloud_orders_once_a_week_and_one_that_has_failed_cancels_all() -> None:
    model = planning_cloud()
    w, b = model.world, int(model.world.cloud_i64[c.BUYER, BETA])
    w.product_f64[scene.LAUNCH_DAY], w.scene_f64[scene.VALUE_IN_USE] = 0.0, 1e9
    plans = planning_days(model, account(model, "beta"))
    assert sum(plans) == 1
    rows = [primary.DESIRED_ORDER, primary.DESIRED_FRAMEWORK, primary.DESIRED_CANCEL]
    for severity, expected in ((0.0, [34, 0, 0]), (0.5, [0, 2 * (ORDER - LINE + 0.06 * (180 - 0.8 * 20)) * 1.1, 0])):
        w.product_f64[scene.SEVERITY, A800] = severity  # once it is stopped, its backlog counts for nothing
        for day, plans_now in zip(range(T, T + 7), plans, strict=True):
            w.buyer_i64[rows, :, b] = 77
            cloud.decide_orders(model.handle, day)
            wanted = [int(cards) for cards in expected] if plans_now else [0, 0, 0]
            assert w.buyer_i64[rows, :, b].tolist() == [wanted, [0, 0, 0], [0, 0, 0]]
    w.product_f64[scene.SEVERITY, A800] = 0.0
    w.cloud_f64[c.NEED, BETA] = 100.0
    day = T + plans.index(True)
    cloud.decide_orders(model.handle, day)
    assert w.buyer_i64[rows, :, b].tolist() == [[0, 0, 0], [0, 0, 0], [30, 0, 0]]
    w.cloud_i64[c.STATUS, BETA] = 0
    cloud.decide_orders(model.handle, day)
    assert w.buyer_i64[rows, :, b].tolist() == [[0, 0, 0], [0, 0, 0], w.buyer_i64[primary.BACKLOG, :, b].tolist()]


def test_in_the_first_week_of_december_a_cloud_orders_for_a_year() -> None:
    model = planning_cloud()
    w, b = model.world, int(model.world.cloud_i64[c.BUYER, BETA])
    w.p[[po.FRAMEWORK_MONTH, po.FRAMEWORK_COVER]], w.product_f64[scene.LAUNCH_DAY] = (12, 0.5), 0.0
    year = {day for day in range(730) if w.calendar[MONTH, day] % 12 == 11 and w.calendar[DAY_OF_MONTH, day] < 7}
    for takes_part in (1, 0):
        w.cloud_i64[c.FRAMEWORK, BETA] = takes_part
        ordered = {}
        for day in range(320, 720):
            cloud.decide_orders(model.handle, day)
            if w.buyer_i64[primary.DESIRED_FRAMEWORK, A800, b]:
                ordered[day] = int(w.buyer_i64[primary.DESIRED_FRAMEWORK, A800, b])
            assert not w.buyer_i64[primary.DESIRED_FRAMEWORK, 1:, b].any()
        plans = planning_days(model, account(model, "beta"), 320, 400)
        expected = {day: int(0.5 * 365 * GROWTH) for day in year if 320 <= day < 720 and plans[day - 320]}
        assert len(expected) == 2
        assert ordered == (expected if takes_part else {})
    w.cloud_i64[c.FRAMEWORK, BETA] = 1
    w.cloud_f64[c.NEED, BETA] = 100.0  # 780 cards to spare
    cloud.decide_orders(model.handle, min(expected))
    spare = 1025 - (WANTED - 1000 + 125)
    assert w.buyer_i64[primary.DESIRED_FRAMEWORK, A800, b] == int(0.5 * (365 * GROWTH - spare))
    for day_of_month, is_first_week in ((6, True), (7, False)):
        w.calendar[DAY_OF_MONTH, min(expected)] = day_of_month
        cloud.decide_orders(model.handle, min(expected))
        assert (w.buyer_i64[primary.DESIRED_FRAMEWORK, A800, b] > 0) == is_first_week
    w.calendar[DAY_OF_MONTH, min(expected)] = 0
    w.cloud_f64[[c.NEED, c.GROWTH], BETA] = 0.0, 0.0
    cloud.decide_orders(model.handle, min(expected))
    assert w.buyer_i64[primary.DESIRED_FRAMEWORK, A800, b] == 0


def test_a_cloud_posts_a_fraction_once_a_week() -> None:
    model = market()
    w = model.world
    w.p[[po.TARGET_UTILISATION, pc.FRACTION_START, pc.FRACTION_SLOPE]] = 0.8, 0.52, 1.5
    w.p[[pc.FRACTION_GAIN, pc.FRACTION_LOW, pc.FRACTION_HIGH]] = 0.1, 0.3, 0.9
    w.cloud_f64[c.POSTED_FRACTION], w.cloud_f64[c.TIGHTNESS] = (0.5, 0.5, 0.6), (0.9, 2.0, 0.9)
    found, expected = [], []
    for day in range(T, T + 7):
        cloud.decide_fraction(model.handle, day)
        found.append(w.cloud_f64[c.DESIRED_FRACTION].tolist())
        plans = [planning_days(model, account(model, name), day, 1)[0] for name in ("alpha", "beta", "gamma")]
        after, before = (0.517, 0.54, 0.607), (0.5, 0.5, 0.6)
        expected.append([pytest.approx(a if p else b) for a, b, p in zip(after, before, plans, strict=True)])
    assert found == expected


def test_a_cloud_bids_for_its_gap_sells_what_is_idle_and_all_when_it_has_failed() -> None:
    model = planning_cloud()
    w, beta = model.world, account(model, "beta")
    w.p[[ps.BID_ADJUSTMENT, ps.ROUTINE_SHARE, ps.BUY_RATE, ps.IDLE_SALE]] = 0.7, 0.5, 0.5, 3.5
    w.product_f64[scene.SPOT_CNY, A800], w.product_f64[scene.LAUNCH_DAY, H20] = 90_000.0, T
    w.cloud_f64[c.TASTE, BETA] = 1.25
    worth = float(valuation.worth_for(model.handle, 1.25))
    bid = 80_000.0 + 0.1 * (worth - 80_000.0)

    def decided(need: float, day: int = T) -> list[list[int]]:
        w.cloud_f64[[c.NEED, c.RESERVATION_CNY], BETA] = need, 80_000.0
        for of_product in (w.quote_i32, w.h20_quote_i32):
            of_product[:] = 7
        cloud.decide_quotes(model.handle, day)
        for of_product in (w.quote_i32, w.h20_quote_i32):
            assert (of_product[:, account(model, "builder") :] == 7).all()
        assert w.cloud_f64[c.RESERVATION_CNY, BETA] == pytest.approx(bid)
        return [of_product[:, beta].tolist() for of_product in (w.quote_i32, w.h20_quote_i32)]

    draws = {day: uniform(seed_of(model), luck.QUOTE, day, key_of_account(model, beta), 0) for day in (T - 1, T)}
    cards = [int(70 * 0.5 / 7 + 0.5 * GROWTH + draws[day]) for day in (T - 1, T)]
    tick, half = int(bid / 100), int(bid * 0.5 / 100)
    assert decided(1095.0) == [[tick, cards[1]], [half, cards[1]]]
    assert decided(1095.0, T - 1) == [[tick, cards[0]], [7, 0]]
    routine = int(0.5 * GROWTH + draws[T])
    assert decided(1025.0) == [[tick, routine], [half, routine]]
    assert decided(1024.0) == [[tick, -int(1 * 0.5 + draws[T])], [7, 0]]  # a single idle one
    assert decided(1017.0) == [[tick, -int(8 * 0.5 + draws[T])], [7, 0]]  # eight idle
    assert decided(900.0) == [[tick, -int(20 * 0.5 + draws[T])], [7, 0]]  # of which it has twenty in stock
    w.cloud_i64[c.STATUS, BETA] = 0
    assert decided(1095.0) == decided(900.0) == [[int(90_000 * 0.95 / 100), -20], [7, 0]]


# ------------------------------------------------------------------ what a card is worth


@pytest.mark.parametrize("day", [54, 55, 100, 130])
def test_the_average_user_reckons_with_the_wait_and_the_best_substitute(day: int) -> None:
    model, launch_day = market(), 100  # known 45 days ahead
    w = model.world
    rows = w.cloud_i64[c.BUYER].tolist()
    w.buyer_f64[primary.EXPECTED_LEAD_DAYS, A800] = 999.0
    w.buyer_f64[primary.EXPECTED_LEAD_DAYS, A800, rows] = 30.0, 60.0, 120.0
    w.scene_f64[scene.NET_RENT], w.p[[ps.WAIT_WEIGHT, ps.PORTING_MONTHS]] = 5_000.0, (0.8, 3.0)
    w.product_f64[scene.SEVERITY] = 0.0
    for product, launch, price, performance in ((H20, launch_day, 45_000.0, 0.5), (ASCEND_910B, 0, 60_000.0, 0.6)):
        w.product_f64[[scene.LAUNCH_DAY, scene.CONTRACT_CNY], product] = launch, price
        w.product_f64[[scene.PERFORMANCE, scene.INTEGRATION_LEFT, scene.LEAD_DAYS], product] = performance, 10.0, 20.0
    chip = 90_000.0 + 0.8 * 5_000 * (max(launch_day - day, 0) + 30.0) / MONTH_DAYS
    ascend = 100_000.0 + 0.8 * 5_000 * (30.0 / MONTH_DAYS + 3.0)
    expected = ascend if day < launch_day - 45 else min(chip, ascend)
    valuation.decide_worth(model.handle, day)
    assert w.scene_f64[scene.WAIT_MONTHS] == pytest.approx(70.0 / MONTH_DAYS)
    assert w.scene_f64[scene.SUBSTITUTE] == pytest.approx(expected)
    assert w.scene_f64[scene.WORTH] == valuation.worth_for(model.handle, 1.0)
    w.product_f64[scene.SEVERITY, H20] = 0.5
    valuation.decide_worth(model.handle, day)
    assert w.scene_f64[scene.SUBSTITUTE] == pytest.approx(ascend)
    w.product_f64[scene.SEVERITY, [H20, ASCEND_910B]] = 0.49, 0.5
    valuation.decide_worth(model.handle, day)
    assert w.scene_f64[scene.SUBSTITUTE] == pytest.approx(valuation.NO_SUBSTITUTE if day < launch_day - 45 else chip)


@pytest.mark.parametrize(("order", "written"), [(-1.0, 0.0), (0.0, 0.0), (0.5, 0.75), (10.0, 15.0), (90.0, 46.0)])
def test_an_order_is_inflated_up_to_a_part_of_the_need(order: float, written: float) -> None:
    assert valuation.inflated_order(order, 0.5, 0.5, 200.0, 46.0 / 200.0 * MONTH_DAYS / 7) == pytest.approx(written)


# ------------------------------------------------------------------ tender floors


LIST, BREAK_EVEN = 10_000.0, ((70_000 + 26_000) / 48 + 1_000) / 10_000.0


def bidder() -> GpuMarket:
    """Beta with a book of 400 cards of which a half comes within a quarter, at a break-even of .3."""
    model = small({"population.startups": 2, "startup.other": another_lab()})
    w, b = model.world, int(model.world.cloud_i64[c.BUYER, BETA])
    w.product_f64[scene.SEVERITY, A800], w.product_f64[scene.CONTRACT_CNY, A800] = 0.0, 70_000.0
    w.p[[pv.SERVER_COST, pc.LIFE, pc.OPEX]] = 26_000.0, 48.0, 1_000.0
    w.scene_f64[scene.LIST_RENT] = LIST
    w.p[[pt.RETENTION, pt.ENTRANT_VALUE, pt.DEFENDER_VALUE, pt.GAINER_VALUE]] = 0.25, 0.05, 0.03, 0.01
    w.cloud_f64[c.POSTED_FRACTION, BETA], w.cloud_i64[c.FREE, BETA] = 0.5, 100
    w.buyer_f64[primary.FILL_RATE, A800, b], w.buyer_f64[primary.EXPECTED_LEAD_DAYS, A800, b] = 0.8, 182.0
    w.buyer_i64[primary.BACKLOG, A800, b] = 400
    w.p[[pt.CONFIDENCE, po.FILL_FLOOR]] = 0.5, 0.5
    return model


FLOOR = BREAK_EVEN - 0.25 * (0.5 - BREAK_EVEN)


@pytest.mark.parametrize(
    ("aspiration", "value"), [(c.NO_ASPIRATION, 0.0), (c.ENTRANT, 0.05), (c.DEFENDER, 0.03), (c.GAINER, 0.01)]
)
def test_a_floor_is_break_even_less_what_the_customer_is_worth(aspiration: int, value: float) -> None:
    model = bidder()
    model.world.cloud_i64[c.ASPIRATION, BETA] = aspiration
    assert cloud.floor_of(model.handle, BETA, 1, 520, T) == pytest.approx(FLOOR - value)
    model.world.p[pt.FLOOR_ERROR] = 0.02
    customer = key_of_account(model, account_of_lab(model, 1))
    for day in range(T, T + 5):
        error = normal(seed_of(model), luck.FLOOR, day, key_of_account(model, account(model, "beta")), customer)
        floor = cloud.floor_of(model.handle, BETA, 1, 520, day)
        assert floor == pytest.approx(FLOOR - value + 0.02 * error)


def test_who_cannot_believe_to_deliver_does_not_bid() -> None:
    model = bidder()  # 100 free and .8 of 200: enough for 520 at a confidence of a half
    w, b = model.world, int(model.world.cloud_i64[c.BUYER, BETA])

    def bids(cards: int) -> bool:
        return bool(cloud.floor_of(model.handle, BETA, 1, cards, T) >= 0.0)

    assert [bids(520), bids(521)] == [True, False]
    w.cloud_i64[c.FREE, BETA] = -50  # promised already more than it has: as good as none
    assert [bids(320), bids(321)] == [True, False]
    w.buyer_f64[primary.FILL_RATE, A800, b] = 0.1  # taken for a half
    assert [bids(200), bids(201)] == [True, False]
    w.buyer_f64[primary.EXPECTED_LEAD_DAYS, A800, b] = 0.0  # all of it comes
    assert [bids(400), bids(401)] == [True, False]
    w.product_f64[scene.SEVERITY, A800] = 0.5  # nothing comes
    assert [bids(0), bids(1)] == [True, False]
    w.product_f64[scene.SEVERITY, A800] = 0.49
    assert bids(400)
    w.cloud_i64[c.STATUS, BETA] = 0
    assert not bids(0)


def test_a_cloud_that_is_not_invited_keeps_nobody_from_bidding() -> None:
    model = bidder()
    w = model.world
    w.scene_f64[scene.TENDERS_TODAY], w.p[[pt.UNAGREED, pt.AUTHORITY]] = 1.0, (1.0, 0.45)
    w.tender_i64[:, 0] = 1, 500, NOT_BIDDING, 0, 0  # the other lab's, of 500 cards, without alpha
    w.cloud_i64[c.STATUS, GAMMA] = 0
    cloud.decide_floors(model.handle, T)
    assert w.tender_i64[FIRST_FLOOR:, 0].tolist() == [NOT_BIDDING, 4500, NOT_BIDDING]  # no further than its authority
    w.p[pt.UNAGREED], w.tender_i64[FIRST_FLOOR:, 0] = 0.0, (NOT_BIDDING, 0, 0)
    cloud.decide_floors(model.handle, T)
    assert w.tender_i64[FIRST_FLOOR:, 0].tolist() == [NOT_BIDDING, int(FLOOR * 10_000), NOT_BIDDING]


@pytest.mark.parametrize(("severity", "is_stopped"), [(0.5, True), (0.49, False)])
def test_from_half_its_flow_on_a_card_counts_as_stopped(severity: float, is_stopped: bool) -> None:
    model = market()
    model.world.product_f64[scene.SEVERITY, A800] = severity
    assert valuation.market_view(model.handle)[6] == is_stopped
    assert valuation.substitute_price(60_000.0, 0.5, 2.0, -5_000.0, 0.8) == 120_000.0


def test_luck_says_whether_a_floor_is_agreed() -> None:
    model = bidder()
    model.world.p[pt.UNAGREED] = 0.4
    for lab in range(2):
        found = [bool(cloud.is_unagreed(model.handle, BETA, lab, day)) for day in range(T, T + 40)]
        keys = key_of_account(model, account(model, "beta")), key_of_account(model, account_of_lab(model, lab))
        assert found == [uniform(seed_of(model), luck.AUTHORITY, day, *keys) < 0.4 for day in range(T, T + 40)]
        assert set(found) == {True, False}


# ------------------------------------------------------------------ NVIDIA


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


# ------------------------------------------------------------------ server makers


def planning_maker(stock: int = 30) -> GpuMarket:
    """A server maker whose customers ask for 10 cards a day and wait for 50."""
    model = market()
    w = model.world
    b = int(w.maker_i64[trader.BUYER, 0])
    give_cards(model, "builder", stock)
    w.p[[pv.ENTERPRISE_CARDS, pv.ENTERPRISE_GROWTH, pv.ENTERPRISE_ELASTICITY, pv.STOCK_DAYS]] = 304.375, 0, 0, 20
    w.p[[po.GAMING, pp.DEPOSIT_SHARE, po.CANCELLATION, ps.DEALER_SHARE]] = 0.5, 0.2, 0.3, 0.0
    w.product_f64[scene.SEVERITY, A800] = 0.0
    w.product_f64[[scene.SMOOTHED_CNY, scene.CONTRACT_CNY], A800] = 72_000.0
    w.maker_f64[trader.ENTERPRISE_BACKLOG, 0] = 50.0
    w.buyer_i64[primary.BACKLOG, A800, b] = 100
    w.buyer_f64[primary.EXPECTED_LEAD_DAYS, A800, b], w.buyer_f64[primary.FILL_RATE, A800, b] = 60.0, 0.8
    return model


def test_other_industries_ask_for_more_every_year_and_less_when_cards_are_dear() -> None:
    assert server_maker.enterprise_demand(100.0, 0.5, 73.0, 1.0, 1.0, 0.0) == pytest.approx(110.0)
    assert server_maker.enterprise_demand(100.0, 0.0, 73.0, 1.2, 1.0, 0.5) == pytest.approx(90.0)
    assert server_maker.enterprise_demand(100.0, 0.0, 73.0, 0.8, 1.0, 0.5) == 100.0
    assert server_maker.enterprise_demand(100.0, 0.0, 73.0, 4.0, 1.0, 0.5) == 0.0
    model = planning_maker()
    model.world.p[[pv.ENTERPRISE_GROWTH, pv.ENTERPRISE_ELASTICITY]] = 0.5, 0.5
    model.world.product_f64[scene.SMOOTHED_CNY, A800] = 1.2 * 72_000.0
    assert server_maker.demand_per_day(model.handle, 73) == pytest.approx(9.9)


def test_a_maker_sells_what_its_customers_wait_for_from_a_part_of_its_stock() -> None:
    model = planning_maker()
    for share, backlog, sale in ((0.0, 29.9, 29), (0.0, 50.0, 30), (0.5, 50.0, 15)):
        model.world.p[ps.DEALER_SHARE] = share
        model.world.maker_f64[trader.ENTERPRISE_BACKLOG, 0] = backlog
        server_maker.decide_sales(model.handle, T)
        assert model.world.maker_f64[trader.DESIRED_DEMAND, 0] == pytest.approx(10.0)
        assert model.world.maker_i64[trader.DESIRED_SALE, 0] == sale


def test_a_maker_orders_once_a_week_what_its_customers_will_buy() -> None:
    model = planning_maker()
    w, b = model.world, int(model.world.maker_i64[trader.BUYER, 0])
    plans = planning_days(model, account(model, "builder"))
    rows = [primary.DESIRED_ORDER, primary.DESIRED_CANCEL]
    order = 7 * 10 + 0.06 * (20 * 10 + 50 - 30) + 0.06 * (60 * 10 - 0.8 * 100)

    def decided() -> list[list[list[int]]]:
        found = []
        for day in range(T, T + 7):
            w.buyer_i64[rows, :, b] = 77
            server_maker.decide_orders(model.handle, day)
            found.append(w.buyer_i64[rows, :, b].tolist())
        return found

    nothing = [[0, 0, 0], [0, 0, 0]]
    assert decided() == [[[int(order * INFLATION), 0, 0], [0, 0, 0]] if planned else nothing for planned in plans]
    w.product_f64[scene.SEVERITY, A800] = 0.5
    assert decided() == [nothing] * 7
    w.product_f64[scene.SEVERITY, A800] = 0.49
    w.buyer_f64[primary.FILL_RATE, A800, b] = 0.25  # taken for a half, the least
    order += 0.06 * (0.8 - 0.5) * 100
    day = plans.index(True)
    assert decided()[day][0][0] == int(order * (0.4 / 0.5 + 0.6))
    w.p[po.GAMING] = 2.5  # three times what it needs: but no more than customers would wait for
    assert decided()[day][0][0] == int(90 * 10 * 7 / MONTH_DAYS)
    give_cards(model, "builder", 5000)
    assert decided() == [[[0, 0, 0], [30, 0, 0]] if planned else nothing for planned in plans]


@pytest.mark.parametrize(("growth_a_week", "cancels"), [(-0.5, True), (0.0, False), (0.5, False)])
def test_only_a_maker_that_would_order_less_than_nothing_cancels(growth_a_week: float, cancels: bool) -> None:
    model = planning_maker(stock=1000)
    w, b = model.world, int(model.world.maker_i64[trader.BUYER, 0])
    w.p[pv.ENTERPRISE_CARDS] = max(growth_a_week, 0.0) / 7 * MONTH_DAYS
    w.p[[po.ADJUSTMENT, po.SUPPLY_LINE]] = (0.001, 0.0) if growth_a_week < 0.0 else (0.0, 0.0)
    plans = planning_days(model, account(model, "builder"))
    server_maker.decide_orders(model.handle, T + plans.index(True))
    assert w.buyer_i64[primary.DESIRED_CANCEL, A800, b] == (30 if cancels else 0)


def test_each_maker_looks_at_its_own_stock_on_its_own_day() -> None:
    model = small(ANOTHER_MAKER)
    w, other = model.world, account(model, "other")
    give_cards(model, "other", 7)
    w.p[[pv.ENTERPRISE_CARDS, pv.ENTERPRISE_GROWTH, pv.STOCK_DAYS]] = 2 * 304.375, 0.0, 20.0
    w.p[[ps.DEALER_SHARE, po.GAMING, po.SUPPLY_LINE]] = 0.0, 0.0, 0.0
    w.product_f64[[scene.SMOOTHED_CNY, scene.CONTRACT_CNY], A800] = 72_000.0
    w.maker_f64[trader.ENTERPRISE_BACKLOG] = 50.0
    server_maker.decide_sales(model.handle, T)
    assert w.maker_i64[trader.DESIRED_SALE].tolist() == [0, 7]
    rows = w.maker_i64[trader.BUYER].tolist()
    holders = (account(model, "builder"), other)
    for day in range(T, T + 7):
        server_maker.decide_orders(model.handle, day)
        wanted = [int(70 + 0.06 * (250 - stock)) for stock in (0, 7)]
        plans = [planning_days(model, holder, day, 1)[0] for holder in holders]
        expected = [cards if planned else 0 for cards, planned in zip(wanted, plans, strict=True)]
        assert w.buyer_i64[primary.DESIRED_ORDER, A800, rows].tolist() == expected


def test_a_maker_offers_surplus_bids_for_customers_or_does_neither() -> None:
    model = planning_maker(stock=500)
    w, builder = model.world, account(model, "builder")
    w.p[[ps.COVER_DAYS, ps.ASK_ADJUSTMENT, ps.BUY_RATE, ps.BID_ADJUSTMENT]] = 30.0, 0.49, 0.5, 0.7
    w.scene_f64[scene.SPOT_COVER] = 15.0
    w.product_f64[[scene.CONTRACT_CNY, scene.SPOT_CNY], A800] = 72_000.0, 90_000.0
    worth = float(valuation.worth_for(model.handle, w.maker_f64[trader.MAKER_TASTE, 0]))

    def decided(ask: float = 100_050.0, reservation: float = 80_000.0) -> tuple[int, float, float]:
        w.maker_f64[[trader.MAKER_ASK_CNY, trader.MAKER_RESERVATION_CNY], 0] = ask, reservation
        w.quote_i32[:] = 7
        server_maker.decide_quotes(model.handle, T)
        assert (np.delete(w.quote_i32, builder, axis=1) == 7).all()
        ask_now, reservation_now = w.maker_f64[[trader.MAKER_ASK_CNY, trader.MAKER_RESERVATION_CNY], 0]
        assert reservation_now == pytest.approx(reservation + 0.1 * (worth - reservation))
        return int(w.quote_i32[trader.QUANTITY, builder]), float(ask_now), float(reservation_now)

    assert decided()[:2] == (-(250 // 7), pytest.approx(103_551.75))  # 500 less 200 for twenty days and 50 waited for
    assert w.quote_i32[trader.TICK, builder] == 1035
    assert decided(ask=50_000.0)[:2] == (-(250 // 7), 72_000.0)  # not below what NVIDIA asks
    w.p[ps.DEALER_SHARE] = 0.9
    assert decided()[0] == -(450 // 7)
    w.p[ps.DEALER_SHARE] = 0.0
    w.maker_f64[trader.ENTERPRISE_BACKLOG, 0] = 299.0
    assert decided()[0] == -1  # one card is offered as one
    w.maker_f64[trader.ENTERPRISE_BACKLOG, 0] = 500.0
    assert decided()[:2] == (0, 90_000.0)
    draw = uniform(seed_of(model), luck.QUOTE, T, key_of_account(model, builder), 0)
    w.maker_f64[trader.ENTERPRISE_BACKLOG, 0] = 501.0
    w.p[ps.BUY_RATE] = 7.0
    assert decided()[0] == int(1 + draw)
    w.p[ps.BUY_RATE] = 0.5
    w.maker_f64[trader.ENTERPRISE_BACKLOG, 0] = 640.0
    quantity, ask_now, reservation = decided()
    assert (quantity, ask_now) == (int(140 * 0.5 / 7 + draw), 100_050.0)
    assert w.quote_i32[trader.TICK, builder] == int(reservation / 100.0)


# ------------------------------------------------------------------ speculators


def speculators() -> GpuMarket:
    model = market({"population.speculators": 3})
    w = model.world
    w.p[[ps.MEMORY, ps.SWITCHING]] = 4.0, 10.0
    w.scene_f64[scene.WORTH] = 100_000.0
    w.speculator_f64[trader.ERROR] = 1.0, 0.9, 1.2
    w.speculator_f64[trader.TREND_PROFIT], w.speculator_f64[trader.VALUE_PROFIT] = 0.2, 0.1
    w.speculator_f64[trader.INCLINATION] = 0.5
    return model


@pytest.mark.parametrize(
    ("last", "spot", "smoothed", "trend_was_right", "value_was_right"),
    [
        (90_000.0, 99_000.0, 95_000.0, True, (True, False, True)),
        (90_000.0, 99_000.0, 99_000.0, False, (True, False, True)),
        (110_000.0, 99_000.0, 95_000.0, False, (False, True, False)),
        (110_000.0, 99_000.0, 99_500.0, True, (False, True, False)),
        (90_000.0, 100_000.0, 95_000.0, True, (False, False, True)),
    ],
)
def test_a_heuristic_is_credited_with_the_moves_that_it_called(
    last: float, spot: float, smoothed: float, trend_was_right: bool, value_was_right: tuple[bool, ...]
) -> None:
    model = speculators()
    w = model.world
    w.product_f64[[scene.SPOT_CNY, scene.SMOOTHED_CNY, scene.LAST_CNY], A800] = spot, smoothed, last
    w.speculator_i64[trader.IS_CHARTIST] = 7
    gain = abs(spot / last - 1.0) * MONTH_DAYS
    speculator.decide_heuristic(model.handle, T)
    trend = 0.2 + 0.25 * ((gain if trend_was_right else -gain) - 0.2)
    value = [0.1 + 0.25 * ((gain if right else -gain) - 0.1) for right in value_was_right]
    assert w.speculator_f64[trader.TREND_PROFIT] == pytest.approx([trend] * 3)
    assert w.speculator_f64[trader.VALUE_PROFIT] == pytest.approx(value)
    assert w.speculator_i64[trader.IS_CHARTIST].tolist() == [int(trend > one) for one in value]


@pytest.mark.parametrize(("advantage", "inclination", "follows"), [(0.1, 0.73, 1), (0.1, 0.74, 0), (0.0, 0.5, 0),
                                                                   (-0.1, 0.26, 1), (-0.1, 0.27, 0)])  # fmt: skip
def test_the_trend_is_followed_where_it_has_paid_by_more_than_ones_inclination(
    advantage: float, inclination: float, follows: int
) -> None:
    model = speculators()
    w = model.world
    w.product_f64[[scene.SPOT_CNY, scene.SMOOTHED_CNY, scene.LAST_CNY], A800] = 90_000.0
    w.speculator_f64[[trader.TREND_PROFIT, trader.VALUE_PROFIT], 1] = 0.4 / 3 + advantage * 4 / 3, 0.4 / 3
    w.speculator_f64[trader.INCLINATION, 1] = inclination
    speculator.decide_heuristic(model.handle, T)
    profits = w.speculator_f64[[trader.TREND_PROFIT, trader.VALUE_PROFIT], 1]
    assert profits == pytest.approx([0.1 + advantage, 0.1])
    assert w.speculator_i64[trader.IS_CHARTIST, 1] == follows == int(logistic(10 * advantage) > inclination)


@pytest.mark.parametrize(
    ("is_chartist", "spot", "price"),
    [
        (True, 100.0, 92.0 + 0.5 * 0.25 * 100.0),
        (True, 160.0, 147.2 + 0.5 * 0.3 * 160.0),  # nobody extrapolates more
        (True, 20.0, 60.0),  # nor expects less than half of what a card is worth
        (False, 100.0, 92.0 + 0.4 * 28.0),
        (False, 20.0, 60.0),
    ],
)
def test_what_a_card_will_cost_at_the_horizon(is_chartist: bool, spot: float, price: float) -> None:
    found = speculator.expected_price(spot, 80.0, 120.0, is_chartist, 4.0, 0.02, 0.5, 0.1, 0.5)
    assert found == pytest.approx(price)


def test_each_speculator_expects_by_its_own_view_of_worth_and_its_heuristic() -> None:
    model = speculators()  # who see a card's worth as it is, a tenth lower and a fifth higher
    w = model.world
    w.product_f64[[scene.SPOT_CNY, scene.SMOOTHED_CNY], A800] = 90_000.0, 80_000.0
    w.p[[ps.DECAY, ps.CHART_WEIGHT, ps.VALUE_WEIGHT, ps.FLOOR_SHARE]] = 0.02, 0.5, 0.1, 0.5
    w.speculator_f64[trader.HORIZON_MONTHS] = 2.0, 4.0, 4.0
    calm = (90_000 * 0.96, 90_000 * 0.92, 90_000 * 0.92)
    for chartists in ((1, 0, 0), (0, 1, 1)):
        w.speculator_i64[trader.IS_CHARTIST] = chartists
        speculator.decide_expectations(model.handle, T)
        trend = [one + 0.5 * 0.125 * 90_000 for one in calm]
        value = [calm[0] + 0.2 * (100_000 - calm[0]), calm[1] + 0.4 * (90_000 - calm[1])]
        value.append(calm[2] + 0.4 * (120_000 - calm[2]))
        expected = [a if follows else b for a, b, follows in zip(trend, value, chartists, strict=True)]
        assert w.speculator_f64[trader.EXPECTED_CNY] == pytest.approx(expected)
    w.product_f64[scene.SPOT_CNY, A800] = 20_000.0  # nobody expects less than half of what it would pay
    speculator.decide_expectations(model.handle, T)
    floors = w.speculator_f64[trader.EXPECTED_CNY, 1:]
    assert floors == pytest.approx([45_000.0, 60_000.0])


def test_the_gap_to_worth_is_closed_once_at_most() -> None:
    assert speculator.expected_price(100.0, 80.0, 120.0, False, 4.0, 0.02, 0.5, 0.5, 0.5) == pytest.approx(120.0)


def test_speculators_buy_what_gains_and_sell_what_does_not() -> None:
    model = speculators()
    w = model.world
    holders = [int(w.clock[scene.FIRST_SPECULATOR]) + k for k in range(3)]
    for holder, cards in zip(holders, (5, 50, 0), strict=True):
        ledger.move(model.handle, A800, WORLD, STOCK, holder, STOCK, cards, accounts.OPENING)
    w.p[[ps.MARGIN, ps.CARRY, ps.TRADE_RATE]] = 0.25, 0.0, 0.5
    w.product_f64[scene.SPOT_CNY, A800] = 80_000.0
    w.belief_f64[accounts.BAN_BELIEF, holders] = 0.0
    w.speculator_f64[trader.HORIZON_MONTHS] = 3.0
    cash = [int(x) / 100 for x in w.account_i64[accounts.CASH_FEN, holders]]
    for day in range(T, T + 20):
        draws = [uniform(seed_of(model), luck.QUOTE, day, key_of_account(model, holder), 0) for holder in holders]
        w.quote_i32[:, holders] = 7
        w.speculator_f64[trader.EXPECTED_CNY] = 110_050.0, 110_050.0, 110_050.0
        speculator.decide_quotes(model.handle, day)
        bought = [int(0.5 / 7 * money / 80_000.0 + draw) for money, draw in zip(cash, draws, strict=True)]
        assert [quotes(model, holder) for holder in holders] == [(880, cards) for cards in bought]
        w.quote_i32[:, holders] = 7
        w.speculator_f64[trader.EXPECTED_CNY] = 100_000.0  # a gain, but within the margin
        speculator.decide_quotes(model.handle, day)
        sold = [min(int(max(0.5 * held, 1.0) / 7 + draw), held) for held, draw in zip((5, 50), draws, strict=False)]
        assert [quotes(model, holder) for holder in holders] == [(1000, -sold[0]), (1000, -sold[1]), (7, 0)]


# ------------------------------------------------------------------ the reserve


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
