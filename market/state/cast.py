"""Who is who: ids and names of all accounts, in order.

Firms with a name are few and kept; the many without one are numbered, and their ids are made when somebody asks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import overload

__all__ = ["Cast", "Roll"]

Number = Callable[[int], str]


class Roll(Sequence[str]):
    """A sequence of text: some that is kept, then `n_more` that a rule makes of their number."""

    def __init__(self, kept: Sequence[str], n_more: int, numbered: Number) -> None:
        self.kept = tuple(kept)
        self._n_more = n_more
        self._numbered = numbered

    def __len__(self) -> int:
        return len(self.kept) + self._n_more

    @overload
    def __getitem__(self, item: int) -> str: ...
    @overload
    def __getitem__(self, item: slice) -> tuple[str, ...]: ...
    def __getitem__(self, item: int | slice) -> str | tuple[str, ...]:
        if isinstance(item, slice):
            n, rows = len(self.kept), range(*item.indices(len(self)))
            return tuple([self.kept[k] if k < n else self._numbered(k - n) for k in rows])
        place = int(item) + len(self) if item < 0 else int(item)
        if not 0 <= place < len(self):
            raise IndexError(f"row {item} of {len(self)}")
        return self.kept[place] if place < len(self.kept) else self._numbered(place - len(self.kept))

    def __iter__(self) -> Iterator[str]:
        yield from self.kept
        yield from map(self._numbered, range(self._n_more))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and len(other) == len(self) and all(map(str.__eq__, self, other))

    def __hash__(self) -> int:
        return hash((self.kept, self._n_more))


@dataclass(frozen=True)
class Cast:
    """Who is who.

    Attributes
    ----------
    ids, names : Roll
        Id and name of every account.
    rules : tuple of str
        Ids of the dated rules, in order.
    listed : tuple of str
        Ids of the accounts that tables may name: all but startups beyond those that are logged.
    """

    ids: Roll
    names: Roll
    rules: tuple[str, ...]
    listed: tuple[str, ...]


def startup_id(number: int) -> str:
    """Id of a startup without a name."""
    return f"startup_{number:04d}"


def startup_name(number: int) -> str:
    """Name of a startup without one."""
    return f"Startup {number:04d}"
