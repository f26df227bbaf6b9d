"""Who wins the focal tender, at what price, for how long, and where does the customer go then? What decides it?

First the story over many seeds: each part with its frequency, and for the entrant why it did not win where it did
not. Then what goes with the outcome: models of it on the state at award, in three steps of information (the market
before the tender, who bids, the winner's price), judged on runs they have not seen. Last what changes it: the early
stock of cards that one cloud had laid in is given to each of the others in turn, and to nobody, with the same luck.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from experiments.award_state import CLOUDS, award_state, bid_columns, state_columns
from experiments.focal import CUSTOMER, FATES, LONGEST_STAY_MONTHS, focal_case, typical_run
from experiments.intervals import (
    bootstrap,
    paired_difference,
    replicates_for_mean,
    student,
    variance_reduction,
    wilson,
)
from experiments.lab import Lab
from experiments.outcomes import outcomes
from experiments.series import rounded
from experiments.study import Point, Study
from experiments.tender_models import coefficients, held_out, importances, tree_nodes, usable
from market import Result, load_scenario, run

QUESTION = "How often does the entrant win the focal tender, for how long, and what decides it?"

QUICK_SEEDS, FULL_SEEDS = 240, 4000
"""The entrant's chance to win is known to 0.06 and 0.014 (half the 95% interval)."""

QUICK_PAIRS, FULL_PAIRS = 40, 700
"""Seeds for each owner of the early stock; a change of that chance is known to about 0.14 and 0.035."""

QUICK_RESAMPLES, FULL_RESAMPLES = 100, 400
WANTED_HALF_WIDTH = 0.05
LAST_DAY = np.datetime64("2024-12-31")
DAYS_PER_MONTH = 365.25 / 12
HOLDER, NOBODY = "tencent_cloud", "nobody"
OWNERS = (HOLDER, *(cloud for cloud in CLOUDS if cloud != HOLDER), NOBODY)
PRICES = ("peak_price_multiple", "price_jan_2024_cny")
READING = "experiments.tender_case:reading"

EFFECTS = {
    "focal_award": "1 when there is a focal award",
    "entrant_wins": "1 when the entrant wins it",
    "fraction": "fraction of list paid",
    "lost": f"1 when the customer leaves the winner within {LONGEST_STAY_MONTHS} months of the award",
    "as_reported": "1 when it leaves within the months of C1",
    "months": "months from award to move, of seeds with a move in both worlds",
    "to_most_free": "1 when the customer that leaves goes to the cloud with the most free cards",
    "to_owner": "1 when the customer that leaves goes to the owner of the early stock",
    "peak_price_multiple": "highest price of a card over the contract price",
    "price_jan_2024_cny": "price of a card in January 2024, CNY",
}


def runs(quick: bool) -> int:
    """Return the number of model runs; one more tells the story of a seed."""
    return QUICK_SEEDS + len(OWNERS) * QUICK_PAIRS + 1 if quick else FULL_SEEDS + len(OWNERS) * FULL_PAIRS + 1


def reading(result: Result) -> dict[str, pd.DataFrame]:
    """Read a run: the focal case, the state at award and two prices, in one row."""
    case = focal_case(result)
    prices = outcomes(result)["runs"][list(PRICES)]
    return {"runs": pd.concat([case.row(), award_state(result, case), prices], axis=1)}


def conduct(lab: Lab) -> None:
    """Tell the story over seeds, ask what goes with it and what changes it."""
    seeds = QUICK_SEEDS if lab.quick else FULL_SEEDS
    seen = lab.collect(Study("tender_case.seeds", (Point("baseline"),), seeds, "independent", READING))["runs"]
    _tell(lab, seen)
    _ask_models(lab, seen, QUICK_RESAMPLES if lab.quick else FULL_RESAMPLES)
    _change_owner(lab, QUICK_PAIRS if lab.quick else FULL_PAIRS)
    _keep_story(lab, typical_run(seen))


# ------------------------------------------------------------------ the story over seeds


