"""A scenario as people read it: every value with its unit and its source, as rows or as a TOML file.

A value's source is the one its file or declaration gives; a value that another layer has overridden names
that layer instead. The TOML text extends nothing and loads back to the same scenario.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from market.parameters import all_parameters
from market.scenarios.fields import annotation_of, element_of, field_of, unit
from market.scenarios.load import resolve, validated
from market.scenarios.schema import Scenario
from market.scenarios.tree import KEY_OF_TABLE, PARAMETERS, SECTIONS, SOURCE, Merged, to_tree

_DATED_LISTS = {"china_revenue": ("from", "busd"), "climate": ("on", "level")}


@dataclass(frozen=True, slots=True)
class Row:
    """One value of a scenario.

    Attributes
    ----------
    path : str
        As `--set` takes it.
    value : object
    unit : str
    source : str
        Evidence id, reference key, ``assumed: why``, or the layer that overrides the declared value.
    """

    path: str
    value: object
    unit: str
    source: str


def describe(source: str | os.PathLike[str] | Scenario, overrides: Mapping[str, Any] | None = None) -> tuple[Row, ...]:
    """Return every value of a scenario, fully resolved, with unit and source.

    Raises
    ------
    ScenarioError
        When the scenario is not valid.
    """
    name, merged = resolve(source, overrides)
    scenario = validated(name, merged)
    return tuple([*_header(scenario, merged), *_world(scenario, merged), *_parameters(scenario, merged)])


def to_toml(source: str | os.PathLike[str] | Scenario, overrides: Mapping[str, Any] | None = None) -> str:
    """Return a scenario, fully resolved, as the text of a TOML file with units and sources as comments."""
    name, merged = resolve(source, overrides)
    scenario = validated(name, merged)
    tree, _ = to_tree(scenario.model_dump(by_alias=True))
    lines = [f"schema = {scenario.schema_}", f"title = {written(scenario.title)}"]
    for section in SECTIONS:
        model = _model(Scenario, section)
        lines += ["", f"[{section}]", *_entry_lines(tree[section], model)]
    for table in KEY_OF_TABLE:
        for entry in tree[table].values():
            lines += ["", f"[[{table}]]", *_entry_lines(entry, _model(Scenario, table))]
    group = ""
    for row in _parameters(scenario, merged):
        _, here, key = row.path.split(".", 2)
        if here != group:
            group = here
            lines += ["", f"[{PARAMETERS}.{group}]"]
        lines.append(f"{key} = {written(row.value)}  # {row.unit}; {_one_line(row.source)}")
    return "\n".join(lines) + "\n"


def written(value: object) -> str:
    """Return a value as TOML writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(written, value))}]"
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{key} = {written(inner)}' for key, inner in value.items())} }}"
    return repr(int(value)) if isinstance(value, float) and _is_large_whole(value) else repr(value)


def _is_large_whole(value: float) -> bool:
    return value.is_integer() and abs(value) >= 1


def _entry_lines(entry: Mapping[str, Any], model: type[BaseModel]) -> Iterator[str]:
    """Yield the lines of one table; what was never given is left out."""
    for key, value in entry.items():
        if value is None or (key == SOURCE and not value):
            continue
        if key in _DATED_LISTS:
            yield f"{key} = ["
            yield from (f"  {written(_given(item))}," for item in value)
            yield f"]  # {_unit_of_list(model, key)}"
        else:
            comment = "" if isinstance(value, str | bool | dt.date) else _unit(model, key)
            yield f"{key} = {written(value)}" + (f"  # {comment}" if comment not in ("", "list") else "")


def _given(item: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in item.items() if value not in (None, "")}


def _header(scenario: Scenario, merged: Merged) -> Iterator[Row]:
    yield Row("name", scenario.name, "text", "the file's name")
    yield Row("title", scenario.title, "text", merged.origin(("title",)))


def _world(scenario: Scenario, merged: Merged) -> Iterator[Row]:
    """Yield the rows of the sections, the rules and the firms."""
    tree, _ = to_tree(scenario.model_dump(by_alias=True))
    for section in SECTIONS:
        yield from _table_rows((section,), tree[section], _model(Scenario, section), merged)
    for table, key in KEY_OF_TABLE.items():
        model = _model(Scenario, table)
        for id, entry in tree[table].items():
            fields = {name: value for name, value in entry.items() if name != key}
            yield from _table_rows((table, id), fields, model, merged)


def _table_rows(
    path: tuple[str, ...], table: Mapping[str, Any], model: type[BaseModel], merged: Merged
) -> Iterator[Row]:
    for key, value in table.items():
        if key == SOURCE or value is None:
            continue
        origin = merged.origin((*path, key))
        source = merged.sources.get((path, origin)) or f"set in {origin}"
        if (*path, key) not in merged.origins:
            source = "default: not given"
        prefix = ".".join((*path, key))
        if key in _DATED_LISTS:
            date_key, value_key = _DATED_LISTS[key]
            for item in value:
                text = item.get(SOURCE) or source
                yield Row(f"{prefix}.{item[date_key]}", item[value_key], _unit_of_list(model, key), text)
        else:
            yield Row(prefix, value, _unit(model, key), source)


def _parameters(scenario: Scenario, merged: Merged) -> Iterator[Row]:
    for parameter in all_parameters():
        value = scenario.parameters[parameter.name]
        source = parameter.source
        if value != parameter.value:
            origin = merged.origin((PARAMETERS, parameter.name))
            source = f"set in {origin} (declared: {parameter.value:g}, {parameter.source})"
        yield Row(f"{PARAMETERS}.{parameter.name}", value, parameter.unit, source)


def _model(model: type[BaseModel], key: str) -> Any:
    """Return the table, or the table of the entries, that stands under a key."""
    field = field_of(model, key)
    annotation = annotation_of(field) if field else None
    return element_of(annotation) if key in KEY_OF_TABLE or key in _DATED_LISTS else annotation


def _unit(model: type[BaseModel], key: str) -> str:
    field = field_of(model, key)
    return unit(annotation_of(field)) if field else ""


def _unit_of_list(model: type[BaseModel], key: str) -> str:
    return _unit(_model(model, key), _DATED_LISTS[key][1])


def _one_line(text: str) -> str:
    return " ".join(text.split())
