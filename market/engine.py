"""`Engine`: a market that runs by itself, without Mesa: the world, the clock and the logs.

Life cycle only; what happens in a day is in `market.schedule`. `market.model.GpuMarket` is the same market with its
agents as Mesa sees them, whose decisions can be overridden. Where nobody overrides one, as in a sweep or with a
million startups, the engine alone gives the same bytes, starts sooner and needs less memory.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np

from market import __version__, calendar
from market import day as compiled_day
from market.errors import BooksError, OutputError, UsageError
from market.observers.journal import Journal
from market.scenarios import Scenario, is_allotted_in_python, load_scenario
from market.state import scene
from market.state.books import row_name, row_unit, sector_name
from market.state.build import first_day, with_more_records
from market.state.handle import handle_of
from market.state.log import records_missing
from market.state.saved import LOGS, read_header, read_market, write_market

__all__ = ["Engine", "scenario_of"]


def scenario_of(scenario: Scenario | str | Path, overrides: Mapping[str, Any]) -> Scenario:
    """The scenario that is meant by one, its name or its path, with overrides whose dots are written ``__``."""
    if isinstance(scenario, Scenario) and not overrides:
        return scenario
    return load_scenario(scenario, {key.replace("__", "."): value for key, value in overrides.items()})


class Engine:
    """The GPU market of a scenario, all decisions compiled.

    Parameters
    ----------
    scenario : Scenario, str or path
        A scenario, or the name or path of one.
    seed : int
        Seed of all luck, zero or more.
    **overrides
        Scenario overrides as in ``--set``, with ``__`` for the dot: ``orders__adjustment=0.1``.

    Raises
    ------
    UsageError
        If the seed is not usable, or an engine by itself is asked for a rule of allotment written in Python.
    ScenarioError
        If the scenario or an override is not.
    """

    ASKS_PYTHON = False  # whether decisions written in Python are asked

    def __init__(self, scenario: Scenario | str | Path = "baseline", seed: int = 1, **overrides: Any) -> None:
        if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or not 0 <= seed < 2**62:
            raise UsageError("seed", seed, "a whole number, zero or more", type(self).__name__)
        self.scenario = scenario_of(scenario, overrides)
        rule = self.scenario.market.allotment
        if is_allotted_in_python(rule) and not self.ASKS_PYTHON:
            raise UsageError(
                "market.allotment", rule, "a compiled rule; GpuMarket asks those written in Python", "Engine"
            )
        self.world, self.cast = first_day(self.scenario, int(seed))
        self.handle = handle_of(self.world)
        self.day = 0
        self.journal = Journal(self.world)

    # -------------------------------------------------------------- time

    def advance(self, days: int) -> int:
        """Run up to `days` days, to the end of the calendar at most, and return how many were run.

        Raises
        ------
        BooksError
            When an account does not close; names day, row and account.
        UsageError
            When `days` is not a whole number of one or more.
        """
        if isinstance(days, bool) or not isinstance(days, (int, np.integer)) or days < 1:
            raise UsageError("days", days, "a whole number, one or more", f"{type(self).__name__}.advance")
        first, last = self.day, min(self.day + int(days), calendar.N_DAYS)
        while self.day < last:
            self._run_some(last)
            self._check_books()
        return self.day - first

    def _run_some(self, last: int) -> None:
        """Run days up to `last`, all of them when the logs have room."""
        begun, self.day = self.day, compiled_day.advance(self.handle, self.day, last)
        if self.day == begun:  # it stops before a day for which the logs have no room
            self._make_room()

    def _make_room(self) -> None:
        """Empty the logs, and give the market more records of contracts when it may need them."""
        self.journal.drain()
        missing = records_missing(self.handle)
        if missing > 0:
            self.world = with_more_records(self.world, missing)
            self.handle = handle_of(self.world)
            self.journal.world = self.world

    def _check_books(self) -> None:
        clock = self.world.clock
        row, account = int(clock[scene.BROKEN_ROW]), int(clock[scene.BROKEN_ACCOUNT])
        if row >= 0:
            who = (self.cast.ids[account] if account >= 0 else sector_name(account),)
            date = calendar.date_of(self.day - 1).isoformat()
            raise BooksError(date, row_name(row), who, int(clock[scene.BROKEN_BY]), row_unit(row))

    @property
    def date(self) -> str:
        """The next day to be run, as an ISO date; the last day once the calendar is at its end."""
        return calendar.date_of(min(self.day, calendar.N_DAYS - 1)).isoformat()

    # -------------------------------------------------------------- half-way

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the market as it stands to a file, from which `load` goes on: data only, nothing pickled.

        What agents written in Python keep for themselves is not in it.

        Raises
        ------
        OutputError
            When the file cannot be written; nothing is left behind then.
        """
        header = {
            "version": __version__,
            "scenario": self.scenario.model_dump(mode="json"),
            "seed": int(self.world.clock[scene.SEED]),
            "day": self.day,
        }
        logs = {name: self.journal.rows(name) for name in LOGS}
        return write_market(path, header, self.world, logs)

    @classmethod
    def load(cls, path: str | os.PathLike[str], **making: Any) -> Self:
        """Return a saved market, to go on with it as if it had never stopped.

        Parameters
        ----------
        path : str or path-like
            A file that `save` wrote with these very sources.
        **making
            What else the market that was saved was made with.

        Raises
        ------
        OutputError
            When the file is no saved market, not whole, or of other sources.
        """
        header = read_header(path)
        seed, day = header.get("seed"), header.get("day")
        try:
            scenario = Scenario.model_validate_json(json.dumps(header.get("scenario")), by_alias=False, by_name=True)
        except ValueError as error:
            raise OutputError(path, "holds a scenario that cannot be run; save the market again") from error
        if not isinstance(seed, int) or not isinstance(day, int) or not 0 <= day <= calendar.N_DAYS:
            raise OutputError(path, f"has seed {seed!r} and day {day!r}; save the market again")
        market = cls(scenario, seed, **making)
        market.world, logs = read_market(path, market.world)
        market.handle = handle_of(market.world)
        market.journal = Journal(market.world, logs)
        market.day = day
        return market

    def __getstate__(self) -> dict[str, Any]:
        """All but the handle of compiled code, which is made anew."""
        return {name: value for name, value in self.__dict__.items() if name != "handle"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.handle = handle_of(self.world)
