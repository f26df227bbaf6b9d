"""NVIDIA: how a month's supply is split among orders that are due, and what lead time is quoted.

Only orders due soon compete. A share of the supply goes by oldest due date over all buyers, the rest by the rule in
force on what is still due (S4, S5, S6). A buyer that insists on a late penalty gets nothing (S2). What a rule stops is
not produced for this market. Leaves out: NVIDIA's own pricing (list prices held) and its choice between countries.
"""

from __future__ import annotations

import numpy as np

from market.kernels.compile import compiled
from market.kernels.ration import TURN_AND_EARN, allot
from market.parameters import supply as pp
from market.state import primary, scene
from market.state.luck import key_of
from market.state.order_book import count_due, is_eligible, open_cards
from market.state.products import DAYS_PER_MONTH, N_PRODUCTS
from market.state.world import DAY_OF_MONTH, DAYS_IN_MONTH, World


@compiled
def quoted_lead(book: float, supply_per_month: float, base_days: float, divisor: float, longest: float) -> float:
    """Lead time quoted to a new order, in days: the base, plus the book in months of supply, discounted.

    NVIDIA knows that part of the book is double orders and discounts it by `divisor`.
    """
    months = book / max(divisor * supply_per_month, 1.0)
    return min(base_days + DAYS_PER_MONTH * max(0.0, months - 1.0), longest)


@compiled
def decide_lead_times(world: World, t: int) -> None:
    """Quote the lead time of an order placed today, for each product, from the open book (L09, L10, S3)."""
    p = world.p
    for product in range(N_PRODUCTS):
        book = 0.0
        for b in range(world.buyer_i64.shape[2]):
            book += world.buyer_i64[primary.BACKLOG, product, b]
        world.product_f64[scene.DESIRED_LEAD_DAYS, product] = quoted_lead(
            book, world.product_f64[scene.SMOOTHED_SUPPLY, product], p[pp.LEAD_0], p[pp.QUOTE_DIVISOR], p[pp.LEAD_MAX]
        )


@compiled
def decide_allotment(world: World, t: int) -> None:
    """On the first day of a month, grant each buyer a number of cards of each product."""
    if world.calendar[DAY_OF_MONTH, t] != 0:
        return
    p, buyers = world.p, world.buyer_i64
    n = buyers.shape[2]
    month_end = t + world.calendar[DAYS_IN_MONTH, t] + int(p[pp.DUE_WINDOW])
    for product in range(N_PRODUCTS):
        supply = int(world.product_f64[scene.SUPPLY, product] * (1.0 - world.product_f64[scene.SEVERITY, product]))
        due, granted = buyers[primary.DUE, product], buyers[primary.DESIRED_ALLOTMENT, product]
        count_due(world, product, month_end, due)
        keys = world.ration[-1, :n]
        weights = world.ration[-2, :n]
        rest = world.ration[-3, :n]
        oldest = grant_oldest(world, product, month_end, int(p[pp.OLDEST_SHARE] * supply), granted)
        for b in range(n):
            keys[b] = key_of(world, world.buyer_account[primary.ACCOUNT, b])
            weights[b] = turn_weight(world, product, b)
            due[b] -= granted[b]
        lot = int(p[pp.MINIMUM_LOT])
        allot(world.clock[scene.ALLOTMENT_RULE], supply - oldest, due, weights, keys, lot, world.ration, rest)
        for b in range(n):
            due[b] += granted[b]
            granted[b] += rest[b]


@compiled
def turn_weight(world: World, product: int, b: int) -> int:
    """A buyer's weight: past deliveries and a floor under turn-and-earn, else how credible its orders are."""
    if world.clock[scene.ALLOTMENT_RULE] == TURN_AND_EARN:
        return world.buyer_i64[primary.PAST_DELIVERIES, product, b] + int(world.p[pp.TURN_FLOOR])
    return int(1000.0 * world.buyer_f64[primary.CREDIBILITY, product, b])


@compiled
def grant_oldest(world: World, product: int, last_day: int, supply: int, granted: np.ndarray) -> int:
    """Grant up to `supply` cards to the orders with the oldest due dates over all buyers; return what was granted.

    Orders due on one day share what is left in proportion, rounded down.
    """
    orders = world.order_i64
    granted[:] = 0
    left, after = supply, -1
    while left > 0:
        oldest, total = last_day + 1, 0
        for k in range(world.clock[scene.N_OPEN]):
            o = world.open_orders[k]
            if not is_eligible(world, o, product):
                continue
            day = orders[primary.DUE_DAY, o]
            if after < day < oldest:
                oldest, total = day, 0
            if day == oldest:
                total += open_cards(world, o)
        if oldest > last_day:
            break
        given = min(left, total)
        for k in range(world.clock[scene.N_OPEN]):
            o = world.open_orders[k]
            if orders[primary.DUE_DAY, o] == oldest and is_eligible(world, o, product) and total > 0:
                granted[orders[primary.BUYER, o]] += open_cards(world, o) * given // total
        left -= given
        after = oldest
    total = 0
    for b in range(granted.shape[0]):
        total += granted[b]
    return total
