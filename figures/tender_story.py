"""The focal tender: the story of one seed, and how often each part of it happens over seeds.

The seed is chosen by a rule: the first whose outcome (winner, fate of the customer, next host) is the most frequent.
"""

from __future__ import annotations

import re

import matplotlib.dates as mdates
import pandas as pd
from matplotlib.axes import Axes

from figures.cast import CLOUD_COLOURS, CLOUD_MARKERS, CLOUDS
from figures.output import Drawing
from figures.results import Experiment, Results
from figures.style import (
    BAND_OPACITY,
    BLUE,
    DOUBLE_COLUMN_MM,
    GREY,
    INK,
    VERMILLION,
    letter_panels,
    new_figure,
)

__all__ = ["EXPERIMENTS", "TITLE", "draw"]

EXPERIMENTS = ("tender_case",)
TITLE = "The focal tender: one seed's story, and frequencies over seeds"

HEIGHT_MM = 120
THOUSAND = 1_000
DRAWN = ("volcano_engine", "tencent_cloud", "alibaba_cloud", "baidu_cloud")
SHOWN_BEFORE, SHOWN_AFTER = pd.DateOffset(months=4), pd.DateOffset(months=6)
GROUPS = {
    "winner": "winner of the tender",
    "entrant_part": "the entrant",
    "fate": "the winner's customer",
    "next_host": "its next host",
}
LEAST_SHARE = 0.02
"""Rarer answers are left to the table."""

_PAIRS = re.compile(r"(\w+)=(\S+)")


def draw(results: Results) -> Drawing:
    """Return the figure with its caption."""
    experiment = results.experiment("tender_case")
    case = experiment.table("story_case", dates=["opened", "awarded", "moved"]).iloc[0]
    bids = _bids(experiment, case)
    figure = new_figure(DOUBLE_COLUMN_MM, HEIGHT_MM)
    grid = figure.add_gridspec(2, 2, width_ratios=(1.35, 1), height_ratios=(1, 0.85), hspace=0.35, wspace=0.62)
    figure.subplots_adjust(left=0.07, right=0.985, top=0.94, bottom=0.075)
    story, offers = figure.add_subplot(grid[0, 0]), figure.add_subplot(grid[1, 0])
    shares, kept = figure.add_subplot(grid[0, 1]), figure.add_subplot(grid[1, 1])
    _draw_story(story, experiment, case)
    _draw_bids(offers, bids, case)
    frequencies = experiment.table("frequencies")
    _draw_frequencies(shares, frequencies)
    curve = experiment.table("kept_curve")
    _draw_kept(kept, curve)
    letter_panels((story, shares, offers, kept))
    return Drawing(figure, _caption(experiment, case, frequencies))


def _bids(experiment: Experiment, case: pd.Series) -> pd.DataFrame:
    """Return the bids of the focal tender, the lowest first: cloud, floor, stop."""
    events = experiment.table("story_events", dates=["date"])
    rows = events.loc[(events["kind"] == "bid") & (events["date"] == case["awarded"])]
    bids = [{"cloud": row.actor, **dict(_PAIRS.findall(row.detail))} for row in rows.itertuples()]
    return pd.DataFrame(bids).astype({"floor": float}).sort_values("floor").reset_index(drop=True)


def _draw_story(axes: Axes, experiment: Experiment, case: pd.Series) -> None:
    """Draw the clouds' free cards by month and what happened to the customer, date by date."""
    clouds = experiment.table("story_clouds", dates=["month"])
    clouds["date"] = clouds["month"] + pd.offsets.MonthEnd(0)
    first = case["awarded"] - SHOWN_BEFORE
    last = (case["moved"] if pd.notna(case["moved"]) else case["awarded"]) + SHOWN_AFTER
    for cloud in DRAWN:
        rows = clouds.loc[(clouds["firm"] == cloud) & clouds["date"].between(first, last)]
        axes.plot(
            rows["date"],
            rows["free_cards"] / THOUSAND,
            color=CLOUD_COLOURS[cloud],
            marker=CLOUD_MARKERS[cloud],
            markersize=3,
            label=CLOUDS[cloud],
        )
    axes.axhline(0, color=GREY, linewidth=0.7)
    axes.set_xlim(first, last)
    for number, (date, _) in enumerate(_turns(experiment, case), start=1):
        axes.axvline(mdates.date2num(date), color=INK, linewidth=0.8, linestyle=(0, (4, 2)))
        axes.annotate(
            str(number),
            (mdates.date2num(date), 1),
            xycoords=axes.get_xaxis_transform(),
            xytext=(0, 2 if number % 2 else 9),
            textcoords="offset points",
            ha="center",
            va="bottom",
            color=INK,
        )
    axes.xaxis.set_major_locator(mdates.MonthLocator(interval=3))
    axes.xaxis.set_major_formatter(mdates.DateFormatter("%Y-%m"))
    axes.set_ylabel("free cards, thousand")
    axes.legend(loc="upper right")


