"""The ledger: the only functions that move money and cards, and the daily proof that nothing leaked.

Every transaction takes the same integer from one account and gives it to another. Beside the balance each account
keeps the sum of its transactions, and each kind of transaction the sum by sector, so that at the close of a day

- every account's balance equals the sum of its transactions (a rule that edits a balance is found, by name),
- every sector's balance equals the sum of its transactions by kind (so is an entry made on one side only),
- every kind of transaction sums to zero over sectors, money and each product's cards alike,
- no agent has negative money or cards. Boundary accounts may: they are where money and cards come from.
"""

from __future__ import annotations

import numpy as np

from market.kernels.compile import compiled
from market.state import accounts, scene
from market.state.accounts import BASIS_FEN, BOOKED_FEN, CASH_FEN, N_CARD_ROWS, SECTOR
from market.state.products import (
    CLOUDS,
    FIRST_FIRM,
    MAKERS,
    N_PRODUCTS,
    N_SECTORS,
    N_STAGES,
    SECTORS,
    SPECULATORS,
    TRANSIT,
)
from market.state.world import World

CLOSED = 0
BROKEN = 1
CASH_ROW = N_CARD_ROWS  # number of the money row in reports; card rows come first
KIND_ROW = N_CARD_ROWS + 1  # rows from here on: a kind of transaction that does not sum to zero
ALL_SECTORS = -1  # numbers of accounts below zero in reports: all sectors, then each of them
FIRST_SECTOR = -2

FEN = 100.0


@compiled
def fen(cny: float) -> int:
    """Round an amount in CNY to whole fen, once; the same integer is then posted on both sides."""
    return int(np.floor(cny * FEN + 0.5))


@compiled
def pay(world: World, payer: int, payee: int, amount: int, kind: int) -> None:
    """Move `amount` fen from one account to another."""
    sectors = world.account_i64[SECTOR]
    post(world, payer, -amount)
    post(world, payee, amount)
    book(world, sectors[payer], sectors[payee], amount, kind)


@compiled
def post(world: World, account: int, amount: int) -> None:
    """Write one side of payments into an account; who uses it posts the other sides and books the sum."""
    world.account_i64[CASH_FEN, account] += amount
    world.account_i64[BOOKED_FEN, account] += amount


@compiled
def book(world: World, payers: int, payees: int, amount: int, kind: int) -> None:
    """Record payments of one kind from a sector to another."""
    world.cash_flow[kind, payers] -= amount
    world.cash_flow[kind, payees] += amount


@compiled
def move(
    world: World, product: int, giver: int, from_stage: int, taker: int, to_stage: int, cards: int, kind: int
) -> None:
    """Move whole cards of a product from one account and stage to another."""
    source, target = product * N_STAGES + from_stage, product * N_STAGES + to_stage
    world.card_i64[source, giver] -= cards
    world.booked_i64[source, giver] -= cards
    world.card_i64[target, taker] += cards
    world.booked_i64[target, taker] += cards
    world.card_flow[kind, source, world.account_i64[SECTOR, giver]] -= cards
    world.card_flow[kind, target, world.account_i64[SECTOR, taker]] += cards


@compiled
def sector_cards(world: World, row: int, sector: int) -> int:
    """Cards of a product and stage that a sector holds, from the record of moves."""
    total = 0
    for kind in range(world.card_flow.shape[0]):
        total += world.card_flow[kind, row, sector]
    return total


@compiled
def owned_cards(world: World, account: int) -> int:
    """Cards of all products that an account has in stock, assembly and online."""
    total = 0
    for row in range(N_CARD_ROWS):
        if row % N_STAGES != TRANSIT:
            total += world.card_i64[row, account]
    return total


@compiled
def add_cost(world: World, account: int, amount: int) -> None:
    """Put what was paid for cards or their servers into the account's cost basis."""
    world.account_i64[BASIS_FEN, account] += amount


@compiled
def release_cost(world: World, account: int, cards: int) -> int:
    """Take the mean cost of `cards` out of the basis, before they leave, and return it in fen."""
    basis, owned = world.account_i64[BASIS_FEN, account], owned_cards(world, account)
    # basis * cards // owned, in two parts so that the product cannot overflow
    cost = basis // owned * cards + basis % owned * cards // owned if owned > 0 else 0
    world.account_i64[BASIS_FEN, account] = basis - cost
    return cost


@compiled
def settle_books(world: World, t: int) -> None:
    """Close the books of the day, or say in the clock which row did not close."""
    close_books(world)


@compiled
def close_books(world: World) -> int:
    """Prove the day's books; on failure fill ``clock[BROKEN_*]`` and return BROKEN."""
    for row in range(CASH_ROW + 1):
        if row == CASH_ROW:
            balances, booked = world.account_i64[CASH_FEN], world.account_i64[BOOKED_FEN]
        else:
            balances, booked = world.card_i64[row], world.booked_i64[row]
        if not (_closes(world, row, balances, booked) and _adds_up(world, row, balances)):
            return BROKEN
    return _kinds_cancel(world)


@compiled
def _closes(world: World, row: int, balances: np.ndarray, booked: np.ndarray) -> bool:
    """Prove of a row that every balance is the sum of its transactions, and no firm's is below zero."""
    differences, signs = 0, 0
    for account in range(balances.shape[0]):  # sound books are passed without a branch
        differences |= balances[account] - booked[account]
    for account in range(FIRST_FIRM, balances.shape[0]):
        signs |= balances[account]
    if differences == 0 and signs >= 0:
        return True
    for account in range(balances.shape[0]):
        off = balances[account] - booked[account]
        if off == 0 and account >= FIRST_FIRM and balances[account] < 0:
            off = balances[account]
        if off != 0:
            _report(world.clock, row, account, off)
            break
    return False


@compiled
def _adds_up(world: World, row: int, balances: np.ndarray) -> bool:
    """Prove of a row that every sector's balance is the sum of its transactions by kind."""
    for sector in range(N_SECTORS):
        first, last = accounts_of(world.clock, sector, balances.shape[0])
        off = 0
        for account in range(first, last):
            off += balances[account]
        if row == CASH_ROW:
            for kind in range(world.cash_flow.shape[0]):
                off -= world.cash_flow[kind, sector]
        else:
            for kind in range(world.card_flow.shape[0]):
                off -= world.card_flow[kind, row, sector]
        if off != 0:
            _report(world.clock, row, FIRST_SECTOR - sector, off)
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
def accounts_of(clock: np.ndarray, sector: int, n_accounts: int) -> tuple[int, int]:
    """First account of a sector, and the one after its last."""
    if sector < FIRST_FIRM:
        return sector, sector + 1
    if sector == CLOUDS:
        return clock[scene.FIRST_CLOUD], clock[scene.FIRST_MAKER]
    if sector == MAKERS:
        return clock[scene.FIRST_MAKER], clock[scene.FIRST_SPECULATOR]
    if sector == SPECULATORS:
        return clock[scene.FIRST_SPECULATOR], clock[scene.FIRST_STARTUP]
    return clock[scene.FIRST_STARTUP], n_accounts


@compiled
def _report(clock: np.ndarray, row: int, account: int, off: int) -> int:
    clock[scene.BROKEN_ROW] = row
    clock[scene.BROKEN_ACCOUNT] = account
    clock[scene.BROKEN_BY] = off
    return BROKEN


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
