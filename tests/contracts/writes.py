"""What a piece of the day writes: the World before and after, block by block and column by column."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from market.schedule import DAY, Phase
from market.state.columns import BLOCKS
from market.state.world import World

LOGS = ("event_i64", "ended_i32", "delivery_i64")
LOG_HEAD = 2_000  # rows of a log that are looked at: it is emptied before the day
RECORDS = ("contract_i32", "ended_i32")  # kept record by record

Snapshot = dict[str, np.ndarray]


def snapshot(world: World) -> Snapshot:
    """Return a copy of all blocks."""
    return {name: columns_of(name, block).copy() for name, block in world._asdict().items()}


def columns_of(name: str, block: np.ndarray) -> np.ndarray:
    """Return a block column by column, of a log its head."""
    columns = block.T if name in RECORDS else block
    return columns[:, :LOG_HEAD] if name in LOGS else columns


def written(before: Snapshot, world: World) -> dict[str, set[str]]:
    """Return the columns that differ from a snapshot, by block; a column without a name is its number."""
    found: dict[str, set[str]] = {}
    for name, old in before.items():
        new = columns_of(name, getattr(world, name))
        if old.tobytes() == new.tobytes():
            continue
        same = (old == new) | (np.isnan(old) & np.isnan(new))
        rows = np.flatnonzero(~same.reshape(len(same), -1).all(axis=1))
        found[name] = {column_of(name, int(row)) for row in rows}
    return found


def column_of(block: str, row: int) -> str:
    """Return the name of a column."""
    block = {"clock": "clock_i64"}.get(block, block)
    return BLOCKS[block].columns[row].name if block in BLOCKS else str(row)


def numbered_phases() -> Iterator[tuple[Phase, int, int]]:
    """Yield each phase with its first step and the one after its last."""
    first = 0
    for phase in DAY:
        last = first + len(phase.decide) + len(phase.settle)
        yield phase, first, last
        first = last


@dataclass
class Writes:
    """Everything that phases and steps were seen to write."""

    phases: dict[str, dict[str, set[str]]] = field(default_factory=dict)
    steps: dict[str, dict[str, set[str]]] = field(default_factory=dict)

    def watch(self, world: World, run: Callable[[int, int], None]) -> None:
        """Run one day step by step, ``run(first, last)``, and note what each step writes."""
        for phase, first, _ in numbered_phases():
            for number, name in enumerate(phase.decide + phase.settle, start=first):
                before = snapshot(world)
                run(number, number + 1)
                for block, columns in written(before, world).items():
                    self.phases.setdefault(phase.name, {}).setdefault(block, set()).update(columns)
                    self.steps.setdefault(name, {}).setdefault(block, set()).update(columns)
