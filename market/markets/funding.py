"""Funding: investors pay rounds to startups that close one today."""

from __future__ import annotations

from market.kernels.compile import compiled
from market.state import accounts, scene
from market.state import startup as s
from market.state.ledger import pay
from market.state.log import log_event
from market.state.products import INVESTORS
from market.state.world import World


@compiled
def settle_rounds(world: World, t: int) -> None:
    """Pay today's rounds."""
    rounds, status = world.startup_i64[s.DESIRED_ROUND_FEN], world.startup_i8[s.STATUS]
    for i in range(status.shape[0]):
        if status[i] == s.ALIVE and rounds[i] > 0:
            account = world.clock[scene.FIRST_STARTUP] + i
            pay(world, INVESTORS, account, rounds[i], accounts.FUNDING)
            log_event(world, t, scene.FUNDING_ROUND, account, INVESTORS, 0, rounds[i], 0, 0, 0)
            rounds[i] = 0
