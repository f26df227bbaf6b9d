"""How every figure looks: sizes of a journal column, colours that everybody can tell apart, common marks.

Text is 7 points at print size, so a figure is made at the width at which it is printed. Colours are those of Okabe
and Ito; where a figure needs more than three, it also differs in line style or marker.
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import matplotlib.dates as mdates
import matplotlib.style
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

__all__ = [
    "BLACK",
    "BLUE",
    "DOUBLE_COLUMN_MM",
    "GREEN",
    "GREY",
    "INK",
    "ORANGE",
    "PURPLE",
    "SINGLE_COLUMN_MM",
    "SKY",
    "VERMILLION",
    "YELLOW",
    "date_axis",
    "draw_band",
    "input_label",
    "journal_style",
    "letter_panels",
    "mark_dates",
    "new_figure",
]

SINGLE_COLUMN_MM = 89
DOUBLE_COLUMN_MM = 183
MM_PER_INCH = 25.4

# Okabe and Ito (2008), "Color Universal Design".
BLUE, VERMILLION, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
ORANGE, SKY, YELLOW, BLACK = "#E69F00", "#56B4E9", "#F0E442", "#000000"
GREY, INK = "#777777", "#333333"

BAND_OPACITY = 0.25
_STYLE_SHEET = Path(__file__).with_name("market.mplstyle")


@contextmanager
def journal_style() -> Iterator[None]:
    """Draw and write inside this context; the user's own matplotlib settings are left out and kept."""
    with matplotlib.style.context(["default", str(_STYLE_SHEET)]):
        yield


def new_figure(width_mm: float, height_mm: float) -> Figure:
    """Return an empty figure of this size; no window and no global state of pyplot."""
    return Figure(figsize=(width_mm / MM_PER_INCH, height_mm / MM_PER_INCH))


def date_axis(axes: Axes) -> None:
    """Set half-yearly labels and quarterly ticks on an axis of dates."""
    axes.xaxis.set_major_locator(mdates.MonthLocator(bymonth=(1, 7)))
    axes.xaxis.set_minor_locator(mdates.MonthLocator(bymonth=(4, 10)))
    axes.xaxis.set_major_formatter(mdates.DateFormatter("%Y-%m"))


def draw_band(
    axes: Axes, x: pd.Series, low: pd.Series, middle: pd.Series, high: pd.Series, colour: str, label: str = ""
) -> None:
    """Draw a line and the band around it."""
    axes.fill_between(x, low, high, color=colour, alpha=BAND_OPACITY, linewidth=0)
    axes.plot(x, middle, color=colour, label=label or None)


def mark_dates(axes: Axes, dates: Iterable[pd.Timestamp]) -> None:
    """Draw dates as thin dashed vertical lines behind everything else."""
    for date in dates:
        axes.axvline(mdates.date2num(date), color=GREY, linewidth=0.7, linestyle=(0, (4, 2)), zorder=0.5)


def input_label(path: str) -> str:
    """Return a name for an axis from the path of an input: a firm's trait without the kind of the firm."""
    return path.split(".", 1)[1] if path.count(".") > 1 else path


def letter_panels(panels: Iterable[Axes]) -> None:
    """Write a, b, c above the left corner of the panels."""
    for letter, axes in zip(string.ascii_lowercase, panels, strict=False):
        axes.annotate(
            letter,
            (0, 1),
            xycoords="axes fraction",
            xytext=(-14, 5),
            textcoords="offset points",
            weight="bold",
            size=8.5,
            ha="left",
            va="bottom",
        )
