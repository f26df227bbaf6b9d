"""What the reports pin down: the posterior inside its prior, and what its draws predict beside what was reported.

Left, a row is a fitted input, the best identified on top: the prior is the whole width, the bar the middle 90% of the
posterior. Right, a row is a target: the reported interval is the band, the bar the middle 90% of runs over draws and
luck, both on the target's own scale of comparison. Targets kept aside are below the line.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from figures.output import Drawing
from figures.results import Experiment, Results
from figures.style import BLUE, DOUBLE_COLUMN_MM, GREY, INK, SKY, VERMILLION, input_label, letter_panels, new_figure

__all__ = ["EXPERIMENTS", "TITLE", "draw"]

EXPERIMENTS = ("calibration",)
TITLE = "Posterior inside its prior, and what its draws predict beside what was reported"

COLOURS = {"identified": BLUE, "weakly identified": SKY, "not identified": GREY}
MOST_INPUTS = 34
HEIGHT_MM = 158
BOTTOM, TOP = 0.1, 0.045
LEFT_PANEL = (0.285, 0.205)
RIGHT_PANEL = (0.705, 0.285)
FARTHEST = 4.0
"""Half widths of the reported interval at which a value is drawn at the edge."""
BAND = 0.16
RARE = 0.1


def draw(results: Results) -> Drawing:
    """Return the figure with its caption."""
    experiment = results.experiment("calibration")
    inputs, targets = _inputs(experiment), _targets(experiment)
    figure = new_figure(DOUBLE_COLUMN_MM, HEIGHT_MM)
    height = 1 - BOTTOM - TOP
    left = figure.add_axes((LEFT_PANEL[0], BOTTOM, LEFT_PANEL[1], height))
    right = figure.add_axes((RIGHT_PANEL[0], BOTTOM, RIGHT_PANEL[1], height))
    _draw_inputs(left, inputs.head(MOST_INPUTS))
    _draw_targets(right, targets)
    letter_panels([left, right])
    handles: list[Artist] = [
        Line2D([], [], color=colour, linewidth=3, label=verdict) for verdict, colour in COLOURS.items()
    ]
    handles += [
        Patch(facecolor=GREY, alpha=BAND, label="prior; reported interval"),
        Line2D([], [], color=VERMILLION, linewidth=3, label="misfit"),
    ]
    figure.legend(handles=handles, loc="lower center", bbox_to_anchor=(0.5, 0.0), ncols=len(handles))
    return Drawing(figure, _caption(experiment, inputs, targets))


def _inputs(experiment: Experiment) -> pd.DataFrame:
    """Return the fitted inputs with their posterior on the scale of the prior, the best identified first."""
    told = experiment.table("identifiability")
    told = told[told["verdict"].isin(COLOURS)]
    free = experiment.table("free")[["parameter", "low", "high"]]
    chosen = experiment.table("chosen")[["parameter", "value"]]
    table = told.merge(free, on="parameter", how="left", validate="one_to_one")
    table = table.merge(chosen, on="parameter", how="left", validate="one_to_one")
    width = table["high"] - table["low"]
    for name in ("p05", "median", "p95", "value"):
        table[f"{name}_unit"] = (table[name] - table["low"]) / width
    order = {verdict: place for place, verdict in enumerate(COLOURS)}
    return table.assign(order=table["verdict"].map(order)).sort_values(["order", "width_ratio"], kind="stable")


def _targets(experiment: Experiment) -> pd.DataFrame:
    """Return the targets with what was predicted, in half widths from the middle of what was reported."""
    scales = experiment.table("targets")[["id", "scale", "discrepancy"]].rename(columns={"id": "target"})
    table = experiment.table("predictive").merge(scales, on="target", how="left", validate="one_to_one")
    is_log = table["scale"].eq("log").to_numpy()
    low, high = (_scaled(table[name], is_log) for name in ("low", "high"))
    middle, half = (low + high) / 2.0, (high - low) / 2.0
    for name in ("p05", "median", "p95"):
        value = (_scaled(table[name], is_log) - middle) / np.where(half > 0, half, np.nan)
        table[f"{name}_unit"] = np.clip(value, -FARTHEST, FARTHEST)
    return table


def _scaled(values: pd.Series, is_log: np.ndarray) -> np.ndarray:
    numbers = values.to_numpy(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(is_log, np.log(numbers), numbers)


def _draw_inputs(axes: Axes, rows: pd.DataFrame) -> None:
    """Draw every input's posterior on its prior."""
    places = np.arange(len(rows))[::-1]
    axes.axvspan(0.0, 1.0, color=GREY, alpha=BAND, linewidth=0)
    for place, row in zip(places, rows.to_dict("records"), strict=True):
        colour = COLOURS[row["verdict"]]
        axes.hlines(place, row["p05_unit"], row["p95_unit"], color=colour, linewidth=2.2)
        axes.plot(row["median_unit"], place, marker="o", markersize=3.0, color=colour)
        axes.plot(row["value_unit"], place, marker="|", markersize=6, color=INK, markeredgewidth=0.9)
    axes.set_yticks(places, rows["parameter"].map(input_label))
    axes.set_xlim(-0.03, 1.03)
    axes.set_xlabel("share of the prior's range")
    _finish(axes, len(rows))


