"""An interrupt is obeyed wherever it comes, and no code on its way can swallow it or make a failed run of it."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from runner_toy import toy_run, toy_study, use_toy

from experiments.engine.interrupts import after_this, interruptible, obey
from experiments.lab import Lab

SENT = pytest.mark.parametrize(("sent", "left"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, SystemExit)])


def send(number: int) -> None:
    os.kill(os.getpid(), number)


@SENT
def test_it_is_obeyed_at_once_outside_runs(sent: int, left: type[BaseException]) -> None:
    with interruptible(), pytest.raises(left):
        send(sent)


@SENT
def test_it_waits_for_what_is_under_way_and_is_obeyed_then(sent: int, left: type[BaseException]) -> None:
    done = []
    with interruptible(), pytest.raises(left):
        with after_this():
            send(sent)
            done.append("work")
        done.append("more")
    assert done == ["work"]


@SENT
def test_a_second_one_does_not_wait(sent: int, left: type[BaseException]) -> None:
    done = []
    with interruptible(), pytest.raises(left), after_this():
        send(sent)
        send(sent)
        done.append("work")
    assert done == []


def test_one_that_was_swallowed_is_obeyed_when_asked_next() -> None:
    with interruptible(), pytest.raises(KeyboardInterrupt):
        with contextlib.suppress(KeyboardInterrupt):
            send(signal.SIGINT)
        obey()


def test_handlers_are_as_before_and_nothing_is_asked_afterwards() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with interruptible(), pytest.raises(KeyboardInterrupt):
        send(signal.SIGINT)
    with interruptible():
        obey()
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


@SENT
def test_one_in_the_middle_of_a_run_makes_no_failed_run(
    sent: int, left: type[BaseException], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = []

    def interrupted_run(scenario: Any, seed: int, **more: Any) -> Any:
        runs.append(seed)
        try:
            if len(runs) == 40:
                send(sent)
        except BaseException as error:  # as compiled code may
            raise RuntimeError("swallowed") from error
        return toy_run(scenario, seed, **more)

    use_toy(monkeypatch.setattr, interrupted_run)
    with interruptible(), pytest.raises(left):
        Lab("toy", tmp_path).collect(toy_study())
    assert 40 <= len(runs) < 100
    found = Lab("toy", tmp_path).collect(toy_study())["runs"]
    assert len(found) == 100
