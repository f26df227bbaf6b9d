"""Waiting for cards: lead time, fill rate, the open book against what users lack, and what is ordered and delivered.

The open book counts orders placed for fear of scarcity and orders placed ahead of need; what users lack counts
neither. The distance between the two lines is the phantom part of the book. Bands are over seeds.
"""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from figures.baseline_series import BaselineSeries
from figures.output import Drawing
from figures.results import Results
from figures.style import (
    BAND_OPACITY,
    BLUE,
    DOUBLE_COLUMN_MM,
    GREEN,
    VERMILLION,
    date_axis,
    letter_panels,
    mark_dates,
    new_figure,
)

__all__ = ["EXPERIMENTS", "TITLE", "draw"]

EXPERIMENTS = ("baseline",)
TITLE = "Lead time, fill rate, backlog and phantom demand over seeds"

HEIGHT_MM = 100
THOUSAND = 1_000
LINES: dict[str, list[tuple[str, str, str, str, float]]] = {
    "lead": [("lead_time_months", "lead time", BLUE, "-", 1.0)],
    "book": [
        ("backlog_cards", "on order", VERMILLION, "-", THOUSAND),
        ("unmet_need_cards", "lacking today", BLUE, "--", THOUSAND),
    ],
    "fill": [("rolling_fill_rate", "fill rate", GREEN, "-", 1.0)],
    "flow": [
        ("ordered_cards", "ordered", VERMILLION, "-", THOUSAND),
        ("delivered_cards", "delivered", BLUE, "--", THOUSAND),
    ],
}
LABELS = {
    "lead": "lead time, months",
    "book": "thousand cards",
    "fill": "delivered, share of book",
    "flow": "thousand cards a day",
}


def draw(results: Results) -> Drawing:
    """Return the figure with its caption."""
    series = BaselineSeries.of(results)
    figure = new_figure(DOUBLE_COLUMN_MM, HEIGHT_MM)
    panels = figure.subplots(2, 2, sharex=True, gridspec_kw={"hspace": 0.16, "wspace": 0.2})
    figure.subplots_adjust(left=0.065, right=0.985, top=0.95, bottom=0.07)
    for axes, (panel, lines) in zip(panels.flat, LINES.items(), strict=True):
        for quantity, label, colour, style, unit in lines:
            _draw_line(axes, series.fan(quantity), label, colour, style, unit)
        axes.set_ylabel(LABELS[panel])
        axes.set_ylim(bottom=0)
        mark_dates(axes, series.rule_days())
        date_axis(axes)
        axes.grid(axis="y")
        if len(lines) > 1:
            axes.legend(loc="upper left")
    letter_panels(panels.flat)
    return Drawing(figure, _caption(series))


def _draw_line(axes: Axes, fan: pd.DataFrame, label: str, colour: str, style: str, unit: float) -> None:
    """Draw median and the middle 90%."""
    axes.fill_between(fan["date"], fan["p05"] / unit, fan["p95"] / unit, color=colour, alpha=BAND_OPACITY, linewidth=0)
    axes.plot(fan["date"], fan["median"] / unit, color=colour, linestyle=style, label=label)


def _caption(series: BaselineSeries) -> str:
    """Return the caption, with the widest distance between book and need."""
    book, lacking = series.fan("backlog_cards"), series.fan("unmet_need_cards")
    in_force = series.rule_dates()[-1].date if series.rule_dates() else None
    before = book["date"] < pd.Timestamp(in_force.replace(day=1)) if in_force else book["date"] == book["date"]
    last = book.loc[before].iloc[-1]
    lack = lacking.loc[lacking["date"] == last["date"], "median"].iloc[0]
    ratio = f", {last['median'] / lack:.0f} times what users lack ({lack:,.0f})" if lack > 0 else ""
    return (
        f"Waiting for cards, {series.n_seeds} seeds; lines are medians, bands the middle 90% of seeds, of means over"
        " fortnights. a, lead time: open book over monthly supply (not the wait that is quoted), at most twelve"
        " months; there is"
        " none while supply is stopped. b, cards on order, and cards that startups, clouds and other industries need"
        " beyond the clouds'"
        " cards online; the distance is orders beyond need: ahead of it, for stock and for growth to come, and in part"
        " doubled for fear of rationing. In the last fortnight before the month of the rule the median book is"
        f" {last['median']:,.0f} cards{ratio}. Orders that the rule caught stay on the book, undelivered. c, fill rate:"
        " cards delivered in the last thirty days over the book before them and their orders. d, cards ordered and"
        f" delivered. {series.rule_sentence()} Results of {series.origin}."
    )
