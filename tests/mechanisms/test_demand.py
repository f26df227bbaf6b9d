"""Demand and funding: D1, D2, D3, D4, D5, D7.

Each behaviour is shown in a small market and is gone in its twin, the same market with the mechanism off:

=====  ==========================================================================================
D1     calls that do not grow
D2     the climate of 2022 throughout; `startups.ambition_climate`, `startups.runway_boom` = 0;
       `orders.enquiry_overlap` = 0 (unserved need is not heard by the clouds)
D3     `leases.runway_weight` = 0; the climate stays up
D4     `serving.gang_share` = 0 (a run goes on with any card); `serving.checkpoint_days` = 1
D5     no own models; no other industries; `clouds.other_growth` = 0
D7     no boom; `clouds.caller_share` = 1 (all buy); `clouds.sobering` = 0
=====  ==========================================================================================
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from small_market import (
    ALPHA,
    BETA,
    GAMMA,
    LAB,
    LIST_RENT,
    another_lab,
    contract_of,
    contracts,
    day_when,
    events,
    give_cards,
    leave_cash,
    run_step,
    small,
    take_cards,
    wants,
)

from market import calendar
from market.state import accounts, primary, scene
from market.state import cloud as c
from market.state import startup as s
from market.state.products import A800, ONLINE

BOOM = {"funding.climate": [{"on": dt.date(2022, 1, 1), "level": 4.0}]}
YEAR = 365


# ------------------------------------------------------------------ D1


def first_rent(growth: float) -> int | None:
    """Day on which a startup with 100 own cards, 50 of them kept busy by calls, first rents any."""
    model = small({"startup.lab.own_cards": 100, "startup.lab.calls_cards": 50, "startup.lab.calls_growth": growth})
    return day_when(model, lambda market: market.world.clock[scene.N_CONTRACTS] > 0, within=calendar.N_DAYS - 1)


def test_D1_calls_grow_until_the_startups_own_cards_no_longer_suffice() -> None:
    # At 3% a month it keeps 111 busy, a tenth of them not its own, after ln(111/50) / ln(1.03) = 27 months.
    day = first_rent(0.03)
    assert day is not None
    assert 2 * YEAR < day < 3 * YEAR
    assert day / 30.4375 == pytest.approx(27, abs=1)


def test_D1_off_calls_that_do_not_grow_need_no_cloud() -> None:
    assert first_rent(0.0) is None


# ------------------------------------------------------------------ D2


def planned_cards(overrides: dict, cash_cny: float = 1e9) -> float:
    """Cards that a startup whose next run takes 100 in the climate of 2022 plans to use."""
    model = small({"startup.lab.ambition_cards": 100, "startup.lab.cash_cny": cash_cny, **overrides})
    run_step(model, "decisions.startup.decide_need")
    return float(model.world.startup_f32[s.PLANNED_NEED, LAB])


def test_D2_in_the_boom_the_run_a_startup_wants_grows_with_the_climate() -> None:
    assert planned_cards({}) == 100.0
    assert planned_cards(BOOM) == 400.0


def test_D2_off_if_the_size_of_the_run_raised_no_money_it_would_stay() -> None:
    assert planned_cards({**BOOM, "startups.ambition_climate": 0}) == 100.0


def test_D2_in_the_boom_a_startup_spends_its_cash_in_half_the_time() -> None:
    # 0.45 of 7.15m CNY over 15 months, then 7.5, at a rent of 0.52 x 11,000 = 5,720: 37.5 cards, then 75.
    assert planned_cards({}, cash_cny=7.15e6) == pytest.approx(37.5)
    assert planned_cards(BOOM, cash_cny=7.15e6) == pytest.approx(75.0)


def test_D2_off_a_startup_that_minds_waste_keeps_to_its_plan() -> None:
    assert planned_cards({**BOOM, "startups.runway_boom": 0}, cash_cny=7.15e6) == pytest.approx(37.5)


FOUR_HUNDRED = {
    "population.startups": 400,
    "startup.lab.cash_cny": 4e7,  # so that its rounds are of the size of the others'
    "startups.cash_cny": 4e7,
    "startups.calls_cards": 0,
    "startups.ambition_cards": 0,
    "funding.entry_share": 0,
    "funding.hazard": 0.05,
}


def rounds(overrides: dict) -> tuple[int, float]:
    """(number of rounds, money raised in CNY) of 400 startups in half a year."""
    model = small({**FOUR_HUNDRED, **overrides})
    model.advance(180)
    raised = model.world.cash_flow[accounts.FUNDING].max() / 100
    return len(events(model, "funding_round")), float(raised)


def test_D2_the_boom_brings_more_and_larger_rounds() -> None:
    # 400 x 0.05 x 180 / 30.4 = 118 in a calm half-year; in the boom four times as many, each
    # 1 + 0.5 (4 - 1) = 2.5 times as large: ten times the money.
    calm, boom = rounds({}), rounds(BOOM)
    assert calm[0] == pytest.approx(118, rel=0.25)
    assert boom[0] / calm[0] == pytest.approx(4, rel=0.25)
    assert boom[1] / calm[1] == pytest.approx(10, rel=0.25)


def test_D2_off_with_rounds_of_one_size_the_boom_only_brings_more() -> None:
    size = {climate: rounds({**o, "funding.climate_size": 0}) for climate, o in (("calm", {}), ("boom", BOOM))}
    per_round = {climate: money / number for climate, (number, money) in size.items()}
    assert per_round["boom"] / per_round["calm"] == pytest.approx(1, rel=0.1)


FULL = {
    **{f"cloud.{name}.other_cards": 1000 for name in ("alpha", "beta", "gamma")},
    "orders.target_utilisation": 1,
}


def anxious(overrides: dict) -> tuple[float, int]:
    """(what Alpha hears of, cards clouds order) when all their cards are used and the lab asks for 400."""
    model = small({**FULL, "tenders.size_cards": 1000, **overrides})
    wants(model, 400)
    before = model.world.cloud_f64[c.NEED, ALPHA]
    model.advance(1)
    heard = model.world.cloud_f64[c.NEED, ALPHA] - before
    model.advance(30)
    return float(heard), int(model.world.buyer_i64[primary.BACKLOG, A800, :3].sum())


def test_D2_anxiety_passes_from_startups_to_clouds_to_the_order_book() -> None:
    # The same 400 cards stand on 1.6 lists: each cloud with 0.3 of the market hears 1.6 x 400 x 0.3 = 192.
    heard, ordered = anxious({})
    assert heard == pytest.approx(192)
    assert ordered > 100


def test_D2_off_enquiries_that_nobody_hears_order_nothing() -> None:
    heard, ordered = anxious({"orders.enquiry_overlap": 0})
    assert heard == 0
    assert ordered == 0


# ------------------------------------------------------------------ D3


def preferred(cash_cny: float, overrides: dict | None = None) -> int:
    """Host that a lab in want of 200 cards would rent from: Alpha is dear and has most, Gamma is cheap."""
    model = small(overrides)
    world = model.world
    wants(model, 200)
    leave_cash(model, "lab", cash_cny)
    world.cloud_f64[c.POSTED_FRACTION] = [0.60, 0.60, 0.45]
    world.cloud_i64[c.FREE] = [1000, 400, 500]
    run_step(model, "decisions.hosting.decide_leases")
    return int(world.startup_i16[s.DESIRED_HOST, LAB])


def test_D3_a_startup_short_of_cash_weighs_price_more() -> None:
    # With cash for 15 months price weighs 6: Alpha 3.375 - 3.6 against Gamma 1.875 - 2.7. With 1m CNY, enough
    # for 0.4 of a month, it weighs 11.8: Alpha 3.375 - 7.1 against Gamma 1.875 - 5.3.
    assert preferred(1e9) == ALPHA
    assert preferred(1e6) == GAMMA


def test_D3_off_if_the_runway_did_not_matter_it_would_choose_as_before() -> None:
    assert preferred(1e6, {"leases.runway_weight": 0}) == ALPHA


def rounds_by_year(last_level: float) -> tuple[int, int]:
    """Rounds of 400 startups in 2022, at a climate of 4, and in 2024, at `last_level`."""
    climate = [
        {"on": dt.date(2022, 1, 1), "level": 4.0},
        {"on": dt.date(2023, 1, 1), "level": 4.0},
        {"on": dt.date(2024, 1, 1), "level": last_level},
    ]
    model = small({**FOUR_HUNDRED, "funding.climate": climate})
    model.advance(calendar.N_DAYS - 1)
    years = events(model, "funding_round")["date"].dt.year
    return int((years == 2022).sum()), int((years == 2024).sum())


def test_D3_when_the_boom_cools_fewer_startups_raise_money() -> None:
    boom, cool = rounds_by_year(0.5)
    assert cool < boom / 5  # an eighth of the hazard


def test_D3_off_in_a_boom_that_goes_on_they_go_on_raising() -> None:
    first, last = rounds_by_year(4.0)
    assert last == pytest.approx(first, rel=0.2)


# ------------------------------------------------------------------ D4


def interrupted(overrides: dict) -> tuple[int, int, int]:
    """(done, lost, under way) card-days of a run on 400 cards whose host has 100 left on the 11th day."""
    model = small({"tenders.invited": 1, **overrides})
    wants(model, 400)
    model.advance(10)
    host = contracts(model)["cloud"].item()
    take_cards(model, host, 900)
    model.advance(1)
    scenes = model.world.scene_f64  # the lab is the only startup
    under_way = int(model.world.startup_i32[s.RUN_CARD_DAYS, LAB])
    return int(scenes[scene.TRAINED_CARD_DAYS]), int(scenes[scene.LOST_CARD_DAYS]), under_way


def test_D4_an_interruption_loses_the_run_since_its_last_checkpoint() -> None:
    assert interrupted({}) == (2800, 1200, 0)  # seven days kept, three lost


def test_D4_without_a_checkpoint_the_whole_run_is_lost() -> None:
    assert interrupted({"serving.checkpoint_days": 365}) == (0, 4000, 0)


def test_D4_off_a_run_that_needs_no_gang_goes_on_with_what_is_left() -> None:
    assert interrupted({"serving.gang_share": 0}) == (4100, 0, 0)


def test_D4_off_a_run_saved_every_day_loses_nothing() -> None:
    assert interrupted({"serving.checkpoint_days": 1}) == (4000, 0, 0)


# ------------------------------------------------------------------ D5


def served(overrides: dict) -> tuple[int, int, int]:
    """(own models, other industries, the lab) served by the lab's host, which has 1,000 cards."""
    model = small({"tenders.invited": 1, "tenders.start_fraction": 0.3})
    wants(model, 400)
    model.advance(1)
    host = int(contract_of(model)[s.CLOUD])
    f = model.world.cloud_f64
    f[c.OTHER_BASE, host] = overrides.get("others", 500)
    f[c.OWN_BASE, host] = f[c.OWN_NEED, host] = overrides.get("own", 400)
    f[c.OWN_PRIORITY, host] = 0.5
    model.advance(1)
    n = model.world.cloud_i64
    lab = int(contract_of(model)[s.SERVED_TODAY])
    return int(n[c.OWN_SERVED, host]), int(n[c.OTHER_SERVED, host]), lab


