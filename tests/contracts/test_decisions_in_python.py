"""A decision can be overridden in Python: repeating the default changes nothing, another acts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from market import (
    Cloud,
    GpuMarket,
    Nvidia,
    ServerMaker,
    Speculator,
    Startup,
    allotment_rule,
    load_scenario,
    result_of,
    run,
)
from market.agents.face import RowAgent
from market.agents.nvidia import ALLOTMENT_RULES
from market.errors import ScenarioError, UsageError
from market.observers.digest import digest
from market.scenarios import check
from market.state import accounts, primary, trader
from market.state.products import PRODUCTS

DAYS = 260
SEED = 4


class SameCloud(Cloud):
    def own_model_need_tomorrow(self) -> float:
        return super().own_model_need_tomorrow()

    def order(self) -> int:
        return super().order()

    def fraction_to_post(self) -> float:
        return super().fraction_to_post()

    def tender_floors(self) -> dict[int, float | None]:
        return super().tender_floors()

    def set_aside(self) -> int:
        return super().set_aside()

    def quote(self) -> tuple[float, int]:
        return super().quote()


class SameMaker(ServerMaker):
    def line(self) -> int:
        return super().line()

    def order(self) -> int:
        return super().order()

    def quote(self) -> tuple[float, int]:
        return super().quote()


class SameSpeculator(Speculator):
    def expected_price(self) -> float:
        return super().expected_price()

    def quote(self) -> tuple[float, int]:
        return super().quote()


class SameStartup(Startup):
    def need_tomorrow(self) -> float:
        return super().need_tomorrow()

    def quote(self) -> tuple[float, int]:
        return super().quote()

    def gives_up(self) -> bool:
        return super().gives_up()


class SameNvidia(Nvidia):
    def allotments(self) -> dict[str, Sequence[int]]:
        return super().allotments()

    def allot(self, product: str, supply: int, due: np.ndarray, past: np.ndarray) -> Sequence[int]:
        return super().allot(product, supply, due, past)


REPEATING: dict[type[RowAgent], str] = {
    SameCloud: "volcano_engine",
    SameMaker: "maker_3",
    SameSpeculator: "speculator_004",
    SameStartup: "minimax",
    SameNvidia: "nvidia",
}


def played(agents: Any, days: int = DAYS, scenario: Any = "tiny", **overrides: Any) -> GpuMarket:
    model = GpuMarket(scenario, seed=SEED, agents=agents, **overrides)
    model.advance(days)
    return model


def digest_with(agents: Any, days: int = DAYS, scenario: Any = "tiny", **overrides: Any) -> str:
    return digest(result_of(played(agents, days, scenario, **overrides)))


@pytest.fixture(scope="module")
def plain() -> str:
    return digest_with(())


# ------------------------------------------------------------------ the same decision again


def test_the_classes_below_override_every_decision_there_is() -> None:
    for face in REPEATING:
        kind = face.__mro__[1]
        assert {decision.method for decision in kind.DECISIONS} <= set(vars(face))


@pytest.mark.parametrize("face", REPEATING, ids=lambda face: face.__name__)
def test_repeating_the_default_for_one_agent_changes_no_byte(face: type[RowAgent], plain: str) -> None:
    assert digest_with({REPEATING[face]: face}) == plain


@pytest.mark.parametrize("face", REPEATING, ids=lambda face: face.__name__)
def test_repeating_the_default_for_a_whole_kind_changes_no_byte(face: type[RowAgent], plain: str) -> None:
    assert digest_with([face]) == plain


def test_repeating_every_default_of_everybody_changes_no_byte_in_three_years() -> None:
    assert digest_with(list(REPEATING), 1_096) == digest_with((), 1_096)


def test_repeating_floors_changes_no_byte_where_there_are_many_tenders() -> None:
    many = {"tenders__size_cards": 30, "tenders__pause_days": 10, "population__startups": 60}
    expected = result_of(played((), 1_096, **many))
    assert (expected.events["kind"] == "bid").sum() > 100
    assert digest_with([SameCloud], 1_096, **many) == digest(expected)


def test_repeating_quotes_changes_no_byte_on_an_odd_grid_of_prices() -> None:
    grid = {"spot__tick_cny": 49.9, "spot__n_ticks": 20_000}
    assert any(int(tick * 49.9 / 49.9) != tick for tick in range(1_400, 1_600))
    assert digest_with([SameCloud, SameSpeculator], 700, **grid) == digest_with((), 700, **grid)


def test_a_subclass_that_overrides_nothing_costs_no_hook(plain: str) -> None:
    class Named(Cloud):
        motto = "more cards"

    model = GpuMarket("tiny", seed=SEED, agents=[Named])
    assert model._hooks == ()
    assert all(isinstance(cloud, Named) for cloud in model.agents_by_type[Cloud])
    assert model.agents_by_type[Named] is model.agents_by_type[Cloud]


def test_decisions_are_asked_in_the_order_of_the_day_then_of_the_rows() -> None:
    asked: list[tuple[str, str]] = []

    class Witness(Cloud):
        def order(self) -> int:
            asked.append(("order", self.id))
            return super().order()

        def set_aside(self) -> int:
            asked.append(("set_aside", self.id))
            return super().set_aside()

    model = GpuMarket("tiny", seed=SEED, agents=[Witness])
    model.step()
    ids = [cloud.id for cloud in model.agents_by_type[Cloud]]
    assert asked == [("order", id_) for id_ in ids] + [("set_aside", id_) for id_ in ids]


# ------------------------------------------------------------------ another decision


class Greedy(Cloud):
    """Orders a thousand cards every day."""

    def order(self) -> int:
        return 1_000


class Cheap(Cloud):
    def fraction_to_post(self) -> float:
        return 0.25


class Reckless(Cloud):
    """Goes into every tender with a floor of nothing."""

    def tender_floors(self) -> dict[int, float | None]:
        return dict.fromkeys(super().tender_floors(), 0.0)


class Aloof(Cloud):
    def tender_floors(self) -> dict[int, float | None]:
        return dict.fromkeys(super().tender_floors())


class Selfish(Cloud):
    def set_aside(self) -> int:
        return self.capacity_cards


class Ambitious(Cloud):
    def own_model_need_tomorrow(self) -> float:
        return 77.5


class Lazy(ServerMaker):
    def line(self) -> int:
        return 0


class Modest(ServerMaker):
    def order(self) -> int:
        return 0


class Bull(Speculator):
    """Expects the price to triple."""

    def expected_price(self) -> float:
        return 3.0 * self.world.product_f64[0, 0]


class Silent(Speculator):
    def quote(self) -> tuple[float, int]:
        return 1.0, 0


class Frugal(Startup):
    def need_tomorrow(self) -> float:
        return 1.0


class Weary(Startup):
    def gives_up(self) -> bool:
        return self.model.day >= 20


class Bidding(Startup):
    def quote(self) -> tuple[float, int]:
        return 200_000.0, 3


def test_orders_of_ones_own_enter_the_book() -> None:
    orders = result_of(played({"aws_china": Greedy}, days=30)).orders
    mine = orders[(orders["buyer"] == "aws_china") & (orders["product"] == "a800")]
    assert len(mine) == 30
    assert (mine["cards"] == 1_000).all()


def test_a_fraction_of_ones_own_is_posted() -> None:
    model = played({"aws_china": Cheap}, days=3)
    fractions = {cloud.id: cloud.posted_fraction for cloud in model.agents_by_type[Cloud]}
    assert fractions.pop("aws_china") == 0.25
    assert all(fraction > 0.4 for fraction in fractions.values())


def test_a_floor_of_nothing_wins_whatever_it_is_invited_to() -> None:
    easy = {"tenders__size_cards": 30, "tenders__confidence": 0.0}
    events = result_of(played({"volcano_engine": Reckless}, days=400, **easy)).events
    bids, awards = events[events["kind"] == "bid"], events[events["kind"] == "tender_awarded"]
    mine = bids.loc[bids["actor"] == "volcano_engine", "detail"].str.extract(r"tender=(\d+) floor=([\d.]+)")
    assert (mine[1].astype(float) == 0.0).all()
    numbers = awards["detail"].str.extract(r"tender=(\d+)")[0]
    won = set(numbers[awards["counterparty"] == "volcano_engine"])
    assert set(mine[0]) == won
    assert len(won) > 3


def test_who_declines_every_tender_wins_none() -> None:
    easy = {"tenders__size_cards": 30, "tenders__confidence": 0.0}
    events = result_of(played({"volcano_engine": Aloof}, days=400, **easy)).events
    assert not ((events["kind"] == "bid") & (events["actor"] == "volcano_engine")).any()
    assert ((events["kind"] == "bid") & (events["actor"] == "alibaba_cloud")).any()


def test_cards_set_aside_are_not_served() -> None:
    model = played([Selfish], days=60)
    for cloud in model.agents_by_type[Cloud]:
        assert cloud.own_served_cards >= cloud.desired_set_aside_cards > 0.9 * cloud.capacity_cards
        assert cloud.own_served_cards + cloud.other_served_cards <= cloud.capacity_cards
    shares = [cloud.own_served_cards / cloud.capacity_cards for cloud in played((), 60).agents_by_type[Cloud]]
    assert max(shares) < 0.9


def test_own_model_need_is_what_was_decided() -> None:
    model = played({"baidu_cloud": Ambitious}, days=5)
    needs = {cloud.id: cloud.own_need_cards for cloud in model.agents_by_type[Cloud]}
    assert needs["baidu_cloud"] == 77.5


def test_without_a_line_nothing_goes_online() -> None:
    model = played([Lazy], days=120)
    assert not model.world.card_flow[accounts.ASSEMBLED].any()


def test_a_maker_that_does_not_order_has_no_orders() -> None:
    orders = result_of(played({"maker_1": Modest}, days=120)).orders
    assert "maker_1" not in set(orders["buyer"])
    assert "maker_2" in set(orders["buyer"])


def test_a_heuristic_of_ones_own_makes_a_speculator_hoard() -> None:
    id_ = "speculator_004"
    hoard = {}
    for name, agents in (("bull", {id_: Bull}), ("default", {})):
        model = played(agents, days=120)
        hoard[name] = next(a for a in model.agents_by_type[Speculator] if a.id == id_).cards("a800", "stock")
    assert hoard["bull"] > hoard["default"]


def test_a_heuristic_of_everybody_moves_the_price() -> None:
    bulls, silent = (result_of(played([face], days=650)).daily for face in (Bull, Silent))
    assert bulls["speculator_cards"].iloc[-1] > silent["speculator_cards"].iloc[-1] == 0
    assert bulls["spot_price_cny"].mean() > silent["spot_price_cny"].mean()


def test_who_does_not_quote_does_not_trade() -> None:
    model = played([Silent], days=120)
    assert (model.world.speculator_i64[trader.MONTH_SALES_FEN] == 0).all()
    assert all(speculator.cards("a800", "stock") == 0 for speculator in model.agents_by_type[Speculator])


def test_a_need_of_ones_own_is_the_need() -> None:
    model = played({"minimax": Frugal}, days=5)
    assert next(a for a in model.agents_by_type[Startup] if a.id == "minimax").need_cards == 1.0


def test_who_gives_up_fails_that_day() -> None:
    events = result_of(played({"minimax": Weary}, days=30)).events
    failed = events[(events["kind"] == "firm_failed") & (events["actor"] == "minimax")]
    assert failed["date"].dt.date.astype(str).tolist() == ["2022-01-21"]


def test_a_bid_of_ones_own_buys_cards() -> None:
    model = played({"minimax": Bidding}, days=60)
    agent = next(a for a in model.agents_by_type[Startup] if a.id == "minimax")
    default = next(a for a in played({}, days=60).agents_by_type[Startup] if a.id == "minimax")
    assert agent.cash_fen < default.cash_fen
    assert sum(agent.cards("a800", stage) for stage in ("stock", "assembly", "online")) > sum(
        default.cards("a800", stage) for stage in ("stock", "assembly", "online")
    )


def test_an_offer_in_python_obeys_the_cap_on_resale_like_any_other() -> None:
    class Dear(Speculator):
        def quote(self) -> tuple[float, int]:
            return 500_000.0, -5

    model = GpuMarket("tiny", seed=SEED, agents=[Dear], spot__resale_cap_cny=90_000)
    model.step()
    ticks = model.world.quote_i32[trader.TICK, [agent.account for agent in model.agents_by_type[Speculator]]]
    assert (ticks == 900).all()


# ------------------------------------------------------------------ values that are none

BAD_VALUES: list[tuple[type[RowAgent], str, Any]] = [
    (Cloud, "order", -1),
    (Cloud, "order", "many"),
    (Cloud, "order", None),
    (Cloud, "order", float("nan")),
    (Cloud, "order", 1e300),
    (Cloud, "order", 10**400),
    (Cloud, "fraction_to_post", -0.1),
    (Cloud, "fraction_to_post", float("inf")),
    (Cloud, "fraction_to_post", 1e9),
    (Cloud, "own_model_need_tomorrow", float("nan")),
    (Cloud, "own_model_need_tomorrow", 1e300),
    (Cloud, "set_aside", -5),
    (Cloud, "tender_floors", None),
    (Cloud, "tender_floors", [0.2]),
    (Cloud, "tender_floors", {0: 0.2}),
    (Cloud, "tender_floors", {10**9: 0.2}),
    (Cloud, "quote", None),
    (Cloud, "quote", (1.0,)),
    (Cloud, "quote", (1.0, 2, 3)),
    (Cloud, "quote", (-1.0, 2)),
    (Cloud, "quote", (float("nan"), 2)),
    (Cloud, "quote", (1.0, float("nan"))),
    (Cloud, "quote", (1.0, "2")),
    (Cloud, "quote", (1.0, 10**30)),
    (ServerMaker, "line", -1),
    (ServerMaker, "order", float("inf")),
    (Speculator, "expected_price", -1.0),
    (Speculator, "expected_price", "up"),
    (Startup, "need_tomorrow", None),
    (Startup, "gives_up", None),
    (Startup, "gives_up", "no"),
    (Nvidia, "allotments", None),
    (Nvidia, "allotments", {"b200": []}),
    (Nvidia, "allot", [1]),
    (Nvidia, "allot", None),
    (Nvidia, "allot", "proportional"),
    (Nvidia, "allot", [0.5] * 12),
    (Nvidia, "allot", [float("nan")] * 12),
    (Nvidia, "allot", [-1] + [0] * 11),
    (Nvidia, "allot", [10**6] * 12),
    (Nvidia, "allot", [None] * 12),
]


@pytest.mark.parametrize(
    ("kind", "method", "value"), BAD_VALUES, ids=lambda value: str(getattr(value, "__name__", value))[:40]
)
def test_a_value_that_makes_no_sense_is_refused_by_name(kind: type[RowAgent], method: str, value: Any) -> None:
    face = type("Odd", (kind,), {method: lambda self, *args: value})
    model = GpuMarket("tiny", seed=SEED, agents=[face])
    with pytest.raises(UsageError) as caught:
        model.advance(1)
    assert caught.value.allowed
    assert "Odd" in caught.value.origin
    assert caught.value.field.split()[0] in {method, "allotment", "quote"}


def test_the_number_of_buyers_that_the_bad_allotments_assume_is_right() -> None:
    assert len(GpuMarket("tiny", seed=SEED).nvidia.buyer_ids()) == 12


def test_whole_numbers_of_other_types_are_welcome(plain: str) -> None:
    class Typed(Cloud):
        def order(self) -> Any:
            return np.int64(super().order())

        def quote(self) -> Any:
            return [np.float64(value) for value in super().quote()]

    assert digest_with([Typed]) == plain


@pytest.mark.parametrize(
    "agents",
    [
        [dict], [Cloud, SameCloud], {"nobody": SameCloud}, {"minimax": SameCloud}, {"minimax": "Startup"},
        {"world": SameCloud}, ["Cloud"],
    ],
    ids=str,
)  # fmt: skip
def test_classes_that_do_not_fit_are_refused(agents: Any) -> None:
    with pytest.raises(UsageError):
        GpuMarket("tiny", seed=SEED, agents=agents)


# ------------------------------------------------------------------ allotment rules


@pytest.fixture
def registry() -> Any:
    """Forget the rules registered in a test."""
    rules, names = dict(ALLOTMENT_RULES), set(check._REGISTERED)
    yield
    ALLOTMENT_RULES.clear()
    ALLOTMENT_RULES.update(rules)
    check._REGISTERED.clear()
    check._REGISTERED.update(names)


def to_the_first(supply: int, due: np.ndarray, past: np.ndarray) -> list[int]:
    """Give everything to the first buyer."""
    granted = [0] * len(due)
    granted[0] = min(supply, int(due[0]))
    return granted


@pytest.mark.usefixtures("registry")
def test_a_registered_allotment_rule_is_used_by_its_name() -> None:
    allotment_rule("to_the_first")(to_the_first)
    model = played((), days=250, market__allotment="to_the_first")
    orders = result_of(model).orders
    delivered = orders.groupby("buyer", observed=True)["delivered_cards"].sum()
    assert delivered[delivered > 0].index.tolist() == [model.nvidia.buyer_ids()[0]]


@pytest.mark.usefixtures("registry")
def test_an_allotment_rule_is_asked_once_a_month_for_each_product_and_cannot_write() -> None:
    asked: list[tuple[int, int]] = []

    def spoiling(supply: int, due: np.ndarray, past: np.ndarray) -> list[int]:
        asked.append((supply, len(due)))
        due[:] = 10**9
        past[:] = -1
        return [0] * len(due)

    allotment_rule("spoiling")(spoiling)
    model = played((), days=59, market__allotment="spoiling")
    assert len(asked) == 2 * len(PRODUCTS)
    assert (model.world.buyer_i64[primary.DUE] < 10**9).all()
    assert (model.world.buyer_i64[primary.PAST_DELIVERIES] == 0).all()


@pytest.mark.usefixtures("registry")
def test_a_rule_that_gives_what_there_is_not_is_refused_by_its_name() -> None:
    allotment_rule("generous")(lambda supply, due, past: due + 1)
    with pytest.raises(UsageError, match="generous"):
        played((), days=31, market__allotment="generous")


def test_an_allotment_rule_nobody_registered_is_refused() -> None:
    with pytest.raises(ScenarioError, match=r"market\.allotment"):
        GpuMarket("tiny", market__allotment="to_the_second")


def test_an_allotment_in_a_class_is_used() -> None:
    class Miser(Nvidia):
        def allot(self, product: str, supply: int, due: np.ndarray, past: np.ndarray) -> Sequence[int]:
            return [0] * len(due)

    assert result_of(played([Miser], days=120)).deliveries.empty


# ------------------------------------------------------------------ a dated rule of one's own

RULE_FILE = """
schema = 1
extends = "tiny"
title = "A rule of my own in the summer of 2022"

