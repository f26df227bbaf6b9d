"""The day, in order: the model's table of contents.

`DAY` is data. Each phase first decides on the information at its opening (functions of `market.decisions`, which write
only `desired_*` columns, quotes and the deciders' own expectations), then settles (functions of `market.markets`,
which check capacity and cash and move the ledger), or observes. The compiled day in `market/day.py` is generated from
this table by ``python -m market.schedule``; a test checks that the two agree. Steps are numbered in this order, so a
day can be cut before any of them: that is how a decision overridden in Python is put between two compiled steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["DAY", "SCRATCH", "Phase", "Step", "day_source", "steps"]

SCRATCH = ("block_f64", "block_i64", "block_i8")  # any function may overwrite these, and none relies on what it finds


@dataclass(frozen=True, slots=True)
class Phase:
    """One phase of the day.

    Attributes
    ----------
    name : str
        Name of the phase.
    decide, settle : tuple of str
        Functions run in this order, as ``module.function`` below ``market``.
    reads, writes : str
        What it reads and writes, in words: populations and ledgers.
    question : str
        What is settled here.
    """

    name: str
    decide: tuple[str, ...]
    settle: tuple[str, ...]
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    question: str


DAY: tuple[Phase, ...] = (
    Phase(
        "rules",
        (),
        ("markets.billing.open_month", "markets.rules.settle_rules"),
        ("rule_f64", "supply", "climate", "belief_f64"),
        (
            "clock",
            "belief_f64",
            "cloud_i64",
            "maker_i64",
            "speculator_i64",
            "startup_month_i64",
            "event_i64",
            "product_f64",
            "scene_f64",
        ),
        "which rules are in force, and what do firms believe about them?",
    ),
    Phase(
        "funding",
        ("decisions.startup.decide_rounds",),
        ("markets.funding.settle_rounds",),
        ("startup_i64", "startup_f32", "scene_f64"),
        ("startup_i64", "account_i64", "cash_flow", "event_i64", "clock"),
        "who raises money?",
    ),
    Phase(
        "delivery",
        ("decisions.nvidia.decide_allotment",),
        ("markets.primary.settle_delivery",),
        ("order_i64", "open_orders", "product_f64", "account_i64"),
        (
            "clock",
            "account_i64",
            "firm_i64",
            "card_i64",
            "cash_flow",
            "card_flow",
            "startup_i32",
            "buyer_i64",
            "buyer_f64",
            "order_i64",
            "open_orders",
            "event_i64",
            "delivery_i64",
            "scene_f64",
            "ration",
        ),
        "who gets this month's cards, and what arrives today?",
    ),
    Phase(
        "assembly",
        (
            "decisions.cloud.decide_assembly",
            "decisions.server_maker.decide_line",
            "decisions.server_maker.decide_sales",
        ),
        ("markets.servers.settle_assembly",),
        ("card_i64", "cloud_f64", "maker_i64", "maker_f64", "product_f64"),
        (
            "account_i64",
            "firm_i64",
            "card_i64",
            "cash_flow",
            "card_flow",
            "cloud_i64",
            "cloud_f64",
            "maker_i64",
            "maker_f64",
            "startup_i32",
            "product_f64",
        ),
        "what goes online, what is worn out?",
    ),
    Phase(
        "demand",
        ("decisions.startup.decide_need", "decisions.cloud.decide_own_need"),
        ("markets.demand.settle_demand",),
        ("startup_f32", "cloud_f64", "scene_f64", "contract_i32", "account_i64", "card_i64"),
        (
            "clock",
            "cloud_f64",
            "startup_i16",
            "startup_f32",
            "event_i64",
            "scene_f64",
        ),
        "who needs how many cards?",
    ),
    Phase(
        "orders",
        (
            "decisions.nvidia.decide_lead_times",
            "decisions.cloud.decide_orders",
            "decisions.server_maker.decide_orders",
            "decisions.startup.decide_orders",
        ),
        ("markets.primary.settle_orders",),
        ("cloud_f64", "cloud_i64", "maker_f64", "startup_f32", "buyer_f64", "card_i64", "belief_f64", "product_f64"),
        (
            "buyer_i64",
            "buyer_f64",
            "product_f64",
            "order_i64",
            "open_orders",
            "clock",
            "account_i64",
            "cash_flow",
            "scene_f64",
            "event_i64",
        ),
        "who orders, at what promised date?",
    ),
    Phase(
        "leases",
        ("decisions.cloud.decide_fraction", "decisions.hosting.decide_leases"),
        ("markets.leases.settle_leases",),
        ("cloud_f64", "cloud_i64", "startup_f32", "account_i64", "card_i64"),
        (
            "clock",
            "cloud_i64",
            "cloud_f64",
            "startup_i32",
            "startup_i16",
            "contract_i32",
            "event_i64",
            "scene_f64",
            "turn",
            "host_f64",
        ),
        "who rents at the posted price?",
    ),
    Phase(
        "tenders",
        ("decisions.hosting.decide_tenders", "decisions.cloud.decide_floors"),
        ("markets.tenders.settle_tenders",),
        ("startup_f32", "cloud_f64", "cloud_i64", "buyer_i64", "buyer_f64", "scene_f64"),
        (
            "clock",
            "cloud_i64",
            "startup_i32",
            "startup_i16",
            "contract_i32",
            "free_records",
            "event_i64",
            "ended_i32",
            "scene_f64",
            "tender_i64",
            "turn",
            "ration",
            "host_f64",
        ),
        "who tenders, who bids how low, who wins?",
    ),
    Phase(
        "serving",
        ("decisions.cloud.decide_set_aside",),
        ("markets.serving.settle_serving",),
        ("cloud_f64", "card_i64", "product_f64"),
        (
            "clock",
            "cloud_i64",
            "cloud_f64",
            "startup_i32",
            "startup_i8",
            "contract_i32",
            "event_i64",
            "scene_f64",
            "bin_i64",
            "share_f64",
        ),
        "who is served with what is online, and whose training stops?",
    ),
    Phase(
        "switching",
        ("decisions.hosting.decide_switches",),
        ("markets.switching.settle_switches",),
        ("cloud_f64", "cloud_i64", "startup_f32", "contract_i32"),
        (
            "clock",
            "account_i64",
            "cash_flow",
            "cloud_i64",
            "startup_i32",
            "startup_i16",
            "startup_i8",
            "startup_month_i64",
            "contract_i32",
            "free_records",
            "event_i64",
            "ended_i32",
            "scene_f64",
            "turn",
            "host_f64",
        ),
        "who moves to another host?",
    ),
    Phase(
        "spot",
        (
            "decisions.valuation.decide_worth",
            "decisions.cloud.decide_quotes",
            "decisions.server_maker.decide_quotes",
            "decisions.speculator.decide_heuristic",
            "decisions.speculator.decide_expectations",
            "decisions.speculator.decide_quotes",
            "decisions.startup.decide_quotes",
            "decisions.reserve.decide_quotes",
        ),
        ("markets.spot.settle_spot",),
        ("scene_f64", "product_f64", "belief_f64", "buyer_f64", "cloud_f64", "card_i64"),
        (
            "clock",
            "account_i64",
            "firm_i64",
            "card_i64",
            "cash_flow",
            "card_flow",
            "cloud_f64",
            "maker_i64",
            "maker_f64",
            "speculator_i64",
            "speculator_f64",
            "startup_i32",
            "startup_f32",
            "quote_i32",
            "h20_quote_i32",
            "event_i64",
            "product_f64",
            "scene_f64",
            "auction",
            "histogram",
        ),
        "what does a card cost today, and who trades?",
    ),
    Phase(
        "billing",
        (),
        ("markets.billing.settle_billing",),
        ("contract_i32", "cloud_i64", "cloud_f64", "card_i64", "product_f64"),
        (
            "account_i64",
            "firm_i64",
            "cash_flow",
            "cloud_i64",
            "speculator_i64",
            "startup_i8",
            "startup_month_i64",
        ),
        "who pays whom?",
    ),
    Phase(
        "entry_exit",
        ("decisions.startup.decide_exit",),
        ("markets.entry.settle_entry",),
        ("startup_i64", "account_i64"),
        (
            "clock",
            "account_i64",
            "card_i64",
            "cash_flow",
            "card_flow",
            "cloud_i64",
            "startup_i64",
            "startup_i32",
            "startup_i8",
            "contract_i32",
            "free_records",
            "event_i64",
            "ended_i32",
        ),
        "who is founded, who fails?",
    ),
    Phase(
        "books",
        (),
        ("state.books.settle_books",),
        ("account_i64", "card_i64", "startup_i32"),
        ("clock", "sector_totals"),
        "does every account close?",
    ),
    Phase(
        "observe",
        (),
        ("observers.daily.observe_day", "observers.monthly.observe_month"),
        ("everything",),
        ("daily_f64", "firm_f64"),
        "what does the record say?",
    ),
)


@dataclass(frozen=True, slots=True)
class Step:
    """One function of the day with its number, phase and whether it decides."""

    number: int
    phase: str
    function: str
    decides: bool


def steps() -> tuple[Step, ...]:
    """All steps of a day in order."""
    rows = [
        (phase.name, name, i < len(phase.decide)) for phase in DAY for i, name in enumerate(phase.decide + phase.settle)
    ]
    return tuple(Step(number, *row) for number, row in enumerate(rows))


_HEADER = '''"""One compiled day. GENERATED from `market.schedule.DAY` by ``python -m market.schedule``."""

from __future__ import annotations

from market.kernels.compile import compiled
{imports}
from market.state import scene
from market.state.log import has_room
from market.state.world import World

N_STEPS = {n_steps}


@compiled
def day(world: World, t: int, first: int, last: int) -> None:
    """Run the steps ``first <= k < last`` of day `t`."""
'''

_FOOTER = '''

@compiled
def advance(world: World, first_day: int, last_day: int) -> int:
    """Run whole days ``first_day <= t < last_day``; return the day after the last one run.

    Stops early when the books do not close or when the logs have to be drained first.
    """
    for t in range(first_day, last_day):
        if not has_room(world):
            return t
        day(world, t, 0, N_STEPS)
        if world.clock[scene.BROKEN_ROW] >= 0:
            return t + 1
    return last_day
'''


def day_source() -> str:
    """The text of ``market/day.py`` that `DAY` implies."""
    names = {}
    for step in steps():
        module, function = step.function.rsplit(".", 1)
        names[step.function] = (module, function, f"{module.rsplit('.', 1)[1]}_{function}")
    imports = "\n".join(
        f"from market.{module} import {function} as {alias}" for module, function, alias in sorted(set(names.values()))
    )
    lines = []
    phase = ""
    for step in steps():
        if step.phase != phase:
            phase = step.phase
            lines.append(f"    # {phase}")
        lines.append(f"    if first <= {step.number} < last:")
        lines.append(f"        {names[step.function][2]}(world, t)")
    return _HEADER.format(imports=imports, n_steps=len(steps())) + "\n".join(lines) + "\n" + _FOOTER


if __name__ == "__main__":
    Path(__file__).with_name("day.py").write_text(day_source(), encoding="utf-8")
