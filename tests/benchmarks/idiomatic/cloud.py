"""Clouds: own models, prices, orders, tender floors, serving, quotes and bills."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from tests.benchmarks.idiomatic.firm import Firm
from tests.benchmarks.opening import Traits
from tests.benchmarks.records import Contract, Tender
from tests.benchmarks.rules import (
    A800,
    BASIS_POINTS,
    DAYS_PER_MONTH,
    DAYS_PER_WEEK,
    DAYS_PER_YEAR,
    DEFENDER,
    ENTRANT,
    FORCED_DISCOUNT,
    FRAMEWORK_DAYS,
    GAINER,
    H20,
    LATE_DAY,
    LOWEST_RESPONSE,
    MEAN_CLOUDS,
    MONTHS_PER_YEAR,
    PRODUCTS,
    QUARTER_DAYS,
    STOPPED,
    SURPLUS_MARGIN,
    TIGHTEST,
    adjusted_bid,
    boom,
    break_even_fraction,
    fen,
    gaming_left,
    inflated_order,
    logistic,
    posted_fraction,
    price_bin,
    wanted_cards,
    weekly_order,
)

if TYPE_CHECKING:
    from tests.benchmarks.idiomatic.model import IdiomaticMarket


class Cloud(Firm):
    """A cloud."""

    status: int
    is_named: int
    framework: int
    aspiration: int
    capacity_cards: int
    own_served_cards: int
    other_served_cards: int
    contract_cards: int
    contract_served_cards: int
    free_cards: int
    month_revenue_fen: int
    month_opex_fen: int
    month_historic_fen: int
    month_replacement_fen: int
    month_online_days: int
    month_own_days: int
    share: float
    posted_fraction: float
    utilisation: float
    tightness: float
    own_base_cards: float
    own_boom_cards: float
    own_need_cards: float
    own_priority: float
    other_base_cards: float
    other_need_cards: float
    struck_customers: float
    curious_customers: float
    sober_customers: float
    need_cards: float
    smoothed_need_cards: float
    growth_cards_per_day: float
    scrap_carry: float
    reservation_cny: float
    taste: float

    def __init__(self, model: IdiomaticMarket, traits: Traits) -> None:
        super().__init__(model, traits)
        self.contracts: dict[int, Contract] = {}
        self.desired_fraction = self.posted_fraction

    @property
    def is_open(self) -> bool:
        """Whether it is in business."""
        return self.status == 1

    @property
    def caller_cards(self) -> float:
        """Cards that its application customers keep busy."""
        return self.curious_customers * self.model.p["clouds.caller_cards"]

    # -------------------------------------------------------------- cards and need

    def send_to_line(self) -> None:
        """Hand cards in stock to the assembly lines while need asks for more online."""
        if not self.is_open:
            return
        present = self.equivalents(self.assembly, self.online)
        wanted = int(max(self.need_cards / self.model.p["orders.target_utilisation"] - present, 0.0))
        for product in PRODUCTS:
            cards = min(wanted, self.stock[product])
            self.stock[product] -= cards
            self.assembly[product] += cards
            wanted -= cards

    def wear_out(self) -> None:
        """Scrap a constant part of the cards online."""
        worn = self.scrap_carry + self.model.p["clouds.scrap"] / DAYS_PER_MONTH * sum(self.online)
        cards = int(worn)
        self.scrap_carry = worn - cards
        for product in PRODUCTS:
            part = min(cards, self.online[product])
            if part > 0:
                self.release_cost(part)
                self.online[product] -= part
                cards -= part

    def update_need(self) -> None:
        """Own models, other industries, application customers, contracts and enquiries."""
        p, model = self.model.p, self.model
        target = self.own_base_cards + self.own_boom_cards * boom(model.climate)
        rate = p["clouds.own_speed"] if target > self.own_need_cards else p["clouds.own_fall"]
        self.own_need_cards += rate / DAYS_PER_WEEK * (target - self.own_need_cards)
        yearly = p["clouds.other_growth_late"] if model.day >= LATE_DAY else p["clouds.other_growth"]
        self.other_base_cards *= 1.0 + yearly / DAYS_PER_YEAR
        dearer = self.posted_fraction / p["clouds.fraction_start"] - 1.0
        response = 1.0 - p["clouds.other_elasticity"] * dearer
        self.other_need_cards = self.other_base_cards * max(LOWEST_RESPONSE, response)
        self.move_callers()
        enquiries = p["orders.enquiry_overlap"] * model.unserved_need * self.share
        need = self.own_need_cards + self.other_need_cards + self.caller_cards + self.contract_cards + enquiries
        gain = 1.0 / p["orders.growth_memory_days"]
        self.growth_cards_per_day += gain * (need - self.need_cards - self.growth_cards_per_day)
        self.need_cards = need
        self.smoothed_need_cards += gain * (need - self.smoothed_need_cards)

    def move_callers(self) -> None:
        """Move application customers through shock, imagination and sobering."""
        p = self.model.p
        buyers = p["clouds.callers"] * self.share * MEAN_CLOUDS * max(self.model.climate - 1.0, 0.0)
        struck = buyers / p["clouds.caller_share"] / DAYS_PER_MONTH
        awake = self.struck_customers / p["clouds.shock_days"]
        buying = p["clouds.caller_share"] * awake
        sobering = p["clouds.sobering"] / DAYS_PER_MONTH * self.curious_customers
        self.struck_customers += struck - awake
        self.curious_customers += buying - sobering
        self.sober_customers += awake - buying + sobering

    # -------------------------------------------------------------- orders and prices

    def plan_orders(self) -> None:
        """Order once a week what can be had; in autumn for the next year."""
        for line in self.lines:
            line.desired_order_cards = line.desired_framework_cards = 0
            line.desired_cancel_cards = 0 if self.is_open else line.backlog_cards
        if self.is_open and self.plans_today():
            product = next((product for product in PRODUCTS if self.is_orderable(product)), None)
            if product is not None:
                self.plan_order(product)

    def is_orderable(self, product: int) -> bool:
        """Whether a product is on sale and earns its price."""
        offer = self.model.products[product]
        if self.model.day < offer.launch_day or offer.severity >= STOPPED:
            return False
        return product == A800 or offer.contract_cny / offer.performance <= self.model.value_in_use

    def plan_order(self, product: int) -> None:
        """Stock adjustment, inflated by the expected fill rate."""
        p, line = self.model.p, self.lines[product]
        offers = self.model.products
        fill = max(line.fill_rate, p["orders.fill_floor"])
        worn = p["clouds.scrap"] * self.capacity_cards / DAYS_PER_MONTH
        growth = max(self.growth_cards_per_day, 0.0) + worn
        wanted = wanted_cards(
            self.need_cards,
            p["orders.target_utilisation"],
            growth,
            line.expected_lead_days,
            p["primary.base_lead_days"],
            logistic(self.ban_log_odds),
            p["orders.safety_days"],
            p["orders.hoarding"],
            p["orders.precaution_days"],
        )
        present = self.equivalents(self.stock, self.assembly, self.online)
        backlog = sum(
            offer.performance * other.backlog_cards
            for offer, other in zip(offers, self.lines, strict=True)
            if offer.severity < STOPPED
        )
        order = weekly_order(
            growth,
            wanted,
            present,
            line.expected_lead_days,
            fill,
            backlog,
            p["orders.adjustment"],
            p["orders.supply_line"],
        )
        performance = offers[product].performance
        gaming = gaming_left(p["orders.gaming"], p["primary.deposit_share"])
        written = inflated_order(order, fill, gaming, self.need_cards, p["orders.month_cap"])
        line.desired_order_cards = int(written / performance)
        if order < 0.0 and present > SURPLUS_MARGIN * wanted:
            line.desired_cancel_cards = int(p["orders.cancellation"] * line.backlog_cards)
        if self.framework and product == A800 and self.is_framework_week():
            year = DAYS_PER_YEAR * (growth / performance) - max(present - wanted, 0.0) / performance
            line.desired_framework_cards = int(p["orders.framework_cover"] * max(year, 0.0))

    def is_framework_week(self) -> bool:
        """Whether framework orders go out this week."""
        month = self.model.month % MONTHS_PER_YEAR + 1
        return month == int(self.model.p["orders.framework_month"]) and self.model.day_of_month < FRAMEWORK_DAYS

    def plan_fraction(self) -> None:
        """Choose the fraction of list to post, once a week."""
        if self.plans_today():
            p = self.model.p
            self.desired_fraction = posted_fraction(
                self.posted_fraction,
                self.tightness,
                p["orders.target_utilisation"],
                p["clouds.fraction_start"],
                p["clouds.fraction_slope"],
                p["clouds.fraction_gain"],
                p["clouds.fraction_low"],
                p["clouds.fraction_high"],
            )

    def post_fraction(self) -> None:
        """Post it."""
        self.posted_fraction = self.desired_fraction

    # -------------------------------------------------------------- tenders

    def bid_in_tenders(self) -> None:
        """Set a floor, or stay out, in every tender it is invited to."""
        for tender in self.model.tenders:
            if self in tender.floors:
                floor = self.floor_for(tender)
                if floor is None:
                    del tender.floors[self]
                else:
                    tender.floors[self] = int(floor * BASIS_POINTS)

    def floor_for(self, tender: Tender) -> float | None:
        """Lowest fraction of list it would take, None when it could not deliver."""
        p, model = self.model.p, self.model
        line, offer = self.lines[A800], self.model.products[A800]
        due_soon = line.backlog_cards * min(1.0, QUARTER_DAYS / max(line.expected_lead_days, 1.0))
        if offer.severity >= STOPPED:
            due_soon = 0.0
        deliverable = max(self.free_cards, 0) + max(line.fill_rate, p["orders.fill_floor"]) * due_soon
        if not self.is_open or deliverable < p["tenders.confidence"] * tender.cards:
            return None
        values = {
            ENTRANT: p["tenders.entrant_value"],
            DEFENDER: p["tenders.defender_value"],
            GAINER: p["tenders.gainer_value"],
        }
        error = p["tenders.floor_error"] * self.random.gauss(0.0, 1.0)  # luck: floor(self.key, n=tender.startup.key)
        server, life = p["servers.server_cost_cny"], p["clouds.card_life_months"]
        opex = p["clouds.opex_cny_per_card_month"]
        break_even = break_even_fraction(offer.contract_cny, server, life, opex, model.list_rent)
        locked_in = p["tenders.retention"] * max(0.0, self.posted_fraction - break_even)
        floor = max(break_even - locked_in - values.get(self.aspiration, 0.0) + error, 0.0)
        if self.random.random() < p["tenders.unagreed"]:  # luck: authority(self.key, n=tender.startup.key)
            floor = max(floor, p["tenders.authority_fraction"])
        return floor

    # -------------------------------------------------------------- serving

    def serve(self) -> None:
        """Divide the cards online: set-aside, customers by price, then the rest of own models."""
        p, performance = self.model.p, self.model.performance
        self.capacity_cards = int(self.equivalents(self.online)) if self.is_open else 0
        aside = min(int(self.own_priority * self.own_need_cards), self.capacity_cards)
        others = int(self.other_need_cards + self.caller_cards)
        others_price = price_bin(int(self.posted_fraction * 100 * 100))
        asked = Counter({others_price: others})
        for contract in self.contracts.values():
            asked[price_bin(contract.fraction_bp)] += contract.cards
        left, shares = self.capacity_cards - aside, {}
        for price, cards in sorted(asked.items(), reverse=True):
            shares[price] = 1.0 if cards <= left else left / cards
            left -= min(cards, left)
        self.other_served_cards = int(shares[others_price] * others)
        self.own_served_cards = aside + min(left, max(int(self.own_need_cards) - aside, 0))
        self.contract_served_cards = 0
        for contract in self.contracts.values():
            self.serve_contract(contract, int(shares[price_bin(contract.fraction_bp)] * contract.cards))
        used = self.own_served_cards + self.other_served_cards + self.contract_served_cards
        stock = sum(speed * cards for speed, cards in zip(performance, self.stock, strict=True))
        promised = self.contract_cards - self.contract_served_cards
        self.free_cards = self.capacity_cards - used - promised + int(stock)
        memory, online = 1.0 / p["clouds.usage_memory_days"], max(self.capacity_cards, 1)
        self.utilisation += memory * (used / online - self.utilisation)
        tightness = self.need_cards / max(online + stock, 1.0)
        self.tightness += memory * (min(tightness, TIGHTEST) - self.tightness)

    def serve_contract(self, contract: Contract, served: int) -> None:
        """Serve a customer, and wear or restore its patience."""
        cards = contract.cards
        if served < cards and (contract.promised_card_days == 0 or contract.served_today == cards):
            self.model.log("shortfall_began", contract.startup, self.id, cards - served, 0, contract.contract)
        contract.served_today = served
        contract.served_card_days += served
        contract.promised_card_days += cards
        contract.short_card_days += cards - served
        if served == cards:
            contract.short_card_days -= int(self.model.p["serving.patience_recovery"] * contract.short_card_days)
        self.contract_served_cards += served

    # -------------------------------------------------------------- auction and bills

    def quote(self) -> None:
        """Bid for a part of the gap and of routine growth, or offer a part of surplus stock."""
        p, model = self.model.p, self.model
        self.reservation_cny = adjusted_bid(self.reservation_cny, model.worth(self.taste), p["spot.bid_adjustment"])
        gap = self.need_cards - self.equivalents(self.stock, self.assembly, self.online)
        surplus = min(self.stock[A800], -gap)
        if not self.is_open:
            self.post_quote(A800, model.products[A800].spot_cny * FORCED_DISCOUNT, -self.stock[A800])
        elif surplus > 0.0:
            quantity = self.whole_cards(surplus * p["spot.idle_sale"] / DAYS_PER_WEEK)
            self.post_quote(A800, self.reservation_cny, -quantity)
        else:
            worn = p["clouds.scrap"] * self.capacity_cards / DAYS_PER_MONTH
            routine = p["spot.routine_share"] * max(self.growth_cards_per_day + worn, 0.0)
            quantity = self.whole_cards(max(gap, 0.0) * p["spot.buy_rate"] / DAYS_PER_WEEK + routine)
            self.post_quote(A800, self.reservation_cny, quantity)
            substitute = model.products[H20]
            if model.day >= substitute.launch_day:
                self.post_quote(H20, self.reservation_cny * substitute.performance, quantity)

    def pay_bills(self) -> None:
        """Customers pay for realised use; operation; the parent pays in; depreciation is noted."""
        p, model = self.model.p, self.model
        rent = model.list_rent * self.posted_fraction / DAYS_PER_MONTH
        by_card = self.other_need_cards / max(self.other_need_cards + self.caller_cards, 1.0)
        earned = fen(p["clouds.realised_use"] * by_card * self.other_served_cards * rent)
        if self.is_open:
            earned += fen(self.curious_customers * p["clouds.caller_revenue_cny"] / DAYS_PER_MONTH)
        self.cash_fen += earned
        self.month_revenue_fen += earned
        online, buffer = sum(self.online), fen(p["clouds.parent_buffer_cny"])
        operation = fen(p["clouds.opex_cny_per_card_month"] / DAYS_PER_MONTH) * online
        if self.cash_fen < operation + buffer and p["clouds.parent_support"] > 0.0 and self.is_open:
            self.cash_fen = operation + 2 * buffer
        if self.cash_fen < operation:
            self.status = 0
        self.cash_fen -= min(operation, self.cash_fen)
        self.month_opex_fen += operation
        life_days = model.card_life_days
        self.month_historic_fen += int(self.basis_fen / max(self.owned_cards(), 1) * online / life_days)
        replacement = model.products[A800].spot_cny + p["servers.server_cost_cny"]
        self.month_replacement_fen += fen(online * replacement / life_days)
        self.month_online_days += self.capacity_cards
        self.month_own_days += self.own_served_cards

    def wind_up(self) -> None:
        """Once out of business, take the cards out of their servers and hand the money to the parent."""
        if not self.is_open:
            if self.capacity_cards > 0:
                self.model.log("firm_failed", self, "parents")
                self.capacity_cards = 0
            self.unrack()
            self.cash_fen = 0
