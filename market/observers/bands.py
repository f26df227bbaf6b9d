"""Patterns over many seeds, against their bands.

One measured value per pattern and seed goes in, one row per pattern comes out. A seed in which the event
never happened (NaN) is a miss: it counts as out of band and leaves the quantiles alone. T7 and C3 are
probabilities over seeds, with Wilson's score interval; their band is for the probability, so the share in
band is 1 or 0. C3 is the share among the seeds in which the customer was lost by a move; one without a move
is a miss of C1 only.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache

import numpy as np

from market.errors import UsageError
from market.evidence import Fact, fact, facts

__all__ = ["PROBABILITIES", "PatternRow", "in_band", "pattern_facts", "summarise", "wilson_interval"]

PROBABILITIES = frozenset({"T7", "C3"})
"""Patterns measured over seeds: one run says yes (1), no (0) or that the case never arose (NaN)."""

NORMAL_QUANTILE_95 = 1.6448536269514722
"""Standard normal quantile at 0.95, for two-sided intervals of 90%."""

LOW_QUANTILE, HIGH_QUANTILE = 0.05, 0.95


@dataclass(frozen=True, slots=True)
class PatternRow:
    """One pattern over the seeds.

    Attributes
    ----------
    id, unit : str
    low, high : float
        The band, in `unit`.
    median, p05, p95 : float
        Over the seeds in which the event happened; NaN without one. For T7 and C3 the probability and its 90%
        Wilson interval.
    share_in_band : float
        Over all seeds, 0 to 1; for T7 and C3 1 when the probability lies in the band, else 0.
    n : int
        Number of seeds; for C3 the seeds in which the customer moved.
    """

    id: str
    unit: str
    low: float
    high: float
    median: float
    p05: float
    p95: float
    share_in_band: float
    n: int

    def to_dict(self) -> dict[str, str | float | int | None]:
        """Return the row for JSON, where a value that does not exist is None."""
        return {
            key: None if isinstance(value, float) and math.isnan(value) else value
            for key, value in asdict(self).items()
        }


@cache
def pattern_facts() -> tuple[Fact, ...]:
    """Return the facts that must emerge, in the order of the evidence."""
    return tuple(entry for entry in facts() if entry.kind == "pattern")


def in_band(id: str, value: float) -> bool:
    """Return whether a value counts as reproduced; NaN does not.

    Raises
    ------
    UsageError
        When there is no fact of that id, or it has no band.
    """
    low, high = _band(fact(id))
    return low <= value <= high


def wilson_interval(n_hits: int, n: int) -> tuple[float, float]:
    """Return the 90% interval of a probability after `n_hits` of `n`; NaN when n is 0."""
    if n == 0:
        return math.nan, math.nan
    z2 = NORMAL_QUANTILE_95**2
    share = n_hits / n
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = NORMAL_QUANTILE_95 * math.sqrt((share * (1 - share) + z2 / (4 * n)) / n) / (1 + z2 / n)
    # At 0 and n hits the bound is 0 and 1 exactly; the square root would leave a last digit.
    return (0.0 if n_hits == 0 else centre - half), (1.0 if n_hits == n else centre + half)


def summarise(measures: Sequence[Mapping[str, float]]) -> list[PatternRow]:
    """Return one row per pattern, in the order of the evidence.

    Parameters
    ----------
    measures : sequence of mapping
        What `measure` returned, one per seed.
    """
    return [_row(entry, np.array([one[entry.id] for one in measures], float)) for entry in pattern_facts()]


def _row(entry: Fact, values: np.ndarray) -> PatternRow:
    """Return the row of one pattern from its values over the seeds."""
    low, high = _band(entry)
    unit = entry.unit or ""
    seen = values[np.isfinite(values)]
    if entry.id in PROBABILITIES:
        n_hits = int(np.count_nonzero(seen))
        share = n_hits / seen.size if seen.size else math.nan
        p05, p95 = wilson_interval(n_hits, seen.size)
        return PatternRow(entry.id, unit, low, high, share, p05, p95, float(low <= share <= high), seen.size)
    quantiles = np.quantile(seen, (LOW_QUANTILE, 0.5, HIGH_QUANTILE)) if seen.size else np.full(3, math.nan)
    p05, median, p95 = quantiles.tolist()
    n_in_band = np.count_nonzero((values >= low) & (values <= high))
    share_in_band = n_in_band / values.size if values.size else math.nan
    return PatternRow(entry.id, unit, low, high, median, p05, p95, float(share_in_band), values.size)


def _band(entry: Fact) -> tuple[float, float]:
    """Return the band of a fact."""
    if entry.low is None or entry.high is None:
        raise UsageError("id", entry.id, "a fact with a band", "market/evidence/facts.toml")
    return entry.low, entry.high
