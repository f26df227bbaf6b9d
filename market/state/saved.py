"""A market on disk: its columns and logs as they stand between two days, as data alone.

The file is a zip archive: a header in JSON (scenario, seed, day, version, fingerprint of the sources) and one NumPy
array a member, never pickled. It is written beside its place and moved there when whole. What the scenario and the seed
give (parameters, calendar, rules) and work space are not in it. Reading checks that the file is whole, that it is of
these very sources, that each array fits the market it is read into, and that every number which compiled code uses as a
row lies inside its table: a file from elsewhere may be wrong, but it can do no harm.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from market.errors import OutputError
from market.kernels.compile import fingerprint
from market.state import cloud, primary, scene, startup, trader
from market.state.products import N_PRODUCTS
from market.state.world import World

__all__ = ["GIVEN", "LOGS", "WORK_SPACE", "read_market", "write_market"]

KIND = "gpu-market"
SCHEMA = 1
HEADER = "header.json"
LONGEST_HEADER = 10**7  # bytes
LOGS = ("event", "ended", "delivery")
GIVEN = ("p", "calendar", "climate", "supply", "rule_f64", "key_i64", "buyer_account")
WORK_SPACE = (
    "sector_totals",
    "event_i64",  # logs are drained first
    "ended_i32",
    "delivery_i64",
    "tender_i64",
    "bin_i64",
    "share_f64",
    "auction",
    "histogram",
    "turn",
    "ration",
    "host_f64",
    "block_f64",
    "block_i64",
    "block_i8",
)
GROWING = ("contract_i32", "free_records")  # by members, along the first axis
FIXED_CLOCK = (
    scene.SEED,
    scene.FIRST_CLOUD,
    scene.FIRST_MAKER,
    scene.FIRST_SPECULATOR,
    scene.FIRST_STARTUP,
    scene.ALLOTMENT_RULE,
    scene.LOG_LIMIT,
)


def write_market(path: str | os.PathLike[str], header: Mapping[str, Any], world: World, logs: dict[str, Any]) -> Path:
    """Write a market; an older file of this name is replaced once the new one is whole.

    Raises
    ------
    OutputError
        When it cannot be written; nothing is left behind then.
    """
    place = Path(path)
    stamp = {"kind": KIND, "schema": SCHEMA, "sources": fingerprint(), **header}
    arrays = {name: block for name, block in world._asdict().items() if name not in GIVEN + WORK_SPACE}
    arrays |= {f"log_{name}": rows for name, rows in logs.items()}
    try:
        with _replaced(place) as hidden, zipfile.ZipFile(hidden, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            archive.writestr(HEADER, json.dumps(stamp, ensure_ascii=False, sort_keys=True, indent=1))
            for name, array in arrays.items():
                with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                    np.lib.format.write_array(member, np.ascontiguousarray(array), allow_pickle=False)
    except OSError as error:
        raise OutputError(place, f"cannot be written ({error.strerror or error})") from error
    return place


def read_header(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return what a saved market says of itself.

    Raises
    ------
    OutputError
        When it is none, not whole, or of other sources.
    """
    with _opened(Path(path)) as archive:
        return _header(archive, Path(path))


def read_market(path: str | os.PathLike[str], fresh: World) -> tuple[World, dict[str, np.ndarray]]:
    """Return the world of a saved market, laid over a fresh one of its scenario and seed, and its logs.

    Raises
    ------
    OutputError
        When the file is no saved market, not whole, of other sources, or does not fit.
    """
    place = Path(path)
    with _opened(place) as archive:
        _header(archive, place)
        names = [name for name in fresh._fields if name not in GIVEN + WORK_SPACE]
        found = {name: _member(archive, place, name) for name in names}
        logs = {name: _member(archive, place, f"log_{name}") for name in LOGS}
    for name, array in found.items():
        _check_shape(place, name, array, getattr(fresh, name))
    for name, rows in logs.items():
        log = fresh.ended_i32.T if name == "ended" else getattr(fresh, f"{name}_i64")
        if rows.dtype != np.int64 or rows.ndim != log.ndim or len(rows) != len(log):
            raise OutputError(place, f"log_{name} does not fit its scenario; save the market again")
    world = fresh._replace(**found)
    for name, column, low, high in _ranges(world, fresh):
        if column.size and not low <= column.min() <= column.max() < high:
            raise OutputError(place, f"{name} holds rows outside {low} to {high - 1}; save the market again")
    return world, logs


def _check_shape(place: Path, name: str, array: np.ndarray, like: np.ndarray) -> None:
    expected = like.shape
    if name in GROWING and array.ndim == like.ndim and len(array) >= len(like):
        expected = (len(array), *like.shape[1:])
    if array.dtype != like.dtype or array.shape != expected:
        found = f"{array.dtype} {array.shape}, expected {like.dtype} {expected}"
        raise OutputError(place, f"{name} does not fit its scenario ({found}); save the market again")


