"""Demand: needs move, application customers come and sober, and everybody sees what is unserved.

Settles what startups and clouds decided to use. Other industries' need grows on its own and falls with the price (D5).
Application customers are struck by a boom, and a part of them turns to a cloud for model calls; the others, and in
time these too, sober (D7). Startups that found no host are heard by several clouds at once (Armony2005); without one
for long they turn to a server maker (P6).
"""

from __future__ import annotations

from market.kernels.compile import compiled
from market.kernels.luck import normal_quantiles, of_day
from market.parameters import clouds as pc
from market.parameters import orders as po
from market.parameters import startups as pu
from market.state import cloud as c
from market.state import luck, scene
from market.state import startup as s
from market.state.columns import narrow, wide
from market.state.log import log_event
from market.state.luck import draw_for_startups
from market.state.products import A800, DAYS_PER_MONTH, N_STAGES, STOCK
from market.state.world import BLOCK, World

DAYS_PER_WEEK = 7
DAYS_PER_YEAR = 365.0
LATE_DAY = 730  # first day of 2024: other industries have sobered (D7)
MEAN_CLOUDS = 6.0
SMALL_NEED = 0.1


@compiled
def settle_demand(world: World, t: int) -> None:
    """Move the needs of startups, then of clouds."""
    _move_calls(world, t)
    _count_unserved(world, t)
    _move_clouds(world, t)


@compiled
def _move_calls(world: World, t: int) -> None:
    """Let the model calls of startups grow, once a week with luck."""
    p, f, status = world.p, world.startup_f32, world.startup_i8[s.STATUS]
    is_calm, late = world.scene_f64[scene.CLIMATE] >= 1.0, p[pu.CALLS_LATE] / DAYS_PER_MONTH
    is_week, weight = t % DAYS_PER_WEEK == 0, p[pu.CALLS_LUCK]
    day_luck, draws, normals = of_day(world.clock[scene.SEED], luck.CALLS, t), world.draws[0], world.draws[1]
    calls, growths = f[s.CALLS_CARDS], f[s.CALLS_GROWTH]
    for start in range(0, status.shape[0], BLOCK):
        rows = range(start, min(start + BLOCK, status.shape[0]))
        if is_week:
            normal_quantiles(draws, normals, draw_for_startups(world, day_luck, start, draws))
        for i in rows:
            if status[i] == s.ALIVE:
                growth = wide(growths[i]) if is_calm else late
                if is_week:
                    growth += weight * normals[i - start]
                calls[i] = narrow(wide(calls[i]) * max(1.0 + growth, 0.5))


@compiled
def _count_unserved(world: World, t: int) -> None:
    """Add up the need that nobody serves, and let those without a host for long turn to a server maker."""
    needs, status = world.startup_f32[s.NEED_CARDS], world.startup_i8[s.STATUS]
    search, buyer = world.startup_i16[s.SEARCH_DAYS], world.startup_i16[s.BUYER]
    asked = world.startup_i16[s.ASKED_MAKER]
    first, second = world.startup_i32[s.FIRST_CONTRACT], world.startup_i32[s.SECOND_CONTRACT]
    patience, unserved = world.p[pu.BUY_GAP], 0.0
    for i in range(needs.shape[0]):
        if status[i] != s.ALIVE:
            continue
        need = wide(needs[i])
        unmet = need
        if need >= 1.0:
            unmet -= own_cards(world, i)
            unmet -= world.contract_i32[first[i], s.CARDS]
            unmet -= world.contract_i32[second[i], s.CARDS]
        if unmet > SMALL_NEED * need and unmet >= 1.0:
            search[i] += 1
            if buyer[i] < 0:
                unserved += unmet
            if asked[i] < 0 and search[i] >= patience:
                _ask_for_servers(world, i, int(unmet), t)
        elif search[i] != 0 or asked[i] != -1:
            search[i] = 0
            asked[i] = -1
    world.scene_f64[scene.UNSERVED_NEED] = unserved


@compiled
def _ask_for_servers(world: World, i: int, cards: int, t: int) -> None:
    """Turn to the server maker with most cards in stock, which bids for them wherever there are any (P6)."""
    clock, asked, most = world.clock, -1, -1
    for k in range(world.maker_i64.shape[1]):
        stock = world.card_i64[A800 * N_STAGES + STOCK, clock[scene.FIRST_MAKER] + k]
        if stock > most:
            asked, most = k, stock
    if asked >= 0:
        world.startup_i16[s.ASKED_MAKER, i] = asked
        startup, maker = clock[scene.FIRST_STARTUP] + i, clock[scene.FIRST_MAKER] + asked
        log_event(world, t, scene.SERVERS_ASKED, startup, maker, cards, 0, 0, 0, 0)


@compiled
def own_cards(world: World, i: int) -> float:
    """A-class equivalents that startup `i` has online."""
    return world.product_f64[scene.PERFORMANCE, A800] * world.startup_i32[s.ONLINE_CARDS, i]


@compiled
def need_of(world: World, i: int) -> float:
    """All that cloud `i` would like to serve today, enquiries of startups without a host included."""
    f = world.cloud_f64
    callers = f[c.CURIOUS, i] * world.p[pc.CALLER_CARDS]
    enquiries = world.p[po.ENQUIRY_OVERLAP] * world.scene_f64[scene.UNSERVED_NEED] * f[c.SHARE, i]
    return f[c.OWN_NEED, i] + f[c.OTHER_NEED, i] + callers + world.cloud_i64[c.CONTRACT_CARDS, i] + enquiries


@compiled
def _move_clouds(world: World, t: int) -> None:
    p, f = world.p, world.cloud_f64
    climate = world.scene_f64[scene.CLIMATE]
    yearly = p[pc.OTHER_GROWTH_LATE] if t >= LATE_DAY else p[pc.OTHER_GROWTH]
    gain = 1.0 / p[po.GROWTH_MEMORY]
    for i in range(f.shape[1]):
        f[c.OWN_NEED, i] = f[c.DESIRED_OWN_NEED, i]
        f[c.OTHER_BASE, i] *= 1.0 + yearly / DAYS_PER_YEAR
        response = 1.0 - p[pc.OTHER_ELASTICITY] * (f[c.POSTED_FRACTION, i] / p[pc.FRACTION_START] - 1.0)
        f[c.OTHER_NEED, i] = f[c.OTHER_BASE, i] * max(0.2, response)
        _move_callers(world, i, p[pc.CALLERS] * f[c.SHARE, i] * MEAN_CLOUDS * max(climate - 1.0, 0.0))
        need = need_of(world, i)
        f[c.GROWTH, i] += gain * (need - f[c.NEED, i] - f[c.GROWTH, i])
        f[c.NEED, i] = need
        f[c.SMOOTHED_NEED, i] += gain * (need - f[c.SMOOTHED_NEED, i])


@compiled
def _move_callers(world: World, i: int, buyers_per_month: float) -> None:
    """Move cloud `i`'s application customers through shock, imagination and sobering (D7): most never buy."""
    p, f = world.p, world.cloud_f64
    struck = buyers_per_month / p[pc.CALLER_SHARE] / DAYS_PER_MONTH
    awake = f[c.STRUCK, i] / p[pc.SHOCK_DAYS]
    buying = p[pc.CALLER_SHARE] * awake
    sobering = p[pc.SOBERING] / DAYS_PER_MONTH * f[c.CURIOUS, i]
    f[c.STRUCK, i] += struck - awake
    f[c.CURIOUS, i] += buying - sobering
    f[c.SOBER, i] += awake - buying + sobering
