"""What a benchmark runs: the races, and how much of everything else."""

from __future__ import annotations

from dataclasses import dataclass

from market import Scenario, load_scenario
from tests.benchmarks.race import ADVANCE, IDIOMATIC, STEP, TUNED, Field

__all__ = ["DEFAULT", "N_DAYS", "Plan", "Race", "full", "quick", "world_of"]

DEFAULT = "default: 200 startups, 100 speculators"
N_DAYS = 1096
BOOM = 480  # morning of the windows: 26 April 2023
EARLY = 120  # the same in a quick benchmark: 1 May 2022
SIZES = (1_000, 10_000, 100_000)
ALL = (STEP, ADVANCE, TUNED, IDIOMATIC)
ENGINE = (ADVANCE,)


@dataclass(frozen=True)
class Race:
    """A race, and its size in the population that grows (0 at the default size)."""

    field: Field
    names: tuple[str, ...]
    startups: int = 0
    speculators: int = 0


@dataclass(frozen=True)
class Plan:
    """A benchmark.

    Attributes
    ----------
    races : dict of str to Race
        By the name of their world.
    overridden_days : int
        Days a round with all clouds' decisions in Python.
    memory_rows : int
        Rows that are added to see what one costs.
    floor_rows : int
        Startups at which the full day is held against the fused pass, in this process; 0 for none.
    huge_rows : int
        Startups of the run in a process of its own; 0 for none.
    window : tuple of int
        First day, and the day after the last, on which that run is timed.
    import_rounds : int
    with_cold_compile : bool
    """

    races: dict[str, Race]
    overridden_days: int
    memory_rows: int
    floor_rows: int
    huge_rows: int
    window: tuple[int, int]
    import_rounds: int
    with_cold_compile: bool


def world_of(startups: int = 200, speculators: int = 100) -> Scenario:
    """The baseline with other populations."""
    return load_scenario("baseline", {"population.startups": startups, "population.speculators": speculators})


def races(first_day: int, rounds: int, windows: tuple[int, ...], twins_up_to: int) -> dict[str, Race]:
    """The default size over the whole calendar, and each size of `SIZES` in a window of a few days."""
    found = {DEFAULT: Race(Field(world_of(), 0, rounds, N_DAYS // rounds), ALL)}
    for rows, days in zip(SIZES, windows, strict=True):
        names = ALL if rows <= twins_up_to else ENGINE
        found[f"{rows:,} startups"] = Race(Field(world_of(startups=rows), first_day, 3, days), names, startups=rows)
    for rows, days in zip(SIZES, windows, strict=True):
        names = ALL if rows <= twins_up_to else ENGINE
        field = Field(world_of(speculators=rows), first_day, 3, days)
        found[f"{rows:,} speculators"] = Race(field, names, speculators=rows)
    return found


def quick() -> Plan:
    """Under a minute: no twins at 10^5, no million, no cold compile."""
    return Plan(races(EARLY, 4, (4, 1, 1), 10_000), N_DAYS // 3, 10_000, 100_000, 0, (0, 0), 1, False)


def full() -> Plan:
    """Everything."""
    return Plan(races(BOOM, 8, (7, 7, 7), 100_000), N_DAYS // 3, 10_000, 0, 10**6, (BOOM, BOOM + 21), 7, True)
