"""Carry out a plan: races, memory, decisions in Python, imports, sweeps, a huge run, a cold compile."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Mapping

import numpy as np

from market import Cloud, GpuMarket, load_scenario
from tests.benchmarks import processes
from tests.benchmarks.fused import full_and_fused_ns
from tests.benchmarks.gates import Measured, with_missing
from tests.benchmarks.plan import DEFAULT, N_DAYS, Plan, Race, world_of
from tests.benchmarks.race import ADVANCE, IDIOMATIC, STEP, TUNED, Timings, engine_at, in_turns, race, stepping

__all__ = ["carry_out", "say"]

GATED = {DEFAULT: "default size", "100,000 startups": "1e5 startups"}
MILLION = 10**6
FLOOR_DAYS = 9
OVERRIDDEN = "overridden"


def say(text: str) -> None:
    """Tell what is being done, on standard error."""
    print(f"... {text}", file=sys.stderr, flush=True)


def carry_out(plan: Plan, is_quick: bool) -> tuple[dict[str, Timings], list[Measured]]:
    """Measure everything of a plan: timings of the races, and measures with every gate among them."""
    timings: dict[str, Timings] = {}
    for world, entry in plan.races.items():
        field = entry.field
        say(f"{world}: {', '.join(entry.names)}; {field.rounds} x {field.days} days from day {field.first_day}")
        timings[world] = race(field, entry.names)
    say("clouds overridden in Python, memory, imports, sweeps")
    found = ratios(timings) + overridden(3, plan.overridden_days) + memory(plan.memory_rows)
    found += processes.import_ratios(plan.import_rounds) + sweeps(is_quick)
    startups, speculators = engine_days(plan.races, timings)
    if plan.floor_rows:
        say("the least that a day does with a startup")
        found += floor_at(plan.floor_rows)
    if plan.huge_rows:
        say(f"{plan.huge_rows:,} startups over the whole calendar, in a process of its own")
        measures, startups[plan.huge_rows] = at_huge_size(plan.huge_rows, plan.window)
        found += measures
    if plan.with_cold_compile:
        say("the first day with nothing compiled")
        found += processes.cold_compile()
    found.append(exponent("exponent of run time in startups", startups))
    found.append(exponent("exponent of run time in speculators", speculators))
    return timings, with_missing(found)


def ratios(timings: Mapping[str, Timings]) -> list[Measured]:
    """Ratios of the races; those with a gate under its name."""
    found = []
    for world, times in timings.items():
        label = GATED.get(world, world)
        for twin in (IDIOMATIC, TUNED):
            if twin in times.ms:
                found.append(times.ratio(f"{label}: {twin} / step()", twin, STEP))
        if STEP in times.ms:
            found.append(times.ratio(f"{label}: step() / advance()", STEP, ADVANCE))
    return found


def engine_days(entries: Mapping[str, Race], timings: Mapping[str, Timings]) -> tuple[dict[int, float], ...]:
    """Milliseconds a day of `advance` by number of startups, and by number of speculators."""
    startups = {entry.startups: timings[world].day(ADVANCE) for world, entry in entries.items() if entry.startups}
    traders = {entry.speculators: timings[world].day(ADVANCE) for world, entry in entries.items() if entry.speculators}
    return startups, traders


def exponent(name: str, day_ms: Mapping[int, float]) -> Measured:
    """Slope of log time over log size."""
    slope = float(np.polyfit(np.log(list(day_ms)), np.log(list(day_ms.values())), 1)[0])
    return Measured(name, slope, note=f"{min(day_ms):,} to {max(day_ms):,}")


def memory(rows: int) -> list[Measured]:
    """Bytes that one more startup, or speculator, costs in the World."""

    def grown(population: str) -> float:
        once, twice = (
            sum(array.nbytes for array in GpuMarket(world_of(**{population: n}), 1).world) for n in (rows, 2 * rows)
        )
        return (twice - once) / rows

    note = f"{rows:,} to {2 * rows:,} rows"
    return [
        Measured("memory per startup", grown("startups"), "B", note=note),
        Measured("memory per speculator", grown("speculators"), "B", note=note),
    ]


class RepeatingCloud(Cloud):
    """A cloud whose decisions are all made in Python, and are the compiled ones."""

    def own_model_need_tomorrow(self) -> float:
        return super().own_model_need_tomorrow()

    def order(self) -> int:
        return super().order()

    def fraction_to_post(self) -> float:
        return super().fraction_to_post()

    def tender_floors(self) -> dict[int, float | None]:
        return super().tender_floors()

    def set_aside(self) -> int:
        return super().set_aside()

    def quote(self) -> tuple[float, int]:
        return super().quote()


def overridden(rounds: int, days: int) -> list[Measured]:
    """What it costs to make all clouds' decisions in Python, at the default size."""
    compiled, in_python = engine_at(world_of(), 1), engine_at(world_of(), 1, agents=[RepeatingCloud])
    runners = {STEP: stepping(compiled), OVERRIDDEN: stepping(in_python)}
    times = in_turns(runners, rounds, days)
    return [times.ratio("all clouds overridden in Python / compiled", OVERRIDDEN, STEP)]


def floor_at(rows: int) -> list[Measured]:
    """The full day against the fused pass, at a size that fits in this process."""
    model = engine_at(world_of(startups=rows), 1)
    return _against_floor(rows, *full_and_fused_ns(model, model.day + FLOOR_DAYS))


def _against_floor(rows: int, full_ns: list[float], fused_ns: list[float]) -> list[Measured]:
    size, ratios = "1e6" if rows == MILLION else f"{rows:,}", [a / b for a, b in zip(full_ns, fused_ns, strict=True)]
    return [
        Measured.median(f"full day / fused startup kernel, per row at {size}", ratios),
        Measured.median(f"full day at {size}", full_ns, "ns/row"),
        Measured.median(f"fused startup kernel at {size}", fused_ns, "ns/row"),
    ]


def at_huge_size(rows: int, window: tuple[int, int]) -> tuple[list[Measured], float]:
    """Measures of runs in processes of their own, and the milliseconds of a day in the window."""
    found = processes.huge_run(rows, window, N_DAYS)
    size = "1e6" if rows == MILLION else f"{rows:,}"
    measures = [
        *_against_floor(rows, found["full_ns"], found["fused_ns"]),
        Measured(f"peak memory, {size} startups for 1,096 days", found["peak_mb"], "MB"),
        Measured("peak memory as a Mesa model", found["mesa_peak_mb"], "MB", note="with pandas, pyarrow, SciPy"),
        Measured("memory before the engine is made", found["begun_mb"], "MB"),
        Measured(f"{size} startups for 1,096 days, wall", found["wall_s"], "s"),
    ]
    return measures, measures[1].value * rows / 1e6


def sweeps(is_quick: bool) -> list[Measured]:
    """Measures of sweeps, if ``tests.benchmarks.sweeps`` is there: its ``measured(is_quick)``."""
    if importlib.util.find_spec("tests.benchmarks.sweeps") is None:
        return []
    return list(importlib.import_module("tests.benchmarks.sweeps").measured(is_quick))


def warm_up() -> None:
    """Load the compiled kernels, or compile them."""
    engine_at(load_scenario("tiny"), 1)
