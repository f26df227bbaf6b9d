"""Hosting: how a startup chooses who serves it, and when it moves.

What it needs beyond its own cards and contracts it rents when it is small and puts out to tender when it is large (T1,
T8). It judges hosts by price, free cards at hand and loyalty, with a taste of its own (McFadden1974, Klemperer1987). It
moves when its patience with a shortfall is used up or a rival with cards comes along (C1, C4), and compares offers at
renewal. Leaves out: what a host's network or software is worth to it, but for taste.
"""

from __future__ import annotations

import numpy as np

from market.decisions.quoting import startups_equivalents
from market.kernels.choose import choose
from market.kernels.compile import compiled, compiled_pass
from market.kernels.luck import exponential, of_day, pair, uniform
from market.kernels.rows import list_few, list_marked
from market.parameters import leases as pl
from market.parameters import serving as pg
from market.parameters import startups as pu
from market.parameters import tenders as pt
from market.state import accounts, luck, scene
from market.state import cloud as c
from market.state import startup as s
from market.state.columns import wide
from market.state.hosted import contract_cards, mark_hosted
from market.state.luck import draw_for_startups, key_of, mark_lucky
from market.state.products import DAYS_PER_MONTH, FEN_PER_CNY, ONLINE
from market.state.world import (
    BLOCK,
    DRAWS,
    FIRST_FLOOR,
    LISTED,
    MAX_TENDERS,
    NOT_BIDDING,
    TENDER_CARDS,
    TENDER_STARTUP,
    World,
)

SMALLEST_LEASE = 4.0  # cards
MOST_LEASED = 1e9  # cards
UNMET_SHARE = 0.1  # part of its need that a startup leaves unserved without looking

# ------------------------------------------------------------------ scalar rules


@compiled
def value_of_host(
    fraction: float,
    free: float,
    cards: float,
    is_host: bool,
    price_weight: float,
    capacity_weight: float,
    loyalty: float,
) -> float:
    """Value of a host before taste: price, free cards at hand (up to eightfold), and being the present one (C3, D4)."""
    room, doublings = free / max(cards, 1.0), 0.0
    while room >= 2.0 and doublings < 3.0:
        room /= 2.0
        doublings += 1.0
    value = -price_weight * fraction + capacity_weight * (doublings + min(room, 2.0) - 1.0)
    return value + loyalty if is_host else value


# ------------------------------------------------------------------ what a startup has


@compiled
def unmet_need(world: World, i: int) -> float:
    """Need of startup `i` that neither its own cards nor a contract cover."""
    own = startups_equivalents(world, i, ONLINE, ONLINE)
    return max(wide(world.startup_f32[s.NEED_CARDS, i]) - own - contract_cards(world, i), 0.0)


@compiled
def planned_gap(world: World, i: int) -> float:
    """Planned need of startup `i` that neither its own cards nor a contract cover."""
    own = startups_equivalents(world, i, ONLINE, ONLINE)
    return max(wide(world.startup_f32[s.PLANNED_NEED, i]) - own - contract_cards(world, i), 0.0)


@compiled
def smaller_slot(world: World, i: int) -> int:
    """Slot of the smaller of two contracts: the one that a larger tender takes in."""
    first, second = world.startup_i32[s.FIRST_CONTRACT, i], world.startup_i32[s.SECOND_CONTRACT, i]
    return 0 if world.contract_i32[first, s.CARDS] <= world.contract_i32[second, s.CARDS] else 1


@compiled
def empty_slot(world: World, i: int) -> int:
    """First slot without a contract, -1 for none."""
    for slot in range(s.N_SLOTS):
        if world.startup_i32[s.FIRST_CONTRACT + slot, i] == 0:
            return slot
    return -1


@compiled
def host_in(world: World, i: int, slot: int) -> int:
    """Host of the contract in a slot, -1 for none."""
    record = world.startup_i32[s.FIRST_CONTRACT + slot, i]
    return wide(world.contract_i32[record, s.CLOUD]) if record > 0 else -1


@compiled
def price_weight(world: World, i: int) -> float:
    """Weight of price in the choice of a host: higher the shorter the runway against the plan (D3)."""
    p = world.p
    cash = world.account_i64[accounts.CASH_FEN, world.clock[scene.FIRST_STARTUP] + i] / FEN_PER_CNY
    rent = world.scene_f64[scene.LIST_RENT] * world.scene_f64[scene.MEAN_FRACTION]
    spending = wide(world.startup_f32[s.NEED_CARDS, i]) * rent / p[pu.COMPUTE_SHARE] + 1.0
    short = max(0.0, 1.0 - cash / (p[pu.RUNWAY_MONTHS] * spending))
    return p[pl.PRICE_WEIGHT] * (1.0 + p[pl.RUNWAY_WEIGHT] * short)


