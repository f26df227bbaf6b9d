"""Passes over columns, each on a few rows written out here: what they write for whom, and what they add up."""

from collections.abc import Callable

import numpy as np
import pytest

from market.kernels.rows import list_few
from market.markets import billing, demand, leases, serving, spot, switching
from market.state import startup as s

UNBORN, ALIVE, FAILED = s.UNBORN, s.ALIVE, s.FAILED


def column(kind: type) -> Callable[..., np.ndarray]:
    """How a column of this type is written out."""
    return lambda *values: np.array(values, kind)


ints, cards, days, codes = column(np.int64), column(np.int32), column(np.int16), column(np.int8)
reals, narrow = column(np.float64), column(np.float32)


def test_only_the_living_earn() -> None:
    revenues = ints(9, 9, 9, 9)
    per_call = narrow(*[30.4375] * 4)  # a yuan a day
    total = billing._earn(codes(ALIVE, UNBORN, ALIVE, FAILED), narrow(1, 2, 3, 4), per_call, revenues)
    assert revenues.tolist() == [100, 0, 300, 0]
    assert total == 400


def test_costs_are_paid_as_far_as_the_money_goes_and_the_dead_have_none() -> None:
    status = codes(ALIVE, ALIVE, ALIVE, ALIVE, FAILED, FAILED, UNBORN)
    online, scale = cards(2, 2, 2, 0, 2, 2, 0), narrow(*[1.0] * 7)
    cash, unpaid = ints(1000, 250, 150, 1000, 1000, 1000, 1000), ints(0, 0, 0, 5, 0, 0, 0)
    costs, amounts, insolvent = ints(7, 0, 0, 0, 0, 0, 0), ints(*[9] * 7), codes(1, 0, 0, 0, 0, 1, 0)
    paid = billing._spend(status, online, scale, cash, unpaid, costs, amounts, insolvent, 100, 30.4375)
    assert amounts.tolist() == [-300, -250, -150, -100, 0, 0, 0]  # 100 a card and 100 of salary
    assert paid == (200 + 200 + 150, 100 + 50 + 0 + 100)
    assert costs.tolist() == [307, 300, 300, 100, 0, 0, 0]
    assert insolvent.tolist() == [0, 1, 1, 1, 0, 1, 0]
    assert cash.tolist() == [1000, 250, 150, 1000, 1000, 1000, 1000]  # the ledger posts


def test_the_record_of_the_month_begins_with_the_first_startup() -> None:
    months = ints(10, 20, 30, 40, 50)
    billing._record(months, 3, ints(1, 2, 3))
    assert months.tolist() == [10, 20, 30, 41, 52]
    billing._record(months, 5, ints(1, 2, 3))
    assert months.tolist() == [10, 20, 30, 41, 52]


def test_those_with_need_who_have_searched_for_long_ask_once() -> None:
    marks = codes(*[7] * 6)
    unmet, search = reals(0.0, 0.5, 8.0, 8.0, 8.0, 8.0), days(9, 3, 2, 3, 4, 4)
    assert demand._mark_impatient(unmet, search, days(-1, -1, -1, -1, -1, 0), 3.0, marks) == 3
    assert marks.tolist() == [0, 1, 0, 1, 1, 0]


def test_search_and_its_end() -> None:
    status, unmet, search = codes(ALIVE, ALIVE, FAILED, FAILED), reals(2.0, 0.0, 0.0, 2.0), days(4, 4, 4, 4)
    demand._count_days(status, unmet, search)
    assert search.tolist() == [5, 0, 4, 4]
    asked = days(1, 1, 1, 1)
    demand._forget_makers(status, unmet, asked)
    assert asked.tolist() == [1, -1, 1, 1]
    demand._drop_buyers(days(-1, 0, 3, -1), unmet)
    assert unmet.tolist() == [2.0, 0.0, 0.0, 2.0]


def test_training_alone() -> None:
    status, is_hosted = codes(ALIVE, ALIVE, ALIVE, ALIVE, FAILED, ALIVE), codes(0, 0, 0, 1, 0, 0)
    online, run = cards(2, 2, 0, 2, 2, 4), cards(3, 8, 5, 8, 8, 36)
    running = codes(0, 1, 1, 0, 1, 1)
    assert serving._train_alone(status, is_hosted, online, run, running, 1.0, 5.0) == 10 + 40
    assert run.tolist() == [5, 0, 0, 8, 8, 0]
    assert running.tolist() == [1, 1, 0, 0, 1, 1]


@pytest.mark.parametrize("mark", [leases._mark_waiting, switching._mark_moves])
def test_choices_are_marked_and_counted(mark: object) -> None:
    marks = codes(7, 7, 7, 7)
    column = days(-1, 0, 3, -1) if mark is leases._mark_waiting else codes(-1, 0, 3, -1)
    assert mark(column, marks) == 2
    assert marks.tolist() == [0, 1, 1, 0]


def test_bids_and_asks_that_may_meet_are_marked_and_counted() -> None:
    marks, quantities = codes(7, 7, 7, 7), cards(0, 5, 5, -5)
    assert spot._mark_bids(cards(9, 8, 7, 9), quantities, 8, marks) == 1
    assert marks.tolist() == [0, 1, 0, 0]
    assert spot._mark_asks(quantities, marks) == 1
    assert marks.tolist() == [0, 0, 0, 1]


def test_a_single_mark_in_a_word_is_listed() -> None:
    rows = ints(*[-1] * 16)
    for place in range(16):
        marks = np.zeros(16, np.int8)
        marks[place] = 1
        assert list_few(marks, rows) == 1
        assert rows[0] == place
