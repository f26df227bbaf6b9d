"""What the focal case would have been if another cloud, or nobody, had held the early stock of cards.

One cloud had laid in tens of thousands of cards early in 2022 (P5). The stock is given to each of the other clouds in
turn, and to nobody, with the same luck, so that every seed is a pair: what differs is due to the stock alone. A share
that differs in no pair is not known to be untouched; its interval is what so many pairs leave possible.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from experiments.readings.award_state import CLOUDS
from experiments.readings.focal import FATES, LONGEST_STAY_MONTHS
from experiments.statistics.intervals import (
    Interval,
    paired_difference,
    replicates_for_mean,
    student,
    variance_reduction,
    wilson,
)
from experiments.study import Point
from market import load_scenario

__all__ = [
    "EFFECTS",
    "HOLDER",
    "NOBODY",
    "OWNERS",
    "PRICES",
    "contrasts",
    "effects_of",
    "frequencies",
    "frequencies_by_owner",
    "means_by_owner",
    "owner_points",
]

HOLDER, NOBODY = "tencent_cloud", "nobody"
OWNERS = (HOLDER, *(cloud for cloud in CLOUDS if cloud != HOLDER), NOBODY)
PRICES = ("peak_price_multiple", "price_jan_2024_cny")
WANTED_HALF_WIDTH = 0.05

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


def means_by_owner(seen: pd.DataFrame) -> pd.DataFrame:
    """Return each outcome's mean over seeds for each owner: Wilson's interval for shares, Student's for others.

    Parameters
    ----------
    seen : pandas.DataFrame
        A row a run, with `point` (the owner), `replicate`, the focal case and `PRICES`.
    """
    return pd.concat([_means(owner, effects_of(seen, owner)) for owner in OWNERS], ignore_index=True)


def contrasts(seen: pd.DataFrame) -> pd.DataFrame:
    """Return each outcome's mean difference to the baseline over paired seeds, for each other owner."""
    base = {name: effects_of(seen, HOLDER, owner=name) for name in OWNERS}
    return pd.concat([_contrast(effects_of(seen, o), base[o], o) for o in OWNERS[1:]], ignore_index=True)


def frequencies_by_owner(seen: pd.DataFrame, what: str) -> pd.DataFrame:
    """Return the frequency of each value of a column for each owner."""
    parts = [frequencies(seen.loc[seen["point"] == owner, what], owner) for owner in OWNERS]
    return pd.concat(parts, ignore_index=True).rename(columns={"what": "owner"})


def effects_of(seen: pd.DataFrame, world: str, owner: str | None = None) -> pd.DataFrame:
    """Return the columns of `EFFECTS` in one world, a row a seed; NaN where a question does not arise.

    `to_owner` is about the world's own owner, or about another that is given.
    """
    seen = seen.loc[seen["point"] == world]
    awarded, moved = seen["stage"] == "awarded", seen["months"].notna()
    columns = {
        "focal_award": awarded.astype(float),
        "entrant_wins": seen["entrant_wins"],
        "fraction": seen["fraction"],
        "lost": moved.astype(float).where(awarded),
        "as_reported": (seen["fate"] == FATES[2]).astype(float),
        "months": seen["months"],
        "to_most_free": (seen["host"] == seen["most_free"]).astype(float).where(moved),
        "to_owner": (seen["host"] == (owner or world)).astype(float).where(moved),
        **{name: seen[name] for name in PRICES},
    }
    return pd.DataFrame(columns).set_index(seen["replicate"].to_numpy())


def _means(owner: str, found: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of one owner."""
    rows = []
    for name, meaning in EFFECTS.items():
        values = found[name].dropna()
        is_share = values.isin([0.0, 1.0]).all()
        mean = wilson(int(values.sum()), len(values)) if is_share else student(values)
        rows.append((owner, name, *mean, len(values), meaning))
    return pd.DataFrame(rows, columns=["owner", "outcome", "mean", "low", "high", "runs", "meaning"])


def _contrast(found: pd.DataFrame, base: pd.DataFrame, owner: str) -> pd.DataFrame:
    """Return the mean difference to the baseline over paired seeds, and what pairing saved.

    `to_owner` is set against the same cloud's part in the baseline. `variance_reduction` is
    1 - Var(difference) / (Var + Var), negative where pairing harmed; `pairs_needed` is for half the 95% interval of
    shares to be 0.05. Where a share differs in no pair, its ends are what Wilson's interval leaves possible.
    """
    rows = []
    for name, meaning in EFFECTS.items():
        both = found[name].notna() & base[name].notna()
        one, other = found.loc[both, name], base.loc[both, name]
        difference, deviation = paired_difference(one, other), float((one - other).std())
        is_share = bool(one.isin([0.0, 1.0]).all())
        if is_share and deviation == 0.0:
            possible = wilson(0, len(one)).high
            difference = Interval(0.0, -possible, possible)
        needed = replicates_for_mean(deviation, WANTED_HALF_WIDTH) if is_share and deviation > 0.0 else np.nan
        saved = variance_reduction(one, other)
        rows.append((owner, name, *difference, difference.half_width, len(one), needed, saved, meaning))
    columns = ["owner", "outcome", "difference", "low", "high", "half_width", "pairs", "pairs_needed"]
    return pd.DataFrame(rows, columns=[*columns, "variance_reduction", "meaning"])


def frequencies(values: pd.Series, what: str) -> pd.DataFrame:
    """Return the frequency of each value with Wilson's 95% interval, the most frequent first."""
    counts = values.replace("", "none").value_counts().rename_axis("value").reset_index(name="runs")
    counts = counts.sort_values(["runs", "value"], ascending=[False, True])
    rows = [(what, row.value, row.runs, len(values), *wilson(row.runs, len(values))) for row in counts.itertuples()]
    return pd.DataFrame(rows, columns=["what", "value", "runs", "of", "share", "low", "high"])