# ------------------------------------------------------------------ decisions


@compiled
def best_host(world: World, i: int, cards: float, at_least: float, decision: int, t: int) -> int:
    """Cloud of highest value with at least `at_least` free cards, -1 for none; not one that hosts it now.

    A cluster as large as those put out to tender cannot be spread over the small clouds of the long tail. A
    startup's two hosts are never the same.
    """
    p, clock, clouds = world.p, world.clock, world.cloud_i64
    values, n_clouds = world.host_f64[0], clouds.shape[1]
    is_large = cards >= p[pt.SIZE]
    first_host, second_host = host_in(world, i, 0), host_in(world, i, 1)
    n, last = 0, -1
    for k in range(n_clouds):
        values[k] = -np.inf
        if clouds[c.FREE, k] < at_least or clouds[c.STATUS, k] == 0 or (is_large and clouds[c.IS_NAMED, k] == 0):
            continue
        if k not in (first_host, second_host):
            values[k] = 0.0
            n, last = n + 1, k
    if n < 2:
        return last
    weight, fractions = price_weight(world, i), world.cloud_f64[c.POSTED_FRACTION]
    for k in range(n_clouds):
        if values[k] == 0.0:
            free = float(clouds[c.FREE, k])
            values[k] = value_of_host(fractions[k], free, cards, False, weight, p[pl.CAPACITY_WEIGHT], p[pl.LOYALTY])
    key = key_of(world, clock[scene.FIRST_STARTUP] + i)
    host_keys = world.key_i64[accounts.KEY, clock[scene.FIRST_CLOUD] :]
    return choose(values, n_clouds, pair(clock[scene.SEED], key), decision, t, host_keys, p[pl.LUCK])


@compiled
def most_free(world: World) -> int:
    """Cards free at the cloud that has most of them."""
    most = 0
    for k in range(world.cloud_i64.shape[1]):
        most = max(most, world.cloud_i64[c.FREE, k])
    return most


@compiled
def decide_leases(world: World, t: int) -> None:
    """Look for a host for unmet need that is too small for a tender, or that a tender did not cover."""
    p, clock, status, needs = world.p, world.clock, world.startup_i8[s.STATUS], world.startup_f32[s.NEED_CARDS]
    buyer, tendered = world.startup_i16[s.BUYER], world.startup_i16[s.LAST_TENDER_DAY]
    wanted, host = world.startup_i32[s.DESIRED_LEASE_CARDS], world.startup_i16[s.DESIRED_HOST]
    size, pause, least, free = p[pt.SIZE], p[pt.PAUSE_DAYS], p[pg.SWITCH_SHARE], most_free(world)
    draws, marks, listed = world.block_f64[DRAWS], world.block_i8, world.block_i64[LISTED]
    day_luck = of_day(clock[scene.SEED], luck.SEARCH, t)
    for start in range(0, status.shape[0], BLOCK):
        block = status[start : start + BLOCK]
        wanted[start : start + BLOCK] = 0
        host[start : start + BLOCK] = -1
        draw_for_startups(world, day_luck, start, draws)
        mark_lucky(block, draws, p[pl.SEARCH_RATE], marks)
        for k in range(list_marked(marks[: block.shape[0]], listed)):
            i = start + listed[k]
            need = wide(needs[i])
            if need < SMALLEST_LEASE or buyer[i] >= 0 or empty_slot(world, i) < 0:
                continue
            unmet = unmet_need(world, i)
            if unmet < max(SMALLEST_LEASE, UNMET_SHARE * need):
                continue
            if planned_gap(world, i) < size or _rests_after_tender(tendered[i], t, pause):
                if least * unmet <= free:
                    host[i] = best_host(world, i, unmet, least * unmet, luck.LEASE_CHOICE, t)
                wanted[i] = int(min(unmet, MOST_LEASED))


@compiled
def _rests_after_tender(last: int, t: int, pause: float) -> bool:
    return last >= 0 and t - last < pause


