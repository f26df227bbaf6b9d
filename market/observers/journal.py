"""The journal: what the logs of compiled code have held, in order; it empties them when they are full or read."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from market.state import scene
from market.state.world import World

__all__ = ["Journal"]


class Journal:
    """Chunks of the logs, in order."""

    def __init__(self, world: World, before: Mapping[str, np.ndarray] | None = None) -> None:
        self.world = world
        self._chunks: dict[str, list[np.ndarray]] = {"event": [], "ended": [], "delivery": []}
        for name, rows in (before or {}).items():
            self._chunks[name].append(rows)

    def drain(self) -> None:
        """Take what the logs hold and empty them."""
        clock = self.world.clock
        for name, used in (("event", scene.N_EVENTS), ("ended", scene.N_ENDED), ("delivery", scene.N_DELIVERIES)):
            if clock[used]:
                self._chunks[name].append(self._log(name)[:, : clock[used]].astype(np.int64))
                clock[used] = 0

    def rows(self, name: str) -> np.ndarray:
        """All rows of a log so far, (columns, rows)."""
        self.drain()
        empty = self._log(name)[:, :0].astype(np.int64)
        return np.concatenate([empty, *self._chunks[name]], axis=1)

    def _log(self, name: str) -> np.ndarray:
        return self.world.ended_i32.T if name == "ended" else getattr(self.world, f"{name}_i64")
