"""What the baseline experiment reads agrees with the model's own measures, and its tables add up."""

from __future__ import annotations

import datetime as dt
import json
import math
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from experiments import baseline
from experiments.lab import Lab
from experiments.readings.earnings import earned_by_year, earned_over_runs
from experiments.readings.focal import FATES, FocalCase, focal_case, typical_run
from experiments.readings.hosting import churn_rates, hosted_cards, switch_counts
from experiments.readings.outcomes import PATTERNS, outcomes
from experiments.readings.series import block_means, daily_series, fan, rounded
from market import Result, measure, run

SEEDS = range(9001, 9009)


@pytest.fixture(scope="module")
def results() -> list[Result]:
    return [run("baseline", seed) for seed in SEEDS]


@pytest.fixture(scope="module")
def seen(results: list[Result]) -> pd.DataFrame:
    return pd.concat(
        [baseline.reading(result)["runs"].assign(replicate=k) for k, result in enumerate(results)], ignore_index=True
    )


def story(*events: tuple[str, str, str, str], contracts: list[tuple[int, str]] | None = None) -> SimpleNamespace:
    """A made-up run with the focal customer's events: (date, kind, counterparty, detail)."""
    table = pd.DataFrame(events, columns=["date", "kind", "counterparty", "detail"])
    table["actor"] = np.where(table["kind"] == "bid", table["counterparty"], "minimax")
    table["counterparty"] = np.where(table["kind"] == "bid", "minimax", table["counterparty"])
    held = pd.DataFrame(contracts or [], columns=["tender_id", "end_reason"])
    return SimpleNamespace(
        events=table.assign(date=pd.to_datetime(table["date"]), cards=500),
        contracts=held.assign(promised_card_days=100, served_card_days=40),
    )


OPENED = ("2023-02-01", "tender_opened", "", "tender=3")
AWARDED = ("2023-02-01", "tender_awarded", "volcano_engine", "tender=3 fraction=0.2000")


def switched(date: str, old: str = "volcano_engine") -> tuple[str, str, str, str]:
    return (date, "switched", "tencent_cloud", f"from={old} cause=poached most_free=tencent_cloud")


def test_the_focal_case_agrees_with_the_models_own_measures(results: list[Result]) -> None:
    for result in results:
        case, patterns = focal_case(result), measure(result)
        np.testing.assert_equal(case.fraction, patterns["T5"])
        np.testing.assert_equal(case.months, patterns["C1"])
        assert float(case.winner == "volcano_engine") == patterns["T7"]
        went_to_most_free = float(case.host == case.most_free) if case.host else math.nan
        np.testing.assert_equal(went_to_most_free, patterns["C3"])


@pytest.mark.parametrize(
    ("events", "stage"),
    [
        ([("2023-01-01", "run_interrupted", "", "")], "no tender"),
        ([("2022-09-30", "tender_opened", "", "tender=1"), OPENED, AWARDED], "tender too early"),
        ([("2023-09-01", "tender_opened", "", "tender=1")], "tender too late"),
        ([OPENED], "no bid"),
        ([OPENED, AWARDED], "awarded"),
    ],
)
def test_a_case_is_told_as_far_as_it_goes(events: list[tuple[str, str, str, str]], stage: str) -> None:
    assert focal_case(story(*events)).stage == stage  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("moves", "fate"),
    [
        ([], "kept"),
        ([switched("2023-03-01")], "lost too early"),
        ([switched("2023-06-01")], "lost as reported"),
        ([switched("2024-03-01")], "lost too late"),
        ([switched("2024-09-01")], "kept"),
        ([switched("2023-03-01", old="baidu_cloud"), switched("2023-06-01")], "lost as reported"),
    ],
)
def test_the_fate_follows_from_the_first_move_away_from_the_winner(
    moves: list[tuple[str, str, str, str]], fate: str
) -> None:
    assert focal_case(story(OPENED, AWARDED, *moves)).fate == fate  # type: ignore[arg-type]


def test_why_the_entrant_did_not_win_is_read_from_its_bid() -> None:
    lost = ("2023-02-01", "tender_awarded", "baidu_cloud", "tender=3 fraction=0.2000")
    own = ("2023-02-01", "bid", "volcano_engine", "tender=3 floor=0.3000 stop=authority")
    other = ("2023-02-01", "bid", "baidu_cloud", "tender=3 floor=0.1900 stop=floor")
    earlier = ("2023-02-01", "bid", "volcano_engine", "tender=2 floor=0.1000 stop=floor")
    part = [focal_case(story(OPENED, *bids, lost)).entrant_part for bids in ([other, own], [other, earlier])]  # type: ignore[arg-type]
    assert part == ["had no agreed floor", "made no bid"]
    assert focal_case(story(OPENED, AWARDED)).entrant_part == "won"  # type: ignore[arg-type]


