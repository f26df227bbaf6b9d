"""Settlements of cards, to the last cell: orders, allotment, delivery, servers, rules, the auction and imports."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest
from changes import assert_changes, changes, emptied_logs, logged, moved, paid
from small_market import (
    ALPHA,
    ANOTHER_MAKER,
    BETA,
    GAMMA,
    LAB,
    account,
    another_lab,
    give_cards,
    leave_cash,
    small,
    take_cards,
)

from market import GpuMarket
from market.markets import primary, rules, servers, spot
from market.state import accounts, ledger, scene, trader
from market.state import cloud as c
from market.state import primary as order
from market.state import startup as s
from market.state.handle import handle_of
from market.state.products import (
    A800,
    ASCEND_910B,
    ASSEMBLY,
    CLOUDS,
    CUSTOMERS,
    FIRST_FIRM,
    H20,
    HUAWEI,
    INVESTORS,
    MAKERS,
    NVIDIA,
    ONLINE,
    RESERVE,
    SCRAP,
    SPECULATORS,
    STAGES,
    STARTUPS,
    STOCK,
    SUPPLIERS,
    TRANSIT,
    WORLD,
)
from market.state.world import ASK_CARDS, ASK_FILLED, ASK_ROWS, BID_CARDS, BID_FILLED, BID_ROWS

T = 40  # the day of all calls


def market(**overrides: Any) -> GpuMarket:
    """The small market, its logs empty; a parameter's dot is written as two underscores."""
    model = small({key.replace("__", "."): value for key, value in overrides.items()})
    emptied_logs(model)
    return model


# ------------------------------------------------------------------ the primary market


def placed(model: GpuMarket, b: int, cards: int, due: int, framework: int = 0) -> int:
    """Place an order and return its row."""
    row = int(model.world.clock[scene.N_ORDERS])
    primary.place(model.handle, A800, b, cards, due, due + 9, framework, T)
    return row


def buyer_of(model: GpuMarket, b: int) -> int:
    return int(model.world.buyer_account[order.ACCOUNT, b])


@pytest.mark.parametrize("deposit_share", [0.0, 0.1])
def test_an_order_is_entered_with_its_deposit(deposit_share: float) -> None:
    model = market(primary__deposit_share=deposit_share)
    model.world.scene_f64[[scene.ORDERED_TODAY, scene.MONTH_ORDERED]] = 3.0, 4.0
    row, opened = int(model.world.clock[scene.N_ORDERS]), int(model.world.clock[scene.N_OPEN])
    deposit, cards = round(deposit_share * 7_200_000), 100
    found = changes(model, primary.place, A800, BETA, cards, T + 30, T + 50, 1, T)
    of = {
        order.BUYER: BETA,
        order.PRODUCT: A800,
        order.PLACED: T,
        order.DUE_DAY: T + 30,
        order.PROMISED: T + 50,
        order.CARDS: cards,
        order.FIRST_DELIVERY: -1,
        order.LAST_DELIVERY: -1,
        order.IS_FRAMEWORK: 1,
        order.DEPOSIT_FEN: deposit,
    }
    assert_changes(
        found,
        {("order_i64", column, row): value for column, value in of.items()},
        {("open_orders", opened): row, ("clock", scene.N_ORDERS): 1, ("clock", scene.N_OPEN): 1},
        {("buyer_i64", order.BACKLOG, A800, BETA): cards, ("buyer_i64", order.MONTH_ORDERED, A800, BETA): cards},
        {("scene_f64", scene.ORDERED_TODAY): 3.0 + cards, ("scene_f64", scene.MONTH_ORDERED): 4.0 + cards},
        paid(model, buyer_of(model, BETA), NVIDIA, deposit * cards, accounts.DEPOSIT),
        logged(model, 0, scene.ORDER_PLACED, day=T, actor=buyer_of(model, BETA), other=NVIDIA, cards=cards, b=1, c=row),
    )


def test_a_deposit_bounds_an_order_by_the_cash_at_hand() -> None:
    model = market(primary__deposit_share=0.1)
    leave_cash(model, "beta", 5 * 7200 - 0.01)
    row = placed(model, BETA, 100, T)
    assert model.world.order_i64[order.CARDS, row] == 4
    leave_cash(model, "beta", 7199.99)
    assert_changes(changes(model, primary.place, A800, BETA, 100, T, T, 0, T))
    assert_changes(changes(model, primary.place, A800, ALPHA, 0, T, T, 0, T))


def test_a_deposit_of_one_fen_and_an_order_of_one_card_count() -> None:
    model = market(primary__deposit_share=1e-7)  # .72 fen
    row = placed(model, BETA, 1, T)
    assert model.world.order_i64[[order.CARDS, order.DEPOSIT_FEN], row].tolist() == [1, 1]
    assert model.world.cash_flow[accounts.DEPOSIT, NVIDIA] == 1
    leave_cash(model, "beta", 0.05)
    assert model.world.order_i64[order.CARDS, placed(model, BETA, 100, T)] == 5


def test_orders_of_a_domestic_card_are_its_makers() -> None:
    model = market()
    primary.place(model.handle, ASCEND_910B, BETA, 5, T, T, 0, T)
    assert model.world.event_i64[[scene.EVENT_OTHER, scene.EVENT_A], 0].tolist() == [HUAWEI, ASCEND_910B]
    emptied_logs(model)
    primary.cancel(model.handle, ASCEND_910B, BETA, 5, T)
    assert model.world.event_i64[[scene.EVENT_OTHER, scene.EVENT_A], 0].tolist() == [HUAWEI, ASCEND_910B]


def test_a_domestic_card_comes_from_its_maker_and_is_paid_to_it() -> None:
    model = market()
    w, beta = model.world, account(model, "beta")
    stock, transit = (len(STAGES) * ASCEND_910B + stage for stage in (STOCK, TRANSIT))
    w.buyer_i64[order.DESIRED_ALLOTMENT, ASCEND_910B, BETA] = 3
    primary._hand_over(model.handle, ASCEND_910B)
    assert (w.card_i64[stock, HUAWEI], w.card_i64[transit, beta]) == (-3, 3)
    row = int(w.clock[scene.N_ORDERS])
    primary.place(model.handle, ASCEND_910B, BETA, 3, T, T, 0, T)
    primary.deliver(model.handle, row, 3, 100, T)
    assert w.cash_flow[accounts.CARD_SALE, [HUAWEI, NVIDIA]].tolist() == [300, 0]


