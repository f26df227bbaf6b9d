"""Settlements of money, to the last cell: rents, revenue, operation, interest, founding and winding up."""

from __future__ import annotations

import pytest
from changes import assert_changes, changes, emptied_logs, logged, moved, paid
from settled import RENT_2500, RENT_5200, T, customer, host, market, market_of_four, sign
from small_market import ALPHA, BETA, FOUR_LABS, GAMMA, LAB, give_cards, leave_cash, small

from market.markets import billing, entry, funding
from market.state import accounts, ledger, scene, trader
from market.state import cloud as c
from market.state import startup as s
from market.state.products import A800, CUSTOMERS, INVESTORS, ONLINE, PARENTS, STOCK, SUPPLIERS

# ------------------------------------------------------------------ rents, revenue and staff


def test_two_hosts_are_paid_for_what_they_served() -> None:
    model = market()
    first, second = sign(model, LAB, 0, ALPHA, 40), sign(model, LAB, 1, GAMMA, 20, 5200)
    model.world.contract_i32[first, s.SERVED_TODAY] = 35
    model.world.contract_i32[second, s.SERVED_TODAY] = 1
    a, g = 35 * RENT_2500, RENT_5200
    found = changes(model, billing._pay_rents, LAB)
    assert_changes(
        found,
        paid(model, customer(model), host(model, ALPHA), a, accounts.RENT),
        paid(model, customer(model), host(model, GAMMA), g, accounts.RENT),
        {("cloud_i64", c.MONTH_REVENUE_FEN, ALPHA): a, ("cloud_i64", c.MONTH_REVENUE_FEN, GAMMA): g},
    )


@pytest.mark.parametrize(
    ("cash", "due", "paid_to"),
    [(4, (3, 2), (2, 2)), (4, (1, 5), (0, 4)), (6, (1, 5), (1, 5)), (5, (1, 5), (0, 5)), (100, (1, 5), (1, 5))],
)
def test_two_hosts_share_what_money_there_is_to_the_last_fen(
    cash: int, due: tuple[int, int], paid_to: tuple[int, int]
) -> None:
    model = market()
    records = [sign(model, LAB, 0, ALPHA, due[0]), sign(model, LAB, 1, GAMMA, due[1])]
    model.world.contract_i32[records, s.RENT_FEN] = 1
    model.world.cloud_i64[c.MONTH_REVENUE_FEN] = 7
    leave_cash(model, "lab", cash / 100)
    found = changes(model, billing._pay_rents, LAB)
    for cloud, fen in zip((ALPHA, GAMMA), paid_to, strict=True):
        assert found.get(("cloud_i64", c.MONTH_REVENUE_FEN, cloud), 0) == fen
        assert found.get(("account_i64", accounts.CASH_FEN, host(model, cloud)), 0) == fen
    assert -found["account_i64", accounts.CASH_FEN, customer(model)] == sum(paid_to) == min(cash, sum(due))


def test_the_rent_of_a_second_contract_alone_is_paid() -> None:
    model = market()
    assert sign(model, LAB, 1, BETA, 3) == 1
    billing._bill_startups(model.handle)
    assert model.world.cash_flow[accounts.RENT].tolist().count(0) == len(model.world.cash_flow[0]) - 2


@pytest.mark.parametrize(("cash_fen", "is_insolvent"), [(30, 0), (29, 1)])
def test_who_cannot_pay_all_rents_is_insolvent(cash_fen: int, is_insolvent: int) -> None:
    model = market()
    record = sign(model, LAB, 0, ALPHA, 30)
    model.world.contract_i32[record, s.RENT_FEN] = 1
    leave_cash(model, "lab", cash_fen / 100)
    found = changes(model, billing._bill_startups)
    rent = min(cash_fen, 30)
    assert_changes(
        found,
        paid(model, customer(model), host(model, ALPHA), rent, accounts.RENT),
        {("cloud_i64", c.MONTH_REVENUE_FEN, ALPHA): rent, ("startup_month_i64", s.COST_FEN, LAB): rent},
        {("startup_i8", s.IS_INSOLVENT, LAB): is_insolvent},
    )


