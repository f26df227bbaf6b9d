"""The auction trades as much as one price can, at nobody's loss, whoever submits first."""

from dataclasses import dataclass
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market.kernels.clear import clear
from market.kernels.luck import bits

N_TICKS, LAST_TICK, SEED, DECISION, DAY = 12, 5, 1, 2, 3
BID, ASK = 1, -1

orders = st.lists(st.tuples(st.integers(0, N_TICKS - 1), st.integers(0, 9)), max_size=10)  # (tick, cards)
Orders = list[tuple[int, int]]


@dataclass
class Auction:
    price: int
    volume: int
    bought: list[int]
    sold: list[int]


def column(values: list[int]) -> np.ndarray:
    return np.array(values, np.int64)


def hold(bids: Orders, asks: Orders, day: int = DAY, keys: tuple[list[int], list[int]] | None = None) -> Auction:
    """Hold an auction with spare rows in every array and leftovers of another day in the histogram."""
    bid_key, ask_key = keys or (list(range(len(bids))), list(range(100, 100 + len(asks))))
    bid_rows, ask_rows = [*bids, (N_TICKS - 1, 99)], [*asks, (0, 99)]
    bought, sold = np.full(len(bid_rows), 7, np.int64), np.full(len(ask_rows), 7, np.int64)
    price, volume = clear(
        column([tick for tick, _ in bid_rows]),
        column([cards for _, cards in bid_rows]),
        column([tick for tick, _ in ask_rows]),
        column([cards for _, cards in ask_rows]),
        len(bids),
        len(asks),
        LAST_TICK,
        SEED,
        DECISION,
        day,
        column([*bid_key, 0]),
        column([*ask_key, 0]),
        np.full((2, N_TICKS), 31, np.int64),
        bought,
        sold,
    )
    assert bought[-1] == sold[-1] == 7, "a row beyond the orders was written"
    return Auction(price, volume, bought[:-1].tolist(), sold[:-1].tolist())


def volume_at(price: int, bids: Orders, asks: Orders) -> int:
    wanted = sum(cards for tick, cards in bids if tick >= price)
    return min(wanted, sum(cards for tick, cards in asks if tick <= price))


def check_price(auction: Auction, bids: Orders, asks: Orders) -> None:
    """Raise unless no uniform price trades more, and the price is the middle one of the best."""
    volumes = [volume_at(price, bids, asks) for price in range(N_TICKS)]
    assert auction.volume == max(volumes), "another price trades more"
    best = [price for price, volume in enumerate(volumes) if volume == max(volumes)]
    middle = (best[0] + best[-1]) // 2 if auction.volume else LAST_TICK
    assert auction.price == middle, "not the middle of the best prices"


def check_fills(auction: Auction, bids: Orders, asks: Orders) -> None:
    """Raise unless fills add up, nobody loses, better prices go first and one order at most is cut."""
    for side, submitted, filled in ((BID, bids, auction.bought), (ASK, asks, auction.sold)):
        assert sum(filled) == auction.volume, "fills do not add up"
        rows = [(side * tick, cards, fill) for (tick, cards), fill in zip(submitted, filled, strict=True)]
        assert all(0 <= fill <= cards for _, cards, fill in rows), "more than was ordered"
        assert all(rank >= side * auction.price for rank, _, fill in rows if fill), "a losing trade"
        worst = min((rank for rank, _, fill in rows if fill), default=N_TICKS)
        assert all(fill == cards for rank, cards, fill in rows if rank > worst), "a better price was passed over"
        assert sum(0 < fill < cards for _, cards, fill in rows) <= 1, "two orders are cut"


def test_one_buyer_and_one_seller_meet_in_the_middle() -> None:
    assert hold([(10, 5)], [(3, 4)]) == Auction(6, 4, [4], [4])


def test_the_longer_side_is_rationed_from_its_worst_price() -> None:
    auction = hold([(9, 5), (8, 5), (7, 5)], [(2, 4), (6, 4)])  # 6, 7 and 8 trade most
    assert auction == Auction(7, 8, [5, 3, 0], [4, 4])


