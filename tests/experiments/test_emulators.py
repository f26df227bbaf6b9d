"""Emulators: noise of replicates is a variance of its own, and held-out points judge."""

from __future__ import annotations

import numpy as np
import pytest

from experiments.statistics.emulators import Emulator, judge

INPUTS = 6


def mean_of(x: np.ndarray) -> np.ndarray:
    return np.sin(4.0 * x[:, 0]) + 2.0 * x[:, 1] * x[:, 2]


def deviation_of(x: np.ndarray) -> np.ndarray:
    return 0.05 + 0.4 * x[:, 3]


def runs_at(x: np.ndarray, replicates: int, luck: np.random.Generator) -> np.ndarray:
    return mean_of(x)[:, None] + deviation_of(x)[:, None] * luck.normal(size=(len(x), replicates))


@pytest.fixture(scope="module")
def fitted() -> tuple[Emulator, np.random.Generator]:
    luck = np.random.default_rng(5)
    x = luck.random((150, INPUTS))
    return Emulator(x, runs_at(x, 3, luck)), luck


def test_a_fitted_emulator_explains_held_out_means_and_its_errors_are_as_large_as_it_says(fitted) -> None:
    emulator, luck = fitted
    x = luck.random((60, INPUTS))
    judged = judge(emulator, x, runs_at(x, 20, luck))
    assert judged.r2 > 0.95
    assert 0.6 < judged.error_sd < 1.5
    assert judged.coverage > 0.85
    assert 0.84 < judged.run_coverage < 0.96


def test_the_noise_of_one_run_follows_the_inputs_that_drive_it(fitted) -> None:
    emulator, luck = fitted
    x = luck.random((400, INPUTS))
    assert np.corrcoef(np.log(emulator.predict(x).noise), np.log(deviation_of(x)))[0, 1] > 0.8


def test_more_replicates_do_not_change_the_noise_of_one_run() -> None:
    luck = np.random.default_rng(6)
    x = luck.random((120, INPUTS))
    few, many = Emulator(x, runs_at(x, 3, luck)), Emulator(x, runs_at(x, 30, luck))
    here = luck.random((50, INPUTS))
    assert few.predict(here).noise.mean() == pytest.approx(many.predict(here).noise.mean(), rel=0.35)
    assert many.predict(here).variance.mean() < few.predict(here).variance.mean()


def test_a_statistic_that_often_does_not_exist_has_a_chance_and_a_mean_where_it_does() -> None:
    luck = np.random.default_rng(7)
    x = luck.random((200, INPUTS))
    runs = runs_at(x, 4, luck)
    runs[luck.random(runs.shape) < 0.8 * x[:, [4]]] = np.nan
    found = Emulator(x, runs).predict(x)
    assert np.corrcoef(found.chance, 1.0 - 0.8 * x[:, 4])[0, 1] > 0.8
    assert np.corrcoef(found.mean, mean_of(x))[0, 1] > 0.95


def test_a_share_stays_between_nothing_and_all_and_its_noise_is_that_of_a_coin() -> None:
    luck = np.random.default_rng(8)
    x = luck.random((200, INPUTS))
    runs = (luck.random((200, 4)) < x[:, [0]]).astype(float)
    found = Emulator(x, runs, is_share=True).predict(x)
    assert found.mean.min() >= 0.0
    assert found.mean.max() <= 1.0
    assert np.corrcoef(found.mean, x[:, 0])[0, 1] > 0.9
    assert found.noise.max() <= 0.25


def test_judging_an_emulator_of_pure_noise_shows_that_it_explains_nothing() -> None:
    luck = np.random.default_rng(9)
    x = luck.random((80, INPUTS))
    emulator = Emulator(x, luck.normal(size=(80, 2)))
    here = luck.random((60, INPUTS))
    # Means of the held-out points truly differ, by an input that the emulator was not shown.
    hidden = luck.normal(size=(60, 1))
    assert judge(emulator, here, hidden + 0.1 * luck.normal(size=(60, 10))).r2 < 0.2


def test_an_emulator_refuses_a_statistic_that_exists_nowhere() -> None:
    with pytest.raises(ValueError, match="at least two points"):
        Emulator(np.random.default_rng(1).random((5, 2)), np.full((5, 3), np.nan))
