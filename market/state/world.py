"""The World: all state of a run as a few two-dimensional blocks, which compiled phases read and write.

`World` is a plain named tuple of arrays, so that one call hands the whole market to compiled code. Rows are named
by the constants of the modules beside this one; the last axis runs over members (clouds, startups, accounts, ...).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

MONTH, DAY_OF_MONTH, DAYS_IN_MONTH, WEEKDAY = range(4)  # rows of World.calendar

BID_TICKS, BID_CARDS, BID_KEYS, BID_FILLED, BID_ROWS = range(5)  # rows of World.auction, then the same for asks
ASK_TICKS, ASK_CARDS, ASK_KEYS, ASK_FILLED, ASK_ROWS = range(5, 10)
N_AUCTION_ROWS = 10

TENDER_STARTUP, TENDER_CARDS = range(2)  # rows of World.tender_i64; then one row per cloud: its floor in 1e-4
FIRST_FLOOR = 2
NOT_BIDDING = -1
MAX_TENDERS = 64  # tenders that can be held on one day; more wait for the next

TURN_VALUES, TURN_KEYS, TURN_ORDER, TURN_ROWS = range(4)  # rows of World.turn
N_TURN_ROWS = 4
BLOCK = 8192  # startups that a rule takes at a time: their columns fit a processor's nearest memory
DRAWS, NORMALS, PROMISED, GAPS = range(4)  # rows of World.block_f64
LISTED, AMOUNTS, UNPAID, COSTS = range(4)  # rows of World.block_i64
N_PRICE_BINS = 128  # bins of the fraction of list by which customers are served, 1% of list each


class World(NamedTuple):
    """All state of a run. Shapes: see the comments; the meaning of rows: the modules of this package."""

    clock: Ints  # (clock,)
    p: Floats  # (parameters,)
    calendar: Ints  # (4, days)
    climate: Floats  # (days,)
    supply: Floats  # (products, days) cards a month before rules
    rule_f64: Floats  # (columns, rules)
    account_i64: Ints  # (columns, accounts)
    key_i64: Ints  # (columns, accounts before the first startup without a name)
    firm_i64: Ints  # (columns, accounts before the first startup)
    belief_f64: Floats  # (columns, accounts before the first startup)
    card_i64: Ints  # (product x stage, accounts before the first startup)
    cash_flow: Ints  # (kind of transaction, sectors) since the first day
    card_flow: Ints  # (kind of move, product x stage, sectors) since the first day
    sector_totals: Ints  # (product x stage and money, sectors): work space of the books
    cloud_i64: Ints
    cloud_f64: Floats
    maker_i64: Ints
    maker_f64: Floats
    speculator_i64: Ints
    speculator_f64: Floats
    startup_i64: Ints
    startup_i32: NDArray[np.int32]
    startup_i16: NDArray[np.int16]
    startup_i8: NDArray[np.int8]
    startup_f32: NDArray[np.float32]
    startup_month_i64: Ints  # (columns, startups on the record)
    contract_i32: NDArray[np.int32]  # (records, columns)
    free_records: NDArray[np.int32]  # (records,) those given back, the first clock[N_FREE_RECORDS] count
    quote_i32: NDArray[np.int32]  # (columns, accounts)
    h20_quote_i32: NDArray[np.int32]  # (columns, accounts before the first startup)
    buyer_i64: Ints  # (columns, products, buyers)
    buyer_f64: Floats  # (columns, products, buyers)
    buyer_account: Ints  # (columns, buyers)
    order_i64: Ints  # (columns, orders)
    open_orders: Ints  # (orders,) rows of open orders, the first clock[N_OPEN] count
    event_i64: Ints  # (columns, room)
    ended_i32: NDArray[np.int32]  # (room, columns)
    delivery_i64: Ints  # (columns, room)
    product_f64: Floats  # (columns, products)
    scene_f64: Floats  # (columns,)
    daily_f64: Floats  # (columns, days)
    firm_f64: Floats  # (columns, months, firms)
    tender_i64: Ints  # (2 + clouds, MAX_TENDERS)
    bin_i64: Ints  # (clouds, N_PRICE_BINS) cards promised at each fraction of list
    share_f64: Floats  # (clouds, N_PRICE_BINS) part of them that is served
    auction: Ints  # (N_AUCTION_ROWS, room): work space of the auction, if no more orders come
    histogram: Ints  # (2, ticks)
    turn: Ints  # (N_TURN_ROWS, room): work space of turns, if no more startups wait
    ration: Ints  # (rows, buyers or more): work space of kernels.ration
    host_f64: Floats  # (2, clouds): work space of choices
    block_f64: Floats  # (4, BLOCK): work space of rules for startups, a block at a time
    block_i64: Ints  # (4, BLOCK)
    block_i8: NDArray[np.int8]  # (BLOCK,) marks


def card_row(product: int, stage: int) -> int:
    """Row of a product and stage in `World.card_i64`."""
    from market.state.products import N_STAGES

    return product * N_STAGES + stage
