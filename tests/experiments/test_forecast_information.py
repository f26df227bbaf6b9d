"""What the forecast knows: nothing from after the cut, and no value that was fitted to it."""

from __future__ import annotations

import datetime as dt
import re

import numpy as np
import pytest

from experiments.fit.precut import pre_cut_targets
from experiments.fit.priors import free_parameters
from experiments.fit.targets import fitted
from experiments.worlds.futures import NEXT_QUARTER, china_revenue, climate, overrides, reported_revenue
from experiments.worlds.information import CUT, FULL_CHANCE, LATER_EVIDENCE, RULE_EFFECTIVE, draw, drawn, inputs, table
from market import all_parameters, load_scenario, observations, run

IDS = re.compile(r"\b(?:[A-Z]\d{1,2}b?)\b")


@pytest.fixture(scope="module")
def draws() -> list[dict[str, float]]:
    return draw(64, "test.information").to_dict("records")


def observations_after_the_cut() -> set[str]:
    return {entry.id for entry in observations() if entry.start > CUT}


def test_observations_that_begin_after_the_cut_count_as_later_evidence() -> None:
    known = {"X05", "X06", "O03", "O05", "C02"}  # announced facts; orders and a plan told of before the cut
    firms = {"F02", "F09", "F11"}  # later rounds, which set nothing
    assert observations_after_the_cut() - LATER_EVIDENCE <= known | firms


def test_every_parameter_that_rests_on_later_evidence_is_drawn_or_listed_as_held() -> None:
    listed = {entry.name for entry in inputs()}
    later = {p.name for p in all_parameters() if set(IDS.findall(p.source)) & LATER_EVIDENCE}
    assert later
    assert later <= listed
    held = {entry.name: entry for entry in inputs() if entry.known == "later"}
    values = {p.name: p.value for p in all_parameters()}
    assert all(float(entry.low) == values[name] for name, entry in held.items())


def test_no_prior_rests_on_later_evidence() -> None:
    for entry in inputs():
        if entry.kind != "given":
            assert not set(IDS.findall(entry.source)) & (LATER_EVIDENCE - {"S10"}), entry.name
    announced = {entry.name for entry in inputs() if "S10" in IDS.findall(entry.source)}
    assert announced == {"substitute.h20.announced", "substitute.h20.delay_days", "servers.integration_shared"}


def test_every_free_parameter_is_drawn_and_none_is_held_at_its_calibrated_value(
    draws: list[dict[str, float]],
) -> None:
    own = {entry.name for entry in drawn()}
    assert {item.path for item in free_parameters()} <= own
    for parameter in all_parameters():
        if parameter.calibrated:
            assert np.std([row[parameter.name] for row in draws]) > 0


def test_draws_lie_in_their_priors_and_fill_them() -> None:
    frame = draw(400, "test.fill")
    for entry in drawn():
        values, low, high = frame[entry.name], float(entry.low), float(entry.high)
        assert ((values >= low - 1e-9) & (values <= high * (1 + 1e-12) + 1e-9)).all()
        if entry.kind == "full or uniform":
            assert (values == high).mean() == pytest.approx(FULL_CHANCE, abs=0.01)
        else:
            assert values.min() < low + 0.02 * (high - low)
            assert values.max() > high - 0.02 * (high - low)


def test_a_wider_prior_contains_the_declared_one() -> None:
    ranges = {entry.name: (float(entry.low), float(entry.high)) for entry in drawn()}
    for item in free_parameters():
        low, high = ranges[item.path]
        assert low <= item.low, item.path
        assert high >= item.high, item.path


def test_every_draw_makes_a_scenario(draws: list[dict[str, float]]) -> None:
    for row in draws:
        scenario = load_scenario("baseline", overrides(row))
        assert scenario.supply.china_revenue[-1].from_ == NEXT_QUARTER


def test_only_quarters_reported_by_the_cut_are_given(draws: list[dict[str, float]]) -> None:
    reported = reported_revenue()
    assert [busd for _, busd in reported] == [2.08, 1.60, 1.15, 0.954, 1.59, 2.74]
    guesses = {china_revenue(row)[-1]["busd"] for row in draws}
    assert len(guesses) == len(draws)


def test_the_climate_after_the_cut_may_rise_or_fall(draws: list[dict[str, float]]) -> None:
    paths = [climate(row) for row in draws]
    assert all(point["on"] <= CUT for path in paths for point in path[:-1])
    assert all(path[-1]["on"] > CUT for path in paths)
    later = np.array([path[-1]["level"] / path[-2]["level"] for path in paths])
    assert (later > 1.2).mean() > 0.2
    assert (later < 0.8).mean() > 0.2


def test_nobody_reckons_with_the_substitute_before_the_cut(draws: list[dict[str, float]]) -> None:
    for row in draws:
        launch = overrides(row)["substitute.h20.launch"]
        assert launch - dt.timedelta(days=45) > CUT


def test_worlds_that_differ_after_the_cut_alone_are_the_same_before_it(draws: list[dict[str, float]]) -> None:
    """All but two: severity weighs the rumour, too, and the climate spreads a fixed number of foundings."""
    row = draws[0]
    later = {
        "substitute.h20.delay_days": 300.0,
        "substitute.h20.performance": 0.95,
        "substitute.h20.price_cny": 40_000.0,
        "substitute.h20.monthly_cards": 30_000.0,
        "clouds.other_growth_late": -0.3,
        "startups.calls_late": 0.07,
        "spot.risk_cost_after": 0.9,
    }
    days = (CUT - dt.date(2022, 1, 1)).days + 1
    one, other = (
        run(load_scenario("baseline", overrides({**row, **changed})), seed=5, days=days + 100).daily
        for changed in ({}, later)
    )
    assert one.iloc[:days].equals(other.iloc[:days])
    assert not one.equals(other)


def test_the_rule_is_the_one_announced(draws: list[dict[str, float]]) -> None:
    rule = next(rule for rule in load_scenario("baseline", overrides(draws[0])).rules if rule.id == "us_2023")
    assert (rule.announced, rule.effective) == (dt.date(2023, 10, 17), RULE_EFFECTIVE)
    given = {entry.name: entry.low for entry in inputs() if entry.kind == "given"}
    assert given["rule.us_2023.announced"] == str(rule.announced)
    assert given["rule.us_2023.effective"] == str(rule.effective)
    assert given["rule.us_2023.rumoured"] == str(rule.rumoured)


def test_targets_of_the_fit_end_by_the_cut() -> None:
    targets = pre_cut_targets()
    assert all(target.dated is not None and target.dated <= CUT for target in targets)
    assert "P1" in {target.id for target in targets}
    assert not {"P2", "P2b", "S5", "S6", "S7", "C5"} & {target.id for target in targets}
    assert len(targets) < len(fitted())


def test_the_table_of_inputs_says_where_each_comes_from() -> None:
    frame = table()
    assert frame["name"].is_unique
    assert (frame[["source", "reason", "known", "unit"]] != "").all().all()
