"""The ledger: the only functions that move money and cards.

Every transaction takes the same integer from one account and gives it to another. Beside its balances each account
keeps one more number, its audit: all its transactions, each weighed by the row it moves (money or a product's stage),
summed modulo 2**64; and each kind of transaction keeps its sum by sector. `market.state.books` proves with both, every
day, that nothing leaked. A startup holds money and A-class cards; of other firms the ledger also knows what their cards
cost them.
"""

from __future__ import annotations

import numpy as np

from market.kernels.compile import IS_INTERPRETED, compiled, compiled_inline, compiled_pass
from market.kernels.luck import stable_key
from market.state import accounts, scene
from market.state import startup as s
from market.state.accounts import AUDIT, BASIS_FEN, CASH_FEN, N_CARD_ROWS
from market.state.columns import wide
from market.state.products import (
    A800,
    CLOUDS,
    FIRST_FIRM,
    MAKERS,
    N_STAGES,
    SPECULATORS,
    STARTUPS,
    TRANSIT,
)
from market.state.world import World

FEN = 100.0

# Weights of card rows in the audit; that of money is one. They are odd, so that no change of one row weighs nothing.
WEIGHTS = np.array([stable_key(column.name) | 1 for column in accounts.CARD_I64.columns], dtype=np.int64)


@compiled_inline
def fen(cny: float) -> int:
    """Round an amount in CNY to whole fen, once; the same integer is then posted on both sides."""
    return int(np.floor(cny * FEN + 0.5))


@compiled
def sector_of(clock: np.ndarray, account: int) -> int:
    """Sector that an account belongs to: boundary accounts are one each, firms follow one another."""
    if account < FIRST_FIRM:
        return account
    if account >= clock[scene.FIRST_STARTUP]:
        return STARTUPS
    if account >= clock[scene.FIRST_SPECULATOR]:
        return SPECULATORS
    return MAKERS if account >= clock[scene.FIRST_MAKER] else CLOUDS


# ------------------------------------------------------------------ money


@compiled
def pay(world: World, payer: int, payee: int, amount: int, kind: int) -> None:
    """Move `amount` fen from one account to another."""
    post(world, payer, -amount)
    post(world, payee, amount)
    book(world, sector_of(world.clock, payer), sector_of(world.clock, payee), amount, kind)


@compiled
def post(world: World, account: int, amount: int) -> None:
    """Write one side of payments into an account; who uses it posts the other sides and books the sum."""
    world.account_i64[CASH_FEN, account] += amount
    world.account_i64[AUDIT, account] += amount


@compiled
def post_each(world: World, first: int, amounts: np.ndarray) -> None:
    """Write one side of payments into the accounts from `first` on, an amount into each, as `post` does."""
    end = first + amounts.shape[0]
    _add(world.account_i64[CASH_FEN][first:end], amounts)
    _add(world.account_i64[AUDIT][first:end], amounts)


@compiled_pass
def _add(balances: np.ndarray, amounts: np.ndarray) -> None:
    for k in range(amounts.shape[0]):
        balances[k] += amounts[k]


@compiled
def book(world: World, payers: int, payees: int, amount: int, kind: int) -> None:
    """Record payments of one kind from a sector to another."""
    world.cash_flow[kind, payers] -= amount
    world.cash_flow[kind, payees] += amount


# ------------------------------------------------------------------ cards


@compiled
def cards_of(world: World, product: int, stage: int, account: int) -> int:
    """Cards of a product that an account has in a stage."""
    startup = account - world.clock[scene.FIRST_STARTUP]
    if startup < 0:
        return world.card_i64[product * N_STAGES + stage, account]
    return wide(world.startup_i32[s.TRANSIT_CARDS + stage, startup]) if product == A800 else 0


@compiled
def move(
    world: World, product: int, giver: int, from_stage: int, taker: int, to_stage: int, cards: int, kind: int
) -> None:
    """Move whole cards of a product from one account and stage to another.

    A startup has no place for other products than the A class: a move of such would not close the books.
    """
    source, target = product * N_STAGES + from_stage, product * N_STAGES + to_stage
    _put(world, product, from_stage, giver, -cards)
    _put(world, product, to_stage, taker, cards)
    world.card_flow[kind, source, sector_of(world.clock, giver)] -= cards
    world.card_flow[kind, target, sector_of(world.clock, taker)] += cards


@compiled
def _put(world: World, product: int, stage: int, account: int, cards: int) -> None:
    row, startup = product * N_STAGES + stage, account - world.clock[scene.FIRST_STARTUP]
    if startup < 0:
        world.card_i64[row, account] += cards
    elif product == A800:
        world.startup_i32[s.TRANSIT_CARDS + stage, startup] += cards
    _audit(world, row, account, cards)


@compiled
def _audit(world: World, row: int, account: int, units: int) -> None:
    """Weigh a change of a balance into the account's audit, modulo 2**64."""
    world.account_i64[AUDIT, account] += WEIGHTS[row] * units


if IS_INTERPRETED:  # compiled integers wrap silently; NumPy's scalars say so
    post_each = np.errstate(over="ignore")(post_each)
    _audit = np.errstate(over="ignore")(_audit)


@compiled
def sector_cards(world: World, row: int, sector: int) -> int:
    """Cards of a product and stage that a sector holds, from the record of moves."""
    total = 0
    for kind in range(world.card_flow.shape[0]):
        total += world.card_flow[kind, row, sector]
    return total


@compiled
def owned_cards(world: World, account: int) -> int:
    """Cards of all products that a firm has in stock, assembly and online."""
    total = 0
    for row in range(N_CARD_ROWS):
        if row % N_STAGES != TRANSIT:
            total += world.card_i64[row, account]
    return total


@compiled
def add_cost(world: World, account: int, amount: int) -> None:
    """Put what was paid for cards or their servers into a firm's cost basis; startups keep none."""
    if account < world.clock[scene.FIRST_STARTUP]:
        world.firm_i64[BASIS_FEN, account] += amount


@compiled
def release_cost(world: World, account: int, cards: int) -> int:
    """Take the mean cost of `cards` out of the basis, before they leave, and return it in fen."""
    if account >= world.clock[scene.FIRST_STARTUP]:
        return 0
    basis, owned = world.firm_i64[BASIS_FEN, account], owned_cards(world, account)
    # basis * cards // owned, in two parts so that the product cannot overflow
    cost = basis // owned * cards + basis % owned * cards // owned if owned > 0 else 0
    world.firm_i64[BASIS_FEN, account] = basis - cost
    return cost
