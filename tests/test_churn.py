"""Churn is counted by half-year and cause, over the contract-years that ran."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from market.observers.churn import ALL_CAUSES, CAUSES, failures_by_half_year, switches_by_half_year

SCENARIO = SimpleNamespace(clouds=(SimpleNamespace(id="baidu_cloud"),), server_makers=(SimpleNamespace(id="maker_1"),))


def run_of(
    contracts: list[tuple[str, str | None]] | None = None,
    events: list[tuple[str, str, str, str]] | None = None,
    last: str = "2024-12-31",
) -> Any:
    """A run with contracts (start, end) and events (date, kind, actor, detail)."""
    lent = pd.DataFrame(contracts or [], columns=["start_date", "end_date"]).apply(pd.to_datetime)
    told = pd.DataFrame(events or [], columns=["date", "kind", "actor", "detail"])
    told["date"] = pd.to_datetime(told["date"])
    daily = pd.DataFrame({"date": pd.date_range("2022-01-01", last)})
    return SimpleNamespace(scenario=SCENARIO, daily=daily, contracts=lent, events=told)


def switch(date: str, cause: str) -> tuple[str, str, str, str]:
    return (date, "switched", "startup_0001", f"from=baidu_cloud cause={cause} most_free=tencent_cloud")


def cell(table: pd.DataFrame, half: str, cause: str, column: str) -> float:
    return float(table.set_index(["half_year", "cause"]).loc[(half, cause), column])


def test_every_half_year_of_the_run_has_a_row_per_cause_and_one_for_all() -> None:
    table = switches_by_half_year(run_of())
    halves = ["2022H1", "2022H2", "2023H1", "2023H2", "2024H1", "2024H2"]
    assert list(table["half_year"].unique()) == halves
    assert list(table["cause"]) == [*CAUSES, ALL_CAUSES] * len(halves)
    assert list(switches_by_half_year(run_of(last="2022-07-01"))["half_year"].unique()) == halves[:2]


def test_contract_years_are_split_over_the_half_years_in_which_they_ran() -> None:
    # 2022-06-01 to 2022-08-01: 30 days in the first half, 31 in the second; the running one adds 184 there.
    table = switches_by_half_year(run_of([("2022-06-01", "2022-08-01"), ("2022-07-01", None)], last="2022-12-31"))
    assert cell(table, "2022H1", ALL_CAUSES, "contract_years") == pytest.approx(30 / 365.25)
    assert cell(table, "2022H2", ALL_CAUSES, "contract_years") == pytest.approx((31 + 184) / 365.25)


def test_a_contract_that_ends_after_the_run_counts_up_to_its_last_day() -> None:
    table = switches_by_half_year(run_of([("2022-03-01", "2024-01-01")], last="2022-03-10"))
    assert cell(table, "2022H1", ALL_CAUSES, "contract_years") == pytest.approx(10 / 365.25)


def test_switches_are_rated_by_cause_per_100_contract_years() -> None:
    # Twenty contracts through 2023H2: 20 x 184 days = 10.0753 contract-years.
    events = [
        switch("2023-06-30", "poached"),
        switch("2023-07-01", "poached"),
        switch("2023-12-31", "poached"),
        switch("2023-08-01", "out_of_patience"),
        switch("2023-08-02", "at_renewal"),
        switch("2023-08-03", "host_failed"),
        ("2023-08-04", "contract_ended", "startup_0001", "cause=poached"),
    ]
    table = switches_by_half_year(run_of([("2023-07-01", "2024-01-01")] * 20, events))
    years = 20 * 184 / 365.25
    rate = "switches_per_100_contract_years"
    assert cell(table, "2023H2", "poached", rate) == pytest.approx(100 * 2 / years)
    for cause in ("out_of_patience", "at_renewal", "host_failed"):
        assert cell(table, "2023H2", cause, rate) == pytest.approx(100 / years)
    assert cell(table, "2023H2", ALL_CAUSES, rate) == pytest.approx(100 * 5 / years)
    assert cell(table, "2023H1", "poached", "switches") == 1
    assert math.isnan(cell(table, "2023H1", "poached", rate))


def test_the_causes_add_up_to_all_of_them() -> None:
    events = [switch(f"2023-{month:02}-15", CAUSES[month % 4]) for month in range(1, 13)]
    table = switches_by_half_year(run_of([("2022-01-01", None)] * 3, events))
    by_cause = table.loc[table["cause"] != ALL_CAUSES, "switches"].sum()
    assert by_cause == table.loc[table["cause"] == ALL_CAUSES, "switches"].sum() == 12


def test_only_startups_count_as_failed_startups() -> None:
    events = [
        ("2024-02-01", "firm_failed", "startup_0004", ""),
        ("2024-06-30", "firm_failed", "minimax", ""),
        ("2024-07-01", "firm_failed", "startup_0007", ""),
        ("2024-02-01", "firm_failed", "baidu_cloud", ""),
        ("2024-02-01", "firm_failed", "maker_1", ""),
        ("2024-02-01", "firm_failed", "speculator_012", ""),
        ("2024-02-01", "firm_founded", "startup_0009", ""),
    ]
    failed = failures_by_half_year(run_of(events=events)).set_index("half_year")["startups_failed"]
    assert failed.to_dict() == {
        "2022H1": 0,
        "2022H2": 0,
        "2023H1": 0,
        "2023H2": 0,
        "2024H1": 2,
        "2024H2": 1,
    }
