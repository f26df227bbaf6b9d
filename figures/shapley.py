"""What each mechanism did: Shapley parts of prices, churn, training and profits, and how mechanisms work together.

A row is a mechanism, a panel an outcome. A filled point is a part whose interval excludes zero, a hollow one has no
shown effect; the pale bar behind it is where the part lies over posterior draws. The matrix shows what two mechanisms
do to the price beyond what each does alone.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from figures.output import Drawing
from figures.results import Results
from figures.style import BLUE, DOUBLE_COLUMN_MM, GREY, INK, letter_panels, new_figure

__all__ = ["EXPERIMENTS", "TITLE", "draw"]

EXPERIMENTS = ("decomposition",)
TITLE = "Exact Shapley parts of the price, of churn and of who earned, by mechanism"

HEIGHT_MM = 118
NO_EFFECT = "no shown effect"
SPIKE = "price_spike_cny"
PANELS = {
    SPIKE: ("Price, Jan 2024", 1e3, "thousand CNY"),
    "rise_before_rule_cny": ("Price, Oct 2023", 1e3, "thousand CNY"),
    "churn_per_100_contract_years": ("Churn", 1.0, "per 100 contr.-years"),
    "training_done_card_days": ("Training done", 1e6, "million card-days"),
    "peak_backlog_cards": ("Longest book", 1e3, "thousand cards"),
    "nvidia_profit_bn_cny": ("NVIDIA's profit", 1.0, "bn CNY"),
    "clouds_profit_bn_cny": ("Clouds' profit", 1.0, "bn CNY"),
    "speculators_gain_bn_cny": ("Speculators' gain", 1.0, "bn CNY"),
}
"""Outcomes with their heading, divisor and unit: four above, four below."""
COLUMNS = 4
LEFT, WIDTH, GAP = 0.155, 0.118, 0.02
BOTTOMS, HEIGHT = (0.605, 0.1), 0.305
MATRIX = (0.8, 0.36, 0.185, 0.4)
THOUSAND = 1e3
PALE, RANGE_WIDTH = "0.85", 5.0


def draw(results: Results) -> Drawing:
    """Return the figure with its caption."""
    experiment = results.experiment("decomposition")
    parts, pairs = experiment.table("shapley"), experiment.table("interactions")
    totals, drawn = experiment.table("totals").set_index("outcome"), experiment.table("shapley_over_draws")
    figure = new_figure(DOUBLE_COLUMN_MM, HEIGHT_MM)
    panels = []
    for place, (outcome, (heading, divisor, unit)) in enumerate(PANELS.items()):
        row, column = divmod(place, COLUMNS)
        axes = figure.add_axes((LEFT + column * (WIDTH + GAP), BOTTOMS[row], WIDTH, HEIGHT))
        _draw_ranges(axes, drawn[drawn["outcome"] == outcome], divisor)
        _draw_parts(axes, parts[parts["outcome"] == outcome], divisor)
        axes.set_title(f"{heading}\n{totals.loc[outcome, 'total'] / divisor:+.3g} in all")
        axes.set_xlabel(unit)
        if column:
            axes.set_yticklabels([])
        panels.append(axes)
    matrix = figure.add_axes(MATRIX)
    _draw_pairs(matrix, pairs[pairs["outcome"] == SPIKE], parts[parts["outcome"] == SPIKE])
    handles = [
        Line2D([], [], color=BLUE, marker="o", markersize=4, label="part, 95% interval"),
        Line2D([], [], color=GREY, marker="o", markersize=4, markerfacecolor="white", label=NO_EFFECT),
        Line2D([], [], color=PALE, linewidth=RANGE_WIDTH, label="90% of posterior draws"),
    ]
    figure.legend(handles=handles, loc="lower right", bbox_to_anchor=(0.99, 0.03))
    letter_panels([*panels, matrix])
    return Drawing(figure, _caption(parts, pairs, totals, drawn))


def _draw_ranges(axes: Axes, rows: pd.DataFrame, divisor: float) -> None:
    """Draw where each mechanism's part lies over posterior draws, the first one on top."""
    places = np.arange(len(rows))[::-1]
    axes.hlines(places, rows["part_low"] / divisor, rows["part_high"] / divisor, color=PALE, linewidth=RANGE_WIDTH)


