"""Scenarios: what the shipped ones change, how files and overrides combine, how they print."""

from __future__ import annotations

import datetime as dt
import pickle
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from market.calendar import FIRST_DAY
from market.errors import ScenarioError
from market.parameters import Parameter, all_parameters
from market.scenarios import (
    Scenario,
    describe,
    known_allotment_rules,
    load_scenario,
    parse_settings,
    register_allotment_rule_name,
    scenario_names,
    scenario_title,
    to_toml,
)
from market.scenarios import check as check_module
from market.scenarios.override import parse_value

REQUIRED = {
    "baseline",
    "no_rule",
    "no_boom",
    "no_speculators",
    "no_gaming",
    "no_anticipation",
    "uniform_allotment",
    "turn_and_earn",
    "late_penalty",
    "deposit",
    "long_notice",
    "harsher_rule",
    "early_substitute",
    "better_substitute",
    "resale_cap",
    "buffer_stock",
    "tiny",
}
SHIPPED = Path(check_module.__file__).parent


def values_of(name: str) -> dict[str, object]:
    return {row.path: row.value for row in describe(name)}


def differences(name: str) -> dict[str, object]:
    """Return what a scenario has otherwise than the baseline; None for what it has not."""
    here, there = values_of(name), values_of("baseline")
    paths = [*there, *(path for path in here if path not in there)]
    changed = {path: here.get(path) for path in paths if here.get(path) != there.get(path)}
    return {path: value for path, value in changed.items() if path not in ("name", "title")}


def write(directory: Path, text: str, name: str = "mine.toml") -> Path:
    file = directory / name
    file.write_text(text, encoding="utf-8")
    return file


# ---- the shipped ones


def test_the_scenarios_of_the_study_are_shipped_and_the_baseline_comes_first() -> None:
    assert set(scenario_names()) >= REQUIRED
    assert scenario_names()[0] == "baseline"


@pytest.mark.parametrize("name", scenario_names())
def test_a_shipped_scenario_loads_and_says_what_it_is(name: str) -> None:
    scenario = load_scenario(name)
    assert scenario.name == name
    assert scenario.title == scenario_title(name)
    text = (SHIPPED / f"{name}.toml").read_text(encoding="utf-8")
    assert text.startswith("# "), "a comment tells which question it answers"


@pytest.mark.parametrize("name", [name for name in scenario_names() if name not in ("baseline", "tiny")])
def test_no_two_shipped_scenarios_are_the_same_world(name: str) -> None:
    assert differences(name)


def test_the_baseline_is_the_file_and_the_declared_parameters() -> None:
    document = tomllib.loads((SHIPPED / "baseline.toml").read_text(encoding="utf-8"))
    scenario = load_scenario("baseline")
    assert [cloud.id for cloud in scenario.clouds] == [entry["id"] for entry in document["cloud"]]
    assert [maker.id for maker in scenario.server_makers] == [x["id"] for x in document["server_maker"]]
    assert [startup.id for startup in scenario.startups] == [entry["id"] for entry in document["startup"]]
    assert [entry.busd for entry in scenario.supply.china_revenue] == [
        entry["busd"] for entry in document["supply"]["china_revenue"]
    ]
    assert dict(scenario.parameters) == {entry.name: entry.value for entry in all_parameters()}
    assert list(scenario.parameters) == [entry.name for entry in all_parameters()]


def test_no_rule_drops_the_rule_of_2023_and_nothing_else() -> None:
    changed = differences("no_rule")
    assert changed
    assert all(path.startswith("rule.us_2023.") and value is None for path, value in changed.items())
    assert [rule.id for rule in load_scenario("no_rule").rules] == ["us_2022"]


def test_no_boom_is_a_flat_climate() -> None:
    scenario = load_scenario("no_boom")
    assert [(point.on, point.level) for point in scenario.funding.climate] == [(FIRST_DAY, 1.0)]
    assert all(path.startswith("funding.climate.") for path in differences("no_boom"))


def test_harsher_rule_comes_in_april_without_the_h20() -> None:
    scenario = load_scenario("harsher_rule")
    rule = scenario.rules[-1]
    assert (rule.rumoured, rule.announced, rule.effective) == (
        dt.date(2023, 3, 1),
        dt.date(2023, 4, 10),
        dt.date(2023, 4, 17),
    )
    assert [card.product for card in scenario.substitutes] == ["ascend_910b"]


