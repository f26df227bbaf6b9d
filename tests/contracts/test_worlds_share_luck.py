"""Luck is named: worlds that differ in one thing share all the rest, to the last bit."""

from __future__ import annotations

import datetime as dt
import os
import random
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from market import GpuMarket, Scenario, load_scenario, result_of, run
from market.kernels import luck
from market.observers.digest import TABLES, canonical_bytes, digest
from market.state import scene
from market.state.luck import draw_for_startups, key_of

RULE = "rule.us_2023"
RUMOUR_DAY = 543  # 2023-06-28
N_DAYS = 1096
SOON = {
    f"{RULE}.rumoured": dt.date(2022, 3, 1),
    f"{RULE}.announced": dt.date(2022, 4, 1),
    f"{RULE}.effective": dt.date(2022, 5, 1),
}
HASH_SEED_CODE = (
    "from market import run; from market.observers.digest import digest; print(digest(run('tiny', days=150)))"
)
ROOT = Path(__file__).resolve().parents[2]


def tiny(**overrides: Any) -> Scenario:
    return load_scenario("tiny", overrides)


def digest_of(scenario: Scenario | str, seed: int = 1, days: int | None = None) -> str:
    return digest(run(scenario, seed, days=days))


def without_rule() -> Scenario:
    return tiny(**{RULE: {"remove": True}})


def with_rule(**changes: Any) -> Scenario:
    return tiny(**{f"{RULE}.{key}": value for key, value in changes.items()})


# ------------------------------------------------------------------ the digest itself


@pytest.fixture(scope="module")
def result() -> Any:
    return run("tiny", seed=1, days=400)


def changed(result: Any, table: str, frame: pd.DataFrame) -> SimpleNamespace:
    return SimpleNamespace(**{name: getattr(result, name) for name in TABLES} | {table: frame})


@pytest.mark.parametrize("table", TABLES)
def test_the_digest_sees_every_cell_name_and_row(result: Any, table: str) -> None:
    frame = getattr(result, table)
    original = digest(result)
    assert len(frame) > 1
    for column in frame.columns:
        values = frame[column]
        others = np.flatnonzero((values != values.iloc[0]).fillna(True) & ~(values.isna() & pd.isna(values.iloc[0])))
        if len(others):
            values = values.copy()
            values.iloc[others[0]] = values.iloc[0]
            assert digest(changed(result, table, frame.assign(**{column: values}))) != original, column
    assert digest(changed(result, table, frame.iloc[:-1])) != original
    assert digest(changed(result, table, frame.rename(columns={frame.columns[0]: "another"}))) != original
    assert digest(changed(result, table, frame[frame.columns[::-1]])) != original


def test_the_digest_is_blind_to_how_a_table_is_stored(result: Any, tmp_path: Path) -> None:
    from market import read_run, write_run

    stored = read_run(write_run(result, tmp_path / "run"))
    assert digest(stored) == digest(result)


def test_all_patterns_of_not_a_number_are_one_value() -> None:
    odd = np.array([np.uint64(0xFFF8000000000001), np.uint64(0x7FF8000000000000)]).view(np.float64)
    one, other = (canonical_bytes(pd.Series([value])) for value in odd)
    assert one == other != canonical_bytes(pd.Series([0.0]))


# ------------------------------------------------------------------ keys


def keys_of(scenario: Scenario) -> dict[str, int]:
    """Return the stable key of every account, by id."""
    model = GpuMarket(scenario, seed=1)
    return {id_: int(key_of(model.handle, account)) for account, id_ in enumerate(model.cast.ids)}


def test_every_key_is_another_and_depends_on_no_other_agent() -> None:
    few, many = (keys_of(tiny(**{"population.startups": n, "population.speculators": n})) for n in (20, 3_000))
    assert few.items() < many.items()
    assert len(set(many.values())) == len(many)
    unnamed = keys_of(tiny(**{f"startup.{firm.id}": {"remove": True} for firm in tiny().startups}))
    assert all(few[id_] == unnamed[id_] for id_ in few.keys() & unnamed.keys())
    assert any(id_.startswith("startup_") for id_ in few.keys() & unnamed.keys())


# ------------------------------------------------------------------ same luck, same bytes


@pytest.mark.parametrize("start", [0, 1, 3, 512, 1000])
def test_draws_made_together_are_those_made_one_by_one(start: int) -> None:
    model = GpuMarket(tiny(**{"population.startups": 1000}), seed=1)
    day_luck = np.uint64(luck.of_day(1, 2, 3))
    draws = np.full(513, np.nan)
    n = draw_for_startups(model.handle, day_luck, start, draws[:-1])
    accounts = int(model.world.clock[scene.FIRST_STARTUP]) + start + np.arange(n)
    assert n == min(512, 1000 - start)
    assert draws[:n].tolist() == [luck.uniform(1, 2, 3, int(key_of(model.handle, a)), 0) for a in accounts]
    assert np.isnan(draws[n:]).all()


