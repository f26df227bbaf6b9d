"""What a posterior predicts, held against what was reported; and which single set stands for it.

Every draw is run with luck of its own, and each target's statistic, with its discrepancy and error of observation, is
held against the report: a report in the far tail is a misfit, whether the target was fitted or kept aside. Sets of
values that may stand for all draws in single runs are held against the patterns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.fit.targets import Target
from market import facts, summarise

__all__ = ["MISFIT_TAIL", "medoid", "pattern_shares", "predictive"]

Floats = NDArray[np.float64]

MISFIT_TAIL = 0.02
ENOUGH_RUNS = 0.8
"""Share of runs in its band from which on a pattern counts as reproduced, as in `market patterns`."""


def predictive(targets: Sequence[Target], runs: pd.DataFrame, generator: np.random.Generator) -> pd.DataFrame:
    """Hold the runs of posterior draws against every target.

    Returns
    -------
    pandas.DataFrame
        A row a target: `low`, `high` (reported), `p05`, `median`, `p95` (of runs, in the target's unit; for an event
        the share of runs), `missing` (share of runs in which it does not exist), `in_band` (share of all runs), `tail`
        (two-sided chance of a report at least as far out, with discrepancy and error), `is_misfit`.
    """
    rows = []
    for target in targets:
        values = runs[target.id].to_numpy(float)
        seen = values[np.isfinite(values)]
        p05, median, p95 = np.quantile(seen, (0.05, 0.5, 0.95)) if seen.size else (np.nan,) * 3
        if target.is_event:
            p05, median, p95 = np.nan, float(seen.mean()) if seen.size else np.nan, np.nan
        tail = _tail(target, seen, len(values), generator)
        rows.append(
            {
                "target": target.id,
                "use": target.use,
                "unit": target.unit,
                "low": target.low,
                "high": target.high,
                "p05": p05,
                "median": median,
                "p95": p95,
                "missing": 1.0 - seen.size / max(len(values), 1),
                "in_band": float(np.mean((values >= target.low) & (values <= target.high))),
                "tail": tail,
                "is_misfit": bool(tail < MISFIT_TAIL),
                "runs": len(values),
            }
        )
    return pd.DataFrame(rows)


def _tail(target: Target, seen: Floats, n: int, generator: np.random.Generator) -> float:
    """Return how likely a report at least as far out as the real one is."""
    if not seen.size:
        return 0.0
    if target.is_event:
        return float(seen.sum() / n)
    values = target.scaled(np.repeat(seen, 20))
    values = values + generator.normal(0.0, target.discrepancy, len(values))
    values = values + generator.uniform(-1.0, 1.0, len(values)) * target.half_width
    above, below = float(np.mean(values >= target.centre)), float(np.mean(values <= target.centre))
    return min(1.0, 2.0 * min(above, below)) * seen.size / n


def medoid(points: Floats) -> int:
    """Return the row of the draw nearest to all others, in standard deviations of each column."""
    spread = points.std(axis=0)
    scaled = points / np.where(spread > 0, spread, 1.0)
    square = (scaled**2).sum(axis=1)
    distance = np.sqrt(np.maximum(square[:, None] + square[None, :] - 2.0 * scaled @ scaled.T, 0.0))
    return int(distance.mean(axis=1).argmin())


def pattern_shares(runs: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return how far each set of values reproduces each pattern.

    Parameters
    ----------
    runs : mapping
        Name of a set to the statistics of its runs.

    Returns
    -------
    pandas.DataFrame
        `set`, `pattern`, `median`, `p05`, `p95`, `share_in_band`, `n`, `is_reproduced`; as `market patterns` counts.
    """
    ids = [fact.id for fact in facts() if fact.kind == "pattern"]
    rows = []
    for name, table in runs.items():
        for row in summarise(table[ids].to_dict("records")):
            rows.append(
                {
                    "set": name,
                    "pattern": row.id,
                    "median": row.median,
                    "p05": row.p05,
                    "p95": row.p95,
                    "share_in_band": row.share_in_band,
                    "n": row.n,
                    "is_reproduced": bool(row.share_in_band >= ENOUGH_RUNS),
                }
            )
    return pd.DataFrame(rows)
