"""A server maker as a Mesa agent; its rules are those of `market.decisions.server_maker`."""

from __future__ import annotations

from typing import Any

from market.agents.face import Decision, RowAgent, read_quote, shows, whole_number, write_quote
from market.state import primary, trader
from market.state.products import A800


def _write_line(agent: ServerMaker, value: Any) -> None:
    agent.world.maker_i64[trader.DESIRED_LINE, agent.row] = whole_number(agent, "line", value)


def _write_order(agent: ServerMaker, value: Any) -> None:
    b = agent.world.maker_i64[trader.BUYER, agent.row]
    agent.world.buyer_i64[primary.DESIRED_ORDER, A800, b] = whole_number(agent, "order", value)


@shows(trader.MAKER_I64, trader.MAKER_F64)
class ServerMaker(RowAgent):
    """A server maker."""

    DECISIONS = (
        Decision("line", "decisions.server_maker.decide_line", _write_line),
        Decision("order", "decisions.server_maker.decide_orders", _write_order),
        Decision("quote", "decisions.server_maker.decide_quotes", write_quote),
    )

    def line(self) -> int:
        """Cards it offers to assemble today."""
        return int(self.desired_line_cards)

    def order(self) -> int:
        """A-class cards to order from NVIDIA today."""
        return int(self.world.buyer_i64[primary.DESIRED_ORDER, A800, self.world.maker_i64[trader.BUYER, self.row]])

    def quote(self) -> tuple[float, int]:
        """Limit price in CNY and cards for the A class: bid above zero, offered below."""
        return read_quote(self)
