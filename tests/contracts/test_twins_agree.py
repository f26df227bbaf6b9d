"""The plain twins of the benchmark are the same market as the engine: with its luck to the day, with their own in law.

Handed the engine's own draws by name, and keeping as many digits of what startups have, both twins must record every
day what the engine records, and every firm must end with the same fen and cards. On luck of their own, the
distributions of the main outputs over seeds must agree: a permutation test of pairs (a twin and the engine begin on the
same morning of the same seed, so under the hypothesis their labels may be exchanged), at 5% over all outputs together
(Bonferroni). What shift it would have found is worked out from the runs themselves, and twins in which one rule was
altered are rejected.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd
import pytest
from random_worlds import drawn_scenario

from market import GpuMarket, Scenario, load_scenario
from market.observers.tables import daily_frame
from market.state import primary, scene, startup
from market.state.columns import narrow
from market.state.products import STAGES
from tests.benchmarks import idiomatic
from tests.benchmarks.engine_luck import EngineLuck
from tests.benchmarks.idiomatic import IdiomaticMarket
from tests.benchmarks.opening import Opening, opening_of
from tests.benchmarks.tuned import TunedMarket

Twin = type[IdiomaticMarket]
TWINS: tuple[Twin, ...] = (IdiomaticMarket, TunedMarket)
ROUNDING = 1e-9  # sums of floats are taken in another order
ROUNDED_FEN = 100  # so that over three years some amounts are rounded to the fen on the other side

OUTPUTS: Mapping[str, float] = {  # output -> shift, as a share of its mean, that must be found with POWER
    "price peak": 0.05,
    "end price": 0.03,
    "volume": 0.06,
    "switches": 0.30,
    "deliveries": 0.01,
    "startups alive": 0.03,
}
LEVEL = 0.05
POWER = 0.8
TRIALS = 300  # simulated samples for each power

ALTERED: Mapping[str, Mapping[str, float]] = {
    "bids that move half as fast": {"spot.bid_adjustment": 0.5},
    "startups without loyalty": {"leases.loyalty": 0.0},
}


# ------------------------------------------------------------------ with the engine's luck


class Kept:
    """An attribute of startups with the digits that the engine keeps of it."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, firm: Any, face: type) -> float:
        return vars(firm)[self.name]

    def __set__(self, firm: Any, value: float) -> None:
        vars(firm)[self.name] = float(narrow(value))


@pytest.fixture(autouse=True)
def kept_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    for column in startup.F32.columns:
        monkeypatch.setattr(idiomatic.Startup, column.name, Kept(column.name), raising=False)


def twin_of(twin: Twin, opening: Opening) -> IdiomaticMarket:
    """A twin that draws the engine's luck."""
    luck = EngineLuck(opening.seed)
    market = twin(opening, luck)
    luck.market = market
    return market


def days_of(market: IdiomaticMarket, days: int) -> pd.DataFrame:
    """Run a twin and return its daily record."""
    for _ in range(days):
        market.step()
    if isinstance(market, TunedMarket):
        return market.record_frame()
    return market.datacollector.get_model_vars_dataframe().reset_index(drop=True)


def engine_days(engine: GpuMarket, days: int) -> pd.DataFrame:
    """Run the engine and return its record of these days."""
    first = engine.day
    engine.advance(days)
    record = daily_frame(engine.world, engine.day).drop(columns="date").iloc[first:].reset_index(drop=True)
    return record.astype(float)


def first_difference(one: pd.DataFrame, other: pd.DataFrame) -> str:
    """The first day and the columns on which two records differ; empty for none."""
    left, right = one.to_numpy(float), other[list(one.columns)].to_numpy(float)
    equal = np.isclose(left, right, rtol=ROUNDING, atol=ROUNDING, equal_nan=True)
    if equal.all():
        return ""
    day = int(np.argmin(equal.all(axis=1)))
    found = {name: (left[day, k], right[day, k]) for k, name in enumerate(one.columns) if not equal[day, k]}
    return f"day {day}: {found}"


def small_world(startups: int = 60, speculators: int = 30, **overrides: Any) -> Scenario:
    return load_scenario(
        "baseline", {"population.startups": startups, "population.speculators": speculators, **overrides}
    )


