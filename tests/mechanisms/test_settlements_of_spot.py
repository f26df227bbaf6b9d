"""Settlements of the spot market, to the last cell: quotes, trades, grey imports, what is remembered."""

from __future__ import annotations

import numpy as np
import pytest
from changes import assert_changes, changes, emptied_logs, logged, moved, paid
from settled import T, market
from small_market import account, give_cards, leave_cash, small

from market.markets import spot
from market.state import accounts, ledger, scene, trader
from market.state.handle import handle_of
from market.state.products import A800, H20, INVESTORS, RESERVE, STAGES, STOCK, WORLD
from market.state.world import ASK_CARDS, ASK_FILLED, ASK_ROWS, BID_CARDS, BID_FILLED, BID_ROWS

# ------------------------------------------------------------------ trades


def test_a_trade_moves_cards_money_cost_and_gain() -> None:
    model = small({"population.speculators": 2})
    emptied_logs(model)
    first = int(model.world.clock[scene.FIRST_SPECULATOR])
    seller, buyer = first + 1, account(model, "alpha")
    give_cards(model, model.cast.ids[seller], 4)
    model.world.firm_i64[accounts.BASIS_FEN, seller] = 4_000_003
    model.world.speculator_i64[[trader.GAIN_FEN, trader.MONTH_SALES_FEN, trader.MONTH_COST_FEN]] = 7
    price = 1_500_000
    found = changes(model, spot.trade, A800, seller, buyer, 3, price)
    cost = 3_000_002  # three quarters of the basis, rounded down
    assert_changes(
        found,
        moved(model, (seller, STOCK), (buyer, STOCK), 3, accounts.TRADED),
        paid(model, buyer, seller, 3 * price, accounts.SPOT_TRADE),
        {("firm_i64", accounts.BASIS_FEN, seller): -cost, ("firm_i64", accounts.BASIS_FEN, buyer): 3 * price},
        {("speculator_i64", trader.GAIN_FEN, 1): 3 * price - cost},
        {("speculator_i64", trader.MONTH_SALES_FEN, 1): 3 * price, ("speculator_i64", trader.MONTH_COST_FEN, 1): cost},
    )


def test_a_server_makers_sale_is_its_revenue() -> None:
    model = market()
    seller, buyer = account(model, "builder"), account(model, "alpha")
    give_cards(model, "builder", 2)
    model.world.firm_i64[accounts.BASIS_FEN, seller] = 1000
    model.world.maker_i64[[trader.MAKER_REVENUE_FEN, trader.MAKER_COST_FEN]] = 7
    found = changes(model, spot.trade, A800, seller, buyer, 1, 900)
    assert_changes(
        found,
        moved(model, (seller, STOCK), (buyer, STOCK), 1, accounts.TRADED),
        paid(model, buyer, seller, 900, accounts.SPOT_TRADE),
        {("firm_i64", accounts.BASIS_FEN, seller): -500, ("firm_i64", accounts.BASIS_FEN, buyer): 900},
        {("maker_i64", trader.MAKER_REVENUE_FEN, 0): 900, ("maker_i64", trader.MAKER_COST_FEN, 0): 500},
    )


def test_an_import_is_bought_from_abroad() -> None:
    model = market()
    buyer = account(model, "alpha")
    found = changes(model, spot.trade, A800, WORLD, buyer, 2, 900)
    assert_changes(
        found,
        moved(model, (WORLD, STOCK), (buyer, STOCK), 2, accounts.IMPORTED),
        paid(model, buyer, WORLD, 1800, accounts.SPOT_TRADE),
        {("firm_i64", accounts.BASIS_FEN, buyer): 1800},
    )


def test_a_startup_sells_without_a_cost_basis_and_nobody_has_one_without_cards() -> None:
    model = market()
    lab, alpha = account(model, "lab"), account(model, "alpha")
    give_cards(model, "lab", 2)
    found = changes(model, spot.trade, A800, lab, alpha, 1, 900)
    assert_changes(
        found,
        moved(model, (lab, STOCK), (alpha, STOCK), 1, accounts.TRADED),
        paid(model, alpha, lab, 900, accounts.SPOT_TRADE),
        {("firm_i64", accounts.BASIS_FEN, alpha): 900},
    )
    model.world.firm_i64[accounts.BASIS_FEN, account(model, "builder")] = 77
    assert ledger.release_cost(model.handle, account(model, "builder"), 0) == 0


