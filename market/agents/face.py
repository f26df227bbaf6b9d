"""The face of the columns: Mesa agents as views of rows, and how a decision is overridden in Python.

An agent owns no state. Its attributes read the row of its population's blocks, and its decision methods return what
the compiled rule has just decided for that row. A subclass that overrides such a method is asked each time that step
of the day is reached, right after the compiled rule; what it returns replaces the rule's decision, within what the
market then allows. An override that repeats ``super()`` therefore changes nothing, to the byte.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

import mesa

from market.errors import UsageError
from market.parameters import spot
from market.state import accounts, trader
from market.state.columns import Block
from market.state.products import N_STAGES, PRODUCTS, STAGES
from market.state.world import World

if TYPE_CHECKING:
    from market.model import GpuMarket

__all__ = ["Decision", "RowAgent", "overridden", "shows", "tick_of"]

Face = TypeVar("Face", bound=type)
MOST_CARDS = 10**9  # in one quote, order or need
MOST_CNY = 1e12
ROUNDING = 1e-6  # part of a tick that a price may be off by rounding


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision that can be overridden in Python.

    Attributes
    ----------
    method : str
        Method of the agent's class.
    after : str
        Step of the day after which it is asked, as in `market.schedule`.
    write : callable
        Puts the returned value into the agent's `desired_*` columns; raises UsageError when it cannot be.
    """

    method: str
    after: str
    write: Callable[[Any, Any], None]


class _NumbersByModel(WeakKeyDictionary):
    """Counters of agents by model. Mesa's own keeps every model that ever was alive, a sweep's worth of memory."""

    def __getitem__(self, model: Any) -> Iterator[int]:
        return self.setdefault(model, itertools.count(1))


class RowAgent(mesa.Agent):
    """A row of a population as a Mesa agent."""

    DECISIONS: tuple[Decision, ...] = ()
    _ids = _NumbersByModel()

    def __init__(self, model: GpuMarket, row: int, account: int) -> None:
        super().__init__(model)
        self.row = row
        self.account = account

    @property
    def world(self) -> World:
        """All state of the model."""
        return self.model.world

    @property
    def id(self) -> str:
        """Stable id, as in the scenario and in every table."""
        return self.model.cast.ids[self.account]

    @property
    def name(self) -> str:
        """Name for people."""
        return self.model.cast.names[self.account]

    @property
    def cash_fen(self) -> int:
        """Money held, in fen."""
        return int(self.world.account_i64[accounts.CASH_FEN, self.account])

    def cards(self, product: str = "a800", stage: str = "online") -> int:
        """Cards of a product in a stage: in_transit, stock, assembly or online."""
        return int(self.world.card_i64[PRODUCTS.index(product) * N_STAGES + STAGES.index(stage), self.account])

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id}>"


def shows(*blocks: Block) -> Callable[[Face], Face]:
    """Give a class a read-only attribute for every column of these blocks."""

    def decorate(face: Face) -> Face:
        for block in blocks:
            for row, column in enumerate(block.columns):
                if not hasattr(face, column.name):
                    setattr(face, column.name, _column(block.name, row, f"{column.meaning} ({column.unit})"))
        return face

    return decorate


def _column(block: str, row: int, doc: str) -> property:
    return property(lambda self: getattr(self.model.world, block).item(row, self.row), doc=doc)


def overridden(face: type[RowAgent], base: type[RowAgent]) -> tuple[Decision, ...]:
    """The decisions of `base` that `face` overrides."""
    return tuple(
        decision for decision in base.DECISIONS if getattr(face, decision.method) is not getattr(base, decision.method)
    )


def tick_of(price_cny: float, tick_cny: float, n_ticks: int) -> int:
    """The price tick at or below a price, on the grid; a tick's own price is that tick."""
    return min(max(int(min(price_cny / tick_cny, n_ticks) + ROUNDING), 1), n_ticks - 1)


def not_negative(agent: RowAgent, field: str, value: Any, high: float = MOST_CNY) -> float:
    """The value as a number from zero to `high`.

    Raises
    ------
    UsageError
        If it is not.
    """
    if type(value) is float and 0.0 <= value <= high:  # nearly always: a subclass may call this every day for each row
        return value
    number = _number(value)
    if not 0.0 <= number <= high:
        raise UsageError(field, value, f"a number from 0 to {high:g}", f"{type(agent).__name__} {agent.id}")
    return number


def whole_number(agent: RowAgent, field: str, value: Any, low: int = 0, high: int = MOST_CARDS) -> int:
    """The value as a whole number from `low` to `high`; a part of one is dropped.

    Raises
    ------
    UsageError
        If it is not a number, or outside.
    """
    if type(value) is int and low <= value <= high:
        return value
    number = _number(value)
    if not low <= number <= high:
        allowed = f"a number from {low} to {high}"
        raise UsageError(field, value, allowed, f"{type(agent).__name__} {agent.id}")
    return int(number)


def _number(value: Any) -> float:
    """The value as a number, not-a-number for what is none (text among them)."""
    if isinstance(value, str):
        return float("nan")
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return float("nan")


def write_quote(agent: RowAgent, value: Any) -> None:
    """Post a quote ``(price in CNY, cards)`` for the A class: bid for above zero cards, offered below.

    The price goes on the grid of ticks, no higher than a cap on resale.
    """
    try:
        price, cards = value
    except (TypeError, ValueError):
        allowed = "a price in CNY and a number of cards"
        raise UsageError("quote", value, allowed, f"{type(agent).__name__} {agent.id}") from None
    world, account = agent.world, agent.account
    limit = min(not_negative(agent, "quote price", price), world.p.item(spot.RESALE_CAP))
    number = whole_number(agent, "quote cards", cards, -MOST_CARDS)
    tick = tick_of(limit, world.p.item(spot.TICK), int(world.p.item(spot.N_TICKS)))
    world.quote_i32[trader.TICK, account] = tick
    world.quote_i32[trader.QUANTITY, account] = number


def read_quote(agent: RowAgent) -> tuple[float, int]:
    """The agent's present quote for the A class, ``(price in CNY, cards)``."""
    world, account = agent.world, agent.account
    price = world.quote_i32.item(trader.TICK, account) * world.p.item(spot.TICK)
    return price, world.quote_i32.item(trader.QUANTITY, account)
