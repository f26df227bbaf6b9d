"""Every cell of the World that a call changes, to be compared with every cell that it should.

`changes` looks at all arrays before and after. Whole numbers are given by how much they change, real ones by what they
become. The expected cells are put together from `paid`, `moved`, `logged` and plain ones, with the double entry and the
audit reckoned here once more; so a test knows also what a settlement must leave alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from market import GpuMarket
from market.state import accounts, ledger, scene
from market.state import startup as s
from market.state.products import A800, N_STAGES, STARTUPS
from market.state.saved import WORK_SPACE

Cells = dict[tuple[str, ...], Any]
LOGS = {"event_i64", "ended_i32", "delivery_i64"}
WRAP = 2**64


def changes(model: GpuMarket, call: Callable[..., Any], *arguments: Any) -> Cells:
    """Call a compiled function with the World and arguments; the cells that are others afterwards, work space apart."""
    looked_at = [name for name in model.world._fields if name not in set(WORK_SPACE) - LOGS]
    before = {name: getattr(model.world, name).copy() for name in looked_at}
    call(model.handle, *arguments)
    found: Cells = {}
    for name in looked_at:
        old, new = before[name], getattr(model.world, name)
        is_real = np.issubdtype(new.dtype, np.floating)
        changed = ~np.isclose(old, new, rtol=0.0, atol=0.0, equal_nan=True) if is_real else old != new
        for index in zip(*np.nonzero(changed), strict=True):
            value = float(new[index]) if is_real else int(new[index]) - int(old[index])
            found[name, *map(int, index)] = value
    return found


def assert_changes(found: Cells, *expected: Cells) -> None:
    """Compare found cells with the sum of the expected ones."""
    total: Cells = {}
    for cells in expected:
        for cell, value in cells.items():
            total[cell] = total.get(cell, 0) + value
    told = {cell: value for cell, value in total.items() if value != 0 or isinstance(value, float)}
    assert _wrapped(found) == {cell: pytest.approx(value, rel=1e-12) for cell, value in _wrapped(told).items()}


def _wrapped(cells: Cells) -> Cells:
    """Audits modulo 2**64, as they are kept."""
    audit = ("account_i64", accounts.AUDIT)
    return {cell: (x + WRAP // 2) % WRAP - WRAP // 2 if cell[:2] == audit else x for cell, x in cells.items()}


def paid(model: GpuMarket, payer: int, payee: int, fen: int, kind: int) -> Cells:
    """Cells of a payment."""
    cells: Cells = {}
    for account, amount in ((payer, -fen), (payee, fen)):
        sector = int(ledger.sector_of(model.world.clock, account))
        for cell in (
            ("account_i64", accounts.CASH_FEN, account),
            ("account_i64", accounts.AUDIT, account),
            ("cash_flow", kind, sector),
        ):
            cells[cell] = cells.get(cell, 0) + amount
    return cells


def moved(model: GpuMarket, giver: tuple[int, int], taker: tuple[int, int], cards: int, kind: int) -> Cells:
    """Cells of a move of A-class cards from an account and stage to another."""
    first, cells = int(model.world.clock[scene.FIRST_STARTUP]), {}
    for (account, stage), units in ((giver, -cards), (taker, cards)):
        row, sector = A800 * N_STAGES + stage, int(ledger.sector_of(model.world.clock, account))
        held = ("card_i64", row, account)
        if sector == STARTUPS:
            held = ("startup_i32", s.TRANSIT_CARDS + stage, account - first)
        for cell, change in (
            (held, units),
            (("account_i64", accounts.AUDIT, account), int(ledger.WEIGHTS[row]) * units),
            (("card_flow", kind, row, sector), units),
        ):
            cells[cell] = cells.get(cell, 0) + change
    return cells


def logged(model: GpuMarket, n_before: int, kind: int, **fields: int) -> Cells:
    """Cells of an event in row `n_before` of a log that has nothing there yet."""
    cells: Cells = {("event_i64", scene.EVENT_KIND, n_before): kind, ("clock", scene.N_EVENTS): 1}
    for name, value in fields.items():
        cells["event_i64", getattr(scene, f"EVENT_{name.upper()}"), n_before] = value
    return cells


def emptied_logs(model: GpuMarket) -> None:
    """Begin with logs in which nothing was ever written."""
    for name in LOGS:
        getattr(model.world, name)[...] = 0
    for cursor in (scene.N_EVENTS, scene.N_ENDED, scene.N_DELIVERIES):
        model.world.clock[cursor] = 0
