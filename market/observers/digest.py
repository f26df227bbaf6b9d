"""One digest of all that a run says: equal digests mean equal tables, to the last bit.

Numbers are hashed as they are stored (not-a-number as one pattern), names as text, so that neither the codes
of a categorical column nor the version of a file format matters. Who compares runs compares this line.
"""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd

from market.observers.columns import RunTables

__all__ = ["TABLES", "canonical_bytes", "digest"]

TABLES = ("daily", "firms", "events", "contracts", "orders", "deliveries")
MISSING = "\0missing"


def digest(result: RunTables) -> str:
    """Return the SHA-256 of all tables of a result, as 64 hexadecimal digits.

    Parameters
    ----------
    result : Result or StoredRun
        What `market.run` returned, or `market.read_run` read back.
    """
    total = hashlib.sha256()
    for name in TABLES:
        table: pd.DataFrame = getattr(result, name)
        total.update(f"{name} {len(table)} {len(table.columns)}\n".encode())
        for column in table.columns:
            content = canonical_bytes(table[column])
            total.update(f"{column} {len(content)}\n".encode())
            total.update(content)
    return total.hexdigest()


def canonical_bytes(column: pd.Series) -> bytes:
    """Return a column as bytes that depend on its values alone.

    Whole numbers and dates (nanoseconds) become int64, numbers float64, all little-endian; the rest text.
    """
    kind = column.dtype.kind if isinstance(column.dtype, np.dtype) else ""
    if kind == "M":
        return column.to_numpy().astype("datetime64[ns]").astype("<i8").tobytes()
    if kind in "iub" and kind:
        return column.to_numpy().astype("<i8").tobytes()
    if kind == "f" or isinstance(column.dtype, pd.Int64Dtype):
        numbers = column.to_numpy(dtype="<f8", na_value=np.nan)
        return np.where(np.isnan(numbers), np.nan, numbers).tobytes()
    words = column.astype(object).where(column.notna(), MISSING)
    return "".join(f"{len(word)} {word}\n" for word in words.map(str)).encode()
