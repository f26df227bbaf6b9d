"""Accounts as matrices: what every sector holds, and through which transactions it came to hold it.

Rows are goods or kinds of transactions, columns are sectors, boundary sectors among them. Every row sums to
zero, and the columns of a flow matrix sum to the balances, because each transaction is one integer taken from
one account and given to another (sfcr's matrices, in whole fen and cards). Balances and flows are read from
two records that the ledger keeps apart, so that their agreement says something.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from market.state import accounts, scene, startup
from market.state.products import (
    A800,
    CLOUDS,
    N_PRODUCTS,
    N_SECTORS,
    N_STAGES,
    PRODUCTS,
    SCRAP,
    SECTORS,
    STAGES,
    STARTUPS,
    WORLD,
)
from market.state.world import World

if TYPE_CHECKING:
    from market.engine import Engine

__all__ = ["CONVERSION", "balance_sheet", "card_flow_matrix", "card_identity", "flow_matrix"]

CONVERSION = "conversion"
"""Column of cards that left a stage for another (delivered, assembled, unracked), a giver's sign."""

MONEY_ROW = "money_fen"


def balance_sheet(market: Engine) -> pd.DataFrame:
    """Return what every sector holds today.

    Returns
    -------
    pandas.DataFrame of int64
        Rows: money in fen, then cards of each product in each stage. Columns: the sectors, and `CONVERSION`,
        through which a card changes its stage. Every row sums to zero.
    """
    world = market.world
    rows = [_by_sector(world.account_i64[accounts.CASH_FEN], sectors_of(world))]
    rows += [_cards_by_sector(world, product, stage) for product in range(N_PRODUCTS) for stage in range(N_STAGES)]
    names = [MONEY_ROW, *(column.name for column in accounts.CARD_I64.columns)]
    sheet = pd.DataFrame(rows, index=names, columns=list(SECTORS))
    sheet[CONVERSION] = np.concatenate([[0], -world.card_flow.sum(axis=(0, 2))])
    return sheet


def flow_matrix(market: Engine) -> pd.DataFrame:
    """Return all payments since the first day, in fen.

    Returns
    -------
    pandas.DataFrame of int64
        Rows: kinds of payments (`market.state.accounts.MONEY`). Columns: sectors; what a sector received is
        above zero. Every row sums to zero, every column to the sector's money.
    """
    return pd.DataFrame(market.world.cash_flow.copy(), index=list(accounts.MONEY), columns=list(SECTORS))


def card_flow_matrix(market: Engine, product: str = "a800") -> pd.DataFrame:
    """Return all moves of a product's cards since the first day.

    Returns
    -------
    pandas.DataFrame of int64
        Rows: kinds of moves (`market.state.accounts.MOVES`). Columns: sector and stage. Every row sums to
        zero, every column to the sector's cards in that stage.
    """
    first = PRODUCTS.index(product) * N_STAGES
    flows = market.world.card_flow[:, first : first + N_STAGES].transpose(0, 2, 1)
    columns = pd.MultiIndex.from_product([SECTORS, STAGES], names=["sector", "stage"])
    return pd.DataFrame(flows.reshape(len(accounts.MOVES), -1).copy(), index=list(accounts.MOVES), columns=columns)


def card_identity(market: Engine) -> pd.DataFrame:
    """Return where the cards in the country came from and where they are: both sides sum to the same.

    Returns
    -------
    pandas.DataFrame of int64
        A row for each product. Sources, from the record of moves: ``opening``, ``shipped`` (allotted less
        recalled), ``imported``. Uses, from the balances: ``in_transit``, ``stock``, ``assembly``, ``online``
        of the firms, ``reserve`` of the state, ``sold_in_servers`` to other industries, and ``scrapped``.
    """
    world = market.world
    rows = []
    for k, product in enumerate(PRODUCTS):
        flows = world.card_flow[:, k * N_STAGES : (k + 1) * N_STAGES]
        given = -flows.sum(axis=1)  # (kind, sector), what a sector handed over
        makers = [SECTORS.index("nvidia"), SECTORS.index("huawei")]
        shipped = given[accounts.ALLOTTED, makers].sum() + given[accounts.RETURNED, makers].sum()
        held = np.array([_cards_by_sector(world, k, stage) for stage in range(N_STAGES)])
        row = {
            "opening": given[accounts.OPENING, WORLD],
            "shipped": shipped,
            "imported": given[accounts.IMPORTED, WORLD],
            **dict(zip(STAGES, held[:, FIRM_SECTORS].sum(axis=1), strict=True)),
            "reserve": held[:, SECTORS.index("reserve")].sum(),
            "sold_in_servers": held[:, SECTORS.index("customers")].sum(),
            "scrapped": held[:, SCRAP].sum(),
        }
        rows.append(pd.Series(row, name=product))
    return pd.DataFrame(rows).astype(np.int64)


FIRM_SECTORS = slice(SECTORS.index("clouds"), N_SECTORS)


def sectors_of(world: World) -> np.ndarray:
    """Return the sector of every account."""
    firsts = [world.clock[k] for k in (scene.FIRST_MAKER, scene.FIRST_SPECULATOR, scene.FIRST_STARTUP)]
    numbers = np.arange(world.account_i64.shape[1])
    return np.where(numbers < CLOUDS, numbers, CLOUDS + np.searchsorted(firsts, numbers, side="right"))


def _cards_by_sector(world: World, product: int, stage: int) -> np.ndarray:
    """Sum the cards of a product in a stage over the accounts of each sector."""
    held = world.card_i64[product * N_STAGES + stage]
    sums = _by_sector(held, sectors_of(world)[: held.size])
    if product == A800:
        sums[STARTUPS] += world.startup_i32[startup.TRANSIT_CARDS + stage].sum(dtype=np.int64)
    return sums


def _by_sector(balances: np.ndarray, sectors: np.ndarray) -> np.ndarray:
    """Sum balances over the accounts of each sector, exactly."""
    sums = np.zeros(N_SECTORS, dtype=np.int64)
    np.add.at(sums, sectors, balances)
    return sums
