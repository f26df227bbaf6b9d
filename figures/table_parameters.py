"""The table of parameters of the ODD description: value, unit, prior, source, and the posterior where there is one."""

from __future__ import annotations

import pandas as pd

from figures.latex import escape, longtable
from figures.output import Table
from figures.results import Results

__all__ = ["EXPERIMENTS", "TITLE", "tabulate"]

EXPERIMENTS = ("setting", "calibration")
TITLE = "Table: every parameter with value, unit, prior, posterior and source"

NONE = "--"


def tabulate(results: Results) -> Table:
    """Return the table with its caption."""
    parameters = results.experiment("setting").table("parameters")
    posterior = _posterior(results)
    rows: list[tuple[str, ...]] = []
    group = ""
    for row in parameters.itertuples(index=False):
        head, _, name = str(row.name).partition(".")
        if head != group:
            rows += [("",)] if rows else []
            rows.append((rf"\multicolumn{{5}}{{@{{}}l}}{{\textbf{{{escape(head)}}}}}",))
            group = head
        mark = r"$^{\ast}$" if row.calibrated else ""
        text = escape(f"{row.meaning}. Source: {row.source}")
        value = f"{row.value:g}{mark} {escape(_unit(str(row.unit)))}"
        prior = NONE if pd.isna(row.prior_low) else f"{row.prior_low:g} to {row.prior_high:g}"
        rows.append((rf"\nolinkurl{{{name}}}", value, prior, posterior.get(str(row.name), NONE), text))
    body = longtable(
        r"@{}p{0.17\textwidth}p{0.14\textwidth}p{0.11\textwidth}p{0.11\textwidth}p{0.38\textwidth}@{}",
        ("Name", "Value", "Prior", "Posterior 90\\%", "Meaning and source"),
        rows,
    )
    n_priors = int(parameters["prior_low"].notna().sum())
    return Table(
        body,
        f"Parameters: all {len(parameters)}, by group. {n_priors} have a uniform prior over the range given; a star"
        " marks a value that was calibrated and not given by a source. Sources: ids of the evidence, reference"
        " keys, or assumed and why. Posterior: middle 90% where the calibration fitted the parameter.",
    )


def _posterior(results: Results) -> dict[str, str]:
    """Return the posterior range of each parameter that the calibration fitted; none where there is no calibration."""
    if not results.has("calibration"):
        return {}
    fitted = results.experiment("calibration").table("identifiability").dropna(subset=["p05", "p95"])
    return {str(row.parameter): f"{row.p05:.3g} to {row.p95:.3g}" for row in fitted.itertuples(index=False)}


def _unit(unit: str) -> str:
    return "" if unit == "1" else unit