def test_revenue_comes_in_before_operation_and_staff_are_paid() -> None:
    model = market(startups__staff_cny_per_month=3043.75)
    give_cards(model, "lab", 10, ONLINE)
    leave_cash(model, "lab", 0.0)
    f = model.world.startup_f32
    f[[s.CALLS_CARDS, s.REVENUE_PER_CALL, s.SCALE], LAB] = 2.0, 3043.75, 1.0
    revenue, operation, staff = 20_000, 10 * 3778, 10_000  # fen a day; 1,150 CNY a card and month are 37.78 a day
    found = changes(model, billing._bill_startups)
    assert_changes(
        found,
        paid(model, CUSTOMERS, customer(model), revenue, accounts.SUBSCRIPTION),
        paid(model, customer(model), SUPPLIERS, revenue, accounts.OPERATION),  # staff gets what is left: nothing
        {("startup_month_i64", s.REVENUE_FEN, LAB): revenue, ("startup_month_i64", s.COST_FEN, LAB): operation + staff},
        {("startup_i8", s.IS_INSOLVENT, LAB): 1},
    )
    leave_cash(model, "lab", 250.0)  # enough for operation, not for all salaries
    billing._bill_startups(model.handle)
    assert model.world.startup_i8[s.IS_INSOLVENT, LAB] == 1
    leave_cash(model, "lab", 400.0)
    found = changes(model, billing._bill_startups)
    assert_changes(
        found,
        paid(model, CUSTOMERS, customer(model), revenue, accounts.SUBSCRIPTION),
        paid(model, customer(model), SUPPLIERS, operation, accounts.OPERATION),
        paid(model, customer(model), SUPPLIERS, staff, accounts.STAFF),
        {("startup_month_i64", s.REVENUE_FEN, LAB): revenue, ("startup_month_i64", s.COST_FEN, LAB): operation + staff},
        {("startup_i8", s.IS_INSOLVENT, LAB): -1},
    )


# ------------------------------------------------------------------ the month of clouds and speculators


def test_a_months_records_begin_at_nothing_on_its_first_day_alone() -> None:
    model = small({"population.speculators": 1})
    w = model.world
    for block, rows in (
        (w.cloud_i64, [c.MONTH_REVENUE_FEN, c.MONTH_OPEX_FEN, c.MONTH_HISTORIC_FEN, c.MONTH_REPLACEMENT_FEN]),
        (w.cloud_i64, [c.MONTH_ONLINE_DAYS, c.MONTH_OWN_DAYS]),
        (w.startup_month_i64, [s.REVENUE_FEN, s.COST_FEN]),
        (w.maker_i64, [trader.MAKER_REVENUE_FEN, trader.MAKER_COST_FEN]),
        (w.speculator_i64, [trader.MONTH_SALES_FEN, trader.MONTH_COST_FEN]),
    ):
        block[rows] = 5
    first = next(t for t in range(T, T + 31) if w.calendar[billing.DAY_OF_MONTH, t] == 0)
    assert_changes(changes(model, billing.open_month, first + 1))
    found = changes(model, billing.open_month, first)
    assert set(found.values()) == {-5}
    assert len(found) == 6 * 3 + 2 + 2 + 2


def test_a_cloud_is_paid_for_its_use_and_pays_operation() -> None:
    model = market(clouds__realised_use=0.5)
    w, alpha = model.world, host(model, ALPHA)
    w.cloud_f64[[c.OTHER_NEED, c.CURIOUS, c.POSTED_FRACTION], ALPHA] = 300.0, 50.0, 0.5  # callers: 100 cards
    w.cloud_i64[[c.OTHER_SERVED, c.CAPACITY, c.OWN_SERVED], ALPHA] = 200, 990, 70
    w.cloud_i64[c.MONTH_REVENUE_FEN : c.MONTH_OWN_DAYS + 1] = 7
    w.firm_i64[accounts.BASIS_FEN, alpha] = 2_000_000_000
    give_cards(model, "alpha", 1000)  # in stock: half of its cards earn nothing
    w.product_f64[scene.SPOT_CNY, A800] = 74_800.0
    w.scene_f64[scene.CARD_LIFE_DAYS] = 1000.0
    used = ledger.fen(0.5 * 0.75 * 200 * 5500 / 30.4375)
    calls = ledger.fen(50 * 30_000 / 30.4375)
    before = w.cloud_i64[:, ALPHA].copy()
    cash = int(w.account_i64[accounts.CASH_FEN, alpha])
    billing._bill_clouds(model.handle)
    change = {row: int(x) for row, x in enumerate(w.cloud_i64[:, ALPHA] - before) if x}
    assert change == {
        c.MONTH_REVENUE_FEN: used + calls,
        c.MONTH_OPEX_FEN: 3_778_000,
        c.MONTH_HISTORIC_FEN: 1_000_000,
        c.MONTH_REPLACEMENT_FEN: 10_000_000,
        c.MONTH_ONLINE_DAYS: 990,
        c.MONTH_OWN_DAYS: 70,
    }
    assert int(w.account_i64[accounts.CASH_FEN, alpha]) - cash == used + calls - 3_778_000


