"""The family of errors: fields, one-line texts, exit codes, pickling."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from market.errors import (
    BooksError,
    MarketError,
    OutputError,
    Problem,
    ScenarioError,
    UsageError,
    suggest,
)

SHARE = Problem("supply.china_share", 1.4, "a share from 0 to 1", "baseline.toml")
TYPO = Problem("supply.chna_share", 0.2, "a known parameter", did_you_mean="supply.china_share")

ONE_OF_EACH = [
    MarketError("nothing more specific"),
    ScenarioError([SHARE, TYPO]),
    UsageError("seeds", 0, "a whole number from 1", "--seeds", "seed"),
    OutputError(Path("results/baseline"), "exists already; choose another directory"),
    BooksError("2023-05-04", "rent", ("startups", "clouds"), -3, "fen"),
]


def test_a_problem_reads_as_one_line_that_says_what_to_do() -> None:
    assert str(SHARE) == "supply.china_share = 1.4: expected a share from 0 to 1 (in baseline.toml)"
    assert str(TYPO) == ("supply.chna_share = 0.2: expected a known parameter; did you mean 'supply.china_share'?")


def test_a_problem_says_that_a_value_is_missing() -> None:
    assert str(Problem("seed", None, "a whole number")) == "seed is missing: expected a whole number"


def test_a_problem_stays_one_short_line_whatever_the_value() -> None:
    text = str(Problem("firms", "a\nb" * 1000, "a table\nof firms"))
    assert "\n" not in text
    assert len(text) < 200


def test_a_problem_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        SHARE.value = 0.2  # type: ignore[misc]


def test_a_scenario_error_prints_all_problems_at_once() -> None:
    error = ScenarioError(iter([SHARE, TYPO]))
    assert error.problems == (SHARE, TYPO)
    assert str(error).splitlines() == ["2 problems in the scenario:", f"  {SHARE}", f"  {TYPO}"]
    assert str(ScenarioError([SHARE])).startswith("1 problem in the scenario:\n")


def test_a_scenario_error_without_a_problem_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        ScenarioError([])


def test_a_usage_error_carries_its_fields() -> None:
    error = UsageError("seeds", 0, "a whole number from 1", "--seeds")
    assert (error.field, error.value, error.allowed, error.origin) == (
        "seeds",
        0,
        "a whole number from 1",
        "--seeds",
    )
    assert str(error) == "seeds = 0: expected a whole number from 1 (in --seeds)"


def test_a_books_error_names_day_row_accounts_and_difference() -> None:
    error = BooksError("2023-05-04", "rent", ["startups", "clouds"], -3, "fen")
    assert (error.day, error.row, error.accounts, error.difference, error.unit) == (
        "2023-05-04",
        "rent",
        ("startups", "clouds"),
        -3,
        "fen",
    )
    for part in ("2023-05-04", "'rent'", "startups, clouds", "-3 fen", "defect"):
        assert part in str(error)


def test_books_that_do_not_close_are_a_defect_and_all_else_is_input() -> None:
    assert [error.exit_code for error in ONE_OF_EACH] == [2, 2, 2, 2, 3]


@pytest.mark.parametrize("error", ONE_OF_EACH, ids=lambda error: type(error).__name__)
def test_every_error_comes_back_whole_from_a_worker_process(error: MarketError) -> None:
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert str(copy) == str(error)
    assert vars(copy) == vars(error)


def test_a_near_word_is_suggested_and_a_far_one_is_not() -> None:
    known = ("china_share", "severity", "T5")
    assert suggest("chna_share", known) == "china_share"
    assert suggest("SEVERTY", known) == "severity"
    assert suggest("t5", known) == "T5"
    assert suggest("zebra", known) is None
    assert suggest(None, ()) is None