def test_cancelling_takes_the_latest_due_first_and_costs_credibility() -> None:
    model = market()
    old, new = placed(model, BETA, 30, T + 10), placed(model, BETA, 50, T + 60)
    other = placed(model, ALPHA, 20, T + 90)
    emptied_logs(model)
    model.world.buyer_f64[order.CREDIBILITY, A800, BETA] = 0.9
    found = changes(model, primary.cancel, A800, BETA, 60, T)
    assert_changes(
        found,
        {("order_i64", order.CANCELLED, new): 50, ("order_i64", order.CANCELLED, old): 10},
        {("buyer_i64", order.BACKLOG, A800, BETA): -60},
        {("buyer_f64", order.CREDIBILITY, A800, BETA): 0.9 * (1 - 0.1 * 60 / 80)},
        logged(model, 0, scene.ORDER_CANCELLED, day=T, actor=buyer_of(model, BETA), other=NVIDIA, cards=60),
    )
    emptied_logs(model)
    found = changes(model, primary.cancel, A800, BETA, 60, T)  # only 20 are left
    credibility = 0.9 * (1 - 0.1 * 60 / 80)
    assert_changes(
        found,
        {("order_i64", order.CANCELLED, old): 20, ("buyer_i64", order.BACKLOG, A800, BETA): -20},
        {("buyer_f64", order.CREDIBILITY, A800, BETA): credibility * (1 - 0.1 * 20 / 60)},
        logged(model, 0, scene.ORDER_CANCELLED, day=T, actor=buyer_of(model, BETA), other=NVIDIA, cards=20),
    )
    assert model.world.order_i64[order.CANCELLED, other] == 0


def test_a_delivery_is_paid_and_logged_the_first_card_once() -> None:
    model = market()
    row, beta = placed(model, BETA, 30, T + 10), buyer_of(model, BETA)
    give_cards(model, "beta", 20, TRANSIT)
    emptied_logs(model)
    w = model.world
    w.order_i64[order.DEPOSIT_FEN, row] = 200_000
    w.scene_f64[[scene.DELIVERED_TODAY, scene.MONTH_DELIVERED, scene.NVIDIA_REVENUE]] = 1.0, 2.0, 3.0
    margin = float(w.p[primary.pp.GROSS_MARGIN])
    for n, first in ((12, True), (8, False)):
        full, before = 7_200_000, int(w.clock[scene.N_EVENTS])
        today = w.scene_f64[[scene.DELIVERED_TODAY, scene.MONTH_DELIVERED, scene.NVIDIA_REVENUE]].tolist()
        deliveries = int(w.clock[scene.N_DELIVERIES])
        found = changes(model, primary.deliver, row, n, full - 200_000, T + n)
        begun = {("order_i64", order.FIRST_DELIVERY, row): T + 12 + 1, ("order_i64", order.LAST_DELIVERY, row): T + 13}
        opening = logged(model, before, scene.DELIVERED, day=T + n, actor=beta, other=NVIDIA, cards=n, fen=full, b=row)
        assert_changes(
            found,
            moved(model, (beta, TRANSIT), (beta, STOCK), n, accounts.DELIVERED),
            paid(model, beta, NVIDIA, (full - 200_000) * n, accounts.CARD_SALE),
            paid(model, NVIDIA, SUPPLIERS, round((1 - margin) * full) * n, accounts.PRODUCTION),
            {**begun, **opening} if first else {("order_i64", order.LAST_DELIVERY, row): -4},
            {("order_i64", order.DELIVERED, row): n, ("clock", scene.N_DELIVERIES): 1},
            {("delivery_i64", column, deliveries): value for column, value in enumerate((row, T + n, n))},
            {("buyer_i64", order.BACKLOG, A800, BETA): -n},
            {("buyer_i64", order.MONTH_DELIVERED, A800, BETA): n, ("buyer_i64", order.PAST_DELIVERIES, A800, BETA): n},
            {("scene_f64", scene.DELIVERED_TODAY): today[0] + n, ("scene_f64", scene.MONTH_DELIVERED): today[1] + n},
            {("scene_f64", scene.NVIDIA_REVENUE): today[2] + full / 100 * n},
            {("firm_i64", accounts.BASIS_FEN, beta): full * n},
        )


def test_the_month_closes_with_the_fill_rate_learnt_and_filled_orders_gone() -> None:
    model = market()
    w = model.world
    w.clock[scene.N_OPEN] = 0
    rows = [placed(model, ALPHA, 10, T), placed(model, BETA, 30, T), placed(model, GAMMA, 40, T)]
    w.order_i64[order.DELIVERED, rows[1]], w.order_i64[order.CANCELLED, rows[1]] = 20, 10
    w.buyer_i64[order.DUE, A800] = 0
    w.buyer_i64[order.DUE, A800, [ALPHA, BETA]] = 50, 10
    w.buyer_i64[order.MONTH_DELIVERED, A800, [ALPHA, BETA]] = 20, 30
    w.buyer_f64[order.FILL_RATE, A800] = 0.5
    gain = float(w.p[primary.po.FILL_GAIN])
    found = changes(model, primary._close_month, A800)
    assert_changes(
        found,
        {("buyer_f64", order.FILL_RATE, A800, ALPHA): (1 - gain) * 0.5 + gain * 0.4},
        {("buyer_f64", order.FILL_RATE, A800, BETA): (1 - gain) * 0.5 + gain},
        {("open_orders", 1): rows[2] - rows[1], ("clock", scene.N_OPEN): -1},
    )


def test_a_rule_recalls_its_share_of_what_is_under_way() -> None:
    model = market()
    give_cards(model, "beta", 21, TRANSIT)
    beta = account(model, "beta")
    model.world.product_f64[[scene.LAST_SEVERITY, scene.SEVERITY], A800] = 0.5, 0.75
    found = changes(model, primary._recall, A800)
    assert_changes(found, moved(model, (beta, TRANSIT), (NVIDIA, STOCK), 10, accounts.RETURNED))
    model.world.product_f64[scene.LAST_SEVERITY, A800] = 1.0
    assert_changes(changes(model, primary._recall, A800))
    take_cards(model, "beta", 9, TRANSIT)  # two are left
    model.world.product_f64[scene.LAST_SEVERITY, A800] = 0.5
    found = changes(model, primary._recall, A800)
    assert_changes(found, moved(model, (beta, TRANSIT), (NVIDIA, STOCK), 1, accounts.RETURNED))


def test_a_late_penalty_is_paid_on_what_is_overdue() -> None:
    model = market(primary__late_penalty_share=0.12175)
    model.world.clock[scene.N_OPEN] = 0
    late, _ = placed(model, BETA, 30, T - 20), placed(model, ALPHA, 10, T)
    primary.place(model.handle, ASCEND_910B, BETA, 5, T - 20, T - 20, 0, T - 30)  # another maker's
    model.world.order_i64[order.DELIVERED, late] = 5
    model.world.product_f64[scene.SEVERITY, A800] = 0.0
    found = changes(model, primary._pay_penalties, T)
    assert_changes(found, paid(model, NVIDIA, buyer_of(model, BETA), 28_800 * 25, accounts.PENALTY))
    assert_changes(changes(model, primary._pay_penalties, T - 11))  # promised for that very day
    model.world.product_f64[scene.SEVERITY, A800] = 0.5
    assert_changes(changes(model, primary._pay_penalties, T))


# ------------------------------------------------------------------ the spot market


