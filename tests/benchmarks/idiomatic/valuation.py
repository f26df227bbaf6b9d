"""Rents and what a card is worth."""

from __future__ import annotations

from tests.benchmarks.idiomatic.policy import PolicyModel
from tests.benchmarks.rules import (
    A800,
    ASCEND_910B,
    DAYS_PER_MONTH,
    FEN_PER_CNY,
    KNOWN_AHEAD_DAYS,
    NO_SUBSTITUTE,
    STOPPED,
    logistic,
    worth_of_card,
)


class ValuationModel(PolicyModel):
    """A model with a list rent, and with users who value cards."""

    list_rent: float
    mean_fraction: float
    market_utilisation: float
    net_rent: float
    value_in_use: float
    present_value_months: float
    card_life_days: float

    @property
    def mean_rent(self) -> float:
        """Rent asked on average."""
        return self.list_rent * self.mean_fraction

    def value_use(self) -> None:
        """Move list toward historic cost; value what a further card would earn."""
        p = self.p
        server, life = p["servers.server_cost_cny"], p["clouds.card_life_months"]
        opex = p["clouds.opex_cny_per_card_month"]
        owned = sum(cloud.owned_cards() for cloud in self.clouds)
        historic = sum(cloud.basis_fen / FEN_PER_CNY for cloud in self.clouds) / max(owned, 1)
        first = (server + self.products[A800].contract_cny) / life + opex
        target = p["clouds.list_rent_cny_per_card_month"] * (historic / life + opex) / first
        self.list_rent += p["clouds.list_adjustment"] / DAYS_PER_MONTH * (target - self.list_rent)
        cards = sum(cloud.capacity_cards for cloud in self.clouds)
        if cards > 0:
            self.mean_fraction = sum(cloud.capacity_cards * cloud.posted_fraction for cloud in self.clouds) / cards
            self.market_utilisation = sum(cloud.capacity_cards * cloud.utilisation for cloud in self.clouds) / cards
        self.net_rent = self.list_rent * self.mean_fraction * self.market_utilisation - opex
        self.value_in_use = max(self.net_rent * self.present_value_months - server, p["spot.tick_cny"])
        self.signed_cards = self.signed_rent = 0.0

    def value_waiting(self) -> None:
        """What waiting for a card, or taking a substitute, costs the average user."""
        p = self.p
        lead = sum(cloud.lines[A800].expected_lead_days for cloud in self.clouds)
        self.wait_months = lead / max(len(self.clouds), 1) / DAYS_PER_MONTH
        self.substitute_cny = NO_SUBSTITUTE
        for product, offer in enumerate(self.products):
            if product == A800 or self.day < offer.launch_day - KNOWN_AHEAD_DAYS or offer.severity >= STOPPED:
                continue
            wait = max(offer.launch_day - self.day, 0.0) + offer.integration_left_days + offer.lead_days
            months = wait / DAYS_PER_MONTH + (p["spot.porting_months"] if product == ASCEND_910B else 0.0)
            waiting = p["spot.wait_weight"] * max(self.net_rent, 0.0) * months
            self.substitute_cny = min(self.substitute_cny, offer.contract_cny / offer.performance + waiting)
        self.worth_cny = self.worth(1.0)

    def worth(self, taste: float) -> float:
        """What a user would pay for a card whose use earns it `taste` times the average."""
        offer = self.products[A800]
        return worth_of_card(
            taste * self.net_rent,
            self.present_value_months,
            self.p["servers.server_cost_cny"],
            offer.contract_cny,
            self.wait_months,
            logistic(self.mean_belief),
            offer.severity >= STOPPED,
            taste * self.substitute_cny,
            self.p["spot.wait_weight"],
        )
