"""A market that costs nothing, and a study of it: what the runner is tried on where the real one would only be slow.

`use_toy` puts it in the place of the model, in this process and in those forked from it. Run as a script, this module
is the command `python -m experiments` with one experiment, `toy`.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil

from experiments import catalogue
from experiments.engine import chunks, workers
from experiments.lab import Lab
from experiments.study import Point, Study

PAUSE = "TOY_PAUSE_SECONDS"
HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
READ = "runner_toy:toy_tables"


@dataclass(frozen=True)
class ToyResult:
    """What a run of the toy gives."""

    seed: int
    days: int | None
    adjustment: float


def toy_run(scenario: Any, seed: int, *, days: int | None = None) -> ToyResult:
    """Run the toy; slowly, where the environment says so."""
    if PAUSE in os.environ:
        time.sleep(float(os.environ[PAUSE]))
    return ToyResult(seed, days, scenario.parameters["orders.adjustment"])


def toy_tables(result: ToyResult) -> dict[str, pd.DataFrame]:
    """Read the toy: columns whose kinds differ between runs, and a table that is often empty."""
    luck = np.random.default_rng(result.seed)
    n_switches = int(luck.integers(0, 3))
    runs = pd.DataFrame(
        {
            "price_cny": [luck.normal(72_000.0 + 1e4 * result.adjustment, 500.0)],
            "cards": [int(luck.integers(1, 10**9)) if luck.random() < 0.7 else np.nan],
            "winner": ["entrant" if luck.random() < 0.5 else "incumbent"],
            "is_lost": [bool(luck.random() < 0.5)],
        }
    )
    switches = pd.DataFrame({"day": np.arange(n_switches, dtype=np.int64), "to": ["cloud"] * n_switches})
    return {"runs": runs, "switches": switches}


def last_price(result: Any) -> dict[str, pd.DataFrame]:
    """Read a run of the real market: the spot price of its last day."""
    return {"runs": result.daily[["spot_price_cny"]].tail(1)}


def toy_study(points: int = 5, replicates: int = 20, read: str = READ, **more: Any) -> Study:
    """Return a study of the toy, in shards of 16."""
    worlds = tuple(
        Point(f"p{k}", "tiny", {"orders.adjustment": 0.05 + 0.01 * k}, {"adjustment": 0.05 + 0.01 * k})
        for k in range(points)
    )
    return Study("toy", worlds, replicates, "independent", read, **{"runs_per_shard": 16, **more})


def use_toy(put: Callable[[Any, str, Any], None] = setattr, run: Any = toy_run) -> None:
    """Put the toy in the place of the model."""
    put(chunks, "run", run)
    put(workers, "run", lambda *_, **__: None)  # which warms workers up


def shards_digest(directory: Path) -> str:
    """Return a digest of the names and bytes of all tables of all shards."""
    digest = hashlib.sha256()
    for path in sorted(directory.glob("shards/*/*.parquet")):
        digest.update(f"{path.parent.name}/{path.name}".encode() + path.read_bytes())
    return digest.hexdigest()


def children(process: int) -> list[psutil.Process]:
    """Return the processes that a process has started, and those that they have."""
    try:
        return psutil.Process(process).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def wait_until(is_so: Callable[[], bool], seconds: float = 120.0) -> None:
    """Wait for something to happen, or fail."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


def n_shards(directory: Path) -> int:
    """Return how many shards are there, whole."""
    return len([place for place in directory.glob("shards/*") if not place.name.startswith(".")])


def experiment(study: Study) -> catalogue.Experiment:
    """Return an experiment that collects one study and keeps its mean."""

    def conduct(lab: Lab) -> None:
        runs = lab.collect(study)["runs"]
        lab.keep("prices", runs.groupby("point", as_index=False)["price_cny"].mean())
        lab.note("price_cny", runs["price_cny"].mean(), unit="CNY", runs=len(runs), meaning="mean over all runs")

    return catalogue.Experiment("toy", "Does it run?", lambda _: len(study), lambda _: len(study), conduct, None, None)


def command(arguments: list[str], study: Study) -> int:
    """Run the command as if the toy were the only experiment."""
    from experiments.__main__ import main

    use_toy()
    catalogue.names = lambda: ["toy"]
    catalogue.load = lambda name: experiment(study)
    return main(arguments)


if __name__ == "__main__":
    # What is read must be found under its own name, in this process and in others.
    import runner_toy

    sys.exit(runner_toy.command(sys.argv[1:], runner_toy.toy_study()))
