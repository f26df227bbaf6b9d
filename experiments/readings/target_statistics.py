"""The statistics of a run that targets are about: the patterns, and orders, lead times, rents, fleets and funding.

The patterns are measured as everywhere. The others answer to dated observations, and each is computed as the
observation was made: orders by the day they are due, lead times as quoted when the order was placed, money as it was
announced. A statistic is NaN where the run does not reach its last day, or where nothing of its kind occurred. What
each is compared with stands in `experiments.fit.targets`, so that a band can change without running anything again.
"""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from market import Result, measure

__all__ = ["ARTICLE", "statistics"]

CARD = "a800"
ARTICLE = dt.date(2023, 8, 9)
"""Day of the report on orders for 2023 and 2024 (O02 to O05)."""
FOUR = ("alibaba_cloud", "tencent_cloud", "baidu_cloud", "volcano_engine")
ENTRANT, CUSTOMER = "volcano_engine", "minimax"
BEFORE_THE_RULE = dt.date(2023, 10, 16)
DAYS_PER_MONTH = 30.4375
BILLION = 1e9
FIRST_YEAR_OF_UNIX = 1970
YEAR_2023 = (dt.date(2023, 1, 1), dt.date(2023, 12, 31))


def statistics(result: Result) -> dict[str, pd.DataFrame]:
    """Read every target's statistic of a run.

    Returns
    -------
    dict of str to pandas.DataFrame
        ``runs``: one row, a column for each target, in the target's unit; NaN when the event never happened.
    """
    values = {**measure(result), **_reported(result)}
    return {"runs": pd.DataFrame({name: [value] for name, value in values.items()}, dtype=float)}


def _reported(result: Result) -> dict[str, float]:
    """Return the statistics that answer to observations."""
    daily = _Days(result.daily)
    return {
        **_orders(result, daily),
        **_funding(result, daily),
        **_customer(result, daily),
        "entrant_fleet": _fleet(result, ENTRANT, dt.date(2023, 7, 1)),
        "rent_early_2023": daily.mean("rent_quote_cny_per_card_month", dt.date(2023, 2, 1), dt.date(2023, 4, 30)),
        "training_cards_may_2023": _training_cards(result, dt.date(2023, 5, 1), dt.date(2023, 5, 15)),
        "grey_imports_2024": daily.total("grey_imports_cards", dt.date(2024, 1, 1), dt.date(2024, 12, 31)),
        "price_june_2023": daily.median("spot_price_cny", dt.date(2023, 6, 26), dt.date(2023, 7, 2)),
        "rent_paid_share_2023": daily.mean_ratio(
            "rent_cny_per_card_month", "list_rent_cny_per_card_month", dt.date(2023, 8, 1), dt.date(2023, 8, 31)
        ),
        "scarcity_2023": daily.mean_ratio("true_demand_cards", "online_cards", *YEAR_2023),
    }


class _Days:
    """The daily table between two days, both included; nothing unless the run has them all."""

    def __init__(self, daily: pd.DataFrame) -> None:
        self._daily = daily
        self._dates = _days(daily["date"])

    def within(self, column: str, first: dt.date, last: dt.date) -> NDArray[np.float64]:
        if not self.reaches(last):
            return np.empty(0)
        start, stop = np.searchsorted(self._dates, [np.datetime64(first), np.datetime64(last) + 1])
        return self._daily[column].to_numpy(float)[start:stop]

    def reaches(self, last: dt.date) -> bool:
        return bool(self._dates.size) and bool(self._dates[-1] >= np.datetime64(last))

    def mean(self, column: str, first: dt.date, last: dt.date) -> float:
        return _mean(self.within(column, first, last))

    def mean_ratio(self, above: str, below: str, first: dt.date, last: dt.date) -> float:
        with np.errstate(divide="ignore", invalid="ignore"):
            return _mean(self.within(above, first, last) / self.within(below, first, last))

    def median(self, column: str, first: dt.date, last: dt.date) -> float:
        values = self.within(column, first, last)
        return float(np.median(values)) if values.size else math.nan

    def total(self, column: str, first: dt.date, last: dt.date) -> float:
        values = self.within(column, first, last)
        return float(values.sum()) if values.size else math.nan


