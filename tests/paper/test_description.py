"""The ODD description is whole: its tables hold what the code declares, and its elements are all there."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from figures.__main__ import module
from figures.results import Results
from market.parameters import all_parameters
from market.schedule import DAY, steps
from market.state.columns import BLOCKS
from market.state.luck import DECISIONS
from paper import sources

SUMMARIES = Path(__file__).parents[2] / "experiments" / "summaries"
ODD = sources.texts()["odd.tex"]
ELEMENTS = (
    "Purpose and patterns",
    "Entities, state variables, and scales",
    "Process overview and scheduling",
    "Design concepts",
    "Initialization",
    "Input data",
    "Submodels",
)
CONCEPTS = (
    "Basic principles", "Emergence", "Adaptation", "Objectives", "Learning", "Prediction", "Sensing", "Interaction",
    "Stochasticity", "Collectives", "Observation",
)  # fmt: skip
TRACE = (
    "Problem formulation", "Model description", "Data evaluation", "Conceptual model evaluation",
    "Implementation verification", "Model output verification", "Model analysis", "Model output corroboration",
)  # fmt: skip


@cache
def declared() -> dict[str, pd.DataFrame]:
    """The tables that the experiment `setting` writes of the code's declarations."""
    from experiments import setting

    return setting.declarations()


@pytest.fixture
def results(tmp_path: Path) -> Results:
    folder = tmp_path / "setting"
    folder.mkdir()
    (folder / "numbers.json").write_text("{}")
    for name, table in declared().items():
        table.to_csv(folder / f"{name}.csv", index=False)
    return Results((tmp_path,))


def names_in(results: Results, table: str) -> list[str]:
    """Return the names that a table prints, in order."""
    return re.findall(r"\\nolinkurl\{([^}]+)\}", module(table).tabulate(results).body)


def test_every_state_variable_is_in_its_table(results: Results) -> None:
    columns = [column.name for block in BLOCKS.values() for column in block.columns]
    assert columns
    assert names_in(results, "table_state_variables") == columns
    body = module("table_state_variables").tabulate(results).body
    assert all(name.replace("_", r"\_") in body for name in BLOCKS)


def test_every_parameter_is_in_its_table(results: Results) -> None:
    names = [parameter.name.partition(".")[2] for parameter in all_parameters()]
    assert names_in(results, "table_parameters") == names


def test_every_phase_and_step_is_in_its_table(results: Results) -> None:
    assert names_in(results, "table_schedule") == [step.function for step in steps()]
    body = module("table_schedule").tabulate(results).body
    assert all(phase.name.replace("_", r"\_") in body for phase in DAY)


def test_every_draw_is_in_its_table(results: Results) -> None:
    assert names_in(results, "table_draws") == list(DECISIONS)


def test_a_column_that_is_missing_is_noticed(results: Results) -> None:
    file = results.directories[0] / "setting" / "draws.csv"
    pd.read_csv(file).iloc[1:].to_csv(file, index=False)
    assert names_in(results, "table_draws") != list(DECISIONS)


def test_the_description_has_the_seven_elements_in_order() -> None:
    assert tuple(re.findall(r"\\subsection\{([^}]+)\}", ODD)) == ELEMENTS


def test_the_description_has_the_eleven_concepts_in_order_and_says_which_are_absent() -> None:
    concepts = ODD[ODD.index(r"\subsection{Design concepts}") : ODD.index(r"\subsection{Initialization}")]
    assert tuple(re.findall(r"\\paragraph\{([^}.]+)\.\}", concepts)) == CONCEPTS
    assert r"\paragraph{Collectives.} Absent." in concepts


def test_every_phase_has_its_submodel() -> None:
    submodels = ODD[ODD.index(r"\subsection{Submodels}") :].lower()
    for phase in DAY:
        if phase.name != "observe":  # which is the concept `Observation`
            assert rf"\emph{{{phase.name.replace('_', ' and ')}" in submodels, phase.name


def test_the_trace_document_has_its_eight_elements_in_order() -> None:
    found = re.findall(r"\\paragraph\{\d\. ([^}.]+)\.\}", sources.texts()["trace.tex"])
    assert tuple(found) == TRACE


def test_every_fitted_parameter_has_its_posterior_in_the_table() -> None:
    kept = Results((SUMMARIES,))
    told = kept.experiment("calibration").table("identifiability").dropna(subset=["p05"])
    body = module("table_parameters").tabulate(kept).body
    fitted = [row for row in told.itertuples(index=False) if row.parameter in {p.name for p in all_parameters()}]
    assert len(fitted) > 30
    for row in fitted:
        assert f"{row.p05:.3g} to {row.p95:.3g}" in body, row.parameter
