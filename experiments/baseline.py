"""Which patterns does the model reproduce, in which share of seeds, and where and why does it miss?

The baseline scenario over many seeds that no parameter was chosen on. A pattern counts as reproduced when its measure
lies in its band in at least four of five seeds, or, for the two that are probabilities, when the share of seeds does.
A run in which the event never happens is a miss. Beside the table: what every daily series does over the seeds, how
customers move, who earned, and for the focal tender at which step of the story a run parts from it.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from experiments.lab import Lab
from experiments.readings.earnings import earned_by_year, earned_over_runs
from experiments.readings.focal import ENTRANT, FATES, STAGES, focal_case, typical_run
from experiments.readings.hosting import churn_rates, hosted_cards, switch_counts
from experiments.readings.outcomes import OUTCOMES, PATTERNS, outcomes
from experiments.readings.series import block_means, daily_series, fan, rounded
from experiments.statistics.intervals import bootstrap, replicates_for_share, student, wilson
from experiments.study import Point, Study
from market import Result, facts, load_scenario

QUESTION = "Which patterns does the model reproduce over fresh seeds, and where and why does it miss?"

QUICK_SEEDS, FULL_SEEDS = 60, 1000
"""A share of 0.5 is known to 0.13 and 0.031 (half the 95% interval), one of 0.8 to 0.10 and 0.025."""

WANTED_HALF_WIDTH = 0.03
REPRODUCED_SHARE = 0.8
PROBABILITIES = ("T7", "C3")
HOST_DATES = (dt.date(2022, 12, 31), dt.date(2023, 10, 16), dt.date(2024, 12, 31))
"""Before the boom, on the eve of the rule, at the end."""

PRICE_WINDOWS = {
    "P1": (dt.date(2023, 6, 1), dt.date(2023, 7, 15)),
    "P2": (dt.date(2024, 1, 1), dt.date(2024, 1, 15)),
}


def runs(quick: bool) -> int:
    """Return the number of model runs."""
    return QUICK_SEEDS if quick else FULL_SEEDS


def reading(result: Result) -> dict[str, pd.DataFrame]:
    """Read a run: outcomes and the focal case in one row, and its series, earnings, switches and hosts."""
    series = daily_series(result)
    return {
        "runs": pd.concat([outcomes(result)["runs"], focal_case(result).row().add_prefix("focal_")], axis=1),
        "series": block_means(series),
        "prices": series[["date", "spot_price_cny"]],
        "earned": earned_by_year(result),
        "switches": switch_counts(result),
        "hosts": hosted_cards(result, HOST_DATES),
    }


def conduct(lab: Lab) -> None:
    """Run the baseline over fresh seeds and keep what it does."""
    study = Study(
        "baseline.seeds", (Point("baseline"),), runs(lab.quick), "independent", "experiments.baseline:reading"
    )
    tables = lab.collect(study)
    seen = tables["runs"]
    n = len(seen)
    patterns = pattern_table(seen)
    lab.keep("patterns", rounded(patterns))
    lab.keep("outcomes", rounded(outcome_table(seen)))
    lab.keep("c1_fates", rounded(fate_table(seen)))
    lab.keep("focal_steps", rounded(step_table(seen)))
    lab.keep("fan", fan(tables["series"].drop(columns=["point", "replicate", "seed"])))
    lab.keep("price_fan", fan(tables["prices"].drop(columns=["point", "replicate", "seed"])))
    lab.keep("earned", rounded(earned_over_runs(tables["earned"])))
    lab.keep("churn", rounded(churn_rates(tables["switches"], ["half_year", "cause"], n, "churn")))
    lab.keep("moves", rounded(churn_rates(tables["switches"], ["phase", "old", "new"], n, "moves")))
    typical = typical_run(
        seen.filter(like="focal_").rename(columns=lambda name: name.removeprefix("focal_")).join(seen["replicate"])
    )
    chosen = tables["hosts"]["replicate"] == typical["replicate"]
    lab.keep("hosts", tables["hosts"].loc[chosen].drop(columns=["point"]))
    lab.keep("hosts_over_seeds", rounded(host_shares(tables["hosts"], n)))
    lab.keep("marks", marks())
    lab.keep("precision", rounded(precision_table(seen)))
    _note_patterns(lab, patterns, seen)
    _note_misses(lab, seen)
    _note_rise(lab, tables["prices"])


def pattern_table(seen: pd.DataFrame) -> pd.DataFrame:
    """Return a row a pattern: its band, its values over the seeds, and the share of seeds in and off the band.

    Parameters
    ----------
    seen : pandas.DataFrame
        A row a run, columns ``pattern_ID``.

    Returns
    -------
    pandas.DataFrame
        `median` with its 95% bootstrap interval, `p05` and `p95` over the seeds in which the event happened; for the
        probabilities their share with Wilson's interval instead. `in_band`, `below`, `above` and `never` are shares
        of all seeds and sum to 1 (empty for the probabilities); `in_band_low` and `in_band_high` are Wilson's.
    """
    rows = []
    for id, fact in PATTERNS.items():
        values = seen[f"pattern_{id}"].to_numpy(float)
        low, high = float(fact.low or 0.0), float(fact.high or 0.0)
        happened = values[np.isfinite(values)]
        row: dict[str, object] = {
            "id": id,
            "unit": fact.unit,
            "reported": fact.value,
            "band_low": low,
            "band_high": high,
        }
        if id in PROBABILITIES:
            share = wilson(happened.sum(), happened.size)
            row |= {"median": share.value, "median_low": share.low, "median_high": share.high, "n": happened.size}
            row |= {"reproduced": low <= share.value <= high}
        else:
            inside = wilson(int(((values >= low) & (values <= high)).sum()), values.size)
            row |= dict(zip(("median", "median_low", "median_high"), bootstrap(values, luck=id), strict=True))
            row |= {"p05": _quantile(happened, 0.05), "p95": _quantile(happened, 0.95), "n": values.size}
            row |= dict(zip(("in_band", "in_band_low", "in_band_high"), inside, strict=True))
            row |= {"below": np.mean(values < low), "above": np.mean(values > high), "never": np.mean(np.isnan(values))}
            row |= {"reproduced": inside.value >= REPRODUCED_SHARE}
        rows.append(row)
    return pd.DataFrame(rows)


def outcome_table(seen: pd.DataFrame) -> pd.DataFrame:
    """Return mean with Student's 95% interval and quantiles over seeds of every standard outcome but the patterns."""
    rows = []
    for name, (unit, meaning) in OUTCOMES.items():
        if name.startswith("pattern_"):
            continue
        values = seen[name].to_numpy(float)
        happened = values[np.isfinite(values)]
        mean, low, high = student(happened)
        quantiles = (_quantile(happened, share) for share in (0.05, 0.5, 0.95))
        rows.append((name, mean, low, high, *quantiles, unit, happened.size, meaning))
    columns = ["outcome", "mean", "low", "high", "p05", "median", "p95", "unit", "runs", "meaning"]
    return pd.DataFrame(rows, columns=columns)