def test_a_single_card_of_other_industries_is_paid() -> None:
    model = market()
    w = model.world
    w.cloud_f64[[c.OTHER_NEED, c.CURIOUS, c.POSTED_FRACTION], ALPHA] = 1.5, 0.0, 0.5
    w.cloud_i64[c.OTHER_SERVED, ALPHA] = 1
    billing._bill_clouds(model.handle)
    assert w.cloud_i64[c.MONTH_REVENUE_FEN, ALPHA] == ledger.fen(5500 / 30.4375)
    assert w.cash_flow[accounts.SERVICE_SALE, CUSTOMERS] == -ledger.fen(5500 / 30.4375)


@pytest.mark.parametrize(("support", "status"), [(1.0, 1), (0.0, 0)])
def test_parents_pay_in_or_a_cloud_that_cannot_pay_closes(support: float, status: int) -> None:
    model = market(clouds__parent_support=support, clouds__parent_buffer_cny=1e6)
    w, alpha = model.world, host(model, ALPHA)
    leave_cash(model, "alpha", 37_779.99)
    billing._bill_clouds(model.handle)
    assert w.cloud_i64[c.STATUS, ALPHA] == status
    assert w.account_i64[accounts.CASH_FEN, alpha] == (200_000_000 if support else 0)
    leave_cash(model, "beta", 37_780.0)
    w.cloud_i64[c.STATUS, BETA] = 1
    w.p[billing.pc.PARENT_SUPPORT] = 0.0
    billing._bill_clouds(model.handle)
    assert w.cloud_i64[c.STATUS, BETA] == 1


def test_a_closed_cloud_sells_no_calls_and_gives_back_its_money_and_cards() -> None:
    model = market()
    w, alpha = model.world, host(model, ALPHA)
    w.cloud_i64[c.STATUS, ALPHA] = 0
    w.cloud_f64[[c.CURIOUS, c.OTHER_NEED], ALPHA] = 50.0, 0.0
    w.cloud_i64[[c.CAPACITY, c.OTHER_SERVED], ALPHA] = 1000, 0
    w.cloud_i64[c.MONTH_REVENUE_FEN, ALPHA] = 0
    billing._bill_clouds(model.handle)
    assert w.cloud_i64[c.MONTH_REVENUE_FEN, ALPHA] == 0
    leave_cash(model, "alpha", 70.0)
    emptied_logs(model)
    found = changes(model, entry.settle_entry, T)
    assert_changes(
        found,
        {("cloud_i64", c.CAPACITY, ALPHA): -1000},
        moved(model, (alpha, ONLINE), (alpha, STOCK), 1000, accounts.UNRACKED),
        paid(model, alpha, PARENTS, 7000, accounts.LIQUIDATION),
        logged(model, 0, scene.FIRM_FAILED, day=T, actor=alpha, other=PARENTS),
    )
    assert_changes(changes(model, entry.settle_entry, T + 1))


@pytest.mark.parametrize(("cash", "charged"), [(1e6, 328), (1.0, 100)])
def test_speculators_pay_interest_on_what_their_cards_cost(cash: float, charged: int) -> None:
    model = small({"population.speculators": 4})
    emptied_logs(model)
    w, first = model.world, int(model.world.clock[scene.FIRST_SPECULATOR])
    w.firm_i64[[accounts.BASIS_FEN, accounts.INTEREST_CARRY], first + 1] = 1_000_000, 500_000
    w.firm_i64[accounts.BASIS_FEN, [first + 2, first + 3]] = 2_000_000, 1
    leave_cash(model, model.cast.ids[first + 1], cash)
    found = changes(model, billing._charge_speculators)  # 1% a month is 328 parts per million a day
    assert_changes(
        found,
        paid(model, first + 1, SUPPLIERS, charged, accounts.INTEREST),
        paid(model, first + 2, SUPPLIERS, 656, accounts.INTEREST),
        {("speculator_i64", trader.MONTH_COST_FEN, 1): charged, ("speculator_i64", trader.MONTH_COST_FEN, 2): 656},
        {("firm_i64", accounts.INTEREST_CARRY, first + 3): 328},  # parts of a fen
    )


@pytest.mark.parametrize("size", [1, 900])
def test_a_round_is_paid_once(size: int) -> None:
    model = market()
    w = model.world
    w.startup_i64[s.DESIRED_ROUND_FEN, LAB] = size
    found = changes(model, funding.settle_rounds, T)
    assert_changes(
        found,
        {("startup_i64", s.DESIRED_ROUND_FEN, LAB): -size},
        paid(model, INVESTORS, customer(model), size, accounts.FUNDING),
        logged(model, 0, scene.FUNDING_ROUND, day=T, actor=customer(model), other=INVESTORS, fen=size),
    )
    w.startup_i64[s.DESIRED_ROUND_FEN, LAB] = size
    w.startup_i8[s.STATUS, LAB] = s.UNBORN
    assert_changes(changes(model, funding.settle_rounds, T))


