"""What experiments read of a run: prices, rents, queues, churn, training done, who earned, and the patterns.

All from a run's tables, in one row. A quantity that never occurs, or whose time the run does not reach, is NaN, so
that it can be counted and never passes for a zero. Prices are multiples of, or areas above, the chip maker's contract
price, which is what a card costs him who need not wait. Profits are realised ones, over the whole run.
"""

from __future__ import annotations

import datetime as dt
import math
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from market import Result, facts, measure

__all__ = ["CONTRACT_PRICE_CNY", "OUTCOMES", "PATTERNS", "outcomes"]

CONTRACT_PRICE_CNY = 72_000.0
"""Chip maker's price of the A-class card (P08, P31)."""

WEEK_DAYS = 7
DEAR = 1.5
DAYS_PER_YEAR = 365.25
BILLION = 1e9
PER_CONTRACT_YEARS = 100.0
DECEMBER_2024 = (dt.date(2024, 12, 1), dt.date(2024, 12, 31))

Floats = NDArray[np.float64]

PATTERNS = {fact.id: fact for fact in facts() if fact.kind == "pattern"}
"""The patterns of the evidence, by id."""

OUTCOMES: dict[str, tuple[str, str]] = {
    "peak_price_cny": ("CNY per card", "highest 7-day mean of the spot price"),
    "peak_price_multiple": ("contract prices", "the same over the contract price of 72,000 CNY"),
    "price_mid_2023_cny": ("CNY per card", "median spot price, 1 June to 15 July 2023"),
    "price_jan_2024_cny": ("CNY per card", "median spot price, 1 to 15 January 2024"),
    "price_end_2024_cny": ("CNY per card", "median spot price in December 2024"),
    "weeks_above_1_5": ("weeks", "weeks with a mean spot price above 1.5 contract prices"),
    "price_area_cny_days": ("CNY days per card", "sum over days of what the spot price is above the contract price"),
    "mean_rent_2023_cny": ("CNY per card-month", "mean rent paid on running contracts in 2023"),
    "mean_rent_2024_cny": ("CNY per card-month", "mean rent paid on running contracts in 2024"),
    "peak_lead_months": ("months", "longest lead time while supply runs: open book over monthly supply"),
    "peak_backlog_cards": ("cards", "longest open book"),
    "mean_idle_share_2023": ("share of online cards", "mean share of clouds' cards without use in 2023"),
    "mean_idle_share_2024": ("share of online cards", "mean share of clouds' cards without use in 2024"),
    "churn_per_100_contract_years": ("per 100 contract-years", "customers that changed host, over contracts' time"),
    "switches": ("customers", "customers that changed host"),
    "startups_lost": ("startups", "startups that failed"),
    "training_done_card_days": ("card-days", "startups' training done and kept"),
    "grey_imports_cards": ("cards", "cards that came in by grey channels"),
    "speculator_peak_cards": ("cards", "most cards that speculators held"),
    "nvidia_profit_bn_cny": ("bn CNY", "the chip maker's gross profit in China"),
    "clouds_profit_bn_cny": ("bn CNY", "clouds' revenue less operation and historic depreciation of cards let"),
    "clouds_margin_replacement_2023": ("share of revenue", "clouds' margin of 2023, cards at replacement cost"),
    "server_makers_profit_bn_cny": ("bn CNY", "server makers' revenue less cost"),
    "speculators_profit_bn_cny": ("bn CNY", "speculators' realised gain on cards, less the cost of holding them"),
    "startups_spending_bn_cny": ("bn CNY", "startups' rents, operation of own cards and staff; cards bought left out"),
    **{f"pattern_{id}": (fact.unit or "1", fact.text) for id, fact in PATTERNS.items()},
}
"""Unit and meaning of every outcome, in the order of the columns."""


def outcomes(result: Result) -> dict[str, pd.DataFrame]:
    """Read the standard outcomes of a run.

    Parameters
    ----------
    result : Result
        What `market.run` returned.

    Returns
    -------
    dict of str to pandas.DataFrame
        ``runs``: one row, a column for each of `OUTCOMES`.
    """
    patterns = measure(result)
    days = _Days(result.daily)
    values = {
        **_prices(days, patterns),
        **_days(days),
        **_customers(result),
        **_earnings(result.firms),
        "clouds_margin_replacement_2023": patterns["C5"],
        **{f"pattern_{id}": value for id, value in patterns.items()},
    }
    return {"runs": pd.DataFrame({name: [values[name]] for name in OUTCOMES}, dtype=float)}


class _Days:
    """The daily table as arrays."""

    def __init__(self, daily: pd.DataFrame) -> None:
        self._daily = daily

    def __getitem__(self, column: str) -> Floats:
        return self._daily[column].to_numpy(float)

    @cached_property
    def dates(self) -> NDArray[np.datetime64]:
        return self._daily["date"].to_numpy().astype("datetime64[D]")

    def within(self, column: str, first: dt.date, last: dt.date) -> Floats:
        """Return the finite values between two days, or none unless the run has both days."""
        if not self.dates.size or self.dates[-1] < np.datetime64(last):
            return np.empty(0)
        start, stop = np.searchsorted(self.dates, [np.datetime64(first), np.datetime64(last) + 1])
        values = self[column][start:stop]
        return values[np.isfinite(values)]

    def mean_of_year(self, column: str, year: int) -> float:
        """Return the mean over the days of a year that have a value."""
        values = self.within(column, dt.date(year, 1, 1), dt.date(year, 12, 31))
        return float(values.mean()) if values.size else math.nan


