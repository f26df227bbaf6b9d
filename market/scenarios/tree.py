"""Scenario files as trees: tables by key, lists of firms and rules by id, and where each value came from.

A file that extends another is a patch: its tables are merged into the other's key by key, its entries of an
array of tables by id (`remove = true` drops one, a new id adds one), and its plain lists replace the other's
whole. The merge keeps, for every path, the file that set it, so that an error or a printed value can name
its origin.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from market.errors import Problem, suggest

Tree = dict[str, Any]
Path = tuple[str, ...]

KEY_OF_TABLE: Mapping[str, str] = {
    "rule": "id",
    "substitute": "product",
    "cloud": "id",
    "server_maker": "id",
    "startup": "id",
}
"""The arrays of tables, and the key that identifies their entries."""

PARAMETERS = "parameters"
SECTIONS = ("population", "market", "supply", "funding")
REMOVE = "remove"
SOURCE = "source"


def to_tree(document: Mapping[str, Any], origin: str = "") -> tuple[Tree, list[Problem]]:
    """Return a document with its arrays of tables as tables by id, and what is wrong with those ids."""
    tree: Tree = {key: value for key, value in document.items() if key not in KEY_OF_TABLE}
    problems: list[Problem] = []
    for table, key in KEY_OF_TABLE.items():
        if table not in document:
            continue
        entries = document[table]
        if not isinstance(entries, list | tuple) or not all(isinstance(entry, dict) for entry in entries):
            allowed = f"entries written as [[{table}]], each with its {key}"
            problems.append(Problem(table, shown(entries), allowed, origin))
            continue
        tree[table] = _by_key(table, key, entries, origin, problems)
    return tree, problems


def _by_key(table: str, key: str, entries: Any, origin: str, problems: list[Problem]) -> Tree:
    """Return entries by id, noting those without a usable id and those that come twice."""
    found: Tree = {}
    for position, entry in enumerate(entries, start=1):
        id = entry.get(key)
        if not isinstance(id, str) or not id:
            problems.append(Problem(f"{table}[{position}].{key}", shown(id), "a text that names it", origin))
        elif id in found:
            problems.append(Problem(f"{table}.{id}.{key}", id, f"every {key} once; it occurs twice", origin))
        else:
            found[id] = dict(entry)
    return found


def to_document(tree: Mapping[str, Any]) -> dict[str, Any]:
    """Return a tree with its arrays of tables as lists again; the inverse of `to_tree`."""
    return {
        key: list(value.values()) if key in KEY_OF_TABLE and isinstance(value, dict) else value
        for key, value in tree.items()
    }


class Merged:
    """Files and overrides laid over one another.

    Attributes
    ----------
    tree : dict
        The values in force.
    origins : dict of tuple to str
        For every path that was set, where.
    sources : dict of (tuple, str) to str
        What each layer gave as `source` of a table.
    added : dict of tuple to tuple of str
        For every entry that a layer above the lowest added to an array of tables, the ids there before.
    problems : list of Problem
        What went wrong on the way.
    """

    def __init__(self) -> None:
        self.tree: Tree = {}
        self.origins: dict[Path, str] = {}
        self.sources: dict[tuple[Path, str], str] = {}
        self.added: dict[Path, tuple[str, ...]] = {}
        self.problems: list[Problem] = []

    def lay(self, patch: Mapping[str, Any], origin: str, *, is_base: bool = False) -> None:
        """Lay a document in tree form over what is there.

        Parameters
        ----------
        patch : mapping
            The document, its arrays of tables by id.
        origin : str
            The file or option that it comes from.
        is_base : bool
            True for a file that extends nothing, whose entries are all new.
        """
        before = {table: tuple(self.tree.get(table, ())) for table in KEY_OF_TABLE}
        for key, value in patch.items():
            if key in KEY_OF_TABLE and isinstance(value, dict):
                self._lay_entries(key, value, origin)
            elif key == PARAMETERS and isinstance(value, Mapping):
                values = {".".join(keys): inner for keys, inner in leaves(value)}
                self._lay_value(self.tree, (key,), values, origin)
            else:
                self._lay_value(self.tree, (key,), value, origin)
        if not is_base:
            self.added |= {
                (table, id): known
                for table, known in before.items()
                for id in self.tree.get(table, ())
                if id not in known
            }

    def origin(self, path: Path) -> str:
        """Return where a path, or the nearest one above it, was set."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.origins:
                return self.origins[path[:length]]
        return ""

    def _lay_entries(self, table: str, patch: Mapping[str, Any], origin: str) -> None:
        entries = self.tree.setdefault(table, {})
        for id, entry in patch.items():
            if REMOVE in entry:
                self._remove(table, id, entry[REMOVE], origin)
            else:
                new = {} if id in entries else {KEY_OF_TABLE[table]: id}
                self._lay_value(entries, (table, id), {**new, **entry}, origin)

    def _remove(self, table: str, id: str, value: object, origin: str) -> None:
        entries = self.tree[table]
        path = f"{table}.{id}.{REMOVE}"
        if value is not True:
            self.problems.append(Problem(path, shown(value), "true, or no such key", origin))
        elif id not in entries:
            self.problems.append(unknown_entry(table, id, entries, origin, path))
        else:
            del entries[id]

    def _lay_value(self, parent: Tree, path: Path, value: Any, origin: str) -> None:
        key = path[-1]
        if isinstance(value, dict):
            if not isinstance(parent.get(key), dict):
                parent[key] = {}
                self.origins[path] = origin
            for name, inner in value.items():
                self._lay_value(parent[key], (*path, name), inner, origin)
        else:
            parent[key] = value
            self.origins[path] = origin
            if key == SOURCE and isinstance(value, str):
                self.sources[path[:-1], origin] = value


def unknown_entry(
    table: str, id: str, known: Mapping[str, Any] | tuple[str, ...], origin: str, path: str = ""
) -> Problem:
    """Return the problem of an id that names no firm, rule or product of the scenario."""
    ids = ", ".join(known) or "there is none"
    allowed = f"the {KEY_OF_TABLE[table]} of a {table} of this scenario ({ids})"
    return Problem(path or f"{table}.{id}", id, allowed, origin, suggest(id, known))


def leaves(tree: Mapping[str, Any], path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield every path of a tree that ends in a value."""
    for key, value in tree.items():
        if isinstance(value, Mapping):
            yield from leaves(value, (*path, str(key)))
        else:
            yield (*path, str(key)), value


_LONGEST_INTEGER_BITS = 128


def shown(value: Any) -> Any:
    """Return a value as an error should show it: dates as written, endless integers by their size."""
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, int) and value.bit_length() > _LONGEST_INTEGER_BITS:
        return f"an integer of {value.bit_length()} bits"
    if isinstance(value, dict):
        return f"a table with {len(value)} keys"
    return f"a list of {len(value)}" if isinstance(value, list | tuple) else value
