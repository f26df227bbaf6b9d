"""The table of agents: kinds, numbers in the baseline, what they decide, and the state they carry."""

from __future__ import annotations

from figures.latex import escape, tabular
from figures.output import Table
from figures.results import Results

__all__ = ["EXPERIMENTS", "TITLE", "tabulate"]

EXPERIMENTS = ("setting",)
TITLE = "Table: agents, how many, what they decide, how many state variables"

NAMES = {
    "Nvidia": "Chip maker (NVIDIA)",
    "Cloud": "Cloud",
    "ServerMaker": "Server maker",
    "Speculator": "Speculator",
    "Startup": "AI startup",
    "Regulator": "Regulator",
}
BLOCKS = {
    "Nvidia": ("buyer_i64", "buyer_f64"),
    "Cloud": ("cloud_i64", "cloud_f64"),
    "ServerMaker": ("maker_i64", "maker_f64"),
    "Speculator": ("speculator_i64", "speculator_f64"),
    "Startup": (
        "startup_i64",
        "startup_i32",
        "startup_i16",
        "startup_i8",
        "startup_f32",
        "startup_month_i64",
        "contract_i32",
    ),
    "Regulator": ("rule_f64",),
}
"""Blocks of columns that hold what an agent of a kind carries, beside its account of money and cards."""


def tabulate(results: Results) -> Table:
    """Return the table with its caption."""
    setting = results.experiment("setting")
    agents, variables = setting.table("agents"), setting.table("state_variables")
    rows = []
    for agent in agents.fillna("").to_dict("records"):
        held = int(variables["block"].isin(BLOCKS[agent["kind"]]).sum())
        decided = "; ".join(name.replace("_", " ") for name in str(agent["decisions"]).split())
        rows.append(
            (
                NAMES[agent["kind"]],
                str(agent["count"]),
                str(held),
                escape(decided or "nothing: applies the calendar of rules"),
            )
        )
    body = tabular(r"lrrp{0.56\textwidth}", ("Kind", "Number", "Columns", "Decisions that can be overridden"), rows)
    return Table(
        body,
        "Agents of the baseline. Columns: state variables an agent of the kind carries beside its account of money and"
        " cards (listed one by one in the supplement). Every decision named can be replaced by a user's own in Python.",
    )
