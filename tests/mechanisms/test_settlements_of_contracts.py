"""Settlements of contracts, to the last cell: signed, moved, renewed, ended, rented, put out to tender."""

from __future__ import annotations

import numpy as np
import pytest
from changes import assert_changes, changes, emptied_logs, logged, paid
from settled import (
    RENT_2500,
    RENT_5200,
    T,
    between,
    contract,
    customer,
    host,
    in_turn,
    market,
    market_of_four,
    on_offer,
    sign,
    two_labs,
)
from small_market import ALPHA, BETA, FOUR_LABS, GAMMA, LAB, give_cards, leave_cash

from market import GpuMarket
from market.markets import contracts, leases, switching, tenders
from market.state import accounts, luck, scene
from market.state import cloud as c
from market.state import startup as s
from market.state.handle import handle_of
from market.state.products import ONLINE

# ------------------------------------------------------------------ contracts
PATIENCE = 56  # days, as in small.toml


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


def test_beyond_those_on_the_record_a_startups_last_day_is_paid_alone() -> None:
    model = two_labs()
    sign(model, 1, 0, BETA, 40)
    emptied_logs(model)
    few = model.world._replace(startup_month_i64=model.world.startup_month_i64[:, :1].copy())
    contracts.bill_last_day(handle_of(few), 1, 0)
    assert few.cloud_i64[c.MONTH_REVENUE_FEN, BETA] == 40 * RENT_2500
    assert not few.startup_month_i64[s.COST_FEN].any()


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
    sign(model, LAB, 0, ALPHA, 15)
    sign(model, LAB, 1, GAMMA, 40)
    model.world.startup_f32[s.NEED_CARDS, LAB] = 60.0
    as_decided(model, 1, -1, s.AT_RENEWAL)
    switching.settle_switches(model.handle, T)
    assert contract(model, 1) == on_offer(GAMMA, 45)
    assert contract(model)["cards"] == 15


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


# ------------------------------------------------------------------ tenders


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