def test_the_awarded_contract_is_found_by_its_tender() -> None:
    case = focal_case(story(OPENED, AWARDED, contracts=[(2, "expired"), (3, "poached")]))  # type: ignore[arg-type]
    assert (case.end_reason, case.served_share) == ("poached", 0.4)


def test_the_typical_run_is_the_first_with_the_most_frequent_outcome() -> None:
    rows = [("a", "kept", ""), ("b", "kept", "c"), ("b", "kept", "c"), ("a", "kept", "")]
    runs = pd.DataFrame(rows, columns=["winner", "fate", "host"]).assign(replicate=[7, 3, 5, 4])
    assert typical_run(runs)["replicate"] == 4  # equally frequent: the first in the alphabet
    assert typical_run(runs.iloc[:3])["replicate"] == 3


def test_a_case_in_one_row_has_the_same_columns_however_far_it_went(results: list[Result]) -> None:
    rows = [FocalCase("no tender").row(), *(focal_case(result).row() for result in results)]
    assert len({tuple(row.columns) for row in rows}) == 1
    assert len({tuple(row.dtypes.astype(str)) for row in rows}) == 1


def test_shares_inside_below_above_and_never_sum_to_one(seen: pd.DataFrame) -> None:
    table = baseline.pattern_table(seen)
    assert list(table["id"]) == list(PATTERNS)
    single = table.loc[~table["id"].isin(baseline.PROBABILITIES)]
    np.testing.assert_allclose(single[["in_band", "below", "above", "never"]].sum(axis=1), 1.0)


def test_a_pattern_that_never_happens_is_a_miss(seen: pd.DataFrame) -> None:
    table = baseline.pattern_table(seen.assign(pattern_C1=math.nan)).set_index("id")
    assert table.at["C1", "never"] == 1.0
    assert table.at["C1", "in_band"] == 0.0
    assert not table.at["C1", "reproduced"]


def test_fates_and_steps_count_every_run(seen: pd.DataFrame) -> None:
    fates = baseline.fate_table(seen)
    assert fates["runs"].sum() == len(seen)
    assert set(fates["fate"]) <= set(FATES)
    inside = seen["pattern_C1"].between(PATTERNS["C1"].low, PATTERNS["C1"].high).sum()
    assert fates.loc[fates["fate"] == "lost as reported", "runs"].sum() == inside
    assert baseline.step_table(seen)["runs"].is_monotonic_decreasing


def test_blocks_are_means_of_days_without_holes() -> None:
    days = pd.DataFrame({"date": pd.date_range("2022-01-01", periods=5), "x": [1.0, 3.0, math.nan, 5.0, 7.0]})
    found = block_means(days, 2)
    assert found["x"].tolist() == [2.0, 5.0, 7.0]
    assert found["date"].dt.day.tolist() == [1, 3, 5]


def test_the_fan_is_quantiles_over_runs_date_by_date() -> None:
    dates = pd.to_datetime(["2022-01-01", "2022-01-15"])
    table = pd.concat([pd.DataFrame({"date": dates, "x": [k, 10.0 * k if k else math.nan]}) for k in range(5)])
    found = fan(table)
    assert found["median"].tolist() == [2.0, 25.0]
    assert found["n"].tolist() == [5, 4]
    assert (found["p05"] <= found["p95"]).all()


def test_the_break_even_fraction_is_the_closed_form(results: list[Result]) -> None:
    series = daily_series(results[0])
    p = results[0].scenario.parameters
    cost = (series["spot_price_cny"][9] + p["servers.server_cost_cny"]) / p["clouds.card_life_months"]
    expected = (cost + p["clouds.opex_cny_per_card_month"]) / series["list_rent_cny_per_card_month"][9]
    assert series["break_even_fraction"][9] == pytest.approx(expected)
    book = series["phantom_book_cards"] + series["unmet_need_cards"]
    np.testing.assert_allclose(book, series["backlog_cards"])


def test_rounding_keeps_significant_digits_and_other_columns() -> None:
    table = rounded(pd.DataFrame({"x": [123456.7, 0.00123456, math.nan], "n": [1, 2, 3]}), 3)
    np.testing.assert_equal(table["x"].to_numpy(), [123000.0, 0.00123, math.nan])
    assert table["n"].tolist() == [1, 2, 3]


def test_years_sum_to_the_profits_of_the_whole_run(results: list[Result]) -> None:
    earned = earned_by_year(results[0]).groupby("kind")["profit_bn_cny"].sum()
    whole = outcomes(results[0])["runs"].iloc[0]
    assert earned["nvidia"] == pytest.approx(whole["nvidia_profit_bn_cny"])
    assert earned["cloud"] == pytest.approx(whole["clouds_profit_bn_cny"])
    assert earned["speculator"] == pytest.approx(whole["speculators_profit_bn_cny"])


