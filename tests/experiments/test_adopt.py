"""Adopting a calibration: every value in its one home, nothing when one has none."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path

import pandas as pd
import pytest

from experiments.engine.errors import InputError
from experiments.fit.adopt import adopted, main

HERE = Path(__file__).resolve().parents[2]
STOCK, WEIGHT, ADJUSTMENT = "cloud.tencent_cloud.stock_cards", "tenders.aspiration_weight", "orders.adjustment"
CONFIDENCE = "tenders.confidence"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    for place in ("market/parameters", "market/scenarios"):
        shutil.copytree(HERE / place, tmp_path / "checkout" / place)
    (tmp_path / "checkout" / "market" / "evidence").mkdir()
    return tmp_path / "checkout"


@pytest.fixture
def results(tmp_path: Path) -> Path:
    values = {ADJUSTMENT: 0.0712345, STOCK: 17000.4, WEIGHT: 1.23456, CONFIDENCE: 0.51}
    chosen = pd.DataFrame({"parameter": list(values), "value": list(values.values())})
    draws = pd.DataFrame([{"draw": k, **values} for k in (1, 2)])
    (tmp_path / "calibration").mkdir()
    chosen.to_csv(tmp_path / "calibration" / "chosen.csv", index=False)
    draws.to_csv(tmp_path / "calibration" / "posterior.csv", index=False)
    return tmp_path / "calibration"


def test_values_go_to_their_homes_and_nothing_else_changes(results: Path, package: Path) -> None:
    before = {file: file.read_text() for file in package.rglob("*") if file.is_file()}
    assert main([str(results), "--package", str(package)]) == 0
    tenders = (package / "market/parameters/tenders.py").read_text()
    assert '"aspiration_weight",\n    1.23,\n' in tenders
    assert "prior=(0.5, 4.0),\n    calibrated=True,\n" in tenders
    assert '"adjustment",\n    0.0712,\n' in (package / "market/parameters/orders.py").read_text()
    changed = {file.name for file, text in before.items() if file.read_text() != text}
    assert changed == {"tenders.py", "orders.py", "baseline.toml"}


def test_a_trait_is_replaced_in_its_own_firm_only(results: Path, package: Path) -> None:
    old = tomllib.loads((package / "market/scenarios/baseline.toml").read_text())
    new = tomllib.loads(adopted(results, package)[package / "market/scenarios/baseline.toml"])
    for cloud in old["cloud"]:
        if cloud["id"] == "tencent_cloud":
            cloud["stock_cards"] = 17000
    assert new == old


def test_a_source_no_longer_says_that_the_value_was_moved_by_hand(results: Path, package: Path) -> None:
    tenders = adopted(results, package)[package / "market/parameters/tenders.py"]
    own = tenders[tenders.index('"confidence"') : tenders.index('"pause_days"')]
    assert "by hand" not in own
    assert 'source="S8 (clouds cannot tell)"' in own
    for text in adopted(results, package).values():
        if "Group(" in text:
            compile(text, "parameters", "exec")


def test_draws_are_kept_as_the_package_reads_them(results: Path, package: Path) -> None:
    text = adopted(results, package)[package / "market/evidence/posterior.csv"]
    assert text.splitlines() == [
        f"draw,{ADJUSTMENT},{STOCK},{WEIGHT},{CONFIDENCE}",
        "1,0.0712345,17000,1.23456,0.51",
        "2,0.0712345,17000,1.23456,0.51",
    ]


def test_a_path_that_is_not_free_stops_it_before_anything_is_written(
    results: Path, package: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pd.DataFrame({"parameter": ["orders.nothing"], "value": [1.0]}).to_csv(results / "chosen.csv", index=False)
    assert main([str(results), "--package", str(package)]) == 2
    assert "orders.nothing" in capsys.readouterr().err
    assert not (package / "market/evidence/posterior.csv").exists()


def test_results_that_are_not_there_are_named(tmp_path: Path, package: Path) -> None:
    with pytest.raises(InputError, match="posterior"):
        adopted(tmp_path / "nowhere", package)
