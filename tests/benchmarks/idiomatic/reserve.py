"""The state reserve: buys while cards are cheap, sells when they are dear; nothing in the base."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.benchmarks.idiomatic.firm import Firm
from tests.benchmarks.opening import Traits
from tests.benchmarks.rules import A800, DAYS_PER_WEEK

if TYPE_CHECKING:
    from tests.benchmarks.idiomatic.model import IdiomaticMarket

BOUNDLESS_FEN = 10**24


class Reserve(Firm):
    """The state's buffer stock; its money has no bounds."""

    def __init__(self, model: IdiomaticMarket, traits: Traits) -> None:
        super().__init__(model, traits)
        self.cash_fen = BOUNDLESS_FEN

    def quote(self) -> None:
        """Bid at the limit, or offer at the trigger price."""
        p, model, stock = self.model.p, self.model, self.stock[A800]
        if p["reserve.size_cards"] <= 0.0:
            return
        contract = model.products[A800].contract_cny
        if model.products[A800].spot_cny / contract > p["reserve.limit_multiple"]:
            week = min(p["reserve.selling_cards_per_week"], DAYS_PER_WEEK * stock)
            cards = min(self.whole_cards(week / DAYS_PER_WEEK), stock)
            self.post_quote(A800, p["reserve.trigger_multiple"] * contract, -cards)
        elif model.month >= p["reserve.first_month"]:
            missing = max(p["reserve.size_cards"] - stock, 0.0)
            week = min(p["reserve.buying_cards_per_week"], DAYS_PER_WEEK * missing)
            self.post_quote(A800, p["reserve.limit_multiple"] * contract, self.whole_cards(week / DAYS_PER_WEEK))

    def buy(self, product: int, cards: int, price_fen: int) -> None:
        """Buy in the auction, and say so."""
        super().buy(product, cards, price_fen)
        self.model.log("reserve_bought", self, None, cards, price_fen)

    def sell(self, product: int, cards: int, price_fen: int) -> int:
        """Sell in the auction, and say so."""
        self.model.log("reserve_sold", self, None, cards, price_fen)
        return super().sell(product, cards, price_fen)
