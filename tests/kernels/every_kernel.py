"""Run every kernel on the same made-up inputs and print one digest of all results, to the last bit.

Run as a script, compiled or with NUMBA_DISABLE_JIT=1: both must print the same line.
"""

import hashlib

import numpy as np

from market.kernels import arithmetic, choose, clear, drip, luck, order, ration, tender

SEED, DECISION, N, N_TICKS, ROUNDS = 7, 11, 9, 30, 25


def integers(name: str, round_: int, limit: int, n: int = N) -> np.ndarray:
    return np.array([luck.below(SEED, luck.stable_key(name), round_, i, 0, limit) for i in range(n)], np.int64)


def numbers(round_: int) -> list[float]:
    name = (-SEED, DECISION, round_, luck.stable_key(f"agent {round_}"), -1)
    draws = [draw(*name) for draw in (luck.uniform, luck.normal, luck.gumbel, luck.exponential)]
    x = 100.0 * draws[0] - 50.0
    return [
        *draws,
        *(function(x) for function in (arithmetic.exp, arithmetic.logistic)),
        *(function(draws[0]) for function in (arithmetic.log, arithmetic.log_odds, luck.normal_quantile)),
    ]


def counts(round_: int) -> list[int]:
    keys = luck.stable_key("keys") + integers("key", round_, 2**40)
    cards, weights = integers("cards", round_, 50), integers("weights", round_, 9)
    bids, asks = integers("bid", round_, N_TICKS), integers("ask", round_, N_TICKS)
    out, other, work = np.zeros(N, np.int64), np.zeros(N, np.int64), np.zeros((ration.WORK_ROWS, N), np.int64)
    found: list[int] = [int(luck.bits(SEED, DECISION, round_, -5, 2)), luck.pair(round_, -round_)]
    for rule in ration.RULES.values():
        ration.allot(rule, 15 * round_, cards, weights, keys, round_ % 4, work, out)
        found += out.tolist()
    ration.pro_rata(10**17 + round_, weights * 10**15, cards * 10**16, keys, work, out)
    found += out.tolist()
    histogram = np.full((2, N_TICKS), -1, np.int64)
    found += clear.clear(
        bids,
        cards,
        asks,
        cards[::-1].copy(),
        N,
        N,
        3,
        SEED,
        DECISION,
        round_,
        keys,
        keys,
        histogram,
        out,
        other,
    )
    found += out.tolist() + other.tolist()
    found += tender.descend(bids * 100, N, 2500, 300, SEED, DECISION, round_, keys)
    order.order_rows(weights, keys, out, N)
    choose.rank(weights.astype(np.float64), N, other)
    found += out.tolist() + other.tolist()
    found.append(choose.choose(weights.astype(np.float64), N, SEED, DECISION, round_, keys, 1.5))
    found += [drip.drip(1000, round_, ROUNDS), *drip.interest(10**13 + round_, 137, round_)]
    return [int(value) for value in found]


def digest() -> str:
    lines = [f"{counts(r)} {[float(x).hex() for x in numbers(r)]}" for r in range(ROUNDS)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


if __name__ == "__main__":
    print(digest())
