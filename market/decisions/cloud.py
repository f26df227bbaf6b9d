"""Clouds: own models, prices, orders, tender floors, what goes online and what is traded.

Each works on its own needs (own models first, other industries, startups), its beliefs about lead time, fill rate
and a stop of supply, and posted prices. It plans once a week. Rules are scalar functions; the loops apply them to
all clouds and write `desired_*` columns. Leaves out: how groups set strategy between own models and clients (a
priority, as data).
"""

from __future__ import annotations

from market.decisions.quoting import clear_quotes, equivalents, post_quote, quote_luck, whole_cards
from market.decisions.valuation import (
    DAYS_PER_WEEK,
    adjusted_bid,
    break_even_fraction,
    gaming_left,
    inflated_order,
    plans_today,
    wanted_cards,
    weekly_order,
    worth_for,
)
from market.kernels.compile import compiled
from market.kernels.luck import normal, uniform
from market.parameters import clouds as pc
from market.parameters import orders as po
from market.parameters import servers as pv
from market.parameters import spot as ps
from market.parameters import supply as pp
from market.parameters import tenders as pt
from market.state import accounts, luck, primary, scene
from market.state import cloud as c
from market.state.luck import key_of
from market.state.products import (
    A800,
    ASSEMBLY,
    DAYS_PER_MONTH,
    H20,
    N_PRODUCTS,
    N_STAGES,
    ONLINE,
    STOCK,
)
from market.state.world import (
    DAY_OF_MONTH,
    FIRST_FLOOR,
    MONTH,
    NOT_BIDDING,
    TENDER_CARDS,
    TENDER_STARTUP,
    WEEKDAY,
    World,
)

BASIS_POINTS = 10_000
STOPPED = 0.5  # severity from which a product counts as stopped for new orders
BOOM_CLIMATE = 3.0  # rise of the climate at which own-model need has its full boom
DAYS_PER_YEAR = 365
FRAMEWORK_DAYS = 7  # framework orders go out on the planning day of the month's first week
MONTHS_PER_YEAR = 12
SURPLUS_MARGIN = 1.05
QUARTER_DAYS = 91.0
FORCED_DISCOUNT = 0.95  # a wound-up cloud sells below the last price


# ------------------------------------------------------------------ scalar rules


@compiled
def own_model_need(need: float, base: float, boom: float, climate: float, rise: float, fall: float) -> float:
    """Own-model need after a day: it follows the climate, up fast and down slowly (D2, D5)."""
    target = base + boom * min(max((climate - 1.0) / BOOM_CLIMATE, 0.0), 1.0)
    rate = rise if target > need else fall
    return need + rate / DAYS_PER_WEEK * (target - need)


@compiled
def posted_fraction(
    fraction: float, tightness: float, target: float, start: float, slope: float, gain: float, low: float, high: float
) -> float:
    """Fraction of list to post this week: toward what the need over cards online suggests."""
    goal = min(max(start + slope * (tightness - target), low), high)
    return fraction + gain * (goal - fraction)


@compiled
def tender_floor(break_even: float, regular: float, retention: float, aspiration: float, error: float) -> float:
    """Lowest fraction of list a bidder would take (T2, T11).

    Break-even less what the customer is worth later (locked-in business at the regular price, Klemperer1995), less
    what a reference customer is worth to this cloud, plus its error about both (Capen1971).
    """
    return max(break_even - retention * max(0.0, regular - break_even) - aspiration + error, 0.0)


@compiled
def believes_it_can_deliver(free: float, due_soon: float, fill_rate: float, cards: float, confidence: float) -> bool:
    """Whether enough is free, or due within a quarter at the expected fill rate (S8)."""
    return free + fill_rate * due_soon >= confidence * cards


# ------------------------------------------------------------------ decisions


