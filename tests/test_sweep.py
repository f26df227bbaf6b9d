"""Many seeds: every one is run once, in any number of processes, and a process that dies is told of."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up import DAYS, MadeUpResult, made_up_run, replace_the_model

from market.errors import BooksError, MarketError, UsageError
from market.observers.patterns import pattern_ids
from market.scenarios import Scenario, load_scenario
from market.sweep import QUANTILES, each_seed, quantiles_by_day, sweep


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> Scenario:
    replace_the_model(monkeypatch)
    return load_scenario("tiny")


def seed_of(result: MadeUpResult) -> int:
    return result.seed


def process_of(result: MadeUpResult) -> int:
    return os.getpid()


def days_of(result: MadeUpResult) -> int:
    return len(result.daily)


def raise_at(error: Callable[[], BaseException], seed: int, result: MadeUpResult) -> int:
    if result.seed == seed:
        raise error()
    return result.seed


def die_at(seed: int, result: MadeUpResult) -> int:
    if result.seed == seed:
        os._exit(9)
    return result.seed


def leak() -> BooksError:
    return BooksError("2022-01-02", "cards", ("a", "b"), 1, "cards")


@pytest.mark.parametrize("workers", [1, 2, 3, 8])
@pytest.mark.parametrize("seeds", [[5], [3, 1, 2], list(range(1, 24)), [4, 4]])
def test_readings_come_in_the_order_of_the_seeds(tiny: Scenario, workers: int, seeds: list[int]) -> None:
    assert each_seed(tiny, seeds, seed_of, workers=workers) == seeds


def test_one_worker_is_this_process_and_the_first_seed_always_is(tiny: Scenario) -> None:
    assert set(each_seed(tiny, range(3), process_of, workers=1)) == {os.getpid()}
    first, *others = each_seed(tiny, range(9), process_of, workers=2)
    assert first == os.getpid()
    assert os.getpid() not in others
    assert len(set(others)) <= 2


@pytest.mark.parametrize("workers", [1, 2])
def test_every_seed_done_is_reported(tiny: Scenario, workers: int) -> None:
    reported: list[tuple[int, int]] = []
    each_seed(tiny, range(7), seed_of, workers=workers, report=lambda n, of: reported.append((n, of)))
    counts = [n for n, _ in reported]
    assert counts == sorted(set(counts))
    assert reported[-1] == (7, 7)


def test_days_are_passed_on(tiny: Scenario) -> None:
    assert each_seed(tiny, [1, 2], days_of, days=5) == [5, 5]
    assert each_seed(tiny, [1, 2], days_of) == [DAYS, DAYS]


@pytest.mark.parametrize("workers", [1, 2])
def test_what_the_model_raises_comes_through(tiny: Scenario, workers: int) -> None:
    with pytest.raises(BooksError, match="row 'cards' does not close") as caught:
        each_seed(tiny, range(1, 9), partial(raise_at, leak, 6), workers=workers)
    assert caught.value.exit_code == 3
    assert multiprocessing.active_children() == []


def test_a_worker_that_dies_is_told_of_and_the_others_are_ended(tiny: Scenario) -> None:
    with pytest.raises(MarketError, match="a worker process died"):
        each_seed(tiny, range(1, 9), partial(die_at, 6), workers=2)
    assert multiprocessing.active_children() == []


def test_an_interrupt_ends_the_workers(tiny: Scenario) -> None:
    def interrupt(done: int, total: int) -> None:
        if done > 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        each_seed(tiny, range(1, 40), seed_of, workers=2, report=interrupt)
    assert multiprocessing.active_children() == []


def test_no_seeds_and_no_workers_are_refused(tiny: Scenario) -> None:
    with pytest.raises(UsageError, match="seeds"):
        each_seed(tiny, [], seed_of)
    with pytest.raises(UsageError, match="workers"):
        each_seed(tiny, [1], seed_of, workers=0)


def test_a_sweep_measures_every_pattern_of_every_seed(tiny: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("market.observers.patterns.measure", lambda run: dict.fromkeys(pattern_ids(), float(run.seed)))
    reported: list[int] = []
    for workers in (1, 2):
        done = sweep(
            tiny,
            range(1, 6),
            workers=workers,
            with_quantiles=workers == 2,
            report=lambda n, _: reported.append(n),
        )
        assert done.seeds == (1, 2, 3, 4, 5)
        assert list(done.measures) == ["seed", *pattern_ids()]
        assert list(done.measures["P1"]) == [1.0, 2.0, 3.0, 4.0, 5.0]
        assert [row.id for row in done.patterns] == list(pattern_ids())
        assert {row.median for row in done.patterns if row.id == "P1"} == {3.0}
        assert (done.quantiles is not None) == (workers == 2)


def test_quantiles_are_taken_day_by_day_over_the_runs() -> None:
    table = quantiles_by_day([made_up_run(seed=seed, days=3).daily for seed in (3, 1, 2)])
    assert list(table) == ["date", "quantity", *QUANTILES, "n"]
    assert len(table) == 3 * 3
    price = table.loc[table["quantity"] == "spot_price_cny"].iloc[0]
    assert price["date"] == pd.Timestamp("2022-01-01")
    assert [price[key] for key in QUANTILES] == pytest.approx([1.1, 1.5, 2.0, 2.5, 2.9])
    assert list(table.loc[table["quantity"] == "fill_rate", "n"]) == [0, 3, 3]
    assert table.loc[table["quantity"] == "fill_rate", "median"].isna().tolist() == [True, False, False]


@given(st.lists(st.one_of(st.floats(-1e6, 1e6), st.just(float("nan"))), min_size=1, max_size=30))
def test_quantiles_leave_out_what_is_not_there(values: list[float]) -> None:
    dates = pd.DatetimeIndex(["2022-01-01"])
    table = quantiles_by_day([pd.DataFrame({"date": dates, "x": [value]}) for value in values])
    seen = [value for value in values if not np.isnan(value)]
    assert table["n"].item() == len(seen)
    for key, share in QUANTILES.items():
        expected = np.quantile(seen, share) if seen else np.nan
        assert table[key].item() == pytest.approx(expected, nan_ok=True, abs=1e-6)
