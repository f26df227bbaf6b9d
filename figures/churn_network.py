"""Who hosts whom before the boom, on the eve of the rule and at the end; how many move, why, and from whom to whom.

The upper row is one seed, chosen by a rule: the first whose focal outcome is the most frequent. The lower row is over
all seeds.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from figures.cast import CLOUD_COLOURS, CLOUDS, STARTUPS
from figures.output import Drawing
from figures.results import Experiment, Results
from figures.style import (
    BLUE,
    DOUBLE_COLUMN_MM,
    GREEN,
    GREY,
    ORANGE,
    VERMILLION,
    letter_panels,
    new_figure,
)

__all__ = ["EXPERIMENTS", "TITLE", "draw"]

EXPERIMENTS = ("baseline",)
TITLE = "Who hosts whom on three dates, churn by cause, and moves between clouds"

HEIGHT_MM = 125
LARGEST_BUBBLE = 190.0  # area in square points
CAUSES = {
    "at_renewal": ("better offer at renewal", BLUE, "o"),
    "out_of_patience": ("out of patience", VERMILLION, "s"),
    "poached": ("poached", ORANGE, "^"),
    "host_failed": ("host failed", GREEN, "v"),
}
HEAT_PHASES = ("boom", "after the rule")
LEAST_RATE = 0.05
DARK_CELL = 0.55


def draw(results: Results) -> Drawing:
    """Return the figure with its caption."""
    experiment = results.experiment("baseline")
    hosts = experiment.table("hosts", dates=["date"])
    moves = experiment.table("moves")
    figure = new_figure(DOUBLE_COLUMN_MM, HEIGHT_MM)
    upper = figure.add_gridspec(1, 3, left=0.115, right=0.985, top=0.95, bottom=0.575, wspace=0.08)
    lower = figure.add_gridspec(1, 3, left=0.065, right=0.985, top=0.44, bottom=0.13, wspace=0.42)
    bubbles = [figure.add_subplot(upper[k]) for k in range(3)]
    largest = float(hosts["cards"].max())
    for axes, date in zip(bubbles, sorted(hosts["date"].unique()), strict=True):
        _draw_hosts(axes, hosts.loc[hosts["date"] == date], largest, with_names=axes is bubbles[0])
        axes.set_title(f"{pd.Timestamp(date):%Y-%m-%d}")
    churn = figure.add_subplot(lower[0])
    _draw_churn(churn, experiment.table("churn"))
    heats = [figure.add_subplot(lower[k + 1]) for k in range(2)]
    top = float(moves.loc[moves["phase"].isin(HEAT_PHASES), "rate"].max())
    for axes, phase in zip(heats, HEAT_PHASES, strict=True):
        _draw_moves(axes, moves.loc[moves["phase"] == phase], top)
        axes.set_title(phase)
    letter_panels([*bubbles, churn, *heats])
    return Drawing(figure, _caption(experiment, hosts, largest))


def _draw_hosts(axes: Axes, rows: pd.DataFrame, largest: float, *, with_names: bool) -> None:
    """Draw cards under contract as bubbles, startups by clouds."""
    startups, clouds = list(STARTUPS), list(CLOUDS)
    axes.scatter(
        [clouds.index(cloud) for cloud in rows["cloud"]],
        [startups.index(startup) for startup in rows["startup"]],
        s=LARGEST_BUBBLE * rows["cards"] / largest,
        c=[CLOUD_COLOURS[cloud] for cloud in rows["cloud"]],
        linewidths=0,
        zorder=3,
    )
    axes.set_xticks(range(len(clouds)), list(CLOUDS.values()), rotation=40, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(startups)), list(STARTUPS.values()) if with_names else [""] * len(startups))
    axes.set_xlim(-0.6, len(clouds) - 0.4)
    axes.set_ylim(len(startups) - 0.3, -0.7)
    axes.grid(True)


def _draw_churn(axes: Axes, churn: pd.DataFrame) -> None:
    """Draw switches per 100 contract-years by half-year and cause, with 95% intervals."""
    halves = sorted(churn["half_year"].unique())
    for number, (cause, (label, colour, marker)) in enumerate(CAUSES.items()):
        rows = churn.loc[churn["cause"] == cause]
        if rows.empty:
            continue
        place = [halves.index(half) + 0.12 * (number - 1) for half in rows["half_year"]]
        axes.errorbar(
            place,
            rows["rate"],
            yerr=[rows["rate"] - rows["low"], rows["high"] - rows["rate"]],
            fmt=marker,
            color=colour,
            markersize=3.5,
            linewidth=0.9,
            label=label,
        )
    axes.set_xticks(range(len(halves)), halves, rotation=40, ha="right", rotation_mode="anchor")
    axes.set_yscale("symlog", linthresh=1.0)
    axes.set_yticks([0, 1, 10, 100], ["0", "1", "10", "100"])
    axes.set_ylim(bottom=0)
    axes.set_ylabel("switches per 100 contract-years")
    axes.grid(axis="y")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.22), ncols=2, columnspacing=1.0, handletextpad=0.3)


def _draw_moves(axes: Axes, rows: pd.DataFrame, top: float) -> None:
    """Draw switches from one cloud to another per 100 contract-years as a table with shaded cells."""
    clouds = list(CLOUDS)
    table = np.zeros((len(clouds), len(clouds)))
    for row in rows.itertuples():
        if row.old in clouds and row.new in clouds:
            table[clouds.index(row.old), clouds.index(row.new)] = row.rate
    axes.imshow(np.sqrt(table), cmap="Blues", vmin=0, vmax=np.sqrt(top), aspect="auto")
    for (old, new), rate in np.ndenumerate(table):
        text = "" if old == new else f"{rate:.1f}" if rate >= LEAST_RATE else "0"
        dark = np.sqrt(rate / top) > DARK_CELL if top > 0 else False
        axes.text(new, old, text, ha="center", va="center", color="white" if dark else GREY if rate == 0 else "black")
    axes.set_xticks(range(len(clouds)), list(CLOUDS.values()), rotation=40, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(clouds)), list(CLOUDS.values()))
    axes.set_xlabel("to")
    axes.set_ylabel("from")
    axes.tick_params(length=0)


def _caption(experiment: Experiment, hosts: pd.DataFrame, largest: float) -> str:
    """Return the caption."""
    first = hosts.iloc[0]
    n = int(experiment.table("churn")["runs"].max())
    return (
        f"Who hosts whom, and who moves. a to c: run {first['replicate']} of the experiment (seed {first['seed']}),"
        " the first whose"
        " focal outcome is the most frequent one: cards under contract on three dates, by startup (those without a"
        f" name together) and cloud; areas are proportional to cards, the largest is {largest:,.0f}. d, switches per"
        f" 100 contract-years by half-year and cause, {n:,} seeds, with 95% intervals from resampled seeds; linear up"
        " to 1. e, f: switches from one cloud to another per 100 contract-years of the whole market, from March 2023 to"
        f" the rule of 17 October 2023, and after it. Results of {experiment.origin}."
    )
