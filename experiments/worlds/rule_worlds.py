"""Worlds with another export rule: the factors, a point of them as overrides, and the two designs over them.

The rumour comes so many days before the announcement, the effect so many days after, the substitute so many days
after the effect; one that would come after the calendar's end does not come. A Sobol sequence covers the whole range,
every run with luck of its own, since shared luck would make a surface's intervals too narrow; a small factorial of
date, notice, severity and substitute is run on paired seeds, for contrasts. All else is the baseline's.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import cache
from itertools import product
from typing import Any

import numpy as np
from scipy.stats import qmc

from experiments.statistics.intervals import generator
from experiments.study import Factor, Point, Study
from market import load_scenario

__all__ = ["FACTORS", "FIRST_DATE", "NAMES", "as_it_was", "factorial", "sequence", "world"]

RULE, SUBSTITUTE = "us_2023", "h20"
FIRST_DATE, LAST_DATE = dt.date(2023, 1, 1), dt.date(2024, 6, 30)
LAST_DAY = dt.date(2024, 12, 31)

FACTORS = (
    Factor("announced_day", 0, (LAST_DATE - FIRST_DATE).days, "days", "announcement of the rule, after 1 January 2023"),
    Factor("rumour_lead_days", 0, 180, "days", "rumour before the announcement"),
    Factor("notice_days", 0, 180, "days", "announcement before the effect"),
    Factor("severity", 0.0, 1.0, "share of the flow", "share of the flow that the rule stops"),
    Factor("substitute_delay_days", 0, 365, "days", "substitute after the effect"),
    Factor("substitute_performance", 0.2, 1.0, "A-class cards", "performance of a card of the substitute"),
)
NAMES = tuple(factor.name for factor in FACTORS)

POINTS_QUICK, POINTS_FULL = 2**7, 2**11
REPLICATES_QUICK, REPLICATES_FULL = 2, 4
SEEDS_QUICK, SEEDS_FULL = 3, 12
"""With 2,048 points of 4 runs the mean peak price, over the design and mid-range of the surface, is known to within
about 0.02 contract prices (a quarter of what the quick design reaches); `precision.csv` has what was reached."""

SEVERITIES_QUICK, SEVERITIES_FULL = tuple(np.linspace(0, 1, 5)), tuple(np.linspace(0, 1, 9))
DATES_QUICK = (dt.date(2023, 1, 1), dt.date(2023, 10, 17))
DATES_FULL = (dt.date(2023, 1, 1), dt.date(2023, 6, 1), dt.date(2023, 10, 17), dt.date(2024, 6, 1))
NOTICES = (0, 180)
PERFORMANCES = (0.5, 0.9)


def sequence(quick: bool) -> Study:
    """Return the Sobol sequence over the factors, with luck of its own for every run."""
    n = POINTS_QUICK if quick else POINTS_FULL
    unit = qmc.Sobol(len(FACTORS), rng=generator("export_controls sequence")).random(n)
    scaled = qmc.scale(unit, [f.low for f in FACTORS], [f.high for f in FACTORS])
    points = tuple(world(f"s{k:04d}", dict(zip(NAMES, row, strict=True))) for k, row in enumerate(scaled.tolist()))
    replicates = REPLICATES_QUICK if quick else REPLICATES_FULL
    return Study("export_controls.sequence", points, replicates, "independent", "experiments.readings.welfare:reading")


def factorial(quick: bool) -> Study:
    """Return the factorial of date, notice, severity and performance, on paired seeds."""
    dates = DATES_QUICK if quick else DATES_FULL
    severities = SEVERITIES_QUICK if quick else SEVERITIES_FULL
    points = []
    for k, (date, notice, performance, severity) in enumerate(product(dates, NOTICES, PERFORMANCES, severities)):
        values = as_it_was() | {
            "announced_day": (date - FIRST_DATE).days,
            "notice_days": notice,
            "substitute_performance": performance,
            "severity": severity,
        }
        points.append(world(f"f{k:03d}", values))
    seeds = SEEDS_QUICK if quick else SEEDS_FULL
    return Study("export_controls.factorial", tuple(points), seeds, "paired", "experiments.readings.welfare:reading")


def world(key: str, values: Mapping[str, float]) -> Point:
    """Return the point of a design at which the factors have these values; days are rounded."""
    whole = {f.name: float(round(values[f.name]) if f.unit == "days" else values[f.name]) for f in FACTORS}
    announced = FIRST_DATE + dt.timedelta(days=int(whole["announced_day"]))
    effective = announced + dt.timedelta(days=int(whole["notice_days"]))
    launch = min(effective + dt.timedelta(days=int(whole["substitute_delay_days"])), LAST_DAY)
    overrides: dict[str, Any] = {
        f"rule.{RULE}.rumoured": announced - dt.timedelta(days=int(whole["rumour_lead_days"])),
        f"rule.{RULE}.announced": announced,
        f"rule.{RULE}.effective": effective,
        f"rule.{RULE}.severity": whole["severity"],
        f"substitute.{SUBSTITUTE}.launch": launch,
        f"substitute.{SUBSTITUTE}.performance": whole["substitute_performance"],
    }
    return Point(key, "baseline", overrides, whole)


@cache
def _baseline() -> Any:
    return load_scenario("baseline")


def as_it_was() -> dict[str, float]:
    """Return the factors' values in the baseline, read from it."""
    rule = next(rule for rule in _baseline().rules if rule.id == RULE)
    substitute = next(item for item in _baseline().substitutes if item.product == SUBSTITUTE)
    return {
        "announced_day": (rule.announced - FIRST_DATE).days,
        "rumour_lead_days": (rule.announced - rule.rumoured).days,
        "notice_days": (rule.effective - rule.announced).days,
        "severity": rule.severity,
        "substitute_delay_days": (substitute.launch - rule.effective).days,
        "substitute_performance": substitute.performance,
    }
