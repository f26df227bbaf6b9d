"""What the data pin down, on posteriors whose shape is known."""

from __future__ import annotations

import numpy as np
import pytest

from experiments.statistics.identifiability import combinations, verdicts

NAMES = ("sharp", "blurred", "free")


@pytest.fixture
def draws() -> tuple[np.ndarray, np.ndarray]:
    luck = np.random.default_rng(1)
    prior = luck.random((4000, 3))
    posterior = np.column_stack(
        [0.5 + 0.05 * luck.normal(size=4000), 0.2 + 0.65 * luck.random(4000), luck.random(4000)]
    )
    return prior, posterior


def test_a_narrow_posterior_is_identified_and_one_like_its_prior_is_not(draws) -> None:
    told = verdicts(NAMES, *draws).set_index("parameter")
    assert told["verdict"].to_dict() == {
        "sharp": "identified",
        "blurred": "weakly identified",
        "free": "not identified",
    }
    assert told.loc["free", "width_ratio"] == pytest.approx(1.0, abs=0.03)
    assert list(told.index) == list(NAMES)


def test_a_narrow_posterior_that_synthetic_truths_do_not_recover_is_not_identified(draws) -> None:
    told = verdicts(NAMES, *draws, recovered=(0.05, 0.9, 0.0)).set_index("parameter")
    assert told.loc["sharp", "verdict"] == "not identified"
    assert told.loc["blurred", "verdict"] == "weakly identified"


def test_two_parameters_of_which_only_the_sum_is_known_are_named_together() -> None:
    luck = np.random.default_rng(2)
    one = luck.random(300)
    posterior = np.column_stack([one, 1.0 - one + 0.02 * luck.normal(size=300), luck.random(300)])
    found = combinations(("a", "b", "c"), posterior)
    assert len(found) == 1
    words = found["combination"].iloc[0]
    assert "a" in words.split()
    assert "b" in words.split()
    assert "c" not in words.split()
    assert words.count("+") == 2


def test_independent_parameters_trade_off_with_nothing_even_in_a_small_sample() -> None:
    luck = np.random.default_rng(3)
    named = [len(combinations([str(k) for k in range(20)], luck.random((60, 20)))) for _ in range(20)]
    assert np.mean(named) < 0.5
