"""Every mechanism of the evidence is shown here, and shown to be gone when it is switched off."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from market import evidence

MECHANISMS = [fact.id for fact in evidence.facts() if fact.kind == "mechanism"]
SOURCES = [path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py")]
TESTS = [name for source in SOURCES for name in re.findall(r"^def (test_\w+)", source, re.MULTILINE)]


def test_the_evidence_names_mechanisms() -> None:
    assert len(MECHANISMS) == 25


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_every_mechanism_is_shown_and_switched_off(mechanism: str) -> None:
    shown = [name for name in TESTS if name.startswith(f"test_{mechanism}_")]
    off = [name for name in shown if name.startswith(f"test_{mechanism}_off_")]
    assert off
    assert len(shown) > len(off)
