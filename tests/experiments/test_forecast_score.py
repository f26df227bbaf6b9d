"""Scoring a forecast: files of observations, who wins when the truth is known, the way from results to a verdict."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from experiments import forecast
from experiments.fit import precut
from experiments.forecast import FORECASTERS, forecast_of, register, score
from experiments.lab import Lab
from experiments.prediction.ensemble import FEWEST, Ensemble
from experiments.prediction.observed import ObservationsError, Observed, read_observations
from experiments.prediction.registration import RegistrationError
from experiments.prediction.rehearsal import rehearsal
from experiments.prediction.rivals import autoregression, histories, random_walk, supply_demand, walked
from experiments.prediction.verdict import ALL, judge, scores
from experiments.readings.quantities import DATES, QUANTITIES, QUARTERS
from experiments.statistics.intervals import generator
from experiments.worlds.information import draw

HEAD = "date_start,date_end,quantity,value,low,high\n"
PRICE = "spot_price_cny"
N = 60


def written(path: Path, *rows: str, head: str = HEAD) -> Path:
    path.write_text(head + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return path


# ------------------------------------------------------------------ the file


def test_points_and_intervals_are_read(tmp_path: Path) -> None:
    file = written(
        tmp_path / "seen.csv",
        f"2024-01-01,2024-01-31,{PRICE},123456,,",
        "",
        f"2024-01-12,2024-01-12,{PRICE},,100000,120000",
        "2024-02-01,2024-02-29,idle_share,0.1,0.05,0.2",
    )
    one, two, three = read_observations(file)
    assert (one.row, one.low, one.high, one.value) == (2, 123456.0, 123456.0, 123456.0)
    assert (two.row, two.value) == (4, 110000.0)
    assert (three.low, three.value, three.high) == (0.05, 0.1, 0.2)
    assert two.start == two.end == dt.date(2024, 1, 12)


@pytest.mark.parametrize("text", ["", "\n", HEAD, HEAD + "\n\n", "\ufeff" + HEAD])
def test_a_file_without_rows_is_fine(tmp_path: Path, text: str) -> None:
    file = tmp_path / "seen.csv"
    file.write_text(text, encoding="utf-8")
    assert read_observations(file) == ()


def test_columns_may_stand_in_any_order(tmp_path: Path) -> None:
    file = written(tmp_path / "a.csv", f"{PRICE},90000,,,2024-01-01,2024-01-02",
                   head="quantity,value,low,high,date_start,date_end\n")  # fmt: skip
    assert read_observations(file)[0].end == dt.date(2024, 1, 2)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (f"2023-10-16,2023-10-20,{PRICE},90000,,", "column date_start = '2023-10-16': expected a date YYYY-MM-DD from"),
        (f"2024-01-05,2025-01-01,{PRICE},90000,,", "column date_end"),
        (f"20240105,2024-01-06,{PRICE},90000,,", "column date_start"),
        (f"2024-01-05,2024-01-04,{PRICE},90000,,", "not before date_start"),
        ("2024-01-05,2024-01-05,spot_price,90000,,", "did you mean spot_price_cny?"),
        (f"2024-01-05,2024-01-05,{PRICE},,,", "column value is empty"),
        (f"2024-01-05,2024-01-05,{PRICE},90000,80000,", "column high is empty"),
        (f"2024-01-05,2024-01-05,{PRICE},90000,,95000", "column low is empty"),
        (f"2024-01-05,2024-01-05,{PRICE},90000,95000,99000", "from low to high"),
        (f"2024-01-05,2024-01-05,{PRICE},,99000,95000", "not below low"),
        (f"2024-01-05,2024-01-05,{PRICE},90k,,", "column value = '90k': expected a number above 0"),
        (f"2024-01-05,2024-01-05,{PRICE},0,,", "above 0"),
        (f"2024-01-05,2024-01-05,{PRICE},nan,,", "column value = 'nan'"),
        (f"2024-01-05,2024-01-05,{PRICE},inf,,", "column value = 'inf'"),
        ("2024-01-05,2024-01-05,idle_share,1.5,,", "from 0 to 1 (share of online cards)"),
        ("2024-01-05,2024-01-05,idle_share,-0.1,,", "from 0 to 1"),
        (f"2024-01-05,2024-01-05,{PRICE},90000", "expected 6 cells"),
    ],
)
def test_a_fault_is_told_with_row_column_value_and_what_is_allowed(tmp_path: Path, row: str, told: str) -> None:
    file = written(tmp_path / "seen.csv", f"2024-01-01,2024-01-01,{PRICE},90000,,", row)
    with pytest.raises(ObservationsError) as caught:
        read_observations(file)
    text = str(caught.value)
    assert "row 3" in text
    assert told in text
    assert str(file) in text
    assert caught.value.exit_code == 2


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    file = written(tmp_path / "seen.csv", "x,y,z,a,b,c", f"2024-01-01,2024-01-01,{PRICE},-5,,")
    with pytest.raises(ObservationsError) as caught:
        read_observations(file)
    assert {(fault.row, fault.column) for fault in caught.value.faults} == {
        (2, "date_start"), (2, "date_end"), (2, "quantity"), (3, "value"),
    }  # fmt: skip


@pytest.mark.parametrize("head", ["date_start,date_end,quantity,value\n", "a,b,c,d,e,f\n"])
def test_other_columns_are_refused(tmp_path: Path, head: str) -> None:
    with pytest.raises(ObservationsError, match="date_start,date_end,quantity,value,low,high"):
        read_observations(written(tmp_path / "seen.csv", head=head))


def test_what_is_no_text_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00\x01")
    for path in (tmp_path / "binary.csv", tmp_path, tmp_path / "none.csv"):
        with pytest.raises(ObservationsError):
            read_observations(path)


# ------------------------------------------------------------------ who wins


@pytest.fixture(scope="module")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> tuple[Ensemble, Ensemble]:
    """The small world's ensemble, and truths: worlds at other known draws."""
    lab = Lab("forecast", tmp_path_factory.mktemp("tiny"), quick=True)
    ensemble = forecast_of(lab, "model", "tiny", draw(N, "test.model"))
    truths = forecast_of(lab, "truths", "tiny", draw(12, "test.truths"))
    return ensemble, truths


