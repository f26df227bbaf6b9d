"""Processes that work for this one: how they are started, and what an interrupt means to them.

They are forked where that is possible: a spawned one would compile or load every kernel and import everything again
(and spawning is what Mesa, once imported, asks of everybody). An interrupt is the parent's to answer, which ends its
workers itself. What it leaves out: what they work on (`market.sweep`, and the runner of the experiments).
"""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
from collections.abc import Iterator
from typing import Any

__all__ = ["interrupts_held", "leave_interrupts_to_parent", "worker_context"]

HELD = (signal.SIGINT, signal.SIGTERM)


def worker_context() -> Any:
    """The context of `multiprocessing` to start workers with: that of forks, where there are any."""
    return multiprocessing.get_context("fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn")


@contextlib.contextmanager
def interrupts_held() -> Iterator[None]:
    """Hold back interrupts while workers are started, so that none reaches one that still has its parent's handlers."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    previous = signal.pthread_sigmask(signal.SIG_BLOCK, HELD)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, previous)


def leave_interrupts_to_parent() -> None:
    """Ignore interrupts and end when asked to, in a worker; what was held back while it was started is held no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, HELD)
