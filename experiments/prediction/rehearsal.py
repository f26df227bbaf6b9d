"""A rehearsal of the scoring: truths drawn from each forecaster in turn, and everybody scored on them.

Whoever drew the truth should win, or be next to it where two forecasters are almost the same; the size of its lead is
what a file of that many observations could show. A path that is taken for the truth is left out of its own ensemble.
It says nothing about the world.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from experiments.prediction.ensemble import FEWEST, Ensemble
from experiments.prediction.observed import Observed
from experiments.prediction.verdict import judge, scores
from experiments.readings.quantities import QUANTITIES, QUARTERS, spans

__all__ = ["REHEARSED", "rehearsal"]

REHEARSED = 40
"""Paths of each forecaster that are taken for the truth."""


def rehearsal(ensembles: Sequence[Ensemble]) -> pd.DataFrame:
    """Score all forecasters against truths drawn from each of them: whoever drew the truth should win.

    Returns
    -------
    pandas.DataFrame
        The verdict by `truth`: some paths of that forecaster, each left out of its own ensemble.
    """
    tables = []
    for truth in ensembles:
        parts: list[pd.DataFrame] = []
        n = min(len(paths) for paths in truth.paths.values())
        for k in np.linspace(0, n - 1, min(REHEARSED, n)).astype(int):
            left_out = Ensemble(truth.name, {name: np.delete(paths, k, axis=0) for name, paths in truth.paths.items()})
            others = [left_out if ensemble is truth else ensemble for ensemble in ensembles]
            parts.append(scores(others, tuple(_seen(truth, int(k), len(parts)))))
        verdict = judge(pd.concat([part for part in parts if len(part)], ignore_index=True))
        verdict.insert(0, "truth", truth.name)
        tables.append(verdict)
    return pd.concat(tables, ignore_index=True)


def _seen(truth: Ensemble, path: int, number: int) -> Iterator[Observed]:
    """Yield what would have been seen of the quarters, had a path been the truth."""
    for place, quantity in enumerate(truth.paths):
        for span, (start, end) in enumerate(spans(quantity)):
            only = Ensemble(truth.name, {quantity: np.repeat(truth.paths[quantity][path : path + 1], FEWEST, axis=0)})
            values = only.window(quantity, start, end)
            if values.size:
                row = (number * len(QUANTITIES) + place) * len(QUARTERS) + span
                value = float(values[0])
                yield Observed(row, start, end, quantity, value, value, value)