def _tell(lab: Lab, seen: pd.DataFrame) -> None:
    """Keep and note how often each part of the story happens."""
    n, awarded = len(seen), seen.loc[seen["stage"] == "awarded"]
    frequencies = [_frequencies(seen[name], name) for name in ("stage", "winner", "entrant_part", "fate")]
    moved = awarded.loc[awarded["months"].notna()]
    by_entrant = awarded.loc[awarded["entrant_wins"] == 1]
    frequencies.append(_frequencies(moved["host"], "next_host"))
    frequencies.append(_frequencies(moved.loc[moved["entrant_wins"] == 1, "host"], "next_host_after_entrant"))
    frequencies.append(_frequencies(moved["cause"], "cause_of_move"))
    frequencies.append(_frequencies(awarded.loc[awarded["fate"] == FATES[4], "end_reason"], "end_of_contract_if_kept"))
    lab.keep("frequencies", rounded(pd.concat(frequencies, ignore_index=True)))
    lab.keep("kept_curve", rounded(kept_curve(by_entrant)))
    lab.keep("fractions", rounded(_fractions(awarded)))
    wins = wilson(int(seen["entrant_wins"].sum()), n)
    lab.note(
        "entrant_wins", *wins, unit="share of seeds", runs=n, meaning="entrant wins the focal tender, Wilson's 95%"
    )
    fraction = bootstrap(awarded["fraction"], luck="fraction")
    lab.note("award_fraction", *fraction, unit="fraction of list", runs=len(awarded), meaning="median over awards, 95%")
    stay = bootstrap(by_entrant["months"], luck="months")
    meaning = "median time to the customer's move, of customers that left the entrant within 18 months, 95% bootstrap"
    lab.note(
        "months_kept_by_entrant", *stay, unit="months", runs=int(by_entrant["months"].notna().sum()), meaning=meaning
    )
    left = wilson(int(by_entrant["months"].notna().sum()), len(by_entrant))
    meaning = "share of the entrant's wins in which the customer leaves within 18 months, Wilson's 95%"
    lab.note("customer_leaves_entrant", *left, unit="share of wins", runs=len(by_entrant), meaning=meaning)
    to_free = wilson(int((moved["host"] == moved["most_free"]).sum()), len(moved))
    meaning = "share of moves that go to the named cloud with the most free cards on that day, Wilson's 95%"
    lab.note("moves_to_most_free", *to_free, unit="share of moves", runs=len(moved), meaning=meaning)
    to_holder = wilson(int((moved["host"] == HOLDER).sum()), len(moved))
    meaning = "share of moves that go to the cloud with the early stock, Wilson's 95%"
    lab.note("moves_to_early_stock", *to_holder, unit="share of moves", runs=len(moved), meaning=meaning)
    for part in ("made no bid", "had no agreed floor", "was underbid"):
        share = wilson(int((awarded["entrant_part"] == part).sum()), len(awarded))
        meaning = f"share of focal awards in which the entrant {part}, Wilson's 95%"
        lab.note(
            f"entrant_{part.replace(' ', '_')}", *share, unit="share of awards", runs=len(awarded), meaning=meaning
        )


def kept_curve(wins: pd.DataFrame) -> pd.DataFrame:
    """Return the share of customers still with the winner m months after the award, with Wilson's 95% interval.

    At each month only runs that reach it count, so awards late in the run drop out and are not taken for loyal.

    Parameters
    ----------
    wins : pandas.DataFrame
        Awards: `awarded`, `months`.
    """
    days_left = LAST_DAY - wins["awarded"].to_numpy().astype("datetime64[D]")
    seen_months = days_left.astype(np.int64) / DAYS_PER_MONTH
    months = wins["months"].to_numpy(float)
    rows = []
    for month in range(LONGEST_STAY_MONTHS + 1):
        at_risk = seen_months >= month
        kept = int((at_risk & ~(months <= month)).sum())
        rows.append((month, int(at_risk.sum()), *wilson(kept, int(at_risk.sum()))))
    return pd.DataFrame(rows, columns=["month", "runs", "share_kept", "low", "high"])


def _frequencies(values: pd.Series, what: str) -> pd.DataFrame:
    """Return the frequency of each value with Wilson's 95% interval, the most frequent first."""
    counts = values.replace("", "none").value_counts().rename_axis("value").reset_index(name="runs")
    counts = counts.sort_values(["runs", "value"], ascending=[False, True])
    rows = [(what, row.value, row.runs, len(values), *wilson(row.runs, len(values))) for row in counts.itertuples()]
    return pd.DataFrame(rows, columns=["what", "value", "runs", "of", "share", "low", "high"])


def _fractions(awarded: pd.DataFrame) -> pd.DataFrame:
    """Return quantiles of the award's fraction of list and of the months kept, by winner."""
    rows = []
    for winner, group in [("all", awarded), *awarded.groupby("winner", sort=True)]:
        for what in ("fraction", "months", "served_share"):
            values = group[what].dropna()
            if len(values):
                quantiles = (values.quantile(share) for share in (0.05, 0.25, 0.75, 0.95))
                rows.append((winner, what, *bootstrap(values, luck=f"{winner} {what}"), *quantiles, len(values)))
    columns = ["winner", "what", "median", "low", "high", "p05", "p25", "p75", "p95", "runs"]
    return pd.DataFrame(rows, columns=columns)


