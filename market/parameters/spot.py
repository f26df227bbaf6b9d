"""The spot market: values, quotes, grey imports and speculation."""

from market.parameters.declare import Group

_spot = Group("spot")
TICK = _spot.parameter(
    "tick_cny", 100, "CNY/card", (1, 10000), source="assumed: quotes in hundreds", meaning="price tick of the auction"
)
N_TICKS = _spot.parameter(
    "n_ticks", 10000, "1", (100, 100000), source="assumed: up to a million CNY", meaning="ticks of the grid"
)
OPENING = _spot.parameter(
    "opening_price_cny",
    74000,
    "CNY/card",
    (1000, 1e6),
    source="P08, P31 with a trader's margin",
    meaning="spot price on the first day",
)
BID_ADJUSTMENT = _spot.parameter(
    "bid_adjustment",
    0.13,
    "1/week",
    (0.0, 1.0),
    prior=(0.06, 0.25),
    calibrated=True,
    source="assumed; P2b, P3 constrain it",
    meaning="share of the gap to a card's worth that a user's bid closes in a week",
)
ASK_ADJUSTMENT = _spot.parameter(
    "ask_adjustment",
    0.04,
    "1/week",
    (0.0, 0.5),
    prior=(0.02, 0.08),
    source="assumed; P3",
    meaning="most that a seller moves its ask in a week for its stock cover",
)
COVER_DAYS = _spot.parameter(
    "cover_days",
    30,
    "days",
    (1, 365),
    source="assumed: a month's stock",
    meaning="stock cover at which a seller keeps its ask",
)
BUY_RATE = _spot.parameter(
    "buy_rate",
    0.045,
    "1/week",
    (0.0, 1.0),
    prior=(0.02, 0.08),
    calibrated=True,
    source="assumed: budgets are released in steps",
    meaning="share of its gap for which a user bids in a week",
)
ROUTINE_SHARE = _spot.parameter(
    "routine_share",
    0.367,
    "1",
    (0.0, 1.0),
    prior=(0.1, 0.5),
    calibrated=True,
    source="assumed: some purchases go through dealers (P01)",
    meaning="share of its growth and scrap for which a user bids in the market all the time",
)
TASTE = _spot.parameter(
    "taste",
    0.25,
    "1",
    (0.0, 1.5),
    prior=(0.15, 0.4),
    calibrated=True,
    source="assumed",
    meaning="spread of the worth of a card over users, in logs",
)
DISCOUNT = _spot.parameter(
    "discount", 0.01, "1/month", (0.0, 0.1), source="assumed: about 12% a year", meaning="capital cost"
)
WAIT_WEIGHT = _spot.parameter(
    "wait_weight",
    1.03,
    "1",
    (0.0, 3.0),
    prior=(0.6, 1.2),
    calibrated=True,
    source="assumed",
    meaning="cost of a month's wait, in net rents",
)
PORTING_MONTHS = _spot.parameter(
    "porting_months",
    3.0,
    "months",
    (0.0, 24.0),
    prior=(1.0, 8.0),
    source="assumed: software (S1: hardly a substitute)",
    meaning="extra wait for a card of another maker",
)
WORLD_PRICE = _spot.parameter(
    "world_price_cny",
    85200,
    "CNY/card",
    (1000, 1e6),
    prior=(72000, 95000),
    calibrated=True,
    source="P38; assumed for the world",
    meaning="price of the card outside China",
)
RISK_COST_BEFORE = _spot.parameter(
    "risk_cost_before",
    0.1,
    "1",
    (0.0, 3.0),
    source="assumed",
    meaning="cost of bringing a card in before the rule, as a share of the world price",
)
RISK_COST_AFTER = _spot.parameter(
    "risk_cost_after",
    0.565,
    "1",
    (0.0, 3.0),
    prior=(0.15, 0.6),
    calibrated=True,
    source="P09, Grunewald2025",
    meaning="the same under a rule in force",
)
IMPORT_SLOPE = _spot.parameter(
    "import_slope",
    328,
    "cards/week",
    (0, 20000),
    prior=(100, 500),
    calibrated=True,
    source="G10 (12,500 a year)",
    meaning="grey imports a week at a gap of half the world price",
)
IMPORT_CAP = _spot.parameter(
    "import_cap", 500, "cards/week", (0, 20000), source="Grunewald2025, G10", meaning="most that grey channels carry"
)
IMPORT_REBATE = _spot.parameter(
    "import_rebate",
    0.03,
    "1",
    (0.0, 0.5),
    source="assumed: small lots, sold at once",
    meaning="how far below the last price an importer sells",
)
DEALER_SHARE = _spot.parameter(
    "dealer_share",
    0.475,
    "1",
    (0.0, 1.0),
    prior=(0.0, 0.5),
    calibrated=True,
    source="P01 (dealers hold stock); assumed",
    meaning="share of its stock that a server maker keeps for the market",
)
IDLE_SALE = _spot.parameter(
    "idle_sale",
    0.02,
    "1/week",
    (0.0, 1.0),
    prior=(0.002, 0.03),
    calibrated=True,
    source="P5",
    meaning="share of surplus stock that a cloud offers in a week",
)
RESALE_CAP = _spot.parameter(
    "resale_cap_cny",
    1e6,
    "CNY/card",
    (1000, 1e6),
    source="assumed: none in the base",
    meaning="highest price at which cards may be resold; a policy",
)

