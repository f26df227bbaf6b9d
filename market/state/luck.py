"""The names of all luck: every random draw of the model is one of these decisions.

A draw is keyed by (seed, decision, day, stable key of the agent), so worlds that differ in one rule share all other
luck, and neither the order nor the number of agents changes anybody else's draws.
"""

from __future__ import annotations

import numpy as np

from market.kernels.compile import compiled, compiled_pass
from market.kernels.luck import uniform_of
from market.state import scene
from market.state import startup as s
from market.state.accounts import KEY
from market.state.columns import Names
from market.state.world import World

DECISIONS = Names()
TRAIT = DECISIONS.add("trait", "traits of agents on the first day")
PLANNING_DAY = DECISIONS.add("planning_day", "the weekday on which an agent plans")
CALLS = DECISIONS.add("calls", "how a startup's model calls grow this week")
FUNDING_ROUND = DECISIONS.add("funding_round", "whether a startup closes a round today")
ROUND_SIZE = DECISIONS.add("round_size", "size of a round")
INVITATION = DECISIONS.add("invitation", "which clouds a startup invites to its tender")
FLOOR = DECISIONS.add("floor", "a bidder's error about what a customer is worth")
AUTHORITY = DECISIONS.add("authority", "whether a bidder agreed its floor in-house beforehand")
TENDER_TIE = DECISIONS.add("tender_tie", "ties between last bidders")
TENDER_TURN = DECISIONS.add("tender_turn", "order in which tenders of one day are held")
LEASE_CHOICE = DECISIONS.add("lease_choice", "taste for a host when signing")
LEASE_TURN = DECISIONS.add("lease_turn", "order in which customers of one day sign")
SWITCH_CHOICE = DECISIONS.add("switch_choice", "taste for a host when moving")
SWITCH_TURN = DECISIONS.add("switch_turn", "order in which customers of one day move")
APPROACH = DECISIONS.add("approach", "whether a rival approaches a short customer today")
AUCTION = DECISIONS.add("auction", "who is served first at the margin of an auction")
SEARCH = DECISIONS.add("search", "whether a startup without a host looks for one today")
QUOTE = DECISIONS.add("quote", "a trader's error about the value of a card this week")


@compiled
def key_of(world: World, account: int) -> int:
    """Stable key of an account's owner: from its id, or of a startup without a name its number among those."""
    n_kept = world.key_i64.shape[1]
    return world.key_i64[KEY, account] if account < n_kept else account - n_kept


@compiled
def draw_for_startups(world: World, day_luck: np.uint64, first: int, draws: np.ndarray) -> int:
    """Fill `draws` with the first uniform draws of the day of startups from row `first` on; return how many there are.

    Draws of a block are made together, since the keys of startups without a name follow one another: a processor makes
    several at a time.
    """
    account, n_kept = world.clock[scene.FIRST_STARTUP] + first, world.key_i64.shape[1]
    n = min(draws.shape[0], world.startup_i8.shape[1] - first)
    n_named = min(max(n_kept - account, 0), n)
    for k in range(n_named):
        draws[k] = uniform_of(day_luck, world.key_i64[KEY, account + k], 0)
    for k in range(n_named, n):
        draws[k] = uniform_of(day_luck, account + k - n_kept, 0)
    return n


@compiled_pass
def mark_lucky(status: np.ndarray, draws: np.ndarray, chance: float, marks: np.ndarray) -> None:
    """Mark the living startups of a block whose draw of the day is below `chance`."""
    for k in range(status.shape[0]):
        marks[k] = (status[k] == s.ALIVE) & (draws[k] < chance)
