"""Lists of rows: which of many agents a rule has to look at one by one.

A processor does plain arithmetic over columns several rows at a time, as long as a loop has few columns and no way
out of it. So a rule for a million agents is a few such passes over a block of rows, and what only some of them need is
done by their list. What it leaves out: what is done with them.
"""

from __future__ import annotations

import numpy as np

from market.kernels.compile import compiled

MARKS_PER_WORD = 8


@compiled
def list_marked(marks: np.ndarray, rows: np.ndarray) -> int:
    """Fill `rows` with the numbers of marked rows, rising, and return how many there are.

    Parameters
    ----------
    marks : int8 array (n,)
        Not 0 for the rows to be listed.
    rows : int64 array (at least n)
    """
    return _list_some(marks, 0, marks.shape[0], rows, 0)


@compiled
def list_few(marks: np.ndarray, rows: np.ndarray) -> int:
    """List marked rows as `list_marked` does, in less time if few of a hundred are marked: eight marks at a look."""
    n, whole = 0, marks.shape[0] // MARKS_PER_WORD * MARKS_PER_WORD
    words = marks[:whole].view(np.int64)
    for word in range(words.shape[0]):
        if words[word] != 0:
            n = _list_some(marks, MARKS_PER_WORD * word, MARKS_PER_WORD * (word + 1), rows, n)
    return _list_some(marks, whole, marks.shape[0], rows, n)


@compiled
def _list_some(marks: np.ndarray, first: int, end: int, rows: np.ndarray, n: int) -> int:
    for row in range(first, end):
        rows[n] = row
        n += 1 if marks[row] else 0
    return n
