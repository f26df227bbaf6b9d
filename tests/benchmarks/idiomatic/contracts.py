"""Contracts between startups and clouds, and the tenders in which large ones are won."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.benchmarks.allotment import descend
from tests.benchmarks.idiomatic.valuation import ValuationModel
from tests.benchmarks.records import Contract, Tender
from tests.benchmarks.rules import BASIS_POINTS, CONSOLIDATED, DAYS_PER_MONTH, FEN_PER_CNY, TENDER, fen

if TYPE_CHECKING:
    from tests.benchmarks.idiomatic.cloud import Cloud
    from tests.benchmarks.idiomatic.startup import Startup


class ContractModel(ValuationModel):
    """A model in which contracts are signed, ended and put out to tender."""

    n_contracts: int
    n_tenders: int
    tenders: list[Tender]
    ended: list[Contract]

    def rent_per_day(self, fraction_bp: int) -> int:
        """Rent in fen per card and day at a fraction of list."""
        return fen(self.list_rent * fraction_bp / BASIS_POINTS / DAYS_PER_MONTH)

    def sign(
        self, startup: Startup, slot: int, cloud: Cloud, cards: int, fraction_bp: int, term: int, tender: int, kind: int
    ) -> None:
        """Sign a contract; its first day of service is today."""
        self.n_contracts += 1
        rent = self.rent_per_day(fraction_bp)
        contract = Contract(
            self.n_contracts, startup, cloud, cards, rent, fraction_bp, self.day, self.day + term, tender, kind, cards
        )
        startup.contracts[slot] = cloud.contracts[contract.contract] = contract
        cloud.contract_cards += cards
        cloud.free_cards -= cards
        month_rent = int(rent * DAYS_PER_MONTH)
        self.log("contract_signed", startup, cloud.id, cards, month_rent, contract.contract, kind)
        if kind != TENDER:
            self.signed_cards += cards
            self.signed_rent += month_rent / FEN_PER_CNY * cards

    def end(self, startup: Startup, slot: int, reason: str) -> None:
        """End a contract."""
        contract = startup.contracts[slot]
        cloud = contract.cloud
        cloud.contract_cards -= contract.cards
        cloud.free_cards += contract.served_today
        contract.stopped_day, contract.reason = self.day, reason
        startup.contracts[slot] = None
        del cloud.contracts[contract.contract]
        self.log("contract_ended", startup, cloud.id, contract.cards, 0, contract.contract, reason)
        if startup.is_logged:
            self.ended.append(contract)

    def hold_tenders(self) -> None:
        """Collect today's tenders and their floors, and hold them in a shuffled order."""
        self.tenders = []
        self.collect_tenders()
        self.tenders_today = len(self.tenders)
        self.random.shuffle(self.tenders)  # luck: tender_turn()
        for tender in self.tenders:
            self.hold_tender(tender)

    def collect_tenders(self) -> None:
        """Who puts compute out to tender, and the floors."""
        self.startups.do("consider_tender")
        self.clouds.do("bid_in_tenders")

    def hold_tender(self, tender: Tender) -> None:
        """Let the invited bid down; the last one signs at the price at which its last rival left."""
        p, startup = self.p, tender.startup
        self.n_tenders += 1
        startup.last_tender_day = self.day
        self.log("tender_opened", startup, None, tender.cards, 0, self.n_tenders)
        for cloud, floor in tender.floors.items():
            rent = int(self.rent_per_day(floor) * DAYS_PER_MONTH)
            is_authority = floor == int(p["tenders.authority_fraction"] * BASIS_POINTS)
            self.log("bid", cloud, startup.id, tender.cards, rent, self.n_tenders, floor, is_authority)
        start, step = int(p["tenders.start_fraction"] * BASIS_POINTS), int(p["tenders.step_fraction"] * BASIS_POINTS)
        last, price = descend(tender.floors, start, step)
        if not last:
            return
        cloud = self.random.choice(last)  # luck: tender_tie(by=startup.key)
        rent = int(self.rent_per_day(price) * DAYS_PER_MONTH)
        self.log("tender_awarded", startup, cloud.id, tender.cards, rent, self.n_tenders, price)
        if None in startup.contracts:
            slot = startup.contracts.index(None)
        else:
            slot = min((0, 1), key=lambda slot: startup.contracts[slot].cards)
            self.end(startup, slot, CONSOLIDATED)
        self.sign(startup, slot, cloud, tender.cards, price, int(p["tenders.term_days"]), self.n_tenders, TENDER)
