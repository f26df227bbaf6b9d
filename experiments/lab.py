"""Where an experiment works: it collects the runs of a study and keeps tables and numbers.

An experiment asks the laboratory for the tables of a study (`collect`), computes, and keeps small results (`keep`
for tables, `note` for numbers that the paper quotes). Everything of an experiment lies in one directory.
"""

from __future__ import annotations

import importlib
import json
import math
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from experiments.study import Study
from market import load_scenario, run

__all__ = ["Lab"]


@dataclass
class Lab:
    """A place to work.

    Attributes
    ----------
    name : str
        Name of the experiment.
    directory : pathlib.Path
        Holds `numbers.json`, tables as CSV, `manifest.json` and `shards/`.
    quick : bool
        Small designs, for a look and for tests.
    workers : int
    """

    name: str
    directory: Path
    quick: bool = False
    workers: int = 1
    _numbers: dict[str, dict[str, Any]] = field(default_factory=dict, repr=False)

    def collect(self, study: Study) -> dict[str, pd.DataFrame]:
        """Run what is missing of a study and return its tables.

        Returns
        -------
        dict of str to pandas.DataFrame
            Each with the columns `point`, `replicate`, `seed` before the reading's own; rows in the order of the
            points, then of the replicates.
        """
        module, _, function = study.read.partition(":")
        read = getattr(importlib.import_module(module), function)
        parts: dict[str, list[pd.DataFrame]] = {}
        for order in study.runs():
            scenario = load_scenario(order.point.scenario, dict(order.point.overrides))
            for name, table in read(run(scenario, order.seed, days=study.days)).items():
                table.insert(0, "point", order.point.key)
                table.insert(1, "replicate", order.replicate)
                table.insert(2, "seed", order.seed)
                parts.setdefault(name, []).append(table)
        place = {point.key: number for number, point in enumerate(study.points)}
        tables = {name: pd.concat(frames, ignore_index=True) for name, frames in parts.items()}
        return {
            name: table.sort_values(
                ["point", "replicate"], key=lambda c: c.map(place) if c.name == "point" else c, kind="stable"
            ).reset_index(drop=True)
            for name, table in tables.items()
        }

    def keep(self, table: str, frame: pd.DataFrame) -> None:
        """Keep a small table as CSV, whole or not at all."""
        _write(self.directory / f"{table}.csv", frame.to_csv(index=False, lineterminator="\n"))

    def note(
        self,
        name: str,
        value: float,
        low: float | None = None,
        high: float | None = None,
        *,
        unit: str,
        runs: int,
        meaning: str,
    ) -> None:
        """Keep a number that text may quote.

        Parameters
        ----------
        name : str
            Lower case with underscores, named after the outcome; unique within the experiment.
        value, low, high : float
            The estimate and its interval, where it has one.
        unit, meaning : str
            What it is, what the interval covers.
        runs : int
            Number of seeds or runs behind it.
        """
        numbers = {"value": value, "low": low, "high": high}
        clean = {key: None if x is None or math.isnan(x) else float(x) for key, x in numbers.items()}
        self._numbers[name] = {**clean, "unit": unit, "runs": int(runs), "meaning": meaning}
        _write(self.directory / "numbers.json", json.dumps(dict(sorted(self._numbers.items())), indent=1) + "\n")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.tmp")
    scratch.write_text(text, encoding="utf-8")
    os.replace(scratch, path)
