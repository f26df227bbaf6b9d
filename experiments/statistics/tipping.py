"""Tipping points: the severity of a rule from which the mean peak price is above twice the contract price.

The mean over seeds is a curve over the severities of a factorial; where it passes the line is found by straight lines
between severities, and its interval by resampling whole seeds, which are the same at all severities. A curve that
never passes tips at infinity.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.statistics.intervals import LEVEL, resamples
from experiments.study import Study
from experiments.worlds.rule_worlds import FIRST_DATE

__all__ = ["DOUBLED", "crossing", "tipping_table"]

DOUBLED = 2.0
"""Multiple of the contract price from which the price counts as doubled."""


def tipping_table(cells: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the tipping severity by date, notice and performance of the substitute.

    An end of the interval is infinite where resampled seeds do not double it at any severity; `doubles_at_all` is the
    share of them that do.
    """
    wide = cells.pivot(index="replicate", columns="point", values="peak_price_multiple").dropna()
    drawn = resamples(len(wide), luck="export_controls tipping")
    rows = []
    for (day, notice, performance), group in study.design().groupby(
        ["announced_day", "notice_days", "substitute_performance"], sort=True
    ):
        ordered = group.sort_values("severity")
        severities, values = ordered["severity"].to_numpy(), wide[ordered["point"]].to_numpy()
        value = crossing(severities, values.mean(axis=0)[None, :])[0]
        again = crossing(severities, values[drawn].mean(axis=1))
        ends = [0.5 - LEVEL / 2.0, 0.5 + LEVEL / 2.0]
        low, high = np.quantile(again, ends, method="inverted_cdf")  # no mean of a number and infinity
        rows.append(
            {
                "announced": (FIRST_DATE + dt.timedelta(days=int(day))).isoformat(),
                "notice_days": notice,
                "substitute_performance": performance,
                "severity": value,
                "low": low,
                "high": high,
                "doubles_at_all": float(np.isfinite(again).mean()),
                "seeds": len(wide),
            }
        )
    return pd.DataFrame(rows)


def crossing(severities: NDArray[np.float64], multiples: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return where each curve first passes `DOUBLED`, by straight lines; the first severity if it starts above it.

    Parameters
    ----------
    severities : numpy.ndarray, shape (severities,)
        Rising.
    multiples : numpy.ndarray, shape (curves, severities)

    Returns
    -------
    numpy.ndarray, shape (curves,)
        Infinite for a curve that never does.
    """
    is_above = multiples > DOUBLED
    after = is_above.argmax(axis=1)
    before = np.maximum(after - 1, 0)
    rows = np.arange(len(multiples))
    below, above = multiples[rows, before], multiples[rows, after]
    step = np.where(after > 0, (DOUBLED - below) / np.where(above > below, above - below, 1.0), 0.0)
    found = severities[before] + step * (severities[after] - severities[before])
    return np.where(is_above.any(axis=1), found, np.inf)
