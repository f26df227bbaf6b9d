"""The decomposition: its worlds are the shipped ones, its parts sum, and what has no effect is said to have none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from experiments import decomposition
from experiments.decomposition import ATTRIBUTED, MECHANISMS, NO_EFFECT
from experiments.lab import Lab
from experiments.study import Study
from market import load_scenario

ALL = (1 << len(MECHANISMS)) - 1


def made_up_values(seeds: int = 12) -> np.ndarray:
    """Values of all subsets: mechanism i adds 10 i, the last two add 5 more together, luck is shared."""
    luck = np.random.default_rng(1).normal(size=(seeds, len(ATTRIBUTED)))
    values = np.empty((ALL + 1, seeds, len(ATTRIBUTED)))
    for subset in range(ALL + 1):
        is_on = [subset >> i & 1 for i in range(len(MECHANISMS))]
        values[subset] = 100 + sum(10 * i * on for i, on in enumerate(is_on)) + 5 * is_on[-1] * is_on[-2] + luck
    return values


def made_up_table(study: Study) -> pd.DataFrame:
    """All runs of the study; every outcome is the number of the replicate."""
    rows = [{"point": p.key, "replicate": r} for p in study.points for r in range(study.replicates)]
    table = pd.DataFrame(rows)
    return table.assign(**dict.fromkeys(ATTRIBUTED, table["replicate"].astype(float)))


@pytest.mark.parametrize("mechanism", range(len(MECHANISMS)), ids=[m.name for m in MECHANISMS])
def test_one_mechanism_switched_off_is_the_shipped_scenario_without_it(mechanism):
    point = decomposition.design(quick=True).points[ALL ^ (1 << mechanism)]
    twin = load_scenario(MECHANISMS[mechanism].twin)
    found = load_scenario(point.scenario, dict(point.overrides))
    if MECHANISMS[mechanism].name == "rule":  # severity 0 in place of no rule: no news and no stop either
        assert [rule.severity for rule in found.rules if rule.id == "us_2023"] == [0.0]
        found = found.model_copy(update={"rules": twin.rules})
    left_out = {"name", "title", "funding"}
    assert found.model_dump(exclude=left_out) == twin.model_dump(exclude=left_out)
    assert found.funding.climate == twin.funding.climate


def test_the_design_holds_every_subset_once_on_paired_seeds():
    study = decomposition.design(quick=True)
    assert [point.values["subset"] for point in study.points] == list(range(64))
    assert load_scenario(study.points[-1].scenario, dict(study.points[-1].overrides)) == load_scenario("baseline")
    assert len({study.seed(point, 0) for point in study.points}) == 1
    assert len(study) == 64 * study.replicates


DRAWS = ({"orders.gaming": 1, "spot.wait_weight": 0.8}, {"orders.gaming": 1, "spot.wait_weight": 0.9})


def test_every_draw_is_taken_apart_with_luck_of_its_own_and_switches_stand_above_it(monkeypatch):
    monkeypatch.setattr(decomposition, "posterior_draws", lambda: DRAWS)
    study = decomposition.drawn_design(quick=True)
    assert len(study) == 2 * 64
    assert decomposition.runs(quick=True) == len(decomposition.design(quick=True)) + len(study)
    assert {(point.values["draw"], study.seed(point, 0)) for point in study.points} == {
        (draw, study.seed(study.points[64 * (draw - 1)], 0)) for draw in (1, 2)
    }
    assert study.seed(study.points[0], 0) != study.seed(study.points[64], 0)
    for point in study.points:
        found = load_scenario(point.scenario, dict(point.overrides)).parameters
        draw = DRAWS[point.values["draw"] - 1]
        assert found["spot.wait_weight"] == draw["spot.wait_weight"]
        assert found["orders.gaming"] == point.values["gaming"]


def test_a_draw_without_a_run_or_an_outcome_is_left_out(monkeypatch):
    monkeypatch.setattr(decomposition, "posterior_draws", lambda: (*DRAWS, *DRAWS))
    study = decomposition.drawn_design(quick=True)
    design = study.design()
    table = design[["point"]].assign(**{name: 100.0 * design["draw"] + design["subset"] for name in ATTRIBUTED})
    table.loc[table["point"] == "000101-2", "price_spike_cny"] = np.nan
    values = decomposition.drawn_values(table[table["point"] != "111111-3"].sample(frac=1.0, random_state=1), study)
    np.testing.assert_array_equal(values[:, :, 0], np.arange(64)[:, None] + np.array([100.0, 400.0]))


def test_parts_over_draws_have_ranges_and_ranks():
    table = decomposition.draws_table(made_up_values()).query("outcome == 'price_spike_cny'").set_index("mechanism")
    np.testing.assert_allclose(table["part"], [0, 10, 20, 30, 42.5, 52.5], atol=1e-9)
    np.testing.assert_allclose(table["share"], np.array([0, 10, 20, 30, 42.5, 52.5]) / 155.0, atol=1e-9)
    assert table["largest"].tolist() == [0, 0, 0, 0, 0, 1]
    assert table["draws"].unique().tolist() == [12]


def test_parts_sum_to_the_total_and_a_false_part_is_noticed(monkeypatch):
    values = made_up_values()
    parts = decomposition.parts_of(values)
    np.testing.assert_allclose(parts.sum(axis=0), values[-1] - values[0], rtol=0, atol=1e-9)
    np.testing.assert_allclose(parts[:, 0, 0], [0, 10, 20, 30, 42.5, 52.5], atol=1e-9)
    monkeypatch.setattr(decomposition, "shapley_values", lambda table: 1.001 * parts)
    with pytest.raises(ArithmeticError, match="miss the total"):
        decomposition.parts_of(values)


def test_a_mechanism_without_effect_is_said_to_have_none_and_shares_sum_to_one():
    values = made_up_values()
    values += np.random.default_rng(2).normal(scale=3.0, size=values.shape)
    table = decomposition.shapley_table(values, decomposition.parts_of(values))
    first = table[table["outcome"] == "price_spike_cny"].set_index("mechanism")
    assert first.loc["rationing", "verdict"] == NO_EFFECT
    assert first.loc["anticipation", "verdict"] == "raises"
    assert first["share"].sum() == pytest.approx(1.0, abs=1e-9)
    assert (first["part_low"] < first["part"]).all()


def test_a_mechanism_that_does_nothing_at_all_has_no_effect_made_of_rounding():
    table = decomposition.shapley_table(made_up_values(), decomposition.parts_of(made_up_values()))
    assert (table.loc[table["mechanism"] == "rationing", "verdict"] == NO_EFFECT).all()


def test_an_outcome_without_total_has_no_shares():
    values = made_up_values()
    values[:, :, 1] = np.random.default_rng(3).normal(size=values.shape[:2])
    table = decomposition.shapley_table(values, decomposition.parts_of(values))
    assert table[table["outcome"] == list(ATTRIBUTED)[1]]["share"].isna().all()


def test_the_interaction_of_two_that_work_together_is_found_and_no_other():
    table = decomposition.interaction_table(made_up_values()).query("outcome == 'price_spike_cny'")
    expected = np.where((table["one"] == "rule") & (table["other"] == "anticipation"), 5.0, 0.0)
    np.testing.assert_allclose(table["interaction"], expected, atol=1e-9)


def test_what_pairing_saves_is_measured_also_where_it_harms():
    values = made_up_values()
    table = decomposition.precision(values, decomposition.parts_of(values))
    assert (table["saved_in_contrast"] > 0.999).all()
    values[ALL ^ 1, :, 0] *= -1.0  # the world without rationing now moves against all others
    harmed = decomposition.precision(values, decomposition.parts_of(values))
    assert harmed.loc[0, "saved_in_contrast"] < 0.0


def test_an_outcome_that_is_missing_in_a_run_is_refused():
    study = decomposition.design(quick=True)
    table = made_up_table(study)
    table.loc[7, "startups_lost"] = np.nan
    with pytest.raises(ValueError, match="startups_lost"):
        decomposition.values_of(table, study)


def test_a_seed_with_which_a_run_failed_is_left_out_everywhere():
    study = decomposition.design(quick=True)
    table = made_up_table(study)
    values = decomposition.values_of(table.drop(index=7), study)
    assert values.shape == (64, study.replicates - 1, len(ATTRIBUTED))
    lost = table.loc[7, "replicate"]
    assert sorted(set(values.ravel())) == [r for r in range(study.replicates) if r != lost]


@pytest.mark.slow
def test_it_runs_from_design_to_numbers(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(decomposition, "REPLICATES_QUICK", 2)
    decomposition.conduct(Lab("decomposition", tmp_path, quick=True))
    table = pd.read_csv(tmp_path / "shapley.csv")
    total = pd.read_csv(tmp_path / "totals.csv").set_index("outcome")["total"]
    sums = table.groupby("outcome")["part"].sum()
    np.testing.assert_allclose(sums[total.index], total, rtol=1e-9, atol=1e-6)