def test_each_product_has_its_own_quotes_and_sectors_at_the_boundary_have_none() -> None:
    model = market()
    alpha, beta = account(model, "alpha"), account(model, "beta")
    model.world.quote_i32[:] = 0
    model.world.quote_i32[:, alpha] = 7, 1
    model.world.quote_i32[:, INVESTORS] = 7, 5
    model.world.h20_quote_i32[:] = 0
    model.world.h20_quote_i32[:, beta] = 5, 3
    book = np.zeros((10, 4), dtype=np.int64)
    for product, (buyer, cards, tick) in enumerate(((alpha, 1, 7), (beta, 3, 5))):
        assert spot._collect_bids(model.handle, book, product, 0) == 1
        assert spot._collect_asks(model.handle, book, product) == 0
        assert book[[BID_ROWS, BID_CARDS, spot.BID_TICKS], 0].tolist() == [buyer, cards, tick]


def test_fills_are_paired_in_turn() -> None:
    model = market()
    alpha, beta, gamma = (account(model, firm) for firm in ("alpha", "beta", "gamma"))
    give_cards(model, "gamma", 5)
    book = np.zeros((10, 4), dtype=np.int64)
    book[BID_ROWS, :2], book[BID_CARDS, :2], book[BID_FILLED, :2] = (alpha, beta), (3, 4), (3, 4)
    book[ASK_ROWS, :3], book[ASK_CARDS, :3], book[ASK_FILLED, :3] = (gamma, beta, WORLD), (5, 9, 2), (5, 0, 2)
    model.world.scene_f64[scene.IMPORTED_TODAY] = 1.0
    spot._post_trades(model.handle, book, A800, 7, 2, 3)
    price = 7 * 10_000
    assert model.world.scene_f64[scene.IMPORTED_TODAY] == 3.0
    assert not book[BID_FILLED].any() and not book[ASK_FILLED].any()
    held = model.world.card_i64[STOCK, [alpha, beta, gamma]].tolist()
    assert held == [3, 4, 0]
    assert model.world.cash_flow[accounts.SPOT_TRADE].tolist().count(0) == len(model.world.cash_flow[0]) - 2
    assert model.world.firm_i64[accounts.BASIS_FEN, beta] >= 4 * price


@pytest.mark.parametrize(("bought", "kind"), [(3, scene.RESERVE_BOUGHT), (-3, scene.RESERVE_SOLD)])
def test_what_the_reserve_trades_is_logged(bought: int, kind: int) -> None:
    model = market()
    found = changes(model, spot._log_reserve, T, bought, 7)
    assert_changes(found, logged(model, 0, kind, day=T, actor=RESERVE, other=-1, cards=3, fen=70_000))
    assert_changes(changes(model, spot._log_reserve, T, 0, 7))


def test_only_quotes_that_can_be_honoured_enter_the_book() -> None:
    model = market()
    alpha, beta, gamma = (account(model, firm) for firm in ("alpha", "beta", "gamma"))
    quotes = model.world.quote_i32
    quotes[:] = 0
    quotes[:, alpha] = 7, 5  # tick 7 is 700 CNY
    quotes[:, beta] = 9, -6
    quotes[:, gamma] = 8, -2
    leave_cash(model, "alpha", 3 * 700 - 0.01)
    give_cards(model, "beta", 4)
    book = np.zeros((10, 4), dtype=np.int64)
    assert spot._lowest_ask(model.handle, A800) == 8  # whether or not it can be honoured
    assert spot._collect_bids(model.handle, book, A800, 0) == spot._collect_asks(model.handle, book, A800) == 1
    assert book[[BID_ROWS, BID_CARDS, spot.BID_TICKS], 0].tolist() == [alpha, 2, 7]
    assert book[[ASK_ROWS, ASK_CARDS, spot.ASK_TICKS], 0].tolist() == [beta, 4, 9]
    leave_cash(model, "alpha", 5 * 700)
    assert spot._collect_bids(model.handle, book, A800, 7) == 1
    assert book[BID_CARDS, 0] == 5
    assert spot._collect_bids(model.handle, book, A800, 8) == 0
    leave_cash(model, "alpha", 699.99)
    give_cards(model, "gamma", 3)
    assert spot._collect_bids(model.handle, book, A800, 0) == 0
    assert spot._collect_asks(model.handle, book, A800) == 2
    assert book[[ASK_ROWS, ASK_CARDS], :2].tolist() == [[beta, gamma], [4, 2]]


