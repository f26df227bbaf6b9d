"""Supply: S1, S2, S4, S8, S9, S10.

Each behaviour is shown in a small market and is gone in its twin, the same market with the mechanism off:

=====  ==========================================================================================
S1     a full substitute (`substitute.h20` with the performance and price of the A class); ample supply
S2     `cloud.alpha.insists_on_penalty` = false; `primary.late_penalty_share` > 0
S4     a patched calendar whose months are one day long: all of an order comes at once; ample supply
S8     `orders.supply_line`, `orders.hoarding` = 0; `primary.quote_divisor` so large that no queue is
       seen; `tenders.confidence` = 2
S9     the rule's severity = 0; a rule for another product
S10    `servers.integration_shared` = 0; no assembly line (then the work is never done)
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
    account,
    cards_of,
    day_when,
    events,
    run_step,
    small,
    wants,
)

from market import GpuMarket, calendar, result_of
from market.decisions.cloud import planned_order
from market.kernels.arithmetic import logistic
from market.markets.primary import place
from market.state import accounts, primary, scene
from market.state import cloud as c
from market.state.products import A800, H20, ONLINE, STOCK
from market.state.world import DAY_OF_MONTH, DAYS_IN_MONTH

FIRST_OF_FEBRUARY = 31
AMPLE = {"supply.china_revenue": [{"from": dt.date(2022, 1, 1), "busd": 1.0}]}  # 10,000 cards a month
H20_FIELDS = {
    "launch": dt.date(2022, 1, 1),
    "integration_days": 0,
    "performance": 0.5,
    "price_cny": 90_000.0,
    "monthly_cards": 1000,
    "monthly_growth": 0.0,
}


def order(model: GpuMarket, buyer: int, cards: int, due: int = FIRST_OF_FEBRUARY, product: int = A800) -> None:
    """Enter an order of a cloud today, asked for and promised for `due`."""
    place(model.handle, product, buyer, cards, due, due, 0, model.day)


def run_to(model: GpuMarket, date: str) -> GpuMarket:
    """Run up to the opening of a date."""
    model.advance(calendar.day_of(date) - model.day)
    return model


# ------------------------------------------------------------------ S1


def worth(substitute: dict) -> float:
    """What the average user pays for an A-class card when its supply has stopped, at a net rent of 4,500."""
    model = small({"substitute.h20": {**H20_FIELDS, **substitute}})
    model.world.scene_f64[scene.NET_RENT] = 4_500.0
    model.world.product_f64[scene.SEVERITY, A800] = 1.0
    run_step(model, "decisions.valuation.decide_worth")
    return float(model.world.scene_f64[scene.WORTH])


def test_S1_with_hardly_a_substitute_a_card_is_worth_all_of_its_use() -> None:
    # 37.974 months of present value x 4,500 - 25,200 of server; the H20 at half the performance is dearer.
    assert worth({}) == pytest.approx(4_500 * 37.974 - 25_200, rel=1e-4)


def test_S1_off_a_full_substitute_caps_what_a_card_is_worth() -> None:
    # 72,000 and a month's wait at 4,500.
    assert worth({"performance": 1.0, "price_cny": 72_000.0}) == pytest.approx(72_000 + 4_500 * 30 / 30.4375)


def backlog_in_summer(overrides: dict) -> int:
    """Open cards on 1 June of 6,000 ordered for February."""
    model = small(overrides)
    for buyer in (ALPHA, BETA, GAMMA):
        order(model, buyer, 2000)
    run_to(model, "2022-06-01")
    return int(model.world.buyer_i64[primary.BACKLOG, A800].sum())


def test_S1_output_does_not_keep_up_with_what_is_ordered() -> None:
    assert backlog_in_summer({}) == 6000 - 4 * 1000


def test_S1_off_with_ample_output_nothing_waits() -> None:
    assert backlog_in_summer(AMPLE) == 0


# ------------------------------------------------------------------ S2


def february(overrides: dict) -> tuple[list[int], int]:
    """(cards delivered in February by cloud, late penalties in fen); 600 are due to each of three."""
    model = small(overrides)
    for buyer in (ALPHA, BETA, GAMMA):
        order(model, buyer, 600)
    run_to(model, "2022-03-01")
    delivered = model.world.buyer_i64[primary.PAST_DELIVERIES, A800, :3].tolist()
    return delivered, int(model.world.cash_flow[accounts.PENALTY].max())


def test_S2_who_insists_on_a_penalty_gets_no_card() -> None:
    delivered, penalties = february({"cloud.alpha.insists_on_penalty": True})
    assert delivered == [0, 500, 500]
    assert penalties == 0


def test_S2_off_who_does_not_insist_gets_its_part() -> None:
    delivered, penalties = february({})
    assert sorted(delivered) == [333, 333, 334]
    assert penalties == 0  # late, and nothing to pay


def test_S2_off_if_it_had_to_pay_for_delay_it_would() -> None:
    # 3% of 72,000 a month on the 1,800 less what is delivered each day; about 1,316 card-months in February.
    penalties = february({"primary.late_penalty_share": 0.03})[1] / 100
    late_days = sum(1800 - 1000 * (day + 1) // 28 for day in range(1, 28))  # from the day after the promise
    assert penalties == pytest.approx(0.03 * 72_000 * late_days / 30.4375, rel=1e-3)


# ------------------------------------------------------------------ S4


def arrivals(overrides: dict, one_day_months: bool = False) -> np.ndarray:
    """Cards of one order of 2,500, due on 1 February, by day of delivery."""
    model = small(overrides)
    if one_day_months:
        model.world.calendar[DAY_OF_MONTH] = 0
        model.world.calendar[DAYS_IN_MONTH] = 1
    order(model, ALPHA, 2500)
    run_to(model, "2022-06-01")
    return result_of(model).deliveries.groupby("date")["cards"].sum().to_numpy()


def test_S4_an_order_drips_in_over_months_a_little_each_day() -> None:
    # 1,000 a month: all of February and March, and half of April's lot, 36, 33 and 17 a day at most.
    cards = arrivals({})
    assert cards.sum() == 2500
    assert len(cards) == 28 + 31 + 30
    assert cards.max() == 36
    assert cards[:28].sum() == 1000


def test_S4_even_when_nothing_is_short_a_months_lot_comes_in_drips() -> None:
    cards = arrivals(AMPLE)
    assert len(cards) == 28
    assert cards.min() >= 89
    assert cards.max() <= 90


def test_S4_off_without_drips_and_shortage_the_order_comes_in_one_piece() -> None:
    assert arrivals(AMPLE, one_day_months=True).tolist() == [2500]


# ------------------------------------------------------------------ S8


def weekly_order(lead_days: float, overrides: dict) -> float:
    """Order of a cloud that needs 1,000 of its 1,250 cards and ten more a day, at an expected lead time."""
    model = small({"cloud.alpha.online_cards": 1250, **overrides})
    model.world.cloud_f64[c.NEED, ALPHA] = 1000.0
    model.world.cloud_f64[c.GROWTH, ALPHA] = 10.0
    model.world.buyer_f64[primary.EXPECTED_LEAD_DAYS, A800, ALPHA] = lead_days
    return planned_order(model.handle, ALPHA, A800)[0]


def test_S8_buyers_order_early_and_long_in_a_shortage() -> None:
    # 7 x 10 of growth; 0.06 of the safety stock, 20 days' growth that half the excess lead time adds to; and
    # 0.06 of what should be on order: lead x 10.
    assert weekly_order(30.0, {}) == pytest.approx(70 + 0.06 * 200 + 0.06 * 300)
    assert weekly_order(360.0, {}) == pytest.approx(70 + 0.06 * 200 * (1 + 0.5 * 11) + 0.06 * 3600)


def test_S8_off_a_buyer_that_does_not_fill_its_supply_line_orders_the_same_at_any_lead_time() -> None:
    off = {"orders.supply_line": 0, "orders.hoarding": 0}
    assert weekly_order(30.0, off) == weekly_order(360.0, off) == pytest.approx(70 + 0.06 * 200)


def promise(overrides: dict) -> dt.date:
    """Date promised for the next order in October 2022, with 7 x 1.9 months of supply on order."""
    model = small(overrides)
    run_to(model, "2022-10-10")
    order(model, BETA, 13_300, due=calendar.day_of("2023-12-31"))
    run_step(model, "decisions.nvidia.decide_lead_times")
    model.world.buyer_i64[primary.DESIRED_ORDER, A800, ALPHA] = 100
    run_step(model, "markets.primary.settle_orders")
    orders = result_of(model).orders
    return orders.loc[orders["buyer"] == "alpha", "promised_date"].item().date()


def test_S8_orders_are_booked_into_the_next_year() -> None:
    assert promise({}) == dt.date(2022, 10, 10) + dt.timedelta(days=30 + 182)  # 6 x 30.4375 = 182.6 days more


def test_S8_off_if_nvidia_quoted_no_queue_they_would_be_due_next_month() -> None:
    assert promise({"primary.quote_divisor": 10, **AMPLE}) == dt.date(2022, 11, 9)


def bidders(overrides: dict, on_order: int) -> set[str]:
    """Who bids for 400 cards when Alpha and Beta have them and Gamma has only `on_order` coming."""
    model = small({"cloud.gamma.online_cards": 0, **overrides})
    order(model, GAMMA, on_order, due=60)
    wants(model, 400)
    model.advance(1)
    return set(events(model, "bid")["actor"])


def test_S8_a_cloud_promises_cards_that_it_only_hopes_for() -> None:
    assert bidders({}, on_order=400) == {"alpha", "beta", "gamma"}


def test_S8_off_a_cloud_that_wants_twice_the_cards_in_sight_does_not() -> None:
    assert bidders({"tenders.confidence": 2}, on_order=400) == {"alpha", "beta"}
    assert bidders({}, on_order=100) == {"alpha", "beta"}


# ------------------------------------------------------------------ S9


def rule(**fields: object) -> dict:
    """The rule of 17 October 2023, as an override."""
    whole = {
        "title": "Rule of 17 October 2023",
        "products": ["a800"],
        "announced": dt.date(2023, 10, 17),
        "effective": dt.date(2023, 10, 23),
        "severity": 1.0,
    }
    return {"rule.us_2023": {**whole, **fields}}


def under_rule(overrides: dict) -> tuple[int, int, float]:
    """(delivered before 23 October 2023, after it, belief in a stop at the year's end); 9,000 are due."""
    model = small(overrides)
    run_to(model, "2023-08-15")
    order(model, ALPHA, 9000, due=calendar.day_of("2023-09-01"))
    run_to(model, "2024-01-01")
    rows = result_of(model).deliveries
    is_after = rows["date"] >= "2023-10-23"
    belief = logistic(model.world.belief_f64[accounts.BAN_LOG_ODDS, account(model, "alpha")])
    return int(rows.loc[~is_after, "cards"].sum()), int(rows.loc[is_after, "cards"].sum()), float(belief)


def test_S9_the_rule_stops_the_cards_it_names_on_the_day_it_takes_effect() -> None:
    # September's 1,000 and 22 of October's 31 days.
    before, after, belief = under_rule(rule())
    assert before == 1000 + 1000 * 22 // 31
    assert after == 0
    assert belief > 0.95


def test_S9_a_milder_rule_stops_its_share() -> None:
    # Half of what October still brings, and of November's and December's 1,000.
    after = under_rule(rule(severity=0.5))[1]
    assert after == pytest.approx(291 / 2 + 500 + 500, abs=2)


@pytest.mark.parametrize("off", [{"severity": 0.0}, {"products": ["h20"]}])
def test_S9_off_a_rule_without_severity_or_for_another_card_stops_nothing(off: dict) -> None:
    before, after, belief = under_rule(rule(**off))
    assert before == 1000 + 1000 * 22 // 31
    assert after == 3000 - 1000 * 22 // 31
    assert belief < 0.05


# ------------------------------------------------------------------ S10

INTEGRATION_DAYS = 40
LAUNCH = calendar.day_of("2022-02-01")


def first_online(overrides: dict) -> int | None:
    """First day on which a cloud short of cards has an H20 online; 100 arrive from the launch on."""
    fields = {**H20_FIELDS, "launch": dt.date(2022, 2, 1), "integration_days": INTEGRATION_DAYS}
    model = small(
        {
            "supply.china_revenue": [{"from": dt.date(2022, 1, 1), "busd": 0.0}],
            "cloud.alpha.other_cards": 2000,
            "substitute.h20": fields,
            **overrides,
        }
    )
    order(model, ALPHA, 100, product=H20)
    run_to(model, "2022-03-01")
    in_hand = sum(cards_of(model, "alpha", stage, H20) for stage in (STOCK, ONLINE, STOCK + 1))
    assert in_hand >= 100  # NVIDIA has delivered
    if cards_of(model, "alpha", ONLINE, H20):
        return model.day - 1
    return day_when(model, lambda market: cards_of(market, "alpha", ONLINE, H20) > 0, within=200)


def test_S10_integration_work_holds_a_new_product_up() -> None:
    assert first_online({}) == LAUNCH + INTEGRATION_DAYS


def test_S10_off_if_the_work_were_done_elsewhere_it_would_be_online_at_once() -> None:
    day = first_online({"servers.integration_shared": 0})
    assert day is not None
    assert day < LAUNCH + 28


def integration_left(servers_per_day: int) -> float:
    """Days of integration work left a week after the launch."""
    fields = {**H20_FIELDS, "launch": dt.date(2022, 2, 1), "integration_days": INTEGRATION_DAYS}
    model = small({"substitute.h20": fields, "server_maker.builder.servers_per_day": servers_per_day})
    run_to(model, "2022-02-08")
    return float(model.world.product_f64[scene.INTEGRATION_LEFT, H20])


def test_S10_server_makers_do_the_integration_work_day_by_day() -> None:
    assert integration_left(9) == INTEGRATION_DAYS - 7


def test_S10_off_without_a_server_maker_it_is_never_done() -> None:
    assert integration_left(0) == INTEGRATION_DAYS
