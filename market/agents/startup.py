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
from market.agents.hosting import contract_cards
from market.agents.quoting import equivalents, post_quote
from market.agents.valuation import DAYS_PER_WEEK, adjusted_bid, market_view, plans_today, worth_in_view
from market.errors import UsageError
from market.kernels.arithmetic import exp
from market.kernels.compile import compiled
from market.kernels.luck import normal, of_day
from market.parameters import servers as pv
from market.parameters import spot as ps
from market.parameters import startups as pu
from market.parameters import supply as pp
from market.state import accounts, luck, primary, scene, trader
from market.state import startup as s
from market.state.columns import narrow, wide
from market.state.draw import patience_days
from market.state.luck import draw_for_startups, key_of
from market.state.products import (
    A800,
    DAYS_PER_MONTH,
    FEN_PER_CNY,
    ONLINE,
    PRODUCTS,
    STAGES,
    STOCK,
)
from market.state.world import BLOCK, WEEKDAY, World

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
    p, f, clock = world.p, world.startup_f32, world.clock
    climate = world.scene_f64[scene.CLIMATE]
    hazard = p[pu.HAZARD] * climate / DAYS_PER_MONTH
    size = p[pu.MEDIAN_ROUND] * max(1.0 + p[pu.CLIMATE_SIZE] * (climate - 1.0), 0.0)
    status, rounds = world.startup_i8[s.STATUS], world.startup_i64[s.DESIRED_ROUND_FEN]
    draws, day_luck = world.draws[0], of_day(clock[scene.SEED], luck.FUNDING_ROUND, t)
    for start in range(0, status.shape[0], BLOCK):
        end = start + draw_for_startups(world, day_luck, start, draws)
        for i in range(start, end):
            if draws[i - start] < hazard and status[i] == s.ALIVE:
                z = normal(clock[scene.SEED], luck.ROUND_SIZE, t, key_of(world, clock[scene.FIRST_STARTUP] + i), 0)
                luckiness = exp(p[pu.SIZE_SPREAD] * 0.5 * z)
                rounds[i] = int(size * wide(f[s.SCALE, i]) * luckiness) * FEN_PER_CNY


@compiled
def decide_need(world: World, t: int) -> None:
    """Plan the cards to use."""
    p, f, status = world.p, world.startup_f32, world.startup_i8[s.STATUS]
    climate = world.scene_f64[scene.CLIMATE]
    months = planned_months(p[pu.RUNWAY_MONTHS], p[pu.RUNWAY_BOOM], climate)
    rent = world.scene_f64[scene.LIST_RENT] * world.scene_f64[scene.MEAN_FRACTION]
    ambition_climate, ahead_months, compute_share = p[pu.AMBITION_CLIMATE], p[pu.PLAN_AHEAD], p[pu.COMPUTE_SHARE]
    ambition_factor = inflated_ambition(climate, ambition_climate)
    rise, fall = p[pu.NEED_UP], p[pu.NEED_DOWN]
    cash = world.account_i64[accounts.CASH_FEN, world.clock[scene.FIRST_STARTUP] :]
    calls, growth, revenue = f[s.CALLS_CARDS], f[s.CALLS_GROWTH], f[s.REVENUE_PER_CALL]
    need, planned, ambitions = f[s.NEED_CARDS], f[s.PLANNED_NEED], f[s.AMBITION_CARDS]
    ambition_day = world.startup_i16[s.AMBITION_DAY]
    for i in range(need.shape[0]):
        if status[i] != s.ALIVE:
            planned[i] = 0.0
            need[i] = 0.0
            continue
        ambition, call = wide(ambitions[i]) if t >= ambition_day[i] else 0.0, wide(calls[i])
        plan = planned_need(
            call * (1.0 + wide(growth[i]) * DAYS_PER_MONTH * ahead_months),
            ambition,
            climate,
            ambition_climate,
            cash[i] / FEN_PER_CNY,
            months,
            compute_share,
            call * wide(revenue[i]),
            rent,
        )
        present = min(plan, max(call, ambition * ambition_factor))
        planned[i] = narrow(plan)
        need[i] = narrow(moved_need(wide(need[i]), present, rise, fall))


