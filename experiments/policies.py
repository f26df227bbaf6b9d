"""What would other rules of the market have done to the price, to training and to who pays?

Each policy is the baseline with one thing changed, on the same seeds; an effect is the mean difference to the
baseline over pairs of runs, with Student's 95% interval. Deposits and allotment rules change how NVIDIA splits what
is short, a penalty makes it pay for delay, a cap forbids dear resale, a reserve buys before and sells in the
shortage, the last ones change the substitute or the notice. Two rows are no policies but yardsticks: the market
without the rule, and without resale. Their firms know the policy and nothing else: nobody lobbies, evades a cap or
anticipates a reserve.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.lab import Lab
from experiments.readings.outcomes import OUTCOMES
from experiments.readings.welfare import WELFARE
from experiments.statistics.intervals import (
    bootstrap_means,
    paired_difference,
    replicates_for_mean,
    student,
    variance_reduction,
)
from experiments.study import Point, Study
from market import scenario_names

__all__ = ["BASELINE", "EFFECTS", "POLICIES", "QUESTION", "Policy", "conduct", "design", "runs"]

QUESTION = "What would deposits, penalties, other allotments, a cap, a reserve, a substitute or notice have done?"

REPLICATES_QUICK, REPLICATES_FULL = 30, 600
"""Full: enough for all policies' effects on the price of January 2024 to 500 CNY and on churn to 0.5 per 100
contract-years (the yardstick without resale, whose price hardly trades, stays wider); `effects.csv` has the half-width
that was reached and the seeds that the wanted one takes."""
WANTED = {"price_jan_2024_cny": 500.0, "churn_per_100_contract_years": 0.5, "training_done_card_days": 2e5}
"""Wanted half-widths."""
NO_EFFECT = "no shown effect"
BASELINE = "baseline"
NO_RESALE = "no_resale"


@dataclass(frozen=True, slots=True)
class Policy:
    """One change of the baseline.

    Attributes
    ----------
    name, title : str
    scenario : str
        Shipped scenario; a policy whose scenario is not there is left out.
    overrides : mapping
        Laid over it.
    is_yardstick : bool
        No policy anybody could choose.
    """

    name: str
    title: str
    scenario: str = BASELINE
    overrides: Mapping[str, Any] = field(default_factory=dict)
    is_yardstick: bool = False


POLICIES = (
    Policy("deposit", "deposit of 30%", "deposit"),
    Policy("full_deposit", "deposit of 100%", "deposit", {"primary.deposit_share": 1.0}),
    Policy("late_penalty", "late penalty of 5% a month", "late_penalty"),
    Policy("uniform_allotment", "uniform allotment", "uniform_allotment"),
    Policy("turn_and_earn", "turn-and-earn allotment", "turn_and_earn"),
    Policy("resale_cap", "resale cap of 108,000 CNY", "resale_cap"),
    Policy("buffer_stock", "reserve of 10,000 cards", "buffer_stock"),
    Policy(
        "large_buffer_stock",
        "larger and faster reserve",
        "buffer_stock",
        {"reserve.size_cards": 30_000, "reserve.buying_cards_per_week": 600, "reserve.selling_cards_per_week": 800},
    ),
    Policy("early_substitute", "substitute at the rule's effect", "early_substitute"),
    Policy("better_substitute", "substitute of 0.9 cards", "better_substitute"),
    Policy("long_notice", "rule in force 180 days later", "long_notice"),
    Policy("no_rule", "no rule", "no_rule", is_yardstick=True),
    Policy(
        NO_RESALE,
        "no resale",
        BASELINE,
        {
            "population.speculators": 0,
            "spot.idle_sale": 0.0,
            "spot.dealer_share": 0.0,
            "spot.import_cap": 0.0,
        },
        is_yardstick=True,
    ),
)

_PRICES_AND_USE = (
    "price_jan_2024_cny",
    "peak_price_multiple",
    "weeks_above_1_5",
    "price_area_cny_days",
    "mean_rent_2023_cny",
    "mean_rent_2024_cny",
    "peak_lead_months",
    "peak_backlog_cards",
    "mean_idle_share_2023",
    "mean_idle_share_2024",
    "churn_per_100_contract_years",
    "startups_lost",
    "training_done_card_days",
    "grey_imports_cards",
    "server_makers_profit_bn_cny",
    "clouds_profit_bn_cny",
    "clouds_margin_replacement_2023",
    "startups_spending_bn_cny",
)
EFFECTS: dict[str, tuple[str, str]] = {**{name: OUTCOMES[name] for name in _PRICES_AND_USE}, **WELFARE}
"""Unit and meaning of every outcome that is compared."""

PARTIES = {
    "chip_maker_rent_bn_cny": "chip maker",
    "speculators_gain_bn_cny": "speculators",
    "importers_rent_bn_cny": "grey importers",
    "server_makers_profit_bn_cny": "server makers",
    "clouds_profit_bn_cny": "clouds",
    "reserve_result_bn_cny": "state reserve",
    "unserved_value_bn_cny": "users",
}
"""Who gains, by the outcome that says so; what users lose by waiting counts below zero."""


def available() -> tuple[Policy, ...]:
    """Return the policies whose scenario is shipped."""
    shipped = set(scenario_names())
    return tuple(policy for policy in POLICIES if policy.scenario in shipped)


def runs(quick: bool) -> int:
    """Return the number of model runs."""
    return len(design(quick))


def design(quick: bool) -> Study:
    """Return the study: the baseline and every policy, on paired seeds."""
    points = [Point(BASELINE, values={"title": "baseline"})]
    points += [Point(p.name, p.scenario, p.overrides, {"title": p.title}) for p in available()]
    replicates = REPLICATES_QUICK if quick else REPLICATES_FULL
    return Study("policies", tuple(points), replicates, "paired", "experiments.readings.welfare:reading")


def conduct(lab: Lab) -> None:
    """Run the policies, keep levels, effects and who pays."""
    table = lab.collect(design(lab.quick))["runs"]
    values = {name: table.pivot(index="replicate", columns="point", values=name) for name in EFFECTS}
    lab.keep("levels", level_table(values))
    effects = effect_table(values)
    lab.keep("effects", effects)
    lab.keep("welfare", welfare_table(effects))
    lab.keep("resale", resale_table(values))
    _note(lab, effects, values)


def level_table(values: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the mean of every outcome under every policy, with intervals."""
    rows = []
    for name, (unit, meaning) in EFFECTS.items():
        for point in values[name].columns:
            mean, low, high = student(values[name][point])
            row = {"policy": point, "outcome": name, "unit": unit, "mean": mean, "low": low, "high": high}
            rows.append(row | {"seeds": int(values[name][point].notna().sum()), "meaning": meaning})
    return pd.DataFrame(rows)


