"""What the model is held against: the patterns and the dated observations, as intervals with a discrepancy.

A target is a statistic of a run beside what was reported of it: an interval inside which every value is as good as any
other, and a standard deviation for what the model leaves out (its discrepancy), beyond the interval's ends. The bands
of the patterns already are a judgement of what counts as reproduced, so their discrepancy is small, a third of the
half width; for other sources it grows with the distance between what they count and what the model counts. Targets
either fit or are kept for checking; an observation that sets an input is neither, and the reason is written down here.
A target whose dates end after `CUT`, or that has none, is of no use to a forecast made on that day.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from experiments.fit.reported import REPORTED
from market import facts

__all__ = ["CUT", "READ", "TARGETS", "Target", "fitted", "known_by", "table"]

CUT = dt.date(2023, 10, 16)
"""Last day of what a forecast of the rule's consequences may know."""

READ = "experiments.readings.target_statistics:statistics"
"""Reading of a run that has a column for every target."""

PATTERN_DISCREPANCY = 1.0 / 3.0
"""Discrepancy of a pattern, in half widths of its band."""

EVENT_ERROR = 0.05
"""Chance that an event is reported wrongly, either way."""

PATTERN_DATES: dict[str, dt.date | None] = {
    "T4": dt.date(2023, 6, 30),
    "T5": dt.date(2023, 8, 31),
    "T7": dt.date(2023, 8, 31),
    "T10": None,  # "some months later", said as a hypothetical
    "S3": dt.date(2023, 8, 31),  # three to four months after April 2023
    "S5": dt.date(2023, 12, 31),
    "S5b": dt.date(2023, 6, 30),
    "S6": dt.date(2024, 1, 12),
    "S7": dt.date(2023, 12, 31),
    "P1": dt.date(2023, 7, 15),
    "P2": dt.date(2024, 1, 15),
    "P2b": dt.date(2024, 1, 31),
    "C1": None,  # the report gives no date
    "C3": None,
    "C5": dt.date(2023, 12, 31),
    "C5b": dt.date(2023, 12, 31),
}
"""Last day of what a pattern measures; None where the report gives no date."""

PATTERN_EVENTS = ("T7", "C3")
PATTERN_LOGS = ("T10", "S7", "P1", "P2", "P2b", "C1")
"""Patterns that are positive and skewed over the priors, and are compared in logs."""


@dataclass(frozen=True, slots=True)
class Target:
    """A statistic of a run, and what was reported of it.

    Attributes
    ----------
    id : str
        Pattern id, or the name of a statistic of `experiments.readings.target_statistics`; column of `READ`.
    source : str
        Ids of the evidence.
    quantity, computed, unit : str
        What it is, and how it is computed from the tables of a run.
    low, high : float
        What was reported, in `unit`; for an event 1 and 1.
    discrepancy : float
        Standard deviation of what the model leaves out: in `unit`, or as a share where `scale` is ``log``.
    dated : datetime.date or None
        Last day of what it measures; None when the source gives none.
    use : "fit" or "check"
    scale : "linear", "log" or "event"
        An event is 1 or 0 in a run.
    reason : str
        Why this use, and this width.
    """

    id: str
    source: str
    quantity: str
    computed: str
    unit: str
    low: float
    high: float
    discrepancy: float
    dated: dt.date | None
    use: Literal["fit", "check"]
    scale: Literal["linear", "log", "event"]
    reason: str

    @property
    def is_event(self) -> bool:
        """Whether a run says yes or no."""
        return self.scale == "event"

    @property
    def weight(self) -> float:
        """One in the fit, zero for a check; doubt widens the discrepancy and never lowers a weight."""
        return float(self.use == "fit")

    @property
    def centre(self) -> float:
        """Middle of the interval, on the scale of comparison."""
        return (self._end(self.low) + self._end(self.high)) / 2.0

    @property
    def half_width(self) -> float:
        """Half of the interval, on the scale of comparison."""
        return (self._end(self.high) - self._end(self.low)) / 2.0

    @property
    def tolerance(self) -> float:
        """Standard deviation of observation and discrepancy together, on the scale of comparison."""
        return math.sqrt(self.half_width**2 / 3.0 + self.discrepancy**2)

    def scaled(self, values: ArrayLike) -> NDArray[np.float64]:
        """Return values on the scale of comparison; NaN where a logarithm does not exist."""
        numbers = np.asarray(values, dtype=float)
        if self.scale != "log":
            return numbers
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(numbers > 0, np.log(numbers), np.nan)

    def moved(self, low: float, high: float) -> Target:
        """Return the same target with another interval."""
        return dataclasses.replace(self, low=low, high=high)

    def _end(self, value: float) -> float:
        return math.log(value) if self.scale == "log" else value


def _patterns() -> tuple[Target, ...]:
    return tuple(
        _pattern(fact.id, fact.text, fact.measure or "", fact.unit or "1", fact.low, fact.high)
        for fact in facts()
        if fact.kind == "pattern" and fact.low is not None and fact.high is not None
    )


def _pattern(id: str, text: str, computed: str, unit: str, low: float, high: float) -> Target:
    dated, reason = PATTERN_DATES[id], "its band is a judgement of what counts as reproduced"
    if id in PATTERN_EVENTS:
        reason = "it happened in the one history that there is"
        return Target(id, id, text, computed, unit, 1.0, 1.0, EVENT_ERROR, dated, "fit", "event", reason)
    is_log = id in PATTERN_LOGS
    width = math.log(high / low) if is_log else high - low
    share = PATTERN_DISCREPANCY * width / 2.0
    return Target(id, id, text, computed, unit, low, high, share, dated, "fit", "log" if is_log else "linear", reason)


def _observations() -> tuple[Target, ...]:
    return tuple(
        Target(
            entry.id,
            entry.source,
            entry.quantity,
            entry.computed,
            entry.unit,
            entry.low,
            entry.high,
            entry.discrepancy,
            entry.dated,
            "fit" if entry.fits else "check",
            "log",
            entry.reason,
        )
        for entry in REPORTED
    )


TARGETS: tuple[Target, ...] = (*_patterns(), *_observations())
"""Every target; the patterns first, in the order of the evidence."""


def fitted(targets: Sequence[Target] = TARGETS) -> tuple[Target, ...]:
    """Return the targets that a fit uses."""
    return tuple(target for target in targets if target.use == "fit")


def known_by(day: dt.date, targets: Sequence[Target] = TARGETS) -> tuple[Target, ...]:
    """Return the targets whose dates end by a day; those without a date are left out."""
    return tuple(target for target in targets if target.dated is not None and target.dated <= day)


def table(targets: Sequence[Target] = TARGETS) -> pd.DataFrame:
    """Return the targets as a table, a row each."""
    columns = ("id", "source", "quantity", "computed", "unit", "low", "high", "discrepancy", "scale", "weight", "use")
    rows = [
        {
            **{name: getattr(target, name) for name in columns},
            "dated": "" if target.dated is None else target.dated.isoformat(),
            "usable_at_cut": bool(known_by(CUT, [target])),
            "reason": target.reason,
        }
        for target in targets
    ]
    return pd.DataFrame(rows)
