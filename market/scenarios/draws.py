"""Posterior draws: sets of values that agree with the evidence alike, laid over a world.

The file `market/evidence/posterior.csv` has a row a draw and a column for every fitted value, by its path; it is what
the calibration wrote. A draw stands for the baseline's values: where a world sets another value, or lacks the firm,
the world's own stands, so that every scenario can be run under every draw. What it leaves out: values that were not
fitted, which are the baseline's in every draw.
"""

from __future__ import annotations

import csv
import io
import math
import os
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any

from market.errors import MarketError, UsageError
from market.scenarios.load import load_scenario
from market.scenarios.schema import Scenario

__all__ = ["POSTERIOR", "draw_overrides", "posterior_draws", "read_draws", "with_draw"]

POSTERIOR = "market/evidence/posterior.csv"
NUMBER = "draw"
FITTED_WORLD = "baseline"

Draw = Mapping[str, float | int]


@cache
def posterior_draws() -> tuple[Draw, ...]:
    """Return every posterior draw, as overrides; none when the package holds no calibration.

    Raises
    ------
    MarketError
        When the file is not whole.
    """
    file = files("market.evidence").joinpath(Path(POSTERIOR).name)
    return read_draws(file.read_text(encoding="utf-8")) if file.is_file() else ()


def read_draws(text: str, origin: str = POSTERIOR) -> tuple[Draw, ...]:
    """Return the draws that a CSV text holds.

    Parameters
    ----------
    text : str
        A header with ``draw`` and a path a column; rows numbered from 1.

    Raises
    ------
    MarketError
        With the line and the column that cannot be used.
    """
    rows = list(csv.reader(io.StringIO(text, newline="")))
    if not rows or rows[0][:1] != [NUMBER] or len(set(rows[0])) != len(rows[0]) or len(rows[0]) < 2:
        raise MarketError(f"{origin}: line 1: expected a header of {NUMBER!r} and distinct paths")
    draws = []
    for line, row in enumerate(rows[1:], start=2):
        if len(row) != len(rows[0]):
            raise MarketError(f"{origin}: line {line}: {len(row)} entries where the header has {len(rows[0])}")
        if row[0] != str(line - 1):
            raise MarketError(f"{origin}: line {line}: the draw is numbered {row[0]!r}, expected {line - 1}")
        cells = zip(rows[0][1:], row[1:], strict=True)
        draws.append(MappingProxyType({path: _number(cell, path, line, origin) for path, cell in cells}))
    return tuple(draws)


def draw_overrides(source: str | os.PathLike[str] | Scenario, number: int) -> dict[str, float | int]:
    """Return the part of a draw that a world takes: the values that it shares with the baseline.

    Raises
    ------
    UsageError
        When there is no such draw.
    """
    draws = posterior_draws()
    if not draws:
        raise UsageError("draw", number, f"posterior draws, but this package holds none ({POSTERIOR} is missing)")
    if not 1 <= number <= len(draws):
        raise UsageError("draw", number, f"a whole number from 1 to {len(draws)}", POSTERIOR)
    world, fitted = _document(source), _document(FITTED_WORLD)
    return {
        path: value
        for path, value in draws[number - 1].items()
        if _value(fitted, path) is not None and _value(world, path) == _value(fitted, path)
    }


def with_draw(
    source: str | os.PathLike[str] | Scenario, number: int, overrides: Mapping[str, Any] | None = None
) -> Scenario:
    """Return a world under a posterior draw, and under overrides on top of it.

    Parameters
    ----------
    number : int
        From 1.
    """
    return load_scenario(source, {**draw_overrides(source, number), **(overrides or {})})


def _document(source: str | os.PathLike[str] | Scenario) -> dict[str, Any]:
    return load_scenario(source).model_dump(by_alias=True)


def _value(document: Mapping[str, Any], path: str) -> Any:
    """Return the value at the path of a parameter or of a firm's trait, None where there is none."""
    if path in document["parameters"]:
        return document["parameters"][path]
    table, _, rest = path.partition(".")
    id, _, key = rest.partition(".")
    entries = document.get(table)
    if not isinstance(entries, list | tuple):
        return None
    return next((entry.get(key) for entry in entries if entry.get("id") == id), None)


def _number(cell: str, path: str, line: int, origin: str) -> float | int:
    try:
        number = float(cell)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise MarketError(f"{origin}: line {line}, {path} = {cell!r}: expected a finite number")
    return int(number) if cell.strip().lstrip("+-").isdigit() else number
