"""Startups: what they need, how they get money and compute, when they move and when they give up.

A startup's need grows with its model calls (D1) and with the training run it aspires to, which the funding climate
inflates (D2) and its cash bounds (D3). It tenders what is large, rents what is small, moves when patience with a
shortfall is used up or a rival comes along (C1, C4), compares offers at renewal, and buys cards when nobody has any
(P6). Leaves out: product competition among startups.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from market.agents.face import MOST_CARDS, Decision, RowAgent, not_negative, read_quote, shows, write_quote
from market.agents.quoting import clear_quotes, equivalents, post_quote, whole_cards
from market.agents.valuation import DAYS_PER_WEEK, adjusted_bid, plans_today, worth_for
from market.errors import UsageError
from market.kernels.arithmetic import exp
from market.kernels.choose import choose
from market.kernels.compile import compiled
from market.kernels.luck import exponential, normal, pair, uniform
from market.parameters import clouds as pc
from market.parameters import spot as ps
from market.parameters import startups as pu
from market.parameters import supply as pp
from market.state import accounts, luck, primary, scene
from market.state import cloud as c
from market.state import startup as s
from market.state.products import A800, ASSEMBLY, DAYS_PER_MONTH, FEN_PER_CNY, N_STAGES, ONLINE, STOCK
from market.state.world import (
    FIRST_FLOOR,
    MAX_TENDERS,
    NOT_BIDDING,
    TENDER_CARDS,
    TENDER_STARTUP,
    WEEKDAY,
    World,
)

STOPPED = 0.5
BOOM_RISE = 3.0  # rise of the climate that counts as a full boom
SMALLEST_LEASE = 4.0  # cards
UNMET_SHARE = 0.1  # part of its need that a startup leaves unserved without looking


# ------------------------------------------------------------------ scalar rules


@compiled
def boom(climate: float) -> float:
    """How far the climate is into a boom, 0 to 1."""
    return min(max((climate - 1.0) / BOOM_RISE, 0.0), 1.0)


@compiled
def planned_months(runway: float, shortening: float, climate: float) -> float:
    """Months over which a startup plans to spend its cash: fewer in the boom (D2), more when it cools (D3)."""
    return runway * max(1.0 - shortening * boom(climate), 0.1)


@compiled
def inflated_ambition(climate: float, slope: float) -> float:
    """Factor on the training run aspired to: its size is a fund-raising argument (D2)."""
    return max(1.0 + slope * (climate - 1.0), 0.0)


@compiled
def planned_need(
    calls_ahead: float,
    ambition: float,
    climate: float,
    ambition_climate: float,
    cash_cny: float,
    months: float,
    compute_share: float,
    revenue_cny: float,
    rent_cny: float,
) -> float:
    """Cards a startup plans to use: what calls some months ahead and its next run ask for, within its budget."""
    run = ambition * inflated_ambition(climate, ambition_climate)
    budget = compute_share * (cash_cny / months + revenue_cny)
    return max(min(max(calls_ahead, run), budget / max(rent_cny, 1.0)), 0.0)


@compiled
def moved_need(need: float, desired: float, rise: float, fall: float) -> float:
    """Need after a day: it takes time to use more, and to use less."""
    rate = rise if desired > need else fall
    return need + rate / DAYS_PER_WEEK * (desired - need)


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
def smaller_slot(world: World, i: int) -> int:
    """Slot of the smaller of two contracts: the one that a larger tender takes in."""
    return 0 if world.contract_i64[s.CARDS, 0, i] <= world.contract_i64[s.CARDS, 1, i] else 1


@compiled
def planned_gap(world: World, i: int) -> float:
    """Planned need of startup `i` that neither its own cards nor a contract cover."""
    account = world.clock[scene.FIRST_STARTUP] + i
    own = equivalents(world, account, ONLINE, ONLINE)
    return max(world.startup_f64[s.PLANNED_NEED, i] - own - contract_cards(world, i), 0.0)


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
    return p[pc.PRICE_WEIGHT] * (1.0 + p[pc.RUNWAY_WEIGHT] * short)


# ------------------------------------------------------------------ decisions


@compiled
def decide_rounds(world: World, t: int) -> None:
    """Close a funding round today, or not; size from a log-normal quantile and the climate (D2, F13, F14)."""
    p, n, f, clock = world.p, world.startup_i64, world.startup_f64, world.clock
    climate = world.scene_f64[scene.CLIMATE]
    hazard = p[pu.HAZARD] * climate / DAYS_PER_MONTH
    size = p[pu.MEDIAN_ROUND] * max(1.0 + p[pu.CLIMATE_SIZE] * (climate - 1.0), 0.0)
    for i in range(n.shape[1]):
        n[s.DESIRED_ROUND_FEN, i] = 0
        if n[s.STATUS, i] != s.ALIVE:
            continue
        key = world.account_i64[accounts.KEY, clock[scene.FIRST_STARTUP] + i]
        if uniform(clock[scene.SEED], luck.FUNDING_ROUND, t, key, 0) < hazard:
            luckiness = exp(p[pu.SIZE_SPREAD] * 0.5 * normal(clock[scene.SEED], luck.ROUND_SIZE, t, key, 0))
            n[s.DESIRED_ROUND_FEN, i] = int(size * f[s.SCALE, i] * luckiness) * FEN_PER_CNY


@compiled
def decide_need(world: World, t: int) -> None:
    """Plan the cards to use."""
    p, n, f = world.p, world.startup_i64, world.startup_f64
    climate = world.scene_f64[scene.CLIMATE]
    months = planned_months(p[pu.RUNWAY_MONTHS], p[pu.RUNWAY_BOOM], climate)
    rent = world.scene_f64[scene.LIST_RENT] * world.scene_f64[scene.MEAN_FRACTION]
    ambition_factor = inflated_ambition(climate, p[pu.AMBITION_CLIMATE])
    for i in range(n.shape[1]):
        if n[s.STATUS, i] != s.ALIVE:
            f[s.PLANNED_NEED, i] = 0.0
            f[s.DESIRED_NEED, i] = 0.0
            continue
        cash = world.account_i64[accounts.CASH_FEN, world.clock[scene.FIRST_STARTUP] + i] / FEN_PER_CNY
        ambition = f[s.AMBITION_CARDS, i] if t >= n[s.AMBITION_DAY, i] else 0.0
        ahead = f[s.CALLS_CARDS, i] * (1.0 + f[s.CALLS_GROWTH, i] * DAYS_PER_MONTH * p[pu.PLAN_AHEAD])
        f[s.PLANNED_NEED, i] = planned_need(
            ahead,
            ambition,
            climate,
            p[pu.AMBITION_CLIMATE],
            cash,
            months,
            p[pu.COMPUTE_SHARE],
            f[s.CALLS_CARDS, i] * f[s.REVENUE_PER_CALL, i],
            rent,
        )
        present = min(f[s.PLANNED_NEED, i], max(f[s.CALLS_CARDS, i], ambition * ambition_factor))
        f[s.DESIRED_NEED, i] = moved_need(f[s.NEED_CARDS, i], present, p[pu.NEED_UP], p[pu.NEED_DOWN])


@compiled
def decide_orders(world: World, t: int) -> None:
    """Startups that buy from NVIDIA order what they plan to use and have neither got nor ordered."""
    buyers = world.buyer_i64
    for i in range(world.startup_i64.shape[1]):
        b = world.startup_i64[s.BUYER, i]
        if b < 0:
            continue
        has_failed = world.startup_i64[s.STATUS, i] == s.FAILED
        buyers[primary.DESIRED_ORDER, A800, b] = 0
        buyers[primary.DESIRED_CANCEL, A800, b] = buyers[primary.BACKLOG, A800, b] if has_failed else 0
        key = world.account_i64[accounts.KEY, world.clock[scene.FIRST_STARTUP] + i]
        if (
            world.startup_i64[s.STATUS, i] != s.ALIVE
            or world.product_f64[scene.SEVERITY, A800] >= STOPPED
            or not plans_today(world.clock[scene.SEED], key, world.calendar[WEEKDAY, t])
        ):
            continue
        account = world.clock[scene.FIRST_STARTUP] + i
        missing = world.startup_f64[s.PLANNED_NEED, i] - equivalents(world, account, STOCK, ONLINE)
        missing -= buyers[primary.BACKLOG, A800, b]
        if missing >= world.p[pp.MINIMUM_LOT]:
            buyers[primary.DESIRED_ORDER, A800, b] = int(missing)


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
    is_large = cards >= p[pc.SIZE]
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
            world.cloud_f64[c.POSTED_FRACTION, k], free, cards, k == host, weight, p[pc.CAPACITY_WEIGHT], p[pc.LOYALTY]
        )
    for k in range(n_clouds):
        world.host_keys[k] = world.account_i64[accounts.KEY, clock[scene.FIRST_CLOUD] + k]
    key = world.account_i64[accounts.KEY, clock[scene.FIRST_STARTUP] + i]
    return choose(values, n_clouds, pair(clock[scene.SEED], key), decision, t, world.host_keys, p[pc.LUCK])


@compiled
def decide_leases(world: World, t: int) -> None:
    """Look for a host for unmet need that is too small for a tender, or that a tender did not cover."""
    p, n, f, clock = world.p, world.startup_i64, world.startup_f64, world.clock
    for i in range(n.shape[1]):
        n[s.DESIRED_LEASE_CARDS, i] = 0
        n[s.DESIRED_HOST, i] = -1
        if n[s.STATUS, i] != s.ALIVE or n[s.BUYER, i] >= 0 or empty_slot(world, i) < 0:
            continue
        unmet = unmet_need(world, i)
        if unmet < max(SMALLEST_LEASE, UNMET_SHARE * f[s.NEED_CARDS, i]):
            continue
        if planned_gap(world, i) >= p[pc.SIZE] and not _rests_after_tender(
            n[s.LAST_TENDER_DAY, i], t, p[pc.PAUSE_DAYS]
        ):
            continue
        key = world.account_i64[accounts.KEY, clock[scene.FIRST_STARTUP] + i]
        if uniform(clock[scene.SEED], luck.SEARCH, t, key, 0) < p[pc.SEARCH_RATE]:
            n[s.DESIRED_HOST, i] = best_host(world, i, unmet, p[pc.SWITCH_SHARE] * unmet, -1, luck.LEASE_CHOICE, t)
            n[s.DESIRED_LEASE_CARDS, i] = int(unmet)


@compiled
def _rests_after_tender(last: int, t: int, pause: float) -> bool:
    return last >= 0 and t - last < pause


@compiled
def decide_tenders(world: World, t: int) -> None:
    """Put large unmet need out to tender and invite clouds by share and aspiration (T1, T2, T8)."""
    p, n, tenders = world.p, world.startup_i64, world.tender_i64
    held = 0
    for i in range(n.shape[1]):
        n[s.DESIRED_TENDER_CARDS, i] = 0
        if (
            held == MAX_TENDERS
            or n[s.STATUS, i] != s.ALIVE
            or n[s.BUYER, i] >= 0
            or _rests_after_tender(n[s.LAST_TENDER_DAY, i], t, p[pc.PAUSE_DAYS])
        ):
            continue
        unmet = planned_gap(world, i)
        if unmet < p[pc.SIZE]:
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
        weight = world.cloud_f64[c.SHARE, j] + (p[pc.ASPIRATION_WEIGHT] if aspires else 0.0)
        if world.cloud_i64[c.STATUS, j] == 0 or world.cloud_i64[c.IS_NAMED, j] == 0 or weight <= 0.0:
            times[j] = np.inf
            continue
        host_key = world.account_i64[accounts.KEY, clock[scene.FIRST_CLOUD] + j]
        times[j] = exponential(pair(clock[scene.SEED], key), luck.INVITATION, t, host_key, 0) / weight
    for _ in range(int(p[pc.INVITED])):
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
    n, clock = world.startup_i64, world.clock
    for i in range(n.shape[1]):
        n[s.DESIRED_SWITCH_SLOT, i] = -1
        if n[s.STATUS, i] != s.ALIVE:
            continue
        for slot in range(s.N_SLOTS):
            if world.contract_i64[s.CONTRACT, slot, i] != 0 and n[s.DESIRED_SWITCH_SLOT, i] < 0:
                _decide_switch(world, i, slot, t, world.account_i64[accounts.KEY, clock[scene.FIRST_STARTUP] + i])


@compiled
def _decide_switch(world: World, i: int, slot: int, t: int, key: int) -> None:
    p, n, clock = world.p, world.startup_i64, world.clock
    contract = world.contract_i64[:, slot, i]
    cards, host = contract[s.CARDS], contract[s.CLOUD]
    least = p[pc.SWITCH_SHARE] * cards
    if world.cloud_i64[c.STATUS, host] == 0:
        n[s.DESIRED_SWITCH_CAUSE, i] = s.HOST_FAILED
    elif t >= contract[s.END_DAY]:
        n[s.DESIRED_SWITCH_CAUSE, i] = s.AT_RENEWAL
    elif is_out_of_patience(contract[s.SHORT_CARD_DAYS], cards, world.startup_f64[s.PATIENCE_DAYS, i]):
        if uniform(clock[scene.SEED], luck.SEARCH, t, key, slot + 1) >= p[pc.SEARCH_RATE]:
            return
        n[s.DESIRED_SWITCH_CAUSE, i] = s.OUT_OF_PATIENCE
    elif (
        is_out_of_patience(
            contract[s.SHORT_CARD_DAYS], cards, p[pc.POACH_PATIENCE] * world.startup_f64[s.PATIENCE_DAYS, i]
        )
        and contract[s.SERVED_TODAY] < (1.0 - p[pc.POACH_SHORTFALL]) * cards
        and uniform(clock[scene.SEED], luck.APPROACH, t, key, slot) < p[pc.APPROACH_RATE]
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
        p[pc.CAPACITY_WEIGHT],
        p[pc.LOYALTY],
    )
    move = value_of_host(
        world.cloud_f64[c.POSTED_FRACTION, rival],
        float(world.cloud_i64[c.FREE, rival]),
        cards,
        False,
        weight,
        p[pc.CAPACITY_WEIGHT],
        p[pc.LOYALTY],
    )
    return rival if move > stay else -1


@compiled
def _listens(world: World, i: int, slot: int, rival: int) -> bool:
    """Whether a rival's capacity is worth its price while the present host is short (C4)."""
    p, contract = world.p, world.contract_i64[:, slot, i]
    cards, weight = float(contract[s.CARDS]), price_weight(world, i)
    stay = p[pc.LOYALTY] - weight * contract[s.FRACTION_BP] / 10_000.0
    stay -= p[pc.WAIT_WEIGHT] * contract[s.SHORT_CARD_DAYS] / max(cards, 1.0) / DAYS_PER_MONTH
    stay += p[pc.CAPACITY_WEIGHT] * (contract[s.SERVED_TODAY] / max(cards, 1.0) - 1.0)
    move = value_of_host(
        world.cloud_f64[c.POSTED_FRACTION, rival],
        float(world.cloud_i64[c.FREE, rival]),
        cards,
        False,
        weight,
        p[pc.CAPACITY_WEIGHT],
        p[pc.LOYALTY],
    )
    return move > stay


