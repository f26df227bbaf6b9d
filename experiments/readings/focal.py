"""The focal tender of a run: how it came, who bid what, who won, how long the winner kept the customer, and why not.

MiniMax's first tender counts as focal when it opens within the dates of the evidence (T5, C1). The case is told as
far as it goes: a run without such a tender, a tender without a bid, an award without a loss are outcomes of their
own. Read from events and contracts alone; who was invited and stayed away is not recorded, so a cloud that made no
bid was either not invited or did not believe that it could deliver.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from market import Result, facts

__all__ = [
    "CUSTOMER",
    "ENTRANT",
    "FATES",
    "LONGEST_STAY_MONTHS",
    "STAGES",
    "Bid",
    "FocalCase",
    "focal_case",
    "typical_run",
]

CUSTOMER, ENTRANT = "minimax", "volcano_engine"
FIRST_OPENING, LAST_OPENING = dt.date(2022, 10, 1), dt.date(2023, 8, 31)
LONGEST_STAY_MONTHS = 18
DAYS_PER_MONTH = 365.25 / 12
NO_DAY = np.datetime64("NaT", "D")

STAGES = ("no tender", "tender too early", "tender too late", "no bid", "awarded")
"""How far the case went."""

FATES = ("no focal award", "lost too early", "lost as reported", "lost too late", "kept")
"""What pattern C1 makes of a run: only the third is reproduced."""

_C1 = next(fact for fact in facts() if fact.id == "C1")


@dataclass(frozen=True, slots=True)
class Bid:
    """A cloud's bid: the fraction of list at which it would leave, and whether for want of an agreed floor."""

    cloud: str
    floor: float
    is_unagreed: bool


@dataclass(frozen=True, slots=True)
class FocalCase:
    """The focal tender and what became of it.

    Attributes
    ----------
    stage : str
        One of `STAGES`; beyond it everything is empty, NaN or NaT unless it is ``awarded``.
    opened, awarded, moved : numpy.datetime64
    winner, host, most_free : str
        The winner; where the customer went; the named cloud with the most free cards on that day.
    cards, fraction : float
        Of the award.
    bids : tuple of Bid
    months : float
        From the award to the customer's move, at most 18; NaN when it did not move by then.
    cause : str
        Of the move.
    end_reason : str
        Why the awarded contract ended, or ``running``.
    served_share : float
        Of the card-days that the awarded contract promised.
    """

    stage: str
    opened: np.datetime64 = NO_DAY
    awarded: np.datetime64 = NO_DAY
    winner: str = ""
    cards: float = math.nan
    fraction: float = math.nan
    bids: tuple[Bid, ...] = ()
    moved: np.datetime64 = NO_DAY
    months: float = math.nan
    host: str = ""
    most_free: str = ""
    cause: str = ""
    end_reason: str = ""
    served_share: float = math.nan

    @property
    def fate(self) -> str:
        """One of `FATES`."""
        if self.stage != "awarded":
            return FATES[0]
        if math.isnan(self.months):
            return FATES[4]
        low, high = float(_C1.low or 0.0), float(_C1.high or math.inf)
        return FATES[1] if self.months < low else FATES[2] if self.months <= high else FATES[3]

    @property
    def entrant_part(self) -> str:
        """What the entrant did in the focal tender: it won, or why it did not."""
        if self.stage != "awarded":
            return "no focal award"
        if self.winner == ENTRANT:
            return "won"
        own = [bid for bid in self.bids if bid.cloud == ENTRANT]
        if not own:
            return "made no bid"
        return "had no agreed floor" if own[0].is_unagreed else "was underbid"

    def row(self) -> pd.DataFrame:
        """Return the case in one row, dates as dates."""
        fields = {name: [getattr(self, name)] for name in self.__dataclass_fields__ if name != "bids"}
        table = pd.DataFrame({**fields, "fate": [self.fate], "entrant_part": [self.entrant_part]})
        dates = ["opened", "awarded", "moved"]
        table[dates] = table[dates].astype("datetime64[s]")
        return table.assign(entrant_wins=float(self.winner == ENTRANT))