def _orders(result: Result, daily: _Days) -> dict[str, float]:
    """Return orders by the year they are due, and the lead times quoted."""
    orders = result.orders[result.orders["product"].eq(CARD).to_numpy()]
    placed, due, promised = (_days(orders[name]) for name in ("placed_date", "due_date", "promised_date"))
    cards = orders["cards"].to_numpy(float)
    by_entrant = orders["buyer"].eq(ENTRANT).to_numpy()
    by_four = orders["buyer"].isin(FOUR).to_numpy()
    is_framework = orders["framework"].to_numpy(bool)
    due_year = due.astype("datetime64[Y]").astype(int) + FIRST_YEAR_OF_UNIX
    by_article = placed <= np.datetime64(ARTICLE)
    lead = (promised - placed).astype(float)
    lead[np.isnat(promised)] = np.nan

    def booked(chosen: NDArray[np.bool_]) -> float:
        return float(cards[chosen & by_article].sum()) if daily.reaches(ARTICLE) else math.nan

    def quoted(first: dt.date, last: dt.date) -> float:
        chosen = (placed >= np.datetime64(first)) & (placed <= np.datetime64(last)) & ~is_framework
        chosen &= np.isfinite(lead) & (cards > 0)
        if not daily.reaches(last) or not chosen.any():
            return math.nan
        return float(np.average(lead[chosen], weights=cards[chosen])) / DAYS_PER_MONTH

    half = (placed >= np.datetime64("2023-01-01")) & (placed <= np.datetime64("2023-06-30"))
    return {
        "orders_for_2023": booked(by_four & (due_year == 2023)),
        "orders_for_2024": booked(by_four & (due_year == 2024)),
        "entrant_orders_for_2024": booked(by_entrant & (due_year == 2024)),
        "entrant_orders_half_2023": booked(by_entrant & half),
        "quoted_lead_early_2022": quoted(dt.date(2022, 1, 1), dt.date(2022, 6, 30)),
        "quoted_lead_may_2023": quoted(dt.date(2023, 5, 1), dt.date(2023, 5, 31)),
        "quoted_lead_autumn_2023": quoted(dt.date(2023, 7, 1), BEFORE_THE_RULE),
    }


def _funding(result: Result, daily: _Days) -> dict[str, float]:
    """Return what startups raised."""
    rounds = result.events[result.events["kind"].eq("funding_round").to_numpy()]
    when, money = _days(rounds["date"]), rounds["price_cny"].to_numpy(float) / BILLION
    actor = rounds["actor"].astype(str).to_numpy()

    def raised(who: str | None, first: dt.date, last: dt.date, values: NDArray[np.float64]) -> float:
        chosen = (when >= np.datetime64(first)) & (when <= np.datetime64(last))
        if who is not None:
            chosen &= actor == who
        return float(values[chosen].sum()) if daily.reaches(last) else math.nan

    return {
        "funding_2023": raised(None, *YEAR_2023, money),
        "funding_rounds_2023": raised(None, *YEAR_2023, np.ones_like(money)),
        "zhipu_funding_2023": raised("zhipu_ai", dt.date(2023, 1, 1), dt.date(2023, 10, 20), money),
        "baichuan_funding_2023": raised("baichuan", dt.date(2023, 4, 1), dt.date(2023, 10, 31), money),
    }


def _customer(result: Result, daily: _Days) -> dict[str, float]:
    """Return the size of the focal customer."""
    contracts = result.contracts[result.contracts["startup"].eq(CUSTOMER).to_numpy()]
    starts = _days(contracts["start_date"]).astype("datetime64[Y]")
    cards = contracts["cards"].to_numpy(float)[starts == np.datetime64("2023")]
    firms = result.firms[result.firms["firm"].eq(CUSTOMER).to_numpy()]
    months = _days(firms["month"]).astype("datetime64[Y]") == np.datetime64("2023")
    is_whole = daily.reaches(dt.date(2023, 12, 31))
    return {
        "customer_cluster_2023": float(cards.max()) if is_whole and cards.size else math.nan,
        "customer_spending_2023": float(firms["cost_cny"].to_numpy(float)[months].sum()) / BILLION
        if is_whole and months.any()
        else math.nan,
    }


def _fleet(result: Result, firm: str, month: dt.date) -> float:
    """Return a firm's cards in stock, assembly and online at the end of a month."""
    is_row = result.firms["firm"].eq(firm).to_numpy() & (_days(result.firms["month"]) == np.datetime64(month))
    rows = result.firms[is_row]
    return (
        float(rows[["stock_cards", "assembly_cards", "online_cards"]].to_numpy(float).sum()) if len(rows) else math.nan
    )


def _training_cards(result: Result, month: dt.date, day: dt.date) -> float:
    """Return cards that clouds set aside for own training in a month and those startups hold under contract."""
    is_row = result.firms["kind"].eq("cloud").to_numpy() & (_days(result.firms["month"]) == np.datetime64(month))
    clouds = result.firms[is_row]
    if not len(clouds):
        return math.nan
    own = clouds["online_cards"].to_numpy(float) * np.nan_to_num(clouds["own_training_share"].to_numpy(float))
    starts, ends = _days(result.contracts["start_date"]), _days(result.contracts["end_date"])
    runs = (starts <= np.datetime64(day)) & (np.isnat(ends) | (ends > np.datetime64(day)))
    return float(own.sum() + result.contracts["cards"].to_numpy(float)[runs].sum())


def _days(dates: pd.Series) -> NDArray[np.datetime64]:
    return dates.to_numpy().astype("datetime64[D]")


def _mean(values: NDArray[np.float64]) -> float:
    values = values[np.isfinite(values)]
    return float(values.mean()) if values.size else math.nan
