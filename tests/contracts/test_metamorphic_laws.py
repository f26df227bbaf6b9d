"""Laws that relate one world to another: money as a veil, more supply, half a market, other planning days.

A law about bytes is checked exactly; a law about distributions by Welch's test over independent seeds, with the
level shared out over the outcomes, beside a negative control: a world that breaks the law and must be found out.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from market import GpuMarket, Result, Scenario, all_parameters, load_scenario, result_of, run
from market.state.world import WEEKDAY

LEVEL = 0.01  # chance that a law that holds is rejected, over all its outcomes together
HALF = 0.5
VEILED = 12  # seeds
LEAST_EQUAL = 6  # of these; about four in five are equal, so fewer have a chance of 1% at most
PAIRS = 30
BOOM = 365  # 2023-01-01
ALL = slice(None)
BEFORE_THE_STOP = slice(0, 654 - BOOM)  # to 2023-10-16
SEEDS = 16
REAL = {
    "orders": ("buyer", "product", "placed_date", "promised_date", "cards", "delivered_cards", "cancelled_cards"),
    "contracts": ("startup", "cloud", "cards", "fraction", "start_date", "end_date", "end_reason", "served_card_days"),
    "events": ("date", "kind", "actor", "counterparty", "cards"),
    "deliveries": ("date", "buyer", "product", "cards"),
}


# ------------------------------------------------------------------ money is a veil


def with_money(scale: float, name: str = "baseline") -> Scenario:
    """The same world in another unit of money: prices, cash, costs and the grid of ticks."""
    world = load_scenario(name)
    values = {p.name: world.parameters[p.name] * scale for p in all_parameters() if p.unit.startswith("CNY")}
    values |= {f"substitute.{s.product}.price_cny": s.price_cny * scale for s in world.substitutes}
    values |= {f"startup.{s.id}.cash_cny": s.cash_cny * scale for s in world.startups}
    return load_scenario(name, values)


def is_money(column: str) -> bool:
    return "_cny" in column


def test_all_money_halved_leaves_every_real_quantity_as_it_was() -> None:
    """Amounts are whole fen, so half of one is rounded; that may tip a need over a whole card, and from there worlds
    go apart. Until then every quantity is the same, and the first to differ differs by that one card."""
    halved, n_equal = with_money(HALF), 0
    for seed in range(1, VEILED + 1):
        whole, half = run("baseline", seed), run(halved, seed)
        days = _days_alike(whole, half)
        if days == len(whole.daily):
            n_equal += 1
            _assert_equal(whole, half)
            continue
        one, other = (result.daily.filter(regex="_cards$").iloc[days] for result in (whole, half))
        assert (one - other).abs().max() <= 1.0, f"seed {seed}, day {days}"
    assert n_equal >= LEAST_EQUAL


def _days_alike(whole: Result, half: Result) -> int:
    """Return the days before real quantities differ; need is divided by money, so its last digits may."""
    names = [name for name in whole.daily.select_dtypes("number") if not is_money(name)]
    alike = np.isclose(whole.daily[names], half.daily[names], rtol=1e-6, equal_nan=True).all(axis=1)
    return len(alike) if alike.all() else int(alike.argmin())


def _assert_equal(whole: Result, half: Result) -> None:
    for table, columns in REAL.items():
        pd.testing.assert_frame_equal(getattr(whole, table)[list(columns)], getattr(half, table)[list(columns)])
    money = [name for name in whole.daily.columns if is_money(name)]
    pd.testing.assert_frame_equal(whole.daily[money] * HALF, half.daily[money], rtol=1e-4)


def test_one_price_alone_halved_does_change_real_quantities() -> None:
    whole, half = run("baseline", 1), run("baseline", 1, supply__contract_price_cny=36_000)
    assert not whole.orders["cards"].equals(half.orders["cards"])


# ------------------------------------------------------------------ more supply


@cache
def prices(scenario: str, factor: float, seed: int) -> np.ndarray:
    """Daily spot price from January 2023 on, in CNY per card, in a world whose supply is multiplied."""
    share = load_scenario(scenario).parameters["supply.card_share"]
    result = run(load_scenario(scenario, {"supply.card_share": share * factor}), seed)
    return result.daily["spot_price_cny"].to_numpy()[BOOM:]


def cheaper_share(scenario: str, factor: float, pairs: int, days: slice = ALL) -> float:
    """Share of the pairs of one seed in which more supply makes cards cheaper on average over some days."""
    pair = ((prices(scenario, factor, seed), prices(scenario, 1.0, seed)) for seed in range(1, pairs + 1))
    return float(np.mean([more[days].mean() < usual[days].mean() for more, usual in pair]))


def test_a_fifth_more_supply_lowers_the_price_in_every_pair_while_supply_flows() -> None:
    assert cheaper_share("baseline", 1.2, PAIRS, BEFORE_THE_STOP) == 1.0
    assert cheaper_share("no_rule", 1.2, PAIRS // 2) == 1.0


def test_after_a_stop_more_supply_lowers_the_price_in_most_pairs_and_half_as_much_again_in_all() -> None:
    """Once nothing is shipped the price follows what users can pay, not the supply that would have been.

    A fifth more supply before the stop leaves other firms alive, with other contracts and less cash spent; in about a
    fifth of the pairs (of 250) the mean over 2023 and 2024 is then higher, by up to 4%, all of it from 2024.
    """
    assert 0.6 <= cheaper_share("baseline", 1.2, PAIRS) < 1.0
    assert cheaper_share("baseline", 1.5, PAIRS // 2) == 1.0


def test_supply_that_does_not_differ_leaves_the_price_as_it_is() -> None:
    assert cheaper_share("baseline", 1.0, 2) == 0.0


# ------------------------------------------------------------------ half a market


def mean_price(result: Result) -> float:
    """Mean spot price from the boom on, in CNY per card."""
    return float(result.daily["spot_price_cny"].to_numpy()[BOOM:].mean())


OUTCOMES: dict[str, Callable[[Result], float]] = {
    "mean price": mean_price,
    "mean rent": lambda r: float(r.daily["rent_cny_per_card_month"].mean()),
    "delivered cards a head": lambda r: r.daily["delivered_cards"].sum() / r.scenario.population.startups,
    "cards online a head": lambda r: r.daily["online_cards"].iloc[-1] / r.scenario.population.startups,
    "need a head": lambda r: r.daily["true_demand_cards"].mean() / r.scenario.population.startups,
    "share alive": lambda r: r.daily["startups_alive"].iloc[-1] / r.scenario.population.startups,
}


def sized(factor: float, **changes: float) -> Scenario:
    """A market without named startups, with everything that is counted in cards, firms or heads cut by a factor."""
    world = load_scenario("baseline")
    values: dict[str, Any] = {f"startup.{s.id}": {"remove": True} for s in world.startups}
    values |= {"population.startups": int(400 * factor), "population.speculators": int(200 * factor)}
    sizes = ("online_cards", "stock_cards", "own_training_cards", "own_training_boom_cards", "other_cards")
    for cloud in world.clouds:
        values |= {f"cloud.{cloud.id}.{size}": int(2 * getattr(cloud, size) * factor) for size in sizes}
    for maker in world.server_makers:
        values[f"server_maker.{maker.id}.stock_cards"] = int(2 * maker.stock_cards * factor)
        values[f"server_maker.{maker.id}.servers_per_day"] = int(2 * maker.servers_per_day * factor)
    for substitute in world.substitutes:
        values[f"substitute.{substitute.product}.monthly_cards"] = int(2 * substitute.monthly_cards * factor)
    extensive = (
        "supply.card_share", "servers.enterprise_cards_per_month", "servers.maker_cash_cny", "spot.import_slope",
        "spot.import_cap", "clouds.callers", "clouds.parent_buffer_cny", "primary.minimum_lot_cards",
        "primary.turn_and_earn_floor_cards",
    )  # fmt: skip
    values |= {name: 2 * world.parameters[name] * factor for name in extensive}
    return load_scenario("baseline", values | {name.replace("__", "."): value for name, value in changes.items()})


def sample(scenario: Scenario, seeds: range) -> pd.DataFrame:
    """Outcomes of a world, a row a seed."""
    results = (run(scenario, seed) for seed in seeds)
    return pd.DataFrame([{name: read(result) for name, read in OUTCOMES.items()} for result in results])


def smallest_p(one: pd.DataFrame, other: pd.DataFrame) -> float:
    """The smallest p-value of Welch's test over the outcomes, times their number (Bonferroni)."""
    p = stats.ttest_ind(one, other, equal_var=False).pvalue
    return float(np.nanmin(p) * one.shape[1])


