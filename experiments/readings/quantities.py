"""What is forecast, and how it is read from a run of the model.

Seven quantities of the issue, each one number a day from 17 October 2023 on, and a rule for what a span of days says:
the mean of the days, their sum (flows), or the last day (shares reached). A day on which a quantity does not exist is
NaN. NVIDIA's China revenue is what it reports, so a run's sales of A-class cards are scaled to the part of the revenue
that the rule catches; the rest goes on as without a rule. The model has no contracts between a server maker and its
customers: the share delivered is that of the cards that server makers themselves had on order.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.worlds.information import CUT, FIRST, LAST
from market import Result

__all__ = [
    "DATES",
    "FISCAL_QUARTERS",
    "QUANTITIES",
    "QUARTERS",
    "Quantity",
    "china_revenue_busd",
    "read_days",
    "spans",
]

Window = Literal["mean", "sum", "last"]
Floats = NDArray[np.float64]

DATES = np.arange(np.datetime64(FIRST), np.datetime64(LAST) + 1)
"""The days that are forecast."""
YEAR_BEFORE = dt.date(2022, 10, 17)
DAYS_PER_QUARTER = 91.0
BILLION = 1e9
CNY_PER_USD = 7.2
"""The rate at which the contract price of 72,000 CNY is the USD 10,000 of P08 and P31."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """Something that is forecast.

    Attributes
    ----------
    unit : str
    window : str
        What a span of days says: the mean of the days, their sum, or the last one.
    resolution : float
        Smallest difference that counts, in `unit`; also the least width of a kernel in the log score.
    span : float
        Width of the range in which any value was possible; an outcome has at least the floor's density there.
    meaning : str
    """

    unit: str
    window: Window
    resolution: float
    span: float
    meaning: str

    @property
    def step(self) -> float:
        """Step in which a day is kept: a tenth of what counts, and far less where days are added up."""
        return self.resolution / (1_000.0 if self.window == "sum" else 10.0)


QUANTITIES: dict[str, Quantity] = {
    "spot_price_cny": Quantity("CNY per card", "mean", 100.0, 1e6, "spot price of the A800"),
    "rent_quote_cny_per_card_month": Quantity(
        "CNY per card-month", "mean", 10.0, 5e4, "rent of new regular contracts, on days without one that of the last"
    ),
    "wait_months": Quantity(
        "months", "mean", 0.05, 36.0, "lead time of an A800 ordered now as buyers see it, the rule's stop left aside"
    ),
    "lead_time_months": Quantity(
        "months", "mean", 0.05, 36.0, "open book of the A800 over monthly supply, if any supply is left"
    ),
    "nvidia_china_revenue_busd": Quantity(
        "billion USD", "sum", 0.01, 40.0, "NVIDIA's China revenue as it reports it, including Hong Kong"
    ),
    "idle_share": Quantity("share of online cards", "mean", 0.001, 1.0, "clouds' cards online without use"),
    "maker_delivered_share": Quantity(
        "share of ordered cards", "last", 0.001, 1.0,
        "of the A800s that server makers ordered in the year up to the cut, those delivered to them by the day",
    ),
    "startup_exit_share": Quantity(
        "share of startups", "sum", 0.001, 1.0, "startups that failed, of those alive at the cut"
    ),
}  # fmt: skip
"""Every quantity that is forecast, by the name it has in a file of observations."""


FISCAL_QUARTERS = (
    (dt.date(2023, 10, 30), dt.date(2024, 1, 28)),
    (dt.date(2024, 1, 29), dt.date(2024, 4, 28)),
    (dt.date(2024, 4, 29), dt.date(2024, 7, 28)),
    (dt.date(2024, 7, 29), dt.date(2024, 10, 27)),
)
"""NVIDIA's fiscal quarters that lie whole in the forecast: the fourth of 2024 and the first three of 2025."""
QUARTERS = (
    (FIRST, dt.date(2023, 12, 31)),
    (dt.date(2024, 1, 1), dt.date(2024, 3, 31)),
    (dt.date(2024, 4, 1), dt.date(2024, 6, 30)),
    (dt.date(2024, 7, 1), dt.date(2024, 9, 30)),
    (dt.date(2024, 10, 1), LAST),
)


def spans(quantity: str) -> tuple[tuple[dt.date, dt.date], ...]:
    """Return the quarters by which a quantity is told: fiscal ones for China revenue, else those of the calendar."""
    return FISCAL_QUARTERS if quantity == "nvidia_china_revenue_busd" else QUARTERS


