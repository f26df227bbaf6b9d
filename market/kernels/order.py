"""Put rows in order without allocating: largest value first, then smallest key.

Heap sort of an index array, so that 10^5 accounts take n log n comparisons. Equal value and key fall back on
the row number; accounts have distinct keys, so the rows' own order does not matter.
"""

from __future__ import annotations

import numpy as np

from market.kernels.compile import compiled


@compiled
def order_rows(values: np.ndarray, keys: np.ndarray, order: np.ndarray, n: int) -> None:
    """Fill `order[:n]` with row numbers by falling `values[:n]`, ties by rising `keys[:n]` (all int64)."""
    for i in range(n):
        order[i] = i
    for root in range(n // 2 - 1, -1, -1):
        _sift(values, keys, order, root, n)
    for last in range(n - 1, 0, -1):
        order[0], order[last] = order[last], order[0]
        _sift(values, keys, order, 0, last)


@compiled
def _sift(values: np.ndarray, keys: np.ndarray, order: np.ndarray, root: int, n: int) -> None:
    """Sink the root until no child comes after it: the row that comes last of all is on top of the heap."""
    while 2 * root + 1 < n:
        child = 2 * root + 1
        if child + 1 < n and _comes_first(values, keys, order[child], order[child + 1]):
            child += 1
        if not _comes_first(values, keys, order[root], order[child]):
            return
        order[root], order[child] = order[child], order[root]
        root = child


@compiled
def _comes_first(values: np.ndarray, keys: np.ndarray, i: int, j: int) -> bool:
    if values[i] != values[j]:
        return values[i] > values[j]
    if keys[i] != keys[j]:
        return keys[i] < keys[j]
    return i < j
