"""Export controls: worlds are what their factors say, tipping points lie where curves cross, tables fit together."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from experiments import export_controls
from experiments.export_controls import OUTCOMES_HERE
from experiments.statistics import tipping
from experiments.worlds.rule_worlds import FACTORS, NAMES, as_it_was, factorial, sequence, world
from market import load_scenario


def loaded(point):
    """The rule of 2023 and the H20 at a point."""
    scenario = load_scenario(point.scenario, dict(point.overrides))
    rule = next(rule for rule in scenario.rules if rule.id == "us_2023")
    return rule, next(item for item in scenario.substitutes if item.product == "h20")


# ------------------------------------------------------------------ designs


def test_the_world_as_it_was_is_the_baseline():
    point = world("as_it_was", as_it_was())
    assert load_scenario(point.scenario, dict(point.overrides)) == load_scenario("baseline")


def test_a_world_has_the_dates_severity_and_substitute_of_its_factors():
    values = {"announced_day": 100, "rumour_lead_days": 30, "notice_days": 60, "severity": 0.4}
    values |= {"substitute_delay_days": 10, "substitute_performance": 0.7}
    rule, substitute = loaded(world("one", values))
    announced = dt.date(2023, 4, 11)
    assert (rule.announced, rule.severity) == (announced, 0.4)
    assert rule.rumoured == announced - dt.timedelta(days=30)
    assert rule.effective == announced + dt.timedelta(days=60)
    assert substitute.launch == announced + dt.timedelta(days=70)
    assert substitute.performance == 0.7


def test_every_corner_of_the_factors_is_a_world():
    corners = [world("low", {f.name: f.low for f in FACTORS}), world("high", {f.name: f.high for f in FACTORS})]
    rules = [loaded(point) for point in corners]
    assert rules[0][0].rumoured == rules[0][0].effective == dt.date(2023, 1, 1)
    assert rules[1][0].announced == dt.date(2024, 6, 30)
    assert rules[1][1].launch == dt.date(2024, 12, 31)  # it would have come after the calendar's end


def test_the_full_sequence_has_2048_worlds_in_all_ranges_with_luck_of_their_own():
    study = sequence(quick=False)
    design = study.design()[list(NAMES)]
    assert len(study.points) == 2048
    for factor in FACTORS:
        assert factor.low <= design[factor.name].min() < design[factor.name].max() <= factor.high
        assert design[factor.name].mean() == pytest.approx((factor.low + factor.high) / 2, rel=0.01)
    assert len({study.seed(point, 0) for point in study.points}) == len(study.points)


def test_the_factorial_crosses_everything_on_paired_seeds():
    study = factorial(quick=False)
    design = study.design()
    assert len(design) == 4 * 2 * 2 * 9
    assert not design[list(NAMES)].duplicated().any()
    assert (design["rumour_lead_days"] == as_it_was()["rumour_lead_days"]).all()
    assert len({study.seed(point, 0) for point in study.points}) == 1
    assert export_controls.runs(quick=False) == len(study) + len(sequence(quick=False))


# ------------------------------------------------------------------ tipping points


def test_a_curve_tips_where_it_crosses_the_line():
    severities = np.array([0.0, 0.5, 1.0])
    curves = np.array([[1.0, 1.5, 2.5], [2.5, 3.0, 4.0], [1.0, 1.2, 1.9], [1.0, 3.0, 1.0]])
    assert tipping.crossing(severities, curves).tolist() == [0.75, 0.0, np.inf, 0.25]


def made_up_cells(study, slope: float, noise: float, seeds: int = 30) -> pd.DataFrame:
    """Runs of the factorial in which the peak multiple is 1 + slope x severity and luck."""
    random = np.random.default_rng(1)
    luck = random.normal(scale=noise, size=seeds)
    rows = [
        {"point": p.key, "replicate": r, "peak_price_multiple": 1 + slope * p.values["severity"] + luck[r]}
        for p in study.points
        for r in range(seeds)
    ]
    table = pd.DataFrame(rows)
    return table.assign(**{name: 1.0 for name in export_controls.PICTURED if name not in table})


def test_a_known_tipping_point_lies_in_its_interval():
    study = factorial(quick=True)
    table = tipping.tipping_table(made_up_cells(study, slope=2.0, noise=0.2), study)
    assert len(table) == 2 * 2 * 2
    assert (table["low"] < 0.5).all()
    assert (table["high"] > 0.5).all()
    assert (table["high"] - table["low"]).max() < 0.15
    assert (table["doubles_at_all"] == 1.0).all()


def test_where_the_price_never_doubles_there_is_no_tipping_point():
    study = factorial(quick=True)
    table = tipping.tipping_table(made_up_cells(study, slope=0.5, noise=0.05), study)
    assert np.isinf(table[["severity", "low", "high"]].to_numpy()).all()
    assert (table["doubles_at_all"] == 0.0).all()


# ------------------------------------------------------------------ tables


@pytest.fixture(scope="module")
def made_up():
    """Runs of the quick sequence: everything is 1 + 2 severity, less the performance times it, and noise."""
    study = sequence(quick=True)
    random = np.random.default_rng(2)
    rows = []
    for point in study.points:
        level = 1 + 2 * point.values["severity"] * (1 - 0.5 * point.values["substitute_performance"])
        for replicate in range(study.replicates):
            noise = random.normal(scale=0.05)
            rows.append({"point": point.key, "replicate": replicate, **dict.fromkeys(OUTCOMES_HERE, level + noise)})
    return study, pd.DataFrame(rows)


def test_a_surface_predicts_what_was_put_in_with_its_intervals(made_up):
    study, table = made_up
    means, points, _ = export_controls.point_means(table, study)
    surface = export_controls.fit("peak_price_multiple", points, means["peak_price_multiple"].to_numpy())
    grid = export_controls.surface_table("peak_price_multiple", surface)
    chosen = grid[(grid["one"] == "announced_day")]
    expected = 1 + 2 * chosen["other_value"] * (1 - 0.5 * 0.5)
    assert ((chosen["low"] <= expected) & (expected <= chosen["high"])).mean() > 0.8
    np.testing.assert_allclose(chosen["value"], expected, atol=0.1)
    shares = export_controls.index_table("peak_price_multiple", surface)
    totals = shares[shares["kind"] == "total"].set_index("one")["share"]
    assert totals.idxmax() == "severity"
    assert abs(totals["rumour_lead_days"]) < 0.02


def test_noise_within_points_is_measured(made_up):
    study, table = made_up
    means, points, spread = export_controls.point_means(table, study)
    assert spread["peak_price_multiple"] == pytest.approx(0.05, rel=0.25)
    fitted = {name: export_controls.fit(name, points, means[name].to_numpy()) for name in ("peak_price_multiple",)}
    quality = export_controls.quality_table(fitted, points, means, spread, study.replicates)
    assert quality["held_out_explained"][0] > 0.95


def test_a_point_whose_runs_failed_is_left_out(made_up):
    study, table = made_up
    short = table[table["point"] != study.points[5].key]
    means, points, _ = export_controls.point_means(short, study)
    assert len(means) == len(points) == len(study.points) - 1


def test_the_box_of_doubled_prices_is_found_and_its_rows_say_so(made_up):
    study, table = made_up
    means, points, _ = export_controls.point_means(table, study)
    is_doubled = means["peak_price_multiple"].to_numpy() > 2.0
    boxes, steps = export_controls.box_tables(points, is_doubled)
    first = boxes[boxes["box"] == 1].set_index("factor")
    assert first.loc["severity", "is_restricted"]
    assert first.loc["severity", "low"] > 0.4
    assert first.loc["announced_day", ["low", "high"]].tolist() == [FACTORS[0].low, FACTORS[0].high]
    assert steps["mass"].is_monotonic_decreasing


def test_where_no_price_doubles_there_is_no_box(made_up):
    study, table = made_up
    _, points, _ = export_controls.point_means(table, study)
    boxes, steps = export_controls.box_tables(points, np.zeros(len(points), dtype=bool))
    assert boxes.empty
    assert steps.empty


def test_numbers_are_kept_to_five_digits():
    frame = pd.DataFrame({"x": [123456.789, np.inf, np.nan], "name": ["a", "b", "c"]})
    short = export_controls._short(frame)
    assert short["x"][0] == 123460.0
    assert np.isinf(short["x"][1])
    assert np.isnan(short["x"][2])
