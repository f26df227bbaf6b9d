"""The auction of the tuned twin: only orders that can cross are sorted, only the last tick served is shuffled."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any

from tests.benchmarks.idiomatic.auction import Quote, best_price, honoured, offer_imports
from tests.benchmarks.rules import A800, COVER_MEMORY, LONGEST_COVER, PRICE_MEMORY, fen

if TYPE_CHECKING:
    from tests.benchmarks.tuned.model import TunedMarket

BY_TICK = itemgetter(0)


def run_auction(market: TunedMarket, product: int) -> None:
    """Clear a product's auction at one price, the one that trades most, and settle it."""
    offer = market.products[product]
    bids, asks = honoured(market, product)
    if product == A800:
        offer_imports(market, asks)
    tick, volume = 0, 0
    if bids and asks:
        lowest, highest = min(asks, key=BY_TICK)[0], max(bids, key=BY_TICK)[0]
        buying = sorted([quote for quote in bids if quote[0] >= lowest], key=BY_TICK, reverse=True)
        selling = sorted([quote for quote in asks if quote[0] <= highest], key=BY_TICK)
        tick, volume = best_price(buying, selling)
        price = tick * fen(market.p["spot.tick_cny"])
        last = margin(buying, volume)
        market.random.shuffle(last)  # luck: auction(n=1)
        buy(product, price, buying, last, volume)
        last = margin(selling, volume)
        market.random.shuffle(last)  # luck: auction(n=-1)
        market.imported_today += sell(product, price, selling, last, volume)
    offer.last_cny = offer.spot_cny
    if volume > 0:
        offer.spot_cny = tick * market.p["spot.tick_cny"]
    offer.smoothed_cny += PRICE_MEMORY * (offer.spot_cny - offer.smoothed_cny)
    if product == A800:
        market.volume_today = volume
        offered = sum([firm.stock[A800] for _, _, firm in asks if firm is not None])
        market.smoothed_volume += COVER_MEMORY * (volume - market.smoothed_volume)
        market.spot_cover_days = min(offered / max(market.smoothed_volume, 1.0), LONGEST_COVER)


def margin(quotes: list[Quote], volume: int) -> list[Quote]:
    """Orders at the last tick that is served; `quotes` best first."""
    left = volume
    for tick, cards, _ in quotes:
        left -= cards
        if left <= 0:
            return [quote for quote in quotes if quote[0] == tick] if volume > 0 else []
    return []


def served(quotes: list[Quote], last: list[Quote], volume: int) -> list[tuple[int, Any]]:
    """(cards, firm) of the orders served: all better ones, then the last tick in its drawn order."""
    filled = []
    for tick, cards, firm in quotes:
        if not last or tick == last[0][0]:
            break
        filled.append((cards, firm))
        volume -= cards
    for _, cards, firm in last:
        if volume <= 0:
            break
        filled.append((min(cards, volume), firm))
        volume -= cards
    return filled


def buy(product: int, price: int, quotes: list[Quote], last: list[Quote], volume: int) -> None:
    """Settle the bids."""
    for cards, firm in served(quotes, last, volume):
        firm.buy(product, cards, price)


def sell(product: int, price: int, quotes: list[Quote], last: list[Quote], volume: int) -> int:
    """Settle the asks; returns the cards imported."""
    imported = 0
    for cards, firm in served(quotes, last, volume):
        if firm is None:
            imported += cards
        else:
            firm.sell(product, cards, price)
    return imported
