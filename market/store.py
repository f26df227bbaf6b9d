"""Keep results on disk, whole or not at all, and read them back.

A run directory holds `manifest.json` and one Parquet file a table; a sweep directory holds the patterns over
seeds and the daily quantiles. Everything is written into a hidden directory beside the target, flushed, and
moved into place in one step; a failure or an interrupt removes it. Nothing is ever overwritten.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from market.errors import OutputError
from market.manifest import MANIFEST, first_line, inputs, json_text, read_manifest

if TYPE_CHECKING:
    import pandas as pd

    from market.scenarios import Scenario

__all__ = ["TABLES", "StoredRun", "check_new", "new_directory", "read_run", "write_run", "write_sweep"]

TABLES = ("daily", "firms", "events", "contracts", "orders", "deliveries")


class RunLike(Protocol):
    """What is kept of a run."""

    @property
    def scenario(self) -> Scenario: ...
    @property
    def seed(self) -> int: ...
    @property
    def wall_seconds(self) -> float: ...


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A run read back: the fields of a result, and its manifest."""

    scenario: Scenario
    seed: int
    daily: pd.DataFrame
    firms: pd.DataFrame
    events: pd.DataFrame
    contracts: pd.DataFrame
    orders: pd.DataFrame
    deliveries: pd.DataFrame
    wall_seconds: float
    manifest: Mapping[str, Any] = field(repr=False)


def check_new(directory: str | os.PathLike[str]) -> None:
    """Refuse a directory that exists or cannot be made, before the work that would fill it.

    Raises
    ------
    OutputError
        When it exists, or the nearest directory above it cannot be written.
    """
    path = Path(directory)
    if os.path.lexists(path):
        raise OutputError(path, "exists already; give another directory, or remove it first")
    above = next((parent for parent in path.absolute().parents if os.path.lexists(parent)), Path(os.sep))
    if not above.is_dir():
        raise OutputError(path, f"cannot be made, because {above} is not a directory")
    if not os.access(above, os.W_OK | os.X_OK):
        raise OutputError(path, f"cannot be made, because {above} cannot be written")


@contextlib.contextmanager
def new_directory(directory: str | os.PathLike[str]) -> Iterator[Path]:
    """Fill a directory that appears only when the block ends well.

    Parameters
    ----------
    directory : str or path-like
        Must not exist; directories above it are made, and removed again on failure.

    Yields
    ------
    pathlib.Path
        The hidden directory to write into.

    Raises
    ------
    OutputError
        When it exists or cannot be written.
    """
    check_new(directory)
    target = Path(directory).absolute()
    made = [parent for parent in target.parents if not os.path.lexists(parent)]
    hidden = target.parent / f".{target.name}.{secrets.token_hex(4)}.partial"
    try:
        hidden.mkdir(parents=True)
        yield hidden
        for file in hidden.iterdir():
            _flush(file)
        _flush(hidden)
        check_new(target)
        os.replace(hidden, target)
        _flush(target.parent)
    except BaseException as error:
        shutil.rmtree(hidden, ignore_errors=True)
        for parent in made:
            with contextlib.suppress(OSError):
                parent.rmdir()
        if isinstance(error, OSError):
            raise OutputError(directory, f"cannot be written ({error.strerror or error})") from error
        raise


def write_run(result: RunLike, directory: str | os.PathLike[str]) -> Path:
    """Write a run directory.

    Parameters
    ----------
    result : Result
        What `market.simulation.run` returned.
    directory : str or path-like
        Must not exist.

    Returns
    -------
    pathlib.Path
        The directory.

    Raises
    ------
    OutputError
        When the directory exists or cannot be written; nothing is left behind then.
    """
    tables: dict[str, pd.DataFrame] = {name: getattr(result, name) for name in TABLES}
    n_days = len(tables["daily"])
    with new_directory(directory) as hidden:
        for name, table in tables.items():
            table.to_parquet(hidden / f"{name}.parquet", index=False)
        manifest = {
            "kind": "run",
            **inputs(result.scenario, seed=int(result.seed), days=n_days),
            "wall_seconds": round(float(result.wall_seconds), 3),
            "rows": {name: len(table) for name, table in tables.items()},
        }
        (hidden / MANIFEST).write_text(json_text(manifest), encoding="utf-8")
    return Path(directory)


def read_run(directory: str | os.PathLike[str]) -> StoredRun:
    """Read a run directory back.

    Raises
    ------
    OutputError
        When it is no run directory, or is not whole.
    """
    import pandas as pd
    from pydantic import ValidationError

    from market.scenarios import Scenario

    path = Path(directory)
    manifest = read_manifest(path, "run")
    tables = {}
    for name in TABLES:
        file = path / f"{name}.parquet"
        try:
            tables[name] = pd.read_parquet(file)
        except (OSError, ValueError) as error:
            raise OutputError(file, f"cannot be read ({first_line(error)}); run it again") from error
        if len(tables[name]) != manifest["rows"].get(name):
            raise OutputError(file, f"has {len(tables[name])} rows, the manifest says otherwise; run it again")
    try:
        scenario = Scenario.model_validate_json(json.dumps(manifest["scenario"]), by_alias=False, by_name=True)
    except ValidationError as error:
        reason = f"its scenario does not fit this version of the package (it is from {manifest['version']})"
        raise OutputError(path / MANIFEST, reason) from error
    wall_seconds = manifest["wall_seconds"]
    return StoredRun(scenario=scenario, seed=manifest["seed"], wall_seconds=wall_seconds, manifest=manifest, **tables)


def write_sweep(
    directory: str | os.PathLike[str],
    scenario: Scenario,
    seeds: Sequence[int],
    patterns: Sequence[Mapping[str, Any]],
    measures: pd.DataFrame,
    quantiles: pd.DataFrame,
    wall_seconds: float,
    draws: Sequence[int] = (),
) -> Path:
    """Write what many seeds of one scenario have in common.

    Parameters
    ----------
    directory : str or path-like
        Must not exist.
    patterns : sequence of mapping
        One pattern each, as `market patterns --json` prints them.
    measures : pandas.DataFrame
        Seed by pattern.
    quantiles : pandas.DataFrame
        Date by daily column (`quantity`): quantiles over seeds.
    draws : sequence of int
        Posterior draws that the seeds took in turn; they stand in the manifest.

    Raises
    ------
    OutputError
        When the directory exists or cannot be written; nothing is left behind then.
    """
    import pandas as pd

    from market.observers.patterns import evidence_points

    with new_directory(directory) as hidden:
        (hidden / "patterns.json").write_text(json_text(list(patterns)), encoding="utf-8")
        pd.DataFrame(list(patterns)).to_csv(hidden / "patterns.csv", index=False, lineterminator="\n")
        measures.to_parquet(hidden / "measures.parquet", index=False)
        quantiles.to_parquet(hidden / "daily_quantiles.parquet", index=False)
        manifest = {
            "kind": "patterns",
            **inputs(scenario, seeds=[int(seed) for seed in seeds], **({"draws": list(draws)} if draws else {})),
            "wall_seconds": round(float(wall_seconds), 3),
            "rows": {
                "patterns": len(patterns),
                "measures": len(measures),
                "daily_quantiles": len(quantiles),
            },
            "evidence": evidence_points(),
        }
        (hidden / MANIFEST).write_text(json_text(manifest), encoding="utf-8")
    return Path(directory)


def _flush(path: Path) -> None:
    """Have the system write a file, or the names in a directory, to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
