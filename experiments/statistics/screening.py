"""Screening by Morris's elementary effects, with luck paired inside a trajectory.

A trajectory starts at a random point of a grid and moves one input at a time by half the grid; the change of an outcome
is that input's elementary effect. All runs of a trajectory share their luck, trajectories differ in it, so an effect is
the input's and not a new draw's; a repeat of the first points with fresh luck shows what a new draw would do. Outcomes
are divided by a scale, so that effects compare. What it leaves out: which inputs act together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.fit.priors import Free, points_at
from experiments.lab import Lab
from experiments.study import Study

__all__ = ["LUCK", "Screened", "active", "effects", "screen", "trajectory"]

Floats = NDArray[np.float64]

GRID = 4
STEP = GRID / (2.0 * (GRID - 1))
LUCK = "luck"
"""Name of the input that is no input: the same point with fresh luck."""

LEAST_EFFECT = 0.5
LEAST_T = 3.0
CLEAR = 2.0
"""An effect of unsteady sign must be this many times what a new draw does."""


def trajectory(inputs: int, generator: np.random.Generator) -> tuple[Floats, NDArray[np.int64], Floats]:
    """Return a trajectory over the unit cube.

    Returns
    -------
    tuple
        Points of shape (inputs + 1, inputs), the input that each step moves, and the direction of the step.
    """
    start = generator.integers(0, GRID, inputs) / (GRID - 1.0)
    direction = np.where(start + STEP > 1.0 + 1e-9, -1.0, 1.0)
    order = generator.permutation(inputs)
    points = np.tile(start, (inputs + 1, 1))
    for step, moved in enumerate(order):
        points[step + 1 :, moved] += direction[moved] * STEP
    return np.clip(points, 0.0, 1.0), order.astype(np.int64), direction[order]


@dataclass(frozen=True)
class Screened:
    """One trajectory as it was run.

    Attributes
    ----------
    order : numpy.ndarray
        Input that each step moves.
    direction : numpy.ndarray
        Of each step, 1 or -1.
    runs : pandas.DataFrame
        At its points, in order.
    fresh : pandas.DataFrame
        At its first point, with other luck.
    """

    order: NDArray[np.int64]
    direction: Floats
    runs: pd.DataFrame
    fresh: pd.DataFrame


def screen(
    lab: Lab, free: Sequence[Free], trajectories: int, read: str, generator: np.random.Generator, name: str
) -> list[Screened]:
    """Run the trajectories of a screening, named after `name`."""
    ways = [trajectory(len(free), generator) for _ in range(trajectories)]
    starts = points_at(free, np.stack([points[0] for points, _, _ in ways]), "start")
    fresh = lab.collect(Study(f"{name}.fresh", starts, 1, "independent", read))["runs"].set_index("point")
    found = []
    for number, (points, order, direction) in enumerate(ways):
        study = Study(f"{name}.{number:03d}", points_at(free, points, "step"), 1, "paired", read)
        runs = lab.collect(study)["runs"].set_index("point").reindex([point.key for point in study.points])
        found.append(Screened(order, direction, runs, fresh.reindex([starts[number].key])))
    return found


def effects(
    free: Sequence[Free], screened: Sequence[Screened], measures: Mapping[str, Callable[[pd.Series], Floats]]
) -> pd.DataFrame:
    """Return the elementary effects of every input on every outcome, over its whole range.

    Parameters
    ----------
    measures : mapping
        Outcome to a function that makes comparable numbers of its values.

    Returns
    -------
    pandas.DataFrame
        `input`, `outcome`, `mu_star` (mean size), `mu` (mean), `sigma` (spread over trajectories), `t` (mean over its
        standard error), `n` (effects that exist); for the input `luck` the size of what a new draw does.
    """
    gathered: dict[tuple[str, str], list[float]] = {}
    for one in screened:
        for outcome, measure in measures.items():
            values = measure(one.runs[outcome])
            change = np.diff(values) * one.direction / STEP
            for step, moved in enumerate(one.order):
                gathered.setdefault((free[moved].path, outcome), []).append(float(change[step]))
            gathered.setdefault((LUCK, outcome), []).append(float(measure(one.fresh[outcome])[0] - values[0]))
    rows = []
    for (path, outcome), changes in gathered.items():
        kept = np.array(changes)[np.isfinite(changes)]
        n = len(kept)
        sigma = float(kept.std(ddof=1)) if n > 1 else np.nan
        mean = float(kept.mean()) if n else np.nan
        error = sigma / np.sqrt(n) if n > 1 else np.nan
        rows.append(
            {
                "input": path,
                "outcome": outcome,
                "mu_star": float(np.abs(kept).mean()) if n else np.nan,
                "mu": mean,
                "sigma": sigma,
                "t": mean / error if n > 1 and error > 0 else (0.0 if n else np.nan),
                "n": n,
            }
        )
    return pd.DataFrame(rows)


def active(table: pd.DataFrame, outcomes: Sequence[str]) -> dict[str, float]:
    """Return the inputs that move some outcome, with their largest effect, strongest first.

    Effects count against one scale and what a new draw of luck does together; an input is active when its mean size
    reaches half of that and is either steady in sign or larger than what a new draw does.
    """
    chosen = table[table["outcome"].isin(outcomes)]
    luck = chosen[chosen["input"] == LUCK].set_index("outcome")["mu_star"]
    own = chosen[chosen["input"] != LUCK]
    fresh = own["outcome"].map(luck).fillna(0.0)
    relative = own["mu_star"] / np.sqrt(1.0 + fresh**2)
    counts = (relative >= LEAST_EFFECT) & ((own["t"].abs() >= LEAST_T) | (own["mu_star"] > CLEAR * fresh))
    strongest = relative[counts].groupby(own["input"]).max().sort_values(ascending=False)
    return {str(path): float(size) for path, size in strongest.items()}
