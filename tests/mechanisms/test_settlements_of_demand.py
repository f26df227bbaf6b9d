"""Settlements of demand, to the last cell: needs of startups, clouds and their callers."""

from __future__ import annotations

import numpy as np
import pytest
from changes import assert_changes, changes, emptied_logs, logged
from settled import T, customer, market, sign, two_labs
from small_market import ALPHA, ANOTHER_MAKER, BETA, LAB, account, give_cards, small

from market.kernels.luck import normal
from market.markets import demand
from market.state import cloud as c
from market.state import luck, scene
from market.state import startup as s
from market.state.luck import key_of
from market.state.products import ONLINE


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
