"""What the market records: a row a day, and a row a month of every recorded firm."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from mesa.datacollection import DataCollector

from tests.benchmarks.rules import A800, DAYS_PER_MONTH, FEN_PER_CNY, H20, PRODUCTS, USERS_DAYS, logistic

if TYPE_CHECKING:
    from tests.benchmarks.idiomatic.firm import Firm
    from tests.benchmarks.idiomatic.model import IdiomaticMarket

STOPPED_FOR_GOOD = 0.999
FIRM_COLUMNS = (
    "month", "firm", "in_transit_cards", "stock_cards", "assembly_cards", "online_cards", "cash_cny", "revenue_cny",
    "cost_cny", "opex_cny", "own_training_share", "historic_depreciation_cny", "replacement_depreciation_cny",
    "free_cards", "need_cards", "posted_fraction", "ban_belief", "market_share",
)  # fmt: skip


def collector() -> DataCollector:
    """The record of the days and the table of firms."""
    daily = {
        "spot_price_cny": lambda m: m.products[A800].spot_cny,
        "spot_price_h20_cny": lambda m: m.products[H20].spot_cny if m.day >= m.products[H20].launch_day else math.nan,
        "spot_volume_cards": "volume_today",
        "rent_cny_per_card_month": mean_rent_paid,
        "rent_quote_cny_per_card_month": lambda m: m.signed_rent / m.signed_cards if m.signed_cards else math.nan,
        "list_rent_cny_per_card_month": "list_rent",
        "lead_time_months": lead_time_months,
        "fill_rate": fill_rate,
        "backlog_cards": lambda m: m.nvidia.backlog(A800),
        "true_demand_cards": true_demand_cards,
        "ordered_cards": "ordered_today",
        "delivered_cards": "delivered_today",
        "online_cards": lambda m: sum(cloud.capacity_cards for cloud in m.clouds),
        "used_cards": used_cards,
        "idle_share": idle_share,
        "hoarded_cards": hoarded_cards,
        "ban_belief": ban_belief,
        "switches": "switches_today",
        "tenders": "tenders_today",
        "startups_alive": lambda m: len(m.alive),
        "nvidia_china_revenue_cny": "nvidia_revenue",
        "grey_imports_cards": "imported_today",
        "speculator_cards": speculator_cards,
        "trained_card_days": "trained_card_days",
        "value_in_use_cny": "value_in_use",
        "wait_months": "wait_months",
    }
    return DataCollector(model_reporters=daily, tables={"firms": list(FIRM_COLUMNS)})


def mean_rent_paid(market: IdiomaticMarket) -> float:
    """Mean rent on running contracts."""
    contracts = [contract for cloud in market.clouds for contract in cloud.contracts.values()]
    cards = sum(contract.cards for contract in contracts)
    paid = sum(contract.cards * contract.rent_fen for contract in contracts)
    return paid * DAYS_PER_MONTH / FEN_PER_CNY / cards if cards > 0 else math.nan


def lead_time_months(market: IdiomaticMarket) -> float:
    """Open book over monthly supply, capped; unknown once supply has stopped."""
    offer = market.products[A800]
    supply = offer.supply_cards_per_month * (1.0 - offer.severity)
    if offer.severity >= STOPPED_FOR_GOOD or supply <= 0.0:
        return math.nan
    return min(market.nvidia.backlog(A800) / supply, market.p["primary.lead_max_days"] / DAYS_PER_MONTH)


def fill_rate(market: IdiomaticMarket) -> float:
    """Delivered in the month over opening book and orders."""
    total = market.month_opening_book + market.month_ordered
    return market.month_delivered / total if total > 0 else math.nan


def true_demand_cards(market: IdiomaticMarket) -> float:
    """Need of startups, clouds' own models and other industries."""
    startups = sum(startup.need_cards for startup in market.alive)
    return startups + sum(cloud.own_need_cards + cloud.other_need_cards for cloud in market.clouds)


def used_cards(market: IdiomaticMarket) -> int:
    """Clouds' cards in use."""
    return sum(
        cloud.own_served_cards + cloud.other_served_cards + cloud.contract_served_cards for cloud in market.clouds
    )


