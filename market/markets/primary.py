"""The primary market: order book, monthly allotment, daily drips, payment on delivery.

Orders enter with the date the buyer asks for (the lead time quoted that day). On the first of a month NVIDIA hands
each buyer's allotment to the carrier; it arrives in drips over the month (S4) and fills the buyer's orders oldest due
date first. Cards are paid on delivery; a rule that takes effect recalls its share of what has not arrived. Orders may
be cancelled without cost unless a deposit is in force.
"""

from __future__ import annotations

from market.kernels.compile import compiled
from market.kernels.drip import drip
from market.parameters import orders as po
from market.parameters import supply as pp
from market.state import accounts, primary, scene
from market.state.ledger import add_cost, cards_of, fen, move, pay
from market.state.log import log_delivery, log_event
from market.state.order_book import newest_open, oldest_open, open_cards
from market.state.products import (
    A800,
    ASCEND_910B,
    DAYS_PER_MONTH,
    HUAWEI,
    N_PRODUCTS,
    NVIDIA,
    STOCK,
    SUPPLIERS,
    TRANSIT,
)
from market.state.world import DAY_OF_MONTH, DAYS_IN_MONTH, World

DAYS_PER_WEEK = 7
CREDIBILITY_GAIN = 0.1


@compiled
def maker_of(product: int) -> int:
    """Account of the chip maker that sells a product."""
    return HUAWEI if product == ASCEND_910B else NVIDIA


# ------------------------------------------------------------------ delivery


@compiled
def settle_delivery(world: World, t: int) -> None:
    """Hand over allotments on the first of a month, recall what a rule stops, deliver today's drip."""
    world.scene_f64[scene.DELIVERED_TODAY] = 0.0
    world.scene_f64[scene.NVIDIA_REVENUE] = 0.0
    for product in range(N_PRODUCTS):
        if world.calendar[DAY_OF_MONTH, t] == 0:
            _hand_over(world, product)
        if world.product_f64[scene.SEVERITY, product] > world.product_f64[scene.LAST_SEVERITY, product]:
            _recall(world, product)
        for b in range(world.buyer_i64.shape[2]):
            _deliver_drip(world, product, b, t)
        if world.calendar[DAY_OF_MONTH, t] + 1 == world.calendar[DAYS_IN_MONTH, t]:
            _close_month(world, product)
    if world.p[pp.LATE_PENALTY] > 0.0:
        _pay_penalties(world, t)


@compiled
def _hand_over(world: World, product: int) -> None:
    buyers = world.buyer_i64
    for b in range(buyers.shape[2]):
        account = world.buyer_account[primary.ACCOUNT, b]
        granted = buyers[primary.DESIRED_ALLOTMENT, product, b]
        left = cards_of(world, product, TRANSIT, account)
        if left > 0:  # what a buyer could not pay for goes back
            move(world, product, account, TRANSIT, maker_of(product), STOCK, left, accounts.RETURNED)
        if granted > 0:
            move(world, product, maker_of(product), STOCK, account, TRANSIT, granted, accounts.ALLOTTED)
        buyers[primary.MONTH_ALLOTTED, product, b] = granted
        buyers[primary.MONTH_DELIVERED, product, b] = 0
        buyers[primary.MONTH_ORDERED, product, b] = 0
    if product == A800:
        world.scene_f64[scene.MONTH_OPENING_BOOK] = book(world, product)
        world.scene_f64[scene.MONTH_ORDERED] = 0.0
        world.scene_f64[scene.MONTH_DELIVERED] = 0.0


@compiled
def book(world: World, product: int) -> int:
    """All open cards of a product."""
    total = 0
    for b in range(world.buyer_i64.shape[2]):
        total += world.buyer_i64[primary.BACKLOG, product, b]
    return total


@compiled
def _recall(world: World, product: int) -> None:
    """Take back the share of what is under way that today's rule stops."""
    before, now = world.product_f64[scene.LAST_SEVERITY, product], world.product_f64[scene.SEVERITY, product]
    share = (now - before) / (1.0 - before) if before < 1.0 else 0.0
    for b in range(world.buyer_i64.shape[2]):
        account = world.buyer_account[primary.ACCOUNT, b]
        cards = int(share * cards_of(world, product, TRANSIT, account))
        if cards > 0:
            move(world, product, account, TRANSIT, maker_of(product), STOCK, cards, accounts.RETURNED)


