"""Churn of the whole market: who changes host, why, and who fails.

A switch is an event in which a startup's old host differs from its new one; its cause is in the detail.
Exposure is the time for which contracts of every kind ran, in contract-years, so that a half-year with few
contracts is not read as loyal. Half-years cut by the end of the run count the days they have.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from market.observers.columns import DAYS_PER_YEAR, RunTables, detail_of, has, in_days

__all__ = ["ALL_CAUSES", "CAUSES", "failures_by_half_year", "switches_by_half_year"]

CAUSES = ("out_of_patience", "poached", "at_renewal", "host_failed")
ALL_CAUSES = "all"
PER_CONTRACT_YEARS = 100
MONTHS_PER_HALF_YEAR = 6


def switches_by_half_year(run: RunTables) -> pd.DataFrame:
    """Return switches per 100 contract-years by half-year and cause.

    Returns
    -------
    pandas.DataFrame
        One row per half-year of the run and cause, and one per half-year with cause ``all``. Columns:
        `half_year` (such as ``2023H1``), `cause`, `switches`, `contract_years`,
        `switches_per_100_contract_years` (NaN without a contract).
    """
    switched = run.events.loc[has(run.events, "kind", "switched")]
    causes = np.array([detail_of(text).get("cause", "") for text in switched["detail"]], dtype=object)
    halves = _halves_of(in_days(switched, "date"))
    is_of = {cause: causes == cause for cause in CAUSES} | {ALL_CAUSES: np.ones(causes.size, dtype=bool)}
    rows = [
        (half, cause, int(np.count_nonzero(is_of_cause & (halves == half))), years)
        for half, years in _contract_years(run)
        for cause, is_of_cause in is_of.items()
    ]
    table = pd.DataFrame(rows, columns=["half_year", "cause", "switches", "contract_years"])
    per_year = table["switches"] / table["contract_years"].where(table["contract_years"] > 0)
    table["switches_per_100_contract_years"] = PER_CONTRACT_YEARS * per_year
    table["half_year"] = table["half_year"].map(_label)
    return table


def failures_by_half_year(run: RunTables) -> pd.DataFrame:
    """Return the number of startups that failed in each half-year of the run.

    Returns
    -------
    pandas.DataFrame
        Columns `half_year` and `startups_failed`.
    """
    failed = run.events.loc[has(run.events, "kind", "firm_failed")]
    halves = _halves_of(in_days(failed, "date"))[_is_startup(run, failed["actor"])]
    return pd.DataFrame(
        {
            "half_year": [_label(half) for half in _run_halves(run)],
            "startups_failed": [int(np.count_nonzero(halves == half)) for half in _run_halves(run)],
        }
    )


def _is_startup(run: RunTables, actors: pd.Series) -> np.ndarray:
    """Return which ids belong to startups: those that are no other firm of the scenario."""
    named = {firm.id for firm in (*run.scenario.clouds, *run.scenario.server_makers)} | {"nvidia"}
    return np.array([actor not in named and not actor.startswith("speculator_") for actor in actors], bool)


def _contract_years(run: RunTables) -> list[tuple[int, float]]:
    """Return each half-year of the run with the contract-years that ran in it."""
    days = in_days(run.daily, "date")
    after_run = days[-1] + 1 if days.size else np.datetime64("NaT")
    starts = in_days(run.contracts, "start_date")
    ends = in_days(run.contracts, "end_date")
    ends = np.where(np.isnat(ends) | (ends > after_run), after_run, ends)
    exposure = []
    for half in _run_halves(run):
        first, last = _half_starts(half), _half_starts(half + 1)
        ran = (np.minimum(ends, last) - np.maximum(starts, first)).astype("timedelta64[D]").astype(np.int64)
        exposure.append((half, float(np.maximum(ran, 0).sum()) / DAYS_PER_YEAR))
    return exposure


def _run_halves(run: RunTables) -> range:
    """Return the half-years the run touches, as half-years since 1970."""
    days = in_days(run.daily, "date")
    if not days.size:
        return range(0)
    first, last = _halves_of(days[[0, -1]])
    return range(int(first), int(last) + 1)


def _halves_of(days: np.ndarray) -> np.ndarray:
    """Return the half-year of each day, as half-years since 1970."""
    return days.astype("datetime64[M]").astype(np.int64) // MONTHS_PER_HALF_YEAR


def _half_starts(half: int) -> np.datetime64:
    """Return the first day of a half-year."""
    return np.datetime64(half * MONTHS_PER_HALF_YEAR, "M").astype("datetime64[D]")


def _label(half: int) -> str:
    """Return a half-year as it is written, such as ``2023H1``."""
    year, second = divmod(half, 2)
    return f"{1970 + year}H{second + 1}"
