"""The figure of the forecast, from made-up results."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from figures import forecast_fan
from figures.results import Results, ResultsError
from figures.style import journal_style

LEVELS = {"p05": 0.8, "p25": 0.9, "median": 1.0, "p75": 1.1, "p95": 1.2}


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Fans and quarters of every forecaster, as far as it can speak."""
    directory = tmp_path / "forecast"
    directory.mkdir()
    days = pd.date_range("2023-10-17", "2024-12-31", freq="7D")
    speaks = {name: [*forecast_fan.DAILY, forecast_fan.PRICE] for name in forecast_fan.NAMES}
    speaks["random_walk"] = [forecast_fan.PRICE, "wait_months"]
    fan = [
        {"forecaster": name, "quantity": quantity, "date": day, **{key: 5 * x for key, x in LEVELS.items()}, "share": 1}
        for name, quantities in speaks.items()
        for quantity in quantities
        for day in days
    ]
    windows = [
        {"forecaster": name, "quantity": quantity, "date_start": "2024-01-01", "date_end": "2024-03-31", **LEVELS}
        for name in forecast_fan.NAMES
        for quantity in forecast_fan.FLOWS
    ]
    pd.DataFrame(fan).to_csv(directory / "fan.csv", index=False)
    pd.DataFrame(windows).to_csv(directory / "windows.csv", index=False)
    number = {"value": 1.0, "low": 0.5, "high": 1.5, "unit": "CNY per card", "runs": 37, "meaning": "made up"}
    (directory / "numbers.json").write_text(json.dumps({"price_jan_2024_cny": number}))
    return tmp_path


def test_every_forecaster_has_a_price_panel_and_every_quantity_one(results: Path) -> None:
    with journal_style():
        drawing = forecast_fan.draw(Results((results,)))
    titles = [axes.get_title(loc="center") for axes in drawing.figure.axes]
    assert titles[:5] == list(forecast_fan.NAMES.values())
    assert len(drawing.figure.axes) == len(forecast_fan.NAMES) + len(forecast_fan.ORDER)
    assert "37 equally likely paths" in drawing.caption


def test_a_rival_that_cannot_speak_has_no_line(results: Path) -> None:
    with journal_style():
        drawing = forecast_fan.draw(Results((results,)))
    panels = dict(zip(forecast_fan.ORDER, drawing.figure.axes[len(forecast_fan.NAMES) :], strict=True))
    lines = {name: [line for line in panels[name].lines if len(line.get_xdata())] for name in forecast_fan.DAILY}
    assert len(lines["wait_months"]) == len(lines["idle_share"]) + 1


def test_results_without_a_forecaster_are_refused(results: Path) -> None:
    path = results / "forecast" / "fan.csv"
    table = pd.read_csv(path)
    table[table["forecaster"] != "autoregression"].to_csv(path, index=False)
    with pytest.raises(ResultsError, match="autoregression"):
        forecast_fan.draw(Results((results,)))
