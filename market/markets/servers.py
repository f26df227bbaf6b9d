"""Servers: the only way to bring cards online, and how they wear out.

Owners hand stock to the assembly lines of the server makers, who take up to eight to ten servers of eight cards a day
each (S11), shared among owners in proportion. The first servers of a new product need integration work that holds the
product up (S10). Makers also sell servers to other industries. Cards online wear out at a constant rate.
"""

from __future__ import annotations

import numpy as np

from market.kernels.compile import compiled, compiled_pass
from market.kernels.drip import drip
from market.kernels.rows import list_few
from market.parameters import clouds as pc
from market.parameters import servers as pv
from market.state import accounts, scene, trader
from market.state import cloud as c
from market.state import startup as s
from market.state.columns import wide
from market.state.ledger import add_cost, fen, move, pay, release_cost, sector_cards
from market.state.products import (
    A800,
    ASSEMBLY,
    CLOUDS,
    CUSTOMERS,
    DAYS_PER_MONTH,
    N_PRODUCTS,
    N_SECTORS,
    N_STAGES,
    ONLINE,
    SCRAP,
    STARTUPS,
    STOCK,
    SUPPLIERS,
)
from market.state.world import BLOCK, LISTED, World

BACKLOG_DAYS = 90.0


@compiled
def settle_assembly(world: World, t: int) -> None:
    """Send cards to the lines, assemble, sell servers to other industries, wear out."""
    _send(world)
    line = 0
    for i in range(world.maker_i64.shape[1]):
        line += world.maker_i64[trader.DESIRED_LINE, i]
    for product in range(N_PRODUCTS):
        if t >= world.product_f64[scene.LAUNCH_DAY, product]:
            line -= _assemble(world, product, line)
    _sell_servers(world)
    _wear_out(world)


@compiled
def _send(world: World) -> None:
    """Move stock to the line: clouds as much as they want, startups all they have."""
    clock = world.clock
    for i in range(world.cloud_i64.shape[1]):
        wanted, account = world.cloud_i64[c.DESIRED_ASSEMBLY, i], clock[scene.FIRST_CLOUD] + i
        for product in range(N_PRODUCTS):
            cards = min(wanted, world.card_i64[product * N_STAGES + STOCK, account])
            if cards > 0:
                move(world, product, account, STOCK, account, ASSEMBLY, cards, accounts.TO_LINE)
                wanted -= cards
    if sector_cards(world, A800 * N_STAGES + STOCK, STARTUPS) == 0:
        return
    stocks, status = world.startup_i32[s.STOCK_CARDS], world.startup_i8[s.STATUS]
    for start in range(0, stocks.shape[0], BLOCK):
        for k in range(_list_holders(world, stocks[start : start + BLOCK])):
            i = start + world.block_i64[LISTED, k]
            if status[i] == s.ALIVE:
                account = clock[scene.FIRST_STARTUP] + i
                move(world, A800, account, STOCK, account, ASSEMBLY, wide(stocks[i]), accounts.TO_LINE)


@compiled
def _list_holders(world: World, cards: np.ndarray) -> int:
    """List the startups of a block that hold cards in a stage; return how many there are."""
    marks = world.block_i8[: cards.shape[0]]
    return list_few(marks, world.block_i64[LISTED]) if _mark_holders(cards, marks) > 0 else 0


@compiled_pass
def _mark_holders(cards: np.ndarray, marks: np.ndarray) -> int:
    n = 0
    for k in range(cards.shape[0]):
        marks[k] = cards[k] > 0
        n += marks[k]
    return n


