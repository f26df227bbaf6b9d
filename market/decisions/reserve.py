"""The state reserve: a buffer stock of cards, empty in the base.

Each day it looks at the last spot price. Up to its limit it bids for cards until it holds its size, above the limit
it offers part of what it holds at its trigger price, both in the one auction and no faster than its weekly rates
(Newbery and Stiglitz 1981). It is an account at the boundary with the state's money, so it is never short of it, and
no Mesa agent: it follows its rule. Sellers see its stock like any other's. Leaves out: storage cost, subsidy or
quotas for whom it sells to, and what firms would expect of a reserve that is announced.
"""

from __future__ import annotations

from market.decisions.quoting import clear_quotes, post_quote, quote_luck, whole_cards
from market.decisions.valuation import DAYS_PER_WEEK
from market.kernels.compile import compiled
from market.parameters import reserve as pr
from market.state import scene
from market.state.products import A800, N_STAGES, RESERVE, STOCK
from market.state.world import MONTH, World


@compiled
def reserve_trade(multiple: float, stock: int, size: float, limit: float, buying: float, selling: float) -> float:
    """Cards a week it bids for (above zero) or offers (below), at a price of so many contract prices."""
    if multiple > limit:
        return -min(selling, DAYS_PER_WEEK * stock)
    return min(buying, DAYS_PER_WEEK * max(size - stock, 0.0))


@compiled
def decide_quotes(world: World, t: int) -> None:
    """Bid at the limit or offer at the trigger price."""
    p = world.p
    if p[pr.SIZE] <= 0.0:
        return
    clear_quotes(world, RESERVE)
    contract = world.product_f64[scene.CONTRACT_CNY, A800]
    stock = world.card_i64[A800 * N_STAGES + STOCK, RESERVE]
    multiple = world.product_f64[scene.SPOT_CNY, A800] / contract
    week = reserve_trade(multiple, stock, p[pr.SIZE], p[pr.LIMIT], p[pr.BUYING], p[pr.SELLING])
    cards = whole_cards(world, RESERVE, quote_luck(world, t), abs(week) / DAYS_PER_WEEK)
    if week < 0.0:
        post_quote(world, RESERVE, A800, p[pr.TRIGGER] * contract, -min(cards, stock))
    elif world.calendar[MONTH, t] >= p[pr.FIRST_MONTH]:
        post_quote(world, RESERVE, A800, p[pr.LIMIT] * contract, cards)
