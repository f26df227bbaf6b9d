"""Append to the logs that Python drains: events, ended contracts, deliveries."""

from __future__ import annotations

from market.kernels.compile import compiled
from market.state import cloud as c
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
def log_ended(world: World, record: int, day: int, reason: int) -> None:
    """Append a copy of a contract that ends."""
    if world.contract_i32[record, s.STARTUP] >= world.clock[scene.LOG_LIMIT]:
        return
    row = world.clock[scene.N_ENDED]
    for column in range(s.N_CONTRACT_COLUMNS):
        world.ended_i32[row, column] = world.contract_i32[record, column]
    world.ended_i32[row, s.STOPPED_DAY] = day
    world.ended_i32[row, s.REASON] = reason
    world.clock[scene.N_ENDED] = row + 1


@compiled
def has_room(world: World) -> bool:
    """Tell whether the logs and the records of contracts can take one more day, however busy."""
    return logs_have_room(world) and records_missing(world) <= 0


@compiled
def logs_have_room(world: World) -> bool:
    """Tell whether the logs can take one more day."""
    clock = world.clock
    logged = min(clock[scene.LOG_LIMIT], world.startup_i8.shape[1])
    contracts = s.N_SLOTS * logged
    lines = world.buyer_i64.shape[1] * world.buyer_i64.shape[2]
    deliveries = clock[scene.N_OPEN] + lines
    busy_day = 4 * contracts + 8 * logged + deliveries + EVENTS_OF_A_LINE * lines + EVENTS_OF_THE_REST
    busy_day += world.tender_i64.shape[0] * world.tender_i64.shape[1]
    return (
        clock[scene.N_EVENTS] + busy_day <= world.event_i64.shape[1]
        and clock[scene.N_ENDED] + contracts <= world.ended_i32.shape[0]
        and clock[scene.N_DELIVERIES] + deliveries <= world.delivery_i64.shape[1]
    )


@compiled
def records_missing(world: World) -> int:
    """Records of contracts that a busy day may need beyond those there are, zero or less for none.

    Every lease of the day takes at least one of the cards that clouds have free at its opening, a tender is one
    contract at most, and who moves gives a record back first.
    """
    clock = world.clock
    used = clock[scene.TOP_RECORD] - clock[scene.N_FREE_RECORDS]
    new = world.tender_i64.shape[1]
    for cloud in range(world.cloud_i64.shape[1]):
        new += max(world.cloud_i64[c.FREE, cloud], 0)
    most = min(used + new, s.N_SLOTS * world.startup_i8.shape[1])
    return most + 1 - world.contract_i32.shape[0]