def test_a_day_without_trade_keeps_the_last_price() -> None:
    assert hold([(3, 5)], [(4, 5)]) == Auction(LAST_TICK, 0, [0], [0])
    assert hold([], [(4, 5)]) == Auction(LAST_TICK, 0, [], [0])
    assert hold([(9, 0)], [(4, 5)]) == Auction(LAST_TICK, 0, [0], [0])
    assert hold([(900, 0)], [(-900, 0)]) == Auction(LAST_TICK, 0, [0], [0])
    assert hold([], []) == Auction(LAST_TICK, 0, [], [])


def test_an_order_of_no_cards_may_stand_at_any_tick() -> None:
    assert hold([(10, 5), (900, 0)], [(3, 4), (-900, 0)]) == Auction(6, 4, [4, 0], [4, 0])


@settings(deadline=None, max_examples=300)
@given(orders, orders)
def test_no_uniform_price_trades_more_and_nobody_trades_at_a_loss(bids: Orders, asks: Orders) -> None:
    auction = hold(bids, asks)
    check_price(auction, bids, asks)
    check_fills(auction, bids, asks)


@pytest.mark.parametrize(
    ("planted", "complaint"),
    [
        (Auction(7, 7, [5, 2, 0], [4, 3]), "trades more"),
        (Auction(8, 8, [5, 3, 0], [4, 4]), "middle"),
        (Auction(7, 8, [5, 2, 0], [4, 4]), "add up"),
        (Auction(7, 8, [5, 2, 1], [4, 4]), "losing"),
        (Auction(7, 8, [3, 5, 0], [4, 4]), "passed over"),
    ],
)
def test_the_checks_see_a_planted_fault(planted: Auction, complaint: str) -> None:
    bids, asks = [(9, 5), (8, 5), (5, 5)], [(2, 4), (6, 4)]
    with pytest.raises(AssertionError, match=complaint):
        check_price(planted, bids, asks)
        check_fills(planted, bids, asks)


@settings(deadline=None)
@given(orders, orders, st.randoms(use_true_random=False))
def test_the_order_of_submission_does_not_matter(bids: Orders, asks: Orders, shuffler: Random) -> None:
    first = hold(bids, asks)
    bid_order = shuffler.sample(range(len(bids)), len(bids))
    ask_order = shuffler.sample(range(len(asks)), len(asks))
    keys = (bid_order, [100 + i for i in ask_order])
    second = hold([bids[i] for i in bid_order], [asks[i] for i in ask_order], keys=keys)
    assert (second.price, second.volume) == (first.price, first.volume)
    assert second.bought == [first.bought[i] for i in bid_order]
    assert second.sold == [first.sold[i] for i in ask_order]


@settings(deadline=None)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=12), st.integers(0, 60), st.sampled_from([BID, ASK]))
def test_the_last_tick_is_served_in_the_order_of_the_draw(cards: list[int], offered: int, side: int) -> None:
    long, short = [(6, c) for c in cards], [(6, offered)]
    bids, asks = (long, short) if side == BID else (short, long)
    auction = hold(bids, asks, keys=(list(range(len(bids))), list(range(len(asks)))))
    left = min(offered, sum(cards))
    expected = [0] * len(cards)
    for i in sorted(range(len(cards)), key=lambda i: int(bits(SEED, DECISION, DAY, i, side))):
        expected[i] = min(left, cards[i])
        left -= expected[i]
    assert (auction.bought if side == BID else auction.sold) == expected


def test_over_many_days_equal_orders_are_served_equally_often() -> None:
    n_days = 3_000
    served = np.sum([hold([(6, 1)] * 6, [(6, 3)], day).bought for day in range(n_days)], axis=0)
    assert np.abs(served / n_days - 0.5).max() < 0.04


def test_a_better_offer_never_raises_the_price() -> None:
    bids, asks = [(9, 5), (8, 5), (7, 5)], [(6, 4), (8, 9)]
    prices = [hold(bids, [*asks, (4, more)]).price for more in range(20)]
    assert prices == sorted(prices, reverse=True)
