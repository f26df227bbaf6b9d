"""What is measured, and what is asked of it."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

__all__ = ["GATES", "Gate", "Measured", "as_table", "as_text", "write_json"]

NOT_MEASURED = "not measured"


@dataclass(frozen=True, slots=True)
class Gate:
    """Least or most that a measure has to reach, and what it aims at: the aim tells which of the two."""

    gate: float
    aim: float

    def reached(self, value: float) -> str:
        """``aim``, ``gate`` or ``no``."""
        sign = 1.0 if self.aim > self.gate else -1.0
        if math.isnan(value):
            return NOT_MEASURED
        if sign * value >= sign * self.aim:
            return "aim"
        return "gate" if sign * value >= sign * self.gate else "no"


GATES: Mapping[str, Gate] = {
    "default size: idiomatic Mesa / step()": Gate(40.0, 80.0),
    "default size: tuned Mesa / step()": Gate(20.0, 40.0),
    "1e5 startups: idiomatic Mesa / step()": Gate(120.0, 250.0),
    "1e5 startups: tuned Mesa / step()": Gate(35.0, 70.0),
    "full day / fused startup kernel, per row at 1e6": Gate(2.0, 1.3),
    "exponent of run time in startups": Gate(1.05, 1.0),
    "exponent of run time in speculators": Gate(1.15, 1.0),
    "memory per startup": Gate(120.0, 60.0),
    "peak memory, 1e6 startups for 1,096 days": Gate(400.0, 250.0),
    "all clouds overridden in Python / compiled": Gate(3.0, 2.0),
    "1,000 short runs: CPU of own sweep on 2 workers / serial": Gate(1.15, 1.05),
    "1,000 short runs: CPU of own sweep on 2 workers / mesa.batch_run(2)": Gate(0.5, 0.35),
    "import market / import mesa": Gate(1.1, 1.05),
}


@dataclass(frozen=True)
class Measured:
    """One measure.

    Attributes
    ----------
    name : str
        As in `GATES`, where it has a gate.
    value : float
        Median, where there are several; NaN for not measured.
    unit : str
        ``1`` for ratios and exponents.
    each : tuple of float
        The values of the rounds.
    note : str
    """

    name: str
    value: float
    unit: str = "1"
    each: tuple[float, ...] = field(default=())
    note: str = ""

    @classmethod
    def median(cls, name: str, each: Iterable[float], unit: str = "1", note: str = "") -> Measured:
        """The median of some values."""
        values = tuple(float(value) for value in each)
        return cls(name, float(np.median(values)), unit, values, note)

    @property
    def reached(self) -> str | None:
        """What of its gate and aim is reached; None without a gate."""
        return GATES[self.name].reached(self.value) if self.name in GATES else None

    def to_dict(self) -> dict[str, object]:
        """The measure as JSON has it."""
        gate = GATES.get(self.name)
        return {
            "name": self.name,
            "value": None if math.isnan(self.value) else self.value,
            "gate": gate.gate if gate else None,
            "aim": gate.aim if gate else None,
            "unit": self.unit,
            "reached": self.reached,
        }


def with_missing(measures: Iterable[Measured]) -> list[Measured]:
    """The measures, and every gate that was not measured."""
    found = list(measures)
    names = {measure.name for measure in found}
    return found + [Measured(name, math.nan) for name in GATES if name not in names]


def as_text(measures: Iterable[Measured]) -> str:
    """The measures as one table: gates first."""
    found = sorted(measures, key=lambda m: list(GATES).index(m.name) if m.name in GATES else len(GATES))
    lines = [("measure", "median", "of rounds", "unit", "gate", "aim", "reached")]
    for m in found:
        gate = GATES.get(m.name)
        sign = "" if gate is None else ">= " if gate.aim > gate.gate else "<= "
        value = "-" if math.isnan(m.value) else f"{m.value:.4g}"
        spread = f"{min(m.each):.4g} to {max(m.each):.4g} ({len(m.each)})" if len(m.each) > 1 else m.note
        bounds = (f"{sign}{gate.gate:g}", f"{gate.aim:g}") if gate else ("", "")
        lines.append((m.name, value, spread, "" if m.unit == "1" else m.unit, *bounds, m.reached or ""))
    return as_table(lines)


def as_table(lines: list[tuple[str, ...]]) -> str:
    """Rows in columns; the first row is the head."""
    widths = [max(len(line[k]) for line in lines) for k in range(len(lines[0]))]
    rows = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    return "\n".join([rows[0], "  ".join("-" * width for width in widths), *rows[1:]])


def write_json(measures: Iterable[Measured], path: Path) -> None:
    """Write the measures as an array, whole or not at all."""
    scratch = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        scratch.write_text(json.dumps([m.to_dict() for m in measures], indent=1) + "\n", encoding="utf-8")
        os.replace(scratch, path)
    finally:
        scratch.unlink(missing_ok=True)
