"""How a day flows: the phases in order, who decides in each, and what is settled; from the model's own schedule."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from figures.output import Drawing
from figures.results import Results
from figures.style import BLUE, DOUBLE_COLUMN_MM, GREEN, GREY, INK, ORANGE, PURPLE, VERMILLION, new_figure

__all__ = ["EXPERIMENTS", "TITLE", "draw"]

EXPERIMENTS = ("setting",)
TITLE = "How a day flows: phases, deciders and markets, from the model's schedule"

ROW_MM = 8.3
HEAD_MM, FOOT_MM = 9, 2
DECIDERS = {
    "nvidia": ("NVIDIA", GREEN),
    "cloud": ("clouds", BLUE),
    "server_maker": ("makers", ORANGE),
    "speculator": ("speculators", VERMILLION),
    "startup": ("startups", PURPLE),
    "hosting": ("startups", PURPLE),
    "valuation": ("all users", GREY),
    "reserve": ("reserve", INK),
}
"""Modules of agents, what to call who decides there, and the colour."""

COLUMNS = {"number": 0.0, "phase": 0.024, "question": 0.148, "decide": 0.44, "settle": 0.885}
TITLES = {
    "phase": "Phase",
    "question": "What is at stake",
    "decide": "Who decides what, first",
    "settle": "Then settles",
}
Box = tuple[float, float, str, str]  # left edge, width, text, colour
BOX_HEIGHT, LINE_STEP = 0.4, 0.5
SIGN_WIDTH, GAP, PAD = 0.0064, 0.006, 0.004
MOST_WIDTH = COLUMNS["settle"] - 0.008


def draw(results: Results) -> Drawing:
    """Return the figure with its caption."""
    steps = results.experiment("setting").table("schedule")
    phases = [rows for _, rows in steps.groupby("number", sort=True)]
    boxes = [_laid_out(rows) for rows in phases]
    rows_high = [max(1.0, LINE_STEP * len(lines)) for lines in boxes]
    height = HEAD_MM + FOOT_MM + ROW_MM * sum(rows_high)
    figure = new_figure(DOUBLE_COLUMN_MM, height)
    axes = figure.add_axes((0.01, FOOT_MM / height, 0.985, 1 - (HEAD_MM + FOOT_MM) / height))
    axes.set_xlim(0, 1)
    axes.set_ylim(sum(rows_high), 0)
    axes.axis("off")
    for name, title in TITLES.items():
        axes.annotate(title, (COLUMNS[name], 0), xytext=(0, 7), textcoords="offset points", weight="bold")
    top = 0.0
    for number, (rows, lines, high) in enumerate(zip(phases, boxes, rows_high, strict=True)):
        if number % 2 == 0:
            axes.axhspan(top, top + high, color="#f4f4f4", zorder=0)
        _draw_phase(axes, top + high / 2, rows)
        _draw_boxes(axes, top + high / 2, lines)
        top += high
    return Drawing(figure, _caption(steps, len(phases)))


def _draw_phase(axes: Axes, middle: float, rows: pd.DataFrame) -> None:
    """Write what a phase is about and what it settles."""
    first = rows.iloc[0]
    axes.text(COLUMNS["number"], middle, str(first["number"]), va="center", color=GREY)
    axes.text(COLUMNS["phase"], middle, str(first["phase"]).replace("_", " and "), va="center", weight="bold")
    axes.text(COLUMNS["question"], middle, _wrapped(str(first["question"])), va="center", color=INK, linespacing=1.05)
    settles = [_plain(str(name).split(".")[-1]) for name in rows.loc[rows["kind"] == "settle", "function"]]
    axes.text(COLUMNS["settle"], middle, "\n".join(settles), va="center", color=INK, linespacing=1.05)


def _laid_out(rows: pd.DataFrame) -> list[list[Box]]:
    """Return a phase's decisions as boxes, on as many lines as they need."""
    lines: list[list[Box]] = [[]]
    x = COLUMNS["decide"]
    for text, colour in _by_decider([str(name) for name in rows.loc[rows["kind"] == "decide", "function"]]):
        width = SIGN_WIDTH * len(text) + 2 * PAD
        if x + width > MOST_WIDTH:
            lines.append([])
            x = COLUMNS["decide"]
        lines[-1].append((x, width, text, colour))
        x += width + GAP
    return lines


def _draw_boxes(axes: Axes, middle: float, lines: list[list[Box]]) -> None:
    """Draw decisions as boxes in the colour of who decides."""
    if not lines[0]:
        axes.text(COLUMNS["decide"], middle, "nobody: by the calendar or the books", va="center", color=GREY, size=6.3)
    for number, line in enumerate(lines):
        y = middle + LINE_STEP * (number - (len(lines) - 1) / 2)
        for x, width, text, colour in line:
            axes.add_patch(
                FancyBboxPatch(
                    (x, y - BOX_HEIGHT / 2),
                    width,
                    BOX_HEIGHT,
                    boxstyle="round,pad=0,rounding_size=0.004",
                    mutation_aspect=15,
                    facecolor=colour,
                    alpha=0.16,
                    edgecolor="none",
                )
            )
            axes.text(x + width / 2, y, text, ha="center", va="center", size=6.3, color=INK)


def _by_decider(decisions: list[str]) -> list[tuple[str, str]]:
    """Return what each decider decides as one text with its colour, in the order of the first decision."""
    found: dict[tuple[str, str], list[str]] = {}
    for name in decisions:
        _, module, function = name.split(".")
        found.setdefault(DECIDERS[module], []).append(_plain(function))
    return [(f"{who}: {', '.join(what)}", colour) for (who, colour), what in found.items()]


def _plain(function: str) -> str:
    """Return a function's name in words."""
    return function.partition("_")[2].replace("_", " ")


def _wrapped(text: str, most: int = 37) -> str:
    """Return a text on two lines at most."""
    if len(text) <= most:
        return text
    cut = text.rfind(" ", 0, most)
    return f"{text[:cut]}\n{text[cut + 1 :]}"


def _caption(steps: pd.DataFrame, n_phases: int) -> str:
    """Return the caption."""
    n_decide = int((steps["kind"] == "decide").sum())
    return (
        f"How a day flows. One day is {n_phases} phases in this order, top to bottom, {len(steps)} steps in all. In"
        f" each phase agents first decide on what they know at its opening ({n_decide} decisions, coloured by who"
        " decides: NVIDIA, clouds, server makers, speculators, startups, and a state reserve that is empty in the"
        " baseline) and write down only what they want; then markets settle these wishes against cards and cash, in an"
        " order that does not depend on how agents are listed."
        " Drawn from the model's own schedule, from which the compiled day is generated."
    )
