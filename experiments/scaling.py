"""Which outcomes depend on the number of agents, and how do run time and memory grow?

The market's totals are held: with N startups instead of the baseline's, the synthetic ones are smaller by the same
factor in cards, cash, rounds and staff, so that all together need and own as much as before; named startups keep
their size. Speculators' capital is shared out likewise. Cards stay whole: where a startup needs, or a speculator can
pay, less than one card, it does without, and that is part of the answer. Outcomes are those that are recorded of all
agents, for events and contracts are logged of a limited number of startups. Cost is measured in processes of their
own, one after the other.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from experiments.lab import Lab
from experiments.readings.outcomes import OUTCOMES, outcomes
from experiments.readings.scaling_cost import growth, measured_costs, repeats_of, sized_point
from experiments.readings.series import rounded
from experiments.statistics.intervals import (
    paired_difference,
    replicates_for_mean,
    student,
    variance_reduction,
)
from experiments.study import Study
from market import Result, load_scenario

QUESTION = "Which outcomes depend on the number of agents, and how do run time and memory grow with it?"

QUICK_RUNS = {
    "startups": {100: 16, 200: 16, 1_000: 12, 10_000: 4},
    "speculators": {10: 16, 100: 16, 1_000: 12, 10_000: 4},
}
FULL_RUNS = {
    "startups": {100: 300, 200: 300, 1_000: 150, 10_000: 30, 100_000: 6, 1_000_000: 2},
    "speculators": {10: 300, 100: 300, 1_000: 150, 10_000: 30, 100_000: 6},
}
"""Seeds by size, fewer as a run costs more: luck of single agents averages out in larger populations."""

FIXED_COST, COST_PER_AGENT = 0.5, {"startups": 0.0025, "speculators": 0.0014}
"""In runs of the baseline; measured, and used to foretell the time only."""

WANTED_SHARE = 0.02
"""Wanted half-width of a mean's interval, as a share of the baseline's mean."""

READING = "experiments.scaling:reading"
FROM_LOGS = ("churn_per_100_contract_years", "startups_lost", "startups_spending_bn_cny", "switches")
ADDED = {
    "switches_per_100_startup_years": ("per 100 startup-years", "customers that changed host, over startups' time"),
    "mean_true_demand_2023": ("cards", "mean need of startups, clouds' own use and other industries in 2023"),
    "mean_used_cards_2023": ("cards", "mean of clouds' cards in use in 2023"),
    "startups_alive_share": ("share of startups", "alive on the last day"),
}
MEASURED = {
    **{k: v for k, v in OUTCOMES.items() if not k.startswith("pattern_") and k not in FROM_LOGS},
    **ADDED,
}
DAYS_PER_YEAR = 365.25


def runs(quick: bool) -> int:
    """Return the number of model runs, those for the measurement of cost included."""
    plan = QUICK_RUNS if quick else FULL_RUNS
    measured = sum(repeats_of(size, quick) for sizes in plan.values() for size in sizes)
    return sum(n for sizes in plan.values() for n in sizes.values()) + measured


def effort(quick: bool) -> float:
    """Return how many runs of the baseline all runs cost together, about."""
    plan = QUICK_RUNS if quick else FULL_RUNS
    return sum(
        (n + repeats_of(size, quick)) * (FIXED_COST + COST_PER_AGENT[population] * size)
        for population, sizes in plan.items()
        for size, n in sizes.items()
    )


def reading(result: Result) -> dict[str, pd.DataFrame]:
    """Read a run: the outcomes that are known of all agents, and of the focal tender, in one row."""
    table, daily = outcomes(result)["runs"], result.daily
    in_2023 = daily["date"].dt.year == 2023
    alive = daily["startups_alive"].sum() / DAYS_PER_YEAR
    switches = daily["switches"].sum()
    added = {
        "switches_per_100_startup_years": 100.0 * switches / alive if alive else np.nan,
        "mean_true_demand_2023": daily.loc[in_2023, "true_demand_cards"].mean(),
        "mean_used_cards_2023": daily.loc[in_2023, "used_cards"].mean(),
        "startups_alive_share": daily["startups_alive"].iloc[-1] / max(result.scenario.population.startups, 1),
    }
    return {"runs": table.assign(**added)[list(MEASURED)]}


def conduct(lab: Lab) -> None:
    """Run every size, compare it with the baseline's, and measure what it costs."""
    plan = QUICK_RUNS if lab.quick else FULL_RUNS
    means, differences = [], []
    for population, sizes in plan.items():
        seen = {size: _collect(lab, population, size, n) for size, n in sizes.items()}
        base = getattr(load_scenario("baseline").population, population)
        means += [_means(population, size, table) for size, table in seen.items()]
        differences += [
            _differences(population, size, table, seen[base]) for size, table in seen.items() if size != base
        ]
    lab.keep("outcomes", rounded(pd.concat(means, ignore_index=True)))
    effects = pd.concat(differences, ignore_index=True)
    lab.keep("differences", rounded(effects))
    _note_effects(lab, effects)
    costs = measured_costs(plan, lab.quick)
    lab.keep("costs", rounded(costs))
    exponents = growth(costs)
    lab.keep("growth", rounded(exponents))
    _note_costs(lab, costs, exponents)


