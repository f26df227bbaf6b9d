"""Churn and profits: C2, C4, C6.

Each behaviour is shown in a small market and is gone in its twin, the same market with the mechanism off:

=====  ==========================================================================================
C2     rivals that have cards; `serving.switch_share` = 0 (a customer moves to whoever has one card)
C4     `serving.approach_rate` = 0 (nobody poaches); `leases.capacity_weight` = 0 (stock does not count)
C6     a spot price that stays at the contract price; `clouds.card_life_months` = 240 (cards hardly cost)
=====  ==========================================================================================
"""

from __future__ import annotations

import datetime as dt

import pytest
from small_market import (
    BETA,
    GAMMA,
    contract_of,
    contracts,
    events,
    small,
    take_cards,
    wants,
)

from market import GpuMarket, calendar, result_of
from market.state import cloud as c
from market.state import startup as s

FULL = 1000  # cards of each cloud; a rival whose other customers use them all has none free
ONLY_ALPHA_FREE = {"cloud.beta.other_cards": FULL, "cloud.gamma.other_cards": FULL}
NO_SUPPLY = {"supply.china_revenue": [{"from": dt.date(2022, 1, 1), "busd": 0.0}]}
IMPATIENT = {"serving.patience_days": 10}
PATIENT = {"serving.patience_days": 1000}


def betrayed(overrides: dict) -> GpuMarket:
    """The lab has 400 cards at Alpha, won at a tender, when Alpha loses all of its own; NVIDIA has none."""
    model = small({**NO_SUPPLY, "tenders.confidence": 0.0, "cloud.alpha.aspiration": "entrant", **overrides})
    wants(model, 400)
    model.advance(1)
    assert contracts(model)["cloud"].item() == "alpha"
    take_cards(model, "alpha", FULL)
    return model


def hosts(model: GpuMarket) -> list[str]:
    """Its hosts, in turn."""
    return list(contracts(model)["cloud"])


# ------------------------------------------------------------------ C2


def test_C2_the_losers_of_the_tender_cannot_take_the_customer_for_they_lack_cards_too() -> None:
    model = betrayed({**ONLY_ALPHA_FREE, **IMPATIENT})
    model.advance(60)
    assert int(contract_of(model)[s.SHORT_CARD_DAYS]) == 60 * 400  # six times what it would bear
    assert set(events(model, "bid")["actor"]) == {"alpha", "beta", "gamma"}
    assert hosts(model) == ["alpha"]
    assert events(model, "switched").empty


def test_C2_half_of_what_it_needs_is_too_much_for_them() -> None:
    model = betrayed({"cloud.beta.other_cards": FULL - 199, "cloud.gamma.other_cards": FULL, **IMPATIENT})
    model.advance(60)
    assert hosts(model) == ["alpha"]


def test_C2_off_a_loser_that_has_the_cards_takes_it() -> None:
    model = betrayed({"cloud.gamma.other_cards": FULL, **IMPATIENT})
    model.advance(60)
    assert hosts(model) == ["alpha", "beta"]
    detail = events(model, "switched")["detail"].item()
    assert detail == "from=alpha cause=out_of_patience most_free=beta"
    # Ten days of full shortfall are borne, the eleventh is not.
    assert events(model, "switched")["date"].item() == calendar.dates()[2 + 10]


def test_C2_off_a_customer_that_needs_nothing_at_once_moves_to_whoever_has_any() -> None:
    few = {"cloud.beta.other_cards": FULL - 40, "cloud.gamma.other_cards": FULL, "serving.switch_share": 0}
    model = betrayed({**few, **IMPATIENT})
    model.advance(60)
    assert hosts(model)[:2] == ["alpha", "beta"]
    assert contracts(model)["cards"][1] == 40


def test_C2_nobody_moves_to_a_cloud_without_a_card() -> None:
    model = betrayed({**ONLY_ALPHA_FREE, **IMPATIENT, "serving.switch_share": 0})
    model.advance(60)
    assert hosts(model) == ["alpha"]


# ------------------------------------------------------------------ C4


