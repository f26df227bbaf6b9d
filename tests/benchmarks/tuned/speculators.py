"""Speculators of the tuned twin: belief, heuristic, expectation and quote in one loop."""

# ruff: noqa: PLR1730  (a comparison is quicker than a call of min)

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tests.benchmarks import idiomatic
from tests.benchmarks.opening import Traits
from tests.benchmarks.rules import (
    A800,
    DAYS_PER_MONTH,
    DAYS_PER_WEEK,
    FEN_PER_CNY,
    MILLION,
    TREND_LIMIT,
    log_odds,
    logistic,
)

if TYPE_CHECKING:
    from tests.benchmarks.tuned.model import TunedMarket


class Speculator(idiomatic.Speculator):
    """A speculator that keeps what follows from its horizon and its inclination."""

    def __init__(self, model: TunedMarket, traits: Traits) -> None:
        super().__init__(model, traits)
        p, months = model.p, self.horizon_months
        self.leaning = log_odds(self.inclination)
        self.calm_share = 1.0 - p["speculation.decay"] * months
        self.reach = min(p["speculation.value_weight"] * months, 1.0)
        self.growth = (1.0 + p["speculation.carry"]) ** int(months)
        self.belief = logistic(self.ban_log_odds)


def trade(market: TunedMarket) -> None:
    """Move beliefs, choose heuristics, form expectations and post quotes."""
    p, offer, random, exp = market.p, market.products[A800], market.random.random, math.exp
    spot, smoothed, market_worth, value_in_use = (
        offer.spot_cny,
        offer.smoothed_cny,
        market.worth_cny,
        market.value_in_use,
    )
    decay, base, pull, mean, news = *market.belief_terms, market.news_today
    weight, switching = 1.0 / p["speculation.memory_days"], p["speculation.switching"]
    month_return = (spot / offer.last_cny - 1.0) * DAYS_PER_MONTH
    by_trend = month_return if spot > smoothed else -month_return
    trend = min(max(spot / smoothed - 1.0, -TREND_LIMIT), TREND_LIMIT)
    chart_gain, floor_share = p["speculation.chart_weight"] * trend * spot, p["speculation.floor_share"]
    margin, rate = 1.0 + p["speculation.margin"], p["speculation.trade_rate"]
    threshold, money_share = spot * margin, rate / DAYS_PER_WEEK / FEN_PER_CNY / spot
    cap, tick_cny, highest = p["spot.resale_cap_cny"], p["spot.tick_cny"], int(p["spot.n_ticks"]) - 1
    bids, asks = market.bids[A800], market.asks[A800]
    total = beliefs = 0.0
    for firm in market.speculators:
        odds = firm.ban_log_odds
        odds = odds + decay * (base - odds) + pull * (mean - odds) + news * firm.foresight
        firm.ban_log_odds = odds
        total += odds
        firm.belief = belief = 1.0 / (1.0 + exp(-odds))
        beliefs += belief
        worth = market_worth * firm.error
        by_value = month_return if worth > spot else -month_return
        firm.trend_profit = by_chart = firm.trend_profit + weight * (by_trend - firm.trend_profit)
        firm.value_profit = by_worth = firm.value_profit + weight * (by_value - firm.value_profit)
        calm = spot * firm.calm_share
        if switching * (by_chart - by_worth) > firm.leaning:
            firm.is_chartist = 1
            calm += chart_gain
        else:
            firm.is_chartist = 0
            calm += firm.reach * (worth - calm)
        if calm < floor_share * worth:
            calm = floor_share * worth
        firm.expected_cny = calm
        banned = value_in_use * firm.error
        if banned < calm:
            banned = calm
        limit = ((1.0 - belief) * calm + belief * banned) / firm.growth
        if limit > threshold:
            cards = int(money_share * firm.cash_fen + random())  # luck: quote(firm.key)
            if cards > 0:
                bid = limit / margin
                tick = int((bid if bid < cap else cap) / tick_cny)
                bids.append((1 if tick < 1 else highest if tick > highest else tick, cards, firm))
        elif firm.stock[A800] > 0:
            stock = firm.stock[A800]
            cards = int(max(rate * stock, 1.0) / DAYS_PER_WEEK + random())  # luck: quote(firm.key)
            if cards > 0:
                tick = int((limit if limit < cap else cap) / tick_cny)
                asks.append((1 if tick < 1 else highest if tick > highest else tick, min(cards, stock), firm))
    market.speculators_odds, market.speculators_belief = total, beliefs


def pay_carry(market: TunedMarket) -> None:
    """Storage and capital cost of those who hold cards; and what they hold, for the record."""
    rate = int(market.p["speculation.carry"] * MILLION / DAYS_PER_MONTH)
    cards, believed = 0, 0.0
    for firm in [firm for firm in market.speculators if firm.basis_fen]:
        cost, firm.interest_carry = divmod(firm.basis_fen * rate + firm.interest_carry, MILLION)
        paid = min(cost, firm.cash_fen)
        firm.cash_fen -= paid
        firm.month_cost_fen += paid
        held = firm.stock[A800]
        cards += held
        believed += held * firm.belief
    market.speculators_cards, market.speculators_believed = cards, believed