_speculation = Group("speculation")
CAPITAL = _speculation.parameter(
    "capital_cny",
    2880000,
    "CNY",
    (0, 1e10),
    prior=(2000000, 9000000),
    calibrated=True,
    source="G07 (109 listed lessors); assumed",
    meaning="median capital of a speculator",
)
CAPITAL_SPREAD = _speculation.parameter(
    "capital_spread", 0.8, "1", (0.0, 2.0), source="assumed", meaning="spread of capital, in logs"
)
CARRY = _speculation.parameter(
    "carry",
    0.01,
    "1/month",
    (0.0, 0.2),
    source="assumed: capital at 12% a year, storage cheap",
    meaning="storage and capital cost of a card held",
)
DECAY = _speculation.parameter(
    "decay",
    0.03,
    "1/month",
    (0.0, 0.2),
    source="assumed: newer cards come every two years",
    meaning="fall of the price that a holder expects without a stop and without other news",
)
MARGIN = _speculation.parameter(
    "margin",
    0.04,
    "1",
    (0.0, 1.0),
    prior=(0.02, 0.1),
    source="assumed: search and credit risk",
    meaning="gain over cost at which a speculator acts",
)
CHART_WEIGHT = _speculation.parameter(
    "chart_weight",
    0.791,
    "1",
    (0.0, 3.0),
    prior=(0.3, 1.0),
    calibrated=True,
    source="Hommes1994",
    meaning="share of the last month's rise that a chartist expects once more",
)
VALUE_WEIGHT = _speculation.parameter(
    "value_weight",
    0.15,
    "1/month",
    (0.0, 1.0),
    prior=(0.05, 0.3),
    source="He2005",
    meaning="share of the gap to value that a fundamentalist expects to close in a month",
)
FLOOR_SHARE = _speculation.parameter(
    "floor_share",
    0.9,
    "1",
    (0.0, 1.0),
    prior=(0.8, 1.0),
    source="assumed: users' worth is known in the trade",
    meaning="share of what users would pay below which nobody expects the price to fall",
)
SWITCHING = _speculation.parameter(
    "switching", 4.0, "1", (0.0, 50.0), source="Brock1998", meaning="intensity of choice between heuristics"
)
MEMORY = _speculation.parameter(
    "memory_days", 30, "days", (1, 365), source="Brock1998", meaning="memory of the success of a heuristic"
)
TRADE_RATE = _speculation.parameter(
    "trade_rate",
    0.15,
    "1/week",
    (0.0, 1.0),
    prior=(0.05, 0.3),
    source="assumed",
    meaning="share of its capital or stock that a speculator trades in a week",
)
