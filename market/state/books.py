"""The daily proof that nothing leaked.

At the close of a day

- every account's balances, weighed, are its audit. Weights are odd, so whatever changes one balance past the ledger is
  found, with its row and amount, and changes of two balances hide each other only if they were computed to;
- every sector's balance in every row equals the sum of its transactions by kind (so is an entry on one side found),
- every kind of transaction sums to zero over sectors, money and each product's cards alike,
- no agent has negative money or cards. Boundary accounts may: they are where money and cards come from.
"""

from __future__ import annotations

import numpy as np

from market.kernels.compile import IS_INTERPRETED, compiled, compiled_inline, compiled_pass
from market.state import accounts, scene
from market.state import startup as s
from market.state.accounts import AUDIT, CASH_FEN, N_CARD_ROWS
from market.state.ledger import WEIGHTS, cards_of, sector_of
from market.state.products import (
    A800,
    ASSEMBLY,
    FIRST_FIRM,
    N_PRODUCTS,
    N_SECTORS,
    N_STAGES,
    ONLINE,
    SECTORS,
    STARTUPS,
    STOCK,
    TRANSIT,
)
from market.state.world import World

CLOSED = 0
BROKEN = 1
CASH_ROW = N_CARD_ROWS  # number of the money row in reports; card rows come first
KIND_ROW = N_CARD_ROWS + 1  # rows from here on: a kind of transaction that does not sum to zero
ALL_SECTORS = -1  # numbers of accounts below zero in reports: all sectors, then each of them
FIRST_SECTOR = -2

FIRST_ROW = A800 * N_STAGES  # of the cards that startups hold

INVERSES = np.array([pow(int(weight), -1, 2**64) for weight in WEIGHTS], dtype=np.uint64).astype(np.int64)


@compiled
def settle_books(world: World, t: int) -> None:
    """Close the books of the day, or say in the clock which row did not close."""
    close_books(world)


@compiled
def close_books(world: World) -> int:
    """Prove the day's books; on failure fill ``clock[BROKEN_*]`` and return BROKEN."""
    totals = world.sector_totals
    totals[:] = 0
    if _accounts_close(world, totals) and _sectors_add_up(world, totals):
        return _kinds_cancel(world)
    return BROKEN


@compiled
def _accounts_close(world: World, totals: np.ndarray) -> bool:
    """Prove that every balance is audited and no firm's below zero, and add them up by sector into `totals`."""
    money, cards = world.account_i64, world.card_i64
    for account in range(world.clock[scene.FIRST_STARTUP]):
        sector = sector_of(world.clock, account)
        cash = money[CASH_FEN, account]
        off, sign = cash - money[AUDIT, account], cash
        totals[CASH_ROW, sector] += cash
        for row in range(N_CARD_ROWS):
            held = cards[row, account]
            off += WEIGHTS[row] * held
            sign |= held
            totals[row, sector] += held
        if off != 0 or (sign < 0 and account >= FIRST_FIRM):
            return _report_account(world, account, off)
    return _startups_close(world, totals)


@compiled
def _startups_close(world: World, totals: np.ndarray) -> bool:
    """The same for startups, which hold nothing but money and A-class cards."""
    first, cards = world.clock[scene.FIRST_STARTUP], world.startup_i32
    cash, audit = world.account_i64[CASH_FEN, first:], world.account_i64[AUDIT, first:]
    transit, stock = cards[s.TRANSIT_CARDS], cards[s.STOCK_CARDS]
    assembly, online = cards[s.ASSEMBLY_CARDS], cards[s.ONLINE_CARDS]
    columns = cash, audit, transit, stock, assembly, online
    offs, signs, money, in_transit, in_stock, in_assembly, is_online = _add_up(*columns)
    if offs != 0 or signs < 0:
        for i in range(cash.shape[0]):
            off = _startup_off(cash[i], audit[i], transit[i], stock[i], assembly[i], online[i])
            if off != 0 or (cash[i] | transit[i] | stock[i] | assembly[i] | online[i]) < 0:
                return _report_account(world, first + i, off)
    totals[CASH_ROW, STARTUPS] = money
    totals[FIRST_ROW + TRANSIT, STARTUPS] = in_transit
    totals[FIRST_ROW + STOCK, STARTUPS] = in_stock
    totals[FIRST_ROW + ASSEMBLY, STARTUPS] = in_assembly
    totals[FIRST_ROW + ONLINE, STARTUPS] = is_online
    return True


@compiled_inline
def _startup_off(cash: int, audit: int, transit: int, stock: int, assembly: int, online: int) -> int:
    """How far a startup's balances, weighed, are off its audit."""
    held = WEIGHTS[FIRST_ROW + TRANSIT] * transit + WEIGHTS[FIRST_ROW + STOCK] * stock
    return cash - audit + held + WEIGHTS[FIRST_ROW + ASSEMBLY] * assembly + WEIGHTS[FIRST_ROW + ONLINE] * online