def truth_in(paths: np.ndarray, quantity: str, first_row: int) -> list[Observed]:
    ensemble = Ensemble("truth", {quantity: np.repeat(paths[None, :], FEWEST, axis=0)})
    found = []
    for place, (start, end) in enumerate(QUARTERS):
        values = ensemble.window(quantity, start, end)
        if values.size:
            value = float(values[0])
            found.append(Observed(first_row + place, start, end, quantity, value, value, value))
    return found


def test_the_model_wins_when_the_truth_is_a_world_of_the_model(tiny_model: tuple[Ensemble, Ensemble]) -> None:
    model, truths = tiny_model
    seen: list[Observed] = []
    for name in ("spot_price_cny", "wait_months", "nvidia_china_revenue_busd", "rent_quote_cny_per_card_month"):
        for paths in truths.paths[name]:
            seen += truth_in(paths, name, 10 * len(seen))
    rivals = [random_walk(N), autoregression(N), supply_demand(N)]
    table = scores([model, *rivals], seen)
    by_quantity = judge(table).set_index(["quantity", "forecaster"])
    for rival in rivals:
        joint = [name for name in model.paths if (name, rival.name) in by_quantity.index and rival.speaks_of(name)]
        ours, theirs = (by_quantity.loc[[(name, who) for name in joint]] for who in ("model", rival.name))
        assert len(joint) >= 3
        assert (ours["crps"].to_numpy() / theirs["crps"].to_numpy()).mean() < 1.0
        assert (theirs["log_score"].to_numpy() - ours["log_score"].to_numpy()).mean() > 0.0
    assert by_quantity.loc[(ALL, "model"), "crps_skill"] > 0.1
    assert by_quantity.loc[(ALL, "model"), "coverage_90"] > 0.75


