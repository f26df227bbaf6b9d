"""What the data pin down: the posterior's width over the prior's, and the combinations that trade off.

A parameter counts as identified when its posterior is at most half as wide as its prior, as weakly identified up to
four fifths, and otherwise as not identified; where coverage of synthetic truths was measured, a parameter that they do
not recover is not identified however narrow it looks. Combinations are eigenvectors of the posterior correlation: a
small eigenvalue is a sum of parameters that the data fix while its parts trade off, named by the parts that matter.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

__all__ = ["combinations", "verdicts"]

Floats = NDArray[np.float64]

IDENTIFIED, WEAK = 0.5, 0.8
RECOVERED = 0.3
"""Least correlation of synthetic truths with their posterior means for a parameter that counts as identified."""
NAMED = 0.35
"""Least loading of a part that is named."""
STIFF = 0.6
"""Largest eigenvalue of a combination that counts as fixed; without data all are near one."""


def verdicts(
    names: Sequence[str], prior: Floats, posterior: Floats, recovered: ArrayLike | None = None
) -> pd.DataFrame:
    """Return how wide each posterior is and whether the data identify the parameter.

    Parameters
    ----------
    prior, posterior : numpy.ndarray, shape (draws, parameters)
        In the same units.
    recovered : array_like, optional
        Correlation of synthetic truths with their posterior means.

    Returns
    -------
    pandas.DataFrame
        `parameter`, quantiles of the posterior, `width_ratio` (90% range over the prior's), `deviation_ratio`,
        `recovered`, `verdict`; the best identified first.
    """
    seen_by_truths = np.full(len(names), np.nan) if recovered is None else np.asarray(recovered, dtype=float)
    rows = []
    for k, name in enumerate(names):
        p05, median, p95 = np.quantile(posterior[:, k], (0.05, 0.5, 0.95))
        before = np.quantile(prior[:, k], (0.05, 0.95))
        ratio = float((p95 - p05) / (before[1] - before[0]))
        seen = float(seen_by_truths[k])
        rows.append(
            {
                "parameter": name,
                "p05": p05,
                "median": median,
                "p95": p95,
                "width_ratio": ratio,
                "deviation_ratio": float(posterior[:, k].std() / prior[:, k].std()),
                "recovered": seen,
                "verdict": _verdict(ratio, seen),
            }
        )
    return pd.DataFrame(rows).sort_values("width_ratio", kind="stable").reset_index(drop=True)


def combinations(names: Sequence[str], posterior: Floats, most: int = 8) -> pd.DataFrame:
    """Return the combinations that the data fix although their parts trade off, the firmest first.

    An eigenvalue is held against those of independent columns of the same size, so that a small sample names none.

    Returns
    -------
    pandas.DataFrame
        `eigenvalue` of the correlation, `by_chance` (its 5% quantile for independent columns), `combination` in words.
    """
    spread = posterior.std(axis=0)
    kept = np.flatnonzero(spread > 0).tolist()
    if len(kept) < 2:
        return pd.DataFrame({"eigenvalue": [], "by_chance": [], "combination": []})
    correlation = np.corrcoef(posterior[:, kept], rowvar=False)
    values, vectors = np.linalg.eigh(correlation)
    chance = _chance(len(posterior), len(kept))
    rows = []
    for k in range(min(most, len(kept))):
        if values[k] >= min(STIFF, chance[k]):
            break
        rows.append(
            {
                "eigenvalue": float(values[k]),
                "by_chance": float(chance[k]),
                "combination": _in_words([names[column] for column in kept], vectors[:, k]),
            }
        )
    return pd.DataFrame(rows, columns=["eigenvalue", "by_chance", "combination"])


def _verdict(ratio: float, recovered: float) -> str:
    if ratio > WEAK or recovered < RECOVERED:
        return "not identified"
    return "identified" if ratio <= IDENTIFIED else "weakly identified"


def _chance(draws: int, columns: int, times: int = 200) -> Floats:
    """Return the 5% quantile of each ordered eigenvalue for independent columns."""
    generator = np.random.default_rng(draws * 1009 + columns)
    found = [
        np.linalg.eigvalsh(np.corrcoef(generator.normal(size=(draws, columns)), rowvar=False)) for _ in range(times)
    ]
    return np.quantile(np.array(found), 0.05, axis=0)


def _in_words(names: Sequence[str], vector: Floats) -> str:
    """Return a combination as a signed sum of its large parts, the largest positive."""
    order = [int(k) for k in np.argsort(-np.abs(vector))]
    sign = np.sign(vector[order[0]])
    large = [k for k in order if abs(vector[k]) >= NAMED] or order[:1]
    parts = [f"{sign * vector[k]:+.2f} {names[k]}" for k in large]
    return " ".join(parts)
