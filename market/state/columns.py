"""How a column of state is declared: once, with its unit and meaning, in a block of one type.

`Block.column` returns the row of a two-dimensional array, a plain integer that compiled rules freeze. The
declarations are also what the tables of state variables in the documentation are printed from.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

__all__ = ["BLOCKS", "Block", "Column", "Names"]


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
        """An empty block for members of the given shape."""
        return np.zeros((len(self.columns), *shape), dtype=self.dtype)


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
