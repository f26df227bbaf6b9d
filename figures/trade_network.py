"""Who trades what with whom: the supply graph of one run on three dates.

Three tiers: NVIDIA above, its direct buyers in the middle, startups below. An edge's width is the number of cards;
a startup that is served less than it was promised on that day is marked, and so is what NVIDIA still owes.
"""

from __future__ import annotations

import networkx as nx
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from figures.output import Drawing
from figures.results import Results
from figures.style import (
    BLUE,
    DOUBLE_COLUMN_MM,
    GREEN,
    INK,
    ORANGE,
    VERMILLION,
    letter_panels,
    new_figure,
)

__all__ = ["EXPERIMENTS", "TITLE", "draw"]

EXPERIMENTS = ("setting",)
TITLE = "Who trades what with whom: the supply graph on three dates"

HEIGHT_MM = 100
FULL_SERVICE = 0.98
"""Share of the promised cards from which on a customer counts as fully served."""
CARDS_PER_POINT = 9000.0
RENTED_PER_POINT = 900.0
LEAST_WIDTH = 0.25
SHORT_NAMES = {
    "alibaba_cloud": "Alibaba",
    "tencent_cloud": "Tencent",
    "baidu_cloud": "Baidu",
    "volcano_engine": "Volcano",
    "aws_china": "AWS",
    "long_tail": "others",
}
CLOUD_TIER, MAKER_TIER, STARTUP_TIER, NVIDIA_TIER = 1.0, 1.45, 0.0, 2.0
STARTUP_ROWS = 3
ROW_STEP = 0.11


def draw(results: Results) -> Drawing:
    """Return the figure with its caption."""
    setting = results.experiment("setting")
    nodes = setting.table("network_nodes", dates=["date"])
    edges = setting.table("network_edges", dates=["date"])
    dates = sorted(edges["date"].unique())
    figure = new_figure(DOUBLE_COLUMN_MM, HEIGHT_MM)
    panels = [figure.add_axes((0.04 + 0.322 * k, 0.09, 0.305, 0.76)) for k in range(len(dates))]
    told = []
    for axes, date in zip(panels, dates, strict=True):
        graph = _graph(nodes[nodes["date"] == date], edges[edges["date"] == date])
        told.append(_draw_graph(axes, graph, pd.Timestamp(date)))
    letter_panels(panels)
    handles = [
        Line2D([], [], color=GREEN, linewidth=2, label="cards delivered so far by NVIDIA"),
        Line2D([], [], color=BLUE, linewidth=2, label="cards rented out"),
        Line2D([], [], color=BLUE, marker="o", linestyle="none", markersize=3, label="startup, fully served"),
        Line2D([], [], color=VERMILLION, marker="X", linestyle="none", markersize=4, label="startup, served short"),
        Line2D([], [], color=ORANGE, marker="s", linestyle="none", markersize=4, label="server maker"),
    ]
    figure.legend(handles=handles, loc="lower center", ncols=5)
    return Drawing(figure, _caption(told))


def _graph(nodes: pd.DataFrame, edges: pd.DataFrame) -> nx.DiGraph:
    """Return the graph of a date with positions; startups in the order of their largest host."""
    graph = nx.DiGraph()
    for row in nodes.itertuples():
        graph.add_node(row.id, kind=row.kind)
    for row in edges.itertuples():
        graph.add_edge(row.supplier, row.customer, relation=row.relation, cards=row.cards,
                       backlog=row.backlog_cards, served=row.served_cards)  # fmt: skip
    clouds = [name for name in SHORT_NAMES if name in graph]
    makers = sorted(name for name, kind in graph.nodes(data="kind") if kind == "server_maker")
    _place(graph, clouds, CLOUD_TIER, width=1.12, left=-0.06)
    _place(graph, makers, MAKER_TIER, width=0.5, left=0.5)
    for maker in ("nvidia", "huawei"):
        if maker in graph:
            graph.nodes[maker]["place"] = (0.3 if maker == "nvidia" else 0.93, NVIDIA_TIER)
    startups = sorted((name for name, kind in graph.nodes(data="kind") if kind == "startup"),
                      key=lambda name: (_host_rank(graph, name, clouds), name))  # fmt: skip
    for number, name in enumerate(startups):
        x = (number + 0.5) / max(len(startups), 1)
        graph.nodes[name]["place"] = (x, STARTUP_TIER - ROW_STEP * (number % STARTUP_ROWS))
    return graph


