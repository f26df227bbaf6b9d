"""NVIDIA: the order book, the month's allotment, daily deliveries, lead times."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.benchmarks.allotment import TURN_AND_EARN, allot
from tests.benchmarks.idiomatic.firm import Firm
from tests.benchmarks.opening import Traits
from tests.benchmarks.records import Line, Order, made
from tests.benchmarks.rules import (
    A800,
    ASCEND_910B,
    CREDIBILITY_GAIN,
    DAYS_PER_MONTH,
    DAYS_PER_WEEK,
    FEN_PER_CNY,
    PRODUCTS,
    drip,
    fen,
    quoted_lead,
)

if TYPE_CHECKING:
    from tests.benchmarks.idiomatic.model import IdiomaticMarket


class Nvidia(Firm):
    """The chip maker. Huawei's orders run through the same book; only its money is another's."""

    def __init__(self, model: IdiomaticMarket, traits: Traits) -> None:
        super().__init__(model, traits)
        self.book: list[list[Line]] = [[], [], []]
        self.month_revenue_cny = 0.0

    def open_book(self) -> None:
        """Take over lines and open orders of the opening."""
        opening, firms = self.model.opening, self.model.by_account
        for account, insists, states in opening.buyers():
            for product, state in enumerate(states):
                line = made(Line, state, firm=firms[account], product=product, insists_on_penalty=insists)
                firms[account].lines.append(line)
                self.book[product].append(line)
        for traits in opening.open_orders():
            order = made(Order, traits)
            if order.open_cards > 0:
                self.book[traits["product"]][traits["buyer"]].orders.append(order)
                self.model.orders[order.number] = order

    def backlog(self, product: int) -> int:
        """All open cards of a product."""
        return sum(line.backlog_cards for line in self.book[product])

    # -------------------------------------------------------------- allotment

    def allot(self) -> None:
        """On the first day of a month, grant each buyer a number of cards of each product."""
        model, p = self.model, self.model.p
        if model.day_of_month != 0:
            return
        last_day = model.day + model.days_in_month + int(p["primary.due_window_days"])
        rule = model.scenario.market.allotment
        for product, lines in enumerate(self.book):
            offer = model.products[product]
            supply = int(offer.supply_cards_per_month * (1.0 - offer.severity))
            self.grant_oldest(lines, last_day, int(p["primary.oldest_first_share"] * supply))
            due = [line.due_cards - line.granted_cards for line in lines]
            if rule == TURN_AND_EARN:
                floor = int(p["primary.turn_and_earn_floor_cards"])
                weights = [line.past_deliveries_cards + floor for line in lines]
            else:
                weights = [int(1000.0 * line.credibility) for line in lines]
            left = supply - sum(line.granted_cards for line in lines)
            keys = [line.firm.key for line in lines]
            rest = allot(rule, left, due, weights, keys, int(p["primary.minimum_lot_cards"]))
            for line, cards in zip(lines, rest, strict=True):
                line.granted_cards += cards

    def grant_oldest(self, lines: list[Line], last_day: int, supply: int) -> None:
        """Count what is due, and grant a part of the supply by oldest due date over all buyers."""
        due: dict[int, list[tuple[Line, int]]] = {}
        for line in lines:
            line.due_cards = line.granted_cards = 0
            if not line.insists_on_penalty:
                for order in line.orders:
                    if order.due_day <= last_day:
                        line.due_cards += order.open_cards
                        due.setdefault(order.due_day, []).append((line, order.open_cards))
        for day in sorted(due):
            if supply <= 0:
                return
            total = sum(cards for _, cards in due[day])
            given = min(supply, total)
            for line, cards in due[day]:
                line.granted_cards += cards * given // total
            supply -= given

    # -------------------------------------------------------------- delivery

    def deliver(self) -> None:
        """Hand over the month's cards, recall what a rule stops, deliver today's drip."""
        model = self.model
        model.delivered_today = 0
        model.nvidia_revenue = 0.0
        for product in PRODUCTS:
            offer = model.products[product]
            if model.day_of_month == 0:
                self.hand_over(product)
            if offer.severity > offer.last_severity:
                self.recall(product, (offer.severity - offer.last_severity) / (1.0 - offer.last_severity))
            for line in self.book[product]:
                self.deliver_drip(line)
            if model.day_of_month + 1 == model.days_in_month:
                self.close_month(product)
        if model.p["primary.late_penalty_share"] > 0.0:
            self.pay_penalties()

    def hand_over(self, product: int) -> None:
        """Give the month's cards to the carrier; what a buyer could not pay for comes back."""
        for line in self.book[product]:
            self.stock[product] += line.firm.in_transit[product] - line.granted_cards
            line.firm.in_transit[product] = line.granted_cards
            line.month_allotted_cards = line.granted_cards
            line.month_delivered_cards = 0
        if product == A800:
            self.model.month_opening_book = self.backlog(A800)
            self.model.month_ordered = self.model.month_delivered = 0

    def recall(self, product: int, share: float) -> None:
        """Take back the share of what is under way that today's rule stops."""
        for line in self.book[product]:
            cards = int(share * line.firm.in_transit[product])
            line.firm.in_transit[product] -= cards
            self.stock[product] += cards

    def deliver_drip(self, line: Line) -> None:
        """Deliver today's part of a buyer's allotment as far as it is wanted and can be paid."""
        model, firm, product = self.model, line.firm, line.product
        cards = drip(line.month_allotted_cards, model.day_of_month, model.days_in_month)
        cards = min(cards, firm.in_transit[product])
        while cards > 0 and line.orders:
            order = min(line.orders, key=lambda order: order.due_day)
            price = fen(model.products[product].contract_cny) - order.deposit_fen
            part = min(cards, order.open_cards, firm.cash_fen // max(price, 1))
            if part <= 0:
                return
            self.deliver_order(line, order, part, price)
            cards -= part

    def deliver_order(self, line: Line, order: Order, cards: int, price: int) -> None:
        """Deliver a part of an order, against payment."""
        model, firm, product = self.model, line.firm, line.product
        full = price + order.deposit_fen
        firm.in_transit[product] -= cards
        firm.stock[product] += cards
        firm.cash_fen -= price * cards
        firm.basis_fen += full * cards
        if order.first_delivery_day < 0:
            order.first_delivery_day = model.day
            model.log("delivered", firm, self.id, cards, full, product, order.number)
        order.last_delivery_day = model.day
        order.delivered_cards += cards
        model.deliveries.append((order.number, model.day, cards))
        line.backlog_cards -= cards
        line.month_delivered_cards += cards
        line.past_deliveries_cards += cards
        if order.open_cards == 0:
            line.orders.remove(order)
        if product == A800:
            model.delivered_today += cards
            model.month_delivered += cards
        if product != ASCEND_910B:
            cost = fen((1.0 - model.p["supply.gross_margin"]) * full / 100.0)
            self.cash_fen += (price - cost) * cards
            model.nvidia_revenue += full / FEN_PER_CNY * cards
            self.month_revenue_cny += full / FEN_PER_CNY * cards

    def close_month(self, product: int) -> None:
        """Buyers learn the fill rate of the month."""
        gain = self.model.p["orders.fill_gain"]
        for line in self.book[product]:
            if line.due_cards > 0:
                filled = min(line.month_delivered_cards / line.due_cards, 1.0)
                line.fill_rate = (1.0 - gain) * line.fill_rate + gain * filled

    def pay_penalties(self) -> None:
        """Under a late penalty, pay a share of the price for what is overdue."""
        share = self.model.p["primary.late_penalty_share"]
        for product in (A800, ASCEND_910B - 1):
            offer = self.model.products[product]
            if offer.severity == 0.0:
                daily = fen(share * offer.contract_cny / DAYS_PER_MONTH)
                for line in self.book[product]:
                    late = sum(order.open_cards for order in line.orders if order.promised_day < self.model.day)
                    line.firm.cash_fen += daily * late
                    self.cash_fen -= daily * late

    # -------------------------------------------------------------- orders

    def quote_lead_times(self) -> None:
        """Quote the lead time of an order placed today."""
        p = self.model.p
        for product, offer in enumerate(self.model.products):
            offer.desired_lead_days = quoted_lead(
                self.backlog(product),
                offer.smoothed_supply,
                p["primary.base_lead_days"],
                p["primary.quote_divisor"],
                p["primary.lead_max_days"],
            )

    def take_orders(self) -> None:
        """Enter today's orders, cancel what is to be cancelled, let beliefs about lead times move."""
        model, p = self.model, self.model.p
        model.ordered_today = 0
        months, gain = int(p["orders.framework_months"]), p["orders.lead_gain"] / DAYS_PER_WEEK
        for product, lines in enumerate(self.book):
            offer = model.products[product]
            offer.lead_days = offer.desired_lead_days
            due = model.day + int(offer.lead_days)
            for line in lines:
                line.expected_lead_days += gain * (offer.lead_days - line.expected_lead_days)
                if line.desired_cancel_cards > 0:
                    self.cancel(line, line.desired_cancel_cards)
                self.place(line, line.desired_order_cards, due, due)
                if line.desired_framework_cards > 0:
                    for month in range(months):
                        wanted = model.day + int(DAYS_PER_MONTH * (month + 1))
                        cards = drip(line.desired_framework_cards, month, months)
                        self.place(line, cards, wanted, max(wanted, due), 1)

    def place(self, line: Line, cards: int, due: int, promised: int, is_framework: int = 0) -> None:
        """Enter an order, with its deposit as far as the buyer can pay it."""
        model, product = self.model, line.product
        deposit = fen(model.p["primary.deposit_share"] * model.products[product].contract_cny)
        if deposit > 0:
            cards = min(cards, line.firm.cash_fen // deposit)
        if cards <= 0:
            return
        order = Order(len(model.orders), model.day, due, promised, cards, is_framework, deposit)
        model.orders.append(order)
        line.orders.append(order)
        line.backlog_cards += cards
        line.firm.cash_fen -= deposit * cards
        if product != ASCEND_910B:
            self.cash_fen += deposit * cards
        if product == A800:
            model.ordered_today += cards
            model.month_ordered += cards
        model.log("order_placed", line.firm, self.id, cards, 0, product, is_framework, order.number)

    def cancel(self, line: Line, cards: int) -> None:
        """Cancel up to `cards` of a buyer, newest due first; some credibility is lost."""
        left = cards
        while left > 0 and line.orders:
            order = max(reversed(line.orders), key=lambda order: order.due_day)
            part = min(left, order.open_cards)
            order.cancelled_cards += part
            line.backlog_cards -= part
            left -= part
            if order.open_cards == 0:
                line.orders.remove(order)
        total = max(line.backlog_cards + cards, 1)
        line.credibility *= 1.0 - CREDIBILITY_GAIN * (cards - left) / total
        self.model.log("order_cancelled", line.firm, self.id, cards - left, 0, line.product)
