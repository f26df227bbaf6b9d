"""An agent-based model of a GPU market under shortage.

>>> from market import GpuMarket, load_scenario, run
>>> model = GpuMarket(load_scenario("baseline"), seed=1)  # a mesa.Model; `Engine` is the same without Mesa
>>> result = run("baseline", seed=1)  # tables: daily, firms, events, contracts, orders, deliveries

The public names are imported when they are first used, so that ``import market`` costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOMES = {
    "BLOCKS": "market.state.columns",
    "Cloud": "market.agents.cloud",
    "DAY": "market.schedule",
    "DECISIONS": "market.state.luck",
    "Engine": "market.engine",
    "GpuMarket": "market.model",
    "MONEY": "market.state.accounts",
    "MarketError": "market.errors",
    "Nvidia": "market.agents.nvidia",
    "Regulator": "market.agents.regulator",
    "Result": "market.simulation",
    "Scenario": "market.scenarios",
    "ServerMaker": "market.agents.server_maker",
    "Speculator": "market.agents.speculator",
    "Startup": "market.agents.startup",
    "all_parameters": "market.parameters",
    "allotment_rule": "market.agents.nvidia",
    "balance_sheet": "market.observers.accounts",
    "facts": "market.evidence",
    "flow_matrix": "market.observers.accounts",
    "interrupts_held": "market.workers",
    "leave_interrupts_to_parent": "market.workers",
    "load_scenario": "market.scenarios",
    "measure": "market.observers.patterns",
    "observations": "market.evidence",
    "posterior_draws": "market.scenarios",
    "read_run": "market.store",
    "result_of": "market.simulation",
    "run": "market.simulation",
    "scenario_names": "market.scenarios",
    "summarise": "market.observers.patterns",
    "supply_graph": "market.observers.network",
    "with_draw": "market.scenarios",
    "worker_context": "market.workers",
    "write_run": "market.store",
}

__all__ = sorted(_HOMES)  # noqa: PLE0605  (the names below, and no others)

if TYPE_CHECKING:
    from market.agents.cloud import Cloud
    from market.agents.nvidia import Nvidia, allotment_rule
    from market.agents.regulator import Regulator
    from market.agents.server_maker import ServerMaker
    from market.agents.speculator import Speculator
    from market.agents.startup import Startup
    from market.engine import Engine
    from market.errors import MarketError
    from market.evidence import facts, observations
    from market.model import GpuMarket
    from market.observers.accounts import balance_sheet, flow_matrix
    from market.observers.network import supply_graph
    from market.observers.patterns import measure, summarise
    from market.parameters import all_parameters
    from market.scenarios import Scenario, load_scenario, posterior_draws, scenario_names, with_draw
    from market.schedule import DAY
    from market.simulation import Result, result_of, run
    from market.state.accounts import MONEY
    from market.state.columns import BLOCKS
    from market.state.luck import DECISIONS
    from market.store import read_run, write_run
    from market.workers import interrupts_held, leave_interrupts_to_parent, worker_context


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'market' has no attribute {name!r}")
    home = importlib.import_module(_HOMES[name])
    value = getattr(home, name)
    globals()[name] = value  # a module of the same name must not hide it
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