@compiled
def decide_own_need(world: World, t: int) -> None:
    """Plan own-model need."""
    p, f = world.p, world.cloud_f64
    for i in range(f.shape[1]):
        f[c.DESIRED_OWN_NEED, i] = own_model_need(
            f[c.OWN_NEED, i],
            f[c.OWN_BASE, i],
            f[c.OWN_BOOM, i],
            world.scene_f64[scene.CLIMATE],
            p[pc.OWN_SPEED],
            p[pc.OWN_FALL],
        )


@compiled
def decide_assembly(world: World, t: int) -> None:
    """Send cards to the line while the need asks for more cards online."""
    n, f = world.cloud_i64, world.cloud_f64
    for i in range(n.shape[1]):
        account = world.clock[scene.FIRST_CLOUD] + i
        wanted = f[c.NEED, i] / world.p[po.TARGET_UTILISATION] - equivalents(world, account, ASSEMBLY, ONLINE)
        n[c.DESIRED_ASSEMBLY, i] = int(max(wanted, 0.0)) if n[c.STATUS, i] == 1 else 0


@compiled
def planned_order(world: World, i: int, product: int) -> tuple[float, float, float, float]:
    """Return (cards of the weekly order, growth a day, share of backlog to cancel, spare cards) for a product."""
    p, n, f = world.p, world.cloud_i64, world.cloud_f64
    account, b = world.clock[scene.FIRST_CLOUD] + i, n[c.BUYER, i]
    performance = world.product_f64[scene.PERFORMANCE, product]
    lead = world.buyer_f64[primary.EXPECTED_LEAD_DAYS, product, b]
    fill = max(world.buyer_f64[primary.FILL_RATE, product, b], p[po.FILL_FLOOR])
    belief = world.belief_f64[accounts.BAN_BELIEF, account]
    growth = max(f[c.GROWTH, i], 0.0) + p[pc.SCRAP] * n[c.CAPACITY, i] / DAYS_PER_MONTH
    wanted = wanted_cards(
        f[c.NEED, i],
        p[po.TARGET_UTILISATION],
        growth,
        lead,
        p[pp.LEAD_0],
        belief,
        p[po.SAFETY_DAYS],
        p[po.HOARDING],
        p[po.PRECAUTION_DAYS],
    )
    present = equivalents(world, account, STOCK, ONLINE)
    backlog = 0.0
    for other in range(N_PRODUCTS):
        if world.product_f64[scene.SEVERITY, other] < STOPPED:
            backlog += world.product_f64[scene.PERFORMANCE, other] * world.buyer_i64[primary.BACKLOG, other, b]
    order = weekly_order(growth, wanted, present, lead, fill, backlog, p[po.ADJUSTMENT], p[po.SUPPLY_LINE])
    gaming = gaming_left(p[po.GAMING], p[pp.DEPOSIT_SHARE])
    inflated = inflated_order(order, fill, gaming, f[c.NEED, i], p[po.MONTH_CAP])
    surplus = p[po.CANCELLATION] if order < 0.0 and present > SURPLUS_MARGIN * wanted else 0.0
    spare = max(present - wanted, 0.0)
    return inflated / performance, growth / performance, surplus, spare / performance


@compiled
def is_orderable(world: World, product: int, t: int) -> bool:
    """Whether a product can be ordered, and a card of it earns its price."""
    prices = world.product_f64
    if t < prices[scene.LAUNCH_DAY, product] or prices[scene.SEVERITY, product] >= STOPPED:
        return False
    return (
        product == A800
        or prices[scene.CONTRACT_CNY, product] / prices[scene.PERFORMANCE, product]
        <= world.scene_f64[scene.VALUE_IN_USE]
    )


