"""The dated observations that a run can answer to, and the interval that each of them gives.

Only what the model produces is compared: an observation that sets an input (supply, the starting shares, the funding
climate, the prices of substitutes, the rules) proves nothing and is listed in `NOT_TARGETS` with its reason. A value
fits when it counts what the model counts and another source does not contradict it; the rest is kept for checking, so
that a reader sees where the model is wrong. All are positive and compared in logs.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from experiments.readings.target_statistics import ARTICLE

__all__ = ["NOT_TARGETS", "REPORTED", "Reported"]

HOURS_PER_MONTH = 24.0 * 30.4375
CARDS_PER_SERVER = 8
CNY_PER_USD = 7.0
"""Mean rate of 2023, to one digit."""


@dataclass(frozen=True, slots=True)
class Reported:
    """An observation as a target.

    Attributes
    ----------
    id : str
        Name of the statistic.
    source : str
        Ids of `observations.csv`.
    stated : float
        What the first source states, in its own unit.
    low, high : float
        Interval that the source gives, in `unit`: its own bounds, or the reading that `reason` names.
    discrepancy : float
        Standard deviation of what the model leaves out, as a share of the value.
    """

    id: str
    source: str
    stated: float
    quantity: str
    computed: str
    unit: str
    low: float
    high: float
    discrepancy: float
    dated: dt.date
    fits: bool
    reason: str


def _rent(usd_per_server_hour: float) -> float:
    return usd_per_server_hour * CNY_PER_USD * HOURS_PER_MONTH / CARDS_PER_SERVER


REPORTED: tuple[Reported, ...] = (
    Reported(
        "orders_for_2023",
        "O02",
        100_000,
        "A800 orders of four clouds for delivery in 2023",
        "cards of orders that the four had placed by 2023-08-09, due in 2023",
        "cards",
        80_000,
        120_000,
        0.25,
        ARTICLE,
        True,
        "high confidence, a round figure (read as 20% either way); H800 count as A-class equivalents in the model",
    ),
    Reported(
        "entrant_fleet",
        "O04",
        10_000,
        "cards that Volcano Engine holds in August 2023",
        "its cards in stock, assembly and online at the end of July 2023",
        "cards",
        10_000,
        30_000,
        0.25,
        ARTICLE,
        True,
        "stated as a lower bound; the upper end is three times that",
    ),
    Reported(
        "quoted_lead_may_2023",
        "L10",
        3,
        "lead time quoted in China in May 2023",
        "card-weighted mean of promised less placed date, orders of 2023-05 outside frameworks",
        "months",
        3,
        7,
        0.2,
        dt.date(2023, 5, 31),
        True,
        "high confidence, bounds of the source",
    ),
    Reported(
        "rent_early_2023",
        "R09",
        10,
        "rent of a new regular contract in early 2023",
        "mean rent quoted on regular contracts signed from 2023-02-01 to 2023-04-30",
        "CNY per card-month",
        0.9 * _rent(10),
        1.1 * _rent(10),
        0.15,
        dt.date(2023, 4, 30),
        True,
        "one cloud's rent of eight cards, USD 10 an hour at 7.0 CNY (read as 10% either way)",
    ),
    Reported(
        "training_cards_may_2023",
        "G01",
        45_000,
        "cards that train models in May 2023",
        "clouds' cards set aside for own training, and cards under contract to startups, on 2023-05-15",
        "cards",
        40_000,
        50_000,
        0.25,
        dt.date(2023, 5, 31),
        True,
        "high confidence, bounds of the source; it counts cards fit for training, the model those used for it",
    ),
    Reported(
        "grey_imports_2024",
        "G10",
        12_500,
        "cards brought in by grey channels in 2024",
        "cards imported from 2024-01-01 to 2024-12-31",
        "cards",
        8_000,
        19_500,
        0.25,
        dt.date(2024, 12, 31),
        True,
        "medium confidence (read as a factor of 1.56 either way); counts all chips for AI",
    ),
    Reported(
        "funding_2023",
        "F14, F13",
        20_500,
        "funding of AI startups in 2023",
        "sum of all funding rounds of 2023",
        "bn CNY",
        20.5,
        63.1,
        0.25,
        dt.date(2023, 12, 31),
        True,
        "generative AI at the low end, all AI at the high end: the model's startups lie between",
    ),
    Reported(
        "entrant_orders_half_2023",
        "O01",
        1.0,
        "Volcano Engine's orders of the first half of 2023",
        "cards that it ordered from 2023-01-01 to 2023-06-30",
        "cards",
        70_000,
        100_000,
        0.3,
        dt.date(2023, 6, 30),
        False,
        "USD 1 bn at USD 10,000; contradicted by O02 (as many for four clouds over the year) and S7",
    ),
    Reported(
        "entrant_orders_for_2024",
        "O05",
        70_000,
        "Volcano Engine's orders for delivery in 2024",
        "cards of orders placed by 2023-08-09, due in 2024",
        "cards",
        56_000,
        84_000,
        0.3,
        ARTICLE,
        False,
        "part of O03, which counts other products",
    ),
    Reported(
        "orders_for_2024",
        "O03",
        4.0,
        "GPU orders of four clouds for delivery in 2024",
        "cards of orders that the four had placed by 2023-08-09, due in 2024",
        "cards",
        200_000,
        400_000,
        0.3,
        ARTICLE,
        False,
        "USD 4 bn at USD 10,000 to 20,000 a card: all products, while the model has one class",
    ),
    Reported(
        "quoted_lead_early_2022",
        "L09",
        1,
        "lead time quoted in China in 2022 before the boom",
        "card-weighted mean of promised less placed date, orders of the first half of 2022 outside frameworks",
        "months",
        0.7,
        1.5,
        0.2,
        dt.date(2022, 6, 30),
        False,
        "sets the base lead; only the queue on top of it is an outcome",
    ),
    Reported(
        "quoted_lead_autumn_2023",
        "L03",
        9.5,
        "lead time quoted in the second half of 2023, up to the rule",
        "card-weighted mean of promised less placed date, orders of 2023-07-01 to 2023-10-16 outside frameworks",
        "months",
        8,
        11,
        0.25,
        dt.date(2023, 12, 31),
        False,
        "for the world, where China's queue is its own",
    ),
    Reported(
        "price_june_2023",
        "P38",
        12_000,
        "A800 price at the end of June 2023",
        "median daily spot price, 2023-06-26 to 2023-07-02",
        "CNY per card",
        75_000,
        92_000,
        0.1,
        dt.date(2023, 7, 2),
        False,
        "much the same as P1; also the source of the price abroad",
    ),
    Reported(
        "rent_paid_share_2023",
        "R16",
        50,
        "rent paid over list in August 2023",
        "mean over 2023-08 of the mean rent on running contracts over the list rent",
        "share of list",
        0.4,
        0.6,
        0.1,
        dt.date(2023, 8, 31),
        False,
        "an assumption of its source, which counts utilisation too",
    ),
    Reported(
        "customer_cluster_2023",
        "G03",
        1_000,
        "MiniMax's largest contract with one cloud in 2023",
        "cards of its largest contract that began in 2023",
        "cards",
        1_000,
        2_000,
        0.3,
        dt.date(2023, 12, 31),
        False,
        "one firm, whose size at the start is an input",
    ),
    Reported(
        "scarcity_2023",
        "G13",
        2.13,
        "demand over supply of compute in 2023",
        "mean over 2023 of true demand over cards online",
        "ratio",
        1.6,
        2.7,
        0.3,
        dt.date(2023, 12, 31),
        False,
        "counts all chips and wishes, in operations; read as 25% either way",
    ),
    Reported(
        "funding_rounds_2023",
        "F14, F13",
        20_500,
        "funding rounds of AI startups in 2023",
        "number of funding rounds of 2023",
        "rounds",
        143,
        530,
        0.3,
        dt.date(2023, 12, 31),
        False,
        "the number of startups is a choice of the scenario",
    ),
    Reported(
        "zhipu_funding_2023",
        "F04",
        2500,
        "Zhipu AI's funding in 2023 up to 20 October",
        "sum of its funding rounds from 2023-01-01 to 2023-10-20",
        "bn CNY",
        2.4,
        2.6,
        0.5,
        dt.date(2023, 10, 20),
        False,
        "one firm's luck",
    ),
    Reported(
        "baichuan_funding_2023",
        "F07",
        350,
        "Baichuan's funding in 2023 up to the end of October",
        "sum of its funding rounds from 2023-04-01 to 2023-10-31",
        "bn CNY",
        2.2,
        2.7,
        0.5,
        dt.date(2023, 10, 31),
        False,
        "one firm's luck; USD 350 million at 7.0 CNY",
    ),
    Reported(
        "customer_spending_2023",
        "F17",
        10.56,
        "MiniMax's spending in 2023",
        "its cost of 2023 in the monthly accounts",
        "bn CNY",
        0.2,
        0.5,
        0.3,
        dt.date(2023, 12, 31),
        False,
        "research expense of 2023, USD 70 million in the note, is an upper bound; the low end is two fifths of it",
    ),
)
"""Observations that the model's outputs can answer to; those that fit come first."""