def effect_table(values: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return every policy's effect on every outcome, what pairing saved, and the seeds a wanted precision takes."""
    rows = []
    for policy in available():
        for name, (unit, _) in EFFECTS.items():
            treated, base = values[name][policy.name], values[name][BASELINE]
            effect = paired_difference(treated, base)
            difference = (treated - base).dropna()
            wanted = WANTED.get(name, np.nan)
            deviation = float(difference.std(ddof=1)) if len(difference) > 1 else np.nan
            row: dict[str, Any] = {"policy": policy.name, "title": policy.title, "is_yardstick": policy.is_yardstick}
            row |= {"outcome": name, "unit": unit, "effect": effect.value, "low": effect.low, "high": effect.high}
            row |= {"baseline": float(base.mean()), "verdict": verdict(effect.low, effect.high)}
            row |= {"saved_by_pairing": variance_reduction(treated, base), "seeds": len(difference)}
            row |= {"half_width": effect.half_width, "wanted_half_width": wanted}
            row["seeds_for_wanted"] = seeds_for(deviation, wanted)
            rows.append(row)
    return pd.DataFrame(rows)


def welfare_table(effects: pd.DataFrame) -> pd.DataFrame:
    """Return who gains and who pays under each policy, in bn CNY against the baseline."""
    split = effects[effects["outcome"].isin(PARTIES)].copy()
    loses = split["outcome"] == "unserved_value_bn_cny"
    flipped = split.loc[loses, ["effect", "high", "low"]].to_numpy() * -1.0
    split.loc[loses, ["effect", "low", "high"]] = flipped
    split["verdict"] = [verdict(low, high) for low, high in zip(split["low"], split["high"], strict=True)]
    split.insert(3, "party", split["outcome"].map(PARTIES))
    columns = ["policy", "title", "party", "outcome", "unit", "effect", "low", "high", "verdict", "seeds"]
    return split[columns].reset_index(drop=True)


def resale_table(values: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return what resale gains in use and what it burns, under the baseline and every policy that changes resale.

    The gain is the value of use, at the rent paid in the market without resale, of the card-days used beyond those
    used there; the cost is holding cost and the risk of grey channels. Their ratio is the allocative gain per CNY
    burnt (Leslie and Sorensen 2014 compare the same two); a ratio below one says that resale burns more than the use
    that it adds is worth at the rents paid, which is a lower bound of what it is worth.
    """
    rows = []
    rent = values["use_value_bn_cny"][NO_RESALE] / values["used_card_days"][NO_RESALE]
    for point in [BASELINE, "resale_cap", "buffer_stock"]:
        if point not in values["used_card_days"]:
            continue
        gain = (values["used_card_days"][point] - values["used_card_days"][NO_RESALE]) * rent
        burnt = values["holding_cost_bn_cny"][point] + values["import_risk_bn_cny"][point]
        both = pd.concat([gain, burnt], axis=1).dropna().to_numpy()
        ratio = bootstrap_means(both, _ratio, luck=f"resale {point}")[:, 0]
        row: dict[str, Any] = {"world": point, "seeds": len(both)}
        for name, interval in (("gain_bn_cny", student(both[:, 0])), ("burnt_bn_cny", student(both[:, 1]))):
            row |= dict(zip((name, f"{name}_low", f"{name}_high"), interval, strict=True))
        rows.append(
            row | dict(zip(("gain_per_burnt", "gain_per_burnt_low", "gain_per_burnt_high"), ratio, strict=True))
        )
    return pd.DataFrame(rows)


def verdict(low: float, high: float) -> str:
    """Return what an interval says about an effect."""
    if low > 0.0:
        return "raises"
    return "lowers" if high < 0.0 else NO_EFFECT


def seeds_for(deviation: float, wanted: float) -> float:
    """Return the seeds that a half-width takes; NaN where none is wanted or none can be told."""
    if not np.isfinite([deviation, wanted]).all():
        return np.nan
    return float(replicates_for_mean(deviation, wanted)) if deviation > 0.0 else 1.0


def _ratio(means: NDArray[np.float64]) -> NDArray[np.float64]:
    return means[:, :1] / means[:, 1:]


def _note(lab: Lab, effects: pd.DataFrame, values: Mapping[str, pd.DataFrame]) -> None:
    """Keep what text quotes: effects, and what resale gains for what it burns."""
    for row in effects.to_dict("records"):
        text = f"effect of {row['title']} on: {EFFECTS[row['outcome']][1]}; paired, 95% over seeds; {row['verdict']}"
        effect = (row["effect"], row["low"], row["high"])
        name = f"effect_of_{row['policy']}_on_{row['outcome']}"
        lab.note(name, *effect, unit=row["unit"], runs=row["seeds"], meaning=text)
    for row in resale_table(values).to_dict("records"):
        interval = (row["gain_per_burnt"], row["gain_per_burnt_low"], row["gain_per_burnt_high"])
        text = "value of the use that resale adds, per CNY of holding cost and risk of imports; 95% over seeds"
        name = f"resale_gain_per_burnt_{row['world']}"
        lab.note(name, *interval, unit="CNY per CNY", runs=row["seeds"], meaning=text)
    saved = effects.loc[effects["outcome"] == "price_jan_2024_cny", "saved_by_pairing"]
    text = "variance that paired seeds save in the effects on the price of January 2024: median, least and most"
    seeds = int(effects["seeds"].max())
    lab.note(
        "saved_by_pairing", saved.median(), saved.min(), saved.max(), unit="share of variance", runs=seeds, meaning=text
    )
