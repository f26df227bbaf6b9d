"""The A800 price fan: the spot price over seeds, beside what was reported.

Median and bands are taken over the seeds date by date, so no single run need follow them. Boxes are the two
scored prices of the evidence, with the dates and the band in which a simulated value counts as reproduced.
Marks are contract and reference prices of the time, which are other goods (an order of many cards, a list
price) and are not scored. Vertical lines are the dates of the rules that stop some of the flow. Everything
drawn is in the results.
"""

from __future__ import annotations

import matplotlib.dates as mdates
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.patheffects import withStroke
from matplotlib.text import Annotation

from figures.baseline_series import BaselineSeries
from figures.output import Drawing
from figures.results import Results, ResultsError
from figures.style import BLUE, DOUBLE_COLUMN_MM, GREEN, GREY, INK, VERMILLION, date_axis, new_figure
from figures.sweep import EvidencePoint, RuleDate, Sweep, read_sweep

__all__ = ["EXPERIMENTS", "TITLE", "caption", "draw"]

EXPERIMENTS = ("baseline",)
TITLE = "A800 spot price 2022 to 2024 over seeds, with the evidence and the dates of the rule"
QUANTITY = "spot_price_cny"
Series = BaselineSeries | Sweep

CNY_PER_USD = 7.2
"""The rate at which the model's contract price of 72,000 CNY is the USD 10,000 of P08 and P31. The source of
P38 itself converts USD 12,000 to 83,000 CNY, at 6.9; here it is drawn at the same rate as the others."""

THOUSAND = 1_000
HEIGHT_MM = 105
LEFT, RIGHT, BOTTOM = 0.065, 0.97, 0.21
LEGEND_COLUMNS = 3
LABEL_ROW = 0.072
"""Height of a row of labels above the axes, as a share of the figure; a label has two lines."""
LABEL_FOOT = 0.01
LABEL_GAP_PX = 4
LABEL_OFFSET_PT = 2
HEADROOM = 1.08
LIGHT, DARK = 0.18, 0.38
MARKERS = ("s", "^", "D", "v", "o")
BOX_UNIT = "CNY per card"
RATES = {"CNY/card": 1.0, "USD/card": CNY_PER_USD}


def draw(results: Results) -> Drawing:
    """Return the figure with its caption: of the experiment `baseline`, or else of what `market patterns` kept."""
    series = BaselineSeries.of(results) if results.has("baseline") else read_sweep(results.directories[0])
    return Drawing(_figure(series), caption(series))


def _figure(series: Series) -> Figure:
    """Return the figure."""
    fan = series.fan(QUANTITY)
    boxes, quotes = _sorted_out(series.evidence())
    figure = new_figure(DOUBLE_COLUMN_MM, HEIGHT_MM)
    axes = figure.add_axes((LEFT, BOTTOM, RIGHT - LEFT, 1 - BOTTOM))
    _draw_fan(axes, fan)
    _set_axes(axes, fan, boxes)
    for box in boxes:
        _draw_box(axes, box)
    for quote, marker in zip(quotes, MARKERS, strict=False):
        _draw_quote(axes, quote, marker)
    figure.legend(
        handles=_legend_handles(boxes, quotes),
        loc="lower left",
        bbox_to_anchor=(LEFT, 0),
        ncols=LEGEND_COLUMNS,
    )
    _draw_rule_dates(figure, axes, _within(series.rule_dates(), fan))
    return figure


