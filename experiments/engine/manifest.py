"""The manifest of an experiment: what was run, with what, at what cost, so that anyone can run it again.

It is written last, so a directory without one is not finished. Designs of thousands of points lie beside it as CSV,
and the manifest holds their digests. What it leaves out: what the numbers mean, which stands in `numbers.json`.
"""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import hashlib
import io
import json
import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from experiments.engine.shards import write_text
from experiments.engine.sources import model_digest, sources_digest
from experiments.lab import FAILURES, SHARDS, Lab, Record
from experiments.study import Study, canonical

__all__ = ["MANIFEST", "Cost", "git_state", "put_aside", "write_manifest"]

MANIFEST = "manifest.json"
FORMER = ".former-manifest.json"
DESIGNS = "designs"
SCHEMA = 1
DISTRIBUTION = "gpu-market"
LIBRARIES = ("dask", "mesa", "numba", "numpy", "pandas", "pyarrow", "SALib", "scikit-learn", "scipy")
GIT_PATIENCE_SECONDS = 10
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Cost:
    """Wall and CPU seconds of this process and those it started, which a Dask cluster's are not."""

    wall_seconds: float
    cpu_seconds: float


def write_manifest(lab: Lab, question: str, cost: Cost) -> None:
    """Write the manifest of a finished experiment, and remove tables of a former one that are no longer kept.

    Raises
    ------
    StorageError
        When the disk does not take it.
    """
    former = _read(lab.directory / FORMER)
    for file in set(former.get("tables", ())) - set(lab.tables):
        (lab.directory / Path(file).name).unlink(missing_ok=True)
    if not lab.failures:
        (lab.directory / FAILURES).unlink(missing_ok=True)
    records = list({(record.study.name, record.keys): record for record in lab.records}.values())
    studies = [_study(record, lab.directory) for record in records]
    manifest = {
        "schema": SCHEMA,
        "kind": "experiment",
        "experiment": lab.name,
        "question": question,
        "mode": "quick" if lab.quick else "full",
        "finished_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "package": DISTRIBUTION,
        "version": _version(DISTRIBUTION),
        **git_state(),
        "model_sources": model_digest(),
        "lock_sha256": _file_digest(ROOT / "requirements.lock"),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processors": os.cpu_count(),
        "libraries": {name: _version(name) for name in LIBRARIES},
        "workers": lab.scheduler or lab.workers,
        "runs": sum(len(record.study) for record in records),
        "runs_kept_from_before": sum(record.kept_runs for record in records),
        "runs_failed": sum(record.failed_runs for record in records),
        "wall_seconds": round(cost.wall_seconds, 1),
        "cpu_seconds": round(cost.cpu_seconds, 1),
        "cpu_seconds_of_all_runs": round(sum(record.cpu_seconds for record in records), 1),
        "tables": sorted(lab.tables),
        "files": {name: _file_digest(lab.directory / name) for name in _results(lab.directory)},
        "studies": studies,
    }
    write_text(lab.directory / MANIFEST, json.dumps(manifest, indent=1) + "\n")
    (lab.directory / FORMER).unlink(missing_ok=True)


def put_aside(directory: Path) -> None:
    """Put the manifest of a former time aside, because what lies beside it is about to change."""
    with contextlib.suppress(FileNotFoundError):
        os.replace(directory / MANIFEST, directory / FORMER)


def _read(path: Path) -> dict[str, Any]:
    """Return a manifest, or nothing where there is none that can be read."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def git_state() -> dict[str, Any]:
    """Return the commit of the checkout and whether its code differs from it; None outside of one."""
    if not (ROOT / ".git").exists():
        return {"git_commit": None, "git_dirty": None}
    commit = _git("rev-parse", "--verify", "HEAD")
    changes = _git("status", "--porcelain", "--", "market", "experiments", "requirements.lock")
    code = [line for line in (changes or "").splitlines() if "experiments/summaries/" not in line]
    return {"git_commit": commit, "git_dirty": None if changes is None else bool(code)}


def _study(record: Record, directory: Path) -> dict[str, Any]:
    """Return what a study was, with its points in a file beside the manifest."""
    study = record.study
    text = _design_text(study)
    digest = hashlib.sha256(text.encode()).hexdigest()
    file = f"{DESIGNS}/{study.name}-{digest[:8]}.csv"
    write_text(directory / file, text)
    return {
        "name": study.name,
        "read": study.read,
        "sources": sources_digest(study.read),
        "days": study.days,
        "seeds": study.seeds,
        "luck": study.luck or study.name,
        "replicates": study.replicates,
        "points": len(study.points),
        "runs": len(study),
        "runs_failed": record.failed_runs,
        "scenarios": {
            name: hashlib.sha256(scenario.model_dump_json().encode()).hexdigest()
            for name, scenario in record.scenarios.items()
        },
        "design": {"file": file, "sha256": digest},
        "runs_per_shard": study.runs_per_shard,
        "shards": {"number": len(record.keys), "keys_sha256": _digest_of(record.keys)},
    }


def _design_text(study: Study) -> str:
    """Return the points of a study as CSV: key, scenario, overrides, values."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["point", "scenario", "overrides", "values"])
    for point in study.points:
        writer.writerow([point.key, point.scenario, canonical(point.overrides), canonical(point.values)])
    return text.getvalue()


def _results(directory: Path) -> list[str]:
    """Return the files of an experiment that are results: neither shards, nor designs, nor hidden, nor this one."""
    found = (path.relative_to(directory) for path in directory.rglob("*") if path.is_file())
    results = [
        path
        for path in found
        if path.parts[0] not in (SHARDS, DESIGNS, MANIFEST) and not any(part.startswith(".") for part in path.parts)
    ]
    return sorted(path.as_posix() for path in results)


def _digest_of(keys: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(keys).encode()).hexdigest()


def _file_digest(path: Path) -> str | None:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def _git(*arguments: str) -> str | None:
    command = ["git", "-C", str(ROOT), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=GIT_PATIENCE_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
