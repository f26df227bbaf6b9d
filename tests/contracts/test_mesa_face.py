"""The market is a Mesa model: real agents over columns, and Mesa's own tools can drive it."""

from __future__ import annotations

import time
from typing import Any

import mesa
import networkx as nx
import pytest
from mesa.agent import AgentSet

from market import (
    Cloud,
    GpuMarket,
    Nvidia,
    Regulator,
    ServerMaker,
    Speculator,
    Startup,
    load_scenario,
    result_of,
    run,
    supply_graph,
)
from market.agents.population import Population
from market.errors import UsageError
from market.observers.digest import digest
from market.state import accounts, scene
from market.state import cloud as c
from market.state.columns import BLOCKS
from market.state.products import A800, ONLINE
from market.state.world import card_row

KINDS = (Nvidia, Cloud, ServerMaker, Speculator, Startup, Regulator)
SHOWN = {
    Cloud: ("cloud_i64", "cloud_f64"),
    ServerMaker: ("maker_i64", "maker_f64"),
    Speculator: ("speculator_i64", "speculator_f64"),
    Startup: ("startup_i64", "startup_i32", "startup_i16", "startup_i8", "startup_f32", "startup_month_i64"),
}
MANY = 100_000


@pytest.fixture(scope="module")
def model() -> GpuMarket:
    model = GpuMarket("tiny", seed=1)
    model.advance(700)
    return model


@pytest.fixture(scope="module")
def crowd() -> GpuMarket:
    return GpuMarket("tiny", seed=1, population__startups=MANY)


# ------------------------------------------------------------------ agents


def test_the_model_and_all_agents_are_mesas_own(model: GpuMarket) -> None:
    assert isinstance(model, mesa.Model)
    for kind in KINDS:
        assert issubclass(kind, mesa.Agent)
        assert isinstance(model.agents_by_type[kind], AgentSet)
        assert all(type(agent) is kind for agent in model.agents_by_type[kind])


def test_every_kind_has_its_number_of_agents(model: GpuMarket) -> None:
    assert [len(model.agents_by_type[kind]) for kind in KINDS] == [1, 6, 5, 10, 20, 1]
    assert len(model.agents) == 43
    assert {type(agent) for agent in model.agents} == set(KINDS) == set(model.agent_types)
    ids = [agent.unique_id for agent in model.agents]
    assert len(set(ids)) == len(ids)


def test_an_agent_shows_its_row_as_attributes(model: GpuMarket) -> None:
    world = model.world
    for kind, blocks in SHOWN.items():
        for agent in model.agents_by_type[kind]:
            assert agent.cash_fen == world.account_i64[accounts.CASH_FEN, agent.account]
            for block in blocks:
                for row, column in enumerate(BLOCKS[block].columns):
                    if isinstance(getattr(kind, column.name), property) and column.name != "name":
                        assert getattr(agent, column.name) == getattr(world, block)[row, agent.row], column


def test_attributes_follow_the_run_and_cannot_be_set(model: GpuMarket) -> None:
    young = GpuMarket("tiny", seed=1)
    cloud = next(iter(young.agents_by_type[Cloud]))
    before = cloud.cash_fen, cloud.posted_fraction
    young.advance(200)
    assert (cloud.cash_fen, cloud.posted_fraction) != before
    assert cloud.posted_fraction == young.world.cloud_f64[c.POSTED_FRACTION, 0]
    for name in ("cash_fen", "posted_fraction", "id"):
        with pytest.raises(AttributeError):
            setattr(cloud, name, 1)


def test_a_column_is_documented_with_its_unit() -> None:
    assert Cloud.posted_fraction.__doc__ == "fraction of list asked of regular customers (1)"
    assert "(cards)" in Startup.need_cards.__doc__


def test_agents_know_their_names_cards_and_hosts(model: GpuMarket) -> None:
    by_id = {agent.id: agent for agent in model.agents_by_type[Cloud]}
    assert list(by_id) == sorted(by_id)
    assert by_id["volcano_engine"].name == "Volcano Engine"
    online = sum(cloud.cards("a800", "online") for cloud in by_id.values())
    first, last = (model.world.clock[row] for row in (scene.FIRST_CLOUD, scene.FIRST_MAKER))
    assert online == model.world.card_i64[card_row(A800, ONLINE), first:last].sum() > 0
    hosted = [startup for startup in model.agents_by_type[Startup] if startup.hosts()]
    assert hosted
    assert {host for startup in hosted for host in startup.hosts()} <= set(by_id)
    assert repr(hosted[0]) == f"<Startup {hosted[0].id}>"


def test_the_regulator_holds_the_rules_and_has_no_account(model: GpuMarket) -> None:
    (regulator,) = model.agents_by_type[Regulator]
    assert regulator is model.regulator
    assert regulator.id == "regulator"
    assert [rule.id for rule in regulator.rules] == ["us_2022", "us_2023"]