@compiled
def decide_quotes(world: World, t: int) -> None:
    """Bid for the cards asked of a server maker (P6); a failed startup's cards are offered at a falling price."""
    p, n, f, clock = world.p, world.startup_i64, world.startup_f64, world.clock
    spot = world.product_f64[scene.SPOT_CNY, A800]
    for i in range(n.shape[1]):
        account = clock[scene.FIRST_STARTUP] + i
        if n[s.STATUS, i] == s.ALIVE:
            worth = worth_for(world, f[s.TASTE, i])
            f[s.RESERVATION_CNY, i] = adjusted_bid(f[s.RESERVATION_CNY, i], worth, p[ps.BID_ADJUSTMENT])
        stock = world.card_i64[A800 * N_STAGES + STOCK, account]
        clear_quotes(world, account)
        if n[s.STATUS, i] == s.FAILED and stock > 0:
            f[s.RESERVATION_CNY, i] = min(f[s.RESERVATION_CNY, i], spot) * (1.0 - p[ps.ASK_ADJUSTMENT] / DAYS_PER_WEEK)
            post_quote(world, account, A800, f[s.RESERVATION_CNY, i], -stock)
        elif n[s.STATUS, i] == s.ALIVE and n[s.ASKED_MAKER, i] >= 0:
            coming = equivalents(world, account, STOCK, ASSEMBLY)
            gap = max(unmet_need(world, i) - coming, 0.0)
            if n[s.BUYER, i] >= 0:
                gap = max(gap - world.buyer_i64[primary.BACKLOG, A800, n[s.BUYER, i]], 0.0)
            budget = p[pu.COMPUTE_SHARE] * world.account_i64[accounts.CASH_FEN, account] / FEN_PER_CNY
            gap = min(gap, budget / (spot + p[pc.SERVER_COST]))
            cards = whole_cards(world, account, t, gap * p[ps.BUY_RATE] / DAYS_PER_WEEK)
            post_quote(world, account, A800, f[s.RESERVATION_CNY, i], cards)


