"""The small market before its firms decide, and when and what they do."""

from __future__ import annotations

from typing import Any

from small_market import key_of_account, seed_of, small

from market import GpuMarket
from market.decisions import valuation
from market.state import trader
from market.state.world import WEEKDAY

T = 40  # the day of most calls
MONTH_DAYS = 30.4375
INFLATION = 0.4 / 0.8 + 0.6  # of orders: gaming of a half less a deposit of a fifth, at a fill rate of .8


def market(overrides: dict[str, Any] | None = None, **parameters: float) -> GpuMarket:
    """The small market; in the name of a parameter a dot is written as two underscores."""
    return small({**(overrides or {}), **{key.replace("__", "."): value for key, value in parameters.items()}})


def planning_days(model: GpuMarket, holder: int, first: int = T, days: int = 7) -> list[bool]:
    """Whether an account plans on each of these days."""
    weekdays = model.world.calendar[WEEKDAY, first : first + days].tolist()
    return [bool(valuation.plans_today(seed_of(model), key_of_account(model, holder), weekday)) for weekday in weekdays]


def quotes(model: GpuMarket, holder: int) -> tuple[int, int]:
    """Tick and cards of an account's order for A-class cards."""
    return tuple(model.world.quote_i32[[trader.TICK, trader.QUANTITY], holder].tolist())
