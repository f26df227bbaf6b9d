"""`GpuMarket`: the market as a Mesa model, its agents as Mesa sees them, and decisions overridden in Python."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import mesa
from mesa.agent import AgentSet

from market import calendar
from market import day as compiled_day
from market.agents.cloud import Cloud
from market.agents.face import RowAgent, overridden
from market.agents.nvidia import ALLOTMENT_RULES, Nvidia
from market.agents.population import Population
from market.agents.regulator import Regulator
from market.agents.server_maker import ServerMaker
from market.agents.speculator import Speculator
from market.agents.startup import Startup
from market.engine import Engine
from market.errors import UsageError
from market.observers.record import DailyRecord
from market.scenarios import Scenario
from market.schedule import steps
from market.state import scene
from market.state.handle import version_for
from market.state.log import has_room
from market.state.products import NVIDIA

__all__ = ["GpuMarket"]

FACES: tuple[type[RowAgent], ...] = (Nvidia, Cloud, ServerMaker, Speculator, Startup)
EAGER_LIMIT = 2000  # populations beyond this are viewed on demand
Hook = tuple[int, RowAgent, Callable[[], Any], Callable[[Any, Any], None]]  # after a step, whose, decide, write


class GpuMarket(Engine, mesa.Model):
    """The GPU market of a scenario as a Mesa model.

    Parameters
    ----------
    scenario : Scenario, str or path
        A scenario, or the name or path of one.
    seed : int
        Seed of all luck, zero or more.
    agents : mapping or sequence of classes
        Subclasses of Cloud, ServerMaker, Speculator, Startup or Nvidia to use for all agents of that kind; or a
        mapping from an agent's id to the class for it alone.
    **overrides
        Scenario overrides as in ``--set``, with ``__`` for the dot: ``orders__adjustment=0.1``.

    Raises
    ------
    UsageError
        If seed or classes are not usable.
    ScenarioError
        If the scenario or an override is not.
    """

    ASKS_PYTHON = True

    def __init__(
        self,
        scenario: Scenario | str | Path = "baseline",
        seed: int = 1,
        agents: Sequence[type[RowAgent]] | Mapping[str, type[RowAgent]] = (),
        **overrides: Any,
    ) -> None:
        Engine.__init__(self, scenario, seed, **overrides)
        mesa.Model.__init__(self, seed=int(seed) % 2**32)
        self.datacollector: Any = DailyRecord(self)
        self._views: dict[type[RowAgent], AgentSet] = {}
        self._populate(agents)
        self._hooks = self._find_hooks()

    # -------------------------------------------------------------- time

    def step(self) -> None:
        """Run one day."""
        self.advance(1)

    def advance(self, days: int) -> int:
        """Run up to `days` days, to the end of the calendar at most, and return how many were run.

        Raises
        ------
        BooksError
            When an account does not close; names day, row and account.
        UsageError
            When `days` is not a whole number of one or more, or a decision in Python is none that can be had.
        """
        run = super().advance(days)
        self._tell_mesa()
        return run

    def _tell_mesa(self) -> None:
        """Keep Mesa's counter of steps and its flag at the model's day."""
        self.steps, self.running = self.day, self.day < calendar.N_DAYS

    def _run_some(self, last: int) -> None:
        if self._hooks:
            self._run_hooked_day()
        else:
            super()._run_some(last)

    def _run_hooked_day(self) -> None:
        if not version_for(has_room, self.handle, 0)(self.handle):
            self._make_room()
        run, handle, today, done = version_for(compiled_day.day, self.handle, 3), self.handle, self.day, 0
        for number, agent, decide, write in self._hooks:
            if number >= done:
                run(handle, today, done, number + 1)
                done = number + 1
            write(agent, decide())
        run(handle, today, done, compiled_day.N_STEPS)
        self.day += 1

    @classmethod
    def load(cls, path: str | os.PathLike[str], **making: Any) -> Self:
        """Return a saved market, to go on with it as if it had never stopped.

        Parameters
        ----------
        path : str or path-like
            A file that `save` wrote with these very sources.
        **making
            ``agents``, as they were given to the market that was saved.

        Raises
        ------
        OutputError
            When the file is no saved market, not whole, or of other sources.
        """
        model = super().load(path, **making)
        model._tell_mesa()
        return model

    # -------------------------------------------------------------- agents

    def _populate(self, agents: Sequence[type[RowAgent]] | Mapping[str, type[RowAgent]]) -> None:
        by_id = self._own_classes = dict(agents) if isinstance(agents, Mapping) else {}
        by_kind: dict[type[RowAgent], type[RowAgent]] = {}
        for face in () if isinstance(agents, Mapping) else agents:
            if by_kind.setdefault(_kind_of(face), face) is not face:
                raise UsageError("agents", face.__name__, "one class for each kind of agent", "GpuMarket")
        rows = {self.cast.ids.index(id_): id_ for id_ in by_id if id_ in self.cast.ids}
        if len(rows) < len(by_id):
            unknown = sorted(set(by_id) - set(rows.values()))
            raise UsageError("agents", unknown, "ids of agents of this scenario", "GpuMarket")
        self.regulator = Regulator(self, 0, -1)
        clock = self.world.clock
        firsts = [NVIDIA, *(int(clock[k]) for k in (scene.FIRST_CLOUD, scene.FIRST_MAKER, scene.FIRST_SPECULATOR))]
        firsts += [int(clock[scene.FIRST_STARTUP]), len(self.cast.ids)]
        ends = [NVIDIA + 1, *firsts[2:]]
        for row, id_ in rows.items():
            if not any(first <= row < end for first, end in zip(firsts, ends, strict=False)):
                raise UsageError("agents", id_, "ids of agents, not of accounts at the boundary", "GpuMarket")
        self._own_minded: list[RowAgent] = []  # agents whose class is not the model's own
        for face, first, end in zip(FACES, firsts, ends, strict=False):
            chosen = by_kind.get(face, face)
            make = functools.partial(self._make_view, face, chosen, first)
            population = Population(end - first, make, self.random)
            if chosen is not face:
                self._own_minded += list(population)
                self._views[chosen] = population
            else:
                self._own_minded += [population[row - first] for row in sorted(rows) if first <= row < end]
            self._views[face] = population
        self._views[Regulator] = AgentSet([self.regulator], random=self.random)
        self.nvidia = self._views[Nvidia][0]

    def _make_view(self, kind: type[RowAgent], face: type[RowAgent], first: int, row: int) -> RowAgent:
        chosen = self._own_classes.get(self.cast.ids[first + row], face) if self._own_classes else face
        if not (isinstance(chosen, type) and issubclass(chosen, kind)):
            field, value = f"agents[{self.cast.ids[first + row]!r}]", getattr(chosen, "__name__", chosen)
            raise UsageError(field, value, f"a subclass of {kind.__name__}", "GpuMarket")
        return chosen(self, row, first + row)

    @property
    def agents(self) -> AgentSet:
        """All agents; of a population beyond the limit those that somebody has looked at."""
        for population in self._views.values():
            if len(population) <= EAGER_LIMIT:
                list(population)
        return self._all_agents

    @agents.setter
    def agents(self, agents: Any) -> None:
        raise AttributeError("agents are those of the scenario: give classes of your own when you make the model")

    @property
    def agent_types(self) -> list[type]:
        """Classes of the agents that are there."""
        return list({type(agent): None for agent in self.agents})

    @property
    def agents_by_type(self) -> dict[type[RowAgent], AgentSet]:
        """Agents by class: every population is there, also one that is viewed on demand."""
        return self._views

    def _find_hooks(self) -> tuple[Hook, ...]:
        """Overridden decisions in the order of the day, then of the rows."""
        numbers = {step.function: step.number for step in steps()}
        own = [(agent, d) for agent in self._own_minded for d in overridden(type(agent), _kind_of(type(agent)))]
        allotment = Nvidia.DECISIONS[0]
        if self._is_allotting_in_python(self.nvidia) and all(decision is not allotment for _, decision in own):
            own.append((self.nvidia, allotment))
        own.sort(key=lambda hook: (numbers[hook[1].after], hook[0].account))
        return tuple((numbers[d.after], agent, getattr(agent, d.method), d.write) for agent, d in own)

    def _is_allotting_in_python(self, agent: Nvidia) -> bool:
        return type(agent).allot is not Nvidia.allot or self.scenario.market.allotment in ALLOTMENT_RULES


def _kind_of(face: type[RowAgent]) -> type[RowAgent]:
    for kind in FACES:
        if isinstance(face, type) and issubclass(face, kind):
            return kind
    allowed = "a subclass of " + ", ".join(kind.__name__ for kind in FACES)
    raise UsageError("agents", getattr(face, "__name__", face), allowed, "GpuMarket")
