"""Posterior draws: what the file must hold, what a world takes of a draw, and how the command uses them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from made_up import made_up_run, replace_the_model

from market.cli import main
from market.errors import MarketError, UsageError
from market.observers.bands import pattern_facts
from market.scenarios import draws as draws_module
from market.scenarios import load_scenario, scenario_names
from market.scenarios.draws import POSTERIOR, draw_overrides, posterior_draws, read_draws, with_draw

STOCK = "cloud.tencent_cloud.stock_cards"
TEXT = f"draw,orders.adjustment,{STOCK}\n1,0.05,15000\n2,0.06,16000\n3,0.07,17000\n"


@pytest.fixture
def three(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the package hold three draws."""
    held = read_draws(TEXT)
    monkeypatch.setattr(draws_module, "posterior_draws", lambda: held)
    monkeypatch.setattr("market.scenarios.posterior_draws", lambda: held)
    yield


def test_a_draw_is_a_row_of_numbers_whole_ones_whole() -> None:
    held = read_draws(TEXT)
    assert [dict(draw) for draw in held] == [
        {"orders.adjustment": value, STOCK: cards} for value, cards in ((0.05, 15000), (0.06, 16000), (0.07, 17000))
    ]
    assert isinstance(held[0][STOCK], int)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "line 1: expected a header"),
        ("number,orders.adjustment\n1,0.05\n", "line 1: expected a header"),
        ("draw,orders.adjustment,orders.adjustment\n1,0.05,0.05\n", "line 1: expected a header"),
        ("draw,orders.adjustment\n1\n", "line 2: 1 entries where the header has 2"),
        ("draw,orders.adjustment\n2,0.05\n", "line 2: the draw is numbered '2', expected 1"),
        ("draw,orders.adjustment\n1,0.05\n2,many\n", "line 3, orders.adjustment = 'many': expected a finite number"),
        ("draw,orders.adjustment\n1,nan\n", "line 2, orders.adjustment = 'nan': expected a finite number"),
    ],
)
def test_a_file_that_is_not_whole_is_refused_with_its_line(text: str, told: str) -> None:
    with pytest.raises(MarketError, match=r"mine\.csv") as caught:
        read_draws(text, "mine.csv")
    assert told in str(caught.value)


def test_the_draws_of_the_package_can_all_be_loaded() -> None:
    for number in range(1, len(posterior_draws()) + 1):
        assert with_draw("baseline", number).name == "baseline"


@pytest.mark.usefixtures("three")
def test_a_draw_replaces_the_values_of_the_baseline_and_nothing_else() -> None:
    drawn, plain = with_draw("baseline", 2), load_scenario("baseline")
    assert drawn.parameters["orders.adjustment"] == 0.06
    assert next(cloud.stock_cards for cloud in drawn.clouds if cloud.id == "tencent_cloud") == 16000
    unchanged = load_scenario("baseline", {"orders.adjustment": 0.06, STOCK: 16000})
    assert drawn == unchanged
    assert drawn != plain


@pytest.mark.usefixtures("three")
def test_where_a_world_sets_a_value_of_its_own_the_world_stands() -> None:
    world = load_scenario("baseline", {STOCK: 5000})
    assert draw_overrides(world, 1) == {"orders.adjustment": 0.05}


@pytest.mark.usefixtures("three")
def test_a_world_without_the_firm_takes_the_rest_of_the_draw(tmp_path: Path) -> None:
    file = tmp_path / "without.toml"
    file.write_text('schema = 1\nextends = "baseline"\ntitle = "x"\n[[cloud]]\nid = "tencent_cloud"\nremove = true\n')
    assert draw_overrides(file, 3) == {"orders.adjustment": 0.07}


@pytest.mark.usefixtures("three")
def test_every_shipped_world_can_be_run_under_a_draw() -> None:
    for name in scenario_names():
        assert with_draw(name, 1).name == name


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize("number", [0, 4])
def test_a_draw_that_does_not_exist_is_refused(number: int) -> None:
    with pytest.raises(UsageError, match="a whole number from 1 to 3"):
        draw_overrides("baseline", number)


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Any]:
    """Replace the model by one that makes tables up; return the adjustments it was run with."""
    calls: list[tuple[int, float]] = []

    def run(scenario: Any, seed: int = 1, days: int | None = None) -> Any:
        calls.append((seed, scenario.parameters["orders.adjustment"]))
        return made_up_run(scenario, seed, days)

    replace_the_model(monkeypatch, run)
    monkeypatch.setattr("market.observers.summary.describe", lambda run: "summary")
    monkeypatch.setattr("market.observers.patterns.measure", lambda run: {row.id: row.low for row in pattern_facts()})
    monkeypatch.chdir(tmp_path)
    return calls


@pytest.mark.usefixtures("three")
def test_a_run_takes_a_draw_and_settings_come_on_top(model: list[Any], tmp_path: Path) -> None:
    assert main(["run", "tiny", "--draw", "3"]) == 0
    assert (tmp_path / "results" / "tiny-seed1-draw3" / "manifest.json").is_file()
    assert main(["run", "tiny", "--draw", "3", "--set", "orders.adjustment=0.11", "--out", "mine"]) == 0
    assert model == [(1, 0.07), (1, 0.11)]


@pytest.mark.usefixtures("three")
def test_patterns_let_the_seeds_take_the_draws_in_turn(
    model: list[Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["patterns", "tiny", "--seeds", "5", "--workers", "1", "--posterior", "--out", "mine"]) == 0
    assert model == [(1, 0.05), (2, 0.06), (3, 0.07), (4, 0.05), (5, 0.06)]
    assert "seeds 1 to 5, 3 posterior draws" in capsys.readouterr().out
    assert json.loads((tmp_path / "mine" / "manifest.json").read_text())["draws"] == [1, 2, 3]


@pytest.mark.usefixtures("three")
def test_a_draw_that_does_not_exist_leaves_nothing_behind(
    model: list[Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "tiny", "--draw", "9"]) == 2
    assert "draw = 9: expected a whole number from 1 to 3" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
    assert not model


@pytest.mark.parametrize("arguments", [["run", "tiny", "--draw", "1"], ["patterns", "tiny", "--posterior"]])
def test_without_draws_the_command_says_what_is_missing(
    arguments: list[str], model: list[Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(draws_module, "posterior_draws", tuple)
    monkeypatch.setattr("market.scenarios.posterior_draws", tuple)
    assert main(arguments) == 2
    assert f"{POSTERIOR} is missing" in capsys.readouterr().err
    assert not model
