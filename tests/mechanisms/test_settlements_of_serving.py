"""Settlements of serving, to the last cell: how clouds divide their cards and what startups train with them."""

from __future__ import annotations

import numpy as np
import pytest
from changes import emptied_logs
from settled import T, customer, host, market, market_of_four, sign, two_labs
from small_market import ALPHA, BETA, FOUR_LABS, LAB, give_cards

from market.markets import demand, serving
from market.state import cloud as c
from market.state import scene
from market.state import startup as s
from market.state.products import ONLINE

# ------------------------------------------------------------------ serving


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


def test_the_dearest_price_has_a_bin_too() -> None:
    model = market()
    record = sign(model, LAB, 0, ALPHA, 2000, 50_000)
    serving.settle_serving(model.handle, T)
    assert model.world.contract_i32[record, s.SERVED_TODAY] == 1000


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