def test_agent_sets_answer_as_mesas_do(model: GpuMarket) -> None:
    clouds = model.agents_by_type[Cloud]
    assert clouds.get("id") == [cloud.id for cloud in clouds]
    assert clouds.agg("cash_fen", sum) == sum(cloud.cash_fen for cloud in clouds)
    named = clouds.select(lambda cloud: cloud.is_named == 1)
    assert len(named) == 5
    assert next(iter(clouds.sort("share", ascending=False))) is max(clouds, key=lambda cloud: cloud.share)
    assert clouds[0] in clouds
    assert model.regulator not in clouds


# ------------------------------------------------------------------ large populations


def test_a_large_population_is_there_without_its_agents(crowd: GpuMarket) -> None:
    startups = crowd.agents_by_type[Startup]
    assert isinstance(startups, Population)
    assert len(startups) == MANY
    assert len(crowd.agents) < 100
    one = startups[12_345]
    assert isinstance(one, Startup)
    assert one.row == 12_345
    assert one is startups[12_345]
    assert startups[-1].row == MANY - 1
    assert [startup.row for startup in startups[10:16:2]] == [10, 12, 14]
    assert len(crowd.agents) < 110
    with pytest.raises(IndexError):
        startups[MANY]


def test_a_large_population_can_be_gone_through(crowd: GpuMarket) -> None:
    startups = crowd.agents_by_type[Startup]
    early = startups[99]
    rows = [startup.row for startup in startups]
    assert sorted(rows) == list(range(MANY))
    assert startups[99] is early
    assert len(startups.select(at_most=7)) == 7


def test_a_crowd_steps(crowd: GpuMarket) -> None:
    started = time.process_time()
    crowd.step()
    assert crowd.day == 1
    assert time.process_time() - started < 60


def test_one_startup_of_a_crowd_can_have_a_class_of_its_own() -> None:
    asked: list[str] = []

    class Hungry(Startup):
        def need_tomorrow(self) -> float:
            asked.append(self.id)
            return 123.0

    crowd = GpuMarket("tiny", seed=1, agents={"startup_2990": Hungry}, population__startups=3_000)
    assert len(crowd.agents) < 100
    crowd.step()
    assert asked == ["startup_2990"]
    startup = crowd.agents_by_type[Startup][
        crowd.cast.ids.index("startup_2990") - int(crowd.world.clock[scene.FIRST_STARTUP])
    ]
    assert startup.need_cards == 123.0


# ------------------------------------------------------------------ time


def test_steps_are_days_however_they_are_run() -> None:
    model = GpuMarket("tiny", seed=1)
    model.step()
    assert (model.steps, model.day, model.date) == (1, 1, "2022-01-02")
    assert model.advance(9) == 9
    assert (model.steps, model.day) == (10, 10)
    model.step()
    assert (model.steps, model.day) == (11, 11)


def test_a_model_stops_running_at_the_end_of_the_calendar() -> None:
    model = GpuMarket("tiny", seed=1)
    assert model.running
    assert model.advance(1_095) == 1_095
    assert model.running
    assert model.advance(50) == 1
    assert not model.running
    before = digest(result_of(model))
    model.step()
    assert model.advance(3) == 0
    assert (model.steps, model.day, model.date) == (1_096, 1_096, "2024-12-31")
    assert digest(result_of(model)) == before


def test_run_model_runs_to_the_end() -> None:
    model = GpuMarket("tiny", seed=1)
    model.run_model()
    assert digest(result_of(model)) == digest(run("tiny", seed=1))


@pytest.mark.parametrize("days", [0, -1, 1.5, "3", True, None])
def test_days_that_are_none_are_refused(days: Any) -> None:
    with pytest.raises(UsageError, match="days"):
        GpuMarket("tiny", seed=1).advance(days)


@pytest.mark.parametrize("seed", [-1, 1.0, "1", True, None, 2**62])
def test_seeds_that_are_none_are_refused(seed: Any) -> None:
    with pytest.raises(UsageError, match="seed"):
        GpuMarket("tiny", seed=seed)


# ------------------------------------------------------------------ Mesa's tools


def test_batch_run_drives_the_model_and_reports_its_daily_record() -> None:
    rows = mesa.batch_run(
        GpuMarket,
        parameters={"scenario": "tiny", "seed": [1, 2], "orders__adjustment": 0.1},
        max_steps=9,
        number_processes=1,
        data_collection_period=1,
        display_progress=False,
    )
    assert len(rows) == 2 * 10  # max_steps=9 runs ten steps
    daily = run("tiny", seed=2, days=10, **{"orders__adjustment": 0.1}).daily
    second = [row for row in rows if row["seed"] == 2]
    assert [row["Step"] for row in second] == list(range(10))
    assert [row["spot_price_cny"] for row in second] == daily["spot_price_cny"].tolist()
    assert [row["online_cards"] for row in second] == daily["online_cards"].tolist()


