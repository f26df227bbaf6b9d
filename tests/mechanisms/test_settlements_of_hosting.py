"""Settlements of hosting, to the last cell: contracts, rents, moves, tenders, serving, demand, entry."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from changes import assert_changes, changes, emptied_logs, logged, moved, paid
from small_market import (
    ALPHA,
    ANOTHER_MAKER,
    BETA,
    FOUR_LABS,
    GAMMA,
    LAB,
    account,
    another_lab,
    four_labs,
    give_cards,
    leave_cash,
    small,
)

from market import GpuMarket
from market.kernels.luck import bits, normal
from market.markets import billing, contracts, demand, entry, funding, leases, serving, switching, tenders
from market.state import accounts, ledger, luck, scene, trader
from market.state import cloud as c
from market.state import startup as s
from market.state.luck import key_of
from market.state.products import A800, CUSTOMERS, INVESTORS, ONLINE, PARENTS, STOCK, SUPPLIERS

T = 40  # the day of all calls
RENT_2500 = 9035  # fen per card and day at a quarter of 11,000 CNY a month: 9034.9
RENT_5200 = 18793  # at the posted .52: 18792.6
PATIENCE = 56  # days, as in small.toml


def market(**overrides: Any) -> GpuMarket:
    model = small({key.replace("__", "."): value for key, value in overrides.items()})
    emptied_logs(model)
    return model


def two_labs(**overrides: Any) -> GpuMarket:
    dotted = {key.replace("__", "."): value for key, value in overrides.items()}
    model = small({"population.startups": 2, "startup.other": another_lab(), **dotted})
    emptied_logs(model)
    return model


def market_of_four() -> GpuMarket:
    model = four_labs()
    emptied_logs(model)
    return model


def sign(model: GpuMarket, lab: int, slot: int, cloud: int, cards: int, fraction: int = 2500, term: int = 90) -> int:
    """Sign a regular contract and return its record."""
    contracts.sign(model.handle, lab, slot, cloud, cards, fraction, term, 0, s.KIND_REGULAR, T)
    return int(model.world.startup_i32[s.FIRST_CONTRACT + slot, lab])


def customer(model: GpuMarket, lab: int = LAB) -> int:
    return int(model.world.clock[scene.FIRST_STARTUP]) + lab


def host(model: GpuMarket, cloud: int) -> int:
    return int(model.world.clock[scene.FIRST_CLOUD]) + cloud


def between(model: GpuMarket, lab: int, cloud: int) -> dict[str, int]:
    """Who an event of a customer and its host is about."""
    return {"actor": customer(model, lab), "other": host(model, cloud)}


# ------------------------------------------------------------------ contracts


@pytest.mark.parametrize("kind", [s.KIND_TENDER, s.KIND_REGULAR])
def test_a_contract_is_signed(kind: int) -> None:
    model = two_labs(serving__poach_patience=0.5)
    sign(model, 0, 0, BETA, 7)
    emptied_logs(model)
    model.world.scene_f64[[scene.SIGNED_CARDS, scene.SIGNED_RENT]] = 10.0, 20.0
    lab, cards = 1, 40
    found = changes(model, contracts.sign, lab, 1, ALPHA, cards, 2500, 90, 3, kind, T)
    record, month, who = 2, int(RENT_2500 * 30.4375), between(model, lab, ALPHA)
    of = {
        s.CONTRACT: 2,
        s.STARTUP: lab,
        s.CLOUD: ALPHA,
        s.CARDS: cards,
        s.FRACTION_BP: 2500,
        s.RENT_FEN: RENT_2500,
        s.START_DAY: T,
        s.END_DAY: T + 90,
        s.TENDER: 3,
        s.KIND: kind,
        s.SERVED_TODAY: cards,
        s.PATIENT_CARD_DAYS: PATIENCE * cards,
        s.POACHED_CARD_DAYS: PATIENCE * cards // 2,
    }
    regular = {
        ("scene_f64", scene.SIGNED_CARDS): 10.0 + cards,
        ("scene_f64", scene.SIGNED_RENT): 20.0 + month / 100.0 * cards,
    }
    assert_changes(
        found,
        {("contract_i32", record, column): value for column, value in of.items()},
        {("startup_i32", s.SECOND_CONTRACT, lab): record},
        {("clock", scene.TOP_RECORD): 1, ("clock", scene.N_CONTRACTS): 1},
        {("cloud_i64", c.CONTRACT_CARDS, ALPHA): cards, ("cloud_i64", c.FREE, ALPHA): -cards},
        logged(model, 0, scene.CONTRACT_SIGNED, day=T, cards=cards, fen=month, a=2, b=kind, **who),
        {} if kind == s.KIND_TENDER else regular,
    )


def test_a_contract_ends_and_its_record_is_used_again() -> None:
    model = two_labs()
    sign(model, 0, 0, BETA, 7)
    record = sign(model, 1, 1, GAMMA, 40)
    before = model.world.contract_i32[record].copy()
    model.world.contract_i32[record, s.SERVED_TODAY] = before[s.SERVED_TODAY] = 30
    emptied_logs(model)
    found = changes(model, contracts.end, 1, 1, s.POACHED, T + 5)
    row = {("ended_i32", 0, column): int(value) for column, value in enumerate(before)}
    assert_changes(
        found,
        {("contract_i32", record, column): -int(value) for column, value in enumerate(before)},
        row | {("ended_i32", 0, s.STOPPED_DAY): T + 5, ("ended_i32", 0, s.REASON): s.POACHED},
        {("clock", scene.N_ENDED): 1, ("clock", scene.N_FREE_RECORDS): 1, ("free_records", 0): record},
        {("startup_i32", s.SECOND_CONTRACT, 1): -record},
        {("cloud_i64", c.CONTRACT_CARDS, GAMMA): -40, ("cloud_i64", c.FREE, GAMMA): 30},
        logged(model, 0, scene.CONTRACT_ENDED, day=T + 5, cards=40, a=2, b=s.POACHED, **between(model, 1, GAMMA)),
    )
    contracts.end(model.handle, 0, 0, s.EXPIRED, T)
    assert model.world.clock[scene.N_FREE_RECORDS] == 2
    assert sign(model, 1, 0, GAMMA, 9) == 1
    assert sign(model, 0, 0, GAMMA, 9) == record
    assert model.world.clock[scene.TOP_RECORD] == 2
    assert sign(model, 1, 1, GAMMA, 9) == 3


@pytest.mark.parametrize(("cash", "expected"), [(10**6, 30 * RENT_2500), (1000, 100_000)])
def test_the_last_day_is_paid_as_far_as_the_money_goes(cash: float, expected: int) -> None:
    model = two_labs()
    record = sign(model, 1, 1, BETA, 40)
    sign(model, 1, 0, ALPHA, 5)
    model.world.contract_i32[record, s.SERVED_TODAY] = 30
    leave_cash(model, "other", cash)
    model.world.cloud_i64[c.MONTH_REVENUE_FEN, BETA] = 17
    model.world.startup_month_i64[s.COST_FEN, 1] = 19
    found = changes(model, contracts.bill_last_day, 1, 1)
    assert_changes(
        found,
        paid(model, customer(model, 1), host(model, BETA), expected, accounts.RENT),
        {("cloud_i64", c.MONTH_REVENUE_FEN, BETA): expected, ("startup_month_i64", s.COST_FEN, 1): expected},
    )


def test_slots_fill_in_turn() -> None:
    model = market()
    assert contracts.free_slot(model.handle, LAB) == 0
    sign(model, LAB, 0, ALPHA, 5)
    assert contracts.free_slot(model.handle, LAB) == 1
    sign(model, LAB, 1, BETA, 5)
    assert contracts.free_slot(model.handle, LAB) == -1


def test_work_space_for_turns_holds_all_who_wait() -> None:
    model = market()
    room = model.world.turn.shape[1]
    assert contracts.room_for_turns(model.handle, room).shape == model.world.turn.shape
    wider = contracts.room_for_turns(model.handle, room + 1)
    assert wider.shape == (model.world.turn.shape[0], room + 1)
    assert wider.dtype == np.int64


# ------------------------------------------------------------------ switching


def hosted(model: GpuMarket, cards: int = 40, lab: int = LAB) -> int:
    record = sign(model, lab, 0, ALPHA, cards)
    emptied_logs(model)
    model.world.scene_f64[scene.SWITCHES_TODAY] = 0.0
    return record


def as_decided(model: GpuMarket, slot: int, cloud: int, cause: int, lab: int = LAB) -> None:
    model.world.startup_i8[s.DESIRED_SWITCH_SLOT, lab] = slot
    model.world.startup_i8[s.DESIRED_SWITCH_CAUSE, lab] = cause
    model.world.startup_i16[s.DESIRED_HOST, lab] = cloud


def contract(model: GpuMarket, slot: int = 0, lab: int = LAB) -> dict[str, int]:
    """The running contract in a slot: what a new one is judged by."""
    row = model.world.contract_i32[model.world.startup_i32[s.FIRST_CONTRACT + slot, lab]]
    names = ("CLOUD", "CARDS", "FRACTION_BP", "RENT_FEN", "START_DAY", "END_DAY", "SERVED_TODAY", "KIND", "TENDER")
    return {name.lower(): int(row[getattr(s, name)]) for name in names}


def on_offer(cloud: int, cards: int, **other: int) -> dict[str, int]:
    """A contract at the posted price that is served from tomorrow."""
    terms = {"fraction_bp": 5200, "rent_fen": RENT_5200, "start_day": T, "end_day": T + 360, "served_today": 0}
    return {"cloud": cloud, "cards": cards, **terms, "kind": s.KIND_REGULAR, "tender": 0, **other}


def test_a_customer_moves_and_the_event_names_the_freest_other_cloud() -> None:
    model = market()
    hosted(model)
    model.world.cloud_i64[c.FREE, [ALPHA, BETA, GAMMA]] = 900, 30, 500
    as_decided(model, 0, BETA, s.OUT_OF_PATIENCE)
    cash = model.world.account_i64[accounts.CASH_FEN, customer(model)]
    switching.settle_switches(model.handle, T)
    assert contract(model) == on_offer(BETA, 30)
    assert cash - model.world.account_i64[accounts.CASH_FEN, customer(model)] == 40 * RENT_2500
    assert model.world.scene_f64[scene.SWITCHES_TODAY] == 1.0
    assert model.world.clock[scene.N_EVENTS] == 3  # ended, signed, switched
    event = model.world.event_i64[:, 2].tolist()
    names = [scene.EVENT_DAY, scene.EVENT_KIND, scene.EVENT_ACTOR, scene.EVENT_OTHER, scene.EVENT_CARDS]
    assert [event[k] for k in names] == [T, scene.SWITCHED, customer(model), host(model, BETA), 30]
    details = [event[k] for k in (scene.EVENT_FEN, scene.EVENT_A, scene.EVENT_B, scene.EVENT_C)]
    assert details == [0, host(model, ALPHA), s.OUT_OF_PATIENCE, host(model, GAMMA)]
    assert model.world.ended_i32[0, s.REASON] == s.OUT_OF_PATIENCE


@pytest.mark.parametrize(("free", "moves"), [(20, True), (19, False)])
def test_a_customer_waits_until_the_rival_can_serve_the_part_it_needs_at_once(free: int, moves: bool) -> None:
    model = market()
    hosted(model)
    model.world.cloud_i64[c.FREE, BETA] = free
    as_decided(model, 0, BETA, s.POACHED)
    switching.settle_switches(model.handle, T)
    assert contract(model)["cloud"] == (BETA if moves else ALPHA)
    assert model.world.scene_f64[scene.SWITCHES_TODAY] == float(moves)


def test_a_rival_without_a_card_takes_nobody_and_one_card_is_enough_for_one() -> None:
    model = market(serving__switch_share=0.5)
    hosted(model, 1)
    model.world.cloud_i64[c.FREE, BETA] = 0
    as_decided(model, 0, BETA, s.POACHED)
    switching.settle_switches(model.handle, T)
    assert contract(model)["cloud"] == ALPHA
    model.world.cloud_i64[c.FREE, BETA] = 1
    switching.settle_switches(model.handle, T)
    assert contract(model) == on_offer(BETA, 1)


@pytest.mark.parametrize(("cause", "ends"), [(s.HOST_FAILED, True), (s.OUT_OF_PATIENCE, False)])
def test_without_a_rival_only_the_customer_of_a_failed_host_is_left_alone(cause: int, ends: bool) -> None:
    model = market()
    hosted(model)
    as_decided(model, 0, -1, cause)
    switching.settle_switches(model.handle, T)
    assert bool(model.world.startup_i32[s.FIRST_CONTRACT, LAB] == 0) is ends


def test_the_first_cloud_can_be_the_rival() -> None:
    model = market()
    sign(model, LAB, 0, BETA, 40)
    as_decided(model, 0, ALPHA, s.OUT_OF_PATIENCE)
    switching.settle_switches(model.handle, T)
    assert contract(model)["cloud"] == ALPHA


def test_customers_move_in_the_keyed_order_of_the_day() -> None:
    orders = set()
    for day in range(T, T + 20):
        model = market_of_four()
        for lab in range(len(FOUR_LABS)):
            sign(model, lab, 0, ALPHA, 40)
            as_decided(model, 0, BETA, s.OUT_OF_PATIENCE, lab)
        model.world.cloud_i64[c.FREE, BETA] = 80
        switching.settle_switches(model.handle, day)
        turn = in_turn(model, luck.SWITCH_TURN, day)
        moved_on = {lab for lab in range(len(FOUR_LABS)) if contract(model, 0, lab)["cloud"] == BETA}
        assert moved_on == set(turn[:2])
        assert model.world.scene_f64[scene.SWITCHES_TODAY] == 2.0
        orders.add(tuple(turn[:2]))
    assert len(orders) > 5


def test_nobody_moves_who_does_not_want_to() -> None:
    model = market()
    hosted(model)
    as_decided(model, -1, BETA, s.OUT_OF_PATIENCE)
    model.world.scene_f64[scene.SWITCHES_TODAY] = 4.0
    assert_changes(changes(model, switching.settle_switches, T), {("scene_f64", scene.SWITCHES_TODAY): 0.0})


def test_most_free_is_a_named_cloud_and_not_the_old_host() -> None:
    model = market()
    model.world.cloud_i64[c.FREE, [ALPHA, BETA, GAMMA]] = 500, 400, 300
    assert switching.most_free(model.handle, BETA) == ALPHA
    assert switching.most_free(model.handle, ALPHA) == BETA
    model.world.cloud_i64[c.IS_NAMED, BETA] = 0
    assert switching.most_free(model.handle, ALPHA) == GAMMA
    model.world.cloud_i64[c.IS_NAMED] = 0
    assert switching.most_free(model.handle, ALPHA) == -1


def renewal(model: GpuMarket, need: float, rival: int = -1, cards: int = 40) -> None:
    hosted(model, cards)
    model.world.startup_f32[s.NEED_CARDS, LAB] = need
    as_decided(model, 0, rival, s.AT_RENEWAL)
    switching.settle_switches(model.handle, T)


def test_a_contract_is_renewed_for_todays_need_at_todays_price() -> None:
    model = market()
    renewal(model, 33.7)
    assert contract(model) == on_offer(ALPHA, 33)
    assert model.world.ended_i32[0, s.REASON] == s.EXPIRED
    assert model.world.scene_f64[scene.SWITCHES_TODAY] == 0.0


def test_a_renewal_grows_as_far_as_the_host_has_cards_and_never_shrinks_for_want_of_them() -> None:
    model = market()
    hosted(model)
    model.world.cloud_i64[c.FREE, ALPHA] = 25
    model.world.contract_i32[model.world.startup_i32[s.FIRST_CONTRACT, LAB], s.SERVED_TODAY] = 30
    model.world.startup_f32[s.NEED_CARDS, LAB] = 500.0
    as_decided(model, 0, -1, s.AT_RENEWAL)
    switching.settle_switches(model.handle, T)
    assert contract(model) == on_offer(ALPHA, 55)
    model = market()
    hosted(model)
    model.world.cloud_i64[c.FREE, ALPHA] = -30
    model.world.startup_f32[s.NEED_CARDS, LAB] = 500.0
    as_decided(model, 0, -1, s.AT_RENEWAL)
    switching.settle_switches(model.handle, T)
    assert contract(model) == on_offer(ALPHA, 40)


@pytest.mark.parametrize(("need", "stays"), [(4.0, True), (3.9, False)])
def test_a_contract_that_is_hardly_needed_is_not_renewed(need: float, stays: bool) -> None:
    model = market()
    renewal(model, need)
    assert bool(model.world.startup_i32[s.FIRST_CONTRACT, LAB] != 0) is stays
    assert model.world.ended_i32[0, s.REASON] == (s.EXPIRED if stays else s.NEED_GONE)


def test_what_own_cards_and_the_other_contract_cover_is_not_rented_again() -> None:
    model = market()
    give_cards(model, "lab", 10, ONLINE)
    sign(model, LAB, 1, GAMMA, 15)
    renewal(model, 60.0)
    assert contract(model) == on_offer(ALPHA, 35)
    assert contract(model, 1)["cards"] == 15


def test_the_better_offer_at_renewal_is_a_switch_as_far_as_it_has_cards() -> None:
    model = market()
    model.world.cloud_i64[c.FREE, BETA] = 21
    renewal(model, 41.0, BETA)
    assert contract(model) == on_offer(BETA, 21)
    assert model.world.scene_f64[scene.SWITCHES_TODAY] == 1.0
    model = market()
    model.world.cloud_i64[c.FREE, BETA] = 20
    renewal(model, 41.0, BETA)
    assert contract(model)["cloud"] == ALPHA


def test_the_first_cloud_can_have_the_better_offer() -> None:
    model = market()
    sign(model, LAB, 0, BETA, 40)
    model.world.startup_f32[s.NEED_CARDS, LAB] = 41.0
    as_decided(model, 0, ALPHA, s.AT_RENEWAL)
    switching.settle_switches(model.handle, T)
    assert contract(model)["cloud"] == ALPHA


def test_a_small_customer_rents_on_demand() -> None:
    terms = {"leases__on_demand_cards": 36, "leases__on_demand_term_days": 30}
    model = market(**terms)
    renewal(model, 35.0)
    assert contract(model) == on_offer(ALPHA, 35, kind=s.KIND_ON_DEMAND, end_day=T + 30)
    model = market(**terms)
    renewal(model, 36.0)
    assert contract(model) == on_offer(ALPHA, 36)


def test_the_second_contract_is_renewed_in_its_place() -> None:
    model = market()
    sign(model, LAB, 0, GAMMA, 15)
    sign(model, LAB, 1, ALPHA, 40)
    model.world.startup_f32[s.NEED_CARDS, LAB] = 60.0
    as_decided(model, 1, -1, s.AT_RENEWAL)
    switching.settle_switches(model.handle, T)
    assert contract(model, 1) == on_offer(ALPHA, 45)
    assert contract(model)["cards"] == 15


# ------------------------------------------------------------------ billing


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


# ------------------------------------------------------------------ tenders and serving


def test_a_tender_is_logged_with_its_bids_and_signed() -> None:
    model = market()
    w = model.world
    w.clock[scene.N_TENDERS] = 6
    w.tender_i64[tenders.TENDER_STARTUP, 0], w.tender_i64[tenders.TENDER_CARDS, 0] = LAB, 400
    w.tender_i64[tenders.FIRST_FLOOR : tenders.FIRST_FLOOR + 3, 0] = 4000, tenders.NOT_BIDDING, 3000
    w.scene_f64[scene.TENDERS_TODAY] = 1.0
    tenders.settle_tenders(model.handle, T)
    assert w.clock[scene.N_TENDERS] == 7
    assert w.startup_i16[s.LAST_TENDER_DAY, LAB] == T
    n = int(w.clock[scene.N_EVENTS])
    rent = {bp: int(contracts.rent_per_day(11_000.0, bp) * 30.4375) for bp in (4000, 3000)}
    lab, alpha, gamma = customer(model), host(model, ALPHA), host(model, GAMMA)
    assert w.event_i64[:, : n - 1].T.tolist() == [
        [T, scene.TENDER_OPENED, lab, -1, 400, 0, 7, 0, 0],
        [T, scene.BID, alpha, lab, 400, rent[4000], 7, 4000, 0],
        [T, scene.BID, gamma, lab, 400, rent[3000], 7, 3000, 1],
        [T, scene.TENDER_AWARDED, lab, gamma, 400, rent[4000], 7, 4000, 0],  # where the other one left
    ]
    won = {"fraction_bp": 4000, "rent_fen": int(contracts.rent_per_day(11_000.0, 4000)), "kind": s.KIND_TENDER}
    assert contract(model) == {**on_offer(GAMMA, 400), **won, "end_day": T + 720, "served_today": 400, "tender": 7}


@pytest.mark.parametrize(("first", "second", "place"), [(50, 30, 1), (30, 50, 0), (30, 30, 0)])
def test_a_third_contract_takes_the_place_of_the_smaller_one(first: int, second: int, place: int) -> None:
    model = market()
    sign(model, LAB, 0, ALPHA, first)
    sign(model, LAB, 1, BETA, second)
    emptied_logs(model)
    w = model.world
    w.tender_i64[tenders.TENDER_STARTUP, 0], w.tender_i64[tenders.TENDER_CARDS, 0] = LAB, 400
    w.tender_i64[tenders.FIRST_FLOOR : tenders.FIRST_FLOOR + 3, 0] = tenders.NOT_BIDDING, tenders.NOT_BIDDING, 3000
    w.scene_f64[scene.TENDERS_TODAY] = 1.0
    tenders.settle_tenders(model.handle, T)
    hosts = [contract(model, slot)["cloud"] for slot in range(2)]
    assert hosts == ([ALPHA, GAMMA] if place == 1 else [GAMMA, BETA])
    assert w.ended_i32[0, [s.CLOUD, s.REASON, s.STOPPED_DAY]].tolist() == [(ALPHA, BETA)[place], s.CONSOLIDATED, T]


def test_a_tender_without_bidders_is_opened_and_nothing_more() -> None:
    model = market()
    w = model.world
    w.tender_i64[tenders.TENDER_STARTUP, 0], w.tender_i64[tenders.TENDER_CARDS, 0] = LAB, 400
    w.tender_i64[tenders.FIRST_FLOOR :, 0] = tenders.NOT_BIDDING
    w.scene_f64[scene.TENDERS_TODAY] = 1.0
    found = changes(model, tenders.settle_tenders, T)
    assert_changes(
        found,
        logged(model, 0, scene.TENDER_OPENED, day=T, actor=customer(model), other=-1, cards=400, a=1),
        {("clock", scene.N_TENDERS): 1, ("startup_i16", s.LAST_TENDER_DAY, LAB): T + 1},
    )


def test_cards_go_to_the_dearest_first_and_what_is_short_is_shared_within_a_price() -> None:
    model = two_labs()
    high, low, same = sign(model, 0, 0, BETA, 600, 5000), sign(model, 1, 0, BETA, 300), sign(model, 1, 1, BETA, 500)
    model.world.cloud_i64[c.DESIRED_SET_ASIDE, BETA] = 0
    serving.settle_serving(model.handle, T)
    served = model.world.contract_i32[[high, low, same], s.SERVED_TODAY].tolist()
    assert served == [600, 150, 250]  # 1,000 cards online
    assert model.world.cloud_i64[c.CONTRACT_SERVED, BETA] == 1000
    assert model.world.cloud_i64[c.FREE, BETA] == -400
    n = int(model.world.clock[scene.N_EVENTS])
    short = model.world.event_i64[:, n - 2 : n].T.tolist()
    assert short == [
        [T, scene.SHORTFALL_BEGAN, customer(model, 1), host(model, BETA), 150, 0, 2, 0, 0],
        [T, scene.SHORTFALL_BEGAN, customer(model, 1), host(model, BETA), 250, 0, 3, 0, 0],
    ]
    columns = [s.SHORT_CARD_DAYS, s.SERVED_CARD_DAYS, s.PROMISED_CARD_DAYS]
    assert model.world.contract_i32[low, columns].tolist() == [150, 150, 300]
    emptied_logs(model)
    serving.settle_serving(model.handle, T + 1)  # a shortfall begins once
    assert model.world.clock[scene.N_EVENTS] == 0
    assert model.world.contract_i32[low, columns].tolist() == [300, 300, 600]


def test_a_shortfall_begins_when_a_contract_that_was_served_no_longer_is() -> None:
    model = market()
    sign(model, LAB, 0, ALPHA, 400)
    w, begun = model.world, []
    for day, set_aside in enumerate((0, 700, 800, 0, 700)):
        emptied_logs(model)
        w.cloud_i64[c.DESIRED_SET_ASIDE, ALPHA] = set_aside
        serving.settle_serving(model.handle, T + day)
        begun.append(w.event_i64[[scene.EVENT_KIND, scene.EVENT_CARDS], 0].tolist())
    began = [scene.SHORTFALL_BEGAN, 100]
    assert begun == [[0, 0], began, [0, 0], [0, 0], began]


def test_patience_comes_back_while_a_contract_is_served() -> None:
    model = market(serving__patience_recovery=0.5)
    record = sign(model, LAB, 0, ALPHA, 40)
    model.world.contract_i32[record, s.SHORT_CARD_DAYS] = 9
    serving.settle_serving(model.handle, T)
    assert model.world.contract_i32[record, s.SHORT_CARD_DAYS] == 5


def test_a_run_uses_own_cards_and_those_of_both_hosts() -> None:
    model = market()
    give_cards(model, "lab", 7, ONLINE)
    sign(model, LAB, 0, ALPHA, 40)
    sign(model, LAB, 1, BETA, 20)
    serving.settle_serving(model.handle, T)
    assert model.world.startup_i32[s.RUN_CARD_DAYS, LAB] == 67
    model.world.startup_i8[s.STATUS, LAB] = s.FAILED
    serving.settle_serving(model.handle, T + 1)
    assert model.world.startup_i32[s.RUN_CARD_DAYS, LAB] == 67


def test_training_is_kept_at_checkpoints_and_lost_when_the_gang_breaks() -> None:
    model = market()  # a checkpoint each 7 days, a gang of 80%
    record = sign(model, LAB, 0, ALPHA, 1000)
    w = model.world
    for day in range(6):
        serving.settle_serving(model.handle, T + day)
    assert w.startup_i32[s.RUN_CARD_DAYS, LAB] == 6000
    serving.settle_serving(model.handle, T + 6)
    assert (w.startup_i32[s.RUN_CARD_DAYS, LAB], w.scene_f64[scene.TRAINED_CARD_DAYS]) == (0, 7000.0)
    serving.settle_serving(model.handle, T + 7)
    emptied_logs(model)
    w.contract_i32[record, s.CARDS] = 1250
    serving.settle_serving(model.handle, T + 8)  # 1,000 of 1,250 is just enough
    assert w.startup_i32[s.RUN_CARD_DAYS, LAB] == 2000
    w.contract_i32[record, s.CARDS] = 1251
    serving.settle_serving(model.handle, T + 9)
    assert w.startup_i32[s.RUN_CARD_DAYS, LAB] == 0
    assert w.startup_i8[s.IS_RUNNING, LAB] == 0
    assert w.scene_f64[scene.LOST_CARD_DAYS] == 2000.0
    n = int(w.clock[scene.N_EVENTS])
    assert w.event_i64[:, n - 1].tolist() == [T + 9, scene.RUN_INTERRUPTED, customer(model), -1, 2000, 0, 0, 0, 0]


def test_every_living_customer_trains_whoever_else_does() -> None:
    model = market_of_four()
    w = model.world
    for lab, cards in enumerate((100, 50, 30)):
        sign(model, lab, 0, lab, cards)
    w.startup_i8[s.STATUS, 0] = s.FAILED
    w.startup_i32[s.RUN_CARD_DAYS] = 10_000, 10_000, 10_000, 0
    trained = float(w.scene_f64[scene.TRAINED_CARD_DAYS])
    serving.settle_serving(model.handle, T)
    assert w.scene_f64[scene.TRAINED_CARD_DAYS] - trained == 20_080.0
    assert w.startup_i32[s.RUN_CARD_DAYS].tolist() == [10_000, 0, 0, 0]
    assert w.startup_i8[s.IS_RUNNING].tolist() == [0, 1, 1, 0]


def test_who_stops_training_is_named() -> None:
    model = market_of_four()
    model.world.startup_i32[s.RUN_CARD_DAYS, 2] = 50
    serving._stop_run(model.handle, 2, T)
    assert model.world.event_i64[[scene.EVENT_ACTOR, scene.EVENT_CARDS], 0].tolist() == [customer(model, 2), 50]


# ------------------------------------------------------------------ leases


def wishes(model: GpuMarket, *wanted: tuple[int, int]) -> None:
    """What each startup wants to rent, and from which cloud."""
    for lab, (cards, cloud) in enumerate(wanted):
        model.world.startup_i32[s.DESIRED_LEASE_CARDS, lab] = cards
        model.world.startup_i16[s.DESIRED_HOST, lab] = cloud


@pytest.mark.parametrize(
    ("cards", "cloud", "free", "signed"),
    [
        (40, BETA, 100, 40),
        (40, BETA, 29, 24),  # a tenth of the host's fifty cards stays back
        (40, BETA, 25, 20),
        (40, BETA, 24, 0),  # less than half of what is needed
        (1, BETA, 100, 1),
        (40, -1, 100, 0),
        (0, BETA, 100, 0),
    ],
)
def test_a_lease_is_signed_as_far_as_the_host_has_cards(cards: int, cloud: int, free: int, signed: int) -> None:
    model = market(leases__safety_share=0.1)
    w = model.world
    w.cloud_i64[c.FREE, BETA], w.cloud_i64[c.CAPACITY, BETA] = free, 50
    w.scene_f64[[scene.SIGNED_CARDS, scene.SIGNED_RENT]] = 8.0, 9.0
    w.cloud_f64[c.DESIRED_FRACTION, BETA] = 0.52
    wishes(model, (cards, cloud))
    leases.settle_leases(model.handle, T)
    assert w.scene_f64[scene.SIGNED_CARDS] == signed
    assert w.scene_f64[scene.SIGNED_RENT] == pytest.approx(signed * int(RENT_5200 * 30.4375) / 100)
    if signed:
        assert contract(model) == on_offer(BETA, signed, served_today=signed)
    else:
        assert w.clock[scene.N_CONTRACTS] == 0


def test_a_lease_below_the_size_of_regular_ones_is_on_demand_and_a_third_one_has_no_place() -> None:
    model = market(leases__on_demand_cards=41, leases__on_demand_term_days=30)
    model.world.cloud_f64[c.DESIRED_FRACTION] = 0.52
    wishes(model, (41, BETA))
    leases.settle_leases(model.handle, T)
    assert contract(model) == on_offer(BETA, 41, served_today=41)
    wishes(model, (40, GAMMA))
    leases.settle_leases(model.handle, T)
    on_demand = on_offer(GAMMA, 40, kind=s.KIND_ON_DEMAND, end_day=T + 30)
    assert contract(model, 1) == {**on_demand, "served_today": 40}
    wishes(model, (40, ALPHA))
    leases.settle_leases(model.handle, T)
    assert model.world.clock[scene.N_CONTRACTS] == 2


def in_turn(model: GpuMarket, decision: int, day: int) -> list[int]:
    """Startups in the keyed order of a day."""
    first, seed = int(model.world.clock[scene.FIRST_STARTUP]), int(model.world.clock[scene.SEED])
    luck_of = {
        lab: int(bits(seed, decision, day, int(key_of(model.handle, first + lab)), 0)) for lab in range(len(FOUR_LABS))
    }
    return sorted(luck_of, key=luck_of.__getitem__, reverse=True)


def test_startups_sign_in_the_keyed_order_of_the_day() -> None:
    orders = set()
    for day in range(T, T + 20):
        model = market_of_four()
        w = model.world
        w.cloud_i64[c.FREE, ALPHA] = 60
        wishes(model, *[(30, ALPHA)] * len(FOUR_LABS))
        leases.settle_leases(model.handle, day)
        turn = in_turn(model, luck.LEASE_TURN, day)
        assert {lab for lab in range(len(FOUR_LABS)) if w.startup_i32[s.FIRST_CONTRACT, lab]} == set(turn[:2])
        orders.add(tuple(turn[:2]))
    assert len(orders) > 5


def test_no_lease_is_signed_for_no_cards() -> None:
    model = market()
    model.world.p[leases.pg.SWITCH_SHARE] = 0.0
    model.world.cloud_i64[c.FREE, BETA] = 0
    wishes(model, (40, BETA))
    leases.settle_leases(model.handle, T)
    assert model.world.clock[scene.N_CONTRACTS] == 0


def test_list_closes_a_part_of_the_gap_to_historic_cost() -> None:
    model = market(clouds__list_adjustment=0.1)
    w = model.world
    w.firm_i64[accounts.BASIS_FEN, [host(model, k) for k in range(3)]] = 3_000_000_000, 6_000_000_000, 27_000_000_000
    give_cards(model, "alpha", 600)  # 3,600 cards that cost 360 million CNY: 100,000 each
    assert leases.historic_cost(model.handle) == pytest.approx(100_000.0)
    first, now = 97_200 / 48 + 1150, 100_000 / 48 + 1150
    w.scene_f64[scene.LIST_RENT] = 10_000.0
    found = changes(model, leases._move_list)
    target = 11_000.0 * now / first
    assert_changes(found, {("scene_f64", scene.LIST_RENT): 10_000.0 + 0.1 / 30.4375 * (target - 10_000.0)})


def test_the_use_of_a_card_is_worth_its_posted_rent_at_todays_use() -> None:
    model = market()
    w = model.world
    w.cloud_i64[c.CAPACITY, [ALPHA, BETA, GAMMA]] = 300, 100, 0
    w.cloud_f64[c.POSTED_FRACTION, [ALPHA, BETA, GAMMA]] = 0.4, 0.8, 1.0
    w.cloud_f64[c.UTILISATION, [ALPHA, BETA, GAMMA]] = 0.9, 0.5, 0.0
    w.scene_f64[scene.PRESENT_VALUE_MONTHS] = 38.0
    net = 11_000 * 0.5 * 0.8 - 1150
    expected = {scene.MEAN_FRACTION: 0.5, scene.MARKET_UTILISATION: 0.8, scene.NET_RENT: net}
    found = changes(model, leases._value_use)
    assert_changes(
        found,
        {("scene_f64", row): value for row, value in expected.items()},
        {("scene_f64", scene.VALUE_IN_USE): net * 38 - 25_200},
    )
    w.cloud_i64[c.CAPACITY] = 0, 1, 0
    leases._value_use(model.handle)
    assert w.scene_f64[[scene.MEAN_FRACTION, scene.MARKET_UTILISATION]] == pytest.approx([0.8, 0.5])
    w.cloud_i64[c.CAPACITY] = 0
    w.scene_f64[[scene.MEAN_FRACTION, scene.MARKET_UTILISATION]] = 0.1, 0.1
    leases._value_use(model.handle)  # without cards the means stay; a card is worth a tick at least
    names = [scene.MEAN_FRACTION, scene.MARKET_UTILISATION, scene.NET_RENT, scene.VALUE_IN_USE]
    assert w.scene_f64[names] == pytest.approx([0.1, 0.1, 110.0 - 1150.0, 100.0])


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


# ------------------------------------------------------------------ demand


def test_calls_grow_in_calm_times_and_by_the_late_rate_in_others_never_halving_in_a_day() -> None:
    model = two_labs(startups__calls_late=-0.5)
    w = model.world
    calls, growths = w.startup_f32[s.CALLS_CARDS], w.startup_f32[s.CALLS_GROWTH]
    calls[:], growths[:] = (100.0, 100.0), (0.01, -0.9)
    w.startup_i8[s.STATUS, 1] = s.ALIVE
    w.scene_f64[scene.CLIMATE] = 1.0
    demand._move_calls(model.handle, T + 1)
    assert calls == pytest.approx([101.0, 50.0])
    w.scene_f64[scene.CLIMATE] = 0.99
    demand._move_calls(model.handle, T + 1)
    late = float(w.p[demand.pu.CALLS_LATE]) / 30.4375
    assert calls == pytest.approx([101 * (1 + late), 50 * (1 + late)], rel=1e-6)
    w.startup_i8[s.STATUS, 1] = s.FAILED
    calls[:] = 100.0
    demand._move_calls(model.handle, T + 1)
    assert calls[1] == 100.0


def test_calls_have_luck_once_a_week() -> None:
    model = two_labs(startups__calls_luck=0.05)
    w = model.world
    w.scene_f64[scene.CLIMATE] = 1.0
    w.startup_f32[s.CALLS_GROWTH] = 0.0
    first, seed, day = int(w.clock[scene.FIRST_STARTUP]), int(w.clock[scene.SEED]), 42
    keys = [int(key_of(model.handle, first + lab)) for lab in range(2)]
    w.startup_f32[s.CALLS_CARDS] = 100.0
    demand._move_calls(model.handle, day)
    z = [normal(seed, luck.CALLS, day, key, 0) for key in keys]
    assert w.startup_f32[s.CALLS_CARDS] == pytest.approx([100 * (1 + 0.05 * x) for x in z], rel=1e-6)
    w.startup_f32[s.CALLS_CARDS] = 100.0
    demand._move_calls(model.handle, day + 1)
    assert w.startup_f32[s.CALLS_CARDS].tolist() == [100.0, 100.0]


@pytest.mark.parametrize(("covered", "unserved"), [(0, 50.0), (20, 30.0), (45, 0.0), (44, 6.0)])
def test_need_is_unserved_when_more_than_a_tenth_has_neither_cards_nor_contract(covered: int, unserved: float) -> None:
    model = market()
    w = model.world
    w.startup_f32[s.NEED_CARDS, LAB] = 50.0
    if covered:
        give_cards(model, "lab", covered // 2, ONLINE)
        sign(model, LAB, 1, ALPHA, covered - covered // 2)
    w.startup_i16[s.SEARCH_DAYS, LAB] = 7
    demand._count_unserved(model.handle, T)
    assert w.scene_f64[scene.UNSERVED_NEED] == unserved
    assert w.startup_i16[s.SEARCH_DAYS, LAB] == (8 if unserved else 0)


def test_who_searches_for_long_asks_the_maker_with_most_cards() -> None:
    model = small(ANOTHER_MAKER)
    emptied_logs(model)
    w = model.world
    give_cards(model, "other", 2)
    give_cards(model, "builder", 1)
    w.startup_f32[s.NEED_CARDS, LAB] = 50.0
    w.startup_i16[[s.SEARCH_DAYS, s.ASKED_MAKER], LAB] = 28, -1
    demand._count_unserved(model.handle, T)
    assert w.startup_i16[s.ASKED_MAKER, LAB] == -1
    found = changes(model, demand._count_unserved, T + 1)
    other = account(model, "other")
    row = other - int(w.clock[scene.FIRST_MAKER])
    assert_changes(
        found,
        {("startup_i16", s.SEARCH_DAYS, LAB): 1, ("startup_i16", s.ASKED_MAKER, LAB): row + 1},
        logged(model, 0, scene.SERVERS_ASKED, day=T + 1, actor=customer(model), other=other, cards=50),
    )
    found = changes(model, demand._count_unserved, T + 2)
    assert_changes(found, {("startup_i16", s.SEARCH_DAYS, LAB): 1})
    w.startup_f32[s.NEED_CARDS, LAB] = 0.9
    found = changes(model, demand._count_unserved, T + 3)
    assert_changes(
        found,
        {("startup_i16", s.SEARCH_DAYS, LAB): -31, ("startup_i16", s.ASKED_MAKER, LAB): -1 - row},
        {("scene_f64", scene.UNSERVED_NEED): 0.0},
    )
    give_cards(model, "builder", 1)
    demand._ask_for_servers(model.handle, LAB, 50, T)  # the first of two that have as many
    assert w.startup_i16[s.ASKED_MAKER, LAB] == 0


def test_need_of_a_cloud_is_all_it_would_serve() -> None:
    model = market()
    w = model.world
    w.cloud_f64[[c.OWN_NEED, c.OTHER_NEED, c.CURIOUS, c.SHARE], BETA] = 10.0, 20.0, 30.0, 0.25
    w.cloud_i64[c.CONTRACT_CARDS, BETA] = 7
    w.scene_f64[scene.UNSERVED_NEED] = 100.0
    assert demand.need_of(model.handle, BETA) == pytest.approx(10 + 20 + 30 * 2 + 7 + 1.6 * 100 * 0.25)


@pytest.mark.parametrize(("day", "yearly"), [(729, 0.365), (730, -0.73)])
def test_other_industries_need_grows_and_falls_with_the_price(day: int, yearly: float) -> None:
    model = market(
        clouds__other_growth=0.365, clouds__other_growth_late=-0.73, clouds__other_elasticity=0.5, clouds__callers=0
    )
    w = model.world
    w.cloud_f64[[c.OTHER_BASE, c.DESIRED_OWN_NEED], ALPHA] = 100.0, 5.0
    w.cloud_f64[[c.NEED, c.GROWTH, c.SMOOTHED_NEED], ALPHA] = 80.0, 2.0, 60.0
    w.cloud_f64[c.POSTED_FRACTION, ALPHA] = 0.78  # half as much again as on the first day
    w.cloud_f64[[c.STRUCK, c.CURIOUS, c.SOBER]] = 0.0
    w.scene_f64[scene.UNSERVED_NEED] = 0.0
    demand._move_clouds(model.handle, day)
    base = 100 * (1 + yearly / 365)
    other = base * 0.75
    need = 5 + other
    names = [c.OWN_NEED, c.OTHER_BASE, c.OTHER_NEED, c.NEED, c.GROWTH, c.SMOOTHED_NEED]
    expected = [5.0, base, other, need, 2 + (need - 80 - 2) / 60, 60 + (need - 60) / 60]
    assert w.cloud_f64[names, ALPHA] == pytest.approx(expected)
    w.p[demand.pc.OTHER_ELASTICITY] = 9.0
    demand._move_clouds(model.handle, day)
    assert w.cloud_f64[c.OTHER_NEED, ALPHA] == pytest.approx(0.2 * w.cloud_f64[c.OTHER_BASE, ALPHA])


def test_callers_are_struck_buy_and_sober() -> None:
    model = market(clouds__callers=2)
    w = model.world
    w.cloud_f64[[c.STRUCK, c.CURIOUS, c.SOBER], ALPHA] = 60.0, 50.0, 40.0
    demand._move_callers(model.handle, ALPHA, 30.4375)
    awake, sobering = 60 / 30, 0.12 / 30.4375 * 50
    expected = [60 + 1 / 0.3 - awake, 50 + 0.3 * awake - sobering, 40 + 0.7 * awake + sobering]
    assert w.cloud_f64[[c.STRUCK, c.CURIOUS, c.SOBER], ALPHA] == pytest.approx(expected)
    w.cloud_f64[[c.STRUCK, c.CURIOUS, c.SOBER], ALPHA] = 0.0
    w.cloud_f64[c.SHARE, ALPHA] = 0.5
    w.scene_f64[scene.CLIMATE] = 1.5
    demand._move_clouds(model.handle, T)
    assert w.cloud_f64[c.STRUCK, ALPHA] == pytest.approx(2 * 0.5 * 6 * 0.5 / 0.3 / 30.4375)


# ------------------------------------------------------------------ a cloud's cards


def test_own_models_come_first_and_last_and_other_industries_at_the_posted_price() -> None:
    model = market()
    w = model.world
    w.cloud_i64[c.DESIRED_SET_ASIDE, ALPHA] = 100
    w.cloud_f64[[c.OWN_NEED, c.OTHER_NEED, c.CURIOUS, c.POSTED_FRACTION], ALPHA] = 400.7, 200.0, 50.0, 0.5
    high, low = sign(model, LAB, 0, ALPHA, 300, 6000), sign(model, LAB, 1, ALPHA, 250, 4000)
    served = [c.CAPACITY, c.OWN_SERVED, c.OTHER_SERVED, c.CONTRACT_SERVED, c.FREE]
    serving.settle_serving(model.handle, T)
    assert w.cloud_i64[served, ALPHA].tolist() == [1000, 150, 300, 550, 0]
    w.cloud_i64[c.DESIRED_SET_ASIDE, ALPHA] = 500
    serving.settle_serving(model.handle, T + 1)  # 300 at 60%, then 200 of 300 others, then nobody
    assert w.cloud_i64[served, ALPHA].tolist() == [1000, 500, 200, 300, -250]
    assert w.contract_i32[[high, low], s.SERVED_TODAY].tolist() == [300, 0]
    w.cloud_i64[c.DESIRED_SET_ASIDE, ALPHA] = 5000
    w.cloud_i64[c.STATUS, BETA] = 0
    serving.settle_serving(model.handle, T + 2)
    assert w.cloud_i64[served, ALPHA].tolist() == [1000, 1000, 0, 0, -550]
    assert w.cloud_i64[served, BETA].tolist() == [0, 0, 0, 0, 0]


def test_a_share_of_a_price_is_one_where_nobody_asks() -> None:
    model = market()
    w = model.world
    sign(model, LAB, 0, ALPHA, 2000, 4000)
    serving.settle_serving(model.handle, T)
    share = w.share_f64[ALPHA]
    assert share[40] == 0.5
    assert np.delete(share, 40).tolist() == [1.0] * (len(share) - 1)


def test_use_and_tightness_are_smoothed_and_stock_counts_as_free() -> None:
    model = market()
    w = model.world
    give_cards(model, "alpha", 250)
    w.cloud_i64[[c.OWN_SERVED, c.OTHER_SERVED], ALPHA] = 100, 50
    w.cloud_i64[[c.CONTRACT_SERVED, c.CONTRACT_CARDS, c.CAPACITY], ALPHA] = 30, 70, 1000
    w.cloud_f64[[c.UTILISATION, c.TIGHTNESS, c.NEED], ALPHA] = 0.5, 0.4, 1500.0
    serving._close_day(model.handle, ALPHA)
    memory = 1 / float(w.p[serving.pc.USAGE_MEMORY])
    assert w.cloud_i64[c.FREE, ALPHA] == 1000 - 180 - 40 + 250
    expected = [0.5 + memory * (0.18 - 0.5), 0.4 + memory * (1.2 - 0.4)]
    assert w.cloud_f64[[c.UTILISATION, c.TIGHTNESS], ALPHA] == pytest.approx(expected)
    w.cloud_f64[[c.TIGHTNESS, c.NEED], ALPHA] = 0.4, 1e6
    serving._close_day(model.handle, ALPHA)
    assert w.cloud_f64[c.TIGHTNESS, ALPHA] == pytest.approx(0.4 + memory * 2.6)


def test_prices_fall_into_bins_of_a_hundredth_of_list() -> None:
    assert [serving.price_bin(bp) for bp in (-5, 0, 99, 100, 2599, 12_800, 99_999)] == [0, 0, 0, 1, 25, 127, 127]


# ------------------------------------------------------------------ several startups


def test_a_failed_startup_stands_in_nobodys_way() -> None:
    model = market_of_four()
    w = model.world
    w.startup_i8[s.STATUS, 0] = s.FAILED
    w.startup_f32[s.NEED_CARDS] = 100.0, 50.0, 30.0, 20.0
    w.startup_i16[s.BUYER] = -1, -1, 0, -1  # the third orders for itself
    demand._count_unserved(model.handle, T)
    assert w.scene_f64[scene.UNSERVED_NEED] == 70.0
    assert w.startup_i16[s.SEARCH_DAYS].tolist() == [0, 1, 1, 1]
    for lab, name in enumerate(FOUR_LABS):
        give_cards(model, name, 10 + lab, ONLINE)
    w.startup_i32[s.RUN_CARD_DAYS, 1:] = 1000
    trained = float(w.scene_f64[scene.TRAINED_CARD_DAYS])
    serving.settle_serving(model.handle, T)
    assert w.scene_f64[scene.TRAINED_CARD_DAYS] - trained == 3036.0
    assert w.startup_i32[s.RUN_CARD_DAYS].tolist() == [0, 0, 0, 0]
    assert w.startup_i8[s.IS_RUNNING].tolist() == [0, 1, 1, 1]


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


def test_calls_grow_in_every_block_of_startups() -> None:
    n = 1300
    model = small({"population.startups": n, "startups.calls_luck": 0.05})
    w, day = model.world, 42
    w.scene_f64[scene.CLIMATE] = 1.0
    w.startup_i8[s.STATUS] = s.ALIVE
    w.startup_f32[s.CALLS_CARDS], w.startup_f32[s.CALLS_GROWTH] = 100.0, 0.01
    demand._move_calls(model.handle, day)
    first, seed = int(w.clock[scene.FIRST_STARTUP]), int(w.clock[scene.SEED])
    keys = [int(key_of(model.handle, first + lab)) for lab in range(n)]
    factors = [max(1.01 + 0.05 * normal(seed, luck.CALLS, day, key, 0), 0.5) for key in keys]
    assert w.startup_f32[s.CALLS_CARDS] == pytest.approx(100 * np.array(factors), rel=1e-6)


def test_tenders_are_held_in_the_keyed_order_of_the_day() -> None:
    orders = set()
    for day in range(T, T + 12):
        model = market_of_four()
        w = model.world
        for k in range(len(FOUR_LABS)):
            w.tender_i64[tenders.TENDER_STARTUP, k], w.tender_i64[tenders.TENDER_CARDS, k] = k, 400
            w.tender_i64[tenders.FIRST_FLOOR :, k] = tenders.NOT_BIDDING
        w.scene_f64[scene.TENDERS_TODAY] = float(len(FOUR_LABS))
        tenders.settle_tenders(model.handle, day)
        held = [int(a) - customer(model, 0) for a in w.event_i64[scene.EVENT_ACTOR, : len(FOUR_LABS)]]
        assert held == in_turn(model, luck.TENDER_TURN, day)
        orders.add(tuple(held))
    assert len(orders) > 5


def test_the_dearest_price_has_a_bin_too() -> None:
    model = market()
    record = sign(model, LAB, 0, ALPHA, 2000, 50_000)
    serving.settle_serving(model.handle, T)
    assert model.world.contract_i32[record, s.SERVED_TODAY] == 1000
