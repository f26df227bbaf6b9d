"""Four naive rivals of the forecast, on the same information, each with distributions of what it can speak of.

A random walk and a mean-reverting AR(1), both in logs, see only what had been reported of a quantity by the cut: a few
quotes at uneven dates, each with its own vagueness. Their parameters are drawn from a posterior on a grid, so that a
short history gives a wide forecast. A linear supply-demand model knows prices, supply and the announced rule, and
clears a market of flows each day; it has no queues, stocks or expectations. The last rival is this model without
speculators, fitted in the same way. None of the first three can speak of lead times beyond a history of two quotes,
or at all of idle cards, deliveries and exits, of which nothing had been reported.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from experiments.fit.targets import TARGETS
from experiments.prediction.ensemble import Ensemble
from experiments.readings.quantities import CNY_PER_USD, DATES
from experiments.statistics.intervals import generator
from experiments.worlds.futures import NEXT_QUARTER, reported_revenue
from experiments.worlds.information import CUT, FIRST, H20_ANNOUNCED, RULE_EFFECTIVE, draw
from market import all_parameters

__all__ = ["RIVALS", "Sighting", "autoregression", "histories", "random_walk", "supply_demand"]

Floats = NDArray[np.float64]

RIVALS = {
    "random_walk": "random walk in logs without drift from the last quote",
    "autoregression": "AR(1) in logs about a mean of the quotes",
    "supply_demand": "linear supply and demand of flows, cleared every day",
    "no_speculators": "this model without speculators, fitted in the same way",
}

DAYS_PER_YEAR = 365.25
DAYS_PER_MONTH = 30.4375
DAYS_PER_WEEK = 7.0
MONTHS_PER_QUARTER = 3.0
DAYS_PER_QUARTER = 91.0
BILLION = 1e9
REVENUE_ERROR = 0.01  # deviation of a reported quarter from itself, in logs: rounding
CONTRACT_ERROR = 0.03
ON_SALE = dt.date(2022, 11, 8)
"""Day on which the A800 was on sale without scarcity (P01), at the contract price (P08, P31)."""

VOLATILITIES = np.geomspace(0.05, 1.0, 40)
"""Standard deviation of a year's change in logs; even in logs."""
HALF_LIVES = np.geomspace(30.0, 3650.0, 24)
"""Half-life of a deviation from the mean, in days; even in logs."""
MEAN_SPREAD, MEANS = 0.5, 25
"""The mean of an AR(1) lies about that of the quotes, with this deviation in logs."""