# ------------------------------------------------------------------ outcomes


def _collect(lab: Lab, population: str, size: int, replicates: int) -> pd.DataFrame:
    """Return a row a run; replicate r has the same luck at every size."""
    points = (sized_point(population, size),)
    study = Study(f"scaling.{population}.{size}", points, replicates, "paired", READING, luck=f"scaling.{population}")
    return lab.collect(study)["runs"].set_index("replicate")


def _means(population: str, size: int, seen: pd.DataFrame) -> pd.DataFrame:
    """Return mean and deviation over seeds of every outcome at a size, and the runs that the wanted precision takes."""
    rows = []
    for name, (unit, meaning) in MEASURED.items():
        values = seen[name].dropna()
        mean, deviation = student(values), float(values.std()) if len(values) > 1 else np.nan
        aim = WANTED_SHARE * abs(mean.value)
        needed = replicates_for_mean(deviation, aim) if np.isfinite(deviation) and aim > 0 else np.nan
        rows.append((population, size, name, *mean, deviation, mean.half_width, len(values), needed, unit, meaning))
    columns = ["population", "size", "outcome", "mean", "low", "high", "deviation", "half_width", "runs", "runs_needed"]
    return pd.DataFrame(rows, columns=[*columns, "unit", "meaning"])


def _differences(population: str, size: int, seen: pd.DataFrame, base: pd.DataFrame) -> pd.DataFrame:
    """Return the mean difference to the baseline's number of agents over paired seeds, also as a share of its mean.

    `deviation_ratio` is how much more or less runs differ from each other than in the baseline.
    """
    rows = []
    for name, (unit, _) in MEASURED.items():
        both = seen.index.intersection(base.index)
        one, other = seen.loc[both, name], base.loc[both, name]
        difference = paired_difference(one, other)
        mean = abs(float(base[name].mean()))
        shares = [x / mean if mean > 0 else np.nan for x in difference]
        spread = float(seen[name].std() / base[name].std()) if base[name].std() > 0 else np.nan
        pairs = int((one.notna() & other.notna()).sum())
        rows.append((population, size, name, *difference, *shares, spread, variance_reduction(one, other), pairs, unit))
    columns = ["population", "size", "outcome", "difference", "low", "high", "share", "share_low", "share_high"]
    return pd.DataFrame(rows, columns=[*columns, "deviation_ratio", "variance_reduction", "pairs", "unit"])


NOTED = (
    "peak_price_multiple",
    "price_jan_2024_cny",
    "mean_rent_2023_cny",
    "training_done_card_days",
    "speculator_peak_cards",
)


def _note_effects(lab: Lab, effects: pd.DataFrame) -> None:
    """Note how far key outcomes move away from the baseline's at each size."""
    for row in effects.loc[effects["outcome"].isin(NOTED)].itertuples():
        meaning = (
            f"{row.outcome} with {row.size:,} {row.population}, totals held, against the baseline's number; paired 95%"
        )
        ends = (row.share, row.share_low, row.share_high)
        name = f"{row.outcome}_change_{row.population}_{row.size}"
        lab.note(name, *ends, unit="share of the baseline's mean", runs=row.pairs, meaning=meaning)


def _note_costs(lab: Lab, costs: pd.DataFrame, exponents: pd.DataFrame) -> None:
    """Note exponents and what the largest size costs."""
    repeats = int(costs["repeat"].nunique())
    for row in exponents.loc[exponents["cost"].isin(["advance_s", "peak_mb"])].itertuples():
        meaning = f"slope of log {row.cost} in log {row.population}, {row.from_size:,} to {row.to_size:,}"
        name = f"exponent_{row.cost}_{row.population}"
        lab.note(name, row.exponent, row.low, row.high, unit="1", runs=repeats, meaning=meaning)
    for population, group in costs.groupby("population", sort=False):
        last = group.loc[group["size"] == group["size"].max()]
        for cost, unit in (("advance_s", "s of CPU"), ("peak_mb", "MB")):
            meaning = f"three years with {last['size'].iloc[0]:,} {population}, mean of {len(last)} runs"
            lab.note(f"largest_{cost}_{population}", last[cost].mean(), unit=unit, runs=len(last), meaning=meaning)
