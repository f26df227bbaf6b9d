"""The table of experiments: question, design, runs, seeds and cost, from the manifests of the results shown."""

from __future__ import annotations

from typing import Any

from figures.latex import escape, tabular
from figures.output import Table
from figures.results import Experiment, Results, ResultsError

__all__ = ["EXPERIMENTS", "TITLE", "tabulate"]

EXPERIMENTS: tuple[str, ...] = ()
TITLE = "Table: experiments, their designs, runs, seeds and cost"

SECONDS_PER_MINUTE = 60
NONE = "--"


def tabulate(results: Results) -> Table:
    """Return the table with its caption."""
    found = [experiment for experiment in results.experiments() if experiment.has_manifest()]
    if not found:
        raise ResultsError("no experiment with a manifest; run `python -m experiments all --quick`")
    rows = [_row(experiment) for experiment in found]
    commits = {str(experiment.manifest.get("git_commit"))[:10] for experiment in found}
    modes = {str(experiment.manifest.get("mode", "unknown")) for experiment in found}
    header = ("Experiment", "Question", "Points", "Seeds", "Luck", "Runs", "Failed", "CPU min")
    body = tabular(r"@{}lp{0.28\textwidth}rrp{0.11\textwidth}rrr@{}", header, rows)
    return Table(
        body,
        f"Experiments behind the numbers of this text ({' and '.join(sorted(modes))} mode; commit"
        f" {', '.join(sorted(commits))}). Points: worlds of a design, summed over an experiment's studies; luck: paired"
        " where replicates share their seeds across points, independent where they do not. Precision: the intervals"
        " beside each number, and the tables of precision that the experiments keep.",
    )


def _row(experiment: Experiment) -> tuple[str, ...]:
    """Return an experiment as cells."""
    manifest = experiment.manifest
    studies: list[dict[str, Any]] = list(manifest.get("studies", []))
    replicates = sorted({int(study["replicates"]) for study in studies})
    luck = " and ".join(sorted({str(study["seeds"]) for study in studies})) or NONE
    seeds = NONE if not replicates else str(replicates[0])
    if len(replicates) > 1:
        seeds = f"{replicates[0]} to {replicates[-1]}"
    return (
        escape(experiment.name.replace("_", " ")),
        escape(str(manifest.get("question", ""))),
        f"{sum(int(study['points']) for study in studies):,}" if studies else NONE,
        seeds,
        luck,
        f"{int(manifest.get('runs', 0)):,}",
        f"{int(manifest.get('runs_failed', 0)):,}",
        f"{float(manifest.get('cpu_seconds_of_all_runs', 0.0)) / SECONDS_PER_MINUTE:,.1f}",
    )
