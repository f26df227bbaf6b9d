"""Speculators: a heuristic, an expectation, a quote, and the cost of holding."""

from __future__ import annotations

from tests.benchmarks.idiomatic.firm import Firm
from tests.benchmarks.rules import A800, DAYS_PER_MONTH, DAYS_PER_WEEK, MILLION, expected_price, interest, logistic


class Speculator(Firm):
    """A speculator."""

    gain_fen: int
    month_sales_fen: int
    month_cost_fen: int
    is_chartist: int
    horizon_months: float
    error: float
    trend_profit: float
    value_profit: float
    inclination: float
    expected_cny: float

    def trade(self) -> None:
        """Choose a heuristic, form an expectation, quote."""
        self.choose_heuristic()
        self.form_expectation()
        self.quote()

    def choose_heuristic(self) -> None:
        """Credit each heuristic with whether it called the last move, and choose the better one."""
        p, offer = self.model.p, self.model.products[A800]
        month_return = (offer.spot_cny / offer.last_cny - 1.0) * DAYS_PER_MONTH
        by_trend = month_return if offer.spot_cny > offer.smoothed_cny else -month_return
        by_value = month_return if self.model.worth_cny * self.error > offer.spot_cny else -month_return
        weight = 1.0 / p["speculation.memory_days"]
        self.trend_profit += weight * (by_trend - self.trend_profit)
        self.value_profit += weight * (by_value - self.value_profit)
        leaning = logistic(p["speculation.switching"] * (self.trend_profit - self.value_profit))
        self.is_chartist = leaning > self.inclination

    def form_expectation(self) -> None:
        """Expect a price at the horizon."""
        p, offer = self.model.p, self.model.products[A800]
        self.expected_cny = expected_price(
            offer.spot_cny,
            offer.smoothed_cny,
            self.model.worth_cny * self.error,
            self.is_chartist,
            self.horizon_months,
            p["speculation.decay"],
            p["speculation.chart_weight"],
            p["speculation.value_weight"],
            p["speculation.floor_share"],
        )

    def quote(self) -> None:
        """Bid when a card is expected to gain more than it costs to hold, offer when less."""
        p, spot, stock = self.model.p, self.model.products[A800].spot_cny, self.stock[A800]
        belief, calm = logistic(self.ban_log_odds), self.expected_cny
        banned = max(self.model.value_in_use * self.error, calm)
        growth = (1.0 + p["speculation.carry"]) ** int(self.horizon_months)
        limit = ((1.0 - belief) * calm + belief * banned) / growth
        margin = 1.0 + p["speculation.margin"]
        if limit > spot * margin:
            cards = self.whole_cards(p["speculation.trade_rate"] / DAYS_PER_WEEK * self.cash_cny / spot)
            self.post_quote(A800, limit / margin, cards)
        elif stock > 0:
            cards = self.whole_cards(max(p["speculation.trade_rate"] * stock, 1.0) / DAYS_PER_WEEK)
            self.post_quote(A800, limit, -min(cards, stock))

    def sell(self, product: int, cards: int, price_fen: int) -> int:
        """Sell in the auction, and note the gain."""
        cost = super().sell(product, cards, price_fen)
        self.gain_fen += cards * price_fen - cost
        self.month_sales_fen += cards * price_fen
        self.month_cost_fen += cost
        return cost

    def pay_carry(self) -> None:
        """Pay storage and capital cost of the cards held."""
        rate = int(self.model.p["speculation.carry"] * MILLION / DAYS_PER_MONTH)
        cost, self.interest_carry = interest(self.basis_fen, rate, self.interest_carry)
        paid = min(cost, self.cash_fen)
        self.cash_fen -= paid
        self.month_cost_fen += paid