# ------------------------------------------------------------------ entry and exit


def test_a_startup_is_founded_with_its_capital() -> None:
    model = market()
    w = model.world
    w.startup_i8[s.STATUS, LAB], w.startup_i16[s.FOUNDED_DAY, LAB] = s.UNBORN, T
    w.startup_i64[s.DESIRED_ROUND_FEN, LAB] = 7000
    assert_changes(changes(model, entry.settle_entry, T - 1))
    found = changes(model, entry.settle_entry, T)
    assert_changes(
        found,
        {("startup_i8", s.STATUS, LAB): s.ALIVE - s.UNBORN, ("startup_i64", s.DESIRED_ROUND_FEN, LAB): -7000},
        paid(model, INVESTORS, customer(model), 7000, accounts.INVESTMENT),
        logged(model, 0, scene.FIRM_FOUNDED, day=T, actor=customer(model), other=INVESTORS, fen=7000),
    )


def test_a_startup_that_gives_up_ends_its_contracts_takes_out_its_cards_and_pays_out() -> None:
    model = market()
    give_cards(model, "lab", 10, ONLINE)
    sign(model, LAB, 0, ALPHA, 40)
    sign(model, LAB, 1, BETA, 5)
    leave_cash(model, "lab", 90.0)
    emptied_logs(model)
    model.world.startup_i8[s.DESIRED_EXIT, LAB] = 1
    lab = customer(model)
    found = changes(model, entry.settle_entry, T)
    world = model.world
    assert world.startup_i8[s.STATUS, LAB] == s.FAILED
    assert world.startup_i32[[s.FIRST_CONTRACT, s.SECOND_CONTRACT], LAB].tolist() == [0, 0]
    assert world.ended_i32[:2, s.REASON].tolist() == [s.STARTUP_FAILED] * 2
    assert world.clock[scene.N_ENDED] == 2
    assert world.clock[scene.N_EVENTS] == 3
    kinds = [scene.CONTRACT_ENDED, scene.CONTRACT_ENDED, scene.FIRM_FAILED]
    assert world.event_i64[scene.EVENT_KIND, :3].tolist() == kinds
    failed = {scene.EVENT_DAY: T, scene.EVENT_ACTOR: lab, scene.EVENT_OTHER: INVESTORS, scene.EVENT_FEN: 9000}
    assert {k: int(world.event_i64[k, 2]) for k in failed} == failed
    assert not world.event_i64[[scene.EVENT_CARDS, scene.EVENT_A, scene.EVENT_B, scene.EVENT_C], 2].any()
    money = {"account_i64", "cash_flow", "card_flow", "card_i64"}
    cards = {("startup_i32", s.ONLINE_CARDS, LAB), ("startup_i32", s.STOCK_CARDS, LAB)}
    assert_changes(
        {cell: value for cell, value in found.items() if cell[0] in money or cell in cards},
        paid(model, lab, INVESTORS, 9000, accounts.LIQUIDATION),
        moved(model, (lab, ONLINE), (lab, STOCK), 10, accounts.UNRACKED),
    )
    assert_changes(changes(model, entry.settle_entry, T + 1))


def test_what_a_failed_startup_still_gets_goes_to_its_investors() -> None:
    model = market()
    model.world.startup_i8[s.STATUS, LAB] = s.FAILED
    leave_cash(model, "lab", 5.0)
    found = changes(model, entry.settle_entry, T)
    assert_changes(found, paid(model, customer(model), INVESTORS, 500, accounts.LIQUIDATION))


def test_each_startup_is_founded_wound_up_and_paid_out_by_itself() -> None:
    model = market_of_four()
    w = model.world
    leave_cash(model, FOUR_LABS[2], 0.01)
    leave_cash(model, FOUR_LABS[3], 0.0)
    w.startup_i8[s.STATUS] = s.ALIVE, s.UNBORN, s.FAILED, s.FAILED
    w.startup_i16[s.FOUNDED_DAY, 1], w.startup_i64[s.DESIRED_ROUND_FEN, 1] = T, 500
    found = changes(model, entry.settle_entry, T)
    assert_changes(
        found,
        {("startup_i8", s.STATUS, 1): s.ALIVE - s.UNBORN, ("startup_i64", s.DESIRED_ROUND_FEN, 1): -500},
        paid(model, INVESTORS, customer(model, 1), 500, accounts.INVESTMENT),
        paid(model, customer(model, 2), INVESTORS, 1, accounts.LIQUIDATION),
        logged(model, 0, scene.FIRM_FOUNDED, day=T, actor=customer(model, 1), other=INVESTORS, fen=500),
    )
