"""How the command talks: tables on standard output, progress on standard error.

On a terminal a table is fitted to its width and progress is a bar; elsewhere a table has its natural width,
so that nothing is cut off, and progress is a line now and then.
"""

from __future__ import annotations

import contextlib
import math
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import click

__all__ = ["in_words", "print_patterns", "print_table", "progress"]

ENOUGH_SEEDS = 0.8
"""Share of seeds in its band from which on a pattern counts as reproduced."""
WIDEST = 10_000
CELL = 44
PLAIN_REPORTS = 10
THOUSAND = 1000


@contextlib.contextmanager
def progress(total: int) -> Iterator[Callable[[int, int], None]]:
    """Report seeds done on standard error: a bar on a terminal, else a line now and then."""
    if not sys.stderr.isatty():
        yield _plain_report()
        return
    from rich.console import Console
    from rich.progress import Progress

    # No refresh thread: workers are forked while the bar is up, and a fork copies locks that threads hold.
    with Progress(console=Console(stderr=True), auto_refresh=False, transient=True) as bar:
        task = bar.add_task("seeds", total=total)
        bar.refresh()

        def report(done: int, total: int) -> None:
            bar.update(task, completed=done, refresh=True)

        yield report


def _plain_report() -> Callable[[int, int], None]:
    """Return a report that writes a line at every tenth of the way, and at its end."""
    passed = 0

    def report(done: int, total: int) -> None:
        nonlocal passed
        tenths = done * PLAIN_REPORTS // total
        if tenths > passed or done == total:
            click.echo(f"market: {done} of {total} seeds", err=True)
        passed = tenths

    return report


def print_patterns(title: str, rows: Sequence[dict[str, Any]]) -> None:
    """Print the pattern table and how many patterns are reproduced."""
    cells = [
        (
            row["id"],
            *(_number(row[key]) for key in ("low", "high", "median", "p05", "p95")),
            f"{row['share_in_band']:.0%}",
            str(row["n"]),
            row["unit"],
        )
        for row in rows
    ]
    click.echo(title)
    print_table(("id", "low", "high", "median", "p05", "p95", "in band", "n", "unit"), cells, n_text=(0, 8))
    held = [row["id"] for row in rows if row["share_in_band"] >= ENOUGH_SEEDS]
    missed = [row["id"] for row in rows if row["share_in_band"] < ENOUGH_SEEDS]
    click.echo(
        f"{len(held)} of {len(rows)} patterns in their band in at least {ENOUGH_SEEDS:.0%} of the seeds"
        + (f"; not {', '.join(missed)}" if missed else "")
    )


def _number(value: float) -> str:
    if math.isnan(value):
        return "-"
    return f"{value:,.0f}" if abs(value) >= THOUSAND else f"{value:.3g}"


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]], n_text: Sequence[int] | None = None) -> None:
    """Print a table: fitted to a terminal, at its natural width elsewhere.

    Parameters
    ----------
    n_text : sequence of int, optional
        Columns of text, set left; all of them by default.
    """
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table: Table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for position, column in enumerate(columns):
        is_text = n_text is None or position in n_text
        table.add_column(column, justify="left" if is_text else "right", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console = Console() if sys.stdout.isatty() else Console(width=WIDEST)
    with console.capture() as captured:
        console.print(table)
    click.echo("\n".join(line.rstrip() for line in captured.get().splitlines()))


def in_words(value: Any) -> str:
    """Return a function's name, a list as lines of a readable width, or a dash for nothing."""
    if value is None or value == ():
        return "-"
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple | set | frozenset):
        words = [in_words(item) for item in value]
        ordered = sorted(words) if isinstance(value, set | frozenset) else words
        return textwrap.fill(", ".join(ordered), CELL, break_long_words=False, break_on_hyphens=False)
    return str(getattr(value, "__name__", value))
