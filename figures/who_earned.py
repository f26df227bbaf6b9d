"""Who earned: what a rented card brings against what it costs, profits by kind of firm and year, and margins.

Points are means over seeds, bars their 95% intervals, which are often smaller than the points.
"""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from figures.baseline_series import BaselineSeries
from figures.cast import KIND_COLOURS, KINDS
from figures.output import Drawing
from figures.results import Results
from figures.style import (
    BLUE,
    DOUBLE_COLUMN_MM,
    GREY,
    VERMILLION,
    date_axis,
    draw_band,
    letter_panels,
    mark_dates,
    new_figure,
)

__all__ = ["EXPERIMENTS", "TITLE", "draw"]

EXPERIMENTS = ("baseline",)
TITLE = "Rent against break-even, profits and margins by kind of firm"

HEIGHT_MM = 88
LINEAR_BN = 0.1  # profits are drawn on a log scale beyond this, so that those of NVIDIA and speculators both show
SPREAD = 0.13
EARNERS = {
    ("nvidia", "profit"): "NVIDIA",
    ("cloud", "profit"): "clouds",
    ("server_maker", "profit"): "server makers",
    ("speculator", "profit"): "speculators, realised",
    ("speculator", "wealth_gain"): "speculators, cards at market",
}
MARGINS = {
    ("nvidia", "margin"): "NVIDIA",
    ("cloud", "margin"): "clouds, cards at historic cost",
    ("cloud", "margin_replacement"): "clouds, at replacement cost",
    ("server_maker", "margin"): "server makers",
}
HOLLOW = ("wealth_gain", "margin_replacement")
MARKERS = ("o", "s", "D", "^", "v")


def draw(results: Results) -> Drawing:
    """Return the figure with its caption."""
    series = BaselineSeries.of(results)
    earned = series.experiment.table("earned")
    figure = new_figure(DOUBLE_COLUMN_MM, HEIGHT_MM)
    left, middle, right = figure.subplots(1, 3, gridspec_kw={"width_ratios": (1.25, 1, 1), "wspace": 0.3})
    figure.subplots_adjust(left=0.065, right=0.985, top=0.93, bottom=0.36)
    _draw_rent(left, series)
    _draw_years(middle, earned, EARNERS)
    middle.set_yscale("symlog", linthresh=LINEAR_BN, linscale=0.6)
    middle.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    middle.margins(y=0.08)
    middle.set_ylabel("profit, bn CNY a year")
    _draw_years(right, earned, MARGINS)
    right.set_ylabel("margin, share of revenue")
    letter_panels((left, middle, right))
    return Drawing(figure, _caption(series, earned))


def _draw_rent(axes: Axes, series: BaselineSeries) -> None:
    """Draw the rent paid and the break-even of a card bought today, as fractions of list."""
    for quantity, colour, label in (
        ("break_even_fraction", VERMILLION, "break-even of a card bought today"),
        ("rent_fraction", BLUE, "rent paid on running contracts"),
    ):
        fan = series.fan(quantity)
        draw_band(axes, fan["date"], fan["p05"], fan["median"], fan["p95"], colour, label)
    mark_dates(axes, series.rule_days())
    date_axis(axes)
    axes.tick_params(axis="x", labelrotation=30)
    axes.set_ylim(bottom=0)
    axes.set_ylabel("fraction of list rent")
    axes.grid(axis="y")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.22))


def _draw_years(axes: Axes, earned: pd.DataFrame, wanted: dict[tuple[str, str], str]) -> None:
    """Draw a measure by year for several kinds of firm, side by side."""
    years = sorted(earned["year"].unique())
    for number, ((kind, measure), label) in enumerate(wanted.items()):
        rows = earned.loc[(earned["kind"] == kind) & (earned["measure"] == measure)].sort_values("year")
        place = [years.index(year) + SPREAD * (number - (len(wanted) - 1) / 2) for year in rows["year"]]
        axes.errorbar(
            place,
            rows["value"],
            yerr=[rows["value"] - rows["low"], rows["high"] - rows["value"]],
            fmt=MARKERS[number],
            color=KIND_COLOURS[kind],
            markerfacecolor="white" if measure in HOLLOW else KIND_COLOURS[kind],
            markersize=3.5,
            linewidth=0.9,
            label=label,
        )
    axes.axhline(0, color=GREY, linewidth=0.7)
    axes.set_xticks(range(len(years)), [str(year) for year in years])
    axes.set_xlim(-0.5, len(years) - 0.5)
    axes.grid(axis="y")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.1))


def _caption(series: BaselineSeries, earned: pd.DataFrame) -> str:
    """Return the caption, with who earned what in 2023."""
    said = earned.loc[earned["year"] == 2023].set_index(["kind", "measure"])
    told = [
        f"{KINDS[kind]} {said.at[(kind, measure), 'value']:.2f} bn"
        for kind, measure in (("nvidia", "profit"), ("cloud", "profit"), ("server_maker", "profit"))
        if (kind, measure) in said.index
    ]
    gain = said["value"].get(("speculator", "wealth_gain"))
    hoard = f"; speculators' wealth, cards at the price of the day, grew by {gain:.2f} bn" if gain is not None else ""
    return (
        f"Who earned, {series.n_seeds} seeds. a, mean rent on running contracts, and the rent at which a card bought at"
        " the day's price just covers itself, as fractions of list; lines are medians, bands the middle 90% of seeds."
        f" {series.rule_sentence()} b, profit by year: means over seeds with 95% intervals, on a scale that is linear"
        f" up to {LINEAR_BN} bn and logarithmic beyond. In 2023: {', '.join(told)} CNY{hoard} CNY. Profits are"
        " realised; clouds' exclude cards set aside for own models. c, margins: profit over revenue, for clouds also"
        f" with cards depreciated at the day's price of a new one. Results of {series.origin}."
    )
