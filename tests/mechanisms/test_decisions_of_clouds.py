"""Decisions of clouds, each on numbers set up by hand."""

from __future__ import annotations

import pytest
from deciding import INFLATION, MONTH_DAYS, T, market, planning_days
from small_market import BETA, GAMMA, account, account_of_lab, another_lab, give_cards, key_of_account, seed_of, small

from market import GpuMarket
from market.decisions import cloud, valuation
from market.kernels.luck import normal, uniform
from market.parameters import clouds as pc
from market.parameters import orders as po
from market.parameters import servers as pv
from market.parameters import spot as ps
from market.parameters import supply as pp
from market.parameters import tenders as pt
from market.state import accounts, ledger, luck, primary, scene
from market.state import cloud as c
from market.state.products import A800, ASCEND_910B, H20, STOCK, WORLD
from market.state.world import DAY_OF_MONTH, FIRST_FLOOR, MONTH, NOT_BIDDING

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


# ------------------------------------------------------------------ orders, prices and quotes


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


def test_luck_says_whether_a_floor_is_agreed() -> None:
    model = bidder()
    model.world.p[pt.UNAGREED] = 0.4
    for lab in range(2):
        found = [bool(cloud.is_unagreed(model.handle, BETA, lab, day)) for day in range(T, T + 40)]
        keys = key_of_account(model, account(model, "beta")), key_of_account(model, account_of_lab(model, lab))
        assert found == [uniform(seed_of(model), luck.AUTHORITY, day, *keys) < 0.4 for day in range(T, T + 40)]
        assert set(found) == {True, False}
