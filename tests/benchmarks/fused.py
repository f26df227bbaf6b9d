"""The least that a day does with a startup, as one compiled pass: the floor that the full day is held against.

Every model of this market must, every day and for every startup, draw whether it closes a round, plan and move its
need, let its calls grow, be served by its hosts and note the shortfall, move its training run and its bid on, and pay
its bills. Here that is one loop over plain columns, with the engine's own scalar rules: no phases, no ledger with two
sides, no log, no record, nobody who searches, switches, trades or fails.
"""

from __future__ import annotations

import time
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from market import GpuMarket
from market.agents.startup import moved_need, planned_need
from market.agents.valuation import adjusted_bid, market_view, worth_in_view
from market.kernels.compile import compiled
from market.kernels.luck import of_day, uniform_of
from market.parameters import clouds as pc
from market.parameters import serving as pg
from market.parameters import spot as ps
from market.parameters import startups as pu
from market.state import accounts, luck, scene
from market.state import startup as s
from market.state.products import A800, DAYS_PER_MONTH, N_STAGES, ONLINE
from tests.benchmarks.rules import BASIS_POINTS_PER_BIN

FEN = 100.0
RUNS = 3

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class Columns(NamedTuple):
    """Columns of startups (n,) and of their two contracts (2, n)."""

    status: Ints
    key: Ints
    cash_fen: Ints
    search_days: Ints
    run_card_days: Ints
    done_card_days: Ints
    calls: Floats
    growth: Floats
    revenue: Floats
    ambition: Floats
    scale: Floats
    taste: Floats
    need: Floats
    bid: Floats
    own: Floats
    cards: Ints
    rent_fen: Ints
    cloud: Ints
    price_class: Ints
    served_card_days: Ints
    short_card_days: Ints


def columns_of(model: GpuMarket) -> Columns:
    """The columns of an engine's market, copied side by side."""
    world = model.world
    n, f, contracts = world.startup_i64, world.startup_f64, world.contract_i64
    first = int(world.clock[scene.FIRST_STARTUP])
    online = world.card_i64[A800 * N_STAGES + ONLINE, first:].astype(np.float64)
    ints = [n[row].copy() for row in (s.SEARCH_DAYS, s.RUN_CARD_DAYS, s.DONE_CARD_DAYS)]
    names = (s.CALLS_CARDS, s.CALLS_GROWTH, s.REVENUE_PER_CALL, s.AMBITION_CARDS, s.SCALE, s.TASTE, s.NEED_CARDS)
    floats = [f[row].copy() for row in (*names, s.RESERVATION_CNY)]
    bins = np.clip(contracts[s.FRACTION_BP] // BASIS_POINTS_PER_BIN, 0, world.share_f64.shape[1] - 1)
    slots = [contracts[row].copy() for row in (s.CARDS, s.RENT_FEN, s.CLOUD)]
    days = [contracts[row].copy() for row in (s.SERVED_CARD_DAYS, s.SHORT_CARD_DAYS)]
    keys = world.account_i64[accounts.KEY, first:].copy()
    cash = world.account_i64[accounts.CASH_FEN, first:].copy()
    return Columns(n[s.STATUS].copy(), keys, cash, *ints, *floats, online, *slots, bins, *days)


@compiled
def fused_day(
    c: Columns,
    p: np.ndarray,
    shares: np.ndarray,
    view: tuple[float, float, float, float, float, float, bool, float, float],
    seed: int,
    t: int,
    climate: float,
    rent: float,
) -> float:
    """One day of all startups in one pass; returns the need that nobody serves."""
    hazard, unserved = p[pu.HAZARD] * climate / DAYS_PER_MONTH, 0.0
    size, months = p[pu.MEDIAN_ROUND] * climate, p[pu.RUNWAY_MONTHS]
    opex, salary = p[pc.OPEX] / DAYS_PER_MONTH * FEN, p[pu.STAFF] / DAYS_PER_MONTH * FEN
    ahead_days, ambition_climate = DAYS_PER_MONTH * p[pu.PLAN_AHEAD], p[pu.AMBITION_CLIMATE]
    day_luck = of_day(seed, luck.FUNDING_ROUND, t)
    for i in range(c.status.shape[0]):
        if c.status[i] != s.ALIVE:
            continue
        if uniform_of(day_luck, c.key[i], 0) < hazard:
            c.cash_fen[i] += int(size * c.scale[i] * FEN)
        calls, growth, run, cash = c.calls[i], c.growth[i], c.ambition[i], c.cash_fen[i]
        ahead, earned = calls * (1.0 + growth * ahead_days), calls * c.revenue[i]
        planned = planned_need(
            ahead, run, climate, ambition_climate, cash / FEN, months, p[pu.COMPUTE_SHARE], earned, rent
        )
        need = moved_need(c.need[i], min(planned, max(calls, run)), p[pu.NEED_UP], p[pu.NEED_DOWN])
        c.need[i] = need
        c.calls[i] = calls * (1.0 + growth)
        own = int(c.own[i])
        served, promised, rents = own, own, 0
        for slot in range(s.N_SLOTS):
            cards = c.cards[slot, i]
            if cards == 0:
                continue
            now = int(shares[c.cloud[slot, i], c.price_class[slot, i]] * cards)
            c.served_card_days[slot, i] += now
            c.short_card_days[slot, i] += cards - now
            rents += c.rent_fen[slot, i] * now
            served += now
            promised += cards
        unmet = need - promised
        if unmet >= 1.0:
            c.search_days[i] += 1
            unserved += unmet
        else:
            c.search_days[i] = 0
        done = c.run_card_days[i] + served
        if promised == 0 or served < p[pg.GANG_SHARE] * promised:
            done = 0
        elif done >= p[pg.CHECKPOINT_DAYS] * served:
            c.done_card_days[i] += done
            done = 0
        c.run_card_days[i] = done
        c.bid[i] = adjusted_bid(c.bid[i], worth_in_view(view, c.taste[i]), p[ps.BID_ADJUSTMENT])
        income, costs = int(earned / DAYS_PER_MONTH * FEN), rents + int(opex * own + salary * c.scale[i])
        c.cash_fen[i] = max(cash + income - costs, 0)
    return unserved


def fused_ns_per_row(model: GpuMarket, days: int) -> float:
    """CPU nanoseconds a startup and day of the fused pass, on this market's columns; the best of three runs."""
    world, columns = model.world, columns_of(model)
    view = market_view(model.handle)
    climate, rent = float(world.scene_f64[scene.CLIMATE]), float(world.scene_f64[scene.LIST_RENT])
    seed, rows, best = int(world.clock[scene.SEED]), columns.status.shape[0], np.inf
    fused_day(columns, world.p, world.share_f64, view, seed, model.day, climate, rent)
    for _ in range(RUNS):
        started = time.process_time()
        for t in range(model.day, model.day + days):
            fused_day(columns, world.p, world.share_f64, view, seed, t, climate, rent)
        best = min(best, (time.process_time() - started) * 1e9 / days / rows)
    return float(best)


__all__ = ["Columns", "columns_of", "fused_day", "fused_ns_per_row"]
