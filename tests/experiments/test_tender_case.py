"""Models are judged on runs they have not seen, worlds differ in the early stock alone, and the state is the eve's."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from experiments import tender_case
from experiments.lab import Lab
from experiments.readings.award_state import CLOUDS, award_state, bid_columns, state_columns
from experiments.readings.focal import FocalCase, focal_case
from experiments.statistics.intervals import generator, wilson
from experiments.statistics.tender_models import coefficients, held_out, importances, tree_nodes, usable
from experiments.worlds import early_stock
from market import Result, load_scenario, run

SEED = 9001


@pytest.fixture(scope="module")
def result() -> Result:
    return run("baseline", SEED)


@pytest.fixture(scope="module")
def learnable() -> pd.DataFrame:
    """Runs whose outcome follows from `cause` but for luck, while `noise` has nothing to do with it."""
    luck = generator("learnable")
    cause, noise = luck.normal(size=400), luck.normal(size=400)
    outcome = (cause + 0.5 * luck.normal(size=400) > 0.3).astype(float)
    return pd.DataFrame({"outcome": outcome, "cause": cause, "noise": noise, "constant": 1.0})


def test_the_state_is_that_before_the_award(result: Result) -> None:
    case = focal_case(result)
    row = award_state(result, case).iloc[0]
    eve = result.daily.loc[result.daily["date"] == pd.Timestamp(case.awarded) - pd.Timedelta(days=1)].iloc[0]
    assert row["spot_price_cny"] == eve["spot_price_cny"]
    month = pd.Timestamp(case.awarded).to_period("M").to_timestamp() - pd.offsets.MonthBegin()
    firm = result.firms.loc[(result.firms["month"] == month) & (result.firms["firm"] == "tencent_cloud")].iloc[0]
    assert row["free_tencent_cloud"] == firm["free_cards"]


def test_what_is_on_order_at_the_end_is_the_open_book(result: Result) -> None:
    last = FocalCase("awarded", awarded=np.datetime64("2024-12-31"), cards=1.0)
    row = award_state(result, last).iloc[0]
    orders = result.orders.loc[(result.orders["buyer"] == "alibaba_cloud") & (result.orders["product"] == "a800")]
    open_cards = orders["cards"] - orders["delivered_cards"] - orders["cancelled_cards"]
    assert row["on_order_alibaba_cloud"] == open_cards.sum()


def test_bids_are_marked_and_the_lowest_floor_is_the_winners(result: Result) -> None:
    case = focal_case(result)
    row = award_state(result, case).iloc[0]
    assert {cloud for cloud in CLOUDS if row[f"bids_{cloud}"]} == {bid.cloud for bid in case.bids}
    floors = {bid.cloud: bid.floor for bid in case.bids}
    assert floors[case.winner] <= min(floors.values()) + 0.01  # a tie within the tick may go either way


def test_a_run_without_an_award_has_the_same_columns_and_no_state(result: Result) -> None:
    nothing, something = award_state(result, FocalCase("no tender")), award_state(result, focal_case(result))
    assert list(nothing) == list(something)
    assert nothing[[*state_columns(), *bid_columns()]].isna().all(axis=None)


def test_worlds_differ_in_the_early_stock_alone() -> None:
    stocks = {}
    for point in early_stock.owner_points():
        scenario = load_scenario(point.scenario, dict(point.overrides))
        stocks[point.key] = {cloud.id: cloud.stock_cards for cloud in scenario.clouds}
        assert set(point.overrides) <= {f"cloud.{cloud}.stock_cards" for cloud in CLOUDS}
    whole = sum(stocks["tencent_cloud"].values())
    assert set(stocks) == {*CLOUDS, "nobody"}
    assert all(sum(held.values()) == whole for owner, held in stocks.items() if owner != "nobody")
    assert sum(stocks["nobody"].values()) == whole - stocks["tencent_cloud"]["tencent_cloud"]
    assert all(max(held, key=lambda id_: held[id_]) == owner for owner, held in stocks.items() if owner != "nobody")


def test_rows_with_a_hole_and_columns_that_never_vary_are_left_out(learnable: pd.DataFrame) -> None:
    holed = learnable.assign(cause=learnable["cause"].where(learnable.index > 9))
    rows, columns = usable(holed, "outcome", ["cause", "constant"])
    assert len(rows) == len(learnable) - 10
    assert columns == ["cause"]


def test_models_find_what_decides_and_beat_the_base_rate_on_unseen_runs(learnable: pd.DataFrame) -> None:
    found = held_out(learnable, "outcome", ["cause", "noise"]).set_index("model")
    assert (found["gain_low"] > 0.2).all()
    assert (found["auc_low"] > 0.85).all()
    slopes = coefficients(learnable, "outcome", ["cause", "noise"], 50).set_index("column")
    assert slopes.at["cause", "low"] > 1.0
    assert slopes.at["noise", "low"] < 0.0 < slopes.at["noise", "high"]
    losses = importances(learnable, "outcome", ["cause", "noise"])
    assert losses["column"][0] == "cause"
    assert losses["importance"][1] < 0.05


def test_models_of_pure_luck_do_not_beat_the_base_rate_though_in_sample_they_seem_to(learnable: pd.DataFrame) -> None:
    noise = pd.DataFrame(generator("pure luck").normal(size=(400, 8)), columns=list("abcdefgh"))
    noise["outcome"] = learnable["outcome"].sample(frac=1, random_state=1).to_numpy()
    found = held_out(noise, "outcome", list("abcdefgh")).set_index("model")
    assert (found["gain_low"] < 0.0).all()
    assert (found["brier_gain"] < 0.02).all()
    assert found.at["tree", "in_sample_accuracy"] > found.at["tree", "base_accuracy"] + 0.05


def test_a_tree_is_kept_node_by_node_and_its_leaves_hold_every_run(learnable: pd.DataFrame) -> None:
    nodes = tree_nodes(learnable, "outcome", ["cause", "noise"])
    leaves = nodes.loc[nodes["column"] == ""]
    assert leaves["runs"].sum() == len(learnable) == nodes["runs"][0]
    assert (leaves["runs"] * leaves["share"]).sum() == pytest.approx(learnable["outcome"].sum())
    assert nodes["column"][0] == "cause"
    left = nodes.set_index("node").loc[nodes["left"][0]]
    assert left["runs"] == (learnable["cause"] <= nodes["threshold"][0]).sum()


def test_an_outcome_too_rare_to_leave_out_folds_is_not_modelled(learnable: pd.DataFrame) -> None:
    rare = learnable.assign(outcome=(learnable.index < 3).astype(float))
    for ask in (held_out, importances, tree_nodes):
        assert ask(rare, "outcome", ["cause"]).empty
    assert coefficients(rare, "outcome", ["cause"], 10).empty


def test_customers_kept_are_counted_among_runs_that_last_as_long() -> None:
    awarded = pd.to_datetime(["2023-01-01", "2023-01-01", "2024-06-30"])
    table = tender_case.kept_curve(pd.DataFrame({"awarded": awarded, "months": [3.5, math.nan, math.nan]}))
    curve = table.set_index("month")
    assert curve["runs"].loc[[0, 6, 7, 18]].tolist() == [3, 3, 2, 2]
    assert curve["share_kept"].loc[[3, 4, 7]].tolist() == pytest.approx([1.0, 2 / 3, 1 / 2])


def test_a_share_that_differs_in_no_pair_is_not_said_to_be_exactly_untouched() -> None:
    runs = pd.DataFrame({"replicate": range(20), "stage": "awarded", "entrant_wins": 1.0, "fraction": 0.2})
    runs = runs.assign(months=4.0, host="tencent_cloud", most_free="tencent_cloud", fate="lost as reported")
    runs = runs.assign(peak_price_multiple=2.0, price_jan_2024_cny=170_000.0)
    seen = pd.concat([runs.assign(point=owner) for owner in early_stock.OWNERS])
    found = early_stock.contrasts(seen).set_index(["owner", "outcome"]).loc["nobody"]
    assert found.at["entrant_wins", "difference"] == 0.0
    assert found.at["entrant_wins", "high"] == wilson(0, 20).high
    assert (
        early_stock.contrasts(seen).set_index(["owner", "outcome"]).at[("aws_china", "to_owner"), "difference"] == 0.0
    )


def test_frequencies_name_nothing_as_none_and_put_the_most_frequent_first() -> None:
    found = early_stock.frequencies(pd.Series(["", "b", "b"]), "winner")
    assert found["value"].tolist() == ["b", "none"]
    assert found["share"].sum() == 1.0


def test_the_whole_experiment_keeps_its_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tender_case, "QUICK_SEEDS", 6)
    monkeypatch.setattr(tender_case, "QUICK_PAIRS", 2)
    lab = Lab("tender_case", tmp_path, quick=True)
    tender_case.conduct(lab)
    kept = {path.stem for path in tmp_path.glob("*.csv")}
    assert {
        "frequencies",
        "kept_curve",
        "owners",
        "owners_effect",
        "story_events",
        "story_clouds",
        "story_case",
    } <= kept
    assert tender_case.runs(quick=True) == 6 + 2 * len(early_stock.OWNERS) + 1
    effects = pd.read_csv(tmp_path / "owners_effect.csv")
    assert set(effects["owner"]) == set(early_stock.OWNERS[1:])
    chosen = pd.read_csv(tmp_path / "story_case.csv")
    story = pd.read_csv(tmp_path / "story_events.csv")
    assert set(story["seed"]) == set(chosen["seed"])
