"""A file of observations to score a forecast against: read as data, checked whole, every fault with its place.

One row an observation: `date_start`, `date_end` (both included), `quantity`, and a `value`, or `low` and `high` where
the source gives an interval, or all three. What a span of days means (mean, sum, last day) is a matter of the quantity.
A file with a head and no rows is fine, and so is an empty one.
"""

from __future__ import annotations

import csv
import datetime as dt
import difflib
import io
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from experiments.engine.errors import first_line
from experiments.readings.quantities import QUANTITIES
from experiments.worlds.information import FIRST, LAST
from market import MarketError

__all__ = ["COLUMNS", "Fault", "ObservationsError", "Observed", "read_observations"]

COLUMNS = ("date_start", "date_end", "quantity", "value", "low", "high")
MOST_BYTES = 10_000_000
MOST_FAULTS = 20
POSITIVE = ("spot_price_cny", "rent_quote_cny_per_card_month")


@dataclass(frozen=True, slots=True)
class Observed:
    """One observation.

    Attributes
    ----------
    row : int
        Line of the file, the head being 1.
    start, end : datetime.date
    quantity : str
    low, high : float
        Equal for a point.
    value : float
        What the source states; the middle of the interval if it states none.
    """

    row: int
    start: dt.date
    end: dt.date
    quantity: str
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a file: where, what stands there, what would have been accepted."""

    row: int
    column: str
    value: str
    allowed: str

    def __str__(self) -> str:
        found = f"= {self.value[:60]!r}" if self.value else "is empty"
        return f"row {self.row}, column {self.column} {found}: expected {self.allowed}"


class ObservationsError(MarketError):
    """A file of observations that cannot be scored; carries everything wrong with it.

    Parameters
    ----------
    path : str
    faults : iterable of Fault
    """

    def __init__(self, path: str, faults: Iterable[Fault]) -> None:
        self.path, self.faults = path, tuple(faults)
        super().__init__(self.path, self.faults)

    def __str__(self) -> str:
        told = [f"  {fault}" for fault in self.faults[:MOST_FAULTS]]
        left = len(self.faults) - len(told)
        return "\n".join([f"{self.path}: nothing was scored", *told, *([f"  and {left} more"] if left > 0 else [])])


def read_observations(path: Path) -> tuple[Observed, ...]:
    """Read a file of observations.

    Raises
    ------
    ObservationsError
        When the file cannot be read, or anything in it is not accepted.
    """
    text = _text(path)
    if not text.strip():
        return ()
    rows = list(csv.reader(io.StringIO(text, newline="")))
    head = [name.strip() for name in rows[0]]
    if sorted(head) != sorted(COLUMNS):
        raise ObservationsError(str(path), [Fault(1, "names", ",".join(head), f"the columns {','.join(COLUMNS)}")])
    faults: list[Fault] = []
    found = []
    for number, cells in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(head):
            faults.append(Fault(number, "count", str(len(cells)), f"{len(head)} cells, as in the head"))
            continue
        entry = {name: cell.strip() for name, cell in zip(head, cells, strict=True)}
        observed = _observed(number, entry, faults)
        if observed is not None:
            found.append(observed)
    if faults:
        raise ObservationsError(str(path), faults)
    return tuple(found)


def _text(path: Path) -> str:
    """Return the text of a file that is small enough to be one of observations."""
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise ObservationsError(str(path), [Fault(0, "file", f"{size} bytes", f"at most {MOST_BYTES} bytes")])
        return path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        what = getattr(error, "strerror", None) or first_line(error)
        raise ObservationsError(str(path), [Fault(0, "file", what, "a CSV file in UTF-8")]) from error


def _observed(row: int, entry: Mapping[str, str], faults: list[Fault]) -> Observed | None:
    """Return one row, or None after noting its faults."""
    before = len(faults)
    start, end = (_day(row, name, entry[name], faults) for name in ("date_start", "date_end"))
    if start is not None and end is not None and end < start:
        faults.append(Fault(row, "date_end", entry["date_end"], f"a date not before date_start, {start}"))
    quantity = entry["quantity"]
    if quantity not in QUANTITIES:
        near = difflib.get_close_matches(quantity, QUANTITIES, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        faults.append(Fault(row, "quantity", quantity, f"one of {', '.join(QUANTITIES)}{hint}"))
    value, low, high = (_number(row, name, entry[name], quantity, faults) for name in ("value", "low", "high"))
    if len(faults) > before or start is None or end is None:
        return None
    if (low is None) != (high is None):
        missing = "low" if low is None else "high"
        faults.append(Fault(row, missing, "", "a number, as the other end of the interval is given"))
    elif low is not None and high is not None:
        if high < low:
            faults.append(Fault(row, "high", entry["high"], f"a number not below low, {low:g}"))
        elif value is not None and not low <= value <= high:
            faults.append(Fault(row, "value", entry["value"], f"a number from low to high, {low:g} to {high:g}"))
    elif value is None:
        faults.append(Fault(row, "value", "", "a number, or low and high"))
    if len(faults) > before:
        return None
    if low is None or high is None:
        assert value is not None
        return Observed(row, start, end, quantity, value, value, value)
    return Observed(row, start, end, quantity, (low + high) / 2.0 if value is None else value, low, high)


def _day(row: int, column: str, text: str, faults: list[Fault]) -> dt.date | None:
    """Return a date that is forecast, or None after noting the fault."""
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text or not FIRST <= day <= LAST:
        faults.append(Fault(row, column, text, f"a date YYYY-MM-DD from {FIRST} to {LAST}"))
        return None
    return day


def _number(row: int, column: str, text: str, quantity: str, faults: list[Fault]) -> float | None:
    """Return a number, or None where there is none or after noting the fault."""
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    known = QUANTITIES.get(quantity)
    if known is None:
        return number if math.isfinite(number) else None
    least_allowed = number > 0.0 if quantity in POSITIVE else number >= 0.0
    if not (math.isfinite(number) and least_allowed and number <= known.span):
        least = "above 0" if quantity in POSITIVE else "from 0"
        faults.append(Fault(row, column, text, f"a number {least} to {known.span:,.15g} ({known.unit})"))
        return None
    return number
