"""History matching on a published example, and a report that no point can meet.

The example is the one-dimensional one of the R package hmer (Iskauskas and others, "Emulation and History Matching
using the hmer Package"): f(x) = 2x + 3x sin(5 pi (x - 0.1) / 0.4) on [0, 0.6], known at ten points, matched to 0 with a
standard deviation of 0.05.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from experiments.fit.targets import Target
from experiments.statistics.history_matching import (
    CUT_OFF,
    Wave,
    fit_wave,
    implausibilities,
    misfits,
    not_ruled_out,
    ruling,
)

WIDTH = 0.6


def target(id: str, low: float, high: float, discrepancy: float) -> Target:
    return Target(id, "", "", "", "1", low, high, discrepancy, dt.date(2023, 1, 1), "fit", "linear", "")


def sine(x: np.ndarray) -> np.ndarray:
    return 2.0 * x + 3.0 * x * np.sin(5.0 * np.pi * (x - 0.1) / 0.4)


def sine_wave(number: int, unit: np.ndarray) -> Wave:
    runs = {"f": sine(WIDTH * unit)[:, None]}
    return fit_wave(number, [target("f", 0.0, 0.0, 0.05)], unit[:, None], runs)


@pytest.fixture(scope="module")
def published() -> list[Wave]:
    first = sine_wave(1, np.linspace(0.05, 0.5, 10) / WIDTH)
    left = ruling([first], 1, 200, np.random.default_rng(1)).points[:, 0]
    second = sine_wave(2, np.concatenate([np.linspace(0.05, 0.5, 10) / WIDTH, np.unique(left.round(3))[::6]]))
    return [first, second]


def test_what_matches_is_never_ruled_out(published) -> None:
    grid = np.linspace(0.0, 1.0, 1201)[:, None]
    matches = np.abs(sine(WIDTH * grid[:, 0])) <= 0.05
    assert not_ruled_out(published, grid)[matches].max() <= CUT_OFF


def test_two_waves_leave_little_more_than_what_matches(published) -> None:
    grid = np.linspace(0.0, 1.0, 1201)[:, None]
    levels = [not_ruled_out(published[:k], grid) <= CUT_OFF for k in (1, 2)]
    assert levels[1].sum() <= levels[0].sum()
    # The whole of what the cut would leave if the function itself were known.
    known = np.abs(sine(WIDTH * grid[:, 0])) <= CUT_OFF * 0.05
    assert known.sum() <= levels[1].sum() <= 1.6 * known.sum()


def test_walkers_fill_every_piece_of_the_space_that_is_left(published) -> None:
    grid = np.linspace(0.0, 1.0, 1201)[:, None]
    inside = not_ruled_out(published, grid) <= CUT_OFF
    found = ruling(published, 1, 400, np.random.default_rng(2))
    edges = np.flatnonzero(np.diff(inside.astype(int)))
    piece_of = np.searchsorted(grid[edges, 0], found.points[:, 0])
    assert found.levels.max() <= CUT_OFF
    pieces = {k for k in range(len(edges) + 1) if inside[min(edges[k - 1] + 1 if k else 0, 1200)]}
    assert pieces <= set(piece_of.tolist())
    assert np.exp(found.log_volume) == pytest.approx(inside.mean(), rel=0.3)


def two_outputs(luck: np.random.Generator, x: np.ndarray) -> dict[str, np.ndarray]:
    """A shortage: the price rises with the first input, and the queue with it."""
    noise = 0.05 * luck.normal(size=(2, len(x), 4))
    return {"price": (1.0 + x[:, :1]) + noise[0], "queue": (2.0 * x[:, :1] + 0.2 * x[:, 1:2]) + noise[1]}


@pytest.fixture(scope="module")
def shortage() -> tuple[np.ndarray, dict[str, np.ndarray]]:
    luck = np.random.default_rng(3)
    x = luck.random((80, 3))
    return x, two_outputs(luck, x)


def test_a_price_that_falls_in_the_shortage_raises_the_flag_and_the_true_one_does_not(shortage) -> None:
    x, runs = shortage
    queue = target("queue", 1.5, 2.0, 0.1)
    for low, is_false in ((1.7, False), (0.4, True)):
        wave = fit_wave(1, [target("price", low, low + 0.2, 0.05), queue], x, runs)
        left = ruling([wave], 3, 200, np.random.default_rng(4))
        assert (left.reached > CUT_OFF) is is_false
        told = misfits(wave, left.points).set_index("target")["is_misfit"]
        assert bool(told["price"]) is is_false


def test_a_price_that_could_be_met_only_without_the_queue_is_a_misfit_where_the_queue_is_met(shortage) -> None:
    x, runs = shortage
    wave = fit_wave(1, [target("price", 1.0, 1.1, 0.03), target("queue", 1.6, 2.0, 0.1)], x, runs)
    queue_only = fit_wave(1, [target("queue", 1.6, 2.0, 0.1)], x, runs)
    left = ruling([queue_only], 3, 200, np.random.default_rng(5)).points
    told = misfits(wave, left).set_index("target")
    assert told.loc["price", "is_misfit"]
    assert not told.loc["queue", "is_misfit"]
    assert implausibilities(wave, np.array([[0.02, 0.5, 0.5]]))[0, 0] < CUT_OFF


def test_more_noise_of_replicates_rules_out_less(shortage) -> None:
    x, runs = shortage
    loud = {**runs, "price": runs["price"] + np.random.default_rng(6).normal(0.0, 0.5, runs["price"].shape)}
    grid = np.random.default_rng(7).random((500, 3))
    told = target("price", 1.7, 1.9, 0.02)
    quiet_left, loud_left = (
        (not_ruled_out([fit_wave(1, [told], x, {"price": r["price"]})], grid) <= CUT_OFF).mean() for r in (runs, loud)
    )
    assert loud_left > quiet_left


def test_the_first_wave_may_forgive_the_worst_target(shortage) -> None:
    x, runs = shortage
    targets = [target("price", 0.4, 0.6, 0.05), target("queue", 1.5, 2.0, 0.1)]
    points = np.random.default_rng(8).random((300, 3))
    strict, forgiving = (not_ruled_out([fit_wave(1, targets, x, runs, rank=rank)], points) for rank in (1, 2))
    assert (forgiving <= strict).all()
    assert (forgiving <= CUT_OFF).any()
    assert not (strict <= CUT_OFF).any()


def test_a_limit_only_saves_work(shortage) -> None:
    x, runs = shortage
    wave = fit_wave(1, [target("price", 1.2, 1.4, 0.05), target("queue", 0.2, 0.9, 0.1)], x, runs)
    points = np.random.default_rng(9).random((400, 3))
    whole, limited = not_ruled_out([wave], points), not_ruled_out([wave], points, CUT_OFF)
    assert np.array_equal(whole <= CUT_OFF, limited <= CUT_OFF)
    np.testing.assert_allclose(limited[np.isfinite(limited)], whole[np.isfinite(limited)])
