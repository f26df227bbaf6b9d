"""Totals are held when the number of agents changes, named firms stay as they are, and cost is measured apart."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from experiments import scaling
from experiments.lab import Lab
from experiments.readings import scaling_cost
from experiments.readings.scaling_cost import growth, sized_point
from market import GpuMarket, Startup, load_scenario, run

SEED = 4


def world_of(population: str, size: int) -> GpuMarket:
    point = sized_point(population, size)
    return GpuMarket(load_scenario(point.scenario, dict(point.overrides)), SEED)


def startups_of(model: GpuMarket) -> pd.DataFrame:
    rows = [(s.id, s.calls_cards, s.ambition_cards, s.scale) for s in model.agents_by_type[Startup]]
    return pd.DataFrame(rows, columns=["id", "calls", "ambition", "scale"]).set_index("id")


def test_the_baselines_own_number_of_agents_is_the_baseline() -> None:
    base = load_scenario("baseline")
    for population, size in (("startups", base.population.startups), ("speculators", base.population.speculators)):
        point = sized_point(population, size)
        ours, theirs = (
            run(load_scenario(point.scenario, dict(point.overrides)), SEED, days=60),
            run(base, SEED, days=60),
        )
        pd.testing.assert_frame_equal(ours.daily, theirs.daily)


def test_all_synthetic_startups_together_are_as_large_whatever_their_number() -> None:
    named = [firm.id for firm in load_scenario("baseline").startups]
    base, many = (startups_of(world_of("startups", size)).drop(named) for size in (200, 20_000))
    for column in ("calls", "ambition", "scale"):
        factor = {"scale": 194 / 19_994}.get(column, 1.0)  # scale is relative to the median startup
        error = base[column].std() / np.sqrt(len(base)) * len(base)
        assert abs(many[column].sum() * factor - base[column].sum()) < 3 * error
    assert many["calls"].mean() < 0.02 * base["calls"].mean()


def test_a_named_startup_is_as_large_among_many_as_among_few() -> None:
    named = [firm.id for firm in load_scenario("baseline").startups]
    few, many = startups_of(world_of("startups", 200)).loc[named], startups_of(world_of("startups", 2000)).loc[named]
    np.testing.assert_allclose(few[["calls", "ambition"]], many[["calls", "ambition"]])
    point = sized_point("startups", 2000)
    base = load_scenario("baseline").parameters
    for parameter in ("startups.staff_cny_per_month", "funding.median_round_cny"):
        rounds = few["scale"] * base[parameter], many["scale"] * point.overrides[parameter]
        np.testing.assert_allclose(*rounds)


def test_speculators_capital_is_shared_out() -> None:
    base = load_scenario("baseline")
    point = sized_point("speculators", 10 * base.population.speculators)
    assert point.overrides["speculation.capital_cny"] == pytest.approx(base.parameters["speculation.capital_cny"] / 10)


def test_only_outcomes_that_are_recorded_of_all_agents_are_compared() -> None:
    assert not set(scaling.MEASURED) & set(scaling.FROM_LOGS)
    assert "switches_per_100_startup_years" in scaling.MEASURED


def test_a_reading_holds_every_measured_outcome() -> None:
    row = scaling.reading(run("baseline", SEED))["runs"]
    assert list(row) == list(scaling.MEASURED)
    assert np.isfinite(row.to_numpy(float)).all()


def test_differences_are_seed_by_seed_and_shares_of_the_baselines_mean() -> None:
    base = pd.DataFrame({name: [1.0, 2.0, 3.0] for name in scaling.MEASURED})
    other = base.iloc[:2] + 1.0
    found = scaling._differences("startups", 1000, other, base).iloc[0]
    assert (found["difference"], found["low"], found["high"]) == (1.0, 1.0, 1.0)
    assert (found["share"], found["pairs"], found["variance_reduction"]) == (0.5, 2, 1.0)


def test_the_exponent_of_a_power_law_is_found_without_error() -> None:
    sizes = [1_000, 10_000, 100_000]
    costs = pd.DataFrame([{"population": "startups", "size": n, "repeat": r} for n in sizes for r in range(2)])
    for cost in ("build_s", "advance_s", "state_mb", "peak_mb"):
        costs[cost] = 3e-6 * costs["size"] ** 1.25
    found = growth(costs)
    np.testing.assert_allclose(found[["exponent", "low", "high"]], 1.25)
    np.testing.assert_allclose(found["per_agent"], 3e-6 * 100_000**0.25)


def test_sizes_below_the_smallest_do_not_bend_the_exponent() -> None:
    costs = pd.DataFrame({"population": "startups", "size": [10, 1_000, 10_000], "repeat": 0})
    costs = costs.assign(build_s=1.0, advance_s=[50.0, 1.0, 10.0], state_mb=1.0, peak_mb=1.0)
    assert growth(costs).set_index("cost").at["advance_s", "exponent"] == pytest.approx(1.0)


def test_more_agents_take_more_memory_and_time_in_a_process_of_their_own() -> None:
    small, large = (
        json.loads(
            subprocess.run(
                [sys.executable, "-m", "experiments.readings.scaling_cost", "startups", size, "1", "30"],
                check=True,
                capture_output=True,
                text=True,
            ).stdout
        )
        for size in ("100", "30000")
    )
    assert large["state_mb"] > 2 * small["state_mb"]
    assert large["peak_mb"] - large["before_mb"] > small["peak_mb"] - small["before_mb"]
    assert large["advance_s"] > small["advance_s"]


def test_the_whole_experiment_keeps_its_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = {"startups": {100: 2, 200: 2, 1_000: 2}, "speculators": {100: 2, 1_000: 2}}
    monkeypatch.setattr(scaling, "QUICK_RUNS", plan)
    made_up = [
        {
            "population": p,
            "size": n,
            "repeat": 0,
            "advance_s": n,
            "build_s": n,
            "tables_s": 1,
            "state_mb": n,
            "peak_mb": n,
        }
        for p, sizes in {**plan, "speculators": {1_000: 2, 10_000: 2}}.items()
        for n in (*sizes, 10_000)
    ]
    monkeypatch.setattr(scaling, "measured_costs", lambda plan, quick: pd.DataFrame(made_up))
    scaling.conduct(Lab("scaling", tmp_path, quick=True))
    assert {"outcomes", "differences", "costs", "growth"} <= {path.stem for path in tmp_path.glob("*.csv")}
    assert scaling.runs(quick=True) == 10 + 5
    differences = pd.read_csv(tmp_path / "differences.csv")
    assert set(zip(differences["population"], differences["size"], strict=True)) == {
        ("startups", 100),
        ("startups", 1_000),
        ("speculators", 1_000),
    }
    assert scaling_cost.repeats_of(1_000_000, quick=False) == 1