def idle_share(market: IdiomaticMarket) -> float:
    """One less used over online."""
    online = sum(cloud.capacity_cards for cloud in market.clouds)
    return 1.0 - used_cards(market) / online if online > 0 else math.nan


def speculator_cards(market: IdiomaticMarket) -> int:
    """Cards held by speculators."""
    return sum(speculator.stock[A800] for speculator in market.speculators)


def hoarded_cards(market: IdiomaticMarket) -> float:
    """Speculators' stock, and users' beyond 30 days of assembly."""
    room = USERS_DAYS * sum(maker.line_cards_per_day for maker in market.makers)
    return sum(max(cloud.stock[A800] - room, 0.0) for cloud in market.clouds) + speculator_cards(market)


def ban_belief(market: IdiomaticMarket) -> float:
    """Belief in a stop of supply, weighted by cards."""
    held = [(1.0 + firm.owned_cards(), logistic(firm.ban_log_odds)) for firm in market.believers]
    total = sum(cards for cards, _ in held)
    return sum(cards * belief for cards, belief in held) / total if total > 0.0 else math.nan


def firm_row(market: IdiomaticMarket, firm: Firm) -> dict[str, Any]:
    """A firm's row of the month."""
    row: dict[str, Any] = dict.fromkeys(FIRM_COLUMNS, math.nan)
    stages = {"in_transit": firm.in_transit, "stock": firm.stock, "assembly": firm.assembly, "online": firm.online}
    row |= {f"{stage}_cards": sum(cards[product] for product in PRODUCTS) for stage, cards in stages.items()}
    row |= {"month": market.month, "firm": firm.id, "cash_cny": firm.cash_cny}
    return row | KIND_ROWS[type(firm).__name__](market, firm)


def _cloud_row(market: IdiomaticMarket, cloud: Any) -> dict[str, Any]:
    served = sum(other.contract_served_cards + other.other_served_cards for other in market.clouds)
    return {
        "revenue_cny": cloud.month_revenue_fen / FEN_PER_CNY,
        "cost_cny": (cloud.month_opex_fen + cloud.month_historic_fen) / FEN_PER_CNY,
        "opex_cny": cloud.month_opex_fen / FEN_PER_CNY,
        "own_training_share": cloud.month_own_days / max(cloud.month_online_days, 1),
        "historic_depreciation_cny": cloud.month_historic_fen / FEN_PER_CNY,
        "replacement_depreciation_cny": cloud.month_replacement_fen / FEN_PER_CNY,
        "free_cards": cloud.free_cards,
        "need_cards": cloud.need_cards,
        "posted_fraction": cloud.posted_fraction,
        "ban_belief": logistic(cloud.ban_log_odds),
        "market_share": (cloud.contract_served_cards + cloud.other_served_cards) / max(served, 1e-9),
    }


def _trader_row(market: IdiomaticMarket, firm: Any) -> dict[str, Any]:
    return {"revenue_cny": firm.revenue_fen / FEN_PER_CNY, "cost_cny": firm.cost_fen / FEN_PER_CNY}


def _startup_row(market: IdiomaticMarket, startup: Any) -> dict[str, Any]:
    return _trader_row(market, startup) | {"need_cards": startup.need_cards}


def _speculator_row(market: IdiomaticMarket, speculator: Any) -> dict[str, Any]:
    return {
        "revenue_cny": speculator.month_sales_fen / FEN_PER_CNY,
        "cost_cny": speculator.month_cost_fen / FEN_PER_CNY,
        "ban_belief": logistic(speculator.ban_log_odds),
    }


def _nvidia_row(market: IdiomaticMarket, nvidia: Any) -> dict[str, Any]:
    return {"revenue_cny": nvidia.month_revenue_cny}


KIND_ROWS = {
    "Nvidia": _nvidia_row,
    "Cloud": _cloud_row,
    "ServerMaker": _trader_row,
    "Speculator": _speculator_row,
    "Startup": _startup_row,
}
