"""The kinds of value a field of a scenario can have: what is allowed, and in which unit.

A kind builds its own check and its own words, so that bounds, error text and the unit in `market show` are
one declaration. Checks are strict: ``10.0`` is no number of cards, ``"5"`` no number, ``true`` no count.
"""

from __future__ import annotations

import datetime as dt
import types
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, core_schema

from market.calendar import FIRST_DAY, LAST_DAY, N_DAYS

MOST_CARDS = 1_000_000_000
MOST_MONEY = 1e13
MOST_STARTUPS = 10_000_000
MOST_SPECULATORS = 1_000_000
MOST_REVENUE = 1000.0
MOST_LEVEL = 1000.0
MOST_PER_DAY = 100_000
ID_PATTERN = r"^[a-z][a-z0-9_]*$"


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number in [`low`, `high`]."""

    unit: str
    low: int
    high: int

    @property
    def allowed(self) -> str:
        """What the field accepts, in words."""
        return f"a whole number of {self.unit} from {self.low:,} to {self.high:,}"

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> CoreSchema:
        return core_schema.int_schema(strict=True, ge=self.low, le=self.high)


@dataclass(frozen=True, slots=True)
class Real:
    """A finite number in [`low`, `high`], or in (`low`, `high`] when `above`."""

    unit: str
    low: float
    high: float
    above: bool = False

    @property
    def allowed(self) -> str:
        """What the field accepts, in words."""
        start = f"above {_number(self.low)} and up to" if self.above else f"from {_number(self.low)} to"
        return f"a number ({self.unit}) {start} {_number(self.high)}"

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> CoreSchema:
        low = {"gt": self.low} if self.above else {"ge": self.low}
        return core_schema.float_schema(strict=True, le=self.high, allow_inf_nan=False, **low)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Date:
    """A day from `first` to `last`, both allowed."""

    first: dt.date
    last: dt.date
    unit: str = "date"

    @property
    def allowed(self) -> str:
        """What the field accepts, in words."""
        return f"a date (YYYY-MM-DD, no quotes) from {self.first} to {self.last}"

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> CoreSchema:
        return core_schema.date_schema(strict=True, ge=self.first, le=self.last)


@dataclass(frozen=True, slots=True)
class Words:
    """A text; `pattern` restricts it and `allowed` says how."""

    allowed: str = "a text"
    pattern: str | None = None
    unit: str = "text"

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> CoreSchema:
        return core_schema.str_schema(strict=True, pattern=self.pattern)


Cards = Annotated[int, Whole("cards", 0, MOST_CARDS)]
Days = Annotated[int, Whole("days", 0, N_DAYS)]
PerDay = Annotated[int, Whole("servers per day", 0, MOST_PER_DAY)]
Startups = Annotated[int, Whole("startups", 0, MOST_STARTUPS)]
Speculators = Annotated[int, Whole("speculators", 0, MOST_SPECULATORS)]
Money = Annotated[float, Real("CNY", 0.0, MOST_MONEY)]
Price = Annotated[float, Real("CNY per card", 0.0, MOST_MONEY, above=True)]
Share = Annotated[float, Real("share", 0.0, 1.0)]
Performance = Annotated[float, Real("A800 = 1", 0.0, 2.0, above=True)]
Growth = Annotated[float, Real("share per month", -0.5, 1.0)]
Revenue = Annotated[float, Real("billion USD per quarter", 0.0, MOST_REVENUE)]
Level = Annotated[float, Real("multiple of 2022", 0.0, MOST_LEVEL)]
Day = Annotated[dt.date, Date(FIRST_DAY, LAST_DAY)]
Founded = Annotated[dt.date, Date(dt.date(1900, 1, 1), LAST_DAY)]
Text = Annotated[str, Words()]
Id = Annotated[str, Words("an id: lower-case letters, digits and underscores, a letter first", ID_PATTERN, "id")]

Kind = Whole | Real | Date | Words


def field_of(model: type[BaseModel], key: str) -> FieldInfo | None:
    """Return the field of a table by its key in the file, or None."""
    return next((field for name, field in model.model_fields.items() if (field.alias or name) == key), None)


def keys_of(model: type[BaseModel]) -> tuple[str, ...]:
    """Return the keys of a table as they are written in a file."""
    return tuple(field.alias or name for name, field in model.model_fields.items())


def plain(annotation: Any) -> Any:
    """Return an annotation without `None`, and without `Annotated` unless it carries a kind."""
    if get_origin(annotation) in (Union, types.UnionType):
        return plain(next(part for part in get_args(annotation) if part is not type(None)))
    if get_origin(annotation) is Annotated and kind_of(annotation) is None:
        return plain(get_args(annotation)[0])
    return annotation


def kind_of(annotation: Any) -> Kind | None:
    """Return the kind an annotation carries, if any."""
    found = [item for item in getattr(annotation, "__metadata__", ()) if isinstance(item, Kind)]
    return found[0] if found else None


def annotation_of(field: FieldInfo) -> Any:
    """Return a field's annotation with the kind that pydantic has moved into its metadata."""
    kinds = [item for item in field.metadata if isinstance(item, Kind)]
    return plain(Annotated[field.annotation, kinds[0]] if kinds else field.annotation)


def element_of(annotation: Any) -> Any:
    """Return the annotation of the elements of a list."""
    return plain(get_args(annotation)[0])


def allowed(annotation: Any) -> str:
    """Return what a field of this annotation accepts, in words."""
    kind = kind_of(annotation)
    if kind is not None:
        return kind.allowed
    if get_origin(annotation) is Literal:
        return " or ".join(str(choice) for choice in get_args(annotation))
    if get_origin(annotation) is tuple:
        element = element_of(annotation)
        return f"a list of tables with {listed(keys_of(element))}" if _is_table(element) else "a list"
    if annotation is bool:
        return "true or false"
    return f"a table with {listed(keys_of(annotation))}" if _is_table(annotation) else "another value"


def unit(annotation: Any) -> str:
    """Return the unit of a field, for a printed table."""
    kind = kind_of(annotation)
    if kind is not None:
        return kind.unit
    if get_origin(annotation) is Literal:
        return " | ".join(str(choice) for choice in get_args(annotation))
    return "true | false" if annotation is bool else "list"


def _number(value: float) -> str:
    return f"{value:,.15g}"


def listed(words: tuple[str, ...] | list[str]) -> str:
    """Return words as a list in a sentence."""
    return ", ".join(words)


def _is_table(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
