"""The state reserve: a buffer stock of cards, bought while they are cheap and sold while they are dear; a policy."""

from market.parameters.declare import Group

_reserve = Group("reserve")
SIZE = _reserve.parameter(
    "size_cards",
    0,
    "cards",
    (0, 1000000),
    source="assumed: none in the base",
    meaning="cards that the state reserve builds up to; a policy",
)
FIRST_MONTH = _reserve.parameter(
    "first_month",
    0,
    "months",
    (0, 36),
    source="assumed: from the first day on",
    meaning="month from which it buys, counted from January 2022",
)
BUYING = _reserve.parameter(
    "buying_cards_per_week",
    150,
    "cards/week",
    (0, 100000),
    source="assumed: about as many as the market trades in a week of 2022",
    meaning="cards it bids for in a week",
)
LIMIT = _reserve.parameter(
    "limit_multiple",
    1.15,
    "contract prices",
    (0.0, 15.0),
    source="assumed: a trader's margin over P08, P31",
    meaning="price up to which it buys",
)
TRIGGER = _reserve.parameter(
    "trigger_multiple",
    1.5,
    "contract prices",
    (0.0, 15.0),
    source="assumed",
    meaning="price from which it sells",
)
SELLING = _reserve.parameter(
    "selling_cards_per_week",
    400,
    "cards/week",
    (0, 100000),
    source="assumed: about as many as the market trades in a week of early 2024",
    meaning="cards it offers in a week",
)
