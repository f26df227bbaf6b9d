"""What is the world the model starts from, and what does it consist of?

Writes the model's own declarations as tables: the day in order, agents and their decisions, state variables, random
draws, parameters, firms, dated rules, exogenous paths, evidence. One run of the baseline, seed 1 and not chosen, adds
who supplies whom on three dates, the balance sheet and the matrix of payments. Figures and the description of the
model (ODD) are made from these tables, so neither can drift from the code. Leaves out what other experiments measure.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from experiments.lab import Lab
from market import (
    BLOCKS,
    DAY,
    DECISIONS,
    MONEY,
    Cloud,
    GpuMarket,
    Nvidia,
    Regulator,
    ServerMaker,
    Speculator,
    Startup,
    all_parameters,
    balance_sheet,
    facts,
    flow_matrix,
    load_scenario,
    observations,
    scenario_names,
    supply_graph,
)

__all__ = ["QUESTION", "conduct", "declarations", "evidence", "runs", "world"]

QUESTION = "What is the world the model starts from, and what does it consist of?"

SCENARIO, SEED = "baseline", 1
NETWORK_DATES = ("2022-12-31", "2023-06-30", "2024-01-15")
"""Before the boom, before the rule, at the reported price of P2."""

KINDS = (Nvidia, Cloud, ServerMaker, Speculator, Startup, Regulator)
RULE_DATES = ("rumoured", "announced", "effective")


def runs(quick: bool) -> int:
    """Return the number of model runs."""
    return 1


def conduct(lab: Lab) -> None:
    """Write the tables and note the counts that the paper quotes."""
    scenario = load_scenario(SCENARIO)
    model = GpuMarket(scenario, SEED)
    tables = {**declarations(), **world(scenario), **evidence(), "agents": _agents(model)}
    tables |= _run(model)
    for name, table in tables.items():
        lab.keep(name, table)
    for name, (count, meaning) in _counts(tables).items():
        lab.note(name, count, unit="count", runs=1, meaning=meaning)
    _note_evidence(lab)


def declarations() -> dict[str, pd.DataFrame]:
    """Return what the code declares: the day, the columns, the draws, the parameters."""
    parameters = [
        {
            "name": parameter.name,
            "value": parameter.value,
            "unit": parameter.unit,
            "low": parameter.low,
            "high": parameter.high,
            "prior_low": parameter.prior[0] if parameter.prior else None,
            "prior_high": parameter.prior[1] if parameter.prior else None,
            "calibrated": parameter.calibrated,
            "source": parameter.source,
            "meaning": parameter.meaning,
        }
        for parameter in all_parameters()
    ]
    return {
        "schedule": pd.DataFrame(list(_steps())),
        "state_variables": pd.DataFrame(list(_columns())),
        "draws": pd.DataFrame({"name": list(DECISIONS), "meaning": DECISIONS.meanings}),
        "parameters": pd.DataFrame(parameters),
        "payments": pd.DataFrame({"name": list(MONEY), "meaning": MONEY.meanings}),
        "scenarios": pd.DataFrame([{"name": name, "title": load_scenario(name).title} for name in scenario_names()]),
    }


def _steps() -> Iterable[dict[str, Any]]:
    """Yield a row for each step of the day; a phase without a step of a kind has none of that kind."""
    for number, phase in enumerate(DAY, start=1):
        for kind, functions in (("decide", phase.decide), ("settle", phase.settle)):
            for function in functions:
                yield {
                    "number": number,
                    "phase": phase.name,
                    "question": phase.question,
                    "kind": kind,
                    "function": function,
                    "reads": " ".join(phase.reads),
                    "writes": " ".join(phase.writes),
                }


def _columns() -> Iterable[dict[str, Any]]:
    """Yield a row for each state variable."""
    for name, block in BLOCKS.items():
        for column in block.columns:
            yield {
                "block": name,
                "name": column.name,
                "kind": "whole number" if block.dtype.__name__.startswith("int") else "real number",
                "unit": column.unit,
                "meaning": column.meaning,
            }


def _agents(model: GpuMarket) -> pd.DataFrame:
    """Return the kinds of agents, how many there are, and which of their decisions can be overridden."""
    rows = []
    for kind in KINDS:
        decisions = [decision.method for decision in getattr(kind, "DECISIONS", ())]
        rows.append(
            {
                "kind": kind.__name__,
                "count": len(model.agents_by_type[kind]),
                "decisions": " ".join(decisions),
                "meaning": (kind.__doc__ or "").strip().partition("\n")[0],
            }
        )
    return pd.DataFrame(rows)


def world(scenario: Any) -> dict[str, pd.DataFrame]:
    """Return firms, dated rules and exogenous paths of the scenario."""
    firms = [
        {"kind": kind, **firm.model_dump(mode="json")}
        for kind, group in (
            ("cloud", scenario.clouds),
            ("server_maker", scenario.server_makers),
            ("startup", scenario.startups),
        )
        for firm in group
    ]
    rules = [
        {"rule": rule.id, "what": what, "date": getattr(rule, what), "severity": rule.severity, "title": rule.title}
        for rule in scenario.rules
        for what in RULE_DATES
        if getattr(rule, what) is not None
    ]
    return {
        "firms": pd.DataFrame(firms),
        "rules": pd.DataFrame(rules),
        "climate": pd.DataFrame([{"date": point.on, "level": point.level} for point in scenario.funding.climate]),
        "supply": pd.DataFrame([{"date": p.from_, "busd_per_quarter": p.busd} for p in scenario.supply.china_revenue]),
        "substitutes": pd.DataFrame([substitute.model_dump(mode="json") for substitute in scenario.substitutes]),
    }


def evidence() -> dict[str, pd.DataFrame]:
    """Return facts and observations."""
    fact_columns = ("id", "kind", "topic", "date", "text", "measure", "value", "low", "high", "unit", "confidence")
    seen_columns = ("id", "start", "end", "quantity", "value", "unit", "low", "high", "confidence", "source", "url")
    return {
        "facts": pd.DataFrame([{name: getattr(fact, name) for name in fact_columns} for fact in facts()]),
        "observations": pd.DataFrame([{name: getattr(seen, name) for name in seen_columns} for seen in observations()]),
    }


def _note_evidence(lab: Lab) -> None:
    """Note what is given, so that text quotes it from here: facts with their bands, observations, parameters."""
    for fact in facts():
        for name, value in (("", fact.value), ("_band_low", fact.low), ("_band_high", fact.high)):
            if value is not None:
                meaning = f"reported, not simulated: {fact.text}"
                lab.note(f"fact_{fact.id.lower()}{name}", value, unit=fact.unit or "1", runs=0, meaning=meaning)
    for seen in observations():
        meaning = f"reported, not simulated: {seen.quantity} ({seen.source})"
        lab.note(f"observation_{seen.id.lower()}", seen.value, unit=seen.unit, runs=0, meaning=meaning)
    for parameter in all_parameters():
        name = f"parameter_{parameter.name.replace('.', '_')}"
        lab.note(name, parameter.value, unit=parameter.unit, runs=0, meaning=f"set: {parameter.meaning}")


def _run(model: GpuMarket) -> dict[str, pd.DataFrame]:
    """Return the supply graph on its dates, and the matrices on the last of them."""
    nodes, edges = [], []
    for date in NETWORK_DATES:
        model.advance((pd.Timestamp(date) - pd.Timestamp(model.date)).days + 1)
        graph = supply_graph(model)
        nodes += [{"date": date, "id": id, **values} for id, values in graph.nodes(data=True)]
        edges += [_edge(date, one, other, values) for one, other, values in graph.edges(data=True)]
    sheet = balance_sheet(model)
    payments = flow_matrix(model)
    matrices = {"balance_sheet": sheet, "payment_matrix": payments}
    return {
        "network_nodes": pd.DataFrame(nodes),
        "network_edges": pd.DataFrame(edges),
        **{name: frame.reset_index(names="row") for name, frame in matrices.items()},
    }


def _edge(date: str, one: str, other: str, values: dict[str, Any]) -> dict[str, Any]:
    """Return an edge as a row: cards of all products together."""
    cards = values["cards"]
    total = sum(cards.values()) if isinstance(cards, dict) else cards
    return {
        "date": date,
        "supplier": one,
        "customer": other,
        "relation": values["relation"],
        "cards": total,
        "backlog_cards": values.get("backlog_cards", 0),
        "served_cards": values.get("served_cards", 0),
    }


def _counts(tables: dict[str, pd.DataFrame]) -> dict[str, tuple[int, str]]:
    """Return what the paper counts."""
    agents, parameters, known = tables["agents"], tables["parameters"], tables["facts"]
    patterns = int((known["kind"] == "pattern").sum())
    of_kind = {row.kind: int(row.count_) for row in agents.rename(columns={"count": "count_"}).itertuples()}
    return {
        "clouds": (of_kind["Cloud"], "clouds in the baseline"),
        "server_makers": (of_kind["ServerMaker"], "server makers in the baseline"),
        "speculators": (of_kind["Speculator"], "speculators in the baseline"),
        "startups": (of_kind["Startup"], "startups in the baseline"),
        "phases": (tables["schedule"]["phase"].nunique(), "phases of a day"),
        "steps": (len(tables["schedule"]), "steps of a day"),
        "parameters": (len(parameters), "parameters"),
        "priors": (int(parameters["prior_low"].notna().sum()), "parameters with a prior"),
        "calibrated": (int(parameters["calibrated"].sum()), "parameters chosen by the search"),
        "draws": (len(tables["draws"]), "names of luck"),
        "state_variables": (len(tables["state_variables"]), "state variables and record columns"),
        "facts": (len(known), "facts of the report"),
        "patterns": (patterns, "patterns that must emerge"),
        "inputs": (int((known["kind"] == "input").sum()), "facts that set a parameter"),
        "observations": (len(tables["observations"]), "dated observations from other sources"),
    }
