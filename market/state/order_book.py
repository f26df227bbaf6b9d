"""Read the order book: open orders, and what is open of each."""

from __future__ import annotations

import numpy as np

from market.kernels.compile import compiled
from market.state import primary, scene
from market.state.world import World


@compiled
def open_cards(world: World, o: int) -> int:
    """Cards of an order neither delivered nor cancelled."""
    orders = world.order_i64
    return orders[primary.CARDS, o] - orders[primary.DELIVERED, o] - orders[primary.CANCELLED, o]


@compiled
def is_eligible(world: World, o: int, product: int) -> bool:
    """Whether an order is for `product` and its buyer gets cards at all: who insists on a penalty does not (S2)."""
    orders = world.order_i64
    return orders[primary.PRODUCT, o] == product and world.buyer_account[primary.INSISTS, orders[primary.BUYER, o]] == 0


@compiled
def count_due(world: World, product: int, last_day: int, due: np.ndarray) -> None:
    """Fill `due` (buyers,) with each buyer's open cards due by `last_day`."""
    due[:] = 0
    for k in range(world.clock[scene.N_OPEN]):
        o = world.open_orders[k]
        if world.order_i64[primary.DUE_DAY, o] <= last_day and is_eligible(world, o, product):
            due[world.order_i64[primary.BUYER, o]] += open_cards(world, o)


@compiled
def oldest_open(world: World, product: int, b: int) -> int:
    """The buyer's open order with the oldest due date, then the oldest; -1 for none."""
    orders, best = world.order_i64, -1
    for k in range(world.clock[scene.N_OPEN]):
        o = world.open_orders[k]
        is_theirs = orders[primary.BUYER, o] == b and orders[primary.PRODUCT, o] == product
        if not is_theirs or open_cards(world, o) == 0:
            continue
        if best < 0 or orders[primary.DUE_DAY, o] < orders[primary.DUE_DAY, best]:
            best = o
    return best


@compiled
def newest_open(world: World, product: int, b: int) -> int:
    """The buyer's open order with the latest due date, then the newest; -1 for none."""
    orders, best = world.order_i64, -1
    for k in range(world.clock[scene.N_OPEN]):
        o = world.open_orders[k]
        is_theirs = orders[primary.BUYER, o] == b and orders[primary.PRODUCT, o] == product
        if not is_theirs or open_cards(world, o) == 0:
            continue
        if best < 0 or orders[primary.DUE_DAY, o] >= orders[primary.DUE_DAY, best]:
            best = o
    return best
