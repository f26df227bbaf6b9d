"""Hosting: how a startup chooses who serves it, and when it moves.

What it needs beyond its own cards and contracts it rents when it is small and puts out to tender when it is large (T1,
T8). It judges hosts by price, free cards at hand and loyalty, with a taste of its own (McFadden1974, Klemperer1987). It
moves when its patience with a shortfall is used up or a rival with cards comes along (C1, C4), and compares offers at
renewal. Leaves out: what a host's network or software is worth to it, but for taste.
"""

from __future__ import annotations

import numpy as np

from market.agents.quoting import equivalents
from market.kernels.choose import choose
from market.kernels.compile import compiled
from market.kernels.luck import exponential, of_day, pair, uniform, uniform_of
from market.parameters import leases as pl
from market.parameters import serving as pg
from market.parameters import startups as pu
from market.parameters import tenders as pt
from market.state import accounts, luck, scene
from market.state import cloud as c
from market.state import startup as s
from market.state.products import DAYS_PER_MONTH, FEN_PER_CNY, ONLINE
from market.state.world import (
    FIRST_FLOOR,
    MAX_TENDERS,
    NOT_BIDDING,
    TENDER_CARDS,
    TENDER_STARTUP,
    World,
)

SMALLEST_LEASE = 4.0  # cards
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


@compiled
def is_out_of_patience(short_card_days: float, cards: float, patience_days: float) -> bool:
    """Whether the shortfall borne so far exceeds `patience_days` of full shortfall."""
    return short_card_days > patience_days * cards


# ------------------------------------------------------------------ what a startup has


@compiled
def contract_cards(world: World, i: int) -> int:
    """Cards promised to startup `i` by its hosts."""
    total = 0
    for slot in range(s.N_SLOTS):
        total += world.contract_i64[s.CARDS, slot, i]
    return total


@compiled
def unmet_need(world: World, i: int) -> float:
    """Need of startup `i` that neither its own cards nor a contract cover."""
    account = world.clock[scene.FIRST_STARTUP] + i
    own = equivalents(world, account, ONLINE, ONLINE)
    return max(world.startup_f64[s.NEED_CARDS, i] - own - contract_cards(world, i), 0.0)


@compiled
def planned_gap(world: World, i: int) -> float:
    """Planned need of startup `i` that neither its own cards nor a contract cover."""
    account = world.clock[scene.FIRST_STARTUP] + i
    own = equivalents(world, account, ONLINE, ONLINE)
    return max(world.startup_f64[s.PLANNED_NEED, i] - own - contract_cards(world, i), 0.0)


@compiled
def smaller_slot(world: World, i: int) -> int:
    """Slot of the smaller of two contracts: the one that a larger tender takes in."""
    return 0 if world.contract_i64[s.CARDS, 0, i] <= world.contract_i64[s.CARDS, 1, i] else 1


@compiled
def empty_slot(world: World, i: int) -> int:
    """First slot without a contract, -1 for none."""
    for slot in range(s.N_SLOTS):
        if world.contract_i64[s.CONTRACT, slot, i] == 0:
            return slot
    return -1


@compiled
def price_weight(world: World, i: int) -> float:
    """Weight of price in the choice of a host: higher the shorter the runway against the plan (D3)."""
    p = world.p
    cash = world.account_i64[accounts.CASH_FEN, world.clock[scene.FIRST_STARTUP] + i] / FEN_PER_CNY
    rent = world.scene_f64[scene.LIST_RENT] * world.scene_f64[scene.MEAN_FRACTION]
    spending = world.startup_f64[s.NEED_CARDS, i] * rent / p[pu.COMPUTE_SHARE] + 1.0
    short = max(0.0, 1.0 - cash / (p[pu.RUNWAY_MONTHS] * spending))
    return p[pl.PRICE_WEIGHT] * (1.0 + p[pl.RUNWAY_WEIGHT] * short)


# ------------------------------------------------------------------ decisions