# ------------------------------------------------------------------ imports, and what the market remembers


def test_grey_imports_follow_the_gap_up_to_a_cap() -> None:
    assert spot.grey_imports(150.0, 100.0, 0.1, 50.0, 1000.0) == pytest.approx(40.0)
    assert spot.grey_imports(150.0, 100.0, 0.1, 50.0, 30.0) == 30.0
    assert spot.grey_imports(109.0, 100.0, 0.1, 50.0, 30.0) == 0.0


@pytest.mark.parametrize(("severity", "tick"), [(0.0, 1900), (0.5, 2100)])
def test_imports_are_offered_near_the_last_price_and_above_their_cost(severity: float, tick: int) -> None:
    model = market()
    w, p = model.world, model.world.p
    p[[spot.ps.WORLD_PRICE, spot.ps.IMPORT_SLOPE]] = 100_000.0, 35.0
    p[[spot.ps.IMPORT_CAP, spot.ps.IMPORT_REBATE]] = 1e6, 0.05
    p[[spot.ps.RISK_COST_BEFORE, spot.ps.RISK_COST_AFTER, spot.ps.RESALE_CAP]] = 0.5, 1.1, 1e9
    w.product_f64[[scene.SPOT_CNY, scene.SEVERITY], A800] = 200_000.0, severity
    w.scene_f64[scene.IMPORT_CARRY] = 0.5 if severity == 0.0 else 1.5
    cards = 5 if severity == 0.0 else 1  # the gap of 1 less the risk of .5, in halves, is 35 a week
    assert spot._imports_today(model.handle) == (cards, tick)
    assert w.scene_f64[scene.IMPORT_CARRY] == pytest.approx(0.5)
    p[spot.ps.RESALE_CAP] = 150_000.0
    w.scene_f64[scene.IMPORT_CARRY] = 1.0
    assert spot._imports_today(model.handle)[1] == 1500
    for cap in (50.0, 150.0):
        p[spot.ps.RESALE_CAP] = cap
        assert spot._imports_today(model.handle)[1] == 1
    w.scene_f64[scene.IMPORT_CARRY], p[spot.ps.IMPORT_CAP] = 0.25, 0.0
    assert spot._imports_today(model.handle)[0] == 0
    assert w.scene_f64[scene.IMPORT_CARRY] == 0.25


@pytest.mark.parametrize(("volume", "price"), [(20, 80_000.0), (0, 90_000.0)])
def test_the_market_remembers_its_price_and_how_long_offers_last(volume: int, price: float) -> None:
    model = market()
    w = model.world
    give_cards(model, "alpha", 70)
    give_cards(model, "beta", 80)
    w.product_f64[[scene.LAST_CNY, scene.SPOT_CNY, scene.SMOOTHED_CNY], A800] = 1.0, 90_000.0, 60_000.0
    w.scene_f64[[scene.SMOOTHED_VOLUME, scene.SPOT_COVER, scene.VOLUME_TODAY]] = 6.0, 1.0, 2.0
    book = np.zeros((10, 4), dtype=np.int64)
    book[ASK_ROWS, :3] = account(model, "alpha"), WORLD, account(model, "beta")
    found = changes(model, spot._remember, book, A800, 800, volume, 3)
    smoothed = 6.0 + (volume - 6.0) / 14
    expected = {
        ("product_f64", scene.LAST_CNY, A800): 90_000.0,
        ("product_f64", scene.SMOOTHED_CNY, A800): 60_000.0 + (price - 60_000.0) / 30,
        ("scene_f64", scene.VOLUME_TODAY): float(volume),
        ("scene_f64", scene.SMOOTHED_VOLUME): smoothed,
        ("scene_f64", scene.SPOT_COVER): 150 / smoothed,
    }
    assert_changes(found, expected, {("product_f64", scene.SPOT_CNY, A800): price} if volume else {})
    w.scene_f64[scene.SMOOTHED_VOLUME] = 0.0
    spot._remember(model.handle, book, A800, 800, 0, 3)
    assert w.scene_f64[scene.SPOT_COVER] == 120.0  # 150 days, bounded
    other = changes(model, spot._remember, book, 1, 800, 5, 3)
    assert {cell[0] for cell in other} == {"product_f64"}


