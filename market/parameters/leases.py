"""Regular leases: terms, and how a startup weighs hosts."""

from market.parameters.declare import Group

_leases = Group("leases")
TERM = _leases.parameter(
    "term_days", 360, "days", (7, 1500), source="R15 (one-year rents)", meaning="term of a regular contract"
)
ON_DEMAND_TERM = _leases.parameter(
    "on_demand_term_days",
    60,
    "days",
    (7, 1500),
    source="assumed",
    meaning="term of a small customer's contract",
)
ON_DEMAND_CARDS = _leases.parameter(
    "on_demand_cards",
    24,
    "cards",
    (0, 5000),
    source="assumed: three servers",
    meaning="need below which a customer buys on demand",
)
PRICE_WEIGHT = _leases.parameter(
    "price_weight",
    6.0,
    "1",
    (0.0, 50.0),
    prior=(3, 12),
    source="Klemperer1995; assumed",
    meaning="weight of the fraction of list in the choice of a host, with funding at hand",
)
RUNWAY_WEIGHT = _leases.parameter(
    "runway_weight",
    1.0,
    "1",
    (0.0, 10.0),
    source="D2, D3",
    meaning="how much the price weight rises as the runway falls short",
)
WAIT_WEIGHT = _leases.parameter(
    "wait_weight", 2.0, "1/month", (0.0, 50.0), source="assumed", meaning="weight of a month's wait"
)
CAPACITY_WEIGHT = _leases.parameter(
    "capacity_weight",
    1.5,
    "1",
    (0.0, 50.0),
    prior=(0.5, 4),
    source="C3, C4, G03",
    meaning="weight of free cards over need, in logs to base two",
)
LOYALTY = _leases.parameter(
    "loyalty",
    1.2,
    "1",
    (0.0, 20.0),
    prior=(0.5, 2.5),
    source="Klemperer1987, Farrell2007",
    meaning="advantage of the present host",
)
LUCK = _leases.parameter(
    "luck",
    0.677,
    "1",
    (0.0, 10.0),
    prior=(0.2, 1.0),
    calibrated=True,
    source="McFadden1974",
    meaning="scale of taste for a host",
)
SEARCH_RATE = _leases.parameter(
    "search_rate",
    0.15,
    "1/day",
    (0.0, 1.0),
    source="assumed: a week to find an offer",
    meaning="chance that a startup with unserved need looks for a host today",
)
SAFETY_SHARE = _leases.parameter(
    "safety_share",
    0.02,
    "1",
    (0.0, 0.5),
    source="assumed",
    meaning="share of capacity that a cloud keeps free",
)
