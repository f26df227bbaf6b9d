"""What both twins write things down in: products, orders, a buyer's line with a chip maker, contracts, tenders."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.benchmarks.opening import Traits


@dataclass(slots=True, eq=False)
class Product:
    """Price, supply and rules of a product."""

    spot_cny: float
    last_cny: float
    smoothed_cny: float
    contract_cny: float
    performance: float
    supply_cards_per_month: float
    smoothed_supply: float
    severity: float
    last_severity: float
    lead_days: float
    desired_lead_days: float
    integration_left_days: float
    launch_day: float


@dataclass(slots=True, eq=False)
class Order:
    """An order placed with a chip maker."""

    number: int
    placed_day: int
    due_day: int
    promised_day: int
    cards: int
    is_framework: int
    deposit_fen: int
    delivered_cards: int = 0
    cancelled_cards: int = 0
    first_delivery_day: int = -1
    last_delivery_day: int = -1

    @property
    def open_cards(self) -> int:
        """Cards neither delivered nor cancelled."""
        return self.cards - self.delivered_cards - self.cancelled_cards


@dataclass(slots=True, eq=False)
class Line:
    """A direct buyer's business in one product; `orders` are the open ones, oldest first."""

    firm: Any
    product: int
    insists_on_penalty: bool
    backlog_cards: int
    due_cards: int
    month_allotted_cards: int
    month_delivered_cards: int
    past_deliveries_cards: int
    expected_lead_days: float
    fill_rate: float
    credibility: float
    desired_order_cards: int = 0
    desired_framework_cards: int = 0
    desired_cancel_cards: int = 0
    granted_cards: int = 0
    orders: list[Order] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Contract:
    """A startup's contract with a cloud."""

    contract: int
    startup: Any
    cloud: Any
    cards: int
    rent_fen: int
    fraction_bp: int
    start_day: int
    end_day: int
    tender: int
    kind: int
    served_today: int
    served_card_days: int = 0
    promised_card_days: int = 0
    short_card_days: int = 0
    stopped_day: int = -1
    reason: str = ""
    price_class: int = 0


@dataclass(slots=True, eq=False)
class Tender:
    """A tender of today: who asks for how many cards, and the floors of the clouds invited."""

    startup: Any
    cards: int
    floors: dict[Any, int]


def made(kind: type, traits: Traits, **others: Any) -> Any:
    """A record whose fields are found in `traits` or among `others`."""
    names = kind.__dataclass_fields__  # type: ignore[attr-defined]
    return kind(**{name: traits[name] for name in names if name in traits and name not in others}, **others)


def take(agent: Any, traits: Traits) -> None:
    """Give an agent every trait that its classes declare."""
    for face in reversed(type(agent).__mro__):
        for name in vars(face).get("__annotations__", {}):
            if name in traits:
                setattr(agent, name, traits[name])
