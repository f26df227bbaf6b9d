"""Tenders and price wars: T1, T2, T3, T6, T8, T11.

Each behaviour is shown in a small market and is gone in its twin, the same market with the mechanism off:

=====  ==========================================================================================
T1     `tenders.size_cards` above the need: no tender; `tenders.invited` = 1: no contest
T2     aspirations "none", or worth nothing: equal floors, luck decides; `tenders.aspiration_weight` = 0
T3     one bidder: no descent; a need below the tender size: stock decides with price
T6     `tenders.unagreed` = 0
T8     `tenders.size_cards` so low that everybody's need is fought for
T11    `tenders.retention` = 0; dear cards
=====  ==========================================================================================
"""

from __future__ import annotations

import pytest
from small_market import (
    ALPHA,
    BETA,
    BREAK_EVEN,
    GAMMA,
    LAB,
    LIST_RENT,
    another_cloud,
    another_lab,
    contracts,
    events,
    finish_day,
    run_through,
    small,
    wants,
)

from market import GpuMarket
from market.decisions.cloud import is_unagreed
from market.decisions.valuation import break_even_fraction
from market.state import cloud as c
from market.state import scene
from market.state.products import A800
from market.state.world import FIRST_FLOOR

REGULAR = 0.52  # posted by every cloud of the small market
DECIDE_FLOORS = "decisions.cloud.decide_floors"
MOTIVES = {
    "cloud.alpha.aspiration": "defender",
    "cloud.beta.aspiration": "gainer",
    "cloud.gamma.aspiration": "entrant",
}
NO_MOTIVES = {"tenders.entrant_value": 0, "tenders.defender_value": 0, "tenders.gainer_value": 0}


def tender(overrides: dict | None = None, seed: int = 1, cards: int = 400) -> GpuMarket:
    """The small market after the day on which the lab wants `cards`."""
    model = small(overrides, seed)
    wants(model, cards)
    model.advance(1)
    return model


def tender_at_floors(floors: tuple[float, float, float]) -> GpuMarket:
    """The same, with the three clouds' floors given."""
    model = small()
    wants(model, 400)
    run_through(model, DECIDE_FLOORS)
    for row, floor in enumerate(floors):
        model.world.tender_i64[FIRST_FLOOR + row, 0] = round(floor * 10_000)
    finish_day(model, DECIDE_FLOORS)
    return model


def award(model: GpuMarket) -> tuple[str, float]:
    """(winner, fraction of list) of the only tender."""
    (winner,), (detail,) = events(model, "tender_awarded")[["counterparty", "detail"]].to_numpy().T
    return winner, float(detail.rpartition("=")[2])


def floors(model: GpuMarket) -> dict[str, float]:
    """Floor by bidder."""
    bids = events(model, "bid")
    return {row.actor: float(row.detail.split("floor=")[1].split()[0]) for row in bids.itertuples()}


# ------------------------------------------------------------------ T1


def test_T1_a_startup_buys_compute_by_a_tender_of_several_clouds() -> None:
    model = tender({"cloud.delta": another_cloud(name="Delta"), "cloud.epsilon": another_cloud(name="Epsilon")})
    opened = events(model, "tender_opened")
    assert list(opened["actor"]) == ["lab"]
    assert list(opened["cards"]) == [400]
    assert len(set(floors(model))) == 3  # three of the five are invited
    assert contracts(model)["kind"].item() == "tender"
    assert contracts(model)["fraction"].item() < BREAK_EVEN


def test_T1_off_below_the_size_of_a_tender_it_rents_at_the_posted_price() -> None:
    model = tender({"tenders.size_cards": 401})
    assert events(model, "tender_opened").empty
    assert contracts(model)["kind"].item() == "regular"
    assert contracts(model)["fraction"].item() == REGULAR


def test_T1_off_with_one_cloud_invited_nobody_bids_the_price_down() -> None:
    model = tender({"tenders.invited": 1})
    assert len(floors(model)) == 1
    assert award(model)[1] == 0.60  # where bidding starts


# ------------------------------------------------------------------ T2


def test_T2_each_motive_lowers_a_bidders_floor_and_the_entrant_goes_lowest() -> None:
    # Without a motive: 0.2886 - 0.31 (0.52 - 0.2886) = 0.2169; entrant less 0.035, defender 0.012, gainer 0.
    for seed in range(8):
        model = tender(MOTIVES, seed)
        assert floors(model) == {"alpha": 0.2049, "beta": 0.2169, "gamma": 0.1819}
        assert award(model) == ("gamma", 0.21)  # the defender leaves under 0.21


def test_T2_off_without_motives_the_floors_are_equal_and_luck_decides() -> None:
    winners = set()
    for seed in range(8):
        model = tender({**MOTIVES, **NO_MOTIVES}, seed)
        assert set(floors(model).values()) == {0.2169}
        winners.add(award(model)[0])
    assert len(winners) > 1


NO_SHARE = {**MOTIVES, "cloud.gamma.share": 0.0, "cloud.delta": another_cloud(name="Delta")}


def test_T2_an_entrant_without_any_share_is_invited_for_its_aspiration() -> None:
    assert sum("gamma" in floors(tender(NO_SHARE, seed)) for seed in range(12)) >= 6


def test_T2_off_if_share_alone_counted_it_would_never_be_invited() -> None:
    for seed in range(12):
        assert "gamma" not in floors(tender({**NO_SHARE, "tenders.aspiration_weight": 0}, seed))