def test_a_trade_moves_cards_money_cost_and_gain() -> None:
    model = small({"population.speculators": 2})
    emptied_logs(model)
    first = int(model.world.clock[scene.FIRST_SPECULATOR])
    seller, buyer = first + 1, account(model, "alpha")
    give_cards(model, model.cast.ids[seller], 4)
    model.world.firm_i64[accounts.BASIS_FEN, seller] = 4_000_003
    model.world.speculator_i64[[trader.GAIN_FEN, trader.MONTH_SALES_FEN, trader.MONTH_COST_FEN]] = 7
    price = 1_500_000
    found = changes(model, spot.trade, A800, seller, buyer, 3, price)
    cost = 3_000_002  # three quarters of the basis, rounded down
    assert_changes(
        found,
        moved(model, (seller, STOCK), (buyer, STOCK), 3, accounts.TRADED),
        paid(model, buyer, seller, 3 * price, accounts.SPOT_TRADE),
        {("firm_i64", accounts.BASIS_FEN, seller): -cost, ("firm_i64", accounts.BASIS_FEN, buyer): 3 * price},
        {("speculator_i64", trader.GAIN_FEN, 1): 3 * price - cost},
        {("speculator_i64", trader.MONTH_SALES_FEN, 1): 3 * price, ("speculator_i64", trader.MONTH_COST_FEN, 1): cost},
    )


def test_a_server_makers_sale_is_its_revenue() -> None:
    model = market()
    seller, buyer = account(model, "builder"), account(model, "alpha")
    give_cards(model, "builder", 2)
    model.world.firm_i64[accounts.BASIS_FEN, seller] = 1000
    model.world.maker_i64[[trader.MAKER_REVENUE_FEN, trader.MAKER_COST_FEN]] = 7
    found = changes(model, spot.trade, A800, seller, buyer, 1, 900)
    assert_changes(
        found,
        moved(model, (seller, STOCK), (buyer, STOCK), 1, accounts.TRADED),
        paid(model, buyer, seller, 900, accounts.SPOT_TRADE),
        {("firm_i64", accounts.BASIS_FEN, seller): -500, ("firm_i64", accounts.BASIS_FEN, buyer): 900},
        {("maker_i64", trader.MAKER_REVENUE_FEN, 0): 900, ("maker_i64", trader.MAKER_COST_FEN, 0): 500},
    )


def test_an_import_is_bought_from_abroad() -> None:
    model = market()
    buyer = account(model, "alpha")
    found = changes(model, spot.trade, A800, WORLD, buyer, 2, 900)
    assert_changes(
        found,
        moved(model, (WORLD, STOCK), (buyer, STOCK), 2, accounts.IMPORTED),
        paid(model, buyer, WORLD, 1800, accounts.SPOT_TRADE),
        {("firm_i64", accounts.BASIS_FEN, buyer): 1800},
    )


def test_a_startup_sells_without_a_cost_basis_and_nobody_has_one_without_cards() -> None:
    model = market()
    lab, alpha = account(model, "lab"), account(model, "alpha")
    give_cards(model, "lab", 2)
    found = changes(model, spot.trade, A800, lab, alpha, 1, 900)
    assert_changes(
        found,
        moved(model, (lab, STOCK), (alpha, STOCK), 1, accounts.TRADED),
        paid(model, alpha, lab, 900, accounts.SPOT_TRADE),
        {("firm_i64", accounts.BASIS_FEN, alpha): 900},
    )
    model.world.firm_i64[accounts.BASIS_FEN, account(model, "builder")] = 77
    assert ledger.release_cost(model.handle, account(model, "builder"), 0) == 0


def test_each_product_has_its_own_quotes_and_sectors_at_the_boundary_have_none() -> None:
    model = market()
    alpha, beta = account(model, "alpha"), account(model, "beta")
    model.world.quote_i32[:] = 0
    model.world.quote_i32[:, alpha] = 7, 1
    model.world.quote_i32[:, INVESTORS] = 7, 5
    model.world.h20_quote_i32[:] = 0
    model.world.h20_quote_i32[:, beta] = 5, 3
    book = np.zeros((10, 4), dtype=np.int64)
    for product, (buyer, cards, tick) in enumerate(((alpha, 1, 7), (beta, 3, 5))):
        assert spot._collect_bids(model.handle, book, product, 0) == 1
        assert spot._collect_asks(model.handle, book, product) == 0
        assert book[[BID_ROWS, BID_CARDS, spot.BID_TICKS], 0].tolist() == [buyer, cards, tick]


def test_fills_are_paired_in_turn() -> None:
    model = market()
    alpha, beta, gamma = (account(model, firm) for firm in ("alpha", "beta", "gamma"))
    give_cards(model, "gamma", 5)
    book = np.zeros((10, 4), dtype=np.int64)
    book[BID_ROWS, :2], book[BID_CARDS, :2], book[BID_FILLED, :2] = (alpha, beta), (3, 4), (3, 4)
    book[ASK_ROWS, :3], book[ASK_CARDS, :3], book[ASK_FILLED, :3] = (gamma, beta, WORLD), (5, 9, 2), (5, 0, 2)
    model.world.scene_f64[scene.IMPORTED_TODAY] = 1.0
    spot._post_trades(model.handle, book, A800, 7, 2, 3)
    price = 7 * 10_000
    assert model.world.scene_f64[scene.IMPORTED_TODAY] == 3.0
    assert not book[BID_FILLED].any() and not book[ASK_FILLED].any()
    held = model.world.card_i64[STOCK, [alpha, beta, gamma]].tolist()
    assert held == [3, 4, 0]
    assert model.world.cash_flow[accounts.SPOT_TRADE].tolist().count(0) == len(model.world.cash_flow[0]) - 2
    assert model.world.firm_i64[accounts.BASIS_FEN, beta] >= 4 * price


@pytest.mark.parametrize(("bought", "kind"), [(3, scene.RESERVE_BOUGHT), (-3, scene.RESERVE_SOLD)])
def test_what_the_reserve_trades_is_logged(bought: int, kind: int) -> None:
    model = market()
    found = changes(model, spot._log_reserve, T, bought, 7)
    assert_changes(found, logged(model, 0, kind, day=T, actor=RESERVE, other=-1, cards=3, fen=70_000))
    assert_changes(changes(model, spot._log_reserve, T, 0, 7))


