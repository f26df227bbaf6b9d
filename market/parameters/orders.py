"""Orders: how direct buyers turn needs, beliefs and backlog into orders."""

from market.parameters.declare import Group

_orders = Group("orders")
ADJUSTMENT = _orders.parameter(
    "adjustment",
    0.103,
    "1/week",
    (0.0, 1.0),
    prior=(0.03, 0.12),
    calibrated=True,
    source="Sterman1989 (0.26 a week in the laboratory)",
    meaning="share of the gap between wanted and present cards ordered in a week",
)
SUPPLY_LINE = _orders.parameter(
    "supply_line",
    0.109,
    "1/week",
    (0.0, 1.0),
    prior=(0.02, 0.12),
    calibrated=True,
    source="Sterman1989",
    meaning="share of the gap between wanted and present supply line ordered in a week",
)
GAMING = _orders.parameter(
    "gaming",
    1,
    "switch",
    (0, 1),
    source="Lee1997information",
    meaning="whether buyers inflate orders by the fill rate they expect",
)
FILL_FLOOR = _orders.parameter(
    "fill_floor",
    0.506,
    "1",
    (0.05, 1.0),
    prior=(0.4, 0.8),
    calibrated=True,
    source="assumed: orders are inflated at most by its inverse (Rong2017)",
    meaning="lowest fill rate that a buyer reckons with",
)
FILL_GAIN = _orders.parameter(
    "fill_gain",
    0.25,
    "1/month",
    (0.0, 1.0),
    prior=(0.1, 0.5),
    source="Sterman2015",
    meaning="weight of the last month in the expected fill rate",
)
LEAD_GAIN = _orders.parameter(
    "lead_gain",
    0.052,
    "1/week",
    (0.0, 1.0),
    prior=(0.015, 0.06),
    calibrated=True,
    source="assumed: sluggish (believing the quote at once overshoots June 2023)",
    meaning="weight of this week's quote in the expected lead time",
)
SAFETY_DAYS = _orders.parameter(
    "safety_days",
    29.5,
    "days",
    (0, 365),
    prior=(0, 45),
    calibrated=True,
    source="assumed",
    meaning="safety stock, in days of expected growth and scrap",
)
HOARDING = _orders.parameter(
    "hoarding",
    0.5,
    "1",
    (0.0, 5.0),
    prior=(0.0, 1.0),
    source="Sterman2015",
    meaning="growth of the safety stock with the lead time over its base",
)
PRECAUTION_DAYS = _orders.parameter(
    "precaution_days",
    90,
    "days",
    (0, 720),
    prior=(30, 180),
    source="G14, G15 (raised orders on the rumour)",
    meaning="days of growth and scrap a buyer certain of a stop would add to its stock",
)
MONTH_CAP = _orders.parameter(
    "month_cap",
    0.305,
    "1",
    (0.05, 5.0),
    prior=(0.15, 0.5),
    calibrated=True,
    source="assumed: budgets",
    meaning="most a buyer orders in a month, as a share of its need",
)
GROWTH_MEMORY = _orders.parameter(
    "growth_memory_days",
    65,
    "days",
    (7, 365),
    prior=(30, 120),
    calibrated=True,
    source="assumed: a quarterly business plan",
    meaning="smoothing of need and of its growth",
)
FRAMEWORK_MONTH = _orders.parameter(
    "framework_month",
    10,
    "month",
    (1, 12),
    source="O02, O03 (orders for the next year)",
    meaning="month in which framework orders are placed",
)
FRAMEWORK_COVER = _orders.parameter(
    "framework_cover",
    1.65,
    "1",
    (0.0, 3.0),
    prior=(0.5, 1.7),
    calibrated=True,
    source="assumed; S5 and O02 constrain it",
    meaning="share of next year's expected growth and scrap ordered ahead",
)
FRAMEWORK_MONTHS = _orders.parameter(
    "framework_months",
    6.92,
    "months",
    (1, 12),
    prior=(5, 12),
    calibrated=True,
    source="assumed; S5 (late at the end of 2023, so due well before)",
    meaning="months over which a framework order is due, in equal parts",
)
ENQUIRY_OVERLAP = _orders.parameter(
    "enquiry_overlap",
    1.97,
    "1",
    (0.0, 6.0),
    prior=(0.5, 2.5),
    calibrated=True,
    source="Armony2005, G04 (overlapping claims)",
    meaning="clouds on whose list the same unserved need stands",
)
TARGET_UTILISATION = _orders.parameter(
    "target_utilisation",
    0.793,
    "1",
    (0.3, 1.0),
    prior=(0.75, 0.9),
    calibrated=True,
    source="assumed: room for peaks",
    meaning="use of its cards a cloud plans for",
)
CANCELLATION = _orders.parameter(
    "cancellation",
    0.1,
    "1/week",
    (0.0, 1.0),
    prior=(0.02, 0.3),
    source="Lee1997sloan (free cancellation)",
    meaning="share of surplus backlog cancelled in a week",
)

_beliefs = Group("beliefs")
BASE_BELIEF = _beliefs.parameter(
    "base",
    0.03,
    "1",
    (0.0001, 0.5),
    prior=(0.01, 0.06),
    source="assumed: rules of 2022 are known (X01, X03)",
    meaning="belief in a stop without news",
)
RUMOUR_NEWS = _beliefs.parameter(
    "rumour_news",
    0.5,
    "log-odds",
    (0.0, 8.0),
    prior=(0.2, 1.5),
    calibrated=True,
    source="assumed; N50 (denied effect on results), P1 (no spike in July 2023)",
    meaning="what a rumour adds to the log-odds",
)
ANNOUNCEMENT_NEWS = _beliefs.parameter(
    "announcement_news",
    7.0,
    "log-odds",
    (0.0, 20.0),
    source="assumed: a published rule is believed",
    meaning="what an announcement adds",
)
SUBSTITUTE_NEWS = _beliefs.parameter(
    "substitute_news",
    0.5,
    "log-odds",
    (0.0, 8.0),
    source="X04 (the A800 was in production)",
    meaning="what an announcement adds when a substitute is at hand",
)
DECAY = _beliefs.parameter(
    "decay",
    0.01,
    "1/day",
    (0.0, 1.0),
    prior=(0.003, 0.03),
    source="assumed: half of a rumour is forgotten in ten weeks",
    meaning="return to the base belief",
)
PEER_PULL = _beliefs.parameter(
    "peer_pull",
    0.02,
    "1/day",
    (0.0, 1.0),
    prior=(0.0, 0.05),
    source="Bikhchandani1992",
    meaning="pull of the mean belief",
)
DISPERSION = _beliefs.parameter(
    "dispersion",
    0.6,
    "1",
    (0.0, 2.0),
    prior=(0.2, 1.0),
    source="Alessandria2024; P4 (not everyone has foresight)",
    meaning="spread of foresight over firms, in logs",
)
ANTICIPATION = _beliefs.parameter(
    "anticipation",
    1,
    "switch",
    (0, 1),
    source="Alessandria2024",
    meaning="0: belief moves on announcements only",
)
