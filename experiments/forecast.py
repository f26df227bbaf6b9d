"""What would this model have said on 16 October 2023 about the fifteen months after the export rule?

Worlds are drawn from what was known and unknown on that day (`information`), those that agree with what had been
reported by then are kept (`precut`), and each is run once with luck of its own to the end of 2024. Beside the model
stand four naive rivals on the same information. Results are ensembles of daily paths; `register` freezes them, `score`
holds a frozen forecast against a file of observations and nothing else. Some facts that lie after the cut are in the
evidence of this package, and the model's rules were written in their knowledge; they are used neither in the fit nor
in a prior.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from experiments.engine.errors import StorageError
from experiments.engine.shards import write_text
from experiments.fit.precut import FIT_DAYS, fit_runs, pre_cut_posterior, pre_cut_targets, sizes
from experiments.lab import Lab
from experiments.prediction.ensemble import LEVELS, Ensemble, fan
from experiments.prediction.observed import read_observations
from experiments.prediction.registration import SCORES, RegistrationError, check, code_digest, file_digest, find, freeze
from experiments.prediction.rehearsal import rehearsal
from experiments.prediction.rivals import RIVALS, autoregression, histories, random_walk, supply_demand
from experiments.prediction.verdict import VERDICT_COLUMNS, judge, scores
from experiments.readings.quantities import DATES, FISCAL_QUARTERS, QUANTITIES, china_revenue_busd, spans
from experiments.study import Point, Study
from experiments.worlds import information
from experiments.worlds.futures import overrides
from experiments.worlds.information import CUT, FIRST, LAST

__all__ = ["FORECASTERS", "QUESTION", "REGISTERED", "conduct", "effort", "register", "runs", "score"]

QUESTION = "What did the model expect of the months after the export rule, on what was known the day before it?"

MODEL = "model"
FORECASTERS = (MODEL, *RIVALS)
REGISTERED = Path(__file__).with_name("registered")
"""Where registered forecasts lie."""
NAME = f"forecast-{CUT.isoformat()}"
SETTING = "setting.json"
SCENARIOS = {MODEL: "baseline", "no_speculators": "no_speculators"}
WEEK = 7
WHOLE_DAYS = (LAST - dt.date(2022, 1, 1)).days + 1


def runs(quick: bool) -> int:
    """Return the number of runs: the fit and the forecast, with and without speculators."""
    return len(SCENARIOS) * (fit_runs(quick) + sizes(quick)[1])


def effort(quick: bool) -> float:
    """Return the number of runs of the baseline that cost as much: runs of the fit end a year earlier."""
    return len(SCENARIOS) * (fit_runs(quick) * FIT_DAYS / WHOLE_DAYS + sizes(quick)[1])


def conduct(lab: Lab) -> None:
    """Fit, forecast, let the rivals forecast, and keep ensembles, fans and tables."""
    lab.keep("inputs", information.table())
    ensembles = []
    for name, scenario in SCENARIOS.items():
        draws = pre_cut_posterior(lab, scenario)
        _keep_draws(draws, lab.directory / _draws_file(name))
        ensembles.append(forecast_of(lab, name, scenario, draws))
    n = sizes(lab.quick)[1]
    ensembles[1:1] = [random_walk(n), autoregression(n), supply_demand(n)]
    for ensemble in ensembles:
        ensemble.write(_file_of(lab.directory, ensemble.name))
    lab.keep("histories", _histories())
    lab.keep("fan", _thinned(pd.concat([fan(ensemble) for ensemble in ensembles], ignore_index=True)))
    lab.keep("windows", windows(ensembles))
    lab.keep("rehearsal", rehearsal(ensembles))
    _note(lab, (ensembles[0], ensembles[-1]))
    setting = {
        "quick": lab.quick,
        "cut": str(CUT),
        "scenarios": SCENARIOS,
        "sizes": sizes(lab.quick),
        "targets": [target.id for target in pre_cut_targets()],
        "code": code_digest("experiments.forecast"),
    }
    write_text(lab.directory / SETTING, json.dumps(setting, indent=1, sort_keys=True) + "\n")


def forecast_of(lab: Lab, name: str, scenario: str, draws: pd.DataFrame) -> Ensemble:
    """Run every draw once, with luck of its own, and return the paths.

    Both worlds have the same luck, draw by draw, so that a difference between them is not luck.
    """
    points = tuple(Point(f"d{k:04d}", scenario, overrides(row)) for k, row in enumerate(draws.to_dict("records")))
    read = "experiments.readings.quantities:read_days"
    study = Study(f"forecast.{name}", points, 1, "independent", read, luck="forecast")
    days = lab.collect(study)["days"]

    def paths(column: str) -> np.ndarray:
        return days[column].to_numpy(float).reshape(len(draws), DATES.size)

    found = {quantity: paths(quantity) for quantity in QUANTITIES if quantity in days.columns}
    share = draws["supply.restricted_share"].to_numpy(float)
    unruled, cards, substitute = (paths(column) for column in ("unruled_busd", "cards_busd", "substitute_busd"))
    found["nvidia_china_revenue_busd"] = china_revenue_busd(unruled, cards, substitute, share)
    return Ensemble(name, found)


def windows(ensembles: Sequence[Ensemble]) -> pd.DataFrame:
    """Return what every forecaster says of each quarter: quantiles, and the share of paths in which it exists.

    China revenue is by fiscal quarter, everything else by calendar quarter.
    """
    rows = []
    for ensemble in ensembles:
        for quantity in ensemble.paths:
            for start, end in spans(quantity):
                values = ensemble.window(quantity, start, end)
                levels = np.quantile(values, list(LEVELS.values())) if values.size else [np.nan] * len(LEVELS)
                rows.append(
                    {
                        "forecaster": ensemble.name,
                        "quantity": quantity,
                        "unit": QUANTITIES[quantity].unit,
                        "date_start": start,
                        "date_end": end,
                        **dict(zip(LEVELS, levels, strict=True)),
                        "share": values.size / len(ensemble.paths[quantity]),
                    }
                )
    return pd.DataFrame(rows)


def register(results: Path, into: Path = REGISTERED) -> Path:
    """Freeze the results of a full forecast and return the registration.

    Parameters
    ----------
    results : pathlib.Path
        What `conduct` filled.
    into : pathlib.Path
        Directory of registrations.

    Raises
    ------
    StorageError
        When results are missing.
    RegistrationError
        When they are those of a quick look, or registered already.
    """
    try:
        setting = json.loads((results / SETTING).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StorageError(results, f"holds no forecast ({error}); run `python -m experiments forecast`") from error
    if setting["quick"]:
        raise RegistrationError(results, "is a quick look; register a full forecast")
    tables = ["inputs", "histories", "fan", "windows", "rehearsal"]
    tables += [f"{table}_{scenario}" for table in ("fit", "rungs") for scenario in SCENARIOS.values()]
    files = [results / f"{table}.csv" for table in tables]
    files += [results / SETTING, results / "numbers.json", *(_file_of(results, name) for name in FORECASTERS)]
    files += [results / _draws_file(name) for name in SCENARIOS]
    for path in files:
        if not path.is_file():
            raise StorageError(path, "is missing; run `python -m experiments forecast` again")
    facts = {"cut": str(CUT), "first": str(FIRST), "last": str(LAST), "question": QUESTION}
    return freeze(files, into, NAME, facts)


def score(file: Path, directory: Path = REGISTERED) -> pd.DataFrame:
    """Score a registered forecast against a file of observations; print and keep the verdict.

    Parameters
    ----------
    file : pathlib.Path
        CSV with the columns of `experiments.prediction.observed.COLUMNS`; without rows nothing is scored.
    directory : pathlib.Path
        A registration, or a directory that holds one.

    Returns
    -------
    pandas.DataFrame
        The verdict by quantity and forecaster (`prediction.verdict.judge`); empty when nothing was scored. Kept in
        the registration's folder of scores, with the file and the scores of every observation.

    Raises
    ------
    ObservationsError
        When the file is not accepted; nothing is scored then.
    RegistrationError
        When there is no registration, or it is not what was frozen.
    """
    observations = read_observations(file)
    if not observations:
        print(f"{file}: no observations; nothing was scored")
        return pd.DataFrame(columns=list(VERDICT_COLUMNS))
    registration = find(directory)
    digest = str(check(registration)["digest"])
    print(f"forecast {registration.name}, digest {digest}")
    found = scores([Ensemble.read(_file_of(registration, name)) for name in FORECASTERS], observations)
    verdict = judge(found)
    kept = registration / SCORES / f"{file.stem}-{file_digest(file)[:8]}"
    write_text(kept / "observations.csv", file.read_text(encoding="utf-8-sig"))
    write_text(kept / "scores.csv", found.to_csv(index=False, lineterminator="\n"))
    write_text(kept / "verdict.csv", verdict.to_csv(index=False, lineterminator="\n"))
    print(verdict.to_string(index=False, float_format=lambda number: f"{number:.4g}", na_rep="-"))
    print(f"{len(observations)} observations scored; kept in {kept}")
    return verdict


def _thinned(table: pd.DataFrame) -> pd.DataFrame:
    """Return the fans, daily for the spot price and weekly for the rest, rounded to what counts."""
    day = (table["date"].to_numpy().astype("datetime64[D]") - DATES[0]).astype(np.int64)
    kept = table[(table["quantity"] == "spot_price_cny").to_numpy() | (day % WEEK == 0)].copy()
    step = kept["quantity"].map({name: quantity.step for name, quantity in QUANTITIES.items()})
    for level in LEVELS:
        kept[level] = ((kept[level] / step).round() * step).round(8)
    return kept.reset_index(drop=True)


def _histories() -> pd.DataFrame:
    """Return what the rivals saw."""
    return pd.DataFrame(
        [
            {"quantity": quantity, "date": sighting.day, "value": sighting.value, "error_logs": sighting.error}
            for quantity, seen in histories().items()
            for sighting in seen
        ]
    )


def _note(lab: Lab, ensembles: Sequence[Ensemble]) -> None:
    """Note the numbers that text may quote."""
    n, model = sizes(lab.quick)[1], ensembles[0]
    asked = [
        ("price_jan_2024_cny", "spot_price_cny", dt.date(2024, 1, 1), dt.date(2024, 1, 15)),
        ("price_end_2024_cny", "spot_price_cny", dt.date(2024, 12, 1), LAST),
        ("rent_2024_cny", "rent_quote_cny_per_card_month", dt.date(2024, 1, 1), LAST),
        ("wait_mid_2024_months", "wait_months", dt.date(2024, 6, 1), dt.date(2024, 6, 30)),
        ("revenue_after_rule_busd", "nvidia_china_revenue_busd", *FISCAL_QUARTERS[0]),
        ("revenue_autumn_2024_busd", "nvidia_china_revenue_busd", *FISCAL_QUARTERS[-1]),
        ("idle_share_2024", "idle_share", dt.date(2024, 1, 1), LAST),
        ("maker_delivered_share_end_2024", "maker_delivered_share", LAST, LAST),
        ("startup_exit_share_end_2024", "startup_exit_share", FIRST, LAST),
    ]
    for name, quantity, start, end in asked:
        values = model.window(quantity, start, end)
        low, middle, high = np.quantile(values, [0.05, 0.5, 0.95]) if values.size else [np.nan] * 3
        meaning = f"{QUANTITIES[quantity].meaning}, {start} to {end}: median and 90% of the registered paths"
        lab.note(name, middle, low, high, unit=QUANTITIES[quantity].unit, runs=n, meaning=meaning)
    for ensemble in ensembles:
        prices = ensemble.paths["spot_price_cny"][:, np.datetime64("2024-01-01") <= DATES]
        still = float((prices == prices[:, :1]).all(axis=1).mean())
        name = "price_stands_still_2024" + ("" if ensemble.name == MODEL else f"_{ensemble.name}")
        lab.note(name, still, unit="share of paths", runs=n, meaning=f"the price never moves in 2024, {ensemble.name}")


def _file_of(directory: Path, forecaster: str) -> Path:
    return directory / f"forecaster_{forecaster}.parquet"


def _keep_draws(draws: pd.DataFrame, path: Path) -> None:
    """Keep draws to the last digit, whole or not at all."""
    scratch = path.with_name(f".{path.name}.tmp")
    draws.to_parquet(scratch, index=False)
    os.replace(scratch, path)


def _draws_file(forecaster: str) -> str:
    return f"draws_{forecaster}.parquet"