def test_D5_a_short_cloud_rations_its_cards_over_own_models_industries_and_startups() -> None:
    # Half of 400 for own models first; 500 for industries at 0.52; the lab at 0.30 gets what is left.
    assert served({}) == (200, 500, 300)


def test_D5_off_without_own_models_the_startup_is_served_in_full() -> None:
    assert served({"own": 0}) == (0, 500, 400)


def test_D5_off_without_other_industries_everybody_is() -> None:
    assert served({"others": 0}) == (400, 0, 400)


def other_industries(growth: float) -> float:
    """What other industries want of a cloud after a year, from 500 cards."""
    model = small({"cloud.alpha.other_cards": 500, "clouds.other_growth": growth})
    model.advance(YEAR - 1)
    return float(model.world.cloud_f64[c.OTHER_NEED, ALPHA])


def test_D5_other_industries_need_more_every_year() -> None:
    assert other_industries(0.45) == pytest.approx(500 * (1 + 0.45 / YEAR) ** YEAR)


def test_D5_off_without_growth_they_do_not() -> None:
    assert other_industries(0.0) == pytest.approx(500)


# ------------------------------------------------------------------ D7

HALF_YEAR_BOOM = {
    "funding.climate": [
        {"on": dt.date(2022, 1, 1), "level": 4.0},
        {"on": dt.date(2022, 6, 30), "level": 4.0},
        {"on": dt.date(2022, 7, 1), "level": 1.0},
    ],
    "clouds.callers": 40,
}
END_OF_BOOM, END_OF_2023 = 180, 729


