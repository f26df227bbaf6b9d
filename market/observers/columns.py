"""Columns of a run's tables as arrays.

Observers ask for the few columns they need and work on arrays, because `measure` is called thousands of
times in a search. Dates become days (datetime64[D]); a span of dates includes both ends.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["CARD", "DAYS_PER_MONTH", "DAYS_PER_YEAR", "RunTables", "between", "detail_of", "has", "in_days"]

CARD = "a800"
"""Product id of the A-class training card, under every name it had."""

DAYS_PER_YEAR = 365.25
DAYS_PER_MONTH = DAYS_PER_YEAR / 12

Days = NDArray[np.datetime64]
Mask = NDArray[np.bool_]


class RunTables(Protocol):
    """What an observer reads of a result: the scenario and its tables."""

    @property
    def scenario(self) -> Any: ...
    @property
    def seed(self) -> int: ...
    @property
    def daily(self) -> pd.DataFrame: ...
    @property
    def firms(self) -> pd.DataFrame: ...
    @property
    def events(self) -> pd.DataFrame: ...
    @property
    def contracts(self) -> pd.DataFrame: ...
    @property
    def orders(self) -> pd.DataFrame: ...
    @property
    def deliveries(self) -> pd.DataFrame: ...


def in_days(table: pd.DataFrame, column: str) -> Days:
    """Return a column of dates as days; a missing date is NaT."""
    return table[column].to_numpy().astype("datetime64[D]")


def has(table: pd.DataFrame, column: str, name: str) -> Mask:
    """Return which rows hold this name; a missing one does not."""
    names = table[column].array
    if isinstance(names, pd.Categorical):
        if name not in names.categories:
            return np.zeros(len(names), dtype=bool)
        return names.codes == names.categories.get_loc(name)
    # A missing string compares as missing, which is no name.
    return np.asarray(pd.array(names == name).fillna(False), dtype=bool)


def between(days: Days, first: dt.date, last: dt.date) -> Mask:
    """Return which days lie from `first` to `last`, both included; NaT does not."""
    return (days >= np.datetime64(first)) & (days <= np.datetime64(last))


def detail_of(text: str) -> dict[str, str]:
    """Return the ``key=value`` pairs of an event's detail."""
    return dict(pair.split("=", 1) for pair in str(text).split() if "=" in pair)
