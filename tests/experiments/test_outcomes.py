"""The standard outcomes of a run: true to the tables, missing where the run does not reach."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from experiments.readings.outcomes import CONTRACT_PRICE_CNY, OUTCOMES, PATTERNS, outcomes
from market import all_parameters, load_scenario, measure, run
from market.observers.churn import ALL_CAUSES, failures_by_half_year, switches_by_half_year


@pytest.fixture(scope="module")
def result():
    return run("tiny", seed=3)


@pytest.fixture(scope="module")
def values(result):
    return outcomes(result)["runs"].iloc[0]


def between(daily: pd.DataFrame, first: dt.date, last: dt.date) -> pd.DataFrame:
    return daily[(daily["date"] >= str(first)) & (daily["date"] <= str(last))]


def test_a_run_is_one_row_with_a_number_for_every_outcome(result):
    table = outcomes(result)["runs"]
    assert table.shape == (1, len(OUTCOMES))
    assert list(table.columns) == list(OUTCOMES)
    assert table.dtypes.eq("float64").all()


def test_patterns_are_those_that_the_market_measures(result, values):
    for id, value in measure(result).items():
        assert values[f"pattern_{id}"] == pytest.approx(value, nan_ok=True)
    assert len(PATTERNS) == 16


def test_the_contract_price_is_that_of_the_model():
    declared = {parameter.name: parameter.value for parameter in all_parameters()}
    assert declared["supply.contract_price_cny"] == CONTRACT_PRICE_CNY


def test_prices_are_those_of_the_daily_table(result, values):
    price = result.daily["spot_price_cny"]
    weekly = price.rolling(7).mean()
    assert values["peak_price_cny"] == pytest.approx(weekly.max())
    assert values["peak_price_multiple"] == pytest.approx(weekly.max() / 72_000)
    weeks = price.to_numpy()[: len(price) // 7 * 7].reshape(-1, 7).mean(axis=1)
    assert values["weeks_above_1_5"] == (weeks > 108_000).sum()
    assert values["price_area_cny_days"] == pytest.approx(np.maximum(price - 72_000, 0).sum())
    december = between(result.daily, dt.date(2024, 12, 1), dt.date(2024, 12, 31))["spot_price_cny"]
    assert values["price_end_2024_cny"] == december.median()


def test_rents_and_idle_cards_are_means_over_the_days_of_a_year(result, values):
    for year in (2023, 2024):
        days = between(result.daily, dt.date(year, 1, 1), dt.date(year, 12, 31))
        assert values[f"mean_rent_{year}_cny"] == pytest.approx(days["rent_cny_per_card_month"].mean())
        assert values[f"mean_idle_share_{year}"] == pytest.approx(days["idle_share"].mean())


def test_churn_and_failures_agree_with_those_by_half_year(result, values):
    churn = switches_by_half_year(result).query("cause == @ALL_CAUSES")
    assert values["switches"] == churn["switches"].sum()
    expected = 100 * churn["switches"].sum() / churn["contract_years"].sum()
    assert values["churn_per_100_contract_years"] == pytest.approx(expected)
    assert ALL_CAUSES == "all"
    poor = run(load_scenario("tiny", {"startups.cash_cny": 8e6, "funding.hazard": 0.0}), 1)
    lost = failures_by_half_year(poor)["startups_failed"].sum()
    assert outcomes(poor)["runs"]["startups_lost"][0] == lost > 0


def test_profits_are_revenue_less_cost_of_all_months(result, values):
    firms = result.firms
    profit = (firms["revenue_cny"] - firms["cost_cny"]).groupby(firms["kind"].astype(str)).sum() / 1e9
    for kind, name in (("nvidia", "nvidia"), ("server_maker", "server_makers"), ("speculator", "speculators")):
        assert values[f"{name}_profit_bn_cny"] == pytest.approx(profit[kind])
    clouds = firms[firms["kind"] == "cloud"]
    let = 1 - clouds["own_training_share"]
    expected = (clouds["revenue_cny"] - let * clouds["cost_cny"]).sum() / 1e9
    assert values["clouds_profit_bn_cny"] == pytest.approx(expected)


@pytest.mark.parametrize("days", [1, 6, 60])
def test_what_a_short_run_does_not_reach_is_missing(days):
    values = outcomes(run("tiny", seed=1, days=days))["runs"].iloc[0]
    late = ["price_mid_2023_cny", "price_jan_2024_cny", "price_end_2024_cny", "mean_rent_2023_cny", "pattern_P2"]
    assert values[late].isna().all()
    assert np.isnan(values["peak_price_cny"]) == (days < 7)
    assert values["startups_lost"] == 0.0
