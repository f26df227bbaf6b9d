"""What begins a day: the calendar, rules in force, supply, climate, and what firms believe about a stop."""

from __future__ import annotations

from typing import Any

import mesa
from mesa.agent import AgentSet

from tests.benchmarks.opening import Opening
from tests.benchmarks.records import Product
from tests.benchmarks.rules import A800, CERTAIN, log_odds


class PolicyModel(mesa.Model):
    """A model with a calendar, dated rules and firms that believe."""

    opening: Opening
    p: dict[str, float]
    day: int
    products: list[Product]
    events: list[tuple[Any, ...]]
    nvidia: Any
    clouds: AgentSet
    makers: AgentSet
    speculators: AgentSet
    startups: AgentSet
    believers: AgentSet

    def open_day(self) -> None:
        """Look at the calendar; put rules, supply and climate in force; let beliefs move."""
        opening, day = self.opening, self.day
        self.month, self.day_of_month = opening.month[day], opening.day_of_month[day]
        self.days_in_month, self.weekday = opening.days_in_month[day], opening.weekday[day]
        self.climate = opening.climate[day]
        if self.day_of_month == 0:
            self.open_month()
        memory = 1.0 / self.p["primary.supply_memory_days"]
        for product, offer in enumerate(self.products):
            offer.last_severity = offer.severity
            offer.severity = self.severity(product, "enforced_day")
            offer.supply_cards_per_month = opening.supply[product][day]
            flow = offer.supply_cards_per_month * (1.0 - offer.severity)
            offer.smoothed_supply += memory * (flow - offer.smoothed_supply)
        self.log_news()
        self.move_beliefs()

    def open_month(self) -> None:
        """Begin the firms' records of the month."""
        self.nvidia.month_revenue_cny = 0.0
        for cloud in self.clouds:
            cloud.month_revenue_fen = cloud.month_opex_fen = cloud.month_historic_fen = 0
            cloud.month_replacement_fen = cloud.month_online_days = cloud.month_own_days = 0
        for firm in (*self.makers, *self.startups):
            firm.revenue_fen = firm.cost_fen = 0
        for speculator in self.speculators:
            speculator.month_sales_fen = speculator.month_cost_fen = 0

    def severity(self, product: int, since: str) -> float:
        """Share of a product's flow stopped by rules that are enforced, or announced, by today."""
        open_share = 1.0
        for rule in self.opening.rules:
            is_on = rule[since] <= self.day and not 0.0 <= rule["lifted_day"] <= self.day
            if is_on and int(rule["product_mask"]) >> product & 1:
                open_share *= 1.0 - rule["severity"]
        return 1.0 - open_share

    def log_news(self) -> None:
        """Log what happens to rules today."""
        for number, rule in enumerate(self.opening.rules):
            if rule["severity"] > 0.0 or rule["has_substitute"]:
                for stage in ("rumoured", "announced", "effective"):
                    if rule[f"{stage}_day"] == self.day:
                        self.log(f"rule_{stage}", self.nvidia, None, 0, 0, number)

    def news(self) -> float:
        """Log-odds that today's news adds to an average firm's belief."""
        p, news = self.p, 0.0
        for rule in self.opening.rules:
            if not int(rule["product_mask"]) & 1:
                continue
            if rule["has_substitute"]:
                if rule["announced_day"] == self.day:
                    news += p["beliefs.substitute_news"] * p["beliefs.anticipation"]
                continue
            if rule["rumoured_day"] == self.day:
                news += p["beliefs.rumour_news"] * p["beliefs.anticipation"] * rule["severity"]
            if rule["announced_day"] == self.day:
                news += p["beliefs.announcement_news"] * rule["severity"]
        return news

    def move_beliefs(self) -> None:
        """Move the belief of every cloud, server maker and speculator by a day."""
        announced = CERTAIN * self.severity(A800, "announced_day")
        base = log_odds(max(self.p["beliefs.base"], announced))
        self.mean_belief = sum(firm.ban_log_odds for firm in self.believers) / max(len(self.believers), 1)
        self.believers.do("update_belief", base, self.mean_belief, self.news())

    def log(self, kind: str, actor: Any, other: Any, cards: int = 0, fen_: int = 0, *details: Any) -> None:
        """Append an event; of very many startups only the first ones are logged."""
        if actor.is_logged:
            self.events.append((self.day, kind, actor.id, other, cards, fen_, *details))
