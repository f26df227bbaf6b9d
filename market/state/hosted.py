"""What its hosts have promised a startup: the cards of its contracts, of one or of a block of startups."""

from __future__ import annotations

import numpy as np

from market.kernels.compile import compiled, compiled_pass
from market.kernels.rows import list_few
from market.state import startup as s
from market.state.columns import wide
from market.state.world import LISTED, PROMISED, World


@compiled
def contract_cards(world: World, i: int) -> int:
    """Cards promised to startup `i` by its hosts."""
    contracts, slots = world.contract_i32, world.startup_i32
    return wide(contracts[slots[s.FIRST_CONTRACT, i], s.CARDS]) + contracts[slots[s.SECOND_CONTRACT, i], s.CARDS]


@compiled
def promised_cards(world: World, start: int, end: int) -> np.ndarray:
    """Cards promised to the startups ``start <= i < end``, at most a block of them: work space of shape (end - start,).

    Most of a million startups have no contract, so those that have are listed first; marks and list are overwritten.
    """
    n, first, second = end - start, world.startup_i32[s.FIRST_CONTRACT], world.startup_i32[s.SECOND_CONTRACT]
    promised, marks, listed = world.block_f64[PROMISED][:n], world.block_i8[:n], world.block_i64[LISTED]
    promised[:] = 0.0
    mark_hosted(first[start:end], second[start:end], marks)
    for k in range(list_few(marks, listed)):
        promised[listed[k]] = contract_cards(world, start + listed[k])
    return promised


@compiled_pass
def mark_hosted(first: np.ndarray, second: np.ndarray, marks: np.ndarray) -> None:
    """Mark the startups of a block that have a contract in either slot."""
    for k in range(first.shape[0]):
        marks[k] = (first[k] | second[k]) != 0