def test_only_quotes_that_can_be_honoured_enter_the_book() -> None:
    model = market()
    alpha, beta, gamma = (account(model, firm) for firm in ("alpha", "beta", "gamma"))
    quotes = model.world.quote_i32
    quotes[:] = 0
    quotes[:, alpha] = 7, 5  # tick 7 is 700 CNY
    quotes[:, beta] = 9, -6
    quotes[:, gamma] = 8, -2
    leave_cash(model, "alpha", 3 * 700 - 0.01)
    give_cards(model, "beta", 4)
    book = np.zeros((10, 4), dtype=np.int64)
    assert spot._lowest_ask(model.handle, A800) == 8  # whether or not it can be honoured
    assert spot._collect_bids(model.handle, book, A800, 0) == spot._collect_asks(model.handle, book, A800) == 1
    assert book[[BID_ROWS, BID_CARDS, spot.BID_TICKS], 0].tolist() == [alpha, 2, 7]
    assert book[[ASK_ROWS, ASK_CARDS, spot.ASK_TICKS], 0].tolist() == [beta, 4, 9]
    leave_cash(model, "alpha", 5 * 700)
    assert spot._collect_bids(model.handle, book, A800, 7) == 1
    assert book[BID_CARDS, 0] == 5
    assert spot._collect_bids(model.handle, book, A800, 8) == 0
    leave_cash(model, "alpha", 699.99)
    give_cards(model, "gamma", 3)
    assert spot._collect_bids(model.handle, book, A800, 0) == 0
    assert spot._collect_asks(model.handle, book, A800) == 2
    assert book[[ASK_ROWS, ASK_CARDS], :2].tolist() == [[beta, gamma], [4, 2]]


# ------------------------------------------------------------------ the month of the primary market


def test_orders_of_the_day_enter_at_the_quoted_lead_time_and_move_what_buyers_expect() -> None:
    model = market(orders__framework_months=3)
    w = model.world
    w.clock[scene.N_OPEN] = 0
    placed(model, BETA, 30, T)
    w.product_f64[[scene.LEAD_DAYS, scene.DESIRED_LEAD_DAYS], A800] = 30.0, 100.6
    w.buyer_f64[order.EXPECTED_LEAD_DAYS, A800] = 65.6
    w.buyer_i64[[order.DESIRED_ORDER, order.DESIRED_FRAMEWORK, order.DESIRED_CANCEL]] = 0
    w.buyer_i64[order.DESIRED_ORDER, A800, ALPHA] = 70
    w.buyer_i64[order.DESIRED_FRAMEWORK, A800, GAMMA] = 10
    w.buyer_i64[order.DESIRED_CANCEL, A800, BETA] = 12
    w.scene_f64[scene.ORDERED_TODAY] = 9.0
    first = int(w.clock[scene.N_ORDERS])
    primary.settle_orders(model.handle, T)
    columns = [order.BUYER, order.CARDS, order.PLACED, order.DUE_DAY, order.PROMISED, order.IS_FRAMEWORK]
    due = T + 100
    assert w.order_i64[columns, first:].T[: w.clock[scene.N_ORDERS] - first].tolist() == [
        [ALPHA, 70, T, due, due, 0],
        [GAMMA, 3, T, T + 30, due, 1],
        [GAMMA, 3, T, T + 60, due, 1],
        [GAMMA, 4, T, T + 91, due, 1],
    ]
    assert w.product_f64[scene.LEAD_DAYS, A800] == 100.6
    assert w.buyer_f64[order.EXPECTED_LEAD_DAYS, A800, :3] == pytest.approx(65.6 + 0.03 / 7 * 35.0)
    assert w.order_i64[order.CANCELLED, first - 1] == 12
    assert w.buyer_i64[order.BACKLOG, A800, [ALPHA, BETA, GAMMA]].tolist() == [70, 18, 10]
    assert not w.buyer_i64[order.DESIRED_FRAMEWORK].any()
    assert w.scene_f64[scene.ORDERED_TODAY] == 80.0


def test_on_the_first_of_a_month_what_was_not_delivered_goes_back_and_the_allotment_is_handed_over() -> None:
    model = market()
    w, alpha, beta, gamma = model.world, *(account(model, firm) for firm in ("alpha", "beta", "gamma"))
    w.clock[scene.N_OPEN] = 0
    placed(model, ALPHA, 11, T)
    placed(model, BETA, 30, T)
    give_cards(model, "alpha", 1, TRANSIT)
    give_cards(model, "beta", 7, TRANSIT)
    w.buyer_i64[[order.DESIRED_ALLOTMENT, order.MONTH_ALLOTTED, order.MONTH_DELIVERED, order.MONTH_ORDERED], A800] = 0
    w.buyer_i64[order.DESIRED_ALLOTMENT, A800, GAMMA] = 5
    w.buyer_i64[order.MONTH_ALLOTTED, A800, BETA] = 8
    w.buyer_i64[[order.MONTH_DELIVERED, order.MONTH_ORDERED], A800, ALPHA] = 3, 4
    w.scene_f64[[scene.MONTH_OPENING_BOOK, scene.MONTH_ORDERED, scene.MONTH_DELIVERED]] = 1.0, 2.0, 3.0
    found = changes(model, primary._hand_over, A800)
    assert_changes(
        found,
        moved(model, (alpha, TRANSIT), (NVIDIA, STOCK), 1, accounts.RETURNED),
        moved(model, (beta, TRANSIT), (NVIDIA, STOCK), 7, accounts.RETURNED),
        moved(model, (NVIDIA, STOCK), (gamma, TRANSIT), 5, accounts.ALLOTTED),
        {("buyer_i64", order.MONTH_ALLOTTED, A800, GAMMA): 5, ("buyer_i64", order.MONTH_ALLOTTED, A800, BETA): -8},
        {("buyer_i64", order.MONTH_DELIVERED, A800, ALPHA): -3, ("buyer_i64", order.MONTH_ORDERED, A800, ALPHA): -4},
        {("scene_f64", scene.MONTH_OPENING_BOOK): 41.0, ("scene_f64", scene.MONTH_ORDERED): 0.0},
        {("scene_f64", scene.MONTH_DELIVERED): 0.0},
    )
    w.buyer_i64[order.DESIRED_ALLOTMENT, A800] = w.buyer_i64[order.MONTH_ALLOTTED, A800]
    give_cards(model, "gamma", -5, TRANSIT)
    w.buyer_i64[order.DESIRED_ALLOTMENT, A800] = 0
    w.scene_f64[[scene.MONTH_ORDERED, scene.MONTH_DELIVERED]] = 2.0, 3.0
    primary._hand_over(model.handle, 1)  # the book that is kept is that of the A class
    assert w.scene_f64[[scene.MONTH_ORDERED, scene.MONTH_DELIVERED]].tolist() == [2.0, 3.0]


@pytest.mark.parametrize(
    ("transit", "cash", "ordered", "delivered"),
    [
        (31, 1e9, 100, 1),
        (1, 1e9, 100, 1),
        (0, 1e9, 100, 0),
        (31, 71_999.0, 100, 0),
        (31, 72_000.0, 100, 1),
        (31, 1e9, 0, 0),
    ],
)
def test_the_drip_of_a_day_is_what_has_come_is_wanted_and_can_be_paid(
    transit: int, cash: float, ordered: int, delivered: int
) -> None:
    model = market()
    w = model.world
    w.clock[scene.N_OPEN] = 0
    placed(model, BETA, ordered, T)
    give_cards(model, "beta", transit, TRANSIT)
    leave_cash(model, "beta", cash)
    w.buyer_i64[order.MONTH_ALLOTTED, A800, BETA] = int(w.calendar[primary.DAYS_IN_MONTH, T])
    before = w.card_i64[STOCK, account(model, "beta")]
    primary._deliver_drip(model.handle, A800, BETA, T)
    assert w.card_i64[STOCK, account(model, "beta")] - before == delivered