def test_one_seed_gives_one_digest_and_another_seed_another() -> None:
    digests = {seed: digest_of("tiny", seed, days=200) for seed in (0, 1, 2, 1 + 2**32)}
    assert digest_of("tiny", 1, days=200) == digests[1]
    assert len(set(digests.values())) == len(digests)


def test_days_in_one_go_one_by_one_or_in_any_cut_are_the_same() -> None:
    expected = digest_of("tiny", seed=2)
    luck = random.Random(5)
    cuts = [[1] * N_DAYS, [1, N_DAYS], [365, 365, 366], [luck.randrange(1, 90) for _ in range(60)]]
    for cut in cuts:
        model = GpuMarket("tiny", seed=2)
        for days in cut:
            model.advance(days)
        assert model.day == N_DAYS
        assert digest(result_of(model)) == expected
    stepped = GpuMarket("tiny", seed=2)
    while stepped.running:
        stepped.step()
    assert digest(result_of(stepped)) == expected


def test_looking_at_a_model_on_its_way_changes_nothing() -> None:
    model = GpuMarket("tiny", seed=2)
    for days in (100, 100, 100):
        model.advance(days)
        result_of(model)
    assert digest(result_of(model)) == digest_of("tiny", seed=2, days=300)


def test_two_models_side_by_side_do_not_touch_each_other() -> None:
    one, other = GpuMarket("tiny", seed=1), GpuMarket("tiny", seed=2)
    for _ in range(30):
        one.advance(5)
        other.advance(5)
    assert digest(result_of(one)) == digest_of("tiny", seed=1, days=150)
    assert digest(result_of(other)) == digest_of("tiny", seed=2, days=150)


def test_the_hash_seed_of_the_process_does_not_matter() -> None:
    digests = set()
    for hash_seed in ("0", "4321"):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [sys.executable, "-c", HASH_SEED_CODE],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
        )
        digests.add(done.stdout.strip())
    assert digests == {digest_of("tiny", days=150)}


def test_a_run_leaves_the_global_generators_alone_and_does_not_read_them() -> None:
    digests = set()
    for seed in (1, 2):
        random.seed(seed)
        np.random.seed(seed)
        before = random.getstate(), np.random.get_state()
        digests.add(digest_of("tiny", days=120))
        after = random.getstate(), np.random.get_state()
        assert before[0] == after[0]
        assert all(np.array_equal(a, b) for a, b in zip(before[1], after[1], strict=True))
    assert len(digests) == 1


def test_the_models_own_mesa_generators_are_not_the_markets_luck() -> None:
    model = GpuMarket("tiny", seed=3)
    model.random.random()
    model.rng.random(10)
    model.advance(120)
    assert digest(result_of(model)) == digest_of("tiny", seed=3, days=120)


# ------------------------------------------------------------------ one rule


@pytest.mark.parametrize("seed", [1, 2])
def test_a_rule_that_stops_nothing_and_is_no_news_is_no_rule(seed: int) -> None:
    assert digest_of(with_rule(severity=0.0), seed) == digest_of(without_rule(), seed)


def test_a_rule_that_stops_a_little_is_a_rule() -> None:
    assert digest_of(with_rule(severity=0.01)) != digest_of(without_rule())


def test_a_rule_that_stops_nothing_but_announces_a_substitute_is_news() -> None:
    assert digest_of(with_rule(severity=0.0, substitute_announced=True)) != digest_of(without_rule())


def same_state(one: GpuMarket, other: GpuMarket) -> list[str]:
    """Return the blocks in which two worlds differ, the rules themselves apart."""
    return [
        name
        for name, block in one.world._asdict().items()
        if name != "rule_f64" and block.tobytes() != getattr(other.world, name).tobytes()
    ]


@pytest.mark.parametrize("seed", [1, 2])
def test_a_rule_first_heard_of_on_a_day_leaves_all_days_before_it_alone(seed: int) -> None:
    ruled, free = GpuMarket("tiny", seed=seed), GpuMarket(without_rule(), seed=seed)
    for model in (ruled, free):
        model.advance(RUMOUR_DAY)
    assert same_state(ruled, free) == []
    assert digest(result_of(ruled)) == digest(result_of(free))
    for model in (ruled, free):
        model.step()
    assert "belief_f64" in same_state(ruled, free)


