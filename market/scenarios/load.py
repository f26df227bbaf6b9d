"""From a scenario's name, file or object to a scenario that can be run, or to all that is wrong with it.

Files are laid over one another (`read`), then overrides (`override`); the result is checked field by field
(`schema`), between fields (`check`) and against the declared parameters, and only then complained about,
all at once. What it leaves out: whether a scenario makes sense.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from market.errors import Problem, ScenarioError, suggest
from market.parameters import Parameter, all_parameters
from market.scenarios.check import Where, inconsistencies
from market.scenarios.fields import allowed, annotation_of, element_of, field_of, keys_of
from market.scenarios.override import apply_overrides
from market.scenarios.read import read_layers
from market.scenarios.schema import INCONSISTENT, Scenario
from market.scenarios.tree import (
    KEY_OF_TABLE,
    PARAMETERS,
    Merged,
    Path,
    shown,
    to_document,
    to_tree,
    unknown_entry,
)

_NAME = "name"


def load_scenario(source: str | os.PathLike[str] | Scenario, overrides: Mapping[str, Any] | None = None) -> Scenario:
    """Return a scenario, fully resolved.

    Parameters
    ----------
    source : str, path-like or Scenario
        A shipped name (`scenario_names`), the path of a TOML file, or a scenario to override.
    overrides : mapping of str to object, optional
        Value by path, such as ``{"orders.adjustment": 0.1, "rule.us_2023.severity": 0}``.

    Raises
    ------
    ScenarioError
        With every problem of the files and the overrides.
    """
    if isinstance(source, Scenario) and not overrides:
        return source
    return validated(*resolve(source, overrides))


def resolve(
    source: str | os.PathLike[str] | Scenario, overrides: Mapping[str, Any] | None = None
) -> tuple[str, Merged]:
    """Return a scenario's name and its layers laid over one another, not yet validated."""
    name, merged = _of_object(source) if isinstance(source, Scenario) else read_layers(source)
    apply_overrides(merged, overrides or {}, (parameter.name for parameter in all_parameters()))
    return name, merged


def validated(name: str, merged: Merged) -> Scenario:
    """Return the scenario that the layers describe, or raise every problem they have."""
    tree = dict(merged.tree)
    problems = list(merged.problems)
    if _NAME in tree:
        problems.append(
            Problem("name", tree.pop(_NAME), "no such key: a scenario is named by its file", merged.origin(()))
        )
    values, found = resolve_parameters(tree.pop(PARAMETERS, {}), merged.origin)
    problems += [*found, *inconsistencies(tree, merged.origin)]
    try:
        scenario = Scenario.model_validate({**to_document(tree), _NAME: name, PARAMETERS: values})
    except ValidationError as error:
        known = {problem.path for problem in problems}
        found = [problem for problem in _translated(error, tree, merged) if problem.path not in known]
        raise ScenarioError([*problems, *found]) from None
    if problems:
        raise ScenarioError(problems)
    if scenario.population.startups == 0:
        return scenario.model_copy(update={"startups": ()})
    return scenario


def resolve_parameters(table: Any, where: Where) -> tuple[dict[str, float], list[Problem]]:
    """Return the value of every declared parameter under a table of overrides, and what is wrong with it."""
    declared = {parameter.name: parameter for parameter in all_parameters()}
    values = {name: parameter.value for name, parameter in declared.items()}
    if not isinstance(table, Mapping):
        origin = where((PARAMETERS,))
        return values, [Problem(PARAMETERS, shown(table), "a table of parameters by group", origin)]
    problems = []
    for name, value in table.items():
        origin = where((PARAMETERS, name))
        if name not in declared:
            problems.append(_unknown_parameter(name, value, declared, origin))
        elif not _fits(value, declared[name]):
            path, accepted = f"{PARAMETERS}.{name}", allowed_parameter(declared[name])
            problems.append(Problem(path, shown(value), accepted, origin))
        else:
            values[name] = float(value)
    return values, problems


def allowed_parameter(parameter: Parameter) -> str:
    """Return what a parameter accepts, in words."""
    if parameter.unit == "switch":
        return "0 or 1 (switch)"
    return f"a number from {parameter.low:g} to {parameter.high:g} ({parameter.unit})"


