"""The engine's own luck for a twin, so that the two can be compared day by day and not only in distribution.

A twin draws from `random.Random`, as plain Mesa models do. Every line that draws names the engine's draw in a comment
such as ``# luck: search(self.key, n=slot + 1)``: decision, agent's key, number, and ``by`` for luck that belongs to
two. `EngineLuck` takes the place of the generator, reads that comment in the source of the line that called it,
works out the names in it from the caller's variables, and answers with the engine's keyed draw. The twins are not
slowed by a name; a line without one is an error here.
"""

from __future__ import annotations

import linecache
import random
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any

from market.kernels import luck as keyed
from market.state import luck

NAMED = re.compile(r"# luck: (\w+)\((.*)\)")
HERE = str(Path(__file__).parent)
WORLD_KEY = keyed.stable_key("world")


class EngineLuck(random.Random):
    """A generator that answers with the engine's draws.

    Parameters
    ----------
    seed : int
        Seed of the engine's luck.
    """

    def __init__(self, seed: int) -> None:
        super().__init__(0)
        self._of = seed
        self.market: Any = None  # the twin, once it is made

    def random(self) -> float:
        """A keyed uniform draw."""
        return float(keyed.uniform(*self._draw()))

    def gauss(self, mu: float = 0.0, sigma: float = 1.0) -> float:
        """A keyed normal draw."""
        return mu + sigma * float(keyed.normal(*self._draw()))

    def expovariate(self, lambd: float = 1.0) -> float:
        """A keyed exponential draw."""
        return float(keyed.exponential(*self._draw())) / lambd

    def choice(self, seq: Sequence[Any]) -> Any:
        """The member whose keyed bits are least."""
        return min(seq, key=lambda item: int(keyed.bits(*self._draw(_key(item)))))

    def shuffle(self, x: list[Any]) -> None:
        """Put a list in the engine's order of the day: turns by falling bits, the auction's by rising ones."""
        if x:
            sign = 1 if self._draw(0)[1] == luck.AUCTION else -1
            x.sort(key=lambda item: (sign * (int(keyed.bits(*self._draw(_key(item)))) >> (1 - sign)), _key(item)))

    def _draw(self, of: int | None = None) -> tuple[int, int, int, int, int]:
        frame = _drawing_frame()
        found = NAMED.search(linecache.getline(frame.f_code.co_filename, frame.f_lineno))
        if found is None:
            raise LookupError(f"no name of luck at {frame.f_code.co_filename}:{frame.f_lineno}")
        key, n, by = eval(f"_names({found[2]})", {**frame.f_globals, "_names": _names}, frame.f_locals)
        decision = luck.DECISIONS[self._decision(found[1], frame)]
        seed = self._of if by is None else keyed.pair(self._of, by)
        return seed, decision, self.market.day, key if of is None else of, n

    @staticmethod
    def _decision(name: str, frame: FrameType | None) -> str:
        if name != "host_choice":
            return name
        while frame is not None:
            if "lease" in frame.f_code.co_name or "look_for_host" in frame.f_code.co_name:
                return "lease_choice"
            frame = frame.f_back
        return "switch_choice"


def _names(key: int = 0, n: int = 0, by: int | None = None) -> tuple[int, int, int | None]:
    return key, n, by


def _key(item: Any) -> int:
    if isinstance(item, tuple):
        item = item[-1]
    if callable(item):  # a weak reference, as in an AgentSet
        item = item()
    if item is None:
        return WORLD_KEY
    return item.startup.key if hasattr(item, "startup") else item.key


def _drawing_frame() -> FrameType:
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith(HERE) and name != __file__:
            return frame
        frame = frame.f_back
    raise LookupError("no twin among the callers")
