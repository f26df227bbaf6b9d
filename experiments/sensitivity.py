"""Which free parameters move which outcomes, alone or together, and how much is luck?

Morris's screening over everything that is free ranks the inputs by their mean share in the outcomes' effects; the
strongest enter Saltelli's design over their priors, the others stay at the baseline. Each point is run in replicates
with luck of its own, so that the indices are the inputs' and luck has a share of its own. Beside them stands
Borgonovo's delta, which does not rest on variances, for the skewed outcomes; pairs of inputs are named from emulators
of the design, whose quality is kept with them. What it leaves out: ranges beyond the priors, and inputs that only act
with weak ones.

Full size: 20 trajectories; then ten inputs, 256 rows in six replicates, which gives total indices of outcomes with
little luck to within 0.1; the convergence table shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from experiments.fit.priors import Free, free_parameters, points_at
from experiments.lab import Lab
from experiments.readings.outcomes import OUTCOMES
from experiments.statistics.emulators import Emulator, judge
from experiments.statistics.indices import blocks, delta, saltelli, second_order, sobol
from experiments.statistics.intervals import generator
from experiments.statistics.screening import LUCK, Screened, effects, screen
from experiments.study import Study

QUESTION = "Which free parameters move prices, queues, churn and profits, alone or together, and how much is luck?"

READ = "experiments.readings.outcomes:outcomes"
STUDIED = (
    "peak_price_cny",
    "price_jan_2024_cny",
    "weeks_above_1_5",
    "mean_rent_2023_cny",
    "peak_backlog_cards",
    "mean_idle_share_2023",
    "mean_idle_share_2024",
    "churn_per_100_contract_years",
    "startups_lost",
    "grey_imports_cards",
    "nvidia_profit_bn_cny",
    "clouds_profit_bn_cny",
    "server_makers_profit_bn_cny",
    "speculators_profit_bn_cny",
)
SKEWED = (
    "peak_price_cny",
    "price_jan_2024_cny",
    "churn_per_100_contract_years",
    "nvidia_profit_bn_cny",
    "clouds_profit_bn_cny",
    "server_makers_profit_bn_cny",
    "speculators_profit_bn_cny",
)
PAIRED = ("peak_price_cny", "churn_per_100_contract_years", "clouds_profit_bn_cny")
TOGETHER = 0.05
"""Least lower bound of the total less the first index for which an input counts as acting together with others."""
MOST_POINTS = 700
"""Points that an emulator of pairs is conditioned on, at most."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Size:
    """How large the study is: trajectories, inputs of the design, its rows and replicates, rows for pairs."""

    trajectories: int
    inputs: int
    rows: int
    replicates: int
    pair_rows: int

    def runs(self, free: int) -> int:
        """Return the number of model runs."""
        return self.trajectories * (free + 2) + self.rows * (self.inputs + 2) * self.replicates


QUICK = Size(2, 5, 32, 3, 256)
FULL = Size(20, 10, 256, 6, 1024)


def runs(quick: bool) -> int:
    """Return the number of model runs."""
    return (QUICK if quick else FULL).runs(len(free_parameters()))


def conduct(lab: Lab) -> None:
    """Screen, run the design, keep the indices."""
    size = QUICK if lab.quick else FULL
    free = free_parameters()
    with threadpool_limits(1):  # small matrices: threads cost more than they save, and change last digits
        screened = screen(lab, free, size.trajectories, READ, generator(f"{lab.name}.morris"), f"{lab.name}.morris")
        table = effects(free, screened, _deviations(screened))
        ranks = _ranks(table)
        lab.keep("morris", table)
        lab.keep("ranking", ranks)
        chosen = tuple(item for item in free if item.path in set(ranks["input"].head(size.inputs)))
        design = saltelli(size.rows, len(chosen), generator(f"{lab.name}.sobol"))
        study = Study(f"{lab.name}.sobol", points_at(chosen, design, "row"), size.replicates, "independent", READ)
        found = lab.collect(study)["runs"]
        names = [item.path for item in chosen]
        values = {outcome: _by_point(found, study, outcome) for outcome in STUDIED}
        indices = _keep_sobol(lab, values, names)
        _keep_convergence(lab, values, names, size.rows)
        _keep_delta(lab, design, values, names)
        _keep_pairs(lab, design, values, names, size)
        _note(lab, indices, free, chosen)


def _deviations(screened: Sequence[Screened]) -> Mapping[str, Callable[[pd.Series], Floats]]:
    """Return functions that put outcomes in their standard deviations over all runs of the screening."""
    everything = pd.concat([one.runs for one in screened])

    def measure_of(outcome: str) -> Callable[[pd.Series], Floats]:
        deviation = float(everything[outcome].std()) or 1.0
        return lambda values: values.to_numpy(float) / deviation

    return {outcome: measure_of(outcome) for outcome in STUDIED}


def _ranks(table: pd.DataFrame) -> pd.DataFrame:
    """Return the inputs by their mean share, over outcomes, in the sum of squared effects."""
    own = table[table["input"] != LUCK].copy()
    square = own["mu_star"].fillna(0.0) ** 2
    total = square.groupby(own["outcome"]).transform("sum")
    own["share"] = np.where(total > 0, square / total.where(total > 0, 1.0), 0.0)
    shares = own.groupby("input")["share"].mean().sort_values(ascending=False, kind="stable")
    largest = own.loc[own.groupby("input")["share"].idxmax()].set_index("input")["outcome"]
    return pd.DataFrame(
        {"input": shares.index, "share": shares.to_numpy(), "most_on": largest[shares.index].to_numpy()}
    )