@pytest.fixture(scope="module")
def whole_market() -> pd.DataFrame:
    return sample(sized(1.0), range(1, 1 + SEEDS))


def test_half_a_market_has_the_same_means_a_head(whole_market: pd.DataFrame) -> None:
    half = sample(sized(HALF), range(1001, 1001 + SEEDS))
    assert smallest_p(whole_market, half) > LEVEL
    # ... and not because nothing could be seen: the interval of every ratio is a few per cent wide.
    ratio = half.mean() / whole_market.mean()
    assert ratio.between(0.9, 1.1).all()


def test_half_a_market_with_the_supply_of_a_whole_one_is_found_out(whole_market: pd.DataFrame) -> None:
    share = 1.2 * load_scenario("baseline").parameters["supply.card_share"]
    other = sample(sized(HALF, supply__card_share=share), range(1001, 1001 + SEEDS))
    assert smallest_p(whole_market, other) < LEVEL


# ------------------------------------------------------------------ planning days


def replanned(seed: int, days: tuple[int, ...]) -> Result:
    """A run in which the firms that plan on weekday k plan on weekday `days[k]` instead."""
    model = GpuMarket("baseline", seed)
    weekday = model.world.calendar[WEEKDAY]
    weekday[:] = np.argsort(days)[weekday]
    model.advance(1096)
    return result_of(model)


def replanned_sample(days: tuple[int, ...], seeds: range) -> pd.DataFrame:
    results = (replanned(seed, days) for seed in seeds)
    return pd.DataFrame([{name: read(result) for name, read in OUTCOMES.items()} for result in results])


def test_planning_days_permuted_leave_the_distributions_as_they_are() -> None:
    usual = replanned_sample((0, 1, 2, 3, 4, 5, 6), range(1, 1 + SEEDS))
    other = replanned_sample((3, 0, 4, 1, 2, 5, 6), range(1001, 1001 + SEEDS))
    assert smallest_p(usual, other) > LEVEL


def test_planning_days_permuted_do_change_the_single_run() -> None:
    usual, other = replanned(1, (0, 1, 2, 3, 4, 5, 6)), replanned(1, (3, 0, 4, 1, 2, 5, 6))
    assert not usual.daily["ordered_cards"].equals(other.daily["ordered_cards"])