def test_a_drip_fills_the_orders_due_first_one_after_the_other() -> None:
    model = market()
    w = model.world
    w.clock[scene.N_OPEN] = 0
    late, early = placed(model, BETA, 4, T + 9), placed(model, BETA, 3, T)
    days = int(w.calendar[primary.DAYS_IN_MONTH, T])
    give_cards(model, "beta", 5 * days, TRANSIT)
    w.buyer_i64[order.MONTH_ALLOTTED, A800, BETA] = 5 * days
    primary._deliver_drip(model.handle, A800, BETA, T)
    assert w.order_i64[order.DELIVERED, [early, late]].tolist() == [3, 2]
    primary._deliver_drip(model.handle, A800, BETA, T)
    assert w.order_i64[order.DELIVERED, [early, late]].tolist() == [3, 4]
    give_cards(model, "beta", 2 - int(w.card_i64[TRANSIT, account(model, "beta")]), TRANSIT)
    placed(model, BETA, 9, T)
    primary._deliver_drip(model.handle, A800, BETA, T)
    assert w.card_i64[TRANSIT, account(model, "beta")] == 0  # no more than has come


def test_deliveries_of_a_day_begin_at_nothing_and_penalties_are_off() -> None:
    model = market()
    w = model.world
    w.scene_f64[[scene.DELIVERED_TODAY, scene.NVIDIA_REVENUE]] = 5.0, 6.0
    day = next(t for t in range(T, T + 31) if w.calendar[primary.DAY_OF_MONTH, t] == 9)
    found = changes(model, primary.settle_delivery, day)
    assert_changes(found, {("scene_f64", scene.DELIVERED_TODAY): 0.0, ("scene_f64", scene.NVIDIA_REVENUE): 0.0})


def test_a_month_closes_on_its_last_day() -> None:
    model = market()
    w = model.world
    w.clock[scene.N_OPEN] = 0
    w.order_i64[order.CANCELLED, placed(model, BETA, 30, T)] = 30
    last = next(t for t in range(T, T + 31) if w.calendar[primary.DAY_OF_MONTH, t + 1] == 0)
    primary.settle_delivery(model.handle, last - 1)
    assert w.clock[scene.N_OPEN] == 1
    primary.settle_delivery(model.handle, last)
    assert w.clock[scene.N_OPEN] == 0


def test_accounts_follow_one_another_by_sector() -> None:
    model = small({"population.startups": 2, "population.speculators": 3, "startup.other": another_lab()})
    found = [int(ledger.sector_of(model.world.clock, k)) for k in range(len(model.cast.ids))]
    firms = [CLOUDS] * 3 + [MAKERS] + [SPECULATORS] * 3 + [STARTUPS] * 2
    assert found == [*range(FIRST_FIRM), *firms]


def test_startups_hold_no_other_product_and_what_is_under_way_is_not_owned() -> None:
    model = market()
    lab, alpha = account(model, "lab"), account(model, "alpha")
    give_cards(model, "lab", 5)
    assert [ledger.cards_of(model.handle, product, STOCK, lab) for product in range(3)] == [5, 0, 0]
    for stage, cards in ((TRANSIT, 1), (STOCK, 10), (ASSEMBLY, 100)):
        for product in (A800, H20):
            ledger.move(model.handle, product, WORLD, STOCK, alpha, stage, cards, accounts.OPENING)
    assert ledger.owned_cards(model.handle, alpha) == 1000 + 2 * 110


# ------------------------------------------------------------------ servers


def test_the_line_is_shared_by_who_waits_and_servers_are_paid() -> None:
    model = market(servers__server_margin=0.25)
    w, alpha, beta, lab = model.world, account(model, "alpha"), account(model, "beta"), account(model, "lab")
    maker = account(model, "builder")
    for firm, cards in (("alpha", 30), ("beta", 50), ("lab", 20)):
        give_cards(model, firm, cards, ASSEMBLY)
    w.product_f64[scene.INTEGRATION_LEFT, A800] = 0.0
    price, cost = 2_520_000, 1_890_000
    parts = {alpha: 9, beta: 15, lab: 6}
    found = changes(model, servers._assemble, A800, 30)
    assert_changes(
        found,
        *(moved(model, (firm, ASSEMBLY), (firm, ONLINE), n, accounts.ASSEMBLED) for firm, n in parts.items()),
        *(paid(model, firm, maker, price * n, accounts.SERVER_SALE) for firm, n in parts.items()),
        paid(model, maker, SUPPLIERS, cost * 30, accounts.PRODUCTION),
        {("maker_i64", trader.MAKER_REVENUE_FEN, 0): price * 30, ("maker_i64", trader.MAKER_COST_FEN, 0): cost * 30},
        {("firm_i64", accounts.BASIS_FEN, alpha): price * 9, ("firm_i64", accounts.BASIS_FEN, beta): price * 15},
    )
    assert servers._assemble(model.handle, A800, 500) == 70  # all who are left
    assert servers._assemble(model.handle, A800, 500) == 0


def test_startups_wait_for_the_line_behind_nobody_and_with_everybody() -> None:
    model = small({"population.startups": 3, "startup.other": another_lab(), "startup.third": another_lab("Third")})
    for firm, cards in (("alpha", 10), ("lab", 1), ("other", 20), ("third", 9)):
        give_cards(model, firm, cards, ASSEMBLY)
    model.world.product_f64[scene.INTEGRATION_LEFT, A800] = 0.0
    assert servers._assemble(model.handle, A800, 20) == 20
    online = model.world.startup_i32[s.ONLINE_CARDS].tolist()
    assert online == [0, 10, 5]  # of 40 who wait: 11 * 20 // 40 - 5, 31 * 20 // 40 - 5, and the rest
    assert model.world.card_i64[ONLINE, account(model, "alpha")] == 1005
    servers._assemble(model.handle, A800, 100)
    assert model.world.startup_i32[s.ONLINE_CARDS].tolist() == [1, 20, 9]


