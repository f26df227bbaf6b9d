"""A population of agents as a Mesa AgentSet whose views are made when they are looked at.

A view costs some hundred bytes and a microsecond, columns cost some tens of bytes; a million startups are columns.
Their length and single members are there at once; whatever needs all of them makes all of them.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from random import Random
from typing import Any

from mesa.agent import AgentSet

from market.agents.face import RowAgent

__all__ = ["Population"]


class Population(AgentSet):
    """An AgentSet over rows, filled on demand."""

    def __init__(self, n: int, make: Callable[[int], RowAgent], random: Random) -> None:
        self._n = 0  # Mesa counts a set while it makes it, which would make all views
        self._make = make
        self._views: dict[int, RowAgent] = {}
        self._is_full = False
        super().__init__([], random=random)
        self._n, self._is_full = n, False

    def view(self, row: int) -> RowAgent:
        """The agent of a row."""
        if row not in self._views:
            self._views[row] = self._make(row)
        return self._views[row]

    def __getstate__(self) -> dict[str, Any]:
        """Rows and the views made so far; the others are made again when they are looked at."""
        return {"n": self._n, "make": self._make, "views": self._views, "is_full": self._is_full, "random": self.random}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._n, self._make, self._views = state["n"], state["make"], state["views"]
        self.random, self._is_full = state["random"], False
        self._filled: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()

    @property
    def _agents(self) -> weakref.WeakKeyDictionary:
        if not self._is_full:
            for row in range(self._n):
                self._filled[self.view(row)] = None
            self._is_full = True
        return self._filled

    @_agents.setter
    def _agents(self, agents: weakref.WeakKeyDictionary) -> None:
        self._filled = agents

    def __len__(self) -> int:
        return self._n

    def __getitem__(self, item: int | slice) -> Any:
        if isinstance(item, slice):
            return [self.view(row) for row in range(*item.indices(self._n))]
        if not -self._n <= item < self._n:
            raise IndexError(f"row {item} of {self._n}")
        return self.view(item % self._n)