RARE_RULES = {
    "primary.deposit_share": 0.2,
    "primary.late_penalty_share": 0.05,
    "spot.resale_cap_cny": 75_000.0,
    "clouds.parent_support": 0.0,
    "clouds.parent_buffer_cny": 1e7,
    "cloud.long_tail.insists_on_penalty": True,
}
RESERVE = {
    "reserve.size_cards": 3000.0,
    "reserve.buying_cards_per_week": 40.0,
    "reserve.selling_cards_per_week": 100.0,
    "reserve.limit_multiple": 1.04,
    "reserve.trigger_multiple": 1.04,
}
BUST = {
    "funding.hazard": 0.0,
    "startups.cash_cny": 2e6,
    "startups.staff_cny_per_month": 3e6,
    "clouds.other_growth": -0.5,
    "orders.cancellation": 0.5,
    "clouds.parent_support": 0.0,
    "clouds.parent_buffer_cny": 1e7,
    "cloud.long_tail.stock_cards": 20_000,
}
WORLDS: Mapping[str, tuple[Scenario, int, int, int]] = {  # scenario, seed, first day, days
    "the first months": (load_scenario("tiny"), 1, 0, 150),
    "the boom and the rule": (small_world(), 2, 480, 150),
    "the slump": (small_world(), 3, 900, 100),
    "deposits, penalties and clouds that may fail": (load_scenario("tiny", RARE_RULES), 4, 330, 200),
    "a state reserve": (load_scenario("tiny", RESERVE), 5, 0, 150),
    "a bust": (load_scenario("tiny", BUST), 6, 0, 100),
    "a random world": (drawn_scenario(4), 4, 0, 250),
    "a random world at the corners": (drawn_scenario(3), 3, 400, 150),
}


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("world", WORLDS)
def test_with_the_engines_luck_a_twin_lives_through_the_same_days(twin: Twin, world: str) -> None:
    scenario, seed, first, days = WORLDS[world]
    engine = GpuMarket(scenario, seed)
    if first:
        engine.advance(first)
    market = twin_of(twin, opening_of(engine))
    assert first_difference(engine_days(engine, days), days_of(market, days)) == ""
    assert holdings_of_twin(market) == holdings_of_engine(engine)
    assert len(market.orders) == engine.world.clock[scene.N_ORDERS]
    assert orders_of_twin(market).items() <= orders_of_engine(engine).items()
    assert Counter(event[1] for event in market.events) == events_of_engine(engine, first)


def test_in_these_worlds_everything_happens_that_can() -> None:
    seen: Counter[str] = Counter()
    for scenario, seed, first, days in WORLDS.values():
        engine = GpuMarket(scenario, seed)
        engine.advance(first + days)
        seen += events_of_engine(engine, first)
    assert set(seen) == set(scene.EVENTS)


@pytest.mark.slow
@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("number", range(100, 110))
def test_so_it_does_in_random_worlds_over_the_whole_calendar(twin: Twin, number: int) -> None:
    engine = GpuMarket(drawn_scenario(number), number)
    market = twin_of(twin, opening_of(engine))
    assert first_difference(engine_days(engine, 1096), days_of(market, 1096)) == ""
    mine, theirs = holdings_of_twin(market), holdings_of_engine(engine)
    assert {account: held[1:] for account, held in mine.items()} == {a: held[1:] for a, held in theirs.items()}
    assert all(abs(held[0] - theirs[account][0]) <= ROUNDED_FEN for account, held in mine.items())


@pytest.mark.parametrize(
    ("altered", "first"), [({"serving.approach_rate": 0.0}, 480), ({"orders.fill_gain": 0.5}, 300)]
)
def test_a_twin_with_one_rule_altered_does_not(altered: dict[str, float], first: int) -> None:
    engine = GpuMarket(small_world(), 2)
    engine.advance(first)
    opening = opening_of(engine)
    market = twin_of(TunedMarket, dataclasses.replace(opening, p={**opening.p, **altered}))
    assert first_difference(engine_days(engine, 150), days_of(market, 150)).startswith("day ")


def test_a_draw_without_a_name_is_an_error() -> None:
    engine = GpuMarket("tiny", 1)
    market = twin_of(TunedMarket, opening_of(engine))
    with pytest.raises(LookupError):
        market.random.random()


def holdings_of_twin(market: IdiomaticMarket) -> dict[int, tuple[Any, ...]]:
    """Fen and cards of every firm, by account."""
    firms = market.by_account.items()
    return {
        account: (firm.cash_fen, *(tuple(getattr(firm, stage)) for stage in STAGES)) for account, firm in sorted(firms)
    }


def holdings_of_engine(engine: GpuMarket) -> dict[int, tuple[Any, ...]]:
    opening = opening_of(engine)
    firms = chain(opening.clouds(), opening.makers(), opening.speculators(), opening.startups())
    return {firm["account"]: (firm["cash_fen"], *(tuple(firm[stage]) for stage in STAGES)) for firm in firms}


def orders_of_twin(market: IdiomaticMarket) -> dict[int, tuple[int, ...]]:
    """(due day, cards, delivered, cancelled) of every order that was open on the first morning or placed since."""
    known = [order for order in market.orders if order is not None]
    return {o.number: (o.due_day, o.cards, o.delivered_cards, o.cancelled_cards) for o in known}


def orders_of_engine(engine: GpuMarket) -> dict[int, tuple[int, ...]]:
    columns = [primary.DUE_DAY, primary.CARDS, primary.DELIVERED, primary.CANCELLED]
    rows = engine.world.order_i64[columns, : engine.world.clock[scene.N_ORDERS]].T.tolist()
    return {number: tuple(row) for number, row in enumerate(rows)}