def approached(overrides: dict) -> GpuMarket:
    """The betrayed lab, patient, after a week: Beta asks 0.70 and has 3,200 cards, Gamma 0.45 and 300."""
    stock = {"cloud.beta.online_cards": 3200, "cloud.gamma.online_cards": 300}
    model = betrayed({**stock, **PATIENT, "serving.approach_rate": 1, **overrides})
    for row, fraction in ((BETA, 0.70), (GAMMA, 0.45)):
        model.world.cloud_f64[c.POSTED_FRACTION, row] = fraction
        model.world.cloud_f64[c.DESIRED_FRACTION, row] = fraction
    model.advance(7)
    return model


def test_C4_a_rival_with_cards_poaches_the_customer_long_before_its_patience_ends() -> None:
    model = approached({})
    assert hosts(model) == ["alpha", "beta"]
    assert "cause=poached" in events(model, "switched")["detail"].item()


def test_C4_in_the_shortage_stock_not_price_decides() -> None:
    model = approached({})
    fractions = list(contracts(model)["fraction"])
    assert fractions[0] < 0.30
    assert fractions[1] == 0.70  # the dearest host, and the one with the most cards


def test_C4_off_if_nobody_approached_it_it_would_wait() -> None:
    assert hosts(approached({"serving.approach_rate": 0})) == ["alpha"]


def test_C4_off_if_it_listened_only_when_its_patience_had_ended_it_would_wait() -> None:
    assert hosts(approached({"serving.poach_patience": 1})) == ["alpha"]


def test_C4_off_if_stock_did_not_count_it_would_stay_where_it_is_cheap() -> None:
    # Staying: 1.2 - 6 x 0.22 = -0.1 and falling by 0.07 a day; Gamma: -6 x 0.45 = -2.7; Beta: -4.2.
    assert hosts(approached({"leases.capacity_weight": 0})) == ["alpha"]


def test_C4_off_a_customer_that_is_served_in_full_is_not_approached() -> None:
    model = small({"cloud.alpha.aspiration": "entrant", "cloud.beta.online_cards": 3200, "serving.approach_rate": 1})
    wants(model, 400)
    model.advance(60)
    assert hosts(model) == ["alpha"]


# ------------------------------------------------------------------ C6


def margins(spot_cny: float, overrides: dict | None = None) -> tuple[float, float]:
    """January's margin, at replacement and at historic cost, of a cloud with all cards in use."""
    model = small({"cloud.alpha.other_cards": FULL, "spot.opening_price_cny": spot_cny, **(overrides or {})})
    model.advance(30)
    firms = result_of(model).firms.set_index("firm")
    return firms.loc["alpha", "margin_replacement"], firms.loc["alpha", "margin_historic"]


def value_added(card_cny: float, life_months: int = 48) -> float:
    """The same by hand: a card-month sells at 0.52 x 11,000 = 5,720, and costs 1,150 and its depreciation."""
    return (5_720 - 1_150 - (card_cny + 25_200) / life_months) / 5_720


def test_C6_what_a_cloud_adds_shrinks_to_almost_nothing_when_cards_are_dear() -> None:
    cheap, dear = margins(72_000)[0], margins(170_000)[0]
    assert cheap == pytest.approx(value_added(72_000), abs=0.002) == pytest.approx(0.445, abs=0.002)
    assert dear == pytest.approx(value_added(170_000), abs=0.002) == pytest.approx(0.088, abs=0.002)


def test_C6_by_its_books_it_still_earns() -> None:
    assert margins(170_000)[1] == pytest.approx(margins(72_000)[1])
    assert margins(170_000)[1] == pytest.approx(value_added(72_000), abs=0.002)


def test_C6_off_if_cards_hardly_cost_it_would_not_matter_that_they_are_dear() -> None:
    off = {"clouds.card_life_months": 240}
    cheap, dear = margins(72_000, off)[0], margins(170_000, off)[0]
    assert dear == pytest.approx(value_added(170_000, 240), abs=0.002)
    assert dear > 0.85 * cheap