def _turns(experiment: Experiment, case: pd.Series) -> list[tuple[pd.Timestamp, str]]:
    """Return the turns of the story with their dates: award, first shortfall, move."""
    events = experiment.table("story_events", dates=["date"])
    turns = [(case["awarded"], f"{CLOUDS[case['winner']]} wins at {case['fraction']:.2f} of list")]
    short = events.loc[
        (events["kind"] == "shortfall_began")
        & (events["counterparty"] == case["winner"])
        & (events["date"] >= case["awarded"])
    ]
    if len(short) and (pd.isna(case["moved"]) or short["date"].iloc[0] < case["moved"]):
        turns.append((short["date"].iloc[0], "it runs short"))
    if pd.notna(case["moved"]):
        turns.append((case["moved"], f"the customer moves to {CLOUDS[case['host']]}"))
    return turns


def _draw_bids(axes: Axes, bids: pd.DataFrame, case: pd.Series) -> None:
    """Draw at which fraction of list each bidder would leave, and where the tender closed."""
    for place, row in enumerate(bids.itertuples()):
        unagreed = row.stop == "authority"
        axes.barh(
            place,
            row.floor,
            height=0.6,
            color="white" if unagreed else CLOUD_COLOURS[row.cloud],
            edgecolor=CLOUD_COLOURS[row.cloud],
            hatch="////" if unagreed else None,
        )
        note = "no floor agreed in-house" if unagreed else "own floor"
        place_of_note = (max(row.floor, case["fraction"]), place)
        axes.annotate(note, place_of_note, xytext=(4, 0), textcoords="offset points", va="center", color=INK)
    axes.axvline(case["fraction"], color=INK, linewidth=1.2)
    axes.annotate(
        f"closes at {case['fraction']:.2f}",
        (case["fraction"], 1),
        xycoords=("data", "axes fraction"),
        xytext=(4, -1),
        textcoords="offset points",
        va="top",
        color=INK,
    )
    axes.set_yticks(range(len(bids)), [CLOUDS[cloud] for cloud in bids["cloud"]])
    axes.set_ylim(-0.9, len(bids) - 0.4)
    axes.invert_yaxis()
    axes.set_xlim(0, max(float(bids["floor"].max()), float(case["fraction"])) * 1.45)
    axes.set_xlabel("fraction of list at which the bidder leaves")


def _draw_frequencies(axes: Axes, frequencies: pd.DataFrame) -> None:
    """Draw how often each answer to a question occurs, with 95% intervals."""
    place, ticks, labels = 0.0, [], []
    for what, title in GROUPS.items():
        rows = frequencies.loc[(frequencies["what"] == what) & (frequencies["share"] >= LEAST_SHARE)]
        axes.text(-0.02, place, title, weight="bold", ha="right", va="center", transform=axes.get_yaxis_transform())
        for row in rows.itertuples():
            place += 1.0
            axes.errorbar(
                row.share,
                place,
                xerr=[[row.share - row.low], [row.high - row.share]],
                fmt="o",
                color=BLUE,
                markersize=3,
                linewidth=0.9,
            )
            ticks.append(place)
            labels.append(CLOUDS.get(row.value, row.value))
        place += 1.4
    axes.set_yticks(ticks, labels)
    axes.set_ylim(place - 0.6, -0.8)
    axes.set_xlim(0, 1)
    axes.set_xlabel("share")
    axes.grid(axis="x")


def _draw_kept(axes: Axes, curve: pd.DataFrame) -> None:
    """Draw the share of customers that the entrant still has, by months since the award."""
    axes.fill_between(curve["month"], curve["low"], curve["high"], color=VERMILLION, alpha=BAND_OPACITY, linewidth=0)
    axes.plot(curve["month"], curve["share_kept"], color=VERMILLION)
    axes.set_xlim(0, curve["month"].max())
    axes.set_ylim(0, 1)
    axes.set_xticks(range(0, int(curve["month"].max()) + 1, 3))
    axes.set_xlabel("months since the entrant won")
    axes.set_ylabel("share of customers kept")
    axes.grid(axis="y")


def _caption(experiment: Experiment, case: pd.Series, frequencies: pd.DataFrame) -> str:
    """Return the caption, with the frequencies of the chosen seed's outcome."""
    n = int(frequencies.loc[frequencies["what"] == "winner", "runs"].sum())
    turns = ", ".join(f"{number} {text}" for number, (_, text) in enumerate(_turns(experiment, case), start=1))
    wins, stay = experiment.number("entrant_wins"), experiment.number("months_kept_by_entrant")
    return (
        f"The focal tender. a, c: run {case['replicate']} of the experiment (seed {case['seed']}), the first whose"
        " winner, fate of"
        " the customer and next host are the most frequent ones together; a, cards free for customers at each month's"
        f" end (below zero: promised and not there; {turns}); c, the bids: the last bidder wins at the price at which"
        f" its last rival left. b, frequencies over {n:,} seeds with 95% intervals (Wilson), the next host over those"
        f" in which the customer left; answers rarer than {LEAST_SHARE:.0%} are not drawn. d, share of customers that"
        " are still with the entrant, of the seeds in which it won, with 95% interval. The entrant wins in"
        f" {wins.value:.0%} of seeds ({wins.low:.0%} to {wins.high:.0%}); customers that leave it do so after"
        f" {stay.value:.1f} months (median, {stay.low:.1f} to {stay.high:.1f}). Results of {experiment.origin}."
    )
