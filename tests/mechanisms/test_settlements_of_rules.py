"""Settlements of rules, to the last cell: what is in force, its news, beliefs, and the supply that is remembered."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from changes import assert_changes, changes, emptied_logs, logged
from settled import T
from small_market import small

from market import GpuMarket
from market.markets import primary, rules
from market.state import accounts, scene
from market.state.products import A800, NVIDIA


def ruled(*dates: tuple[int, int, int, float, int]) -> GpuMarket:
    """A market with rules (announced, enforced, lifted, severity, mask of products), rumoured a week before."""
    day = dt.date(2022, 3, 1)
    rule = {"title": "A rule", "announced": day, "effective": day, "severity": 0.5, "products": ["a800"]}
    model = small({f"rule.r{k}": rule for k in range(len(dates))})
    emptied_logs(model)
    for k, (announced, enforced, lifted, severity, mask) in enumerate(dates):
        values = {
            scene.RUMOURED_DAY: announced - 7,
            scene.ANNOUNCED_DAY: announced,
            scene.EFFECTIVE_DAY: enforced - 1,
            scene.ENFORCED_DAY: enforced,
            scene.LIFTED_DAY: lifted,
            scene.RULE_SEVERITY: severity,
            scene.HAS_SUBSTITUTE: 0.0,
            scene.PRODUCT_MASK: mask,
        }
        for column, value in values.items():
            model.world.rule_f64[column, k] = value
    return model


def test_rules_in_force_multiply_and_end_when_they_are_lifted() -> None:
    model = ruled((T, T + 10, -1, 0.5, 1), (T + 2, T + 12, T + 20, 0.4, 1), (T, T, -1, 0.9, 2))
    in_force = [rules.severity_in_force(model.handle, A800, day) for day in (T + 9, T + 10, T + 12, T + 19, T + 20)]
    assert in_force == pytest.approx([0.0, 0.5, 0.7, 0.7, 0.5])
    announced = [rules.severity_announced(model.handle, A800, day) for day in (T - 1, T, T + 2, T + 19, T + 20)]
    assert announced == pytest.approx([0.0, 0.5, 0.7, 0.7, 0.5])
    assert rules.severity_in_force(model.handle, 1, T) == pytest.approx(0.9)
    assert rules.severity_announced(model.handle, 2, T) == 0.0
    lifted = ruled((0, 0, 0, 0.5, 1))
    assert rules.severity_in_force(lifted.handle, A800, 0) == rules.severity_announced(lifted.handle, A800, 0) == 0.0
    assert [bool(rules.catches(model.handle, 2, product)) for product in range(3)] == [False, True, False]


def test_news_of_a_day_add_up_over_the_rules_that_catch_the_a_class() -> None:
    model = ruled((T, T + 10, -1, 0.5, 1), (T, T, -1, 1.0, 2), (T, T + 10, -1, 0.25, 1), (T, T, -1, 1.0, 1))
    p = model.world.p
    p[[rules.po.RUMOUR_NEWS, rules.po.ANNOUNCEMENT_NEWS]] = 2, 8
    p[[rules.po.SUBSTITUTE_NEWS, rules.po.ANTICIPATION]] = -3, 0.5
    model.world.rule_f64[scene.HAS_SUBSTITUTE, 3] = 1.0
    assert rules.news_of_today(model.handle, T - 7) == pytest.approx(2 * 0.5 * 0.75)
    assert rules.news_of_today(model.handle, T) == pytest.approx(8 * 0.75 - 1.5)
    assert rules.news_of_today(model.handle, T + 1) == 0.0


def test_every_date_of_a_rule_is_logged_once() -> None:
    model = ruled((T, T + 10, -1, 0.0, 1), (T, T + 10, -1, 0.25, 1))
    for day, kind in ((T - 7, scene.RULE_RUMOURED), (T, scene.RULE_ANNOUNCED), (T + 9, scene.RULE_EFFECTIVE)):
        emptied_logs(model)
        found = changes(model, rules._log_news, day)
        assert_changes(found, logged(model, 0, kind, day=day, actor=NVIDIA, other=-1, a=1))
    assert_changes(changes(model, rules._log_news, T + 1))
    model.world.rule_f64[scene.HAS_SUBSTITUTE, 0] = 1.0
    emptied_logs(model)
    rules._log_news(model.handle, T)
    assert model.world.event_i64[scene.EVENT_A, :2].tolist() == [0, 1]


def test_beliefs_follow_news_time_and_peers() -> None:
    model = ruled((T, T + 10, -1, 0.5, 1))
    w = model.world
    first, last = int(w.clock[scene.FIRST_CLOUD]), int(w.clock[scene.FIRST_STARTUP])
    w.p[[rules.po.DECAY, rules.po.PEER_PULL, rules.po.ANNOUNCEMENT_NEWS]] = 0.1, 0.2, 4.0
    odds = w.belief_f64[accounts.BAN_LOG_ODDS, first:last]
    odds[:] = np.arange(last - first) - 3.0
    foresight = w.belief_f64[accounts.FORESIGHT, first:last]
    foresight[:] = np.linspace(0.5, 1.5, last - first)
    w.belief_f64[accounts.BAN_LOG_ODDS, NVIDIA] = 5.0  # holds no belief that counts
    base, mean = np.log(0.49 / 0.51), odds.mean()
    expected = odds + 0.1 * (base - odds) + 0.2 * (mean - odds) + 4.0 * 0.5 * foresight
    found = changes(model, rules.move_beliefs, T)
    chances = 1 / (1 + np.exp(-expected))
    assert_changes(
        found,
        {("belief_f64", accounts.BAN_LOG_ODDS, first + k): float(x) for k, x in enumerate(expected)},
        {("belief_f64", accounts.BAN_BELIEF, first + k): float(x) for k, x in enumerate(chances)},
        {("scene_f64", scene.MEAN_BELIEF): float(mean)},
    )


def test_supply_is_remembered_over_a_quarter() -> None:
    model = ruled((T - 9, T, -1, 0.5, 1))
    w = model.world
    w.product_f64[scene.SEVERITY, A800] = 0.2
    w.product_f64[scene.SMOOTHED_SUPPLY, A800] = 900.0
    w.supply[A800, T] = 1000.0
    w.climate[T] = 1.75
    months = float(w.p[primary.pp.REVENUE_MONTHS])
    rules.settle_rules(model.handle, T)
    names = [scene.LAST_SEVERITY, scene.SEVERITY, scene.SUPPLY, scene.SMOOTHED_SUPPLY]
    assert w.product_f64[names, A800] == pytest.approx([0.2, 0.5, 1000.0, 900.0 + (500.0 - 900.0) / months])
    assert w.scene_f64[scene.CLIMATE] == 1.75