def read_days(result: Result) -> dict[str, pd.DataFrame]:
    """Read the days after the cut.

    Parameters
    ----------
    result : Result
        A run over the whole calendar.

    Returns
    -------
    dict of str to pandas.DataFrame
        ``days``: a row a day of `DATES`, the quantities as far as a run alone tells them, and the three parts of the
        revenue (`china_revenue_busd` puts them together).
    """
    days = pd.DataFrame(result.daily.set_index("date"))
    after = days.loc[str(FIRST) :]
    quotes = days["rent_quote_cny_per_card_month"].ffill().loc[str(FIRST) :]
    table = {
        "day": np.arange(len(after)),
        "spot_price_cny": after["spot_price_cny"].to_numpy(float),
        "rent_quote_cny_per_card_month": quotes.to_numpy(float),
        "wait_months": after["wait_months"].to_numpy(float),
        "lead_time_months": after["lead_time_months"].to_numpy(float),
        "idle_share": after["idle_share"].to_numpy(float),
        "maker_delivered_share": maker_delivered_share(result),
        "startup_exit_share": exits(result) / max(float(days.loc[str(CUT), "startups_alive"]), 1.0),
        **_revenue_parts(result, after),
    }
    return {"days": pd.DataFrame(table)}


def maker_delivered_share(result: Result) -> Floats:
    """Return the share of the cards ordered by server makers in the year up to the cut delivered by each day.

    Cancelled cards stay in the denominator; NaN without any order.
    """
    orders, deliveries = result.orders, result.deliveries
    makers = [maker.id for maker in result.scenario.server_makers]
    placed = orders["placed_date"].to_numpy().astype("datetime64[D]")
    chosen = (orders["product"] == "a800").to_numpy() & orders["buyer"].isin(makers).to_numpy()
    chosen &= (placed >= np.datetime64(YEAR_BEFORE)) & (placed <= np.datetime64(CUT))
    ordered = int(orders["cards"].to_numpy()[chosen].sum())
    if ordered == 0:
        return np.full(DATES.size, np.nan)
    counted = deliveries["order_id"].isin(orders["order_id"][chosen]).to_numpy()
    came = deliveries["date"].to_numpy().astype("datetime64[D]")[counted]
    cards = deliveries["cards"].to_numpy()[counted]
    order = np.argsort(came, kind="stable")
    so_far = np.concatenate([[0.0], np.cumsum(cards[order])])
    return so_far[np.searchsorted(came[order], DATES, side="right")] / ordered


def exits(result: Result) -> Floats:
    """Return the number of startups that fail on each day."""
    failed = result.events[(result.events["kind"] == "firm_failed").to_numpy()]
    scenario: Any = result.scenario
    firms = {firm.id for firm in (*scenario.clouds, *scenario.server_makers)}
    is_startup = [str(actor) not in firms and not str(actor).startswith("speculator_") for actor in failed["actor"]]
    fell = failed["date"].to_numpy().astype("datetime64[D]")[np.array(is_startup, dtype=bool)]
    place = (fell - DATES[0]).astype(np.int64)
    return np.bincount(place[place >= 0], minlength=DATES.size).astype(float)


def _revenue_parts(result: Result, after: pd.DataFrame) -> dict[str, Floats]:
    """Return, in billion USD a day: revenue without a rule, what A-class deliveries say of it, and the substitute's."""
    p = result.scenario.parameters
    quarters = result.scenario.supply.china_revenue
    elapsed = (DATES - np.datetime64(quarters[-1].from_)).astype(float) / DAYS_PER_QUARTER
    unruled = quarters[-1].busd / DAYS_PER_QUARTER * (1.0 + p["supply.later_growth"] * np.maximum(elapsed - 1.0, 0.0))
    cards = after["delivered_cards"].to_numpy(float)
    worth = p["supply.revenue_per_card_usd"] / p["supply.card_share"] / BILLION
    others = after["nvidia_china_revenue_cny"].to_numpy(float) - cards * p["supply.contract_price_cny"]
    return {
        "unruled_busd": unruled,
        "cards_busd": cards * worth,
        "substitute_busd": others / CNY_PER_USD / BILLION,
    }


def china_revenue_busd(unruled: Floats, cards: Floats, substitute: Floats, restricted_share: Floats) -> Floats:
    """Return NVIDIA's China revenue in billion USD a day.

    Parameters
    ----------
    unruled, cards, substitute : numpy.ndarray, shape (draws, days)
        Revenue without a rule; the same as the deliveries of A-class cards tell it; sales of the substitute.
    restricted_share : numpy.ndarray, shape (draws,)
        Part of the revenue that moves as those deliveries do.
    """
    part = restricted_share[:, None]
    return (1.0 - part) * unruled + part * cards + substitute
