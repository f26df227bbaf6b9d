"""The daily record: one row of the market a day, read from state and written nowhere else."""

from __future__ import annotations

import numpy as np

from market.kernels.compile import compiled, compiled_pass
from market.parameters import supply as pp
from market.state import accounts, primary, scene, trader
from market.state import cloud as c
from market.state import startup as s
from market.state.columns import wide
from market.state.ledger import owned_cards
from market.state.products import A800, DAYS_PER_MONTH, H20, N_STAGES, STOCK
from market.state.world import BLOCK, GAPS, World

STOPPED = 0.999
USERS_DAYS = 30.0  # stock a user can assemble in this time is not hoarded
FEN = 100.0


@compiled
def observe_day(world: World, t: int) -> None:
    """Write the day's row."""
    day, scenes, products = world.daily_f64, world.scene_f64, world.product_f64
    day[scene.DAY_SPOT, t] = products[scene.SPOT_CNY, A800]
    is_launched = t >= products[scene.LAUNCH_DAY, H20]
    day[scene.DAY_SPOT_H20, t] = products[scene.SPOT_CNY, H20] if is_launched else np.nan
    day[scene.DAY_VOLUME, t] = scenes[scene.VOLUME_TODAY]
    day[scene.DAY_LIST, t] = scenes[scene.LIST_RENT]
    signed = scenes[scene.SIGNED_CARDS]
    day[scene.DAY_RENT_QUOTE, t] = scenes[scene.SIGNED_RENT] / signed if signed > 0.0 else np.nan
    day[scene.DAY_ORDERED, t] = scenes[scene.ORDERED_TODAY]
    day[scene.DAY_DELIVERED, t] = scenes[scene.DELIVERED_TODAY]
    day[scene.DAY_SWITCHES, t] = scenes[scene.SWITCHES_TODAY]
    day[scene.DAY_TENDERS, t] = scenes[scene.TENDERS_TODAY]
    day[scene.DAY_NVIDIA, t] = scenes[scene.NVIDIA_REVENUE]
    day[scene.DAY_IMPORTS, t] = scenes[scene.IMPORTED_TODAY]
    day[scene.DAY_VALUE, t] = scenes[scene.VALUE_IN_USE]
    day[scene.DAY_WAIT, t] = scenes[scene.WAIT_MONTHS]
    _observe_book(world, t)
    _observe_startups(world, t)
    _observe_clouds(world, t)
    _observe_holdings(world, t)


@compiled
def _observe_book(world: World, t: int) -> None:
    day, scenes, products = world.daily_f64, world.scene_f64, world.product_f64
    book = 0.0
    for b in range(world.buyer_i64.shape[2]):
        book += world.buyer_i64[primary.BACKLOG, A800, b]
    day[scene.DAY_BACKLOG, t] = book
    supply = products[scene.SUPPLY, A800] * (1.0 - products[scene.SEVERITY, A800])
    if products[scene.SEVERITY, A800] >= STOPPED or supply <= 0.0:
        day[scene.DAY_LEAD, t] = np.nan
    else:
        day[scene.DAY_LEAD, t] = min(book / supply, world.p[pp.LEAD_MAX] / DAYS_PER_MONTH)
    total = scenes[scene.MONTH_OPENING_BOOK] + scenes[scene.MONTH_ORDERED]
    day[scene.DAY_FILL, t] = scenes[scene.MONTH_DELIVERED] / total if total > 0.0 else np.nan


@compiled
def _observe_startups(world: World, t: int) -> None:
    day, contracts = world.daily_f64, world.contract_i32
    status, needs = world.startup_i8[s.STATUS], world.startup_f32[s.NEED_CARDS]
    living_needs = world.block_f64[GAPS]
    alive, need, paid, cards = 0, 0.0, 0, 0
    for start in range(0, status.shape[0], BLOCK):
        block = status[start : start + BLOCK]
        alive += _needs_of_living(block, needs[start : start + BLOCK], living_needs)
        for k in range(block.shape[0]):
            need += living_needs[k]
    for record in range(1, world.clock[scene.TOP_RECORD] + 1):  # an empty one has no cards
        cards += contracts[record, s.CARDS]
        paid += wide(contracts[record, s.CARDS]) * contracts[record, s.RENT_FEN]
    day[scene.DAY_ALIVE, t] = alive
    day[scene.DAY_TRAINED, t] = world.scene_f64[scene.TRAINED_CARD_DAYS]
    day[scene.DAY_TRUE_DEMAND, t] = need
    day[scene.DAY_RENT, t] = paid * DAYS_PER_MONTH / FEN / cards if cards > 0 else np.nan


@compiled_pass
def _needs_of_living(status: np.ndarray, needs: np.ndarray, living_needs: np.ndarray) -> int:
    """Fill in the needs of the living of a block, zero for others; return how many live."""
    alive = 0
    for k in range(status.shape[0]):
        is_alive = status[k] == s.ALIVE
        living_needs[k] = wide(needs[k]) if is_alive else 0.0
        alive += 1 if is_alive else 0
    return alive


@compiled
def _observe_clouds(world: World, t: int) -> None:
    day, n = world.daily_f64, world.cloud_i64
    online, used = 0, 0
    for i in range(n.shape[1]):
        online += n[c.CAPACITY, i]
        used += n[c.OWN_SERVED, i] + n[c.OTHER_SERVED, i] + n[c.CONTRACT_SERVED, i]
        day[scene.DAY_TRUE_DEMAND, t] += world.cloud_f64[c.OWN_NEED, i] + world.cloud_f64[c.OTHER_NEED, i]
    day[scene.DAY_ONLINE, t] = online
    day[scene.DAY_USED, t] = used
    day[scene.DAY_IDLE, t] = 1.0 - used / online if online > 0 else np.nan


@compiled
def _observe_holdings(world: World, t: int) -> None:
    """Hoards, and the belief in a stop weighted by cards held."""
    day, clock = world.daily_f64, world.clock
    line = 0.0
    for i in range(world.maker_i64.shape[1]):
        line += world.maker_i64[trader.LINE, i]
    hoard, speculated, weight, belief = 0.0, 0.0, 0.0, 0.0
    for account in range(clock[scene.FIRST_CLOUD], clock[scene.FIRST_STARTUP]):
        stock = world.card_i64[A800 * N_STAGES + STOCK, account]
        held = 1.0 + owned_cards(world, account)
        weight += held
        belief += held * world.belief_f64[accounts.BAN_BELIEF, account]
        if account >= clock[scene.FIRST_SPECULATOR]:
            speculated += stock
        elif account < clock[scene.FIRST_MAKER]:
            hoard += max(stock - USERS_DAYS * line, 0.0)
    day[scene.DAY_HOARDED, t] = hoard + speculated
    day[scene.DAY_SPECULATED, t] = speculated
    day[scene.DAY_BELIEF, t] = belief / weight if weight > 0.0 else np.nan