@compiled
def decide_orders(world: World, t: int) -> None:
    """Order once a week: the A class while it can be had, else its substitutes in turn; in autumn for a year."""
    p, n, calendar = world.p, world.cloud_i64, world.calendar
    buyers = world.buyer_i64
    for i in range(n.shape[1]):
        b, key = n[c.BUYER, i], key_of(world, world.clock[scene.FIRST_CLOUD] + i)
        for product in range(N_PRODUCTS):
            buyers[primary.DESIRED_ORDER, product, b] = 0
            buyers[primary.DESIRED_FRAMEWORK, product, b] = 0
            has_failed = n[c.STATUS, i] == 0
            buyers[primary.DESIRED_CANCEL, product, b] = buyers[primary.BACKLOG, product, b] if has_failed else 0
        if n[c.STATUS, i] == 0 or not plans_today(world.clock[scene.SEED], key, calendar[WEEKDAY, t]):
            continue
        for product in range(N_PRODUCTS):
            if not is_orderable(world, product, t):
                continue
            order, growth, surplus, spare = planned_order(world, i, product)
            buyers[primary.DESIRED_ORDER, product, b] = int(order)
            buyers[primary.DESIRED_CANCEL, product, b] = int(surplus * buyers[primary.BACKLOG, product, b])
            is_framework_week = (
                calendar[MONTH, t] % MONTHS_PER_YEAR + 1 == int(p[po.FRAMEWORK_MONTH])
                and calendar[DAY_OF_MONTH, t] < FRAMEWORK_DAYS
            )
            if is_framework_week and n[c.FRAMEWORK, i] == 1 and product == A800:
                year = DAYS_PER_YEAR * growth - spare
                buyers[primary.DESIRED_FRAMEWORK, product, b] = int(p[po.FRAMEWORK_COVER] * max(year, 0.0))
            break


@compiled
def decide_fraction(world: World, t: int) -> None:
    """Post a fraction of list once a week."""
    p, f = world.p, world.cloud_f64
    for i in range(f.shape[1]):
        f[c.DESIRED_FRACTION, i] = f[c.POSTED_FRACTION, i]
        key = key_of(world, world.clock[scene.FIRST_CLOUD] + i)
        if plans_today(world.clock[scene.SEED], key, world.calendar[WEEKDAY, t]):
            f[c.DESIRED_FRACTION, i] = posted_fraction(
                f[c.POSTED_FRACTION, i],
                f[c.TIGHTNESS, i],
                p[po.TARGET_UTILISATION],
                p[pc.FRACTION_START],
                p[pc.FRACTION_SLOPE],
                p[pc.FRACTION_GAIN],
                p[pc.FRACTION_LOW],
                p[pc.FRACTION_HIGH],
            )


@compiled
def floor_of(world: World, i: int, startup: int, cards: int, t: int) -> float:
    """Tender floor of cloud `i` for a startup's `cards`: a fraction of list, or -1 when it does not bid."""
    p, n, f = world.p, world.cloud_i64, world.cloud_f64
    clock = world.clock
    b = n[c.BUYER, i]
    fill = max(world.buyer_f64[primary.FILL_RATE, A800, b], p[po.FILL_FLOOR])
    lead = max(world.buyer_f64[primary.EXPECTED_LEAD_DAYS, A800, b], 1.0)
    due_soon = world.buyer_i64[primary.BACKLOG, A800, b] * min(1.0, QUARTER_DAYS / lead)
    if world.product_f64[scene.SEVERITY, A800] >= STOPPED:
        due_soon = 0.0
    if n[c.STATUS, i] == 0 or not believes_it_can_deliver(
        float(max(n[c.FREE, i], 0)), due_soon, fill, float(cards), p[pt.CONFIDENCE]
    ):
        return -1.0
    aspiration = n[c.ASPIRATION, i]
    value = 0.0
    if aspiration == c.ENTRANT:
        value = p[pt.ENTRANT_VALUE]
    elif aspiration == c.DEFENDER:
        value = p[pt.DEFENDER_VALUE]
    elif aspiration == c.GAINER:
        value = p[pt.GAINER_VALUE]
    key = key_of(world, clock[scene.FIRST_CLOUD] + i)
    customer = key_of(world, clock[scene.FIRST_STARTUP] + startup)
    error = p[pt.FLOOR_ERROR] * normal(clock[scene.SEED], luck.FLOOR, t, key, customer)
    break_even = break_even_fraction(
        world.product_f64[scene.CONTRACT_CNY, A800],
        p[pv.SERVER_COST],
        p[pc.LIFE],
        p[pc.OPEX],
        world.scene_f64[scene.LIST_RENT],
    )
    return tender_floor(break_even, f[c.POSTED_FRACTION, i], p[pt.RETENTION], value, error)


