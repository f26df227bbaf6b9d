"""Startups: money, need, hosts, bids, bills and failure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tests.benchmarks.idiomatic.tenant import Tenant
from tests.benchmarks.opening import Traits
from tests.benchmarks.rules import (
    A800,
    ALIVE,
    DAYS_PER_MONTH,
    DAYS_PER_WEEK,
    FAILED,
    FEN_PER_CNY,
    LEAST_GROWTH,
    LEAST_MONTHS,
    LOGGED_STARTUPS,
    PRODUCTS,
    STARTUP_FAILED,
    STOPPED,
    UNBORN,
    UNMET_SHARE,
    adjusted_bid,
    boom,
    fen,
    inflated_ambition,
)

if TYPE_CHECKING:
    from tests.benchmarks.idiomatic.maker import ServerMaker
    from tests.benchmarks.idiomatic.model import IdiomaticMarket


class Startup(Tenant):
    """A startup with at most two contracts."""

    founded_day: int
    ambition_day: int
    search_days: int
    run_card_days: int
    is_running: int
    revenue_fen: int
    capital_fen: int
    is_insolvent: int
    calls_cards: float
    calls_growth: float
    ambition_cards: float
    scale: float
    taste: float
    reservation_cny: float
    revenue_per_call_cny: float

    def __init__(self, model: IdiomaticMarket, traits: Traits, row: int) -> None:
        super().__init__(model, traits)
        self.is_logged = row < LOGGED_STARTUPS
        self.buys_direct = traits["buyer"] >= 0
        asked = traits["asked_maker"]
        self.asked_maker: ServerMaker | None = model.maker_rows[asked] if asked >= 0 else None
        self.contracts = [None, None]
        self.desired_lease_cards = 0
        self.desired_host = None
        self.desired_slot = -1
        self.desired_cause = ""

    # -------------------------------------------------------------- money and need

    def raise_money(self) -> None:
        """Close a funding round today, or not."""
        if self.status != ALIVE:
            return
        p, climate = self.model.p, self.model.climate
        hazard = p["funding.hazard"] * climate / DAYS_PER_MONTH
        if self.random.random() < hazard:  # luck: funding_round(self.key)
            size = p["funding.median_round_cny"] * max(1.0 + p["funding.climate_size"] * (climate - 1.0), 0.0)
            quantile = self.random.gauss(0.0, 1.0)  # luck: round_size(self.key)
            luckiness = math.exp(p["startups.size_spread"] * 0.5 * quantile)
            amount = int(size * self.scale * luckiness) * FEN_PER_CNY
            if amount > 0:
                self.cash_fen += amount
                self.model.log("funding_round", self, "investors", 0, amount)

    def update_need(self) -> None:
        """Plan the cards to use, use more or fewer, and count the days without a host."""
        if self.status != ALIVE:
            self.need_cards = self.planned_need_cards = 0.0
            return
        p, model = self.model.p, self.model
        self.plan_need()
        growth = self.calls_growth if model.climate >= 1.0 else p["startups.calls_late"] / DAYS_PER_MONTH
        if model.day % DAYS_PER_WEEK == 0:
            growth += p["startups.calls_luck"] * self.random.gauss(0.0, 1.0)  # luck: calls(self.key)
        self.calls_cards *= max(1.0 + growth, LEAST_GROWTH)
        unmet = self.need_cards - self.equivalents(self.online) - self.contract_cards()
        if unmet > UNMET_SHARE * self.need_cards and unmet >= 1.0:
            self.search_days += 1
            if not self.buys_direct:
                model.unserved_need += unmet
            if self.asked_maker is None and self.search_days >= p["startups.buy_gap_days"]:
                self.ask_for_servers(int(unmet))
        else:
            self.search_days = 0
            self.asked_maker = None

    def plan_need(self) -> None:
        """Cards for calls and for the next training run, within the budget; use follows the plan slowly."""
        p, model = self.model.p, self.model
        climate = model.climate
        months = p["startups.runway_months"] * max(1.0 - p["startups.runway_boom"] * boom(climate), LEAST_MONTHS)
        ambition = self.ambition_cards if model.day >= self.ambition_day else 0.0
        run = ambition * inflated_ambition(climate, p["startups.ambition_climate"])
        ahead = self.calls_cards * (1.0 + self.calls_growth * DAYS_PER_MONTH * p["startups.plan_ahead_months"])
        revenue = self.calls_cards * self.revenue_per_call_cny
        budget = p["startups.compute_share"] * (self.cash_cny / months + revenue)
        planned = max(min(max(ahead, run), budget / max(model.mean_rent, 1.0)), 0.0)
        self.planned_need_cards = planned
        present = min(planned, max(self.calls_cards, run))
        rate = p["startups.need_up"] if present > self.need_cards else p["startups.need_down"]
        self.need_cards += rate / DAYS_PER_WEEK * (present - self.need_cards)

    def ask_for_servers(self, cards: int) -> None:
        """Turn to the server maker with most cards in stock."""
        if len(self.model.makers) > 0:
            self.asked_maker = max(self.model.makers, key=lambda maker: maker.stock[A800])
            self.model.log("servers_asked", self, self.asked_maker.id, cards)

    def plan_orders(self) -> None:
        """A direct buyer orders what it plans to use and has neither got nor ordered."""
        line, product = self.lines[A800], self.model.products[A800]
        line.desired_order_cards = 0
        line.desired_cancel_cards = line.backlog_cards if self.status == FAILED else 0
        if self.status == ALIVE and product.severity < STOPPED and self.plans_today():
            missing = self.planned_need_cards - self.equivalents(self.stock, self.assembly, self.online)
            missing -= line.backlog_cards
            if missing >= self.model.p["primary.minimum_lot_cards"]:
                line.desired_order_cards = int(missing)

    def send_to_line(self) -> None:
        """Hand all cards in stock to the assembly lines."""
        if self.status == ALIVE:
            for product in PRODUCTS:
                self.assembly[product] += self.stock[product]
                self.stock[product] = 0

    # -------------------------------------------------------------- training

    def train(self) -> None:
        """Move a training run a day on, or stop it and lose what was not checkpointed."""
        if self.status != ALIVE:
            return
        p = self.model.p
        own = int(self.equivalents(self.online))
        served = own + sum(contract.served_today for contract in self.contracts if contract is not None)
        promised = own + self.contract_cards()
        if promised == 0 or served < p["serving.gang_share"] * promised:
            if self.is_running and self.run_card_days > 0 and promised > 0:
                self.model.lost_card_days += self.run_card_days
                self.model.log("run_interrupted", self, None, self.run_card_days)
            self.run_card_days = self.is_running = 0
            return
        self.is_running = 1
        self.run_card_days += served
        if self.run_card_days >= p["serving.checkpoint_days"] * served:
            self.model.trained_card_days += self.run_card_days
            self.run_card_days = 0

    # -------------------------------------------------------------- auction, bills, exit

    def quote(self) -> None:
        """Bid for cards when nobody hosts it; offer a failed startup's cards."""
        model, p = self.model, self.model.p
        if self.status == ALIVE:
            self.reservation_cny = adjusted_bid(self.reservation_cny, model.worth(self.taste), p["spot.bid_adjustment"])
            if self.asked_maker is not None:
                self.bid_for_servers()
        elif self.status == FAILED and self.stock[A800] > 0:
            price = min(self.reservation_cny, model.products[A800].spot_cny)
            self.reservation_cny = price * (1.0 - p["spot.ask_adjustment"] / DAYS_PER_WEEK)
            self.post_quote(A800, self.reservation_cny, -self.stock[A800])

    def bid_for_servers(self) -> None:
        """Bid for a part of what is missing, within the budget."""
        model, p = self.model, self.model.p
        gap = max(self.gap(self.need_cards) - self.equivalents(self.stock, self.assembly), 0.0)
        if self.buys_direct:
            gap = max(gap - self.lines[A800].backlog_cards, 0.0)
        price = model.products[A800].spot_cny + p["servers.server_cost_cny"]
        gap = min(gap, p["startups.compute_share"] * self.cash_cny / price)
        cards = self.whole_cards(gap * p["spot.buy_rate"] / DAYS_PER_WEEK)
        self.post_quote(A800, self.reservation_cny, cards)

    def pay_bills(self) -> None:
        """Revenue in; rents, operation of own cards and staff out; insolvent if that is too much."""
        if self.status != ALIVE:
            return
        p = self.model.p
        revenue = fen(self.calls_cards * self.revenue_per_call_cny / DAYS_PER_MONTH)
        self.cash_fen += revenue
        self.revenue_fen += revenue
        dues = [
            (contract.cloud, contract.rent_fen * contract.served_today)
            for contract in self.contracts
            if contract is not None
        ]
        rents = sum(due for _, due in dues)
        payable, before = min(rents, self.cash_fen), 0
        for cloud, due in dues:
            if due > 0:
                self.pay_rent(cloud, payable * (before + due) // rents - payable * before // rents)
                before += due
        operation = fen(p["clouds.opex_cny_per_card_month"] / DAYS_PER_MONTH) * sum(self.online)
        staff = fen(p["startups.staff_cny_per_month"] * self.scale / DAYS_PER_MONTH)
        self.is_insolvent = payable < rents or self.cash_fen < operation + staff
        self.cash_fen -= min(operation, self.cash_fen)
        self.cash_fen -= min(staff, self.cash_fen)
        self.cost_fen += payable + operation + staff

    def enter_or_exit(self) -> None:
        """Be founded on its day, give up when insolvent, hand what is left to the investors."""
        model = self.model
        if self.status == UNBORN and self.founded_day == model.day:
            self.status = ALIVE
            self.cash_fen += self.capital_fen
            model.log("firm_founded", self, "investors", 0, self.capital_fen)
        elif self.status == ALIVE and self.is_insolvent:
            self.status = FAILED
            for slot, contract in enumerate(self.contracts):
                if contract is not None:
                    model.end(self, slot, STARTUP_FAILED)
            self.unrack()
            model.log("firm_failed", self, "investors", 0, self.cash_fen)
        if self.status == FAILED:
            self.cash_fen = 0
