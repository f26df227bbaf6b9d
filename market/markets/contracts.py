"""Contracts between startups and clouds: signed, moved, ended. Shared by leases, tenders and switching.

A contract stores its rent in fen per card and day, so a day of shortfall bills itself. A startup has at most two.
"""

from __future__ import annotations

import numpy as np

from market.kernels.compile import compiled
from market.kernels.luck import bits
from market.kernels.order import order_rows
from market.parameters import serving as pg
from market.state import accounts, scene
from market.state import cloud as c
from market.state import startup as s
from market.state.columns import wide
from market.state.draw import patience_days
from market.state.ledger import fen, pay
from market.state.log import log_ended, log_event
from market.state.luck import key_of
from market.state.products import DAYS_PER_MONTH
from market.state.world import N_TURN_ROWS, TURN_KEYS, TURN_ORDER, TURN_ROWS, TURN_VALUES, World

BASIS_POINTS = 10_000


@compiled
def free_slot(world: World, startup: int) -> int:
    """First slot without a contract, -1 for none."""
    for slot in range(s.N_SLOTS):
        if world.startup_i32[s.FIRST_CONTRACT + slot, startup] == 0:
            return slot
    return -1


@compiled
def _take_record(world: World) -> int:
    """An empty record: one that was given back, else the next that was never used; `state.log` sees to it."""
    clock = world.clock
    if clock[scene.N_FREE_RECORDS] > 0:
        clock[scene.N_FREE_RECORDS] -= 1
        return wide(world.free_records[clock[scene.N_FREE_RECORDS]])
    clock[scene.TOP_RECORD] += 1
    return clock[scene.TOP_RECORD]


@compiled
def _give_back(world: World, record: int) -> None:
    world.contract_i32[record, :] = 0
    world.free_records[world.clock[scene.N_FREE_RECORDS]] = record
    world.clock[scene.N_FREE_RECORDS] += 1


@compiled
def room_for_turns(world: World, waiting: int) -> np.ndarray:
    """Work space in which that many startups can be put in turn."""
    if waiting <= world.turn.shape[1]:
        return world.turn
    return np.empty((N_TURN_ROWS, waiting), np.int64)


@compiled
def put_in_turn(world: World, turn: np.ndarray, place: int, startup: int, decision: int, t: int) -> None:
    """Note a startup and its luck of the day at a place of the queue, which `order_turns` then puts in order."""
    key = key_of(world, world.clock[scene.FIRST_STARTUP] + startup)
    turn[TURN_VALUES, place] = int(bits(world.clock[scene.SEED], decision, t, key, 0) >> 2)
    turn[TURN_KEYS, place] = key
    turn[TURN_ROWS, place] = startup


@compiled
def order_turns(turn: np.ndarray, waiting: int) -> None:
    """Put the places of a queue in the keyed order of the day, into its row of the order."""
    order_rows(turn[TURN_VALUES], turn[TURN_KEYS], turn[TURN_ORDER], waiting)


@compiled
def rent_per_day(list_rent: float, fraction_bp: int) -> int:
    """Rent in fen per card and day at a fraction of list; rounded once, here."""
    return fen(list_rent * fraction_bp / BASIS_POINTS / DAYS_PER_MONTH)


@compiled
def sign(
    world: World,
    startup: int,
    slot: int,
    cloud: int,
    cards: int,
    fraction_bp: int,
    term: int,
    tender: int,
    kind: int,
    t: int,
) -> None:
    """Write a contract into an empty slot."""
    record, clock = _take_record(world), world.clock
    contract = world.contract_i32[record]
    world.startup_i32[s.FIRST_CONTRACT + slot, startup] = record
    clock[scene.N_CONTRACTS] += 1
    contract[s.CONTRACT] = clock[scene.N_CONTRACTS]
    contract[s.STARTUP] = startup
    contract[s.CLOUD] = cloud
    contract[s.CARDS] = cards
    contract[s.FRACTION_BP] = fraction_bp
    contract[s.RENT_FEN] = rent_per_day(world.scene_f64[scene.LIST_RENT], fraction_bp)
    contract[s.START_DAY] = t
    contract[s.END_DAY] = t + term
    contract[s.TENDER] = tender
    contract[s.KIND] = kind
    contract[s.SERVED_TODAY] = cards
    patience = patience_days(world, startup)
    contract[s.PATIENT_CARD_DAYS] = int(min(patience * cards, s.MOST_CARD_DAYS))
    contract[s.POACHED_CARD_DAYS] = int(min(world.p[pg.POACH_PATIENCE] * patience * cards, s.MOST_CARD_DAYS))
    world.cloud_i64[c.CONTRACT_CARDS, cloud] += cards
    world.cloud_i64[c.FREE, cloud] -= cards
    number, month_rent = clock[scene.N_CONTRACTS], int(contract[s.RENT_FEN] * DAYS_PER_MONTH)
    log_event(
        world,
        t,
        scene.CONTRACT_SIGNED,
        clock[scene.FIRST_STARTUP] + startup,
        clock[scene.FIRST_CLOUD] + cloud,
        cards,
        month_rent,
        number,
        kind,
        0,
    )
    if kind != s.KIND_TENDER:
        world.scene_f64[scene.SIGNED_CARDS] += cards
        world.scene_f64[scene.SIGNED_RENT] += month_rent / 100.0 * cards


@compiled
def bill_last_day(world: World, startup: int, slot: int) -> None:
    """Pay the host for today, as far as the money goes, before a contract ends after it was served."""
    contract = world.contract_i32[world.startup_i32[s.FIRST_CONTRACT + slot, startup]]
    account = world.clock[scene.FIRST_STARTUP] + startup
    rent = wide(contract[s.RENT_FEN]) * contract[s.SERVED_TODAY]
    paid = min(rent, world.account_i64[accounts.CASH_FEN, account])
    pay(world, account, world.clock[scene.FIRST_CLOUD] + contract[s.CLOUD], paid, accounts.RENT)
    world.cloud_i64[c.MONTH_REVENUE_FEN, contract[s.CLOUD]] += paid
    if startup < world.startup_month_i64.shape[1]:
        world.startup_month_i64[s.COST_FEN, startup] += paid


@compiled
def end(world: World, startup: int, slot: int, reason: int, t: int) -> None:
    """End a contract and write it to the log."""
    record, clock = world.startup_i32[s.FIRST_CONTRACT + slot, startup], world.clock
    contract = world.contract_i32[record]
    cloud, cards = wide(contract[s.CLOUD]), wide(contract[s.CARDS])
    world.cloud_i64[c.CONTRACT_CARDS, cloud] -= cards
    world.cloud_i64[c.FREE, cloud] += contract[s.SERVED_TODAY]
    log_event(
        world,
        t,
        scene.CONTRACT_ENDED,
        clock[scene.FIRST_STARTUP] + startup,
        clock[scene.FIRST_CLOUD] + cloud,
        cards,
        0,
        wide(contract[s.CONTRACT]),
        reason,
        0,
    )
    log_ended(world, record, t, reason)
    world.startup_i32[s.FIRST_CONTRACT + slot, startup] = 0
    _give_back(world, record)