@compiled
def is_unagreed(world: World, i: int, startup: int, t: int) -> bool:
    """Whether cloud `i` goes into the tender without a floor agreed in-house (T6)."""
    key = key_of(world, world.clock[scene.FIRST_CLOUD] + i)
    customer = key_of(world, world.clock[scene.FIRST_STARTUP] + startup)
    return uniform(world.clock[scene.SEED], luck.AUTHORITY, t, key, customer) < world.p[pt.UNAGREED]


@compiled
def decide_floors(world: World, t: int) -> None:
    """Fill the tender x cloud table with floors of the clouds invited, in 1e-4 of list."""
    tenders = world.tender_i64
    for k in range(int(world.scene_f64[scene.TENDERS_TODAY])):
        for i in range(world.cloud_i64.shape[1]):
            if tenders[FIRST_FLOOR + i, k] == NOT_BIDDING:
                continue
            startup = tenders[TENDER_STARTUP, k]
            floor = floor_of(world, i, startup, tenders[TENDER_CARDS, k], t)
            if floor >= 0.0 and is_unagreed(world, i, startup, t):
                floor = max(floor, world.p[pt.AUTHORITY])
            tenders[FIRST_FLOOR + i, k] = int(floor * BASIS_POINTS) if floor >= 0.0 else NOT_BIDDING


@compiled
def decide_set_aside(world: World, t: int) -> None:
    """Set cards aside for own models before any customer, by priority (D5)."""
    n, f = world.cloud_i64, world.cloud_f64
    for i in range(n.shape[1]):
        n[c.DESIRED_SET_ASIDE, i] = int(f[c.OWN_PRIORITY, i] * f[c.OWN_NEED, i])


@compiled
def decide_quotes(world: World, t: int) -> None:
    """Bid for a part of the gap and of routine growth at a slowly moving price; offer a part of surplus stock."""
    p, n, f, day_luck = world.p, world.cloud_i64, world.cloud_f64, quote_luck(world, t)
    for i in range(n.shape[1]):
        account = world.clock[scene.FIRST_CLOUD] + i
        worth = worth_for(world, f[c.TASTE, i])
        f[c.RESERVATION_CNY, i] = adjusted_bid(f[c.RESERVATION_CNY, i], worth, p[ps.BID_ADJUSTMENT])
        stock = world.card_i64[A800 * N_STAGES + STOCK, account]
        gap = f[c.NEED, i] - equivalents(world, account, STOCK, ONLINE)
        surplus = min(float(stock), -gap)
        clear_quotes(world, account)
        if n[c.STATUS, i] == 0:
            post_quote(world, account, A800, world.product_f64[scene.SPOT_CNY, A800] * FORCED_DISCOUNT, -stock)
        elif surplus <= 0.0:
            routine = p[ps.ROUTINE_SHARE] * max(f[c.GROWTH, i] + p[pc.SCRAP] * n[c.CAPACITY, i] / DAYS_PER_MONTH, 0.0)
            quantity = whole_cards(world, account, day_luck, max(gap, 0.0) * p[ps.BUY_RATE] / DAYS_PER_WEEK + routine)
            post_quote(world, account, A800, f[c.RESERVATION_CNY, i], quantity)
            if t >= world.product_f64[scene.LAUNCH_DAY, H20]:
                post_quote(
                    world, account, H20, f[c.RESERVATION_CNY, i] * world.product_f64[scene.PERFORMANCE, H20], quantity
                )
        else:
            quantity = whole_cards(world, account, day_luck, surplus * p[ps.IDLE_SALE] / DAYS_PER_WEEK)
            post_quote(world, account, A800, f[c.RESERVATION_CNY, i], -quantity)
