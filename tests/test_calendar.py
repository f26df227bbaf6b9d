"""The calendar, against the standard library's dates."""

from __future__ import annotations

import calendar as stdlib_calendar
import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market import calendar
from market.errors import UsageError

VECTORS = ("MONTH_OF_DAY", "DAY_OF_MONTH", "DAYS_IN_MONTH", "WEEKDAY")
ALL_DATES = [calendar.FIRST_DAY + dt.timedelta(days=day) for day in range(calendar.N_DAYS)]


def test_the_horizon_is_three_years_of_1096_days_and_36_months() -> None:
    assert (dt.date(2022, 1, 1), dt.date(2024, 12, 31)) == (calendar.FIRST_DAY, calendar.LAST_DAY)
    assert (calendar.N_DAYS, calendar.N_MONTHS) == (1096, 36)
    assert ALL_DATES[-1] == calendar.LAST_DAY


def test_known_days_have_their_numbers() -> None:
    assert calendar.day_of("2022-01-01") == 0
    assert calendar.day_of("2022-08-26") == 237
    assert calendar.day_of("2024-02-29") == 789
    assert calendar.day_of(dt.date(2024, 12, 31)) == 1095
    assert calendar.day_of(dt.datetime(2022, 1, 2, 23, 59)) == 1


@given(st.integers(0, calendar.N_DAYS - 1))
def test_a_day_and_its_date_are_the_same_thing(day: int) -> None:
    date = calendar.date_of(day)
    assert calendar.day_of(date) == calendar.day_of(date.isoformat()) == day
    assert calendar.date_of(np.int32(day)) == date


@pytest.mark.parametrize("name", VECTORS)
def test_every_vector_is_int32_with_one_entry_a_day_and_cannot_be_written(name: str) -> None:
    vector = getattr(calendar, name)
    assert vector.dtype == np.int32
    assert vector.shape == (calendar.N_DAYS,)
    assert vector.flags.c_contiguous
    with pytest.raises(ValueError, match="read-only"):
        vector[0] = 1


def test_every_vector_agrees_with_the_standard_library_on_every_day() -> None:
    expected = [
        (
            12 * (date.year - 2022) + date.month - 1,
            date.day - 1,
            stdlib_calendar.monthrange(date.year, date.month)[1],
            date.weekday(),
        )
        for date in ALL_DATES
    ]
    found = np.column_stack([getattr(calendar, name) for name in VECTORS])
    np.testing.assert_array_equal(found, np.array(expected))


def test_month_starts_are_the_first_days_of_the_36_months() -> None:
    starts = calendar.month_starts()
    assert starts.dtype == np.int32
    assert [calendar.date_of(day) for day in starts] == [date for date in ALL_DATES if date.day == 1]
    assert not starts.flags.writeable


def test_months_are_labelled_by_year_and_month() -> None:
    labels = [calendar.month_label(month) for month in range(calendar.N_MONTHS)]
    assert labels[0] == "2022-01"
    assert labels[18] == "2023-07"
    assert labels[-1] == "2024-12"


def test_the_date_column_holds_every_date_in_order() -> None:
    assert calendar.dates().dtype == np.dtype("datetime64[D]")
    assert calendar.dates().tolist() == ALL_DATES
    assert not calendar.dates().flags.writeable


@pytest.mark.parametrize(
    "date",
    [
        "2021-12-31",
        "2025-01-01",
        dt.date(2021, 12, 31),
        "2023-02-29",
        "20230701",
        "2023-W26-6",
        "July",
        "",
        5,
        None,
    ],
)
def test_a_date_that_is_unreadable_or_outside_the_horizon_is_refused(date: object) -> None:
    with pytest.raises(UsageError, match="2022-01-01 to 2024-12-31") as caught:
        calendar.day_of(date)  # type: ignore[arg-type]
    assert caught.value.field == "date"


@pytest.mark.parametrize("day", [-1, 1096, 0.5, "3", None])
def test_a_day_outside_the_horizon_is_refused(day: object) -> None:
    with pytest.raises(UsageError, match="0 to 1095"):
        calendar.date_of(day)  # type: ignore[arg-type]


@pytest.mark.parametrize("month", [-1, 36])
def test_a_month_outside_the_horizon_is_refused(month: int) -> None:
    with pytest.raises(UsageError, match="0 to 35"):
        calendar.month_label(month)