# ------------------------------------------------------------------ what goes with the outcome


def _ask_models(lab: Lab, seen: pd.DataFrame, n_resamples: int) -> None:
    """Keep what models of the two outcomes say, in steps of information."""
    state, bids = list(state_columns()), list(bid_columns())
    table = seen.assign(lost_as_reported=(seen["fate"] == FATES[2]).astype(float))
    wins = table.loc[table["entrant_wins"] == 1]
    awarded = table.loc[table["stage"] == "awarded"]
    questions = [
        ("entrant_wins", "state", awarded, state),
        ("entrant_wins", "state and bids", awarded, [*state, *bids]),
        ("lost_as_reported", "state", wins, state),
        ("lost_as_reported", "state, bids and price", wins, [*state, *bids, "fraction"]),
    ]
    kept: dict[str, list[pd.DataFrame]] = {"accuracy": [], "coefficients": [], "importances": [], "tree": []}
    for outcome, known, chosen, columns in questions:
        rows, varying = usable(chosen, outcome, columns)
        found = {
            "accuracy": held_out(rows, outcome, varying),
            "coefficients": coefficients(rows, outcome, varying, n_resamples),
            "importances": importances(rows, outcome, varying),
            "tree": tree_nodes(rows, outcome, varying),
        }
        for name, part in found.items():
            part.insert(0, "outcome", outcome)
            part.insert(1, "known", known)
            kept[name].append(part)
        for row in found["accuracy"].itertuples():
            name = f"{row.model}_gain_{outcome}_from_{known.replace(',', '').replace(' ', '_')}"
            meaning = f"accuracy on left-out runs above the base rate's, {outcome} from {known}; 95%, paired over runs"
            ends = (row.accuracy_gain, row.gain_low, row.gain_high)
            lab.note(name, *ends, unit="share of runs", runs=row.runs, meaning=meaning)
    for name, parts in kept.items():
        filled = [part for part in parts if len(part)]
        lab.keep(f"models_{name}", rounded(pd.concat(filled or parts[:1], ignore_index=True)))
    lab.keep("rule", rounded(_lowest_floor_wins(awarded)))


def _lowest_floor_wins(awarded: pd.DataFrame) -> pd.DataFrame:
    """Return how often the lowest floor wins, which the rules of the tender make sure of but for ties within a tick."""
    floors = awarded[[f"floor_{cloud}" for cloud in CLOUDS]].to_numpy(float)
    lowest = np.array(CLOUDS, dtype=object)[np.nanargmin(floors, axis=1)] if len(floors) else np.empty(0, dtype=object)
    right = int((lowest == awarded["winner"].to_numpy(object)).sum())
    return pd.DataFrame(
        [("lowest floor wins", len(floors), *wilson(right, len(floors)))],
        columns=["rule", "runs", "share", "low", "high"],
    )


# ------------------------------------------------------------------ what changes it


def owner_points() -> tuple[Point, ...]:
    """Return a world for each owner of the early stock; the first is the baseline."""
    stock = {cloud.id: cloud.stock_cards for cloud in load_scenario("baseline").clouds}
    early = stock[HOLDER]
    points = [Point(HOLDER, values={"owner": HOLDER})]
    for owner in OWNERS[1:]:
        overrides = {f"cloud.{HOLDER}.stock_cards": 0}
        if owner != NOBODY:
            overrides[f"cloud.{owner}.stock_cards"] = stock[owner] + early
        points.append(Point(owner, overrides=overrides, values={"owner": owner}))
    return tuple(points)


def _change_owner(lab: Lab, pairs: int) -> None:
    """Keep what happens with each owner of the early stock, and what differs from the baseline seed by seed."""
    study = Study("tender_case.owners", owner_points(), pairs, "paired", READING)
    seen = lab.collect(study)["runs"]
    by_owner = {owner: _effects_of(seen.loc[seen["point"] == owner], owner) for owner in OWNERS}
    lab.keep("owners", rounded(pd.concat([_owner_rows(owner, found) for owner, found in by_owner.items()])))
    hosts = [
        _frequencies(seen.loc[(seen["point"] == owner) & seen["months"].notna(), "host"], owner) for owner in OWNERS
    ]
    lab.keep("owners_next_host", rounded(pd.concat(hosts, ignore_index=True).rename(columns={"what": "owner"})))
    winners = [_frequencies(seen.loc[seen["point"] == owner, "winner"], owner) for owner in OWNERS]
    lab.keep("owners_winner", rounded(pd.concat(winners, ignore_index=True).rename(columns={"what": "owner"})))
    contrasts = pd.concat([_contrast(by_owner, owner) for owner in OWNERS[1:]], ignore_index=True)
    lab.keep("owners_effect", rounded(contrasts))
    for row in contrasts.loc[contrasts["outcome"].isin(["entrant_wins", "lost", "to_owner"])].itertuples():
        meaning = f"change when {row.owner} holds the early stock: {EFFECTS[row.outcome]}; paired seeds, Student's 95%"
        ends = (row.difference, row.low, row.high)
        lab.note(f"{row.outcome}_if_{row.owner}", *ends, unit="difference", runs=row.pairs, meaning=meaning)


