"""Marked rows are listed, whoever is marked."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market.kernels.rows import list_few, list_marked


@settings(deadline=None)
@given(st.lists(st.sampled_from([0, 0, 0, 0, 0, 0, 1, 2, -1]), max_size=70))
def test_both_lists_name_the_marked_rows_in_order(values: list[int]) -> None:
    marks = np.array(values, np.int8)
    marked = [row for row, mark in enumerate(values) if mark]
    for listing in (list_marked, list_few):
        rows = np.full(len(values), -7, np.int64)
        assert rows[: listing(marks, rows)].tolist() == marked


@pytest.mark.parametrize("n", [0, 1, 7, 8, 9, 511, 512])
def test_all_and_none_are_listed(n: int) -> None:
    rows = np.full(n, -7, np.int64)
    for listing in (list_marked, list_few):
        assert listing(np.zeros(n, np.int8), rows) == 0
        assert listing(np.ones(n, np.int8), rows) == n
        assert rows.tolist() == list(range(n))


def test_a_part_of_the_marks_is_listed_alone() -> None:
    marks, rows = np.ones(40, np.int8), np.zeros(40, np.int64)
    assert list_few(marks[:19], rows) == 19
    assert list_few(marks[3:22], rows) == 19
