"""Demand: needs move, application customers come and sober, and everybody sees what is unserved.

Settles what startups and clouds decided to use. Other industries' need grows on its own and falls with the price (D5).
Application customers are struck by a boom, and a part of them turns to a cloud for model calls; the others, and in
time these too, sober (D7). Startups that found no host are heard by several clouds at once (Armony2005); without one
for long they turn to a server maker (P6).
"""

from __future__ import annotations

import numpy as np

from market.kernels.compile import compiled, compiled_pass
from market.kernels.luck import normal_quantiles, of_day
from market.kernels.rows import list_few
from market.parameters import clouds as pc
from market.parameters import orders as po
from market.parameters import startups as pu
from market.state import cloud as c
from market.state import luck, scene
from market.state import startup as s
from market.state.columns import narrow, wide
from market.state.hosted import promised_cards
from market.state.log import log_event
from market.state.luck import draw_for_startups
from market.state.products import A800, DAYS_PER_MONTH, N_STAGES, STOCK
from market.state.world import BLOCK, DRAWS, GAPS, LISTED, NORMALS, World

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
    day_luck, block = of_day(world.clock[scene.SEED], luck.CALLS, t), world.block_f64
    draws, normals = block[DRAWS], block[NORMALS]
    normals[:] = 0.0
    for start in range(0, status.shape[0], BLOCK):
        end = min(start + BLOCK, status.shape[0])
        if t % DAYS_PER_WEEK == 0:
            draw_for_startups(world, day_luck, start, draws)
            normal_quantiles(draws[: end - start], normals, world.block_i64[LISTED], block[GAPS])
        calls, growth = f[s.CALLS_CARDS][start:end], f[s.CALLS_GROWTH][start:end]
        _grow(status[start:end], calls, growth, normals, is_calm, late, p[pu.CALLS_LUCK])


@compiled_pass
def _grow(
    status: np.ndarray,
    calls: np.ndarray,
    growths: np.ndarray,
    normals: np.ndarray,
    is_calm: bool,
    late: float,
    weight: float,
) -> None:
    for k in range(status.shape[0]):
        growth = (wide(growths[k]) if is_calm else late) + weight * normals[k]
        grown = narrow(wide(calls[k]) * max(1.0 + growth, 0.5))
        calls[k] = grown if status[k] == s.ALIVE else wide(calls[k])


@compiled
def _count_unserved(world: World, t: int) -> None:
    """Add up the need that nobody serves, and let those without a host for long turn to a server maker."""
    all_status, needs = world.startup_i8[s.STATUS], world.startup_f32[s.NEED_CARDS]
    online = world.startup_i32[s.ONLINE_CARDS]
    n, performance, unserved = world.startup_i16, world.product_f64[scene.PERFORMANCE, A800], 0.0
    unmet, marks, listed = world.block_f64[GAPS], world.block_i8, world.block_i64[LISTED]
    for start in range(0, all_status.shape[0], BLOCK):
        end = min(start + BLOCK, all_status.shape[0])
        status, promised = all_status[start:end], promised_cards(world, start, end)
        _find_unmet(status, needs[start:end], online[start:end], promised, performance, unmet)
        search, asked = n[s.SEARCH_DAYS, start:end], n[s.ASKED_MAKER, start:end]
        _count_days(status, unmet, search)
        _forget_makers(status, unmet, asked)
        if _mark_impatient(unmet, search, asked, world.p[pu.BUY_GAP], marks) > 0:
            for k in range(list_few(marks[: end - start], listed)):
                _ask_for_servers(world, start + listed[k], int(unmet[listed[k]]), t)
        _drop_buyers(n[s.BUYER, start:end], unmet)
        for k in range(end - start):
            unserved += unmet[k]
    world.scene_f64[scene.UNSERVED_NEED] = unserved


@compiled_pass
def _find_unmet(
    status: np.ndarray,
    needs: np.ndarray,
    online: np.ndarray,
    promised: np.ndarray,
    performance: float,
    unmet: np.ndarray,
) -> None:
    """Need that nobody serves, of living startups that look for a host because of it; zero for others."""
    for k in range(status.shape[0]):
        need = wide(needs[k])
        gap = need - performance * online[k] - promised[k]
        unmet[k] = gap if (status[k] == s.ALIVE) & (gap > SMALL_NEED * need) & (gap >= 1.0) else 0.0


@compiled_pass
def _count_days(status: np.ndarray, unmet: np.ndarray, search: np.ndarray) -> None:
    for k in range(status.shape[0]):
        days = search[k] + 1 if unmet[k] > 0.0 else 0
        search[k] = days if status[k] == s.ALIVE else wide(search[k])


@compiled_pass
def _forget_makers(status: np.ndarray, unmet: np.ndarray, asked: np.ndarray) -> None:
    for k in range(status.shape[0]):
        asked[k] = -1 if (status[k] == s.ALIVE) & (unmet[k] == 0.0) else wide(asked[k])


@compiled_pass
def _mark_impatient(
    unmet: np.ndarray, search: np.ndarray, asked: np.ndarray, patience: float, marks: np.ndarray
) -> int:
    """Mark those that have searched for long and asked no server maker; return how many they are."""
    n = 0
    for k in range(search.shape[0]):
        marks[k] = (unmet[k] > 0.0) & (search[k] >= patience) & (asked[k] < 0)
        n += marks[k]
    return n


@compiled_pass
def _drop_buyers(buyer: np.ndarray, unmet: np.ndarray) -> None:
    """Leave out NVIDIA's direct buyers: they order themselves."""
    for k in range(buyer.shape[0]):
        unmet[k] = 0.0 if buyer[k] >= 0 else unmet[k]


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
