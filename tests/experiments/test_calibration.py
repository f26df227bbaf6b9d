"""The calibration and the sensitivity from end to end, on a formula in place of the model."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from experiments import calibration, sensitivity
from experiments.fit.fitting import Size
from experiments.fit.priors import free_parameters, overrides_at, present, values_at
from experiments.fit.reported import NOT_TARGETS, REPORTED
from experiments.fit.targets import CUT, TARGETS, fitted, known_by, table
from figures.__main__ import module
from figures.results import Results
from figures.style import journal_style
from market import facts, load_scenario
from market.evidence import observation, observations
from tests.experiments.made_up_market import made_up_lab

SMALL = Size(3, 8, 2, 60, 2, 8, 6, 120, 500, 40)
TRIAL = {"truths": 30, "draws": 20, "replicates": 2, "seeds": 6, "finalists": 3}


def numbers(directory: Path) -> dict[str, dict[str, float]]:
    return json.loads((directory / "numbers.json").read_text())


@pytest.fixture(scope="module")
def calibrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("results") / "calibration"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(calibration, "QUICK", SMALL)
        patch.setattr(calibration, "QUICK_TRIAL", TRIAL)
        calibration.conduct(made_up_lab(directory, "calibration", S6=12.0))
    return directory


def test_draws_are_a_row_each_with_a_column_for_every_fitted_input_inside_its_prior(calibrated: Path) -> None:
    draws = pd.read_csv(calibrated / "posterior.csv")
    assert draws["draw"].tolist() == list(range(1, SMALL.draws + 1))
    free = {item.path: item for item in free_parameters()}
    for path in draws.columns[1:]:
        assert draws[path].between(free[path].low, free[path].high).all()
    load_scenario("baseline", {path: draws.loc[0, path].item() for path in draws.columns[1:]})


def test_a_target_that_no_input_can_meet_is_named_and_the_others_are_not(calibrated: Path) -> None:
    standing = pd.read_csv(calibrated / "misfits.csv").set_index("target")["is_misfit"]
    assert standing[standing].index.tolist() == ["S6"]
    predicted = pd.read_csv(calibrated / "predictive.csv").set_index("target")
    assert predicted.loc["S6", "is_misfit"]
    assert numbers(calibrated)["standing_misfits"]["value"] == 1


def test_a_false_report_is_flagged(calibrated: Path) -> None:
    assert numbers(calibrated)["false_report_flagged"]["value"] == 1
    told = pd.read_csv(calibrated / "false_report.csv").set_index("target")
    assert told.loc["P2", "is_misfit"]


def test_every_fitted_input_has_a_verdict_a_coverage_and_a_place_in_the_chosen_set(calibrated: Path) -> None:
    fitted_inputs = set(pd.read_csv(calibrated / "posterior.csv").columns[1:])
    told = pd.read_csv(calibrated / "identifiability.csv")
    assert set(told["parameter"]) == {item.path for item in free_parameters()}
    assert fitted_inputs == set(pd.read_csv(calibrated / "chosen.csv")["parameter"])
    assert fitted_inputs == set(pd.read_csv(calibrated / "coverage.csv")["parameter"]) - {"all"}
    silent = told[told["verdict"].str.startswith("not fitted")]["parameter"]
    assert not fitted_inputs & set(silent)


def test_calibration_says_how_many_runs_it_needs(calibrated: Path) -> None:
    assert calibration.runs(quick=True) < calibration.runs(quick=False)
    assert calibration.runs(quick=True) <= 2_700, "three minutes at fifteen runs a second"


@pytest.fixture(scope="module")
def studied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("results") / "sensitivity"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sensitivity, "QUICK", sensitivity.Size(2, 4, 64, 3, 128))
        sensitivity.conduct(made_up_lab(directory, "sensitivity"))
    return directory


def test_sensitivity_finds_the_inputs_that_move_an_outcome_and_the_pair_that_acts_together(studied: Path) -> None:
    moving = [item.path for item in free_parameters()[:3]]
    assert set(pd.read_csv(studied / "ranking.csv")["input"].head(3)) == set(moving)
    indices = pd.read_csv(studied / "sobol.csv")
    own = indices[indices["outcome"] == "peak_price_cny"].set_index("input")
    idle = [name for name in own.index if name not in {*moving, "luck"}]
    assert (own.loc[idle, "total"].abs() < 0.1).all()
    assert own.loc[moving[1], "total"] > 0.2
    pairs = pd.read_csv(studied / "pairs.csv")
    assert set(pairs.loc[0, ["one", "other"]]) == set(moving[1:])
    assert 0.05 < own.loc["luck", "total"] < 0.5


def test_sensitivity_shows_convergence_and_delta_beside_the_indices(studied: Path) -> None:
    steps = pd.read_csv(studied / "convergence.csv")
    assert sorted(steps["used_rows"].unique()) == [16, 32, 64]
    deltas = pd.read_csv(studied / "delta.csv")
    assert set(deltas["outcome"]) == set(sensitivity.SKEWED)
    assert deltas["delta"].between(0.0, 1.0).all()


@pytest.mark.parametrize("name", ["posterior", "coverage", "sensitivity"])
def test_figures_draw_what_was_kept(name: str, calibrated: Path, studied: Path) -> None:
    with journal_style():
        drawing = module(name).draw(Results((calibrated.parent, studied.parent)))
        drawing.figure.canvas.draw()
    assert len(drawing.caption.split()) > 40
    assert "nan" not in drawing.caption.split()


def test_every_observation_is_a_target_or_has_a_reason_not_to_be_one() -> None:
    used = {id.strip() for entry in REPORTED for id in entry.source.split(",")}
    assert used | set(NOT_TARGETS) == {entry.id for entry in observations()}
    assert not used & set(NOT_TARGETS)


def test_what_a_source_states_is_what_the_evidence_holds() -> None:
    for entry in REPORTED:
        assert observation(entry.source.split(",")[0]).value == entry.stated, entry.id


def test_every_pattern_is_a_target_with_the_band_of_its_fact() -> None:
    targets = {target.id: target for target in TARGETS}
    for fact in facts():
        if fact.kind == "pattern" and not targets[fact.id].is_event:
            assert (targets[fact.id].low, targets[fact.id].high) == (fact.low, fact.high)
            assert targets[fact.id].use == "fit"


def test_nothing_dated_after_the_cut_is_usable_at_it() -> None:
    usable = {target.id for target in known_by(CUT)}
    assert {"T4", "P1", "S5b"} <= usable
    assert not usable & {"P2", "P2b", "S5", "S6", "S7", "C1", "C3", "C5", "C5b", "T10", "grey_imports_2024"}
    shown = table().set_index("id")
    assert (shown.loc[list(usable), "dated"] <= CUT.isoformat()).all()
    assert set(shown.index[shown["usable_at_cut"]]) == usable


def test_a_target_far_from_what_is_reported_is_further_than_one_near_it_on_every_scale() -> None:
    for target in fitted():
        assert target.tolerance > 0
        inside = target.scaled(np.array([target.low, target.high]))
        assert np.abs(inside - target.centre).max() <= target.half_width + 1e-12


def test_the_unit_cube_and_the_values_agree_at_the_baseline() -> None:
    free = free_parameters()
    here = present(free)
    assert ((here >= 0) & (here <= 1)).all()
    overrides = overrides_at(free, here)
    np.testing.assert_allclose(values_at(free, here[None, :])[0], [item.value for item in free], rtol=1e-9)
    scenario = load_scenario("baseline", overrides)
    assert scenario.parameters["orders.adjustment"] == pytest.approx(
        load_scenario("baseline").parameters["orders.adjustment"]
    )
    assert isinstance(overrides["cloud.tencent_cloud.stock_cards"], int)
