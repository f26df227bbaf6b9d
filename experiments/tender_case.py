"""Who wins the focal tender, at what price, for how long, and where does the customer go then? What decides it?

First the story over many seeds: each part with its frequency, and for the entrant why it did not win where it did
not. Then what goes with the outcome: models of it on the state at award, in three steps of information (the market
before the tender, who bids, the winner's price), judged on runs they have not seen. Last what changes it: the early
stock of cards that one cloud had laid in is given to each of the others in turn, and to nobody, with the same luck.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from experiments.lab import Lab
from experiments.readings.award_state import CLOUDS, award_state, bid_columns, state_columns
from experiments.readings.focal import CUSTOMER, FATES, LONGEST_STAY_MONTHS, focal_case, typical_run
from experiments.readings.outcomes import outcomes
from experiments.readings.series import rounded
from experiments.statistics.intervals import bootstrap, wilson
from experiments.statistics.tender_models import coefficients, held_out, importances, tree_nodes, usable
from experiments.study import Point, Study
from experiments.worlds.early_stock import (
    HOLDER,
    OWNERS,
    PRICES,
    contrasts,
    frequencies,
    frequencies_by_owner,
    means_by_owner,
    owner_points,
)
from market import Result, load_scenario, run

QUESTION = "How often does the entrant win the focal tender, for how long, and what decides it?"

QUICK_SEEDS, FULL_SEEDS = 240, 4000
"""The entrant's chance to win is known to 0.06 and 0.014 (half the 95% interval)."""

QUICK_PAIRS, FULL_PAIRS = 40, 700
"""Seeds for each owner of the early stock; a change of that chance is known to about 0.14 and 0.035."""

QUICK_RESAMPLES, FULL_RESAMPLES = 100, 400
LAST_DAY = np.datetime64("2024-12-31")
DAYS_PER_MONTH = 365.25 / 12
READING = "experiments.tender_case:reading"
NOTED_CHANGES = ("entrant_wins", "lost", "as_reported", "months", "to_owner", "peak_price_multiple")


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
    told = [frequencies(seen[name], name) for name in ("stage", "winner", "entrant_part", "fate")]
    moved = awarded.loc[awarded["months"].notna()]
    by_entrant = awarded.loc[awarded["entrant_wins"] == 1]
    told.append(frequencies(moved["host"], "next_host"))
    told.append(frequencies(moved.loc[moved["entrant_wins"] == 1, "host"], "next_host_after_entrant"))
    told.append(frequencies(moved["cause"], "cause_of_move"))
    told.append(frequencies(awarded.loc[awarded["fate"] == FATES[4], "end_reason"], "end_of_contract_if_kept"))
    lab.keep("frequencies", rounded(pd.concat(told, ignore_index=True)))
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


def _change_owner(lab: Lab, pairs: int) -> None:
    """Keep what happens with each owner of the early stock, and what differs from the baseline seed by seed."""
    seen = lab.collect(Study("tender_case.owners", owner_points(), pairs, "paired", READING))["runs"]
    lab.keep("owners", rounded(means_by_owner(seen)))
    moved = seen.loc[seen["months"].notna()]
    lab.keep("owners_next_host", rounded(frequencies_by_owner(moved, "host")))
    lab.keep("owners_winner", rounded(frequencies_by_owner(seen, "winner")))
    changes = contrasts(seen)
    lab.keep("owners_effect", rounded(changes))
    for row in changes.loc[changes["outcome"].isin(NOTED_CHANGES)].itertuples():
        meaning = f"change when {row.owner} holds the early stock: {row.meaning}; paired seeds, 95%"
        ends = (row.difference, row.low, row.high)
        lab.note(f"{row.outcome}_if_{row.owner}", *ends, unit="difference", runs=row.pairs, meaning=meaning)


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
