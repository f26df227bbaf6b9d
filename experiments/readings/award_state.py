"""The market on the eve of the focal award, as numbers that could decide it.

Market-wide figures are those of the day before. What is recorded of firms by the month is that of the last whole
month before the award; what a cloud has on order is summed up from orders, deliveries and cancellations to the day
before. Bids are those of the tender itself: they are known only once it is held. Who was invited is not recorded.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from experiments.readings.focal import FocalCase
from market import Result

__all__ = ["ASPIRANTS", "CLOUDS", "award_state", "bid_columns", "state_columns"]

CLOUDS = ("alibaba_cloud", "aws_china", "baidu_cloud", "long_tail", "tencent_cloud", "volcano_engine")
ASPIRANTS = ("alibaba_cloud", "baidu_cloud", "volcano_engine")
"""Clouds with a motive of their own in tenders (T2)."""

CARD = "a800"
DAYS_PER_MONTH = 365.25 / 12
MARKET = {
    "spot_price_cny": "spot_price_cny",
    "lead_time_months": "lead_time_months",
    "idle_share": "idle_share",
    "true_demand_cards": "true_demand_cards",
}


def state_columns() -> tuple[str, ...]:
    """Return the columns known before the tender is held."""
    firms = [f"free_{cloud}" for cloud in CLOUDS]
    firms += [f"{what}_{cloud}" for what in ("on_order", "posted_fraction", "market_share") for cloud in ASPIRANTS]
    return ("award_month", "tendered_cards", *MARKET, *firms)


def bid_columns() -> tuple[str, ...]:
    """Return the columns that the tender itself adds: who bids, and who comes without an agreed floor."""
    return tuple(f"{what}_{cloud}" for what in ("bids", "unagreed") for cloud in CLOUDS)


def award_state(result: Result, case: FocalCase) -> pd.DataFrame:
    """Return the state before the focal award in one row, NaN throughout where there was none.

    Returns
    -------
    pandas.DataFrame
        `award_month` (months since 1 January 2022), `tendered_cards`, the market of the day before; by cloud
        ``free_`` (cards free for a customer), ``on_order_`` (A-class cards), ``posted_fraction_``,
        ``market_share_``; ``bids_`` and ``unagreed_`` (0 or 1), and ``floor_`` (fraction of list, NaN without a bid).
    """
    floors = {f"floor_{cloud}": np.nan for cloud in CLOUDS}
    if case.stage != "awarded":
        return pd.DataFrame([dict.fromkeys((*state_columns(), *bid_columns()), np.nan) | floors])
    row: dict[str, float] = {"award_month": _months(result, case.awarded), "tendered_cards": case.cards}
    eve = result.daily.loc[result.daily["date"].to_numpy().astype("datetime64[D]") < case.awarded].iloc[-1]
    row |= {name: float(eve[column]) for name, column in MARKET.items()}
    firms = _firms_before(result, case.awarded)
    row |= {f"free_{cloud}": float(firms.at[cloud, "free_cards"]) for cloud in CLOUDS}
    for cloud in ASPIRANTS:
        row[f"on_order_{cloud}"] = _on_order(result, cloud, case.awarded)
        row[f"posted_fraction_{cloud}"] = float(firms.at[cloud, "posted_fraction"])
        row[f"market_share_{cloud}"] = float(firms.at[cloud, "market_share"])
    bids = {bid.cloud: bid for bid in case.bids}
    for cloud in CLOUDS:
        row[f"bids_{cloud}"] = float(cloud in bids)
        row[f"unagreed_{cloud}"] = float(cloud in bids and bids[cloud].is_unagreed)
        floors[f"floor_{cloud}"] = bids[cloud].floor if cloud in bids else np.nan
    return pd.DataFrame([row | floors])[[*state_columns(), *bid_columns(), *floors]]


def _months(result: Result, day: np.datetime64) -> float:
    first = result.daily["date"].to_numpy().astype("datetime64[D]")[0]
    return float((day - first).astype(np.int64)) / DAYS_PER_MONTH


def _firms_before(result: Result, day: np.datetime64) -> pd.DataFrame:
    """Return the clouds' rows of the last whole month before a day, by id."""
    months = result.firms["month"].to_numpy().astype("datetime64[M]")
    rows = result.firms.loc[(months == day.astype("datetime64[M]") - 1) & (result.firms["kind"].array == "cloud")]
    return rows.set_index(rows["firm"].astype(str))


def _on_order(result: Result, cloud: str, day: np.datetime64) -> float:
    """Return a cloud's open A-class orders on the eve of a day."""
    orders, deliveries, events = result.orders, result.deliveries, result.events

    def total(table: pd.DataFrame, date: str, chosen: np.ndarray) -> float:
        before = table[date].to_numpy().astype("datetime64[D]") < day
        return float(table["cards"].to_numpy(np.int64)[np.asarray(chosen, dtype=bool) & before].sum())

    is_cancelled = (events["kind"].array == "order_cancelled") & (events["actor"].array == cloud)
    is_cancelled &= events["detail"].to_numpy(object) == f"product={CARD}"
    placed = total(orders, "placed_date", (orders["buyer"].array == cloud) & (orders["product"].array == CARD))
    come = total(deliveries, "date", (deliveries["buyer"].array == cloud) & (deliveries["product"].array == CARD))
    return placed - come - total(events, "date", is_cancelled)
