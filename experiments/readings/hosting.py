"""Who hosts whom, and who moves: contracts on given days, switches between clouds by phase, half-year and cause.

A switch is an event in which a startup's old host differs from its new one. Rates are per 100 contract-years, the
time for which contracts of every kind ran, so that a time of few contracts is not read as loyal. Startups without a
name are counted together.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pandas as pd

from experiments.statistics.intervals import bootstrap_means
from market import Result

__all__ = ["CAUSES", "OTHER_STARTUPS", "PHASES", "churn_rates", "hosted_cards", "switch_counts"]

CAUSES = ("out_of_patience", "poached", "at_renewal", "host_failed")
OTHER_STARTUPS = "other startups"
DAYS_PER_YEAR = 365.25
PER_CONTRACT_YEARS = 100.0
MONTHS_PER_HALF_YEAR = 6

PHASES = {
    "before the boom": (dt.date(2022, 1, 1), dt.date(2023, 2, 28)),
    "boom": (dt.date(2023, 3, 1), dt.date(2023, 10, 16)),
    "after the rule": (dt.date(2023, 10, 17), dt.date(2024, 12, 31)),
}
"""Times between the dates of the evidence: the boom of March 2023 (D2), the rule of 17 October 2023 (S9)."""


def hosted_cards(result: Result, dates: Sequence[dt.date]) -> pd.DataFrame:
    """Return the cards under contract on each date, by startup and cloud.

    Returns
    -------
    pandas.DataFrame
        Columns `date`, `startup` (an id, or `OTHER_STARTUPS`), `cloud`, `cards`; pairs with cards only.
    """
    contracts = result.contracts
    named = {firm.id for firm in result.scenario.startups}
    ids = contracts["startup"].array
    names = np.array([id_ if id_ in named else OTHER_STARTUPS for id_ in ids.categories], dtype=object)
    startup = names[ids.codes]
    starts, ends = _spans(result)
    parts = []
    for date in dates:
        runs = (starts <= np.datetime64(date)) & (ends > np.datetime64(date))
        held = pd.DataFrame(
            {
                "date": np.datetime64(date, "s"),
                "startup": startup[runs],
                "cloud": contracts["cloud"].to_numpy(object)[runs],
                "cards": contracts["cards"].to_numpy(np.int64)[runs],
            }
        )
        parts.append(held.groupby(["date", "startup", "cloud"], sort=True)["cards"].sum().reset_index())
    return pd.concat(parts, ignore_index=True)


def switch_counts(result: Result) -> pd.DataFrame:
    """Return the switches of a run by half-year, phase, cause and pair of clouds, with the time at risk.

    Returns
    -------
    pandas.DataFrame
        Columns `half_year` (such as ``2023H1``), `phase`, `cause`, `old`, `new`, `switches`, `contract_years`. Every
        half-year and phase has one row with an empty cause, which holds its contract-years and no switch, so that a
        time without a switch is in the table, too; in all others the contract-years are zero.
    """
    events = result.events.loc[result.events["kind"].array == "switched"]
    details = [dict(pair.split("=", 1) for pair in text.split() if "=" in pair) for text in events["detail"]]
    days = events["date"].to_numpy().astype("datetime64[D]")
    moves = pd.DataFrame(
        {
            "half_year": _half_years(days),
            "phase": _phases(days),
            "cause": [detail.get("cause", "") for detail in details],
            "old": [detail.get("from", "") for detail in details],
            "new": events["counterparty"].astype(str).to_numpy(object),
            "switches": 1,
            "contract_years": 0.0,
        }
    )
    keys = ["half_year", "phase", "cause", "old", "new"]
    counted = moves.groupby(keys, sort=True)[["switches", "contract_years"]].sum().reset_index()
    return pd.concat([_exposure(result), counted], ignore_index=True)


def churn_rates(counts: pd.DataFrame, by: Sequence[str], runs: int, luck: str) -> pd.DataFrame:
    """Return switches per 100 contract-years with 95% intervals from resampled runs.

    Parameters
    ----------
    counts : pandas.DataFrame
        Rows of `switch_counts` with `replicate`, for all runs.
    by : sequence of str
        First the time (`half_year` or `phase`), then what tells switches apart (`cause`, or `old` and `new`).
    runs : int
        Number of runs; those without a switch count as well.

    Returns
    -------
    pandas.DataFrame
        Columns of `by`, `switches` (mean a run), `contract_years` (mean a run), `rate`, `low`, `high`, `runs`.
    """
    when, kinds = by[0], list(by[1:])
    years = counts.pivot_table("contract_years", "replicate", when, "sum", fill_value=0.0).sort_index()
    moved = counts.loc[counts["cause"] != ""]
    switches = moved.pivot_table("switches", "replicate", [when, *kinds], "sum", fill_value=0)
    switches = switches.reindex(years.index, fill_value=0)
    if len(years) != runs:
        raise ValueError(f"counts: expected {runs} runs, found {len(years)}")
    times = list(years.columns)
    place = np.array([times.index(key[0] if kinds else key) for key in switches.columns], dtype=np.int64)

    def rates(means: np.ndarray) -> np.ndarray:
        at_risk = means[:, place]
        return PER_CONTRACT_YEARS * means[:, len(times) :] / np.where(at_risk > 0, at_risk, np.nan)

    table = np.hstack([years.to_numpy(float), switches.to_numpy(float)])
    value, low, high = bootstrap_means(table, rates, luck=luck)
    found = pd.DataFrame(list(switches.columns), columns=list(by))
    means = switches.to_numpy(float).mean(axis=0)
    at_risk = years.to_numpy(float).mean(axis=0)[place]
    return found.assign(switches=means, contract_years=at_risk, rate=value, low=low, high=high, runs=runs)


def _exposure(result: Result) -> pd.DataFrame:
    """Return the contract-years of every half-year and phase of the run."""
    days = result.daily["date"].to_numpy().astype("datetime64[D]")
    running = np.zeros(days.size + 1)
    starts, ends = ((side - days[0]).astype(np.int64).clip(0, days.size) for side in _spans(result))
    np.add.at(running, starts, 1.0)
    np.add.at(running, ends, -1.0)
    table = pd.DataFrame({"half_year": _half_years(days), "phase": _phases(days)})
    table["contract_years"] = np.cumsum(running)[:-1] / DAYS_PER_YEAR
    table = table.groupby(["half_year", "phase"], sort=True)["contract_years"].sum().reset_index()
    columns = ["half_year", "phase", "cause", "old", "new", "switches", "contract_years"]
    return table.assign(cause="", old="", new="", switches=0)[columns]


def _spans(result: Result) -> tuple[np.ndarray, np.ndarray]:
    """Return the first day of every contract and the day after its last; a running one ends after the run."""
    after = result.daily["date"].to_numpy().astype("datetime64[D]")[-1] + 1
    starts = result.contracts["start_date"].to_numpy().astype("datetime64[D]")
    ends = result.contracts["end_date"].to_numpy().astype("datetime64[D]")
    return starts, np.where(np.isnat(ends) | (ends > after), after, ends)


def _half_years(days: np.ndarray) -> np.ndarray:
    """Return the half-year of each day, such as ``2023H1``."""
    halves = days.astype("datetime64[M]").astype(np.int64) // MONTHS_PER_HALF_YEAR
    known, place = np.unique(halves, return_inverse=True)
    labels = [f"{1970 + half // 2}H{half % 2 + 1}" for half in known.tolist()]
    return np.array(labels, dtype=object)[place]


def _phases(days: np.ndarray) -> np.ndarray:
    """Return the phase of each day."""
    starts = np.array([first for first, _ in PHASES.values()], dtype="datetime64[D]")
    return np.array(list(PHASES), dtype=object)[np.searchsorted(starts, days, side="right") - 1]
