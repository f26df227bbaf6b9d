"""Clouds: cost, prices, own models, other industries and application customers."""

from market.parameters.declare import Group

_clouds = Group("clouds")
LIST_RENT = _clouds.parameter(
    "list_rent_cny_per_card_month",
    11000,
    "CNY/card-month",
    (100, 1e5),
    source="R14 (15.1 CNY an hour)",
    meaning="list rent on the first day",
)
LIST_ADJUSTMENT = _clouds.parameter(
    "list_adjustment",
    0.01,
    "1/month",
    (0.0, 0.5),
    source="assumed: list is sticky",
    meaning="share of the gap to historic cost that list closes in a month",
)
OPEX = _clouds.parameter(
    "opex_cny_per_card_month",
    1240,
    "CNY/card-month",
    (0, 1e5),
    prior=(1100, 1400),
    calibrated=True,
    source="T9 (break-even at 0.30 of list)",
    meaning="power, hosting and network",
)
LIFE = _clouds.parameter(
    "card_life_months",
    48,
    "months",
    (6, 240),
    source="R16; T9",
    meaning="useful life of a card, for depreciation and value",
)
SCRAP = _clouds.parameter(
    "scrap",
    0.0124,
    "1/month",
    (0.0, 0.2),
    prior=(0.01, 0.02),
    calibrated=True,
    source="assumed: some cards outlive their book life",
    meaning="share of cards online that wear out in a month",
)
FRACTION_LOW = _clouds.parameter(
    "fraction_low",
    0.4,
    "1",
    (0.05, 1.0),
    source="assumed: T4 and R16 lie inside 0.4 to 0.8",
    meaning="lowest posted fraction of list",
)
FRACTION_HIGH = _clouds.parameter(
    "fraction_high",
    0.8,
    "1",
    (0.05, 2.0),
    source="assumed: T4 and R16 lie inside 0.4 to 0.8",
    meaning="highest posted fraction of list",
)
FRACTION_START = _clouds.parameter(
    "fraction_start",
    0.573,
    "1",
    (0.05, 1.0),
    prior=(0.52, 0.59),
    calibrated=True,
    source="T4, R16",
    meaning="posted fraction on the first day",
)
FRACTION_GAIN = _clouds.parameter(
    "fraction_gain",
    0.05,
    "1/week",
    (0.0, 1.0),
    prior=(0.01, 0.1),
    calibrated=True,
    source="assumed; T4 constrains it",
    meaning="how fast the posted fraction follows tightness",
)
FRACTION_SLOPE = _clouds.parameter(
    "fraction_slope",
    0.341,
    "1",
    (0.0, 3.0),
    prior=(0.1, 0.5),
    calibrated=True,
    source="assumed",
    meaning="rise of the posted fraction per unit of need over cards online above the target",
)
USAGE_MEMORY = _clouds.parameter(
    "usage_memory_days",
    30,
    "days",
    (1, 365),
    source="assumed",
    meaning="smoothing of utilisation and tightness",
)
OTHER_GROWTH = _clouds.parameter(
    "other_growth",
    0.535,
    "1/year",
    (-0.5, 3.0),
    prior=(0.3, 0.8),
    calibrated=True,
    source="D5, S01-S08; GPU share assumed",
    meaning="growth of other industries' need at a constant price",
)
OTHER_GROWTH_LATE = _clouds.parameter(
    "other_growth_late",
    -0.0534,
    "1/year",
    (-0.9, 3.0),
    prior=(-0.3, 0.3),
    calibrated=True,
    source="D7 (sobering); assumed",
    meaning="the same from 2024 on",
)
OTHER_ELASTICITY = _clouds.parameter(
    "other_elasticity",
    0.672,
    "1",
    (0.0, 5.0),
    prior=(0.3, 1.0),
    calibrated=True,
    source="assumed",
    meaning="fall of other industries' need as the posted fraction rises",
)
REALISED_USE = _clouds.parameter(
    "realised_use",
    0.619,
    "1",
    (0.0, 1.0),
    prior=(0.4, 0.65),
    calibrated=True,
    source="R14, R16 (half of list is realised)",
    meaning="billed part of what other industries reserve",
)
OWN_SPEED = _clouds.parameter(
    "own_speed",
    0.0541,
    "1/week",
    (0.0, 1.0),
    prior=(0.04, 0.14),
    calibrated=True,
    source="assumed; G01",
    meaning="how fast own-model need rises to its target",
)
OWN_FALL = _clouds.parameter(
    "own_fall",
    0.015,
    "1/week",
    (0.0, 1.0),
    prior=(0.0, 0.04),
    source="assumed: the race goes on",
    meaning="how fast own-model need falls to its target",
)
PARENT_BUFFER = _clouds.parameter(
    "parent_buffer_cny",
    1e9,
    "CNY",
    (0, 1e12),
    source="assumed: groups fund their clouds",
    meaning="cash below which a parent pays in",
)
PARENT_SUPPORT = _clouds.parameter(
    "parent_support", 1, "switch", (0, 1), source="assumed", meaning="whether parents pay in at all"
)
CALLERS = _clouds.parameter(
    "callers",
    8,
    "customers/month",
    (0, 1e5),
    prior=(2, 40),
    source="D6, D7 (model calls earn far less than compute); number assumed",
    meaning="application customers that turn to a cloud of average size in a month, at climate 1",
)
CALLER_REVENUE = _clouds.parameter(
    "caller_revenue_cny",
    30000,
    "CNY/month",
    (0, 1e7),
    source="D6 (some tens of thousands)",
    meaning="what an application customer pays for model calls",
)
CALLER_CARDS = _clouds.parameter(
    "caller_cards",
    2,
    "cards",
    (0, 1000),
    source="assumed: over 10,000 calls a week (D6)",
    meaning="cards an application customer keeps busy",
)
SHOCK_DAYS = _clouds.parameter(
    "shock_days",
    30,
    "days",
    (1, 365),
    prior=(10, 60),
    source="D7 (shock comes first); length assumed",
    meaning="mean time from an application customer's shock to its decision",
)
CALLER_SHARE = _clouds.parameter(
    "caller_share",
    0.3,
    "1",
    (0.01, 1.0),
    prior=(0.1, 0.5),
    source="D7 (more of them decline than buy); assumed",
    meaning="part of the application customers struck by a boom that turns to model calls",
)
SOBERING = _clouds.parameter(
    "sobering",
    0.12,
    "1/month",
    (0.0, 1.0),
    prior=(0.05, 0.25),
    source="D7",
    meaning="share of application customers that sober in a month",
)
