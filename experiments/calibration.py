"""What do the reports pin down, and does any set of values agree with all of them?

Screening, waves of history matching with emulators, and a posterior on what is left (`experiments.fit.fitting`), from
uniform priors. The posterior is then put on trial (`experiments.fit.trial`): emulators on held-out points, intervals on
synthetic truths, a false report that must raise a flag, and the model itself run at the draws, against the targets that
were fitted and those kept aside. Kept are the draws, the set for single runs, and a table of what is not identified.

Full size: three waves of 450 points in three replicates; over 300 synthetic truths a coverage of 90% is known to within
3.5 percentage points. What it leaves out: inputs whose effect the screening's trajectories did not show stay put.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from experiments.fit.fitting import Fit, Size, fit
from experiments.fit.priors import free_parameters
from experiments.fit.reported import NOT_TARGETS
from experiments.fit.targets import TARGETS, fitted, table
from experiments.fit.trial import SETS, try_coverage, try_false_report, try_identifiability, try_prediction, try_sets
from experiments.lab import Lab

QUESTION = "Which values of the free parameters agree with what was reported, and which do the reports pin down?"

QUICK = Size(3, 24, 2, 100, 2, 12, 8, 300, 3_000, 100)
FULL = Size(20, 40, 3, 450, 3, 40, 12, 600, 40_000, 200)
QUICK_TRIAL = {"truths": 60, "draws": 40, "replicates": 1, "seeds": 8, "finalists": 4}
FULL_TRIAL = {"truths": 300, "draws": 200, "replicates": 4, "seeds": 48, "finalists": 12}


def runs(quick: bool) -> int:
    """Return the number of model runs."""
    size, trial = (QUICK, QUICK_TRIAL) if quick else (FULL, FULL_TRIAL)
    tried = trial["truths"] + trial["draws"] * trial["replicates"] + (len(SETS) + trial["finalists"]) * trial["seeds"]
    return size.runs(len(free_parameters())) + tried


def conduct(lab: Lab) -> None:
    """Fit, put the posterior on trial, keep what was found."""
    size, trial = (QUICK, QUICK_TRIAL) if lab.quick else (FULL, FULL_TRIAL)
    with threadpool_limits(1):  # small matrices: threads cost more than they save, and change last digits
        _keep_targets(lab)
        found = fit(lab, fitted(), size, lab.name)
        _keep_fit(lab, found)
        try_false_report(lab, found)
        recovered = try_coverage(lab, found, trial["truths"])
        try_identifiability(lab, found, recovered)
        statistics = try_prediction(lab, found, trial["draws"], trial["replicates"])
        try_sets(lab, found, statistics, trial["seeds"], trial["finalists"])


def _keep_targets(lab: Lab) -> None:
    lab.keep("targets", table())
    lab.keep("not_targets", pd.DataFrame({"observation": list(NOT_TARGETS), "reason": list(NOT_TARGETS.values())}))
    n_fit = len(fitted())
    lab.note("targets_fitted", n_fit, unit="targets", runs=0, meaning="targets that the fit uses")
    lab.note("targets_checked", len(TARGETS) - n_fit, unit="targets", runs=0, meaning="targets kept for checking")


def _keep_fit(lab: Lab, found: Fit) -> None:
    """Keep the screening, the waves and the draws."""
    lab.keep("screening", found.effects)
    lab.keep("free", _free_table(found))
    lab.keep("emulators", found.judged)
    lab.keep("spaces", found.spaces)
    lab.keep("misfits", found.misfit)
    draws = found.draws()
    draws.insert(0, "draw", np.arange(1, len(draws) + 1))
    lab.keep("posterior", draws)
    last = found.judged[found.judged["wave"] == found.judged["wave"].max()]
    n = int(last["points"].max() * last["replicates"].max())
    lab.note("free", len(found.free), unit="inputs", runs=0, meaning="free parameters and traits that were screened")
    lab.note(
        "kept", len(found.kept), unit="inputs", runs=0, meaning="of these, inputs that move a target and were fitted"
    )
    lab.note(
        "emulator_r2",
        float(last["r2"].median()),
        float(last["r2"].min()),
        float(last["r2"].max()),
        unit="1",
        runs=n,
        meaning="median over targets of the last wave's emulators' R2 on held-out points; lowest and highest target",
    )
    lab.note(
        "emulator_coverage",
        float(last["run_coverage_90"].mean()),
        float(last["run_coverage_90"].min()),
        float(last["run_coverage_90"].max()),
        unit="share of runs",
        runs=n,
        meaning="held-out runs inside the emulators' 90% interval; lowest and highest target",
    )
    left = found.spaces.groupby("wave")["share_left"].first()
    lab.note(
        "space_left",
        float(left.iloc[-1]),
        unit="share of the prior",
        runs=0,
        meaning="prior space that is not ruled out",
    )
    lab.note(
        "least_implausibility",
        found.reached,
        unit="standard deviations",
        runs=0,
        meaning="level of the space that is left: 3, or what could be reached where no point passes",
    )
    lab.note(
        "standing_misfits",
        int(found.misfit["is_misfit"].sum()),
        unit="targets",
        runs=0,
        meaning="fitted targets that no point of the space that is left can meet",
    )
    lab.note(
        "effective_draws",
        found.effective,
        unit="draws",
        runs=0,
        meaning="effective size of the likelihood's weights on the sample of the space that is left",
    )


def _free_table(found: Fit) -> pd.DataFrame:
    kept = {item.path for item in found.kept}
    rows = [
        {
            "parameter": item.path,
            "low": item.low,
            "high": item.high,
            "baseline": item.value,
            "unit": item.unit,
            "is_calibrated": item.is_calibrated,
            "strength": found.strength.get(item.path, 0.0),
            "is_fitted": item.path in kept,
            "meaning": item.meaning,
            "source": item.source,
        }
        for item in found.free
    ]
    return pd.DataFrame(rows)