def _by_point(runs: pd.DataFrame, study: Study, outcome: str) -> Floats:
    """Return an outcome's values, shape (points, replicates); NaN where a run failed or it does not exist."""
    place = {point.key: number for number, point in enumerate(study.points)}
    values = np.full((len(study.points), study.replicates), np.nan)
    values[runs["point"].map(place).to_numpy(int), runs["replicate"].to_numpy(int)] = runs[outcome].to_numpy(float)
    return values


def _keep_sobol(lab: Lab, values: Mapping[str, Floats], names: Sequence[str]) -> pd.DataFrame:
    parts = [
        sobol(blocks(runs, len(names)), names, f"{lab.name}.{outcome}").assign(outcome=outcome)
        for outcome, runs in values.items()
    ]
    table = pd.concat(parts, ignore_index=True)
    table["acts_together"] = table["interaction_low"] > TOGETHER
    lab.keep("sobol", table)
    return table


def _keep_convergence(lab: Lab, values: Mapping[str, Floats], names: Sequence[str], rows: int) -> None:
    """Keep the indices from a quarter, half and all of the rows, and from fewer replicates."""
    parts = []
    for outcome, runs in values.items():
        replicates = runs.shape[1]
        for share, few in ((4, replicates), (2, replicates), (1, replicates), (1, max(2, replicates // 2))):
            data = blocks(runs[:, :few], len(names)).first(rows // share)
            found = sobol(data, names, f"{lab.name}.{outcome}.{share}.{few}")
            parts.append(found.assign(outcome=outcome, used_rows=rows // share, replicates=few))
    lab.keep("convergence", pd.concat(parts, ignore_index=True).drop(columns=["lost", "rows"]))


def _keep_delta(lab: Lab, design: Floats, values: Mapping[str, Floats], names: Sequence[str]) -> None:
    parts = [
        delta(design, values[outcome][:, 0], names, f"{lab.name}.{outcome}", blocks=len(names) + 2).assign(
            outcome=outcome
        )
        for outcome in SKEWED
    ]
    lab.keep("delta", pd.concat(parts, ignore_index=True))


def _keep_pairs(lab: Lab, design: Floats, values: Mapping[str, Floats], names: Sequence[str], size: Size) -> None:
    """Keep second-order indices of emulators, fitted on A and the mixed points and judged on B."""
    parts = []
    held_out = np.arange(size.rows, 2 * size.rows)
    fitted = np.setdiff1d(np.arange(len(design)), held_out)
    every = max(1, len(fitted) // MOST_POINTS)
    fitted = fitted[::every]
    for outcome in PAIRED:
        if np.isfinite(values[outcome][fitted]).any(axis=1).sum() < 2:
            continue
        emulator = Emulator(design[fitted], values[outcome][fitted])
        r2 = judge(emulator, design[held_out], values[outcome][held_out]).r2

        def mean(points: Floats, emulator: Emulator = emulator) -> Floats:
            return emulator.predict(points).mean

        found = second_order(mean, names, size.pair_rows, f"{lab.name}.pairs")
        parts.append(found.assign(outcome=outcome, emulator_r2=r2))
    lab.keep("pairs", pd.concat(parts, ignore_index=True))


def _note(lab: Lab, indices: pd.DataFrame, free: Sequence[Free], chosen: Sequence[Free]) -> None:
    """Keep the numbers that text may quote."""
    lab.note(
        "inputs_screened", len(free), unit="inputs", runs=0, meaning="free parameters and traits that were screened"
    )
    lab.note("inputs_studied", len(chosen), unit="inputs", runs=0, meaning="inputs of the variance-based indices")
    for outcome in STUDIED:
        own = indices[indices["outcome"] == outcome]
        inputs, luck = own[own["input"] != "luck"], own[own["input"] == "luck"].iloc[0]
        is_known = inputs["total"].notna().any()  # not where luck leaves nothing for the inputs
        first = inputs.loc[inputs["total"].idxmax() if is_known else inputs.index[0]]
        runs_behind = int(first["rows"]) * (len(inputs) + 2)
        about = OUTCOMES[outcome][1]
        lab.note(
            f"{outcome}_largest_total",
            float(first["total"]),
            float(first["total_low"]),
            float(first["total_high"]),
            unit="share of variance",
            runs=runs_behind,
            meaning=f"largest total index for: {about} (95% interval); of {first['input'] if is_known else 'none'}",
        )
        lab.note(
            f"{outcome}_luck_share",
            float(luck["total"]),
            unit="share of variance",
            runs=runs_behind,
            meaning=f"share of luck in the variance of single runs of: {about}",
        )
    together = indices[indices["acts_together"].astype(bool)]["input"].nunique()
    lab.note(
        "inputs_acting_together",
        int(together),
        unit="inputs",
        runs=len(indices),
        meaning="inputs whose total exceeds their first index by over 0.05 with 97.5% confidence, for some outcome",
    )
