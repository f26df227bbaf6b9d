"""Choose one option, or rank all, by value.

`choose` adds Gumbel luck to each value and takes the best, which is a logit choice (McFadden1974): the chance
of an option is exp(value / scale) over the sum. The luck belongs to the option's key, so an option more or
less leaves the luck of the others alone. What it leaves out: where values come from.
"""

from __future__ import annotations

import numpy as np

from market.kernels.compile import compiled
from market.kernels.luck import gumbel

NONE = -1


@compiled
def choose(values: np.ndarray, n: int, seed: int, decision: int, day: int, keys: np.ndarray, scale: float) -> int:
    """Return the option of largest ``value + scale * luck``, or -1 if there is none.

    Parameters
    ----------
    values : float64 array (at least n)
        Value of each option; minus infinity or not-a-number rules it out.
    seed, decision, day : int
        Name the draw. Choosers of one day need different luck: pass ``luck.pair(seed, chooser)`` as the seed.
    keys : int64 array (at least n)
        The options' stable keys, distinct; equal values go to the smaller.
    scale : float
        Weight of luck, in units of value; 0 takes the best option.
    """
    best, best_value = NONE, -np.inf
    for i in range(n):
        if not values[i] > -np.inf:
            continue
        value = values[i] + scale * gumbel(seed, decision, day, keys[i], 0)
        if best == NONE or value > best_value or (value == best_value and keys[i] < keys[best]):
            best, best_value = i, value
    return best


@compiled
def rank(values: np.ndarray, n: int, out: np.ndarray) -> None:
    """Fill `out[:n]` with option numbers by falling value, equal ones in their given order.

    Insertion sort, for short lists; `kernels.order` serves long ones.
    """
    for i in range(n):
        place = i
        while place > 0 and values[out[place - 1]] < values[i]:
            out[place] = out[place - 1]
            place -= 1
        out[place] = i
