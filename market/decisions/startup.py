"""Startups: what they need, how they get money and cards, and when they give up.

A startup's need grows with its model calls (D1) and with the training run it aspires to, which the funding climate
inflates (D2) and its cash bounds (D3). It raises rounds in a climate it cannot change, orders cards itself if it is a
direct buyer, bids for cards when nobody can host it (P6) and gives up when it cannot pay. Who hosts it is in
`market.decisions.hosting`. Leaves out: product competition among startups.
"""

from __future__ import annotations

import numpy as np

from market.decisions.quoting import equivalents, post_quote, post_quotes, quote_luck
from market.decisions.valuation import DAYS_PER_WEEK, MarketView, adjusted_bid, market_view, plans_today, worth_in_view
from market.kernels.arithmetic import exp
from market.kernels.compile import compiled, compiled_inline, compiled_pass
from market.kernels.luck import normal, of_day
from market.kernels.rows import list_few
from market.parameters import servers as pv
from market.parameters import spot as ps
from market.parameters import startups as pu
from market.parameters import supply as pp
from market.state import accounts, luck, primary, scene, trader
from market.state import startup as s
from market.state.columns import narrow, wide
from market.state.hosted import promised_cards
from market.state.luck import draw_for_startups, key_of, mark_lucky
from market.state.products import (
    A800,
    DAYS_PER_MONTH,
    FEN_PER_CNY,
    ONLINE,
    STOCK,
)
from market.state.world import AMOUNTS, BLOCK, DRAWS, GAPS, LISTED, WEEKDAY, World

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


@compiled_inline
def inflated_ambition(climate: float, slope: float) -> float:
    """Factor on the training run aspired to: its size is a fund-raising argument (D2)."""
    return max(1.0 + slope * (climate - 1.0), 0.0)


@compiled_inline
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


@compiled_inline
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
    draws, marks, listed = world.block_f64[DRAWS], world.block_i8, world.block_i64[LISTED]
    day_luck = of_day(clock[scene.SEED], luck.FUNDING_ROUND, t)
    for start in range(0, status.shape[0], BLOCK):
        block = status[start : start + BLOCK]
        draw_for_startups(world, day_luck, start, draws)
        mark_lucky(block, draws, hazard, marks)
        for k in range(list_few(marks[: block.shape[0]], listed)):
            i = start + listed[k]
            z = normal(clock[scene.SEED], luck.ROUND_SIZE, t, key_of(world, clock[scene.FIRST_STARTUP] + i), 0)
            luckiness = exp(p[pu.SIZE_SPREAD] * 0.5 * z)
            rounds[i] = int(size * wide(f[s.SCALE, i]) * luckiness) * FEN_PER_CNY


@compiled
def decide_need(world: World, t: int) -> None:
    """Plan the cards to use."""
    p, f, first = world.p, world.startup_f32, world.clock[scene.FIRST_STARTUP]
    climate = world.scene_f64[scene.CLIMATE]
    _plan_needs(
        world.startup_i8[s.STATUS],
        world.account_i64[accounts.CASH_FEN, first:],
        f[s.CALLS_CARDS],
        f[s.CALLS_GROWTH],
        f[s.REVENUE_PER_CALL],
        f[s.AMBITION_CARDS],
        world.startup_i16[s.AMBITION_DAY],
        f[s.NEED_CARDS],
        f[s.PLANNED_NEED],
        t,
        climate,
        p[pu.AMBITION_CLIMATE],
        p[pu.PLAN_AHEAD],
        planned_months(p[pu.RUNWAY_MONTHS], p[pu.RUNWAY_BOOM], climate),
        p[pu.COMPUTE_SHARE],
        world.scene_f64[scene.LIST_RENT] * world.scene_f64[scene.MEAN_FRACTION],
        p[pu.NEED_UP],
        p[pu.NEED_DOWN],
    )


