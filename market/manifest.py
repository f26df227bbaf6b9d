"""The manifest of a result: what was run, with what, so that anyone can run it again.

It holds the scenario in full, seeds, versions of the package and its libraries, the commit of the checkout,
and one hash over scenario, seeds, days and sources: two results with the same hash hold the same numbers.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import math
import platform
import subprocess
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from market.errors import OutputError

if TYPE_CHECKING:
    from market.scenarios import Scenario

__all__ = ["MANIFEST", "first_line", "inputs", "json_text", "read_manifest"]

MANIFEST = "manifest.json"
SCHEMA = 1
DISTRIBUTION = "gpu-market"
LIBRARIES = ("mesa", "networkx", "numba", "numpy", "pandas", "pyarrow", "pydantic", "scipy")
GIT_PATIENCE_SECONDS = 10

_PACKAGE = Path(__file__).resolve().parent


def inputs(scenario: Scenario, **what: Any) -> dict[str, Any]:
    """Return the part of a manifest that tells what was run with what.

    Parameters
    ----------
    scenario : Scenario
    **what : JSON values
        Seeds and days; they stand in the manifest and enter the hash.
    """
    from market.kernels.compile import fingerprint

    written = scenario.model_dump(mode="json")
    sources = fingerprint()
    hashed = json.dumps({"scenario": written, "sources": sources, **what}, sort_keys=True)
    return {
        "schema": SCHEMA,
        **what,
        "package": DISTRIBUTION,
        "version": _version(DISTRIBUTION),
        "sources": sources,
        "git_commit": _git_commit(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "libraries": {name: _version(name) for name in LIBRARIES},
        "written_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "inputs_sha256": hashlib.sha256(hashed.encode()).hexdigest(),
        "scenario": written,
    }


def read_manifest(directory: Path, kind: str) -> dict[str, Any]:
    """Read the manifest of a ``run`` or of ``patterns``.

    Raises
    ------
    OutputError
        When there is none, or it is another one.
    """
    file = directory / MANIFEST
    if not directory.is_dir():
        raise OutputError(directory, "is not a directory; give one that a run has written")
    try:
        manifest = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise OutputError(file, f"cannot be read ({first_line(error)}); the directory is not whole") from error
    if not isinstance(manifest, dict) or manifest.get("kind") != kind:
        raise OutputError(file, f"is not the manifest of {kind!r}")
    if manifest.get("schema") != SCHEMA:
        raise OutputError(file, f"has schema {manifest.get('schema')}, this version reads {SCHEMA}")
    return manifest


def json_text(value: Any) -> str:
    """Return a value as JSON text; a number that is not finite becomes null."""
    return json.dumps(_finite(value), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def first_line(error: BaseException) -> str:
    """Return the first line of an error's text, or the name of its kind."""
    return (str(error).splitlines() or [type(error).__name__])[0]


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def _git_commit() -> str | None:
    """Return the commit of the checkout that the package lies in, or None when it was installed otherwise."""
    root = _PACKAGE.parent
    if not (root / ".git").exists():
        return None
    command = ["git", "-C", str(root), "rev-parse", "--verify", "HEAD"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=GIT_PATIENCE_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
