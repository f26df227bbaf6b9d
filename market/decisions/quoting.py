"""How any agent posts a limit order for cards, and how much of a part of a card it trades today."""

from __future__ import annotations

import numpy as np

from market.kernels.compile import compiled, compiled_inline, compiled_pass
from market.kernels.luck import of_day, uniform_of
from market.parameters import spot as ps
from market.state import luck, scene, trader
from market.state import startup as s
from market.state.columns import wide
from market.state.luck import key_of
from market.state.products import A800, N_PRODUCTS, N_STAGES
from market.state.world import World


@compiled
def equivalents(world: World, account: int, first_stage: int, last_stage: int) -> float:
    """A-class equivalents that an account has in stages first to last."""
    startup = account - world.clock[scene.FIRST_STARTUP]
    if startup >= 0:
        return startups_equivalents(world, startup, first_stage, last_stage)
    total = 0.0
    for product in range(N_PRODUCTS):
        for stage in range(first_stage, last_stage + 1):
            cards = world.card_i64[product * N_STAGES + stage, account]
            total += world.product_f64[scene.PERFORMANCE, product] * cards
    return total


@compiled
def startups_equivalents(world: World, i: int, first_stage: int, last_stage: int) -> float:
    """The same for startup `i`, which holds A-class cards alone."""
    performance, total = world.product_f64[scene.PERFORMANCE, A800], 0.0
    for stage in range(first_stage, last_stage + 1):
        total += performance * world.startup_i32[s.TRANSIT_CARDS + stage, i]
    return total


@compiled
def quote_luck(world: World, t: int) -> np.uint64:
    """What all agents' luck with quotes has in common today."""
    return of_day(world.clock[scene.SEED], luck.QUOTE, t)


@compiled
def whole_cards(world: World, account: int, day_luck: np.uint64, cards: float) -> int:
    """Round a rate of trade to whole cards without bias, by the account's share in the luck of the day."""
    return int(cards + uniform_of(day_luck, key_of(world, account), 0))


@compiled
def clear_quotes(world: World, account: int) -> None:
    """Take back the account's orders."""
    world.quote_i32[trader.QUANTITY, account] = 0
    if account < world.clock[scene.FIRST_STARTUP]:
        world.h20_quote_i32[trader.QUANTITY, account] = 0


@compiled_inline
def tick_of(price_cny: float, cap_cny: float, tick_cny: float, n_ticks: int) -> int:
    """Tick of a limit price: nobody may trade above a resale cap, nor off the grid."""
    return min(max(int(min(price_cny, cap_cny) / tick_cny), 1), n_ticks - 1)


@compiled_inline
def quotable(cards: int) -> int:
    """As many cards as one order can be for."""
    return min(max(cards, -trader.MOST_QUOTED), trader.MOST_QUOTED)


@compiled_pass
def post_quotes(
    ticks: np.ndarray,
    quantities: np.ndarray,
    prices_cny: np.ndarray,
    cards: np.ndarray,
    cap_cny: float,
    tick_cny: float,
    n_ticks: int,
) -> None:
    """Post one limit order of each account of a block, as `post_quote` does; none for those with no cards."""
    for k in range(ticks.shape[0]):
        ticks[k] = tick_of(wide(prices_cny[k]), cap_cny, tick_cny, n_ticks)
        quantities[k] = quotable(cards[k])


@compiled
def post_quote(world: World, account: int, product: int, price_cny: float, cards: int) -> None:
    """Post a limit order: cards above zero are bid for, below zero offered; nobody may trade above a resale cap.

    Startups trade the A class alone.
    """
    p = world.p
    tick = tick_of(price_cny, p[ps.RESALE_CAP], p[ps.TICK], int(p[ps.N_TICKS]))
    quantity = quotable(cards)
    if product == A800:
        world.quote_i32[trader.TICK, account] = tick
        world.quote_i32[trader.QUANTITY, account] = quantity
    elif account < world.clock[scene.FIRST_STARTUP]:
        world.h20_quote_i32[trader.TICK, account] = tick
        world.h20_quote_i32[trader.QUANTITY, account] = quantity