@compiled
def best_host(world: World, i: int, cards: float, at_least: float, host: int, decision: int, t: int) -> int:
    """Cloud of highest value with at least `at_least` free cards, -1 for none. `host` is the present one.

    A cluster as large as those put out to tender cannot be spread over the small clouds of the long tail. A
    startup's two hosts are never the same.
    """
    p, clock = world.p, world.clock
    values = world.host_f64[0]
    n_clouds = world.cloud_i64.shape[1]
    weight = price_weight(world, i)
    is_large = cards >= p[pt.SIZE]
    for k in range(n_clouds):
        values[k] = -np.inf
        free = float(world.cloud_i64[c.FREE, k])
        is_taken = False
        for slot in range(s.N_SLOTS):
            if world.contract_i64[s.CONTRACT, slot, i] != 0 and world.contract_i64[s.CLOUD, slot, i] == k:
                is_taken = True
        if (
            world.cloud_i64[c.STATUS, k] == 0
            or free < at_least
            or is_taken
            or (is_large and world.cloud_i64[c.IS_NAMED, k] == 0)
        ):
            continue
        values[k] = value_of_host(
            world.cloud_f64[c.POSTED_FRACTION, k], free, cards, k == host, weight, p[pl.CAPACITY_WEIGHT], p[pl.LOYALTY]
        )
    for k in range(n_clouds):
        world.host_keys[k] = world.account_i64[accounts.KEY, clock[scene.FIRST_CLOUD] + k]
    key = world.account_i64[accounts.KEY, clock[scene.FIRST_STARTUP] + i]
    return choose(values, n_clouds, pair(clock[scene.SEED], key), decision, t, world.host_keys, p[pl.LUCK])


@compiled
def decide_leases(world: World, t: int) -> None:
    """Look for a host for unmet need that is too small for a tender, or that a tender did not cover."""
    p, n, f, clock = world.p, world.startup_i64, world.startup_f64, world.clock
    day_luck = of_day(clock[scene.SEED], luck.SEARCH, t)
    for i in range(n.shape[1]):
        n[s.DESIRED_LEASE_CARDS, i] = 0
        n[s.DESIRED_HOST, i] = -1
        if f[s.NEED_CARDS, i] < SMALLEST_LEASE or n[s.STATUS, i] != s.ALIVE:
            continue
        if n[s.BUYER, i] >= 0 or empty_slot(world, i) < 0:
            continue
        unmet = unmet_need(world, i)
        if unmet < max(SMALLEST_LEASE, UNMET_SHARE * f[s.NEED_CARDS, i]):
            continue
        if planned_gap(world, i) >= p[pt.SIZE] and not _rests_after_tender(
            n[s.LAST_TENDER_DAY, i], t, p[pt.PAUSE_DAYS]
        ):
            continue
        key = world.account_i64[accounts.KEY, clock[scene.FIRST_STARTUP] + i]
        if uniform_of(day_luck, key, 0) < p[pl.SEARCH_RATE]:
            n[s.DESIRED_HOST, i] = best_host(world, i, unmet, p[pg.SWITCH_SHARE] * unmet, -1, luck.LEASE_CHOICE, t)
            n[s.DESIRED_LEASE_CARDS, i] = int(unmet)


@compiled
def _rests_after_tender(last: int, t: int, pause: float) -> bool:
    return last >= 0 and t - last < pause


@compiled
def decide_tenders(world: World, t: int) -> None:
    """Put large unmet need out to tender and invite clouds by share and aspiration (T1, T2, T8)."""
    p, n, tenders = world.p, world.startup_i64, world.tender_i64
    held, size = 0, p[pt.SIZE]
    for i in range(n.shape[1]):
        n[s.DESIRED_TENDER_CARDS, i] = 0
        if world.startup_f64[s.PLANNED_NEED, i] < size:
            continue
        if (
            held == MAX_TENDERS
            or n[s.STATUS, i] != s.ALIVE
            or n[s.BUYER, i] >= 0
            or _rests_after_tender(n[s.LAST_TENDER_DAY, i], t, p[pt.PAUSE_DAYS])
        ):
            continue
        unmet = planned_gap(world, i)
        if unmet < size:
            continue
        if empty_slot(world, i) < 0:
            smaller = smaller_slot(world, i)
            if world.contract_i64[s.TENDER, smaller, i] > 0:
                continue
            unmet += world.contract_i64[s.CARDS, smaller, i]
        n[s.DESIRED_TENDER_CARDS, i] = int(unmet)
        tenders[TENDER_STARTUP, held] = i
        tenders[TENDER_CARDS, held] = int(unmet)
        invite(world, i, held, t)
        held += 1
    world.scene_f64[scene.TENDERS_TODAY] = held