@compiled
def decide_tenders(world: World, t: int) -> None:
    """Put large unmet need out to tender and invite clouds by share and aspiration (T1, T2, T8)."""
    p, tenders, planned = world.p, world.tender_i64, world.startup_f32[s.PLANNED_NEED]
    status, buyer, tendered = (
        world.startup_i8[s.STATUS],
        world.startup_i16[s.BUYER],
        world.startup_i16[s.LAST_TENDER_DAY],
    )
    size, pause, marks, listed = p[pt.SIZE], p[pt.PAUSE_DAYS], world.block_i8, world.block_i64[LISTED]
    held = 0
    for start in range(0, status.shape[0], BLOCK):
        block = status[start : start + BLOCK]
        _mark_large(block, planned[start : start + BLOCK], size, marks)
        for k in range(list_few(marks[: block.shape[0]], listed)):
            i = start + listed[k]
            if held == MAX_TENDERS or buyer[i] >= 0 or _rests_after_tender(tendered[i], t, pause):
                continue
            unmet = planned_gap(world, i)
            if unmet < size:
                continue
            if empty_slot(world, i) < 0:
                smaller = world.startup_i32[s.FIRST_CONTRACT + smaller_slot(world, i), i]
                if world.contract_i32[smaller, s.TENDER] > 0:
                    continue
                unmet += world.contract_i32[smaller, s.CARDS]
            tenders[TENDER_STARTUP, held] = i
            tenders[TENDER_CARDS, held] = min(int(unmet), s.LARGEST_CONTRACT)
            invite(world, i, held, t)
            held += 1
    world.scene_f64[scene.TENDERS_TODAY] = held


@compiled_pass
def _mark_large(status: np.ndarray, planned: np.ndarray, size: float, marks: np.ndarray) -> None:
    """Mark the living startups of a block whose planned need is large enough for a tender."""
    for k in range(status.shape[0]):
        marks[k] = (status[k] == s.ALIVE) & (wide(planned[k]) >= size)


@compiled
def invite(world: World, i: int, k: int, t: int) -> None:
    """Draw the clouds invited, without replacement, in proportion to share plus aspiration.

    Each cloud's exponential luck divided by its weight is a race; the first ones are invited.
    """
    p, clock, tenders = world.p, world.clock, world.tender_i64
    times = world.host_f64[1]
    n_clouds = world.cloud_i64.shape[1]
    key = key_of(world, clock[scene.FIRST_STARTUP] + i)
    for j in range(n_clouds):
        tenders[FIRST_FLOOR + j, k] = NOT_BIDDING
        aspires = world.cloud_i64[c.ASPIRATION, j] != c.NO_ASPIRATION
        weight = world.cloud_f64[c.SHARE, j] + (p[pt.ASPIRATION_WEIGHT] if aspires else 0.0)
        if world.cloud_i64[c.STATUS, j] == 0 or world.cloud_i64[c.IS_NAMED, j] == 0 or weight <= 0.0:
            times[j] = np.inf
            continue
        host_key = key_of(world, clock[scene.FIRST_CLOUD] + j)
        times[j] = exponential(pair(clock[scene.SEED], key), luck.INVITATION, t, host_key, 0) / weight
    for _ in range(int(p[pt.INVITED])):
        first = -1
        for j in range(n_clouds):
            if times[j] < np.inf and (first < 0 or times[j] < times[first]):
                first = j
        if first < 0:
            break
        times[first] = np.inf
        tenders[FIRST_FLOOR + first, k] = 0


@compiled
def decide_switches(world: World, t: int) -> None:
    """Choose a contract to move today and the host to move to: C1, C3, C4, and offers compared at renewal."""
    status, moves = world.startup_i8[s.STATUS], world.startup_i8[s.DESIRED_SWITCH_SLOT]
    slots, contracts, marks, listed = world.startup_i32, world.contract_i32, world.block_i8, world.block_i64[LISTED]
    for start in range(0, status.shape[0], BLOCK):
        end = min(start + BLOCK, status.shape[0])
        moves[start:end] = -1
        mark_hosted(slots[s.FIRST_CONTRACT, start:end], slots[s.SECOND_CONTRACT, start:end], marks)
        for k in range(list_few(marks[: end - start], listed)):
            i = start + listed[k]
            if status[i] != s.ALIVE:
                continue
            for slot in range(s.N_SLOTS):
                record = slots[s.FIRST_CONTRACT + slot, i]
                if record == 0 or moves[i] >= 0:
                    continue
                is_served = contracts[record, s.SHORT_CARD_DAYS] == 0
                is_hosted = world.cloud_i64[c.STATUS, contracts[record, s.CLOUD]] != 0
                if not (is_served and is_hosted) or t >= contracts[record, s.END_DAY]:  # else nothing could move it
                    _decide_switch(world, i, slot, record, t)