# ------------------------------------------------------------------ T3


def test_T3_bids_descend_until_the_last_rival_leaves() -> None:
    assert award(tender_at_floors((0.30, 0.21, 0.18))) == ("gamma", 0.21)
    assert award(tender_at_floors((0.30, 0.25, 0.18))) == ("gamma", 0.25)  # the loser's floor sets the price
    assert award(tender_at_floors((0.17, 0.21, 0.18))) == ("alpha", 0.18)


def test_T3_off_without_a_rival_nothing_descends() -> None:
    assert award(tender_at_floors((0.61, 0.61, 0.18))) == ("gamma", 0.60)


def choice(cards: int) -> str:
    """Host of a lab that wants `cards`, when the cheapest cloud has 300 free and the others 1,000."""
    model = small({"cloud.gamma.online_cards": 300, "cloud.gamma.aspiration": "entrant"})
    model.world.cloud_f64[c.POSTED_FRACTION, GAMMA] = 0.50
    model.world.cloud_f64[c.DESIRED_FRACTION, GAMMA] = 0.50
    wants(model, cards)
    model.advance(1)
    return contracts(model)["cloud"].item()


def test_T3_price_alone_decides_a_tender() -> None:
    assert choice(400) == "gamma"  # cheapest, and it cannot even serve the whole need


def test_T3_off_where_price_is_not_the_only_criterion_free_cards_win() -> None:
    assert choice(300) != "gamma"  # a regular lease


# ------------------------------------------------------------------ T6


def seed_with_only_gamma_unagreed(chance: float = 0.3) -> int:
    """A seed by whose luck, at this chance, gamma alone enters the lab's tender without a floor agreed."""
    for seed in range(100):
        model = small({"tenders.unagreed": chance}, seed)
        if [is_unagreed(model.handle, i, LAB, 1) for i in (ALPHA, BETA, GAMMA)] == [False, False, True]:
            return seed
    raise AssertionError("no such seed")


def test_T6_a_bidder_without_an_agreed_floor_stops_at_its_authority_and_loses() -> None:
    model = tender({**MOTIVES, "tenders.unagreed": 0.3}, seed_with_only_gamma_unagreed())
    assert floors(model) == {"alpha": 0.2049, "beta": 0.2169, "gamma": 0.3}
    assert award(model) == ("alpha", 0.22)  # the price at which beta leaves: 0.2169 rounded up to a bid
    bids = events(model, "bid").set_index("actor")["detail"]
    assert bids["gamma"].endswith("stop=authority")
    assert bids["alpha"].endswith("stop=floor")


def test_T6_off_with_its_floor_agreed_the_same_bidder_wins() -> None:
    model = tender(MOTIVES, seed_with_only_gamma_unagreed())
    assert award(model) == ("gamma", 0.21)


# ------------------------------------------------------------------ T8

TWO_LABS = {"startup.small_lab": another_lab("Small lab"), "population.startups": 2}


def fractions(overrides: dict) -> dict[str, float]:
    """What a lab that wants 400 cards and one that wants 100 pay."""
    model = small({**TWO_LABS, **overrides})
    wants(model, 400, 0)
    wants(model, 100, 1)
    model.advance(1)
    return {lab: contracts(model, lab)["fraction"].item() for lab in ("lab", "small_lab")}


def test_T8_clouds_fight_over_large_customers_only() -> None:
    assert fractions({}) == {"lab": 0.22, "small_lab": REGULAR}


def test_T8_off_without_a_threshold_they_fight_over_every_customer() -> None:
    assert fractions({"tenders.size_cards": 100}) == {"lab": 0.22, "small_lab": 0.22}


# ------------------------------------------------------------------ T11


def months_to_repay(price: float, card_cny: float) -> float:
    """Months at the regular price that repay two years below cost, when a card costs `card_cny`."""
    cost = break_even_fraction(card_cny, 25_200.0, 48.0, 1_150.0, LIST_RENT)
    return 24 * (cost - price) / (REGULAR - cost)


def test_T11_a_bidder_goes_below_cost_for_what_the_customer_pays_later() -> None:
    model = tender()
    assert set(floors(model).values()) == {0.2169}
    price = award(model)[1]
    assert price == 0.22 < BREAK_EVEN
    assert months_to_repay(price, 72_000.0) == pytest.approx(7.1, abs=0.1)


def test_T11_off_without_later_business_nobody_goes_below_cost() -> None:
    assert set(floors(tender({"tenders.retention": 0})).values()) == {0.2886}


def test_T11_the_calculation_needs_a_stable_card_cost() -> None:
    assert months_to_repay(0.22, 170_000.0) > 48  # longer than a card lives: 24 x 0.254 / 0.046 = 133
    floor_at = {}
    for card_cny in (72_000.0, 170_000.0, 200_000.0):
        model = small()
        model.world.product_f64[scene.CONTRACT_CNY, A800] = card_cny
        wants(model, 400)
        model.advance(1)
        floor_at[card_cny] = floors(model)["alpha"]
    # At 170,000 cost is 0.4742 and later margins 0.0142; at 200,000 cost is 0.5311, over the regular price.
    assert floor_at == {72_000.0: 0.2169, 170_000.0: 0.4600, 200_000.0: 0.5310}
