"""The rivals: what they know, what their paths are like, where they are silent."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pytest
from scipy import stats

from experiments.prediction.ensemble import Ensemble
from experiments.prediction.rivals import (
    RIVALS,
    Sighting,
    autoregression,
    cleared_price,
    histories,
    random_walk,
    reverted,
    supply_demand,
    walked,
)
from experiments.readings.quantities import DATES, QUANTITIES
from experiments.statistics.intervals import generator
from experiments.worlds.information import CUT

N = 2_000


@pytest.fixture(scope="module")
def ensembles() -> dict[str, Ensemble]:
    return {made.name: made for made in (random_walk(N), autoregression(N), supply_demand(N))}


def quotes(values: list[float], error: float = 0.01, every: int = 30) -> list[Sighting]:
    first = CUT - dt.timedelta(days=every * (len(values) - 1))
    return [Sighting(first + dt.timedelta(days=every * k), value, error) for k, value in enumerate(values)]


def simulated(volatility: float, half_life: float, n: int, seed: int) -> list[float]:
    """Monthly levels of a process in logs about log 100; volatility a year."""
    luck = np.random.default_rng(seed)
    keep = 0.0 if half_life == 0 else 2.0 ** (-30.0 / half_life)
    level, out = 0.0, []
    for _ in range(n):
        out.append(100.0 * math.exp(level))
        level = (level if math.isinf(half_life) else keep * level) + volatility * math.sqrt(30 / 365.25) * float(
            luck.standard_normal()
        )
    return out


def test_nothing_in_a_history_lies_after_the_cut() -> None:
    assert all(sighting.day <= CUT for seen in histories().values() for sighting in seen)


def test_histories_move_forward_in_time() -> None:
    for seen in histories().values():
        days = [sighting.day for sighting in seen]
        assert days == sorted(days)
        assert len(set(days)) == len(days)


def test_every_rival_but_the_last_is_silent_where_nothing_had_been_reported(ensembles: dict[str, Ensemble]) -> None:
    for name in ("idle_share", "maker_delivered_share", "startup_exit_share"):
        assert not any(ensemble.speaks_of(name) for ensemble in ensembles.values())
    assert not ensembles["supply_demand"].speaks_of("wait_months")
    for ensemble in ensembles.values():
        assert ensemble.speaks_of("spot_price_cny")
        assert ensemble.speaks_of("nvidia_china_revenue_busd")
    assert list(RIVALS) == [*ensembles, "no_speculators"]


def test_paths_are_positive_finite_and_whole(ensembles: dict[str, Ensemble]) -> None:
    for ensemble in ensembles.values():
        for name, paths in ensemble.paths.items():
            assert name in QUANTITIES
            assert paths.shape == (N, DATES.size)
            assert np.isfinite(paths).all()
            assert (paths > 0).all()


def test_the_same_call_gives_the_same_paths() -> None:
    once, again = random_walk(50), random_walk(50)
    assert all(np.array_equal(once.paths[name], again.paths[name]) for name in once.paths)


def test_a_random_walk_begins_at_the_last_quote_and_has_no_drift() -> None:
    paths = np.log(walked(quotes(simulated(0.2, math.inf, 40, 3)), 8_000, generator("test")))
    last = math.log(simulated(0.2, math.inf, 40, 3)[-1])
    assert paths[:, 0].mean() == pytest.approx(last, abs=0.005)
    assert np.median(paths[:, -1]) == pytest.approx(last, abs=0.02)


@pytest.mark.parametrize("volatility", [0.1, 0.4])
def test_a_random_walk_learns_the_volatility_of_a_long_history(volatility: float) -> None:
    history = simulated(volatility, math.inf, 400, 5)
    realised = np.diff(np.log(history)).std() * math.sqrt(365.25 / 30)
    paths = np.log(walked(quotes(history, error=1e-4), 8_000, generator("test")))
    spread = (paths[:, -1] - paths[:, 0]).std()
    assert spread == pytest.approx(realised * math.sqrt((DATES.size - 1) / 365.25), rel=0.04)


def test_the_spread_of_a_random_walk_grows_with_the_root_of_time() -> None:
    paths = np.log(walked(quotes(simulated(0.3, math.inf, 300, 7)), 8_000, generator("test")))
    moved = [(paths[:, days] - paths[:, 0]).std() for days in (100, 400)]
    assert moved[1] / moved[0] == pytest.approx(2.0, rel=0.06)


def test_an_autoregression_returns_to_the_mean_of_its_history() -> None:
    history = simulated(0.3, 60.0, 400, 11)
    history[-1] = 200.0  # far above the mean of about 100
    paths = reverted(quotes(history), 8_000, generator("test"))
    assert np.median(paths[:, 0]) > 150.0
    assert np.median(paths[:, -1]) == pytest.approx(100.0, rel=0.12)


def test_a_short_history_gives_fatter_tails_than_a_long_one() -> None:
    long = quotes(simulated(0.2, math.inf, 200, 13))
    tails = [stats.kurtosis(np.log(walked(seen, 8_000, generator("test")))[:, -1]) for seen in (long[-2:], long)]
    assert tails[0] > 1.0
    assert abs(tails[1]) < 0.3


def test_a_vague_last_quote_widens_the_first_day() -> None:
    sharp, vague = (
        walked([*quotes([100.0] * 30)[:-1], Sighting(CUT, 100.0, error)], 4_000, generator("test"))[:, 0].std()
        for error in (0.001, 0.3)
    )
    assert vague > sharp


def test_the_cleared_price_makes_demand_equal_to_supply_and_imports() -> None:
    luck = np.random.default_rng(17)
    demand, supply = luck.uniform(1_000, 9_000, 500), luck.uniform(0, 9_000, 500)
    elasticity, abroad, slope = luck.uniform(0.3, 1.5, 500), luck.uniform(1.0, 2.0, 500), luck.uniform(100, 5_000, 500)
    price = cleared_price(demand, elasticity, supply, abroad, slope)
    excess = demand * (1 - elasticity * (price - 1)) - supply - slope * np.maximum(price - abroad, 0)
    assert np.abs(excess[price > 0.1]).max() < 1e-6
    assert (excess[price == 0.1] < 0).all()
    assert (price > abroad).any()
    assert (price < abroad).any()


def test_a_stop_of_supply_raises_the_price_of_supply_and_demand(ensembles: dict[str, Ensemble]) -> None:
    paths = ensembles["supply_demand"].paths
    before, after = paths["spot_price_cny"][:, 0], paths["spot_price_cny"][:, 30]
    assert np.median(after) > 1.2 * np.median(before)
    revenue = paths["nvidia_china_revenue_busd"]
    assert np.median(revenue[:, 6]) < np.median(revenue[:, 0])
