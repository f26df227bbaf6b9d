"""The register: a forecast is frozen before it meets what happened, and scored only as it was frozen.

A registration is a directory named by its forecast: the ensembles, the inputs, the fit, the fans, the rules of scoring
and the code that made them by their digests, and `registration.json` that lists every file with its SHA-256. The digest
of that list is the digest of the forecast; it is written down elsewhere (the changelog). A registration is never
overwritten. Before anything is scored every file is checked against the list; a file that changed, is missing or came
later stops the scoring. Scores lie in a folder of their own beside the frozen files and are no part of the digest.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from experiments.engine.errors import PathError, StorageError
from experiments.engine.sources import model_digest, reading_files, versions

__all__ = ["MANIFEST", "SCORES", "RegistrationError", "check", "code_digest", "digest_of", "find", "freeze"]

MANIFEST = "registration.json"
SCORES = "scores"
SCHEMA = 1
DIGITS = 12


class RegistrationError(PathError):
    """A registration that exists already, is not there, or is not what was frozen."""


def code_digest(module: str) -> dict[str, Any]:
    """Return what identifies the code behind a forecast: digests of the model and of every module it is made with.

    Parameters
    ----------
    module : str
        The module of the experiment.
    """
    files = {name: file_digest(path) for name, path in sorted(reading_files(module).items())}
    return {"model": model_digest(), "modules": files, "versions": versions()}


def freeze(files: Iterable[Path], into: Path, name: str, facts: dict[str, Any]) -> Path:
    """Freeze files as a registration and return its directory, `into` / NAME-DIGEST.

    Parameters
    ----------
    files : iterable of pathlib.Path
        With different names; copied as they are.
    into : pathlib.Path
        Directory of registrations.
    name : str
        Such as ``forecast-2023-10-16``.
    facts : dict
        Kept in `registration.json` beside the list of files.

    Raises
    ------
    RegistrationError
        When this very forecast is registered already.
    StorageError
        When a file cannot be read or written.
    """
    into.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(dir=into, prefix=f".{name}."))
    try:
        for path in files:
            shutil.copyfile(path, scratch / path.name)
        listed = {path.name: file_digest(path) for path in sorted(scratch.iterdir())}
        content = {"schema": SCHEMA, "name": name, **facts, "files": listed}
        digest = digest_of(content)
        target = into / f"{name}-{digest[:DIGITS]}"
        document = {**content, "digest": digest, "registered": dt.datetime.now(dt.UTC).isoformat(timespec="seconds")}
        (scratch / MANIFEST).write_text(json.dumps(document, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        if target.exists():
            raise RegistrationError(target, "is registered already; a registration is never overwritten")
        os.chmod(scratch, 0o755)
        os.rename(scratch, target)
    except OSError as error:
        raise StorageError.of(error.filename or into, error) from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return target


def check(directory: Path) -> dict[str, Any]:
    """Return the facts of a registration after checking every file against what was frozen.

    Raises
    ------
    RegistrationError
        When it is none, or anything in it is not what was frozen.
    """
    path = directory / MANIFEST
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        listed = dict(document["files"])
        told = {key: value for key, value in document.items() if key not in ("digest", "registered")}
        digest = str(document["digest"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RegistrationError(directory, f"is no registration ({MANIFEST}: {error}); register first") from error
    if digest_of(told) != digest:
        raise RegistrationError(path, "was altered after the forecast was frozen; take the frozen one back")
    if not directory.resolve().name.endswith(f"-{digest[:DIGITS]}"):
        raise RegistrationError(
            directory, f"does not have the name of its digest, {digest[:DIGITS]}; take the frozen one"
        )
    here = {entry.name for entry in directory.iterdir()} - {MANIFEST, SCORES}
    wrong = [f"{name} is missing" for name in sorted(set(listed) - here)]
    wrong += [f"{name} came later" for name in sorted(here - set(listed))]
    wrong += [
        f"{name} was altered" for name in sorted(here & set(listed)) if file_digest(directory / name) != listed[name]
    ]
    if wrong:
        reason = f"is not the forecast that was frozen ({'; '.join(wrong)}); take the frozen one back"
        raise RegistrationError(directory, reason)
    return document


def find(directory: Path) -> Path:
    """Return the registration that a directory is, or the only one that it holds.

    Raises
    ------
    RegistrationError
        When there is none, or more than one.
    """
    if (directory / MANIFEST).is_file():
        return directory
    held = sorted(path.parent for path in directory.glob(f"*/{MANIFEST}") if not path.parent.name.startswith("."))
    if len(held) == 1:
        return held[0]
    if not held:
        raise RegistrationError(directory, "holds no registered forecast; register one before scoring")
    names = ", ".join(path.name for path in held)
    raise RegistrationError(directory, f"holds several registered forecasts; name one of {names}")


def digest_of(content: dict[str, Any]) -> str:
    """Return the SHA-256 of a document, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
