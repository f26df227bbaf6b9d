"""The only place that knows dates.

One step is one calendar day. Day 0 is 2022-01-01 and day 1095 is 2024-12-31; the rest of the model counts
days and months as integers and asks this module for what they mean. The vectors below are indexed by day,
int32 and read-only. Public holidays and trading hours are left out: firms act on calendar days.
"""

from __future__ import annotations

import datetime as dt
import operator
from typing import SupportsIndex

import numpy as np
from numpy.typing import NDArray

from market.errors import UsageError

FIRST_DAY = dt.date(2022, 1, 1)
LAST_DAY = dt.date(2024, 12, 31)
N_DAYS = (LAST_DAY - FIRST_DAY).days + 1

_MONTHS_PER_YEAR = 12
N_MONTHS = (LAST_DAY.year - FIRST_DAY.year) * _MONTHS_PER_YEAR + LAST_DAY.month - FIRST_DAY.month + 1

_HORIZON = f"{FIRST_DAY.isoformat()} to {LAST_DAY.isoformat()}"


def _frozen(values: NDArray[np.generic]) -> NDArray[np.int32]:
    """Return the values as a read-only int32 vector."""
    vector = np.ascontiguousarray(values, dtype=np.int32)
    vector.setflags(write=False)
    return vector


_DATES = np.datetime64(FIRST_DAY, "D") + np.arange(N_DAYS)
_DATES.setflags(write=False)
_MONTHS = np.datetime64(FIRST_DAY, "M") + np.arange(N_MONTHS + 1)
_STARTS = _frozen((_MONTHS.astype("datetime64[D]") - _DATES[0]).astype(np.int64))

MONTH_OF_DAY = _frozen((_DATES.astype("datetime64[M]") - _MONTHS[0]).astype(np.int64))
"""Month of each day, 0 (January 2022) to 35 (December 2024)."""

DAY_OF_MONTH = _frozen(np.arange(N_DAYS) - _STARTS[MONTH_OF_DAY])
"""Day within its month, counted from 0."""

DAYS_IN_MONTH = _frozen(np.diff(_STARTS)[MONTH_OF_DAY])
"""Number of days of the month that each day lies in, 28 to 31."""

WEEKDAY = _frozen((np.arange(N_DAYS) + FIRST_DAY.weekday()) % 7)
"""Weekday of each day, 0 (Monday) to 6 (Sunday)."""


def day_of(date: dt.date | str) -> int:
    """Return the day number of a date.

    Parameters
    ----------
    date : datetime.date or str
        A date, or its text as ``YYYY-MM-DD``.

    Returns
    -------
    int
        Days since 2022-01-01, which is day 0.

    Raises
    ------
    UsageError
        When the text is not such a date, or the date lies outside the horizon.
    """
    day = (_parsed(date) - FIRST_DAY).days
    if not 0 <= day < N_DAYS:
        raise UsageError("date", str(date), f"a date from {_HORIZON}", "market.calendar")
    return day


def date_of(day: SupportsIndex) -> dt.date:
    """Return the date of a day number.

    Parameters
    ----------
    day : int
        Days since 2022-01-01; NumPy integers are fine.

    Returns
    -------
    datetime.date

    Raises
    ------
    UsageError
        When it is not a whole number from 0 to 1095.
    """
    return FIRST_DAY + dt.timedelta(days=_index("day", day, N_DAYS))


def month_starts() -> NDArray[np.int32]:
    """Return the first day of every month.

    Returns
    -------
    numpy.ndarray of int32, shape (36,)
        Day numbers, read-only; the first is 0.
    """
    return _STARTS[:N_MONTHS]


def month_label(month: SupportsIndex) -> str:
    """Return a month as it is written in results, such as ``2023-07``.

    Parameters
    ----------
    month : int
        Months since January 2022, which is month 0.

    Raises
    ------
    UsageError
        When it is not a whole number from 0 to 35.
    """
    return str(_MONTHS[_index("month", month, N_MONTHS)])


def dates() -> NDArray[np.datetime64]:
    """Return every date of the horizon, for the date column of a result.

    Returns
    -------
    numpy.ndarray of datetime64[D], shape (1096,)
        Read-only, in order.
    """
    return _DATES


def _parsed(date: dt.date | str) -> dt.date:
    """Return a date as such, whatever accepted form it came in."""
    if isinstance(date, dt.datetime):
        return date.date()
    if isinstance(date, dt.date):
        return date
    try:
        parsed = dt.date.fromisoformat(date)
    except (TypeError, ValueError):
        parsed = None
    # fromisoformat also reads 20230701 and 2023-W26-6; one spelling is enough for files that people compare.
    if parsed is None or parsed.isoformat() != date:
        raise UsageError("date", date, f"a date written YYYY-MM-DD, from {_HORIZON}", "market.calendar")
    return parsed


def _index(field: str, value: SupportsIndex, length: int) -> int:
    """Return a whole number in [0, length), or raise a UsageError that names the field."""
    try:
        index = operator.index(value)
    except TypeError:
        index = -1
    if not 0 <= index < length:
        raise UsageError(field, value, f"a whole number from 0 to {length - 1}", "market.calendar")
    return index
