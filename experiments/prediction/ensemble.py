"""A forecast as an ensemble: equally likely paths of every quantity that a forecaster can speak of.

A path has a value for each day that is forecast; NaN where the quantity does not exist in it. A forecaster that
cannot speak of a quantity has no paths of it, or too few that exist. Ensembles are kept as one Parquet file a
forecaster, in whole steps of each quantity that are too small to matter, so that scoring reads nothing but kept files.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import parquet

from experiments.engine.errors import StorageError
from experiments.readings.quantities import DATES, QUANTITIES

__all__ = ["FEWEST", "LEVELS", "Ensemble", "fan"]

Floats = NDArray[np.float64]

FEWEST = 20
"""Paths that must exist on a day for a forecaster to speak of it."""
LEVELS = {"p05": 0.05, "p25": 0.25, "median": 0.5, "p75": 0.75, "p95": 0.95}


@dataclass(frozen=True)
class Ensemble:
    """The paths of one forecaster.

    Attributes
    ----------
    name : str
    paths : mapping of str to numpy.ndarray, shape (draws, days)
        By quantity, on the days of `experiments.readings.quantities.DATES`.
    """

    name: str
    paths: Mapping[str, Floats]

    def speaks_of(self, quantity: str) -> bool:
        """Tell whether there are paths of a quantity, enough of them somewhere."""
        return quantity in self.paths and bool((np.isfinite(self.paths[quantity]).sum(axis=0) >= FEWEST).any())

    def window(self, quantity: str, start: dt.date, end: dt.date) -> Floats:
        """Return what each path says of a span of days, ends included; paths in which it does not exist are left out.

        Returns
        -------
        numpy.ndarray
            Empty when the forecaster cannot speak of it.
        """
        if quantity not in self.paths:
            return np.empty(0)
        first, last = (int((np.datetime64(day) - DATES[0]).astype(np.int64)) for day in (start, end))
        days = self.paths[quantity][:, first : last + 1]
        rule = QUANTITIES[quantity].window
        if rule == "last":
            values = days[:, -1]
        elif rule == "sum":
            values = days.sum(axis=1)
        else:
            seen = np.isfinite(days)
            with np.errstate(invalid="ignore"):
                values = np.where(seen, days, 0.0).sum(axis=1) / seen.sum(axis=1)
        values = values[np.isfinite(values)]
        return values if values.size >= FEWEST else values[:0]

    def write(self, path: Path) -> None:
        """Write the paths, whole or not at all."""
        tables = []
        for quantity, values in self.paths.items():
            steps = np.round(values.T / QUANTITIES[quantity].step)
            counts = [pa.array(column, pa.int32()) for column in _whole(steps)]
            labels = pa.array([quantity] * DATES.size), pa.array(DATES.astype("datetime64[ms]"))
            names = ["quantity", "date", *(f"path_{k:04d}" for k in range(len(counts)))]
            tables.append(pa.Table.from_arrays([*labels, *counts], names=names))
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch = path.with_name(f".{path.name}.tmp")
        table = pa.concat_tables(tables).combine_chunks()
        encoding = {name: "DELTA_BINARY_PACKED" for name in table.column_names if name.startswith("path_")}
        parquet.write_table(
            table, scratch, compression="zstd", use_dictionary=False, column_encoding=encoding, write_statistics=False
        )
        os.replace(scratch, path)

    @classmethod
    def read(cls, path: Path) -> Ensemble:
        """Read what `write` wrote.

        Raises
        ------
        StorageError
            When the file is missing or is none of these.
        """
        try:
            table = pd.read_parquet(path)
            paths = {
                str(name): rows.drop(columns=["quantity", "date"]).to_numpy(float).T * QUANTITIES[str(name)].step
                for name, rows in table.groupby("quantity", sort=False, observed=True)
            }
        except (OSError, ValueError, KeyError) as error:
            raise StorageError(path, f"cannot be read as an ensemble ({error}); make the forecast again") from error
        if not set(paths) <= set(QUANTITIES) or any(values.shape[1] != DATES.size for values in paths.values()):
            raise StorageError(path, "does not hold the quantities and days of this package; make the forecast again")
        return cls(path.stem.removeprefix("forecaster_"), paths)


def _whole(steps: Floats) -> Iterator[np.ma.MaskedArray]:
    """Yield columns of whole numbers, masked where there is none."""
    for column in steps.T:
        missing = ~np.isfinite(column)
        yield np.ma.masked_array(np.where(missing, 0.0, column).astype(np.int32), missing)


def fan(ensemble: Ensemble) -> pd.DataFrame:
    """Return quantiles over paths by quantity and day.

    Returns
    -------
    pandas.DataFrame
        Columns `forecaster`, `quantity`, `date`, the quantiles of `LEVELS`, and `share`: paths in which the quantity
        exists. Quantiles are taken day by day, over the paths in which it does; no path follows them.
    """
    tables = []
    for quantity, values in ensemble.paths.items():
        share = np.isfinite(values).mean(axis=0)
        spoken = share * values.shape[0] >= FEWEST
        levels = np.full((len(LEVELS), DATES.size), np.nan)
        if spoken.any():
            levels[:, spoken] = np.nanquantile(values[:, spoken], list(LEVELS.values()), axis=0)
        tables.append(
            pd.DataFrame(
                {
                    "forecaster": ensemble.name,
                    "quantity": quantity,
                    "date": DATES.astype("datetime64[ns]"),
                    **dict(zip(LEVELS, levels, strict=True)),
                    "share": share,
                }
            )
        )
    return pd.concat(tables, ignore_index=True)
