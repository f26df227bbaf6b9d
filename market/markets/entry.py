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
from market.state.ledger import move, pay
from market.state.log import log_event
from market.state.products import ASSEMBLY, INVESTORS, N_PRODUCTS, N_STAGES, ONLINE, PARENTS, STOCK
from market.state.world import World


@compiled
def settle_entry(world: World, t: int) -> None:
    """Found and wind up firms."""
    n, clock = world.startup_i64, world.clock
    status = n[s.STATUS]
    for i in range(status.shape[0]):
        if status[i] == s.ALIVE and n[s.DESIRED_EXIT, i] == 0:
            continue
        account = clock[scene.FIRST_STARTUP] + i
        if status[i] == s.UNBORN and n[s.FOUNDED_DAY, i] == t:
            status[i] = s.ALIVE
            pay(world, INVESTORS, account, n[s.CAPITAL_FEN, i], accounts.INVESTMENT)
            log_event(world, t, scene.FIRM_FOUNDED, account, INVESTORS, 0, n[s.CAPITAL_FEN, i], 0, 0, 0)
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
    world.startup_i64[s.STATUS, i] = s.FAILED
    for slot in range(s.N_SLOTS):
        if world.contract_i64[s.CONTRACT, slot, i] != 0:
            end(world, i, slot, s.STARTUP_FAILED, t)
    unrack(world, account)
    left = world.account_i64[accounts.CASH_FEN, account]
    log_event(world, t, scene.FIRM_FAILED, account, INVESTORS, 0, left, 0, 0, 0)


@compiled
def unrack(world: World, account: int) -> None:
    """Take cards online and on the line back into stock."""
    for product in range(N_PRODUCTS):
        for stage in (ASSEMBLY, ONLINE):
            cards = world.card_i64[product * N_STAGES + stage, account]
            if cards > 0:
                move(world, product, account, stage, account, STOCK, cards, accounts.UNRACKED)
