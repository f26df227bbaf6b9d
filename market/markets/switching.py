"""Switching: customers that move to another host, by turn and while it has cards (C1 to C4).

The host chosen at the opening takes the customer if it still has room for the part it must serve at once; otherwise
the customer waits for another day (C2). A contract that runs out is renewed at today's posted fraction for today's
need, unless another offer was better.
"""

from __future__ import annotations

import numpy as np

from market.kernels.compile import compiled, compiled_pass
from market.kernels.rows import list_few
from market.markets.contracts import BASIS_POINTS, bill_last_day, end, order_turns, put_in_turn, room_for_turns, sign
from market.parameters import leases as pl
from market.parameters import serving as pg
from market.state import cloud as c
from market.state import luck, scene
from market.state import startup as s
from market.state.columns import wide
from market.state.log import log_event
from market.state.products import A800
from market.state.world import BLOCK, LISTED, TURN_ORDER, TURN_ROWS, World

SMALLEST_LEASE = 4


@compiled
def settle_switches(world: World, t: int) -> None:
    """Move today's customers in the keyed order of the day."""
    moves, causes = world.startup_i8[s.DESIRED_SWITCH_SLOT], world.startup_i8[s.DESIRED_SWITCH_CAUSE]
    world.scene_f64[scene.SWITCHES_TODAY] = 0.0
    marks, listed = world.block_i8, world.block_i64[LISTED]
    waiting = 0
    for start in range(0, moves.shape[0], BLOCK):
        waiting += _mark_moves(moves[start : start + BLOCK], marks)
    turn = room_for_turns(world, waiting)
    waiting = 0
    for start in range(0, moves.shape[0], BLOCK):
        block = moves[start : start + BLOCK]
        if _mark_moves(block, marks) == 0:
            continue
        for k in range(list_few(marks[: block.shape[0]], listed)):
            put_in_turn(world, turn, waiting, start + listed[k], luck.SWITCH_TURN, t)
            waiting += 1
    order_turns(turn, waiting)
    for k in range(waiting):
        i = turn[TURN_ROWS, turn[TURN_ORDER, k]]
        if causes[i] == s.AT_RENEWAL:
            _renew(world, i, t)
        else:
            _move_customer(world, i, t)


@compiled_pass
def _mark_moves(moves: np.ndarray, marks: np.ndarray) -> int:
    """Mark the startups of a block that want to move a contract, and count them."""
    n = 0
    for k in range(moves.shape[0]):
        marks[k] = moves[k] >= 0
        n += marks[k]
    return n


@compiled
def most_free(world: World, old: int) -> int:
    """Named cloud with the most free cards, the old host apart."""
    best = -1
    for k in range(world.cloud_i64.shape[1]):
        if (
            k != old
            and world.cloud_i64[c.IS_NAMED, k] == 1
            and (best < 0 or world.cloud_i64[c.FREE, k] > world.cloud_i64[c.FREE, best])
        ):
            best = k
    return best


@compiled
def _move_customer(world: World, i: int, t: int) -> None:
    slot, host = wide(world.startup_i8[s.DESIRED_SWITCH_SLOT, i]), wide(world.startup_i16[s.DESIRED_HOST, i])
    cause = wide(world.startup_i8[s.DESIRED_SWITCH_CAUSE, i])
    cards = wide(world.contract_i32[world.startup_i32[s.FIRST_CONTRACT + slot, i], s.CARDS])
    room = world.cloud_i64[c.FREE, host] if host >= 0 else 0
    if host < 0 or room < max(world.p[pg.SWITCH_SHARE] * cards, 1.0):
        if cause == s.HOST_FAILED:
            leave(world, i, slot, cause, t)
        return
    _switch(world, i, slot, host, min(cards, room), cause, t)


@compiled
def leave(world: World, i: int, slot: int, reason: int, t: int) -> None:
    """End a contract whose host has served today: it is paid for the day."""
    bill_last_day(world, i, slot)
    end(world, i, slot, reason, t)


@compiled
def sign_for_tomorrow(world: World, i: int, slot: int, host: int, cards: int, t: int) -> None:
    """Sign at the posted fraction; serving, and with it the rent, begins tomorrow."""
    p = world.p
    fraction = int(world.cloud_f64[c.POSTED_FRACTION, host] * BASIS_POINTS)
    kind = s.KIND_ON_DEMAND if cards < p[pl.ON_DEMAND_CARDS] else s.KIND_REGULAR
    term = p[pl.ON_DEMAND_TERM] if kind == s.KIND_ON_DEMAND else p[pl.TERM]
    sign(world, i, slot, host, cards, fraction, int(term), 0, kind, t)
    world.contract_i32[world.startup_i32[s.FIRST_CONTRACT + slot, i], s.SERVED_TODAY] = 0


@compiled
def _switch(world: World, i: int, slot: int, host: int, cards: int, cause: int, t: int) -> None:
    clock = world.clock
    old = wide(world.contract_i32[world.startup_i32[s.FIRST_CONTRACT + slot, i], s.CLOUD])
    free_cloud = most_free(world, old)
    leave(world, i, slot, cause, t)
    sign_for_tomorrow(world, i, slot, host, cards, t)
    world.scene_f64[scene.SWITCHES_TODAY] += 1.0
    log_event(
        world,
        t,
        scene.SWITCHED,
        clock[scene.FIRST_STARTUP] + i,
        clock[scene.FIRST_CLOUD] + host,
        cards,
        0,
        clock[scene.FIRST_CLOUD] + old,
        cause,
        clock[scene.FIRST_CLOUD] + free_cloud,
    )


@compiled
def _renew(world: World, i: int, t: int) -> None:
    """Renew a contract that has run out: here or at the better offer, for today's need."""
    p, slots, contracts = world.p, world.startup_i32, world.contract_i32
    slot, rival = wide(world.startup_i8[s.DESIRED_SWITCH_SLOT, i]), wide(world.startup_i16[s.DESIRED_HOST, i])
    record = slots[s.FIRST_CONTRACT + slot, i]
    own = world.product_f64[scene.PERFORMANCE, A800] * slots[s.ONLINE_CARDS, i]
    elsewhere = contracts[slots[s.FIRST_CONTRACT + 1 - slot, i], s.CARDS]
    wanted = int(min(max(wide(world.startup_f32[s.NEED_CARDS, i]) - own - elsewhere, 0.0), s.LARGEST_CONTRACT))
    if wanted < SMALLEST_LEASE:
        leave(world, i, slot, s.NEED_GONE, t)
        return
    if rival >= 0 and world.cloud_i64[c.FREE, rival] >= max(p[pg.SWITCH_SHARE] * wanted, 1.0):
        _switch(world, i, slot, rival, min(wanted, world.cloud_i64[c.FREE, rival]), s.AT_RENEWAL, t)
        return
    host, served = wide(contracts[record, s.CLOUD]), contracts[record, s.SERVED_TODAY]
    cards = min(wanted, max(contracts[record, s.CARDS], served + world.cloud_i64[c.FREE, host]))
    leave(world, i, slot, s.EXPIRED, t)
    sign_for_tomorrow(world, i, slot, host, cards, t)