def fate_table(seen: pd.DataFrame) -> pd.DataFrame:
    """Return what became of the focal customer, by winner: the misses of pattern C1 by cause.

    Returns
    -------
    pandas.DataFrame
        Columns `winner` (entrant, other, none), `fate`, `end_reason` and `cause` of the move, `runs`, `share` of all
        seeds with Wilson's 95% interval. `runs` sums to the number of seeds.
    """
    winner = np.where(seen["focal_winner"] == ENTRANT, "entrant", np.where(seen["focal_winner"] == "", "none", "other"))
    kept = seen["focal_fate"] == FATES[4]
    why = np.where(kept, seen["focal_end_reason"], np.where(winner == "none", seen["focal_stage"], seen["focal_cause"]))
    counted = pd.DataFrame({"winner": winner, "fate": seen["focal_fate"], "why": why}).value_counts(sort=False)
    return _with_shares(counted.rename("runs").reset_index(), len(seen))


def step_table(seen: pd.DataFrame) -> pd.DataFrame:
    """Return how far the story goes: the share of seeds that reaches each step, of all and of the step before."""
    reached = {
        "first tender within the dates": ~seen["focal_stage"].isin(STAGES[:3]),
        "awarded": seen["focal_stage"] == STAGES[4],
        "entrant wins": seen["focal_entrant_wins"] == 1,
        "entrant loses the customer": (seen["focal_entrant_wins"] == 1) & np.isfinite(seen["focal_months"]),
        "within the time reported": (seen["focal_entrant_wins"] == 1) & (seen["focal_fate"] == FATES[2]),
        "to the cloud with the most free cards": (seen["focal_entrant_wins"] == 1)
        & (seen["focal_fate"] == FATES[2])
        & (seen["focal_host"] == seen["focal_most_free"]),
    }
    rows, before = [], len(seen)
    for step, holds in reached.items():
        count = int(holds.sum())
        rows.append((step, count, *wilson(count, len(seen)), *wilson(count, before)))
        before = count
    columns = ["step", "runs", "share", "low", "high", "share_of_step_before", "step_low", "step_high"]
    return pd.DataFrame(rows, columns=columns)


