"""How much of what happened did each mechanism do?

Six mechanisms are switched on and off in all 64 combinations, each with the same seeds, so that a combination differs
from another in its mechanisms and not in its luck. A mechanism's part is its Shapley value: its effect averaged over
all orders in which the mechanisms could be added to a market with none of them. Parts sum exactly to the difference
between the market with all and the market with none, in every seed. What is left with none (chip supply, clouds' own
growth, seasonal luck) is no mechanism's part. A part whose 95% interval over seeds includes zero is reported as
having no shown effect; no correction is made for the number of outcomes.

Seeds tell of luck, not of doubt about parameters. So all combinations are run at posterior draws, too, each draw with
a seed of its own; over draws a part has a range, which holds doubt and luck together.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.lab import Lab
from experiments.readings.outcomes import OUTCOMES
from experiments.readings.welfare import WELFARE
from experiments.readings.welfare import reading as who_earned
from experiments.statistics.intervals import (
    bootstrap_means,
    replicates_for_mean,
    student,
    student_columns,
    variance_reduction,
    wilson,
)
from experiments.statistics.shapley import interactions, shapley_values, shapley_weights
from experiments.study import Point, Study
from market import Result, posterior_draws

__all__ = ["ATTRIBUTED", "MECHANISMS", "NO_EFFECT", "QUESTION", "Mechanism", "conduct", "design", "reading", "runs"]

QUESTION = "How much of the price spike, of churn and of who earned did each of six mechanisms do?"

NO_EFFECT = "no shown effect"
REPLICATES_QUICK, REPLICATES_FULL = 8, 100
"""Full: for the widest interval, that of the rule's part, to be about `WANTED_CNY` to either side; the other parts of
the price are known better (`precision.csv` has what each took). Quick: a look, three to four times as wide."""
DRAWS_QUICK, DRAWS_FULL = 4, 100
"""Posterior draws; at most as many as the package holds."""
WANTED_CNY = 3_000.0
"""Wanted half-width of the interval of a part of the price in January 2024."""
LARGEST_ERROR = 1e-9
"""Parts must sum to the total within this share of the largest value."""
ROUNDING = 1e-13

BEFORE = (dt.date(2023, 1, 1), dt.date(2023, 1, 31))  # supply had caught up, the boom and the rumour had not begun
EVE_OF_RULE = (dt.date(2023, 10, 6), dt.date(2023, 10, 12))  # the last days without news of the announcement


READ = "experiments.decomposition:reading"


@dataclass(frozen=True, slots=True)
class Mechanism:
    """A mechanism, and the world without it.

    Attributes
    ----------
    name, title : str
        In tables, and in words.
    off : mapping
        Overrides that switch it off.
    twin : str
        The shipped scenario with this mechanism alone switched off.
    """

    name: str
    title: str
    off: Mapping[str, Any]
    twin: str


MECHANISMS = (
    Mechanism("rationing", "rationing by order size", {"market.allotment": "uniform"}, "uniform_allotment"),
    Mechanism("gaming", "shortage gaming", {"orders.gaming": 0.0}, "no_gaming"),
    Mechanism("speculators", "hoarding speculators", {"population.speculators": 0}, "no_speculators"),
    Mechanism("boom", "funding boom", {"funding.climate": [{"on": dt.date(2022, 1, 1), "level": 1.0}]}, "no_boom"),
    # A rule that stops nothing is no news either, so its rumour dies with it.
    Mechanism("rule", "export rule", {"rule.us_2023.severity": 0.0}, "no_rule"),
    Mechanism("anticipation", "anticipation of the rule", {"beliefs.anticipation": 0.0}, "no_anticipation"),
)

SUBSETS = range(1 << len(MECHANISMS))

ATTRIBUTED: dict[str, tuple[str, str]] = {
    "price_spike_cny": ("CNY per card", "median spot price, 1 to 15 January 2024, less that of January 2023"),
    "peak_rise_cny": ("CNY per card", "highest 7-day mean of the spot price less the median of January 2023"),
    "rise_before_rule_cny": ("CNY per card", "median spot price, 6 to 12 October 2023, less that of January 2023"),
    **{
        name: (OUTCOMES | WELFARE)[name]
        for name in (
            "price_area_cny_days",
            "churn_per_100_contract_years",
            "mean_rent_2023_cny",
            "mean_rent_2024_cny",
            "peak_backlog_cards",
            "startups_lost",
            "training_done_card_days",
            "nvidia_profit_bn_cny",
            "clouds_profit_bn_cny",
            "server_makers_profit_bn_cny",
            "speculators_profit_bn_cny",
            "speculators_gain_bn_cny",
        )
    },
}
"""Unit and meaning of every outcome that is taken apart."""


def runs(quick: bool) -> int:
    """Return the number of model runs."""
    return len(design(quick)) + len(SUBSETS) * len(_draws(quick))


def design(quick: bool) -> Study:
    """Return the study: all subsets of the mechanisms on paired seeds; bit i of a subset is mechanism i switched on."""
    points = tuple(_point(subset) for subset in SUBSETS)
    replicates = REPLICATES_QUICK if quick else REPLICATES_FULL
    return Study("decomposition", points, replicates, "paired", READ)


def drawn_design(quick: bool) -> Study:
    """Return the study of all subsets at posterior draws, a draw's subsets on one seed."""
    points = tuple(_point(subset, draw) for draw in _draws(quick) for subset in SUBSETS)
    return Study("decomposition.draws", points, 1, "paired", READ)


