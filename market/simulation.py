"""Run a scenario to its end, or for some days, and hand back its tables."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from market import calendar
from market.engine import Engine, scenario_of
from market.observers import tables
from market.scenarios import Scenario, is_allotted_in_python

__all__ = ["Result", "result_of", "run"]


@dataclass(frozen=True)
class Result:
    """Tables of a run; tidy, one row per observation, units in their names."""

    scenario: Scenario
    seed: int
    daily: pd.DataFrame = field(repr=False)
    firms: pd.DataFrame = field(repr=False)
    events: pd.DataFrame = field(repr=False)
    contracts: pd.DataFrame = field(repr=False)
    orders: pd.DataFrame = field(repr=False)
    deliveries: pd.DataFrame = field(repr=False)
    wall_seconds: float


def run(
    scenario: Scenario | str | Path = "baseline", seed: int = 1, *, days: int | None = None, **overrides: Any
) -> Result:
    """Run a scenario.

    Parameters
    ----------
    scenario : Scenario, str or path
        A scenario, or the name or path of one.
    seed : int
        Seed of all luck.
    days : int, optional
        Days to run from 2022-01-01 on; the whole calendar by default.
    **overrides
        Scenario overrides as in ``--set``, with ``__`` for the dot.

    Returns
    -------
    Result
        All tables of the run.

    Raises
    ------
    ScenarioError, UsageError
        If the input is not usable.
    BooksError
        If an account does not close.
    """
    started = time.perf_counter()
    market = _market_of(scenario_of(scenario, overrides), seed)
    market.advance(calendar.N_DAYS if days is None else days)
    return result_of(market, time.perf_counter() - started)


def _market_of(scenario: Scenario, seed: int) -> Engine:
    """The engine alone, which needs no Mesa, unless a decision of the scenario is written in Python."""
    if not is_allotted_in_python(scenario.market.allotment):
        return Engine(scenario, seed)
    from market.model import GpuMarket

    return GpuMarket(scenario, seed)


def result_of(market: Engine, wall_seconds: float = 0.0) -> Result:
    """The tables of a market as it stands."""
    world, cast, days = market.world, market.cast, market.day
    return Result(
        scenario=market.scenario,
        seed=int(np.int64(world.clock[0])),
        daily=tables.daily_frame(world, days),
        firms=tables.firms_frame(world, cast, days),
        events=tables.events_frame(market.journal.rows("event"), cast),
        contracts=tables.contracts_frame(world, market.journal.rows("ended"), cast, days),
        orders=tables.orders_frame(world, cast),
        deliveries=tables.deliveries_frame(world, market.journal.rows("delivery"), cast),
        wall_seconds=wall_seconds,
    )
