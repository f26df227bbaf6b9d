"""How a month's supply is split among buyers, and how a tender ends: the rare formulas of both twins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

Bidder = TypeVar("Bidder")
TURN_AND_EARN = "turn_and_earn"


def pro_rata(total: int, weights: Sequence[int], caps: Sequence[int], keys: Sequence[int]) -> list[int]:
    """Split `total` by `weights`, nobody above its cap, by largest remainder; who has no weight comes last."""
    out = [0] * len(caps)
    left = max(total, 0)
    left = _split(left, {i: w for i, w in enumerate(weights) if w > 0 and caps[i] > 0}, caps, keys, out)
    if left > 0:
        _split(left, {i: 1 for i, cap in enumerate(caps) if out[i] < cap}, caps, keys, out)
    return out


def _split(left: int, shares: dict[int, int], caps: Sequence[int], keys: Sequence[int], out: list[int]) -> int:
    while True:
        total = sum(shares.values())
        full = [i for i, share in shares.items() if left * share // total >= caps[i]]
        for i in full:
            out[i] = caps[i]
            del shares[i]
        left -= sum(caps[i] for i in full)
        if not full:
            break
    if not shares:
        return left
    offered, total = left, sum(shares.values())
    for i, share in shares.items():
        out[i] = offered * share // total
        left -= out[i]
    remainders = {i: offered * share % total for i, share in shares.items()}
    for i in sorted(shares, key=lambda i: (-remainders[i], keys[i]))[:left]:
        out[i] += 1
    return 0


def allot(
    rule: str, supply: int, due: Sequence[int], weights: Sequence[int], keys: Sequence[int], lot: int
) -> list[int]:
    """A minimum lot for everybody, then the rest of the supply by the rule in force."""
    n = len(due)
    lots = [min(cards, lot) for cards in due]
    room = [cards - first for cards, first in zip(due, lots, strict=True)]
    left = max(supply, 0) - sum(lots)
    if left < 0:
        return pro_rata(supply, [1] * n, lots, keys)
    if rule == "linear":
        lost = pro_rata(sum(room) - left, [1] * n, room, [~key for key in keys])
        rest = [cards - less for cards, less in zip(room, lost, strict=True)]
    elif rule == "uniform":
        rest = pro_rata(left, [1] * n, room, keys)
    elif rule == TURN_AND_EARN:
        rest = pro_rata(left, weights, room, keys)
    elif rule == "priority":
        rest = [0] * n
        for i in sorted(range(n), key=lambda i: (-weights[i], keys[i])):
            rest[i] = min(left, room[i])
            left -= rest[i]
    else:
        rest = pro_rata(left, room, room, keys)
    return [first + more for first, more in zip(lots, rest, strict=True)]


def descend(floors: Mapping[Bidder, int], start_bp: int, step_bp: int) -> tuple[list[Bidder], int]:
    """Who is left at the end of an open descending tender (several at a tie), and where the last rival left."""
    steps = {bidder: (start_bp - floor) // step_bp for bidder, floor in floors.items() if floor <= start_bp}
    if not steps:
        return [], 0
    taken = sorted(steps.values(), reverse=True)
    price = start_bp - (taken[1] if len(taken) > 1 else 0) * step_bp
    return [bidder for bidder, count in steps.items() if count == taken[0]], price