ELASTICITY = (0.3, 1.5)
"""Fall of demand per rise of the price by one contract price, at the contract price: even between these."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """What was reported of a quantity on a day: a value, and the deviation of its logarithm."""

    day: dt.date
    value: float
    error: float


def histories() -> dict[str, tuple[Sighting, ...]]:
    """Return everything that had been reported by the cut of quantities that are forecast.

    China revenue is in billion USD a day. The two lead times share their history: quotes in the press.
    """
    declared = {parameter.name: parameter.value for parameter in all_parameters()}
    list_rent = declared["clouds.list_rent_cny_per_card_month"]
    leads = (_reported("quoted_lead_early_2022"), _reported("quoted_lead_may_2023"))
    return {
        "spot_price_cny": (
            Sighting(ON_SALE, declared["supply.contract_price_cny"], CONTRACT_ERROR),
            _reported("price_june_2023"),
            _reported("P1"),
        ),
        "rent_quote_cny_per_card_month": (
            _reported("rent_early_2023"),
            _reported("rent_paid_share_2023", scale=list_rent),
        ),
        "wait_months": leads,
        "lead_time_months": leads,
        "nvidia_china_revenue_busd": tuple(
            Sighting(first + dt.timedelta(days=45), busd / DAYS_PER_QUARTER, REVENUE_ERROR)
            for first, busd in reported_revenue()
        ),
    }


def _reported(target: str, scale: float = 1.0) -> Sighting:
    """Return a target of the calibration as a sighting: the middle of its interval in logs, even within it."""
    found = next(entry for entry in TARGETS if entry.id == target)
    if found.dated is None or found.dated > CUT:
        raise ValueError(f"{target}: not known on {CUT}")
    error = math.log(found.high / found.low) / math.sqrt(12.0)
    return Sighting(found.dated, scale * math.sqrt(found.low * found.high), error)


def random_walk(n: int) -> Ensemble:
    """Return the random walk: no drift, volatility and last level from the history."""
    luck = generator("forecast.random_walk")
    return Ensemble("random_walk", {name: walked(seen, n, luck) for name, seen in histories().items()})


def autoregression(n: int) -> Ensemble:
    """Return the AR(1): a level that returns to a mean, all of it from the history."""
    luck = generator("forecast.autoregression")
    return Ensemble("autoregression", {name: reverted(seen, n, luck) for name, seen in histories().items()})


def walked(seen: Sequence[Sighting], n: int, luck: np.random.Generator) -> Floats:
    """Return paths of a random walk in logs, shape (n, days)."""
    return _paths(seen, n, luck, np.array([math.inf]), np.zeros(1))


def reverted(seen: Sequence[Sighting], n: int, luck: np.random.Generator) -> Floats:
    """Return paths of an AR(1) in logs, shape (n, days)."""
    middle = float(np.mean([math.log(sighting.value) for sighting in seen]))
    means = middle + MEAN_SPREAD * np.linspace(-2.0, 2.0, MEANS)
    return _paths(seen, n, luck, HALF_LIVES, means)


def _paths(seen: Sequence[Sighting], n: int, luck: np.random.Generator, half_lives: Floats, means: Floats) -> Floats:
    """Draw parameters on the grid by their posterior, then the last level, then paths.

    A level x moves by ``x' = m + k (x - m) + noise`` over d days, with ``k = 2^(-d / half-life)``; without a half-life
    it is a random walk.
    """
    life, mean, volatility = (
        axis.ravel() for axis in np.meshgrid(half_lives, means, VOLATILITIES / math.sqrt(DAYS_PER_YEAR), indexing="ij")
    )
    weight, level, variance = _filtered(seen, life, mean, volatility)
    prior = -0.5 * ((mean - np.mean(means)) / MEAN_SPREAD) ** 2
    log_weight = weight + prior
    chance = np.exp(log_weight - log_weight.max())
    chosen = luck.choice(life.size, n, p=chance / chance.sum())
    life, mean, volatility = life[chosen], mean[chosen], volatility[chosen]
    x = level[chosen] + np.sqrt(variance[chosen]) * luck.standard_normal(n)
    keep, noise = _step(life, volatility, float((FIRST - seen[-1].day).days))
    x = mean + keep * (x - mean) + np.sqrt(noise) * luck.standard_normal(n)
    keep, noise = _step(life, volatility, 1.0)
    found = np.empty((n, DATES.size))
    for day in range(DATES.size):
        found[:, day] = x
        x = mean + keep * (x - mean) + np.sqrt(noise) * luck.standard_normal(n)
    return np.exp(found)


def _filtered(
    seen: Sequence[Sighting], life: Floats, mean: Floats, volatility: Floats
) -> tuple[Floats, Floats, Floats]:
    """Return log likelihood of a history, and mean and variance of its last level (Kalman), at each set of parameters.

    The first sighting sets the level and says nothing of the parameters.
    """
    level = np.full(life.shape, math.log(seen[0].value))
    variance = np.full(life.shape, seen[0].error ** 2)
    weight = np.zeros(life.shape)
    for before, now in pairwise(seen):
        keep, noise = _step(life, volatility, float((now.day - before.day).days))
        level, variance = mean + keep * (level - mean), keep**2 * variance + noise
        total = variance + now.error**2
        surprise = math.log(now.value) - level
        weight -= 0.5 * (surprise**2 / total + np.log(total))
        gain = variance / total
        level, variance = level + gain * surprise, (1.0 - gain) * variance
    return weight, level, variance


def _step(life: Floats, volatility: Floats, days: float) -> tuple[Floats, Floats]:
    """Return the part of a deviation that is left after some days, and the variance that has come in."""
    pull = math.log(2.0) / life
    keep = np.exp(-pull * days)
    with np.errstate(invalid="ignore", divide="ignore"):
        noise = np.where(pull > 0.0, volatility**2 * (1.0 - keep**2) / (2.0 * pull), volatility**2 * days)
    return keep, noise


def supply_demand(n: int) -> Ensemble:
    """Return the linear supply-demand model.

    Demand a month at price p (in contract prices) is ``D (1 - e (p - 1))``: D clears the market at the contract price
    when the A800 was on sale without scarcity, and at the reported price in mid-2023; then its linear trend goes on, in
    part or wholly. Supply is what the rule lets through, the substitute at its performance, and grey imports that grow
    with the price above the world's. A rent moves with the replacement cost of a card, in part or wholly.
    """
    luck = generator("forecast.supply_demand")
    inputs = {name: column.to_numpy(float)[:, None] for name, column in draw(n, "forecast.supply_demand").items()}
    declared = {parameter.name: parameter.value for parameter in all_parameters()}
    elasticity, trend, passed = (luck.uniform(low, high, (n, 1)) for low, high in (ELASTICITY, (0, 1), (0, 1)))
    seen = histories()
    contract = declared["supply.contract_price_cny"]
    sold, middle = seen["spot_price_cny"][0], seen["spot_price_cny"][-1]
    price = middle.value * np.exp(middle.error * luck.standard_normal((n, 1))) / contract
    cards = BILLION * inputs["supply.card_share"] / declared["supply.revenue_per_card_usd"] / MONTHS_PER_QUARTER
    at_first, at_last = reported_at(sold.day) * cards, reported_at(middle.day) * cards
    needed = at_last / np.maximum(1.0 - elasticity * (price - 1.0), 0.1)
    ahead = (DATES - np.datetime64(middle.day)).astype(float)[None, :]
    rise = (needed - at_first) / float((middle.day - sold.day).days)
    demand = np.maximum(needed + trend * rise * ahead, 0.1 * needed)
    unruled, substitute = _flows(inputs)
    open_share = 1.0 - inputs["rule.us_2023.severity"] * (np.datetime64(RULE_EFFECTIVE) <= DATES)
    supply = unruled * cards * open_share + substitute * inputs["substitute.h20.performance"]
    abroad = inputs["spot.world_price_cny"] / contract * (1.0 + inputs["spot.risk_cost_after"])
    slope = 2.0 * inputs["spot.import_slope"] * DAYS_PER_MONTH / DAYS_PER_WEEK / abroad
    cleared = cleared_price(demand, elasticity, supply, abroad, slope)
    spot = cleared * contract
    return Ensemble(
        "supply_demand",
        {
            "spot_price_cny": spot,
            "rent_quote_cny_per_card_month": _rents(spot, price * contract, passed, inputs, declared, n, luck),
            "nvidia_china_revenue_busd": unruled / DAYS_PER_QUARTER
            * (1.0 - inputs["supply.restricted_share"] * (1.0 - open_share))
            + substitute * inputs["substitute.h20.price_cny"] / DAYS_PER_MONTH / CNY_PER_USD / BILLION,
        },
    )  # fmt: skip


def reported_at(day: dt.date) -> float:
    """Return China revenue in billion USD a quarter, on a day that a reported quarter holds."""
    return [busd for first, busd in reported_revenue() if first <= day][-1]


def cleared_price(demand: Floats, elasticity: Floats, supply: Floats, abroad: Floats, slope: Floats) -> Floats:
    """Return the price, in contract prices, at which linear demand meets supply and grey imports.

    Imports are ``slope (p - abroad)`` above the price abroad and none below; the price never falls below a tenth.
    """
    alone = (demand * (1.0 + elasticity) - supply) / (demand * elasticity)
    joined = (demand * (1.0 + elasticity) - supply + slope * abroad) / (demand * elasticity + slope)
    return np.maximum(np.where(alone > abroad, joined, alone), 0.1)


def _flows(inputs: dict[str, Floats]) -> tuple[Floats, Floats]:
    """Return supply without a rule in billion USD a quarter, and the substitute's cards a month, on each day."""
    quarters = (DATES - np.datetime64(NEXT_QUARTER)).astype(float) / DAYS_PER_QUARTER
    growth = 1.0 + inputs["supply.later_growth"] * np.maximum(quarters - 1.0, 0.0)
    unruled = reported_revenue()[-1][1] * inputs["supply.next_quarter_growth"] * growth
    delay = inputs["substitute.h20.delay_days"] + inputs["substitute.h20.integration_days"]
    months = ((DATES - np.datetime64(H20_ANNOUNCED)).astype(float) - delay) / DAYS_PER_MONTH
    monthly = inputs["substitute.h20.monthly_cards"] * (1.0 + inputs["substitute.h20.monthly_growth"] * months)
    return unruled, np.where(months >= 0.0, monthly, 0.0)


def _rents(
    spot: Floats,
    before: Floats,
    passed: Floats,
    inputs: dict[str, Floats],
    declared: dict[str, float],
    n: int,
    luck: np.random.Generator,
) -> Floats:
    """Return rents that follow the replacement cost of a card, in part, from the last one reported."""
    last = histories()["rent_quote_cny_per_card_month"][-1]
    start = last.value * np.exp(last.error * luck.standard_normal((n, 1)))

    def cost(price: Floats) -> Floats:
        wear = (price + declared["servers.server_cost_cny"]) / declared["clouds.card_life_months"]
        return wear + inputs["clouds.opex_cny_per_card_month"]

    return start * (1.0 - passed + passed * cost(spot) / cost(before))
