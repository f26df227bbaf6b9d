"""The regulator: dated rules as data. It decides nothing; the calendar of rules does."""

from __future__ import annotations

from market.agents.face import RowAgent
from market.scenarios.schema import DatedRule


class Regulator(RowAgent):
    """Holds the dated rules of the scenario."""

    @property
    def rules(self) -> tuple[DatedRule, ...]:
        """The rules, as the scenario has them."""
        return self.model.scenario.rules

    @property
    def id(self) -> str:
        """Always ``regulator``; it has no account."""
        return "regulator"