def focal_case(result: Result) -> FocalCase:
    """Read the focal case of a run."""
    events = result.events
    mine = events.loc[events["actor"].array == CUSTOMER]
    days = mine["date"].to_numpy().astype("datetime64[D]")
    kinds = mine["kind"].to_numpy(object)
    opened = days[kinds == "tender_opened"]
    if not opened.size:
        return FocalCase("no tender")
    if opened[0] < np.datetime64(FIRST_OPENING):
        return FocalCase("tender too early")
    if opened[0] > np.datetime64(LAST_OPENING):
        return FocalCase("tender too late")
    awards = np.flatnonzero(kinds == "tender_awarded")
    if not awards.size:
        return FocalCase("no bid")
    first = awards[0]
    asked = opened[opened <= days[first]][-1]
    if asked > np.datetime64(LAST_OPENING):
        return FocalCase("no bid")  # none within the dates; the tender was held again after them
    award = mine.iloc[first]
    detail = _detail(award["detail"])
    return FocalCase(
        stage="awarded",
        opened=asked,
        awarded=days[first],
        winner=str(award["counterparty"]),
        cards=float(award["cards"]),
        fraction=float(detail["fraction"]),
        bids=_bids(events, detail["tender"]),
        **_loss(mine, days, kinds, days[first], str(award["counterparty"])),
        **_contract(result.contracts, int(detail["tender"])),
    )


def _bids(events: pd.DataFrame, tender: str) -> tuple[Bid, ...]:
    """Return the bids of a tender, in the order of the clouds' ids."""
    bids = events.loc[(events["kind"].array == "bid") & (events["counterparty"].array == CUSTOMER)]
    told = [(str(row.actor), _detail(row.detail)) for row in bids.itertuples()]
    found = [
        Bid(cloud, float(detail["floor"]), detail["stop"] == "authority")
        for cloud, detail in told
        if detail["tender"] == tender
    ]
    return tuple(sorted(found, key=lambda bid: bid.cloud))


def _loss(
    mine: pd.DataFrame, days: np.ndarray, kinds: np.ndarray, awarded: np.datetime64, winner: str
) -> dict[str, Any]:
    """Return the customer's first move away from the winner, if it came in time."""
    for k in np.flatnonzero((kinds == "switched") & (days > awarded)):
        detail = _detail(mine["detail"].iloc[k])
        if detail.get("from") != winner:
            continue
        months = float((days[k] - awarded).astype(np.int64)) / DAYS_PER_MONTH
        if months > LONGEST_STAY_MONTHS:
            break
        host, most_free, cause = str(mine["counterparty"].iloc[k]), detail.get("most_free", ""), detail.get("cause", "")
        return {"moved": days[k], "months": months, "host": host, "most_free": most_free, "cause": cause}
    return {}


def _contract(contracts: pd.DataFrame, tender: int) -> dict[str, Any]:
    """Return why the awarded contract ended, and what share of it was served."""
    rows = contracts.loc[contracts["tender_id"].to_numpy(float, na_value=math.nan) == tender]
    if rows.empty:
        return {}
    row = rows.iloc[0]
    promised = float(row["promised_card_days"])
    served = float(row["served_card_days"]) / promised if promised > 0 else math.nan
    return {"end_reason": str(row["end_reason"]), "served_share": served}


def _detail(text: str) -> dict[str, str]:
    """Return the ``key=value`` pairs of an event's detail."""
    return dict(pair.split("=", 1) for pair in str(text).split() if "=" in pair)


def typical_run(runs: pd.DataFrame) -> pd.Series:
    """Return the row of the first replicate whose outcome is the most frequent one: no run is chosen for its looks.

    Parameters
    ----------
    runs : pandas.DataFrame
        Rows of `FocalCase.row` with `replicate`; an outcome is winner, fate and next host together, and of equally
        frequent ones the first in the alphabet counts.
    """
    outcome = runs["winner"] + "|" + runs["fate"] + "|" + runs["host"]
    counts = outcome.value_counts()
    modal = min(counts.index[counts == counts.max()])
    return runs.loc[outcome == modal].sort_values("replicate").iloc[0]
