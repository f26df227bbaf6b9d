"""Speculators: buy, hoard and sell cards on what they expect the price to be at their horizon.

A chartist extrapolates part of the trend, a fundamentalist expects the price to close part of the gap to a card's
worth; each uses the heuristic that has served better (Brock1998, He2005). Both add what they would gain if supply
stopped, at their own belief (P4: foresight differs). They hold a card while that covers its cost (Williams1991) and
have only their own capital. Leaves out: credit, and trading of anything but the A class.
"""

from __future__ import annotations

import numpy as np

from market.decisions.quoting import clear_quotes, post_quote, quote_luck, whole_cards
from market.decisions.valuation import DAYS_PER_WEEK
from market.kernels.arithmetic import logistic
from market.kernels.compile import compiled, compiled_pass
from market.parameters import spot as ps
from market.state import accounts, scene
from market.state import trader as q
from market.state.products import A800, DAYS_PER_MONTH, FEN_PER_CNY, N_STAGES, STOCK
from market.state.world import World

TREND_LIMIT = 0.3  # a month; nobody extrapolates more


@compiled
def expected_price(
    spot: float,
    smoothed: float,
    worth: float,
    is_chartist: bool,
    horizon: float,
    decay: float,
    chart_weight: float,
    value_weight: float,
    floor_share: float,
) -> float:
    """Price expected at the horizon without a stop of supply, in CNY.

    Whatever the heuristic, nobody expects less than a share of what users would pay for a card.
    """
    floor = floor_share * worth
    calm = spot * (1.0 - decay * horizon)
    if is_chartist:
        trend = min(max(spot / smoothed - 1.0, -TREND_LIMIT), TREND_LIMIT)
        return max(calm + chart_weight * trend * spot, floor)
    return max(calm + min(value_weight * horizon, 1.0) * (worth - calm), floor)


@compiled
def hoarding_threshold(price: float, calm: float, banned: float, carry: float, horizon: float) -> float:
    """Belief in a stop from which holding pays: closed form 7, with ``calm`` the price expected without one."""
    cost = price
    for _ in range(int(horizon)):
        cost *= 1.0 + carry
    if banned <= calm:
        return 1.0 if cost > calm else 0.0
    return min(max((cost - calm) / (banned - calm), 0.0), 1.0)


@compiled
def reservation_price(calm: float, banned: float, belief: float, carry: float, horizon: float) -> float:
    """Price at which holding to the horizon just pays: the threshold solved for today's price."""
    growth = 1.0
    for _ in range(int(horizon)):
        growth *= 1.0 + carry
    return ((1.0 - belief) * calm + belief * max(banned, calm)) / growth


@compiled
def decide_heuristic(world: World, t: int) -> None:
    """Credit each heuristic with whether it called the last move, and choose the better one (Brock1998)."""
    p, f = world.p, world.speculator_f64
    spot, smoothed = world.product_f64[scene.SPOT_CNY, A800], world.product_f64[scene.SMOOTHED_CNY, A800]
    month_return = (spot / world.product_f64[scene.LAST_CNY, A800] - 1.0) * DAYS_PER_MONTH
    weight, worth = 1.0 / p[ps.MEMORY], world.scene_f64[scene.WORTH]
    trend, value = f[q.TREND_PROFIT], f[q.VALUE_PROFIT]
    _credit_trend(trend, month_return if spot > smoothed else -month_return, weight)
    _credit_value(value, f[q.ERROR], worth, spot, month_return, weight)
    _choose_heuristic(trend, value, f[q.INCLINATION], p[ps.SWITCHING], world.speculator_i64[q.IS_CHARTIST])


@compiled_pass
def _credit_trend(profits: np.ndarray, gain: float, weight: float) -> None:
    for i in range(profits.shape[0]):
        profits[i] += weight * (gain - profits[i])


@compiled_pass
def _credit_value(
    profits: np.ndarray, errors: np.ndarray, worth: float, spot: float, month_return: float, weight: float
) -> None:
    for i in range(profits.shape[0]):
        gain = month_return if worth * errors[i] > spot else -month_return
        profits[i] += weight * (gain - profits[i])


@compiled_pass
def _choose_heuristic(
    trend: np.ndarray, value: np.ndarray, inclinations: np.ndarray, switching: float, is_chartist: np.ndarray
) -> None:
    """Follow the trend where it has paid by more than one's inclination the other way: a logit choice."""
    for i in range(trend.shape[0]):
        is_chartist[i] = 1 if logistic(switching * (trend[i] - value[i])) > inclinations[i] else 0


@compiled
def decide_expectations(world: World, t: int) -> None:
    """Expect a price at the horizon, without a stop of supply."""
    p, n, f = world.p, world.speculator_i64, world.speculator_f64
    spot, smoothed = world.product_f64[scene.SPOT_CNY, A800], world.product_f64[scene.SMOOTHED_CNY, A800]
    for i in range(n.shape[1]):
        worth = world.scene_f64[scene.WORTH] * f[q.ERROR, i]
        f[q.EXPECTED_CNY, i] = expected_price(
            spot,
            smoothed,
            worth,
            n[q.IS_CHARTIST, i] == 1,
            f[q.HORIZON_MONTHS, i],
            p[ps.DECAY],
            p[ps.CHART_WEIGHT],
            p[ps.VALUE_WEIGHT],
            p[ps.FLOOR_SHARE],
        )


@compiled
def decide_quotes(world: World, t: int) -> None:
    """Bid when a card is expected to gain more than it costs to hold, offer when less, else hold."""
    p, f, day_luck = world.p, world.speculator_f64, quote_luck(world, t)
    spot = world.product_f64[scene.SPOT_CNY, A800]
    for i in range(f.shape[1]):
        account = world.clock[scene.FIRST_SPECULATOR] + i
        clear_quotes(world, account)
        horizon, calm = f[q.HORIZON_MONTHS, i], f[q.EXPECTED_CNY, i]
        belief = world.belief_f64[accounts.BAN_BELIEF, account]
        banned = max(world.scene_f64[scene.VALUE_IN_USE] * f[q.ERROR, i], calm)
        limit = reservation_price(calm, banned, belief, p[ps.CARRY], horizon)
        stock = world.card_i64[A800 * N_STAGES + STOCK, account]
        if limit > spot * (1.0 + p[ps.MARGIN]):
            money = world.account_i64[accounts.CASH_FEN, account] / FEN_PER_CNY
            cards = whole_cards(world, account, day_luck, p[ps.TRADE_RATE] / DAYS_PER_WEEK * money / spot)
            post_quote(world, account, A800, limit / (1.0 + p[ps.MARGIN]), cards)
        elif stock > 0:
            cards = whole_cards(world, account, day_luck, max(p[ps.TRADE_RATE] * stock, 1.0) / DAYS_PER_WEEK)
            post_quote(world, account, A800, limit, -min(cards, stock))