def stages(overrides: dict) -> np.ndarray:
    """Alpha's application customers in shock, imagining and sobered: at the end of the boom and of 2023."""
    model = small({**HALF_YEAR_BOOM, **overrides})
    rows = [c.STRUCK, c.CURIOUS, c.SOBER]
    model.advance(END_OF_BOOM - 1)
    boom = model.world.cloud_f64[rows, ALPHA].copy()
    model.advance(END_OF_2023 - END_OF_BOOM)
    return np.stack([boom, model.world.cloud_f64[rows, ALPHA]])


def test_D7_customers_are_shocked_imagine_and_sober_and_most_of_them_never_buy() -> None:
    # 40 x 6 x 0.3 of the market x 3 of boom = 216 a month begin to buy, of 720 that are struck: with 30 days
    # to decide, 710 are in shock at a time, and 4,280 were struck in 181 days.
    (shock, imagining, sober), (late_shock, late_imagining, late_sober) = stages({})
    assert shock == pytest.approx(216 / 0.3 / 30.4375 * 30, rel=0.05)
    assert imagining > 500
    assert sober > imagining  # more decline than buy
    assert late_shock < 1
    assert late_imagining < imagining / 4
    assert late_shock + late_imagining + late_sober == pytest.approx(720 / 30.4375 * 181, rel=0.01)


