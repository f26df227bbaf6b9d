"""What a forecaster knew on 16 October 2023, and how wide it had to guess about the rest.

The forecast may use what was known up to the cut, and three announced facts: the dates of the export rule, which cards
it catches, and the date on which a substitute was said to come. Everything else about the time after the cut is drawn
from a wide prior: how much of the flow the rule really stops, when the substitutes come, what they can do, cost and
number, the supply without a rule, the funding climate, the growth of other demand. No calibrated value of the package
enters, since those were fitted to later facts too: every parameter with a prior is drawn from it, and where the source
of a prior is dated after the cut, from the wider range below. What cannot be undone: the rules of the model and the
ranges of the other priors were written by people who knew how the story went on.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass
from functools import cache
from typing import Literal

import numpy as np
import pandas as pd

from experiments.fit.priors import free_parameters
from experiments.statistics.intervals import generator
from experiments.statistics.sampling import latin_hypercube

__all__ = [
    "CUT",
    "FIRST",
    "H20_ANNOUNCED",
    "LAST",
    "LATER_EVIDENCE",
    "RULE_EFFECTIVE",
    "Input",
    "draw",
    "drawn",
    "inputs",
    "table",
    "values_at",
]

CUT = dt.date(2023, 10, 16)
"""Last day of which anything is known."""
FIRST, LAST = dt.date(2023, 10, 17), dt.date(2024, 12, 31)
"""First and last day that are forecast."""

RULE_EFFECTIVE = dt.date(2023, 10, 23)
"""Day from which the rule was in force for these cards (X06)."""
H20_ANNOUNCED = dt.date(2023, 11, 16)
"""Day on which the substitute was said to come (S10)."""

LATER_EVIDENCE = frozenset(
    (
        *("D7", "S5", "S6", "S7", "S10", "P2", "P2b", "P3", "T10", "C5", "C5b"),
        *("F12", "F13", "F14", "K07", "M07", "N07", "S31", "S34", "L02", "L03", "C03", "C04", "C05", "C06"),
        *("P09", "P26", "P28", "P30", "P47", "G04", "G07", "G10", "G13", "G14", "G15", "X07"),
    )
)
"""Ids of the evidence that were true or published only after the cut. Facts of the news report of January 2024 count
by the day on which they held; figures of a whole year, of a quarter reported later, or of a later survey do not."""

Kind = Literal["given", "uniform", "log-uniform", "full or uniform"]


@dataclass(frozen=True, slots=True)
class Input:
    """One thing the forecast rests on.

    Attributes
    ----------
    name : str
        Column of the draws: a parameter's full name, or a name built like one.
    unit : str
    kind : str
        How it is drawn between `low` and `high`; "full or uniform" is `high` with a chance of `FULL_CHANCE`, else
        uniform; "given" is `low`, which equals `high`.
    low, high : float or str
        Dates of given facts are text.
    known : str
        When it was known: a date; "prior" for a guess; "later" for a value that is held and does not matter.
    source, reason : str
    """

    name: str
    unit: str
    kind: Kind
    low: float | str
    high: float | str
    known: str
    source: str
    reason: str


FULL_CHANCE = 0.75
"""Chance that the rule stops the whole flow; a licence with a presumption of denial may still let some through."""

_GIVEN = (
    Input("rule.us_2023.rumoured", "date", "given", "2023-06-28", "2023-06-28", "2023-06-28", "N50", "reported then"),
    Input(
        "rule.us_2023.announced", "date", "given", "2023-10-17", "2023-10-17", "2023-10-17", "X05", "announced fact"
    ),
    Input(
        "rule.us_2023.effective", "date", "given", str(RULE_EFFECTIVE), str(RULE_EFFECTIVE), "2023-10-23", "X06",
        "announced fact",
    ),
    Input(
        "substitute.h20.announced", "date", "given", str(H20_ANNOUNCED), str(H20_ANNOUNCED), "2023-11", "S10",
        "announced fact: the day on which it was said to come; it enters with the delay below",
    ),
    Input(
        "supply.china_revenue to 2023-07-30", "billion USD a quarter", "given", "K01 to K06", "K01 to K06",
        "2023-08-23", "K01-K06", "reported quarters; K07 was reported on 2023-11-21 and is not used",
    ),
    Input(
        "supply.revenue_per_card_usd", "USD/card", "given", "29000", "29000", "later", "S34",
        "a mere scale: the number of cards is drawn with supply.card_share",
    ),
    Input(
        "servers.integration_shared", "switch", "given", "1", "1", "later", "S10",
        "whether integration work holds up a new product: its length is drawn, from none",
    ),
    Input(
        "supply.gross_margin", "1", "given", "0.67", "0.67", "later", "M05, M06, M07",
        "tells NVIDIA's profit, which is not forecast and moves nothing else",
    ),
)  # fmt: skip

_DRAWN = (
    Input(
        "rule.us_2023.severity", "share of flow", "full or uniform", 0.7, 1.0, "prior", "X05",
        "licences with a presumption of denial; how strictly was not known (it also weighs the rumour in the model)",
    ),
    Input(
        "supply.next_quarter_growth", "1", "log-uniform", 0.9, 1.9, "prior", "K04-K06, C01, C02",
        "revenue of the quarter under way over the last reported one, which were 1.67 and 1.72 times the one before",
    ),
    Input(
        "supply.later_growth", "1/quarter", "uniform", 0.0, 0.35, "prior", "C01, C02",
        "capacity plan of mid-2023: 8,000 to 11,000 wafers a month within half a year; what came of it was not known",
    ),
    Input(
        "supply.restricted_share", "share of China revenue", "uniform", 0.5, 0.95, "prior", "N50, N06, K06",
        "data centre was 20 to 25% of 10.3 billion USD in China, of 2.7 in all; not all of it is caught",
    ),
    Input(
        "funding.boom", "multiple of 2022", "uniform", 2.5, 5.0, "prior", "D2", "level of June 2023, as felt then"
    ),
    Input(
        "funding.at_cut", "share of the boom", "uniform", 0.5, 1.1, "prior", "D2, D3",
        "level on the day of the cut over that of June 2023",
    ),
    Input(
        "funding.later", "multiple of 2022", "uniform", 0.4, 5.0, "prior", "none",
        "level that the climate moves to after the cut: it may fall below 2022 or rise beyond the boom; the model"
        " spreads a fixed number of foundings by the climate, so this moves some across the cut",
    ),
    Input(
        "funding.later_days", "days after the cut", "uniform", 77, 442, "prior", "none",
        "when it gets there; level from then on",
    ),
    Input(
        "substitute.h20.delay_days", "days", "uniform", 15, 365, "prior", "S10",
        "after the announced day; nobody reckoned with it before the cut",
    ),
    Input("substitute.h20.integration_days", "days", "uniform", 0, 240, "prior", "none", "unknown product"),
    Input(
        "substitute.h20.performance", "A800 = 1", "uniform", 0.2, 1.0, "prior", "X05",
        "below the threshold of the rule; the A800 itself kept the class of 2022",
    ),
    Input(
        "substitute.h20.price_cny", "CNY/card", "log-uniform", 36_000, 144_000, "prior", "P08, P31",
        "half to twice the contract price of the A800; the prices of 2024 are not used",
    ),
    Input("substitute.h20.monthly_cards", "cards/month", "log-uniform", 500, 40_000, "prior", "none", "unknown"),
    Input("substitute.h20.monthly_growth", "1/month", "uniform", 0.0, 0.15, "prior", "none", "unknown"),
    Input(
        "substitute.ascend_910b.delay_days", "days", "uniform", 0, 300, "prior", "none",
        "after August 2023, when it was first shown; the order of that month became known in November",
    ),
    Input("substitute.ascend_910b.integration_days", "days", "uniform", 0, 240, "prior", "none", "unknown product"),
    Input("substitute.ascend_910b.performance", "A800 = 1", "uniform", 0.2, 1.0, "prior", "none", "unknown product"),
    Input(
        "substitute.ascend_910b.price_cny", "CNY/card", "log-uniform", 50_000, 200_000, "prior", "none",
        "of the order of the A800; the prices of 2024 are not used",
    ),
    Input(
        "substitute.ascend_910b.monthly_cards", "cards/month", "log-uniform", 200, 10_000, "prior", "none", "unknown"
    ),
    Input("substitute.ascend_910b.monthly_growth", "1/month", "uniform", 0.0, 0.15, "prior", "none", "unknown"),
    Input(
        "supply.card_share", "1", "uniform", 0.12, 0.35, "prior", "O01, O02, G01",
        "with the revenue per card of S34, a survey of late 2023, as a mere scale: so twice the declared range",
    ),
    Input(
        "primary.lead_max_days", "days", "uniform", 180, 720, "prior", "L01",
        "39 weeks were quoted in September 2023; the peak of L02 came later",
    ),
    Input(
        "primary.oldest_first_share", "1", "uniform", 0.0, 1.0, "prior", "none", "declared range rests on S5 and S6"
    ),
    Input("spot.bid_adjustment", "1/week", "log-uniform", 0.03, 0.5, "prior", "none", "declared range rests on P2b"),
    Input(
        "spot.ask_adjustment", "1/week", "log-uniform", 0.01, 0.16, "prior", "none", "declared range rests on P3"
    ),
    Input("spot.risk_cost_after", "1", "uniform", 0.05, 1.0, "prior", "none", "declared range rests on P09"),
    Input("spot.import_slope", "cards/week", "log-uniform", 20, 2_000, "prior", "none", "declared range rests on G10"),
    Input("spot.import_cap", "cards/week", "log-uniform", 100, 5_000, "prior", "none", "declared value rests on G10"),
    Input(
        "speculation.capital_cny", "CNY", "log-uniform", 5e5, 3e7, "prior", "none", "declared range rests on G07"
    ),
    Input("servers.enterprise_growth", "1/year", "uniform", 0.0, 1.0, "prior", "none", "declared range rests on G07"),
    Input(
        "clouds.other_growth_late", "1/year", "uniform", -0.3, 0.8, "prior", "D5",
        "growth of other industries in 2024: from a fall to the growth of before; the sobering of D7 came later",
    ),
    Input("clouds.callers", "customers/month", "uniform", 0, 60, "prior", "none", "declared range rests on D7"),
    Input("clouds.shock_days", "days", "uniform", 10, 120, "prior", "none", "declared range rests on D7"),
    Input("clouds.caller_share", "1", "uniform", 0.05, 0.9, "prior", "none", "declared range rests on D7"),
    Input("clouds.sobering", "1/month", "uniform", 0.0, 0.25, "prior", "none", "declared range rests on D7"),
    Input("startups.calls_late", "1/month", "uniform", -0.05, 0.08, "prior", "none", "declared range rests on D7"),
    Input("startups.cash_cny", "CNY", "log-uniform", 1e7, 1.6e8, "prior", "none", "declared range rests on F12, F13"),
    Input("funding.hazard", "1/month", "log-uniform", 0.02, 0.12, "prior", "none", "declared range rests on F13"),
    Input(
        "funding.median_round_cny", "CNY", "log-uniform", 1e7, 1.8e8, "prior", "none", "declared range rests on F14"
    ),
    Input("funding.climate_size", "1", "uniform", 0.0, 1.0, "prior", "none", "declared value rests on F12, F14"),
    Input("orders.precaution_days", "days", "uniform", 0, 360, "prior", "none", "declared range rests on G14, G15"),
    Input("orders.enquiry_overlap", "1", "uniform", 0.25, 4.0, "prior", "none", "declared range rests on G04"),
    Input("orders.framework_cover", "1", "uniform", 0.25, 2.5, "prior", "none", "declared range rests on S5"),
    Input("orders.framework_months", "months", "uniform", 3, 12, "prior", "none", "declared range rests on S5"),
    Input(
        "leases.capacity_weight", "1", "uniform", 0.0, 6.0, "prior", "none", "declared range rests on C3, undated"
    ),
)  # fmt: skip


@cache
def inputs() -> tuple[Input, ...]:
    """Return everything the forecast rests on: given facts, wide priors, and declared priors for the rest."""
    own = {entry.name for entry in _DRAWN}
    declared = tuple(
        Input(free.path, free.unit, "uniform", free.low, free.high, "prior", free.source, "its prior; no value is used")
        for free in free_parameters()
        if free.path not in own
    )
    return (*_GIVEN, *_DRAWN, *declared)


def table() -> pd.DataFrame:
    """Return the inputs as a table."""
    return pd.DataFrame([asdict(entry) for entry in inputs()])


def drawn() -> tuple[Input, ...]:
    """Return the inputs that are drawn; their order is that of the coordinates of the unit cube."""
    return tuple(entry for entry in inputs() if entry.kind != "given")


def draw(n: int, luck: str) -> pd.DataFrame:
    """Draw everything that is not given from its prior, as a Latin hypercube.

    Parameters
    ----------
    n : int
        Number of draws.
    luck : str
        Names the generator.

    Returns
    -------
    pandas.DataFrame, shape (n, inputs that are drawn)
    """
    return values_at(latin_hypercube(n, len(drawn()), generator(luck)))


def values_at(cube: np.ndarray) -> pd.DataFrame:
    """Return the inputs at points of the unit cube, a row each: their priors' quantiles."""
    return pd.DataFrame({entry.name: _quantile(entry, cube[:, k]) for k, entry in enumerate(drawn())})


def _quantile(entry: Input, share: np.ndarray) -> np.ndarray:
    """Return quantiles of an input's prior."""
    low, high = float(entry.low), float(entry.high)
    if entry.kind == "log-uniform":
        return low * (high / low) ** share
    if entry.kind == "full or uniform":
        return np.where(share < FULL_CHANCE, high, low + (high - low) * (share - FULL_CHANCE) / (1.0 - FULL_CHANCE))
    return low + (high - low) * share
