"""Append to the logs that Python drains: events, ended contracts, deliveries."""

from __future__ import annotations

from market.kernels.compile import compiled
from market.state import primary, scene
from market.state import startup as s
from market.state.world import World

EVENTS_OF_A_LINE = 14  # a buyer and product, a day: a cancellation, an order, twelve framework lines
EVENTS_OF_THE_REST = 64  # rules and failed clouds


@compiled
def log_event(
    world: World, day: int, kind: int, actor: int, other: int, cards: int, fen: int, a: int, b: int, c: int
) -> None:
    """Append an event; startups at or beyond ``clock[LOG_LIMIT]`` are not logged."""
    clock, event = world.clock, world.event_i64
    if actor >= clock[scene.FIRST_STARTUP] + clock[scene.LOG_LIMIT]:
        return
    row = clock[scene.N_EVENTS]
    event[scene.EVENT_DAY, row] = day
    event[scene.EVENT_KIND, row] = kind
    event[scene.EVENT_ACTOR, row] = actor
    event[scene.EVENT_OTHER, row] = other
    event[scene.EVENT_CARDS, row] = cards
    event[scene.EVENT_FEN, row] = fen
    event[scene.EVENT_A, row] = a
    event[scene.EVENT_B, row] = b
    event[scene.EVENT_C, row] = c
    clock[scene.N_EVENTS] = row + 1


@compiled
def log_delivery(world: World, order: int, day: int, cards: int) -> None:
    """Append a delivery."""
    row = world.clock[scene.N_DELIVERIES]
    world.delivery_i64[primary.DELIVERY_ORDER, row] = order
    world.delivery_i64[primary.DELIVERY_DAY, row] = day
    world.delivery_i64[primary.DELIVERY_CARDS, row] = cards
    world.clock[scene.N_DELIVERIES] = row + 1


@compiled
def log_ended(world: World, startup: int, slot: int, day: int, reason: int) -> None:
    """Append a copy of a contract that ends."""
    if startup >= world.clock[scene.LOG_LIMIT]:
        return
    row = world.clock[scene.N_ENDED]
    world.ended_i64[:, row] = world.contract_i64[:, slot, startup]
    world.ended_i64[s.STOPPED_DAY, row] = day
    world.ended_i64[s.REASON, row] = reason
    world.ended_i64[s.STARTUP, row] = startup
    world.clock[scene.N_ENDED] = row + 1


@compiled
def has_room(world: World) -> bool:
    """Tell whether the logs can take one more day, however busy."""
    clock = world.clock
    logged = min(clock[scene.LOG_LIMIT], world.startup_i64.shape[1])
    contracts = s.N_SLOTS * logged
    lines = world.buyer_i64.shape[1] * world.buyer_i64.shape[2]
    deliveries = clock[scene.N_OPEN] + lines
    busy_day = 4 * contracts + 8 * logged + deliveries + EVENTS_OF_A_LINE * lines + EVENTS_OF_THE_REST
    busy_day += world.tender_i64.shape[0] * world.tender_i64.shape[1]
    return (
        clock[scene.N_EVENTS] + busy_day <= world.event_i64.shape[1]
        and clock[scene.N_ENDED] + contracts <= world.ended_i64.shape[1]
        and clock[scene.N_DELIVERIES] + deliveries <= world.delivery_i64.shape[1]
    )