def _draw_targets(axes: Axes, rows: pd.DataFrame) -> None:
    """Draw every target's prediction on what was reported; an event as the share of runs in which it happens."""
    places = np.arange(len(rows))[::-1]
    axes.axvspan(-1.0, 1.0, color=GREY, alpha=BAND, linewidth=0)
    n_checks = int((rows["use"] == "check").sum())
    if n_checks:
        axes.axhline(n_checks - 0.5, color=INK, linewidth=0.6)
    for place, row in zip(places, rows.to_dict("records"), strict=True):
        colour = VERMILLION if row["is_misfit"] else BLUE
        if row["scale"] == "event":
            axes.text(0.0, place, f"{row['median']:.0%} of runs", ha="center", va="center", color=colour, size=6.5)
            continue
        axes.hlines(place, row["p05_unit"], row["p95_unit"], color=colour, linewidth=2.2)
        axes.plot(row["median_unit"], place, marker="o", markersize=3.0, color=colour)
    axes.set_yticks(places, rows["target"])
    axes.set_xlim(-FARTHEST - 0.2, FARTHEST + 0.2)
    axes.set_xlabel("half widths from the report's middle")
    _finish(axes, len(rows))


def _finish(axes: Axes, rows: int) -> None:
    axes.tick_params(axis="y", length=0, labelsize=6.5)
    axes.set_ylim(-0.8, rows - 0.2)


def _caption(experiment: Experiment, inputs: pd.DataFrame, targets: pd.DataFrame) -> str:
    """Return the caption."""
    counts = inputs["verdict"].value_counts()
    told = ", ".join(f"{counts.get(verdict, 0)} {verdict}" for verdict in COLOURS)
    runs = experiment.number("misfits_fit").runs
    wrong = targets.loc[targets["is_misfit"], "target"].tolist()
    shown = f"the {MOST_INPUTS} best identified are shown" if len(inputs) > MOST_INPUTS else "all are shown"
    checks = targets[targets["use"] == "check"]
    inside = checks["median"].between(checks["low"], checks["high"])
    sentences = [
        f"a: posterior of the {len(inputs)} fitted inputs ({told}; {shown}). Grey: the uniform prior, each on its own"
        " range; bar: middle 90% of the posterior; point: median; tick: the set for single runs.",
        f"b: what {runs} runs at posterior draws, each with luck of its own, give for every target (bar: middle 90%;"
        " point: median), on the target's scale of comparison, where the reported interval is the grey band; values"
        f" beyond {FARTHEST:g} half widths stand at the edge. Above the line targets that were fitted, below it those"
        f" kept for checking, of which {int(inside.sum())} of {len(checks)} have their median inside what was"
        f" reported, and {int((checks['in_band'] < RARE).sum())} lie inside in fewer than {RARE:.0%} of runs. For an"
        " event the share of runs in which it happens.",
        f"Misfits, whose report lies in the outer 2% of what the draws predict: {', '.join(wrong)}."
        if wrong
        else "No report lies in the outer 2% of what the draws predict.",
        f"Drawn by figures/posterior.py from results of {experiment.origin}.",
    ]
    return "\n".join(sentences) + "\n"
