"""Who supplies, serves and owes whom: the market as a directed graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

import networkx as nx
import numpy as np

from market.state import cloud as c
from market.state import primary, scene
from market.state import startup as s
from market.state.products import ASCEND_910B, DAYS_PER_MONTH, FEN_PER_CNY, HUAWEI, N_PRODUCTS, NVIDIA, PRODUCTS

if TYPE_CHECKING:
    from market.engine import Engine

__all__ = ["supply_graph"]


def supply_graph(market: Engine) -> nx.DiGraph:
    """Return who supplies, serves and owes whom today.

    Returns
    -------
    networkx.DiGraph
        Nodes are ids with ``kind`` and ``cash_cny``. Edges run from supplier to customer: ``supplies`` (chip maker to
        direct buyer: ``delivered_cards`` so far, ``backlog_cards`` it still owes, ``paid_cny``) and ``serves`` (cloud
        to startup: ``cards`` promised, ``served_cards`` today, ``rent_cny_per_month``, ``short_card_days``).
    """
    world, ids = market.world, market.cast.ids
    graph = nx.DiGraph(date=market.date)
    clock = world.clock
    bounds = [
        (NVIDIA, "chip_maker"),
        (int(clock[scene.FIRST_CLOUD]), "cloud"),
        (int(clock[scene.FIRST_MAKER]), "server_maker"),
    ]

    def node(account: int, kind: str) -> str:
        graph.add_node(ids[account], kind=kind, cash_cny=int(world.account_i64[0, account]) / FEN_PER_CNY)
        return ids[account]

    def kind_of(account: int) -> str:
        if account >= clock[scene.FIRST_STARTUP]:
            return "startup"
        return [kind for first, kind in bounds if account >= first][-1]

    buyers = world.buyer_i64
    for product in range(N_PRODUCTS):
        seller = HUAWEI if product == ASCEND_910B else NVIDIA
        for b, account in enumerate(world.buyer_account[primary.ACCOUNT]):
            delivered, owed = int(buyers[primary.PAST_DELIVERIES, product, b]), int(buyers[primary.BACKLOG, product, b])
            if delivered or owed:
                edge = (node(seller, "chip_maker"), node(int(account), kind_of(int(account))))
                price = float(world.product_f64[scene.CONTRACT_CNY, product])
                old = graph.edges[edge]["cards"] if graph.has_edge(*edge) else {}
                graph.add_edge(*edge, relation="supplies", cards={**old, PRODUCTS[product]: delivered})
                for name, value in (
                    ("backlog_cards", owed),
                    ("delivered_cards", delivered),
                    ("paid_cny", price * delivered),
                ):
                    graph.edges[edge][name] = graph.edges[edge].get(name, 0) + value
    for contract in world.contract_i32[world.contract_i32[:, s.CONTRACT] != 0].astype(np.int64):
        cloud = node(int(clock[scene.FIRST_CLOUD] + contract[s.CLOUD]), "cloud")
        startup = node(int(clock[scene.FIRST_STARTUP] + contract[s.STARTUP]), "startup")
        served = {
            "cards": int(contract[s.CARDS]),
            "served_cards": int(contract[s.SERVED_TODAY]),
            "rent_cny_per_month": float(contract[s.RENT_FEN] * contract[s.CARDS] * DAYS_PER_MONTH / FEN_PER_CNY),
            "short_card_days": int(contract[s.SHORT_CARD_DAYS]),
        }
        if not graph.has_edge(cloud, startup):
            graph.add_edge(cloud, startup, relation="serves", **dict.fromkeys(served, 0))
        for name, value in served.items():  # a startup may have two contracts with one cloud
            graph.edges[cloud, startup][name] += value
    for i in range(world.cloud_i64.shape[1]):
        graph.nodes[node(int(clock[scene.FIRST_CLOUD] + i), "cloud")]["free_cards"] = int(world.cloud_i64[c.FREE, i])
    return graph
