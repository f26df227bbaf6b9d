"""Rows are put in order of value, then of key."""

from random import Random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from market.kernels.order import order_rows


@settings(deadline=None)
@given(st.lists(st.integers(-3, 3), max_size=40), st.randoms(use_true_random=False))
def test_the_order_is_by_falling_value_and_rising_key(values: list[int], shuffler: Random) -> None:
    keys = list(range(len(values)))
    shuffler.shuffle(keys)
    order = np.full(len(values), -1, np.int64)
    order_rows(np.array(values, np.int64), np.array(keys, np.int64), order, len(values))
    assert order.tolist() == sorted(range(len(values)), key=lambda i: (-values[i], keys[i]))


def test_equal_values_and_keys_keep_their_row_order() -> None:
    order = np.zeros(4, np.int64)
    order_rows(np.ones(4, np.int64), np.ones(4, np.int64), order, 4)
    assert order.tolist() == [0, 1, 2, 3]