def test_the_line_does_one_product_after_the_other_and_clouds_send_them_so() -> None:
    model = market()
    w, alpha = model.world, account(model, "alpha")
    give_cards(model, "alpha", 7)
    ledger.move(model.handle, H20, WORLD, STOCK, alpha, STOCK, 9, accounts.OPENING)
    w.cloud_i64[c.DESIRED_ASSEMBLY, ALPHA] = 10
    w.maker_i64[trader.DESIRED_LINE, 0], w.maker_i64[trader.DESIRED_SALE, 0] = 8, 0
    w.product_f64[[scene.LAUNCH_DAY, scene.INTEGRATION_LEFT]] = 0.0
    servers.settle_assembly(model.handle, T)
    h20 = len(STAGES) * H20
    assert w.card_i64[[ONLINE, ASSEMBLY, STOCK], alpha].tolist() == [1007, 0, 0]
    assert w.card_i64[[h20 + ONLINE, h20 + ASSEMBLY, h20 + STOCK], alpha].tolist() == [1, 2, 6]
    w.card_i64[[ONLINE, h20 + ONLINE], alpha] = 2, 5
    w.cloud_f64[c.SCRAP_CARRY, ALPHA] = 3.0
    servers._wear_out(model.handle)
    assert w.card_i64[[ONLINE, h20 + ONLINE], alpha].tolist() == [0, 4]
    assert w.card_i64[[ONLINE, h20 + ONLINE], SCRAP].tolist() == [2, 1]


def test_each_maker_sells_its_own_servers() -> None:
    model = small(ANOTHER_MAKER)
    give_cards(model, "other", 2)
    model.world.maker_i64[trader.DESIRED_SALE] = 0, 2
    servers._sell_servers(model.handle)
    assert model.world.maker_i64[trader.ENTERPRISE_SOLD].tolist() == [0, 2]
    assert model.world.card_i64[STOCK, account(model, "other")] == 0


def test_integration_comes_before_the_first_card() -> None:
    model = market()
    give_cards(model, "alpha", 30, ASSEMBLY)
    model.world.product_f64[scene.INTEGRATION_LEFT, A800] = 1.5
    found = changes(model, servers._assemble, A800, 1)
    assert_changes(found, {("product_f64", scene.INTEGRATION_LEFT, A800): 0.5})
    assert_changes(changes(model, servers._assemble, A800, 0))
    assert servers._assemble(model.handle, A800, 30) == 0


def test_makers_share_the_work_and_its_pay() -> None:
    model = small(ANOTHER_MAKER)
    alpha, first, second = (account(model, firm) for firm in ("alpha", "builder", "other"))
    give_cards(model, "alpha", 5, ASSEMBLY)
    price = 2_520_000
    found = changes(model, servers._put_online, A800, alpha, 5)
    assert_changes(
        found,
        moved(model, (alpha, ASSEMBLY), (alpha, ONLINE), 5, accounts.ASSEMBLED),
        *(paid(model, alpha, firm, price * n, accounts.SERVER_SALE) for firm, n in ((first, 2), (second, 3))),
        *(paid(model, firm, SUPPLIERS, price * n, accounts.PRODUCTION) for firm, n in ((first, 2), (second, 3))),
        {("maker_i64", trader.MAKER_REVENUE_FEN, 0): price * 2, ("maker_i64", trader.MAKER_COST_FEN, 0): price * 2},
        {("maker_i64", trader.MAKER_REVENUE_FEN, 1): price * 3, ("maker_i64", trader.MAKER_COST_FEN, 1): price * 3},
        {("firm_i64", accounts.BASIS_FEN, alpha): price * 5},
    )


def test_who_cannot_pay_servers_waits() -> None:
    model = market()
    give_cards(model, "alpha", 30, ASSEMBLY)
    leave_cash(model, "alpha", 2 * 25_200.0)
    servers._put_online(model.handle, A800, account(model, "alpha"), 30)
    assert model.world.card_i64[ONLINE, account(model, "alpha")] == 1002
    leave_cash(model, "alpha", 25_199.99)
    assert_changes(changes(model, servers._put_online, A800, account(model, "alpha"), 30))


def test_clouds_send_what_they_want_and_startups_all_they_have() -> None:
    model = market()
    w, alpha, lab = model.world, account(model, "alpha"), account(model, "lab")
    give_cards(model, "alpha", 30)
    give_cards(model, "beta", 30)
    w.cloud_i64[c.DESIRED_ASSEMBLY, [ALPHA, BETA, GAMMA]] = 12, 1, 9
    beta = account(model, "beta")
    found = changes(model, servers._send)
    assert_changes(
        found,
        moved(model, (alpha, STOCK), (alpha, ASSEMBLY), 12, accounts.TO_LINE),
        moved(model, (beta, STOCK), (beta, ASSEMBLY), 1, accounts.TO_LINE),
    )
    give_cards(model, "lab", 7)
    w.cloud_i64[c.DESIRED_ASSEMBLY] = 0
    found = changes(model, servers._send)
    assert_changes(found, moved(model, (lab, STOCK), (lab, ASSEMBLY), 7, accounts.TO_LINE))
    give_cards(model, "lab", 7)
    w.startup_i8[s.STATUS, LAB] = s.FAILED
    assert_changes(changes(model, servers._send))


def test_each_startup_sends_its_own_cards() -> None:
    model = small({"population.startups": 3, "startup.other": another_lab(), "startup.third": another_lab("Third")})
    give_cards(model, "other", 5)
    give_cards(model, "third", 7)
    servers._send(model.handle)
    assert model.world.startup_i32[[s.STOCK_CARDS, s.ASSEMBLY_CARDS]].tolist() == [[0, 0, 0], [0, 5, 7]]


def test_servers_are_sold_to_other_industries() -> None:
    model = market(servers__server_margin=0.25)
    w, maker = model.world, account(model, "builder")
    give_cards(model, "builder", 8)
    w.firm_i64[accounts.BASIS_FEN, maker] = 800
    w.product_f64[[scene.CONTRACT_CNY, scene.SMOOTHED_CNY], A800] = 72_000.0, 80_000.0
    w.maker_i64[[trader.DESIRED_SALE, trader.ENTERPRISE_SOLD], 0] = 3, 1
    w.maker_i64[[trader.MAKER_REVENUE_FEN, trader.MAKER_COST_FEN], 0] = 7, 11
    w.maker_f64[[trader.DESIRED_DEMAND, trader.ENTERPRISE_BACKLOG], 0] = 5.0, 90.0
    price, cost = 8_000_000 + 3_150_000, 2_520_000
    found = changes(model, servers._sell_servers)
    assert_changes(
        found,
        moved(model, (maker, STOCK), (CUSTOMERS, ONLINE), 3, accounts.SOLD_IN_SERVERS),
        paid(model, CUSTOMERS, maker, price * 3, accounts.SERVER_SALE),
        paid(model, maker, SUPPLIERS, cost * 3, accounts.PRODUCTION),
        {("maker_i64", trader.ENTERPRISE_SOLD, 0): 2, ("maker_f64", trader.ENTERPRISE_BACKLOG, 0): 91.0},
        {
            ("maker_i64", trader.MAKER_REVENUE_FEN, 0): price * 3,
            ("maker_i64", trader.MAKER_COST_FEN, 0): cost * 3 + 300,
        },
        {("firm_i64", accounts.BASIS_FEN, maker): -300},
    )