@compiled
def decide_orders(world: World, t: int) -> None:
    """Startups that buy from NVIDIA order what they plan to use and have neither got nor ordered."""
    buyers = world.buyer_i64
    for b in range(buyers.shape[2]):
        i = world.buyer_account[primary.ACCOUNT, b] - world.clock[scene.FIRST_STARTUP]
        if i < 0:
            continue
        has_failed = world.startup_i8[s.STATUS, i] == s.FAILED
        buyers[primary.DESIRED_ORDER, A800, b] = 0
        buyers[primary.DESIRED_CANCEL, A800, b] = buyers[primary.BACKLOG, A800, b] if has_failed else 0
        key = key_of(world, world.clock[scene.FIRST_STARTUP] + i)
        if (
            world.startup_i8[s.STATUS, i] != s.ALIVE
            or world.product_f64[scene.SEVERITY, A800] >= STOPPED
            or not plans_today(world.clock[scene.SEED], key, world.calendar[WEEKDAY, t])
        ):
            continue
        account = world.clock[scene.FIRST_STARTUP] + i
        missing = wide(world.startup_f32[s.PLANNED_NEED, i]) - equivalents(world, account, STOCK, ONLINE)
        missing -= buyers[primary.BACKLOG, A800, b]
        if missing >= world.p[pp.MINIMUM_LOT]:
            buyers[primary.DESIRED_ORDER, A800, b] = int(missing)


@compiled
def decide_quotes(world: World, t: int) -> None:
    """Bid for the cards asked of a server maker (P6); a failed startup's cards are offered at a falling price.

    A startup bids for a part of what neither contracts, own cards nor cards on their way cover, as far as its budget
    goes.
    """
    p, f, n, first = world.p, world.startup_f32, world.startup_i32, world.clock[scene.FIRST_STARTUP]
    status, asked, buyer = world.startup_i8[s.STATUS], world.startup_i16[s.ASKED_MAKER], world.startup_i16[s.BUYER]
    bids, tastes, needs = f[s.RESERVATION_CNY], f[s.TASTE], f[s.NEED_CARDS]
    online, stock, assembly = n[s.ONLINE_CARDS], n[s.STOCK_CARDS], n[s.ASSEMBLY_CARDS]
    cash, quoted = world.account_i64[accounts.CASH_FEN, first:], world.quote_i32[trader.QUANTITY, first:]
    performance, share = world.product_f64[scene.PERFORMANCE, A800], p[pu.COMPUTE_SHARE]
    price = world.product_f64[scene.SPOT_CNY, A800] + p[pv.SERVER_COST]
    view, rate, buy_rate = market_view(world), p[ps.BID_ADJUSTMENT], p[ps.BUY_RATE]
    draws, day_luck = world.draws[0], of_day(world.clock[scene.SEED], luck.QUOTE, t)
    for start in range(0, status.shape[0], BLOCK):
        end = start + draw_for_startups(world, day_luck, start, draws)
        for i in range(start, end):
            quoted[i] = 0
            if status[i] == s.ALIVE:
                bids[i] = narrow(adjusted_bid(wide(bids[i]), worth_in_view(view, wide(tastes[i])), rate))
                if asked[i] < 0:
                    continue
                gap = max(wide(needs[i]) - performance * online[i] - contract_cards(world, i), 0.0)
                gap = max(gap - (performance * stock[i] + performance * assembly[i]), 0.0)
                if buyer[i] >= 0:
                    gap = max(gap - world.buyer_i64[primary.BACKLOG, A800, buyer[i]], 0.0)
                gap = min(gap, share * cash[i] / FEN_PER_CNY / price)
                if gap > 0.0:
                    cards = int(gap * buy_rate / DAYS_PER_WEEK + draws[i - start])
                    post_quote(world, first + i, A800, wide(bids[i]), cards)
            elif status[i] == s.FAILED and stock[i] > 0:
                _sell_off(world, i)