def _ranges(world: World, fresh: World) -> Iterator[tuple[str, np.ndarray, int, int]]:
    """Yield every column that holds rows, and the rows there are: from `low` to below `high`."""
    clock, records = world.clock, len(world.contract_i32)
    n_clouds, n_startups = world.cloud_i64.shape[1], world.startup_i8.shape[1]
    n_makers, n_buyers, n_orders = world.maker_i64.shape[1], world.buyer_i64.shape[2], world.order_i64.shape[1]
    for k in FIXED_CLOCK:
        yield "clock", clock[[k]], int(fresh.clock[k]), int(fresh.clock[k]) + 1
    for k, high in (
        (scene.N_ORDERS, n_orders + 1),
        (scene.N_OPEN, int(min(clock[scene.N_ORDERS], n_orders)) + 1),
        (scene.TOP_RECORD, records),
        (scene.N_FREE_RECORDS, records),
        (scene.N_EVENTS, 1),
        (scene.N_ENDED, 1),
        (scene.N_DELIVERIES, 1),
    ):
        yield "clock", clock[[k]], 0, high
    yield "free_records", world.free_records, 0, records
    yield "free_records", np.array([len(world.free_records)]), records, records + 1
    contract = world.contract_i32
    yield "contract_i32", contract[:, startup.CLOUD], 0, max(n_clouds, 1)
    yield "contract_i32", contract[:, startup.STARTUP], 0, max(n_startups, 1)
    yield "contract_i32", contract[:, startup.KIND], 0, len(startup.KINDS)
    yield "contract_i32", contract[0], 0, 1
    slots = world.startup_i32[startup.FIRST_CONTRACT : startup.FIRST_CONTRACT + startup.N_SLOTS]
    yield "startup_i32", slots, 0, records
    small = world.startup_i16
    yield "startup_i16", small[startup.BUYER], -1, n_buyers
    yield "startup_i16", small[startup.ASKED_MAKER], -1, max(n_makers, 1)
    yield "startup_i16", small[startup.DESIRED_HOST], -1, max(n_clouds, 1)
    yield "startup_i8", world.startup_i8[startup.DESIRED_SWITCH_SLOT], -1, startup.N_SLOTS
    yield "cloud_i64", world.cloud_i64[cloud.BUYER], 0, max(n_buyers, 1)
    yield "maker_i64", world.maker_i64[trader.BUYER], 0, max(n_buyers, 1)
    yield "order_i64", world.order_i64[primary.BUYER], 0, max(n_buyers, 1)
    yield "order_i64", world.order_i64[primary.PRODUCT], 0, N_PRODUCTS
    yield "open_orders", world.open_orders, 0, max(n_orders, 1)


def _header(archive: zipfile.ZipFile, place: Path) -> dict[str, Any]:
    try:
        if archive.getinfo(HEADER).file_size > LONGEST_HEADER:
            raise ValueError("its header is too long")
        header = json.loads(archive.read(HEADER))
    except KeyError:
        raise OutputError(place, "is not a saved market; give a file that GpuMarket.save has written") from None
    except (ValueError, OSError, zipfile.BadZipFile) as error:
        raise OutputError(place, f"cannot be read ({_first_line(error)}); save the market again") from error
    if not isinstance(header, dict) or header.get("kind") != KIND:
        raise OutputError(place, "is not a saved market; give a file that GpuMarket.save has written")
    if header.get("schema") != SCHEMA:
        raise OutputError(place, f"has schema {header.get('schema')}, this version reads {SCHEMA}")
    if header.get("sources") != fingerprint():
        reason = (
            f"was saved by other sources (version {header.get('version')}, fingerprint {header.get('sources')}; these "
            f"are {fingerprint()}), and would not go on the same; load it with those, or run its scenario again"
        )
        raise OutputError(place, reason)
    return header


def _member(archive: zipfile.ZipFile, place: Path, name: str) -> np.ndarray:
    try:
        with archive.open(f"{name}.npy") as member:
            array = np.lib.format.read_array(member, allow_pickle=False)
            if member.read(1):
                raise ValueError("it is longer than it says")
    except KeyError:
        raise OutputError(place, f"lacks {name}; save the market again") from None
    except (ValueError, EOFError, OSError, MemoryError, zipfile.BadZipFile, zlib.error) as error:
        raise OutputError(place, f"{name} cannot be read ({_first_line(error)}); save the market again") from error
    return array


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


@contextlib.contextmanager
def _opened(place: Path) -> Iterator[zipfile.ZipFile]:
    try:
        archive = zipfile.ZipFile(place)
    except zipfile.BadZipFile as error:
        raise OutputError(place, f"is not a saved market, or not whole ({_first_line(error)})") from error
    except OSError as error:
        raise OutputError(place, f"cannot be read ({error.strerror or error})") from error
    with archive:
        yield archive


@contextlib.contextmanager
def _replaced(place: Path) -> Iterator[Path]:
    """Hand out a hidden file, and put it in its place once it is written and on the disk."""
    handle, name = tempfile.mkstemp(prefix=f".{place.name}.", dir=place.parent)
    os.close(handle)
    hidden = Path(name)
    try:
        yield hidden
        with hidden.open("rb") as written:
            os.fsync(written.fileno())
        hidden.chmod(0o666 & ~_umask())
        os.replace(hidden, place)
    finally:
        hidden.unlink(missing_ok=True)


def _umask() -> int:
    present = os.umask(0)
    os.umask(present)
    return present
