"""Which values of the parameters that no source gives bring the patterns of the evidence out together?

Every parameter that is declared as calibrated is searched over its declared prior (uniform), all others stay at their
declared value. The loss of a point is the mean over a few seeds of each pattern's distance from its band, in half
widths of the band, at most three; the two patterns that are probabilities count by their share of seeds. The search is
differential evolution (scipy) from a Latin hypercube; the seeds change between rounds, so that no luck is fitted. The
best points of all rounds are judged again on fresh seeds, and the winner of that is written down with the runner-ups.

Run ``python -m experiments.search --minutes 10 --out experiments/summaries/search.json`` and copy the values into the
declarations by hand: a calibrated value says so there.
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
import os
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from scipy.optimize import differential_evolution

from market import all_parameters, facts, load_scenario, measure, run

WORST = 3.0  # distance of a pattern that does not happen, in half widths of its band
OVER_SEEDS = ("T7", "C3")  # patterns that are probabilities over seeds
WANTED_PROBABILITY = 0.75  # inside their bands, with room for the error of a few seeds
INNER_SHARE = 0.85  # a distance counts from this part of a band's half width on
JUDGES = 12  # best points of the rounds that are judged again
JUDGE_SEEDS = 24

BANDS = {fact.id: (fact.low, fact.high) for fact in facts() if fact.kind == "pattern"}
SEARCHED = tuple(parameter for parameter in all_parameters() if parameter.calibrated)


def pattern_losses(measures: Sequence[dict[str, float]]) -> dict[str, float]:
    """Each pattern's mean distance from its band over runs, in half widths; 0 is well inside."""
    losses = {}
    for pattern, (low, high) in BANDS.items():
        values = np.array([run_measures.get(pattern, math.nan) for run_measures in measures], dtype=float)
        if pattern in OVER_SEEDS:
            seen = values[np.isfinite(values)]
            losses[pattern] = 2.0 * max(0.0, WANTED_PROBABILITY - (seen.mean() if seen.size else 0.0))
            continue
        half = (high - low) / 2.0
        distance = (np.abs(values - (low + high) / 2.0) - INNER_SHARE * half) / half
        losses[pattern] = float(np.where(np.isfinite(values), np.clip(distance, 0.0, WORST), WORST).mean())
    return losses


def share_in_band(measures: Sequence[dict[str, float]]) -> dict[str, float]:
    """Share of runs in which each pattern lies in its band; a pattern that does not happen does not."""
    return {
        pattern: float(np.mean([low <= m.get(pattern, math.nan) <= high for m in measures]))
        for pattern, (low, high) in BANDS.items()
    }


def runs_at(point: Sequence[float], seeds: Iterable[int]) -> list[dict[str, float]]:
    """Measure the patterns at a point of the searched space for some seeds."""
    values = {parameter.name: float(value) for parameter, value in zip(SEARCHED, point, strict=True)}
    scenario = load_scenario("baseline", values)
    return [measure(run(scenario, seed=int(seed))) for seed in seeds]


def loss(point: Sequence[float], seeds: Sequence[int]) -> float:
    """Sum of the patterns' distances at a point."""
    return sum(pattern_losses(runs_at(point, seeds)).values())


class _Loss:
    """The loss for the seeds of a round, fit to be sent to a worker; remembers nothing."""

    def __init__(self, seeds: Sequence[int]) -> None:
        self.seeds = tuple(seeds)

    def __call__(self, point: Sequence[float]) -> float:
        return loss(point, self.seeds)


def search(minutes: float, workers: int, seeds_per_point: int, rounds: int, luck: int) -> list[dict[str, object]]:
    """Search for `minutes` and return the judged points, best first."""
    generator = np.random.default_rng(luck)
    bounds = [parameter.prior for parameter in SEARCHED]
    run("baseline", seed=1, days=1)  # compiles before the processes part
    best: list[np.ndarray] = [np.array([parameter.value for parameter in SEARCHED])]
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("fork")) as pool:
        for number in range(rounds):
            deadline = time.monotonic() + 60.0 * minutes * 0.9 / rounds

            def stop(point: np.ndarray, convergence: float, deadline: float = deadline) -> bool:
                return time.monotonic() > deadline

            found = differential_evolution(
                _Loss(generator.integers(1, 10**6, seeds_per_point)),
                bounds,
                x0=best[0],
                popsize=2,
                init="latinhypercube",
                mutation=(0.4, 0.9),
                recombination=0.7,
                maxiter=1000,
                updating="deferred",
                polish=False,
                tol=0.0,
                workers=pool.map,
                callback=stop,
                rng=generator,
            )
            order = np.argsort(found.population_energies)
            best = [found.x, *(found.population[k] for k in order[: JUDGES // rounds]), *best]
            print(f"round {number + 1} of {rounds}: loss {found.fun:.2f}", flush=True)
        seeds = generator.integers(10**6, 2 * 10**6, JUDGE_SEEDS).tolist()
        judged = []
        for point, measures in zip(best, pool.map(runs_at, best, [seeds] * len(best)), strict=True):
            losses = pattern_losses(measures)
            values = {parameter.name: float(value) for parameter, value in zip(SEARCHED, point, strict=True)}
            judged.append({"loss": sum(losses.values()), "in_band": share_in_band(measures), "values": values})
    return sorted(judged, key=lambda row: row["loss"])


def main() -> None:
    """Search and write the judged points."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--workers", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--seeds", type=int, default=3, help="seeds per point")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--luck", type=int, default=1, help="seed of the search itself")
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    judged = search(asked.minutes, asked.workers, asked.seeds, asked.rounds, asked.luck)
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    scratch = asked.out.with_suffix(".tmp")
    scratch.write_text(json.dumps({"settings": {**vars(asked), "out": asked.out.name}, "points": judged}, indent=1))
    os.replace(scratch, asked.out)
    print(json.dumps(judged[0], indent=1))


if __name__ == "__main__":
    main()