def test_the_random_walk_wins_when_the_truth_is_one(tiny_model: tuple[Ensemble, Ensemble]) -> None:
    model, _ = tiny_model
    seen: list[Observed] = []
    for name in ("spot_price_cny", "nvidia_china_revenue_busd"):
        for paths in walked(histories()[name], 12, generator("test.truth")):
            seen += truth_in(paths, name, 10 * len(seen))
    verdict = judge(scores([model, random_walk(N), supply_demand(N)], seen)).set_index(["quantity", "forecaster"])
    for name in ("spot_price_cny", "nvidia_china_revenue_busd"):
        assert verdict.loc[(name, "model"), "crps_skill"] < 0
        assert verdict.loc[(name, "random_walk"), "crps_skill"] == 0
        assert verdict.loc[(name, "random_walk"), "crps"] < verdict.loc[(name, "supply_demand"), "crps"]
    assert verdict.loc[(PRICE, "random_walk"), "coverage_90"] > 0.7


def test_in_the_rehearsal_whoever_drew_the_truth_is_best_or_next_to_it(tiny_model: tuple[Ensemble, Ensemble]) -> None:
    table = rehearsal([tiny_model[0], random_walk(N), autoregression(N), supply_demand(N)])
    price = table[table["quantity"] == PRICE].pivot(index="truth", columns="forecaster", values="crps")
    for truth in price.index:
        assert price.loc[truth, truth] <= 1.03 * price.loc[truth].min()


# ------------------------------------------------------------------ verdicts


def constant(name: str, centre: float, spread: float, quantity: str = PRICE) -> Ensemble:
    levels = centre + spread * np.linspace(-1.0, 1.0, 101)
    return Ensemble(name, {quantity: np.repeat(levels[:, None], DATES.size, axis=1)})


def seen_at(value: float, quantity: str = PRICE, row: int = 2) -> Observed:
    return Observed(row, dt.date(2024, 1, 1), dt.date(2024, 1, 31), quantity, value, value, value)


def test_a_forecaster_that_cannot_speak_is_silent_and_not_scored() -> None:
    forecasters = [constant("model", 0.5, 0.1, "idle_share"), constant("random_walk", 90_000, 10_000)]
    verdict = judge(scores(forecasters, [seen_at(0.5, "idle_share"), seen_at(95_000, row=3)]))
    rows = verdict.set_index(["quantity", "forecaster"])
    assert rows.loc[("idle_share", "random_walk"), "silent"] == 1
    assert rows.loc[("idle_share", "random_walk"), "n"] == 0
    assert np.isnan(rows.loc[("idle_share", "model"), "crps_skill"])  # nothing to compare with
    assert rows.loc[("idle_share", "model"), "n"] == 1
    assert np.isnan(rows.loc[(PRICE, "model"), "crps"])


def test_skill_compares_only_observations_of_which_both_speak() -> None:
    late = constant("model", 90_000, 10_000)
    late.paths[PRICE][:, :200] = np.nan
    early = seen_at(95_000)
    after = Observed(3, dt.date(2024, 12, 1), dt.date(2024, 12, 31), PRICE, 95_000, 95_000, 95_000)
    verdict = judge(scores([late, constant("random_walk", 90_000, 10_000)], [early, after]))
    model = verdict.set_index(["quantity", "forecaster"]).loc[(PRICE, "model")]
    assert (model["n"], model["silent"]) == (1, 1)
    assert model["crps_skill"] == pytest.approx(0.0)


