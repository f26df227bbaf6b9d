"""The registered forecast: what the model and four naive rivals expected on 16 October 2023 of the months to come.

The upper row is the card's price, a panel a forecaster, on one scale. Below, the model's fan of every other quantity
with the medians of the rivals that can speak of it; flows are by quarter. Quantiles are taken day by day or quarter by
quarter over equally likely paths, so no path follows them. No outcome after the cut is drawn.
"""

from __future__ import annotations

import matplotlib.dates as mdates
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from figures.output import Drawing
from figures.results import Results, ResultsError
from figures.style import BLUE, DOUBLE_COLUMN_MM, GREEN, INK, ORANGE, PURPLE, VERMILLION, new_figure

__all__ = ["EXPERIMENTS", "TITLE", "draw"]

EXPERIMENTS = ("forecast",)
TITLE = "What the model and four naive rivals expected on 16 October 2023, as fans"

HEIGHT_MM = 150
THOUSAND = 1_000
LIGHT, DARK = 0.18, 0.38
MODEL = "model"
NAMES = {
    MODEL: "this model",
    "random_walk": "random walk",
    "autoregression": "AR(1)",
    "supply_demand": "supply-demand",
    "no_speculators": "no speculators",
}
COLOURS = {
    MODEL: BLUE,
    "random_walk": VERMILLION,
    "autoregression": ORANGE,
    "supply_demand": GREEN,
    "no_speculators": PURPLE,
}
DASHES = {
    "random_walk": (0, (4, 1.5)),
    "autoregression": (0, (1, 1.2)),
    "supply_demand": (0, (6, 1.5, 1, 1.5)),
    "no_speculators": (0, (2.5, 1)),
}
PRICE = "spot_price_cny"
PRICE_TOP = 300
DAILY = {
    "rent_quote_cny_per_card_month": ("Rent, thousand CNY\na card-month", THOUSAND, 10),
    "wait_months": ("Lead time as buyers\nsee it, months", 1, 24),
    "idle_share": ("Idle share of\nonline cards", 1, 0.25),
    "maker_delivered_share": ("Server makers' orders:\nshare delivered", 1, 1.0),
}
FLOWS = {
    "nvidia_china_revenue_busd": ("NVIDIA in China, bn\nUSD a fiscal quarter", 8),
    "startup_exit_share": ("Share of startups that\nfail in a quarter", 0.06),
}
ORDER = (
    "rent_quote_cny_per_card_month", "wait_months", "nvidia_china_revenue_busd",
    "idle_share", "maker_delivered_share", "startup_exit_share",
)  # fmt: skip
COLUMNS = 3
LEGEND_COLUMNS = 4
SPREAD_DAYS = 13
LEFT, RIGHT, GAP = 0.085, 0.985, 0.105
TOP_ROW = (0.705, 0.25)
LOWER_ROWS = ((0.415, 0.21), (0.12, 0.21))


def draw(results: Results) -> Drawing:
    """Return the figure with its caption."""
    forecast = results.experiment("forecast")
    fan = forecast.table("fan", dates=["date"])
    windows = forecast.table("windows", dates=["date_start", "date_end"])
    for name, table in (("fan", fan), ("windows", windows)):
        missing = [forecaster for forecaster in NAMES if forecaster not in set(table["forecaster"])]
        if missing:
            raise ResultsError(
                f"{forecast.directory / name}.csv: without {', '.join(missing)}; make the forecast again"
            )
    figure = new_figure(DOUBLE_COLUMN_MM, HEIGHT_MM)
    panels = [*_price_panels(figure, fan), *_lower_panels(figure, fan, windows)]
    for letter, axes in zip("abcdefghijk", panels, strict=True):
        axes.set_title(letter, loc="left", weight="bold", size=8.5, pad=3)
    _legend(figure)
    return Drawing(figure, _caption(forecast.number("price_jan_2024_cny").runs, forecast.origin))


def _price_panels(figure: Figure, fan: pd.DataFrame) -> list[Axes]:
    """Draw the price, a panel a forecaster."""
    bottom, height = TOP_ROW
    width = (RIGHT - LEFT) / len(NAMES)
    panels = []
    for place, (forecaster, label) in enumerate(NAMES.items()):
        axes = figure.add_axes((LEFT + place * width, bottom, width - 0.014, height))
        rows = fan[(fan["forecaster"] == forecaster) & (fan["quantity"] == PRICE)]
        _draw_fan(axes, rows, COLOURS[forecaster], THOUSAND)
        axes.set_ylim(0, PRICE_TOP)
        axes.set_title(label, loc="center", pad=3)
        axes.grid(axis="y")
        _dates(axes)
        if place:
            axes.set_yticklabels([])
        else:
            axes.set_ylabel("A800 spot price,\nthousand CNY per card")
        panels.append(axes)
    return panels


