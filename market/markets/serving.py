"""Serving: each day every cloud divides its cards online among own models, other industries and startups.

First what is set aside for own models, then customers by the price they pay (other industries at the posted
fraction), then the rest of own-model need. What is short is shared in proportion among customers of one price. A
training run is a gang: below its minimum it stops and loses what was done since its last checkpoint (D4).
"""

from __future__ import annotations

import numpy as np

from market.kernels.compile import compiled, compiled_pass
from market.kernels.rows import list_few
from market.parameters import clouds as pc
from market.parameters import serving as pg
from market.state import cloud as c
from market.state import scene
from market.state import startup as s
from market.state.columns import wide
from market.state.hosted import mark_hosted
from market.state.log import log_event
from market.state.products import A800, N_PRODUCTS, N_STAGES, ONLINE, STOCK
from market.state.world import BLOCK, LISTED, N_PRICE_BINS, World

BINS_PER_LIST = 100
BASIS_POINTS_PER_BIN = 100


@compiled
def capacity_of(world: World, cloud: int, stage: int) -> float:
    """A-class equivalents of a cloud in one stage."""
    account, total = world.clock[scene.FIRST_CLOUD] + cloud, 0.0
    for product in range(N_PRODUCTS):
        total += world.product_f64[scene.PERFORMANCE, product] * world.card_i64[product * N_STAGES + stage, account]
    return total


