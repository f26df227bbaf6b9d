"""What a result depends on beyond its specification: the sources of the model and of the reading, and versions.

A kept result may be used again, and a worker may take part, only if nothing of this differs. The model counts
whole (every Python file and every data file of `market`); of the experiments, the module of the reading and those it
imports. The study's own frame (`study`, `lab`, designs) does not count: what it decides stands in the
specification. What it leaves out: files that a reading opens by itself.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib
import importlib.util
import platform
from collections.abc import Callable, Iterable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import market
from experiments.engine.errors import InputError

__all__ = ["model_digest", "reading", "sources_digest", "versions"]

DIGITS = 16
SUFFIXES = (".py", ".toml", ".csv")
LIBRARIES = ("mesa", "numba", "numpy", "pandas", "scipy")
HERE = Path(__file__).resolve().parents[1]
FRAME = frozenset({"experiments.engine.errors", "experiments.lab", "experiments.study"})


@functools.cache
def sources_digest(read: str) -> str:
    """Return digits that change when the model, a reading, or a library that both stand on does.

    Parameters
    ----------
    read : str
        ``module:function``.
    """
    files = reading_files(read.partition(":")[0])
    texts = [(name, files[name].read_bytes()) for name in sorted(files)]
    told = [("versions", repr(sorted(versions().items())).encode()), ("model", model_digest().encode()), *texts]
    return _digest(told)


@functools.cache
def model_digest() -> str:
    """Return digits that change when any source or data file of `market` does."""
    package = Path(market.__file__).resolve().parent
    files = sorted(path for path in package.rglob("*") if path.suffix in SUFFIXES)
    return _digest((path.relative_to(package).as_posix(), path.read_bytes()) for path in files)


@functools.cache
def versions() -> dict[str, str]:
    """Return the versions that numbers may depend on: Python's (without its patch level) and libraries'."""
    return {
        "python": ".".join(platform.python_version_tuple()[:2]),
        **{name: metadata.version(name) for name in LIBRARIES},
    }


def reading(read: str) -> Callable[[Any], Any]:
    """Return the function that ``module:function`` names.

    Raises
    ------
    InputError
        When there is none.
    """
    module, _, function = read.partition(":")
    try:
        return getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError) as error:
        raise InputError("read", read, f"module:function that can be imported ({error})") from error


def reading_files(module: str) -> dict[str, Path]:
    """Return the file of a module and of those it imports from beside itself or from `experiments`."""
    start = _file_of(module)
    if start is None:
        raise InputError("read", module, "a module with a source file")
    top = _file_of(module.partition(".")[0])
    roots = (HERE, (top or start).parent)
    found = {module: start}
    waiting = list(_imported(start, module))
    while waiting:
        name = waiting.pop()
        if name in found or name in FRAME or not _may_lie_in(name, roots):
            continue
        file = _file_of(name)
        if file is not None and any(file.is_relative_to(root) for root in roots):
            found[name] = file
            waiting += _imported(file, name)
    return found


def _may_lie_in(name: str, roots: tuple[Path, ...]) -> bool:
    """Tell whether a module's package lies in one of the roots, without importing anything."""
    top = _file_of(name.partition(".")[0])
    return top is not None and any(top.is_relative_to(root) for root in roots)


@functools.cache
def _file_of(module: str) -> Path | None:
    try:
        spec = importlib.util.find_spec(module)
    except (ImportError, ValueError):
        return None
    origin = spec.origin if spec is not None else None
    return Path(origin).resolve() if origin is not None and origin.endswith(".py") else None


def _imported(file: Path, module: str) -> Iterator[str]:
    """Yield every name that a file may import as a module."""
    package = module if file.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = importlib.util.resolve_name("." * node.level + base, package)
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def _digest(parts: Iterable[tuple[str, bytes]]) -> str:
    digest = hashlib.sha256()
    for name, content in parts:
        digest.update(b"%d %s %d " % (len(name), name.encode(), len(content)))
        digest.update(content)
    return digest.hexdigest()[:DIGITS]
