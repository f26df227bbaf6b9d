"""Draw what is not data: the traits of firms, and the many firms without a name.

Every trait is a draw by name from the seed and the firm's stable key, so neither order nor number of firms matters.
Opening balances come out of boundary accounts through the ledger.
"""

from __future__ import annotations

import numpy as np

from market.kernels.arithmetic import exp
from market.kernels.compile import compiled
from market.kernels.luck import below, normal, uniform
from market.parameters import orders, servers, serving, spot, startups, supply
from market.state import accounts, luck, scene, startup, trader
from market.state.columns import narrow
from market.state.ledger import add_cost, fen, move, pay
from market.state.luck import key_of
from market.state.products import A800, DAYS_PER_MONTH, FIRST_FIRM, INVESTORS, ONLINE, STOCK, WORLD
from market.state.world import World

LONGEST_HORIZON = 6  # months


@compiled
def spread(world: World, account: int, trait: int, sigma: float) -> float:
    """A log-normal trait of mean one."""
    z = normal(world.clock[scene.SEED], luck.TRAIT, 0, key_of(world, account), trait)
    return exp(sigma * z - 0.5 * sigma * sigma)


@compiled
def chance(world: World, account: int, trait: int) -> float:
    """A trait between zero and one, all equally likely."""
    return uniform(world.clock[scene.SEED], luck.TRAIT, 0, key_of(world, account), trait)


@compiled
def endow(world: World, account: int, source: int, cash_cny: float, stock: int, online: int) -> None:
    """Give a firm its opening balance."""
    pay(world, source, account, fen(cash_cny), accounts.ENDOWMENT)
    price = fen(world.p[supply.CONTRACT_PRICE])
    server = fen(world.p[servers.SERVER_COST])
    if stock > 0:
        move(world, A800, WORLD, STOCK, account, STOCK, stock, accounts.OPENING)
        add_cost(world, account, stock * price)
    if online > 0:
        move(world, A800, WORLD, STOCK, account, ONLINE, online, accounts.OPENING)
        add_cost(world, account, online * (price + server))


@compiled
def draw_foresight(world: World) -> None:
    """Draw how strongly news moves each firm's belief."""
    for account in range(FIRST_FIRM, world.clock[scene.FIRST_STARTUP]):
        world.belief_f64[accounts.FORESIGHT, account] = spread(world, account, 0, world.p[orders.DISPERSION])


@compiled
def draw_speculators(world: World) -> None:
    """Draw capital, horizon, bias and first heuristic of every speculator."""
    p, f, seed = world.p, world.speculator_f64, world.clock[scene.SEED]
    for i in range(f.shape[1]):
        account = world.clock[scene.FIRST_SPECULATOR] + i
        key = key_of(world, account)
        capital = p[spot.CAPITAL] * exp(p[spot.CAPITAL_SPREAD] * normal(seed, luck.TRAIT, 0, key, 1))
        endow(world, account, INVESTORS, capital, 0, 0)
        f[trader.HORIZON_MONTHS, i] = 1 + below(seed, luck.TRAIT, 0, key, 2, LONGEST_HORIZON)
        f[trader.ERROR, i] = spread(world, account, 3, p[spot.TASTE] / 2)
        f[trader.INCLINATION, i] = chance(world, account, 4)
        world.speculator_i64[trader.IS_CHARTIST, i] = 1 if chance(world, account, 5) < 0.5 else 0


@compiled
def draw_startups(world: World, n_named: int, cumulated_climate: np.ndarray) -> None:
    """Draw the traits that no startup has as data, and all of the synthetic ones; open everybody's account."""
    p, f = world.p, world.startup_f32
    for i in range(f.shape[1]):
        account = world.clock[scene.FIRST_STARTUP] + i
        revenue = p[startups.CALL_REVENUE] * spread(world, account, 3, p[startups.SIZE_SPREAD] / 2)
        f[startup.TASTE, i] = narrow(spread(world, account, 1, p[spot.TASTE]))
        f[startup.RESERVATION_CNY, i] = narrow(p[spot.OPENING])
        f[startup.REVENUE_PER_CALL, i] = narrow(revenue)
        if i >= n_named:
            _draw_synthetic(world, i, account, cumulated_climate)


@compiled
def _draw_synthetic(world: World, i: int, account: int, cumulated_climate: np.ndarray) -> None:
    p, f = world.p, world.startup_f32
    size = spread(world, account, 4, p[startups.SIZE_SPREAD])
    calls = p[startups.CALLS] * size * spread(world, account, 5, p[startups.SIZE_SPREAD] / 2)
    ambition = p[startups.AMBITION] * size * spread(world, account, 7, p[startups.SIZE_SPREAD])
    z = normal(world.clock[scene.SEED], luck.TRAIT, 0, key_of(world, account), 6)
    f[startup.SCALE, i] = narrow(size)
    f[startup.CALLS_CARDS, i] = narrow(calls)
    f[startup.CALLS_GROWTH, i] = narrow((p[startups.CALLS_GROWTH] + p[startups.CALLS_SPREAD] * z) / DAYS_PER_MONTH)
    f[startup.AMBITION_CARDS, i] = narrow(ambition)
    cash = p[startups.CASH] * size
    if chance(world, account, 8) < p[startups.ENTRY_SHARE]:
        founded = founding_day(chance(world, account, 9), cumulated_climate)
        open_startup(world, i, founded, cash, 0)
    else:
        open_startup(world, i, -1, cash, int(calls))


@compiled
def founding_day(luckiness: float, cumulated_climate: np.ndarray) -> int:
    """A day drawn in proportion to the funding climate: firms are founded when money is easy."""
    level = luckiness * cumulated_climate[-1]
    first, last = 0, cumulated_climate.shape[0]
    while first < last:
        middle = (first + last) // 2
        if cumulated_climate[middle] < level:
            first = middle + 1
        else:
            last = middle
    return first


@compiled
def open_startup(world: World, i: int, founded: int, cash_cny: float, own_cards: int) -> None:
    """Let a startup be there from the first day, or keep its capital until the day it is founded (-1 for before)."""
    f = world.startup_f32
    world.startup_i16[startup.FOUNDED_DAY, i] = founded
    if founded < 0:
        world.startup_i8[startup.STATUS, i] = startup.ALIVE
        f[startup.NEED_CARDS, i] = f[startup.CALLS_CARDS, i]
        endow(world, world.clock[scene.FIRST_STARTUP] + i, INVESTORS, cash_cny, 0, own_cards)
    else:
        world.startup_i64[startup.DESIRED_ROUND_FEN, i] = fen(cash_cny)


@compiled
def patience_days(world: World, i: int) -> float:
    """Days of full shortfall that startup `i` bears: a trait, drawn when a contract is signed."""
    account = world.clock[scene.FIRST_STARTUP] + i
    return world.p[serving.PATIENCE] * spread(world, account, 2, world.p[serving.PATIENCE_SPREAD])