@compiled
def invite(world: World, i: int, k: int, t: int) -> None:
    """Draw the clouds invited, without replacement, in proportion to share plus aspiration.

    Each cloud's exponential luck divided by its weight is a race; the first ones are invited.
    """
    p, clock, tenders = world.p, world.clock, world.tender_i64
    times = world.host_f64[1]
    n_clouds = world.cloud_i64.shape[1]
    key = world.account_i64[accounts.KEY, clock[scene.FIRST_STARTUP] + i]
    for j in range(n_clouds):
        tenders[FIRST_FLOOR + j, k] = NOT_BIDDING
        aspires = world.cloud_i64[c.ASPIRATION, j] != c.NO_ASPIRATION
        weight = world.cloud_f64[c.SHARE, j] + (p[pt.ASPIRATION_WEIGHT] if aspires else 0.0)
        if world.cloud_i64[c.STATUS, j] == 0 or world.cloud_i64[c.IS_NAMED, j] == 0 or weight <= 0.0:
            times[j] = np.inf
            continue
        host_key = world.account_i64[accounts.KEY, clock[scene.FIRST_CLOUD] + j]
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
    n, contracts = world.startup_i64, world.contract_i64
    for i in range(n.shape[1]):
        n[s.DESIRED_SWITCH_SLOT, i] = -1
        if n[s.STATUS, i] != s.ALIVE:
            continue
        for slot in range(s.N_SLOTS):
            if contracts[s.CONTRACT, slot, i] == 0 or n[s.DESIRED_SWITCH_SLOT, i] >= 0:
                continue
            host = contracts[s.CLOUD, slot, i]
            is_served = contracts[s.SHORT_CARD_DAYS, slot, i] == 0 and world.cloud_i64[c.STATUS, host] != 0
            if not is_served or t >= contracts[s.END_DAY, slot, i]:  # else nothing could move it
                _decide_switch(world, i, slot, t)


@compiled
def _decide_switch(world: World, i: int, slot: int, t: int) -> None:
    p, n, clock = world.p, world.startup_i64, world.clock
    key = world.account_i64[accounts.KEY, clock[scene.FIRST_STARTUP] + i]
    contract = world.contract_i64[:, slot, i]
    cards, host = contract[s.CARDS], contract[s.CLOUD]
    least = p[pg.SWITCH_SHARE] * cards
    if world.cloud_i64[c.STATUS, host] == 0:
        n[s.DESIRED_SWITCH_CAUSE, i] = s.HOST_FAILED
    elif t >= contract[s.END_DAY]:
        n[s.DESIRED_SWITCH_CAUSE, i] = s.AT_RENEWAL
    elif is_out_of_patience(contract[s.SHORT_CARD_DAYS], cards, world.startup_f64[s.PATIENCE_DAYS, i]):
        if uniform(clock[scene.SEED], luck.SEARCH, t, key, slot + 1) >= p[pl.SEARCH_RATE]:
            return
        n[s.DESIRED_SWITCH_CAUSE, i] = s.OUT_OF_PATIENCE
    elif (
        is_out_of_patience(
            contract[s.SHORT_CARD_DAYS], cards, p[pg.POACH_PATIENCE] * world.startup_f64[s.PATIENCE_DAYS, i]
        )
        and contract[s.SERVED_TODAY] < (1.0 - p[pg.POACH_SHORTFALL]) * cards
        and uniform(clock[scene.SEED], luck.APPROACH, t, key, slot) < p[pg.APPROACH_RATE]
    ):
        n[s.DESIRED_SWITCH_CAUSE, i] = s.POACHED
    else:
        return
    cause = n[s.DESIRED_SWITCH_CAUSE, i]
    rival = best_host(world, i, float(cards), least, -1, luck.SWITCH_CHOICE, t)
    if cause == s.AT_RENEWAL:
        rival = _better_than_present(world, i, slot, rival, t)
    elif cause == s.POACHED and rival >= 0 and not _listens(world, i, slot, rival):
        rival = -1
    if rival >= 0 or cause in (s.AT_RENEWAL, s.HOST_FAILED):
        n[s.DESIRED_SWITCH_SLOT, i] = slot
        n[s.DESIRED_HOST, i] = rival


@compiled
def _better_than_present(world: World, i: int, slot: int, rival: int, t: int) -> int:
    """The rival if it beats staying at today's posted fraction, else -1 (stay)."""
    if rival < 0:
        return -1
    p, host = world.p, world.contract_i64[s.CLOUD, slot, i]
    cards, weight = float(world.contract_i64[s.CARDS, slot, i]), price_weight(world, i)
    served = world.contract_i64[s.SERVED_TODAY, slot, i]
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
def _listens(world: World, i: int, slot: int, rival: int) -> bool:
    """Whether a rival's capacity is worth its price while the present host is short (C4)."""
    p, contract = world.p, world.contract_i64[:, slot, i]
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