def _fits(value: Any, parameter: Parameter) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    if parameter.unit == "switch":
        return value in (0, 1)
    return parameter.low <= value <= parameter.high


def _unknown_parameter(name: str, value: Any, declared: Mapping[str, Parameter], origin: str) -> Problem:
    groups = sorted({known.partition(".")[0] for known in declared})
    group = suggest(name.partition(".")[0], groups)
    in_group = [known for known in declared if known.startswith(f"{group}.")]
    hint = suggest(name, in_group) or suggest(name, declared) or group
    known = in_group or [f"{group}.*" for group in groups]
    return Problem(f"{PARAMETERS}.{name}", shown(value), f"a declared parameter ({', '.join(known)})", origin, hint)


def _of_object(scenario: Scenario) -> tuple[str, Merged]:
    """Return a scenario object as the bottom layer."""
    document = scenario.model_dump(by_alias=True)
    name = document.pop(_NAME)
    tree, _ = to_tree(document)
    merged = Merged()
    merged.lay(tree, f"scenario {name!r}", is_base=True)
    return name, merged


def _translated(error: ValidationError, tree: Mapping[str, Any], merged: Merged) -> Iterator[Problem]:
    """Yield pydantic's complaints in our words."""
    incomplete: dict[Path, list[str]] = {}
    for complaint in error.errors(include_url=False, include_context=False):
        if complaint["type"] == INCONSISTENT:
            continue
        keys, path, annotation, parent = _place(complaint["loc"], tree)
        origin = merged.origin(keys)
        entry = keys[:2]
        if complaint["type"] == "missing" and entry in merged.added:
            incomplete.setdefault(entry, []).append(keys[-1])
        elif complaint["type"] == "extra_forbidden":
            known = _keys(parent)
            words = f"one of the keys {', '.join(known)}"
            yield Problem(path, shown(complaint["input"]), words, origin, suggest(keys[-1], known))
        else:
            value = None if complaint["type"] == "missing" else shown(complaint["input"])
            yield Problem(path, value, allowed(annotation), origin, _near(value, annotation))
    for (table, id), fields in incomplete.items():
        yield _incomplete(table, id, fields, merged)


def _incomplete(table: str, id: str, fields: list[str], merged: Merged) -> Problem:
    """Return the problem of an entry that is new, perhaps by a slip of the pen, and lacks fields."""
    unknown = unknown_entry(table, id, merged.added[table, id], merged.origin((table, id)))
    missing = f"{unknown.allowed}, or all fields of a new one (missing: {', '.join(fields)})"
    return Problem(unknown.path, id, missing, unknown.origin, unknown.did_you_mean)


def _keys(model: type[BaseModel] | None) -> tuple[str, ...]:
    """Return the keys a file may use in a table."""
    if model is None:
        return ()
    return tuple(key for key in keys_of(model) if not (model is Scenario and key == _NAME))


def _near(value: Any, annotation: Any) -> str | None:
    choices = [choice for choice in get_args(annotation) if isinstance(choice, str)]
    return suggest(value, choices) if isinstance(value, str) and choices else None


def _place(loc: tuple[int | str, ...], tree: Mapping[str, Any]) -> tuple[Path, str, Any, type[BaseModel] | None]:
    """Return where a complaint points: its keys, its path as text, its annotation and the table around it."""
    keys: list[str] = []
    path = ""
    here: Any = Scenario
    parent: type[BaseModel] | None = None
    for part in loc:
        if isinstance(part, int):
            here = element_of(here)
            if len(keys) == 1 and keys[0] in KEY_OF_TABLE:
                id = list(tree[keys[0]])[part]
                keys.append(id)
                path += f".{id}"
            else:
                path += f"[{part + 1}]"
            continue
        parent = here if isinstance(here, type) and issubclass(here, BaseModel) else None
        field = field_of(parent, part) if parent else None
        here = annotation_of(field) if field else None
        keys.append(part)
        path += f".{part}" if path else part
    return tuple(keys), path, here, parent
