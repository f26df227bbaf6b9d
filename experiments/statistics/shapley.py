"""Exact Shapley values and interactions of a game over all subsets of a few players.

A value is known for every subset; a player's Shapley value is its marginal contribution averaged over all orders of
joining (Shapley 1953), so the values sum to what all bring together; the interaction index of a pair (Grabisch and
Roubens 1999) is what the two bring together beyond what each brings alone, averaged likewise: above zero when they
reinforce each other, below when one can stand in for the other. Both are linear in the subsets' values, hence two
matrices. Subset s holds player i when bit i of s is set. Nothing is sampled; 2^k values are needed.
"""

from __future__ import annotations

from itertools import combinations
from math import factorial

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["interaction_weights", "interactions", "players_of", "shapley_values", "shapley_weights"]

MOST_PLAYERS = 16

Floats = NDArray[np.float64]


def players_of(n_subsets: int) -> int:
    """Return the number of players that has so many subsets.

    Raises
    ------
    ValueError
        When the number is no power of two from 2 to 65,536.
    """
    n_players = n_subsets.bit_length() - 1
    if not 1 <= n_players <= MOST_PLAYERS or n_subsets != 1 << n_players:
        raise ValueError(f"subsets = {n_subsets}: expected a power of two from 2 to {1 << MOST_PLAYERS}")
    return n_players


def shapley_weights(n_players: int) -> Floats:
    """Return the matrix that takes the subsets' values to Shapley values, shape (players, subsets)."""
    subsets, sizes = _subsets(n_players)
    weights = np.empty((n_players, subsets.size))
    orders = float(factorial(n_players))
    joining = np.array([factorial(s) * factorial(n_players - s - 1) / orders for s in range(n_players)])
    for player in range(n_players):
        is_in = (subsets >> player) & 1 == 1
        weights[player, is_in] = joining[sizes[is_in] - 1]
        weights[player, ~is_in] = -joining[sizes[~is_in]]
    return weights


def interaction_weights(n_players: int) -> Floats:
    """Return the matrix that takes the subsets' values to the pairs' interactions, shape (pairs, subsets).

    Pairs are in the order of `itertools.combinations`.
    """
    subsets, sizes = _subsets(n_players)
    pairs = list(combinations(range(n_players), 2))
    orders = float(factorial(n_players - 1))
    others = np.array([factorial(s) * factorial(n_players - s - 2) / orders for s in range(n_players - 1)])
    weights = np.empty((len(pairs), subsets.size))
    for row, (one, other) in enumerate(pairs):
        of_pair = ((subsets >> one) & 1) + ((subsets >> other) & 1)
        weights[row] = np.where(of_pair == 1, -1.0, 1.0) * others[sizes - of_pair]
    return weights


def shapley_values(values: ArrayLike) -> Floats:
    """Return every player's Shapley value.

    Parameters
    ----------
    values : array_like, shape (subsets, ...)
        The value of every subset, such as one for each seed and outcome.

    Returns
    -------
    numpy.ndarray, shape (players, ...)
        Their sum over players is the last subset's value less the first's.
    """
    table = np.asarray(values, dtype=float)
    return np.tensordot(shapley_weights(players_of(table.shape[0])), table, axes=1)


def interactions(values: ArrayLike) -> Floats:
    """Return every pair's interaction index, shape (pairs, ...); see `shapley_values`."""
    table = np.asarray(values, dtype=float)
    return np.tensordot(interaction_weights(players_of(table.shape[0])), table, axes=1)


def _subsets(n_players: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the subsets as numbers, and how many players each holds."""
    subsets = np.arange(1 << n_players)
    sizes = ((subsets[:, None] >> np.arange(n_players)) & 1).sum(axis=1)
    return subsets, sizes
