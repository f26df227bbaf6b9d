"""From ensembles and observations to scores: every forecaster on every observation, then by quantity, then in all.

A forecaster that cannot speak of an observation has no score there; it is counted as silent, and never gets another's
score. Skill is the part of the random walk's CRPS that is saved, over the observations on which both speak; the gain is
in nats of log score over the random walk. Over all quantities skill is the mean of the quantities' skills, because
their units differ; forecasters that spoke of different observations are not to be compared there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from experiments.prediction.ensemble import Ensemble
from experiments.prediction.observed import Observed
from experiments.readings.quantities import QUANTITIES
from experiments.statistics.scoring import coverage, crps, log_score, skill

__all__ = ["ALL", "REFERENCE", "SCORE_COLUMNS", "judge", "scores"]

REFERENCE = "random_walk"
ALL = "all"
SCORE_COLUMNS = ("crps", "coverage_50", "coverage_90", "log_score")
VERDICT_COLUMNS = (
    "quantity", "forecaster", "n", "silent", "crps", "crps_skill", "coverage_50", "coverage_90", "log_score",
    "log_gain",
)  # fmt: skip


def scores(ensembles: Sequence[Ensemble], observations: Sequence[Observed]) -> pd.DataFrame:
    """Score every forecaster on every observation.

    Returns
    -------
    pandas.DataFrame
        A row a pair: the observation, `forecaster`, its median and 90% interval, the scores; NaN where it is silent.
    """
    rows = []
    for seen in observations:
        quantity = QUANTITIES[seen.quantity]
        for ensemble in ensembles:
            values = ensemble.window(seen.quantity, seen.start, seen.end)
            row = {
                "row": seen.row,
                "date_start": seen.start,
                "date_end": seen.end,
                "quantity": seen.quantity,
                "value": seen.value,
                "low": seen.low,
                "high": seen.high,
                "forecaster": ensemble.name,
            }
            names = ("p05", "median", "p95", *SCORE_COLUMNS)
            found = [math.nan] * len(names)
            if values.size:
                found = [
                    *np.quantile(values, [0.05, 0.5, 0.95]),
                    crps(values, seen.low, seen.high),
                    coverage(values, 0.5, seen.low, seen.high),
                    coverage(values, 0.9, seen.low, seen.high),
                    log_score(values, quantity.span, seen.low, seen.high, quantity.resolution),
                ]
            rows.append({**row, **{name: float(x) for name, x in zip(names, found, strict=True)}})
    head = ["row", "date_start", "date_end", "quantity", "value", "low", "high", "forecaster", "p05", "median", "p95"]
    return pd.DataFrame(rows, columns=[*head, *SCORE_COLUMNS])


def judge(table: pd.DataFrame) -> pd.DataFrame:
    """Bring scores together by quantity and forecaster, and over all quantities.

    Parameters
    ----------
    table : pandas.DataFrame
        From `scores`.

    Returns
    -------
    pandas.DataFrame
        Columns `VERDICT_COLUMNS`; `n` observations scored, `silent` those of which the forecaster could not speak.
    """
    forecasters = list(dict.fromkeys(table["forecaster"]))
    rows = []
    for quantity in dict.fromkeys(table["quantity"]):
        chosen = table[table["quantity"] == quantity]
        rows += [_row(quantity, name, chosen) for name in forecasters]
    if rows:
        rows += [_over_all(name, table, pd.DataFrame(rows)) for name in forecasters]
    return pd.DataFrame(rows, columns=list(VERDICT_COLUMNS))


def _row(quantity: str, forecaster: str, chosen: pd.DataFrame) -> dict[str, object]:
    """Return the scores of one forecaster on one quantity."""
    own = chosen[chosen["forecaster"] == forecaster].set_index("row")
    reference = chosen[chosen["forecaster"] == REFERENCE].set_index("row")
    spoken = own["crps"].notna()
    both = spoken & reference["crps"].reindex(own.index).notna()
    joint, against = own[both], reference.reindex(own.index)[both]
    return {
        "quantity": quantity,
        "forecaster": forecaster,
        "n": int(spoken.sum()),
        "silent": int((~spoken).sum()),
        **{name: own.loc[spoken, name].mean() for name in SCORE_COLUMNS},
        "crps_skill": skill(joint["crps"].mean(), against["crps"].mean()) if len(joint) else math.nan,
        "log_gain": against["log_score"].mean() - joint["log_score"].mean() if len(joint) else math.nan,
    }


def _over_all(forecaster: str, table: pd.DataFrame, by_quantity: pd.DataFrame) -> dict[str, object]:
    """Return the scores of one forecaster over all quantities; a CRPS has no common unit and is left out."""
    own = table[table["forecaster"] == forecaster]
    parts = by_quantity[by_quantity["forecaster"] == forecaster]
    spoken = own["crps"].notna()
    return {
        "quantity": ALL,
        "forecaster": forecaster,
        "n": int(spoken.sum()),
        "silent": int((~spoken).sum()),
        "crps": math.nan,
        "crps_skill": parts["crps_skill"].mean(),
        "coverage_50": own["coverage_50"].mean(),
        "coverage_90": own["coverage_90"].mean(),
        "log_score": math.nan,
        "log_gain": parts["log_gain"].mean(),
    }
