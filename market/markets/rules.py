"""Dated rules: what is in force today, recomputed from immutable data, and the news that firms read.

A rule may be rumoured, is announced, takes effect and is enforced, and may be lifted. From its enforcement on (the
day of its effect unless it says otherwise) it stops a share of the flow of the products it catches. Rumour and
announcement move each firm's belief in a stop of supply; between news the belief returns to its base and peers pull.
A rule never edits a parameter.
"""

from __future__ import annotations

import numpy as np

from market.kernels.arithmetic import log_odds, logistic
from market.kernels.compile import compiled, compiled_inline, compiled_pass
from market.parameters import orders as po
from market.parameters import supply as pp
from market.state import accounts, scene
from market.state.log import log_event
from market.state.products import A800, N_PRODUCTS, NVIDIA
from market.state.world import World

CERTAIN = 0.98  # belief while a full stop is announced or in force


@compiled
def catches(world: World, rule: int, product: int) -> bool:
    """Whether a rule catches a product."""
    return (int(world.rule_f64[scene.PRODUCT_MASK, rule]) >> product) & 1 == 1


@compiled
def severity_in_force(world: World, product: int, t: int) -> float:
    """Share of a product's flow that rules in force today stop: rules multiply."""
    rules, open_share = world.rule_f64, 1.0
    for r in range(rules.shape[1]):
        is_on = rules[scene.ENFORCED_DAY, r] <= t and not 0.0 <= rules[scene.LIFTED_DAY, r] <= t
        if is_on and catches(world, r, product):
            open_share *= 1.0 - rules[scene.RULE_SEVERITY, r]
    return 1.0 - open_share


@compiled
def severity_announced(world: World, product: int, t: int) -> float:
    """The same for rules that are published, in force or not yet."""
    rules, open_share = world.rule_f64, 1.0
    for r in range(rules.shape[1]):
        is_on = rules[scene.ANNOUNCED_DAY, r] <= t and not 0.0 <= rules[scene.LIFTED_DAY, r] <= t
        if is_on and catches(world, r, product):
            open_share *= 1.0 - rules[scene.RULE_SEVERITY, r]
    return 1.0 - open_share


@compiled
def news_of_today(world: World, t: int) -> float:
    """Log-odds that today's rumours and announcements about the A class add to an average firm's belief."""
    p, rules, news = world.p, world.rule_f64, 0.0
    for r in range(rules.shape[1]):
        if not catches(world, r, A800):
            continue
        if rules[scene.HAS_SUBSTITUTE, r] == 1.0:
            if t == rules[scene.ANNOUNCED_DAY, r]:
                news += p[po.SUBSTITUTE_NEWS] * p[po.ANTICIPATION]
            continue
        weight = rules[scene.RULE_SEVERITY, r]
        if t == rules[scene.RUMOURED_DAY, r]:
            news += p[po.RUMOUR_NEWS] * p[po.ANTICIPATION] * weight
        if t == rules[scene.ANNOUNCED_DAY, r]:
            news += p[po.ANNOUNCEMENT_NEWS] * weight
    return news


@compiled
def settle_rules(world: World, t: int) -> None:
    """Put today's rules, supply and climate in force, and let beliefs move."""
    scenes, products = world.scene_f64, world.product_f64
    scenes[scene.CLIMATE] = world.climate[t]
    memory = 1.0 / world.p[pp.REVENUE_MONTHS]
    for product in range(N_PRODUCTS):
        products[scene.LAST_SEVERITY, product] = products[scene.SEVERITY, product]
        products[scene.SEVERITY, product] = severity_in_force(world, product, t)
        products[scene.SUPPLY, product] = world.supply[product, t]
        flow = world.supply[product, t] * (1.0 - products[scene.SEVERITY, product])
        products[scene.SMOOTHED_SUPPLY, product] += memory * (flow - products[scene.SMOOTHED_SUPPLY, product])
    _log_news(world, t)
    move_beliefs(world, t)


@compiled
def _log_news(world: World, t: int) -> None:
    """Log what happens to rules today; one that stops nothing and announces nothing is no news."""
    rules = world.rule_f64
    for r in range(rules.shape[1]):
        if rules[scene.RULE_SEVERITY, r] == 0.0 and rules[scene.HAS_SUBSTITUTE, r] == 0.0:
            continue
        if t == rules[scene.RUMOURED_DAY, r]:
            log_event(world, t, scene.RULE_RUMOURED, NVIDIA, -1, 0, 0, r, 0, 0)
        if t == rules[scene.ANNOUNCED_DAY, r]:
            log_event(world, t, scene.RULE_ANNOUNCED, NVIDIA, -1, 0, 0, r, 0, 0)
        if t == rules[scene.EFFECTIVE_DAY, r]:
            log_event(world, t, scene.RULE_EFFECTIVE, NVIDIA, -1, 0, 0, r, 0, 0)


@compiled_inline
def updated_log_odds(
    belief: float, base: float, decay: float, mean: float, pull: float, news: float, foresight: float
) -> float:
    """Belief in a stop after a day: news adds, time decays, peers pull (Bikhchandani1992)."""
    return belief + decay * (base - belief) + pull * (mean - belief) + news * foresight


@compiled
def move_beliefs(world: World, t: int) -> None:
    """Move the belief of every cloud, server maker and speculator by a day."""
    p, clock, beliefs = world.p, world.clock, world.belief_f64
    news = news_of_today(world, t)
    floor = p[po.BASE_BELIEF]
    announced = CERTAIN * severity_announced(world, A800, t)
    base = log_odds(max(floor, announced))
    first, last = clock[scene.FIRST_CLOUD], clock[scene.FIRST_STARTUP]
    mean, n = 0.0, max(last - first, 1)
    for account in range(first, last):
        mean += beliefs[accounts.BAN_LOG_ODDS, account]
    mean /= n
    odds, foresight = beliefs[accounts.BAN_LOG_ODDS][first:last], beliefs[accounts.FORESIGHT][first:last]
    _move_odds(odds, foresight, base, p[po.DECAY], mean, p[po.PEER_PULL], news)
    _believe(odds, beliefs[accounts.BAN_BELIEF][first:last])
    world.scene_f64[scene.MEAN_BELIEF] = mean


@compiled_pass
def _move_odds(
    odds: np.ndarray, foresight: np.ndarray, base: float, decay: float, mean: float, pull: float, news: float
) -> None:
    for k in range(odds.shape[0]):
        odds[k] = updated_log_odds(odds[k], base, decay, mean, pull, news, foresight[k])


@compiled_pass
def _believe(odds: np.ndarray, beliefs: np.ndarray) -> None:
    for k in range(odds.shape[0]):
        beliefs[k] = logistic(odds[k])
