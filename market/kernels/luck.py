"""Named luck: every random draw is a function of who draws, for what, and when.

A draw is computed from (seed, decision, day, key, n) and nothing else: no state is kept, so one agent more or
one rule less leaves everybody else's luck untouched, and draws may be asked for in any order. `decision`
names the decision, `key` the agent (`stable_key` of its id, or a number), `n` counts draws within it. Two agents' joint
luck is keyed by `pair`, which also serves as a `seed` ("this startup's view of the world"). Each input is
mixed in by the finaliser of SplitMix64 (counter-based generators: Salmon2011), so key and day are mixed at
least twice. Normal, Gumbel and exponential draws are quantiles of the one uniform draw. What it leaves out:
cryptography.
"""

from __future__ import annotations

from hashlib import blake2b

import numpy as np

from market.kernels.arithmetic import log
from market.kernels.compile import IS_INTERPRETED, compiled, compiled_inline, compiled_pass

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
FIRST_FACTOR = np.uint64(0xBF58476D1CE4E5B9)
SECOND_FACTOR = np.uint64(0x94D049BB133111EB)
FIRST_SHIFT = np.uint64(30)
SECOND_SHIFT = np.uint64(27)
THIRD_SHIFT = np.uint64(31)
SIGN_SHIFT = np.uint64(1)
FRACTION_SHIFT = np.uint64(11)
ODD = np.uint64(1)
UNIT = 2.0**-53

# AS 241's rational approximations: falling powers of r, in the centre and in both parts of the tail.
CENTRAL_TOP = np.array(
    [
        2509.0809287301227,
        33430.57558358813,
        67265.7709270087,
        45921.95393154987,
        13731.69376550946,
        1971.5909503065513,
        133.14166789178438,
        3.3871328727963665,
    ]
)
CENTRAL_BOTTOM = np.array(
    [
        5226.495278852854,
        28729.085735721943,
        39307.89580009271,
        21213.794301586597,
        5394.196021424751,
        687.1870074920579,
        42.31333070160091,
        1.0,
    ]
)
MIDDLE_TOP = np.array(
    [
        0.0007745450142783414,
        0.022723844989269184,
        0.2417807251774506,
        1.2704582524523684,
        3.6478483247632045,
        5.769497221460691,
        4.630337846156546,
        1.4234371107496835,
    ]
)
MIDDLE_BOTTOM = np.array(
    [
        1.0507500716444169e-09,
        0.0005475938084995345,
        0.015198666563616457,
        0.14810397642748008,
        0.6897673349851,
        1.6763848301838038,
        2.053191626637759,
        1.0,
    ]
)
FAR_TOP = np.array(
    [
        2.0103343992922881e-07,
        2.7115555687434876e-05,
        0.0012426609473880784,
        0.026532189526576124,
        0.29656057182850487,
        1.7848265399172913,
        5.463784911164114,
        6.657904643501103,
    ]
)
FAR_BOTTOM = np.array(
    [
        2.0442631033899397e-15,
        1.421511758316446e-07,
        1.8463183175100548e-05,
        0.0007868691311456133,
        0.014875361290850615,
        0.1369298809227358,
        0.599832206555888,
        1.0,
    ]
)
CENTRAL_REACH = 0.425
CENTRAL_SQUARE = 0.180625
MIDDLE_START = 1.6
MIDDLE_END = 5.0
SURELY_MIDDLE = 1e-10  # the far part of a tail begins where -log(p) is the square of MIDDLE_END


