"""What keeps the engine quick and small, without a clock: counted calls, signatures, bytes and operations."""

from __future__ import annotations

import gc
import importlib
import os
import pkgutil
import subprocess
import sys
import tracemalloc
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import market
from market import GpuMarket, load_scenario
from market import day as compiled_day
from market.kernels.compile import IS_INTERPRETED
from market.state.handle import handle_of

ROOT = Path(__file__).resolve().parents[2]
BYTES_OF_A_STARTUP = 120
BYTES_OF_A_SPECULATOR = 256
COMPILED_ROOMS = ("agents", "markets", "observers", "state", "day")

needs_compiler = pytest.mark.skipif(IS_INTERPRETED, reason="numba is switched off")


# ------------------------------------------------------------------ Python calls


def python_calls(model: GpuMarket) -> Counter[str]:
    """Return the calls of Python functions, and from Python, in one step."""
    calls: Counter[str] = Counter()

    def count(frame: Any, event: str, argument: Any) -> None:
        if event == "call":
            calls[frame.f_code.co_qualname] += 1
        elif event == "c_call":
            calls[getattr(argument, "__qualname__", repr(argument))] += 1

    sys.setprofile(count)
    try:
        model.step()
    finally:
        sys.setprofile(None)
    return calls


def market_of(startups: int, speculators: int) -> GpuMarket:
    model = GpuMarket("tiny", seed=1, population__startups=startups, population__speculators=speculators)
    model.advance(40)
    model.step()  # once, for what Mesa and Python remember of a first step
    return model


def test_a_step_takes_as_many_python_calls_for_any_number_of_agents() -> None:
    few = python_calls(market_of(20, 10))
    many = python_calls(market_of(3_000, 1_000))
    assert few == many
    assert sum(few.values()) < 60


def test_the_count_sees_a_loop_over_agents() -> None:
    class Looping(GpuMarket):
        def step(self) -> None:
            super().step()
            for agent in self.agents_by_type[market.Startup]:
                agent.world  # noqa: B018

    counts = []
    for n in (20, 60):
        model = Looping(scenario="tiny", seed=1, population__startups=n)
        model.step()
        counts.append(sum(python_calls(model).values()))
    assert counts[1] - counts[0] >= 40


# ------------------------------------------------------------------ the handle


@needs_compiler
def test_compiled_code_counts_no_references_to_the_world() -> None:
    import numba

    def read(world: Any) -> float:
        return world.p[0] + world.startup_f32[0, 0]

    def cut(array: np.ndarray) -> np.ndarray:
        return array[1:]

    model = GpuMarket("tiny", seed=1)
    texts = []
    for function, argument in ((read, model.handle), (cut, model.world.p)):
        code = numba.njit(function)
        code(argument)
        texts += code.inspect_llvm().values()
    assert "@NRT_incref" not in texts[0]
    assert "@NRT_incref" in texts[1]  # so they would be seen


@needs_compiler
def test_a_handle_keeps_its_world_and_takes_no_view() -> None:
    model = GpuMarket("tiny", seed=1)
    handle, world = model.handle, model.world
    assert handle.world is world
    with pytest.raises(ValueError, match=r"World\.p is a view"):
        handle_of(world._replace(p=np.zeros(2 * world.p.size)[::2]))


# ------------------------------------------------------------------ compiled signatures


def compiled_functions() -> dict[str, Any]:
    """Return the compiled functions of the model's rooms, by name."""
    found: dict[str, Any] = {}
    for info in pkgutil.walk_packages(market.__path__, "market."):
        if info.name.split(".")[1] in COMPILED_ROOMS:
            module: ModuleType = importlib.import_module(info.name)
            for name, function in vars(module).items():
                if hasattr(function, "py_func") and function.py_func.__module__ == info.name:
                    found[f"{info.name}.{name}"] = function
    return found


def signatures_on_disk(function: Any) -> list[tuple[Any, ...]]:
    """Return the signatures over the World that the cache holds of a function, whoever compiled them."""
    index = function._cache._cache_file._load_index()
    return [key[0] for key in index if "WorldTable" in str(key[0][:1])]


@needs_compiler
def test_every_function_of_the_world_is_compiled_for_one_signature() -> None:
    GpuMarket("tiny", seed=1).advance(1)
    signatures = {name: signatures_on_disk(function) for name, function in compiled_functions().items()}
    assert {name: found for name, found in signatures.items() if len(found) > 1} == {}
    assert sum(len(found) == 1 for found in signatures.values()) > 100


@needs_compiler
def test_no_function_computes_with_fewer_digits() -> None:
    """Real numbers of narrow columns are arguments of `wide` alone."""
    GpuMarket("tiny", seed=1).advance(1)
    signatures = {name: function._cache._cache_file._load_index() for name, function in compiled_functions().items()}
    found = {name for name, index in signatures.items() for key in index if "float32" in map(str, key[0])}
    assert found == {"market.state.columns.wide"}


