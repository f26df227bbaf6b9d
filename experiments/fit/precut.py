"""The fit of the forecast: which draws of the priors agree with what was known on 16 October 2023.

Approximate Bayesian computation by subset simulation: worlds are drawn from the inputs' priors, each is run once, and
its statistics are held against those targets of the calibration whose dates end by the cut. A statistic inside its
interval costs nothing; outside, the square of its distance in standard deviations of the discrepancy, up to a limit;
an event that does not happen costs its log odds. The nearest worlds are kept; then, rung by rung, the nearer half of
them is doubled, each copy proposes a move along a difference of two others, is run with fresh luck, and stays where it
is unless that run lies below the rung. Draws have the same weight; some are copies of one another. It uses no emulator
and no later target, and holds nothing at a calibrated value, as a fit that screens its inputs would. Runs go on to the
end of 2023, because one statistic (the delay of orders) is closed only then; what it reports was over by August.
"""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.fit.targets import EVENT_ERROR, READ, Target, fitted, known_by
from experiments.lab import Lab
from experiments.statistics.intervals import generator
from experiments.statistics.sampling import latin_hypercube
from experiments.study import Point, Study
from experiments.worlds.futures import overrides
from experiments.worlds.information import CUT, drawn, values_at

__all__ = ["FIT_DAYS", "agreement", "distances", "fit_runs", "pre_cut_posterior", "pre_cut_targets", "sizes"]

Floats = NDArray[np.float64]

FIT_DAYS = (dt.date(2023, 12, 31) - dt.date(2022, 1, 1)).days + 1
MOST_DEVIATIONS = 4.0
"""Distance at which a statistic counts as missed altogether, and that of one that does not exist."""
SIZES = (2400, 400, 5)
"""Worlds drawn, worlds kept, rungs."""
QUICK_SIZES = (300, 60, 1)
COORDINATES = (0.05, 0.2, 0.5, 1.0)
"""Chances that a move changes a coordinate; one of them for each move."""
STEP, JITTER = 1.2, 1e-3
"""Length of a move, over the root of twice the coordinates it changes, in differences of two others; and its blur."""


def pre_cut_targets() -> tuple[Target, ...]:
    """Return the targets of a fit whose dates end by the cut."""
    return known_by(CUT, fitted())


def sizes(quick: bool) -> tuple[int, int, int]:
    """Return how many worlds are drawn, how many are kept, and by how many rungs they are improved."""
    return QUICK_SIZES if quick else SIZES


def fit_runs(quick: bool) -> int:
    """Return the number of runs of a fit."""
    n, kept, rungs = sizes(quick)
    return n + rungs * kept


def pre_cut_posterior(lab: Lab, scenario: str = "baseline") -> pd.DataFrame:
    """Return draws of the inputs that agree with what was known by the cut.

    Parameters
    ----------
    lab : Lab
    scenario : str
        The world that the inputs override.

    Returns
    -------
    pandas.DataFrame
        A row a draw, a column an input. Kept in the laboratory, too: the agreement with each target before and after,
        and the rungs.
    """
    n, kept, rungs = sizes(lab.quick)
    name, targets = f"forecast.fit.{scenario}", pre_cut_targets()
    luck = generator(name)
    cube = latin_hypercube(n, len(drawn()), luck)
    prior = _run(lab, f"{name}.prior", scenario, cube)
    far = distances(prior, targets)
    nearest = np.argsort(far, kind="stable")[:kept]
    cube, far, found = cube[nearest], far[nearest], prior.iloc[nearest].reset_index(drop=True)
    trace = [{"rung": 0, "threshold": far.max(), "moved": 1.0, "distinct": kept}]
    for rung in range(1, rungs + 1):
        order = np.argsort(far, kind="stable")
        rows = np.resize(order[: max(kept // 2, 1)], kept)
        threshold = float(far[rows].max())
        cube, far, found = cube[rows], far[rows], found.iloc[rows].reset_index(drop=True)
        there = proposed(cube, luck)
        tried = _run(lab, f"{name}.rung{rung}", scenario, there)
        reached = distances(tried, targets)
        takes = reached <= threshold
        cube, far = np.where(takes[:, None], there, cube), np.where(takes, reached, far)
        found.loc[takes] = tried.loc[takes]
        distinct = len(np.unique(cube, axis=0))
        trace.append({"rung": rung, "threshold": threshold, "moved": takes.mean(), "distinct": distinct})
    lab.keep(f"fit_{scenario}", agreement(prior, found, targets))
    lab.keep(f"rungs_{scenario}", pd.DataFrame(trace))
    return values_at(cube)


def proposed(cube: Floats, luck: np.random.Generator) -> Floats:
    """Return a proposal for every point of the unit cube; from there the way back is as likely.

    Parameters
    ----------
    cube : numpy.ndarray, shape (points, inputs)
    """
    n, dimension = cube.shape
    one = (np.arange(n) + luck.integers(1, n, n)) % n
    other = (one + luck.integers(1, n, n)) % n
    moves = luck.random((n, dimension)) < luck.choice(COORDINATES, (n, 1))
    length = STEP / np.sqrt(2.0 * np.maximum(moves.sum(axis=1, keepdims=True), 1))
    step = length * (cube[one] - cube[other]) + luck.normal(0.0, JITTER, (n, dimension))
    there = np.where(moves, cube + step, cube)
    return 1.0 - np.abs(1.0 - np.abs(there) % 2.0)  # reflected at the walls


def _run(lab: Lab, name: str, scenario: str, cube: Floats) -> pd.DataFrame:
    """Run the world at each point once, with luck of its own, and return its statistics, a row a point."""
    rows = values_at(cube).to_dict("records")
    points = tuple(Point(f"w{k:05d}", scenario, overrides(row)) for k, row in enumerate(rows))
    return lab.collect(Study(name, points, 1, "independent", READ, FIT_DAYS))["runs"]


def distances(found: pd.DataFrame, targets: tuple[Target, ...]) -> Floats:
    """Return the squared distance of each run from all targets together.

    Parameters
    ----------
    found : pandas.DataFrame
        A row a run, with a column for each target's id.
    """
    return np.sum([_costs(target, found[target.id].to_numpy(float)) for target in targets], axis=0)


def _costs(target: Target, values: Floats) -> Floats:
    """Return the squared distance of each value from one target."""
    if target.is_event:
        return np.where(values == 1.0, 0.0, 2.0 * math.log((1.0 - EVENT_ERROR) / EVENT_ERROR))
    outside = np.abs(target.scaled(values) - target.centre) - target.half_width
    away = np.clip(outside / target.discrepancy, 0.0, MOST_DEVIATIONS)
    return np.where(np.isnan(away), MOST_DEVIATIONS, away) ** 2


def agreement(before: pd.DataFrame, after: pd.DataFrame, targets: tuple[Target, ...]) -> pd.DataFrame:
    """Return each target with its median over draws and the share of draws inside its interval, before and after."""
    rows = []
    for target in targets:
        row: dict[str, object] = {"target": target.id, "unit": target.unit, "low": target.low, "high": target.high}
        for name, runs in (("prior", before), ("posterior", after)):
            values = runs[target.id].to_numpy(float)
            seen = values[np.isfinite(values)]
            row[f"{name}_median"] = float(np.median(seen)) if seen.size else math.nan
            row[f"{name}_inside"] = float(np.mean((values >= target.low) & (values <= target.high)))
        rows.append(row)
    return pd.DataFrame(rows)
