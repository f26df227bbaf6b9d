"""The same scenario and seed give the same bytes however the days are run: workers, processes, threads, no compiler."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from market import Cloud, GpuMarket, Speculator, Startup, load_scenario, result_of, run
from market.kernels.compile import IS_INTERPRETED
from market.observers.digest import digest
from market.state.products import A800
from market.state.scene import SPOT_CNY
from market.sweep import each_seed

ROOT = Path(__file__).resolve().parents[2]
SEEDS = (1, 2, 3, 4, 5)
DAYS = 200
CUT = 77
SHORT_DAYS = 40  # interpreted, a day takes some twenty milliseconds
BUST = {"startups__cash_cny": 2e6, "startups__staff_cny_per_month": 3e6, "funding__hazard": 0.0}
INTERPRETED = f"""
from market import run
from market.kernels.compile import IS_INTERPRETED
from market.observers.digest import digest
assert IS_INTERPRETED
print(digest(run("tiny", seed=3, days={SHORT_DAYS})))
print(digest(run("tiny", seed=3, days={SHORT_DAYS}, **{BUST})))
"""


def digest_of_seed(seed: int) -> str:
    return digest(run("tiny", seed, days=DAYS))


@pytest.fixture(scope="module")
def expected() -> list[str]:
    return [digest_of_seed(seed) for seed in SEEDS]


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_any_number_of_workers_gives_the_same_bytes(workers: int, expected: list[str]) -> None:
    assert each_seed(load_scenario("tiny"), SEEDS, digest, workers=workers, days=DAYS) == expected


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_forked_and_spawned_processes_give_the_same_bytes(method: str, expected: list[str]) -> None:
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(method)) as pool:
        assert list(pool.map(digest_of_seed, SEEDS)) == expected


def test_threads_side_by_side_give_the_same_bytes(expected: list[str]) -> None:
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(digest_of_seed, SEEDS)) == expected


@pytest.mark.skipif(IS_INTERPRETED, reason="numba is switched off")
def test_days_without_the_compiler_give_the_same_bytes() -> None:
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-W", "error::RuntimeWarning", "-c", INTERPRETED]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    compiled = [digest(run("tiny", seed=3, days=SHORT_DAYS, **changed)) for changed in ({}, BUST)]
    assert done.stdout.split() == compiled


# ------------------------------------------------------------------ pickled half-way


class Anchored(Speculator):
    """Remembers the highest price it has seen, and expects it to come back."""

    highest_cny = 0.0

    def expected_price(self) -> float:
        self.highest_cny = max(self.highest_cny, self.world.product_f64[SPOT_CNY, A800])
        return self.highest_cny


class Same(Cloud):
    """Decides as the rule does."""

    def set_aside(self) -> int:
        return super().set_aside()


def half_way(agents: Any = (), **overrides: Any) -> GpuMarket:
    model = GpuMarket("tiny", seed=6, agents=agents, **overrides)
    model.advance(CUT)
    return model


def to_the_end(model: GpuMarket) -> str:
    model.advance(DAYS - model.day)
    return digest(result_of(model))


@pytest.mark.parametrize("agents", [(), [Anchored], {"baidu_cloud": Same}], ids=["default", "a kind", "one"])
def test_a_model_pickled_half_way_goes_on_to_the_same_bytes(agents: Any) -> None:
    model = half_way(agents)
    twin = pickle.loads(pickle.dumps(model))
    assert to_the_end(twin) == to_the_end(model) == to_the_end(GpuMarket("tiny", seed=6, agents=agents))


def test_a_pickled_model_is_a_copy_of_its_own() -> None:
    model = half_way()
    twin = pickle.loads(pickle.dumps(model))
    twin.advance(10)
    assert (model.day, twin.day) == (CUT, CUT + 10)
    assert twin.journal.world is twin.world is not model.world
    first = next(iter(twin.agents_by_type[Cloud]))
    assert first.model is twin
    assert first.cash_fen == twin.world.account_i64[0, first.account]


def test_the_views_of_a_pickled_crowd_are_made_when_they_are_looked_at() -> None:
    crowd = GpuMarket("tiny", seed=1, population__startups=3_000)
    seen = crowd.agents_by_type[Startup][2_500]
    twin = pickle.loads(pickle.dumps(crowd))
    again = twin.agents_by_type[Startup]
    assert len(again) == 3_000
    assert again[2_500].id == seen.id
    assert again[2_499].cash_fen == crowd.agents_by_type[Startup][2_499].cash_fen
    twin.advance(20)
    crowd.advance(20)
    assert digest(result_of(twin)) == digest(result_of(crowd))


def test_agents_take_their_own_memory_along_when_pickled() -> None:
    model = half_way([Anchored])
    twin = pickle.loads(pickle.dumps(model))
    remembered = [agent.highest_cny for agent in model.agents_by_type[Anchored]]
    assert [agent.highest_cny for agent in twin.agents_by_type[Anchored]] == remembered
    assert max(remembered) > 0