def _prices(days: _Days, patterns: dict[str, float]) -> dict[str, float]:
    """Return how high the spot price went, and for how long."""
    spot = days["spot_price_cny"]
    if spot.size < WEEK_DAYS:
        peak, weeks = math.nan, math.nan
    else:
        sums = np.cumsum(np.concatenate([[0.0], spot]))
        means = (sums[WEEK_DAYS:] - sums[:-WEEK_DAYS]) / WEEK_DAYS
        peak = float(means.max())
        weeks = float(np.count_nonzero(means[::WEEK_DAYS] > DEAR * CONTRACT_PRICE_CNY))
    december = days.within("spot_price_cny", *DECEMBER_2024)
    return {
        "peak_price_cny": peak,
        "peak_price_multiple": peak / CONTRACT_PRICE_CNY,
        "price_mid_2023_cny": patterns["P1"],
        "price_jan_2024_cny": patterns["P2"],
        "price_end_2024_cny": float(np.median(december)) if december.size else math.nan,
        "weeks_above_1_5": weeks,
        "price_area_cny_days": float(np.maximum(spot - CONTRACT_PRICE_CNY, 0.0).sum()),
    }


def _days(days: _Days) -> dict[str, float]:
    """Return rents, queues, idle cards, training and stocks from the daily table."""
    trained = days["trained_card_days"]
    return {
        "mean_rent_2023_cny": days.mean_of_year("rent_cny_per_card_month", 2023),
        "mean_rent_2024_cny": days.mean_of_year("rent_cny_per_card_month", 2024),
        "peak_lead_months": _highest(days["lead_time_months"]),
        "peak_backlog_cards": _highest(days["backlog_cards"]),
        "mean_idle_share_2023": days.mean_of_year("idle_share", 2023),
        "mean_idle_share_2024": days.mean_of_year("idle_share", 2024),
        "switches": float(days["switches"].sum()),
        "training_done_card_days": float(trained[-1]) if trained.size else math.nan,
        "grey_imports_cards": float(days["grey_imports_cards"].sum()),
        "speculator_peak_cards": _highest(days["speculator_cards"]),
    }


def _customers(result: Result) -> dict[str, float]:
    """Return churn over the time for which contracts ran, and startups lost."""
    years = _contract_years(result)
    switches = float(result.daily["switches"].to_numpy(float).sum())
    failed = result.events["actor"].array[result.events["kind"].array == "firm_failed"]
    scenario: Any = result.scenario
    others = {firm.id for firm in (*scenario.clouds, *scenario.server_makers)}
    lost = sum(1 for actor in failed if actor not in others and not str(actor).startswith("speculator_"))
    return {
        "churn_per_100_contract_years": PER_CONTRACT_YEARS * switches / years if years > 0.0 else math.nan,
        "startups_lost": float(lost),
    }


def _contract_years(result: Result) -> float:
    """Return the time for which contracts of every kind ran, in years."""
    dates = result.daily["date"].to_numpy().astype("datetime64[D]")
    if not dates.size:
        return 0.0
    after = dates[-1] + 1
    starts = result.contracts["start_date"].to_numpy().astype("datetime64[D]")
    ends = result.contracts["end_date"].to_numpy().astype("datetime64[D]")
    ends = np.where(np.isnat(ends) | (ends > after), after, ends)
    return float(np.maximum((ends - starts).astype(np.int64), 0).sum()) / DAYS_PER_YEAR


def _earnings(firms: pd.DataFrame) -> dict[str, float]:
    """Return what each kind of firm earned over the complete months of the run."""
    kinds = firms["kind"].cat
    codes, code_of = kinds.codes.to_numpy(), {kind: code for code, kind in enumerate(kinds.categories)}
    revenue, cost = firms["revenue_cny"].to_numpy(float), firms["cost_cny"].to_numpy(float)

    def rows(kind: str) -> NDArray[np.intp]:
        return np.flatnonzero(codes == code_of[kind])

    def surplus(kind: str) -> float:
        chosen = rows(kind)
        return float((revenue[chosen] - cost[chosen]).sum()) / BILLION

    clouds = rows("cloud")
    let = 1.0 - np.nan_to_num(firms["own_training_share"].to_numpy(float)[clouds])
    return {
        "nvidia_profit_bn_cny": surplus("nvidia"),
        "clouds_profit_bn_cny": float((revenue[clouds] - cost[clouds] * let).sum()) / BILLION,
        "server_makers_profit_bn_cny": surplus("server_maker"),
        "speculators_profit_bn_cny": surplus("speculator"),
        "startups_spending_bn_cny": float(cost[rows("startup")].sum()) / BILLION,
    }


def _highest(values: Floats) -> float:
    """Return the highest finite value, NaN of none."""
    values = values[np.isfinite(values)]
    return float(values.max()) if values.size else math.nan