[[rule]]
id = "summer"
title = "Half of the flow stops for a year"
products = ["a800"]
rumoured = 2022-05-01
announced = 2022-06-01
effective = 2022-06-15
enforced = 2022-07-01
lifted = 2023-07-01
severity = 0.5
"""


def test_a_dated_rule_of_ones_own_is_a_few_lines_of_toml(tmp_path: Path) -> None:
    file = tmp_path / "summer.toml"
    file.write_text(RULE_FILE, encoding="utf-8")
    mine, plain = run(file, seed=SEED), run("tiny", seed=SEED)
    heard = mine.events[mine.events["detail"] == "rule=summer"]
    assert heard["kind"].tolist() == ["rule_rumoured", "rule_announced", "rule_effective"]
    assert heard["date"].dt.date.astype(str).tolist() == ["2022-05-01", "2022-06-01", "2022-06-15"]
    before = plain.daily["date"] < "2022-05-01"
    assert mine.daily[before].equals(plain.daily[before])
    assert not mine.daily.equals(plain.daily)


def test_a_rule_bites_from_its_enforcement_until_it_is_lifted(tmp_path: Path) -> None:
    from market import calendar
    from market.state import scene

    file = tmp_path / "summer.toml"
    file.write_text(RULE_FILE, encoding="utf-8")
    model, severity = GpuMarket(load_scenario(file), seed=SEED), []
    for _ in range(600):
        model.step()
        severity.append(float(model.world.product_f64[scene.SEVERITY, 0]))
    first, last = calendar.day_of("2022-07-01"), calendar.day_of("2023-07-01")
    assert [day for day, share in enumerate(severity) if share] == list(range(first, last))
    assert set(severity) == {0.0, 0.5}
