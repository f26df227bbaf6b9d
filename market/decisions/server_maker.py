"""Server makers: assembly lines, cards bought for other industries, cards offered when there are more than enough.

A maker sells servers to other industries from stock, orders cards from NVIDIA for what they will buy, bids in the
auction when its customers wait, and offers surplus stock. Its line puts everybody's cards into servers. Leaves out:
raw compute of makers, which cannot hold a training run (P6) and so hosts nobody here.
"""

from __future__ import annotations

from market.decisions.quoting import clear_quotes, post_quote, quote_luck, whole_cards
from market.decisions.valuation import (
    DAYS_PER_WEEK,
    adjusted_ask,
    adjusted_bid,
    gaming_left,
    inflated_order,
    plans_today,
    weekly_order,
    worth_for,
)
from market.kernels.compile import compiled
from market.parameters import orders as po
from market.parameters import servers as pv
from market.parameters import spot as ps
from market.parameters import supply as pp
from market.state import primary, scene, trader
from market.state.luck import key_of
from market.state.products import A800, DAYS_PER_MONTH, N_PRODUCTS, N_STAGES, STOCK
from market.state.world import WEEKDAY, World

DAYS_PER_YEAR = 365.0
STOPPED = 0.5
BACKLOG_DAYS = 90.0  # customers that wait longer go elsewhere


@compiled
def enterprise_demand(base: float, growth: float, day: float, spot: float, contract: float, elasticity: float) -> float:
    """Cards a month that other industries buy in servers, all makers together, at today's price (D5)."""
    return base * (1.0 + growth * day / DAYS_PER_YEAR) * max(0.0, 1.0 - elasticity * max(0.0, spot / contract - 1.0))


@compiled
def demand_per_day(world: World, t: int) -> float:
    """One maker's part of that demand, in cards a day."""
    p = world.p
    month = enterprise_demand(
        p[pv.ENTERPRISE_CARDS],
        p[pv.ENTERPRISE_GROWTH],
        float(t),
        world.product_f64[scene.SMOOTHED_CNY, A800],
        world.product_f64[scene.CONTRACT_CNY, A800],
        p[pv.ENTERPRISE_ELASTICITY],
    )
    return month / DAYS_PER_MONTH / max(world.maker_i64.shape[1], 1)


@compiled
def decide_line(world: World, t: int) -> None:
    """Offer the whole line every day (S11)."""
    for i in range(world.maker_i64.shape[1]):
        world.maker_i64[trader.DESIRED_LINE, i] = world.maker_i64[trader.LINE, i]


@compiled
def decide_sales(world: World, t: int) -> None:
    """Expect today's demand of other industries, and sell servers to waiting customers from stock."""
    for i in range(world.maker_i64.shape[1]):
        world.maker_f64[trader.DESIRED_DEMAND, i] = demand_per_day(world, t)
        stock = world.card_i64[A800 * N_STAGES + STOCK, world.clock[scene.FIRST_MAKER] + i]
        world.maker_i64[trader.DESIRED_SALE, i] = min(
            int(world.maker_f64[trader.ENTERPRISE_BACKLOG, i]), int((1.0 - world.p[ps.DEALER_SHARE]) * stock)
        )


@compiled
def decide_orders(world: World, t: int) -> None:
    """Order once a week what customers will buy, by the same rule as clouds."""
    p, buyers = world.p, world.buyer_i64
    for i in range(world.maker_i64.shape[1]):
        account, b = world.clock[scene.FIRST_MAKER] + i, world.maker_i64[trader.BUYER, i]
        for product in range(N_PRODUCTS):
            buyers[primary.DESIRED_ORDER, product, b] = 0
            buyers[primary.DESIRED_CANCEL, product, b] = 0
        key = key_of(world, account)
        if (
            not plans_today(world.clock[scene.SEED], key, world.calendar[WEEKDAY, t])
            or world.product_f64[scene.SEVERITY, A800] >= STOPPED
        ):
            continue
        fill = max(world.buyer_f64[primary.FILL_RATE, A800, b], p[po.FILL_FLOOR])
        demand = demand_per_day(world, t)
        stock = world.card_i64[A800 * N_STAGES + STOCK, account]
        wanted = p[pv.STOCK_DAYS] * demand + world.maker_f64[trader.ENTERPRISE_BACKLOG, i]
        order = weekly_order(
            demand,
            wanted,
            float(stock),
            world.buyer_f64[primary.EXPECTED_LEAD_DAYS, A800, b],
            fill,
            float(buyers[primary.BACKLOG, A800, b]),
            p[po.ADJUSTMENT],
            p[po.SUPPLY_LINE],
        )
        need = BACKLOG_DAYS * demand
        gaming = gaming_left(p[po.GAMING], p[pp.DEPOSIT_SHARE])
        buyers[primary.DESIRED_ORDER, A800, b] = int(inflated_order(order, fill, gaming, need, 1.0))
        if order < 0.0:
            buyers[primary.DESIRED_CANCEL, A800, b] = int(p[po.CANCELLATION] * buyers[primary.BACKLOG, A800, b])


@compiled
def decide_quotes(world: World, t: int) -> None:
    """Bid for customers that wait; offer stock beyond what they will buy."""
    p, f = world.p, world.maker_f64
    for i in range(f.shape[1]):
        account = world.clock[scene.FIRST_MAKER] + i
        worth = worth_for(world, f[trader.MAKER_TASTE, i])
        f[trader.MAKER_RESERVATION_CNY, i] = adjusted_bid(
            f[trader.MAKER_RESERVATION_CNY, i], worth, p[ps.BID_ADJUSTMENT]
        )
        clear_quotes(world, account)
        stock = float(world.card_i64[A800 * N_STAGES + STOCK, account])
        wanted = p[pv.STOCK_DAYS] * demand_per_day(world, t)
        short = f[trader.ENTERPRISE_BACKLOG, i] - stock
        surplus = max(stock - wanted - f[trader.ENTERPRISE_BACKLOG, i], p[ps.DEALER_SHARE] * stock)
        if surplus >= 1.0:
            f[trader.MAKER_ASK_CNY, i] = adjusted_ask(
                f[trader.MAKER_ASK_CNY, i],
                world.scene_f64[scene.SPOT_COVER],
                p[ps.COVER_DAYS],
                p[ps.ASK_ADJUSTMENT],
                world.product_f64[scene.CONTRACT_CNY, A800],
            )
            post_quote(world, account, A800, f[trader.MAKER_ASK_CNY, i], -max(int(surplus / DAYS_PER_WEEK), 1))
        elif short > 0.0:
            cards = whole_cards(world, account, quote_luck(world, t), short * p[ps.BUY_RATE] / DAYS_PER_WEEK)
            post_quote(world, account, A800, f[trader.MAKER_RESERVATION_CNY, i], cards)
        else:
            f[trader.MAKER_ASK_CNY, i] = world.product_f64[scene.SPOT_CNY, A800]