@compiled
def _deliver_drip(world: World, product: int, b: int, t: int) -> None:
    """Deliver today's part of a buyer's allotment, as far as it has arrived, is still wanted and can be paid."""
    buyers, account = world.buyer_i64, world.buyer_account[primary.ACCOUNT, b]
    if cards_of(world, product, TRANSIT, account) == 0:
        return
    cards = drip(
        buyers[primary.MONTH_ALLOTTED, product, b],
        world.calendar[DAY_OF_MONTH, t],
        world.calendar[DAYS_IN_MONTH, t],
    )
    cards = min(cards, cards_of(world, product, TRANSIT, account))
    while cards > 0:
        o = oldest_open(world, product, b)
        if o < 0:
            return
        deposit = world.order_i64[primary.DEPOSIT_FEN, o]
        price = fen(world.product_f64[scene.CONTRACT_CNY, product]) - deposit
        payable = world.account_i64[accounts.CASH_FEN, account] // max(price, 1)
        part = min(cards, open_cards(world, o), payable)
        if part <= 0:
            return
        deliver(world, o, part, price, t)
        cards -= part


@compiled
def deliver(world: World, o: int, cards: int, price: int, t: int) -> None:
    """Deliver `cards` of an order: cards to the buyer, the rest of the price and the cost of goods paid."""
    orders = world.order_i64
    product, b = orders[primary.PRODUCT, o], orders[primary.BUYER, o]
    account, seller = world.buyer_account[primary.ACCOUNT, b], maker_of(product)
    full = price + orders[primary.DEPOSIT_FEN, o]
    move(world, product, account, TRANSIT, account, STOCK, cards, accounts.DELIVERED)
    pay(world, account, seller, price * cards, accounts.CARD_SALE)
    pay(
        world,
        seller,
        SUPPLIERS,
        fen((1.0 - world.p[pp.GROSS_MARGIN]) * full / 100.0) * cards,
        accounts.PRODUCTION,
    )
    if orders[primary.FIRST_DELIVERY, o] < 0:
        orders[primary.FIRST_DELIVERY, o] = t
        log_event(world, t, scene.DELIVERED, account, seller, cards, full, product, o, 0)
    orders[primary.LAST_DELIVERY, o] = t
    orders[primary.DELIVERED, o] += cards
    log_delivery(world, o, t, cards)
    buyers = world.buyer_i64
    buyers[primary.BACKLOG, product, b] -= cards
    buyers[primary.MONTH_DELIVERED, product, b] += cards
    buyers[primary.PAST_DELIVERIES, product, b] += cards
    if product == A800:
        world.scene_f64[scene.DELIVERED_TODAY] += cards
        world.scene_f64[scene.MONTH_DELIVERED] += cards
    if seller == NVIDIA:
        world.scene_f64[scene.NVIDIA_REVENUE] += full / 100.0 * cards
    add_cost(world, account, full * cards)


@compiled
def _close_month(world: World, product: int) -> None:
    """Buyers learn the fill rate of the month; closed orders leave the book."""
    p, buyers = world.p, world.buyer_i64
    for b in range(buyers.shape[2]):
        due = buyers[primary.DUE, product, b]
        if due > 0:
            filled = min(buyers[primary.MONTH_DELIVERED, product, b] / due, 1.0)
            rate = world.buyer_f64[primary.FILL_RATE, product, b]
            world.buyer_f64[primary.FILL_RATE, product, b] = (1.0 - p[po.FILL_GAIN]) * rate + p[po.FILL_GAIN] * filled
    kept = 0
    for k in range(world.clock[scene.N_OPEN]):
        o = world.open_orders[k]
        if open_cards(world, o) > 0:
            world.open_orders[kept] = o
            kept += 1
    world.clock[scene.N_OPEN] = kept


@compiled
def _pay_penalties(world: World, t: int) -> None:
    """Under a late penalty NVIDIA pays a share of the price per month of delay on what is overdue, each day."""
    orders = world.order_i64
    for k in range(world.clock[scene.N_OPEN]):
        o = world.open_orders[k]
        product = orders[primary.PRODUCT, o]
        if (
            maker_of(product) == NVIDIA
            and orders[primary.PROMISED, o] < t
            and world.product_f64[scene.SEVERITY, product] == 0.0
        ):
            daily = world.p[pp.LATE_PENALTY] * world.product_f64[scene.CONTRACT_CNY, product] / DAYS_PER_MONTH
            account = world.buyer_account[primary.ACCOUNT, orders[primary.BUYER, o]]
            pay(world, NVIDIA, account, fen(daily) * open_cards(world, o), accounts.PENALTY)


# ------------------------------------------------------------------ orders


