"""Facts and observations with their sources, as data, and their loader.

`facts.toml` holds what one news report states: mechanisms the model must show, inputs that set parameters,
and patterns with the bands inside which a simulated value counts as reproduced. `observations.csv` holds
dated figures from other sources, with their confidence. `references.bib` is the literature. The files are
read once, on first use, and never written; nothing here judges a run, which is the observers' work.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, TypeVar

from market.errors import MarketError, UsageError, suggest

__all__ = ["Fact", "Observation", "bibliography_keys", "fact", "facts", "observation", "observations"]

_SCHEMA = 1
_ENTRY = re.compile(r"^@\w+\{\s*([^,\s]+)\s*,", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Fact:
    """One statement of the news report.

    Attributes
    ----------
    id : str
        Such as ``T5``; cited in docstrings, parameters and the paper.
    kind : str
        ``mechanism`` (some agent or market must show it), ``input`` (sets a parameter, never scored) or
        ``pattern`` (must emerge).
    topic, text : str
        Where it belongs, and what it says in our own words.
    measure : str or None
        How the value is computed from a run.
    value, low, high : float or None
        What the report states, and the band of values that count as reproduced, in `unit`.
    unit : str or None
    date : datetime.date or None
        When the fact held, or the first day of the period it covers.
    confidence : str or None
        ``low`` marks hearsay.
    """

    id: str
    kind: str
    topic: str
    text: str
    measure: str | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    unit: str | None = None
    date: dt.date | None = None
    confidence: str | None = None


@dataclass(frozen=True, slots=True)
class Observation:
    """One dated figure from a source other than the news report.

    Attributes
    ----------
    id : str
        Such as ``P08``.
    start, end : datetime.date
        First and last day of the period it covers; equal for a single day.
    quantity : str
        What was measured.
    value : float
        In `unit`.
    unit : str
    low, high : float or None
        Bounds the source gives; either may stand alone.
    confidence : str
        ``high``, ``medium`` or ``low``.
    source, url, note : str
        Where it was read, and how to read it; `url` may be empty.
    """

    id: str
    start: dt.date
    end: dt.date
    quantity: str
    value: float
    unit: str
    low: float | None
    high: float | None
    confidence: str
    source: str
    url: str
    note: str


def facts() -> tuple[Fact, ...]:
    """Return every fact, in the order of the file."""
    return tuple(_facts_by_id().values())


def fact(id: str) -> Fact:
    """Return one fact.

    Raises
    ------
    UsageError
        When there is no fact of that id.
    """
    return _looked_up("fact", id, _facts_by_id(), "market/evidence/facts.toml")


def observations() -> tuple[Observation, ...]:
    """Return every observation, in the order of the file."""
    return tuple(_observations_by_id().values())


def observation(id: str) -> Observation:
    """Return one observation.

    Raises
    ------
    UsageError
        When there is no observation of that id.
    """
    return _looked_up("observation", id, _observations_by_id(), "market/evidence/observations.csv")


@cache
def bibliography_keys() -> frozenset[str]:
    """Return the citation keys of `references.bib`, such as ``Sterman1989``."""
    return frozenset(_ENTRY.findall(_text("references.bib")))


_Entry = TypeVar("_Entry", Fact, Observation)


def _looked_up(field: str, id: str, known: Mapping[str, _Entry], origin: str) -> _Entry:
    """Return the entry of that id, or say which ids there are."""
    try:
        return known[id]
    except (KeyError, TypeError):
        ids = list(known)
        allowed = f"one of the {len(ids)} ids, {ids[0]} to {ids[-1]}"
        raise UsageError(field, id, allowed, origin, suggest(id, known)) from None


def _text(name: str) -> str:
    """Return the text of a file of this directory."""
    return files(__name__).joinpath(name).read_text(encoding="utf-8")


@cache
def _facts_by_id() -> Mapping[str, Fact]:
    """Read `facts.toml`."""
    document = tomllib.loads(_text("facts.toml"))
    if document.get("schema") != _SCHEMA:
        raise UsageError("schema", document.get("schema"), str(_SCHEMA), "market/evidence/facts.toml")
    return _by_id([Fact(**_as_floats(row)) for row in document["fact"]], "facts.toml")


@cache
def _observations_by_id() -> Mapping[str, Observation]:
    """Read `observations.csv`."""
    rows = csv.DictReader(io.StringIO(_text("observations.csv"), newline=""))
    return _by_id([_observation_of(row) for row in rows], "observations.csv")


def _as_floats(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row of the TOML file with whole numbers as floats, so that a value has one type."""
    return {key: float(value) if isinstance(value, int) else value for key, value in row.items()}


def _observation_of(row: dict[str, str]) -> Observation:
    """Return one row of the CSV file with its types."""
    return Observation(
        id=row["id"],
        start=dt.date.fromisoformat(row["start"]),
        end=dt.date.fromisoformat(row["end"]),
        quantity=row["quantity"],
        value=float(row["value"]),
        unit=row["unit"],
        low=float(row["low"]) if row["low"] else None,
        high=float(row["high"]) if row["high"] else None,
        confidence=row["confidence"],
        source=row["source"],
        url=row["url"],
        note=row["note"],
    )


def _by_id(entries: list[_Entry], name: str) -> Mapping[str, _Entry]:
    """Return a read-only mapping, and refuse an id that occurs twice."""
    known: dict[str, _Entry] = {}
    for entry in entries:
        if entry.id in known:
            raise MarketError(f"market/evidence/{name}: the id {entry.id!r} occurs twice; ids must be unique")
        known[entry.id] = entry
    return MappingProxyType(known)
