"""Which inputs move which outcomes: first and total indices with luck taken out, and delta beside them.

A panel is an outcome, a row an input. The bar is what an input does alone, the open point all it does, the cross its
delta. The last panel shows how the largest total index of each outcome settles as rows are added.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from figures.output import Drawing
from figures.results import Experiment, Results
from figures.style import BLUE, DOUBLE_COLUMN_MM, GREY, INK, VERMILLION, input_label, letter_panels, new_figure

__all__ = ["EXPERIMENTS", "TITLE", "draw"]

EXPERIMENTS = ("sensitivity",)
TITLE = "Sobol indices of prices, queues, churn and profits with luck taken out, and Borgonovo's delta"

PANELS = {
    "price_jan_2024_cny": "Price, January 2024",
    "peak_price_cny": "Peak price",
    "peak_backlog_cards": "Longest order book",
    "churn_per_100_contract_years": "Churn",
    "nvidia_profit_bn_cny": "NVIDIA's profit",
    "clouds_profit_bn_cny": "Clouds' profit",
    "speculators_profit_bn_cny": "Speculators' profit",
}
COLUMNS = 4
HEIGHT_MM = 132
LEFT, WIDTH, GAP = 0.265, 0.17, 0.011
BOTTOMS, HEIGHT = (0.6, 0.145), 0.3
BAR = 0.55
SETTLING_LEFT = 0.04


def draw(results: Results) -> Drawing:
    """Return the figure with its caption."""
    experiment = results.experiment("sensitivity")
    indices, deltas = experiment.table("sobol"), experiment.table("delta")
    order = _order(indices)
    figure = new_figure(DOUBLE_COLUMN_MM, HEIGHT_MM)
    panels = []
    for place, (outcome, heading) in enumerate(PANELS.items()):
        row, column = divmod(place, COLUMNS)
        axes = figure.add_axes((LEFT + column * (WIDTH + GAP), BOTTOMS[row], WIDTH, HEIGHT))
        own = indices[indices["outcome"] == outcome].set_index("input")
        _draw_indices(axes, own, deltas[deltas["outcome"] == outcome].set_index("input"), order)
        axes.set_title(f"{heading}\nluck {own.loc['luck', 'total']:.0%} of a run")
        if row == 0:
            axes.set_xlabel("")
        if column:
            axes.set_yticklabels([])
        panels.append(axes)
    settling = figure.add_axes((LEFT + 3 * (WIDTH + GAP) + SETTLING_LEFT, BOTTOMS[1], WIDTH - SETTLING_LEFT, HEIGHT))
    _draw_settling(settling, experiment.table("convergence"), indices)
    handles = [
        Patch(facecolor=BLUE, alpha=0.55, label="first index"),
        Line2D([], [], color=INK, marker="o", markersize=3.4, markerfacecolor="white", label="total, 95% interval"),
        Line2D([], [], color=VERMILLION, marker="x", markersize=4, linestyle="none", label="delta"),
    ]
    figure.legend(handles=handles, loc="lower left", bbox_to_anchor=(LEFT, 0.0), ncols=3)
    letter_panels([*panels, settling])
    return Drawing(figure, _caption(experiment, indices))


def _order(indices: pd.DataFrame) -> list[str]:
    """Return the inputs by their mean total index over the outcomes shown, the strongest first."""
    shown = indices[indices["outcome"].isin(PANELS) & (indices["input"] != "luck")]
    mean = shown.groupby("input")["total"].mean()
    return [str(name) for name in mean.sort_values(ascending=False, kind="stable").index]


def _draw_indices(axes: Axes, own: pd.DataFrame, deltas: pd.DataFrame, order: list[str]) -> None:
    """Draw first and total index and delta of every input."""
    places = np.arange(len(order))[::-1]
    for place, name in zip(places, order, strict=True):
        row = own.loc[name]
        axes.barh(place, max(row["first"], 0.0), BAR, color=BLUE, alpha=0.55, linewidth=0)
        axes.hlines(place, row["total_low"], row["total_high"], color=INK, linewidth=0.9)
        axes.plot(row["total"], place, marker="o", markersize=3.4, color=INK, markerfacecolor="white")
        if name in deltas.index:
            axes.plot(deltas.loc[name, "delta"], place, marker="x", markersize=4, color=VERMILLION)
    axes.axvline(0.0, color=INK, linewidth=0.6)
    axes.set_yticks(places, [input_label(name) for name in order])
    axes.tick_params(axis="y", length=0, labelsize=6.5)
    axes.set_xlim(-0.12, 1.05)
    axes.set_ylim(-0.6, len(order) - 0.4)
    axes.set_xlabel("share of variance")


def _draw_settling(axes: Axes, steps: pd.DataFrame, indices: pd.DataFrame) -> None:
    """Draw the largest total index of each outcome from a quarter, half and all of the rows."""
    most = steps["replicates"].max()
    for outcome in PANELS:
        own = indices[(indices["outcome"] == outcome) & (indices["input"] != "luck")]
        if not own["total"].notna().any():
            continue
        name = own.loc[own["total"].idxmax(), "input"]
        rows = steps[(steps["outcome"] == outcome) & (steps["input"] == name) & (steps["replicates"] == most)]
        rows = rows.sort_values("used_rows")
        axes.plot(rows["used_rows"], rows["total"], color=BLUE, marker="o", markersize=2.4, linewidth=0.8)
        axes.fill_between(rows["used_rows"], rows["total_low"], rows["total_high"], color=GREY, alpha=0.12, linewidth=0)
    axes.set_xscale("log", base=2)
    axes.set_ylim(0.0, 1.2)
    axes.set_title("Largest total\nas rows are added")
    axes.set_xlabel("rows")


def _caption(experiment: Experiment, indices: pd.DataFrame) -> str:
    """Return the caption."""
    screened, studied = experiment.number("inputs_screened"), experiment.number("inputs_studied")
    together = indices[indices["acts_together"].astype(str).eq("True") & indices["outcome"].isin(PANELS)]
    named = sorted({f"{row.input} ({PANELS[row.outcome]})" for row in together.itertuples()})
    rows = int(indices["rows"].max())
    sentences = [
        f"Sobol indices of the {studied.value:.0f} strongest of {screened.value:.0f} free inputs over their priors,"
        f" from {rows} rows of Saltelli's design, on means over replicates with the variance of replicates taken out,"
        " so that an input without effect has a total index about zero. Bar: first index, what an input does alone;"
        " open point: total index with a 95% interval over rows; cross: Borgonovo's delta of single runs, which does"
        " not rest on variances. Each panel says what share of a single run's variance is luck.",
        "The last panel: the largest total index of each outcome from a quarter, half and all of the rows.",
        f"Inputs that act together with others (total over first index by more than 0.05): {', '.join(named)}."
        if named
        else "No input is shown to act together with others by more than 0.05 of the variance.",
        f"Drawn by figures/sensitivity.py from results of {experiment.origin}.",
    ]
    return "\n".join(sentences) + "\n"
