"""A run that no model made: tables of the right columns, for tests of what is done with results."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest

from market.scenarios import Scenario, load_scenario

DAYS = 40


@dataclass(frozen=True)
class MadeUpResult:
    """The fields of a result."""

    scenario: Scenario
    seed: int
    daily: pd.DataFrame
    firms: pd.DataFrame
    events: pd.DataFrame
    contracts: pd.DataFrame
    orders: pd.DataFrame
    deliveries: pd.DataFrame
    wall_seconds: float = 0.25


def made_up_run(scenario: Any = "tiny", seed: int = 1, days: int | None = None) -> MadeUpResult:
    """Return a run whose spot price is its seed and whose fill rate is never known on the first day."""
    n_days = DAYS if days is None else days
    dates = pd.date_range("2022-01-01", periods=n_days).astype("datetime64[ns]")
    fill_rate = np.full(n_days, 0.5)
    fill_rate[0] = np.nan
    daily = pd.DataFrame(
        {
            "date": dates,
            "spot_price_cny": np.full(n_days, float(seed)),
            "fill_rate": fill_rate,
            "switches": np.arange(n_days),
        }
    )
    events = pd.DataFrame({"date": dates[:1], "kind": ["order_placed"], "actor": ["aws_china"], "cards": [8]})
    empty = pd.DataFrame({"order_id": pd.Series([], dtype=np.int64), "buyer": pd.Series([], dtype=object)})
    loaded = scenario if isinstance(scenario, Scenario) else load_scenario(scenario)
    return MadeUpResult(loaded, seed, daily, empty, events, empty, empty, empty)


def replace_the_model(monkeypatch: pytest.MonkeyPatch, run: Any = made_up_run) -> None:
    """Let `market.simulation.run` be another function."""
    module = ModuleType("market.simulation")
    module.run = run  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "market.simulation", module)
