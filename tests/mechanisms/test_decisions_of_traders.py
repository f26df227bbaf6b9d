"""Decisions of server makers and speculators, each on numbers set up by hand."""

from __future__ import annotations

import numpy as np
import pytest
from deciding import INFLATION, MONTH_DAYS, T, market, planning_days, quotes
from small_market import ANOTHER_MAKER, account, give_cards, key_of_account, seed_of, small

from market import GpuMarket
from market.decisions import server_maker, speculator, valuation
from market.kernels.arithmetic import logistic
from market.kernels.luck import uniform
from market.parameters import orders as po
from market.parameters import servers as pv
from market.parameters import spot as ps
from market.parameters import supply as pp
from market.state import accounts, ledger, luck, primary, scene, trader
from market.state.products import A800, STOCK, WORLD

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