def test_long_notice_keeps_rumour_and_announcement_and_takes_effect_180_days_later() -> None:
    assert differences("long_notice") == {"rule.us_2023.effective": dt.date(2024, 4, 14)}
    rule = load_scenario("long_notice").rules[-1]
    assert rule.effective - rule.announced == dt.timedelta(days=180)
    assert rule.enforced_from == rule.effective


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("no_speculators", {"population.speculators": 0}),
        ("no_gaming", {"parameters.orders.gaming": 0.0}),
        ("no_anticipation", {"parameters.beliefs.anticipation": 0.0}),
        ("uniform_allotment", {"market.allotment": "uniform"}),
        ("turn_and_earn", {"market.allotment": "turn_and_earn"}),
        ("late_penalty", {"parameters.primary.late_penalty_share": 0.05}),
        ("deposit", {"parameters.primary.deposit_share": 0.3}),
        (
            "early_substitute",
            {"substitute.h20.launch": dt.date(2023, 10, 23), "substitute.h20.integration_days": 30},
        ),
        ("better_substitute", {"substitute.h20.performance": 0.9}),
        ("resale_cap", {"parameters.spot.resale_cap_cny": 108_000.0}),
        ("buffer_stock", {"parameters.reserve.size_cards": 10_000.0}),
        ("tiny", {"population.startups": 20, "population.speculators": 10}),
    ],
)
def test_a_counterfactual_changes_one_thing(name: str, expected: dict[str, object]) -> None:
    assert differences(name) == expected


# ---- files over one another


def test_a_file_may_extend_a_shipped_scenario(tmp_path: Path) -> None:
    file = write(tmp_path, 'extends = "tiny"\ntitle = "Mine"\n[population]\nspeculators = 3\n')
    scenario = load_scenario(file)
    assert (scenario.name, scenario.title) == ("mine", "Mine")
    assert (scenario.population.startups, scenario.population.speculators) == (20, 3)


def test_a_path_in_extends_is_relative_to_the_file_it_stands_in(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    write(tmp_path, 'extends = "tiny"\n[population]\nstartups = 30\n', "base.toml")
    file = write(tmp_path / "below", 'extends = "../base.toml"\n[population]\nspeculators = 1\n')
    population = load_scenario(file).population
    assert (population.startups, population.speculators) == (30, 1)


def test_entries_merge_by_id_and_lists_are_replaced_whole(tmp_path: Path) -> None:
    text = """
        extends = "baseline"
        [[cloud]]
        id = "volcano_engine"
        online_cards = 5
        [[rule]]
        id = "us_2022"
        remove = true
        [[rule]]
        id = "later"
        title = "Another rule"
        products = ["h20"]
        announced = 2024-06-01
        effective = 2024-07-01
        severity = 0.5
        [funding]
        climate = [{ on = 2022-01-01, level = 3.0 }]
        [parameters.orders]
        adjustment = 0.5
    """
    scenario = load_scenario(write(tmp_path, text))
    base = load_scenario("baseline")
    volcano = {cloud.id: cloud for cloud in scenario.clouds}["volcano_engine"]
    assert volcano.online_cards == 5
    assert volcano.name == "Volcano Engine"
    assert [cloud.id for cloud in scenario.clouds] == [cloud.id for cloud in base.clouds]
    assert [rule.id for rule in scenario.rules] == ["us_2023", "later"]
    assert [point.level for point in scenario.funding.climate] == [3.0]
    assert scenario.parameters["orders.adjustment"] == 0.5
    assert len(scenario.parameters) == len(all_parameters())


def test_the_last_file_wins_however_a_parameter_is_written(tmp_path: Path) -> None:
    write(tmp_path, 'extends = "baseline"\n[parameters]\n"orders.adjustment" = 0.2\n', "base.toml")
    file = write(tmp_path, 'extends = "base.toml"\n[parameters.orders]\nadjustment = 0.3\n')
    assert load_scenario(file).parameters["orders.adjustment"] == 0.3
    assert load_scenario(file, {"orders.adjustment": 0.4}).parameters["orders.adjustment"] == 0.4


def test_a_file_without_extends_must_be_whole(tmp_path: Path) -> None:
    whole = write(tmp_path, to_toml("tiny"), "tiny.toml")
    assert load_scenario(whole) == load_scenario("tiny")
    with pytest.raises(ScenarioError) as caught:
        load_scenario(write(tmp_path, 'title = "Alone"\n'))
    missing = {problem.path for problem in caught.value.problems}
    assert missing == {"schema", "population", "market", "supply", "funding", "cloud"}


# ---- overrides


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("parameters.orders.adjustment", 0.123),
        ("orders.adjustment", 0.123),
        ("population.startups", 50),
        ("rule.us_2023.severity", 0),
        ("cloud.volcano_engine.online_cards", 5000),
        ("substitute.h20.launch", dt.date(2023, 10, 1)),
        ("market.allotment", "uniform"),
        ("server_maker.maker_1.servers_per_day", 3),
        ("startup.minimax.buys_direct", True),
        ("title", "Another"),
    ],
)
def test_an_override_changes_the_value_at_its_path_and_no_other(path: str, value: object) -> None:
    base = {row.path: row.value for row in describe("baseline")}
    here = {row.path: row.value for row in describe("baseline", {path: value})}
    place = path if path in base else f"parameters.{path}"
    assert here[place] == value != base[place]
    assert {key for key in base if base[key] != here[key]} == {place}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.1", 0.1),
        ("50", 50),
        ("2023-10-01", dt.date(2023, 10, 1)),
        ("true", True),
        ("uniform", "uniform"),
        ('"uniform"', "uniform"),
        ("[{ on = 2022-01-01, level = 1 }]", [{"on": dt.date(2022, 1, 1), "level": 1}]),
        ("1\nother = 2", "1\nother = 2"),
        ("", ""),
    ],
)
def test_a_setting_is_read_as_toml_or_taken_as_text(text: str, value: object) -> None:
    assert parse_value(text) == value
    assert parse_settings([f"a.b={text}"]) == (
        {"a.b": value.strip() if isinstance(value, str) else value},
        [],
    )