@compiled
def settle_orders(world: World, t: int) -> None:
    """Enter today's orders at the quoted lead time, cancel what is to be cancelled, move lead-time beliefs."""
    p, buyers = world.p, world.buyer_i64
    world.scene_f64[scene.ORDERED_TODAY] = 0.0
    for product in range(N_PRODUCTS):
        lead = world.product_f64[scene.DESIRED_LEAD_DAYS, product]
        world.product_f64[scene.LEAD_DAYS, product] = lead
        for b in range(buyers.shape[2]):
            belief = world.buyer_f64[primary.EXPECTED_LEAD_DAYS, product, b]
            world.buyer_f64[primary.EXPECTED_LEAD_DAYS, product, b] = belief + p[po.LEAD_GAIN] / DAYS_PER_WEEK * (
                lead - belief
            )
            cancelled = buyers[primary.DESIRED_CANCEL, product, b]
            if cancelled > 0:
                cancel(world, product, b, cancelled, t)
            due = t + int(lead)
            place(world, product, b, buyers[primary.DESIRED_ORDER, product, b], due, due, 0, t)
            year = buyers[primary.DESIRED_FRAMEWORK, product, b]
            lines = int(p[po.FRAMEWORK_MONTHS]) if year > 0 else 0
            for line in range(lines):
                part = drip(year, line, lines)
                wanted = t + int(DAYS_PER_MONTH * (line + 1))
                place(world, product, b, part, wanted, max(wanted, due), 1, t)
            buyers[primary.DESIRED_FRAMEWORK, product, b] = 0


@compiled
def place(world: World, product: int, b: int, cards: int, due: int, promised: int, is_framework: int, t: int) -> None:
    """Enter an order, with its deposit as far as the buyer can pay it."""
    orders, clock = world.order_i64, world.clock
    if cards <= 0:
        return
    deposit = fen(world.p[pp.DEPOSIT_SHARE] * world.product_f64[scene.CONTRACT_CNY, product])
    account = world.buyer_account[primary.ACCOUNT, b]
    if deposit > 0:
        cards = min(cards, world.account_i64[accounts.CASH_FEN, account] // deposit)
    if cards <= 0 or clock[scene.N_ORDERS] == orders.shape[1]:
        return
    o = clock[scene.N_ORDERS]
    clock[scene.N_ORDERS] = o + 1
    world.open_orders[clock[scene.N_OPEN]] = o
    clock[scene.N_OPEN] += 1
    orders[primary.BUYER, o] = b
    orders[primary.PRODUCT, o] = product
    orders[primary.PLACED, o] = t
    orders[primary.DUE_DAY, o] = due
    orders[primary.PROMISED, o] = promised
    orders[primary.CARDS, o] = cards
    orders[primary.FIRST_DELIVERY, o] = -1
    orders[primary.LAST_DELIVERY, o] = -1
    orders[primary.IS_FRAMEWORK, o] = is_framework
    orders[primary.DEPOSIT_FEN, o] = deposit
    if deposit > 0:
        pay(world, account, maker_of(product), deposit * cards, accounts.DEPOSIT)
    world.buyer_i64[primary.BACKLOG, product, b] += cards
    world.buyer_i64[primary.MONTH_ORDERED, product, b] += cards
    if product == A800:
        world.scene_f64[scene.ORDERED_TODAY] += cards
        world.scene_f64[scene.MONTH_ORDERED] += cards
    log_event(world, t, scene.ORDER_PLACED, account, maker_of(product), cards, 0, product, is_framework, o)


@compiled
def cancel(world: World, product: int, b: int, cards: int, t: int) -> None:
    """Cancel up to `cards` of a buyer, newest due first; a deposit is lost, and some credibility."""
    account, left = world.buyer_account[primary.ACCOUNT, b], cards
    while left > 0:
        o = newest_open(world, product, b)
        if o < 0:
            break
        part = min(left, open_cards(world, o))
        world.order_i64[primary.CANCELLED, o] += part
        world.buyer_i64[primary.BACKLOG, product, b] -= part
        left -= part
    total = max(world.buyer_i64[primary.BACKLOG, product, b] + cards, 1)
    credibility = world.buyer_f64[primary.CREDIBILITY, product, b]
    world.buyer_f64[primary.CREDIBILITY, product, b] = credibility * (1.0 - CREDIBILITY_GAIN * (cards - left) / total)
    log_event(world, t, scene.ORDER_CANCELLED, account, maker_of(product), cards - left, 0, product, 0, 0)
