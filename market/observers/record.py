"""The daily record in the form in which Mesa's tools read a data collector."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from market.observers.tables import daily_frame
from market.state import scene

if TYPE_CHECKING:
    from market.model import GpuMarket

__all__ = ["DailyRecord"]


class DailyRecord:
    """A model's daily record, for `mesa.batch_run` and whoever asks a model for its `datacollector`.

    It holds nothing: step k of a Mesa tool is day k of the record. A DataCollector may take its place.
    """

    def __init__(self, model: GpuMarket) -> None:
        self._model = model
        self._agent_records: dict[int, list[tuple[Any, ...]]] = {}
        self.agent_reporters: dict[str, Any] = {}

    @property
    def model_vars(self) -> dict[str, np.ndarray]:
        """Each daily column up to today."""
        record, days = self._model.world.daily_f64, self._model.day
        return {column.name: record[row, :days] for row, column in enumerate(scene.DAILY_F64.columns)}

    def get_model_vars_dataframe(self) -> pd.DataFrame:
        """The daily record, one row a day."""
        return daily_frame(self._model.world, self._model.day).set_index("date")
