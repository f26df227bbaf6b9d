"""A cloud as a Mesa agent; its rules are those of `market.decisions.cloud`."""

from __future__ import annotations

from typing import Any

from market.agents.face import (
    MOST_CARDS,
    Decision,
    RowAgent,
    not_negative,
    read_quote,
    shows,
    whole_number,
    write_quote,
)
from market.decisions.cloud import BASIS_POINTS
from market.errors import UsageError
from market.state import cloud as c
from market.state import primary, scene
from market.state.products import A800
from market.state.world import FIRST_FLOOR, NOT_BIDDING

MOST_FRACTION = 2.0  # of list, that a decision written in Python may ask


def _write_own_need(agent: Cloud, value: Any) -> None:
    agent.world.cloud_f64[c.DESIRED_OWN_NEED, agent.row] = not_negative(
        agent, "own_model_need_tomorrow", value, MOST_CARDS
    )


def _write_fraction(agent: Cloud, value: Any) -> None:
    agent.world.cloud_f64[c.DESIRED_FRACTION, agent.row] = not_negative(agent, "fraction_to_post", value, MOST_FRACTION)


def _write_order(agent: Cloud, value: Any) -> None:
    b = agent.world.cloud_i64.item(c.BUYER, agent.row)
    agent.world.buyer_i64[primary.DESIRED_ORDER, A800, b] = whole_number(agent, "order", value)


def _write_floors(agent: Cloud, value: Any) -> None:
    if isinstance(value, dict) and not value:
        return
    row = agent.world.tender_i64[FIRST_FLOOR + agent.row]
    invited = Cloud.tender_floors(agent)
    if not isinstance(value, dict) or not set(value) <= set(invited):
        allowed = f"a floor or None by tender, of the tenders {sorted(invited)}"
        raise UsageError("tender_floors", value, allowed, f"{type(agent).__name__} {agent.id}")
    for k, floor in value.items():
        row[k] = NOT_BIDDING
        if floor is not None:
            row[k] = round(not_negative(agent, "tender_floors", floor, MOST_FRACTION) * BASIS_POINTS)


def _write_set_aside(agent: Cloud, value: Any) -> None:
    agent.world.cloud_i64[c.DESIRED_SET_ASIDE, agent.row] = whole_number(agent, "set_aside", value)


@shows(c.I64, c.F64)
class Cloud(RowAgent):
    """A cloud. Override any of its decisions."""

    DECISIONS = (
        Decision("own_model_need_tomorrow", "decisions.cloud.decide_own_need", _write_own_need),
        Decision("order", "decisions.cloud.decide_orders", _write_order),
        Decision("fraction_to_post", "decisions.cloud.decide_fraction", _write_fraction),
        Decision("tender_floors", "decisions.cloud.decide_floors", _write_floors),
        Decision("set_aside", "decisions.cloud.decide_set_aside", _write_set_aside),
        Decision("quote", "decisions.cloud.decide_quotes", write_quote),
    )

    def own_model_need_tomorrow(self) -> float:
        """Cards it plans to use for its own models."""
        return self.world.cloud_f64.item(c.DESIRED_OWN_NEED, self.row)

    def order(self) -> int:
        """A-class cards to order from NVIDIA today."""
        world = self.world
        return world.buyer_i64.item(primary.DESIRED_ORDER, A800, world.cloud_i64.item(c.BUYER, self.row))

    def fraction_to_post(self) -> float:
        """Fraction of list to ask of regular customers."""
        return self.world.cloud_f64.item(c.DESIRED_FRACTION, self.row)

    def tender_floors(self) -> dict[int, float | None]:
        """Its floor, a fraction of list or None for no bid, in each of today's tenders it is invited to."""
        n_tenders = int(self.world.scene_f64.item(scene.TENDERS_TODAY))
        if n_tenders == 0:
            return {}
        row = self.world.tender_i64[FIRST_FLOOR + self.row, :n_tenders]
        return {k: int(floor) / BASIS_POINTS for k, floor in enumerate(row) if floor != NOT_BIDDING}

    def set_aside(self) -> int:
        """Cards to set aside for own models before any customer."""
        return self.world.cloud_i64.item(c.DESIRED_SET_ASIDE, self.row)

    def quote(self) -> tuple[float, int]:
        """Limit price in CNY and cards for the A class: bid above zero, offered below."""
        return read_quote(self)
