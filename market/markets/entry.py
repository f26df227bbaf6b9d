"""Entry and exit: startups are founded on their day with their capital; insolvent ones and clouds wind up.

A failed firm's contracts are void, its cards leave their servers and are sold in the auction, and what money is left
or comes in goes to its investors after its hosts were paid in proportion (billing).
"""

from __future__ import annotations

from market.kernels.compile import compiled
from market.markets.contracts import end
from market.state import accounts, scene
from market.state import cloud as c
from market.state import startup as s
from market.state.ledger import cards_of, move, pay
from market.state.log import log_event
from market.state.products import ASSEMBLY, INVESTORS, N_PRODUCTS, ONLINE, PARENTS, STOCK
from market.state.world import World


@compiled
def settle_entry(world: World, t: int) -> None:
    """Found and wind up firms."""
    clock, capital = world.clock, world.startup_i64[s.DESIRED_ROUND_FEN]
    status, gives_up = world.startup_i8[s.STATUS], world.startup_i8[s.DESIRED_EXIT]
    founded = world.startup_i16[s.FOUNDED_DAY]
    for i in range(status.shape[0]):
        if status[i] == s.ALIVE and gives_up[i] == 0:
            continue
        account = clock[scene.FIRST_STARTUP] + i
        if status[i] == s.UNBORN and founded[i] == t:
            status[i] = s.ALIVE
            pay(world, INVESTORS, account, capital[i], accounts.INVESTMENT)
            log_event(world, t, scene.FIRM_FOUNDED, account, INVESTORS, 0, capital[i], 0, 0, 0)
            capital[i] = 0
        elif status[i] == s.ALIVE:
            _wind_up_startup(world, i, t)
        if status[i] == s.FAILED and world.account_i64[accounts.CASH_FEN, account] > 0:
            pay(world, account, INVESTORS, world.account_i64[accounts.CASH_FEN, account], accounts.LIQUIDATION)
    for i in range(world.cloud_i64.shape[1]):
        account = clock[scene.FIRST_CLOUD] + i
        if world.cloud_i64[c.STATUS, i] == 0:
            if world.cloud_i64[c.CAPACITY, i] > 0:
                log_event(world, t, scene.FIRM_FAILED, account, PARENTS, 0, 0, 0, 0, 0)
                world.cloud_i64[c.CAPACITY, i] = 0
            unrack(world, account)
            pay(world, account, PARENTS, world.account_i64[accounts.CASH_FEN, account], accounts.LIQUIDATION)


@compiled
def _wind_up_startup(world: World, i: int, t: int) -> None:
    account = world.clock[scene.FIRST_STARTUP] + i
    world.startup_i8[s.STATUS, i] = s.FAILED
    for slot in range(s.N_SLOTS):
        if world.startup_i32[s.FIRST_CONTRACT + slot, i] != 0:
            end(world, i, slot, s.STARTUP_FAILED, t)
    unrack(world, account)
    left = world.account_i64[accounts.CASH_FEN, account]
    log_event(world, t, scene.FIRM_FAILED, account, INVESTORS, 0, left, 0, 0, 0)


@compiled
def unrack(world: World, account: int) -> None:
    """Take cards online and on the line back into stock."""
    for product in range(N_PRODUCTS):
        for stage in (ASSEMBLY, ONLINE):
            cards = cards_of(world, product, stage, account)
            if cards > 0:
                move(world, product, account, stage, account, STOCK, cards, accounts.UNRACKED)