def stable_key(text: str) -> int:
    """Return a 63-bit key of `text` that is the same in every process and version."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little") >> 1


@compiled
def _absorb(state: np.uint64, value: int) -> np.uint64:
    """Mix one integer into the state: a step of SplitMix64 from `state`, `value` golden strides ahead."""
    z = state + (np.uint64(np.int64(value)) + ODD) * GOLDEN
    z = (z ^ (z >> FIRST_SHIFT)) * FIRST_FACTOR
    z = (z ^ (z >> SECOND_SHIFT)) * SECOND_FACTOR
    return z ^ (z >> THIRD_SHIFT)


if IS_INTERPRETED:  # compiled integers wrap silently; NumPy's scalars say so
    _absorb = np.errstate(over="ignore")(_absorb)


@compiled
def bits(seed: int, decision: int, day: int, key: int, n: int) -> np.uint64:
    """Return 64 random bits for one draw.

    Parameters
    ----------
    seed, decision, day, key, n : int64
        The world's seed, the decision's constant, the day's number, the agent's stable key, the draw's count.
    """
    return bits_of(of_day(seed, decision, day), key, n)


@compiled
def of_day(seed: int, decision: int, day: int) -> np.uint64:
    """Return what all draws of a decision on a day have in common, so that a loop over agents mixes it once."""
    return _absorb(_absorb(_absorb(GOLDEN, seed), decision), day)


@compiled
def bits_of(day_luck: np.uint64, key: int, n: int) -> np.uint64:
    """Return the random bits of one agent out of `of_day`: those of `bits`."""
    return _absorb(_absorb(day_luck, key), n)


@compiled
def uniform_of(day_luck: np.uint64, key: int, n: int) -> float:
    """Return the uniform draw of one agent out of `of_day`: that of `uniform`."""
    return fraction(bits_of(day_luck, key, n))


@compiled
def pair(first: int, second: int) -> int:
    """Return a 63-bit key of two keys in order, for luck that belongs to both of them."""
    return int(np.int64(_absorb(_absorb(GOLDEN, first), second) >> SIGN_SHIFT))


@compiled
def uniform(seed: int, decision: int, day: int, key: int, n: int) -> float:
    """Draw from the odd multiples of 2**-53 between 0 and 1: never 0, never 1, symmetric about 1/2."""
    return fraction(bits(seed, decision, day, key, n))


@compiled
def fraction(random_bits: np.uint64) -> float:
    """Turn 64 random bits into an odd multiple of 2**-53."""
    return np.int64((random_bits >> FRACTION_SHIFT) | ODD) * UNIT


@compiled
def below(seed: int, decision: int, day: int, key: int, n: int, limit: int) -> int:
    """Draw an integer from 0 to `limit` - 1; `limit` is positive, the bias below limit / 2**64."""
    return int(np.int64(bits(seed, decision, day, key, n) % np.uint64(np.int64(limit))))


@compiled
def exponential(seed: int, decision: int, day: int, key: int, n: int) -> float:
    """Draw from the exponential distribution of mean one."""
    return -log(uniform(seed, decision, day, key, n))


@compiled
def gumbel(seed: int, decision: int, day: int, key: int, n: int) -> float:
    """Draw from the standard Gumbel distribution (mean 0.5772, the luck of a logit choice)."""
    return -log(exponential(seed, decision, day, key, n))


@compiled
def normal(seed: int, decision: int, day: int, key: int, n: int) -> float:
    """Draw from the standard normal distribution."""
    return normal_quantile(uniform(seed, decision, day, key, n))


@compiled
def normal_quantile(p: float) -> float:
    """Return the standard normal quantile of `p` in (0, 1), to about 1e-15 (Wichura's algorithm AS 241)."""
    return _central_quantile(p) if _is_central(p) else _tail_quantile(p)


@compiled
def normal_quantiles(p: np.ndarray, quantiles: np.ndarray, rows: np.ndarray, tails: np.ndarray) -> None:
    """Write `normal_quantile` of each of `p` into `quantiles`; `rows` (int64) and `tails` (float64) are work space."""
    _central_quantiles(p, quantiles)
    n = 0
    for k in range(p.shape[0]):
        rows[n] = k
        n += 0 if _is_central(p[k]) else 1
    for j in range(n):
        tails[j] = p[rows[j]]
    _middle_quantiles(tails[:n])
    for j in range(n):
        k = rows[j]
        quantiles[k] = tails[j] if SURELY_MIDDLE < p[k] < 1.0 - SURELY_MIDDLE else _tail_quantile(p[k])


@compiled_inline
def _is_central(p: float) -> bool:
    return (p - 0.5 >= -CENTRAL_REACH) & (p - 0.5 <= CENTRAL_REACH)


@compiled_pass
def _central_quantiles(p: np.ndarray, quantiles: np.ndarray) -> None:
    for k in range(p.shape[0]):
        quantiles[k] = _central_quantile(p[k])


@compiled_inline
def _central_quantile(p: float) -> float:
    q = p - 0.5
    return q * _ratio(CENTRAL_TOP, CENTRAL_BOTTOM, CENTRAL_SQUARE - q * q)


@compiled_pass
def _middle_quantiles(p: np.ndarray) -> None:
    for k in range(p.shape[0]):
        p[k] = _middle_quantile(p[k])


@compiled_inline
def _middle_quantile(p: float) -> float:
    quantile = _ratio(MIDDLE_TOP, MIDDLE_BOTTOM, np.sqrt(-log(min(p, 1.0 - p))) - MIDDLE_START)
    return -quantile if p < 0.5 else quantile


@compiled
def _tail_quantile(p: float) -> float:
    r = np.sqrt(-log(min(p, 1.0 - p)))
    if r <= MIDDLE_END:
        return _middle_quantile(p)
    quantile = _ratio(FAR_TOP, FAR_BOTTOM, r - MIDDLE_END)
    return -quantile if p < 0.5 else quantile


@compiled_pass
def _ratio(top: np.ndarray, bottom: np.ndarray, r: float) -> float:
    """Return the quotient of two polynomials in `r`."""
    numerator, denominator = 0.0, 0.0
    for k in range(top.shape[0]):
        numerator = numerator * r + top[k]
        denominator = denominator * r + bottom[k]
    return numerator / denominator
