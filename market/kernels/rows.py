"""Lists of rows: which of many agents a rule has to look at one by one.

A processor does plain arithmetic over columns several rows at a time, as long as a loop has few columns and no way
out of it. So a rule for a million agents is a few such passes over a block of rows, and what only some of them need is
done by their list. Listing takes the same time whoever is on the list. What it leaves out: what is done with them.
"""

from __future__ import annotations

import numpy as np

from market.kernels.compile import compiled


@compiled
def list_marked(marks: np.ndarray, rows: np.ndarray) -> int:
    """Fill `rows` with the numbers of marked rows, rising, and return how many there are.

    Parameters
    ----------
    marks : int8 array (n,)
        Not 0 for the rows to be listed.
    rows : int64 array (at least n)
    """
    n = 0
    for row in range(marks.shape[0]):
        rows[n] = row
        n += 1 if marks[row] else 0
    return n