def events_of_engine(engine: GpuMarket, first: int) -> Counter[str]:
    """Number of events of each kind since a day."""
    events = engine.journal.rows("event")
    kinds = events[scene.EVENT_KIND][events[scene.EVENT_DAY] >= first]
    return Counter(scene.EVENTS.label(kind) for kind in kinds.tolist())


# ------------------------------------------------------------------ with luck of their own


def outputs(daily: pd.DataFrame) -> list[float]:
    """The main outputs of a run, in the order of OUTPUTS."""
    price = daily.spot_price_cny.to_numpy(float)
    sums = [float(daily[name].sum()) for name in ("spot_volume_cards", "switches", "delivered_cards")]
    return [price.max(), price[-30:].mean(), *sums, float(daily.startups_alive.iloc[-1])]


@dataclasses.dataclass(frozen=True)
class Samples:
    """Outputs by seed: rows are seeds, columns as in OUTPUTS."""

    engine: np.ndarray
    twins: dict[str, np.ndarray]


def sampled(
    scenario: Scenario, first: int, days: int, seeds: range, twins: tuple[Twin, ...], altered: Mapping[str, Any]
) -> Samples:
    """Run the engine and the twins from the same mornings, each on its own luck."""
    engine_rows, rows = [], {name: [] for name in (*(twin.__name__ for twin in twins), *altered)}
    for seed in seeds:
        engine = GpuMarket(scenario, seed)
        if first:
            engine.advance(first)
        opening = opening_of(engine)
        for twin in twins:
            rows[twin.__name__].append(outputs(days_of(twin(opening), days)))
        for name, factors in altered.items():
            p = {**opening.p, **{key: opening.p[key] * factor for key, factor in factors.items()}}
            rows[name].append(outputs(days_of(TunedMarket(dataclasses.replace(opening, p=p)), days)))
        engine_rows.append(outputs(engine_days(engine, days)))
    return Samples(np.array(engine_rows), {name: np.array(found) for name, found in rows.items()})


def p_values(differences: np.ndarray) -> np.ndarray:
    """Two-sided p-value of each column of paired differences when any of their signs may be exchanged."""
    n = differences.shape[0]
    signs = 1.0 - 2.0 * ((np.arange(2**n)[:, None] >> np.arange(n)) & 1)
    means = np.abs(signs @ differences)
    return (means >= np.abs(differences.sum(axis=0)) - 1e-9).mean(axis=0)


def rejects(differences: np.ndarray) -> bool:
    """Whether the outputs differ, at LEVEL over all of them together."""
    return bool((p_values(differences) < LEVEL / differences.shape[1]).any())


def powers(differences: np.ndarray, shifts: np.ndarray) -> np.ndarray:
    """Chance with which a shift of each output alone would be found, by simulation on the differences observed."""
    luck, n = np.random.default_rng(1), differences.shape[0]
    noise = differences - differences.mean(axis=0)
    found = np.zeros(shifts.size)
    for _ in range(TRIALS):
        sample = noise[luck.integers(n, size=n)] * np.sqrt(n / (n - 1)) + shifts
        found += p_values(sample) < LEVEL / shifts.size
    return found / TRIALS


@pytest.fixture(scope="module")
def samples() -> Samples:
    return sampled(load_scenario("baseline"), 450, 270, range(100, 114), TWINS, ALTERED)


@pytest.mark.parametrize("twin", TWINS)
def test_on_its_own_luck_a_twin_has_the_engines_outputs(samples: Samples, twin: Twin) -> None:
    differences = samples.twins[twin.__name__] - samples.engine
    assert not rejects(differences), dict(zip(OUTPUTS, p_values(differences), strict=True))


@pytest.mark.parametrize("twin", TWINS)
def test_a_shift_worth_speaking_of_would_have_been_found(samples: Samples, twin: Twin) -> None:
    shifts = np.array(list(OUTPUTS.values())) * samples.engine.mean(axis=0)
    found = powers(samples.twins[twin.__name__] - samples.engine, shifts)
    assert (found >= POWER).all(), dict(zip(OUTPUTS, found, strict=True))


@pytest.mark.parametrize("altered", ALTERED)
def test_a_twin_with_one_rule_altered_is_rejected(samples: Samples, altered: str) -> None:
    assert rejects(samples.twins[altered] - samples.engine)


def test_equal_laws_are_rejected_no_more_often_than_stated() -> None:
    luck = np.random.default_rng(7)
    rejected = sum(rejects(luck.standard_normal((10, len(OUTPUTS)))) for _ in range(400))
    assert rejected / 400 <= LEVEL + 3 * np.sqrt(LEVEL * (1 - LEVEL) / 400)


@pytest.mark.slow
def test_the_whole_calendar_at_default_size_agrees_too() -> None:
    found = sampled(load_scenario("baseline"), 0, 1096, range(200, 216), TWINS, ALTERED)
    for twin in TWINS:
        differences = found.twins[twin.__name__] - found.engine
        assert not rejects(differences), dict(zip(OUTPUTS, p_values(differences), strict=True))
    for name in ALTERED:
        assert rejects(found.twins[name] - found.engine)
