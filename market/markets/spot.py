"""The spot market: one call auction a day and product, at one price for all (Budish2015).

Agents' quotes meet the grey imports, whose flow rises with the gap between the price here and abroad less the cost of
the risk (Grunewald2025). A day without trade keeps the last price. Buyers pay at once and only what they have.
"""

from __future__ import annotations

import numpy as np

from market.kernels.clear import clear
from market.kernels.compile import compiled, compiled_pass
from market.kernels.rows import list_few
from market.parameters import spot as ps
from market.state import accounts, luck, scene, trader
from market.state.columns import wide
from market.state.ledger import add_cost, cards_of, fen, move, pay, release_cost, sector_of
from market.state.log import log_event
from market.state.luck import key_of
from market.state.products import (
    A800,
    FIRST_FIRM,
    MAKERS,
    N_TRADED,
    RESERVE,
    SPECULATORS,
    STOCK,
    WORLD,
)
from market.state.world import (
    ASK_CARDS,
    ASK_FILLED,
    ASK_KEYS,
    ASK_ROWS,
    ASK_TICKS,
    BID_CARDS,
    BID_FILLED,
    BID_KEYS,
    BID_ROWS,
    BID_TICKS,
    BLOCK,
    LISTED,
    N_AUCTION_ROWS,
    World,
)

DAYS_PER_WEEK = 7
PRICE_MEMORY = 1.0 / 30.0
COVER_MEMORY = 1.0 / 14.0
HALF = 0.5
LONGEST_COVER = 120.0
STOPPED = 0.5


@compiled
def grey_imports(spot: float, world_price: float, risk_cost: float, slope: float, cap: float) -> float:
    """Cards a week brought in: in proportion to the gap over the price abroad and the cost of the risk (G10)."""
    gap = spot / world_price - 1.0 - risk_cost
    return min(max(slope * gap / HALF, 0.0), cap)


@compiled
def settle_spot(world: World, t: int) -> None:
    """Clear the day's auctions, post the trades, remember prices."""
    world.scene_f64[scene.IMPORTED_TODAY] = 0.0
    for product in range(N_TRADED):
        imports, import_tick = _imports_today(world) if product == A800 else (0, 0)
        lowest = _lowest_ask(world, product)
        if imports > 0:
            lowest = min(lowest, import_tick)
        book = _room_for_orders(world, product, lowest)
        n_bids = _collect_bids(world, book, product, lowest)
        n_asks = _collect_asks(world, book, product)
        if imports > 0:
            _write_ask(world, book, n_asks, import_tick, imports, WORLD)
            n_asks += 1
        last = int(world.product_f64[scene.SPOT_CNY, product] / world.p[ps.TICK])
        tick, volume = clear(
            book[BID_TICKS],
            book[BID_CARDS],
            book[ASK_TICKS],
            book[ASK_CARDS],
            n_bids,
            n_asks,
            last,
            world.clock[scene.SEED],
            luck.AUCTION,
            t,
            book[BID_KEYS],
            book[ASK_KEYS],
            world.histogram,
            book[BID_FILLED],
            book[ASK_FILLED],
        )
        if volume > 0:
            held = cards_of(world, product, STOCK, RESERVE)
            _post_trades(world, book, product, tick, n_bids, n_asks)
            _log_reserve(world, t, cards_of(world, product, STOCK, RESERVE) - held, tick)
        _remember(world, book, product, tick, volume, n_asks)


@compiled
def quotes_for(world: World, product: int) -> np.ndarray:
    """Orders posted for a product: by startups for the A class alone."""
    return world.quote_i32 if product == A800 else world.h20_quote_i32


@compiled
def _lowest_ask(world: World, product: int) -> int:
    """Lowest tick at which anyone offers cards, the number of ticks if nobody does: no lower bid can trade."""
    quotes = quotes_for(world, product)
    lowest = int(world.p[ps.N_TICKS])
    for start in range(RESERVE, quotes.shape[1], BLOCK):
        quantities = quotes[trader.QUANTITY][start : start + BLOCK]
        marks = world.block_i8[: quantities.shape[0]]
        if _mark_asks(quantities, marks) > 0:
            for k in range(list_few(marks, world.block_i64[LISTED])):
                lowest = min(lowest, quotes[trader.TICK, start + world.block_i64[LISTED, k]])
    return lowest


