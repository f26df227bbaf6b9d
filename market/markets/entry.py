"""Entry and exit: startups are founded on their day with their capital; insolvent ones and clouds wind up.

A failed firm's contracts are void, its cards leave their servers and are sold in the auction, and what money is left
or comes in goes to its investors after its hosts were paid in proportion (billing).
"""

from __future__ import annotations

import numpy as np

from market.kernels.compile import compiled, compiled_pass
from market.kernels.rows import list_few
from market.markets.contracts import end
from market.state import accounts, scene
from market.state import cloud as c
from market.state import startup as s
from market.state.ledger import cards_of, move, pay
from market.state.log import log_event
from market.state.products import ASSEMBLY, INVESTORS, N_PRODUCTS, ONLINE, PARENTS, STOCK
from market.state.world import BLOCK, LISTED, World


@compiled
def settle_entry(world: World, t: int) -> None:
    """Found and wind up firms."""
    clock, capital = world.clock, world.startup_i64[s.DESIRED_ROUND_FEN]
    status, gives_up = world.startup_i8[s.STATUS], world.startup_i8[s.DESIRED_EXIT]
    founded, cash = world.startup_i16[s.FOUNDED_DAY], world.account_i64[accounts.CASH_FEN, clock[scene.FIRST_STARTUP] :]
    marks, listed = world.block_i8, world.block_i64[LISTED]
    for start in range(0, status.shape[0], BLOCK):
        end = min(start + BLOCK, status.shape[0])
        _mark_turns(status[start:end], gives_up[start:end], founded[start:end], cash[start:end], t, marks)
        for k in range(list_few(marks[: end - start], listed)):
            i = start + listed[k]
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


@compiled_pass
def _mark_turns(
    status: np.ndarray, gives_up: np.ndarray, founded: np.ndarray, cash: np.ndarray, t: int, marks: np.ndarray
) -> None:
    """Mark those founded today, those that give up, and failed ones with money left to hand out."""
    for k in range(status.shape[0]):
        is_born, winds_up = (status[k] == s.UNBORN) & (founded[k] == t), (status[k] == s.ALIVE) & (gives_up[k] != 0)
        marks[k] = is_born | winds_up | ((status[k] == s.FAILED) & (cash[k] > 0))


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