def test_margins_of_2023_are_those_of_the_patterns(results: list[Result]) -> None:
    earned = earned_by_year(results[0]).set_index(["year", "kind"])
    cloud, patterns = earned.loc[(2023, "cloud")], measure(results[0])
    margin = 1 - cloud["replacement_cost_bn_cny"] / cloud["revenue_bn_cny"]
    assert margin == pytest.approx(patterns["C5"])


def test_the_gain_of_hoarders_counts_cards_not_yet_sold(results: list[Result]) -> None:
    firms = results[0].firms.loc[results[0].firms["kind"].array == "speculator"]
    wealth = firms.groupby("month")[["cash_cny", "stock_cards"]].sum()
    spot = results[0].daily.set_index("date")["spot_price_cny"]
    ends = [wealth.loc[month, "cash_cny"] + wealth.loc[month, "stock_cards"] * spot[day] for month, day in
            (("2022-12-01", "2022-12-31"), ("2023-12-01", "2023-12-31"))]  # fmt: skip
    earned = earned_by_year(results[0]).set_index(["year", "kind"])
    assert earned.at[(2023, "speculator"), "wealth_gain_bn_cny"] == pytest.approx((ends[1] - ends[0]) / 1e9)


def test_a_margin_over_runs_is_a_ratio_of_means() -> None:
    one = {"year": 2023, "kind": "cloud", "profit_bn_cny": 0.0, "replacement_cost_bn_cny": 9.0}
    earned = pd.DataFrame(
        [{**one, "revenue_bn_cny": 1.0, "cost_bn_cny": 1.0}, {**one, "revenue_bn_cny": 3.0, "cost_bn_cny": 1.0}]
    ).assign(wealth_gain_bn_cny=math.nan)
    found = earned_over_runs(earned).set_index("measure")
    assert found.at["margin", "value"] == 0.5
    assert "wealth_gain" not in found.index


def test_contract_years_are_the_time_for_which_contracts_ran(results: list[Result]) -> None:
    counts, contracts = switch_counts(results[0]), results[0].contracts
    after = pd.Timestamp("2025-01-01")
    ran = (contracts["end_date"].fillna(after).clip(upper=after) - contracts["start_date"]).dt.days.clip(lower=0)
    assert counts["contract_years"].sum() == pytest.approx(ran.sum() / 365.25)
    assert counts["switches"].sum() == results[0].daily["switches"].sum()


def test_churn_is_switches_over_time_at_risk_over_all_runs() -> None:
    exposure = {"half_year": "2023H1", "cause": "", "old": "", "new": "", "switches": 0}
    move = {"half_year": "2023H1", "cause": "poached", "old": "a", "new": "b", "contract_years": 0.0}
    counts = pd.DataFrame(
        [
            {**exposure, "contract_years": 10.0, "replicate": 0},
            {**exposure, "contract_years": 30.0, "replicate": 1},
            {**move, "switches": 4, "replicate": 0},
        ]
    )
    found = churn_rates(counts, ["half_year", "cause"], 2, "test").iloc[0]
    assert found["rate"] == pytest.approx(100 * 2 / 20)
    assert found["low"] <= found["rate"] <= found["high"]
    with pytest.raises(ValueError, match="expected 3 runs"):
        churn_rates(counts, ["half_year", "cause"], 3, "test")


def test_hosts_on_a_day_hold_all_cards_under_contract(results: list[Result]) -> None:
    date = dt.date(2023, 10, 16)
    contracts = results[0].contracts
    runs = contracts["start_date"].le(pd.Timestamp(date)) & ~contracts["end_date"].le(pd.Timestamp(date))
    assert hosted_cards(results[0], [date])["cards"].sum() == contracts.loc[runs, "cards"].sum()


def test_marks_hold_the_reported_prices_and_the_rules_dates() -> None:
    table = baseline.marks().set_index(["mark", "id"])
    assert table.at[("price", "P2"), "value"] == 170_000
    assert str(table.at[("rumoured", "us_2023"), "start"]) == "2023-06-28"


def test_the_whole_experiment_keeps_its_tables_and_the_same_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(baseline, "QUICK_SEEDS", 4)
    for place in ("one", "two"):
        baseline.conduct(Lab("baseline", tmp_path / place, quick=True))
    kept = {path.name: path.read_bytes() for path in (tmp_path / "one").glob("*.csv")}
    assert {"patterns.csv", "fan.csv", "price_fan.csv", "earned.csv", "churn.csv", "moves.csv", "hosts.csv"} <= set(
        kept
    )
    assert all((tmp_path / "two" / name).read_bytes() == content for name, content in kept.items())
    numbers = json.loads((tmp_path / "one" / "numbers.json").read_text())
    assert numbers["c1_kept"]["runs"] == baseline.runs(quick=True) == 4
