"""Decisions of hosting, each on a market of four labs set up by hand: whom they rent from, tender, leave, and why."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from changes import assert_changes, changes
from small_market import (
    ALPHA,
    BETA,
    GAMMA,
    account_of_lab,
    another_cloud,
    four_labs,
    give_cards,
    key_of_account,
    leave_cash,
    seed_of,
)

from market import GpuMarket
from market.decisions import hosting, quoting
from market.kernels.choose import choose
from market.kernels.luck import exponential, pair, uniform
from market.markets import contracts
from market.parameters import leases as pl
from market.state import cloud as c
from market.state import luck, scene
from market.state import startup as s
from market.state.products import A800, ASSEMBLY, ONLINE, STOCK
from market.state.world import FIRST_FLOOR, NOT_BIDDING, TENDER_CARDS, TENDER_STARTUP

T = 40  # the day of all calls
FOURTH, LAB, SECOND, THIRD = range(4)  # rows of the four labs


def market(**overrides: Any) -> GpuMarket:
    """Four labs with plenty of cash and three clouds with 1,000 cards free each, at half of list."""
    model = four_labs({key.replace("__", "."): value for key, value in overrides.items()})
    model.world.cloud_f64[c.POSTED_FRACTION] = 0.5
    return model


def sign(model: GpuMarket, lab: int, slot: int, cloud: int, cards: int, *, tender: int = 0, term: int = 90) -> int:
    """Sign a contract at a quarter of list and return its record."""
    contracts.sign(model.handle, lab, slot, cloud, cards, 2500, term, tender, s.KIND_REGULAR, T)
    return int(model.world.startup_i32[s.FIRST_CONTRACT + slot, lab])


def lab_key(model: GpuMarket, lab: int) -> int:
    return key_of_account(model, account_of_lab(model, lab))


def cloud_key(model: GpuMarket, cloud: int) -> int:
    return key_of_account(model, int(model.world.clock[scene.FIRST_CLOUD]) + cloud)


# ------------------------------------------------------------------ what a startup has


def test_own_cards_count_by_what_they_do_in_every_stage_asked_for() -> None:
    model = market()
    first = account_of_lab(model, 0)
    model.world.product_f64[scene.PERFORMANCE, A800] = 0.5
    model.world.startup_i32[[s.TRANSIT_CARDS, s.STOCK_CARDS, s.ASSEMBLY_CARDS, s.ONLINE_CARDS], LAB] = 1, 2, 4, 8
    model.world.startup_i32[s.ONLINE_CARDS, FOURTH] = 6
    for stages, expected in (((STOCK, ONLINE), 7.0), ((ASSEMBLY, ONLINE), 6.0), ((ONLINE, ONLINE), 4.0)):
        assert quoting.startups_equivalents(model.handle, LAB, *stages) == expected
        assert quoting.equivalents(model.handle, first + LAB, *stages) == expected
        assert quoting.equivalents(model.handle, first + SECOND, *stages) == 0.0
        assert quoting.equivalents(model.handle, first + FOURTH, *stages) == 3.0


def test_unmet_need_is_what_neither_own_cards_nor_contracts_cover() -> None:
    model = market()
    give_cards(model, "lab", 10, ONLINE)
    give_cards(model, "lab", 90, STOCK)
    sign(model, LAB, 0, BETA, 40)
    sign(model, LAB, 1, GAMMA, 7)
    model.world.product_f64[scene.PERFORMANCE, A800] = 0.5
    model.world.startup_f32[[s.NEED_CARDS, s.PLANNED_NEED], LAB] = 60.0, 80.0
    assert hosting.unmet_need(model.handle, LAB) == 60 - 5 - 47
    assert hosting.planned_gap(model.handle, LAB) == 80 - 5 - 47
    model.world.startup_f32[[s.NEED_CARDS, s.PLANNED_NEED], LAB] = 51.0, 50.0
    assert hosting.unmet_need(model.handle, LAB) == hosting.planned_gap(model.handle, LAB) == 0.0


def test_slots_and_who_hosts_in_them() -> None:
    model = market()
    sign(model, SECOND, 1, GAMMA, 20)
    sign(model, LAB, 0, BETA, 20)
    of = {lab: (hosting.empty_slot(model.handle, lab), [hosting.host_in(model.handle, lab, k) for k in (0, 1)])
          for lab in range(4)}  # fmt: skip
    assert of == {FOURTH: (0, [-1, -1]), LAB: (1, [BETA, -1]), SECOND: (0, [-1, GAMMA]), THIRD: (0, [-1, -1])}
    sign(model, LAB, 1, ALPHA, 21)
    assert hosting.empty_slot(model.handle, LAB) == -1


@pytest.mark.parametrize(("first", "second", "smaller"), [(20, 21, 0), (20, 20, 0), (21, 20, 1)])
def test_the_smaller_of_two_contracts(first: int, second: int, smaller: int) -> None:
    model = market()
    sign(model, LAB, 0, BETA, first)
    sign(model, LAB, 1, GAMMA, second)
    assert hosting.smaller_slot(model.handle, LAB) == smaller


# ------------------------------------------------------------------ which host


@pytest.mark.parametrize(
    ("free", "cards", "is_host", "value"),
    [
        (100, 100, False, -3.0),
        (100, 100, True, -3.0 + 1.2),
        (0, 100, False, -3.0 - 1.5),
        (50, 100, False, -3.0 - 0.75),
        (150, 100, False, -3.0 + 0.75),
        (200, 100, False, -3.0 + 1.5),  # each doubling is worth as much
        (250, 100, False, -3.0 + 1.875),
        (300, 100, False, -3.0 + 2.25),
        (400, 100, False, -3.0 + 3.0),
        (800, 100, False, -3.0 + 4.5),
        (1600, 100, False, -3.0 + 6.0),
        (9999, 100, False, -3.0 + 6.0),  # and more than that counts no more
        (1, 0.25, False, -3.0),  # less than a card is one
    ],
)
def test_a_host_is_worth_its_price_its_room_and_ones_being_there(
    free: float, cards: float, is_host: bool, value: float
) -> None:
    assert hosting.value_of_host(0.5, free, cards, is_host, 6.0, 1.5, 1.2) == pytest.approx(value)


def test_price_weighs_more_on_who_is_short_of_cash() -> None:
    model = market(leases__runway_weight=0.5)  # price 6; a plan of 15 months, 45% of it for compute
    model.world.scene_f64[[scene.LIST_RENT, scene.MEAN_FRACTION]] = 10_000.0, 0.5
    model.world.startup_f32[s.NEED_CARDS, LAB] = 9.0  # 45,000 a month of compute, 100,000 in all
    assert hosting.price_weight(model.handle, LAB) == 6.0
    for cny, weight in ((1_500_015.0, 6.0), (750_007.5, 7.5), (0.0, 9.0)):
        leave_cash(model, "lab", cny)
        assert hosting.price_weight(model.handle, LAB) == pytest.approx(weight, rel=1e-12)
    assert hosting.price_weight(model.handle, SECOND) == 6.0


def best(model: GpuMarket, cards: float = 100.0, at_least: float = 50.0, lab: int = LAB) -> int:
    return int(hosting.best_host(model.handle, lab, cards, at_least, luck.LEASE_CHOICE, T))


def test_who_can_host() -> None:
    model = market()
    clouds = model.world.cloud_i64
    clouds[c.FREE] = 49, 50, 49
    assert best(model) == BETA
    assert best(model, at_least=50.5) == -1
    clouds[c.FREE] = 49, 50, 50
    clouds[c.STATUS, BETA] = 0
    assert best(model) == GAMMA
    clouds[c.IS_NAMED, GAMMA] = 0
    assert best(model, cards=319.9) == GAMMA
    assert best(model, cards=320.0) == -1  # too large for the long tail
    sign(model, LAB, 0, GAMMA, 1)
    clouds[c.FREE, GAMMA] = 50
    assert best(model) == -1  # it hosts the lab already
    assert best(model, lab=SECOND) == GAMMA
    sign(model, SECOND, 1, GAMMA, 1)
    clouds[c.FREE, GAMMA] = 50
    assert best(model, lab=SECOND) == -1
    clouds[c.STATUS, BETA] = 1
    assert best(model) == best(model, lab=SECOND) == BETA


def test_the_best_host_is_the_cheaper_or_the_one_with_more_room() -> None:
    model = market()  # price 6, room 1.5
    model.world.cloud_i64[c.FREE] = 100, 100, 200
    model.world.cloud_f64[c.POSTED_FRACTION] = 0.6, 0.5, 0.7  # values -3.6, -3.0, -2.7
    assert best(model) == GAMMA
    model.world.cloud_f64[c.POSTED_FRACTION, GAMMA] = 0.76
    assert best(model) == BETA
    assert best(model, at_least=101) == GAMMA
    model.world.p[pl.LOYALTY] = 9.0  # it has no host yet to be loyal to
    assert best(model) == BETA


def test_luck_in_the_choice_of_a_host_is_the_labs_own_by_cloud_and_day() -> None:
    model = market(leases__luck=2.0)
    model.world.cloud_i64[c.FREE] = 100, 150, 200
    model.world.cloud_f64[c.POSTED_FRACTION] = 0.6, 0.5, 0.7
    values = np.array([-3.6, -3.0 + 0.75, -4.2 + 1.5])
    keys = np.array([cloud_key(model, k) for k in range(3)])
    chosen = []
    for lab in (LAB, SECOND):
        for day in range(T, T + 30):
            for decision in (luck.LEASE_CHOICE, luck.SWITCH_CHOICE):
                seed = pair(seed_of(model), lab_key(model, lab))
                found = hosting.best_host(model.handle, lab, 100.0, 50.0, decision, day)
                assert found == choose(values, 3, seed, decision, day, keys, 2.0)
                chosen.append(int(found))
    assert set(chosen) == {ALPHA, BETA, GAMMA}


# ------------------------------------------------------------------ regular leases


def leases(model: GpuMarket) -> list[tuple[int, int]]:
    """Cards wanted and host chosen by each lab today."""
    hosting.decide_leases(model.handle, T)
    wanted, hosts = model.world.startup_i32[s.DESIRED_LEASE_CARDS], model.world.startup_i16[s.DESIRED_HOST]
    return list(zip(wanted.tolist(), hosts.tolist(), strict=True))


NOBODY = (0, -1)


@pytest.mark.parametrize(
    ("need", "contract", "expected"),
    [
        (3.9, 0, NOBODY),
        (4.0, 0, (4, BETA)),
        (9.9, 6, NOBODY),
        (10.0, 6, (4, BETA)),
        (99.9, 90, NOBODY),  # a tenth of its need is borne without looking
        (100.0, 90, (10, BETA)),
        (319.9, 0, (319, BETA)),
        (320.0, 0, NOBODY),  # that is a tender's
    ],
)
def test_who_looks_for_a_host(need: float, contract: int, expected: tuple[int, int]) -> None:
    model = market()
    if contract:
        sign(model, LAB, 0, ALPHA, contract)
    model.world.cloud_f64[c.POSTED_FRACTION, BETA] = 0.4
    model.world.startup_f32[s.NEED_CARDS, LAB] = model.world.startup_f32[s.PLANNED_NEED, LAB] = need
    model.world.startup_i32[s.DESIRED_LEASE_CARDS], model.world.startup_i16[s.DESIRED_HOST] = 7, 2
    assert leases(model) == [NOBODY, expected, NOBODY, NOBODY]


def test_who_does_not_look_for_a_host() -> None:
    model = market()
    sign(model, FOURTH, 0, ALPHA, 6)
    model.world.startup_f32[s.NEED_CARDS] = 9.0
    assert leases(model) == [NOBODY, *[(9, ALPHA)] * 3]
    model = market()
    model.world.startup_f32[s.NEED_CARDS] = 50.0
    assert leases(model) == [(50, ALPHA)] * 4
    model.world.startup_i16[s.BUYER, FOURTH] = 0
    sign(model, LAB, 0, ALPHA, 3)
    sign(model, LAB, 1, BETA, 3)
    model.world.startup_i8[s.STATUS, SECOND] = s.FAILED
    assert leases(model)[:3] == [NOBODY, NOBODY, NOBODY]


RESTING = pytest.mark.parametrize(
    ("last", "pause", "rests"),
    [(-1, 99, False), (T - 30, 30, False), (T - 29, 30, True), (0, T, False), (0, T + 1, True)],
)


@RESTING
def test_a_large_gap_is_rented_only_while_one_rests_after_a_tender(last: int, pause: int, rests: bool) -> None:
    model = market(tenders__pause_days=pause)
    model.world.startup_f32[[s.NEED_CARDS, s.PLANNED_NEED], LAB] = 400.0
    model.world.startup_i16[s.LAST_TENDER_DAY, LAB] = last
    assert leases(model)[LAB] == ((400, ALPHA) if rests else NOBODY)


def test_where_nobody_has_half_of_it_free_the_wish_stays_without_a_host() -> None:
    model = market()
    model.world.startup_f32[s.NEED_CARDS, LAB] = 100.0
    model.world.cloud_i64[c.FREE] = 49, 50, 20
    assert leases(model)[LAB] == (100, BETA)
    model.world.cloud_i64[c.FREE] = 49, 49, 20
    assert leases(model)[LAB] == (100, -1)
    model.world.startup_f32[s.NEED_CARDS, LAB] = 98.0
    assert leases(model)[LAB] == (98, ALPHA)


def test_luck_says_who_looks_today() -> None:
    model = market(leases__search_rate=0.4)
    model.world.startup_f32[s.NEED_CARDS] = 50.0
    found, expected = [], []
    for day in range(T, T + 20):
        hosting.decide_leases(model.handle, day)
        found += (model.world.startup_i32[s.DESIRED_LEASE_CARDS] > 0).tolist()
        expected += [uniform(seed_of(model), luck.SEARCH, day, lab_key(model, lab), 0) < 0.4 for lab in range(4)]
    assert found == expected
    assert set(found) == {True, False}


# ------------------------------------------------------------------ tenders


def tenders(model: GpuMarket) -> list[tuple[int, int]]:
    """Startup and cards of each tender of today."""
    hosting.decide_tenders(model.handle, T)
    n = int(model.world.scene_f64[scene.TENDERS_TODAY])
    table = model.world.tender_i64
    return list(zip(table[TENDER_STARTUP, :n].tolist(), table[TENDER_CARDS, :n].tolist(), strict=True))


def test_large_gaps_are_put_out_to_tender() -> None:
    model = market()
    model.world.startup_f32[s.PLANNED_NEED] = 319.9, 320.0, 500.7, 1.0
    assert tenders(model) == [(LAB, 320), (SECOND, 500)]
    sign(model, SECOND, 0, ALPHA, 181)  # 319.7 are left
    assert tenders(model) == [(LAB, 320)]
    model.world.startup_i16[s.BUYER, LAB] = 0  # which orders from NVIDIA
    assert tenders(model) == []
    model.world.startup_i16[s.BUYER, LAB] = -1
    model.world.startup_i8[s.STATUS, LAB] = s.FAILED
    assert tenders(model) == []


def test_who_puts_nothing_out_to_tender_keeps_nobody_from_it() -> None:
    model = market()
    model.world.startup_f32[s.PLANNED_NEED] = 400.0, 400.0, 400.0, 500.0
    sign(model, FOURTH, 0, ALPHA, 81)  # 319 are left
    sign(model, LAB, 0, ALPHA, 11)
    sign(model, LAB, 1, BETA, 10, tender=5)  # no place for a third
    model.world.startup_i16[s.BUYER, SECOND] = 0
    assert tenders(model) == [(THIRD, 500)]


@RESTING
def test_one_rests_after_a_tender(last: int, pause: int, rests: bool) -> None:
    model = market(tenders__pause_days=pause)
    model.world.startup_f32[s.PLANNED_NEED, LAB] = 400.0
    model.world.startup_i16[s.LAST_TENDER_DAY, LAB] = last
    assert tenders(model) == ([] if rests else [(LAB, 400)])


@pytest.mark.parametrize(("second", "tender", "cards"), [(30, 0, 430), (30, 5, None), (32, 5, 431)])
def test_the_smaller_of_two_contracts_goes_into_a_larger_tender_unless_it_was_won_in_one(
    second: int, tender: int, cards: int | None
) -> None:
    model = market()
    sign(model, LAB, 0, ALPHA, 31)
    sign(model, LAB, 1, BETA, second, tender=tender)
    model.world.startup_f32[s.PLANNED_NEED, LAB] = 400.0 + 31 + second
    assert tenders(model) == ([] if cards is None else [(LAB, cards)])


def test_a_tender_is_for_no_more_than_a_contract_can_be() -> None:
    model = market()
    model.world.startup_f32[s.PLANNED_NEED, LAB] = 2e6
    assert tenders(model) == [(LAB, s.LARGEST_CONTRACT)]


def test_clouds_race_for_an_invitation_by_share_and_aspiration() -> None:
    overrides = {f"cloud.{name}": another_cloud(name=name.title(), share=0.2) for name in ("delta", "zeta")}
    model = market(tenders__invited=2, tenders__aspiration_weight=0.4, **overrides)
    clouds, n = model.world.cloud_i64, model.world.cloud_i64.shape[1]
    model.world.cloud_f64[c.SHARE] = 0.3, 0.1, 0.0, 0.5, 0.4
    clouds[c.ASPIRATION] = c.NO_ASPIRATION
    clouds[c.ASPIRATION, [1, 4]] = c.ENTRANT, c.GAINER
    weights = [0.3, 0.1 + 0.4, 0.0, 0.5, 0.4 + 0.4]
    clouds[c.IS_NAMED, 3] = 0
    invited = []
    for day in range(T, T + 40):
        seed = pair(seed_of(model), lab_key(model, LAB))
        times = {
            cloud: exponential(seed, luck.INVITATION, day, cloud_key(model, cloud), 0) / weights[cloud]
            for cloud in (0, 1, 4)
        }
        model.world.tender_i64[:] = 77
        hosting.invite(model.handle, LAB, 1, day)
        row = model.world.tender_i64[FIRST_FLOOR : FIRST_FLOOR + n, 1].tolist()
        first = sorted(times, key=times.__getitem__)[:2]
        assert row == [0 if cloud in first else NOT_BIDDING for cloud in range(n)]
        assert (np.delete(model.world.tender_i64, 1, axis=1) == 77).all()
        invited += first
    assert set(invited) == {0, 1, 4}
    clouds[c.STATUS, [0, 1]] = 0
    hosting.invite(model.handle, LAB, 1, T)
    assert model.world.tender_i64[FIRST_FLOOR : FIRST_FLOOR + n, 1].tolist() == [*[NOT_BIDDING] * 4, 0]


# ------------------------------------------------------------------ moving


def served_badly(model: GpuMarket, lab: int, slot: int, **fields: int) -> int:
    """A contract for 100 cards with 79 served; it is borne for 500 card-days, and rivals are heard after 300."""
    record = sign(model, lab, slot, BETA, 100)
    of = {"served_today": 79, "patient_card_days": 500, "poached_card_days": 300, "short_card_days": 301, **fields}
    for name, value in of.items():
        model.world.contract_i32[record, getattr(s, name.upper())] = value
    return record


@pytest.mark.parametrize(
    ("fields", "cause"),
    [
        ({}, s.POACHED),
        ({"short_card_days": 300}, -1),
        ({"served_today": 80}, -1),
        ({"short_card_days": 500}, s.POACHED),
        ({"short_card_days": 501}, s.OUT_OF_PATIENCE),
        ({"short_card_days": 501, "served_today": 100}, s.OUT_OF_PATIENCE),
        ({"short_card_days": 501, "end_day": T + 1}, s.OUT_OF_PATIENCE),
        ({"short_card_days": 501, "end_day": T}, s.AT_RENEWAL),
        ({"short_card_days": 0, "end_day": T - 1}, s.AT_RENEWAL),
    ],
)
def test_why_a_customer_looks_elsewhere(fields: dict[str, int], cause: int) -> None:
    model = market(serving__approach_rate=1.0)
    record = served_badly(model, LAB, 1, **fields)
    assert hosting.cause_to_move(model.handle, LAB, 1, record, T) == cause
    model.world.cloud_i64[c.STATUS, BETA] = 0
    assert hosting.cause_to_move(model.handle, LAB, 1, record, T) == s.HOST_FAILED


@pytest.mark.parametrize(
    ("short", "decision", "shift", "cause"),
    [(301, luck.APPROACH, 0, s.POACHED), (501, luck.SEARCH, 1, s.OUT_OF_PATIENCE)],
)
def test_luck_says_whether_it_does_so_today(short: int, decision: int, shift: int, cause: int) -> None:
    model = market(serving__approach_rate=0.4, leases__search_rate=0.4)
    for slot in range(2):
        record = served_badly(model, LAB, slot, short_card_days=short)
        found = [int(hosting.cause_to_move(model.handle, LAB, slot, record, day)) for day in range(T, T + 30)]
        key, seed = lab_key(model, LAB), seed_of(model)
        draws = [uniform(seed, decision, day, key, slot + shift) for day in range(T, T + 30)]
        assert found == [cause if draw < 0.4 else -1 for draw in draws]
        assert set(found) == {cause, -1}


RENEWAL = {"leases__price_weight": 4.0, "leases__loyalty": 1.25}  # numbers that add up without rounding


@pytest.mark.parametrize(
    ("fraction", "free", "moves"),
    [(0.1875, 50, False), (0.125, 50, True), (0.5, 75, False), (0.5, 100, True), (0.6875, 100, False)],
)
def test_at_renewal_a_rival_has_to_beat_staying(fraction: float, free: int, moves: bool) -> None:
    model = market(**RENEWAL)
    record = sign(model, LAB, 1, BETA, 50)
    model.world.contract_i32[record, s.SERVED_TODAY] = 30
    model.world.cloud_i64[c.FREE] = 7, 20, free  # with its own cards the host has 50: worth -2 + 1.25
    model.world.cloud_f64[c.POSTED_FRACTION, GAMMA] = fraction
    assert hosting._better_than_present(model.handle, LAB, record, GAMMA) == (GAMMA if moves else -1)
    assert hosting._better_than_present(model.handle, LAB, record, -1) == -1
    model.world.cloud_i64[c.FREE, BETA] = 400  # room at home
    assert hosting._better_than_present(model.handle, LAB, record, GAMMA) == -1


@pytest.mark.parametrize(
    ("fraction", "free", "listens"),
    [(0.625, 32, False), (0.62499, 32, True), (0.5, 32, True), (1.0, 64, False), (0.875, 64, True)],
)
def test_in_a_shortfall_a_rival_has_to_beat_price_wait_and_what_is_served(
    fraction: float, free: int, listens: bool
) -> None:
    model = market(**RENEWAL)  # waiting 2 a month, room 1.5
    record = sign(model, LAB, 1, BETA, 32)  # at a quarter of list: 1.25 - 1
    model.world.contract_i32[record, [s.SHORT_CARD_DAYS, s.SERVED_TODAY]] = 974, 16  # a month of it: -2; half: -.75
    model.world.cloud_i64[c.FREE, GAMMA] = free
    model.world.cloud_f64[c.POSTED_FRACTION, GAMMA] = fraction
    assert hosting._listens(model.handle, LAB, record, GAMMA) == listens


@pytest.mark.parametrize(
    ("fields", "host_fails", "free", "told"),
    [
        ({}, False, (50, 999, 0), (s.POACHED, 1, ALPHA)),
        ({}, False, (49, 999, 49), (s.POACHED, None, None)),  # nobody has half of it
        ({"short_card_days": 301, "fraction_bp": 1}, False, (50, 999, 0), (s.POACHED, None, None)),  # too dear
        ({"short_card_days": 501}, False, (0, 999, 50), (s.OUT_OF_PATIENCE, 1, GAMMA)),
        ({"short_card_days": 501}, False, (49, 999, 49), (s.OUT_OF_PATIENCE, None, None)),
        ({"end_day": T}, False, (999, 0, 0), (s.AT_RENEWAL, 1, ALPHA)),
        ({"end_day": T}, False, (50, 999, 50), (s.AT_RENEWAL, 1, -1)),  # it stays
        ({}, True, (0, 999, 50), (s.HOST_FAILED, 1, GAMMA)),
        ({}, True, (0, 999, 0), (s.HOST_FAILED, 1, -1)),
        ({"short_card_days": 0}, False, (999, 999, 999), None),
    ],
)
def test_what_a_startup_decides_about_one_contract(
    fields: dict[str, int], host_fails: bool, free: tuple[int, ...], told: tuple[int | None, ...] | None
) -> None:
    model = market(serving__approach_rate=1.0, leases__price_weight=4.0, leases__loyalty=1.0)
    record = served_badly(model, LAB, 1, **{"fraction_bp": 9000, **fields})
    model.world.cloud_i64[c.FREE] = free
    if host_fails:
        model.world.cloud_i64[c.STATUS, BETA] = 0
    marks = (
        ("startup_i8", s.DESIRED_SWITCH_CAUSE),
        ("startup_i8", s.DESIRED_SWITCH_SLOT),
        ("startup_i16", s.DESIRED_HOST),
    )
    for array, row in marks:
        getattr(model.world, array)[row, LAB] = 99
    found = changes(model, hosting._decide_switch, LAB, 1, record, T)
    expected = {} if told is None else {
        (array, row, LAB): value - 99 for (array, row), value in zip(marks, told, strict=True) if value is not None
    }  # fmt: skip
    assert_changes(found, expected)


def test_each_living_customer_moves_one_contract_a_day_the_first_that_can() -> None:
    model = market()
    over = {(FOURTH, 0), (FOURTH, 1), (LAB, 1), (SECOND, 0), (THIRD, 1)}
    for lab, slot in ((FOURTH, 0), (FOURTH, 1), (LAB, 0), (LAB, 1), (SECOND, 0), (THIRD, 1)):
        record = sign(model, lab, slot, slot, 10)
        model.world.contract_i32[record, s.END_DAY] = T if (lab, slot) in over else T + 1
    model.world.startup_i8[s.STATUS, SECOND] = s.FAILED
    model.world.startup_i8[s.DESIRED_SWITCH_SLOT] = 1
    hosting.decide_switches(model.handle, T)
    assert model.world.startup_i8[s.DESIRED_SWITCH_SLOT].tolist() == [0, 1, -1, 1]


def test_a_customer_that_is_served_looks_at_nothing_unless_its_host_fails() -> None:
    model = market(serving__approach_rate=1.0)
    record = served_badly(model, LAB, 0, short_card_days=0)
    hosting.decide_switches(model.handle, T)
    assert model.world.startup_i8[s.DESIRED_SWITCH_SLOT, LAB] == -1
    model.world.cloud_i64[c.STATUS, BETA] = 0
    hosting.decide_switches(model.handle, T)
    assert model.world.startup_i8[s.DESIRED_SWITCH_SLOT, LAB] == 0
    model.world.cloud_i64[c.STATUS, BETA] = 1
    model.world.contract_i32[record, s.SHORT_CARD_DAYS] = 501
    hosting.decide_switches(model.handle, T)
    assert model.world.startup_i8[s.DESIRED_SWITCH_SLOT, LAB] == 0
    assert model.world.startup_i8[s.DESIRED_SWITCH_CAUSE, LAB] == s.OUT_OF_PATIENCE


def test_one_card_day_of_shortfall_is_enough_for_who_bears_none() -> None:
    model = market()
    served_badly(model, LAB, 0, short_card_days=1, patient_card_days=0, served_today=99)
    hosting.decide_switches(model.handle, T)
    assert model.world.startup_i8[s.DESIRED_SWITCH_SLOT, LAB] == 0