def test_the_last_setting_of_a_path_counts() -> None:
    assert parse_settings(["orders.adjustment=0.1", "orders.adjustment=0.2"])[0] == {"orders.adjustment": 0.2}


def test_overrides_may_be_tables() -> None:
    scenario = load_scenario(
        "baseline",
        {
            "population": {"startups": 60},
            "parameters": {"orders": {"adjustment": 0.2}},
            "rule.us_2022": {"remove": True},
        },
    )
    assert scenario.population.startups == 60
    assert scenario.parameters["orders.adjustment"] == 0.2
    assert [rule.id for rule in scenario.rules] == ["us_2023"]


def test_a_new_rule_may_be_added_by_an_override() -> None:
    new = {
        "title": "New",
        "products": ("h20",),
        "announced": dt.date(2024, 2, 1),
        "effective": dt.date(2024, 3, 1),
        "severity": 1.0,
    }
    assert load_scenario("baseline", {"rule.new": new}).rules[-1].id == "new"


def test_numbers_of_numpy_are_numbers() -> None:
    overrides = {"population.startups": np.int64(60), "orders.adjustment": np.float64(0.2)}
    scenario = load_scenario("baseline", overrides)
    assert scenario.population.startups == 60
    assert type(scenario.parameters["orders.adjustment"]) is float


def test_a_scenario_can_be_overridden_again() -> None:
    first = load_scenario("tiny", {"orders.adjustment": 0.2})
    second = load_scenario(first, {"cloud.aws_china.share": 0.01})
    assert load_scenario(first) is first
    assert second == load_scenario("tiny", {"orders.adjustment": 0.2, "cloud.aws_china.share": 0.01})
    assert second.name == "tiny"


@given(st.sampled_from(all_parameters()), st.floats(0.0, 1.0))
def test_a_parameter_takes_every_value_within_its_bounds(parameter: Parameter, share: float) -> None:
    value = min(parameter.high, parameter.low + share * (parameter.high - parameter.low))
    if parameter.unit == "switch":
        value = float(round(share))
    assert load_scenario("tiny", {parameter.name: value}).parameters[parameter.name] == value


@given(st.sampled_from(all_parameters()), st.floats(1e-6, 1e6), st.booleans())
def test_a_parameter_takes_no_value_beyond_its_bounds(parameter: Parameter, far: float, above: bool) -> None:
    value = (
        parameter.high + far * (1 + abs(parameter.high)) if above else parameter.low - far * (1 + abs(parameter.low))
    )
    with pytest.raises(ScenarioError) as caught:
        load_scenario("tiny", {parameter.name: value})
    assert [problem.path for problem in caught.value.problems] == [f"parameters.{parameter.name}"]


