"""Is the posterior right? Coverage and ranks over synthetic truths, and how well single inputs are recovered.

A synthetic truth is a point of the space that is left, its report a real run of the model there. Coverage should be
0.9 for every input, ranks should be uniform. The four best recovered inputs are shown truth by truth.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from figures.output import Drawing
from figures.results import Experiment, Results
from figures.style import BLUE, DOUBLE_COLUMN_MM, GREEN, GREY, INK, VERMILLION, input_label, letter_panels, new_figure

__all__ = ["EXPERIMENTS", "TITLE", "draw"]

EXPERIMENTS = ("calibration",)
TITLE = "Coverage and ranks of the posterior over synthetic truths, and recovery of single inputs"

HEIGHT_MM = 120
NOMINAL, PROPER = 0.9, (0.85, 0.95)
BINS = 10
SHOWN = 4
LEFT, WIDTH = 0.275, 0.21
BOTTOM, TOP = 0.09, 0.06
RIGHT, GAP = 0.575, 0.07


def draw(results: Results) -> Drawing:
    """Return the figure with its caption."""
    experiment = results.experiment("calibration")
    covered, recovery = experiment.table("coverage"), experiment.table("recovery")
    best = covered.iloc[1:].sort_values("correlation", ascending=False, kind="stable").head(SHOWN)
    figure = new_figure(DOUBLE_COLUMN_MM, HEIGHT_MM)
    rows = figure.add_axes((LEFT, BOTTOM, WIDTH, 1 - BOTTOM - TOP))
    _draw_coverage(rows, covered)
    width = (1 - RIGHT - GAP - 0.02) / 2
    ranks = figure.add_axes((RIGHT, 0.75, 1 - RIGHT - 0.02, 0.19))
    _draw_ranks(ranks, recovery)
    panels = [rows, ranks]
    for place, name in enumerate(best["parameter"]):
        row, column = divmod(place, 2)
        axes = figure.add_axes((RIGHT + column * (width + GAP), 0.42 - row * 0.33, width, 0.21))
        _draw_recovery(axes, recovery[recovery["parameter"] == name], name)
        panels.append(axes)
    letter_panels(panels)
    return Drawing(figure, _caption(experiment, covered, len(best)))


def _draw_coverage(axes: Axes, rows: pd.DataFrame) -> None:
    """Draw the coverage of every input with its interval, all of them together on top."""
    places = np.arange(len(rows))[::-1]
    axes.axvspan(*PROPER, color=GREEN, alpha=0.15, linewidth=0)
    axes.axvline(NOMINAL, color=INK, linewidth=0.6)
    for place, row in zip(places, rows.to_dict("records"), strict=True):
        colour = BLUE if row["is_proper"] else VERMILLION
        axes.hlines(place, row["coverage_low"], row["coverage_high"], color=colour, linewidth=1.2)
        axes.plot(row["coverage"], place, marker="o", markersize=2.8, color=colour)
    labels = ["all together", *rows["parameter"].iloc[1:].map(input_label)]
    axes.set_yticks(places, labels)
    axes.tick_params(axis="y", length=0, labelsize=min(6.5, 250.0 / len(rows)))
    axes.set_ylim(-0.8, len(rows) - 0.2)
    axes.set_xlabel("truths inside their 90% interval")


def _draw_ranks(axes: Axes, recovery: pd.DataFrame) -> None:
    """Draw the ranks of all truths and inputs."""
    axes.hist(recovery["rank"], bins=BINS, range=(0.0, 1.0), color=BLUE, alpha=0.6, linewidth=0)
    axes.axhline(len(recovery) / BINS, color=INK, linewidth=0.6)
    axes.set_xlim(0.0, 1.0)
    axes.set_xlabel("rank of the truth in its posterior")
    axes.set_ylabel("truths × inputs")


def _draw_recovery(axes: Axes, rows: pd.DataFrame, name: str) -> None:
    """Draw truth against posterior mean and 90% interval, on the scale of the prior."""
    axes.plot((0, 1), (0, 1), color=INK, linewidth=0.6)
    axes.vlines(rows["truth"], rows["low"], rows["high"], color=GREY, linewidth=0.4, alpha=0.6)
    axes.plot(rows["truth"], rows["mean"], linestyle="none", marker="o", markersize=1.6, color=BLUE)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_title(name, size=6)
    axes.set_xlabel("truth")
    axes.set_ylabel("posterior")


def _caption(experiment: Experiment, covered: pd.DataFrame, shown: int) -> str:
    """Return the caption."""
    overall, draws = experiment.number("coverage"), experiment.number("truth_draws")
    each = covered.iloc[1:]
    sentences = [
        f"The posterior on {overall.runs} synthetic truths, each a real run of the model at a point of the space that"
        " is left. a: share of the truths inside their 90% intervals, by fitted input, with 95% intervals over truths;"
        f" band: 85% to 95%. Over all inputs {overall.value:.1%} ({overall.low:.1%} to {overall.high:.1%});"
        f" {int(each['is_proper'].sum())} of {len(each)} inputs lie in the band.",
        "b: ranks of the truths in their posteriors, which should be uniform (line).",
        f"Other panels: the {shown} inputs that are recovered best, truth by truth, on the scale of their priors"
        " (point: posterior mean; bar: 90% interval).",
        f"A posterior rests on {draws.value:.0f} effective draws (median; {draws.low:.0f} to {draws.high:.0f}).",
        f"Drawn by figures/coverage.py from results of {experiment.origin}.",
    ]
    return "\n".join(sentences) + "\n"
