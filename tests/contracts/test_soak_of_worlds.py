"""A thousand worlds drawn from priors and corners run the whole calendar; one that fails is made small and kept.

A kept world is a file of overrides in `kept_worlds/`: the fewest that still fail. The ordinary suite runs all of
them for ever. `python -m pytest -m soak` draws the thousand.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from random_worlds import drawn_overrides
from whole_runs import run_whole

from market import load_scenario
from market.errors import ScenarioError

KEPT = Path(__file__).with_name("kept_worlds")
WORLDS = 1_000
Overrides = dict[str, Any]


def smallest(overrides: Overrides, fails: Callable[[Overrides], bool]) -> Overrides:
    """Return fewer overrides that still fail, of which none can be left out (delta debugging)."""
    kept = list(overrides)
    size = max(len(kept) // 2, 1)
    while size:
        first = 0
        while first < len(kept):
            fewer = kept[:first] + kept[first + size :]
            if fails({key: overrides[key] for key in fewer}):
                kept = fewer
            else:
                first += size
        size //= 2
    return {key: overrides[key] for key in kept}


def fails_with(seed: int) -> Callable[[Overrides], bool]:
    """Return a test of overrides: does the world break what must be true of any? An unusable one does not count."""

    def fails(overrides: Overrides) -> bool:
        try:
            scenario = load_scenario("tiny", overrides)
        except ScenarioError:
            return False
        try:
            run_whole(scenario, seed)
        except Exception:
            return True
        return False

    return fails


def written(world: dict[str, Any]) -> str:
    """Return a kept world as JSON; a date becomes an object."""
    return json.dumps(world, indent=1, default=lambda day: {"date": day.isoformat()}) + "\n"


def read(text: str) -> dict[str, Any]:
    """Return what `written` wrote."""
    return json.loads(text, object_hook=lambda x: dt.date.fromisoformat(x["date"]) if set(x) == {"date"} else x)


@pytest.mark.soak
@pytest.mark.parametrize("number", range(WORLDS))
def test_a_thousand_worlds_drawn_at_random_run_the_whole_calendar(number: int) -> None:
    overrides = drawn_overrides(number)
    if not fails_with(number)(overrides):
        return
    small = smallest(overrides, fails_with(number))
    KEPT.mkdir(exist_ok=True)
    (KEPT / f"world_{number:04d}.json").write_text(written({"seed": number, "overrides": small}), encoding="utf-8")
    pytest.fail(f"world {number} fails; kept as kept_worlds/world_{number:04d}.json: {small}")


def test_worlds_that_once_failed_run_the_whole_calendar() -> None:
    for path in sorted(KEPT.glob("*.json")):
        kept = read(path.read_text(encoding="utf-8"))
        run_whole(load_scenario("tiny", kept["overrides"]), kept["seed"])


# ------------------------------------------------------------------ the tools themselves


def test_the_smallest_world_holds_what_makes_it_fail_and_nothing_else() -> None:
    overrides = {f"x{k}": k for k in range(37)}
    found = smallest(overrides, lambda some: {"x3", "x20", "x36"} <= set(some))
    assert found == {"x3": 3, "x20": 20, "x36": 36}


def test_a_world_that_is_drawn_is_the_world_that_its_overrides_make() -> None:
    from random_worlds import drawn_scenario

    assert load_scenario("tiny", drawn_overrides(5)) == drawn_scenario(5)
    kept = read(written({"overrides": drawn_overrides(5)}))
    assert load_scenario("tiny", kept["overrides"]) == drawn_scenario(5)


def test_a_world_that_breaks_a_rule_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    import test_soak_of_worlds as this

    def refuse(scenario: Any, seed: int) -> None:
        assert scenario.population.speculators != 0

    monkeypatch.setattr(this, "run_whole", refuse)
    fails = fails_with(1)
    assert fails({"population.speculators": 0})
    assert not fails({"population.speculators": 5})
    assert not fails({"population.speculators": -5})  # no world at all