@compiled_pass
def _add_up(
    cash: np.ndarray,
    audit: np.ndarray,
    transit: np.ndarray,
    stock: np.ndarray,
    assembly: np.ndarray,
    online: np.ndarray,
) -> tuple[int, int, int, int, int, int, int]:
    """All that is off, bit by bit (zero if nothing is); a number below zero if any balance is; sums of balances."""
    offs, signs, money, in_transit, in_stock, in_assembly, is_online = 0, 0, 0, 0, 0, 0, 0
    for i in range(cash.shape[0]):
        offs |= _startup_off(cash[i], audit[i], transit[i], stock[i], assembly[i], online[i])
        signs |= cash[i] | transit[i] | stock[i] | assembly[i] | online[i]
        money += cash[i]
        in_transit += transit[i]
        in_stock += stock[i]
        in_assembly += assembly[i]
        is_online += online[i]
    return offs, signs, money, in_transit, in_stock, in_assembly, is_online


@compiled
def _report_account(world: World, account: int, off: int) -> bool:
    """Say which row of an account is off: the one of which the weighed difference is the smallest amount."""
    if off == 0:
        return _report_overdraft(world, account)
    found, amount = CASH_ROW, off
    for row in range(N_CARD_ROWS):
        units = off * INVERSES[row]
        if abs(units) < abs(amount):
            found, amount = row, units
    _report(world.clock, found, account, amount)
    return False


@compiled
def _report_overdraft(world: World, account: int) -> bool:
    for row in range(N_CARD_ROWS):
        held = cards_of(world, row // N_STAGES, row % N_STAGES, account)
        if held < 0:
            _report(world.clock, row, account, held)
            return False
    _report(world.clock, CASH_ROW, account, world.account_i64[CASH_FEN, account])
    return False


if IS_INTERPRETED:
    _accounts_close = np.errstate(over="ignore")(_accounts_close)
    _startups_close = np.errstate(over="ignore")(_startups_close)
    _report_account = np.errstate(over="ignore")(_report_account)


@compiled
def _sectors_add_up(world: World, totals: np.ndarray) -> bool:
    """Prove that every sector's balance in every row is the sum of its transactions by kind."""
    for kind in range(world.card_flow.shape[0]):
        for row in range(N_CARD_ROWS):
            for sector in range(N_SECTORS):
                totals[row, sector] -= world.card_flow[kind, row, sector]
    for kind in range(world.cash_flow.shape[0]):
        for sector in range(N_SECTORS):
            totals[CASH_ROW, sector] -= world.cash_flow[kind, sector]
    for row in range(CASH_ROW + 1):
        for sector in range(N_SECTORS):
            if totals[row, sector] != 0:
                _report(world.clock, row, FIRST_SECTOR - sector, totals[row, sector])
                return False
    return True


@compiled
def _kinds_cancel(world: World) -> int:
    """Prove that every kind of transaction sums to zero over sectors, cards product by product."""
    for kind in range(world.cash_flow.shape[0]):
        off = 0
        for sector in range(N_SECTORS):
            off += world.cash_flow[kind, sector]
        if off != 0:
            return _report(world.clock, KIND_ROW + kind, ALL_SECTORS, off)
    cells = world.card_flow.reshape(world.card_flow.shape[0] * N_PRODUCTS, N_STAGES * N_SECTORS)
    for product_of_kind in range(cells.shape[0]):
        off = 0
        for cell in range(N_STAGES * N_SECTORS):
            off += cells[product_of_kind, cell]
        if off != 0:
            kind = product_of_kind // N_PRODUCTS
            return _report(world.clock, KIND_ROW + world.cash_flow.shape[0] + kind, ALL_SECTORS, off)
    return CLOSED


@compiled
def _report(clock: np.ndarray, row: int, account: int, off: int) -> int:
    clock[scene.BROKEN_ROW] = row
    clock[scene.BROKEN_ACCOUNT] = account
    clock[scene.BROKEN_BY] = off
    return BROKEN


# ------------------------------------------------------------------ reports


def row_unit(row: int) -> str:
    """Unit of a row of the books."""
    return "fen" if CASH_ROW <= row < KIND_ROW + len(accounts.MONEY) else "cards"


def sector_name(account: int) -> str:
    """What a number of an account below zero means in a report, in words."""
    return "all sectors" if account == ALL_SECTORS else f"all {SECTORS[FIRST_SECTOR - account]}"


def row_name(row: int) -> str:
    """What a row number of the books means, in words."""
    if row < N_CARD_ROWS:
        return accounts.CARD_I64.columns[row].name
    if row == CASH_ROW:
        return accounts.ACCOUNT_I64.columns[CASH_FEN].name
    kind = row - KIND_ROW
    if kind < len(accounts.MONEY):
        return f"money of kind {accounts.MONEY.label(kind)}"
    return f"cards of kind {accounts.MOVES.label(kind - len(accounts.MONEY))}"
