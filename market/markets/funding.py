"""Funding: investors pay rounds to startups that close one today."""

from __future__ import annotations

import numpy as np

from market.kernels.compile import compiled, compiled_pass
from market.kernels.rows import list_few
from market.state import accounts, scene
from market.state import startup as s
from market.state.ledger import pay
from market.state.log import log_event
from market.state.products import INVESTORS
from market.state.world import BLOCK, LISTED, World


@compiled
def settle_rounds(world: World, t: int) -> None:
    """Pay today's rounds."""
    rounds, status = world.startup_i64[s.DESIRED_ROUND_FEN], world.startup_i8[s.STATUS]
    marks, listed = world.block_i8, world.block_i64[LISTED]
    for start in range(0, status.shape[0], BLOCK):
        block = status[start : start + BLOCK]
        _mark_rounds(block, rounds[start : start + BLOCK], marks)
        for k in range(list_few(marks[: block.shape[0]], listed)):
            i = start + listed[k]
            account = world.clock[scene.FIRST_STARTUP] + i
            pay(world, INVESTORS, account, rounds[i], accounts.FUNDING)
            log_event(world, t, scene.FUNDING_ROUND, account, INVESTORS, 0, rounds[i], 0, 0, 0)
            rounds[i] = 0


@compiled_pass
def _mark_rounds(status: np.ndarray, rounds: np.ndarray, marks: np.ndarray) -> None:
    for k in range(status.shape[0]):
        marks[k] = (status[k] == s.ALIVE) & (rounds[k] > 0)
