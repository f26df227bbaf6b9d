"""The evidence on one axis of time: what happened, what cards and waiting cost, and what the model is given.

Events, prices and lead times are what sources report; supply and funding climate are what the model takes as given.
Prices in USD are drawn at one rate; a quote for a period is a bar over its days, bounds are a vertical line.
"""

from __future__ import annotations

import matplotlib.dates as mdates
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from figures.output import Drawing
from figures.results import Results, ResultsError
from figures.style import BLUE, DOUBLE_COLUMN_MM, GREEN, INK, ORANGE, PURPLE, VERMILLION, date_axis, new_figure

__all__ = ["EXPERIMENTS", "TITLE", "draw"]

EXPERIMENTS = ("setting",)
TITLE = "The evidence on one axis of time, beside what the model is given"

HEIGHT_MM = 172
LEFT, WIDTH = 0.085, 0.855
FIRST, LAST = pd.Timestamp("2022-01-01"), pd.Timestamp("2024-12-31")
CNY_PER_USD = 7.2
THOUSAND = 1000.0
LAST_REVENUE = pd.Timestamp("2023-10-29")
"""Last day of the quarter of K07; later supply is a parameter's growth."""
WEEKS_PER_MONTH = 365.25 / 12 / 7

PANELS = {"events": (0.645, 0.32), "price": (0.435, 0.175), "lead": (0.265, 0.135), "given": (0.065, 0.165)}
"""Bottom and height of the panels, as shares of the figure."""

EVENTS = (
    ("X01", "US letters: A100 and H100 need a licence"),
    ("X03", "US rule of October 2022"),
    ("X04", "A800 announced"),
    ("S3", "CloudWalk orders for April 2023"),
    ("D2", "ChatGPT boom: record rounds, orders for compute"),
    ("N50", "rumour of a stricter rule"),
    ("D3", "boom cools, money gets harder"),
    ("O04", "ByteDance: at least 10,000 cards in stock"),
    ("X05", "US rule published: A800 and H800 caught"),
    ("X06", "rule in force for these cards"),
    ("G14", "01.AI: stock for 18 months"),
    ("X07", "H20: orders taken"),
)
"""Dated events and what to call them."""

CONTRACT, LIST, SUBSTITUTE = ("P08", "P31"), ("P38",), ("P26", "P28", "P30")
SCORED = ("P1", "P2")
LEAD_CHINA, LEAD_WORLD = ("L09", "L10"), ("L01", "L02", "L03", "L08")
TO_CNY = {"USD/card": CNY_PER_USD, "CNY/card": 1.0, "CNY per card": 1.0}
TO_MONTHS = {"months": 1.0, "weeks": 1 / WEEKS_PER_MONTH}
SCORED_DAYS = {"P1": ("2023-06-01", "2023-07-15"), "P2": ("2024-01-01", "2024-01-15")}
"""Days over which the patterns of these facts are measured."""


def draw(results: Results) -> Drawing:
    """Return the figure with its caption."""
    setting = results.experiment("setting")
    seen = setting.table("observations", dates=["start", "end"]).set_index("id")
    known = setting.table("facts", dates=["date"]).set_index("id")
    rules = setting.table("rules", dates=["date"])
    wanted = {id for id, _ in EVENTS} | {*CONTRACT, *LIST, *SUBSTITUTE, *SCORED, *LEAD_CHINA, *LEAD_WORLD}
    missing = sorted(wanted - set(seen.index) - set(known.index))
    if missing:
        raise ResultsError(f"evidence without {', '.join(missing)}; figures/evidence_timeline.py names them")
    figure = new_figure(DOUBLE_COLUMN_MM, HEIGHT_MM)
    axes = {name: figure.add_axes((LEFT, bottom, WIDTH, height)) for name, (bottom, height) in PANELS.items()}
    _draw_events(axes["events"], seen, known)
    _draw_prices(axes["price"], seen, known)
    _draw_leads(axes["lead"], seen)
    supply = setting.table("supply", dates=["date"])
    climate = setting.table("climate", dates=["date"])
    _draw_given(axes["given"], supply, climate)
    biting = rules.loc[rules["severity"] > 0, "date"]
    for letter, panel in zip("abcd", axes.values(), strict=True):
        panel.set_xlim(FIRST, LAST + pd.Timedelta(days=1))
        panel.annotate(letter, (0, 1), xytext=(-26, 2), xycoords="axes fraction", textcoords="offset points",
                       weight="bold", size=8.5)  # fmt: skip
        for date in biting:
            panel.axvline(mdates.date2num(date), color=VERMILLION, linewidth=0.6, linestyle=(0, (4, 2)), zorder=0.5)
    return Drawing(figure, _caption(len(known), len(seen), biting))


def _draw_events(axes: Axes, seen: pd.DataFrame, known: pd.DataFrame) -> None:
    """Draw events as rows in order of time, the label right of the dot, or left of it late in the period."""
    rows = sorted((_date(id, seen, known), id, label) for id, label in EVENTS)
    for row, (date, id, label) in enumerate(rows):
        height = len(rows) - row
        is_late = date > pd.Timestamp("2023-07-10")
        axes.plot(mdates.date2num(date), height, marker="o", markersize=3.2, color=BLUE)
        axes.annotate(
            f"{date:%Y-%m-%d}  {label} ({id})",
            (mdates.date2num(date), height),
            xytext=(-5 if is_late else 5, 0),
            textcoords="offset points",
            ha="right" if is_late else "left",
            va="center",
            color=INK,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8},
        )
    axes.set_ylim(0.3, len(rows) + 0.7)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    date_axis(axes)
    axes.set_xticklabels([])
    axes.set_ylabel("Dated events", labelpad=18)


