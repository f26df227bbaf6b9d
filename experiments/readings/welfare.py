"""Who gains and who pays in one run, and what use the cards were put to: money and card-days.

Rents of the chip maker, server makers, clouds, speculators, importers and the state's reserve; what startups pay; how
many card-days were used, and how many were needed and not there, at the rent paid at the time. What resale burns is
what it costs to get and to hold a card that somebody already had: speculators' capital and storage, and the risk of
grey channels (the difference of a grey card to its price abroad is rent beyond that). Not recorded, and so left out:
who sold to whom and what the card was worth to each, which is why the gain from resale can only be measured as the
use made of cards in a market with resale less the use in the same market without it; cards that server makers sell
to other industries in servers; and users' gains above the rent they pay.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.readings.outcomes import outcomes
from market import Result

__all__ = ["WELFARE", "reading"]

BILLION = 1e9
DAYS_PER_MONTH = 365.25 / 12
CARD = "a800"
STOPPED = 0.5
"""Severity from which on imports run the risk of a rule in force."""
RESERVE_CHANGES = {"reserve_bought": -1.0, "reserve_sold": 1.0}

WELFARE: dict[str, tuple[str, str]] = {
    "chip_maker_rent_bn_cny": ("bn CNY", "the chip maker's gross profit in China less late penalties"),
    "deposits_kept_bn_cny": ("bn CNY", "deposits on orders that it holds at the end"),
    "speculators_gain_bn_cny": ("bn CNY", "speculators' money and stock at the spot price, end less January 2022"),
    "importers_rent_bn_cny": (
        "bn CNY",
        "grey imports at the spot price, less the price abroad and the risk",
    ),
    "reserve_result_bn_cny": ("bn CNY", "the state reserve's sales less purchases, and stock at the last price"),
    "used_card_days": ("card-days", "clouds' cards in use and startups' own cards"),
    "use_value_bn_cny": ("bn CNY", "the same at the rent paid on the day"),
    "unserved_card_days": ("card-days", "need of startups, clouds and other industries above what is used"),
    "unserved_value_bn_cny": ("bn CNY", "the same at the rent paid on the day: what waiting costs at least"),
    "lost_training_card_days": ("card-days", "training lost when a run was interrupted"),
    "holding_cost_bn_cny": ("bn CNY", "speculators' capital and storage cost, cards at the price of the day"),
    "import_risk_bn_cny": ("bn CNY", "cost of the risk of grey imports"),
}
"""Unit and meaning of what is read here."""


def reading(result: Result) -> dict[str, pd.DataFrame]:
    """Read a run: the standard outcomes and who gains; one row, table ``runs``."""
    table = outcomes(result)["runs"]
    found = _earned(result) | _used(result) | _burnt(result)
    return {"runs": table.assign(**{name: found[name] for name in WELFARE})}


def _earned(result: Result) -> dict[str, float]:
    """Return what the chip maker, speculators, importers and the reserve gained, in bn CNY."""
    daily, parameters = result.daily, result.scenario.parameters
    maker = result.firms[result.firms["kind"].array == "nvidia"]
    profit = float((maker["revenue_cny"] - maker["cost_cny"]).sum())
    # Its account holds sales less production, deposits less those returned, and penalties: one or the other policy.
    beside = float(maker["cash_cny"].iloc[-1]) - profit if len(maker) else 0.0
    gross = daily["grey_imports_cards"] * (daily["spot_price_cny"] - parameters["spot.world_price_cny"])
    return {
        "chip_maker_rent_bn_cny": (profit + min(beside, 0.0)) / BILLION,
        "deposits_kept_bn_cny": max(beside, 0.0) / BILLION,
        "speculators_gain_bn_cny": _speculators_gain(result) / BILLION,
        "importers_rent_bn_cny": float((gross - _risk_cost(result)).sum()) / BILLION,
        "reserve_result_bn_cny": _reserve_result(result) / BILLION,
    }


def _used(result: Result) -> dict[str, float]:
    """Return card-days used and wanting, and what they are worth at the rent paid."""
    daily = result.daily
    rent = daily["rent_cny_per_card_month"].ffill().fillna(0.0).to_numpy() / DAYS_PER_MONTH
    used = daily["used_cards"].to_numpy() + _startups_own_cards(result)
    unserved = np.maximum(daily["true_demand_cards"].to_numpy() - used, 0.0)
    interrupted = result.events["kind"].array == "run_interrupted"
    return {
        "used_card_days": float(used.sum()),
        "use_value_bn_cny": float((used * rent).sum()) / BILLION,
        "unserved_card_days": float(unserved.sum()),
        "unserved_value_bn_cny": float((unserved * rent).sum()) / BILLION,
        "lost_training_card_days": float(result.events["cards"].to_numpy()[interrupted].sum()),
    }


def _burnt(result: Result) -> dict[str, float]:
    """Return what getting and holding cards for resale cost, in bn CNY."""
    daily = result.daily
    carry = result.scenario.parameters["speculation.carry"] / DAYS_PER_MONTH
    return {
        "holding_cost_bn_cny": float((carry * daily["speculator_cards"] * daily["spot_price_cny"]).sum()) / BILLION,
        "import_risk_bn_cny": float(_risk_cost(result).sum()) / BILLION,
    }


def _risk_cost(result: Result) -> NDArray[np.float64]:
    """Return the cost of the risk of each day's grey imports, in CNY; it is higher under a rule in force."""
    parameters, scenario = result.scenario.parameters, result.scenario
    dates = result.daily["date"].to_numpy().astype("datetime64[D]")
    open_share = np.ones(dates.size)
    for rule in scenario.rules:
        if CARD in rule.products:
            is_on = dates >= np.datetime64(rule.enforced or rule.effective)
            if rule.lifted is not None:
                is_on &= dates < np.datetime64(rule.lifted)
            open_share[is_on] *= 1.0 - rule.severity
    is_stopped = 1.0 - open_share >= STOPPED
    risk = np.where(is_stopped, parameters["spot.risk_cost_after"], parameters["spot.risk_cost_before"])
    return result.daily["grey_imports_cards"].to_numpy() * parameters["spot.world_price_cny"] * risk