@compiled
def decide_exit(world: World, t: int) -> None:
    """Give up when it could not pay today."""
    n = world.startup_i64
    for i in range(n.shape[1]):
        n[s.DESIRED_EXIT, i] = n[s.IS_INSOLVENT, i] if n[s.STATUS, i] == s.ALIVE else 0


def _write_need(agent: Startup, value: Any) -> None:
    agent.world.startup_f64[s.DESIRED_NEED, agent.row] = not_negative(agent, "need_tomorrow", value, MOST_CARDS)


def _write_exit(agent: Startup, value: Any) -> None:
    if not isinstance(value, (bool, np.bool_)):
        raise UsageError("gives_up", value, "True or False", f"{type(agent).__name__} {agent.id}")
    agent.world.startup_i64[s.DESIRED_EXIT, agent.row] = int(value)


@shows(s.I64, s.F64)
class Startup(RowAgent):
    """A startup."""

    DECISIONS = (
        Decision("need_tomorrow", "agents.startup.decide_need", _write_need),
        Decision("quote", "agents.startup.decide_quotes", write_quote),
        Decision("gives_up", "agents.startup.decide_exit", _write_exit),
    )

    def need_tomorrow(self) -> float:
        """Cards it will want to use."""
        return float(self.desired_need_cards)

    def quote(self) -> tuple[float, int]:
        """Limit price in CNY and cards for the A class: bid above zero, offered below."""
        return read_quote(self)

    def gives_up(self) -> bool:
        """Whether it winds up today."""
        return bool(self.desired_exit)

    def hosts(self) -> list[str]:
        """Ids of the clouds it has contracts with."""
        contracts = self.world.contract_i64[:, :, self.row]
        first = self.world.clock[scene.FIRST_CLOUD]
        return [
            self.model.cast.ids[first + contracts[s.CLOUD, slot]]
            for slot in range(s.N_SLOTS)
            if contracts[s.CONTRACT, slot]
        ]