def _draw_prices(axes: Axes, seen: pd.DataFrame, known: pd.DataFrame) -> None:
    """Draw reported prices of cards."""
    for id, (first, last) in SCORED_DAYS.items():
        fact = known.loc[id]
        start, width = mdates.date2num(pd.Timestamp(first)), (pd.Timestamp(last) - pd.Timestamp(first)).days + 1
        low, high = fact["low"] / THOUSAND, fact["high"] / THOUSAND
        axes.add_patch(Rectangle((start, low), width, high - low, facecolor="none", edgecolor=VERMILLION))
        axes.hlines(fact["value"] / THOUSAND, start, start + width, color=VERMILLION, linewidth=1.8)
        axes.annotate(id, (start + width / 2, high), xytext=(0, 2), textcoords="offset points", ha="center",
                      color=VERMILLION, weight="bold")  # fmt: skip
    groups = ((CONTRACT, BLUE, "s"), (LIST, GREEN, "D"), (SUBSTITUTE, ORANGE, "^"))
    for ids, colour, marker in groups:
        for id in ids:
            _draw_quote(axes, seen.loc[id], TO_CNY[seen.loc[id, "unit"]] / THOUSAND, colour, marker)
    handles = [
        Patch(facecolor="none", edgecolor=VERMILLION, label="spot, the report, with band"),
        Line2D([], [], color=BLUE, marker="s", markersize=4, label="large order"),
        Line2D([], [], color=GREEN, marker="D", markersize=4, label="reference price"),
        Line2D([], [], color=ORANGE, marker="^", markersize=4, label="substitutes"),
    ]
    axes.legend(handles=handles, loc="upper left", ncols=2)
    axes.set_ylim(0, 215)
    axes.set_ylabel("Price, thousand\nCNY per card")
    date_axis(axes)
    axes.set_xticklabels([])


def _draw_leads(axes: Axes, seen: pd.DataFrame) -> None:
    """Draw reported lead times."""
    for ids, colour, marker in ((LEAD_CHINA, BLUE, "s"), (LEAD_WORLD, PURPLE, "o")):
        for id in ids:
            _draw_quote(axes, seen.loc[id], TO_MONTHS[seen.loc[id, "unit"]], colour, marker)
    handles = [
        Line2D([], [], color=BLUE, marker="s", markersize=4, label="NVIDIA cards in China"),
        Line2D([], [], color=PURPLE, marker="o", markersize=4, label="worldwide, servers or wafers"),
    ]
    axes.legend(handles=handles, loc="upper left")
    axes.set_ylim(0, 13.5)
    axes.set_ylabel("Lead time,\nmonths")
    date_axis(axes)
    axes.set_xticklabels([])


def _draw_given(axes: Axes, supply: pd.DataFrame, climate: pd.DataFrame) -> None:
    """Draw what the model takes as given: NVIDIA's China revenue and the funding climate."""
    dates = [*supply["date"], LAST_REVENUE]
    axes.stairs(
        supply["busd_per_quarter"], [mdates.date2num(date) for date in dates], color=BLUE, linewidth=1.2, baseline=None
    )
    axes.set_ylim(0, 5.2)
    axes.set_ylabel("NVIDIA in China,\nbn USD a quarter", color=BLUE)
    axes.plot(climate["date"], climate["level"], color=GREEN, linestyle=(0, (5, 1.5)))
    other = axes.secondary_yaxis("right")
    other.set_ylabel("Funding climate, 2022 = 1", color=GREEN)
    other.spines["right"].set_visible(True)
    date_axis(axes)


def _draw_quote(axes: Axes, row: pd.Series, factor: float, colour: str, marker: str) -> None:
    """Draw one observation: a bar over its days, its bounds, a marker in the middle."""
    first, last = mdates.date2num(row["start"]), mdates.date2num(row["end"])
    value, middle = row["value"] * factor, (first + last) / 2
    axes.hlines(value, first, last, color=colour, linewidth=1.0)
    if pd.notna(row["low"]) or pd.notna(row["high"]):
        low = row["low"] if pd.notna(row["low"]) else row["value"]
        high = row["high"] if pd.notna(row["high"]) else row["value"]
        axes.vlines(middle, low * factor, high * factor, color=colour, linewidth=1.0)
    axes.plot(middle, value, marker=marker, markersize=4, color=colour, markeredgecolor="white", markeredgewidth=0.4)


def _date(id: str, seen: pd.DataFrame, known: pd.DataFrame) -> pd.Timestamp:
    """Return the day of an event."""
    date = seen.loc[id, "start"] if id in seen.index else known.loc[id, "date"]
    assert isinstance(date, pd.Timestamp)
    return date


def _caption(n_facts: int, n_seen: int, biting: pd.Series) -> str:
    """Return the caption."""
    dates = ", ".join(f"{date:%Y-%m-%d}" for date in biting)
    return (
        "The evidence on one axis of time. a, Dated events (ids of the evidence in brackets). b, Reported prices: the"
        " two spot prices of the news report with the band in which a simulated price counts as reproduced, and prices"
        f" from other sources, which are other goods and are not scored (USD at {CNY_PER_USD} CNY). c, Lead times;"
        " vertical lines are the bounds a source gives. d, Two of the model's given paths: NVIDIA's revenue in China"
        " (solid, left scale), which sets supply without a rule, and the funding climate (dashed, right scale)."
        f" Vertical dashed lines: rumour, announcement and effect of the export rule ({dates})."
        f" Drawn from {n_facts} facts of one news report and {n_seen} observations from other sources."
        " Nothing here is simulated."
    )
