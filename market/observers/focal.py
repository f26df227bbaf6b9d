"""The focal case: MiniMax's first tender and the loss of that customer.

Read from the event table of a run. The customer's first tender must open inside the window of fact T5; the
focal award is its first one, which must answer a tender opened in that window (a tender that drew no bid
may be held again). The loss is the first move away from the winner, counted when it comes within 18 months.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from market.observers.columns import DAYS_PER_MONTH, RunTables, between, detail_of, has, in_days

__all__ = ["CUSTOMER", "ENTRANT", "Award", "Move", "focal_award", "focal_move"]

CUSTOMER = "minimax"
ENTRANT = "volcano_engine"

OPENED_FROM = dt.date(2022, 10, 1)
OPENED_TO = dt.date(2023, 8, 31)
LONGEST_STAY_MONTHS = 18


@dataclass(frozen=True, slots=True)
class Award:
    """The focal tender, awarded.

    Attributes
    ----------
    opened, awarded : numpy.datetime64
    winner : str
        Id of the cloud.
    cards : int
    fraction : float
        Of list price paid.
    tender : str
        Id of the tender, as its events name it.
    """

    opened: np.datetime64
    awarded: np.datetime64
    winner: str
    cards: int
    fraction: float
    tender: str


@dataclass(frozen=True, slots=True)
class Move:
    """The customer's move away from the winner.

    Attributes
    ----------
    moved : numpy.datetime64
    months : float
        Since the award.
    host : str
        Where it went.
    most_free : str
        The named cloud that held the most free cards on that day; empty when none had any.
    cause : str
    """

    moved: np.datetime64
    months: float
    host: str
    most_free: str
    cause: str


def customer_events(run: RunTables) -> pd.DataFrame:
    """Return the events in which the customer acts, in order of time."""
    return run.events.loc[has(run.events, "actor", CUSTOMER)]


def focal_award(events: pd.DataFrame) -> Award | None:
    """Return the award of the focal tender, or None when there was none.

    Parameters
    ----------
    events : pandas.DataFrame
        The customer's events, of `customer_events`.
    """
    days = in_days(events, "date")
    opened = days[has(events, "kind", "tender_opened")]
    is_award = has(events, "kind", "tender_awarded")
    if not opened.size or not is_award.any() or opened.min() < np.datetime64(OPENED_FROM):
        return None
    award = events.loc[is_award].iloc[0]
    awarded = days[is_award][0]
    before = opened[opened <= awarded]
    if not before.size or not between(before.max(), OPENED_FROM, OPENED_TO):
        return None
    detail = detail_of(award["detail"])
    return Award(
        opened=before.max(),
        awarded=awarded,
        winner=str(award["counterparty"]),
        cards=int(award["cards"]),
        fraction=float(detail["fraction"]),
        tender=detail.get("tender", ""),
    )


def focal_move(events: pd.DataFrame, award: Award | None) -> Move | None:
    """Return the customer's first move away from the winner within 18 months, or None.

    Parameters
    ----------
    events : pandas.DataFrame
        The customer's events, of `customer_events`.
    award : Award or None
    """
    if award is None:
        return None
    switched = events.loc[has(events, "kind", "switched") & (in_days(events, "date") > award.awarded)]
    for moved, host, text in zip(in_days(switched, "date"), switched["counterparty"], switched["detail"], strict=True):
        detail = detail_of(text)
        if detail.get("from") == award.winner:
            months = float((moved - award.awarded).astype(int)) / DAYS_PER_MONTH
            if months > LONGEST_STAY_MONTHS:
                return None
            return Move(moved, months, str(host), detail.get("most_free", ""), detail.get("cause", ""))
    return None
