"""Several implementations of one market over the same days, in turns, on process time.

A race opens the engine and the twins on one morning and runs the same few days with each of them in every round; the
first of a round is another each time. Ratios are of CPU time within a round, so whatever slows the machine for a
while slows both sides of a ratio; medians are over rounds. Making agents, loading kernels and collecting garbage are
not timed.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import mesa
import numpy as np

from market import GpuMarket, Scenario
from tests.benchmarks.gates import Measured
from tests.benchmarks.idiomatic import IdiomaticMarket
from tests.benchmarks.opening import opening_of
from tests.benchmarks.tuned import TunedMarket

__all__ = ["ADVANCE", "IDIOMATIC", "STEP", "TUNED", "Field", "Timings", "engine_at", "race"]

STEP = "step()"
ADVANCE = "advance()"
TUNED = "tuned Mesa"
IDIOMATIC = "idiomatic Mesa"
Runner = Callable[[int], object]


@dataclass(frozen=True)
class Timings:
    """CPU milliseconds a day of each contender, by round."""

    ms: Mapping[str, np.ndarray]

    def day(self, name: str) -> float:
        """Median of a contender."""
        return float(np.median(self.ms[name]))

    def ratio(self, label: str, name: str, to: str) -> Measured:
        """How much longer one takes than another: median of the rounds' ratios."""
        return Measured.median(label, self.ms[name] / self.ms[to])


@dataclass(frozen=True)
class Field:
    """Where a race is run: a world, the morning it starts from, rounds, and days a round."""

    scenario: Scenario
    first_day: int
    rounds: int
    days: int
    seed: int = 1


def engine_at(scenario: Scenario, day: int, seed: int = 1, agents: Sequence[type] = ()) -> GpuMarket:
    """The engine's market on a morning."""
    model = GpuMarket(scenario, seed, agents)
    if day > 0:
        model.advance(day)
    return model


def stepping(model: mesa.Model) -> Runner:
    """Runs a model day by day."""

    def run(days: int) -> None:
        for _ in range(days):
            model.step()

    return run


def race(field: Field, names: Sequence[str] = (STEP, ADVANCE, TUNED, IDIOMATIC)) -> Timings:
    """Let contenders run the same days in turns."""
    gc.collect()
    gc.freeze()  # or the compiler's objects would lengthen every collection that a twin causes
    models: list[mesa.Model] = []
    runners: dict[str, Runner] = {}
    for name in names:
        engine = engine_at(field.scenario, field.first_day, field.seed)
        if name == ADVANCE:
            runners[name] = engine.advance
        elif name == STEP:
            runners[name] = stepping(engine)
        else:
            twin = (TunedMarket if name == TUNED else IdiomaticMarket)(opening_of(engine))
            models.append(twin)
            runners[name] = stepping(twin)
    try:
        return in_turns(runners, field.rounds, field.days)
    finally:
        gc.unfreeze()
        for model in models:
            mesa.Agent._ids.pop(model, None)  # Mesa's table of counters would keep every model alive


def in_turns(runners: Mapping[str, Runner], rounds: int, days: int) -> Timings:
    """Time the runners round by round."""
    names = list(runners)
    ms: dict[str, list[float]] = {name: [] for name in names}
    for k in range(rounds):
        for name in names[k % len(names) :] + names[: k % len(names)]:
            gc.collect()
            started = time.process_time()
            runners[name](days)
            ms[name].append((time.process_time() - started) * 1e3 / days)
    return Timings({name: np.array(times) for name, times in ms.items()})
