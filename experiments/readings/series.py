"""A run's daily table as short series: means over blocks of days, with what the daily columns say together.

Five columns are derived. The break-even fraction is the share of list price at which renting out a card bought today
just covers it (T9, T10); the rent fraction is the rent paid on running contracts over list rent; unmet need is what
users need beyond the clouds' cards online; the phantom book is what is on order beyond that need, so orders placed
twice and orders placed ahead of need alike. Quantiles are taken over runs, block by block: no single run follows
them.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from market import Result

__all__ = ["QUANTILES", "block_means", "daily_series", "fan", "rounded"]

BLOCK_DAYS = 14
FILL_DAYS = 30
QUANTILES = {"p05": 0.05, "p25": 0.25, "median": 0.5, "p75": 0.75, "p95": 0.95}
SIGNIFICANT_DIGITS, FAN_DIGITS = 6, 4


def daily_series(result: Result) -> pd.DataFrame:
    """Return the daily table with the derived columns `break_even_fraction`, `rent_fraction`, `unmet_need_cards`,
    `phantom_book_cards` and `rolling_fill_rate` (NaN in the first days, and where nothing is on order).
    """
    daily, p = result.daily, result.scenario.parameters
    cards = daily["spot_price_cny"] + p["servers.server_cost_cny"]
    cost = cards / p["clouds.card_life_months"] + p["clouds.opex_cny_per_card_month"]
    unmet = (daily["true_demand_cards"] - daily["online_cards"]).clip(lower=0.0)
    flows = daily[["ordered_cards", "delivered_cards"]].rolling(FILL_DAYS).sum()
    asked = daily["backlog_cards"].shift(FILL_DAYS) + flows["ordered_cards"]
    return daily.assign(
        break_even_fraction=cost / daily["list_rent_cny_per_card_month"],
        rent_fraction=daily["rent_cny_per_card_month"] / daily["list_rent_cny_per_card_month"],
        unmet_need_cards=unmet,
        phantom_book_cards=daily["backlog_cards"] - unmet,
        rolling_fill_rate=flows["delivered_cards"] / asked.where(asked > 0),
    )


def block_means(series: pd.DataFrame, block_days: int = BLOCK_DAYS) -> pd.DataFrame:
    """Return means over blocks of days; `date` is a block's middle day, the last block may be shorter.

    A day without a value is left out; a block without any is NaN. Flows stay per day.
    """
    block = np.arange(len(series)) // block_days
    means = series.drop(columns="date").groupby(block).mean()
    middle = np.minimum(np.arange(len(means)) * block_days + (block_days - 1) // 2, len(series) - 1)
    means.insert(0, "date", series["date"].to_numpy()[middle])
    return means.reset_index(drop=True)


def fan(table: pd.DataFrame) -> pd.DataFrame:
    """Return quantiles over runs of every column on every date.

    Parameters
    ----------
    table : pandas.DataFrame
        A row a run and date; columns `date` and the quantities, which may be NaN.

    Returns
    -------
    pandas.DataFrame
        Columns `quantity`, `date`, those of `QUANTILES`, and `n`, the runs with a value.
    """
    grouped = table.groupby("date", sort=True)
    counts = grouped.count()
    by_share = {name: grouped.quantile(share) for name, share in QUANTILES.items()}
    parts = [
        pd.DataFrame(
            {
                "quantity": quantity,
                "date": counts.index,
                **{name: by_share[name][quantity].to_numpy() for name in QUANTILES},
                "n": counts[quantity].to_numpy(),
            }
        )
        for quantity in table.columns
        if quantity != "date"
    ]
    return rounded(pd.concat(parts, ignore_index=True), FAN_DIGITS)


def rounded(table: pd.DataFrame, digits: int = SIGNIFICANT_DIGITS) -> pd.DataFrame:
    """Return a table with its floating-point columns rounded to significant digits, so that it is small on disk."""
    floats = table.select_dtypes("floating").columns
    return table.assign(**{name: [float(f"{value:.{digits}g}") for value in table[name]] for name in floats})
