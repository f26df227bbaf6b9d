"""Find scenario files, read them, and lay each over the one it extends.

A scenario is asked for by a shipped name (``baseline``) or by the path of a TOML file. Nothing is validated
here but that the file is there, is text and is TOML; everything else is `market.scenarios.load`'s.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from market.errors import Problem, ScenarioError, suggest
from market.scenarios.tree import Merged, shown, to_tree

_SHIPPED = Path(__file__).resolve().parent
_SUFFIX = ".toml"
_EXTENDS = "extends"


@dataclass(frozen=True, slots=True)
class _Place:
    """A scenario file, and how messages call it."""

    path: Path
    label: str


@cache
def scenario_names() -> tuple[str, ...]:
    """Return the names of the shipped scenarios, baseline first."""
    names = sorted(file.stem for file in _SHIPPED.glob(f"*{_SUFFIX}"))
    return tuple(sorted(names, key=lambda name: name != "baseline"))


def scenario_title(name: str) -> str:
    """Return the title of a shipped scenario without validating it."""
    return str(_document(_shipped(name)).get("title", ""))


def read_layers(source: str | os.PathLike[str]) -> tuple[str, Merged]:
    """Read a scenario and everything it extends.

    Parameters
    ----------
    source : str or path-like
        A shipped name, or the path of a TOML file.

    Returns
    -------
    name : str
        The file's name without its suffix.
    merged : Merged
        The layers, the extended ones below.

    Raises
    ------
    ScenarioError
        When a file of the chain is missing or cannot be read as TOML, or the chain bites its tail.
    """
    place = _locate(source, "scenario")
    chain: list[tuple[_Place, dict[str, Any]]] = []
    following: _Place | None = place
    while following is not None:
        if any(following.path == known.path for known, _ in chain):
            allowed = "a scenario that does not, in the end, extend itself"
            raise ScenarioError([Problem(_EXTENDS, following.label, allowed, chain[-1][0].label)])
        document = _document(following)
        chain.append((following, document))
        following = _extended(document, following)
    merged = Merged()
    for depth, (layer, document) in enumerate(reversed(chain)):
        tree, problems = to_tree(document, layer.label)
        merged.problems += problems
        merged.lay(tree, layer.label, is_base=depth == 0)
    merged.origins[()] = place.label
    return place.path.name.removesuffix(_SUFFIX), merged


def _extended(document: dict[str, Any], place: _Place) -> _Place | None:
    """Take `extends` out of a document and return the file it names."""
    if _EXTENDS not in document:
        return None
    name = document.pop(_EXTENDS)
    if not isinstance(name, str):
        allowed = "the name of a shipped scenario or the path of a file"
        raise ScenarioError([Problem(_EXTENDS, shown(name), allowed, place.label)])
    return _locate(name, _EXTENDS, place)


def _shipped(name: str) -> _Place:
    return _Place(_SHIPPED / f"{name}{_SUFFIX}", f"market/scenarios/{name}{_SUFFIX}")


def _locate(source: str | os.PathLike[str], field: str, beside: _Place | None = None) -> _Place:
    """Return the file that a name or path means; a path in `extends` is relative to the file it stands in."""
    if isinstance(source, str) and source in scenario_names():
        return _shipped(source)
    if not isinstance(source, str | os.PathLike):
        raise ScenarioError([Problem(field, shown(source), "the name of a shipped scenario or a path")])
    text = os.fspath(source)
    path = beside.path.parent / text if beside else Path(text)
    is_path = not isinstance(source, str) or text.endswith(_SUFFIX) or os.sep in text or (text and os.path.isdir(path))
    if not is_path:
        allowed = f"one of {', '.join(scenario_names())}, or the path of a file ending in {_SUFFIX}"
        origin = beside.label if beside else ""
        raise ScenarioError([Problem(field, text, allowed, origin, suggest(text, scenario_names()))])
    return _Place(Path(os.path.abspath(path)), str(path) if beside else text)


def _document(place: _Place) -> dict[str, Any]:
    """Read one TOML file, or say what is the matter with it."""
    try:
        if place.path.exists() and not place.path.is_file():
            what = "a directory" if place.path.is_dir() else "not a regular file"
            raise ScenarioError([Problem("file", f"{place.label} ({what})", "a TOML file")])
        return tomllib.loads(place.path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        problem = Problem("file", place.label, "a file that exists", "", _near(place.path))
    except OSError as error:
        problem = Problem("file", place.label, f"a file that can be read ({error.strerror})")
    except UnicodeDecodeError as error:
        problem = Problem("file", place.label, f"text in UTF-8 (byte {error.start} is not)")
    except (ValueError, RecursionError) as error:
        reason = str(error) if isinstance(error, ValueError) else "nested too deeply"
        problem = Problem("file", place.label, f"TOML ({reason})")
    raise ScenarioError([problem])


def _near(path: Path) -> str | None:
    """Return a file of the same directory, or a shipped scenario, whose name is close to a missing one's."""
    try:
        beside: Mapping[str, Path] = {file.name: file for file in path.parent.glob(f"*{_SUFFIX}")}
    except OSError:
        beside = {}
    near = suggest(path.name, beside)
    return str(beside[near]) if near else suggest(path.stem, scenario_names())
