"""Split a supply of whole cards among buyers whose due orders exceed it.

NVIDIA acts, knowing each buyer's due cards, weight and key. Every rule is a split by largest remainder: in
proportion to orders or past deliveries, in equal parts, or in equal *losses*; only `priority` serves buyers
one after another. No buyer gets more than is due to it, and nothing is left over while an order is open.
Rules: Cachon1999turn. What it leaves out: which orders are due.

All counts are int64, arrays have one row per buyer, keys are distinct and break ties (smaller first). Room
for intermediate results comes from the caller: `work`, int64 of shape (WORK_ROWS, at least n), is
overwritten.
"""

from __future__ import annotations

import numpy as np

from market.kernels.compile import compiled
from market.kernels.order import order_rows

PROPORTIONAL = 0
LINEAR = 1
UNIFORM = 2
TURN_AND_EARN = 3
PRIORITY = 4
RULES: dict[str, int] = {
    "proportional": PROPORTIONAL,
    "linear": LINEAR,
    "uniform": UNIFORM,
    "turn_and_earn": TURN_AND_EARN,
    "priority": PRIORITY,
}

SHARE_ROW = 0  # weights of the accounts still open
REMAINDER_ROW = 1  # numerators of the fractions cut off
ORDER_ROW = 2  # who is first in line for the last units
EQUAL_ROW = 3  # ones
REVERSED_ROW = 4  # keys, the other way round
LOT_ROW = 5  # minimum lots
ROOM_ROW = 6  # what remains due after the minimum lots
WORK_ROWS = 7

EXACT_PRODUCT = 2**31  # factors below this multiply without overflow
TOP_BIT = 61


@compiled
def pro_rata(
    total: int, weights: np.ndarray, caps: np.ndarray, keys: np.ndarray, work: np.ndarray, out: np.ndarray
) -> None:
    """Split `total` in proportion to `weights`, nobody above its cap, by largest remainder.

    What a capped account cannot take is split among the others, until all is given or all caps are full;
    accounts of weight zero come last, in equal parts. So ``sum(out) == min(total, sum(caps))``. Units may be
    cards or fen: `total` and ``sum(weights)`` up to 2**61.
    """
    share = work[SHARE_ROW]
    for i in range(out.shape[0]):
        out[i] = 0
        share[i] = weights[i] if caps[i] > 0 else 0
    left = _split_among_open(max(total, 0), caps, keys, work, out)
    if left > 0:
        for i in range(out.shape[0]):
            share[i] = 1 if out[i] < caps[i] else 0
        _split_among_open(left, caps, keys, work, out)


@compiled
def _split_among_open(left: int, caps: np.ndarray, keys: np.ndarray, work: np.ndarray, out: np.ndarray) -> int:
    """Split `left` among accounts of positive share, closing those at their cap; return what is left."""
    n = out.shape[0]
    share, remainder, order = work[SHARE_ROW], work[REMAINDER_ROW], work[ORDER_ROW]
    sum_shares = 0
    is_closing = True
    while is_closing:  # closing an account raises everyone else's part, so who is closed once stays closed
        is_closing = False
        offered = left
        sum_shares = 0
        for i in range(n):
            sum_shares += share[i]
        for i in range(n):
            if share[i] > 0 and scaled(offered, share[i], sum_shares)[0] >= caps[i]:
                out[i] = caps[i]
                left -= caps[i]
                share[i] = 0
                is_closing = True
    if sum_shares == 0:
        return left
    offered = left
    for i in range(n):
        remainder[i] = 0
        if share[i] > 0:
            out[i], remainder[i] = scaled(offered, share[i], sum_shares)
            left -= out[i]
    if left > 0:
        order_rows(remainder, keys, order, n)
        for rank in range(left):
            out[order[rank]] += 1
    return 0


@compiled
def scaled(total: int, part: int, whole: int) -> tuple[int, int]:
    """Return quotient and remainder of ``total * part / whole`` exactly, for 0 <= part <= whole <= 2**61."""
    if total < EXACT_PRODUCT and part < EXACT_PRODUCT:
        product = total * part
        return product // whole, product % whole
    quotient, remainder = 0, 0
    for bit in range(TOP_BIT, -1, -1):
        remainder = 2 * remainder + (part if (total >> bit) & 1 else 0)
        quotient = 2 * quotient + remainder // whole
        remainder %= whole
    return quotient, remainder