def test_the_book_of_an_auction_has_room_for_all_quotes() -> None:
    model = market()
    w = model.world
    assert spot._room_for_orders(model.handle, A800, 0).shape == w.auction.shape
    few = w._replace(auction=np.zeros((10, 3), dtype=np.int64))
    few.quote_i32[:] = 0
    few.quote_i32[:, [9, 10, 11, 12]] = (5, 5, 5, 7), (1, -1, 5, 2)
    book = spot._room_for_orders(handle_of(few), A800, 5)
    assert book.shape == (10, 4)  # three bids, or an ask and one of imports
    assert book.dtype == np.int64
    few.quote_i32[trader.QUANTITY, 9:13] = -1
    assert spot._room_for_orders(handle_of(few), A800, 5).shape == (10, 5)
    few.quote_i32[trader.QUANTITY, 9:13] = 1
    assert spot._room_for_orders(handle_of(few), A800, 6).shape == (10, 3)  # only one bids so much
    w = market(population__startups=600).world
    many = w._replace(auction=np.zeros((10, 3), dtype=np.int64))
    many.quote_i32[:] = 0
    many.quote_i32[:, [20, 30, 600]] = [[5], [1]]  # in two blocks of accounts
    assert spot._room_for_orders(handle_of(many), A800, 5).shape == (10, 4)


def test_an_auction_is_held_for_each_product_and_imports_come_to_the_a_class_alone() -> None:
    model = market()
    w, alpha, beta = model.world, account(model, "alpha"), account(model, "beta")
    w.quote_i32[:], w.h20_quote_i32[:] = 0, 0
    give_cards(model, "beta", 3)
    w.quote_i32[:, alpha], w.quote_i32[:, beta] = (800, 2), (700, -3)
    w.h20_quote_i32[:, alpha] = 600, 2  # nobody offers any
    w.scene_f64[[scene.IMPORT_CARRY, scene.IMPORTED_TODAY]] = 0.75, 5.0
    w.product_f64[scene.SPOT_CNY, [A800, H20]] = 74_000.0, 55_555.0
    w.p[[spot.ps.WORLD_PRICE, spot.ps.RISK_COST_BEFORE, spot.ps.IMPORT_REBATE]] = 37_000.0, 0.0, 0.05
    w.p[[spot.ps.IMPORT_SLOPE, spot.ps.IMPORT_CAP]] = 1.75, 100.0  # at twice the price abroad half a card a day
    spot.settle_spot(model.handle, T)
    assert w.scene_f64[scene.VOLUME_TODAY] == 2.0
    assert w.product_f64[scene.SPOT_CNY, H20] == 55_555.0  # a day without trade keeps the price
    assert w.card_i64[STOCK, [alpha, beta]].tolist() == [2, 1]
    assert w.scene_f64[[scene.IMPORT_CARRY, scene.IMPORTED_TODAY]].tolist() == [0.25, 0.0]  # offered once, too dear
    assert w.card_i64[len(STAGES) * H20 + STOCK, alpha] == 0
    w.p[spot.ps.IMPORT_CAP], w.scene_f64[scene.IMPORT_CARRY] = 0.0, 0.0
    spot.settle_spot(model.handle, T + 1)  # and without imports
    assert w.card_i64[STOCK, [alpha, beta]].tolist() == [3, 0]
