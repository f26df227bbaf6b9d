"""Compile kernels, and forget what was compiled as soon as any rule changes.

Numba notices an edited file but not an edited callee in another file, so its disk cache goes stale silently.
Here the cache directory is named by a fingerprint of every source file of the package: an edit anywhere
starts a new directory, and the oldest ones are removed. What it leaves out: data files, which are arguments
of kernels and never compiled in.
"""

from __future__ import annotations

import functools
import hashlib
import os
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba

PACKAGE = Path(__file__).resolve().parents[1]
CACHE_VARIABLE = "GPU_MARKET_CACHE_DIR"
FINGERPRINT_DIGITS = 16
KEPT_FINGERPRINTS = 4
IN_USE_SECONDS = 24 * 3600  # a checkout that ran within a day may be running now

_CONFIG: Any = numba.config
_DECORATING = threading.Lock()

IS_INTERPRETED = bool(_CONFIG.DISABLE_JIT)  # NUMBA_DISABLE_JIT=1: kernels run as plain Python

Function = TypeVar("Function", bound=Callable[..., object])


@functools.cache
def fingerprint(package: Path = PACKAGE) -> str:
    """Return 16 hexadecimal digits that change when any ``*.py`` file below `package` does."""
    digest = hashlib.sha256()
    for source in sorted(package.rglob("*.py")):
        name, text = source.relative_to(package).as_posix().encode(), source.read_bytes()
        digest.update(b"%d %s %d " % (len(name), name, len(text)))
        digest.update(text)
    return digest.hexdigest()[:FINGERPRINT_DIGITS]


def cache_root() -> Path:
    """Return the directory that holds one directory of compiled kernels per fingerprint."""
    chosen = os.environ.get(CACHE_VARIABLE)
    if chosen:
        return Path(chosen)
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "gpu-market"


def cache_is_warm() -> bool:
    """Tell whether kernels of the present sources have been compiled before (else say "compiling")."""
    return any((cache_root() / fingerprint()).rglob("*.nbc"))


def compiled(function: Function) -> Function:
    """Compile `function` without Python objects, release the GIL while it runs, and cache it on disk.

    Without a writable cache directory the function is compiled in every process. With ``NUMBA_DISABLE_JIT=1``
    it is returned as it is.
    """
    return _compiled(function)


def compiled_pass(function: Function) -> Function:
    """Compile a loop of plain arithmetic over columns: as `compiled`, but nothing in it can raise.

    A loop that may have to stop at some row is done row by row, one that cannot several rows at a time. So division
    by zero gives infinity or not-a-number here, as IEEE 754 has it.
    """
    return _compiled(function, error_model="numpy")


def compiled_inline(function: Function) -> Function:
    """Compile a rule that passes over columns use: it is written into each of them, so that they stay plain loops."""
    return _compiled(function, error_model="numpy", inline="always")


def _compiled(function: Function, **options: Any) -> Function:
    if IS_INTERPRETED:
        return function
    directory = _cache_directory()
    if directory is None:
        return _for_any_value(numba.njit(nogil=True, **options)(function))
    with _DECORATING:
        previous = _CONFIG.CACHE_DIR
        _CONFIG.CACHE_DIR = str(directory)  # read once, when the cache of this function is set up
        try:
            cached = numba.njit(cache=True, nogil=True, **options)(function)
        finally:
            _CONFIG.CACHE_DIR = previous
    return _for_any_value(cached)


def _for_any_value(dispatcher: Any) -> Any:
    """Have compiled callers share one version of a function, whatever numbers they write out as arguments.

    Numba would compile one for each combination of constants: three times the code, and three times the wait.
    """
    template_of = dispatcher.get_call_template

    def get_call_template(args: Any, kws: Any) -> Any:
        return template_of(
            tuple(map(numba.types.unliteral, args)), {name: numba.types.unliteral(kind) for name, kind in kws.items()}
        )

    dispatcher.get_call_template = get_call_template
    return dispatcher


@functools.cache
def _cache_directory() -> Path | None:
    """Make the directory of the present sources and remove those of old ones; None if it is not writable."""
    directory = cache_root() / fingerprint()
    try:
        directory.mkdir(parents=True, exist_ok=True)
        os.utime(directory)
    except OSError:
        return None
    _prune(directory.parent)
    return directory if os.access(directory, os.W_OK) else None


def _prune(root: Path) -> None:
    """Remove all but the most recently used fingerprints, and none that is in use, as far as others let us."""
    try:
        used = {entry: entry.stat().st_mtime for entry in root.iterdir() if _is_fingerprint(entry)}
    except OSError:
        return
    for entry in sorted(used, key=used.__getitem__)[:-KEPT_FINGERPRINTS]:
        if used[entry] < time.time() - IN_USE_SECONDS:
            shutil.rmtree(entry, ignore_errors=True)


def _is_fingerprint(entry: Path) -> bool:
    is_named = len(entry.name) == FINGERPRINT_DIGITS and set(entry.name) <= set("0123456789abcdef")
    return is_named and entry.is_dir()
