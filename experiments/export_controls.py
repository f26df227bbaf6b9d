"""What would an export rule with another date, notice, severity or substitute have done?

Two designs (`rule_worlds`): a Sobol sequence over six factors for response surfaces, variance indices and scenario
discovery, the boxes of factors in which the peak price more than doubles; and a factorial on paired seeds for
interactions and tipping points. Surfaces are of means over luck. Firms know no more than the baseline's firms do:
nobody lobbies, and NVIDIA's capacity does not follow the rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.lab import Lab
from experiments.readings.outcomes import OUTCOMES
from experiments.readings.welfare import WELFARE
from experiments.statistics.intervals import half_width, student
from experiments.statistics.prim import Box, discover, peel, quasi_p_values, restriction_shares
from experiments.statistics.surfaces import Surface, check, choose_degree, indices
from experiments.statistics.tipping import DOUBLED, tipping_table
from experiments.study import Study
from experiments.worlds.rule_worlds import FACTORS, NAMES, as_it_was, factorial, sequence

__all__ = ["OUTCOMES_HERE", "QUESTION", "conduct", "runs"]

QUESTION = "What would an export rule with another date, notice, severity or substitute have done?"

OUTCOMES_HERE: dict[str, tuple[str, str]] = {
    name: (OUTCOMES | WELFARE)[name]
    for name in (
        "peak_price_multiple",
        "weeks_above_1_5",
        "price_area_cny_days",
        "mean_rent_2024_cny",
        "mean_idle_share_2024",
        "churn_per_100_contract_years",
        "startups_lost",
        "training_done_card_days",
        "grey_imports_cards",
        "nvidia_profit_bn_cny",
        "clouds_profit_bn_cny",
        "speculators_gain_bn_cny",
        "importers_rent_bn_cny",
    )
}
PICTURED = ("peak_price_multiple", "training_done_card_days", "nvidia_profit_bn_cny", "churn_per_100_contract_years")
PAIRS = (
    ("announced_day", "severity"),
    ("notice_days", "severity"),
    ("rumour_lead_days", "severity"),
    ("substitute_delay_days", "substitute_performance"),
)
GRID = 11
DIGITS = 5
LEAST_DENSITY = 0.8


def runs(quick: bool) -> int:
    """Return the number of model runs."""
    return len(sequence(quick)) + len(factorial(quick))


def conduct(lab: Lab) -> None:
    """Run both designs; keep surfaces, indices, boxes and tipping points."""
    study = sequence(lab.quick)
    table = lab.collect(study)["runs"]
    means, points, spread = point_means(table, study)
    lab.keep("points", _short(pd.concat([pd.DataFrame(points, columns=list(NAMES)), means[list(PICTURED)]], axis=1)))
    fitted = {name: fit(name, points, means[name].to_numpy()) for name in OUTCOMES_HERE}
    quality = quality_table(fitted, points, means, spread, study.replicates)
    lab.keep("precision", quality)
    lab.keep("surfaces", _short(pd.concat([surface_table(name, fitted[name]) for name in PICTURED])))
    lab.keep("main_effects", _short(pd.concat([main_effect_table(name, one) for name, one in fitted.items()])))
    shares = pd.concat([index_table(name, one) for name, one in fitted.items()])
    lab.keep("indices", _short(shares))
    is_doubled = means["peak_price_multiple"].to_numpy() > DOUBLED
    boxes, steps = box_tables(points, is_doubled)
    lab.keep("boxes", _short(boxes))
    lab.keep("peeling", _short(steps))
    cells = lab.collect(factorial(lab.quick))["runs"]
    lab.keep("factorial", _short(factorial_table(cells, factorial(lab.quick))))
    tips = tipping_table(cells, factorial(lab.quick))
    lab.keep("tipping", _short(tips))
    _note(lab, table, quality, shares, boxes, tips)


# ------------------------------------------------------------------ surfaces


def point_means(table: pd.DataFrame, study: Study) -> tuple[pd.DataFrame, NDArray[np.float64], pd.Series]:
    """Return the means of the outcomes at each point, the points, and the deviation of a run about its point.

    A point without a finite value of some outcome is left out.
    """
    groups = table.groupby("point")[list(OUTCOMES_HERE)]
    means = groups.mean().reindex([point.key for point in study.points])
    spread = np.sqrt(groups.var(ddof=1).mean())
    points = study.design()[list(NAMES)].to_numpy(float)
    whole = np.isfinite(means.to_numpy()).all(axis=1)
    return means[whole].reset_index(drop=True), points[whole], spread


def fit(name: str, points: NDArray[np.float64], values: NDArray[np.float64]) -> Surface:
    """Return the surface of an outcome, of the degree that predicts best."""
    return Surface.fit(FACTORS, points, values, choose_degree(FACTORS, points, values))


def quality_table(
    fitted: Mapping[str, Surface],
    points: NDArray[np.float64],
    means: pd.DataFrame,
    spread: pd.Series,
    replicates: int,
) -> pd.DataFrame:
    """Return how well each outcome is known: noise, held-out check, half-widths that were reached."""
    middle = np.array([[(factor.low + factor.high) / 2.0 for factor in FACTORS]])
    rows = []
    for name, surface in fitted.items():
        judged = check(FACTORS, points, means[name].to_numpy(), luck=f"export_controls {name}")
        rows.append(
            {
                "outcome": name,
                "unit": OUTCOMES_HERE[name][0],
                "degree": int(surface.powers.sum(axis=1).max()),
                "points": len(points),
                "replicates": replicates,
                "deviation_of_a_run": spread[name],
                "half_width_of_overall_mean": half_width(student(means[name])),
                "half_width_mid_range": half_width(tuple(surface.predict(middle)[:, 0])),
                "held_out_points": judged.points,
                "held_out_explained": judged.explained,
                "held_out_error": judged.error,
                "held_out_coverage": judged.coverage,
            }
        )
    return pd.DataFrame(rows)


def surface_table(name: str, surface: Surface) -> pd.DataFrame:
    """Return a surface on grids of two factors each, all others as they were, with intervals of the mean."""
    parts = []
    for one, other in PAIRS:
        grids = [np.linspace(FACTORS[NAMES.index(x)].low, FACTORS[NAMES.index(x)].high, GRID) for x in (one, other)]
        first, second = (axis.ravel() for axis in np.meshgrid(*grids, indexing="ij"))
        points = np.tile([as_it_was()[factor] for factor in NAMES], (first.size, 1)).astype(float)
        points[:, NAMES.index(one)], points[:, NAMES.index(other)] = first, second
        value, low, high = surface.predict(points)
        columns = {"outcome": name, "one": one, "other": other, "one_value": first, "other_value": second}
        parts.append(pd.DataFrame({**columns, "value": value, "low": low, "high": high}))
    return pd.concat(parts)


def main_effect_table(name: str, surface: Surface) -> pd.DataFrame:
    """Return the mean outcome along each factor, over all values of the others."""
    parts = []
    for place, factor in enumerate(FACTORS):
        grid = np.linspace(factor.low, factor.high, GRID)
        value, low, high = surface.main_effect(place, grid)
        columns = {"outcome": name, "factor": factor.name, "factor_value": grid}
        parts.append(pd.DataFrame({**columns, "value": value, "low": low, "high": high}))
    return pd.concat(parts)


def index_table(name: str, surface: Surface) -> pd.DataFrame:
    """Return which factors, and which pairs of them, make the differences between the worlds of the design."""
    found = indices(surface, luck=f"export_controls {name}")
    kinds = [("first", factor.name, "", found.first[:, k]) for k, factor in enumerate(FACTORS)]
    kinds += [("total", factor.name, "", found.total[:, k]) for k, factor in enumerate(FACTORS)]
    kinds += [("pair", *pair, found.pairs[:, k]) for k, pair in enumerate(combinations(NAMES, 2))]
    rows = [
        {"outcome": name, "kind": kind, "one": one, "other": other, "share": share, "low": low, "high": high}
        for kind, one, other, (share, low, high) in kinds
    ]
    return pd.DataFrame(rows)


# ------------------------------------------------------------------ scenario discovery


def box_tables(points: NDArray[np.float64], is_doubled: NDArray[np.bool_]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the boxes in which the peak price more than doubles, and the steps of the first peeling.

    A row of boxes is a box and a factor: its ends (those of the range where it is free), quasi-p-value, and the share
    of resampled halves of the design that restrict it too. Both are empty where no world, or every one, doubles it.
    """
    columns = ["box", "factor", "unit", "low", "high", "is_restricted", "quasi_p", "restricted_in_resamples"]
    columns += ["coverage", "density", "mass"]
    if not is_doubled.any() or is_doubled.all():
        return pd.DataFrame(columns=columns), pd.DataFrame(
            columns=["step", "coverage", "density", "mass", "restricted"]
        )
    again = restriction_shares(points, is_doubled, LEAST_DENSITY, luck="export_controls boxes")
    boxes = discover(points, is_doubled, least_density=LEAST_DENSITY)
    rows = [row for k, box in enumerate(boxes) for row in _box_rows(k + 1, box, points, is_doubled, again)]
    steps = [
        {
            "step": k,
            "coverage": box.coverage,
            "density": box.density,
            "mass": box.mass,
            "restricted": int(box.restricted.sum()),
        }
        for k, box in enumerate(peel(points, is_doubled))
    ]
    return pd.DataFrame(rows, columns=columns), pd.DataFrame(steps)


