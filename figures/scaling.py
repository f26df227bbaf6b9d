"""What depends on the number of agents, the market's totals held, and what a run costs."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, NullFormatter

from figures.output import Drawing
from figures.results import Experiment, Results
from figures.style import (
    BLUE,
    DOUBLE_COLUMN_MM,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PURPLE,
    VERMILLION,
    letter_panels,
    new_figure,
)

__all__ = ["EXPERIMENTS", "TITLE", "draw"]

EXPERIMENTS = ("scaling",)
TITLE = "What depends on the number of agents, and what a run costs"

HEIGHT_MM = 125
DRAWN = {
    "peak_price_multiple": ("peak price", BLUE, "o"),
    "mean_rent_2023_cny": ("rent in 2023", ORANGE, "s"),
    "mean_used_cards_2023": ("cards in use in 2023", GREEN, "^"),
    "training_done_card_days": ("training done", VERMILLION, "D"),
    "speculator_peak_cards": ("most cards of speculators", PURPLE, "v"),
}
POPULATIONS = {"startups": (BLUE, "o"), "speculators": (VERMILLION, "s")}
PERCENT = 100.0
SPREAD = 1.08
BASELINE = {"startups": 200, "speculators": 100}


def draw(results: Results) -> Drawing:
    """Return the figure with its caption."""
    experiment = results.experiment("scaling")
    differences, costs = experiment.table("differences"), experiment.table("costs")
    figure = new_figure(DOUBLE_COLUMN_MM, HEIGHT_MM)
    panels = figure.subplots(2, 2, gridspec_kw={"hspace": 0.32, "wspace": 0.24})
    figure.subplots_adjust(left=0.08, right=0.985, top=0.96, bottom=0.13)
    for axes, population in zip(panels[0], POPULATIONS, strict=True):
        _draw_differences(axes, differences.loc[differences["population"] == population], population)
    limits = [axes.get_ylim() for axes in panels[0]]
    for axes in panels[0]:
        axes.set_ylim(min(low for low, _ in limits), max(high for _, high in limits))
    _draw_costs(panels[1, 0], costs, "advance_s", "CPU seconds for three years")
    _draw_costs(
        panels[1, 1], costs.assign(run_mb=costs["peak_mb"] - costs["before_mb"]), "run_mb", "memory of a run, MB"
    )
    handles, labels = panels[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncols=len(DRAWN), bbox_to_anchor=(0.5, 0.0))
    letter_panels(panels.flat)
    return Drawing(figure, _caption(experiment, differences))


def _draw_differences(axes: Axes, rows: pd.DataFrame, population: str) -> None:
    """Draw each outcome's change against the baseline's number, in percent, with 95% intervals."""
    for number, (outcome, (label, colour, marker)) in enumerate(DRAWN.items()):
        chosen = rows.loc[rows["outcome"] == outcome].sort_values("size")
        shares = PERCENT * chosen[["share", "share_low", "share_high"]]
        axes.errorbar(
            chosen["size"] * SPREAD ** (number - 2),
            shares["share"],
            yerr=[shares["share"] - shares["share_low"], shares["share_high"] - shares["share"]],
            fmt=marker,
            color=colour,
            markersize=3.5,
            linewidth=0.9,
            label=label,
        )
    axes.plot(BASELINE[population], 0, marker="+", color=INK, markersize=7)
    axes.axhline(0, color=GREY, linewidth=0.7)
    axes.set_xscale("log")
    axes.set_xlabel(f"{population}")
    axes.set_ylabel("change against the baseline, %")
    axes.grid(axis="y")


def _draw_costs(axes: Axes, costs: pd.DataFrame, cost: str, label: str) -> None:
    """Draw a cost over the number of agents, every measured run as a point and means as lines."""
    for population, (colour, marker) in POPULATIONS.items():
        rows = costs.loc[costs["population"] == population]
        means = rows.groupby("size")[cost].mean()
        axes.plot(rows["size"], rows[cost], marker=marker, color=colour, markersize=3.5, linestyle="none")
        axes.plot(means.index, means, color=colour, linewidth=0.9, label=population)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel("agents")
    axes.set_ylabel(label)
    axes.grid(True)
    axes.legend(loc="upper left")


def _caption(experiment: Experiment, differences: pd.DataFrame) -> str:
    """Return the caption, with the growth of cost."""
    growth = experiment.table("growth").set_index(["population", "cost"])["exponent"]
    exponents = " and ".join(
        f"{growth[(population, 'advance_s')]:.2f} ({population})"
        for population in POPULATIONS
        if (population, "advance_s") in growth.index
    )
    sizes = differences.groupby(["population", "size"], sort=False)["pairs"].max()
    pairs = "; ".join(
        f"{population} " + ", ".join(f"{size:,}: {n}" for (_, size), n in sizes[[population]].items())
        for population in POPULATIONS
        if population in sizes.index
    )
    return (
        "The number of agents. a, b: outcomes with other numbers of startups and of speculators than in the baseline"
        " (cross), the totals of need, cash and capital held; mean differences over paired seeds as shares of the"
        f" baseline's mean over all its seeds (where pairs are few, a fall may exceed it), with 95% intervals; pairs of"
        f" seeds by size: {pairs}. Cards stay whole: the smaller the"
        " agents, the more of them need, or can pay, less than one card. c, CPU time of a run of three years without"
        f" loading and building; exponents in the number of agents from 1,000 on: {exponents}. d, memory that a run"
        f" takes beyond loaded libraries. Every run in c and d in a process of its own. Results of {experiment.origin}."
    )
