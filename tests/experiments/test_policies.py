"""Policies: one change each, paired effects with honest verdicts, and accounts of who pays that add up."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from experiments import policies
from experiments.policies import BASELINE, EFFECTS, NO_EFFECT, NO_RESALE, POLICIES
from experiments.readings import welfare
from experiments.readings.welfare import WELFARE
from market import load_scenario, run, scenario_names


def made_up_values(seeds: int = 40) -> dict[str, pd.DataFrame]:
    """Values of all outcomes: shared luck, and a deposit that adds 3 to everything."""
    random = np.random.default_rng(1)
    names = [BASELINE, *(policy.name for policy in policies.available())]
    values = {}
    for name in EFFECTS:
        luck = 100 + random.normal(size=(seeds, 1)) + 0.1 * random.normal(size=(seeds, len(names)))
        values[name] = pd.DataFrame(luck, columns=names)
        values[name]["deposit"] += 3.0
    return values


def test_every_policy_whose_scenario_is_shipped_is_there_and_loads():
    names = {policy.name for policy in policies.available()}
    assert names == {policy.name for policy in POLICIES if policy.scenario in scenario_names()}
    assert {"deposit", "late_penalty", "uniform_allotment", "turn_and_earn", "early_substitute", "long_notice"} <= names
    for point in policies.design(quick=True).points:
        scenario = load_scenario(point.scenario, dict(point.overrides))
        assert (scenario != load_scenario(BASELINE)) == (point.key != BASELINE)


def test_all_points_share_their_luck():
    study = policies.design(quick=True)
    assert len({study.seed(point, 3) for point in study.points}) == 1
    assert policies.runs(quick=True) == len(study)


def test_an_effect_is_found_within_its_interval_and_none_where_there_is_none():
    table = policies.effect_table(made_up_values()).set_index(["policy", "outcome"])
    found = table.loc[("deposit", "price_jan_2024_cny")]
    assert found["low"] < 3.0 < found["high"]
    assert found["verdict"] == "raises"
    assert found["saved_by_pairing"] > 0.9
    others = table.drop("deposit", level="policy")
    assert (others["verdict"] == NO_EFFECT).mean() > 0.9


def test_the_seeds_for_a_wanted_half_width_reach_it():
    table = policies.effect_table(made_up_values()).set_index(["policy", "outcome"])
    row = table.loc[("deposit", "churn_per_100_contract_years")]
    assert row["half_width"] < row["wanted_half_width"]
    assert row["seeds_for_wanted"] <= row["seeds"]
    assert np.isnan(table.loc[("deposit", "startups_lost"), "seeds_for_wanted"])


def test_waiting_counts_as_a_loss_in_the_split():
    effects = policies.effect_table(made_up_values())
    split = policies.welfare_table(effects).set_index(["policy", "party"])
    users = split.loc[("deposit", "users")]
    assert users["effect"] == pytest.approx(-3.0, abs=0.2)
    assert users["low"] < users["effect"] < users["high"]
    assert users["verdict"] == "lowers"


def test_the_ratio_of_gain_to_what_is_burnt_is_the_one_put_in():
    values = made_up_values()
    for name, (with_resale, without) in {
        "used_card_days": (300.0, 100.0),
        "use_value_bn_cny": (9.0, 1.0),
        "holding_cost_bn_cny": (3.0, 0.0),
        "import_risk_bn_cny": (1.0, 0.0),
    }.items():
        values[name] = values[name] * 0.0 + with_resale
        values[name][NO_RESALE] = without
    row = policies.resale_table(values).set_index("world").loc[BASELINE]
    assert row["gain_bn_cny"] == pytest.approx(200 * 0.01)  # at the rent without resale
    assert row["gain_per_burnt"] == pytest.approx(0.5)


# ------------------------------------------------------------------ reading


@pytest.fixture(scope="module")
def result():
    """A run of the tiny market across the rule."""
    return run("tiny", seed=1)


def test_who_earned_is_read_from_the_tables(result):
    table = welfare.reading(result)["runs"]
    assert list(table.columns[-len(WELFARE) :]) == list(WELFARE)
    assert np.isfinite(table[list(WELFARE)].to_numpy()).all()
    maker = result.firms[result.firms["kind"] == "nvidia"]
    profit = (maker["revenue_cny"] - maker["cost_cny"]).sum() / 1e9
    assert table["chip_maker_rent_bn_cny"][0] == pytest.approx(profit)
    assert table["deposits_kept_bn_cny"][0] == table["reserve_result_bn_cny"][0] == 0.0


def test_the_risk_of_grey_imports_is_that_of_the_rule_in_force(result):
    daily, p = result.daily, result.scenario.parameters
    in_force = daily["date"] >= pd.Timestamp(2023, 10, 23)
    risk = np.where(in_force, p["spot.risk_cost_after"], p["spot.risk_cost_before"])
    expected = (daily["grey_imports_cards"] * p["spot.world_price_cny"] * risk).sum() / 1e9
    assert welfare.reading(result)["runs"]["import_risk_bn_cny"][0] == pytest.approx(expected)
    assert daily["grey_imports_cards"].sum() > 0


def test_penalties_are_taken_off_the_rent_and_deposits_are_not_put_on_it():
    pay, bond = ({"primary.late_penalty_share": 0.1}, {"primary.deposit_share": 0.5})
    without, with_penalty, with_deposit = (
        welfare.reading(run(load_scenario("tiny", overrides), 1))["runs"].iloc[0] for overrides in ({}, pay, bond)
    )
    assert with_penalty["chip_maker_rent_bn_cny"] < without["chip_maker_rent_bn_cny"]
    assert with_penalty["deposits_kept_bn_cny"] == 0.0
    assert with_deposit["deposits_kept_bn_cny"] > 0.0


def made_up_result(events: pd.DataFrame, days: int = 62) -> SimpleNamespace:
    """Two months of a market with one speculator and one startup; a card costs 100, then 200."""
    dates = pd.date_range("2022-01-01", periods=days)
    price = np.where(dates.month == 1, 100.0, 200.0)
    columns = {"date": dates, "spot_price_cny": price, "speculator_cards": 10.0, "grey_imports_cards": 0.0}
    columns |= {"rent_cny_per_card_month": 365.25 / 12, "used_cards": 5.0, "true_demand_cards": 20.0}
    firms = pd.DataFrame(
        {
            "month": pd.to_datetime(["2022-01-01"] * 3 + ["2022-02-01"] * 3),
            "kind": pd.Categorical(["nvidia", "speculator", "startup"] * 2),
            "revenue_cny": 0.0,
            "cost_cny": 0.0,
            "cash_cny": [0.0, 500.0, 0.0, 0.0, 400.0, 0.0],
            "stock_cards": [0.0, 2.0, 0.0, 0.0, 3.0, 0.0],
            "online_cards": [0.0, 0.0, 4.0, 0.0, 0.0, 6.0],
        }
    )
    parameters = {"spot.world_price_cny": 50.0, "spot.risk_cost_after": 0.3, "spot.risk_cost_before": 0.1}
    scenario = SimpleNamespace(parameters=parameters | {"speculation.carry": 0.01}, rules=())
    return SimpleNamespace(daily=pd.DataFrame(columns), firms=firms, events=events, scenario=scenario)


def test_gains_and_use_are_those_of_a_market_worked_by_hand():
    events = pd.DataFrame(
        {
            "date": [dt.date(2022, 1, 2), dt.date(2022, 1, 9), dt.date(2022, 2, 9)],
            "kind": ["reserve_bought", "run_interrupted", "reserve_sold"],
            "cards": [8, 70, 5],
            "price_cny": [100.0, 0.0, 200.0],
        }
    )
    made_up = made_up_result(events)
    found = welfare._earned(made_up) | welfare._used(made_up) | welfare._burnt(made_up)
    # 500 + 2 x 100 at the end of January, 400 + 3 x 200 at the end of February.
    assert found["speculators_gain_bn_cny"] == pytest.approx(300e-9)
    assert found["reserve_result_bn_cny"] == pytest.approx((-800 + 1000 + 3 * 200) * 1e-9)
    # 31 days of 5 + 4 cards, 31 days (28 of February, 3 of March) of 5 + 6; a card-day rents at 1 CNY.
    assert found["used_card_days"] == 31 * 9 + 31 * 11
    assert found["use_value_bn_cny"] == pytest.approx(620e-9)
    assert found["unserved_card_days"] == 62 * 20 - 620
    assert found["lost_training_card_days"] == 70
    month = 365.25 / 12
    assert found["holding_cost_bn_cny"] == pytest.approx(0.01 / month * 10 * (31 * 100 + 31 * 200) * 1e-9)
