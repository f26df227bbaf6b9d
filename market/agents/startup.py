"""Startups: what they need, how they get money and cards, and when they give up.

A startup's need grows with its model calls (D1) and with the training run it aspires to, which the funding climate
inflates (D2) and its cash bounds (D3). It raises rounds in a climate it cannot change, orders cards itself if it is a
direct buyer, bids for cards when nobody can host it (P6) and gives up when it cannot pay. Who hosts it is in
`market.agents.hosting`. Leaves out: product competition among startups.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from market.agents.face import MOST_CARDS, Decision, RowAgent, not_negative, read_quote, shows, write_quote
from market.agents.hosting import unmet_need
from market.agents.quoting import clear_quotes, equivalents, post_quote, whole_cards
from market.agents.valuation import DAYS_PER_WEEK, adjusted_bid, market_view, plans_today, worth_in_view
from market.errors import UsageError
from market.kernels.arithmetic import exp
from market.kernels.compile import compiled
from market.kernels.luck import normal, of_day, uniform_of
from market.parameters import servers as pv
from market.parameters import spot as ps
from market.parameters import startups as pu
from market.parameters import supply as pp
from market.state import accounts, luck, primary, scene
from market.state import startup as s
from market.state.products import A800, ASSEMBLY, DAYS_PER_MONTH, FEN_PER_CNY, N_STAGES, ONLINE, STOCK
from market.state.world import (
    WEEKDAY,
    World,
)

STOPPED = 0.5
BOOM_RISE = 3.0  # rise of the climate that counts as a full boom

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


# ------------------------------------------------------------------ decisions


@compiled
def decide_rounds(world: World, t: int) -> None:
    """Close a funding round today, or not; size from a log-normal quantile and the climate (D2, F13, F14)."""
    p, n, f, clock = world.p, world.startup_i64, world.startup_f64, world.clock
    climate = world.scene_f64[scene.CLIMATE]
    hazard = p[pu.HAZARD] * climate / DAYS_PER_MONTH
    size = p[pu.MEDIAN_ROUND] * max(1.0 + p[pu.CLIMATE_SIZE] * (climate - 1.0), 0.0)
    status, rounds = n[s.STATUS], n[s.DESIRED_ROUND_FEN]
    keys = world.account_i64[accounts.KEY, clock[scene.FIRST_STARTUP] :]
    day_luck = of_day(clock[scene.SEED], luck.FUNDING_ROUND, t)
    for i in range(status.shape[0]):
        rounds[i] = 0
        if status[i] == s.ALIVE and uniform_of(day_luck, keys[i], 0) < hazard:
            luckiness = exp(p[pu.SIZE_SPREAD] * 0.5 * normal(clock[scene.SEED], luck.ROUND_SIZE, t, keys[i], 0))
            rounds[i] = int(size * f[s.SCALE, i] * luckiness) * FEN_PER_CNY


@compiled
def decide_need(world: World, t: int) -> None:
    """Plan the cards to use."""
    p, n, f = world.p, world.startup_i64, world.startup_f64
    climate = world.scene_f64[scene.CLIMATE]
    months = planned_months(p[pu.RUNWAY_MONTHS], p[pu.RUNWAY_BOOM], climate)
    rent = world.scene_f64[scene.LIST_RENT] * world.scene_f64[scene.MEAN_FRACTION]
    ambition_climate, ahead_months, compute_share = p[pu.AMBITION_CLIMATE], p[pu.PLAN_AHEAD], p[pu.COMPUTE_SHARE]
    ambition_factor = inflated_ambition(climate, ambition_climate)
    rise, fall = p[pu.NEED_UP], p[pu.NEED_DOWN]
    cash = world.account_i64[accounts.CASH_FEN, world.clock[scene.FIRST_STARTUP] :]
    calls, growth, revenue = f[s.CALLS_CARDS], f[s.CALLS_GROWTH], f[s.REVENUE_PER_CALL]
    need, planned, desired = f[s.NEED_CARDS], f[s.PLANNED_NEED], f[s.DESIRED_NEED]
    for i in range(need.shape[0]):
        if n[s.STATUS, i] != s.ALIVE:
            planned[i] = 0.0
            desired[i] = 0.0
            continue
        ambition = f[s.AMBITION_CARDS, i] if t >= n[s.AMBITION_DAY, i] else 0.0
        planned[i] = planned_need(
            calls[i] * (1.0 + growth[i] * DAYS_PER_MONTH * ahead_months),
            ambition,
            climate,
            ambition_climate,
            cash[i] / FEN_PER_CNY,
            months,
            compute_share,
            calls[i] * revenue[i],
            rent,
        )
        present = min(planned[i], max(calls[i], ambition * ambition_factor))
        desired[i] = moved_need(need[i], present, rise, fall)


@compiled
def decide_orders(world: World, t: int) -> None:
    """Startups that buy from NVIDIA order what they plan to use and have neither got nor ordered."""
    buyers = world.buyer_i64
    for b in range(buyers.shape[2]):
        i = world.buyer_account[primary.ACCOUNT, b] - world.clock[scene.FIRST_STARTUP]
        if i < 0:
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
def decide_quotes(world: World, t: int) -> None:
    """Bid for the cards asked of a server maker (P6); a failed startup's cards are offered at a falling price."""
    p, n, f, clock = world.p, world.startup_i64, world.startup_f64, world.clock
    spot, rate = world.product_f64[scene.SPOT_CNY, A800], p[ps.BID_ADJUSTMENT]
    view = market_view(world)
    for i in range(n.shape[1]):
        account = clock[scene.FIRST_STARTUP] + i
        clear_quotes(world, account)
        if n[s.STATUS, i] == s.ALIVE:
            worth = worth_in_view(view, f[s.TASTE, i])
            f[s.RESERVATION_CNY, i] = adjusted_bid(f[s.RESERVATION_CNY, i], worth, rate)
            if n[s.ASKED_MAKER, i] < 0:
                continue
        elif n[s.STATUS, i] == s.UNBORN:
            continue
        stock = world.card_i64[A800 * N_STAGES + STOCK, account]
        if n[s.STATUS, i] == s.FAILED and stock > 0:
            f[s.RESERVATION_CNY, i] = min(f[s.RESERVATION_CNY, i], spot) * (1.0 - p[ps.ASK_ADJUSTMENT] / DAYS_PER_WEEK)
            post_quote(world, account, A800, f[s.RESERVATION_CNY, i], -stock)
        elif n[s.STATUS, i] == s.ALIVE:
            coming = equivalents(world, account, STOCK, ASSEMBLY)
            gap = max(unmet_need(world, i) - coming, 0.0)
            if n[s.BUYER, i] >= 0:
                gap = max(gap - world.buyer_i64[primary.BACKLOG, A800, n[s.BUYER, i]], 0.0)
            budget = p[pu.COMPUTE_SHARE] * world.account_i64[accounts.CASH_FEN, account] / FEN_PER_CNY
            gap = min(gap, budget / (spot + p[pv.SERVER_COST]))
            cards = whole_cards(world, account, t, gap * p[ps.BUY_RATE] / DAYS_PER_WEEK)
            post_quote(world, account, A800, f[s.RESERVATION_CNY, i], cards)


@compiled
def decide_exit(world: World, t: int) -> None:
    """Give up when it could not pay today."""
    n = world.startup_i64
    for i in range(n.shape[1]):
        n[s.DESIRED_EXIT, i] = n[s.IS_INSOLVENT, i] if n[s.STATUS, i] == s.ALIVE else 0


# ------------------------------------------------------------------ the face


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
