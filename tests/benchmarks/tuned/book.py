"""NVIDIA of the tuned twin: only lines with business today are looked at, and a line's orders stand by due date."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

from tests.benchmarks import idiomatic
from tests.benchmarks.records import Line
from tests.benchmarks.rules import DAYS_PER_MONTH, DAYS_PER_WEEK, PRODUCTS, drip, fen

if TYPE_CHECKING:
    from tests.benchmarks.tuned.model import TunedMarket


DUE_DAY = attrgetter("due_day")


class Nvidia(idiomatic.Nvidia):
    """The chip maker."""

    model: TunedMarket

    def open_book(self) -> None:
        """Take over lines and orders, and note who has cards coming."""
        super().open_book()
        for lines in self.book:
            for line in lines:
                line.orders.sort(key=DUE_DAY)
        self.receiving = [[line for line in lines if line.month_allotted_cards > 0] for lines in self.book]

    def hand_over(self, product: int) -> None:
        """Give the month's cards to the carrier."""
        super().hand_over(product)
        self.receiving[product] = [line for line in self.book[product] if line.month_allotted_cards > 0]

    def deliver(self) -> None:
        """Hand over the month's cards, recall what a rule stops, deliver today's drip."""
        model = self.model
        model.delivered_today, model.nvidia_revenue = 0, 0.0
        day, days = model.day_of_month, model.days_in_month
        for product in PRODUCTS:
            offer = model.products[product]
            if day == 0:
                self.hand_over(product)
            if offer.severity > offer.last_severity:
                self.recall(product, (offer.severity - offer.last_severity) / (1.0 - offer.last_severity))
            for line in self.receiving[product]:
                if line.orders and line.firm.in_transit[product]:
                    self.deliver_drip(line)
            if day + 1 == days:
                self.close_month(product)
        if model.p["primary.late_penalty_share"] > 0.0:
            self.pay_penalties()

    def take_orders(self) -> None:
        """Enter today's orders, cancel what is to be cancelled, let beliefs about lead times move."""
        model, p = self.model, self.model.p
        model.ordered_today = 0
        gain = p["orders.lead_gain"] / DAYS_PER_WEEK
        for product, lines in enumerate(self.book):
            offer = model.products[product]
            lead = offer.lead_days = offer.desired_lead_days
            due = model.day + int(lead)
            for line in lines:
                line.expected_lead_days += gain * (lead - line.expected_lead_days)
                if line.desired_cancel_cards > 0:
                    self.cancel(line, line.desired_cancel_cards)
                if line.desired_order_cards > 0:
                    self.place(line, line.desired_order_cards, due, due)
                if line.desired_framework_cards > 0:
                    self.place_framework(line, due)

    def place_framework(self, line: Line, due: int) -> None:
        """Enter the monthly orders of a framework."""
        months = int(self.model.p["orders.framework_months"])
        for month in range(months):
            wanted = self.model.day + int(DAYS_PER_MONTH * (month + 1))
            cards = drip(line.desired_framework_cards, month, months)
            self.place(line, cards, wanted, max(wanted, due), 1)

    def place(self, line: Line, *terms: int) -> None:
        """Enter an order in its place by due date."""
        super().place(line, *terms)
        line.orders.sort(key=DUE_DAY)

    def deliver_drip(self, line: Line) -> None:
        """Deliver today's part of a buyer's allotment as far as it is wanted and can be paid."""
        model, firm, product = self.model, line.firm, line.product
        cards = drip(line.month_allotted_cards, model.day_of_month, model.days_in_month)
        cards = min(cards, firm.in_transit[product])
        full = fen(model.products[product].contract_cny)
        while cards > 0 and line.orders:
            order = line.orders[0]
            price = full - order.deposit_fen
            part = min(cards, order.open_cards, firm.cash_fen // max(price, 1))
            if part <= 0:
                return
            self.deliver_order(line, order, part, price)
            cards -= part
