"""Startups: money, need, hosts, bids, bills and failure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tests.benchmarks.idiomatic.firm import Firm
from tests.benchmarks.opening import Traits
from tests.benchmarks.records import Contract, Tender
from tests.benchmarks.rules import (
    A800,
    ALIVE,
    AT_RENEWAL,
    BASIS_POINTS,
    DAYS_PER_MONTH,
    DAYS_PER_WEEK,
    EXPIRED,
    FAILED,
    FEN_PER_CNY,
    HOST_FAILED,
    LEAST_GROWTH,
    LEAST_MONTHS,
    LOGGED_STARTUPS,
    MAX_TENDERS,
    NEED_GONE,
    NO_ASPIRATION,
    ON_DEMAND,
    OUT_OF_PATIENCE,
    POACHED,
    PRODUCTS,
    REGULAR,
    SMALLEST_LEASE,
    STARTUP_FAILED,
    STOPPED,
    UNBORN,
    UNMET_SHARE,
    adjusted_bid,
    boom,
    fen,
    inflated_ambition,
    value_of_host,
)

if TYPE_CHECKING:
    from tests.benchmarks.idiomatic.cloud import Cloud
    from tests.benchmarks.idiomatic.maker import ServerMaker
    from tests.benchmarks.idiomatic.model import IdiomaticMarket


class Startup(Firm):
    """A startup with at most two contracts."""

    status: int
    founded_day: int
    ambition_day: int
    last_tender_day: int
    n_tenders: int
    search_days: int
    run_card_days: int
    done_card_days: int
    lost_card_days: int
    is_running: int
    revenue_fen: int
    cost_fen: int
    capital_fen: int
    is_insolvent: int
    need_cards: float
    calls_cards: float
    calls_growth: float
    ambition_cards: float
    scale: float
    taste: float
    patience_days: float
    reservation_cny: float
    revenue_per_call_cny: float
    planned_need_cards: float

    def __init__(self, model: IdiomaticMarket, traits: Traits, row: int) -> None:
        super().__init__(model, traits)
        self.is_logged = row < LOGGED_STARTUPS
        self.buys_direct = traits["buyer"] >= 0
        asked = traits["asked_maker"]
        self.asked_maker: ServerMaker | None = model.maker_rows[asked] if asked >= 0 else None
        self.contracts: list[Contract | None] = [None, None]
        self.desired_lease_cards = 0
        self.desired_host: Cloud | None = None
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
        self.planned_need_cards = max(min(max(ahead, run), budget / max(model.mean_rent, 1.0)), 0.0)
        present = min(self.planned_need_cards, max(self.calls_cards, run))
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

    # -------------------------------------------------------------- hosts

    def contract_cards(self) -> int:
        """Cards promised by its hosts."""
        return sum(contract.cards for contract in self.contracts if contract is not None)

    def gap(self, need: float) -> float:
        """Part of a need that neither its own cards nor a contract cover."""
        return max(need - self.equivalents(self.online) - self.contract_cards(), 0.0)

    def rests_after_tender(self) -> bool:
        """Whether its last tender was not long ago."""
        last, pause = self.last_tender_day, self.model.p["tenders.pause_days"]
        return last >= 0 and self.model.day - last < pause

    def price_weight(self) -> float:
        """Weight of price: higher the shorter the runway."""
        p = self.model.p
        spending = self.need_cards * self.model.mean_rent / p["startups.compute_share"] + 1.0
        short = max(0.0, 1.0 - self.cash_cny / (p["startups.runway_months"] * spending))
        return p["leases.price_weight"] * (1.0 + p["leases.runway_weight"] * short)

    def best_host(self, cards: float, at_least: float) -> Cloud | None:
        """The cloud of highest value, taste included, that has enough free cards."""
        p = self.model.p
        weight = self.price_weight()
        hosts = [contract.cloud for contract in self.contracts if contract is not None]
        best, best_value = None, -math.inf
        for cloud in self.model.clouds:
            if not cloud.is_open or cloud.free_cards < at_least or cloud in hosts:
                continue
            if cards >= p["tenders.size_cards"] and not cloud.is_named:
                continue
            value = value_of_host(
                cloud.posted_fraction, cloud.free_cards, cards, weight, p["leases.capacity_weight"], 0.0
            )
            race = self.random.expovariate(1.0)  # luck: host_choice(cloud.key, by=self.key)
            value -= p["leases.luck"] * math.log(race)
            if value > best_value:
                best, best_value = cloud, value
        return best

    def look_for_host(self) -> None:
        """Look for a host for need that is too small for a tender."""
        self.desired_host, self.desired_lease_cards = None, 0
        if self.status != ALIVE or self.buys_direct or None not in self.contracts:
            return
        p = self.model.p
        unmet = self.gap(self.need_cards)
        if unmet < max(SMALLEST_LEASE, UNMET_SHARE * self.need_cards):
            return
        if self.gap(self.planned_need_cards) >= p["tenders.size_cards"] and not self.rests_after_tender():
            return
        if self.random.random() < p["leases.search_rate"]:  # luck: search(self.key)
            self.desired_host = self.best_host(unmet, p["serving.switch_share"] * unmet)
            self.desired_lease_cards = int(unmet)

    def sign_lease(self) -> None:
        """Sign with the chosen host while it has cards free."""
        p, host, wanted = self.model.p, self.desired_host, self.desired_lease_cards
        room = int(host.free_cards - p["leases.safety_share"] * host.capacity_cards)
        cards = min(wanted, room)
        if cards > 0 and cards >= p["serving.switch_share"] * wanted:
            self.sign_at_posted_price(self.contracts.index(None), host, cards, wanted)

    def sign_at_posted_price(self, slot: int, host: Cloud, cards: int, wanted: int) -> None:
        """Sign a regular contract, or one on demand when little is wanted."""
        p = self.model.p
        kind = ON_DEMAND if wanted < p["leases.on_demand_cards"] else REGULAR
        term = int(p["leases.on_demand_term_days"] if kind == ON_DEMAND else p["leases.term_days"])
        self.model.sign(self, slot, host, cards, int(host.posted_fraction * BASIS_POINTS), term, 0, kind)

    def consider_tender(self) -> None:
        """Put large unmet need out to tender and invite clouds."""
        model, p = self.model, self.model.p
        if len(model.tenders) == MAX_TENDERS or self.status != ALIVE or self.buys_direct or self.rests_after_tender():
            return
        unmet = self.gap(self.planned_need_cards)
        if unmet < p["tenders.size_cards"]:
            return
        if None not in self.contracts:
            smaller = min(self.contracts, key=lambda contract: contract.cards)
            if smaller.tender > 0:
                return
            unmet += smaller.cards
        model.tenders.append(Tender(self, int(unmet), dict.fromkeys(self.invited_clouds(), 0)))

    def invited_clouds(self) -> list[Cloud]:
        """Clouds drawn without replacement by share and aspiration."""
        p, times = self.model.p, {}
        for cloud in self.model.clouds:
            weight = cloud.share + (p["tenders.aspiration_weight"] if cloud.aspiration != NO_ASPIRATION else 0.0)
            if cloud.is_open and cloud.is_named and weight > 0.0:
                times[cloud] = self.random.expovariate(1.0) / weight  # luck: invitation(cloud.key, by=self.key)
        return sorted(times, key=times.__getitem__)[: int(p["tenders.invited"])]

    # -------------------------------------------------------------- training and moving

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
                self.lost_card_days += self.run_card_days
                self.model.log("run_interrupted", self, None, self.run_card_days)
            self.run_card_days = self.is_running = 0
            return
        self.is_running = 1
        self.run_card_days += served
        if self.run_card_days >= p["serving.checkpoint_days"] * served:
            self.done_card_days += self.run_card_days
            self.run_card_days = 0

    def consider_switch(self) -> None:
        """Choose a contract to move today and the host to move to."""
        self.desired_slot = -1
        if self.status != ALIVE:
            return
        for slot, contract in enumerate(self.contracts):
            if contract is not None and self.desired_slot < 0:
                self.consider_leaving(slot, contract)

    def consider_leaving(self, slot: int, contract: Contract) -> None:
        """Decide whether, why and for whom to leave a host."""
        p, cause = self.model.p, self.cause_to_leave(slot, contract)
        if not cause:
            return
        rival = self.best_host(contract.cards, p["serving.switch_share"] * contract.cards)
        if rival is not None and cause == AT_RENEWAL and not self.is_better(contract, rival):
            rival = None
        if rival is not None and cause == POACHED and not self.listens(contract, rival):
            rival = None
        if rival is not None or cause in (AT_RENEWAL, HOST_FAILED):
            self.desired_slot, self.desired_host, self.desired_cause = slot, rival, cause

    def cause_to_leave(self, slot: int, contract: Contract) -> str:
        """Why it would leave today, empty for no cause."""
        p, random = self.model.p, self.random
        borne = self.patience_days * contract.cards
        if not contract.cloud.is_open:
            return HOST_FAILED
        if self.model.day >= contract.end_day:
            return AT_RENEWAL
        if contract.short_card_days > borne:
            is_searching = random.random() < p["leases.search_rate"]  # luck: search(self.key, n=slot + 1)
            return OUT_OF_PATIENCE if is_searching else ""
        is_short = contract.served_today < (1.0 - p["serving.poach_shortfall"]) * contract.cards
        if contract.short_card_days > p["serving.poach_patience"] * self.patience_days * contract.cards and is_short:
            is_approached = random.random() < p["serving.approach_rate"]  # luck: approach(self.key, n=slot)
            return POACHED if is_approached else ""
        return ""

    def value_of_rival(self, rival: Cloud, cards: int) -> float:
        """Value of a rival, taste apart."""
        weight, capacity = self.price_weight(), self.model.p["leases.capacity_weight"]
        return value_of_host(rival.posted_fraction, rival.free_cards, cards, weight, capacity, 0.0)

    def is_better(self, contract: Contract, rival: Cloud) -> bool:
        """Whether a rival beats staying at today's posted fraction."""
        p, host = self.model.p, contract.cloud
        free = host.free_cards + contract.served_today
        weights = self.price_weight(), p["leases.capacity_weight"], p["leases.loyalty"]
        stay = value_of_host(host.posted_fraction, free, contract.cards, *weights)
        return self.value_of_rival(rival, contract.cards) > stay

    def listens(self, contract: Contract, rival: Cloud) -> bool:
        """Whether a rival's capacity is worth its price while the host is short."""
        p, cards = self.model.p, max(contract.cards, 1.0)
        stay = p["leases.loyalty"] - self.price_weight() * contract.fraction_bp / BASIS_POINTS
        stay -= p["leases.wait_weight"] * contract.short_card_days / cards / DAYS_PER_MONTH
        stay += p["leases.capacity_weight"] * (contract.served_today / cards - 1.0)
        return self.value_of_rival(rival, contract.cards) > stay

    def move(self) -> None:
        """Renew, or move if the chosen host has room."""
        contract, host = self.contracts[self.desired_slot], self.desired_host
        if self.desired_cause == AT_RENEWAL:
            self.renew(contract, host)
            return
        if host is None or host.free_cards < max(self.model.p["serving.switch_share"] * contract.cards, 1.0):
            if self.desired_cause == HOST_FAILED:
                self.leave(self.desired_slot, HOST_FAILED)
            return
        self.switch(host, min(contract.cards, host.free_cards))

    def renew(self, contract: Contract, rival: Cloud | None) -> None:
        """Renew here or at the better offer, for today's need."""
        slot, host = self.desired_slot, contract.cloud
        other = self.contracts[1 - slot]
        elsewhere = other.cards if other is not None else 0
        wanted = int(max(self.need_cards - self.equivalents(self.online) - elsewhere, 0.0))
        if wanted < SMALLEST_LEASE:
            self.leave(slot, NEED_GONE)
        elif rival is not None and rival.free_cards >= max(self.model.p["serving.switch_share"] * wanted, 1.0):
            self.switch(rival, min(wanted, rival.free_cards))
        else:
            cards = min(wanted, max(contract.cards, contract.served_today + host.free_cards))
            self.leave(slot, EXPIRED)
            self.sign_for_tomorrow(slot, host, cards)

    def switch(self, host: Cloud, cards: int) -> None:
        """Leave one host for another."""
        model, slot, old = self.model, self.desired_slot, self.contracts[self.desired_slot].cloud
        named = [cloud for cloud in model.clouds if cloud is not old and cloud.is_named]
        most_free = max(named, key=lambda cloud: cloud.free_cards, default=None)
        self.leave(slot, self.desired_cause)
        self.sign_for_tomorrow(slot, host, cards)
        model.switches_today += 1
        detail = old.id, self.desired_cause, most_free.id if most_free is not None else None
        model.log("switched", self, host.id, cards, 0, *detail)

    def leave(self, slot: int, reason: str) -> None:
        """Pay the host for today and end its contract."""
        contract = self.contracts[slot]
        paid = min(contract.rent_fen * contract.served_today, self.cash_fen)
        self.pay_rent(contract.cloud, paid)
        self.cost_fen += paid
        self.model.end(self, slot, reason)

    def sign_for_tomorrow(self, slot: int, host: Cloud, cards: int) -> None:
        """Sign at the posted fraction; serving begins tomorrow."""
        self.sign_at_posted_price(slot, host, cards, cards)
        self.contracts[slot].served_today = 0

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

    def pay_rent(self, cloud: Cloud, amount: int) -> None:
        """Pay a host."""
        self.cash_fen -= amount
        cloud.cash_fen += amount
        cloud.month_revenue_fen += amount

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
