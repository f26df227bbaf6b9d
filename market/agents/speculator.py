"""A speculator as a Mesa agent; its rules are those of `market.decisions.speculator`."""

from __future__ import annotations

from typing import Any

from market.agents.face import Decision, RowAgent, not_negative, read_quote, shows, write_quote
from market.state import trader as q


def _write_expectation(agent: Speculator, value: Any) -> None:
    agent.world.speculator_f64[q.EXPECTED_CNY, agent.row] = not_negative(agent, "expected_price", value)


@shows(q.SPECULATOR_I64, q.SPECULATOR_F64)
class Speculator(RowAgent):
    """A speculator. Override `expected_price` for another heuristic, or `quote` for another way to trade."""

    DECISIONS = (
        Decision("expected_price", "decisions.speculator.decide_expectations", _write_expectation),
        Decision("quote", "decisions.speculator.decide_quotes", write_quote),
    )

    def expected_price(self) -> float:
        """Price expected at the horizon without a stop of supply, in CNY per card."""
        return float(self.expected_cny)

    def quote(self) -> tuple[float, int]:
        """Limit price in CNY and cards for the A class: bid above zero, offered below."""
        return read_quote(self)
