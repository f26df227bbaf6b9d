"""Closed forms that the model must reproduce where their conditions hold.

Each is a result of a simpler world: equal buyers, one shot, known supply. Plain Python, for tests, for the
paper and for a first guess; no rule of the model calls them. Money is CNY, shares are fractions, times are
months.
"""

from __future__ import annotations

import math

INTEGRATION_REACH = 8.0  # standard deviations
INTEGRATION_STEPS = 4_000


def rationing_game_order(n: int, rent: float, penalty: float, capacity: float) -> float:
    """Return what each of `n` equal buyers orders when a proportional rule splits a short supply.

    With `rent` earned per card got, a non-refundable `penalty` per card ordered, and capacity K below total
    need, the symmetric Nash order is m* = R K (n - 1) / (phi n^2), so that the book is R (n - 1) / (phi n)
    times capacity, whatever the need (Lee1997information, Rong2017).
    """
    return rent * capacity * (n - 1) / (penalty * n**2)


def book_inflation(lambda_: float, supply: float, demand: float) -> float:
    """Return the factor by which the book grows per round when buyers inflate orders by their fill rate.

    Unfilled orders lapse each round and the believed fill rate moves by `lambda_` toward the one seen: the
    factor is 1 / [(1 - lambda) + lambda K / D].
    """
    return 1 / ((1 - lambda_) + lambda_ * supply / demand)


def winners_curse(n: int) -> float:
    """Return by how many standard deviations the lowest of `n` normal cost estimates is too low on average.

    The mean of the largest of n standard normals, the integral of x n phi(x) Phi(x)^(n-1), by Simpson's rule.
    """
    width = 2 * INTEGRATION_REACH / INTEGRATION_STEPS
    total = 0.0
    for k in range(INTEGRATION_STEPS + 1):
        x = -INTEGRATION_REACH + k * width
        density = math.exp(-x * x / 2) / math.sqrt(2 * math.pi)
        below = math.erfc(-x / math.sqrt(2)) / 2
        weight = 1 if k in (0, INTEGRATION_STEPS) else 2 + 2 * (k % 2)
        total += weight * x * n * density * below ** (n - 1)
    return total * width / 3


def hoarding_threshold(price: float, price_banned: float, carry: float, decay: float, months: float) -> float:
    """Return the probability of a ban within `months` above which holding a card beats selling it now.

    Holding costs `carry` a month; without a ban the price decays by `decay` a month, with one it is
    `price_banned`: pi* = [p (1 + c)^h - p (1 - delta)^h] / [p_ban - p (1 - delta)^h].
    """
    cost_of_holding = price * (1 + carry) ** months
    price_unbanned = price * (1 - decay) ** months
    return (cost_of_holding - price_unbanned) / (price_banned - price_unbanned)


def break_even_fraction(card_price: float, server_share: float, months: float, opex: float, list_rent: float) -> float:
    """Return the fraction of list rent at which a card earns back its price, its server share and its opex.

    `opex` and `list_rent` are CNY per card and month (T9, R14): b = [p (1 + share) / months + opex] / list.
    """
    return (card_price * (1 + server_share) / months + opex) / list_rent
