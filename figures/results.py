"""Results of experiments on disk as figures and tables read them.

A results directory holds one folder an experiment: `manifest.json` (what was run), `numbers.json` (what the paper
quotes) and tables as CSV. Several such directories may be given: an experiment is taken whole from the first that
has it, so that a fresh run stands before the kept summaries and the two are never mixed within one experiment.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

__all__ = ["DEFAULT_DIRECTORIES", "Experiment", "MissingExperimentError", "Number", "Results", "ResultsError"]

DEFAULT_DIRECTORIES = (Path("results/full"), Path("experiments/summaries"))
MANIFEST, NUMBERS = "manifest.json", "numbers.json"
COMMIT_DIGITS = 10


class ResultsError(Exception):
    """Results that cannot be read; the text names the file and says what to do."""


class MissingExperimentError(ResultsError):
    """An experiment that has not been run."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number that the paper may quote.

    Attributes
    ----------
    value, low, high : float or None
        The estimate and its interval; None where a quantity never occurs or has no interval.
    unit, meaning : str
        What it is, and what the interval covers.
    runs : int
        Seeds or runs behind it.
    """

    value: float | None
    low: float | None
    high: float | None
    unit: str
    runs: int
    meaning: str


@dataclass(frozen=True)
class Experiment:
    """The kept results of one experiment."""

    name: str
    directory: Path

    @property
    def manifest(self) -> Mapping[str, Any]:
        """What was run: studies, seeds, version, commit."""
        return self._read_json(MANIFEST)

    def table(self, name: str, dates: Sequence[str] = ()) -> pd.DataFrame:
        """Return a kept table; the columns in `dates` become dates.

        Raises
        ------
        ResultsError
            When the table is missing, cannot be read or lacks one of the dates.
        """
        path = self.directory / f"{name}.csv"
        self._require(path)
        try:
            return pd.read_csv(path, parse_dates=list(dates), keep_default_na=True)
        except (OSError, ValueError) as error:
            raise ResultsError(f"{path}: not readable as a table ({error}); {self._run_again}") from None

    def tables(self) -> list[str]:
        """Return the names of all kept tables."""
        return sorted(path.stem for path in self.directory.glob("*.csv"))

    def numbers(self) -> dict[str, Number]:
        """Return all numbers by name."""
        entries = self._read_json(NUMBERS)
        try:
            return {name: Number(**entry) for name, entry in entries.items()}
        except TypeError as error:
            raise ResultsError(f"{self.directory / NUMBERS}: an entry is not complete ({error})") from None

    def number(self, name: str) -> Number:
        """Return one number.

        Raises
        ------
        ResultsError
            When the experiment does not note it.
        """
        numbers = self.numbers()
        if name not in numbers:
            held = ", ".join(sorted(numbers)) or "nothing"
            raise ResultsError(f"{self.directory / NUMBERS}: no number {name!r}; it holds {held}")
        return numbers[name]

    def has_manifest(self) -> bool:
        """Return whether the experiment was run to its end by its command."""
        return (self.directory / MANIFEST).is_file()

    @property
    def origin(self) -> str:
        """Version and commit that made the results, as far as the manifest knows them."""
        if not self.has_manifest():
            return "version unknown"
        known = [
            f"{label} {self.manifest[key][:length]}"
            for key, label, length in (("version", "version", None), ("git_commit", "commit", COMMIT_DIGITS))
            if self.manifest.get(key)
        ]
        return ", ".join(known) or "version unknown"

    @property
    def _run_again(self) -> str:
        return f"make it again with `python -m experiments {self.name}`"

    def _read_json(self, file: str) -> dict[str, Any]:
        path = self.directory / file
        self._require(path)
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ResultsError(f"{path}: not readable as JSON ({error}); {self._run_again}") from None
        if not isinstance(content, dict):
            raise ResultsError(f"{path}: not a JSON object; {self._run_again}")
        return content

    def _require(self, path: Path) -> None:
        if not path.is_file():
            raise ResultsError(f"{path}: no such file; {self._run_again}")


@dataclass(frozen=True)
class Results:
    """Results directories, the first one that has an experiment counts."""

    directories: tuple[Path, ...] = DEFAULT_DIRECTORIES

    def experiment(self, name: str) -> Experiment:
        """Return the results of an experiment.

        Raises
        ------
        MissingExperimentError
            When no directory has them; the text names the command that makes them.
        """
        for directory in self.directories:
            if self._holds(directory / name):
                return Experiment(name, directory / name)
        looked = ", ".join(str(directory) for directory in self.directories)
        raise MissingExperimentError(
            f"no results of the experiment {name!r} in {looked}; run `python -m experiments {name}`"
        )

    def has(self, name: str) -> bool:
        """Return whether some directory has the experiment."""
        return any(self._holds(directory / name) for directory in self.directories)

    def experiments(self) -> list[Experiment]:
        """Return every experiment that has results, by name."""
        names = {path.name for directory in self.directories if directory.is_dir() for path in directory.iterdir()}
        return [self.experiment(name) for name in sorted(names) if self.has(name)]

    @staticmethod
    def _holds(directory: Path) -> bool:
        # A folder that holds shards alone belongs to an experiment that has not ended yet.
        return (directory / NUMBERS).is_file() or (directory / MANIFEST).is_file()
