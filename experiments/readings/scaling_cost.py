"""What a run costs by the number of agents, with the market's totals held: CPU time and memory, and how they grow.

A world with N agents of a kind has as many as asked for, each synthetic one smaller by the same factor in all that
says how large it is. Every size is run in a process of its own that does nothing else, one after the other, the sizes
interleaved, so that no run inherits another's memory and a slow minute of the machine does not fall on one size.
"""

from __future__ import annotations

import contextlib
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from experiments.statistics.intervals import RESAMPLES, generator
from experiments.study import Point
from market import GpuMarket, load_scenario, result_of, run

__all__ = ["SIZED", "cost_of", "growth", "measured_costs", "repeats_of", "sized_point"]

MEGABYTE, KILOBYTE = 1e6, 1024.0
QUICK_REPEATS, FULL_REPEATS = 1, 3
LARGEST_REPEATED = 100_000
"""Larger sizes are measured once."""

POPULATIONS = {"startups": "population.startups", "speculators": "population.speculators"}
SIZED = {
    "startups": (
        "startups.calls_cards",
        "startups.ambition_cards",
        "startups.cash_cny",
        "startups.staff_cny_per_month",
        "funding.median_round_cny",
    ),
    "speculators": ("speculation.capital_cny",),
}
"""Parameters that say how large a synthetic agent is; a named startup's rounds and staff do not change with them."""


def sized_point(population: str, size: int) -> Point:
    """Return the baseline with another number of agents of a kind, and the same total."""
    base = load_scenario("baseline")
    named = len(base.startups) if population == "startups" else 0
    factor = (getattr(base.population, population) - named) / (size - named)
    overrides: dict[str, Any] = {name: base.parameters[name] * factor for name in SIZED[population]}
    overrides[POPULATIONS[population]] = size
    return Point(f"{population}_{size}", overrides=overrides, values={"population": population, "size": size})


def cost_of(population: str, size: int, seed: int, days: int | None = None) -> dict[str, float]:
    """Return CPU seconds and memory of one run in this process; meant for a process that does nothing else.

    Returns
    -------
    dict of str to float
        `build_s`, `advance_s`, `tables_s` of CPU; `state_mb`, the model's columns; `before_mb` and `peak_mb`, the
        memory that the process held before the run and the most it held during it, libraries included.
    """
    run("tiny", seed=1, days=1)  # loads or compiles the kernels
    _forget_peak()
    before = _peak_mb()
    point = sized_point(population, size)
    started = time.process_time()
    model = GpuMarket(load_scenario(point.scenario, dict(point.overrides)), seed)
    built = time.process_time()
    model.advance(_days(model) if days is None else days)
    advanced = time.process_time()
    result_of(model)
    return {
        "build_s": built - started,
        "advance_s": advanced - built,
        "tables_s": time.process_time() - advanced,
        "state_mb": sum(column.nbytes for column in model.world) / MEGABYTE,
        "before_mb": before,
        "peak_mb": _peak_mb(),
    }


def repeats_of(size: int, quick: bool) -> int:
    return QUICK_REPEATS if quick else FULL_REPEATS if size <= LARGEST_REPEATED else 1


def measured_costs(plan: dict[str, dict[int, int]], quick: bool) -> pd.DataFrame:
    """Return the cost of every size, each run in a fresh process, the sizes interleaved."""
    rows = []
    for repeat in range(QUICK_REPEATS if quick else FULL_REPEATS):
        for population, sizes in plan.items():
            for size in (size for size in sizes if repeat < repeats_of(size, quick)):
                command = [
                    sys.executable,
                    "-m",
                    "experiments.readings.scaling_cost",
                    population,
                    str(size),
                    str(repeat + 1),
                ]
                told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
                cost = json.loads(told.strip().splitlines()[-1])
                rows.append({"population": population, "size": size, "repeat": repeat, **cost})
    return pd.DataFrame(rows)


def growth(costs: pd.DataFrame, smallest: int = 1_000) -> pd.DataFrame:
    """Return exponents of cost in the number of agents: slopes of logs, from `smallest` on.

    Returns
    -------
    pandas.DataFrame
        Columns `population`, `cost`, `from_size`, `to_size`, `exponent` (of the means over repeats), `low`, `high`
        (95%, one repeat of each size drawn at a time; empty without repeats), `per_agent` (cost of the largest size
        over its agents).
    """
    rows = []
    for population, group in costs.groupby("population", sort=False):
        large = group.loc[group["size"] >= smallest]
        sizes = np.sort(large["size"].unique())
        if sizes.size < 2:
            continue
        for cost in ("build_s", "advance_s", "state_mb", "peak_mb"):
            repeats = [large.loc[large["size"] == size, cost].to_numpy(float) for size in sizes]
            means = np.array([[values.mean() for values in repeats]])
            low, high = np.nan, np.nan
            if max(map(len, repeats)) > 1:
                luck = generator(f"{population} {cost}")
                drawn = np.stack([luck.choice(values, RESAMPLES) for values in repeats], axis=1)
                low, high = np.quantile(_slopes(sizes, drawn), [0.025, 0.975])
            slope = float(_slopes(sizes, means)[0])
            rows.append((population, cost, sizes[0], sizes[-1], slope, low, high, means[0, -1] / sizes[-1]))
    columns = ["population", "cost", "from_size", "to_size", "exponent", "low", "high", "per_agent"]
    return pd.DataFrame(rows, columns=columns)


def _slopes(sizes: np.ndarray, costs: np.ndarray) -> np.ndarray:
    """Return the least-squares slope of log cost in log size, for each row of costs."""
    x = np.log(sizes.astype(float))
    x -= x.mean()
    return np.log(costs) @ x / (x @ x)


def _days(model: GpuMarket) -> int:
    return int(model.world.daily_f64.shape[1])


def _forget_peak() -> None:
    """Let the system count the most memory held from now on, where it can."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def _peak_mb() -> float:
    """Return the most memory that this process has held, in MB.

    From the process's own page where there is one: what `getrusage` reports is never less than what the process that
    started this one held. It counts in kB, but in bytes on macOS.
    """
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return float(line.split()[1]) * KILOBYTE / MEGABYTE
    unit = 1.0 if sys.platform == "darwin" else KILOBYTE
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / MEGABYTE


if __name__ == "__main__":
    asked, (n_agents, luck, *most_days) = sys.argv[1], map(int, sys.argv[2:])
    print(json.dumps(cost_of(asked, n_agents, luck, *most_days)))
