"""The frame of the repository: the lock, the floors between packages, what a checkout needs."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

NEEDED = [
    *PROJECT["build-system"]["requires"],
    *PROJECT["project"]["dependencies"],
    *PROJECT["project"]["optional-dependencies"]["dev"],
]
FORBIDDEN = {
    "figures": r"(market|experiments|paper)(\.|$)",
    "experiments": r"(market\.|figures(\.|$)|paper(\.|$))",
    "paper": r"(market|experiments)(\.|$)",
}


def name_of(requirement: str) -> str:
    """Return the normalised name of a requirement."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\[<>=!~;\s]", requirement, maxsplit=1)[0]).lower()


def imported_by(source: str) -> Iterator[str]:
    """Yield the absolute names a module imports."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module


def trespasses(folder: Path, forbidden: str) -> list[str]:
    """Return every import below a folder that its floor forbids."""
    return [
        f"{path.name}: {name}"
        for path in sorted(folder.rglob("*.py"))
        for name in imported_by(path.read_text(encoding="utf-8"))
        if re.match(forbidden, name)
    ]


def test_the_lock_holds_no_address() -> None:
    assert "://" not in LOCK
    assert not re.search(r"^\s*(-i|-f|--index-url|--extra-index-url|--find-links)\b", LOCK, re.MULTILINE)


def test_the_lock_pins_every_package_with_a_hash() -> None:
    entries = re.split(r"\n(?=\S)", LOCK.strip())
    assert entries
    assert [entry for entry in entries if not re.match(r"[\w.-]+==\S+.*\\\n\s+--hash=sha256:[0-9a-f]{64}", entry)] == []


@pytest.mark.parametrize("requirement", NEEDED)
def test_every_dependency_is_in_the_lock(requirement: str) -> None:
    locked = {name_of(line) for line in LOCK.splitlines() if re.match(r"[\w.-]+==", line)}
    assert name_of(requirement) in locked


def test_mesa_stays_below_version_4() -> None:
    versions = re.findall(r"^mesa==(\d+)\.(\d+)", LOCK, re.MULTILINE)
    assert versions
    assert all((3, 3) <= (int(major), int(minor)) < (4, 0) for major, minor in versions)


@pytest.mark.parametrize("package", FORBIDDEN)
def test_a_package_outside_the_model_imports_only_what_its_floor_allows(package: str) -> None:
    assert (ROOT / package).is_dir()
    assert trespasses(ROOT / package, FORBIDDEN[package]) == []


def test_a_planted_trespass_is_seen(tmp_path: Path) -> None:
    (tmp_path / "planted.py").write_text(
        "import market\nimport marketing\ndef f():\n    from market.state import World\n", encoding="utf-8"
    )
    assert trespasses(tmp_path, FORBIDDEN["figures"]) == ["planted.py: market", "planted.py: market.state"]
    assert trespasses(tmp_path, FORBIDDEN["experiments"]) == ["planted.py: market.state"]


def test_the_floors_of_the_model_hold() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_continuous_integration_script_can_be_executed() -> None:
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_every_target_of_the_makefile_is_declared_phony_and_explained() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    explained = re.findall(r"^([a-z-]+):.*## \S", makefile, re.MULTILINE)
    assert set(explained) == set(re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE).group(1).split())
    assert {"help", "env", "test", "reproduce", "reproduce-full", "paper", "docs", "lint", "clean"} <= set(explained)


@pytest.mark.parametrize("name", ["results/run", ".venv/bin", "uv.lock", "pylock.toml", "market/__pycache__/a.pyc"])
def test_what_is_made_locally_is_ignored_by_git(name: str) -> None:
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    assert subprocess.run(["git", "check-ignore", "-q", name], cwd=ROOT, check=False).returncode == 0


def test_every_make_target_that_the_readme_names_exists() -> None:
    readme = ROOT / "README.md"
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z-]+)\b(?=`|$)", readme.read_text(encoding="utf-8"), re.MULTILINE)) <= targets