def test_D7_off_if_all_bought_those_who_imagine_would_be_more_than_those_who_declined() -> None:
    (_, imagining, sober), _ = stages({"clouds.caller_share": 1})
    assert imagining > sober


def test_D7_off_without_sobering_they_would_stay() -> None:
    (_, imagining, _), (_, late_imagining, _) = stages({"clouds.sobering": 0})
    assert late_imagining > imagining


def test_D7_off_without_a_boom_nobody_is_struck() -> None:
    assert not stages({"funding.climate": [{"on": dt.date(2022, 1, 1), "level": 1.0}]}).any()


def used_share(overrides: dict) -> float:
    """Part in use at the end of 2023 of the cards that full clouds got for the callers of the boom."""
    model = small({**HALF_YEAR_BOOM, **FULL, **overrides})
    model.advance(END_OF_2023)
    delivered = model.world.buyer_i64[primary.PAST_DELIVERIES, A800, :3].sum()
    assert delivered > 1000
    return float(1 - model.world.cloud_i64[c.FREE].sum() / delivered)


def test_D7_demand_may_have_vanished_when_the_ordered_cards_are_there() -> None:
    assert used_share({}) < 0.15


def test_D7_off_demand_that_stays_uses_most_of_them() -> None:
    assert used_share({"clouds.sobering": 0}) > 0.6


def test_D7_a_customer_of_model_calls_pays_far_less_than_one_of_compute() -> None:
    model = small({"startup.other_lab": another_lab(), "population.startups": 2, "tenders.size_cards": 1000})
    wants(model, 400)
    model.advance(1)
    model.world.cloud_f64[c.CURIOUS, BETA] = 1.0
    flows, days = model.world.cash_flow, 30
    before = flows.copy()
    model.advance(days)
    paid = (flows - before).max(axis=1) / 100
    month = 30.4375 / days
    assert paid[accounts.RENT] * month == pytest.approx(400 * 0.52 * LIST_RENT, rel=1e-3)
    assert paid[accounts.SERVICE_SALE] * month == pytest.approx(30_000, rel=0.1)  # by the call, not the card
    assert paid[accounts.SERVICE_SALE] < paid[accounts.RENT] / 50


def test_D7_off_a_customer_who_paid_by_the_card_as_others_do_would_pay_in_proportion() -> None:
    model = small({"cloud.beta.other_cards": 400, "tenders.size_cards": 1000})
    wants(model, 400)
    give_cards(model, "beta", 1, ONLINE)
    model.advance(1)
    before = model.world.cash_flow.copy()
    model.advance(30)
    paid = (model.world.cash_flow - before).max(axis=1)
    assert paid[accounts.SERVICE_SALE] == pytest.approx(paid[accounts.RENT], rel=1e-3)
