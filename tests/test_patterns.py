"""Every pattern is measured as its fact says: tables to check by hand, bands, misses, the summary."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from market import evidence
from market.errors import MarketError, UsageError
from market.observers import patterns
from market.observers.bands import PROBABILITIES, in_band, pattern_facts, summarise, wilson_interval
from market.observers.patterns import evidence_points, measure
from market.observers.summary import describe

MONTH = 30.4375
NAN = math.nan
TABLES = {
    "events": ("date", "kind", "actor", "counterparty", "cards", "price_cny", "detail"),
    "contracts": ("contract_id", "startup", "cloud", "cards", "fraction", "start_date", "end_date", "kind"),
    "orders": ("order_id", "buyer", "product", "placed_date", "promised_date", "cards"),
    "deliveries": ("order_id", "buyer", "product", "date", "cards"),
    "firms": (
        "month",
        "firm",
        "kind",
        "revenue_cny",
        "cost_cny",
        "opex_cny",
        "own_training_share",
        "historic_depreciation_cny",
        "replacement_depreciation_cny",
    ),
}
DATES = {"date", "start_date", "end_date", "placed_date", "promised_date", "month"}


@dataclass
class ToyRun:
    """The tables of a run, as far as the observers read them."""

    scenario: Any
    seed: int
    daily: pd.DataFrame
    firms: pd.DataFrame
    events: pd.DataFrame
    contracts: pd.DataFrame
    orders: pd.DataFrame
    deliveries: pd.DataFrame


def firm(id: str, stock_cards: int = 0) -> SimpleNamespace:
    return SimpleNamespace(id=id, name=id.replace("_", " ").title(), stock_cards=stock_cards)


SCENARIO = SimpleNamespace(
    name="toy",
    parameters={
        "servers.server_cost_cny": 10_000.0,
        "clouds.card_life_months": 48.0,
        "clouds.opex_cny_per_card_month": 1_000.0,
    },
    clouds=(
        firm("alibaba_cloud"),
        firm("tencent_cloud", stock_cards=500),
        firm("baidu_cloud"),
        firm("volcano_engine"),
    ),
    server_makers=(firm("maker_1"),),
    startups=(SimpleNamespace(id="minimax", name="MiniMax"),),
)


def table(name: str, rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(TABLES[name]))
    return frame.assign(**{c: pd.to_datetime(frame[c]) for c in frame.columns if c in DATES})


def toy(last: str = "2024-12-31", price: dict[str, float] | float = 80_000.0, **rows: list[tuple[Any, ...]]) -> ToyRun:
    """A run to `last` with these rows; `price` may be a step path, each entry holding to the next."""
    date = pd.date_range("2022-01-01", last)
    path = pd.Series(price, dtype=float)
    if isinstance(price, dict):
        path.index = pd.to_datetime(path.index)
        spot = path.reindex(date, method="ffill").to_numpy()
    else:
        spot = np.full(len(date), price)
    daily = pd.DataFrame({"date": date, "spot_price_cny": spot, "list_rent_cny_per_card_month": 11_000.0})
    return ToyRun(SCENARIO, 1, daily, **{name: table(name, rows.get(name, [])) for name in TABLES})


def tender(
    opened: str = "2022-12-10",
    awarded: str = "2022-12-20",
    winner: str = "volcano_engine",
    fraction: str = "0.1900",
    startup: str = "minimax",
) -> list[tuple[Any, ...]]:
    rent = float(fraction) * 11_000
    return [
        (opened, "tender_opened", startup, None, 840, NAN, ""),
        (awarded, "bid", "alibaba_cloud", startup, 840, 2_310.0, "tender=3 floor=0.2050 stop=floor"),
        (awarded, "bid", "baidu_cloud", startup, 840, 3_300.0, "tender=3 floor=0.2400 stop=authority"),
        (awarded, "tender_awarded", startup, winner, 840, rent, f"tender=3 fraction={fraction}"),
    ]


def move(
    date: str,
    host: str = "tencent_cloud",
    most_free: str = "tencent_cloud",
    old: str = "volcano_engine",
    startup: str = "minimax",
) -> tuple[Any, ...]:
    detail = f"from={old} cause=out_of_patience most_free={most_free}"
    return (date, "switched", startup, host, 840, NAN, detail)


def cloud_order(number: int, buyer: str, placed: str, cards: int, product: str = "a800") -> tuple[Any, ...]:
    return (number, buyer, product, placed, "2023-04-30", cards)


def drop(number: int, date: str, cards: int) -> tuple[Any, ...]:
    return (number, "", "a800", date, cards)


# ------------------------------------------------------------------ the list of patterns


def test_every_pattern_of_the_evidence_has_one_measure_in_its_order() -> None:
    assert patterns.pattern_ids() == tuple(fact.id for fact in evidence.facts() if fact.kind == "pattern")
    assert len(patterns.pattern_ids()) == 16


def test_a_run_in_which_nothing_happens_measures_no_event_and_does_not_fail() -> None:
    measured = measure(toy())
    assert list(measured) == list(patterns.pattern_ids())
    assert measured["T7"] == 0.0
    numbers = {id for id, value in measured.items() if not math.isnan(value)}
    assert numbers == {"T7", "P1", "P2", "S7"}


def test_a_run_that_ends_before_the_window_of_a_measure_has_no_value_for_it() -> None:
    orders = [cloud_order(1, "baidu_cloud", "2022-11-01", 10), cloud_order(2, "cloudwalk", "2022-12-05", 10)]
    measured = measure(toy("2023-06-29", orders=orders, contracts=[regular(1, "2022-08-01", 0.5)]))
    assert {id for id, value in measured.items() if not math.isnan(value)} == {"T7"}


def test_a_delivery_of_an_unknown_order_is_refused() -> None:
    with pytest.raises(MarketError, match="order_id"):
        measure(
            toy(
                orders=[cloud_order(1, "baidu_cloud", "2022-11-01", 10)],
                deliveries=[drop(9, "2023-01-01", 1)],
            )
        )


# ------------------------------------------------------------------ tender and rents


def regular(cards: int, signed: str, fraction: float, kind: str = "regular") -> tuple[Any, ...]:
    return (0, "startup_0001", "baidu_cloud", cards, fraction, signed, None, kind)


def test_T4_is_the_card_weighted_fraction_of_regular_contracts_of_that_year() -> None:
    contracts = [
        regular(100, "2022-07-01", 0.50),
        regular(300, "2023-06-30", 0.60),
        regular(900, "2022-06-30", 0.90),
        regular(900, "2023-07-01", 0.90),
        regular(900, "2023-01-01", 0.20, kind="tender"),
        regular(900, "2023-01-01", 0.90, kind="on_demand"),
    ]
    assert measure(toy(contracts=contracts))["T4"] == pytest.approx((100 * 0.5 + 300 * 0.6) / 400)


def test_T5_is_the_fraction_of_the_first_award() -> None:
    events = tender(startup="startup_0002", fraction="0.4000") + tender() + tender("2023-05-01", "2023-05-09", "x")
    assert measure(toy(events=events))["T5"] == 0.19


@pytest.mark.parametrize("opened", ["2022-09-30", "2023-09-01"])
def test_T5_and_T7_miss_a_first_tender_outside_the_window(opened: str) -> None:
    measured = measure(toy(events=tender(opened, "2023-09-02")))
    assert math.isnan(measured["T5"])
    assert measured["T7"] == 0.0


def test_T5_misses_a_tender_in_the_window_that_is_not_the_first() -> None:
    events = tender("2022-05-01", "2022-05-10") + tender("2022-12-10", "2022-12-20")
    assert math.isnan(measure(toy(events=events))["T5"])


def test_T5_misses_a_case_whose_first_tender_was_held_in_vain_before_the_window() -> None:
    held_in_vain = tender("2022-09-01")[:1]
    assert math.isnan(measure(toy(events=held_in_vain + tender()))["T5"])


def test_T5_counts_a_repeated_tender_when_the_first_drew_no_award() -> None:
    held_in_vain = tender("2022-11-01")[:1]
    assert measure(toy(events=held_in_vain + tender(fraction="0.2500")))["T5"] == 0.25


@pytest.mark.parametrize(("winner", "expected"), [("volcano_engine", 1.0), ("alibaba_cloud", 0.0)])
def test_T7_is_whether_the_entrant_wins(winner: str, expected: float) -> None:
    assert measure(toy(events=tender(winner=winner)))["T7"] == expected


# List 11,000, 48 months, opex 1,000, server 10,000: break-even 0.32 at 110,960, 0.50 at 206,000.
def test_T10_counts_from_the_last_cheap_day_to_the_first_dear_one() -> None:
    price = {
        "2022-01-01": 90_000.0,
        "2023-01-01": 110_950.0,
        "2023-08-01": 110_970.0,
        "2023-11-01": 205_990.0,
        "2023-12-01": 206_010.0,
        "2024-03-01": 90_000.0,
    }
    assert measure(toy(price=price))["T10"] == pytest.approx(123 / MONTH)  # 2023-07-31 to 2023-12-01


@pytest.mark.parametrize("price", [100_000.0, 205_000.0, 250_000.0])
def test_T10_is_missed_without_both_days(price: float) -> None:
    assert math.isnan(measure(toy(price=price))["T10"])


# ------------------------------------------------------------------ orders and deliveries


def test_S3_weighs_every_delivery_by_its_cards() -> None:
    orders = [cloud_order(7, "cloudwalk", "2022-12-05", 400), cloud_order(8, "cloudwalk", "2023-01-01", 900)]
    deliveries = [drop(7, "2023-06-30", 100), drop(7, "2023-08-30", 300), drop(8, "2023-05-01", 900)]
    measured = measure(toy(orders=orders, deliveries=deliveries))
    assert measured["S3"] == pytest.approx((100 * 61 + 300 * 122) / 400 / MONTH)


def test_S3_counts_a_card_that_never_came_as_delivered_on_the_last_day() -> None:
    orders = [cloud_order(7, "cloudwalk", "2022-12-31", 4)]
    measured = measure(toy("2023-12-31", orders=orders, deliveries=[drop(7, "2023-04-20", 3)]))
    assert measured["S3"] == pytest.approx((3 * -10 + 245) / 4 / MONTH)


ORDERS = [
    cloud_order(11, "baidu_cloud", "2022-10-01", 600),
    cloud_order(12, "alibaba_cloud", "2022-12-31", 400),
    cloud_order(13, "maker_1", "2022-11-01", 5_000),
    cloud_order(14, "baidu_cloud", "2022-11-01", 5_000, product="h20"),
    cloud_order(15, "baidu_cloud", "2022-09-30", 5_000),
    cloud_order(16, "baidu_cloud", "2023-04-01", 300),
    cloud_order(17, "volcano_engine", "2023-09-30", 700),
]
DELIVERIES = [
    drop(11, "2023-06-30", 300),
    drop(11, "2023-07-01", 200),
    drop(12, "2023-12-31", 400),
    drop(11, "2024-01-01", 100),
    drop(13, "2023-01-01", 5_000),
    drop(14, "2023-01-01", 5_000),
    drop(15, "2023-01-01", 5_000),
    drop(16, "2024-01-12", 50),
    drop(17, "2024-01-13", 700),
]


@pytest.mark.parametrize("key", [int, str])
def test_S5_S5b_and_S6_are_shares_of_what_clouds_ordered_in_the_quarter(key: type) -> None:
    run = toy(orders=ORDERS, deliveries=DELIVERIES)
    run.orders["order_id"] = run.orders["order_id"].map(key)
    run.deliveries["order_id"] = run.deliveries["order_id"].map(key)
    measured = measure(run)
    assert measured["S5"] == 900 / 1_000
    assert measured["S5b"] == 300 / 1_000
    assert measured["S6"] == 50 / 1_000


def test_S7_sets_the_entrants_orders_of_2023_against_the_three_of_2022_and_the_early_stock() -> None:
    orders = [
        cloud_order(1, "volcano_engine", "2023-01-01", 800),
        cloud_order(2, "volcano_engine", "2023-12-31", 400),
        cloud_order(3, "volcano_engine", "2022-12-31", 9_000),
        cloud_order(4, "alibaba_cloud", "2022-01-01", 500),
        cloud_order(5, "baidu_cloud", "2022-12-31", 100),
        cloud_order(6, "tencent_cloud", "2022-06-01", 100),
        cloud_order(7, "tencent_cloud", "2023-01-01", 9_000),
    ]
    assert measure(toy(orders=orders))["S7"] == 1_200 / (500 + 100 + 100 + 500)


# ------------------------------------------------------------------ prices


def test_P1_and_P2_are_medians_of_the_daily_price_in_their_windows() -> None:
    price = {
        "2022-01-01": 1.0,
        "2023-06-01": 70_000.0,
        "2023-06-20": 81_000.0,
        "2023-07-16": 1.0,
        "2024-01-01": 160_000.0,
        "2024-01-08": 172_000.0,
        "2024-01-16": 1.0,
    }
    measured = measure(toy(price=price))
    assert measured["P1"] == 81_000  # 19 days below, 26 at it
    assert measured["P2"] == 172_000  # 7 days below, 8 at it


RISING = {
    "2022-01-01": 80_000.0,
    "2023-07-01": 90_000.0,
    "2023-08-01": 95_000.0,
    "2023-10-01": 125_000.0,
    "2023-11-01": 120_000.0,
    "2023-12-01": 170_000.0,
    "2024-01-01": 180_000.0,
}


def test_P2b_is_the_largest_monthly_step_as_a_share_of_the_rise() -> None:
    assert measure(toy(price=RISING))["P2b"] == pytest.approx(50 / 100)


def test_P2b_has_no_value_when_the_price_hardly_rises() -> None:
    assert math.isnan(measure(toy(price=RISING | {"2024-01-01": 109_999.0}))["P2b"])
    assert not math.isnan(measure(toy(price=RISING | {"2024-01-01": 110_000.0}))["P2b"])


# ------------------------------------------------------------------ churn and profits


def test_C1_counts_months_from_the_award_to_the_first_move_away_from_the_winner() -> None:
    events = [
        *tender(),
        move("2022-12-20", old="maker_1", host="volcano_engine"),
        move("2023-01-05", startup="startup_0009"),
        move("2023-01-06", old="alibaba_cloud"),
        move("2023-04-20"),
        move("2023-05-20"),
    ]
    assert measure(toy(events=events))["C1"] == pytest.approx(121 / MONTH)


@pytest.mark.parametrize("moved", [None, "2024-06-21"])
def test_C1_and_C3_have_no_value_without_a_move_within_18_months(moved: str | None) -> None:
    events = tender() + ([move(moved)] if moved else [])
    measured = measure(toy(events=events))
    assert math.isnan(measured["C1"])
    assert math.isnan(measured["C3"])


def test_C1_still_counts_a_move_at_18_months() -> None:
    assert measure(toy(events=[*tender(), move("2024-06-19")]))["C1"] == pytest.approx(547 / MONTH)


@pytest.mark.parametrize(("host", "expected"), [("tencent_cloud", 1.0), ("baidu_cloud", 0.0)])
def test_C3_is_whether_the_next_host_holds_the_most_free_cards(host: str, expected: float) -> None:
    assert measure(toy(events=[*tender(), move("2023-04-20", host=host)]))["C3"] == expected


def firm_month(
    month: str,
    firm: str,
    kind: str,
    revenue: float,
    cost: float = 0.0,
    opex: float = 0.0,
    own_share: float = NAN,
    historic: float = 0.0,
    replacement: float = 0.0,
) -> tuple[Any, ...]:
    return (month, firm, kind, revenue, cost, opex, own_share, historic, replacement)


FIRMS = [
    firm_month("2022-12-01", "baidu_cloud", "cloud", 9_999.0),
    firm_month("2023-01-01", "baidu_cloud", "cloud", 100.0, opex=40.0, own_share=0.5, historic=60.0, replacement=90.0),
    firm_month(
        "2023-12-01",
        "alibaba_cloud",
        "cloud",
        300.0,
        opex=50.0,
        own_share=0.0,
        historic=100.0,
        replacement=250.0,
    ),
    firm_month("2023-06-01", "volcano_engine", "cloud", 0.0),
    firm_month("2024-01-01", "baidu_cloud", "cloud", 9_999.0),
    firm_month("2023-05-01", "nvidia", "nvidia", 1_000.0, cost=300.0),
    firm_month("2024-01-01", "nvidia", "nvidia", 9_999.0),
    firm_month("2023-05-01", "speculator_001", "speculator", 500.0, cost=100.0),
]


def test_C5_charges_the_cards_not_in_own_training_at_replacement_cost() -> None:
    # Costs: (40 + 90) / 2 = 65 and 50 + 250 = 300, of a revenue of 400.
    assert measure(toy(firms=FIRMS))["C5"] == pytest.approx((400 - 365) / 400)


def test_C5b_is_nvidias_gross_margin_less_the_clouds_at_historic_cost() -> None:
    # Costs: (40 + 60) / 2 = 50 and 50 + 100 = 150, of a revenue of 400; NVIDIA keeps 0.7.
    assert measure(toy(firms=FIRMS))["C5b"] == pytest.approx(0.7 - (400 - 200) / 400)


# ------------------------------------------------------------------ bands and the summary over seeds


@pytest.mark.parametrize("fact", pattern_facts(), ids=lambda fact: fact.id)
def test_a_band_holds_its_ends_and_the_reported_value_and_nothing_beyond(fact: evidence.Fact) -> None:
    assert fact.low is not None and fact.high is not None and fact.value is not None
    assert all(in_band(fact.id, value) for value in (fact.low, fact.value, fact.high))
    beyond = 1e-9 * max(1.0, abs(fact.high))
    assert not in_band(fact.id, fact.low - beyond)
    assert not in_band(fact.id, fact.high + beyond)
    assert not in_band(fact.id, NAN)


def test_a_fact_without_a_band_is_refused() -> None:
    with pytest.raises(UsageError, match="band"):
        in_band("T1", 0.2)


def seeds(**values: list[float]) -> list[dict[str, float]]:
    """Measures of some seeds, NaN for every pattern not given."""
    n = len(next(iter(values.values())))
    return [{id: values.get(id, [NAN] * n)[k] for id in patterns.pattern_ids()} for k in range(n)]


def row_of(id: str, measures: list[dict[str, float]]) -> Any:
    return next(row for row in summarise(measures) if row.id == id)


def test_quantiles_are_over_seeds_with_the_event_and_the_share_is_over_all() -> None:
    row = row_of("T5", seeds(T5=[0.10, 0.18, 0.20, 0.22, 0.30, NAN, NAN, NAN, NAN, NAN]))
    assert (row.median, row.n) == (0.20, 10)
    assert (row.p05, row.p95) == pytest.approx((0.116, 0.284))
    assert row.share_in_band == 0.3
    assert (row.low, row.high, row.unit) == (0.15, 0.27, "fraction of list price paid")


def test_a_pattern_that_never_happened_has_no_quantiles_and_no_share() -> None:
    row = row_of("T5", seeds(T5=[NAN, NAN]))
    assert math.isnan(row.median)
    assert (row.share_in_band, row.n) == (0.0, 2)
    assert row.to_dict()["median"] is None
    assert row.to_dict()["p05"] is None


def test_T7_is_a_probability_with_its_wilson_interval() -> None:
    row = row_of("T7", seeds(T7=[1.0] * 8 + [0.0] * 2))
    assert (row.median, row.share_in_band, row.n) == (0.8, 1.0, 10)
    assert (row.p05, row.p95) == wilson_interval(8, 10)
    assert row_of("T7", seeds(T7=[1.0, 0.0, 0.0])).share_in_band == 0.0


def test_C3_leaves_out_the_seeds_in_which_the_customer_did_not_move() -> None:
    row = row_of("C3", seeds(C3=[1.0, 1.0, 0.0, NAN, NAN]))
    assert (row.median, row.n, row.share_in_band) == (pytest.approx(2 / 3), 3, 1.0)
    nobody = row_of("C3", seeds(C3=[NAN]))
    assert math.isnan(nobody.median)
    assert (nobody.n, nobody.share_in_band) == (0, 0.0)


def test_wilson_interval_agrees_with_a_worked_example() -> None:
    # z = 1.645, 8 of 10: centre (0.8 + 0.13528) / 1.27055, half 1.645 sqrt(0.016 + 0.0067639) / 1.27055.
    assert wilson_interval(8, 10) == pytest.approx((0.541, 0.931), abs=1e-3)
    low, high = wilson_interval(20, 20)
    assert (low, high) == (pytest.approx(20 / (20 + 1.6448536**2)), 1.0)
    assert wilson_interval(0, 20) == (0.0, pytest.approx(1 - low))
    assert all(math.isnan(bound) for bound in wilson_interval(0, 0))


def test_the_rows_are_json_of_the_promised_shape() -> None:
    rows = json.loads(json.dumps([row.to_dict() for row in summarise([measure(toy())] * 3)], allow_nan=False))
    assert [row["id"] for row in rows] == list(patterns.pattern_ids())
    keys = ["id", "unit", "low", "high", "median", "p05", "p95", "share_in_band", "n"]
    assert all(list(row) == keys for row in rows)
    assert all(row["share_in_band"] in (0.0, 1.0) for row in rows if row["id"] in PROBABILITIES)


def test_the_summary_of_no_seed_is_empty_and_does_not_fail() -> None:
    assert all(row.n == 0 for row in summarise([]))


def test_evidence_points_are_the_scored_prices_and_the_quotes_from_other_sources() -> None:
    points = json.loads(json.dumps(evidence_points()))
    assert [point["id"] for point in points] == ["P1", "P2", "P08", "P31", "P38"]
    assert points[0] == {
        "id": "P1",
        "start": "2023-06-01",
        "end": "2023-07-15",
        "low": 72_000,
        "high": 95_000,
        "value": 80_000,
        "unit": "CNY per card",
    }
    assert (points[1]["start"], points[1]["end"]) == ("2024-01-01", "2024-01-15")
    assert points[4]["unit"] == "USD/card"


@pytest.mark.parametrize("dtype", ["category", object])
def test_names_are_found_whatever_the_dtype_of_their_column(dtype: Any) -> None:
    expected = measure(full_run())
    run = full_run()
    for name, columns in (
        ("events", ["kind", "actor", "counterparty"]),
        ("orders", ["buyer", "product"]),
        ("firms", ["firm", "kind"]),
    ):
        setattr(run, name, getattr(run, name).astype(dict.fromkeys(columns, dtype)))
    assert measure(run) == pytest.approx(expected, nan_ok=True)


# ------------------------------------------------------------------ one run in words


def full_run() -> ToyRun:
    return toy(
        price=RISING,
        events=[*tender(), move("2023-04-20")],
        orders=ORDERS,
        deliveries=DELIVERIES,
        firms=FIRMS,
    )


def test_the_summary_of_a_run_tells_its_story_on_one_screen() -> None:
    text = describe(full_run())
    assert "Volcano Engine won at 0.19 of list on 2022-12-20." in text
    assert "Alibaba Cloud stopped at 0.21 of list, at its floor." in text
    assert "Baidu Cloud stopped at 0.30 of list, at its staff's authority" in text
    assert "moved to Tencent Cloud (with the most free cards) after 4.0 months: out of patience" in text
    assert "margin on GPU revenue 50% at historic card cost, 9% at replacement cost" in text
    assert re.search(r"2023 +Q1 +80\.0 +Q2 +80\.0 +Q3 +93\.3 +Q4 +138\.5", text)
    lines = text.splitlines()
    assert len(lines) <= 45
    assert max(map(len, lines)) <= 100


@pytest.mark.parametrize("last", ["2022-01-01", "2022-03-31", "2024-12-31"])
def test_the_summary_of_a_run_without_events_says_so(last: str) -> None:
    text = describe(toy(last))
    assert "None was awarded" in text
    assert "nan" not in text.lower()
