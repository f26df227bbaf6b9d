"""A market whose startups fill many blocks, and the same market in one: rules interpreted, as blocks are narrowed.

Run as a script with NUMBA_DISABLE_JIT=1: it prints both digests of all outputs.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING
from unittest.mock import patch

from market import load_scenario, run
from market.kernels.compile import IS_INTERPRETED
from market.observers.digest import digest

if TYPE_CHECKING:
    from collections.abc import Iterator

WIDTH = 7  # of 20 startups: three blocks, the last of them not full
DAYS = 500  # into the boom


@contextmanager
def narrowed(width: int) -> Iterator[None]:
    """Let every rule take so many startups at a time; compiled ones keep the width that they were compiled with."""
    assert IS_INTERPRETED
    users = [m for name, m in sys.modules.items() if name.startswith("market.") and "BLOCK" in vars(m)]
    assert users
    patches = [patch.object(module, "BLOCK", width) for module in users]
    for each in patches:
        each.start()
    try:
        yield
    finally:
        for each in patches:
            each.stop()


def digests() -> list[str]:
    """Of the market in one block, then in blocks of `WIDTH`."""
    found = [digest(run(load_scenario("tiny"), seed=3, days=DAYS))]
    with narrowed(WIDTH):
        found.append(digest(run(load_scenario("tiny"), seed=3, days=DAYS)))
    return found


if __name__ == "__main__":
    print(*digests(), sep="\n")