def test_windows_mean_what_the_quantity_says() -> None:
    days = np.arange(DATES.size, dtype=float)
    ensemble = Ensemble("x", {name: np.tile(days, (FEWEST, 1)) for name in QUANTITIES})
    start, end = dt.date(2023, 10, 17), dt.date(2023, 10, 27)
    assert ensemble.window("spot_price_cny", start, end)[0] == 5.0
    assert ensemble.window("nvidia_china_revenue_busd", start, end)[0] == 55.0
    assert ensemble.window("maker_delivered_share", start, end)[0] == 10.0


def test_an_ensemble_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    paths = {name: np.abs(np.random.default_rng(1).normal(1, 0.1, (30, DATES.size))) for name in QUANTITIES}
    paths["lead_time_months"][:12, 7:] = np.nan
    Ensemble("x", paths).write(tmp_path / "forecaster_x.parquet")
    again = Ensemble.read(tmp_path / "forecaster_x.parquet")
    assert again.name == "x"
    for name, quantity in QUANTITIES.items():
        np.testing.assert_allclose(again.paths[name], paths[name], atol=0.51 * quantity.step)


# ------------------------------------------------------------------ the whole way


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A very small forecast of the small world, made as a full one is."""
    directory = tmp_path_factory.mktemp("results") / "forecast"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(precut, "SIZES", (30, 24, 1))
        patch.setattr(forecast, "SCENARIOS", {"model": "tiny", "no_speculators": "tiny"})
        forecast.conduct(Lab("forecast", directory))
    return directory


def test_a_forecast_is_made_registered_and_scored(
    results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(forecast, "SCENARIOS", {"model": "tiny", "no_speculators": "tiny"})
    registration = register(results, tmp_path / "registered")
    file = written(
        tmp_path / "seen.csv",
        f"2024-01-01,2024-01-31,{PRICE},,110000,130000",
        "2024-03-01,2024-03-31,idle_share,0.05,,",
        "2024-07-29,2024-10-27,nvidia_china_revenue_busd,2.5,,",
    )
    verdict = score(file, tmp_path / "registered")
    assert set(verdict["forecaster"]) == set(FORECASTERS)
    assert list(verdict["quantity"].unique()) == [PRICE, "idle_share", "nvidia_china_revenue_busd", ALL]
    printed = capsys.readouterr().out
    assert "3 observations scored" in printed
    assert registration.name in printed
    kept = next((registration / "scores").iterdir())
    assert {path.name for path in kept.iterdir()} == {"observations.csv", "scores.csv", "verdict.csv"}
    assert len(pd.read_csv(kept / "scores.csv")) == 3 * len(FORECASTERS)
    pd.testing.assert_frame_equal(score(file, registration), verdict)  # scoring changes nothing that is frozen


@pytest.mark.parametrize("text", ["", HEAD])
def test_an_empty_file_scores_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    file = tmp_path / "none.csv"
    file.write_text(text)
    assert score(file, tmp_path / "registered").empty
    assert "nothing was scored" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == [file]


def test_an_altered_registration_is_not_scored(results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forecast, "SCENARIOS", {"model": "tiny", "no_speculators": "tiny"})
    registration = register(results, tmp_path / "registered")
    file = written(tmp_path / "seen.csv", f"2024-01-01,2024-01-31,{PRICE},120000,,")
    path = registration / "forecaster_model.parquet"
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(RegistrationError, match=r"forecaster_model\.parquet was altered"):
        score(file, registration)


def test_results_that_were_not_registered_are_not_scored(results: Path, tmp_path: Path) -> None:
    file = written(tmp_path / "seen.csv", f"2024-01-01,2024-01-31,{PRICE},120000,,")
    with pytest.raises(RegistrationError, match="register"):
        score(file, results)


def test_a_quick_look_is_not_registered(results: Path, tmp_path: Path) -> None:
    setting = results / "setting.json"
    text = setting.read_text()
    setting.write_text(text.replace('"quick": false', '"quick": true'))
    try:
        with pytest.raises(RegistrationError, match="quick look"):
            register(results, tmp_path / "registered")
    finally:
        setting.write_text(text)
    assert not (tmp_path / "registered").exists()
