"""What `market patterns --out DIR` keeps, read: the manifest, the quantiles over seeds and the patterns.

Everything a figure says about evidence, rules and origin comes from the manifest, so that a figure can be drawn
without the model and agrees with its run. Experiments are read by `figures.results`.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from figures.results import ResultsError

__all__ = ["EvidencePoint", "Pattern", "RuleDate", "Sweep", "read_sweep"]

MANIFEST = "manifest.json"
QUANTILES = "daily_quantiles.parquet"
PATTERNS = "patterns.json"
COLUMNS = ("date", "quantity", "p05", "p25", "median", "p75", "p95", "n")
RULE_DATES = {"rumoured": "rumoured", "announced": "announced", "effective": "in force"}
WRITE_AGAIN = "write the results with `python -m market patterns --out DIR`"


@dataclass(frozen=True, slots=True)
class EvidencePoint:
    """A dated value of the evidence, with bounds where there are any."""

    id: str
    start: dt.date
    end: dt.date
    low: float | None
    high: float | None
    value: float
    unit: str


@dataclass(frozen=True, slots=True)
class RuleDate:
    """One date of a rule that bites: `what` is rumoured, announced or in force."""

    rule: str
    what: str
    date: dt.date


@dataclass(frozen=True, slots=True)
class Pattern:
    """One pattern of the evidence over seeds: its band, its quantiles and the share of seeds in the band."""

    id: str
    unit: str
    low: float
    high: float
    median: float | None
    p05: float | None
    p95: float | None
    share_in_band: float
    n: int


@dataclass(frozen=True)
class Sweep:
    """One directory of `market patterns`, read."""

    directory: Path
    manifest: Mapping[str, Any]
    quantiles: pd.DataFrame

    @property
    def scenario_name(self) -> str:
        """Name of the scenario that was run."""
        return str(self.manifest["scenario"].get("name", "unnamed"))

    @property
    def n_seeds(self) -> int:
        """Number of seeds that were run.

        Raises
        ------
        ResultsError
            When the manifest does not say.
        """
        seeds = self.manifest.get("seeds")
        if not isinstance(seeds, list):
            raise ResultsError(f"{self.directory / MANIFEST}: no list `seeds`; {WRITE_AGAIN}")
        return len(seeds)

    @property
    def origin(self) -> str:
        """Version and commit that made the results, as far as the manifest knows them."""
        known = [
            f"{label} {self.manifest[key]}"
            for key, label in (("version", "version"), ("git_commit", "commit"))
            if self.manifest.get(key)
        ]
        return ", ".join(known) or "version unknown"

    def fan(self, quantity: str) -> pd.DataFrame:
        """Return the quantiles of one daily quantity, in order of time.

        Raises
        ------
        ResultsError
            When the results do not hold it.
        """
        rows = self.quantiles.loc[self.quantiles["quantity"] == quantity]
        if rows.empty:
            held = ", ".join(sorted(self.quantiles["quantity"].astype(str).unique())) or "nothing"
            raise ResultsError(f"{self.directory / QUANTILES}: no quantity {quantity!r}; it holds {held}")
        return rows.sort_values("date")

    def evidence(self) -> list[EvidencePoint]:
        """Return the evidence points that came with the results.

        Raises
        ------
        ResultsError
            When the manifest has none, or one of them is not complete.
        """
        path = self.directory / MANIFEST
        entries = self.manifest.get("evidence")
        if not isinstance(entries, list):
            raise ResultsError(f"{path}: no list `evidence`; {WRITE_AGAIN}")
        try:
            return [_evidence_point(entry) for entry in entries]
        except (KeyError, TypeError, ValueError) as error:
            raise ResultsError(f"{path}: an entry of `evidence` is not complete ({error}); {WRITE_AGAIN}") from None

    def rule_dates(self) -> list[RuleDate]:
        """Return the dates of every rule that stops some of the flow, in order of time.

        Raises
        ------
        ResultsError
            When a rule of the manifest is not complete.
        """
        path = self.directory / MANIFEST
        try:
            dates = [
                RuleDate(str(rule["id"]), what, dt.date.fromisoformat(rule[key]))
                for rule in self.manifest["scenario"].get("rules", ())
                if rule["severity"] > 0
                for key, what in RULE_DATES.items()
                if rule.get(key)
            ]
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ResultsError(f"{path}: a rule of `scenario` is not complete ({error}); {WRITE_AGAIN}") from None
        return sorted(dates, key=lambda entry: entry.date)

    def patterns(self) -> list[Pattern]:
        """Return the patterns, in the order of the evidence.

        Raises
        ------
        ResultsError
            When they are missing, or one of them is not complete.
        """
        path = self.directory / PATTERNS
        _require(path)
        try:
            return [Pattern(**entry) for entry in json.loads(path.read_text(encoding="utf-8"))]
        except (OSError, TypeError, ValueError) as error:
            raise ResultsError(f"{path}: not a list of patterns ({error}); {WRITE_AGAIN}") from None


def read_sweep(directory: Path) -> Sweep:
    """Read a directory of `market patterns`.

    Raises
    ------
    ResultsError
        When it, or one of its files, is missing or cannot be read.
    """
    if not directory.is_dir():
        raise ResultsError(f"{directory}: no such directory; {WRITE_AGAIN}")
    return Sweep(directory, _manifest(directory / MANIFEST), _quantiles(directory / QUANTILES))


def _manifest(path: Path) -> Mapping[str, Any]:
    """Read the manifest."""
    _require(path)
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ResultsError(f"{path}: not readable as JSON ({error}); {WRITE_AGAIN}") from None
    if not isinstance(manifest, dict) or not isinstance(manifest.get("scenario"), dict):
        raise ResultsError(f"{path}: no table `scenario`; {WRITE_AGAIN}")
    return manifest


def _quantiles(path: Path) -> pd.DataFrame:
    """Read the quantiles over seeds."""
    _require(path)
    try:
        table = pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise ResultsError(f"{path}: not readable as Parquet ({error}); {WRITE_AGAIN}") from None
    missing = [column for column in COLUMNS if column not in table.columns]
    if missing:
        raise ResultsError(f"{path}: without column {', '.join(missing)}; {WRITE_AGAIN}")
    return table


def _require(path: Path) -> None:
    """Refuse a missing file."""
    if not path.is_file():
        raise ResultsError(f"{path}: no such file; {WRITE_AGAIN}")


def _evidence_point(entry: Mapping[str, Any]) -> EvidencePoint:
    """Return one entry of the manifest with its types."""
    low, high = (None if entry[key] is None else float(entry[key]) for key in ("low", "high"))
    return EvidencePoint(
        id=str(entry["id"]),
        start=dt.date.fromisoformat(entry["start"]),
        end=dt.date.fromisoformat(entry["end"]),
        low=low,
        high=high,
        value=float(entry["value"]),
        unit=str(entry["unit"]),
    )