def test_the_model_has_its_daily_record_as_data_collector() -> None:
    model = GpuMarket("tiny", seed=1)
    model.advance(50)
    frame = model.datacollector.get_model_vars_dataframe()
    assert frame.reset_index().equals(result_of(model).daily)


class Collecting(GpuMarket):
    """A market that collects with Mesa's own DataCollector, as users write it."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.datacollector = mesa.DataCollector(
            model_reporters={
                "price": lambda model: model.world.product_f64[scene.SPOT_CNY, 0],
                "date": "date",
            },
            agenttype_reporters={Cloud: {"cash_fen": "cash_fen", "fraction": "posted_fraction"}},
        )

    def step(self) -> None:
        super().step()
        self.datacollector.collect(self)


def test_a_data_collector_of_ones_own_collects() -> None:
    model = Collecting(scenario="tiny", seed=1)
    for _ in range(12):
        model.step()
    prices = model.datacollector.get_model_vars_dataframe()
    assert prices["price"].tolist() == run("tiny", seed=1, days=12).daily["spot_price_cny"].tolist()
    clouds = model.datacollector.get_agenttype_vars_dataframe(Cloud)
    assert clouds.shape == (12 * 6, 2)
    assert clouds.index.get_level_values("Step").unique().tolist() == list(range(1, 13))


def test_batch_run_drives_a_subclass_with_a_data_collector_of_its_own() -> None:
    rows = mesa.batch_run(
        Collecting,
        {"scenario": ["tiny"], "seed": [1]},
        max_steps=4,
        data_collection_period=1,
        display_progress=False,
    )
    assert [row["price"] for row in rows] == run("tiny", seed=1, days=5).daily["spot_price_cny"].tolist()


# ------------------------------------------------------------------ the network


def test_the_supply_graph_says_who_supplies_serves_and_owes_whom(model: GpuMarket) -> None:
    graph = supply_graph(model)
    assert isinstance(graph, nx.DiGraph)
    assert graph.graph["date"] == model.date
    kinds = nx.get_node_attributes(graph, "kind")
    assert set(kinds.values()) <= {"chip_maker", "cloud", "server_maker", "startup"}
    assert {id_ for id_, kind in kinds.items() if kind == "cloud"} == {
        cloud.id for cloud in model.agents_by_type[Cloud]
    }
    by_id = {agent.id: agent for agent in model.agents}
    for id_, cash in graph.nodes(data="cash_cny"):
        assert id_ == "huawei" or cash == by_id[id_].cash_fen / 100
    for supplier, customer, edge in graph.edges(data=True):
        if edge["relation"] == "supplies":
            assert kinds[supplier] == "chip_maker"
            assert edge["delivered_cards"] == sum(edge["cards"].values())
            assert edge["delivered_cards"] + edge["backlog_cards"] > 0
        else:
            assert (edge["relation"], kinds[supplier], kinds[customer]) == ("serves", "cloud", "startup")
            assert 0 <= edge["served_cards"] <= edge["cards"]
            assert edge["rent_cny_per_month"] > 0
            assert supplier in by_id[customer].hosts()


def test_the_supply_graph_agrees_with_the_tables_also_where_a_startup_has_two_contracts_with_a_cloud() -> None:
    model = GpuMarket("tiny", seed=1, tenders__size_cards=30, tenders__pause_days=10)
    model.advance(600)
    graph, result = supply_graph(model), result_of(model)
    supplied = [edge for _, _, edge in graph.edges(data=True) if edge["relation"] == "supplies"]
    assert sum(edge["delivered_cards"] for edge in supplied) == result.deliveries["cards"].sum()
    open_cards = result.orders["cards"] - result.orders["delivered_cards"] - result.orders["cancelled_cards"]
    assert sum(edge["backlog_cards"] for edge in supplied) == open_cards.sum()
    running = result.contracts[result.contracts["end_reason"] == "running"]
    pairs = running.groupby(["cloud", "startup"], observed=True)["cards"].sum().to_dict()
    served = {(a, b): edge["cards"] for a, b, edge in graph.edges(data=True) if edge["relation"] == "serves"}
    assert served == pairs
    assert len(running) > len(pairs)


def test_a_scenario_can_be_given_by_name_object_path_and_with_overrides(tmp_path: Any) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('schema = 1\nextends = "tiny"\ntitle = "Mine"\n', encoding="utf-8")
    scenario = load_scenario("tiny")
    models = [GpuMarket(source, seed=1) for source in ("tiny", scenario, file, str(file))]
    models.append(GpuMarket(scenario, seed=1, orders__gaming=1))
    for model in models:
        model.advance(40)
    assert len({digest(result_of(model)) for model in models}) == 1