@compiled
def price_bin(fraction_bp: int) -> int:
    """Bin of a fraction of list."""
    return min(max(fraction_bp // BASIS_POINTS_PER_BIN, 0), N_PRICE_BINS - 1)


@compiled
def settle_serving(world: World, t: int) -> None:
    """Divide every cloud's cards, then serve every contract its part and move its training on."""
    contracts, bins = world.contract_i32, world.bin_i64
    bins[:] = 0
    for record in range(1, world.clock[scene.TOP_RECORD] + 1):  # an empty one has no cards
        fraction = wide(contracts[record, s.FRACTION_BP])
        bins[contracts[record, s.CLOUD], price_bin(fraction)] += contracts[record, s.CARDS]
    for cloud in range(world.cloud_i64.shape[1]):
        _divide(world, cloud)
    _serve_all(world, t)
    for cloud in range(world.cloud_i64.shape[1]):
        _close_day(world, cloud)


@compiled
def _divide(world: World, cloud: int) -> None:
    """Fill `share_f64`: the served part of each price bin of a cloud."""
    n, f = world.cloud_i64, world.cloud_f64
    n[c.CAPACITY, cloud] = int(capacity_of(world, cloud, ONLINE)) if n[c.STATUS, cloud] == 1 else 0
    capacity = n[c.CAPACITY, cloud]
    first = min(n[c.DESIRED_SET_ASIDE, cloud], capacity)
    left = capacity - first
    others = int(f[c.OTHER_NEED, cloud] + f[c.CURIOUS, cloud] * world.p[pc.CALLER_CARDS])
    others_bin = price_bin(int(f[c.POSTED_FRACTION, cloud] * BINS_PER_LIST * BASIS_POINTS_PER_BIN))
    n[c.OTHER_SERVED, cloud] = 0
    world.share_f64[cloud] = 1.0
    for k in range(N_PRICE_BINS - 1, -1, -1):
        cards = world.bin_i64[cloud, k] + (others if k == others_bin else 0)
        if cards == 0 and k != others_bin:
            continue
        share = 1.0 if cards <= left else left / cards
        world.share_f64[cloud, k] = share
        if k == others_bin:
            n[c.OTHER_SERVED, cloud] = int(share * others)
        left -= min(cards, left)
    n[c.OWN_SERVED, cloud] = first + min(left, max(int(f[c.OWN_NEED, cloud]) - first, 0))
    n[c.CONTRACT_SERVED, cloud] = 0


@compiled
def _serve_all(world: World, t: int) -> None:
    """Serve the contracts of every startup and move its training run."""
    status, is_running = world.startup_i8[s.STATUS], world.startup_i8[s.IS_RUNNING]
    first, second = world.startup_i32[s.FIRST_CONTRACT], world.startup_i32[s.SECOND_CONTRACT]
    online, run = world.startup_i32[s.ONLINE_CARDS], world.startup_i32[s.RUN_CARD_DAYS]
    performance, marks, listed = world.product_f64[scene.PERFORMANCE, A800], world.block_i8, world.block_i64[LISTED]
    gang_share, checkpoint_days = world.p[pg.GANG_SHARE], world.p[pg.CHECKPOINT_DAYS]
    trained = 0
    for start in range(0, status.shape[0], BLOCK):
        end = min(start + BLOCK, status.shape[0])
        mark_hosted(first[start:end], second[start:end], marks)
        trained += _train_alone(
            status[start:end],
            marks,
            online[start:end],
            run[start:end],
            is_running[start:end],
            performance,
            checkpoint_days,
        )
        for k in range(list_few(marks[: end - start], listed)):
            i = start + listed[k]
            if status[i] != s.ALIVE:
                continue
            own = int(performance * online[i])
            served, promised = own, own
            for record in (first[i], second[i]):
                if record > 0:
                    promised += world.contract_i32[record, s.CARDS]
                    served += _serve(world, i, record, t)
            if served >= gang_share * promised:
                is_running[i] = 1
                done = run[i] + served
                if done >= checkpoint_days * served:
                    trained += done
                    done = 0
                run[i] = done
            elif is_running[i] == 1:
                _stop_run(world, i, t)
    world.scene_f64[scene.TRAINED_CARD_DAYS] += trained


@compiled_pass
def _train_alone(
    status: np.ndarray,
    is_hosted: np.ndarray,
    online: np.ndarray,
    run: np.ndarray,
    is_running: np.ndarray,
    performance: float,
    checkpoint_days: float,
) -> int:
    """Train with own cards, all of which are served, where there is no host; return the card-days checkpointed."""
    trained = 0
    for k in range(status.shape[0]):
        is_alone = (status[k] == s.ALIVE) & (is_hosted[k] == 0)
        own = int(performance * online[k])
        done = run[k] + own if own > 0 else 0
        is_saved = done >= checkpoint_days * own
        trained += done if is_alone & is_saved else 0
        run[k] = (0 if is_saved else done) if is_alone else run[k]
        is_running[k] = own > 0 if is_alone else is_running[k] != 0
    return trained


@compiled
def _serve(world: World, i: int, record: int, t: int) -> int:
    """Serve a contract of startup `i`, wear or restore its patience, and return the cards served."""
    contract = world.contract_i32[record]
    cards, cloud = wide(contract[s.CARDS]), wide(contract[s.CLOUD])
    served = int(world.share_f64[cloud, price_bin(wide(contract[s.FRACTION_BP]))] * cards)
    is_new = contract[s.PROMISED_CARD_DAYS] == 0
    if served < cards and (is_new or contract[s.SERVED_TODAY] == cards):
        customer, host = world.clock[scene.FIRST_STARTUP] + i, world.clock[scene.FIRST_CLOUD] + cloud
        number = wide(contract[s.CONTRACT])
        log_event(world, t, scene.SHORTFALL_BEGAN, customer, host, cards - served, 0, number, 0, 0)
    short = contract[s.SHORT_CARD_DAYS] + cards - served
    if served == cards and short > 0:
        short -= int(world.p[pg.PATIENCE_RECOVERY] * short)
    contract[s.SHORT_CARD_DAYS] = short
    contract[s.SERVED_TODAY] = served
    contract[s.SERVED_CARD_DAYS] += served
    contract[s.PROMISED_CARD_DAYS] += cards
    world.cloud_i64[c.CONTRACT_SERVED, cloud] += served
    return served


@compiled
def _stop_run(world: World, i: int, t: int) -> None:
    """Stop a training run below its gang's minimum: it loses what was not checkpointed (D4)."""
    done = wide(world.startup_i32[s.RUN_CARD_DAYS, i])
    if done > 0:
        world.scene_f64[scene.LOST_CARD_DAYS] += done
        account = world.clock[scene.FIRST_STARTUP] + i
        log_event(world, t, scene.RUN_INTERRUPTED, account, -1, done, 0, 0, 0, 0)
    world.startup_i32[s.RUN_CARD_DAYS, i] = 0
    world.startup_i8[s.IS_RUNNING, i] = 0


@compiled
def _close_day(world: World, cloud: int) -> None:
    """Count what is free for a new customer, and smooth utilisation and tightness."""
    n, f, p = world.cloud_i64, world.cloud_f64, world.p
    capacity = n[c.CAPACITY, cloud]
    used = n[c.OWN_SERVED, cloud] + n[c.OTHER_SERVED, cloud] + n[c.CONTRACT_SERVED, cloud]
    promised = n[c.CONTRACT_CARDS, cloud] - n[c.CONTRACT_SERVED, cloud]
    n[c.FREE, cloud] = capacity - used - promised + int(capacity_of(world, cloud, STOCK))
    memory = 1.0 / p[pc.USAGE_MEMORY]
    online = max(capacity, 1)
    f[c.UTILISATION, cloud] += memory * (used / online - f[c.UTILISATION, cloud])
    tightness = f[c.NEED, cloud] / max(online + capacity_of(world, cloud, STOCK), 1.0)
    f[c.TIGHTNESS, cloud] += memory * (min(tightness, 3.0) - f[c.TIGHTNESS, cloud])
