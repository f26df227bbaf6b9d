"""What a card is worth to whoever would use it, and what a firm believes about a stop of supply.

A user's highest bid is what waiting costs it: it can use the card now (worth the present value of its net rents), or
order one from the chip maker and wait, or take a substitute. Bids follow that worth only slowly. The rules here are
shared by clouds, server makers and startups; news reaches all firms through one belief (Alessandria2024).
"""

from __future__ import annotations

from market.kernels.arithmetic import logistic
from market.kernels.compile import compiled, compiled_inline
from market.kernels.luck import below
from market.parameters import servers as pv
from market.parameters import spot as ps
from market.state import cloud as c
from market.state import luck, primary, scene
from market.state.products import A800, ASCEND_910B, DAYS_PER_MONTH, N_PRODUCTS
from market.state.world import World

DAYS_PER_WEEK = 7
WORKING_DAYS = 5
STOPPED = 0.5  # severity from which a product counts as stopped
KNOWN_AHEAD_DAYS = 45.0  # a substitute is reckoned with this long before its launch
NO_SUBSTITUTE = 1e9  # CNY

MarketView = tuple[float, float, float, float, float, float, bool, float, float]


@compiled
def plans_today(seed: int, key: int, weekday: int) -> bool:
    """Tell whether an agent plans on this weekday; each has one working day of its own."""
    return below(seed, luck.PLANNING_DAY, 0, key, 0, WORKING_DAYS) == weekday


@compiled
def present_value_months(life_months: float, discount: float) -> float:
    """Present value of one a month over a card's life, in months (38 at 48 months and 1% a month)."""
    value, factor = 0.0, 1.0
    for _ in range(int(life_months)):
        factor /= 1.0 + discount
        value += factor
    return value


@compiled
def break_even_fraction(card_cny: float, server_cny: float, life_months: float, opex: float, list_rent: float) -> float:
    """Fraction of list at which a card earns its cost: (p + server) / life + operation, over list (T9)."""
    return ((card_cny + server_cny) / life_months + opex) / list_rent


@compiled_inline
def worth_of_card(
    net_rent: float,
    present_value: float,
    server_cny: float,
    contract_cny: float,
    wait_months: float,
    stop_belief: float,
    is_stopped: bool,
    substitute_cny: float,
    wait_weight: float,
) -> float:
    """What a user would pay for an A-class card today, in CNY.

    The least of its value in use, of the chip maker's price plus what the wait costs (with the believed probability
    of a stop the card never comes, and only its value in use counts), and of the dearest bearable substitute.
    """
    in_use = max(net_rent * present_value - server_cny, 0.0)
    worth = min(in_use, substitute_cny)
    if not is_stopped:
        waiting = contract_cny + wait_weight * max(net_rent, 0.0) * wait_months
        worth = min(worth, (1.0 - stop_belief) * waiting + stop_belief * max(in_use, waiting))
    return worth


@compiled
def substitute_price(
    price_cny: float, performance: float, wait_months: float, net_rent: float, wait_weight: float
) -> float:
    """Price of an A-class equivalent from another product, its wait included, in CNY."""
    return price_cny / performance + wait_weight * max(net_rent, 0.0) * wait_months


@compiled_inline
def adjusted_bid(bid: float, worth: float, rate_per_week: float) -> float:
    """Move a bid toward a card's worth; per day, at a weekly rate."""
    return bid + rate_per_week / DAYS_PER_WEEK * (worth - bid)


@compiled
def adjusted_ask(ask: float, cover_days: float, target_days: float, rate_per_week: float, floor_cny: float) -> float:
    """Raise an ask when stock cover is short, lower it when it is long; per day, never below the cost floor."""
    pressure = min(max((target_days - cover_days) / target_days, -1.0), 1.0)
    return max(ask * (1.0 + rate_per_week / DAYS_PER_WEEK * pressure), floor_cny)


@compiled
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
    """Cards to order this week before inflation: stock adjustment with a supply line (Sterman1989).

    ``O = 7 u + alpha (C* - C) + beta (lead u - f backlog)``; negative when there is too much already.
    """
    return (
        DAYS_PER_WEEK * growth
        + adjustment * (wanted - present)
        + supply_line * (lead_days * growth - fill_rate * backlog)
    )