def _draws(quick: bool) -> range:
    """Return the numbers of the posterior draws."""
    return range(1, min(DRAWS_QUICK if quick else DRAWS_FULL, len(posterior_draws())) + 1)


def reading(result: Result) -> dict[str, pd.DataFrame]:
    """Read a run: the standard outcomes, who earned, and the rises of the price."""
    table = who_earned(result)["runs"]
    spot = result.daily.set_index("date")["spot_price_cny"]
    before, eve = (float(spot.loc[str(first) : str(last)].median()) for first, last in (BEFORE, EVE_OF_RULE))
    rises = {
        "price_spike_cny": table["price_jan_2024_cny"] - before,
        "peak_rise_cny": table["peak_price_cny"] - before,
        "rise_before_rule_cny": eve - before,
    }
    return {"runs": table.assign(**rises)}


def conduct(lab: Lab) -> None:
    """Run all subsets, take the outcomes apart, keep parts, interactions and what pairing saved."""
    study = design(lab.quick)
    table = lab.collect(study)["runs"]
    values = values_of(table, study)
    parts = parts_of(values)
    lab.keep("subsets", _means(study, values))
    lab.keep("totals", totals(values))
    shares = shapley_table(values, parts)
    lab.keep("shapley", shares)
    lab.keep("interactions", interaction_table(values))
    lab.keep("precision", precision(values, parts))
    _note_parts(lab, shares)
    _note_totals(lab, values)
    if _draws(lab.quick):
        drawn = drawn_design(lab.quick)
        over_draws = draws_table(drawn_values(lab.collect(drawn)["runs"], drawn))
        lab.keep("shapley_over_draws", over_draws)
        _note_draws(lab, over_draws)


def values_of(table: pd.DataFrame, study: Study) -> NDArray[np.float64]:
    """Return the outcomes of all runs, shape (subsets, seeds, outcomes).

    A seed with which a run failed is left out of all subsets.

    Raises
    ------
    ValueError
        When an outcome is missing in a run: its parts would not sum to a total.
    """
    columns = list(ATTRIBUTED)
    whole = table.groupby("replicate")["point"].transform("size") == len(study.points)
    values = table.loc[whole, columns].to_numpy(float).reshape(len(study.points), -1, len(columns))
    missing = [name for k, name in enumerate(columns) if not np.isfinite(values[:, :, k]).all()]
    if missing:
        raise ValueError(f"{', '.join(missing)}: no value in some run, so it cannot be taken apart")
    return values