def test_cards_online_wear_out_and_parts_of_cards_are_kept() -> None:
    model = market(clouds__scrap=0.02)
    w, alpha = model.world, account(model, "alpha")
    w.cloud_f64[c.SCRAP_CARRY] = 0.0
    w.cloud_f64[c.SCRAP_CARRY, ALPHA] = 0.9
    w.firm_i64[accounts.BASIS_FEN, alpha] = 5_000_000
    take_cards(model, "beta", 1000)
    take_cards(model, "gamma", 1000)
    found = changes(model, servers._wear_out)
    assert_changes(
        found,
        moved(model, (alpha, ONLINE), (SCRAP, ONLINE), 1, accounts.SCRAPPED),
        {("cloud_f64", c.SCRAP_CARRY, ALPHA): 0.9 + 0.02 / 30.4375 * 1000 - 1},
        {("firm_i64", accounts.BASIS_FEN, alpha): -5000},
    )


# ------------------------------------------------------------------ rules and beliefs


def ruled(*dates: tuple[int, int, int, float, int]) -> GpuMarket:
    """A market with rules (announced, enforced, lifted, severity, mask of products), rumoured a week before."""
    day = dt.date(2022, 3, 1)
    rule = {"title": "A rule", "announced": day, "effective": day, "severity": 0.5, "products": ["a800"]}
    model = small({f"rule.r{k}": rule for k in range(len(dates))})
    emptied_logs(model)
    for k, (announced, enforced, lifted, severity, mask) in enumerate(dates):
        values = {
            scene.RUMOURED_DAY: announced - 7,
            scene.ANNOUNCED_DAY: announced,
            scene.EFFECTIVE_DAY: enforced - 1,
            scene.ENFORCED_DAY: enforced,
            scene.LIFTED_DAY: lifted,
            scene.RULE_SEVERITY: severity,
            scene.HAS_SUBSTITUTE: 0.0,
            scene.PRODUCT_MASK: mask,
        }
        for column, value in values.items():
            model.world.rule_f64[column, k] = value
    return model


def test_rules_in_force_multiply_and_end_when_they_are_lifted() -> None:
    model = ruled((T, T + 10, -1, 0.5, 1), (T + 2, T + 12, T + 20, 0.4, 1), (T, T, -1, 0.9, 2))
    in_force = [rules.severity_in_force(model.handle, A800, day) for day in (T + 9, T + 10, T + 12, T + 19, T + 20)]
    assert in_force == pytest.approx([0.0, 0.5, 0.7, 0.7, 0.5])
    announced = [rules.severity_announced(model.handle, A800, day) for day in (T - 1, T, T + 2, T + 19, T + 20)]
    assert announced == pytest.approx([0.0, 0.5, 0.7, 0.7, 0.5])
    assert rules.severity_in_force(model.handle, 1, T) == pytest.approx(0.9)
    assert rules.severity_announced(model.handle, 2, T) == 0.0
    lifted = ruled((0, 0, 0, 0.5, 1))
    assert rules.severity_in_force(lifted.handle, A800, 0) == rules.severity_announced(lifted.handle, A800, 0) == 0.0
    assert [bool(rules.catches(model.handle, 2, product)) for product in range(3)] == [False, True, False]


def test_news_of_a_day_add_up_over_the_rules_that_catch_the_a_class() -> None:
    model = ruled((T, T + 10, -1, 0.5, 1), (T, T, -1, 1.0, 2), (T, T + 10, -1, 0.25, 1), (T, T, -1, 1.0, 1))
    p = model.world.p
    p[[rules.po.RUMOUR_NEWS, rules.po.ANNOUNCEMENT_NEWS]] = 2, 8
    p[[rules.po.SUBSTITUTE_NEWS, rules.po.ANTICIPATION]] = -3, 0.5
    model.world.rule_f64[scene.HAS_SUBSTITUTE, 3] = 1.0
    assert rules.news_of_today(model.handle, T - 7) == pytest.approx(2 * 0.5 * 0.75)
    assert rules.news_of_today(model.handle, T) == pytest.approx(8 * 0.75 - 1.5)
    assert rules.news_of_today(model.handle, T + 1) == 0.0


def test_every_date_of_a_rule_is_logged_once() -> None:
    model = ruled((T, T + 10, -1, 0.0, 1), (T, T + 10, -1, 0.25, 1))
    for day, kind in ((T - 7, scene.RULE_RUMOURED), (T, scene.RULE_ANNOUNCED), (T + 9, scene.RULE_EFFECTIVE)):
        emptied_logs(model)
        found = changes(model, rules._log_news, day)
        assert_changes(found, logged(model, 0, kind, day=day, actor=NVIDIA, other=-1, a=1))
    assert_changes(changes(model, rules._log_news, T + 1))
    model.world.rule_f64[scene.HAS_SUBSTITUTE, 0] = 1.0
    emptied_logs(model)
    rules._log_news(model.handle, T)
    assert model.world.event_i64[scene.EVENT_A, :2].tolist() == [0, 1]


def test_beliefs_follow_news_time_and_peers() -> None:
    model = ruled((T, T + 10, -1, 0.5, 1))
    w = model.world
    first, last = int(w.clock[scene.FIRST_CLOUD]), int(w.clock[scene.FIRST_STARTUP])
    w.p[[rules.po.DECAY, rules.po.PEER_PULL, rules.po.ANNOUNCEMENT_NEWS]] = 0.1, 0.2, 4.0
    odds = w.belief_f64[accounts.BAN_LOG_ODDS, first:last]
    odds[:] = np.arange(last - first) - 3.0
    foresight = w.belief_f64[accounts.FORESIGHT, first:last]
    foresight[:] = np.linspace(0.5, 1.5, last - first)
    w.belief_f64[accounts.BAN_LOG_ODDS, NVIDIA] = 5.0  # holds no belief that counts
    base, mean = np.log(0.49 / 0.51), odds.mean()
    expected = odds + 0.1 * (base - odds) + 0.2 * (mean - odds) + 4.0 * 0.5 * foresight
    found = changes(model, rules.move_beliefs, T)
    chances = 1 / (1 + np.exp(-expected))
    assert_changes(
        found,
        {("belief_f64", accounts.BAN_LOG_ODDS, first + k): float(x) for k, x in enumerate(expected)},
        {("belief_f64", accounts.BAN_BELIEF, first + k): float(x) for k, x in enumerate(chances)},
        {("scene_f64", scene.MEAN_BELIEF): float(mean)},
    )


def test_supply_is_remembered_over_a_quarter() -> None:
    model = ruled((T - 9, T, -1, 0.5, 1))
    w = model.world
    w.product_f64[scene.SEVERITY, A800] = 0.2
    w.product_f64[scene.SMOOTHED_SUPPLY, A800] = 900.0
    w.supply[A800, T] = 1000.0
    w.climate[T] = 1.75
    months = float(w.p[primary.pp.REVENUE_MONTHS])
    rules.settle_rules(model.handle, T)
    names = [scene.LAST_SEVERITY, scene.SEVERITY, scene.SUPPLY, scene.SMOOTHED_SUPPLY]
    assert w.product_f64[names, A800] == pytest.approx([0.2, 0.5, 1000.0, 900.0 + (500.0 - 900.0) / months])
    assert w.scene_f64[scene.CLIMATE] == 1.75


