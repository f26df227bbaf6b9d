"""NVIDIA as a Mesa agent, and rules of allotment written in Python; its own are those of `market.decisions.nvidia`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from market.agents.face import Decision, RowAgent
from market.errors import UsageError
from market.scenarios import register_allotment_rule_name
from market.state import primary, scene
from market.state.products import PRODUCTS
from market.state.world import DAY_OF_MONTH

AllotmentRule = Callable[[int, np.ndarray, np.ndarray], Sequence[int]]
"""``rule(supply, due, past_deliveries)``: cards for each buyer, none above what is due to it, in all at most supply."""

ALLOTMENT_RULES: dict[str, AllotmentRule] = {}


def allotment_rule(name: str) -> Callable[[AllotmentRule], AllotmentRule]:
    """Register an allotment rule written in Python under the name that scenarios use for it."""

    def register(rule: AllotmentRule) -> AllotmentRule:
        ALLOTMENT_RULES[name] = rule
        register_allotment_rule_name(name)
        return rule

    return register


def _write_allotment(agent: Nvidia, value: Any) -> None:
    if not isinstance(value, dict) or not set(value) <= set(PRODUCTS):
        allowed = f"cards for each buyer by product, of {', '.join(PRODUCTS)}"
        raise UsageError("allotments", value, allowed, _origin(agent))
    for name, granted in value.items():
        product = PRODUCTS.index(name)
        due, supply = agent.world.buyer_i64[primary.DUE, product], agent.supply(name)
        cards = _whole_cards(granted)
        if cards is None or not _is_possible(cards, due, supply):
            allowed = f"{due.size} whole numbers from zero up to what is due ({due.tolist()}), {supply} in all"
            raise UsageError(f"allotment of {name}", granted, allowed, _origin(agent))
        agent.world.buyer_i64[primary.DESIRED_ALLOTMENT, product] = cards


def _is_possible(cards: np.ndarray, due: np.ndarray, supply: int) -> bool:
    is_within = cards.shape == due.shape and bool((cards >= 0).all() and (cards <= due).all())
    return is_within and int(cards.sum()) <= supply


def _origin(agent: Nvidia) -> str:
    rule = agent.model.scenario.market.allotment
    return f"allotment rule {rule!r}" if rule in ALLOTMENT_RULES else type(agent).__name__


def _whole_cards(granted: Any) -> np.ndarray | None:
    """The cards as whole numbers, None when they are not."""
    try:
        cards = np.asarray(granted)
    except ValueError:
        return None
    if cards.dtype.kind not in "iuf" or not np.isfinite(cards).all() or (np.floor(cards) != cards).any():
        return None
    return cards.astype(np.int64)


class Nvidia(RowAgent):
    """NVIDIA. Override `allot` to split the month's supply by another rule."""

    DECISIONS = (Decision("allotments", "decisions.nvidia.decide_allotment", _write_allotment),)

    def supply(self, product: str = "a800") -> int:
        """Cards of a product to allot this month, after rules in force."""
        k = PRODUCTS.index(product)
        prices = self.world.product_f64
        return int(prices[scene.SUPPLY, k] * (1.0 - prices[scene.SEVERITY, k]))

    def allotments(self) -> dict[str, Sequence[int]]:
        """Cards granted to each direct buyer, by product; nothing but on the first day of each month."""
        if self.world.calendar[DAY_OF_MONTH, self.model.day] != 0:
            return {}
        due, past = self.world.buyer_i64[primary.DUE], self.world.buyer_i64[primary.PAST_DELIVERIES]
        return {
            name: self.allot(name, self.supply(name), due[k].copy(), past[k].copy()) for k, name in enumerate(PRODUCTS)
        }

    def allot(self, product: str, supply: int, due: np.ndarray, past: np.ndarray) -> Sequence[int]:
        """Cards for each direct buyer (rows of `buyer_ids`); the rule named by the scenario unless overridden.

        Parameters
        ----------
        product : str
            Product to allot.
        supply : int
            Cards there are.
        due, past : int64 arrays (buyers,)
            Cards due to each buyer, and delivered to it before.
        """
        rule = ALLOTMENT_RULES.get(self.model.scenario.market.allotment)
        if rule is not None:
            return rule(supply, due, past)
        return self.world.buyer_i64[primary.DESIRED_ALLOTMENT, PRODUCTS.index(product)]

    def buyer_ids(self) -> list[str]:
        """Ids of the direct buyers, in the order of `allot`."""
        return [self.model.cast.ids[account] for account in self.world.buyer_account[primary.ACCOUNT]]