def _effects_of(seen: pd.DataFrame, owner: str) -> pd.DataFrame:
    """Return the columns of `EFFECTS`, a row a seed; NaN where a question does not arise."""
    awarded, moved = seen["stage"] == "awarded", seen["months"].notna()
    columns = {
        "focal_award": awarded.astype(float),
        "entrant_wins": seen["entrant_wins"],
        "fraction": seen["fraction"],
        "lost": moved.astype(float).where(awarded),
        "as_reported": (seen["fate"] == FATES[2]).astype(float),
        "months": seen["months"],
        "to_most_free": (seen["host"] == seen["most_free"]).astype(float).where(moved),
        "to_owner": (seen["host"] == owner).astype(float).where(moved),
        **{name: seen[name] for name in PRICES},
    }
    return pd.DataFrame(columns).set_index(seen["replicate"].to_numpy())


def _owner_rows(owner: str, found: pd.DataFrame) -> pd.DataFrame:
    """Return each outcome's mean over seeds: Wilson's interval for shares, Student's for others."""
    rows = []
    for name, meaning in EFFECTS.items():
        values = found[name].dropna()
        is_share = values.isin([0.0, 1.0]).all()
        mean = wilson(int(values.sum()), len(values)) if is_share else student(values)
        rows.append((owner, name, *mean, len(values), meaning))
    return pd.DataFrame(rows, columns=["owner", "outcome", "mean", "low", "high", "runs", "meaning"])


def _contrast(by_owner: dict[str, pd.DataFrame], owner: str) -> pd.DataFrame:
    """Return the mean difference to the baseline over paired seeds, and what pairing saved.

    `to_owner` is set against the chance that the same cloud is gone to in the baseline. `variance_reduction` is
    1 - Var(difference) / (Var + Var), negative where pairing harmed; `pairs_needed` is for half the 95% interval of
    shares to be 0.05.
    """
    rows = []
    for name, meaning in EFFECTS.items():
        with_owner, base = by_owner[owner][name], by_owner[HOLDER][name]
        both = with_owner.notna() & base.notna()
        difference = paired_difference(with_owner[both], base[both])
        deviation = float((with_owner[both] - base[both]).std()) if both.sum() > 1 else float("nan")
        is_share = bool(with_owner[both].isin([0.0, 1.0]).all())
        needed = replicates_for_mean(deviation, WANTED_HALF_WIDTH) if is_share and np.isfinite(deviation) else np.nan
        saved = variance_reduction(with_owner[both], base[both])
        rows.append((owner, name, *difference, difference.half_width, int(both.sum()), needed, saved, meaning))
    columns = ["owner", "outcome", "difference", "low", "high", "half_width", "pairs", "pairs_needed"]
    return pd.DataFrame(rows, columns=[*columns, "variance_reduction", "meaning"])


# ------------------------------------------------------------------ the story of one seed


def _keep_story(lab: Lab, chosen: pd.Series) -> None:
    """Keep the focal customer's events and the clouds' cards in the run that `typical_run` chose."""
    result = run(load_scenario("baseline"), int(chosen["seed"]))
    events = result.events
    kinds = ["tender_opened", "bid", "tender_awarded", "contract_signed", "contract_ended", "switched"]
    kinds += ["shortfall_began", "run_interrupted", "funding_round"]
    is_mine = (events["actor"].array == CUSTOMER) | (
        (events["counterparty"].array == CUSTOMER) & (events["kind"].array == "bid")
    )
    story = events.loc[is_mine & events["kind"].isin(kinds)]
    lab.keep("story_events", rounded(story.assign(replicate=chosen["replicate"], seed=chosen["seed"])))
    firms = result.firms.loc[result.firms["kind"].array == "cloud"]
    cards = ["month", "firm", "online_cards", "free_cards", "need_cards", "stock_cards"]
    lab.keep("story_clouds", rounded(firms[cards]))
    case = chosen[["replicate", "seed", "opened", "awarded", "winner", "cards", "fraction", "moved", "months", "host"]]
    lab.keep("story_case", rounded(pd.DataFrame([case]).convert_dtypes()))