CHANGED_SCENARIOS = """
from market import Cloud, GpuMarket, load_scenario, run
from market import day
from market.state import draw, log
class Same(Cloud):
    def order(self):
        return super().order()
for scenario in ("tiny", "no_rule", "no_speculators", "uniform_allotment"):
    run(scenario, seed=1, days=3)
run("tiny", seed=2, days=3, population__startups=0, population__speculators=0)
run(load_scenario("tiny", {"rule.us_2023": {"remove": True}, "primary.deposit_share": 0.2}), seed=2, days=3)
GpuMarket("tiny", seed=1, agents=[Same]).advance(3)
entered = [day.advance, day.day, log.has_room, draw.endow, draw.spread, draw.draw_startups, draw.draw_speculators]
print([len(function.signatures) for function in entered], sum(sum(f.stats.cache_misses.values()) for f in entered))
"""


@needs_compiler
def test_nothing_is_compiled_again_when_a_scenario_changes() -> None:
    GpuMarket("tiny", seed=1).advance(1)
    hooked = GpuMarket("tiny", seed=1)
    compiled_day.day(hooked.handle, 0, 0, 1)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", CHANGED_SCENARIOS]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[1, 1, 1, 1, 1, 1, 1] 0"


# ------------------------------------------------------------------ bytes


def bytes_of(startups: int, speculators: int) -> int:
    world = GpuMarket("tiny", seed=1, population__startups=startups, population__speculators=speculators).world
    return sum(block.nbytes for block in world)


@pytest.mark.skipif(IS_INTERPRETED, reason="interpreted columns are wide")
def test_a_startup_and_a_speculator_take_no_more_bytes_than_their_columns() -> None:
    base = bytes_of(20_000, 5_000)
    assert (bytes_of(40_000, 5_000) - base) / 20_000 <= BYTES_OF_A_STARTUP
    assert (bytes_of(20_000, 10_000) - base) / 5_000 <= BYTES_OF_A_SPECULATOR


def test_a_crowd_is_columns_and_nothing_in_python() -> None:
    """No list of ids, names or agents grows with the population."""
    GpuMarket("tiny", seed=1, population__startups=100_000)  # what is imported and kept once
    counts = []
    for n in (20_000, 60_000):
        gc.collect()
        tracemalloc.start()
        model = GpuMarket("tiny", seed=1, population__startups=n)
        columns = sum(block.nbytes for block in model.world)
        counts.append(tracemalloc.get_traced_memory()[0] - columns)
        tracemalloc.stop()
        assert model.day == 0
    assert abs(counts[1] - counts[0]) < 40_000  # a byte a startup


def test_nothing_is_kept_from_step_to_step() -> None:
    """What days leave behind is in the record, which was there before, and in the journal, once the logs are full.

    Python's pools of free objects grow in bursts; what a step kept would show in every hundred of them.
    """
    model = GpuMarket("tiny", seed=1)
    model.advance(50)
    tracemalloc.start()
    memory, objects = [], []
    for _ in range(8):
        chunks = sum(map(len, model.journal._chunks.values()))
        gc.collect()
        before = tracemalloc.get_traced_memory()[0], len(gc.get_objects())
        for _ in range(100):
            model.step()
        gc.collect()
        if sum(map(len, model.journal._chunks.values())) == chunks:
            memory.append(tracemalloc.get_traced_memory()[0] - before[0])
            objects.append(len(gc.get_objects()) - before[1])
    tracemalloc.stop()
    assert len(memory) > 2
    assert min(memory) < 100 * 30  # not an object a step
    assert min(objects) < 10


def test_models_that_nobody_holds_are_forgotten() -> None:
    gc.collect()
    before = sum(type(thing) is GpuMarket for thing in gc.get_objects())
    for seed in range(3):
        GpuMarket("tiny", seed=seed).advance(2)
    gc.collect()
    assert sum(type(thing) is GpuMarket for thing in gc.get_objects()) == before


# ------------------------------------------------------------------ operations


COUNTED_AUCTION = """
import numpy as np
from market.kernels.clear import clear
from market.kernels.luck import below

class Counting(np.ndarray):
    reads = 0
    def __getitem__(self, item):
        Counting.reads += 1
        return super().__getitem__(item)

def counted(n, n_ticks):
    draw = lambda name, limit: np.array([below(7, name, n, i, 0, limit) for i in range(n)], np.int64).view(Counting)
    arrays = [draw(k, limit) for k, limit in enumerate((n_ticks, 50, n_ticks, 50))]
    keys, out, other = draw(9, 2**40), draw(10, 1), draw(11, 1)
    Counting.reads = 0
    clear(*arrays, n, n, 3, 7, 11, n, keys, keys, np.zeros((2, n_ticks), np.int64), out, other)
    return Counting.reads

print(*[counted(n, ticks) for ticks in (200, 1) for n in (500, 1000, 2000, 4000)])
"""


def test_an_auction_costs_in_proportion_to_its_orders() -> None:
    """Counted reads of the order book, spread over ticks and all at one price, where the drawn order decides."""
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-W", "ignore", "-c", COUNTED_AUCTION]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, cwd=ROOT)
    reads = np.array(done.stdout.split(), dtype=float).reshape(2, 4)
    by_order = reads / np.array([500, 1000, 2000, 4000])
    assert (by_order.max(axis=1) / by_order.min(axis=1) < 1.35).all(), by_order
    assert by_order.max() < 60


def test_a_scenario_is_not_read_again_by_those_who_have_it() -> None:
    scenario = load_scenario("tiny")
    assert load_scenario(scenario) is scenario
    assert GpuMarket(scenario, seed=1).scenario is scenario
