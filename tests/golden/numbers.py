"""What is kept of a golden run, and how two of them are compared."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from market import Result, run
from market.observers.digest import digest

__all__ = ["CHANGELOG", "EXPECTED", "SCENARIOS", "changes", "measured", "read", "with_line", "write"]

HERE = Path(__file__).resolve().parent
EXPECTED = HERE / "expected.json"
CHANGELOG = HERE.parents[1] / "CHANGELOG.md"
SCENARIOS = ("baseline", "no_rule", "uniform_allotment")
SEED = 1
SECTION = "## "
DIGITS = 12

Golden = dict[str, dict[str, Any]]


def measured() -> Golden:
    """Run the golden worlds."""
    return {name: summary(run(name, seed=SEED)) for name in SCENARIOS}


def summary(result: Result) -> dict[str, Any]:
    """The digest of a run, and numbers that say where it went when the digest has changed."""
    daily, events, contracts = result.daily, result.events, result.contracts
    kinds = events["kind"].astype(str).value_counts()
    numbers = {
        "price_highest_cny": daily["spot_price_cny"].max(),
        "price_last_cny": daily["spot_price_cny"].iloc[-1],
        "rent_mean_cny_per_card_month": daily["rent_cny_per_card_month"].mean(),
        "volume_cards": daily["spot_volume_cards"].sum(),
        "delivered_cards": result.deliveries["cards"].sum(),
        "ordered_cards": result.orders["cards"].sum(),
        "imported_cards": daily["grey_imports_cards"].sum(),
        "trained_card_days": daily["trained_card_days"].iloc[-1],
        "startups_alive": daily["startups_alive"].iloc[-1],
        "contracts": len(contracts),
        "served_card_days": contracts["served_card_days"].sum(),
        "tenders_awarded": kinds.get("tender_awarded", 0),
        "switches": kinds.get("switched", 0),
        "events": len(events),
    }
    rounded = {name: float(f"{float(number):.{DIGITS}g}") for name, number in numbers.items()}
    return {"digest": digest(result), **rounded}


def changes(before: Golden, after: Golden) -> list[str]:
    """What differs, a line each."""
    lines = []
    for name in dict.fromkeys([*before, *after]):
        old, new = before.get(name, {}), after.get(name, {})
        for key in dict.fromkeys([*old, *new]):
            if old.get(key) != new.get(key):
                lines.append(f"{name}: {key}: {_shown(old.get(key))} -> {_shown(new.get(key))}")
    return lines


def _shown(value: Any) -> str:
    return value[:DIGITS] if isinstance(value, str) else f"{value:,.6g}" if value is not None else "nothing"


def read() -> Golden:
    """The numbers that are kept."""
    return json.loads(EXPECTED.read_text(encoding="utf-8")) if EXPECTED.exists() else {}


def write(golden: Golden) -> None:
    """Keep these numbers."""
    EXPECTED.write_text(json.dumps(golden, indent=2) + "\n", encoding="utf-8")


def with_line(changelog: str, line: str) -> str:
    """A changelog with one more line at the end of its newest version."""
    parts = changelog.split(f"\n{SECTION}")
    parts[1] = f"{parts[1].rstrip()}\n- Golden numbers: {line.strip().rstrip('.')}.\n"
    return f"\n{SECTION}".join(parts)
