"""Scenarios drawn at random: from priors, from corners of the bounds, and with other firms and rules."""

from __future__ import annotations

import datetime as dt
from random import Random
from typing import Any

from market.parameters import all_parameters
from market.scenarios import Scenario, load_scenario

CORNER_SHARE = 0.1  # parameters of a corner world that stand at one of their bounds
DAYS = 1096
FIRST = dt.date(2022, 1, 1)
ALLOTMENTS = ("proportional", "linear", "uniform", "turn_and_earn", "priority")


def drawn_scenario(number: int) -> Scenario:
    """Return the scenario of this number; odd ones have parameters at the corners of their bounds."""
    return load_scenario("tiny", drawn_overrides(number))


def drawn_overrides(number: int) -> dict[str, Any]:
    """Return what that scenario changes in ``tiny``."""
    luck = Random(number)
    return {**_parameters(luck, number % 2 == 1), **_firms(luck), **_rules(luck)}


def _parameters(luck: Random, at_corners: bool) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for parameter in all_parameters():
        if parameter.prior is not None:
            values[parameter.name] = luck.uniform(*parameter.prior)
        elif parameter.unit == "switch":
            values[parameter.name] = luck.choice((0, 1))
        if at_corners and luck.random() < CORNER_SHARE:
            values[parameter.name] = luck.choice((parameter.low, parameter.high))
    return values


def _firms(luck: Random) -> dict[str, Any]:
    values: dict[str, Any] = {
        "population.startups": luck.choice((0, 6, 15, 40)),
        "population.speculators": luck.choice((0, 1, 10, 30)),
        "market.allotment": luck.choice(ALLOTMENTS),
    }
    for cloud in ("alibaba_cloud", "tencent_cloud", "volcano_engine", "long_tail"):
        values[f"cloud.{cloud}.online_cards"] = luck.choice((0, 500, 5_000, 20_000))
        values[f"cloud.{cloud}.stock_cards"] = luck.choice((0, 0, 5_000))
        values[f"cloud.{cloud}.own_training_priority"] = luck.random()
        values[f"cloud.{cloud}.insists_on_penalty"] = luck.random() < 0.2
    if luck.random() < 0.3:
        values["cloud.baidu_cloud"] = {"remove": True}
    for maker in range(1, 6):
        if luck.random() < 0.2:
            values[f"server_maker.maker_{maker}"] = {"remove": True}
    if values["population.startups"]:
        for startup in ("minimax", "moonshot_ai", "cloudwalk"):
            values[f"startup.{startup}.cash_cny"] = luck.choice((0.0, 1e6, 1e9))
            values[f"startup.{startup}.ambition_cards"] = luck.choice((0, 100, 5_000))
            values[f"startup.{startup}.buys_direct"] = luck.random() < 0.5
    return values


def _rules(luck: Random) -> dict[str, Any]:
    days = sorted(luck.randrange(DAYS) for _ in range(5))
    rumoured, announced, effective, enforced, lifted = (FIRST + dt.timedelta(day) for day in days)
    rule: dict[str, Any] = {
        "rumoured": rumoured,
        "announced": announced,
        "effective": effective,
        "enforced": enforced,
        "severity": luck.choice((0.0, 0.3, 1.0, 1.0)),
        "products": luck.choice((["a800"], ["a800", "h20"], ["h20", "ascend_910b"])),
        "substitute_announced": luck.random() < 0.2,
    }
    if luck.random() < 0.3:
        rule["lifted"] = lifted
    values: dict[str, Any] = {"rule.us_2023": rule}
    for product in ("h20", "ascend_910b"):
        if luck.random() < 0.2:
            values[f"substitute.{product}"] = {"remove": True}
        else:
            values[f"substitute.{product}.launch"] = FIRST + dt.timedelta(luck.randrange(DAYS))
            values[f"substitute.{product}.performance"] = luck.uniform(0.1, 2.0)
            values[f"substitute.{product}.price_cny"] = luck.uniform(1_000.0, 300_000.0)
    return values
