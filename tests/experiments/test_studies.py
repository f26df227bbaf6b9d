"""A study is data: its seeds come from names, its runs are balanced, and what cannot be run is refused."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import numpy as np
import pytest

from experiments.engine.errors import InputError
from experiments.study import Factor, Point, Study, canonical
from market import MarketError

POINTS = (Point("a"), Point("b", values={"size": 2}), Point("c"))


def study(**changed: Any) -> Study:
    asked = {"name": "try", "points": POINTS, "replicates": 4, "seeds": "paired", "read": "module:function"}
    return Study(**{**asked, **changed})


def test_paired_points_share_the_luck_of_a_replicate_and_independent_ones_do_not() -> None:
    paired = [order.seed for order in study().runs()]
    assert [len(set(paired[first : first + 3])) for first in range(0, 12, 3)] == [1, 1, 1, 1]
    assert len(set(paired)) == 4
    assert len({order.seed for order in study(seeds="independent").runs()}) == 12


def test_seeds_come_from_names_and_not_from_places() -> None:
    for seeds in ("paired", "independent"):
        small = {(o.point.key, o.replicate): o.seed for o in study(seeds=seeds).runs()}
        reordered = study(seeds=seeds, points=(*POINTS[::-1], Point("d")), replicates=6)
        large = {(o.point.key, o.replicate): o.seed for o in reordered.runs()}
        assert small.items() <= large.items()


def test_studies_share_luck_only_if_they_say_so() -> None:
    seeds = [{order.seed for order in study(name=name).runs()} for name in ("one", "two")]
    assert not seeds[0] & seeds[1]
    shared = [[order.seed for order in study(name=name, luck="both").runs()] for name in ("one", "two")]
    assert shared[0] == shared[1]


def test_a_seed_is_one_the_model_accepts() -> None:
    assert all(0 <= order.seed < 2**62 for order in study(replicates=200, seeds="independent").runs())


def test_a_study_cut_short_is_balanced() -> None:
    assert [(o.point.key, o.replicate) for o in study(replicates=2).runs()] == [
        ("a", 0),
        ("b", 0),
        ("c", 0),
        ("a", 1),
        ("b", 1),
        ("c", 1),
    ]
    assert len(study(replicates=2)) == 6


def test_the_design_repeats_the_values_of_the_points() -> None:
    design = study().design()
    assert list(design["point"]) == ["a", "b", "c"]
    assert design.loc[1, "size"] == 2
    assert math.isnan(design.loc[0, "size"])


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"name": "../elsewhere"}, "letters, digits"),
        ({"points": ()}, "at least one point"),
        ({"points": (Point("a"), Point("b"), Point("a"))}, "a key of its own"),
        ({"replicates": 0}, "at least 1"),
        ({"seeds": "common"}, "paired or independent"),
        ({"read": "outcomes"}, "module:function"),
        ({"days": 0}, "at least 1"),
        ({"runs_per_shard": 0}, "at least 1"),
        ({"points": (Point("a", overrides={"orders.adjustment": math.nan}),)}, "what JSON can hold"),
        ({"points": (Point("a", overrides={"orders.adjustment": object()}),)}, "what JSON can hold"),
    ],
)
def test_a_study_that_cannot_be_run_is_refused(changed: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=told) as caught:
        study(**changed)
    assert isinstance(caught.value, MarketError)
    assert caught.value.exit_code == 2


def test_a_factor_needs_a_range() -> None:
    with pytest.raises(InputError, match="the lower one first"):
        Factor("severity", 1.0, 0.0, "share", "share of the flow that stops")
    with pytest.raises(InputError, match="two numbers"):
        Factor("severity", 0.0, math.inf, "share", "share of the flow that stops")


def test_one_value_has_one_text() -> None:
    plain = {"b": 0.5, "a": [1, True], "day": "2023-10-17"}
    numpy = {"day": dt.date(2023, 10, 17), "a": (np.int64(1), np.bool_(True)), "b": np.float64(0.5)}
    assert canonical(plain) == canonical(numpy) == '{"a":[1,true],"b":0.5,"day":"2023-10-17"}'
