"""Figures of the baseline, the tender case and scaling are drawn from what those experiments keep."""

from __future__ import annotations

import importlib
import shutil
from pathlib import Path

import pandas as pd
import pytest

from experiments import baseline, scaling, tender_case
from experiments.lab import Lab
from figures.__main__ import catalogue
from figures.baseline_series import BaselineSeries
from figures.cast import CLOUD_COLOURS, CLOUDS, STARTUPS
from figures.output import write_drawing
from figures.results import MissingExperimentError, Results, ResultsError
from figures.style import journal_style
from market import load_scenario

FIGURES = {
    "price_fan": "baseline",
    "lead_and_backlog": "baseline",
    "who_earned": "baseline",
    "churn_network": "baseline",
    "tender_story": "tender_case",
    "scaling": "scaling",
}


def measured(plan: dict[str, dict[int, int]], quick: bool) -> pd.DataFrame:
    """Made-up cost, so that nothing is measured in a test."""
    rows = [
        {"population": p, "size": n, "repeat": 0, "build_s": n, "advance_s": n, "tables_s": 1.0}
        | {"state_mb": n, "before_mb": 1.0, "peak_mb": 1.0 + n}
        for p, sizes in plan.items()
        for n in sizes
    ]
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    directory = tmp_path_factory.mktemp("results")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(baseline, "QUICK_SEEDS", 4)
        patch.setattr(tender_case, "QUICK_SEEDS", 4)
        patch.setattr(tender_case, "QUICK_PAIRS", 2)
        patch.setattr(scaling, "QUICK_RUNS", {"startups": {100: 2, 200: 2}, "speculators": {100: 2, 1_000: 2}})
        patch.setattr(scaling, "measured_costs", measured)
        for module in (baseline, tender_case, scaling):
            name = module.__name__.rpartition(".")[2]
            module.conduct(Lab(name, directory / name, quick=True))
    return Results((directory,))


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_drawn_and_the_same_results_give_the_same_bytes(
    results: Results, tmp_path: Path, name: str
) -> None:
    module = importlib.import_module(f"figures.{name}")
    assert name in catalogue()
    assert list(module.EXPERIMENTS) == [FIGURES[name]]
    contents = []
    for place in ("one", "two"):
        with journal_style():
            written = write_drawing(module.draw(results), tmp_path / place, name)
        contents.append([path.read_bytes() for path in written])
    assert contents[0] == contents[1]


@pytest.mark.parametrize("name", sorted(set(FIGURES) - {"price_fan"}))
def test_a_missing_experiment_is_named_with_the_command_that_makes_it(tmp_path: Path, name: str) -> None:
    with pytest.raises(MissingExperimentError, match=f"python -m experiments {FIGURES[name]}"):
        importlib.import_module(f"figures.{name}").draw(Results((tmp_path,)))


def test_captions_say_how_many_seeds_there_are_and_which_seed_is_told(results: Results) -> None:
    captions = {name: importlib.import_module(f"figures.{name}").draw(results).caption for name in FIGURES}
    assert all("4 seeds" in captions[name] for name in FIGURES if name != "scaling")
    assert "startups 100: 2" in captions["scaling"]
    story = results.experiment("tender_case").table("story_case").iloc[0]
    assert f"seed {story['seed']}" in captions["tender_story"]


def test_the_lines_of_a_figure_follow_the_tables(results: Results, tmp_path: Path) -> None:
    changed = tmp_path / "baseline"
    shutil.copytree(results.directories[0] / "baseline", changed)
    table = pd.read_csv(changed / "price_fan.csv")
    table["median"] = 123_456.0
    table.to_csv(changed / "price_fan.csv", index=False)
    drawn = importlib.import_module("figures.price_fan").draw(Results((tmp_path,))).figure
    line = next(line for line in drawn.axes[0].get_lines() if len(line.get_xdata()) == len(table))
    assert set(line.get_ydata()) == {123.456}


def test_a_quantity_that_was_not_kept_is_named(results: Results) -> None:
    with pytest.raises(ResultsError, match="no quantity 'moonlight'"):
        BaselineSeries.of(results).fan("moonlight")


def test_the_rules_dates_and_reported_prices_come_with_the_results(results: Results) -> None:
    series = BaselineSeries.of(results)
    assert [entry.what for entry in series.rule_dates()] == ["rumoured", "announced", "in force"]
    assert {point.id for point in series.evidence()} == {"P1", "P2"}
    assert series.n_seeds == 4


def test_every_firm_of_the_baseline_has_a_name_and_every_cloud_a_colour() -> None:
    scenario = load_scenario("baseline")
    assert set(CLOUDS) == {cloud.id for cloud in scenario.clouds} == set(CLOUD_COLOURS)
    assert set(STARTUPS) == {firm.id for firm in scenario.startups} | {"other startups"}
