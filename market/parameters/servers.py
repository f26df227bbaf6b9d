"""Servers: what they cost, how they are assembled, and what other industries buy of them."""

from market.parameters.declare import Group

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
    538,
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
