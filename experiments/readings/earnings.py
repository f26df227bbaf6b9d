"""Who earned: revenue, cost and profit of each kind of firm in each year of a run.

Profits are realised ones at historic cost. Clouds' cards set aside for own models earn nothing and are left out of
their cost; clouds have a second cost, with cards depreciated at the price of a new one. Speculators' revenue is what
they sold, their cost what they had paid for it and for holding it; as most of their gain lies in cards not yet sold,
the growth of their wealth, cards at the spot price of the day, stands beside it. Startups' revenue is that of model
calls. Other firms' stocks are not valued.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from experiments.statistics.intervals import bootstrap_means, student
from market import Result

__all__ = ["KINDS", "MONEY", "earned_by_year", "earned_over_runs"]

KINDS = ("nvidia", "cloud", "server_maker", "speculator", "startup")
MONEY = ("revenue_bn_cny", "cost_bn_cny", "profit_bn_cny", "replacement_cost_bn_cny", "wealth_gain_bn_cny")
BILLION = 1e9


def earned_by_year(result: Result) -> pd.DataFrame:
    """Return a row for each year and kind of firm, over the complete months of the run.

    Returns
    -------
    pandas.DataFrame
        Columns `year`, `kind` and those of `MONEY`; `replacement_cost_bn_cny` is NaN but for clouds, and
        `wealth_gain_bn_cny` (over the year; in the first, since the end of its first month) but for speculators.
    """
    firms = result.firms
    let = 1.0 - np.nan_to_num(firms["own_training_share"].to_numpy(float))
    is_cloud = (firms["kind"] == "cloud").to_numpy()
    revenue = firms["revenue_cny"].to_numpy(float)
    cost = firms["cost_cny"].to_numpy(float) * np.where(is_cloud, let, 1.0)
    replacement = (firms["opex_cny"] + firms["replacement_depreciation_cny"]).to_numpy(float) * let
    table = pd.DataFrame(
        {
            "year": firms["month"].dt.year.to_numpy(),
            "kind": firms["kind"].astype(str).to_numpy(),
            "revenue_bn_cny": revenue / BILLION,
            "cost_bn_cny": cost / BILLION,
            "profit_bn_cny": (revenue - cost) / BILLION,
            "replacement_cost_bn_cny": np.where(is_cloud, replacement, np.nan) / BILLION,
        }
    )
    table = table.groupby(["year", "kind"], sort=True)[list(MONEY[:-1])].sum(min_count=1).reset_index()
    gains = _wealth_gains(result).reindex(table["year"]).to_numpy(float)
    return table.assign(wealth_gain_bn_cny=np.where(table["kind"] == "speculator", gains, np.nan))


def _wealth_gains(result: Result) -> pd.Series:
    """Return by year what speculators' cash and cards, at the spot price of the day, gained."""
    firms = result.firms
    mine = firms.loc[(firms["kind"] == "speculator").to_numpy()]
    held = mine.groupby("month")[["cash_cny", "stock_cards"]].sum()
    spot = result.daily.groupby(result.daily["date"].to_numpy().astype("datetime64[M]"))["spot_price_cny"].last()
    spot = spot.reindex(held.index.to_numpy().astype("datetime64[M]")).to_numpy(float)
    wealth = held["cash_cny"] + held["stock_cards"] * spot
    ends = wealth.groupby(held.index.year).last()
    before = ends.shift().fillna(wealth.iloc[0]) if len(wealth) else ends
    return (ends - before) / BILLION


def earned_over_runs(earned: pd.DataFrame) -> pd.DataFrame:
    """Return means over runs with 95% intervals, and margins as ratios of means.

    Parameters
    ----------
    earned : pandas.DataFrame
        Rows of `earned_by_year`, a block a run.

    Returns
    -------
    pandas.DataFrame
        Columns `year`, `kind`, `measure` (revenue, profit, wealth_gain, margin, margin_replacement), `value`, `low`,
        `high`, `unit`, `runs`. Margins are shares of revenue, their intervals from resampled runs.
    """
    rows = []
    for (year, kind), group in earned.groupby(["year", "kind"], sort=True):
        for measure in ("revenue", "profit", "wealth_gain"):
            if group[f"{measure}_bn_cny"].isna().all():
                continue
            rows.append((year, kind, measure, *student(group[f"{measure}_bn_cny"]), "bn CNY", len(group)))
        costs = {"margin": "cost_bn_cny", "margin_replacement": "replacement_cost_bn_cny"}
        for measure, cost in costs.items():
            money = group[["revenue_bn_cny", cost]].to_numpy(float)
            if np.isfinite(money).all() and len(group) > 1 and money[:, 0].sum() > 0:
                margin = bootstrap_means(money, _margin, luck=f"{year} {kind}")[:, 0]
                rows.append((year, kind, measure, *margin, "share of revenue", len(group)))
    return pd.DataFrame(rows, columns=["year", "kind", "measure", "value", "low", "high", "unit", "runs"])


def _margin(means: np.ndarray) -> np.ndarray:
    return 1.0 - means[:, 1:] / np.where(means[:, :1] > 0, means[:, :1], np.nan)
