"""How a column of state is declared: once, with its unit and meaning, in a block of one type.

`Block.column` returns the row of a two-dimensional array, a plain integer that compiled rules freeze. The
declarations are also what the tables of state variables in the documentation are printed from.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from market.kernels.compile import IS_INTERPRETED, compiled

__all__ = ["BLOCKS", "Block", "Column", "Names", "narrow", "wide"]

Number = TypeVar("Number", int, float)


@dataclass(frozen=True, slots=True)
class Column:
    """One state variable: name, unit and a plain phrase."""

    name: str
    unit: str
    meaning: str


@dataclass
class Block:
    """Columns of one population and type: an array of shape (columns, ..., members)."""

    name: str
    dtype: type
    columns: list[Column] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.name in BLOCKS:
            raise ValueError(f"block {self.name} is declared twice")
        BLOCKS[self.name] = self

    def column(self, name: str, unit: str, meaning: str) -> int:
        """Declare a column and return its row."""
        if any(column.name == name for column in self.columns):
            raise ValueError(f"column {self.name}.{name} is declared twice")
        self.columns.append(Column(name, unit, meaning))
        return len(self.columns) - 1

    def zeros(self, *shape: int) -> np.ndarray:
        """An empty block for members of the given shape, column by column."""
        return np.zeros((len(self.columns), *shape), dtype=_width_of(self.dtype))

    def records(self, n: int) -> np.ndarray:
        """An empty block for `n` members, member by member: of shape (n, columns)."""
        return np.zeros((n, len(self.columns)), dtype=_width_of(self.dtype))


@compiled
def wide(number: Number) -> Number:
    """A number of a narrow column in 64 bits: so every compiled function is compiled for such numbers, and once."""
    return 1 * number


@compiled
def narrow(number: float) -> float:
    """A real number as a narrow column keeps it: rounded alike where interpreted code is given a wide one."""
    return np.float64(np.float32(number))


def _width_of(dtype: type) -> type:
    """The type in which numbers of this type are kept.

    Compiled code computes in 64 bits whatever is stored. NumPy's scalars would compute in the stored width and
    overflow, so interpreted code is given the full one.
    """
    if not IS_INTERPRETED:
        return dtype
    return np.int64 if np.issubdtype(dtype, np.integer) else np.float64


BLOCKS: dict[str, Block] = {}


class Names(dict[str, int]):
    """An open list of names with meanings, numbered in the order of declaration."""

    def __init__(self) -> None:
        super().__init__()
        self.meanings: list[str] = []

    def add(self, name: str, meaning: str) -> int:
        """Declare a name and return its number."""
        if name in self:
            raise ValueError(f"{name} is declared twice")
        self[name] = len(self.meanings)
        self.meanings.append(meaning)
        return self[name]

    def label(self, number: int) -> str:
        """The name with this number."""
        return list(self)[number]
