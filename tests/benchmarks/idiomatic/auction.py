"""The daily call auction of a product, and the grey imports that join it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.benchmarks.rules import (
    A800,
    COVER_MEMORY,
    DAYS_PER_WEEK,
    LONGEST_COVER,
    PRICE_MEMORY,
    STOPPED,
    fen,
    grey_imports,
)

if TYPE_CHECKING:
    from tests.benchmarks.idiomatic.model import IdiomaticMarket

Quote = tuple[int, int, Any]  # tick, cards, firm (None for the importers)


def run_auction(market: IdiomaticMarket, product: int) -> None:
    """Clear a product's auction at one price, the one that trades most, and settle it."""
    offer = market.products[product]
    bids, asks = honoured(market, product)
    if product == A800:
        offer_imports(market, asks)
    market.random.shuffle(bids)  # luck: auction(n=1)
    market.random.shuffle(asks)  # luck: auction(n=-1)
    bids.sort(key=lambda quote: -quote[0])
    asks.sort(key=lambda quote: quote[0])
    tick, volume = best_price(bids, asks)
    price = tick * fen(market.p["spot.tick_cny"])
    for cards, firm in fills(bids, volume):
        firm.buy(product, cards, price)
    for cards, firm in fills(asks, volume):
        if firm is None:
            market.imported_today += cards
        else:
            firm.sell(product, cards, price)
    offer.last_cny = offer.spot_cny
    if volume > 0:
        offer.spot_cny = tick * market.p["spot.tick_cny"]
    offer.smoothed_cny += PRICE_MEMORY * (offer.spot_cny - offer.smoothed_cny)
    if product == A800:
        market.volume_today = volume
        offered = sum(firm.stock[A800] for _, _, firm in asks if firm is not None)
        market.smoothed_volume += COVER_MEMORY * (volume - market.smoothed_volume)
        market.spot_cover_days = min(offered / max(market.smoothed_volume, 1.0), LONGEST_COVER)


def honoured(market: IdiomaticMarket, product: int) -> tuple[list[Quote], list[Quote]]:
    """The bids that can be paid and the asks that can be delivered."""
    tick_fen = fen(market.p["spot.tick_cny"])
    bids = [(tick, min(cards, firm.cash_fen // (tick * tick_fen)), firm) for tick, cards, firm in market.bids[product]]
    asks = [(tick, min(cards, firm.stock[product]), firm) for tick, cards, firm in market.asks[product]]
    return [quote for quote in bids if quote[1] > 0], [quote for quote in asks if quote[1] > 0]


def offer_imports(market: IdiomaticMarket, asks: list[Quote]) -> None:
    """Add today's grey imports as one more ask."""
    p, offer = market.p, market.products[A800]
    risk = p["spot.risk_cost_after"] if offer.severity >= STOPPED else p["spot.risk_cost_before"]
    world = p["spot.world_price_cny"]
    week = grey_imports(offer.spot_cny, world, risk, p["spot.import_slope"], p["spot.import_cap"])
    coming = market.import_carry + week / DAYS_PER_WEEK
    cards = int(coming)
    market.import_carry = coming - cards
    if cards > 0:
        near_last = offer.spot_cny * (1.0 - p["spot.import_rebate"])
        limit = min(max(world * (1.0 + risk), near_last), p["spot.resale_cap_cny"])
        asks.append((max(int(limit / p["spot.tick_cny"]), 1), cards, None))


def best_price(bids: list[Quote], asks: list[Quote]) -> tuple[int, int]:
    """The middle of the ticks that trade most, and the volume; both sides best first."""
    volume = b = a = 0
    last_bid = last_ask = 0
    wanted, offered = (bids[0][1] if bids else 0), (asks[0][1] if asks else 0)
    while b < len(bids) and a < len(asks) and bids[b][0] >= asks[a][0]:
        last_bid, last_ask = bids[b][0], asks[a][0]
        traded = min(wanted, offered)
        volume, wanted, offered = volume + traded, wanted - traded, offered - traded
        if wanted == 0:
            b += 1
            wanted = bids[b][1] if b < len(bids) else 0
        if offered == 0:
            a += 1
            offered = asks[a][1] if a < len(asks) else 0
    return (last_bid + last_ask) // 2, volume


def fills(quotes: list[Quote], volume: int) -> list[tuple[int, Any]]:
    """(cards, firm) of the orders served, best first."""
    served = []
    for _, cards, firm in quotes:
        if volume <= 0:
            break
        served.append((min(cards, volume), firm))
        volume -= cards
    return served
