"""The day is the table: its text, its names, and what each phase and each decision may write."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path

import pytest
from writes import Writes, numbered_phases, written

from market import GpuMarket, calendar, run
from market import day as compiled_day
from market.schedule import DAY, SCRATCH, day_source, steps
from market.state.accounts import CASH_FEN

WORK_SPACE = {"ration", "host_f64", "turn", "auction", "histogram", "bin_i64", "share_f64", "sector_totals", *SCRATCH}

QUOTES = {"quote_i32": {"a800_tick", "a800_cards"}}
CLOUDS_QUOTES = {**QUOTES, "h20_quote_i32": {"h20_tick", "h20_cards"}}
# What a deciding step may write beside desired_* columns and work space: the deciders' own expectations.
EXPECTATIONS: dict[str, dict[str, set[str]]] = {
    "decisions.nvidia.decide_allotment": {"buyer_i64": {"due_cards"}},
    "decisions.startup.decide_need": {"startup_f32": {"planned_need_cards", "need_cards"}},
    "decisions.hosting.decide_tenders": {"scene_f64": {"tenders_today"}, "tender_i64": {"all"}},
    "decisions.cloud.decide_floors": {"tender_i64": {"all"}},
    "decisions.valuation.decide_worth": {"scene_f64": {"wait_months", "substitute_cny", "worth_cny"}},
    "decisions.cloud.decide_quotes": {"cloud_f64": {"reservation_cny"}, **CLOUDS_QUOTES},
    "decisions.server_maker.decide_quotes": {"maker_f64": {"reservation_cny", "ask_cny"}, **QUOTES},
    "decisions.speculator.decide_heuristic": {
        "speculator_i64": {"is_chartist"},
        "speculator_f64": {"trend_profit", "value_profit"},
    },
    "decisions.speculator.decide_expectations": {"speculator_f64": {"expected_cny"}},
    "decisions.speculator.decide_quotes": QUOTES,
    "decisions.startup.decide_quotes": {"startup_f32": {"reservation_cny"}, **QUOTES},
    "decisions.reserve.decide_quotes": QUOTES,
}
# Written only when something is wrong, or always with the same values.
SELDOM = {"books": {"clock", "sector_totals"}}
DEPOSITS = {"primary__deposit_share": 0.1, "primary__late_penalty_share": 0.05}
RARE_ENDS = {
    "startup_failed": {"startups__cash_cny": 8e6, "funding__hazard": 0.0},
    "consolidated": {"tenders__size_cards": 30, "tenders__pause_days": 10},
    "out_of_patience": {"tenders__size_cards": 30, "tenders__pause_days": 10},
}
RESERVE = {"reserve__size_cards": 50}
POOR_CLOUDS = {"clouds__parent_support": 0, "clouds__parent_buffer_cny": 0}


def undeclared(writes: Writes) -> dict[str, set[str]]:
    """Return the blocks that phases wrote without saying so."""
    declared = {phase.name: set(phase.writes) for phase in DAY}
    found = {name: set(blocks) - declared[name] - set(SCRATCH) for name, blocks in writes.phases.items()}
    return {name: blocks for name, blocks in found.items() if blocks}


def forbidden(writes: Writes) -> dict[str, list[str]]:
    """Return what deciding steps wrote beside plans, expectations and work space."""
    found: dict[str, list[str]] = {}
    for step in steps():
        if not step.decides:
            continue
        own = EXPECTATIONS.get(step.function, {})
        for block, columns in writes.steps.get(step.function, {}).items():
            allowed = own.get(block, set())
            bad = [c for c in columns if not c.startswith("desired_") and c not in allowed and "all" not in allowed]
            if bad and block not in WORK_SPACE:
                found.setdefault(step.function, []).extend(f"{block}.{column}" for column in sorted(bad))
    return found


def watched(
    writes: Writes,
    is_watched: Callable[[int], bool],
    seed: int,
    days: int = calendar.N_DAYS,
    **overrides: float,
) -> GpuMarket:
    """Run a tiny market and watch some of its days step by step."""
    model = GpuMarket("tiny", seed=seed, **overrides)
    while model.day < days:
        if not is_watched(model.day):
            model.advance(1)
            continue
        model.journal.drain()
        writes.watch(model.world, lambda first, last: compiled_day.day(model.handle, model.day, first, last))
        model.day += 1
        model._check_books()
    return model


@pytest.fixture(scope="module")
def writes() -> Writes:
    """Return what was written in months of several markets, hard times and failures among them."""
    seen = Writes()

    def at_the_turn_of_a_month(day: int) -> bool:
        first, last = (
            calendar.DAY_OF_MONTH[day] == 0,
            calendar.DAY_OF_MONTH[day] + 1 == calendar.DAYS_IN_MONTH[day],
        )
        return bool(first or last or day % 19 == 0)

    watched(seen, lambda day: day < 45, seed=1, days=45)
    watched(seen, at_the_turn_of_a_month, seed=1)
    watched(seen, at_the_turn_of_a_month, seed=3, leases__term_days=30)
    failure = day_of_a_failure(seed=2, **POOR_CLOUDS)
    watched(seen, lambda day: day == failure, seed=2, days=failure + 1, **POOR_CLOUDS)
    watched(seen, at_the_turn_of_a_month, seed=2, days=500, **DEPOSITS)
    watched(seen, lambda day: day < 30, seed=2, days=30, **RESERVE)
    for reason, overrides in RARE_ENDS.items():
        days = days_of_ends(reason, seed=2, **overrides)
        watched(seen, lambda day, days=days: day in days, seed=2, days=max(days) + 1, **overrides)
    return seen


def day_of_a_failure(seed: int, **overrides: float) -> int:
    """Return the first day on which a cloud fails."""
    events = run("tiny", seed=seed, **overrides).events
    return calendar.day_of(events.loc[events["kind"] == "firm_failed", "date"].min().date())


def days_of_ends(reason: str, seed: int, **overrides: float) -> set[int]:
    """Return the first days on which contracts end for a reason."""
    contracts = run("tiny", seed=seed, **overrides).contracts
    dates = contracts.loc[contracts["end_reason"] == reason, "end_date"].sort_values()
    assert len(dates) > 0
    return {calendar.day_of(date.date()) for date in dates.iloc[:5]}


# ------------------------------------------------------------------ the text


def test_the_compiled_day_is_what_the_table_says() -> None:
    text = Path(compiled_day.__file__).read_text(encoding="utf-8")
    assert text == day_source(), "run: python -m market.schedule"


def test_an_edited_day_is_noticed() -> None:
    text = Path(compiled_day.__file__).read_text(encoding="utf-8")
    assert text.replace("if first <= 3 < last", "if first <= 4 < last", 1) != day_source()


def test_every_function_of_the_table_exists_and_is_run_once() -> None:
    functions = [step.function for step in steps()]
    assert len(functions) == len(set(functions)) == compiled_day.N_STEPS
    for name in functions:
        module, function = name.rsplit(".", 1)
        assert callable(getattr(importlib.import_module(f"market.{module}"), function)), name


def test_decisions_come_from_agents_and_settlements_do_not() -> None:
    for step in steps():
        assert step.function.startswith("decisions.") == step.decides
        assert step.function.rsplit(".", 1)[1].startswith("decide_") == step.decides


def test_phases_read_and_write_blocks_that_exist() -> None:
    from market.state.world import World

    for phase in DAY:
        assert set(phase.writes) <= set(World._fields) - set(SCRATCH), phase.name
        assert phase.reads == ("everything",) or set(phase.reads) <= set(World._fields), phase.name
        assert len(set(phase.writes)) == len(phase.writes), phase.name


def test_a_day_cut_anywhere_is_the_same_day() -> None:
    whole, cut = GpuMarket("tiny", seed=5), GpuMarket("tiny", seed=5)
    for day in range(60):
        compiled_day.day(whole.handle, day, 0, compiled_day.N_STEPS)
        for step in steps():
            compiled_day.day(cut.handle, day, step.number, step.number + 1)
    assert all(a.tobytes() == b.tobytes() for a, b in zip(whole.world, cut.world, strict=True))


def test_nobody_relies_on_what_is_left_in_scratch_space() -> None:
    whole, spoiled = GpuMarket("tiny", seed=5), GpuMarket("tiny", seed=5)
    for day in range(60):
        compiled_day.day(whole.handle, day, 0, compiled_day.N_STEPS)
        for step in steps():
            for name in SCRATCH:
                getattr(spoiled.world, name)[:] = 77
            compiled_day.day(spoiled.handle, day, step.number, step.number + 1)
    for name, mine, theirs in zip(whole.world._fields, whole.world, spoiled.world, strict=True):
        assert name in SCRATCH or mine.tobytes() == theirs.tobytes(), name


# ------------------------------------------------------------------ who writes what


def test_a_phase_writes_only_what_it_declares(writes: Writes) -> None:
    assert undeclared(writes) == {}


def test_a_phase_declares_only_what_it_writes(writes: Writes) -> None:
    for phase in DAY:
        idle = set(phase.writes) - set(writes.phases.get(phase.name, {})) - SELDOM.get(phase.name, set())
        assert idle == set(), phase.name


def test_a_decision_writes_only_plans_quotes_and_its_own_expectations(writes: Writes) -> None:
    assert forbidden(writes) == {}


def test_the_lists_of_expectations_and_seldom_writes_hold_nothing_idle(writes: Writes) -> None:
    for function, blocks in EXPECTATIONS.items():
        for block, columns in blocks.items():
            seen = writes.steps[function].get(block, set())
            assert columns - {"all"} <= seen, (function, block)


def test_only_these_phases_move_money_and_cards(writes: Writes) -> None:
    money = {"funding", "delivery", "assembly", "orders", "switching", "spot", "billing", "entry_exit"}
    cards = {"delivery", "assembly", "spot", "entry_exit"}
    assert {name for name, blocks in writes.phases.items() if "cash_flow" in blocks} == money
    assert {name for name, blocks in writes.phases.items() if "card_flow" in blocks} == cards


def test_what_is_given_is_never_written(writes: Writes) -> None:
    given = {"p", "calendar", "climate", "supply", "rule_f64", "key_i64", "buyer_account"}
    assert not any(given & set(blocks) for blocks in writes.phases.values())


def test_a_planted_undeclared_write_is_caught() -> None:
    model, seen = GpuMarket("tiny", seed=1), Writes()
    ranges = {phase.name: first for phase, first, _ in numbered_phases()}

    def run_and_spoil(first: int, last: int) -> None:
        compiled_day.day(model.handle, 0, first, last)
        if first == ranges["rules"]:
            model.world.p[0] += 1.0
        if first == ranges["serving"]:  # its first step decides
            model.world.account_i64[CASH_FEN, -1] += 1

    seen.watch(model.world, run_and_spoil)
    assert undeclared(seen) == {"rules": {"p"}, "serving": {"account_i64"}}
    assert forbidden(seen) == {"decisions.cloud.decide_set_aside": ["account_i64.cash_fen"]}


def test_a_value_that_stays_not_a_number_counts_as_unchanged() -> None:
    from writes import snapshot

    model = GpuMarket("tiny", seed=1)
    model.world.scene_f64[0] = float("nan")
    before = snapshot(model.world)
    model.world.scene_f64[1] += 1.0
    assert written(before, model.world) == {"scene_f64": {"list_rent_cny_per_card_month"}}