# ---- populations of zero


def test_without_startups_the_named_ones_are_gone_too() -> None:
    scenario = load_scenario("tiny", {"population.startups": 0})
    assert scenario.startups == ()
    assert load_scenario(scenario) is scenario


def test_a_market_may_have_one_cloud_and_neither_server_makers_nor_rules() -> None:
    removed = {
        f"{table}.{entry.id}.remove": True
        for table, entries in (
            ("cloud", load_scenario("baseline").clouds[1:]),
            ("server_maker", load_scenario("baseline").server_makers),
            ("rule", load_scenario("baseline").rules),
        )
        for entry in entries
    }
    scenario = load_scenario("baseline", {**removed, "population.speculators": 0})
    assert [cloud.id for cloud in scenario.clouds] == ["alibaba_cloud"]
    assert scenario.server_makers == scenario.rules == ()


# ---- the object


def test_a_scenario_is_frozen_hashable_and_travels() -> None:
    scenario = load_scenario("tiny")
    with pytest.raises(ValidationError):
        scenario.population.startups = 3  # type: ignore[misc]
    with pytest.raises(TypeError):
        scenario.parameters["orders.gaming"] = 0.0  # type: ignore[index]
    copy = pickle.loads(pickle.dumps(scenario))
    assert copy == scenario
    assert hash(copy) == hash(scenario)
    assert hash(scenario) != hash(load_scenario("baseline"))


def test_a_scenario_goes_through_json() -> None:
    scenario = load_scenario("harsher_rule")
    assert Scenario.model_validate_json(scenario.model_dump_json(by_alias=True)) == scenario
    assert Scenario.model_validate_json(scenario.model_dump_json(), by_alias=False, by_name=True) == scenario


def test_fields_that_do_not_go_together_are_refused_however_a_scenario_is_made() -> None:
    document = load_scenario("tiny").model_dump(by_alias=True)
    document["rule"][1]["rumoured"] = dt.date(2023, 12, 1)
    with pytest.raises(ValidationError, match=r"rule\.us_2023\.announced"):
        Scenario.model_validate(document)


def test_an_allotment_rule_is_known_once_it_is_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_module, "_REGISTERED", set())
    assert known_allotment_rules() >= {"proportional", "linear", "uniform", "turn_and_earn", "priority"}
    with pytest.raises(ScenarioError):
        load_scenario("tiny", {"market.allotment": "lottery"})
    register_allotment_rule_name("lottery")
    assert load_scenario("tiny", {"market.allotment": "lottery"}).market.allotment == "lottery"


# ---- printing


@pytest.mark.parametrize("name", scenario_names())
def test_every_value_is_printed_with_unit_and_source(name: str) -> None:
    rows = describe(name)
    assert all(row.unit and row.source for row in rows)
    assert len({row.path for row in rows}) == len(rows)
    assert {f"parameters.{entry.name}" for entry in all_parameters()} <= {row.path for row in rows}


def test_a_value_that_is_overridden_names_who_did_it() -> None:
    sources = {row.path: row.source for row in describe("long_notice", {"orders.adjustment": 0.123})}
    assert sources["rule.us_2023.announced"] == "N50, X05, X06"
    assert sources["rule.us_2023.effective"].startswith("assumed: 180 days")
    assert sources["parameters.orders.adjustment"].startswith("set in an override (declared: ")
    early = {row.path: row.source for row in describe("early_substitute")}
    assert early["substitute.h20.launch"] == "set in market/scenarios/early_substitute.toml"


@pytest.mark.parametrize("name", scenario_names())
def test_the_printed_file_loads_back_to_the_same_scenario(name: str, tmp_path: Path) -> None:
    file = write(tmp_path, to_toml(name), f"{name}.toml")
    assert load_scenario(file) == load_scenario(name)


@given(st.text(st.characters(codec="utf-8", exclude_characters="\r"), min_size=1))
def test_any_text_survives_printing(title: str) -> None:
    assert tomllib.loads(to_toml(load_scenario("tiny", {"title": title})))["title"] == title


# ---- import cost


def test_scenarios_are_imported_without_the_libraries_of_a_run() -> None:
    code = "import sys, market.scenarios; print([m for m in ('numba', 'pandas', 'mesa') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
