"""What a scenario is: named firms, dated rules, supply, funding climate, populations and parameters.

The tables and keys of the TOML files (a key that Python reserves or that is plural here has an alias). Every
table is frozen and refuses unknown keys. Bounds stand at the fields; what ties fields together (dates in
order, unique ids, populations that hold their named firms) is in `market.scenarios.check`. A scenario holds
no state: a run never writes to it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from market.scenarios.check import inconsistencies
from market.scenarios.fields import (
    Cards,
    Day,
    Days,
    Founded,
    Growth,
    Id,
    Level,
    Money,
    PerDay,
    Performance,
    Price,
    Revenue,
    Share,
    Speculators,
    Startups,
    Text,
)
from market.scenarios.tree import to_tree

INCONSISTENT = "inconsistent"
"""Type of the error that pydantic reports for fields that do not go together."""

Aspiration = Literal["defender", "gainer", "entrant", "none"]
Product = Literal["a800", "h20", "ascend_910b"]
SubstituteProduct = Literal["h20", "ascend_910b"]


class ParameterValues(Mapping[str, float]):
    """The value of every parameter by its full name: read-only, hashable, fit to be pickled."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, float]) -> None:
        self._values = {name: float(value) for name, value in values.items()}

    def __getitem__(self, name: str) -> float:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __hash__(self) -> int:
        return hash(frozenset(self._values.items()))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Mapping) and self._values == dict(other)

    def __repr__(self) -> str:
        return f"ParameterValues({self._values!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return ParameterValues, (self._values,)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> CoreSchema:
        number = core_schema.float_schema(strict=True, allow_inf_nan=False)
        values = core_schema.dict_schema(core_schema.str_schema(strict=True), number, strict=False)
        written = core_schema.plain_serializer_function_ser_schema(dict)
        return core_schema.no_info_after_validator_function(cls, values, serialization=written)


class Table(BaseModel):
    """A table of a scenario file."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Population(Table):
    """How many firms there are of the kinds that are not all named.

    Attributes
    ----------
    startups : int
        Startups over the whole horizon, the named ones included; 0 drops the named ones as well.
    speculators : int
    """

    startups: Startups
    speculators: Speculators


class MarketRules(Table):
    """Rules of trade.

    Attributes
    ----------
    allotment : str
        How the supplier rations a book larger than its supply; a name of `known_allotment_rules`.
    """

    allotment: Text


class RevenuePeriod(Table):
    """NVIDIA's China revenue from one day to the next entry."""

    from_: Day = Field(alias="from")
    busd: Revenue
    source: Text = ""


class Supply(Table):
    """What comes to China; exogenous."""

    china_revenue: tuple[RevenuePeriod, ...] = Field(strict=False)
    source: Text = ""


class ClimatePoint(Table):
    """The funding climate on one day; straight lines between the points, level after the last."""

    on: Day
    level: Level


class Funding(Table):
    """The funding climate; exogenous."""

    climate: tuple[ClimatePoint, ...] = Field(strict=False)
    source: Text = ""


class DatedRule(Table):
    """An export rule as data: when it is heard of, published, in force, enforced and lifted.

    Attributes
    ----------
    severity : float
        Share of the flow of its products that stops.
    substitute_announced : bool
        True when a card that escapes the rule is known on the day of announcement.
    """

    id: Id
    title: Text
    products: tuple[Product, ...] = Field(strict=False)
    rumoured: Day | None = None
    announced: Day
    effective: Day
    enforced: Day | None = None
    lifted: Day | None = None
    severity: Share
    substitute_announced: bool = False
    source: Text = ""

    @property
    def enforced_from(self) -> dt.date:
        """First day on which the rule bites; the effective date unless the file gives another."""
        return self.enforced or self.effective


class Substitute(Table):
    """A card beside the A-class one: when it comes, what it can do, what it costs, how many there are."""

    product: SubstituteProduct
    launch: Day
    integration_days: Days
    performance: Performance
    price_cny: Price
    monthly_cards: Cards
    monthly_growth: Growth
    source: Text = ""


class NamedCloud(Table):
    """Traits and first balance sheet of a cloud.

    Attributes
    ----------
    share : float
        Share of the cloud market at the start.
    own_training_cards, own_training_boom_cards : int
        Cards its own models need at a climate of 1, and those that a climate of 4 adds.
    other_cards : int
        Cards that customers of other industries need at the start.
    """

    id: Id
    name: Text
    named: bool
    online_cards: Cards
    stock_cards: Cards
    share: Share
    aspiration: Aspiration
    own_training_cards: Cards
    own_training_boom_cards: Cards
    own_training_priority: Share
    other_cards: Cards
    framework_orders: bool
    insists_on_penalty: bool = False
    source: Text = ""


class NamedServerMaker(Table):
    """Traits and first balance sheet of a server maker."""

    id: Id
    name: Text
    servers_per_day: PerDay
    stock_cards: Cards
    insists_on_penalty: bool = False
    source: Text = ""


class NamedStartup(Table):
    """Traits and first balance sheet of a startup of the news report.

    Attributes
    ----------
    calls_cards, calls_growth : int, float
        Cards that its model calls need when it starts, and their growth.
    ambition_cards, ambition_from : int, date
        Cards it wants for training, and from when.
    buys_direct : bool
        True when it orders cards from the supplier itself.
    """

    id: Id
    name: Text
    founded: Founded
    cash_cny: Money
    own_cards: Cards
    calls_cards: Cards
    calls_growth: Growth
    ambition_cards: Cards
    ambition_from: Day
    buys_direct: bool = False
    insists_on_penalty: bool = False
    source: Text = ""


class Scenario(Table):
    """A world to run: everything but the seed.

    Attributes
    ----------
    name : str
        The file's name without ``.toml``.
    parameters : mapping of str to float
        Every declared parameter by its full name: the declared value unless the scenario overrides it.
    """

    name: Text
    schema_: Literal[1] = Field(alias="schema")
    title: Text
    population: Population
    market: MarketRules
    supply: Supply
    funding: Funding
    rules: tuple[DatedRule, ...] = Field((), alias="rule", strict=False)
    substitutes: tuple[Substitute, ...] = Field((), alias="substitute", strict=False)
    clouds: tuple[NamedCloud, ...] = Field(alias="cloud", strict=False)
    server_makers: tuple[NamedServerMaker, ...] = Field((), alias="server_maker", strict=False)
    startups: tuple[NamedStartup, ...] = Field((), alias="startup", strict=False)
    parameters: ParameterValues

    @model_validator(mode="after")
    def _fields_go_together(self) -> Self:
        """Refuse a scenario whose fields are fine one by one but not together."""
        tree, problems = to_tree(self.model_dump(by_alias=True))
        found = [*problems, *inconsistencies(tree)]
        if found:
            raise PydanticCustomError(INCONSISTENT, "{text}", {"text": "; ".join(map(str, found))})
        return self