@compiled_pass
def _plan_needs(
    status: np.ndarray,
    cash: np.ndarray,
    calls: np.ndarray,
    growth: np.ndarray,
    revenue: np.ndarray,
    ambitions: np.ndarray,
    ambition_day: np.ndarray,
    needs: np.ndarray,
    plans: np.ndarray,
    t: int,
    climate: float,
    ambition_climate: float,
    ahead_months: float,
    months: float,
    compute_share: float,
    rent: float,
    rise: float,
    fall: float,
) -> None:
    """Move every need toward what cash and calls allow today; plan for some months ahead. None for the others."""
    factor = inflated_ambition(climate, ambition_climate)
    for i in range(status.shape[0]):
        call, cash_cny = wide(calls[i]), cash[i] / FEN_PER_CNY
        ambition = wide(ambitions[i]) if t >= ambition_day[i] else 0.0
        ahead, earned = call * (1.0 + wide(growth[i]) * DAYS_PER_MONTH * ahead_months), call * wide(revenue[i])
        plan = planned_need(ahead, ambition, climate, ambition_climate, cash_cny, months, compute_share, earned, rent)
        need = moved_need(wide(needs[i]), min(plan, max(call, ambition * factor)), rise, fall)
        is_alive = status[i] == s.ALIVE
        plans[i] = narrow(plan if is_alive else 0.0)
        needs[i] = narrow(need if is_alive else 0.0)


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
    all_status, all_bids, all_stock = world.startup_i8[s.STATUS], f[s.RESERVATION_CNY], n[s.STOCK_CARDS]
    cash, quotes = world.account_i64[accounts.CASH_FEN, first:], world.quote_i32
    cap, tick, n_ticks = p[ps.RESALE_CAP], p[ps.TICK], int(p[ps.N_TICKS])
    performance = world.product_f64[scene.PERFORMANCE, A800]
    price = world.product_f64[scene.SPOT_CNY, A800] + p[pv.SERVER_COST]
    view, rate, buy_rate, share = market_view(world), p[ps.BID_ADJUSTMENT], p[ps.BUY_RATE], p[pu.COMPUTE_SHARE]
    draws, gaps, cards = world.block_f64[DRAWS], world.block_f64[GAPS], world.block_i64[AMOUNTS]
    day_luck = quote_luck(world, t)
    for start in range(0, all_status.shape[0], BLOCK):
        end = min(start + BLOCK, all_status.shape[0])
        status, bids, stock = all_status[start:end], all_bids[start:end], all_stock[start:end]
        _adjust_bids(status, bids, f[s.TASTE][start:end], view, rate)
        promised = promised_cards(world, start, end)
        online, assembly = n[s.ONLINE_CARDS][start:end], n[s.ASSEMBLY_CARDS][start:end]
        _find_gaps(f[s.NEED_CARDS][start:end], promised, online, stock, assembly, performance, gaps)
        _take_off_backlogs(world, start, end, gaps)
        draw_for_startups(world, day_luck, start, draws)
        asked = world.startup_i16[s.ASKED_MAKER][start:end]
        _size_bids(status, asked, gaps, cash[start:end], draws, share, price, buy_rate, cards)
        ticks = quotes[trader.TICK, first + start : first + end]
        quantities = quotes[trader.QUANTITY, first + start : first + end]
        post_quotes(ticks, quantities, bids, cards, cap, tick, n_ticks)
        _sell_off(world, start, status, stock)


@compiled_pass
def _adjust_bids(status: np.ndarray, bids: np.ndarray, tastes: np.ndarray, view: MarketView, rate: float) -> None:
    """Move what the living would pay toward what a card is worth to them."""
    for k in range(status.shape[0]):
        bid = adjusted_bid(wide(bids[k]), worth_in_view(view, wide(tastes[k])), rate)
        bids[k] = narrow(bid if status[k] == s.ALIVE else wide(bids[k]))


@compiled_pass
def _find_gaps(
    needs: np.ndarray,
    promised: np.ndarray,
    online: np.ndarray,
    stock: np.ndarray,
    assembly: np.ndarray,
    performance: float,
    gaps: np.ndarray,
) -> None:
    """Need that neither contracts nor own cards cover."""
    for k in range(needs.shape[0]):
        gap = max(wide(needs[k]) - performance * online[k] - promised[k], 0.0)
        gaps[k] = max(gap - (performance * stock[k] + performance * assembly[k]), 0.0)


@compiled
def _take_off_backlogs(world: World, start: int, end: int, gaps: np.ndarray) -> None:
    """Count as covered what direct buyers among these startups have ordered from NVIDIA."""
    for b in range(world.buyer_account.shape[1]):
        k = world.buyer_account[primary.ACCOUNT, b] - world.clock[scene.FIRST_STARTUP] - start
        if 0 <= k < end - start:
            gaps[k] = max(gaps[k] - world.buyer_i64[primary.BACKLOG, A800, b], 0.0)


@compiled_pass
def _size_bids(
    status: np.ndarray,
    asked: np.ndarray,
    gaps: np.ndarray,
    cash: np.ndarray,
    draws: np.ndarray,
    share: float,
    price: float,
    buy_rate: float,
    cards: np.ndarray,
) -> None:
    """Bid for a part of the gap that the budget covers, rounded by luck; none without a server maker asked."""
    for k in range(status.shape[0]):
        gap = min(gaps[k], share * cash[k] / FEN_PER_CNY / price)
        is_bidding = (status[k] == s.ALIVE) & (asked[k] >= 0) & (gap > 0.0)
        cards[k] = int(gap * buy_rate / DAYS_PER_WEEK + draws[k]) if is_bidding else 0


@compiled
def _sell_off(world: World, start: int, status: np.ndarray, stock: np.ndarray) -> None:
    """Offer all cards of a failed startup, a little cheaper every day and never above the last price."""
    bids, spot = world.startup_f32[s.RESERVATION_CNY], world.product_f64[scene.SPOT_CNY, A800]
    marks, listed = world.block_i8[: status.shape[0]], world.block_i64[LISTED]
    for k in range(status.shape[0]):
        marks[k] = (status[k] == s.FAILED) & (stock[k] > 0)
    for k in range(list_few(marks, listed)):
        i = start + listed[k]
        bids[i] = narrow(min(wide(bids[i]), spot) * (1.0 - world.p[ps.ASK_ADJUSTMENT] / DAYS_PER_WEEK))
        account = world.clock[scene.FIRST_STARTUP] + i
        post_quote(world, account, A800, wide(bids[i]), -wide(stock[listed[k]]))


@compiled
def decide_exit(world: World, t: int) -> None:
    """Give up when it could not pay today."""
    _mark_insolvent(world.startup_i8[s.STATUS], world.startup_i8[s.IS_INSOLVENT], world.startup_i8[s.DESIRED_EXIT])


@compiled_pass
def _mark_insolvent(status: np.ndarray, is_insolvent: np.ndarray, gives_up: np.ndarray) -> None:
    for i in range(status.shape[0]):
        gives_up[i] = is_insolvent[i] if status[i] == s.ALIVE else 0