def _lower_panels(figure: Figure, fan: pd.DataFrame, windows: pd.DataFrame) -> list[Axes]:
    """Draw every other quantity: the model's fan, the rivals' medians."""
    width = (RIGHT - LEFT - (COLUMNS - 1) * GAP) / COLUMNS
    panels = []
    for place, quantity in enumerate(ORDER):
        row, column = divmod(place, COLUMNS)
        bottom, height = LOWER_ROWS[row]
        axes = figure.add_axes((LEFT + column * (width + GAP), bottom, width, height))
        if quantity in DAILY:
            label, unit, top = DAILY[quantity]
            _draw_days(axes, fan[fan["quantity"] == quantity], unit)
        else:
            label, top = FLOWS[quantity]
            _draw_quarters(axes, windows[windows["quantity"] == quantity])
        axes.set_ylim(0, top)
        axes.set_ylabel(label)
        axes.grid(axis="y")
        _dates(axes)
        panels.append(axes)
    return panels


def _draw_fan(axes: Axes, rows: pd.DataFrame, colour: str, unit: float) -> None:
    """Draw median and bands."""
    for low, high, opacity in (("p05", "p95", LIGHT), ("p25", "p75", DARK)):
        axes.fill_between(rows["date"], rows[low] / unit, rows[high] / unit, color=colour, alpha=opacity, linewidth=0)
    axes.plot(rows["date"], rows["median"] / unit, color=colour)


def _draw_days(axes: Axes, rows: pd.DataFrame, unit: float) -> None:
    """Draw the model's fan, and the medians of rivals."""
    _draw_fan(axes, rows[rows["forecaster"] == MODEL], COLOURS[MODEL], unit)
    for forecaster, dashes in DASHES.items():
        rival = rows[rows["forecaster"] == forecaster]
        axes.plot(rival["date"], rival["median"] / unit, color=COLOURS[forecaster], linestyle=dashes)


def _draw_quarters(axes: Axes, rows: pd.DataFrame) -> None:
    """Draw the 90% interval and the median of each quarter, side by side, the middle half of the model's thicker."""
    speaking = [forecaster for forecaster in NAMES if forecaster in set(rows["forecaster"])]
    for place, forecaster in enumerate(speaking):
        shift = pd.Timedelta(days=SPREAD_DAYS * (place - (len(speaking) - 1) / 2))
        for row in rows[rows["forecaster"] == forecaster].itertuples():
            middle = mdates.date2num(row.date_start + (row.date_end - row.date_start) / 2 + shift)
            axes.vlines(middle, row.p05, row.p95, color=COLOURS[forecaster], linewidth=1.0)
            axes.vlines(middle, row.p25, row.p75, color=COLOURS[forecaster], linewidth=2.6)
            axes.plot(middle, row.median, marker="o", markersize=2.6, color="white", markeredgecolor=INK,
                      markeredgewidth=0.5)  # fmt: skip


def _dates(axes: Axes) -> None:
    """Set the axis of dates."""
    axes.set_xlim(pd.Timestamp("2023-10-17"), pd.Timestamp("2025-01-01"))
    axes.set_xticks([mdates.date2num(pd.Timestamp(date)) for date in ("2024-01-01", "2024-07-01")])
    axes.set_xticks([mdates.date2num(pd.Timestamp(date)) for date in ("2024-04-01", "2024-10-01")], minor=True)
    axes.xaxis.set_major_formatter(mdates.DateFormatter("%Y-%m"))


def _legend(figure: Figure) -> None:
    """Put one legend below everything."""
    handles = [
        Line2D([], [], color=BLUE, label="model: median"),
        Patch(facecolor=BLUE, alpha=DARK, edgecolor="none", label="middle 50%"),
        Patch(facecolor=BLUE, alpha=LIGHT, edgecolor="none", label="middle 90%"),
        *(
            Line2D([], [], color=COLOURS[name], linestyle=dashes, label=f"{NAMES[name]}: median")
            for name, dashes in DASHES.items()
        ),
    ]
    figure.legend(handles=handles, loc="lower center", bbox_to_anchor=(0.5, 0.005), ncols=LEGEND_COLUMNS)


def _caption(n: int, origin: str) -> str:
    """Return the caption."""
    return (
        f"The forecast from what was known on 16 October 2023, the day before the export rule, over {n} equally likely"
        " paths a forecaster. a to e, The A800's spot price as this model and four rivals on the same information"
        " expected it; the last rival is this model without speculators, fitted in the same way. f to k, What else"
        " the model forecasts, with the medians of those rivals that can speak of it."
        " Line: median; dark band: middle 50%; light band: middle 90%, day by day. Bars of h and k, by quarter: 90% and"
        " 50% with the median. Very wide intervals of rivals are cut at the edge of a panel. No outcome"
        " after the cut is drawn or was fitted; given are the rule's dates and the range of dates of the substitute."
        f" Results of {origin}."
    )
