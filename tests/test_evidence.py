"""The evidence: every fact, observation and citation key is complete, unique and consistent."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
import re
import subprocess
import sys
from importlib.resources import files

import pytest

from market import evidence
from market.errors import MarketError, UsageError
from market.evidence import Fact, Observation

DATA_FILES = ("facts.toml", "observations.csv", "references.bib")
PATTERNS = [fact for fact in evidence.facts() if fact.kind == "pattern"]


def by_id(entry: Fact | Observation) -> str:
    return entry.id


def text_of(name: str) -> str:
    return files("market.evidence").joinpath(name).read_text(encoding="utf-8")


def test_nothing_of_the_evidence_is_lost_in_loading() -> None:
    assert len(evidence.facts()) == text_of("facts.toml").count("[[fact]]") > 0
    # No field of the file holds a line break, so a row is a line.
    assert len(evidence.observations()) == len(text_of("observations.csv").splitlines()) - 1 > 0
    n_entries = sum(line.startswith("@") for line in text_of("references.bib").splitlines())
    assert len(evidence.bibliography_keys()) == n_entries > 0


@pytest.mark.parametrize("entries", [evidence.facts(), evidence.observations()], ids=["facts", "observations"])
def test_ids_are_unique(entries: tuple[Fact | Observation, ...]) -> None:
    assert len({entry.id for entry in entries}) == len(entries)


def test_an_id_that_occurs_twice_is_refused() -> None:
    twice = [evidence.fact("T5"), evidence.fact("T5")]
    with pytest.raises(MarketError, match="'T5' occurs twice"):
        evidence._by_id(twice, "facts.toml")


@pytest.mark.parametrize("fact", evidence.facts(), ids=by_id)
def test_a_fact_is_a_mechanism_an_input_or_a_pattern_with_words(fact: Fact) -> None:
    assert fact.kind in {"mechanism", "input", "pattern"}
    assert fact.topic
    assert fact.text.endswith((".", ")"))
    assert fact.confidence in {None, "low"}
    assert fact.date is None or type(fact.date) is dt.date


@pytest.mark.parametrize("fact", PATTERNS, ids=by_id)
def test_a_pattern_says_how_it_is_measured_and_when_it_counts_as_reproduced(fact: Fact) -> None:
    assert fact.measure
    assert fact.unit
    assert None not in (fact.value, fact.low, fact.high)


@pytest.mark.parametrize("entry", [*evidence.facts(), *evidence.observations()], ids=by_id)
def test_a_band_contains_its_value(entry: Fact | Observation) -> None:
    low = -math.inf if entry.low is None else entry.low
    high = math.inf if entry.high is None else entry.high
    assert low <= high
    if entry.value is not None:
        assert isinstance(entry.value, float)
        assert math.isfinite(entry.value)
        assert low <= entry.value <= high


@pytest.mark.parametrize("seen", evidence.observations(), ids=by_id)
def test_an_observation_has_ordered_dates_a_unit_a_confidence_and_a_source(seen: Observation) -> None:
    assert seen.start <= seen.end
    assert seen.quantity
    assert seen.unit
    assert seen.confidence in {"high", "medium", "low"}
    assert seen.source
    assert seen.url == "" or seen.url.startswith(("https://", "http://"))


@pytest.mark.parametrize("name", DATA_FILES)
def test_a_file_of_evidence_holds_no_placeholder(name: str) -> None:
    # With regard to case: Todo is also a surname.
    found = re.findall(r"\b(?:TODO|FIXME|TBD|XXX+|PLACEHOLDER|placeholder|example\.(?:com|org)|\?\?\?)", text_of(name))
    assert found == []


def test_an_entry_is_found_by_its_id() -> None:
    assert evidence.fact("T5").value == 0.20
    assert evidence.observation("P08").unit == "USD/card"
    assert "Lee1997information" in evidence.bibliography_keys()


@pytest.mark.parametrize(("look_up", "id"), [(evidence.fact, "t5"), (evidence.observation, "p08")])
def test_an_unknown_id_is_answered_with_the_nearest_one(look_up: object, id: str) -> None:
    with pytest.raises(UsageError) as caught:
        look_up(id)  # type: ignore[operator]
    assert caught.value.did_you_mean == id.upper()
    assert caught.value.value == id


def test_evidence_cannot_be_changed_by_its_reader() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        evidence.facts()[0].text = "something else"  # type: ignore[misc]
    assert isinstance(evidence.facts(), tuple)
    assert isinstance(evidence.bibliography_keys(), frozenset)


def test_loading_the_evidence_imports_no_heavy_library() -> None:
    program = (
        "import sys; from market import evidence; evidence.facts(); evidence.observations();"
        "print(*sorted({'numpy', 'pandas', 'mesa', 'numba', 'pydantic'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
