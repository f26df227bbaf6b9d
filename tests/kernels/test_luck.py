"""Luck is even, independent by name, and the same whoever asks in whatever order."""

import statistics
from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from market.kernels import luck

N_DRAWS = 20_000
N_BINS = 100
RARE = 1e-4  # the tests are deterministic: a p-value below this on a frozen sample is a fault, not bad luck

Draw = Callable[[int, int, int, int, int], float]


def sample(draw: Draw, shift: tuple[int, ...] = (0, 0, 0, 0, 0), n_draws: int = N_DRAWS) -> np.ndarray:
    """Draw for agents 0, 1, 2, ..., with every part of the name moved by `shift`."""
    seed, decision, day, key, n = shift
    return np.array([draw(1 + seed, 2 + decision, 3 + day, k + key, n) for k in range(n_draws)])


def evenness(draws: np.ndarray) -> float:
    """Return the p-value of a chi-squared test of uniformity."""
    return stats.chisquare(np.histogram(draws, N_BINS, (0.0, 1.0))[0]).pvalue


def correlation_z(first: np.ndarray, second: np.ndarray) -> float:
    """Return the correlation in standard errors."""
    return float(np.corrcoef(first, second)[0, 1] * np.sqrt(len(first)))


def unmixed(seed: int, decision: int, day: int, key: int, n: int) -> float:
    """A planted fault: names that are added up."""
    return (0.6180339887498949 * (seed + decision + day + key + n)) % 1.0


def test_the_stream_is_frozen() -> None:
    assert int(luck.bits(1, 2, 3, 4, 5)) == 4559757438219354162
    assert int(luck.bits(-1, 2, 3, 2**63 - 1, 0)) == 12209643496918772823
    assert luck.pair(3, 4) == 6166525041727175540
    assert luck.stable_key("MiniMax") == 3943793648340911005


@pytest.mark.parametrize("position", range(5))
def test_every_bit_of_every_input_flips_half_of_the_output(position: int) -> None:
    flips = np.zeros((64, 64))
    n_names = 60
    for name in range(n_names):
        base = [name, 3 * name, 5, 7 + name, 0]
        before = int(luck.bits(*base))
        for bit in range(64):
            moved = list(base)
            moved[position] = int(np.array(base[position] ^ (1 << bit), np.uint64).astype(np.int64))
            change = before ^ int(luck.bits(*moved))
            flips[bit] += [(change >> k) & 1 for k in range(64)]
    share = flips / n_names
    assert abs(share.mean() - 0.5) < 0.005
    assert np.abs(share.mean(axis=0) - 0.5).max() < 0.04
    assert np.abs(share.mean(axis=1) - 0.5).max() < 0.04
    assert np.abs(share - 0.5).max() < 0.35  # five standard errors


def test_the_parts_of_a_name_are_not_exchangeable() -> None:
    assert (
        len({int(luck.bits(*name)) for name in ((1, 2, 3, 4, 5), (2, 1, 3, 4, 5), (1, 2, 4, 3, 5), (1, 2, 3, 5, 4))})
        == 4
    )
    assert luck.pair(1, 2) != luck.pair(2, 1)


def test_uniform_draws_are_even_over_agents_days_and_counts() -> None:
    assert evenness(sample(luck.uniform)) > RARE
    assert evenness(np.array([luck.uniform(1, 2, day, 3, 0) for day in range(N_DRAWS)])) > RARE
    assert evenness(np.array([luck.uniform(1, 2, 3, 4, n) for n in range(N_DRAWS)])) > RARE


@pytest.mark.parametrize("position", range(5))
def test_neighbours_have_independent_luck(position: int) -> None:
    shift = tuple(int(k == position) for k in range(5))
    here, there = sample(luck.uniform), sample(luck.uniform, shift)
    assert abs(correlation_z(here, there)) < 4
    assert abs(correlation_z(np.abs(here - 0.5), np.abs(there - 0.5))) < 4
    pairs = np.histogram2d(here, there, 10, [(0.0, 1.0)] * 2)[0]
    assert stats.chisquare(pairs.ravel()).pvalue > RARE


def test_a_planted_unmixed_generator_fails_both_tests() -> None:
    draws = sample(unmixed)
    assert abs(correlation_z(draws, sample(unmixed, (0, 0, 1, 0, 0)))) > 4
    assert 1 - evenness(draws) < RARE  # far too even


def test_asking_in_another_order_or_for_one_more_agent_changes_nothing() -> None:
    agents = [luck.stable_key(name) for name in ("MiniMax", "Zhipu AI", "Moonshot AI")]
    forth = {key: luck.uniform(1, 2, 3, key, 0) for key in agents}
    back = {key: luck.uniform(1, 2, 3, key, 0) for key in reversed([*agents, luck.stable_key("idle")])}
    assert all(back[key] == draw for key, draw in forth.items())


def test_a_uniform_draw_is_never_zero_or_one() -> None:
    assert luck.fraction(np.uint64(0)) == 2.0**-53
    assert luck.fraction(np.uint64(2**64 - 1)) == 1.0 - 2.0**-53


def test_below_reaches_every_number_evenly_and_no_other() -> None:
    draws = [luck.below(1, 2, 3, key, 0, 7) for key in range(N_DRAWS)]
    assert set(draws) == set(range(7))
    assert stats.chisquare(np.bincount(draws)).pvalue > RARE
    assert luck.below(1, 2, 3, 4, 0, 1) == 0


@pytest.mark.parametrize(
    ("draw", "distribution"),
    [(luck.normal, stats.norm), (luck.gumbel, stats.gumbel_r), (luck.exponential, stats.expon)],
)
def test_draws_follow_their_distribution(draw: Draw, distribution: stats.rv_continuous) -> None:
    assert stats.kstest(sample(draw), distribution.cdf).pvalue > RARE


@pytest.mark.parametrize("p", [2.0**-53, 1e-12, 1e-6, 0.01, 0.07, 0.3, 0.5, 0.8, 0.93, 0.999, 1 - 2.0**-53])
def test_the_normal_quantile_agrees_with_the_standard_library(p: float) -> None:
    assert luck.normal_quantile(p) == pytest.approx(statistics.NormalDist().inv_cdf(p), rel=1e-14, abs=1e-16)


def test_quantiles_made_together_are_those_made_one_by_one() -> None:
    drawn, odd = [luck.uniform(7, 8, 9, key, 0) for key in range(3000)], [2.0**-53, 1e-10, 1e-12, 1e-30, 0.075]
    p = np.array(drawn + odd + [1.0 - x for x in odd if x > 1e-16] + [0.4])
    quantiles, given = np.full(len(p), np.nan), p.copy()
    luck.normal_quantiles(p, quantiles, np.full(len(p), -1), np.full(len(p), np.nan))
    assert [float(z) for z in quantiles] == [luck.normal_quantile(x) for x in p]
    assert (p == given).all()


def test_keys_fit_a_signed_column_and_differ() -> None:
    keys = {luck.stable_key(f"startup {k}") for k in range(10_000)}
    assert len(keys) == 10_000
    assert all(0 <= key < 2**63 for key in keys)
