"""The market's formulas in plain Python, used by both twins wherever they are not in a hot loop.

Numbers in, numbers out; names and constants as in `market`, written anew so that an error in the one is not repeated in
the other. What only the monthly allotment and the tenders need stands in `allotment.py`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

A800, H20, ASCEND_910B = range(3)
PRODUCTS = range(3)
TRADED = (A800, H20)

DAYS_PER_MONTH = 30.4375
DAYS_PER_WEEK = 7
DAYS_PER_YEAR = 365.0
FEN_PER_CNY = 100
BASIS_POINTS = 10_000
MILLION = 1_000_000

STOPPED = 0.5  # severity from which a product counts as stopped
BOOM_RISE = 3.0  # rise of the climate that counts as a full boom
CERTAIN = 0.98  # belief while a full stop is announced or in force
KNOWN_AHEAD_DAYS = 45.0
NO_SUBSTITUTE = 1e9
BACKLOG_DAYS = 90.0
FORCED_DISCOUNT = 0.95
SURPLUS_MARGIN = 1.05
QUARTER_DAYS = 91.0
FRAMEWORK_DAYS = 7
MONTHS_PER_YEAR = 12
LATE_DAY = 730
MEAN_CLOUDS = 6.0
CREDIBILITY_GAIN = 0.1
SMALLEST_LEASE = 4
UNMET_SHARE = 0.1
MAX_TENDERS = 64
LARGEST_CONTRACT = 1_000_000  # cards
TREND_LIMIT = 0.3
PRICE_MEMORY = 1.0 / 30.0
COVER_MEMORY = 1.0 / 14.0
LONGEST_COVER = 120.0
HALF = 0.5
LOWEST_RESPONSE = 0.2
LEAST_GROWTH = 0.5
LEAST_MONTHS = 0.1
LARGEST_EXPONENT = 700.0
TIGHTEST = 3.0
N_PRICE_BINS = 128
BASIS_POINTS_PER_BIN = 100
USERS_DAYS = 30.0
RECORDED_STARTUPS = 2000
LOGGED_STARTUPS = 5000

UNBORN, ALIVE, FAILED = range(3)
NO_ASPIRATION, DEFENDER, GAINER, ENTRANT = range(4)
TENDER, REGULAR, ON_DEMAND = range(3)

OUT_OF_PATIENCE = "out_of_patience"
POACHED = "poached"
AT_RENEWAL = "at_renewal"
HOST_FAILED = "host_failed"
STARTUP_FAILED = "startup_failed"
EXPIRED = "expired"
CONSOLIDATED = "consolidated"
NEED_GONE = "need_gone"


def fen(cny: float) -> int:
    """Whole fen."""
    return math.floor(cny * FEN_PER_CNY + 0.5)


def drip(total: int, part: int, parts: int) -> int:
    """One part of a total that is handed out in whole units."""
    return total * (part + 1) // parts - total * part // parts


def logistic(x: float) -> float:
    """The probability whose log-odds are `x`."""
    return 1.0 / (1.0 + math.exp(-x)) if x > -LARGEST_EXPONENT else 0.0


def log_odds(p: float) -> float:
    """The inverse of `logistic`."""
    return math.log(p / (1.0 - p))


def boom(climate: float) -> float:
    """How far the climate is into a boom, 0 to 1."""
    return min(max((climate - 1.0) / BOOM_RISE, 0.0), 1.0)


def inflated_ambition(climate: float, slope: float) -> float:
    """Factor on the training run that a startup aspires to."""
    return max(1.0 + slope * (climate - 1.0), 0.0)


def worth_of_card(
    net_rent: float,
    months: float,
    server_cny: float,
    contract_cny: float,
    wait_months: float,
    belief: float,
    is_stopped: bool,
    substitute_cny: float,
    wait_weight: float,
) -> float:
    """What a user would pay for a card today."""
    in_use = max(net_rent * months - server_cny, 0.0)
    worth = min(in_use, substitute_cny)
    if is_stopped:
        return worth
    waiting = contract_cny + wait_weight * max(net_rent, 0.0) * wait_months
    return min(worth, (1.0 - belief) * waiting + belief * max(in_use, waiting))


def adjusted_bid(bid: float, worth: float, rate: float) -> float:
    """A bid moves toward worth at a weekly rate."""
    return bid + rate / DAYS_PER_WEEK * (worth - bid)


def adjusted_ask(ask: float, cover_days: float, target_days: float, rate: float, floor: float) -> float:
    """An ask rises when cover is short, falls when it is long, and stays above its floor."""
    pressure = min(max((target_days - cover_days) / target_days, -1.0), 1.0)
    return max(ask * (1.0 + rate / DAYS_PER_WEEK * pressure), floor)


def weekly_order(
    growth: float,
    wanted: float,
    present: float,
    lead_days: float,
    fill_rate: float,
    backlog: float,
    adjustment: float,
    supply_line: float,
) -> float:
    """Stock adjustment with a supply line."""
    order = DAYS_PER_WEEK * growth + adjustment * (wanted - present)
    return order + supply_line * (lead_days * growth - fill_rate * backlog)


def inflated_order(order: float, fill_rate: float, gaming: float, need: float, month_cap: float) -> float:
    """What is written on the order as far as buyers game."""
    if order <= 0.0:
        return 0.0
    inflation = gaming / fill_rate + (1.0 - gaming)
    return min(order * inflation, month_cap * need * DAYS_PER_WEEK / DAYS_PER_MONTH)


def gaming_left(gaming: float, deposit_share: float) -> float:
    """How far buyers inflate orders when a surplus costs a deposit."""
    return gaming * (1.0 - deposit_share)


def wanted_cards(
    need: float,
    target: float,
    growth: float,
    lead_days: float,
    base_lead: float,
    belief: float,
    safety_days: float,
    hoarding: float,
    precaution_days: float,
) -> float:
    """Need, safety stock, precaution."""
    safety = safety_days * growth * (1.0 + hoarding * max(0.0, lead_days / base_lead - 1.0))
    return need / target + safety + belief * precaution_days * growth


def posted_fraction(
    fraction: float, tightness: float, target: float, start: float, slope: float, gain: float, low: float, high: float
) -> float:
    """Fraction of list to post this week."""
    goal = min(max(start + slope * (tightness - target), low), high)
    return fraction + gain * (goal - fraction)


def break_even_fraction(card_cny: float, server_cny: float, life_months: float, opex: float, list_rent: float) -> float:
    """Fraction of list at which a card earns its cost."""
    return ((card_cny + server_cny) / life_months + opex) / list_rent


def quoted_lead(book: float, supply: float, base_days: float, divisor: float, longest: float) -> float:
    """Lead time quoted to an order placed today, in days."""
    months = book / max(divisor * supply, 1.0)
    return min(base_days + DAYS_PER_MONTH * max(0.0, months - 1.0), longest)


def enterprise_demand(base: float, growth: float, day: float, spot: float, contract: float, elasticity: float) -> float:
    """Cards a month that other industries buy in servers."""
    dampened = max(0.0, 1.0 - elasticity * max(0.0, spot / contract - 1.0))
    return base * (1.0 + growth * day / DAYS_PER_YEAR) * dampened


def expected_price(
    spot: float,
    smoothed: float,
    worth: float,
    is_chartist: bool,
    horizon: float,
    decay: float,
    chart_weight: float,
    value_weight: float,
    floor_share: float,
) -> float:
    """Price a speculator expects at its horizon without a stop of supply."""
    calm = spot * (1.0 - decay * horizon)
    if is_chartist:
        trend = min(max(spot / smoothed - 1.0, -TREND_LIMIT), TREND_LIMIT)
        return max(calm + chart_weight * trend * spot, floor_share * worth)
    return max(calm + min(value_weight * horizon, 1.0) * (worth - calm), floor_share * worth)


def value_of_host(
    fraction: float, free: float, cards: float, price_weight: float, capacity_weight: float, loyalty: float
) -> float:
    """Value of a host before taste; `loyalty` is zero for a rival."""
    room, doublings = free / max(cards, 1.0), 0.0
    while room >= 2.0 and doublings < 3.0:
        room /= 2.0
        doublings += 1.0
    return capacity_weight * (doublings + min(room, 2.0) - 1.0) - price_weight * fraction + loyalty


def grey_imports(spot: float, world_price: float, risk_cost: float, slope: float, cap: float) -> float:
    """Cards a week that importers bring in."""
    return min(max(slope * (spot / world_price - 1.0 - risk_cost) / HALF, 0.0), cap)


def interest(amount: int, rate_ppm: int, carry: int) -> tuple[int, int]:
    """Interest in whole fen, and the part of a fen carried to the next day."""
    return divmod(amount * rate_ppm + carry, MILLION)


def mean_cost(basis: int, owned: int, cards: int) -> int:
    """Cost of `cards` out of `owned` that stand in the books at `basis`."""
    return basis * cards // owned if owned > 0 else 0


def price_bin(fraction_bp: int) -> int:
    """Class of price by which customers are served."""
    return min(max(fraction_bp // BASIS_POINTS_PER_BIN, 0), N_PRICE_BINS - 1)


def as_a_class(performance: Sequence[float], cards: Sequence[int]) -> float:
    """Cards of the three products in A-class equivalents."""
    return performance[0] * cards[0] + performance[1] * cards[1] + performance[2] * cards[2]
