"""Is a posterior right? Ranks and coverage over synthetic truths (simulation-based calibration).

A truth is a point of the space that history matching leaves, and its report is one real run of the model there, with
the discrepancy, the error of observation and the errors about events that the likelihood assumes. The posterior given
that report should rank the truth uniformly among its draws, and a 90% interval should hold it nine times in ten.
Posteriors are weights on one sample of the space, without the truth itself, so hundreds of them cost no further run.
What it leaves out: whether the real history could have come from the model at all, which is the misfits' matter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from experiments.fit.targets import Target
from experiments.statistics.emulators import Prediction
from experiments.statistics.history_matching import target_error
from experiments.statistics.intervals import wilson
from experiments.statistics.posterior import effective_size, log_likelihood, weighted_quantiles

__all__ = ["Recovery", "coverage_table", "recover", "recovery_table", "synthetic_reports"]

Floats = NDArray[np.float64]

LEVEL = 0.9
DIGITS = 4
PROPER = (0.85, 0.95)
"""Coverage of 90% intervals that counts as right."""


@dataclass(frozen=True)
class Recovery:
    """Posteriors of synthetic truths, one a row.

    Attributes
    ----------
    truth, mean, deviation, low, high, rank : numpy.ndarray, shape (truths, inputs)
        In the unit cube; low and high bound the 90% interval, the rank is the weight below the truth.
    sizes : numpy.ndarray
        Effective number of draws behind each posterior.
    """

    truth: Floats
    mean: Floats
    deviation: Floats
    low: Floats
    high: Floats
    rank: Floats
    sizes: Floats


def synthetic_reports(
    targets: Sequence[Target], runs: Mapping[str, Floats], generator: np.random.Generator
) -> list[dict[str, float]]:
    """Return what would have been reported of each run, with the errors that the likelihood assumes.

    Parameters
    ----------
    runs : mapping
        Target to its statistic on its scale, one a run; NaN where it does not exist.
    """
    n = len(next(iter(runs.values())))
    columns = {}
    for target in targets:
        values = np.array(runs[target.id], dtype=float)
        if target.is_event:
            wrong = generator.random(n) < target_error(target)
            columns[target.id] = np.where(np.isfinite(values) & wrong, 1.0 - values, values)
        else:
            errors = generator.normal(0.0, target.discrepancy, n)
            errors += generator.uniform(-1.0, 1.0, n) * target.half_width
            columns[target.id] = values + errors
    return [{id: float(values[row]) for id, values in columns.items()} for row in range(n)]


def recover(
    targets: Sequence[Target],
    sample: Floats,
    predicted: Mapping[str, Prediction],
    rows: NDArray[np.int64],
    reported: Sequence[Mapping[str, float]],
) -> Recovery:
    """Infer every truth from its report.

    Parameters
    ----------
    sample : numpy.ndarray, shape (points, inputs)
        Distinct points, uniform on the space; the prior of this exercise.
    rows : numpy.ndarray
        Row of the sample at which each truth lies.
    """
    found: list[tuple[Floats, ...]] = []
    sizes = []
    for row, report in zip(rows, reported, strict=True):
        weights = log_likelihood(targets, predicted, report)
        weights[row] = -np.inf  # a posterior must not know where its truth lies
        share = np.exp(weights - weights.max())
        share /= share.sum()
        mean = share @ sample
        deviation = np.sqrt(np.maximum(share @ sample**2 - mean**2, 0.0))
        low, high = weighted_quantiles(sample, weights, (0.5 - LEVEL / 2.0, 0.5 + LEVEL / 2.0))
        rank = share @ (sample < sample[row])
        found.append((sample[row], mean, deviation, low, high, rank))
        sizes.append(effective_size(weights))
    columns = [np.stack(column) for column in zip(*found, strict=True)]
    return Recovery(columns[0], columns[1], columns[2], columns[3], columns[4], columns[5], np.array(sizes))


def coverage_table(recovery: Recovery, names: Sequence[str]) -> pd.DataFrame:
    """Return coverage, ranks and recovery by input, with a first row over all of them.

    Returns
    -------
    pandas.DataFrame
        `coverage` of the 90% intervals with its 95% interval (of the first row: over truths, whose inputs share their
        luck, by the spread of the truths' own shares), `rank_p` (Kolmogorov and Smirnov's test that ranks are uniform),
        `shrinkage` (one less the posterior's variance over the prior's), `correlation` of truth and posterior mean,
        `is_proper` (coverage within 85% to 95%).
    """
    inside = (recovery.truth >= recovery.low) & (recovery.truth <= recovery.high)
    prior = recovery.truth.var(axis=0)
    n = len(inside)
    shares = inside.mean(axis=1)
    error = 1.96 * shares.std(ddof=1) / np.sqrt(n) if n > 1 else np.nan
    overall = float(shares.mean())
    rows = [_row("all", overall, overall - error, overall + error, np.nan, np.nan, np.nan)]
    for k, name in enumerate(names):
        covered = wilson(int(inside[:, k].sum()), n)
        moving = recovery.mean[:, k].std() > 0
        rows.append(
            _row(
                name,
                *covered,
                float(stats.kstest(recovery.rank[:, k], "uniform").pvalue),
                float(1.0 - (recovery.deviation[:, k] ** 2).mean() / prior[k]) if prior[k] > 0 else np.nan,
                float(np.corrcoef(recovery.truth[:, k], recovery.mean[:, k])[0, 1]) if moving else 0.0,
            )
        )
    return pd.DataFrame(rows).assign(truths=n)


def recovery_table(recovery: Recovery, names: Sequence[str]) -> pd.DataFrame:
    """Return truth and posterior of every input and synthetic truth, one a row, in the unit cube."""
    n, inputs = recovery.truth.shape
    return pd.DataFrame(
        {
            "truth_number": np.repeat(np.arange(n), inputs),
            "parameter": list(names) * n,
            "truth": recovery.truth.ravel(),
            "mean": recovery.mean.ravel(),
            "low": recovery.low.ravel(),
            "high": recovery.high.ravel(),
            "rank": recovery.rank.ravel(),
        }
    ).round(DIGITS)


def _row(
    name: str, value: float, low: float, high: float, rank_p: float, shrinkage: float, correlation: float
) -> dict[str, object]:
    return {
        "parameter": name,
        "coverage": value,
        "coverage_low": low,
        "coverage_high": high,
        "rank_p": rank_p,
        "shrinkage": shrinkage,
        "correlation": correlation,
        "is_proper": bool(PROPER[0] <= value <= PROPER[1]),
    }
