"""The engine alone is the market of the Mesa model, to the byte, and needs neither Mesa nor pandas."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from market import Engine, GpuMarket, load_scenario, result_of, run
from market.agents.nvidia import ALLOTMENT_RULES, allotment_rule
from market.errors import UsageError
from market.observers.digest import digest
from market.scenarios import check, scenario_names

ROOT = Path(__file__).resolve().parents[2]
DAYS, CUT = 150, 61
LOADED = "import sys; print([name for name in ('mesa', 'pandas', 'pyarrow') if name in sys.modules])"
ENGINE = f"from market import Engine; Engine('tiny', 1).advance({DAYS}); {LOADED}"
TABLES = f"from market import run; run('tiny', 1, days={DAYS}); {LOADED}"
MESA = f"from market import GpuMarket; GpuMarket('tiny', 1); {LOADED}"


def engine_after(days: int, scenario: str = "tiny") -> Engine:
    engine = Engine(scenario, 3)
    engine.advance(days)
    return engine


def model_after(days: int, scenario: str = "tiny") -> GpuMarket:
    model = GpuMarket(scenario, 3)
    model.advance(days)
    return model


@pytest.fixture
def nothing_rule() -> Iterator[str]:
    name = "nothing_for_anybody"
    allotment_rule(name)(lambda supply, due, past: [0] * len(due))
    yield name
    del ALLOTMENT_RULES[name]
    check._REGISTERED.remove(name)


@pytest.mark.parametrize("scenario", scenario_names())
def test_the_engine_gives_the_bytes_of_the_mesa_model(scenario: str) -> None:
    assert digest(result_of(engine_after(DAYS, scenario))) == digest(result_of(model_after(DAYS, scenario)))


@pytest.mark.parametrize(
    ("code", "expected"),
    [(ENGINE, "[]"), (TABLES, "['pandas', 'pyarrow']"), (MESA, "['mesa', 'pandas', 'pyarrow']")],
    ids=["engine", "tables", "mesa"],
)
def test_nothing_is_imported_that_is_not_needed(code: str, expected: str) -> None:
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == expected


def test_a_market_saved_with_or_without_mesa_goes_on_either_way(tmp_path: Path) -> None:
    expected = digest(result_of(engine_after(DAYS)))
    for number, saved in enumerate((engine_after(CUT), model_after(CUT))):
        path = saved.save(tmp_path / f"market_{number}")
        for kind in (Engine, GpuMarket):
            again = kind.load(path)
            assert type(again) is kind
            assert again.advance(DAYS - CUT) == DAYS - CUT
            assert digest(result_of(again)) == expected


def test_a_pickled_engine_goes_on_as_if_it_had_never_stopped() -> None:
    again = pickle.loads(pickle.dumps(engine_after(CUT)))
    again.advance(DAYS - CUT)
    assert digest(result_of(again)) == digest(result_of(engine_after(DAYS)))


def test_an_engine_by_itself_refuses_a_rule_written_in_python(nothing_rule: str) -> None:
    scenario = load_scenario("tiny", {"market.allotment": nothing_rule})
    with pytest.raises(UsageError, match=r"market\.allotment.*nothing_for_anybody.*GpuMarket"):
        Engine(scenario, 1)


def test_a_run_asks_a_rule_written_in_python(nothing_rule: str) -> None:
    delivered = run("tiny", 1, days=DAYS, market__allotment=nothing_rule).orders["delivered_cards"]
    assert delivered.sum() == 0 < run("tiny", 1, days=DAYS).orders["delivered_cards"].sum()


@pytest.mark.parametrize("seed", [-1, True, 1.5, "1"])
def test_an_engine_names_itself_when_its_seed_is_none(seed: object) -> None:
    with pytest.raises(UsageError, match=r"seed.*Engine"):
        Engine("tiny", seed)  # type: ignore[arg-type]
