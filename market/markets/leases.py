"""Regular leases: posted fractions of list, and startups that sign at them.

List follows smoothed historic cost slowly; each cloud posts a fraction of it. Startups sign in keyed order as long as
the chosen cloud has cards free. Small customers buy on demand, for short terms.
"""

from __future__ import annotations

import numpy as np

from market.kernels.compile import compiled, compiled_pass
from market.kernels.rows import list_marked
from market.markets.contracts import BASIS_POINTS, free_slot, order_turns, put_in_turn, room_for_turns, sign
from market.parameters import clouds as pc
from market.parameters import leases as pl
from market.parameters import servers as pv
from market.parameters import serving as pg
from market.parameters import spot as ps
from market.state import accounts, luck, scene
from market.state import cloud as c
from market.state import startup as s
from market.state.columns import wide
from market.state.ledger import owned_cards
from market.state.products import A800, DAYS_PER_MONTH
from market.state.world import BLOCK, LISTED, TURN_ORDER, TURN_ROWS, World


@compiled
def settle_leases(world: World, t: int) -> None:
    """Post the fractions, move list, value a card's use, sign today's leases."""
    world.scene_f64[scene.SIGNED_CARDS] = 0.0
    world.scene_f64[scene.SIGNED_RENT] = 0.0
    for i in range(world.cloud_f64.shape[1]):
        world.cloud_f64[c.POSTED_FRACTION, i] = world.cloud_f64[c.DESIRED_FRACTION, i]
    _move_list(world)
    _value_use(world)
    _sign_leases(world, t)


@compiled
def historic_cost(world: World) -> float:
    """Mean cost at which clouds' cards stand in their books, servers included, in CNY per card."""
    cost, cards = 0.0, 0
    for i in range(world.cloud_i64.shape[1]):
        account = world.clock[scene.FIRST_CLOUD] + i
        cost += world.firm_i64[accounts.BASIS_FEN, account] / 100.0
        cards += owned_cards(world, account)
    return cost / max(cards, 1)


@compiled
def _move_list(world: World) -> None:
    """List closes a small part of the gap to its old ratio to historic cost, never to the spot price of the day."""
    p, scenes = world.p, world.scene_f64
    first_cost = p[pv.SERVER_COST] + world.product_f64[scene.CONTRACT_CNY, A800]
    first_month = first_cost / p[pc.LIFE] + p[pc.OPEX]
    month = historic_cost(world) / p[pc.LIFE] + p[pc.OPEX]
    target = p[pc.LIST_RENT] * month / first_month
    scenes[scene.LIST_RENT] += p[pc.LIST_ADJUSTMENT] / DAYS_PER_MONTH * (target - scenes[scene.LIST_RENT])


@compiled
def _value_use(world: World) -> None:
    """What a further card would earn: the posted rent at today's use, less operation; and its present value."""
    p, scenes = world.p, world.scene_f64
    cards, posted, used = 0.0, 0.0, 0.0
    for i in range(world.cloud_i64.shape[1]):
        weight = max(world.cloud_i64[c.CAPACITY, i], 0)
        cards += weight
        posted += weight * world.cloud_f64[c.POSTED_FRACTION, i]
        used += weight * world.cloud_f64[c.UTILISATION, i]
    if cards > 0.0:
        scenes[scene.MEAN_FRACTION] = posted / cards
        scenes[scene.MARKET_UTILISATION] = used / cards
    rent = scenes[scene.LIST_RENT] * scenes[scene.MEAN_FRACTION] * scenes[scene.MARKET_UTILISATION]
    scenes[scene.NET_RENT] = rent - p[pc.OPEX]
    use = scenes[scene.NET_RENT] * scenes[scene.PRESENT_VALUE_MONTHS] - p[pv.SERVER_COST]
    scenes[scene.VALUE_IN_USE] = max(use, p[ps.TICK])


@compiled
def _sign_leases(world: World, t: int) -> None:
    """Startups sign in the keyed order of the day while their host has cards free."""
    p = world.p
    wanted, hosts = world.startup_i32[s.DESIRED_LEASE_CARDS], world.startup_i16[s.DESIRED_HOST]
    marks, listed = world.block_i8, world.block_i64[LISTED]
    waiting = 0
    for start in range(0, hosts.shape[0], BLOCK):
        waiting += _mark_waiting(hosts[start : start + BLOCK], marks)
    turn = room_for_turns(world, waiting)
    waiting = 0
    for start in range(0, hosts.shape[0], BLOCK):
        block = hosts[start : start + BLOCK]
        if _mark_waiting(block, marks) == 0:
            continue
        for k in range(list_marked(marks[: block.shape[0]], listed)):
            i = start + listed[k]
            if _cards_for(world, wide(hosts[i]), wide(wanted[i])) == 0:
                continue  # nor in its turn: what a host has free only falls meanwhile
            put_in_turn(world, turn, waiting, i, luck.LEASE_TURN, t)
            waiting += 1
    order_turns(turn, waiting)
    for k in range(waiting):
        i = turn[TURN_ROWS, turn[TURN_ORDER, k]]
        host, slot = wide(hosts[i]), free_slot(world, i)
        cards = _cards_for(world, host, wide(wanted[i]))
        if cards == 0 or slot < 0:
            continue
        kind = s.KIND_ON_DEMAND if wanted[i] < p[pl.ON_DEMAND_CARDS] else s.KIND_REGULAR
        term = p[pl.ON_DEMAND_TERM] if kind == s.KIND_ON_DEMAND else p[pl.TERM]
        fraction = int(world.cloud_f64[c.POSTED_FRACTION, host] * BASIS_POINTS)
        sign(world, i, slot, host, cards, fraction, int(term), 0, kind, t)


@compiled_pass
def _mark_waiting(hosts: np.ndarray, marks: np.ndarray) -> int:
    """Mark the startups of a block that chose a host, and count them."""
    n = 0
    for k in range(hosts.shape[0]):
        marks[k] = hosts[k] >= 0
        n += marks[k]
    return n


@compiled
def _cards_for(world: World, host: int, wanted: int) -> int:
    """Cards that a host would sign for now: none if they were too small a part of those wanted."""
    room = int(world.cloud_i64[c.FREE, host] - world.p[pl.SAFETY_SHARE] * world.cloud_i64[c.CAPACITY, host])
    cards = min(wanted, room, s.LARGEST_CONTRACT)
    return cards if cards > 0 and cards >= world.p[pg.SWITCH_SHARE] * wanted else 0
