"""Serving: each day every cloud divides its cards online among own models, other industries and startups.

First what is set aside for own models, then customers by the price they pay (other industries at the posted
fraction), then the rest of own-model need. What is short is shared in proportion among customers of one price. A
training run is a gang: below its minimum it stops and loses what was done since its last checkpoint (D4).
"""

from __future__ import annotations

from market.kernels.compile import compiled
from market.parameters import clouds as pc
from market.parameters import serving as pg
from market.state import cloud as c
from market.state import scene
from market.state import startup as s
from market.state.log import log_event
from market.state.products import N_PRODUCTS, N_STAGES, ONLINE, STOCK
from market.state.world import N_PRICE_BINS, World

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
    contracts, bins = world.contract_i64, world.bin_i64
    bins[:] = 0
    for slot in range(s.N_SLOTS):
        for i in range(contracts.shape[2]):
            if contracts[s.CONTRACT, slot, i] != 0:
                cloud, fraction = contracts[s.CLOUD, slot, i], contracts[s.FRACTION_BP, slot, i]
                bins[cloud, price_bin(fraction)] += contracts[s.CARDS, slot, i]
    for cloud in range(world.cloud_i64.shape[1]):
        _divide(world, cloud)
    for i in range(world.startup_i64.shape[1]):
        if world.startup_i64[s.STATUS, i] == s.ALIVE:
            _serve(world, i, t)
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
    for k in range(N_PRICE_BINS - 1, -1, -1):
        cards = world.bin_i64[cloud, k] + (others if k == others_bin else 0)
        share = 1.0 if cards <= left else left / cards
        world.share_f64[cloud, k] = share
        if k == others_bin:
            n[c.OTHER_SERVED, cloud] = int(share * others)
        left -= min(cards, left)
    n[c.OWN_SERVED, cloud] = first + min(left, max(int(f[c.OWN_NEED, cloud]) - first, 0))
    n[c.CONTRACT_SERVED, cloud] = 0


@compiled
def _serve(world: World, i: int, t: int) -> None:
    """Serve the contracts of a startup, wear or restore its patience, and move its training run."""
    p, account, contracts = world.p, world.clock[scene.FIRST_STARTUP] + i, world.contract_i64
    served_total, promised_total = 0, 0
    for slot in range(s.N_SLOTS):
        number = contracts[s.CONTRACT, slot, i]
        if number == 0:
            continue
        cards, cloud = contracts[s.CARDS, slot, i], contracts[s.CLOUD, slot, i]
        served = int(world.share_f64[cloud, price_bin(contracts[s.FRACTION_BP, slot, i])] * cards)
        is_new = contracts[s.PROMISED_CARD_DAYS, slot, i] == 0
        if served < cards and (is_new or contracts[s.SERVED_TODAY, slot, i] == cards):
            host = world.clock[scene.FIRST_CLOUD] + cloud
            log_event(world, t, scene.SHORTFALL_BEGAN, account, host, cards - served, 0, number, 0, 0)
        short = contracts[s.SHORT_CARD_DAYS, slot, i] + cards - served
        if served == cards and short > 0:
            short -= int(p[pg.PATIENCE_RECOVERY] * short)
        contracts[s.SHORT_CARD_DAYS, slot, i] = short
        contracts[s.SERVED_TODAY, slot, i] = served
        contracts[s.SERVED_CARD_DAYS, slot, i] += served
        contracts[s.PROMISED_CARD_DAYS, slot, i] += cards
        world.cloud_i64[c.CONTRACT_SERVED, cloud] += served
        served_total += served
        promised_total += cards
    own = 0.0
    for product in range(N_PRODUCTS):
        own += world.product_f64[scene.PERFORMANCE, product] * world.card_i64[product * N_STAGES + ONLINE, account]
    _train(world, i, served_total + int(own), promised_total + int(own), t)


@compiled
def _train(world: World, i: int, served: int, promised: int, t: int) -> None:
    """Move a training run a day on, or stop it and lose what was not checkpointed (D4)."""
    p, n = world.p, world.startup_i64
    if promised == 0 or served < p[pg.GANG_SHARE] * promised:
        if n[s.IS_RUNNING, i] == 1 and n[s.RUN_CARD_DAYS, i] > 0 and promised > 0:
            n[s.LOST_CARD_DAYS, i] += n[s.RUN_CARD_DAYS, i]
            account = world.clock[scene.FIRST_STARTUP] + i
            log_event(world, t, scene.RUN_INTERRUPTED, account, -1, n[s.RUN_CARD_DAYS, i], 0, 0, 0, 0)
        n[s.RUN_CARD_DAYS, i] = 0
        n[s.IS_RUNNING, i] = 0
        return
    n[s.IS_RUNNING, i] = 1
    n[s.RUN_CARD_DAYS, i] += served
    if n[s.RUN_CARD_DAYS, i] >= p[pg.CHECKPOINT_DAYS] * served:
        n[s.DONE_CARD_DAYS, i] += n[s.RUN_CARD_DAYS, i]
        n[s.RUN_CARD_DAYS, i] = 0


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