NOT_TARGETS: dict[str, str] = {
    **dict.fromkeys(("P08", "P31"), "sets the contract price of a card"),
    **dict.fromkeys(("K01", "K02", "K03", "K04", "K05", "K06", "K07", "S34"), "sets the supply to China"),
    **dict.fromkeys(("N01", "N02", "N03", "N04", "N05", "N06", "N07", "N50", "S31"), "not China, or a share of it"),
    **dict.fromkeys(("M01", "M02", "M03", "M04", "M05", "M06", "M07"), "sets the chip maker's margin"),
    **dict.fromkeys(("C01", "C02", "C03", "C04", "C05", "C06"), "sets the growth of supply"),
    **dict.fromkeys(("X01", "X02", "X03", "X04", "X05", "X06", "X07"), "a rule, or what it was said to cost"),
    **dict.fromkeys(("P26", "P28", "P30", "P47"), "sets the substitutes"),
    **dict.fromkeys(("S01", "S02", "S03", "S07", "S08", "S18", "D05", "D06"), "the whole cloud market, not its GPUs"),
    **dict.fromkeys(("S06", "S16", "S17"), "sets the clouds' shares at the start"),
    **dict.fromkeys(("F01", "F02", "F09", "F11"), "one round of one firm"),
    **dict.fromkeys(("F06", "F12"), "sets the funding climate, or what a firm has at the start"),
    **dict.fromkeys(("R14", "R15"), "sets the list rent, or the term of a contract"),
    **dict.fromkeys(("L01", "L02", "L08"), "servers or chips of another product, outside China"),
    "P01": "one seller's stock",
    "P09": "sets the cost of grey imports",
    "P20": "servers of another product, on contract",
    "P25": "servers of another product, at launch",
    "P34": "a list price before the run's first months have settled",
    "G04": "claims that overlap; a startup of the model has at most two hosts",
    "G07": "sets the number and capital of speculators",
    "G11": "one lessor's fleet",
    "G14": "sets how far ahead buyers stock up",
    "G15": "one startup's lot",
}
"""Observations that are no targets, each with the reason."""
