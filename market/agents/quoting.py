"""How any agent posts a limit order for cards, and how much of a part of a card it trades today."""

from __future__ import annotations

from market.kernels.compile import compiled
from market.kernels.luck import uniform
from market.parameters import spot as ps
from market.state import accounts, luck, scene, trader
from market.state.products import N_PRODUCTS, N_STAGES, N_TRADED
from market.state.world import World


@compiled
def equivalents(world: World, account: int, first_stage: int, last_stage: int) -> float:
    """A-class equivalents that an account has in stages first to last."""
    total = 0.0
    for product in range(N_PRODUCTS):
        for stage in range(first_stage, last_stage + 1):
            cards = world.card_i64[product * N_STAGES + stage, account]
            total += world.product_f64[scene.PERFORMANCE, product] * cards
    return total


@compiled
def whole_cards(world: World, account: int, t: int, cards: float) -> int:
    """Round a rate of trade to whole cards without bias, by the account's luck of the day."""
    key = world.account_i64[accounts.KEY, account]
    return int(cards + uniform(world.clock[scene.SEED], luck.QUOTE, t, key, 0))


@compiled
def clear_quotes(world: World, account: int) -> None:
    """Take back the account's orders."""
    for product in range(N_TRADED):
        world.quote_i64[2 * product + trader.QUANTITY, account] = 0


@compiled
def post_quote(world: World, account: int, product: int, price_cny: float, cards: int) -> None:
    """Post a limit order: cards above zero are bid for, below zero offered."""
    price = min(price_cny, world.p[ps.RESALE_CAP]) if cards < 0 else price_cny
    tick = int(price / world.p[ps.TICK])
    world.quote_i64[2 * product + trader.TICK, account] = min(max(tick, 1), int(world.p[ps.N_TICKS]) - 1)
    world.quote_i64[2 * product + trader.QUANTITY, account] = cards