@compiled
def inflated_order(order: float, fill_rate: float, gaming: float, need: float, month_cap: float) -> float:
    """What is written on the order: divided by the expected fill rate as far as buyers game (Lee1997information)."""
    if order <= 0.0:
        return 0.0
    inflation = gaming / fill_rate + (1.0 - gaming)
    return min(order * inflation, month_cap * need * DAYS_PER_WEEK / DAYS_PER_MONTH)


@compiled
def gaming_left(gaming: float, deposit_share: float) -> float:
    """How far buyers still inflate orders when a surplus costs a deposit: not at all when it costs the whole price."""
    return gaming * (1.0 - deposit_share)


@compiled
def wanted_cards(
    need: float,
    target_utilisation: float,
    growth: float,
    lead_days: float,
    base_lead: float,
    belief: float,
    safety_days: float,
    hoarding: float,
    precaution_days: float,
) -> float:
    """Cards a buyer wants to have: need, safety stock that grows with the lead time, precaution against a stop."""
    safety = safety_days * growth * (1.0 + hoarding * max(0.0, lead_days / base_lead - 1.0))
    return need / target_utilisation + safety + belief * precaution_days * growth


@compiled
def decide_worth(world: World, t: int) -> None:
    """What the average user would pay today, and how long it thinks a card ordered now takes."""
    p, scenes, products = world.p, world.scene_f64, world.product_f64
    lead, buyers = 0.0, 0
    for i in range(world.cloud_i64.shape[1]):
        lead += world.buyer_f64[primary.EXPECTED_LEAD_DAYS, A800, world.cloud_i64[c.BUYER, i]]
        buyers += 1
    scenes[scene.WAIT_MONTHS] = lead / max(buyers, 1) / DAYS_PER_MONTH
    net = scenes[scene.NET_RENT]
    substitute = NO_SUBSTITUTE
    for product in range(N_PRODUCTS):
        launch = products[scene.LAUNCH_DAY, product]
        if product == A800 or t < launch - KNOWN_AHEAD_DAYS or products[scene.SEVERITY, product] >= STOPPED:
            continue
        wait = max(launch - t, 0.0) + products[scene.INTEGRATION_LEFT, product] + products[scene.LEAD_DAYS, product]
        months = wait / DAYS_PER_MONTH + (p[ps.PORTING_MONTHS] if product == ASCEND_910B else 0.0)
        price = substitute_price(
            products[scene.CONTRACT_CNY, product],
            products[scene.PERFORMANCE, product],
            months,
            net,
            p[ps.WAIT_WEIGHT],
        )
        substitute = min(substitute, price)
    scenes[scene.SUBSTITUTE] = substitute
    scenes[scene.WORTH] = worth_for(world, 1.0)


@compiled
def worth_for(world: World, taste: float) -> float:
    """What a user would pay for a card today whose use of it earns `taste` times the average."""
    return worth_in_view(market_view(world), taste)


@compiled
def market_view(world: World) -> MarketView:
    """Today's market as every user sees it: what `worth_in_view` needs beside the user's taste."""
    p, scenes = world.p, world.scene_f64
    return (
        scenes[scene.NET_RENT],
        scenes[scene.PRESENT_VALUE_MONTHS],
        p[pv.SERVER_COST],
        world.product_f64[scene.CONTRACT_CNY, A800],
        scenes[scene.WAIT_MONTHS],
        logistic(scenes[scene.MEAN_BELIEF]),
        world.product_f64[scene.SEVERITY, A800] >= STOPPED,
        scenes[scene.SUBSTITUTE],
        p[ps.WAIT_WEIGHT],
    )


@compiled_inline
def worth_in_view(view: MarketView, taste: float) -> float:
    """What a user of this taste would pay for a card today."""
    net_rent, present_value, server, contract, wait, belief, is_stopped, substitute, wait_weight = view
    return worth_of_card(
        taste * net_rent,
        present_value,
        server,
        contract,
        wait,
        belief,
        is_stopped,
        taste * substitute,
        wait_weight,
    )