def host_shares(hosts: pd.DataFrame, n: int) -> pd.DataFrame:
    """Return the share of seeds in which each cloud is a startup's main host on each date, with Wilson's interval.

    A startup's main host has most of its cards; of equals the first by name counts. Startups without a name are
    counted together, by their cards.
    """
    ordered = hosts.sort_values(
        ["replicate", "date", "startup", "cards", "cloud"], ascending=[True, True, True, False, True]
    )
    main = ordered.drop_duplicates(["replicate", "date", "startup"])
    counted = main.groupby(["date", "startup", "cloud"], observed=True).size().rename("runs").reset_index()
    cards = hosts.groupby(["date", "startup", "cloud"], observed=True)["cards"].sum().rename("mean_cards") / n
    return _with_shares(cards.reset_index().merge(counted, how="left").fillna({"runs": 0}), n)


def marks() -> pd.DataFrame:
    """Return what figures draw beside series: reported prices and bands, dates of the rule, contract price."""
    scenario = load_scenario("baseline")
    rows: list[dict[str, object]] = []
    for fact in facts():
        if fact.id in PRICE_WINDOWS:
            first, last = PRICE_WINDOWS[fact.id]
            rows.append(
                {
                    "mark": "price",
                    "id": fact.id,
                    "start": first,
                    "end": last,
                    "value": fact.value,
                    "low": fact.low,
                    "high": fact.high,
                }
            )
    for rule in scenario.rules:
        for what, date in (("rumoured", rule.rumoured), ("announced", rule.announced), ("in force", rule.effective)):
            if rule.severity > 0 and date is not None:
                rows.append({"mark": what, "id": rule.id, "start": date, "end": date})
    contract = scenario.parameters["supply.contract_price_cny"]
    return pd.DataFrame([*rows, {"mark": "contract price", "id": "contract", "value": contract}])


def precision_table(seen: pd.DataFrame) -> pd.DataFrame:
    """Return, for each pattern, how precisely its share of seeds is known and how many seeds the aim takes."""
    rows = []
    for id, fact in PATTERNS.items():
        values = seen[f"pattern_{id}"].to_numpy(float)
        values = values[np.isfinite(values)] if id in PROBABILITIES else values
        inside = (values == 1) if id in PROBABILITIES else (values >= fact.low) & (values <= fact.high)
        share = wilson(int(inside.sum()), inside.size)
        needed = replicates_for_share(share.value, WANTED_HALF_WIDTH) if inside.size else 0
        rows.append((id, inside.size, share.value, share.half_width, WANTED_HALF_WIDTH, needed))
    return pd.DataFrame(rows, columns=["id", "runs", "share", "half_width", "wanted_half_width", "runs_needed"])