@compiled
def _sell_off(world: World, i: int) -> None:
    """Offer all cards of a failed startup, a little cheaper every day and never above the last price."""
    p, bids = world.p, world.startup_f32[s.RESERVATION_CNY]
    spot = world.product_f64[scene.SPOT_CNY, A800]
    bids[i] = narrow(min(wide(bids[i]), spot) * (1.0 - p[ps.ASK_ADJUSTMENT] / DAYS_PER_WEEK))
    account = world.clock[scene.FIRST_STARTUP] + i
    post_quote(world, account, A800, wide(bids[i]), -wide(world.startup_i32[s.STOCK_CARDS, i]))


@compiled
def decide_exit(world: World, t: int) -> None:
    """Give up when it could not pay today."""
    status, is_insolvent = world.startup_i8[s.STATUS], world.startup_i8[s.IS_INSOLVENT]
    gives_up = world.startup_i8[s.DESIRED_EXIT]
    for i in range(status.shape[0]):
        gives_up[i] = is_insolvent[i] if status[i] == s.ALIVE else 0


# ------------------------------------------------------------------ the face


def _write_need(agent: Startup, value: Any) -> None:
    need = not_negative(agent, "need_tomorrow", value, MOST_CARDS)
    agent.world.startup_f32[s.NEED_CARDS, agent.row] = narrow(need)


def _write_exit(agent: Startup, value: Any) -> None:
    if not isinstance(value, (bool, np.bool_)):
        raise UsageError("gives_up", value, "True or False", f"{type(agent).__name__} {agent.id}")
    agent.world.startup_i8[s.DESIRED_EXIT, agent.row] = int(value)


@shows(s.I64, s.I32, s.I16, s.I8, s.F32)
class Startup(RowAgent):
    """A startup."""

    DECISIONS = (
        Decision("need_tomorrow", "agents.startup.decide_need", _write_need),
        Decision("quote", "agents.startup.decide_quotes", write_quote),
        Decision("gives_up", "agents.startup.decide_exit", _write_exit),
    )

    def need_tomorrow(self) -> float:
        """Cards it will want to use."""
        return float(self.need_cards)

    def quote(self) -> tuple[float, int]:
        """Limit price in CNY and cards for the A class: bid above zero, offered below."""
        return read_quote(self)

    def gives_up(self) -> bool:
        """Whether it winds up today."""
        return bool(self.desired_exit)

    def hosts(self) -> list[str]:
        """Ids of the clouds it has contracts with."""
        records = self.world.startup_i32[s.FIRST_CONTRACT : s.FIRST_CONTRACT + s.N_SLOTS, self.row]
        first = int(self.world.clock[scene.FIRST_CLOUD])
        return [self.model.cast.ids[first + int(self.world.contract_i32[r, s.CLOUD])] for r in records if r]

    def cards(self, product: str = "a800", stage: str = "online") -> int:
        """Cards of a product in a stage; startups hold none but A-class cards."""
        count = self.world.startup_i32[s.TRANSIT_CARDS + STAGES.index(stage), self.row]
        return int(count) if PRODUCTS.index(product) == A800 else 0

    @property
    def revenue_fen(self) -> int | None:
        """Revenue of this month in fen; None for a startup that is not on the record."""
        return self._of_month(s.REVENUE_FEN)

    @property
    def cost_fen(self) -> int | None:
        """Cost of this month in fen; None for a startup that is not on the record."""
        return self._of_month(s.COST_FEN)

    @property
    def patience_days(self) -> float:
        """Days of full shortfall that it bears."""
        return float(patience_days(self.model.handle, self.row))

    def _of_month(self, column: int) -> int | None:
        months = self.world.startup_month_i64
        return int(months[column, self.row]) if self.row < months.shape[1] else None
