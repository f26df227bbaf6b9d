"""The patterns of the evidence, measured in one run.

One function per pattern id, registered in the order of `facts.toml`, each the `measure` text of its fact
and nothing else. A value is NaN when the event never happened, or when the run ends before the measure's
window does; NaN is a miss. Only tables are read. Bands and the summary over seeds are in
`market.observers.bands`.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable

import numpy as np

from market.evidence import fact, observation
from market.observers.bands import PatternRow, in_band, summarise, wilson_interval
from market.observers.columns import DAYS_PER_MONTH, RunTables, between, has, in_days
from market.observers.focal import ENTRANT
from market.observers.reading import YEAR_2023, Reading, ratio

__all__ = [
    "PatternRow",
    "evidence_points",
    "in_band",
    "measure",
    "pattern_ids",
    "summarise",
    "wilson_interval",
]

REGULAR_SIGNED = (dt.date(2022, 7, 1), dt.date(2023, 6, 30))
CHEAP, DEAR = 0.32, 0.50
"""Break-even fractions of list between which T10 counts the months."""
CLOUDWALK = "cloudwalk"
CLOUDWALK_ORDERED = (dt.date(2022, 12, 1), dt.date(2022, 12, 31))
LATE_2022 = (dt.date(2022, 10, 1), dt.date(2022, 12, 31))
MID_2023 = (dt.date(2023, 4, 1), dt.date(2023, 9, 30))
YEAR_2022 = (dt.date(2022, 1, 1), dt.date(2022, 12, 31))
FIRST_HALF_ENDS = dt.date(2023, 6, 30)
REPORT_DATE = dt.date(2024, 1, 12)
ESTABLISHED = ("alibaba_cloud", "baidu_cloud", "tencent_cloud")
EARLY_STOCK_HOLDER = "tencent_cloud"
PRICE_MID_2023 = (dt.date(2023, 6, 1), dt.date(2023, 7, 15))
PRICE_JANUARY_2024 = (dt.date(2024, 1, 1), dt.date(2024, 1, 15))
RISE = (dt.date(2023, 6, 1), dt.date(2024, 1, 31))
LEAST_RISE_CNY = 30_000

PRICE_OBSERVATIONS = ("P08", "P31", "P38")
"""Contract and reference prices of a card; marks in figures, not scored."""

_MEASURES: dict[str, Callable[[Reading], float]] = {}


def _pattern(id: str) -> Callable[[Callable[[Reading], float]], Callable[[Reading], float]]:
    """Register the measure of a pattern; the order of registration is that of the evidence."""

    def register(function: Callable[[Reading], float]) -> Callable[[Reading], float]:
        _MEASURES[id] = function
        return function

    return register


def pattern_ids() -> tuple[str, ...]:
    """Return the ids of the patterns, in order."""
    return tuple(_MEASURES)


def measure(run: RunTables) -> dict[str, float]:
    """Measure every pattern in one run.

    Parameters
    ----------
    run : Result
        What `market.simulation.run` returned, or `market.store.read_run` read back.

    Returns
    -------
    dict of str to float
        One value per pattern id, in the unit of its fact; NaN when the event never happened. T7 is 1 or 0, C3
        is 1, 0 or NaN.
    """
    reading = Reading(run)
    return {id: float(function(reading)) for id, function in _MEASURES.items()}


@_pattern("T4")
def regular_fraction(reading: Reading) -> float:
    """Card-weighted mean fraction of list on regular contracts signed in the year to mid-2023."""
    if not reading.reaches(REGULAR_SIGNED[1]):
        return math.nan
    contracts = reading.run.contracts
    signed = between(in_days(contracts, "start_date"), *REGULAR_SIGNED) & has(contracts, "kind", "regular")
    cards = contracts["cards"].to_numpy(np.int64)[signed]
    return ratio((cards * contracts["fraction"].to_numpy(float)[signed]).sum(), cards.sum())


@_pattern("T5")
def award_fraction(reading: Reading) -> float:
    """Award price of the focal tender, as a fraction of list."""
    return reading.award.fraction if reading.award else math.nan


@_pattern("T7")
def entrant_wins(reading: Reading) -> float:
    """1 when the entrant wins the focal tender, else 0; 0 too in a run without that tender."""
    return float(reading.award is not None and reading.award.winner == ENTRANT)


@_pattern("T10")
def months_from_cheap_to_dear(reading: Reading) -> float:
    """Months from the last day with a break-even of at most 0.32 to the first with at least 0.50.

    Break-even at replacement cost: ((spot price + server) / life + opex) / list rent, day by day.
    """
    parameters = reading.run.scenario.parameters
    depreciation = reading.spot_price_cny + parameters["servers.server_cost_cny"]
    cost = depreciation / parameters["clouds.card_life_months"] + parameters["clouds.opex_cny_per_card_month"]
    break_even = cost / reading.run.daily["list_rent_cny_per_card_month"].to_numpy(float)
    dear = np.flatnonzero(break_even >= DEAR)
    cheap = np.flatnonzero(break_even[: dear[0]] <= CHEAP) if dear.size else dear
    if not cheap.size:
        return math.nan
    return _months(reading.days[dear[0]] - reading.days[cheap[-1]])


@_pattern("S3")
def cloudwalk_delay(reading: Reading) -> float:
    """Months by which CloudWalk's cards of December 2022 came late, weighted by cards.

    A card not delivered by the end of the run, cancelled or not, counts as delivered on the last day.
    """
    chosen = reading.is_order_of(CLOUDWALK, CLOUDWALK_ORDERED)
    if not reading.reaches(YEAR_2023[1]) or not chosen.any():
        return math.nan
    promised = in_days(reading.run.orders, "promised_date")
    row = reading.delivered_order
    came = chosen[row]
    missing = reading.ordered_cards.copy()
    np.subtract.at(missing, row[came], reading.delivered_cards[came])
    late = np.concatenate([reading.delivered_days[came] - promised[row[came]], reading.days[-1] - promised[chosen]])
    cards = np.concatenate([reading.delivered_cards[came], missing[chosen]])
    if np.isnat(late[cards > 0]).any():
        return math.nan
    return ratio((late.astype(np.int64) * cards)[cards > 0].sum(), cards.sum()) / DAYS_PER_MONTH


@_pattern("S5")
def late_2022_delivered_by_year_end(reading: Reading) -> float:
    """Share of the cards ordered by clouds in 2022Q4 delivered by the end of 2023."""
    return reading.share_delivered(LATE_2022, YEAR_2023[1])


@_pattern("S5b")
def late_2022_delivered_by_mid_year(reading: Reading) -> float:
    """Share of the same cards delivered by the middle of 2023."""
    return reading.share_delivered(LATE_2022, FIRST_HALF_ENDS)


@_pattern("S6")
def mid_2023_delivered_by_report(reading: Reading) -> float:
    """Share of the cards ordered by clouds in 2023Q2 and Q3 delivered by the day of the report."""
    return reading.share_delivered(MID_2023, REPORT_DATE)


@_pattern("S7")
def entrant_orders(reading: Reading) -> float:
    """Cards ordered by the entrant in 2023 over those ordered by the three established clouds in 2022.

    The early stock of Tencent Cloud, held when the run begins, counts as ordered in 2022.
    """
    if not reading.reaches(YEAR_2023[1]):
        return math.nan
    ordered = reading.ordered_cards
    early_stock = sum(c.stock_cards for c in reading.run.scenario.clouds if c.id == EARLY_STOCK_HOLDER)
    by_three = sum(ordered[reading.is_order_of(cloud, YEAR_2022)].sum() for cloud in ESTABLISHED)
    return ratio(ordered[reading.is_order_of(ENTRANT, YEAR_2023)].sum(), by_three + early_stock)


@_pattern("P1")
def price_mid_2023(reading: Reading) -> float:
    """Median daily spot price around the middle of 2023, in CNY."""
    return _median(reading.spot_within(*PRICE_MID_2023))


@_pattern("P2")
def price_january_2024(reading: Reading) -> float:
    """Median daily spot price in the first half of January 2024, in CNY."""
    return _median(reading.spot_within(*PRICE_JANUARY_2024))


@_pattern("P2b")
def largest_monthly_rise(reading: Reading) -> float:
    """Largest rise of the monthly mean price in one month, as a share of the whole rise to January 2024.

    NaN when the whole rise is under 30,000 CNY.
    """
    prices = reading.spot_within(*RISE)
    if not prices.size:
        return math.nan
    month = reading.days[between(reading.days, *RISE)].astype("datetime64[M]").astype(np.int64)
    month -= month[0]
    means = np.bincount(month, weights=prices) / np.bincount(month)
    rise = means[-1] - means[0]
    return np.diff(means).max() / rise if rise >= LEAST_RISE_CNY else math.nan


@_pattern("C1")
def months_until_lost(reading: Reading) -> float:
    """Months from the focal award to the customer's move; NaN without one within 18 months."""
    return reading.move.months if reading.move else math.nan


