"""Figures of the decomposition, the policies and the export controls are drawn from what those experiments keep."""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from experiments import decomposition, export_controls, policies
from experiments.lab import Lab
from experiments.statistics import tipping
from experiments.worlds import rule_worlds
from figures.__main__ import catalogue
from figures.output import write_drawing
from figures.results import MissingExperimentError, Results
from figures.style import journal_style

FIGURES = {"shapley": "decomposition", "policy_comparison": "policies", "control_surfaces": "export_controls"}


def keep_decomposition(lab: Lab) -> None:
    """Keep made-up parts: mechanism i adds 1,000 i to everything, rationing nothing."""
    random = np.random.default_rng(1)
    n = len(decomposition.MECHANISMS)
    sums = np.array([sum(1_000 * i * (subset >> i & 1) for i in range(n)) for subset in range(1 << n)])
    luck = random.normal(scale=100, size=(1 << n, 12, len(decomposition.ATTRIBUTED)))
    values = 5_000 + sums[:, None, None] + luck
    lab.keep("shapley", decomposition.shapley_table(values, decomposition.parts_of(values)))
    lab.keep("interactions", decomposition.interaction_table(values))
    lab.keep("totals", decomposition.totals(values))
    lab.keep("shapley_over_draws", decomposition.draws_table(values))


def keep_policies(lab: Lab) -> None:
    """Keep made-up effects: luck alone, but for a deposit that adds 3 to everything."""
    random = np.random.default_rng(2)
    names = [policies.BASELINE, *(policy.name for policy in policies.available())]
    values = {name: pd.DataFrame(random.normal(9, 1, (12, len(names))), columns=names) for name in policies.EFFECTS}
    for table in values.values():
        table["deposit"] += 3.0
    effects = policies.effect_table(values)
    lab.keep("effects", effects)
    lab.keep("welfare", policies.welfare_table(effects))
    lab.keep("resale", policies.resale_table(values))


def keep_export_controls(lab: Lab, slope: float) -> None:
    """Keep made-up worlds in which the peak multiple is 1 + `slope` x severity."""
    study, cells = rule_worlds.sequence(quick=True), rule_worlds.factorial(quick=True)
    random = np.random.default_rng(3)

    def runs(points: tuple, n: int) -> pd.DataFrame:
        rows = [
            (p.key, r, 1 + slope * p.values["severity"] + random.normal(scale=0.1)) for p in points for r in range(n)
        ]
        table = pd.DataFrame(rows, columns=["point", "replicate", "peak_price_multiple"])
        return table.assign(**dict.fromkeys(export_controls.OUTCOMES_HERE, table["peak_price_multiple"]))

    means, points, spread = export_controls.point_means(runs(study.points, 2), study)
    shown = export_controls.PICTURED
    fitted = {name: export_controls.fit(name, points, means[name].to_numpy()) for name in shown}
    design = pd.DataFrame(points, columns=list(rule_worlds.NAMES))
    lab.keep("points", pd.concat([design, means[list(shown)]], axis=1))
    lab.keep("precision", export_controls.quality_table(fitted, points, means, spread, 2))
    lab.keep("surfaces", pd.concat([export_controls.surface_table(name, fitted[name]) for name in shown]))
    lab.keep("indices", pd.concat([export_controls.index_table(name, fitted[name]) for name in shown]))
    lab.keep("boxes", export_controls.box_tables(points, means["peak_price_multiple"].to_numpy() > tipping.DOUBLED)[0])
    lab.keep("tipping", tipping.tipping_table(runs(cells.points, cells.replicates), cells))


def results_with(directory: Path, slope: float) -> Results:
    """Keep made-up tables of the three experiments."""
    labs = {name: Lab(name, directory / name) for name in FIGURES.values()}
    keep_decomposition(labs["decomposition"])
    keep_policies(labs["policies"])
    keep_export_controls(labs["export_controls"], slope)
    for lab in labs.values():
        lab.note("made_up", 1.0, unit="1", runs=1, meaning="makes it a kept experiment")
    return Results((directory,))


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    return results_with(tmp_path_factory.mktemp("results"), slope=2.0)


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


@pytest.mark.parametrize("name", FIGURES)
def test_a_missing_experiment_is_named_with_the_command_that_makes_it(tmp_path: Path, name: str) -> None:
    with pytest.raises(MissingExperimentError, match=f"python -m experiments {FIGURES[name]}"):
        importlib.import_module(f"figures.{name}").draw(Results((tmp_path,)))


def test_captions_quote_the_results_they_show(results: Results) -> None:
    captions = {name: importlib.import_module(f"figures.{name}").draw(results).caption for name in FIGURES}
    assert "12 paired seeds" in captions["shapley"]
    assert "12 posterior draws" in captions["shapley"]
    assert "anticipation of the rule 33%" in captions["shapley"]  # 5 of 0 + 1 + 2 + 3 + 4 + 5
    assert "rationing by order size" not in captions["shapley"]
    assert "12 paired seeds" in captions["policy_comparison"]
    assert "128 worlds of 2 runs" in captions["control_surfaces"]
    assert "a box with severity" in captions["control_surfaces"]


def test_worlds_without_a_doubled_price_are_drawn_and_said_to_have_no_box(tmp_path: Path) -> None:
    from figures import control_surfaces

    drawing = control_surfaces.draw(results_with(tmp_path, slope=0.3))
    assert "no box" in drawing.caption
    with journal_style():
        assert write_drawing(drawing, tmp_path, "control_surfaces")
