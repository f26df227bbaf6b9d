"""What a card is worth to its users, and how orders are written, on numbers set up by hand."""

from __future__ import annotations

import pytest
from changes import assert_changes, changes
from deciding import MONTH_DAYS, market
from small_market import account

from market.decisions import quoting, valuation
from market.parameters import spot as ps
from market.state import cloud as c
from market.state import primary, scene, trader
from market.state.products import A800, ASCEND_910B, H20

# ------------------------------------------------------------------ what a card is worth


@pytest.mark.parametrize(
    ("cover", "ask"),
    [(30.0, 1000.0), (15.0, 1035.0), (0.0, 1070.0), (45.0, 965.0), (60.0, 930.0), (99.0, 930.0), (-30.0, 1070.0)],
)
def test_an_ask_rises_when_cover_is_short(cover: float, ask: float) -> None:
    assert valuation.adjusted_ask(1000.0, cover, 30.0, 0.49, 900.0) == pytest.approx(ask, rel=1e-14)
    assert valuation.adjusted_ask(1000.0, cover, 30.0, 0.49, 1050.0) == pytest.approx(max(ask, 1050.0))


@pytest.mark.parametrize("day", [54, 55, 100, 130])
def test_the_average_user_reckons_with_the_wait_and_the_best_substitute(day: int) -> None:
    model, launch_day = market(), 100  # known 45 days ahead
    w = model.world
    rows = w.cloud_i64[c.BUYER].tolist()
    w.buyer_f64[primary.EXPECTED_LEAD_DAYS, A800] = 999.0
    w.buyer_f64[primary.EXPECTED_LEAD_DAYS, A800, rows] = 30.0, 60.0, 120.0
    w.scene_f64[scene.NET_RENT], w.p[[ps.WAIT_WEIGHT, ps.PORTING_MONTHS]] = 5_000.0, (0.8, 3.0)
    w.product_f64[scene.SEVERITY] = 0.0
    for product, launch, price, performance in ((H20, launch_day, 45_000.0, 0.5), (ASCEND_910B, 0, 60_000.0, 0.6)):
        w.product_f64[[scene.LAUNCH_DAY, scene.CONTRACT_CNY], product] = launch, price
        w.product_f64[[scene.PERFORMANCE, scene.INTEGRATION_LEFT, scene.LEAD_DAYS], product] = performance, 10.0, 20.0
    chip = 90_000.0 + 0.8 * 5_000 * (max(launch_day - day, 0) + 30.0) / MONTH_DAYS
    ascend = 100_000.0 + 0.8 * 5_000 * (30.0 / MONTH_DAYS + 3.0)
    expected = ascend if day < launch_day - 45 else min(chip, ascend)
    valuation.decide_worth(model.handle, day)
    assert w.scene_f64[scene.WAIT_MONTHS] == pytest.approx(70.0 / MONTH_DAYS)
    assert w.scene_f64[scene.SUBSTITUTE] == pytest.approx(expected)
    assert w.scene_f64[scene.WORTH] == valuation.worth_for(model.handle, 1.0)
    w.product_f64[scene.SEVERITY, H20] = 0.5
    valuation.decide_worth(model.handle, day)
    assert w.scene_f64[scene.SUBSTITUTE] == pytest.approx(ascend)
    w.product_f64[scene.SEVERITY, [H20, ASCEND_910B]] = 0.49, 0.5
    valuation.decide_worth(model.handle, day)
    assert w.scene_f64[scene.SUBSTITUTE] == pytest.approx(valuation.NO_SUBSTITUTE if day < launch_day - 45 else chip)


@pytest.mark.parametrize(("order", "written"), [(-1.0, 0.0), (0.0, 0.0), (0.5, 0.75), (10.0, 15.0), (90.0, 46.0)])
def test_an_order_is_inflated_up_to_a_part_of_the_need(order: float, written: float) -> None:
    assert valuation.inflated_order(order, 0.5, 0.5, 200.0, 46.0 / 200.0 * MONTH_DAYS / 7) == pytest.approx(written)


@pytest.mark.parametrize(("severity", "is_stopped"), [(0.5, True), (0.49, False)])
def test_from_half_its_flow_on_a_card_counts_as_stopped(severity: float, is_stopped: bool) -> None:
    model = market()
    model.world.product_f64[scene.SEVERITY, A800] = severity
    assert valuation.market_view(model.handle)[6] == is_stopped
    assert valuation.substitute_price(60_000.0, 0.5, 2.0, -5_000.0, 0.8) == 120_000.0


# ------------------------------------------------------------------ orders in the auction


@pytest.mark.parametrize(("price", "tick"), [(0.0, 1), (199.0, 1), (200.0, 2), (5050.0, 50), (6000.0, 55), (1e9, 55)])
def test_limit_prices_lie_on_the_grid_and_under_a_cap_on_resale(price: float, tick: int) -> None:
    assert quoting.tick_of(price, 5500.0, 100.0, 1000) == tick
    assert quoting.tick_of(price, 1e12, 100.0, 50) == min(int(price / 100) or 1, 49)


@pytest.mark.parametrize("cards", [0, 1, -1, trader.MOST_QUOTED, -trader.MOST_QUOTED])
def test_no_order_is_for_more_than_fits(cards: int) -> None:
    assert quoting.quotable(cards) == cards
    sign = (cards > 0) - (cards < 0)
    assert quoting.quotable(cards * 10**9) == sign * (trader.MOST_QUOTED if cards else 0)


def test_an_order_for_cards_of_each_product() -> None:
    model = market()
    beta, lab = account(model, "beta"), account(model, "lab")
    model.world.quote_i32[:], model.world.h20_quote_i32[:] = 0, 0
    first, second = trader.TICK, trader.QUANTITY
    for holder, product, cells in (
        (beta, A800, [("quote_i32", first, beta, 70), ("quote_i32", second, beta, -3)]),
        (beta, H20, [("h20_quote_i32", first, beta, 70), ("h20_quote_i32", second, beta, -3)]),
        (lab, A800, [("quote_i32", first, lab, 70), ("quote_i32", second, lab, -3)]),
        (lab, H20, []),
    ):
        found = changes(model, quoting.post_quote, holder, product, 7000.0, -3)
        assert_changes(found, {cell[:3]: cell[3] for cell in cells})
    for holder, name in ((beta, "h20_quote_i32"), (lab, None)):
        found = changes(model, quoting.clear_quotes, holder)
        assert_changes(found, {("quote_i32", second, holder): 3}, {(name, second, holder): 3} if name else {})