def _place(graph: nx.DiGraph, names: list[str], tier: float, width: float = 1.0, left: float = 0.0) -> None:
    """Spread nodes over a tier."""
    for number, name in enumerate(names):
        graph.nodes[name]["place"] = (left + width * (number + 0.5) / len(names), tier)


def _host_rank(graph: nx.DiGraph, startup: str, clouds: list[str]) -> int:
    """Return the position of the startup's largest host; those without one come last."""
    hosts = [(graph.edges[cloud, startup]["cards"], cloud) for cloud in clouds if graph.has_edge(cloud, startup)]
    return clouds.index(max(hosts)[1]) if hosts else len(clouds)


def _draw_graph(axes: Axes, graph: nx.DiGraph, date: pd.Timestamp) -> tuple[pd.Timestamp, int, int, int]:
    """Draw a graph, and return its date, customers, customers served short and NVIDIA's backlog."""
    places = nx.get_node_attributes(graph, "place")
    backlog, short, customers = 0, set(), set()
    for one, other, edge in graph.edges(data=True):
        supplies = edge["relation"] == "supplies"
        backlog += int(edge["backlog"]) if supplies and one == "nvidia" else 0
        if not supplies:
            customers.add(other)
            if edge["served"] < FULL_SERVICE * edge["cards"]:
                short.add(other)
        if edge["cards"] == 0:
            continue
        (x0, y0), (x1, y1) = places[one], places[other]
        width = max(LEAST_WIDTH, edge["cards"] / (CARDS_PER_POINT if supplies else RENTED_PER_POINT))
        axes.plot([x0, x1], [y0, y1], color=GREEN if supplies else BLUE, linewidth=width, alpha=0.45, zorder=1,
                  solid_capstyle="round")  # fmt: skip
    for name, kind in graph.nodes(data="kind"):
        _draw_node(axes, name, str(kind), places[name], name in short)
    axes.set_xlim(-0.05, 1.05)
    axes.set_ylim(-0.4, 2.2)
    axes.axis("off")
    axes.set_title(
        f"{date:%d %B %Y}\nNVIDIA owes {backlog:,} cards\n{len(short)} of {len(customers)} tenants served short",
        size=7,
        linespacing=1.25,
    )
    return date, len(customers), len(short), backlog


def _draw_node(axes: Axes, name: str, kind: str, place: tuple[float, float], is_short: bool) -> None:
    """Draw a node in the way of its kind."""
    x, y = place
    if kind == "chip_maker":
        axes.text(x, y, name.upper() if name == "nvidia" else name.title(), ha="center", va="center", weight="bold",
                  bbox={"facecolor": "white", "edgecolor": GREEN, "boxstyle": "round,pad=0.3"}, zorder=4)  # fmt: skip
    elif kind == "cloud":
        axes.text(x, y, SHORT_NAMES[name], ha="center", va="center", size=6.5, color=INK, zorder=4,
                  bbox={"facecolor": "white", "edgecolor": BLUE, "boxstyle": "round,pad=0.15"})  # fmt: skip
    elif kind == "server_maker":
        axes.plot(x, y, marker="s", markersize=4, color=ORANGE, zorder=3)
    elif is_short:
        axes.plot(
            x, y, marker="X", markersize=4, color=VERMILLION, markeredgecolor="white", markeredgewidth=0.3, zorder=3
        )
    else:
        axes.plot(x, y, marker="o", markersize=2.2, color=BLUE, markeredgecolor="none", zorder=2)


def _caption(told: list[tuple[pd.Timestamp, int, int, int]]) -> str:
    """Return the caption."""
    story = "; ".join(
        f"{date:%Y-%m-%d}: {short} of {customers} tenants served short, {backlog:,} cards owed"
        for date, customers, short, backlog in told
    )
    return (
        "Who trades what with whom: the supply graph of one run of the baseline (seed 1, not chosen) on three dates."
        " Top: chip makers; middle: server makers and clouds, which buy from them; bottom: startups, which rent from"
        " clouds (a startup above whose row a green line ends buys cards directly). The width of a line grows with the"
        f" cards. A tenant is served short when it gets less than {FULL_SERVICE:.0%} of the promised cards that day"
        f" ({story}). The spot market, in which all but NVIDIA trade, has no lasting links and is not drawn."
    )