# ------------------------------------------------------------------ imports, and what the market remembers


def test_grey_imports_follow_the_gap_up_to_a_cap() -> None:
    assert spot.grey_imports(150.0, 100.0, 0.1, 50.0, 1000.0) == pytest.approx(40.0)
    assert spot.grey_imports(150.0, 100.0, 0.1, 50.0, 30.0) == 30.0
    assert spot.grey_imports(109.0, 100.0, 0.1, 50.0, 30.0) == 0.0


@pytest.mark.parametrize(("severity", "tick"), [(0.0, 1900), (0.5, 2100)])
def test_imports_are_offered_near_the_last_price_and_above_their_cost(severity: float, tick: int) -> None:
    model = market()
    w, p = model.world, model.world.p
    p[[spot.ps.WORLD_PRICE, spot.ps.IMPORT_SLOPE]] = 100_000.0, 35.0
    p[[spot.ps.IMPORT_CAP, spot.ps.IMPORT_REBATE]] = 1e6, 0.05
    p[[spot.ps.RISK_COST_BEFORE, spot.ps.RISK_COST_AFTER, spot.ps.RESALE_CAP]] = 0.5, 1.1, 1e9
    w.product_f64[[scene.SPOT_CNY, scene.SEVERITY], A800] = 200_000.0, severity
    w.scene_f64[scene.IMPORT_CARRY] = 0.5 if severity == 0.0 else 1.5
    cards = 5 if severity == 0.0 else 1  # the gap of 1 less the risk of .5, in halves, is 35 a week
    assert spot._imports_today(model.handle) == (cards, tick)
    assert w.scene_f64[scene.IMPORT_CARRY] == pytest.approx(0.5)
    p[spot.ps.RESALE_CAP] = 150_000.0
    w.scene_f64[scene.IMPORT_CARRY] = 1.0
    assert spot._imports_today(model.handle)[1] == 1500
    for cap in (50.0, 150.0):
        p[spot.ps.RESALE_CAP] = cap
        assert spot._imports_today(model.handle)[1] == 1
    w.scene_f64[scene.IMPORT_CARRY], p[spot.ps.IMPORT_CAP] = 0.25, 0.0
    assert spot._imports_today(model.handle)[0] == 0
    assert w.scene_f64[scene.IMPORT_CARRY] == 0.25


@pytest.mark.parametrize(("volume", "price"), [(20, 80_000.0), (0, 90_000.0)])
def test_the_market_remembers_its_price_and_how_long_offers_last(volume: int, price: float) -> None:
    model = market()
    w = model.world
    give_cards(model, "alpha", 70)
    give_cards(model, "beta", 80)
    w.product_f64[[scene.LAST_CNY, scene.SPOT_CNY, scene.SMOOTHED_CNY], A800] = 1.0, 90_000.0, 60_000.0
    w.scene_f64[[scene.SMOOTHED_VOLUME, scene.SPOT_COVER, scene.VOLUME_TODAY]] = 6.0, 1.0, 2.0
    book = np.zeros((10, 4), dtype=np.int64)
    book[ASK_ROWS, :3] = account(model, "alpha"), WORLD, account(model, "beta")
    found = changes(model, spot._remember, book, A800, 800, volume, 3)
    smoothed = 6.0 + (volume - 6.0) / 14
    expected = {
        ("product_f64", scene.LAST_CNY, A800): 90_000.0,
        ("product_f64", scene.SMOOTHED_CNY, A800): 60_000.0 + (price - 60_000.0) / 30,
        ("scene_f64", scene.VOLUME_TODAY): float(volume),
        ("scene_f64", scene.SMOOTHED_VOLUME): smoothed,
        ("scene_f64", scene.SPOT_COVER): 150 / smoothed,
    }
    assert_changes(found, expected, {("product_f64", scene.SPOT_CNY, A800): price} if volume else {})
    w.scene_f64[scene.SMOOTHED_VOLUME] = 0.0
    spot._remember(model.handle, book, A800, 800, 0, 3)
    assert w.scene_f64[scene.SPOT_COVER] == 120.0  # 150 days, bounded
    other = changes(model, spot._remember, book, 1, 800, 5, 3)
    assert {cell[0] for cell in other} == {"product_f64"}


def test_the_book_of_an_auction_has_room_for_all_quotes() -> None:
    model = market()
    w = model.world
    assert spot._room_for_orders(model.handle, A800, 0).shape == w.auction.shape
    few = w._replace(auction=np.zeros((10, 3), dtype=np.int64))
    few.quote_i32[:] = 0
    few.quote_i32[:, [9, 10, 11, 12]] = (5, 5, 5, 7), (1, -1, 5, 2)
    book = spot._room_for_orders(handle_of(few), A800, 5)
    assert book.shape == (10, 4)  # three bids, or an ask and one of imports
    assert book.dtype == np.int64
    few.quote_i32[trader.QUANTITY, 9:13] = -1
    assert spot._room_for_orders(handle_of(few), A800, 5).shape == (10, 5)
    few.quote_i32[trader.QUANTITY, 9:13] = 1
    assert spot._room_for_orders(handle_of(few), A800, 6).shape == (10, 3)  # only one bids so much


def test_an_auction_is_held_for_each_product_and_imports_come_to_the_a_class_alone() -> None:
    model = market()
    w, alpha, beta = model.world, account(model, "alpha"), account(model, "beta")
    w.quote_i32[:], w.h20_quote_i32[:] = 0, 0
    give_cards(model, "beta", 3)
    w.quote_i32[:, alpha], w.quote_i32[:, beta] = (800, 2), (700, -3)
    w.h20_quote_i32[:, alpha] = 600, 2  # nobody offers any
    w.scene_f64[[scene.IMPORT_CARRY, scene.IMPORTED_TODAY]] = 0.75, 5.0
    w.product_f64[scene.SPOT_CNY, [A800, H20]] = 74_000.0, 55_555.0
    w.p[[spot.ps.WORLD_PRICE, spot.ps.RISK_COST_BEFORE, spot.ps.IMPORT_REBATE]] = 37_000.0, 0.0, 0.05
    w.p[[spot.ps.IMPORT_SLOPE, spot.ps.IMPORT_CAP]] = 1.75, 100.0  # at twice the price abroad half a card a day
    spot.settle_spot(model.handle, T)
    assert w.scene_f64[scene.VOLUME_TODAY] == 2.0
    assert w.product_f64[scene.SPOT_CNY, H20] == 55_555.0  # a day without trade keeps the price
    assert w.card_i64[STOCK, [alpha, beta]].tolist() == [2, 1]
    assert w.scene_f64[[scene.IMPORT_CARRY, scene.IMPORTED_TODAY]].tolist() == [0.25, 0.0]  # offered once, too dear
    assert w.card_i64[len(STAGES) * H20 + STOCK, alpha] == 0
