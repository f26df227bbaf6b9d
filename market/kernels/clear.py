"""Clear a call auction: one price for all, the price that trades most.

Accounts have posted limit orders on a grid of price ticks, one per account and side. The price maximises
volume; of several such prices the middle one is taken (Budish2015). On the longer side better-priced orders
go first and the last tick served is filled in an order drawn for the day, so being early or listed first
gains nothing. Takes O(orders + ticks) time. What it leaves out: cash and stock, which the caller has checked,
and the posting of trades.
"""

from __future__ import annotations

import numpy as np

from market.kernels.compile import compiled
from market.kernels.luck import bits

BID = 1  # a better bid is a higher tick, a better ask a lower one; also the `n` of the draw
ASK = -1


@compiled
def clear(
    bid_tick: np.ndarray,
    bid_cards: np.ndarray,
    ask_tick: np.ndarray,
    ask_cards: np.ndarray,
    n_bids: int,
    n_asks: int,
    last_tick: int,
    seed: int,
    decision: int,
    day: int,
    bid_key: np.ndarray,
    ask_key: np.ndarray,
    histogram: np.ndarray,
    bid_filled: np.ndarray,
    ask_filled: np.ndarray,
) -> tuple[int, int]:
    """Find the price, fill the orders and return (price_tick, volume).

    Parameters
    ----------
    bid_tick, ask_tick : int64 arrays (at least n_bids, n_asks)
        The highest tick a buyer pays, the lowest a seller takes; between 0 and n_ticks - 1.
    bid_cards, ask_cards : int64 arrays
        Cards wanted and offered, not negative; an order of none is ignored, whatever its tick.
    last_tick : int
        The last price, returned with volume 0 when nothing trades.
    seed, decision, day : int
        Name the draw that orders the last tick served.
    bid_key, ask_key : int64 arrays
        The accounts' stable keys, distinct on each side.
    histogram : int64 array (2, n_ticks)
        Room for the cards by tick; overwritten.
    bid_filled, ask_filled : int64 arrays
        Filled with cards traded; both sum to the volume.
    """
    lowest, highest = _crossing_ticks(bid_tick, bid_cards, ask_tick, ask_cards, n_bids, n_asks, histogram.shape[1])
    if lowest > highest:
        _clear_fills(n_bids, bid_filled)
        _clear_fills(n_asks, ask_filled)
        return last_tick, 0
    demand, supply = histogram[0], histogram[1]
    for tick in range(lowest, highest + 1):
        demand[tick] = 0
        supply[tick] = 0
    for i in range(n_bids):
        if bid_cards[i] > 0 and bid_tick[i] >= lowest:
            demand[bid_tick[i]] += bid_cards[i]
    for i in range(n_asks):
        if ask_cards[i] > 0 and ask_tick[i] <= highest:
            supply[ask_tick[i]] += ask_cards[i]
    price, volume = _best_price(demand, supply, lowest, highest)
    _fill(BID, demand, highest, volume, bid_tick, bid_cards, n_bids, seed, decision, day, bid_key, bid_filled)
    _fill(ASK, supply, lowest, volume, ask_tick, ask_cards, n_asks, seed, decision, day, ask_key, ask_filled)
    return price, volume


@compiled
def _crossing_ticks(
    bid_tick: np.ndarray,
    bid_cards: np.ndarray,
    ask_tick: np.ndarray,
    ask_cards: np.ndarray,
    n_bids: int,
    n_asks: int,
    n_ticks: int,
) -> tuple[int, int]:
    """Return the lowest ask and the highest bid: only between them can anything trade."""
    lowest, highest = n_ticks, -1
    for i in range(n_bids):
        if bid_cards[i] > 0 and bid_tick[i] > highest:
            highest = bid_tick[i]
    for i in range(n_asks):
        if ask_cards[i] > 0 and ask_tick[i] < lowest:
            lowest = ask_tick[i]
    return lowest, highest


@compiled
def _clear_fills(n: int, filled: np.ndarray) -> None:
    for i in range(n):
        filled[i] = 0


@compiled
def _best_price(demand: np.ndarray, supply: np.ndarray, lowest: int, highest: int) -> tuple[int, int]:
    """Return the middle of the ticks that trade most, rounded down, and the volume there."""
    wanted = 0
    for tick in range(lowest, highest + 1):
        wanted += demand[tick]
    offered, volume = 0, 0
    first = last = lowest
    for tick in range(lowest, highest + 1):
        offered += supply[tick]
        traded = min(wanted, offered)
        if traded > volume:
            volume = traded
            first = tick
        if traded == volume:
            last = tick
        wanted -= demand[tick]
    return (first + last) // 2, volume


@compiled
def _fill(
    side: int,
    cards_at: np.ndarray,
    best_tick: int,
    volume: int,
    tick: np.ndarray,
    cards: np.ndarray,
    n: int,
    seed: int,
    decision: int,
    day: int,
    key: np.ndarray,
    filled: np.ndarray,
) -> None:
    """Fill one side from its best tick on until `volume` is gone, the last tick in the day's drawn order."""
    margin, left = best_tick, volume
    while left > cards_at[margin]:
        left -= cards_at[margin]
        margin -= side
    cut, left = _cut(side, margin, left, tick, cards, n, seed, decision, day, key, filled)
    for i in range(n):
        is_better = side * tick[i] > side * margin
        is_before_cut = tick[i] == margin and (cut < 0 or _draws_first(i, cut, side, seed, decision, day, key))
        filled[i] = cards[i] if is_better or is_before_cut else 0
    if cut >= 0:
        filled[cut] = left


@compiled
def _cut(
    side: int,
    margin: int,
    left: int,
    tick: np.ndarray,
    cards: np.ndarray,
    n: int,
    seed: int,
    decision: int,
    day: int,
    key: np.ndarray,
    rows: np.ndarray,
) -> tuple[int, int]:
    """Return the marginal order where `left` cards run out and what it still gets; (-1, 0) if all are filled.

    A quick selection by cumulated cards: the fills array holds the row numbers meanwhile.
    """
    end = 0
    for i in range(n):
        if tick[i] == margin and cards[i] > 0:
            rows[end] = i
            end += 1
    start = 0
    while start < end:
        middle = (start + end) // 2
        pivot = rows[middle]
        rows[middle] = rows[end - 1]
        place, before = start, 0
        for j in range(start, end - 1):
            row = rows[j]
            if _draws_first(row, pivot, side, seed, decision, day, key):
                rows[j] = rows[place]
                rows[place] = row
                place += 1
                before += cards[row]
        if left < before:
            end = place
        elif left < before + cards[pivot]:
            return pivot, left - before
        else:
            left -= before + cards[pivot]
            rows[end - 1] = rows[place]
            start = place + 1
            rows[place] = pivot
    return -1, 0


@compiled
def _draws_first(i: int, j: int, side: int, seed: int, decision: int, day: int, key: np.ndarray) -> bool:
    """Tell whether account `i` comes before `j` in the day's draw for this side."""
    mine = bits(seed, decision, day, key[i], side)
    other = bits(seed, decision, day, key[j], side)
    if mine != other:
        return bool(mine < other)
    return bool(key[i] < key[j] or (key[i] == key[j] and i < j))
