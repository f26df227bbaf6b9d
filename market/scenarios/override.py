"""Overrides of single values, as `--set path=value` and as keyword arguments write them.

A path is ``section.key`` (``population.startups``), ``table.id.key`` (``cloud.volcano_engine.online_cards``,
``substitute.h20.launch``), ``parameters.`` and a parameter's full name, or the parameter's full name alone.
Names are checked against the scenario that is overridden; values later, with everything else.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from typing import Any

from market.errors import Problem, suggest
from market.scenarios.fields import annotation_of, field_of, keys_of
from market.scenarios.schema import Scenario
from market.scenarios.tree import KEY_OF_TABLE, PARAMETERS, SECTIONS, Merged, leaves, shown, unknown_entry

ORIGIN = "an override"
_TOP_KEYS = ("title",)


def parse_settings(settings: Iterable[str]) -> tuple[dict[str, Any], list[Problem]]:
    """Return the overrides that ``path=value`` texts ask for, and those that cannot be read.

    Parameters
    ----------
    settings : iterable of str
        Such as ``orders.adjustment=0.1``. A value is read as TOML (number, date, true, list, inline table)
        and taken as plain text where it is none.
    """
    overrides: dict[str, Any] = {}
    problems = []
    for setting in settings:
        path, sign, text = setting.partition("=")
        if not sign or not path.strip():
            problems.append(Problem("--set", setting, "path=value, such as orders.adjustment=0.1"))
        else:
            overrides[path.strip()] = parse_value(text.strip())
    return overrides, problems


def parse_value(text: str) -> Any:
    """Return a value written as in TOML, or the text itself where it is no TOML value."""
    try:
        document = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        return text
    return document["value"] if list(document) == ["value"] else text


def apply_overrides(merged: Merged, overrides: Mapping[str, Any], parameter_names: Iterable[str]) -> None:
    """Lay overrides over a scenario; what cannot be placed goes to `merged.problems`.

    Parameters
    ----------
    merged : Merged
        The scenario; changed in place.
    overrides : mapping of str to object
        Value by path. NumPy scalars count as the numbers they hold.
    parameter_names : iterable of str
        Full names of the declared parameters.
    """
    names = set(parameter_names)
    for path, value in overrides.items():
        keys = _placed(str(path), value, merged, names)
        if isinstance(keys, Problem):
            merged.problems.append(keys)
            continue
        patch: Any = _plain(value)
        for key in reversed(keys):
            patch = {key: patch}
        merged.lay(patch, ORIGIN)


def _placed(path: str, value: Any, merged: Merged, names: set[str]) -> tuple[str, ...] | Problem:
    """Return the keys that lead to an override's place, or why there is none."""
    first, _, rest = path.partition(".")
    if path in names:
        return (PARAMETERS, path)
    if path == PARAMETERS and isinstance(value, Mapping):
        return (PARAMETERS,)
    if first == PARAMETERS and rest:
        return (PARAMETERS, rest)
    if path in _TOP_KEYS or (first in SECTIONS and not rest and isinstance(value, Mapping)):
        return (path,)
    if first in SECTIONS and rest.partition(".")[0] in _keys_of_section(first):
        return tuple(path.split("."))
    if first in KEY_OF_TABLE and rest:
        return _placed_in_entry(path, value, merged)
    return _unknown_path(path, merged, names)


def _placed_in_entry(path: str, value: Any, merged: Merged) -> tuple[str, ...] | Problem:
    """Return the keys that lead into a firm, rule or product, or why there is no such."""
    table, id, *keys = path.split(".")
    known = merged.tree.get(table)
    known = known if isinstance(known, dict) else {}
    if not keys and isinstance(value, Mapping):
        return (table, id)
    if id not in known:
        return unknown_entry(table, id, known, ORIGIN, path)
    if not keys:
        return Problem(path, shown(value), f"a key of it, such as {path}.{_example(known[id])}", ORIGIN)
    if keys == [KEY_OF_TABLE[table]]:
        return Problem(path, shown(value), "no such change: remove the entry and add another", ORIGIN)
    return (table, id, *keys)


def _example(entry: Any) -> str:
    return next(reversed([key for key in entry if key != "source"]), "key")


def _keys_of_section(section: str) -> tuple[str, ...]:
    field = field_of(Scenario, section)
    return keys_of(annotation_of(field)) if field else ()


def _unknown_path(path: str, merged: Merged, names: set[str]) -> Problem:
    first = path.partition(".")[0]
    known = [*names, *(".".join(keys) for keys, _ in leaves(merged.tree))]
    groups = {name.partition(".")[0] for name in names}
    places = [f"{section}.<key>" for section in SECTIONS]
    places += [f"{table}.<{key}>.<key>" for table, key in KEY_OF_TABLE.items()]
    allowed = f"a parameter's full name, {', '.join(places)}"
    hint = suggest(path, known) or suggest(first, [*groups, *SECTIONS, *KEY_OF_TABLE])
    return Problem("override", path, allowed, ORIGIN, hint)


def _plain(value: Any) -> Any:
    """Return a value as TOML would have given it."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value.item() if hasattr(value, "dtype") and hasattr(value, "item") else value