@pytest.mark.parametrize(
    ("change", "first_day"),
    [
        ({"rumoured": dt.date(2023, 8, 1)}, 543),  # the earlier of the two rumours
        ({"announced": dt.date(2023, 10, 1)}, 638),
        ({"effective": dt.date(2023, 11, 23)}, 660),  # the earlier of the two effects
        ({"severity": 0.5}, 543),
        ({"lifted": dt.date(2024, 6, 1)}, 882),
        ({"enforced": dt.date(2023, 12, 1)}, 660),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else str(value),
)
def test_a_change_of_a_rule_is_felt_from_its_day_on_and_not_before(change: dict[str, Any], first_day: int) -> None:
    one, other = GpuMarket("tiny", seed=1), GpuMarket(with_rule(**change), seed=1)
    for model in (one, other):
        model.advance(first_day)
    assert same_state(one, other) == []
    for model in (one, other):
        model.step()
    assert same_state(one, other) != []


def test_the_order_in_which_rules_and_products_are_listed_does_not_matter() -> None:
    scenario = tiny(**SOON)
    turned = scenario.model_copy(update={"rules": scenario.rules[::-1], "substitutes": scenario.substitutes[::-1]})
    assert digest_of(turned) == digest_of(scenario)


# ------------------------------------------------------------------ one firm


IDLE = {
    "name": "Idle", "founded": dt.date(2024, 12, 31), "cash_cny": 0.0, "own_cards": 0, "calls_cards": 0,
    "calls_growth": 0.0, "ambition_cards": 0, "ambition_from": dt.date(2022, 1, 1),
}  # fmt: skip


def with_idle(id_: str, **changes: Any) -> Scenario:
    n_startups = load_scenario("tiny").population.startups
    return tiny(**{f"startup.{id_}": {**IDLE, **changes}, "population.startups": n_startups + 1})


def without(result: Any, id_: str) -> SimpleNamespace:
    """Return the tables without the rows of a firm."""
    tables = {name: getattr(result, name) for name in TABLES}
    for name, column in (("firms", "firm"), ("events", "actor"), ("contracts", "startup")):
        tables[name] = tables[name][tables[name][column] != id_]
    return SimpleNamespace(**tables)


@pytest.mark.parametrize("id_", ["aaa_idle", "mmm_idle", "zzz_idle"])
def test_a_startup_more_that_is_founded_after_the_last_day_changes_nobody_else(id_: str) -> None:
    more = run(with_idle(id_), seed=1, days=N_DAYS - 1)
    assert len(more.firms[more.firms["firm"] == id_]) > 0
    assert digest(without(more, id_)) == digest_of("tiny", seed=1, days=N_DAYS - 1)


@pytest.mark.parametrize("id_", ["aaa_idle", "zzz_idle"])
def test_an_idle_startup_more_changes_nothing_but_the_count(id_: str) -> None:
    """It is alive from the first day, and has no money, no customers and no ambition."""
    more = without(run(with_idle(id_, founded=dt.date(2021, 1, 1)), seed=1), id_)
    more.daily = more.daily.assign(startups_alive=more.daily["startups_alive"] - 1)
    assert digest(more) == digest_of("tiny", seed=1)


def test_a_startup_more_that_is_not_idle_changes_others() -> None:
    busy = with_idle("aaa_busy", founded=dt.date(2021, 1, 1), cash_cny=1e9, ambition_cards=2_000)
    assert digest(without(run(busy, seed=1), "aaa_busy")) != digest_of("tiny", seed=1)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_in_which_firms_are_listed_does_not_matter(seed: int) -> None:
    scenario = load_scenario("tiny")
    luck = random.Random(seed)
    shuffled = {}
    for table in ("clouds", "server_makers", "startups"):
        firms = list(getattr(scenario, table))
        luck.shuffle(firms)
        shuffled[table] = tuple(firms)
    turned = scenario.model_copy(update=shuffled)
    assert [firm.id for firm in turned.clouds] != [firm.id for firm in scenario.clouds]
    assert digest_of(turned, seed) == digest_of(scenario, seed)


def renamed(scenario: Scenario, **changes: str) -> Scenario:
    clouds = tuple(
        cloud.model_copy(update=changes) if cloud.id == "baidu_cloud" else cloud for cloud in scenario.clouds
    )
    return scenario.model_copy(update={"clouds": clouds})


def test_renaming_a_firm_changes_nothing_but_the_name() -> None:
    scenario = load_scenario("tiny")
    other = GpuMarket(renamed(scenario, name="Another name"), seed=1)
    account = other.cast.ids.index("baidu_cloud")
    assert other.cast.names[account] == "Another name"
    other.advance(N_DAYS)
    assert digest(result_of(other)) == digest_of(scenario)


def test_another_id_is_another_firm_with_other_luck() -> None:
    scenario = load_scenario("tiny")
    one, other = run(scenario, seed=1), run(renamed(scenario, id="baidu_cloud_2"), seed=1)
    assert not one.daily.equals(other.daily)