def _note_patterns(lab: Lab, patterns: pd.DataFrame, seen: pd.DataFrame) -> None:
    """Note each pattern's median and share in band, and how many patterns hold, one by one and together."""
    n = len(seen)
    for row in patterns.itertuples():
        fact = PATTERNS[row.id]
        name, is_share = f"pattern_{row.id.lower()}", row.id in PROBABILITIES
        what = "share of seeds, Wilson's 95% interval" if is_share else "median over seeds, 95% bootstrap interval"
        meaning = f"{fact.text} ({what})"
        lab.note(name, row.median, row.median_low, row.median_high, unit=fact.unit or "1", runs=row.n, meaning=meaning)
        if not is_share:
            meaning = f"share of seeds in which {row.id} lies in its band, Wilson's 95% interval"
            ends = (row.in_band, row.in_band_low, row.in_band_high)
            lab.note(f"{name}_in_band", *ends, unit="share of seeds", runs=row.n, meaning=meaning)
    count = float(patterns["reproduced"].sum())
    lab.note("patterns_reproduced", count, unit="patterns", runs=n, meaning=f"of {len(patterns)} patterns")
    single = [id for id in PATTERNS if id not in PROBABILITIES]
    inside = np.all([seen[f"pattern_{id}"].between(PATTERNS[id].low, PATTERNS[id].high) for id in single], axis=0)
    meaning = f"share of seeds with all {len(single)} patterns of single runs in their bands, Wilson's 95% interval"
    lab.note("all_in_band", *wilson(int(inside.sum()), n), unit="share of seeds", runs=n, meaning=meaning)


def _note_misses(lab: Lab, seen: pd.DataFrame) -> None:
    """Note at which step runs part from the reported story of the tender."""
    n = len(seen)
    winner_is_entrant = seen["focal_entrant_wins"] == 1
    for fate in FATES:
        name = f"c1_{fate.replace(' ', '_')}"
        count = int((seen["focal_fate"] == fate).sum())
        meaning = "what became of the focal customer, share of all seeds, Wilson's 95% interval"
        lab.note(name, *wilson(count, n), unit="share of seeds", runs=n, meaning=meaning)
    for who, chosen in (("entrant", winner_is_entrant), ("another", ~winner_is_entrant & (seen["focal_winner"] != ""))):
        inside = int((seen.loc[chosen, "focal_fate"] == FATES[2]).sum())
        meaning = f"C1 in its band, of the seeds in which {who} wins the focal tender, Wilson's 95% interval"
        lab.note(
            f"c1_in_band_if_{who}_wins",
            *wilson(inside, int(chosen.sum())),
            unit="share of seeds",
            runs=int(chosen.sum()),
            meaning=meaning,
        )


def _note_rise(lab: Lab, prices: pd.DataFrame) -> None:
    """Note the rise between the two reported prices, and what of it comes on the day of the announcement."""
    table = prices.pivot(index="date", columns="replicate", values="spot_price_cny")
    table.index = pd.to_datetime(table.index)
    first, last = (table.loc[str(start) : str(end)].median() for start, end in PRICE_WINDOWS.values())
    announced = pd.Timestamp(max(rule.announced for rule in load_scenario("baseline").rules if rule.severity > 0))
    jump = table.loc[announced] - table.loc[announced - pd.Timedelta(days=1)]
    rises = {
        "rise_multiple": (last / first, "ratio", "spot price of January 2024 (P2) over that of mid-2023 (P1)"),
        "announcement_jump_cny": (jump, "CNY per card", "rise of the spot price on the day of the announcement"),
        "announcement_jump_share": (jump / (last - first), "share of the rise", "the same over the rise from P1 to P2"),
    }
    for name, (values, unit, meaning) in rises.items():
        lab.note(name, *student(values.to_numpy()), unit=unit, runs=len(values), meaning=f"{meaning}; mean, 95%")


def _with_shares(counted: pd.DataFrame, n: int) -> pd.DataFrame:
    """Add the share of `n` that `runs` are, with Wilson's interval."""
    shares = [wilson(int(count), n) for count in counted["runs"]]
    return counted.assign(
        **{name: [getattr(s, f) for s in shares] for name, f in (("share", "value"), ("low", "low"), ("high", "high"))}
    )


def _quantile(values: np.ndarray, share: float) -> float:
    return float(np.quantile(values, share)) if values.size else float("nan")