def _box_rows(
    number: int, box: Box, points: NDArray[np.float64], is_doubled: NDArray[np.bool_], again: NDArray[np.float64]
) -> list[dict[str, Any]]:
    chances = quasi_p_values(box, points, is_doubled)
    return [
        {
            "box": number,
            "factor": factor.name,
            "unit": factor.unit,
            "low": max(float(box.low[k]), factor.low),
            "high": min(float(box.high[k]), factor.high),
            "is_restricted": bool(box.restricted[k]),
            "quasi_p": chances[k],
            "restricted_in_resamples": again[k] if number == 1 else np.nan,
            "coverage": box.coverage,
            "density": box.density,
            "mass": box.mass,
        }
        for k, factor in enumerate(FACTORS)
    ]


# ------------------------------------------------------------------ factorial


def factorial_table(cells: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the mean of the outcomes in every cell of the factorial, with intervals over seeds."""
    design = study.design().set_index("point")
    parts = []
    for name in PICTURED:
        found = [student(cells.loc[cells["point"] == point, name]) for point in design.index]
        values = pd.DataFrame(found, columns=["value", "low", "high"])
        parts.append(pd.concat([design.reset_index(drop=True), values.assign(outcome=name)], axis=1))
    return pd.concat(parts)


# ------------------------------------------------------------------ numbers


def _note(
    lab: Lab,
    table: pd.DataFrame,
    quality: pd.DataFrame,
    shares: pd.DataFrame,
    boxes: pd.DataFrame,
    tips: pd.DataFrame,
) -> None:
    """Keep what text quotes."""
    n = len(table)
    for row in quality.to_dict("records"):
        text = f"held-out variance that the surface explains, {row['held_out_points']} points: {row['outcome']}"
        lab.note(f"explained_{row['outcome']}", row["held_out_explained"], unit="share", runs=n, meaning=text)
        text = f"held-out points within their 95% interval: {row['outcome']}"
        lab.note(f"coverage_{row['outcome']}", row["held_out_coverage"], unit="share", runs=n, meaning=text)
    for row in shares[shares["kind"] == "total"].to_dict("records"):
        text = f"share of the variance over the design with {row['one']} in it, alone or not: {row['outcome']}"
        name = f"total_share_of_{row['one']}_in_{row['outcome']}"
        lab.note(name, row["share"], row["low"], row["high"], unit="share of variance", runs=n, meaning=text)
    for number, group in boxes.groupby("box"):
        first = group.iloc[0]
        for measure in ("coverage", "density", "mass"):
            text = f"box {number} of worlds in which the peak price more than doubles"
            lab.note(f"box_{number}_{measure}", first[measure], unit="share", runs=n, meaning=f"{measure} of {text}")
        for row in group[group["is_restricted"]].to_dict("records"):
            text = f"range of {row['factor']} in box {number}; value: its width; quasi-p {row['quasi_p']:.2g}"
            ends = (row["high"] - row["low"], row["low"], row["high"])
            lab.note(f"box_{number}_{row['factor']}", *ends, unit=row["unit"], runs=n, meaning=text)
    for row in tips.to_dict("records"):
        when = f"{row['announced'].replace('-', '_')}_notice_{row['notice_days']:.0f}"
        name = f"tipping_severity_{when}_substitute_{10 * row['substitute_performance']:.0f}_tenths"
        text = "severity from which the mean peak price is above twice the contract price; 95% over seeds; null: never"
        tip = (row["severity"], row["low"], row["high"])
        lab.note(name, *tip, unit="share of the flow", runs=row["seeds"], meaning=text)


def _short(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table with its numbers to five digits, so that it stays small."""
    short = frame.copy()
    for column in short.select_dtypes("float"):
        short[column] = [float(f"{value:.{DIGITS}g}") for value in short[column]]
    return short.reset_index(drop=True)
