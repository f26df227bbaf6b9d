"""What must be true of any world at the end of the calendar, and on the way there."""

from __future__ import annotations

import numpy as np

from market import GpuMarket, Result, Scenario, result_of
from market.state import accounts, primary, scene
from market.state import cloud as c
from market.state import startup as s
from market.state.products import FIRST_FIRM

N_DAYS = 1096
NEVER_A_GAP = (
    "spot_price_cny",
    "list_rent_cny_per_card_month",
    "true_demand_cards",
    "spot_volume_cards",
    "online_cards",
)
MAY_BE_UNKNOWN = {"daily_f64", "firm_f64"}  # records: a lead time after a stop, a price before a launch
WORK_SPACE = {"host_f64", "share_f64"}
GRID_ROUNDING = 1e-6  # of a tick


def run_whole(scenario: Scenario, seed: int) -> tuple[GpuMarket, Result]:
    """Run the calendar, and assert of every world what must be true of any."""
    model = GpuMarket(scenario, seed=seed)
    assert model.advance(N_DAYS) == N_DAYS  # the books were closed every day, or this would have raised
    result = result_of(model)
    world, daily = model.world, result.daily
    assert (daily["spot_price_cny"] > 0).all()
    assert_prices_on_the_grid(scenario, result)
    for name in NEVER_A_GAP:
        assert np.isfinite(daily[name]).all(), name
    for name, block in world._asdict().items():
        if block.dtype.kind == "f" and name not in MAY_BE_UNKNOWN | WORK_SPACE:
            assert np.isfinite(block).all(), name
    assert (world.card_i64[:, FIRST_FIRM:] >= 0).all()
    assert (world.account_i64[accounts.CASH_FEN, FIRST_FIRM:] >= 0).all()
    assert (world.startup_i32[s.TRANSIT_CARDS : s.ONLINE_CARDS + 1] >= 0).all()
    assert (world.firm_i64[accounts.BASIS_FEN, FIRST_FIRM:] >= 0).all()
    assert_orders_add_up(model, result)
    assert_contracts_add_up(model)
    return model, result


def assert_orders_add_up(model: GpuMarket, result: Result) -> None:
    orders = result.orders
    open_cards = orders["cards"] - orders["delivered_cards"] - orders["cancelled_cards"]
    assert (orders["cards"] > 0).all()
    assert (open_cards >= 0).all()
    assert open_cards.sum() == model.world.buyer_i64[primary.BACKLOG].sum()
    assert (model.world.buyer_i64[primary.BACKLOG] >= 0).all()
    assert result.deliveries["cards"].sum() == orders["delivered_cards"].sum()
    assert (result.deliveries["cards"] > 0).all()
    assert model.world.clock[scene.N_ORDERS] < model.world.order_i64.shape[1]


def assert_contracts_add_up(model: GpuMarket) -> None:
    world = model.world
    contracts = world.contract_i32.T.astype(np.int64)
    is_running = contracts[s.CONTRACT] != 0
    assert (contracts[s.CARDS][is_running] > 0).all()
    assert (contracts[s.SERVED_TODAY] <= contracts[s.CARDS]).all()
    assert (contracts[s.SERVED_CARD_DAYS] <= contracts[s.PROMISED_CARD_DAYS]).all()
    hosts, cards = contracts[s.CLOUD][is_running], contracts[s.CARDS][is_running]
    promised = np.bincount(hosts, cards, world.cloud_i64.shape[1])
    assert promised.tolist() == world.cloud_i64[c.CONTRACT_CARDS].tolist()
    used = world.cloud_i64[[c.OWN_SERVED, c.OTHER_SERVED, c.CONTRACT_SERVED]].sum(axis=0)
    alive = world.cloud_i64[c.STATUS] == 1
    assert (used[alive] <= world.cloud_i64[c.CAPACITY][alive]).all()


def assert_prices_on_the_grid(scenario: Scenario, result: Result) -> None:
    """Every price of a day with trade is a whole number of half ticks (the midpoint of two) within the grid."""
    tick, n_ticks = scenario.parameters["spot.tick_cny"], scenario.parameters["spot.n_ticks"]
    traded = result.daily.loc[result.daily["spot_volume_cards"] > 0, "spot_price_cny"].to_numpy()
    halves = traded / tick * 2.0
    assert np.abs(halves - np.round(halves)).max(initial=0.0) < GRID_ROUNDING
    assert ((traded >= tick) & (traded <= tick * n_ticks)).all()
