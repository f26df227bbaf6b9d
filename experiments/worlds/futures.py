"""The world of one draw: what a draw of the inputs means as overrides of the baseline.

Quarters of NVIDIA's revenue that were reported by the cut stay; the quarter under way and all later supply are a guess.
The funding boom goes to the level of the day of the cut and from there in a straight line to a level drawn wide. The
substitutes come when, and are what, the draw says. Everything else of the baseline (firms, populations, the dates of
the rule) is kept; calibrated values of parameters are not.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import cache
from typing import Any

from experiments.fit.priors import free_parameters
from experiments.worlds.information import CUT, H20_ANNOUNCED
from market import all_parameters, load_scenario

__all__ = ["NEXT_QUARTER", "china_revenue", "climate", "overrides", "reported_revenue"]

LAST_KNOWN_QUARTER = dt.date(2023, 5, 1)
"""First day of the last fiscal quarter that NVIDIA had reported by the cut, on 23 August 2023."""
NEXT_QUARTER = dt.date(2023, 7, 31)
BOOM_BEGINS, BOOM_GROWS, BOOM_PEAKS = dt.date(2022, 12, 1), dt.date(2023, 3, 1), dt.date(2023, 6, 1)
GROWN = 1.0 / 3.0
"""Part of the boom that had come by March 2023, as in the baseline."""
ASCEND_SHOWN = dt.date(2023, 8, 1)
WHOLE = ("integration_days", "monthly_cards")


def overrides(values: Mapping[str, float]) -> dict[str, Any]:
    """Return the overrides of the baseline that make the world of one draw.

    Parameters
    ----------
    values : mapping
        A row of `experiments.worlds.information.draw`.
    """
    parameters, whole = _own_paths()
    world: dict[str, Any] = {name: float(value) for name, value in values.items() if name in parameters}
    world |= {name: round(value) for name, value in values.items() if name in whole}
    world["rule.us_2023.severity"] = float(values["rule.us_2023.severity"])
    world["funding.climate"] = climate(values)
    world["supply.china_revenue"] = china_revenue(values)
    for product, announced in (("h20", H20_ANNOUNCED), ("ascend_910b", ASCEND_SHOWN)):
        path = f"substitute.{product}"
        world[f"{path}.launch"] = announced + dt.timedelta(days=round(values[f"{path}.delay_days"]))
        for key in ("integration_days", "performance", "price_cny", "monthly_cards", "monthly_growth"):
            value = float(values[f"{path}.{key}"])
            world[f"{path}.{key}"] = round(value) if key in WHOLE else value
    return world


@cache
def _own_paths() -> tuple[frozenset[str], frozenset[str]]:
    """Return the inputs that are paths of overrides themselves: numbers, and whole numbers."""
    free = free_parameters()
    numbers = {entry.name for entry in all_parameters()} | {item.path for item in free if not item.is_whole}
    return frozenset(numbers), frozenset(item.path for item in free if item.is_whole)


def climate(values: Mapping[str, float]) -> list[dict[str, Any]]:
    """Return the funding climate of a draw: the boom up to the cut, then a straight line to a level drawn wide."""
    boom = float(values["funding.boom"])
    later = CUT + dt.timedelta(days=round(values["funding.later_days"]))
    points = [
        (dt.date(2022, 1, 1), 1.0),
        (BOOM_BEGINS, 1.0),
        (BOOM_GROWS, 1.0 + GROWN * (boom - 1.0)),
        (BOOM_PEAKS, boom),
        (CUT, boom * float(values["funding.at_cut"])),
        (later, float(values["funding.later"])),
    ]
    return [{"on": day, "level": level} for day, level in points]


def china_revenue(values: Mapping[str, float]) -> list[dict[str, Any]]:
    """Return NVIDIA's China revenue: the quarters reported by the cut, then one quarter that is a guess."""
    reported = reported_revenue()
    guess = reported[-1][1] * float(values["supply.next_quarter_growth"])
    return [{"from": day, "busd": busd} for day, busd in (*reported, (NEXT_QUARTER, guess))]


@cache
def reported_revenue() -> tuple[tuple[dt.date, float], ...]:
    """Return first day and billion USD of every fiscal quarter that had been reported by the cut."""
    quarters: Any = load_scenario("baseline").supply.china_revenue
    return tuple((quarter.from_, quarter.busd) for quarter in quarters if quarter.from_ <= LAST_KNOWN_QUARTER)