@compiled
def _decide_switch(world: World, i: int, slot: int, record: int, t: int) -> None:
    cause = cause_to_move(world, i, slot, record, t)
    if cause < 0:
        return
    world.startup_i8[s.DESIRED_SWITCH_CAUSE, i] = cause
    cards = float(world.contract_i32[record, s.CARDS])
    rival = best_host(world, i, cards, world.p[pg.SWITCH_SHARE] * cards, luck.SWITCH_CHOICE, t)
    if cause == s.AT_RENEWAL:
        rival = _better_than_present(world, i, record, rival)
    elif cause == s.POACHED and rival >= 0 and not _listens(world, i, record, rival):
        rival = -1
    if rival >= 0 or cause in (s.AT_RENEWAL, s.HOST_FAILED):
        world.startup_i8[s.DESIRED_SWITCH_SLOT, i] = slot
        world.startup_i16[s.DESIRED_HOST, i] = rival


@compiled
def cause_to_move(world: World, i: int, slot: int, record: int, t: int) -> int:
    """Why a startup looks for another host today, -1 for no reason.

    Patience is in card-days: the days of full shortfall that it bears (`market.state.draw.patience_days`) times the
    cards of the contract, set at signing.
    """
    p, contract = world.p, world.contract_i32[record]
    if world.cloud_i64[c.STATUS, contract[s.CLOUD]] == 0:
        return s.HOST_FAILED
    if t >= contract[s.END_DAY]:
        return s.AT_RENEWAL
    seed, key = world.clock[scene.SEED], key_of(world, world.clock[scene.FIRST_STARTUP] + i)
    short, cards = contract[s.SHORT_CARD_DAYS], contract[s.CARDS]
    if short > contract[s.PATIENT_CARD_DAYS]:
        is_looking = uniform(seed, luck.SEARCH, t, key, slot + 1) < p[pl.SEARCH_RATE]
        return s.OUT_OF_PATIENCE if is_looking else -1
    if short > contract[s.POACHED_CARD_DAYS] and contract[s.SERVED_TODAY] < (1.0 - p[pg.POACH_SHORTFALL]) * cards:
        is_approached = uniform(seed, luck.APPROACH, t, key, slot) < p[pg.APPROACH_RATE]
        return s.POACHED if is_approached else -1
    return -1


@compiled
def _better_than_present(world: World, i: int, record: int, rival: int) -> int:
    """The rival if it beats staying at today's posted fraction, else -1 (stay)."""
    if rival < 0:
        return -1
    p, contract = world.p, world.contract_i32[record]
    host, served = contract[s.CLOUD], contract[s.SERVED_TODAY]
    cards, weight = float(contract[s.CARDS]), price_weight(world, i)
    stay = value_of_host(
        world.cloud_f64[c.POSTED_FRACTION, host],
        float(world.cloud_i64[c.FREE, host] + served),
        cards,
        True,
        weight,
        p[pl.CAPACITY_WEIGHT],
        p[pl.LOYALTY],
    )
    move = value_of_host(
        world.cloud_f64[c.POSTED_FRACTION, rival],
        float(world.cloud_i64[c.FREE, rival]),
        cards,
        False,
        weight,
        p[pl.CAPACITY_WEIGHT],
        p[pl.LOYALTY],
    )
    return rival if move > stay else -1


@compiled
def _listens(world: World, i: int, record: int, rival: int) -> bool:
    """Whether a rival's capacity is worth its price while the present host is short (C4)."""
    p, contract = world.p, world.contract_i32[record]
    cards, weight = float(contract[s.CARDS]), price_weight(world, i)
    stay = p[pl.LOYALTY] - weight * contract[s.FRACTION_BP] / 10_000.0
    stay -= p[pl.WAIT_WEIGHT] * contract[s.SHORT_CARD_DAYS] / max(cards, 1.0) / DAYS_PER_MONTH
    stay += p[pl.CAPACITY_WEIGHT] * (contract[s.SERVED_TODAY] / max(cards, 1.0) - 1.0)
    move = value_of_host(
        world.cloud_f64[c.POSTED_FRACTION, rival],
        float(world.cloud_i64[c.FREE, rival]),
        cards,
        False,
        weight,
        p[pl.CAPACITY_WEIGHT],
        p[pl.LOYALTY],
    )
    return move > stay
