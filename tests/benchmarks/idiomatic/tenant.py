"""How a startup finds hosts: leases, tenders, and when it moves."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tests.benchmarks.idiomatic.firm import Firm
from tests.benchmarks.records import Contract, Tender
from tests.benchmarks.rules import (
    ALIVE,
    AT_RENEWAL,
    BASIS_POINTS,
    DAYS_PER_MONTH,
    EXPIRED,
    HOST_FAILED,
    LARGEST_CONTRACT,
    MAX_TENDERS,
    NEED_GONE,
    NO_ASPIRATION,
    ON_DEMAND,
    OUT_OF_PATIENCE,
    POACHED,
    REGULAR,
    SMALLEST_LEASE,
    UNMET_SHARE,
    value_of_host,
)

if TYPE_CHECKING:
    from tests.benchmarks.idiomatic.cloud import Cloud


class Tenant(Firm):
    """A firm that rents compute under at most two contracts."""

    status: int
    last_tender_day: int
    cost_fen: int
    need_cards: float
    planned_need_cards: float
    patience_days: float
    buys_direct: bool
    contracts: list[Contract | None]
    desired_lease_cards: int
    desired_host: Cloud | None
    desired_slot: int
    desired_cause: str

    # -------------------------------------------------------------- choosing

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
        cards = min(wanted, room, LARGEST_CONTRACT)
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
        model.tenders.append(Tender(self, min(int(unmet), LARGEST_CONTRACT), dict.fromkeys(self.invited_clouds(), 0)))

    def invited_clouds(self) -> list[Cloud]:
        """Clouds drawn without replacement by share and aspiration."""
        p, times = self.model.p, {}
        for cloud in self.model.clouds:
            weight = cloud.share + (p["tenders.aspiration_weight"] if cloud.aspiration != NO_ASPIRATION else 0.0)
            if cloud.is_open and cloud.is_named and weight > 0.0:
                times[cloud] = self.random.expovariate(1.0) / weight  # luck: invitation(cloud.key, by=self.key)
        return sorted(times, key=times.__getitem__)[: int(p["tenders.invited"])]

    # -------------------------------------------------------------- moving

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
        wanted = min(wanted, LARGEST_CONTRACT)
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

    def pay_rent(self, cloud: Cloud, amount: int) -> None:
        """Pay a host."""
        self.cash_fen -= amount
        cloud.cash_fen += amount
        cloud.month_revenue_fen += amount
