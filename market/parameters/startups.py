"""Startups: needs, money, entry and failure."""

from market.parameters.declare import Group

_startups = Group("startups")
CASH = _startups.parameter(
    "cash_cny",
    66700000,
    "CNY",
    (0, 1e11),
    prior=(2e7, 8e7),
    calibrated=True,
    source="F12, F13 (mean deal); assumed",
    meaning="median cash of a startup on its first day",
)
SIZE_SPREAD = _startups.parameter(
    "size_spread",
    1.0,
    "1",
    (0.0, 2.5),
    source="assumed: skewed sizes",
    meaning="spread of the size of startups, in logs",
)
CALLS = _startups.parameter(
    "calls_cards",
    18,
    "cards",
    (0, 10000),
    prior=(6, 30),
    calibrated=True,
    source="D1; assumed",
    meaning="median cards kept busy by model calls on the first day",
)
CALLS_GROWTH = _startups.parameter(
    "calls_growth",
    0.0485,
    "1/month",
    (-0.5, 1.0),
    prior=(0.02, 0.08),
    calibrated=True,
    source="D1",
    meaning="median growth of model calls",
)
CALLS_SPREAD = _startups.parameter(
    "calls_spread",
    0.03,
    "1/month",
    (0.0, 0.5),
    source="assumed",
    meaning="spread of that growth over startups",
)
CALLS_LATE = _startups.parameter(
    "calls_late",
    -0.02,
    "1/month",
    (-0.5, 0.5),
    prior=(-0.05, 0.03),
    source="D7 (sobering)",
    meaning="what the growth falls to when the climate is under 1",
)
CALLS_LUCK = _startups.parameter(
    "calls_luck",
    0.03,
    "1/week",
    (0.0, 1.0),
    source="assumed",
    meaning="spread of the weekly growth of a startup's model calls around its trend",
)
PLAN_AHEAD = _startups.parameter(
    "plan_ahead_months",
    6,
    "months",
    (0, 36),
    prior=(3, 9),
    source="assumed: training programmes are planned ahead",
    meaning="how far ahead a startup plans its compute",
)
AMBITION = _startups.parameter(
    "ambition_cards",
    18.2,
    "cards",
    (0, 1e5),
    prior=(10, 80),
    calibrated=True,
    source="D2; assumed",
    meaning="median training cluster aspired to in the climate of 2022",
)
AMBITION_CLIMATE = _startups.parameter(
    "ambition_climate",
    1.15,
    "1",
    (0.0, 3.0),
    prior=(0.5, 1.5),
    calibrated=True,
    source="D2 (the size of the run is a fund-raising argument)",
    meaning="how the aspired cluster grows with the climate: 1 for in proportion",
)
COMPUTE_SHARE = _startups.parameter(
    "compute_share",
    0.45,
    "1",
    (0.0, 1.0),
    prior=(0.3, 0.6),
    source="F17 (upper bound of the compute budget)",
    meaning="share of its spending that goes to compute",
)
RUNWAY_MONTHS = _startups.parameter(
    "runway_months",
    15,
    "months",
    (1, 120),
    prior=(10, 24),
    source="assumed",
    meaning="months over which it plans to spend its cash, in the climate of 2022",
)
RUNWAY_BOOM = _startups.parameter(
    "runway_boom",
    0.5,
    "1",
    (0.0, 2.0),
    source="D2, D3 (frantic in the boom)",
    meaning="how much shorter that is in the boom: 0 for not at all",
)
NEED_UP = _startups.parameter(
    "need_up",
    0.10,
    "1/week",
    (0.0, 1.0),
    prior=(0.05, 0.2),
    source="assumed: hiring and data",
    meaning="how fast its need rises to what it plans",
)
NEED_DOWN = _startups.parameter(
    "need_down",
    0.05,
    "1/week",
    (0.0, 1.0),
    source="assumed",
    meaning="how fast its need falls to what it plans",
)
STAFF = _startups.parameter(
    "staff_cny_per_month",
    2000000,
    "CNY/month",
    (0, 1e9),
    prior=(6e5, 2e6),
    calibrated=True,
    source="F17 (all R&D expense); assumed",
    meaning="other burn of a median startup",
)
CALL_REVENUE = _startups.parameter(
    "call_revenue_cny",
    7000,
    "CNY/card-month",
    (0, 1e6),
    prior=(3000, 12000),
    source="D6; assumed",
    meaning="median revenue per card kept busy by calls",
)
BUY_GAP = _startups.parameter(
    "buy_gap_days",
    30,
    "days",
    (0, 1000),
    source="P6",
    meaning="days without a host after which a startup turns to cards",
)

_funding = Group("funding")
HAZARD = _funding.parameter(
    "hazard",
    0.0497,
    "1/month",
    (0.0, 1.0),
    prior=(0.03, 0.08),
    calibrated=True,
    source="F13 (530 deals in eleven months); assumed per firm",
    meaning="chance of a round in a month, at climate 1",
)
MEDIAN_ROUND = _funding.parameter(
    "median_round_cny",
    68200000,
    "CNY",
    (0, 1e11),
    prior=(2e7, 9e7),
    calibrated=True,
    source="F14 (20.5 bn CNY over 143 deals, mean)",
    meaning="median round of a startup of scale 1, at climate 1",
)
CLIMATE_SIZE = _funding.parameter(
    "climate_size",
    0.5,
    "1",
    (0.0, 2.0),
    source="F12, F14 (fewer and larger deals)",
    meaning="how the size of a round grows with the climate: 0 for not at all",
)
ENTRY_SHARE = _funding.parameter(
    "entry_share",
    0.35,
    "1",
    (0.0, 1.0),
    source="D2; assumed",
    meaning="share of the synthetic startups founded after the first day",
)
