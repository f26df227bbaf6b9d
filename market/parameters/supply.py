"""Supply: how many cards come to China, at what price, and how NVIDIA splits what is short."""

from market.parameters.declare import Group

_supply = Group("supply")
CARD_SHARE = _supply.parameter(
    "card_share",
    0.177,
    "1",
    (0.01, 1.0),
    prior=(0.17, 0.26),
    calibrated=True,
    source="O01, O02, G01; K01-K07 count all products",
    meaning="share of NVIDIA's China revenue that is A-class cards at the revenue per card",
)
REVENUE_PER_CARD = _supply.parameter(
    "revenue_per_card_usd",
    29000,
    "USD/card",
    (5000, 60000),
    source="S34",
    meaning="data-centre revenue per A100 or H100 sold, networking included",
)
LATER_GROWTH = _supply.parameter(
    "later_growth",
    0.15,
    "1/quarter",
    (0.0, 0.5),
    prior=(0.05, 0.25),
    source="C02, C03, C05",
    meaning="growth of the supply that would come without a rule after the last observed quarter",
)
CONTRACT_PRICE = _supply.parameter(
    "contract_price_cny",
    72000,
    "CNY/card",
    (1000, 1e6),
    source="P08, P31 (USD 10,000 a card)",
    meaning="NVIDIA's price of an A-class card to direct buyers",
)
GROSS_MARGIN = _supply.parameter(
    "gross_margin",
    0.67,
    "1",
    (0.0, 0.95),
    source="M05, M06, M07 (mean over 2023)",
    meaning="NVIDIA's gross margin",
)

_primary = Group("primary")
OLDEST_SHARE = _primary.parameter(
    "oldest_first_share",
    0.618,
    "1",
    (0.0, 1.0),
    prior=(0.4, 0.95),
    calibrated=True,
    source="assumed: S5 and S6 need a queue",
    meaning="share of a month's supply that goes by oldest due date over all buyers",
)
MINIMUM_LOT = _primary.parameter(
    "minimum_lot_cards",
    64,
    "cards/month",
    (0, 5000),
    source="assumed: eight servers a month",
    meaning="minimum lot of every buyer with due orders",
)
DUE_WINDOW = _primary.parameter(
    "due_window_days",
    9.53,
    "days",
    (0, 365),
    prior=(0.0, 45),
    calibrated=True,
    source="assumed: production is planned a month ahead",
    meaning="orders due up to this many days after the month's end compete for its supply",
)
LEAD_0 = _primary.parameter(
    "base_lead_days",
    30,
    "days",
    (1, 200),
    source="L09",
    meaning="lead time when nothing is short",
)
LEAD_MAX = _primary.parameter(
    "lead_max_days",
    365,
    "days",
    (30, 2000),
    source="L02 (36 to 52 weeks at the peak)",
    meaning="longest lead time that is quoted",
)
QUOTE_DIVISOR = _primary.parameter(
    "quote_divisor",
    3.84,
    "1",
    (0.3, 10.0),
    prior=(1.5, 5),
    calibrated=True,
    source="assumed; L10, S3 constrain it",
    meaning="book in months of supply per month of quoted lead: NVIDIA discounts the book for double orders",
)
DEPOSIT_SHARE = _primary.parameter(
    "deposit_share",
    0.0,
    "1",
    (0.0, 1.0),
    source="assumed: none in the base (free cancellation); that it curbs gaming: Lee1997information",
    meaning="share of the price paid with the order and lost on cancellation; takes that share off the inflation",
)
LATE_PENALTY = _primary.parameter(
    "late_penalty_share",
    0.0,
    "1/month",
    (0.0, 0.2),
    source="S2 (none)",
    meaning="share of the price that NVIDIA pays per month of delay; a policy",
)
TURN_FLOOR = _primary.parameter(
    "turn_and_earn_floor_cards",
    500,
    "cards",
    (0, 1e5),
    source="assumed: newcomers are not starved (Cachon1999turn)",
    meaning="floor added to past deliveries under turn-and-earn",
)
REVENUE_MONTHS = _primary.parameter(
    "supply_memory_days",
    60,
    "days",
    (1, 365),
    source="assumed: quotes follow recent supply",
    meaning="smoothing of the supply that lead times are quoted from",
)