def _speculators_gain(result: Result) -> float:
    """Return the change of speculators' money and stock at the spot price, from the end of the first month on."""
    cash, stock = (_by_month(result, "speculator", column) for column in ("cash_cny", "stock_cards"))
    if not cash.size:
        return 0.0
    months = _months(result.daily["date"])
    month_ends = np.searchsorted(months, np.arange(months[0], months[0] + cash.size), side="right") - 1
    wealth = cash + stock * result.daily["spot_price_cny"].to_numpy()[month_ends]
    return float(wealth[-1] - wealth[0])


def _reserve_result(result: Result) -> float:
    """Return the reserve's sales less purchases, and what it still holds at the last price."""
    events, total, held = result.events, 0.0, 0.0
    for kind, sign in RESERVE_CHANGES.items():
        rows = events["kind"].array == kind
        cards = events["cards"].to_numpy()[rows]
        total += sign * float((cards * events["price_cny"].to_numpy()[rows]).sum())
        held -= sign * float(cards.sum())
    return total + held * float(result.daily["spot_price_cny"].iloc[-1])


def _startups_own_cards(result: Result) -> NDArray[np.float64]:
    """Return startups' own cards online on each day: those at the end of its month, or of the last one known."""
    months = _months(result.daily["date"])
    own = _by_month(result, "startup", "online_cards")
    return own[np.minimum(months - months[0], own.size - 1)] if own.size else np.zeros(months.size)


def _by_month(result: Result, kind: str, column: str) -> NDArray[np.float64]:
    """Return the sum of a column over the firms of a kind, month by month."""
    chosen = np.flatnonzero(result.firms["kind"].array == kind)
    if not chosen.size:
        return np.empty(0)
    months = _months(result.firms["month"])
    return np.bincount(months[chosen] - months[0], weights=result.firms[column].to_numpy(float)[chosen]).astype(float)


def _months(dates: pd.Series) -> NDArray[np.int64]:
    """Return months since 1970."""
    return dates.to_numpy().astype("datetime64[M]").astype(np.int64)