def _draw_parts(axes: Axes, rows: pd.DataFrame, divisor: float) -> None:
    """Draw a part and its interval for each mechanism, the first one on top."""
    places = np.arange(len(rows))[::-1]
    for place, row in zip(places, rows.to_dict("records"), strict=True):
        is_shown = row["verdict"] != NO_EFFECT
        colour = BLUE if is_shown else GREY
        axes.hlines(place, row["part_low"] / divisor, row["part_high"] / divisor, color=colour, linewidth=1.4)
        axes.plot(
            row["part"] / divisor,
            place,
            marker="o",
            markersize=3.6,
            color=colour,
            markerfacecolor=colour if is_shown else "white",
        )
    axes.axvline(0.0, color=INK, linewidth=0.6)
    axes.set_yticks(places, rows["title"])
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(-0.6, len(rows) - 0.4)
    axes.locator_params(axis="x", nbins=4)
    axes.margins(x=0.12)
    axes.grid(axis="x")


def _draw_pairs(axes: Axes, pairs: pd.DataFrame, parts: pd.DataFrame) -> None:
    """Draw the interactions as a lower triangle, in thousand CNY; those without a shown effect uncoloured."""
    names = list(parts["mechanism"])
    table = np.full((len(names), len(names)), np.nan)
    for row in pairs.to_dict("records"):
        shown = row["interaction"] / THOUSAND if row["verdict"] != NO_EFFECT else 0.0
        table[names.index(row["other"]), names.index(row["one"])] = shown
    limit = max(float(np.nanmax(np.abs(table))), 1e-9)
    axes.imshow(table, cmap="RdBu_r", vmin=-1.3 * limit, vmax=1.3 * limit, aspect="auto")
    for row in pairs.to_dict("records"):
        is_shown = row["verdict"] != NO_EFFECT
        axes.annotate(
            f"{row['interaction'] / THOUSAND:.1f}",
            (names.index(row["one"]), names.index(row["other"])),
            ha="center",
            va="center",
            size=6,
            color=INK if is_shown else GREY,
            weight="bold" if is_shown else "normal",
        )
    axes.set_xticks(range(len(names) - 1), names[:-1], rotation=45, ha="right")
    axes.set_yticks(range(1, len(names)), names[1:])
    axes.set_xlim(-0.5, len(names) - 1.5)
    axes.set_ylim(len(names) - 0.5, 0.5)
    axes.tick_params(length=0)
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
    axes.set_title("Price, January 2024:\ninteractions, thousand CNY")


def _caption(parts: pd.DataFrame, pairs: pd.DataFrame, totals: pd.DataFrame, drawn: pd.DataFrame) -> str:
    """Return the caption."""
    seeds = int(parts["seeds"].iloc[0])
    spike = parts[parts["outcome"] == SPIKE]
    shown = spike[spike["verdict"] != NO_EFFECT].sort_values("part", ascending=False)
    found = ", ".join(f"{row.title} {100 * row.share:.0f}%" for row in shown.itertuples())
    n_pairs = int((pairs.loc[pairs["outcome"] == SPIKE, "verdict"] != NO_EFFECT).sum())
    none = totals.loc[SPIKE, "with_none"] / THOUSAND
    shares = found or "no mechanism has a shown part"
    return (
        f"What each of six mechanisms did: exact Shapley values over all 64 combinations, {seeds} paired seeds. a-h,"
        " Parts of the difference between the market with all six and the market with none (above each panel), with"
        " 95% intervals over seeds; grey and hollow: the interval includes zero; pale bars: the middle 90% over"
        f" {int(drawn['draws'].iloc[0])} posterior draws, each with a seed of its own. Prices are rises since"
        f" January 2023: with no mechanism the price of January 2024 has moved by {none:+.1f} thousand CNY. Of its"
        f" rise with all: {shares}. i, What two mechanisms do to that price beyond what each does alone (above zero:"
        f" they reinforce each other); bold: {n_pairs} pairs whose interval excludes zero."
    )
