"""Clouds of the tuned twin: cards promised by price are kept, and equivalents are added up without a call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.benchmarks import idiomatic
from tests.benchmarks.opening import Traits
from tests.benchmarks.rules import PRODUCTS, TIGHTEST, as_a_class, price_bin

if TYPE_CHECKING:
    from tests.benchmarks.tuned.model import TunedMarket


class Cloud(idiomatic.Cloud):
    """A cloud."""

    model: TunedMarket

    def __init__(self, model: TunedMarket, traits: Traits) -> None:
        super().__init__(model, traits)
        self.asked: dict[int, int] = {}  # cards promised by price class
        self.shares: dict[int, float] = {}  # part of them that is served

    def equivalents(self, *stages: list[int]) -> float:
        """A-class equivalents of its cards in some stages."""
        performance, total = self.model.performance, 0.0
        for cards in stages:
            total += as_a_class(performance, cards)
        return total

    def send_to_line(self) -> None:
        """Hand cards in stock, if there are any, to the assembly lines."""
        if self.stock[0] or self.stock[1] or self.stock[2]:
            super().send_to_line()

    def divide(self) -> None:
        """Divide the cards online: set-aside, customers by price, then the rest of own models."""
        capacity = int(as_a_class(self.model.performance, self.online)) if self.status == 1 else 0
        aside = min(int(self.own_priority * self.own_need_cards), capacity)
        others = int(self.other_need_cards + self.curious_customers * self.model.p["clouds.caller_cards"])
        others_price = price_bin(int(self.posted_fraction * 100 * 100))
        left, shares, asked = capacity - aside, self.shares, self.asked
        own = others_price in asked
        if not own:
            asked[others_price] = 0
        for price in sorted(asked, reverse=True):
            cards = asked[price] + others if price == others_price else asked[price]
            if cards <= left:
                shares[price] = 1.0
                left -= cards
            else:
                shares[price] = left / cards
                left = 0
        if not own:
            del asked[others_price]
        self.capacity_cards = capacity
        self.other_served_cards = int(shares[others_price] * others)
        self.own_served_cards = aside + min(left, max(int(self.own_need_cards) - aside, 0))
        self.contract_served_cards = 0

    def close_day(self) -> None:
        """Count what is free for a new customer, and smooth utilisation and tightness."""
        stock, capacity = as_a_class(self.model.performance, self.stock), self.capacity_cards
        used = self.own_served_cards + self.other_served_cards + self.contract_served_cards
        self.free_cards = capacity - used - self.contract_cards + self.contract_served_cards + int(stock)
        memory, online = 1.0 / self.model.p["clouds.usage_memory_days"], max(capacity, 1)
        self.utilisation += memory * (used / online - self.utilisation)
        self.tightness += memory * (min(self.need_cards / max(online + stock, 1.0), TIGHTEST) - self.tightness)

    def wear_out(self) -> None:
        """Scrap a constant part of the cards online."""
        worn = self.scrap_carry + self.model.worn_share * sum(self.online)
        cards = int(worn)
        self.scrap_carry = worn - cards
        for product in PRODUCTS if cards else ():
            part = min(cards, self.online[product])
            if part > 0:
                self.release_cost(part)
                self.online[product] -= part
                cards -= part
