"""Worlds without this or that, and worlds drawn at random, run the whole calendar with closed books."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from random_worlds import drawn_scenario
from whole_runs import run_whole

from market import GpuMarket, Startup, load_scenario, result_of
from market.state import accounts

N_DAYS = 1096
ORDINARY = 30  # random worlds of the ordinary suite
WEARY_DAY = 40


def removed(table: str, *ids: str) -> dict[str, Any]:
    return {f"{table}.{id_}": {"remove": True} for id_ in ids}


NO_SUPPLY = {"supply": {"china_revenue": [{"from": dt.date(2022, 1, 1), "busd": 0.0}]}}
NO_RULES = removed("rule", "us_2022", "us_2023")
NO_SUBSTITUTES = removed("substitute", "h20", "ascend_910b")
OTHER_CLOUDS = ("alibaba_cloud", "tencent_cloud", "baidu_cloud", "aws_china", "long_tail")
ONE_CLOUD = removed("cloud", *OTHER_CLOUDS)
NO_MAKERS = removed("server_maker", *(f"maker_{k}" for k in range(1, 6)))
STOPPED = {
    "rule.us_2023.rumoured": dt.date(2022, 1, 1),
    "rule.us_2023.announced": dt.date(2022, 1, 1),
    "rule.us_2023.effective": dt.date(2022, 1, 2),
    "rule.us_2023.products": ["a800", "h20", "ascend_910b"],
}
WORLDS: dict[str, dict[str, Any]] = {
    "no speculators": {"population.speculators": 0},
    "one speculator": {"population.speculators": 1},
    "no startups": {"population.startups": 0},
    "one cloud": ONE_CLOUD,
    "no server makers": NO_MAKERS,
    "no rules": NO_RULES,
    "no substitutes": NO_SUBSTITUTES,
    "no supply": NO_SUPPLY,
    "everything stopped from the first days": STOPPED,
    "an empty country": {
        **{f"cloud.{id_}.online_cards": 0 for id_ in (*OTHER_CLOUDS, "volcano_engine")},
        **{f"cloud.{id_}.stock_cards": 0 for id_ in (*OTHER_CLOUDS, "volcano_engine")},
        **{f"server_maker.maker_{k}.stock_cards": 0 for k in range(1, 6)},
        **{f"startup.{id_}.own_cards": 0 for id_ in ("minimax", "zhipu_ai", "cloudwalk")},
        **NO_SUPPLY,
    },
    "nobody but one cloud": {
        "population.startups": 0, "population.speculators": 0,
        **ONE_CLOUD, **NO_MAKERS, **NO_RULES, **NO_SUBSTITUTES,
    },
    "nobody has money": {
        "startups.cash_cny": 0, "speculation.capital_cny": 0, "servers.maker_cash_cny": 0,
        "funding.hazard": 0,
        "clouds.parent_support": 0, "clouds.parent_buffer_cny": 0,
        **{f"startup.{id_}.cash_cny": 0.0 for id_ in ("minimax", "zhipu_ai", "cloudwalk", "moonshot_ai")},
    },
    "everybody insists on a penalty": {
        f"cloud.{id_}.insists_on_penalty": True for id_ in (*OTHER_CLOUDS, "volcano_engine")
    },
}  # fmt: skip


@pytest.mark.parametrize("name", WORLDS)
@pytest.mark.parametrize("seed", [1])
def test_a_world_without_it_runs_the_whole_calendar(name: str, seed: int) -> None:
    run_whole(load_scenario("tiny", WORLDS[name]), seed)


def test_worlds_without_it_are_indeed_without_it() -> None:
    results = {name: run_whole(load_scenario("tiny", WORLDS[name]), 2) for name in WORLDS}
    assert (results["no speculators"][1].daily["speculator_cards"] == 0).all()
    assert (results["no startups"][1].daily["startups_alive"] == 0).all()
    assert results["no startups"][1].contracts.empty
    assert set(results["one cloud"][1].contracts["cloud"]) <= {"volcano_engine"}
    assert not results["no server makers"][0].world.card_flow[accounts.ASSEMBLED].any()
    assert not results["no rules"][1].events["kind"].str.startswith("rule_").any()
    assert set(results["no substitutes"][1].deliveries["product"]) == {"a800"}
    assert not (results["no supply"][1].deliveries["product"] == "a800").any()
    stopped = results["everything stopped from the first days"][1]
    assert stopped.deliveries.empty
    assert stopped.daily["ban_belief"].iloc[100:].min() > 0.9
    assert not results["nobody has money"][0].world.cash_flow[accounts.ENDOWMENT].any()
    insisting = results["everybody insists on a penalty"][1].deliveries
    assert not insisting["buyer"].isin([*OTHER_CLOUDS, "volcano_engine"]).any()


def test_a_failed_direct_buyer_leaves_the_queue() -> None:
    class Weary(Startup):
        def gives_up(self) -> bool:
            return self.model.day == WEARY_DAY

    hungry = load_scenario("tiny", {"startup.cloudwalk.ambition_from": dt.date(2022, 1, 1)})
    model = GpuMarket(hungry, seed=1, agents={"cloudwalk": Weary})
    model.advance(WEARY_DAY + 1)
    waiting = open_cards(model, "cloudwalk")
    model.step()
    assert waiting > open_cards(model, "cloudwalk") == 0
    model.advance(100)
    assert open_cards(model, "cloudwalk") == 0
    assert "cloudwalk" in set(result_of(model).events.query("kind == 'order_cancelled'")["actor"])


def open_cards(model: GpuMarket, buyer: str) -> int:
    orders = result_of(model).orders.query("buyer == @buyer")
    return int((orders["cards"] - orders["delivered_cards"] - orders["cancelled_cards"]).sum())


@pytest.mark.parametrize("number", range(ORDINARY))
def test_a_world_drawn_at_random_runs_the_whole_calendar(number: int) -> None:
    run_whole(drawn_scenario(number), number)


def test_random_worlds_are_the_same_every_time_and_differ() -> None:
    assert drawn_scenario(7) == drawn_scenario(7) != drawn_scenario(9)
    corner, prior = drawn_scenario(1).parameters, drawn_scenario(2).parameters
    from market.parameters import all_parameters

    at_bounds = [p.name for p in all_parameters() if p.low != p.high and corner[p.name] in (p.low, p.high)]
    assert len(at_bounds) > 5
    outside = [p.name for p in all_parameters() if p.prior and not p.prior[0] <= prior[p.name] <= p.prior[1]]
    assert outside == []
