"""The register: never overwritten, never scored when altered."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from experiments.prediction.registration import MANIFEST, SCORES, RegistrationError, check, code_digest, find, freeze


@pytest.fixture
def frozen(tmp_path: Path) -> Path:
    source = tmp_path / "results"
    source.mkdir()
    for name in ("a.csv", "b.parquet"):
        (source / name).write_text(f"content of {name}\n")
    return freeze(sorted(source.iterdir()), tmp_path / "register", "forecast-test", {"cut": "2023-10-16"})


def test_a_registration_is_named_by_its_digest_and_checks(frozen: Path) -> None:
    facts = check(frozen)
    assert frozen.name == f"forecast-test-{facts['digest'][:12]}"
    assert set(facts["files"]) == {"a.csv", "b.parquet"}
    assert find(frozen) == frozen
    assert find(frozen.parent) == frozen


def test_the_same_forecast_is_not_registered_twice(frozen: Path, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in frozen.iterdir()}
    with pytest.raises(RegistrationError, match="never overwritten"):
        freeze(sorted((tmp_path / "results").iterdir()), frozen.parent, "forecast-test", {"cut": "2023-10-16"})
    assert {path: path.read_bytes() for path in frozen.iterdir()} == before
    assert [path.name for path in frozen.parent.iterdir()] == [frozen.name]  # nothing half-written stays


def test_another_content_is_another_registration(frozen: Path, tmp_path: Path) -> None:
    (tmp_path / "results" / "a.csv").write_text("other\n")
    other = freeze(sorted((tmp_path / "results").iterdir()), frozen.parent, "forecast-test", {"cut": "2023-10-16"})
    assert other != frozen
    with pytest.raises(RegistrationError, match="several"):
        find(frozen.parent)


def alter(directory: Path, kind: str) -> None:
    if kind == "altered":
        (directory / "a.csv").write_text("content of a.csv!\n")
    elif kind == "missing":
        (directory / "b.parquet").unlink()
    elif kind == "later":
        (directory / "c.csv").write_text("")
    elif kind == "list":
        document = json.loads((directory / MANIFEST).read_text())
        document["cut"] = "2023-12-31"
        (directory / MANIFEST).write_text(json.dumps(document))
    elif kind == "digest":
        document = json.loads((directory / MANIFEST).read_text())
        document["digest"] = "0" * 64
        (directory / MANIFEST).write_text(json.dumps(document))
    elif kind == "name":
        directory.rename(directory.with_name("forecast-test-000000000000"))
    else:
        (directory / MANIFEST).write_text("{")


@pytest.mark.parametrize("kind", ["altered", "missing", "later", "list", "digest", "name", "broken"])
def test_an_altered_registration_is_refused(frozen: Path, kind: str) -> None:
    alter(frozen, kind)
    where = frozen if frozen.exists() else frozen.with_name("forecast-test-000000000000")
    with pytest.raises(RegistrationError):
        check(where)


def test_a_whole_new_list_does_not_pass_under_the_old_name(frozen: Path, tmp_path: Path) -> None:
    (tmp_path / "results" / "a.csv").write_text("better in hindsight\n")
    other = freeze(sorted((tmp_path / "results").iterdir()), tmp_path / "elsewhere", "forecast-test", {})
    for path in other.iterdir():
        (frozen / path.name).write_bytes(path.read_bytes())
    with pytest.raises(RegistrationError, match="name"):
        check(frozen)


def test_scores_beside_the_frozen_files_do_not_count(frozen: Path) -> None:
    (frozen / SCORES).mkdir()
    (frozen / SCORES / "verdict.csv").write_text("")
    check(frozen)


def test_nothing_is_found_where_nothing_is_registered(tmp_path: Path) -> None:
    with pytest.raises(RegistrationError, match="register one"):
        find(tmp_path)
    with pytest.raises(RegistrationError, match="register"):
        check(tmp_path)


def test_the_code_digest_names_the_model_and_every_module_of_the_forecast() -> None:
    digest = code_digest("experiments.forecast")
    rooms = {
        "fit.precut", "forecast", "prediction.ensemble", "prediction.rivals", "prediction.verdict",
        "readings.quantities", "statistics.scoring", "worlds.information",
    }  # fmt: skip
    for name in rooms:
        assert len(digest["modules"][f"experiments.{name}"]) == 64
    assert digest["model"]
