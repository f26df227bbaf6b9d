"""Money and cards are conserved to the fen and the card, every day; a leak stops the run and says where."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from market import GpuMarket
from market import day as compiled_day
from market.errors import BooksError
from market.observers.accounts import (
    CONVERSION,
    balance_sheet,
    card_flow_matrix,
    card_identity,
    flow_matrix,
    sectors_of,
)
from market.observers.tables import firms_frame, running_contracts
from market.schedule import steps
from market.state import accounts, scene
from market.state import startup as s
from market.state.accounts import AUDIT, CASH_FEN
from market.state.books import CLOSED, close_books
from market.state.ledger import WEIGHTS, cards_of, move, pay
from market.state.products import (
    A800,
    CLOUDS,
    CUSTOMERS,
    H20,
    N_STAGES,
    ONLINE,
    PRODUCTS,
    SECTORS,
    STOCK,
    SUPPLIERS,
)
from market.state.world import card_row

SOURCES = ["opening", "shipped", "imported"]
USES = ["in_transit", "stock", "assembly", "online", "sold_in_servers", "scrapped"]
PLANT_DAY = 40
POOR_CLOUDS = {"clouds__parent_support": 0, "clouds__parent_buffer_cny": 2e7}
BOOKS_STEP = next(step.number for step in steps() if step.function == "state.books.settle_books")


def assert_arrays_close(model: GpuMarket) -> None:
    """Assert on bare arrays what the matrices show as tables: quick enough for every day."""
    world = model.world
    members = sectors_of(world) == np.arange(len(SECTORS))[:, None]
    money = members @ world.account_i64[CASH_FEN]
    cards = members[:, : world.card_i64.shape[1]] @ world.card_i64.T
    cards[-1, :N_STAGES] += world.startup_i32[s.TRANSIT_CARDS : s.ONLINE_CARDS + 1].sum(axis=1)
    assert money.sum() == 0
    assert not world.cash_flow.sum(axis=1).any()
    assert np.array_equal(world.cash_flow.sum(axis=0), money)
    assert np.array_equal(world.card_flow.sum(axis=0), cards.T)
    by_product = world.card_flow.reshape(len(accounts.MOVES), len(PRODUCTS), -1)
    assert not by_product.sum(axis=2).any()
    identity = cards.T.reshape(len(PRODUCTS), -1).sum(axis=1)
    assert not identity.any()
    firms = slice(CLOUDS, None)
    assert (money[firms] >= 0).all() and (cards[firms] >= 0).all()


def assert_matrices_close(model: GpuMarket) -> None:
    sheet, payments = balance_sheet(model), flow_matrix(model)
    sectors = list(SECTORS)
    assert not sheet.sum(axis=1).any()
    assert not payments.sum(axis=1).any()
    assert payments.sum().tolist() == sheet.loc["money_fen", sectors].tolist()
    for k, product in enumerate(PRODUCTS):
        moves = card_flow_matrix(model, product)
        assert not moves.sum(axis=1).any()
        held = sheet.iloc[1 + k * N_STAGES : 1 + (k + 1) * N_STAGES]
        assert np.array_equal(moves.sum().to_numpy().reshape(-1, N_STAGES).T, held[sectors].to_numpy())
        assert held[CONVERSION].sum() == 0


def assert_cards_are_accounted_for(model: GpuMarket) -> None:
    """Opening + shipped + imported = in transit + stock + assembly + online + sold in servers + scrapped."""
    cards = card_identity(model)
    assert cards[SOURCES].sum(axis=1).tolist() == cards[USES].sum(axis=1).tolist()
    assert (cards[USES].to_numpy() >= 0).all()


@pytest.mark.parametrize(
    ("scenario", "first_day", "days", "overrides"),
    [
        ("tiny", 0, 1096, {}),
        ("tiny", 0, 500, POOR_CLOUDS),
        ("tiny", 300, 200, {"primary__deposit_share": 0.2, "primary__late_penalty_share": 0.05}),
        ("baseline", 600, 120, {}),
    ],
    ids=["tiny, all days", "clouds that fail", "deposits and penalties", "baseline, across the rule"],
)
def test_every_matrix_closes_every_day(scenario: str, first_day: int, days: int, overrides: dict[str, float]) -> None:
    model = GpuMarket(scenario, seed=3, **overrides)
    if first_day:
        model.advance(first_day)
    for day in range(days):
        model.step()
        assert_arrays_close(model)
        assert_cards_are_accounted_for(model)
        if day % 20 == 0:
            assert_matrices_close(model)
    assert_matrices_close(model)
    assert flow_matrix(model).abs().to_numpy().sum() > 0


def test_the_matrices_are_named_and_whole() -> None:
    model = GpuMarket("tiny", seed=1)
    model.advance(60)
    sheet, payments, moves = balance_sheet(model), flow_matrix(model), card_flow_matrix(model, "a800")
    assert sheet.shape == (1 + len(PRODUCTS) * N_STAGES, len(SECTORS) + 1)
    assert sheet.index[:3].tolist() == ["money_fen", "a800_in_transit_cards", "a800_stock_cards"]
    assert payments.shape == (len(accounts.MONEY), len(SECTORS))
    assert list(moves.index) == list(accounts.MOVES)
    assert moves.columns.names == ["sector", "stage"]
    assert payments.loc["rent", "startups"] < 0 < payments.loc["rent", "clouds"]
    assert moves.loc["allotted", ("nvidia", "stock")] < 0
    assert {frame.to_numpy().dtype for frame in (sheet, payments, moves)} == {np.dtype(np.int64)}


def test_a_matrix_is_a_copy_and_no_window_into_the_model() -> None:
    model = GpuMarket("tiny", seed=1)
    model.advance(10)
    for table in (flow_matrix(model), card_flow_matrix(model), balance_sheet(model)):
        table.iloc[0, 0] += 1
    assert_matrices_close(model)


# ------------------------------------------------------------------ planted faults


def planted(model: GpuMarket | None = None) -> GpuMarket:
    model = model or GpuMarket("tiny", seed=1)
    model.advance(PLANT_DAY)
    return model


def account_of(model: GpuMarket, id_: str) -> int:
    return model.cast.ids.index(id_)


def hold(model: GpuMarket, product: int, stage: int, account: int, cards: int) -> None:
    """Let an account hold more cards, past the ledger."""
    startup = account - int(model.world.clock[scene.FIRST_STARTUP])
    if startup < 0:
        model.world.card_i64[card_row(product, stage), account] += cards
    else:
        model.world.startup_i32[s.TRANSIT_CARDS + stage, startup] += cards


def hold_and_audit(model: GpuMarket, product: int, stage: int, account: int, cards: int) -> None:
    """The same, and as if a transaction had brought them."""
    hold(model, product, stage, account, cards)
    with np.errstate(over="ignore"):  # the audit wraps around, as the ledger's does
        model.world.account_i64[AUDIT, account] += WEIGHTS[card_row(product, stage)] * cards


@pytest.mark.parametrize("amount", [1, -1])
def test_a_leak_of_one_fen_stops_the_run_and_names_day_row_and_account(amount: int) -> None:
    model = planted()
    model.world.account_i64[CASH_FEN, account_of(model, "baidu_cloud")] += amount
    with pytest.raises(BooksError) as caught:
        model.advance(30)
    error = caught.value
    assert (error.day, error.row, error.accounts) == ("2022-02-10", "cash_fen", ("baidu_cloud",))
    assert (error.difference, error.unit) == (amount, "fen")
    assert model.day == PLANT_DAY + 1


@pytest.mark.parametrize("owner", ["maker_2", "speculator_003", "minimax"])
def test_a_leak_of_one_card_stops_the_run_and_names_day_row_and_account(owner: str) -> None:
    model = planted()
    hold(model, A800, ONLINE, account_of(model, owner), 1)
    with pytest.raises(BooksError) as caught:
        model.step()
    error = caught.value
    assert (error.day, error.row, error.accounts) == ("2022-02-10", "a800_online_cards", (owner,))
    assert (error.difference, error.unit) == (1, "cards")


def test_a_leak_is_found_under_overridden_decisions_too() -> None:
    from market import Cloud

    class Same(Cloud):
        def order(self) -> int:
            return super().order()

    model = planted(GpuMarket("tiny", seed=1, agents=[Same]))
    model.world.card_i64[card_row(H20, STOCK), account_of(model, "long_tail")] -= 1
    with pytest.raises(BooksError, match="2022-02-10: row 'h20_stock_cards' does not close, by -1 cards"):
        model.step()


def close(model: GpuMarket) -> BooksError:
    """Return the error that closing the books now would raise."""
    assert close_books(model.handle) != CLOSED
    with pytest.raises(BooksError) as caught:
        model._check_books()
    return caught.value


def test_books_without_a_fault_close_here_and_now() -> None:
    assert close_books(planted().handle) == CLOSED


def test_a_payment_booked_on_one_side_only_is_found_in_its_sector() -> None:
    model = planted()
    model.world.account_i64[[CASH_FEN, AUDIT], account_of(model, "aws_china")] += 7
    error = close(model)
    assert (error.row, error.accounts, error.difference, error.unit) == (
        "cash_fen",
        ("all clouds",),
        7,
        "fen",
    )


def test_a_one_sided_flow_is_found_by_its_kind() -> None:
    model = planted()
    model.world.account_i64[[CASH_FEN, AUDIT], account_of(model, "aws_china")] += 7
    model.world.cash_flow[accounts.RENT, CLOUDS] += 7
    error = close(model)
    assert (error.row, error.accounts) == ("money of kind rent", ("all sectors",))
    assert (error.difference, error.unit) == (7, "fen")


def test_a_flow_that_no_balance_shows_is_found() -> None:
    model = planted()
    model.world.cash_flow[accounts.RENT, CLOUDS] += 1
    model.world.cash_flow[accounts.RENT, CUSTOMERS] -= 1
    assert close(model).row == "cash_fen"


def test_a_one_sided_move_of_cards_is_found_by_its_kind() -> None:
    model = planted()
    row, account = card_row(A800, STOCK), account_of(model, "maker_1")
    hold_and_audit(model, A800, STOCK, account, 1)
    assert close(model).accounts == ("all server_makers",)
    model = planted()
    hold_and_audit(model, A800, STOCK, account, 1)
    model.world.card_flow[accounts.TRADED, row, SECTORS.index("server_makers")] += 1
    error = close(model)
    assert (error.row, error.accounts, error.unit) == ("cards of kind traded", ("all sectors",), "cards")


def test_a_card_that_turns_into_one_of_another_product_is_found() -> None:
    model = planted()
    world, account = model.world, account_of(model, "alibaba_cloud")
    for product, cards in ((A800, -1), (H20, 1)):
        row = card_row(product, ONLINE)
        hold_and_audit(model, product, ONLINE, account, cards)
        world.card_flow[accounts.ASSEMBLED, row, CLOUDS] += cards
    assert close(model).row == "cards of kind assembled"


def test_an_overdraft_is_found_although_it_is_booked() -> None:
    model = planted()
    account = account_of(model, "speculator_001")
    pay(model.handle, account, SUPPLIERS, model.world.account_i64[CASH_FEN, account] + 1, accounts.INTEREST)
    error = close(model)
    assert (error.row, error.accounts, error.difference) == ("cash_fen", ("speculator_001",), -1)


def test_cards_sold_short_are_found_although_they_are_booked() -> None:
    model = planted()
    account = account_of(model, "speculator_001")
    cards = cards_of(model.handle, A800, STOCK, account) + 1
    move(model.handle, A800, account, STOCK, account_of(model, "maker_1"), STOCK, cards, accounts.TRADED)
    error = close(model)
    assert (error.row, error.accounts, error.difference) == ("a800_stock_cards", ("speculator_001",), -1)


def test_a_fault_made_inside_the_day_is_dated_on_that_day() -> None:
    model = planted()
    compiled_day.day(model.handle, model.day, 0, BOOKS_STEP)
    model.world.account_i64[CASH_FEN, SUPPLIERS] += 5
    compiled_day.day(model.handle, model.day, BOOKS_STEP, compiled_day.N_STEPS)
    model.day += 1
    with pytest.raises(BooksError, match=r"2022-02-10: row 'cash_fen' does not close, by \+5 fen .*suppliers"):
        model._check_books()


@pytest.mark.parametrize("check", [assert_arrays_close, assert_matrices_close])
def test_the_matrices_show_a_leak_as_well(check: Callable[[GpuMarket], None]) -> None:
    model = planted()
    model.world.account_i64[CASH_FEN, account_of(model, "aws_china")] += 1
    with pytest.raises(AssertionError):
        check(model)


@pytest.mark.parametrize("check", [assert_arrays_close, assert_matrices_close, assert_cards_are_accounted_for])
def test_the_matrices_show_a_lost_card_as_well(check: Callable[[GpuMarket], None]) -> None:
    model = planted()
    model.world.card_i64[card_row(A800, ONLINE), account_of(model, "aws_china")] -= 1
    with pytest.raises(AssertionError):
        check(model)


# ------------------------------------------------------------------ what firms write down is what flowed


def test_rents_are_exactly_what_was_served() -> None:
    model = GpuMarket("tiny", seed=2, startups__cash_cny=2e9, leases__term_days=60)
    model.advance(900)
    ended, running = model.journal.rows("ended"), running_contracts(model.world)
    contracts = np.concatenate([ended[: len(running)], running], axis=1)
    billed = (contracts[s.SERVED_CARD_DAYS] * contracts[s.RENT_FEN]).sum()
    assert billed == flow_matrix(model).loc["rent", "clouds"] > 0
    assert (ended[s.REASON] == s.AT_RENEWAL).any()


def test_the_months_of_makers_and_speculators_add_up_to_their_flows() -> None:
    model = GpuMarket("tiny", seed=4)
    model.advance(31 + 28 + 31 + 30)
    firms = firms_frame(model.world, model.cast, model.day)
    revenue = firms.groupby("kind", observed=True)["revenue_cny"].sum() * 100
    payments = flow_matrix(model)
    sold = payments.loc["spot_trade", ["server_makers", "speculators"]]
    bought = spot_purchases(model)
    assert revenue["speculator"] == pytest.approx(sold["speculators"] + bought["speculators"])
    made = payments.loc["server_sale", "server_makers"] + sold["server_makers"] + bought["server_makers"]
    assert revenue["server_maker"] == pytest.approx(made)
    assert revenue["nvidia"] == pytest.approx(payments.loc["card_sale", "nvidia"])


def spot_purchases(model: GpuMarket) -> pd.Series:
    """Return what sectors paid in the auction since the first day, run again day by day."""
    again = GpuMarket(model.scenario, seed=int(model.world.clock[scene.SEED]))
    paid = pd.Series(0, index=list(SECTORS))
    sectors = sectors_of(again.world)
    first = next(step.number for step in steps() if step.function == "markets.spot.settle_spot")
    for day in range(model.day):
        again.journal.drain()
        compiled_day.day(again.handle, day, 0, first)
        before = again.world.account_i64[CASH_FEN].copy()
        compiled_day.day(again.handle, day, first, first + 1)
        spent = np.maximum(before - again.world.account_i64[CASH_FEN], 0)
        paid += pd.Series(np.bincount(sectors, spent, len(SECTORS)), index=list(SECTORS)).astype(np.int64)
        compiled_day.day(again.handle, day, first + 1, compiled_day.N_STEPS)
    return paid
