"""The series of the experiment `baseline`: quantiles over seeds, reported prices and the rule's dates beside them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pandas as pd

from figures.results import Experiment, Results, ResultsError
from figures.sweep import EvidencePoint, RuleDate

__all__ = ["BaselineSeries"]

PRICE = "spot_price_cny"
PRICE_UNIT = "CNY per card"
RULE_MARKS = ("rumoured", "announced", "in force")


@dataclass(frozen=True)
class BaselineSeries:
    """What figures of the baseline draw."""

    experiment: Experiment
    scenario_name: str = "baseline"

    @classmethod
    def of(cls, results: Results) -> BaselineSeries:
        """Return the series of the experiment that these results hold."""
        return cls(results.experiment("baseline"))

    @property
    def origin(self) -> str:
        """Version and commit that made the results."""
        return self.experiment.origin

    def fan(self, quantity: str) -> pd.DataFrame:
        """Return the quantiles of a quantity, in order of time: by the day for the price, by the fortnight else.

        Raises
        ------
        ResultsError
            When the results do not hold it.
        """
        table = "price_fan" if quantity == PRICE else "fan"
        rows = self.experiment.table(table, dates=["date"])
        rows = rows.loc[rows["quantity"] == quantity]
        if rows.empty:
            raise ResultsError(f"{self.experiment.directory / table}.csv: no quantity {quantity!r}")
        return rows.sort_values("date").reset_index(drop=True)

    @property
    def n_seeds(self) -> int:
        """Number of seeds."""
        return int(self.fan(PRICE)["n"].max())

    def evidence(self) -> list[EvidencePoint]:
        """Return the scored prices with their bands."""
        rows = self._marks().loc[lambda table: table["mark"] == "price"]
        return [
            EvidencePoint(row.id, _date(row.start), _date(row.end), row.low, row.high, row.value, PRICE_UNIT)
            for row in rows.itertuples()
        ]

    def rule_dates(self) -> list[RuleDate]:
        """Return the dates of every rule that stops some of the flow, in order of time."""
        rows = self._marks().loc[lambda table: table["mark"].isin(RULE_MARKS)]
        dates = [RuleDate(row.id, row.mark, _date(row.start)) for row in rows.itertuples()]
        return sorted(dates, key=lambda entry: entry.date)

    def rule_days(self) -> list[pd.Timestamp]:
        """Return the same as timestamps, for vertical lines."""
        return [pd.Timestamp(entry.date) for entry in self.rule_dates()]

    def rule_sentence(self) -> str:
        """Return a sentence for captions that says what the vertical lines are."""
        dated = ", ".join(f"{entry.what} {entry.date}" for entry in self.rule_dates())
        return f"Dashed lines: the rule ({dated})." if dated else ""

    def _marks(self) -> pd.DataFrame:
        return self.experiment.table("marks")


def _date(text: str) -> dt.date:
    return dt.date.fromisoformat(text)
