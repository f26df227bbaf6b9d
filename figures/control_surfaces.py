"""Other export rules: the peak price over date, notice, severity and substitute; where it doubles; what matters.

Surfaces are fitted to a Sobol sequence of worlds, tipping points to a factorial; boxes come from scenario discovery.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from figures.output import Drawing
from figures.results import Results
from figures.style import (
    BLUE,
    DOUBLE_COLUMN_MM,
    GREEN,
    INK,
    ORANGE,
    VERMILLION,
    letter_panels,
    new_figure,
)

__all__ = ["EXPERIMENTS", "TITLE", "draw"]

EXPERIMENTS = ("export_controls",)
TITLE = "Peak price over the rule's date, notice, severity and substitute; tipping points and boxes"

HEIGHT_MM = 118
PEAK = "peak_price_multiple"
DOUBLED = 2.0
LABELS = {
    "announced_day": "announcement, days after 1 January 2023",
    "rumour_lead_days": "rumour before announcement, days",
    "notice_days": "notice, days",
    "severity": "severity, share of the flow stopped",
    "substitute_delay_days": "substitute after effect, days",
    "substitute_performance": "its performance, A-class cards",
}
SHORT = {
    "announced_day": "date",
    "rumour_lead_days": "rumour",
    "notice_days": "notice",
    "severity": "severity",
    "substitute_delay_days": "substitute's delay",
    "substitute_performance": "substitute's performance",
}
SURFACES = (
    ("announced_day", "severity"),
    ("notice_days", "severity"),
    ("substitute_delay_days", "substitute_performance"),
)
OUTCOMES = {
    PEAK: ("peak price", BLUE),
    "training_done_card_days": ("training done", GREEN),
    "nvidia_profit_bn_cny": ("NVIDIA's profit", ORANGE),
}
LEVELS = np.arange(1.0, 3.01, 0.25)
OFFSET = 0.24
NEVER = 1.1
"""Height at which a world that never doubles the price is marked."""


def draw(results: Results) -> Drawing:
    """Return the figure with its caption."""
    experiment = results.experiment("export_controls")
    surfaces, boxes = experiment.table("surfaces"), experiment.table("boxes")
    tips, shares = experiment.table("tipping"), experiment.table("indices")
    quality = experiment.table("precision").set_index("outcome")
    figure = new_figure(DOUBLE_COLUMN_MM, HEIGHT_MM)
    grid = figure.subplots(2, 3)
    figure.subplots_adjust(left=0.075, right=0.985, top=0.93, bottom=0.1, wspace=0.42, hspace=0.42)
    peaks = surfaces[surfaces["outcome"] == PEAK]
    for axes, pair in zip(grid[0], SURFACES, strict=True):
        _draw_surface(axes, peaks, *pair)
    _draw_box(grid[0, 0], boxes, *SURFACES[0])
    _draw_tipping(grid[1, 0], tips)
    _draw_shares(grid[1, 1], shares)
    _draw_points(grid[1, 2], experiment.table("points"), boxes)
    letter_panels(grid.ravel())
    return Drawing(figure, _caption(quality, boxes, tips))


def _draw_surface(axes: Axes, peaks: pd.DataFrame, one: str, other: str) -> None:
    """Draw the peak multiple over two factors as filled contours, the doubling in bold."""
    rows = peaks[(peaks["one"] == one) & (peaks["other"] == other)]
    table = rows.pivot(index="other_value", columns="one_value", values="value")
    x, y = table.columns.to_numpy(), table.index.to_numpy()
    axes.contourf(x, y, table.to_numpy(), levels=LEVELS, cmap="cividis", extend="both")
    lines = axes.contour(x, y, table.to_numpy(), levels=LEVELS[::2], colors="white", linewidths=0.5)
    axes.clabel(lines, fmt="%.1f", fontsize=6)
    axes.contour(x, y, table.to_numpy(), levels=[DOUBLED], colors=VERMILLION, linewidths=1.5)
    axes.set_xlabel(LABELS[one])
    axes.set_ylabel(LABELS[other])


def _draw_box(axes: Axes, boxes: pd.DataFrame, one: str, other: str) -> None:
    """Draw the first box of worlds whose price doubles."""
    first = boxes[boxes["box"] == 1].set_index("factor")
    if first.empty:
        return
    (left, right), (bottom, top) = (first.loc[name, ["low", "high"]] for name in (one, other))
    style: dict[str, Any] = {"facecolor": "none", "edgecolor": VERMILLION, "linestyle": (0, (3, 2)), "linewidth": 1.0}
    axes.add_patch(Rectangle((left, bottom), right - left, top - bottom, clip_on=False, **style))


def _draw_tipping(axes: Axes, tips: pd.DataFrame) -> None:
    """Draw the tipping severity over the date, by notice and performance of the substitute."""
    days = pd.to_datetime(tips["announced"])
    dates = sorted(days.unique())
    groups = tips.groupby(["notice_days", "substitute_performance"])
    shifts = np.linspace(-OFFSET, OFFSET, len(groups))
    colours = {0.0: VERMILLION, 180.0: BLUE}
    for shift, ((notice, performance), rows) in zip(shifts, groups, strict=True):
        x = np.array([dates.index(day) for day in days[rows.index]]) + shift
        colour, is_weak = colours.get(notice, INK), performance == tips["substitute_performance"].min()
        shown = np.isfinite(rows["severity"].to_numpy(float))
        low, high = rows["low"].to_numpy(float)[shown], np.minimum(rows["high"].to_numpy(float)[shown], 1.0)
        axes.vlines(x[shown], low, high, color=colour, linewidth=1.2)
        label = f"notice {notice:.0f} days, substitute {performance:g}"
        style: dict[str, Any] = {
            "marker": "o" if is_weak else "s",
            "markersize": 3.6,
            "color": colour,
            "linestyle": "none",
        }
        face = colour if is_weak else "white"
        axes.plot(x[shown], rows["severity"].to_numpy(float)[shown], markerfacecolor=face, label=label, **style)
        axes.plot(x[~shown], np.full((~shown).sum(), NEVER), marker="x", markersize=3.6, color=colour, linestyle="none")
    axes.set_xticks(range(len(dates)), [f"{day:%Y-%m}" for day in dates])
    axes.set_ylim(0, 1.85)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1.0, NEVER], ["0", "0.25", "0.5", "0.75", "1", "never"])
    axes.set_xlabel("announcement")
    axes.set_ylabel("severity at which the price doubles", y=0.3)
    axes.legend(loc="upper left", borderpad=0.1, labelspacing=0.25)


def _draw_shares(axes: Axes, shares: pd.DataFrame) -> None:
    """Draw total and first-order shares of the variance by factor, for three outcomes."""
    names = list(SHORT)
    shifts = np.linspace(OFFSET, -OFFSET, len(OUTCOMES))
    for shift, (outcome, (label, colour)) in zip(shifts, OUTCOMES.items(), strict=True):
        rows = shares[shares["outcome"] == outcome]
        total = rows[rows["kind"] == "total"].set_index("one").loc[names]
        first = rows[rows["kind"] == "first"].set_index("one").loc[names]
        y = np.arange(len(names))[::-1] + shift
        axes.hlines(y, total["low"], total["high"], color=colour, linewidth=1.2)
        axes.plot(total["share"], y, marker="o", markersize=3.2, color=colour, linestyle="none", label=label)
        axes.plot(first["share"], y, marker="|", markersize=5, color=colour, linestyle="none")
    axes.axvline(0.0, color=INK, linewidth=0.6)
    axes.set_yticks(np.arange(len(names))[::-1], [SHORT[name].replace("'s ", "'s\n") for name in names])
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("share of the variance over all worlds")
    axes.grid(axis="x")
    axes.legend(loc="center right", bbox_to_anchor=(1.02, 0.66))


def _draw_points(axes: Axes, points: pd.DataFrame, boxes: pd.DataFrame) -> None:
    """Draw the worlds by severity and peak price, those in the first box in colour."""
    is_in = np.zeros(len(points), dtype=bool)
    first = boxes[boxes["box"] == 1]
    if not first.empty:
        is_in = np.ones(len(points), dtype=bool)
        for row in first[first["is_restricted"]].to_dict("records"):
            is_in &= points[row["factor"]].between(row["low"], row["high"]).to_numpy()
    style: dict[str, Any] = {"linestyle": "none", "marker": ".", "rasterized": True}
    axes.plot(points.loc[~is_in, "severity"], points.loc[~is_in, PEAK], markersize=2, color=INK, alpha=0.35, **style)
    axes.plot(
        points.loc[is_in, "severity"], points.loc[is_in, PEAK], markersize=2.5, color=VERMILLION, alpha=0.6, **style
    )
    axes.axhline(DOUBLED, color=VERMILLION, linewidth=0.8)
    axes.set_xlabel(LABELS["severity"])
    axes.set_ylabel("peak price, contract prices")


def _caption(quality: pd.DataFrame, boxes: pd.DataFrame, tips: pd.DataFrame) -> str:
    """Return the caption."""
    peak = quality.loc[PEAK]
    first = boxes[boxes["box"] == 1]
    found = "no box of worlds in which it doubles"
    if not first.empty:
        ends = ", ".join(
            f"{SHORT[row['factor']]} {row['low']:.3g} to {row['high']:.3g}"
            for row in first[first["is_restricted"]].to_dict("records")
        )
        found = (
            f"a box with {ends} holds {100 * first['coverage'].iloc[0]:.0f}% of the worlds in which it doubles, and"
            f" {100 * first['density'].iloc[0]:.0f}% of its worlds do"
        )
    return (
        "Other export rules. a-c, Mean peak price in contract prices over two factors, all others as they were, fitted"
        f" to {peak['points']:,.0f} worlds of {peak['replicates']:.0f} runs (degree {peak['degree']:.0f}; explains"
        f" {100 * peak['held_out_explained']:.0f}% of the variance of held-out worlds, whose 95% intervals cover"
        f" {100 * peak['held_out_coverage']:.0f}%); red line: doubled; dashed: the first box. d, Severity from which"
        f" the mean peak price is doubled, {tips['seeds'].iloc[0]} paired seeds, 95% intervals; crosses: never. e,"
        " Share of the variance over all worlds that a factor brings, with (points, 95% intervals) and without (bars)"
        f" its interactions. f, All worlds; red: those in the first box. Scenario discovery: {found}."
    )
