"""What policies would have done: effects on price, order book, churn and training, and who gains and who pays.

A row is a policy; yardsticks, which nobody could choose, stand below the line. Hollow and grey: no shown effect.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from figures.output import Drawing
from figures.results import Results
from figures.style import BLUE, DOUBLE_COLUMN_MM, GREY, INK, letter_panels, new_figure

__all__ = ["EXPERIMENTS", "TITLE", "draw"]

EXPERIMENTS = ("policies",)
TITLE = "Effects of policies on price, order book, churn and training, and who pays"

HEIGHT_MM = 100
NO_EFFECT = "no shown effect"
PANELS = {
    "price_jan_2024_cny": ("Price,\nJan 2024", 1e3, "thousand\nCNY"),
    "peak_backlog_cards": ("Order\nbook", 1e3, "thousand\ncards"),
    "churn_per_100_contract_years": ("Churn", 1.0, "per 100\ncontract-years"),
    "training_done_card_days": ("Training\ndone", 1e6, "million\ncard-days"),
}
LEFT, WIDTH, GAP, BOTTOM, HEIGHT = 0.195, 0.088, 0.021, 0.12, 0.74
MATRIX = (0.65, BOTTOM, 0.31, HEIGHT)
PARTIES = ("chip maker", "clouds", "server makers", "speculators", "grey importers", "state reserve", "users")
SATURATED_BN = 2.0
"""Gain or loss from which the colour is full."""


def draw(results: Results) -> Drawing:
    """Return the figure with its caption."""
    experiment = results.experiment("policies")
    effects, welfare = experiment.table("effects"), experiment.table("welfare")
    order = effects.drop_duplicates("policy")[["policy", "title", "is_yardstick"]]
    figure = new_figure(DOUBLE_COLUMN_MM, HEIGHT_MM)
    panels = []
    for column, (outcome, (heading, divisor, unit)) in enumerate(PANELS.items()):
        axes = figure.add_axes((LEFT + column * (WIDTH + GAP), BOTTOM, WIDTH, HEIGHT))
        _draw_effects(axes, effects[effects["outcome"] == outcome], divisor)
        _name_rows(axes, order, with_names=column == 0)
        axes.set_title(heading)
        axes.set_xlabel(unit)
        panels.append(axes)
    matrix = figure.add_axes(MATRIX)
    _draw_welfare(matrix, welfare, order)
    _name_rows(matrix, order, with_names=False)
    letter_panels([*panels, matrix])
    return Drawing(figure, _caption(effects, experiment.table("resale")))


def _draw_effects(axes: Axes, rows: pd.DataFrame, divisor: float) -> None:
    """Draw an effect and its interval for each policy, the first one on top."""
    for place, row in zip(range(len(rows))[::-1], rows.to_dict("records"), strict=True):
        is_shown = row["verdict"] != NO_EFFECT
        colour = BLUE if is_shown else GREY
        axes.hlines(place, row["low"] / divisor, row["high"] / divisor, color=colour, linewidth=1.3)
        face = colour if is_shown else "white"
        axes.plot(row["effect"] / divisor, place, marker="o", markersize=3.3, color=colour, markerfacecolor=face)
    axes.axvline(0.0, color=INK, linewidth=0.6)
    axes.locator_params(axis="x", nbins=3)
    axes.margins(x=0.12)
    axes.grid(axis="x")


def _draw_welfare(axes: Axes, welfare: pd.DataFrame, order: pd.DataFrame) -> None:
    """Draw gains and losses in bn CNY as a matrix of numbers; no shown effect in grey."""
    parties = [party for party in PARTIES if party in set(welfare["party"])]
    rows = {policy: place for place, policy in enumerate(reversed(list(order["policy"])))}
    table = np.zeros((len(rows), len(parties)))
    for row in welfare.to_dict("records"):
        if row["verdict"] != NO_EFFECT:
            table[rows[row["policy"]], parties.index(row["party"])] = row["effect"]
    shade = np.clip(table / SATURATED_BN, -1.0, 1.0)
    axes.imshow(np.sign(shade) * np.sqrt(np.abs(shade)), cmap="RdBu", vmin=-1.6, vmax=1.6, aspect="auto")
    for row in welfare.to_dict("records"):
        is_shown = row["verdict"] != NO_EFFECT
        axes.annotate(
            _signed(row["effect"]) if is_shown else "0",
            (parties.index(row["party"]), rows[row["policy"]]),
            ha="center",
            va="center",
            size=6,
            color=INK if is_shown else GREY,
        )
    axes.set_xticks(range(len(parties)), parties, rotation=30, ha="left")
    axes.xaxis.tick_top()
    axes.tick_params(axis="x", length=0, pad=1)
    axes.spines["bottom"].set_visible(False)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("gain or loss, bn CNY")


def _signed(effect: float) -> str:
    """Return an amount with its sign, and what would round to nothing as such."""
    text = f"{effect:+.2f}"
    return text if text.strip("+-0.") else f"{text[0]}<.01"


def _name_rows(axes: Axes, order: pd.DataFrame, with_names: bool) -> None:
    """Name the policies on the left, and set yardsticks apart by a line."""
    n = len(order)
    axes.set_yticks(range(n)[::-1], order["title"] if with_names else [""] * n)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(-0.6, n - 0.4)
    n_yardsticks = int(order["is_yardstick"].sum())
    if n_yardsticks:
        axes.axhline(n_yardsticks - 0.5, color=GREY, linewidth=0.6, linestyle=(0, (4, 2)))


def _caption(effects: pd.DataFrame, resale: pd.DataFrame) -> str:
    """Return the caption."""
    seeds = int(effects["seeds"].max())
    ratio = resale.set_index("world").loc["baseline"]
    return (
        f"What policies would have done, against the baseline, {seeds} paired seeds. a-d, Mean differences (b: of the"
        " longest order book) with 95% intervals; grey and hollow: the interval includes zero. Below the dashed line:"
        " yardsticks, no policies; without resale hardly a card is traded, so that its price says little. e, Who gains"
        " and who pays from 2022 to 2024: the chip"
        " maker's gross profit less penalties, speculators' money and cards at the spot price, importers beyond the"
        " price abroad and the cost of the risk, server makers' and clouds' profit, the reserve's result, and for users"
        " what waiting costs at the rent paid; 0: no shown effect. In the"
        f" baseline, resale adds use worth {ratio['gain_per_burnt']:.2f} ({ratio['gain_per_burnt_low']:.2f} to"
        f" {ratio['gain_per_burnt_high']:.2f}) CNY at the rents paid for each CNY burnt in holding and smuggling cards."
    )
