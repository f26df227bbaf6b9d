"""A posterior on trial: synthetic truths, a false report, what is identified, what it predicts, and one set for it.

Each trial takes a fit, runs the model where it must, and keeps a table and the numbers that text may quote. The trials
share nothing but the fit. What passes and what fails is kept alike.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.fit.checks import medoid, pattern_shares, predictive
from experiments.fit.fitting import Fit
from experiments.fit.priors import Free, points_at, present, values_at
from experiments.fit.targets import READ, TARGETS
from experiments.lab import Lab
from experiments.statistics.coverage import PROPER, coverage_table, recover, recovery_table, synthetic_reports
from experiments.statistics.history_matching import Wave, misfits, scaled_runs
from experiments.statistics.identifiability import combinations, verdicts
from experiments.statistics.intervals import generator, wilson
from experiments.study import Point, Study

__all__ = ["SETS", "try_coverage", "try_false_report", "try_identifiability", "try_prediction", "try_sets"]

Floats = NDArray[np.float64]

CANDIDATES = ("median", "medoid", "draw")
SETS = (*CANDIDATES, "baseline")
FALSE_TARGET, FALSE_LOW, FALSE_HIGH = "P2", 40_000.0, 60_000.0
"""A report that never was: the price falls in the shortage."""
OVER_SEEDS = ("T7", "C3")


def try_false_report(lab: Lab, found: Fit) -> None:
    """Put a false report in the place of a target: it must stand in the way."""
    last = found.waves[-1]
    targets = [t.moved(FALSE_LOW, FALSE_HIGH) if t.id == FALSE_TARGET else t for t in last.targets]
    told = misfits(Wave(last.number, targets, last.emulators, last.rank), found.sample)
    lab.keep("false_report", told)
    is_flagged = told.loc[told["target"] == FALSE_TARGET, "is_misfit"].any()
    lab.note(
        "false_report_flagged",
        float(is_flagged),
        unit="1 if flagged",
        runs=0,
        meaning="whether a false report, a January price of 40,000 to 60,000 CNY, is named as a misfit",
    )


def try_coverage(lab: Lab, found: Fit, truths: int) -> Floats:
    """Infer synthetic truths from real runs; return how well each input is recovered."""
    targets = found.waves[-1].targets
    luck = generator(f"{lab.name}.coverage")
    rows = np.sort(luck.choice(len(found.sample), min(truths, len(found.sample)), replace=False))
    study = Study(f"{lab.name}.truths", points_at(found.kept, found.sample[rows], "truth"), 1, "independent", READ)
    statistics = scaled_runs(targets, lab.collect(study)["runs"], study)
    reported = synthetic_reports(targets, {id: values[:, 0] for id, values in statistics.items()}, luck)
    names = [item.path for item in found.kept]
    recovery = recover(targets, found.sample, found.predicted, rows.astype(np.int64), reported)
    covered = coverage_table(recovery, names)
    lab.keep("coverage", covered)
    lab.keep("recovery", recovery_table(recovery, names))
    _note_coverage(lab, covered, recovery.sizes)
    return covered.iloc[1:]["correlation"].to_numpy(float)


def _note_coverage(lab: Lab, covered: pd.DataFrame, sizes: Floats) -> None:
    overall, each = covered.iloc[0], covered.iloc[1:]
    lab.note(
        "coverage",
        float(overall["coverage"]),
        float(overall["coverage_low"]),
        float(overall["coverage_high"]),
        unit="share of intervals",
        runs=len(sizes),
        meaning="synthetic truths inside their 90% intervals, over all fitted inputs; 95% interval over truths",
    )
    counts = {
        "inputs_covered_well": (each["is_proper"].sum(), "whose 90% intervals cover 85% to 95% of truths"),
        "inputs_covered_too_seldom": (
            (each["coverage"] < PROPER[0]).sum(),
            "whose 90% intervals cover less than 85% of truths",
        ),
        "inputs_covered_too_often": (
            (each["coverage"] > PROPER[1]).sum(),
            "whose 90% intervals cover more than 95% of truths",
        ),
        "ranks_uneven": ((each["rank_p"] < 0.05 / len(each)).sum(), "whose ranks are uneven (5%, Bonferroni)"),
    }
    for name, (count, meaning) in counts.items():
        lab.note(name, int(count), unit="inputs", runs=len(sizes), meaning=f"fitted inputs {meaning}")
    lab.note(
        "truth_draws",
        float(np.median(sizes)),
        float(sizes.min()),
        float(sizes.max()),
        unit="draws",
        runs=len(sizes),
        meaning="effective draws behind a synthetic truth's posterior: median, least, most",
    )


def try_identifiability(lab: Lab, found: Fit, recovered: Floats) -> None:
    """Keep which inputs are identified; those that move nothing are not."""
    names = [item.path for item in found.kept]
    posterior = values_at(found.kept, found.posterior.points)
    prior = values_at(found.kept, np.tile(np.linspace(0.0, 1.0, 1001)[:, None], (1, len(names))))
    told = verdicts(names, prior, posterior, recovered)
    others = [item.path for item in found.free if item.path not in set(names)]
    silent = pd.DataFrame({"parameter": others, "verdict": [_silent(found, path) for path in others]})
    lab.keep("identifiability", pd.concat([told, silent], ignore_index=True))
    lab.keep("combinations", combinations(names, posterior))
    for verdict in ("identified", "weakly identified", "not identified"):
        lab.note(
            verdict.replace(" ", "_"),
            int((told["verdict"] == verdict).sum()),
            unit="inputs",
            runs=len(posterior),
            meaning=f"fitted inputs that are {verdict}",
        )


def _silent(found: Fit, path: str) -> str:
    return "not fitted: a weak effect" if path in found.strength else "not fitted: moves no target"


def try_prediction(lab: Lab, found: Fit, draws: int, replicates: int) -> pd.DataFrame:
    """Run the model at posterior draws, hold it against every target, and return the statistics of its runs."""
    points = points_at(found.kept, found.posterior.points[:draws], "draw")
    study = Study(f"{lab.name}.predictive", points, replicates, "independent", READ)
    statistics = lab.collect(study)["runs"]
    checked = predictive(TARGETS, statistics, generator(f"{lab.name}.predictive"))
    shares = pattern_shares({"posterior": statistics})
    lab.keep("predictive", checked)
    lab.keep("predictive_runs", statistics)
    lab.keep("posterior_patterns", shares)
    for use in ("fit", "check"):
        of = checked[checked["use"] == use]
        lab.note(
            f"misfits_{use}",
            int(of["is_misfit"].sum()),
            unit="targets",
            runs=len(statistics),
            meaning=f"of {len(of)} targets ({use}), those whose report lies in the outer 2% of what draws predict",
        )
    lab.note(
        "posterior_patterns_reproduced",
        int(shares["is_reproduced"].sum()),
        unit="patterns",
        runs=len(statistics),
        meaning="patterns in their band in at least 80% of runs over posterior draws and luck",
    )
    return statistics


def try_sets(lab: Lab, found: Fit, statistics: pd.DataFrame, seeds: int, finalists: int) -> None:
    """Judge the sets that may stand for the posterior in single runs on the same fresh luck, and keep one.

    The marginal medians are kept unless the draw nearest to all others, or the draw that did best, reproduces more
    patterns: where values trade off against each other, medians of each lie off the ridge that the draws lie on.

    Parameters
    ----------
    statistics : pandas.DataFrame
        Of the runs at the draws, as `try_prediction` returns them.
    finalists : int
        Draws that are run again, with luck of their own, before the best of them is a candidate.
    """
    posterior = found.posterior.points
    sets = {
        "median": np.median(posterior, axis=0),
        "medoid": posterior[medoid(posterior)],
        "draw": posterior[_best_draw(lab, found, statistics, seeds, finalists)],
        "baseline": present(found.kept),
    }
    points = {name: points_at(found.kept, sets[name], name)[0] for name in SETS}
    shares = _shares(lab, f"{lab.name}.sets", points, seeds)
    lab.keep("sets", shares)
    reproduced = shares.groupby("set")["is_reproduced"].sum()
    chosen = max(CANDIDATES, key=lambda name: reproduced[name])  # the first of equals
    lab.keep("chosen", _chosen_table(found.kept, sets[chosen], chosen))
    for name in SETS:
        lab.note(
            f"{name}_patterns_reproduced",
            int(reproduced[name]),
            unit="patterns",
            runs=seeds,
            meaning=f"patterns in their band in at least 80% of fresh seeds, at the set {name}",
        )
        own = shares[(shares["set"] == name) & ~shares["pattern"].isin(OVER_SEEDS)]["share_in_band"]
        about = wilson(float(own.mean()) * seeds, seeds)
        lab.note(
            f"{name}_in_band",
            *about,
            unit="share of runs",
            runs=seeds,
            meaning="share of fresh seeds in band, mean over patterns of single runs; as if all shared one luck",
        )


def _best_draw(lab: Lab, found: Fit, statistics: pd.DataFrame, seeds: int, finalists: int) -> int:
    """Return the row of the draw whose runs lie in most bands: the best few of its own runs, judged by fresh ones."""
    order = _by_bands(pattern_shares({str(name): runs for name, runs in statistics.groupby("point")}))[:finalists]
    every = {point.key: row for row, point in enumerate(points_at(found.kept, found.posterior.points, "draw"))}
    points = {name: points_at(found.kept, found.posterior.points[every[name]], name)[0] for name in order}
    return every[_by_bands(_shares(lab, f"{lab.name}.finalists", points, seeds))[0]]


def _by_bands(shares: pd.DataFrame) -> list[str]:
    """Return the names of sets, the one whose runs lie in most bands first."""
    return shares.groupby("set")["share_in_band"].sum().sort_values(ascending=False, kind="stable").index.tolist()


def _shares(lab: Lab, name: str, points: dict[str, Point], seeds: int) -> pd.DataFrame:
    """Run sets of values on the same luck, and return how far each reproduces each pattern."""
    runs = lab.collect(Study(name, tuple(points.values()), seeds, "paired", READ))["runs"]
    return pattern_shares({set: runs[runs["point"] == point.key] for set, point in points.items()})


def _chosen_table(kept: tuple[Free, ...], unit: Floats, name: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "parameter": [item.path for item in kept],
            "value": values_at(kept, unit[None, :])[0],
            "baseline": [item.value for item in kept],
            "unit": [item.unit for item in kept],
            "set": name,
        }
    )
