"""Spread whole units over days, and charge interest, without ever losing one.

A shipment of D days delivers the difference of two rounded-down running totals each day; interest keeps the
part below one unit and carries it to the next day. Both add up exactly. Units are cards or fen.
"""

from __future__ import annotations

from market.kernels.compile import compiled

MILLION = 1_000_000


@compiled
def drip(total: int, day: int, n_days: int) -> int:
    """Return the part of `total` that falls on `day` (0 to n_days - 1); all days sum to `total`."""
    return total * (day + 1) // n_days - total * day // n_days


@compiled
def interest(amount: int, rate_ppm: int, carry: int) -> tuple[int, int]:
    """Return (interest, carry) on `amount` at `rate_ppm` parts per million per period.

    The carry, in millionths of a unit and below one unit, is passed to the next period: over any number of
    periods the interest is the exact sum, rounded down once.
    """
    whole, part = amount // MILLION, amount % MILLION  # apart, so that the product cannot overflow
    millionths = part * rate_ppm + carry
    return whole * rate_ppm + millionths // MILLION, millionths % MILLION