def caption(series: Series) -> str:
    """Return the caption: what is drawn, over how many seeds, from where."""
    fan = series.fan(QUANTITY)
    boxes, quotes = _sorted_out(series.evidence())
    n_least, n_most = int(fan["n"].min()), int(fan["n"].max())
    n_seeds = f"{n_most}" if n_least == n_most else f"{n_least} to {n_most}"
    scored = "; ".join(
        f"{box.id}, {box.start} to {box.end}: {box.value:,.0f} ({box.low:,.0f} to {box.high:,.0f}) CNY" for box in boxes
    )
    quoted = "; ".join(
        f"{quote.id}, {_span(quote)}: {quote.value:,.0f} {quote.unit}, drawn at {_in_cny(quote):,.0f} CNY"
        for quote in quotes
    )
    dated = "; ".join(f"{d.rule} {d.what} {d.date}" for d in _within(series.rule_dates(), fan))
    sentences = [
        f"Simulated spot price of the A800 in China (the A100 before the A800 was on sale), scenario"
        f" {series.scenario_name}, {n_seeds} seeds.",
        "Line: median over the seeds on each day; dark band: the middle 50% (25% to 75% quantile); light"
        " band: the middle 90% (5% to 95%). Quantiles are no paths of single runs.",
        f"Boxes: reported prices with the band in which a simulated value counts as reproduced ({scored})."
        if scored
        else "",
        f"Marks at the end of their dates, not scored: contract and reference prices from other sources, USD"
        f" at {CNY_PER_USD} CNY ({quoted})."
        if quoted
        else "",
        f"Vertical lines: {dated}." if dated else "No rule is in force in this scenario.",
        f"Drawn by figures/price_fan.py from results of {series.origin}.",
    ]
    return "\n".join(filter(None, sentences)) + "\n"


def _sorted_out(points: list[EvidencePoint]) -> tuple[list[EvidencePoint], list[EvidencePoint]]:
    """Return the scored prices, which have a band, and the quotes, which are marks.

    Raises
    ------
    ResultsError
        When the unit of a point is not a price of a card.
    """
    boxes = [point for point in points if point.unit == BOX_UNIT]
    quotes = [point for point in points if point.unit != BOX_UNIT]
    for point in quotes:
        if point.unit not in RATES:
            raise ResultsError(f"evidence {point.id}: unit {point.unit!r} is not a price per card")
    for point in boxes:
        if point.low is None or point.high is None:
            raise ResultsError(f"evidence {point.id}: a scored price needs low and high")
    return boxes, quotes


def _in_cny(point: EvidencePoint) -> float:
    """Return the value of a quote in CNY per card."""
    return point.value * RATES[point.unit]


def _span(point: EvidencePoint) -> str:
    """Return the dates of a quote in words."""
    return str(point.start) if point.start == point.end else f"{point.start} to {point.end}"


def _within(dates: list[RuleDate], fan: pd.DataFrame) -> list[RuleDate]:
    """Return the dates that lie in the days drawn."""
    first, last = fan["date"].iloc[0].date(), fan["date"].iloc[-1].date()
    return [entry for entry in dates if first <= entry.date <= last]


def _draw_fan(axes: Axes, fan: pd.DataFrame) -> None:
    """Draw median and bands."""
    for low, high, opacity in (("p05", "p95", LIGHT), ("p25", "p75", DARK)):
        axes.fill_between(
            fan["date"], fan[low] / THOUSAND, fan[high] / THOUSAND, color=BLUE, alpha=opacity, linewidth=0
        )
    axes.plot(fan["date"], fan["median"] / THOUSAND, color=BLUE)


def _set_axes(axes: Axes, fan: pd.DataFrame, boxes: list[EvidencePoint]) -> None:
    """Set limits, ticks and titles of the axes; the price axis begins at zero."""
    axes.set_xlim(fan["date"].iloc[0], fan["date"].iloc[-1] + pd.Timedelta(days=1))
    top = max([fan["p95"].max(), *(box.high or 0 for box in boxes)]) / THOUSAND
    axes.set_ylim(0, top * HEADROOM)
    axes.set_ylabel("A800 spot price, thousand CNY per card")
    date_axis(axes)
    axes.grid(axis="y")


def _draw_box(axes: Axes, point: EvidencePoint) -> None:
    """Draw a scored price: its dates and band as a box, its value as a bar across, its id above."""
    low, high = (point.low or 0) / THOUSAND, (point.high or 0) / THOUSAND
    first, after = mdates.date2num(point.start), mdates.date2num(point.end) + 1
    box = Rectangle((first, low), after - first, high - low, facecolor="none", edgecolor=VERMILLION, zorder=4)
    axes.add_patch(box)
    axes.hlines(point.value / THOUSAND, first, after, color=VERMILLION, linewidth=1.6, zorder=4)
    axes.annotate(
        point.id,
        ((first + after) / 2, high),
        xytext=(0, 2),
        textcoords="offset points",
        ha="center",
        va="bottom",
        color=VERMILLION,
        weight="bold",
        zorder=6,
        path_effects=[withStroke(linewidth=2, foreground="white")],
    )