@compiled
def _room_for_orders(world: World, product: int, lowest: int) -> np.ndarray:
    """Work space for all orders of a product that may trade, and one for grey imports."""
    quotes, marks, n_bids, n_asks = quotes_for(world, product), world.block_i8, 0, 0
    if quotes.shape[1] < world.auction.shape[1]:
        return world.auction
    for start in range(RESERVE, quotes.shape[1], BLOCK):
        quantities = quotes[trader.QUANTITY][start : start + BLOCK]
        n_asks += _mark_asks(quantities, marks)
        n_bids += _mark_bids(quotes[trader.TICK][start : start + BLOCK], quantities, lowest, marks)
    n = max(n_bids, n_asks) + 1
    if n <= world.auction.shape[1]:
        return world.auction
    return np.empty((N_AUCTION_ROWS, n), np.int64)


@compiled
def _collect_bids(world: World, book: np.ndarray, product: int, lowest: int) -> int:
    """Gather the bids not below the lowest ask, as far as their owners can pay; return how many there are."""
    quotes, listed, tick_fen = quotes_for(world, product), world.block_i64[LISTED], fen(world.p[ps.TICK])
    n = 0
    for start in range(RESERVE, quotes.shape[1], BLOCK):
        ticks, quantities = quotes[trader.TICK][start : start + BLOCK], quotes[trader.QUANTITY][start : start + BLOCK]
        marks = world.block_i8[: ticks.shape[0]]
        if _mark_bids(ticks, quantities, lowest, marks) == 0:
            continue
        for k in range(list_few(marks, listed)):
            account, cards, tick = start + listed[k], wide(quantities[listed[k]]), wide(ticks[listed[k]])
            if account >= FIRST_FIRM:  # only the state is not short of money
                cards = min(cards, world.account_i64[accounts.CASH_FEN, account] // (tick * tick_fen))
            if cards > 0:
                book[BID_TICKS, n], book[BID_CARDS, n] = tick, cards
                book[BID_KEYS, n], book[BID_ROWS, n] = key_of(world, account), account
                n += 1
    return n


@compiled
def _collect_asks(world: World, book: np.ndarray, product: int) -> int:
    """Gather the asks as far as their owners have the cards; return how many there are."""
    quotes, listed = quotes_for(world, product), world.block_i64[LISTED]
    n = 0
    for start in range(RESERVE, quotes.shape[1], BLOCK):
        quantities = quotes[trader.QUANTITY][start : start + BLOCK]
        marks = world.block_i8[: quantities.shape[0]]
        if _mark_asks(quantities, marks) == 0:
            continue
        for k in range(list_few(marks, listed)):
            account = start + listed[k]
            cards = min(-wide(quantities[listed[k]]), cards_of(world, product, STOCK, account))
            if cards > 0:
                _write_ask(world, book, n, wide(quotes[trader.TICK, account]), cards, account)
                n += 1
    return n


@compiled
def _write_ask(world: World, book: np.ndarray, k: int, tick: int, cards: int, account: int) -> None:
    book[ASK_TICKS, k], book[ASK_CARDS, k] = tick, cards
    book[ASK_KEYS, k], book[ASK_ROWS, k] = key_of(world, account), account


@compiled_pass
def _mark_asks(quantities: np.ndarray, marks: np.ndarray) -> int:
    """Mark the accounts of a block that offer cards, and count them."""
    n = 0
    for k in range(quantities.shape[0]):
        marks[k] = quantities[k] < 0
        n += marks[k]
    return n


@compiled_pass
def _mark_bids(ticks: np.ndarray, quantities: np.ndarray, lowest: int, marks: np.ndarray) -> int:
    """Mark the accounts of a block that bid for cards at the tick `lowest` or above, and count them."""
    n = 0
    for k in range(quantities.shape[0]):
        marks[k] = (quantities[k] > 0) & (ticks[k] >= lowest)
        n += marks[k]
    return n


@compiled
def _imports_today(world: World) -> tuple[int, int]:
    """Today's grey imports and the tick they are offered at: near the last price and never below cost and risk."""
    p = world.p
    risk = p[ps.RISK_COST_AFTER] if world.product_f64[scene.SEVERITY, A800] >= STOPPED else p[ps.RISK_COST_BEFORE]
    week = grey_imports(
        world.product_f64[scene.SPOT_CNY, A800], p[ps.WORLD_PRICE], risk, p[ps.IMPORT_SLOPE], p[ps.IMPORT_CAP]
    )
    coming = world.scene_f64[scene.IMPORT_CARRY] + week / DAYS_PER_WEEK
    cards = int(coming)
    world.scene_f64[scene.IMPORT_CARRY] = coming - cards
    near_last = world.product_f64[scene.SPOT_CNY, A800] * (1.0 - p[ps.IMPORT_REBATE])
    limit = min(max(p[ps.WORLD_PRICE] * (1.0 + risk), near_last), p[ps.RESALE_CAP])
    return cards, max(int(limit / p[ps.TICK]), 1)


@compiled
def _post_trades(world: World, book: np.ndarray, product: int, tick: int, n_bids: int, n_asks: int) -> None:
    """Pair the fills in turn; with one price for all, who is paired with whom does not matter."""
    price = tick * fen(world.p[ps.TICK])
    ask = 0
    for bid in range(n_bids):
        while book[BID_FILLED, bid] > 0:
            while book[ASK_FILLED, ask] == 0:
                ask += 1
            cards = min(book[BID_FILLED, bid], book[ASK_FILLED, ask])
            trade(world, product, book[ASK_ROWS, ask], book[BID_ROWS, bid], cards, price)
            book[BID_FILLED, bid] -= cards
            book[ASK_FILLED, ask] -= cards
            if book[ASK_ROWS, ask] == WORLD:
                world.scene_f64[scene.IMPORTED_TODAY] += cards


@compiled
def _log_reserve(world: World, t: int, bought: int, tick: int) -> None:
    """Log what the state reserve bought, or sold below zero."""
    price = tick * fen(world.p[ps.TICK])
    if bought > 0:
        log_event(world, t, scene.RESERVE_BOUGHT, RESERVE, -1, bought, price, 0, 0, 0)
    elif bought < 0:
        log_event(world, t, scene.RESERVE_SOLD, RESERVE, -1, -bought, price, 0, 0, 0)


@compiled
def trade(world: World, product: int, seller: int, buyer: int, cards: int, price: int) -> None:
    """Cards against money, at `price` fen each; both sides' cost and gain in their accounts."""
    clock = world.clock
    proceeds = price * cards
    kind = accounts.IMPORTED if seller == WORLD else accounts.TRADED
    cost = 0 if seller == WORLD else release_cost(world, seller, cards)
    move(world, product, seller, STOCK, buyer, STOCK, cards, kind)
    pay(world, buyer, seller, proceeds, accounts.SPOT_TRADE)
    add_cost(world, buyer, proceeds)
    if sector_of(clock, seller) == SPECULATORS:
        i = seller - clock[scene.FIRST_SPECULATOR]
        world.speculator_i64[trader.GAIN_FEN, i] += proceeds - cost
        world.speculator_i64[trader.MONTH_SALES_FEN, i] += proceeds
        world.speculator_i64[trader.MONTH_COST_FEN, i] += cost
    elif sector_of(clock, seller) == MAKERS:
        i = seller - clock[scene.FIRST_MAKER]
        world.maker_i64[trader.MAKER_REVENUE_FEN, i] += proceeds
        world.maker_i64[trader.MAKER_COST_FEN, i] += cost


@compiled
def _remember(world: World, book: np.ndarray, product: int, tick: int, volume: int, n_asks: int) -> None:
    """Keep the price, its smoothed past, and how long the cards offered would last at today's trade."""
    prices = world.product_f64
    prices[scene.LAST_CNY, product] = prices[scene.SPOT_CNY, product]
    if volume > 0:
        prices[scene.SPOT_CNY, product] = tick * world.p[ps.TICK]
    spot = prices[scene.SPOT_CNY, product]
    prices[scene.SMOOTHED_CNY, product] += PRICE_MEMORY * (spot - prices[scene.SMOOTHED_CNY, product])
    if product != A800:
        return
    world.scene_f64[scene.VOLUME_TODAY] = volume
    offered = 0
    for k in range(n_asks):
        if book[ASK_ROWS, k] != WORLD:
            offered += cards_of(world, A800, STOCK, book[ASK_ROWS, k])
    memory = COVER_MEMORY
    world.scene_f64[scene.SMOOTHED_VOLUME] += memory * (volume - world.scene_f64[scene.SMOOTHED_VOLUME])
    cover = offered / max(world.scene_f64[scene.SMOOTHED_VOLUME], 1.0)
    world.scene_f64[scene.SPOT_COVER] = min(cover, LONGEST_COVER)
