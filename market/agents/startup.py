"""A startup as a Mesa agent; its rules are those of `market.decisions.startup` and `market.decisions.hosting`."""

from __future__ import annotations

from typing import Any

import numpy as np

from market.agents.face import MOST_CARDS, Decision, RowAgent, not_negative, read_quote, shows, write_quote
from market.errors import UsageError
from market.state import scene
from market.state import startup as s
from market.state.columns import narrow
from market.state.draw import patience_days
from market.state.products import A800, PRODUCTS, STAGES


def _write_need(agent: Startup, value: Any) -> None:
    need = not_negative(agent, "need_tomorrow", value, MOST_CARDS)
    agent.world.startup_f32[s.NEED_CARDS, agent.row] = narrow(need)


def _write_exit(agent: Startup, value: Any) -> None:
    if not isinstance(value, (bool, np.bool_)):
        raise UsageError("gives_up", value, "True or False", f"{type(agent).__name__} {agent.id}")
    agent.world.startup_i8[s.DESIRED_EXIT, agent.row] = int(value)


@shows(s.I64, s.I32, s.I16, s.I8, s.F32)
class Startup(RowAgent):
    """A startup."""

    DECISIONS = (
        Decision("need_tomorrow", "decisions.startup.decide_need", _write_need),
        Decision("quote", "decisions.startup.decide_quotes", write_quote),
        Decision("gives_up", "decisions.startup.decide_exit", _write_exit),
    )

    def need_tomorrow(self) -> float:
        """Cards it will want to use."""
        return float(self.need_cards)

    def quote(self) -> tuple[float, int]:
        """Limit price in CNY and cards for the A class: bid above zero, offered below."""
        return read_quote(self)

    def gives_up(self) -> bool:
        """Whether it winds up today."""
        return bool(self.desired_exit)

    def hosts(self) -> list[str]:
        """Ids of the clouds it has contracts with."""
        records = self.world.startup_i32[s.FIRST_CONTRACT : s.FIRST_CONTRACT + s.N_SLOTS, self.row]
        first = int(self.world.clock[scene.FIRST_CLOUD])
        return [self.model.cast.ids[first + int(self.world.contract_i32[r, s.CLOUD])] for r in records if r]

    def cards(self, product: str = "a800", stage: str = "online") -> int:
        """Cards of a product in a stage; startups hold none but A-class cards."""
        count = self.world.startup_i32[s.TRANSIT_CARDS + STAGES.index(stage), self.row]
        return int(count) if PRODUCTS.index(product) == A800 else 0

    @property
    def revenue_fen(self) -> int | None:
        """Revenue of this month in fen; None for a startup that is not on the record."""
        return self._of_month(s.REVENUE_FEN)

    @property
    def cost_fen(self) -> int | None:
        """Cost of this month in fen; None for a startup that is not on the record."""
        return self._of_month(s.COST_FEN)

    @property
    def patience_days(self) -> float:
        """Days of full shortfall that it bears."""
        return float(patience_days(self.model.handle, self.row))

    def _of_month(self, column: int) -> int | None:
        months = self.world.startup_month_i64
        return int(months[column, self.row]) if self.row < months.shape[1] else None
