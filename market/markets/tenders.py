"""Tenders: clouds bid down openly; the price at which the last rival leaves decides, and nothing else (T3).

A bidder leaves at its floor, or at what its staff dare to offer when no floor was agreed in-house (T6). The winner
signs at that price, whether or not its cards are there when the contract starts.
"""

from __future__ import annotations

from market.kernels.compile import compiled
from market.kernels.luck import pair
from market.kernels.tender import descend
from market.markets.contracts import BASIS_POINTS, end, free_slot, order_turns, put_in_turn, rent_per_day, sign
from market.parameters import tenders as pt
from market.state import luck, scene
from market.state import startup as s
from market.state.log import log_event
from market.state.luck import key_of
from market.state.products import DAYS_PER_MONTH
from market.state.world import (
    FIRST_FLOOR,
    NOT_BIDDING,
    TENDER_CARDS,
    TENDER_STARTUP,
    TURN_ORDER,
    World,
)


@compiled
def settle_tenders(world: World, t: int) -> None:
    """Hold today's tenders one after the other, in the keyed order of the day."""
    turn = world.turn
    n = int(world.scene_f64[scene.TENDERS_TODAY])
    for k in range(n):
        put_in_turn(world, turn, k, world.tender_i64[TENDER_STARTUP, k], luck.TENDER_TURN, t)
    order_turns(turn, n)
    for k in range(n):
        _hold(world, turn[TURN_ORDER, k], t)


@compiled
def _hold(world: World, k: int, t: int) -> None:
    p, clock, tenders = world.p, world.clock, world.tender_i64
    startup, cards = tenders[TENDER_STARTUP, k], tenders[TENDER_CARDS, k]
    customer = clock[scene.FIRST_STARTUP] + startup
    clock[scene.N_TENDERS] += 1
    number = clock[scene.N_TENDERS]
    world.startup_i16[s.LAST_TENDER_DAY, startup] = t
    log_event(world, t, scene.TENDER_OPENED, customer, -1, cards, 0, number, 0, 0)
    floors, keys, bidders = world.ration[0], world.ration[1], world.ration[2]
    n = 0
    for i in range(world.cloud_i64.shape[1]):
        floor = tenders[FIRST_FLOOR + i, k]
        if floor == NOT_BIDDING:
            continue
        floors[n], bidders[n] = floor, i
        keys[n] = key_of(world, clock[scene.FIRST_CLOUD] + i)
        list_rent = world.scene_f64[scene.LIST_RENT]
        rent = int(rent_per_day(list_rent, floor) * DAYS_PER_MONTH)
        stop = 1 if floor == int(p[pt.AUTHORITY] * BASIS_POINTS) else 0
        log_event(world, t, scene.BID, clock[scene.FIRST_CLOUD] + i, customer, cards, rent, number, floor, stop)
        n += 1
    key = key_of(world, customer)
    start, step = int(p[pt.START] * BASIS_POINTS), int(p[pt.STEP] * BASIS_POINTS)
    winner, price = descend(floors, n, start, step, pair(clock[scene.SEED], key), luck.TENDER_TIE, t, keys)
    if winner < 0:
        return
    cloud = bidders[winner]
    rent = int(rent_per_day(world.scene_f64[scene.LIST_RENT], price) * DAYS_PER_MONTH)
    log_event(
        world,
        t,
        scene.TENDER_AWARDED,
        customer,
        clock[scene.FIRST_CLOUD] + cloud,
        cards,
        rent,
        number,
        price,
        0,
    )
    slot = free_slot(world, startup)
    if slot < 0:
        first, second = world.startup_i32[s.FIRST_CONTRACT, startup], world.startup_i32[s.SECOND_CONTRACT, startup]
        slot = 0 if world.contract_i32[first, s.CARDS] <= world.contract_i32[second, s.CARDS] else 1
        end(world, startup, slot, s.CONSOLIDATED, t)
    sign(world, startup, slot, cloud, cards, price, int(p[pt.TERM_DAYS]), number, s.KIND_TENDER, t)
