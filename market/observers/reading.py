"""One run as the patterns read it: the columns that several measures share, each read once.

Everything is computed on first use, because a search measures thousands of runs. A span of dates includes
both ends.
"""

from __future__ import annotations

import datetime as dt
import math
from functools import cached_property

import numpy as np
import pandas as pd

from market.errors import MarketError
from market.observers.columns import CARD, RunTables, between, has, in_days
from market.observers.focal import Award, Move, customer_events, focal_award, focal_move

__all__ = ["YEAR_2023", "Period", "Reading", "ratio"]

Period = tuple[dt.date, dt.date]
"""First and last day, both included."""

YEAR_2023: Period = (dt.date(2023, 1, 1), dt.date(2023, 12, 31))


def ratio(above: float, below: float) -> float:
    """Return a ratio, NaN over zero."""
    return float(above) / float(below) if below else math.nan


class Reading:
    """One run, with the columns that several patterns share read once."""

    def __init__(self, run: RunTables) -> None:
        self.run = run
        self.days = in_days(run.daily, "date")
        self.spot_price_cny = run.daily["spot_price_cny"].to_numpy(float)
        self._rows: dict[str, np.ndarray] = {}

    def reaches(self, date: dt.date) -> bool:
        """Return whether the run has this day."""
        return bool(self.days.size) and bool(self.days[-1] >= np.datetime64(date))

    def spot_within(self, first: dt.date, last: dt.date) -> np.ndarray:
        """Return the spot prices of these days, or none unless the run has them all."""
        prices = self.spot_price_cny[between(self.days, first, last)]
        return prices if self.reaches(last) else prices[:0]

    @cached_property
    def customer_events(self) -> pd.DataFrame:
        """Events in which the focal customer acts."""
        return customer_events(self.run)

    @cached_property
    def award(self) -> Award | None:
        """The focal award."""
        return focal_award(self.customer_events)

    @cached_property
    def move(self) -> Move | None:
        """The focal customer's move away from the winner."""
        return focal_move(self.customer_events, self.award)

    @cached_property
    def placed(self) -> np.ndarray:
        """Day on which each order was placed."""
        return in_days(self.run.orders, "placed_date")

    @cached_property
    def ordered_cards(self) -> np.ndarray:
        """Cards of each order, cancelled ones included."""
        return self.run.orders["cards"].to_numpy(np.int64)

    @cached_property
    def is_card_order(self) -> np.ndarray:
        """Which orders are for the A-class card."""
        return has(self.run.orders, "product", CARD)

    @cached_property
    def is_cloud_order(self) -> np.ndarray:
        """Which orders for the card a cloud placed."""
        clouds = [cloud.id for cloud in self.run.scenario.clouds]
        return self.is_card_order & np.asarray(self.run.orders["buyer"].isin(clouds), dtype=bool)

    @cached_property
    def delivered_days(self) -> np.ndarray:
        """Day of each delivery."""
        return in_days(self.run.deliveries, "date")

    @cached_property
    def delivered_cards(self) -> np.ndarray:
        """Cards of each delivery."""
        return self.run.deliveries["cards"].to_numpy(np.int64)

    @cached_property
    def delivered_order(self) -> np.ndarray:
        """Row of the order that each delivery belongs to."""
        rows = pd.Index(self.run.orders["order_id"]).get_indexer(self.run.deliveries["order_id"])
        if (rows < 0).any():
            raise MarketError("deliveries: a delivery names an order_id that orders does not hold")
        return rows

    def is_order_of(self, buyer: str, period: Period) -> np.ndarray:
        """Return which orders for the card this buyer placed in the period."""
        return self.is_card_order & between(self.placed, *period) & has(self.run.orders, "buyer", buyer)

    def share_delivered(self, period: Period, by: dt.date) -> float:
        """Return the share of the cards that clouds ordered in the period delivered up to a day.

        That day is included; cards of cancelled orders stay in the denominator.
        """
        chosen = self.is_cloud_order & between(self.placed, *period)
        if not self.reaches(by):
            return math.nan
        in_time = chosen[self.delivered_order] & (self.delivered_days <= np.datetime64(by))
        return ratio(self.delivered_cards[in_time].sum(), self.ordered_cards[chosen].sum())

    @cached_property
    def cloud_margins_2023(self) -> tuple[float, float]:
        """Margins of all clouds together over 2023, at historic and at replacement cost of cards.

        Revenue less the operating cost and depreciation of the cards not set aside for own training, over
        revenue.
        """
        if not self.reaches(YEAR_2023[1]):
            return math.nan, math.nan
        columns = ("revenue_cny", "opex_cny", "historic_depreciation_cny", "replacement_depreciation_cny")
        revenue, opex, historic, replacement = (self._of_2023("cloud", name) for name in columns)
        # A cloud without a card online has no share; it has no cost either.
        sold = 1 - np.nan_to_num(self._of_2023("cloud", "own_training_share"))
        total = revenue.sum()
        return (
            ratio(total - ((opex + historic) * sold).sum(), total),
            ratio(total - ((opex + replacement) * sold).sum(), total),
        )

    @cached_property
    def nvidia_margin_2023(self) -> float:
        """NVIDIA's gross margin on its sales in China over 2023."""
        if not self.reaches(YEAR_2023[1]):
            return math.nan
        revenue = self._of_2023("nvidia", "revenue_cny").sum()
        return ratio(revenue - self._of_2023("nvidia", "cost_cny").sum(), revenue)

    @cached_property
    def _is_2023(self) -> np.ndarray:
        """Which firm-months lie in 2023."""
        return between(in_days(self.run.firms, "month"), *YEAR_2023)

    def _of_2023(self, kind: str, column: str) -> np.ndarray:
        """Return a column over the firm-months of 2023 of one kind of firm."""
        return self.run.firms[column].to_numpy(float)[self._rows_2023(kind)]

    def _rows_2023(self, kind: str) -> np.ndarray:
        """Return the rows of one kind of firm in 2023, found once."""
        if kind not in self._rows:
            self._rows[kind] = np.flatnonzero(self._is_2023 & has(self.run.firms, "kind", kind))
        return self._rows[kind]