@_pattern("C3")
def moves_to_most_free(reading: Reading) -> float:
    """1 when the lost customer's next host is the named cloud with the most free cards that day, else 0.

    NaN when it did not move within 18 months: the share is among the customers that were lost.
    """
    return float(reading.move.host == reading.move.most_free) if reading.move else math.nan


@_pattern("C5")
def cloud_margin(reading: Reading) -> float:
    """Margin of all clouds over 2023, at the replacement cost of cards."""
    return reading.cloud_margins_2023[1]


@_pattern("C5b")
def margin_gap(reading: Reading) -> float:
    """NVIDIA's gross margin less the clouds' margin at historic cost, over 2023."""
    return reading.nvidia_margin_2023 - reading.cloud_margins_2023[0]


def evidence_points() -> list[dict[str, str | float | None]]:
    """Return the dated card prices of the evidence, ready for JSON, for figures to draw beside a run.

    The two scored prices with their bands, then contract and reference prices from other sources. Keys: id,
    start, end (ISO dates), low, high, value, unit.
    """
    points: list[dict[str, str | float | None]] = []
    for id, (first, last) in (("P1", PRICE_MID_2023), ("P2", PRICE_JANUARY_2024)):
        seen = fact(id)
        points.append(_point(id, first, last, seen.low, seen.high, seen.value, seen.unit))
    for id in PRICE_OBSERVATIONS:
        quote = observation(id)
        points.append(_point(id, quote.start, quote.end, quote.low, quote.high, quote.value, quote.unit))
    return points


def _point(
    id: str,
    start: dt.date,
    end: dt.date,
    low: float | None,
    high: float | None,
    value: float | None,
    unit: str | None,
) -> dict[str, str | float | None]:
    """Return one evidence point."""
    return {
        "id": id,
        "start": start.isoformat(),
        "end": end.isoformat(),
        "low": low,
        "high": high,
        "value": value,
        "unit": unit,
    }


def _median(values: np.ndarray) -> float:
    """Return the median, NaN of nothing."""
    return float(np.median(values)) if values.size else math.nan


def _months(span: np.timedelta64) -> float:
    """Return a span of days in months of 30.4375 days."""
    return float(span.astype(np.int64)) / DAYS_PER_MONTH
