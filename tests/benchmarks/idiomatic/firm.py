"""What every firm has: money, cards by stage, a belief in a stop of supply, and a way to quote."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mesa

from tests.benchmarks.opening import Traits
from tests.benchmarks.records import Line, take
from tests.benchmarks.rules import FEN_PER_CNY, PRODUCTS, as_a_class, mean_cost

if TYPE_CHECKING:
    from tests.benchmarks.idiomatic.model import IdiomaticMarket


class Firm(mesa.Agent):
    """A firm with money and cards."""

    id: str
    account: int
    key: int
    cash_fen: int
    basis_fen: int
    interest_carry: int
    ban_log_odds: float
    foresight: float
    in_transit: list[int]
    stock: list[int]
    assembly: list[int]
    online: list[int]
    model: IdiomaticMarket

    def __init__(self, model: IdiomaticMarket, traits: Traits) -> None:
        super().__init__(model)
        take(self, traits)
        self.lines: list[Line] = []
        self.is_logged = True
        self.planning_weekday = model.opening.planning_weekday(self.key)

    @property
    def cash_cny(self) -> float:
        """Money held."""
        return self.cash_fen / FEN_PER_CNY

    def plans_today(self) -> bool:
        """Whether this is its weekday for planning."""
        return self.planning_weekday == self.model.weekday

    def equivalents(self, *stages: list[int]) -> float:
        """A-class equivalents of its cards in some stages."""
        performance = self.model.performance
        return sum(as_a_class(performance, cards) for cards in stages)

    def owned_cards(self) -> int:
        """Cards of all products, those in transit apart."""
        return sum(self.stock) + sum(self.assembly) + sum(self.online)

    def release_cost(self, cards: int) -> int:
        """Take the mean cost of `cards` out of the books before they leave."""
        cost = mean_cost(self.basis_fen, self.owned_cards(), cards)
        self.basis_fen -= cost
        return cost

    def unrack(self) -> None:
        """Take all cards out of their servers."""
        for product in PRODUCTS:
            self.stock[product] += self.assembly[product] + self.online[product]
            self.assembly[product] = self.online[product] = 0

    def update_belief(self, base: float, mean: float, news: float) -> None:
        """News adds to the belief in a stop, time decays it, peers pull."""
        p, belief = self.model.p, self.ban_log_odds
        self.ban_log_odds = (
            belief
            + p["beliefs.decay"] * (base - belief)
            + p["beliefs.peer_pull"] * (mean - belief)
            + news * self.foresight
        )

    def whole_cards(self, cards: float) -> int:
        """Round a rate of trade to whole cards without bias."""
        return int(cards + self.random.random())  # luck: quote(self.key)

    def post_quote(self, product: int, price_cny: float, cards: int) -> None:
        """Post a limit order, up to the cap on resale: cards above zero are bid for, below zero offered."""
        p = self.model.p
        price = min(price_cny, p["spot.resale_cap_cny"])
        tick = min(max(int(price / p["spot.tick_cny"]), 1), int(p["spot.n_ticks"]) - 1)
        if cards > 0:
            self.model.bids[product].append((tick, cards, self))
        elif cards < 0:
            self.model.asks[product].append((tick, -cards, self))

    def buy(self, product: int, cards: int, price_fen: int) -> None:
        """Pay for cards of the auction and put them in stock."""
        self.cash_fen -= cards * price_fen
        self.basis_fen += cards * price_fen
        self.stock[product] += cards

    def sell(self, product: int, cards: int, price_fen: int) -> int:
        """Hand over cards sold in the auction; returns what they cost."""
        cost = self.release_cost(cards)
        self.stock[product] -= cards
        self.cash_fen += cards * price_fen
        return cost
