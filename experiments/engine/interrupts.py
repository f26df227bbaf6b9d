"""Ctrl-C and requests to terminate: obeyed at once, or, in the middle of runs, after them.

An exception that a signal's handler raises inside compiled code, a callback or a destructor can be swallowed, or come
out as another error, which would be told of as a failed run. So a request is noted as well as raised: while runs are
under way in this process it is only noted (a second one is obeyed at once), and between chunks what was noted is
obeyed.
"""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator

__all__ = ["TERMINATED", "after_this", "interruptible", "obey"]

TERMINATED = 143

_requests: list[int] = []
_holds: list[None] = []


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Take interrupts as `KeyboardInterrupt`, and requests to terminate as `SystemExit` with code 143.

    Only for the main thread, which is the one that gets signals.
    """
    previous = {asked: signal.signal(asked, _note) for asked in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for asked, handler in previous.items():
            signal.signal(asked, handler)
        _requests.clear()


@contextlib.contextmanager
def after_this() -> Iterator[None]:
    """Finish what is inside first when interrupted, and obey afterwards."""
    _holds.append(None)
    try:
        yield
    finally:
        _holds.pop()
    obey()


def obey() -> None:
    """Leave if that was requested.

    Raises
    ------
    KeyboardInterrupt, SystemExit
        According to the latest request.
    """
    if _requests:
        _leave(_requests[-1])


def _note(asked: int, frame: object) -> None:
    _requests.append(asked)
    if not _holds or len(_requests) > 1:
        _leave(asked)


def _leave(asked: int) -> None:
    if asked == signal.SIGINT:
        raise KeyboardInterrupt
    raise SystemExit(TERMINATED)
