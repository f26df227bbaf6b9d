"""The least that a day does with a startup, as one compiled pass: the floor that the full day is held against.

Every model of this market must, every day and for every startup, draw whether it closes a round, plan and move its
need, let its calls grow, be served by its hosts and note the shortfall, move its training run and its bid on, and pay
its bills. Here that is one loop over plain columns, with the engine's own scalar rules: no phases, no ledger with two
sides, no log, no record, nobody who searches, switches, trades or fails.
"""

from __future__ import annotations

import time
from typing import Any, NamedTuple

import numpy as np

from market import GpuMarket
from market.decisions.startup import moved_need, planned_need
from market.decisions.valuation import adjusted_bid, market_view, worth_in_view
from market.kernels.compile import compiled
from market.kernels.luck import of_day, uniform_of
from market.parameters import clouds as pc
from market.parameters import serving as pg
from market.parameters import spot as ps
from market.parameters import startups as pu
from market.state import accounts, luck, scene
from market.state import startup as s
from market.state.columns import narrow, wide
from market.state.products import DAYS_PER_MONTH
from tests.benchmarks.rules import BASIS_POINTS_PER_BIN

FEN = 100.0
RUNS = 3
TURN_DAYS = 3


class Columns(NamedTuple):
    """Columns of startups (n,), as wide as the engine's, and records of contracts that two of them point to."""

    status: Any
    cash_fen: Any
    search_days: Any
    run_card_days: Any
    online_cards: Any
    first_contract: Any
    second_contract: Any
    calls: Any
    growth: Any
    revenue: Any
    ambition: Any
    scale: Any
    taste: Any
    need: Any
    bid: Any
    contracts: Any


def columns_of(model: GpuMarket) -> Columns:
    """The columns of an engine's market, copied side by side."""
    world = model.world
    ledger = world.account_i64[:, int(world.clock[scene.FIRST_STARTUP]) :]
    narrow = (
        (world.startup_i16, (s.SEARCH_DAYS,)),
        (world.startup_i32, (s.RUN_CARD_DAYS, s.ONLINE_CARDS, s.FIRST_CONTRACT, s.SECOND_CONTRACT)),
        (world.startup_f32, (s.CALLS_CARDS, s.CALLS_GROWTH, s.REVENUE_PER_CALL, s.AMBITION_CARDS, s.SCALE, s.TASTE)),
        (world.startup_f32, (s.NEED_CARDS, s.RESERVATION_CNY)),
    )
    columns = [block[row].copy() for block, chosen in narrow for row in chosen]
    first = world.startup_i8[s.STATUS].copy(), ledger[accounts.CASH_FEN].copy()
    return Columns(*first, *columns, world.contract_i32.copy())


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
    """One day of all startups in one pass; returns the need that nobody serves plus the training done."""
    hazard, unserved, trained = p[pu.HAZARD] * climate / DAYS_PER_MONTH, 0.0, 0
    size, months = p[pu.MEDIAN_ROUND] * climate, p[pu.RUNWAY_MONTHS]
    opex, salary = p[pc.OPEX] / DAYS_PER_MONTH * FEN, p[pu.STAFF] / DAYS_PER_MONTH * FEN
    ahead_days, ambition_climate = DAYS_PER_MONTH * p[pu.PLAN_AHEAD], p[pu.AMBITION_CLIMATE]
    day_luck = of_day(seed, luck.FUNDING_ROUND, t)
    for i in range(c.status.shape[0]):
        if c.status[i] != s.ALIVE:
            continue
        scale = wide(c.scale[i])
        if uniform_of(day_luck, i, 0) < hazard:
            c.cash_fen[i] += int(size * scale * FEN)
        calls, growth, run, cash = wide(c.calls[i]), wide(c.growth[i]), wide(c.ambition[i]), c.cash_fen[i]
        ahead, earned = calls * (1.0 + growth * ahead_days), calls * wide(c.revenue[i])
        planned = planned_need(
            ahead, run, climate, ambition_climate, cash / FEN, months, p[pu.COMPUTE_SHARE], earned, rent
        )
        need = moved_need(wide(c.need[i]), min(planned, max(calls, run)), p[pu.NEED_UP], p[pu.NEED_DOWN])
        c.need[i] = narrow(need)
        c.calls[i] = narrow(calls * (1.0 + growth))
        own = c.online_cards[i]
        served, promised, rents = own, own, 0
        for record in (c.first_contract[i], c.second_contract[i]):
            if record == 0:
                continue
            contract = c.contracts[record]
            cards = contract[s.CARDS]
            now = int(shares[contract[s.CLOUD], contract[s.FRACTION_BP] // BASIS_POINTS_PER_BIN] * cards)
            contract[s.SERVED_TODAY] = now
            contract[s.SERVED_CARD_DAYS] += now
            contract[s.SHORT_CARD_DAYS] += cards - now
            rents += contract[s.RENT_FEN] * now
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
            trained += done
            done = 0
        c.run_card_days[i] = done
        worth = worth_in_view(view, wide(c.taste[i]))
        c.bid[i] = narrow(adjusted_bid(wide(c.bid[i]), worth, p[ps.BID_ADJUSTMENT]))
        income, costs = int(earned / DAYS_PER_MONTH * FEN), rents + int(opex * own + salary * scale)
        c.cash_fen[i] = max(cash + income - costs, 0)
    return unserved + trained


def fused_ns_per_row(model: GpuMarket) -> float:
    """CPU nanoseconds a startup and day of the fused pass on this market's columns; the best of a few runs."""
    world, columns = model.world, columns_of(model)
    view = market_view(model.handle)
    climate, rent = float(world.scene_f64[scene.CLIMATE]), float(world.scene_f64[scene.LIST_RENT])
    seed, rows, best = int(world.clock[scene.SEED]), columns.status.shape[0], np.inf
    fused_day(columns, world.p, world.share_f64, view, seed, model.day, climate, rent)
    for _ in range(RUNS):
        started = time.process_time()
        for t in range(model.day, model.day + TURN_DAYS):
            fused_day(columns, world.p, world.share_f64, view, seed, t, climate, rent)
        best = min(best, (time.process_time() - started) * 1e9 / TURN_DAYS / rows)
    return float(best)


def full_and_fused_ns(model: GpuMarket, last_day: int) -> tuple[list[float], list[float]]:
    """CPU nanoseconds a startup and day of the full day and of the fused pass, in turns of a few days to `last_day`."""
    full, fused, rows = [], [], model.world.startup_i8.shape[1]
    while model.day < last_day:
        started, first_day = time.process_time(), model.day
        model.advance(min(TURN_DAYS, last_day - first_day))
        full.append((time.process_time() - started) * 1e9 / (model.day - first_day) / rows)
        fused.append(fused_ns_per_row(model))
    return full, fused


__all__ = ["Columns", "columns_of", "full_and_fused_ns", "fused_day", "fused_ns_per_row"]
