"""Scenarios: named firms, dated rules, supply, climate and overrides, read from TOML and checked whole."""

from __future__ import annotations

from market.scenarios.check import is_allotted_in_python, known_allotment_rules, register_allotment_rule_name
from market.scenarios.describe import Row, describe, to_toml
from market.scenarios.draws import posterior_draws, with_draw
from market.scenarios.load import load_scenario
from market.scenarios.override import parse_settings
from market.scenarios.read import scenario_names, scenario_title
from market.scenarios.schema import Scenario

__all__ = [
    "Row",
    "Scenario",
    "describe",
    "is_allotted_in_python",
    "known_allotment_rules",
    "load_scenario",
    "parse_settings",
    "posterior_draws",
    "register_allotment_rule_name",
    "scenario_names",
    "scenario_title",
    "to_toml",
    "with_draw",
]
