"""Run an open tender whose price descends until one bidder is left.

Bidders know their own floor alone and stay as long as the price is not under it. The price starts at the
ceiling and falls by the tick while at least two stay; the last one wins at the price at which its last rival
left, so the price is the *second-lowest* floor (within a tick) and a very low close needs a loser willing to
go nearly as low. The answer is computed directly, not step by step. What it leaves out: how floors come
about, and jump bids.
"""

from __future__ import annotations

import numpy as np

from market.kernels.compile import compiled
from market.kernels.luck import bits

NOBODY = -1


@compiled
def descend(
    floors_bp: np.ndarray,
    n: int,
    start_bp: int,
    tick_bp: int,
    seed: int,
    decision: int,
    day: int,
    keys: np.ndarray,
) -> tuple[int, int]:
    """Return (winner_index, price_bp) of one tender, or (-1, 0) if nobody bids.

    Parameters
    ----------
    floors_bp : int64 array (at least n)
        Lowest acceptable price of each bidder, basis points of list; above `start_bp` it does not bid.
    start_bp, tick_bp : int
        Opening price and step, basis points of list; the step is positive.
    seed, decision, day : int
        Name the draw between bidders who leave at the same step. Tenders of one day need different luck:
        pass ``luck.pair(seed, tender)`` as the seed.
    keys : int64 array (at least n)
        The bidders' stable keys.
    """
    winner, longest, second = NOBODY, -1, -1
    for i in range(n):
        if floors_bp[i] > start_bp:
            continue
        steps = (start_bp - floors_bp[i]) // tick_bp
        if steps > longest:
            winner, second, longest = i, longest, steps
        elif steps == longest:
            second = steps
            if bits(seed, decision, day, keys[i], 0) < bits(seed, decision, day, keys[winner], 0):
                winner = i
        elif steps > second:
            second = steps
    if winner == NOBODY:
        return NOBODY, 0
    return winner, start_bp - max(second, 0) * tick_bp