def drawn_values(table: pd.DataFrame, study: Study) -> NDArray[np.float64]:
    """Return outcomes, shape (subsets, draws, outcomes), of those draws that have every run and every outcome."""
    columns = list(ATTRIBUTED)
    known = study.design().merge(table[["point", *columns]], on="point", how="left").sort_values(["subset", "draw"])
    values = known[columns].to_numpy(float).reshape(len(SUBSETS), -1, len(columns))
    return values[:, np.isfinite(values).all(axis=(0, 2))]


def parts_of(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the Shapley values, shape (mechanisms, seeds, outcomes), after checking that they sum to the total.

    Raises
    ------
    ArithmeticError
        When they do not, within 1e-9 of the largest value of the outcome.
    """
    parts = _without_rounding(shapley_values(values), values)
    error = np.abs(parts.sum(axis=0) - (values[-1] - values[0])) / np.maximum(np.abs(values).max(axis=(0, 1)), 1.0)
    if not error.max() <= LARGEST_ERROR:
        raise ArithmeticError(f"Shapley values miss the total by {error.max():.3g} of the largest value")
    return parts


def shapley_table(values: NDArray[np.float64], parts: NDArray[np.float64]) -> pd.DataFrame:
    """Return every mechanism's part of every outcome, in its unit and as a share, with intervals over seeds.

    Beside it what the mechanism does when it is the first one added, and the last. A share is left out where the
    total itself has an interval that includes zero.
    """
    rows = []
    totals_seen = student_columns(values[-1] - values[0])
    everybody = values.shape[0] - 1
    for k, (outcome, (unit, _)) in enumerate(ATTRIBUTED.items()):
        mean, low, high = student_columns(parts[:, :, k].T)
        shares = bootstrap_means(parts[:, :, k].T, _shares, luck=f"decomposition {outcome}")
        if totals_seen[1, k] <= 0.0 <= totals_seen[2, k]:
            shares = np.full_like(shares, np.nan)
        for i, mechanism in enumerate(MECHANISMS):
            first = student_columns((values[1 << i] - values[0])[:, [k]])[:, 0]
            last = student_columns((values[everybody] - values[everybody ^ (1 << i)])[:, [k]])[:, 0]
            row: dict[str, Any] = {
                "outcome": outcome,
                "unit": unit,
                "mechanism": mechanism.name,
                "title": mechanism.title,
            }
            row |= _cells("part", (mean[i], low[i], high[i])) | _cells("share", shares[:, i])
            row |= _cells("first", first) | _cells("last", last)
            rows.append(row | {"verdict": verdict(low[i], high[i]), "seeds": values.shape[1]})
    return pd.DataFrame(rows)


def draws_table(values: NDArray[np.float64]) -> pd.DataFrame:
    """Return every mechanism's part over posterior draws: its median and 90% range, and how it stands among the others.

    `share` is the mean part over the mean total, with a 95% interval over draws; `raises` and `largest` are the shares
    of draws in which the part is above zero, and in which it is the largest.
    """
    parts = parts_of(values)
    largest = parts.argmax(axis=0)
    rows = []
    for k, (outcome, (unit, _)) in enumerate(ATTRIBUTED.items()):
        shares = bootstrap_means(parts[:, :, k].T, _shares, luck=f"decomposition draws {outcome}")
        for i, mechanism in enumerate(MECHANISMS):
            low, middle, high = np.quantile(parts[i, :, k], (0.05, 0.5, 0.95))
            row: dict[str, Any] = {"outcome": outcome, "unit": unit, "mechanism": mechanism.name}
            row |= _cells("part", (middle, low, high)) | _cells("share", shares[:, i])
            row |= {"raises": float((parts[i, :, k] > 0.0).mean()), "largest": float((largest[:, k] == i).mean())}
            rows.append(row | {"draws": values.shape[1]})
    return pd.DataFrame(rows)


def interaction_table(values: NDArray[np.float64]) -> pd.DataFrame:
    """Return the interaction of every pair of mechanisms, with intervals over seeds."""
    found = _without_rounding(interactions(values), values)
    rows = []
    for k, (outcome, (unit, _)) in enumerate(ATTRIBUTED.items()):
        mean, low, high = student_columns(found[:, :, k].T)
        for pair, (one, other) in enumerate(combinations(MECHANISMS, 2)):
            row: dict[str, Any] = {"outcome": outcome, "unit": unit, "one": one.name, "other": other.name}
            row |= _cells("interaction", (mean[pair], low[pair], high[pair]))
            rows.append(row | {"verdict": verdict(low[pair], high[pair])})
    return pd.DataFrame(rows)


def totals(values: NDArray[np.float64]) -> pd.DataFrame:
    """Return each outcome with all mechanisms, with none, and the difference that is taken apart."""
    rows = []
    for k, (outcome, (unit, meaning)) in enumerate(ATTRIBUTED.items()):
        row: dict[str, Any] = {"outcome": outcome, "unit": unit}
        for name, column in (
            ("with_all", values[-1, :, k]),
            ("with_none", values[0, :, k]),
            ("total", values[-1, :, k] - values[0, :, k]),
        ):
            row |= _cells(name, student_columns(column[:, None])[:, 0])
        rows.append(row | {"meaning": meaning})
    return pd.DataFrame(rows)


def precision(values: NDArray[np.float64], parts: NDArray[np.float64]) -> pd.DataFrame:
    """Return what common random numbers saved, and the seeds that a wanted precision takes.

    `saved_in_contrast` is the share of the variance of the plain contrast (all against all but this one) that paired
    seeds save; `saved_in_part` the same for the part. Both are negative where pairing harms.
    """
    weights = shapley_weights(len(MECHANISMS))
    apart = np.tensordot(weights**2, values.var(axis=1, ddof=1), axes=1)  # had every subset luck of its own
    together = parts.var(axis=1, ddof=1)
    everybody = values.shape[0] - 1
    rows = []
    for k, outcome in enumerate(ATTRIBUTED):
        for i, mechanism in enumerate(MECHANISMS):
            without = values[everybody ^ (1 << i), :, k]
            deviation = float(np.sqrt(together[i, k]))
            row = {
                "outcome": outcome,
                "mechanism": mechanism.name,
                "saved_in_contrast": variance_reduction(values[everybody, :, k], without),
                "saved_in_part": 1.0 - together[i, k] / apart[i, k] if apart[i, k] > 0.0 else np.nan,
                "deviation_of_part": deviation,
                "seeds": values.shape[1],
                "seeds_for_wanted": np.nan,
            }
            if outcome == "price_spike_cny":
                row["seeds_for_wanted"] = replicates_for_mean(deviation, WANTED_CNY) if deviation > 0.0 else 1
            rows.append(row)
    return pd.DataFrame(rows)


def verdict(low: float, high: float) -> str:
    """Return what an interval says about an effect."""
    if low > 0.0:
        return "raises"
    if high < 0.0:
        return "lowers"
    return NO_EFFECT


def _point(subset: int, draw: int = 0) -> Point:
    """Return the world that has the mechanisms of a subset and no others, at a posterior draw (0: the baseline)."""
    is_on = {mechanism.name: bool(subset >> i & 1) for i, mechanism in enumerate(MECHANISMS)}
    overrides: dict[str, Any] = dict(posterior_draws()[draw - 1]) if draw else {}
    for mechanism in MECHANISMS:
        if not is_on[mechanism.name]:
            overrides |= mechanism.off
    key = f"{subset:0{len(MECHANISMS)}b}"
    if not draw:
        return Point(key, "baseline", overrides, {"subset": subset, **is_on})
    return Point(f"{key}-{draw}", "baseline", overrides, {"subset": subset, "draw": draw, **is_on}, f"draw {draw}")


def _means(study: Study, values: NDArray[np.float64]) -> pd.DataFrame:
    """Return the mean of every outcome in every subset."""
    means = pd.DataFrame(values.mean(axis=1), columns=list(ATTRIBUTED))
    return pd.concat([study.design(), means], axis=1)


def _without_rounding(found: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return an exact zero where nothing but rounding is left, or a mechanism that does nothing would seem to."""
    return np.where(np.abs(found) <= ROUNDING * np.abs(values).max(axis=(0, 1)), 0.0, found)


def _shares(parts: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(divide="ignore", invalid="ignore"):  # nothing to share: NaN
        return parts / parts.sum(axis=1, keepdims=True)


def _cells(name: str, interval: Any) -> dict[str, float]:
    """Return an interval as the three cells of a row."""
    value, low, high = interval
    return {name: float(value), f"{name}_low": float(low), f"{name}_high": float(high)}


def _note_parts(lab: Lab, shares: pd.DataFrame) -> None:
    """Keep what text quotes: every part, in its unit and as a share of the total."""
    for row in shares.to_dict("records"):
        name = f"{row['outcome']}_{row['mechanism']}"
        text = f"Shapley part of {row['title']} in: {ATTRIBUTED[row['outcome']][1]}; 95% over seeds; {row['verdict']}"
        part = (row["part"], row["part_low"], row["part_high"])
        lab.note(f"part_of_{name}", *part, unit=row["unit"], runs=row["seeds"], meaning=text)
        for place in ("first", "last"):
            alone = (row[place], row[f"{place}_low"], row[f"{place}_high"])
            told = f"effect of {row['title']}, added {place}, on: {ATTRIBUTED[row['outcome']][1]}; 95% over seeds"
            lab.note(f"{place}_effect_on_{name}", *alone, unit=row["unit"], runs=row["seeds"], meaning=told)
        share = (row["share"], row["share_low"], row["share_high"])
        if np.isfinite(share).all():
            lab.note(f"share_of_{name}", *share, unit="share of the total", runs=row["seeds"], meaning=text)


def _note_draws(lab: Lab, table: pd.DataFrame) -> None:
    """Keep what text quotes of the parts over posterior draws."""
    for row in table.to_dict("records"):
        name, of = f"{row['outcome']}_{row['mechanism']}", f"of {row['mechanism']} in: {ATTRIBUTED[row['outcome']][1]}"
        part, share = ((row[cell], row[f"{cell}_low"], row[f"{cell}_high"]) for cell in ("part", "share"))
        text = f"Shapley part {of}; median and 90% of posterior draws, each with its luck"
        lab.note(f"drawn_part_of_{name}", *part, unit=row["unit"], runs=row["draws"], meaning=text)
        text = f"mean Shapley part {of}, over the mean total; 95% over posterior draws"
        lab.note(f"drawn_share_of_{name}", *share, unit="share of the total", runs=row["draws"], meaning=text)
        text = f"posterior draws in which it is the largest part {of}; 95% interval (Wilson)"
        largest = wilson(round(row["largest"] * row["draws"]), row["draws"])
        lab.note(f"drawn_largest_of_{name}", *largest, unit="share of draws", runs=row["draws"], meaning=text)


def _note_totals(lab: Lab, values: NDArray[np.float64]) -> None:
    """Keep each outcome with all mechanisms, with none, and what pairing saved in the price."""
    seeds = values.shape[1]
    for k, (outcome, (unit, meaning)) in enumerate(ATTRIBUTED.items()):
        total = values[-1, :, k] - values[0, :, k]
        text = f"difference that all six mechanisms make together: {meaning}; 95% over seeds"
        lab.note(f"{outcome}_total", *student(total), unit=unit, runs=seeds, meaning=text)
        for name, column in (("with_all", values[-1, :, k]), ("with_none", values[0, :, k])):
            text = f"{name.replace('_', ' ')} of the six mechanisms: {meaning}; 95% over seeds"
            lab.note(f"{outcome}_{name}", *student(column), unit=unit, runs=seeds, meaning=text)
    everybody = values.shape[0] - 1
    for i, mechanism in enumerate(MECHANISMS):
        saved = variance_reduction(values[everybody, :, 0], values[everybody ^ (1 << i), :, 0])
        text = f"variance that paired seeds save in the effect of {mechanism.title} on the price of January 2024"
        lab.note(f"saved_by_pairing_{mechanism.name}", saved, unit="share of variance", runs=seeds, meaning=text)
