"""Server makers: servers for other industries, orders and quotes."""

from __future__ import annotations

from tests.benchmarks.idiomatic.firm import Firm
from tests.benchmarks.rules import (
    A800,
    BACKLOG_DAYS,
    DAYS_PER_MONTH,
    DAYS_PER_WEEK,
    STOPPED,
    adjusted_ask,
    adjusted_bid,
    enterprise_demand,
    fen,
    gaming_left,
    inflated_order,
    weekly_order,
)


class ServerMaker(Firm):
    """A server maker."""

    line_cards_per_day: int
    revenue_fen: int
    cost_fen: int
    ask_cny: float
    reservation_cny: float
    taste: float
    enterprise_backlog_cards: float

    def demand_per_day(self) -> float:
        """Its part of other industries' demand today."""
        p, offer = self.model.p, self.model.products[A800]
        month = enterprise_demand(
            p["servers.enterprise_cards_per_month"],
            p["servers.enterprise_growth"],
            self.model.day,
            offer.smoothed_cny,
            offer.contract_cny,
            p["servers.enterprise_elasticity"],
        )
        return month / DAYS_PER_MONTH / len(self.model.makers)

    def sell_servers(self) -> None:
        """Sell servers to waiting customers from stock, at the higher of contract price and spot."""
        p, offer = self.model.p, self.model.products[A800]
        server = p["servers.server_cost_cny"]
        waiting = self.enterprise_backlog_cards
        cards = min(int(waiting), int((1.0 - p["spot.dealer_share"]) * self.stock[A800]))
        self.enterprise_backlog_cards = waiting + self.demand_per_day() - waiting / BACKLOG_DAYS
        if cards > 0:
            price = fen(max(offer.contract_cny, offer.smoothed_cny) + server * (1.0 + p["servers.server_margin"]))
            self.revenue_fen += price * cards
            self.cost_fen += fen(server) * cards + self.release_cost(cards)
            self.cash_fen += (price - fen(server)) * cards
            self.stock[A800] -= cards
            self.enterprise_backlog_cards -= cards

    def plan_orders(self) -> None:
        """Order once a week what customers will buy."""
        for line in self.lines:
            line.desired_order_cards = line.desired_cancel_cards = 0
        if not self.plans_today() or self.model.products[A800].severity >= STOPPED:
            return
        p, line, demand = self.model.p, self.lines[A800], self.demand_per_day()
        fill = max(line.fill_rate, p["orders.fill_floor"])
        order = weekly_order(
            demand,
            p["servers.stock_days"] * demand + self.enterprise_backlog_cards,
            self.stock[A800],
            line.expected_lead_days,
            fill,
            line.backlog_cards,
            p["orders.adjustment"],
            p["orders.supply_line"],
        )
        gaming = gaming_left(p["orders.gaming"], p["primary.deposit_share"])
        line.desired_order_cards = int(inflated_order(order, fill, gaming, BACKLOG_DAYS * demand, 1.0))
        if order < 0.0:
            line.desired_cancel_cards = int(p["orders.cancellation"] * line.backlog_cards)

    def quote(self) -> None:
        """Bid for customers that wait, or offer stock beyond what they will buy."""
        p, model, stock = self.model.p, self.model, self.stock[A800]
        offer = model.products[A800]
        self.reservation_cny = adjusted_bid(self.reservation_cny, model.worth(self.taste), p["spot.bid_adjustment"])
        wanted = p["servers.stock_days"] * self.demand_per_day()
        short = self.enterprise_backlog_cards - stock
        surplus = max(stock - wanted - self.enterprise_backlog_cards, p["spot.dealer_share"] * stock)
        if surplus >= 1.0:
            self.ask_cny = adjusted_ask(
                self.ask_cny, model.spot_cover_days, p["spot.cover_days"], p["spot.ask_adjustment"], offer.contract_cny
            )
            self.post_quote(A800, self.ask_cny, -max(int(surplus / DAYS_PER_WEEK), 1))
        elif short > 0.0:
            cards = self.whole_cards(short * p["spot.buy_rate"] / DAYS_PER_WEEK)
            self.post_quote(A800, self.reservation_cny, cards)
        else:
            self.ask_cny = offer.spot_cny

    def sell(self, product: int, cards: int, price_fen: int) -> int:
        """Sell in the auction, and note revenue and cost."""
        cost = super().sell(product, cards, price_fen)
        self.revenue_fen += cards * price_fen
        self.cost_fen += cost
        return cost