@compiled
def _assemble(world: World, product: int, line: int) -> int:
    """Put up to `line` cards of a product online, owners in proportion; return the cards done.

    A product's integration work must be finished first; each day's free line does one day of it.
    """
    if world.product_f64[scene.INTEGRATION_LEFT, product] > 0.0:
        if line > 0:
            world.product_f64[scene.INTEGRATION_LEFT, product] -= 1.0
        return 0
    row, first = product * N_STAGES + ASSEMBLY, world.clock[scene.FIRST_CLOUD]
    waiting = 0
    for sector in range(CLOUDS, N_SECTORS):
        waiting += sector_cards(world, row, sector)
    done = min(line, waiting)
    if done <= 0:
        return 0
    before = 0
    for account in range(first, world.clock[scene.FIRST_STARTUP]):
        queue = world.card_i64[row, account]
        if queue > 0:
            _put_online(world, product, account, (before + queue) * done // waiting - before * done // waiting)
            before += queue
    if product == A800 and before < waiting:
        queues = world.startup_i32[s.ASSEMBLY_CARDS]
        for start in range(0, queues.shape[0], BLOCK):
            for k in range(_list_holders(world, queues[start : start + BLOCK])):
                i = start + world.block_i64[LISTED, k]
                share = (before + queues[i]) * done // waiting - before * done // waiting
                before += queues[i]
                _put_online(world, product, world.clock[scene.FIRST_STARTUP] + i, share)
    return done


@compiled
def _put_online(world: World, product: int, account: int, cards: int) -> None:
    """Put as many of `cards` online as the owner can pay servers for, and pay the makers in proportion to lines."""
    price = fen(world.p[pv.SERVER_COST])
    if price > 0:
        cards = min(cards, world.account_i64[accounts.CASH_FEN, account] // price)
    if cards <= 0:
        return
    move(world, product, account, ASSEMBLY, account, ONLINE, cards, accounts.ASSEMBLED)
    n = world.maker_i64.shape[1]
    for i in range(n):
        part = drip(cards, i, n)
        maker = world.clock[scene.FIRST_MAKER] + i
        pay(world, account, maker, price * part, accounts.SERVER_SALE)
        world.maker_i64[trader.MAKER_REVENUE_FEN, i] += price * part
        cost = fen(world.p[pv.SERVER_COST] * (1.0 - world.p[pv.SERVER_MARGIN])) * part
        pay(world, maker, SUPPLIERS, cost, accounts.PRODUCTION)
        world.maker_i64[trader.MAKER_COST_FEN, i] += cost
    add_cost(world, account, price * cards)


@compiled
def _sell_servers(world: World) -> None:
    """Other industries' demand joins the makers' backlog, served from stock at the higher of contract and spot."""
    p, products = world.p, world.product_f64
    contract, spot = products[scene.CONTRACT_CNY, A800], products[scene.SMOOTHED_CNY, A800]
    price = fen(max(contract, spot) + p[pv.SERVER_COST] * (1.0 + p[pv.SERVER_MARGIN]))
    cost = fen(p[pv.SERVER_COST])
    for i in range(world.maker_i64.shape[1]):
        demand = world.maker_f64[trader.DESIRED_DEMAND, i]
        waiting = world.maker_f64[trader.ENTERPRISE_BACKLOG, i]
        world.maker_f64[trader.ENTERPRISE_BACKLOG, i] = waiting + demand - waiting / BACKLOG_DAYS
        cards = world.maker_i64[trader.DESIRED_SALE, i]
        world.maker_i64[trader.ENTERPRISE_SOLD, i] = cards
        if cards > 0:
            maker = world.clock[scene.FIRST_MAKER] + i
            pay(world, CUSTOMERS, maker, price * cards, accounts.SERVER_SALE)
            pay(world, maker, SUPPLIERS, cost * cards, accounts.PRODUCTION)
            world.maker_i64[trader.MAKER_COST_FEN, i] += release_cost(world, maker, cards)
            move(world, A800, maker, STOCK, CUSTOMERS, ONLINE, cards, accounts.SOLD_IN_SERVERS)
            world.maker_f64[trader.ENTERPRISE_BACKLOG, i] -= cards
            world.maker_i64[trader.MAKER_REVENUE_FEN, i] += price * cards
            world.maker_i64[trader.MAKER_COST_FEN, i] += cost * cards


@compiled
def _wear_out(world: World) -> None:
    """Scrap a constant part of clouds' cards online, and of the cost they stand in the books at."""
    rate = world.p[pc.SCRAP] / DAYS_PER_MONTH
    for i in range(world.cloud_i64.shape[1]):
        account = world.clock[scene.FIRST_CLOUD] + i
        online = 0
        for product in range(N_PRODUCTS):
            online += world.card_i64[product * N_STAGES + ONLINE, account]
        worn = world.cloud_f64[c.SCRAP_CARRY, i] + rate * online
        cards = int(worn)
        world.cloud_f64[c.SCRAP_CARRY, i] = worn - cards
        for product in range(N_PRODUCTS):
            part = min(cards, world.card_i64[product * N_STAGES + ONLINE, account])
            if part > 0:
                release_cost(world, account, part)
                move(world, product, account, ONLINE, SCRAP, ONLINE, part, accounts.SCRAPPED)
                cards -= part
