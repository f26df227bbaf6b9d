"""Settlements of the primary market, to the last cell: orders, allotment, delivery, penalties."""

from __future__ import annotations

import pytest
from changes import assert_changes, changes, emptied_logs, logged, moved, paid
from settled import T, market
from small_market import ALPHA, BETA, GAMMA, account, give_cards, leave_cash, take_cards

from market import GpuMarket
from market.markets import primary
from market.state import accounts, ledger, scene
from market.state import primary as order
from market.state.products import A800, ASCEND_910B, H20, HUAWEI, NVIDIA, STAGES, STOCK, SUPPLIERS, TRANSIT, WORLD

# ------------------------------------------------------------------ orders and deliveries


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


# ------------------------------------------------------------------ the month


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


def test_allotments_are_handed_over_on_the_first_day_of_a_month_alone() -> None:
    model = market()
    w, gamma = model.world, account(model, "gamma")
    first = next(t for t in range(T, T + 31) if w.calendar[primary.DAY_OF_MONTH, t] == 0)
    w.buyer_i64[order.DESIRED_ALLOTMENT] = 0
    w.buyer_i64[order.DESIRED_ALLOTMENT, A800, GAMMA] = 5  # which it did not order, so they stay with the carrier
    for day, in_transit in ((first - 1, 0), (first + 1, 0), (first, 5)):
        primary.settle_delivery(model.handle, day)
        assert w.card_i64[TRANSIT, gamma] == in_transit


def test_a_rule_recalls_on_the_day_it_becomes_more_severe() -> None:
    model = market()
    w, beta = model.world, account(model, "beta")
    give_cards(model, "beta", 20, TRANSIT)
    ledger.move(model.handle, H20, WORLD, STOCK, beta, TRANSIT, 20, accounts.OPENING)
    h20 = len(STAGES) * H20 + TRANSIT
    for before, now, left in ((0.5, 0.5, [20, 20]), (0.5, 0.25, [20, 20]), (0.0, 0.5, [10, 20])):
        w.product_f64[[scene.LAST_SEVERITY, scene.SEVERITY], A800] = before, now
        primary.settle_delivery(model.handle, T)
        assert w.card_i64[[TRANSIT, h20], beta].tolist() == left


def test_penalties_of_the_day_are_paid_where_they_are_in_force() -> None:
    model = market(primary__late_penalty_share=0.12175)
    model.world.clock[scene.N_OPEN] = 0
    placed(model, BETA, 25, T - 20)
    model.world.product_f64[scene.SEVERITY, A800] = 0.0
    primary.settle_delivery(model.handle, T)
    assert model.world.cash_flow[accounts.PENALTY, NVIDIA] == -28_800 * 25


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