def _draw_quote(axes: Axes, point: EvidencePoint, marker: str) -> None:
    """Draw a quote: its dates as a bar, a marker on the last of them."""
    price = _in_cny(point) / THOUSAND
    first, last = mdates.date2num(point.start), mdates.date2num(point.end)
    axes.hlines(price, first, last, color=GREEN, linewidth=0.9, zorder=3.5)
    axes.plot(
        last,
        price,
        marker=marker,
        markersize=4,
        color=GREEN,
        markeredgecolor="white",
        markeredgewidth=0.5,
        linestyle="none",
        zorder=5.5,
    )


def _legend_handles(boxes: list[EvidencePoint], quotes: list[EvidencePoint]) -> list[Line2D | Patch]:
    """Return what the legend explains."""
    handles: list[Line2D | Patch] = [
        Line2D([], [], color=BLUE, label="median over seeds"),
        Patch(facecolor=BLUE, alpha=DARK + LIGHT, label="50% of seeds"),
        Patch(facecolor=BLUE, alpha=LIGHT, label="90% of seeds"),
    ]
    if boxes:
        ids = ", ".join(box.id for box in boxes)
        handles.append(Patch(facecolor="none", edgecolor=VERMILLION, label=f"{ids}: reported price and band"))
    for quote, marker in zip(quotes, MARKERS, strict=False):
        label = f"{quote.id}: {quote.value:,.0f} {quote.unit}, {_span(quote)}"
        handles.append(Line2D([], [], color=GREEN, linewidth=0.9, marker=marker, markersize=4, label=label))
    return handles


def _draw_rule_dates(figure: Figure, axes: Axes, dates: list[RuleDate]) -> None:
    """Draw the dates of the rules as vertical lines, with labels above the axes that do not overlap."""
    last_of_rule = {entry.rule: entry for entry in dates}
    labels = [_label(axes, entry, after_line=entry is last_of_rule[entry.rule]) for entry in dates]
    rows = _rows_without_overlap(figure, labels)
    n_rows = max(rows, default=-1) + 1
    height = 1 - LABEL_ROW * n_rows - 2 * LABEL_FOOT - BOTTOM
    axes.set_position((LEFT, BOTTOM, RIGHT - LEFT, height))
    for entry, label, row in zip(dates, labels, rows, strict=True):
        foot = 1 + (LABEL_ROW * row + LABEL_FOOT) / height
        label.xy = (label.xy[0], foot)
        axes.plot(
            [mdates.date2num(entry.date)] * 2,
            [0, foot + LABEL_ROW / height],
            transform=axes.get_xaxis_transform(),
            color=GREY,
            linewidth=0.7,
            linestyle=(0, (4, 2)),
            clip_on=False,
            zorder=1.5,
        )


def _label(axes: Axes, entry: RuleDate, *, after_line: bool) -> Annotation:
    """Write what happens on a date, left of its line or, for the last of a rule, right of it."""
    return axes.annotate(
        f"{entry.what}\n{entry.date}",
        (mdates.date2num(entry.date), 1),
        xycoords=axes.get_xaxis_transform(),
        xytext=(LABEL_OFFSET_PT if after_line else -LABEL_OFFSET_PT, 0),
        textcoords="offset points",
        ha="left" if after_line else "right",
        va="bottom",
        color=INK,
        annotation_clip=False,
        # A line on its way to a higher row passes behind the label.
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
        zorder=3,
    )


def _rows_without_overlap(figure: Figure, labels: list[Annotation]) -> list[int]:
    """Return for each label the lowest row in which it touches no earlier one."""
    renderer = FigureCanvasAgg(figure).get_renderer()  # type: ignore[no-untyped-call]
    taken: list[list[tuple[float, float]]] = []
    rows = []
    for label in labels:
        extent = label.get_window_extent(renderer)
        span = (extent.x0 - LABEL_GAP_PX, extent.x1 + LABEL_GAP_PX)
        row = next((k for k, spans in enumerate(taken) if all(_apart(span, one) for one in spans)), len(taken))
        if row == len(taken):
            taken.append([])
        taken[row].append(span)
        rows.append(row)
    return rows


def _apart(one: tuple[float, float], other: tuple[float, float]) -> bool:
    """Return whether two spans do not overlap."""
    return one[1] <= other[0] or other[1] <= one[0]