@compiled
def proportional(
    supply: int, due: np.ndarray, weights: np.ndarray, keys: np.ndarray, work: np.ndarray, out: np.ndarray
) -> None:
    """Give a_i = m_i K / M: who orders more gets more (Cachon1999turn)."""
    pro_rata(supply, due, due, keys, work, out)


@compiled
def linear(
    supply: int, due: np.ndarray, weights: np.ndarray, keys: np.ndarray, work: np.ndarray, out: np.ndarray
) -> None:
    """Give a_i = max(0, m_i - (M_A - K)/n_A): everyone still served loses equally (Cachon1999turn).

    The shortage M - K is split in equal parts, nobody losing more than its order; its last cards fall on the
    largest keys, so that the smallest keys get the last cards of supply.
    """
    n = out.shape[0]
    equal, reversed_keys = work[EQUAL_ROW], work[REVERSED_ROW]
    shortage = -supply
    for i in range(n):
        equal[i] = 1
        reversed_keys[i] = ~keys[i]
        shortage += due[i]
    pro_rata(shortage, equal, due, reversed_keys, work, out)
    for i in range(n):
        out[i] = due[i] - out[i]


@compiled
def uniform(
    supply: int, due: np.ndarray, weights: np.ndarray, keys: np.ndarray, work: np.ndarray, out: np.ndarray
) -> None:
    """Give a_i = min(m_i, c): equal parts, so that ordering more than c gains nothing (Cachon1999turn)."""
    equal = work[EQUAL_ROW]
    for i in range(out.shape[0]):
        equal[i] = 1
    pro_rata(supply, equal, due, keys, work, out)


@compiled
def turn_and_earn(
    supply: int, due: np.ndarray, weights: np.ndarray, keys: np.ndarray, work: np.ndarray, out: np.ndarray
) -> None:
    """Split by `weights`: the caller's past deliveries plus a newcomer's floor, in cards (Cachon1999turn)."""
    pro_rata(supply, weights, due, keys, work, out)


@compiled
def priority(
    supply: int, due: np.ndarray, weights: np.ndarray, keys: np.ndarray, work: np.ndarray, out: np.ndarray
) -> None:
    """Serve the highest weight in full, then the next, until the supply is gone."""
    order = work[ORDER_ROW]
    order_rows(weights, keys, order, out.shape[0])
    left = max(supply, 0)
    for rank in range(out.shape[0]):
        i = order[rank]
        out[i] = min(left, due[i])
        left -= out[i]


@compiled
def allot(
    rule: int,
    supply: int,
    due: np.ndarray,
    weights: np.ndarray,
    keys: np.ndarray,
    lot: int,
    work: np.ndarray,
    out: np.ndarray,
) -> None:
    """Give every buyer a minimum lot, then split the rest of the supply by the rule in force.

    Parameters
    ----------
    rule : int
        One of `RULES`.
    supply : int
        Cards to allot this month.
    due : int64 array (n,)
        Cards due to each buyer, not negative.
    weights : int64 array (n,)
        Read by `turn_and_earn` and `priority` only; not negative.
    keys : int64 array (n,)
        Distinct; ties go to the smaller.
    lot : int
        Minimum lot in cards; 0 for none. If the supply does not cover all lots, they are cut equally.
    work : int64 array (WORK_ROWS, at least n)
        Overwritten.
    out : int64 array (n,)
        Filled with cards: ``out <= due`` and ``sum(out) == min(supply, sum(due))``.
    """
    n = out.shape[0]
    equal, lots, room = work[EQUAL_ROW], work[LOT_ROW], work[ROOM_ROW]
    left = max(supply, 0)
    for i in range(n):
        equal[i] = 1
        lots[i] = min(due[i], lot)
        room[i] = due[i] - lots[i]
        left -= lots[i]
    if left < 0:
        pro_rata(supply, equal, lots, keys, work, out)
        return
    if rule == PROPORTIONAL:
        proportional(left, room, weights, keys, work, out)
    elif rule == LINEAR:
        linear(left, room, weights, keys, work, out)
    elif rule == UNIFORM:
        uniform(left, room, weights, keys, work, out)
    elif rule == TURN_AND_EARN:
        turn_and_earn(left, room, weights, keys, work, out)
    else:
        priority(left, room, weights, keys, work, out)
    for i in range(n):
        out[i] += lots[i]
