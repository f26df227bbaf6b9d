"""Clouds: cost, prices, own models, other industries, tenders, serving."""

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
    0.0139,
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
    0.55,
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
    0.2,
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
    0.65,
    "1/year",
    (-0.5, 3.0),
    prior=(0.3, 0.8),
    calibrated=True,
    source="D5, S01-S08; GPU share assumed",
    meaning="growth of other industries' need at a constant price",
)
OTHER_GROWTH_LATE = _clouds.parameter(
    "other_growth_late",
    0.05,
    "1/year",
    (-0.9, 3.0),
    prior=(-0.3, 0.3),
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
    0.5,
    "1",
    (0.0, 1.0),
    prior=(0.4, 0.65),
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

_servers = Group("servers")
SERVER_COST = _servers.parameter(
    "server_cost_cny",
    25200,
    "CNY/card",
    (0, 1e6),
    source="assumed: 0.35 of the contract card price (T9)",
    meaning="server, network and assembly per card",
)
SERVER_MARGIN = _servers.parameter(
    "server_margin", 0.08, "1", (0.0, 1.0), source="assumed: thin", meaning="server makers' margin on servers"
)
CARDS_PER_SERVER = _servers.parameter(
    "cards_per_server", 8, "cards", (1, 72), source="S11", meaning="cards in a server"
)
ENTERPRISE_CARDS = _servers.parameter(
    "enterprise_cards_per_month",
    1310,
    "cards/month",
    (0, 1e5),
    prior=(500, 1500),
    calibrated=True,
    source="assumed: rest of the China flow",
    meaning="cards that other industries buy in servers, all makers, at the contract price",
)
ENTERPRISE_GROWTH = _servers.parameter(
    "enterprise_growth",
    0.5,
    "1/year",
    (-0.5, 3.0),
    prior=(0.2, 0.8),
    source="G07, G11; assumed",
    meaning="growth of that demand",
)
ENTERPRISE_ELASTICITY = _servers.parameter(
    "enterprise_elasticity",
    1.36,
    "1",
    (0.0, 5.0),
    prior=(0.5, 1.5),
    calibrated=True,
    source="assumed",
    meaning="fall of that demand as the spot price rises over the contract price",
)
MAKER_CASH = _servers.parameter(
    "maker_cash_cny",
    4e8,
    "CNY",
    (0, 1e12),
    source="assumed: finances its stock",
    meaning="cash of a server maker on the first day",
)
STOCK_DAYS = _servers.parameter(
    "stock_days",
    25,
    "days",
    (0, 365),
    source="assumed",
    meaning="stock that a server maker aims at, in days of its sales",
)
FAST_INTEGRATION = _servers.parameter(
    "integration_shared",
    1,
    "switch",
    (0, 1),
    source="S10",
    meaning="whether integration work holds up a new product",
)

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
    0.5,
    "1",
    (0.0, 10.0),
    prior=(0.2, 1.0),
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

_tenders = Group("tenders")
SIZE = _tenders.parameter(
    "size_cards",
    500,
    "cards",
    (8, 1e5),
    source="T8 (selected large customers only); assumed",
    meaning="need from which a startup holds a tender",
)
INVITED = _tenders.parameter("invited", 3, "clouds", (1, 16), source="T1", meaning="clouds invited")
START = _tenders.parameter(
    "start_fraction",
    0.60,
    "1",
    (0.05, 2.0),
    source="T3, T4",
    meaning="fraction of list at which bidding starts",
)
STEP = _tenders.parameter(
    "step_fraction", 0.01, "1", (0.0005, 0.2), source="T3 (0.50, 0.48, 0.45)", meaning="tick of the bids"
)
RETENTION = _tenders.parameter(
    "retention",
    0.373,
    "1",
    (0.0, 3.0),
    prior=(0.2, 0.4),
    calibrated=True,
    source="Klemperer1995, T11; T5 constrains it",
    meaning="expected locked-in business after the term, in terms of the contract",
)
ENTRANT_VALUE = _tenders.parameter(
    "entrant_value",
    0.06,
    "1",
    (0.0, 0.5),
    prior=(0.02, 0.07),
    calibrated=True,
    source="T2; assumed",
    meaning="fraction of list an entrant pays for a reference customer",
)
DEFENDER_VALUE = _tenders.parameter(
    "defender_value",
    0.012,
    "1",
    (0.0, 0.5),
    prior=(0.0, 0.03),
    source="T2; assumed",
    meaning="the same, a leader that defends its share",
)
GAINER_VALUE = _tenders.parameter(
    "gainer_value",
    0.008,
    "1",
    (0.0, 0.5),
    prior=(0.0, 0.03),
    source="T2; assumed",
    meaning="the same, a cloud that wants customers",
)
FLOOR_ERROR = _tenders.parameter(
    "floor_error",
    0.012,
    "1",
    (0.0, 0.3),
    prior=(0.005, 0.025),
    source="Capen1971",
    meaning="error of a bidder about the worth of a customer",
)
UNAGREED = _tenders.parameter(
    "unagreed",
    0.15,
    "1",
    (0.0, 1.0),
    prior=(0.1, 0.5),
    source="T6",
    meaning="chance that a bidder has no floor agreed in-house",
)
AUTHORITY = _tenders.parameter(
    "authority_fraction",
    0.30,
    "1",
    (0.05, 1.0),
    source="T6, T9 (the traditional floor)",
    meaning="fraction of list at which staff without an agreed floor stop",
)
ASPIRATION_WEIGHT = _tenders.parameter(
    "aspiration_weight",
    2.0,
    "1",
    (0.0, 10.0),
    source="T1, T2 (the three invited are those that aspire)",
    meaning="weight of an aspiration in who is invited, beside the share",
)
TERM_DAYS = _tenders.parameter(
    "term_days",
    720,
    "days",
    (30, 2000),
    source="assumed: a training programme",
    meaning="term of a tendered contract",
)
CONFIDENCE = _tenders.parameter(
    "confidence",
    0.4,
    "1",
    (0.0, 5.0),
    prior=(0.25, 1.0),
    source="S8 (clouds cannot tell)",
    meaning="share of the need a bidder wants in sight, free or due within a quarter",
)
PAUSE_DAYS = _tenders.parameter(
    "pause_days", 60, "days", (1, 2000), source="assumed", meaning="pause between two tenders of a startup"
)

_serving = Group("serving")
PATIENCE = _serving.parameter(
    "patience_days",
    56,
    "days",
    (1, 1000),
    prior=(35, 75),
    calibrated=True,
    source="assumed; C1 constrains it",
    meaning="full shortfall that an average startup bears",
)
PATIENCE_SPREAD = _serving.parameter(
    "patience_spread", 0.3, "1", (0.0, 1.5), source="assumed", meaning="spread of patience, in logs"
)
PATIENCE_RECOVERY = _serving.parameter(
    "patience_recovery",
    0.02,
    "1/day",
    (0.0, 1.0),
    source="assumed",
    meaning="share of the shortfall forgiven on a day of full service",
)
GANG_SHARE = _serving.parameter(
    "gang_share",
    0.8,
    "1",
    (0.0, 1.0),
    source="D4",
    meaning="part of its cards below which a training run stops",
)
CHECKPOINT_DAYS = _serving.parameter(
    "checkpoint_days",
    7,
    "days",
    (1, 365),
    prior=(1, 30),
    source="D4 (a full restart is the upper bound)",
    meaning="time between checkpoints of a training run",
)
APPROACH_RATE = _serving.parameter(
    "approach_rate",
    0.03,
    "1/day",
    (0.0, 1.0),
    prior=(0.005, 0.04),
    calibrated=True,
    source="C4",
    meaning="chance that a rival with capacity approaches a short customer today",
)
POACH_SHORTFALL = _serving.parameter(
    "poach_shortfall",
    0.2,
    "1",
    (0.0, 1.0),
    source="C4",
    meaning="shortfall from which a customer listens to a rival",
)
POACH_PATIENCE = _serving.parameter(
    "poach_patience",
    0.5,
    "1",
    (0.0, 1.0),
    prior=(0.25, 0.75),
    source="assumed: moving a training programme costs (D4)",
    meaning="part of its patience that must be used up before a customer listens to a rival",
)
SWITCH_SHARE = _serving.parameter(
    "switch_share",
    0.5,
    "1",
    (0.0, 1.0),
    source="assumed: a gang must run (D4)",
    meaning="part of the need a new host must be able to serve at once",
)
