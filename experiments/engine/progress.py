"""How far a study is: a bar on a terminal, a line now and then elsewhere, always on standard error.

Both tell the rate and the time left. There is no refresh thread: workers are forked while a bar is up, and a fork
copies locks that threads hold.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator

__all__ = ["duration", "progress", "say"]

SECONDS_PER_LINE = 10.0
MINUTE, HOUR = 60, 3600

Report = Callable[[int, int], None]


def say(text: str) -> None:
    """Print a line on standard error."""
    print(text, file=sys.stderr, flush=True)


@contextlib.contextmanager
def progress(name: str, total: int, kept: int) -> Iterator[Report]:
    """Show how many runs of a study are done.

    Parameters
    ----------
    total, kept : int
        Runs of the study, and those that were kept from before.

    Yields
    ------
    callable
        To be called with the number of further runs, and of those that failed.
    """
    count = _Count(name, total, kept)
    if not sys.stderr.isatty():
        yield count.in_lines
        if count.new:
            say(count.line())
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[told]}")
    with Progress(*columns, console=Console(stderr=True), auto_refresh=False, transient=True) as bar:
        task = bar.add_task(name, total=total, completed=kept, told=count.told())
        bar.refresh()

        def report(done: int, failed: int) -> None:
            count.add(done, failed)
            bar.update(task, completed=count.done, told=count.told(), refresh=True)

        yield report
    if count.new:
        say(count.line())


class _Count:
    """Runs done, and how fast."""

    def __init__(self, name: str, total: int, kept: int) -> None:
        self.name, self.total, self.kept = name, total, kept
        self.new = self.failed = 0
        self.started = self.latest = time.monotonic()

    @property
    def done(self) -> int:
        return self.kept + self.new

    def add(self, done: int, failed: int) -> None:
        self.new += done
        self.failed += failed

    def in_lines(self, done: int, failed: int) -> None:
        self.add(done, failed)
        if time.monotonic() - self.latest >= SECONDS_PER_LINE and self.done < self.total:
            self.latest = time.monotonic()
            say(self.line())

    def line(self) -> str:
        return f"{self.name}: {self.told()}"

    def told(self) -> str:
        """Return runs done, rate, and time left or taken."""
        taken = time.monotonic() - self.started
        parts = [f"{self.done:,} of {self.total:,} runs"]
        if self.kept:
            parts.append(f"{self.kept:,} kept from before")
        if self.failed:
            parts.append(f"{self.failed:,} failed")
        if self.new and taken > 0:
            rate = self.new / taken
            left = (self.total - self.done) / rate
            parts.append(f"{rate:.3g} a second")
            parts.append(f"{duration(left)} left" if left else f"{duration(taken)} in all")
        return ", ".join(parts)


def duration(seconds: float) -> str:
    """Return a time in the unit that suits it."""
    if seconds < MINUTE:
        return f"{seconds:.0f} s"
    if seconds < HOUR:
        return f"{seconds / MINUTE:.0f} min"
    return f"{seconds / HOUR:.1f} h"
