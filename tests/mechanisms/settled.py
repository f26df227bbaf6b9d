"""The small market with empty logs, contracts signed in it, and what settlements are compared with."""

from __future__ import annotations

from typing import Any

from changes import emptied_logs
from small_market import FOUR_LABS, LAB, account_of_lab, another_lab, four_labs, small

from market import GpuMarket
from market.kernels.luck import bits
from market.markets import contracts
from market.state import scene
from market.state import startup as s
from market.state.luck import key_of

T = 40  # the day of all calls
RENT_2500 = 9035  # fen per card and day at a quarter of 11,000 CNY a month: 9034.9
RENT_5200 = 18793  # at the posted .52: 18792.6


def market(**overrides: Any) -> GpuMarket:
    """The small market, its logs empty; in the name of a parameter a dot is written as two underscores."""
    model = small({key.replace("__", "."): value for key, value in overrides.items()})
    emptied_logs(model)
    return model


def two_labs(**overrides: Any) -> GpuMarket:
    """The same with a second startup like the first."""
    dotted = {key.replace("__", "."): value for key, value in overrides.items()}
    model = small({"population.startups": 2, "startup.other": another_lab(), **dotted})
    emptied_logs(model)
    return model


def market_of_four() -> GpuMarket:
    """The same with four startups, `FOUR_LABS`."""
    model = four_labs()
    emptied_logs(model)
    return model


def sign(model: GpuMarket, lab: int, slot: int, cloud: int, cards: int, fraction: int = 2500, term: int = 90) -> int:
    """Sign a regular contract and return its record."""
    contracts.sign(model.handle, lab, slot, cloud, cards, fraction, term, 0, s.KIND_REGULAR, T)
    return int(model.world.startup_i32[s.FIRST_CONTRACT + slot, lab])


def customer(model: GpuMarket, lab: int = LAB) -> int:
    """Account of a startup by its row."""
    return account_of_lab(model, lab)


def host(model: GpuMarket, cloud: int) -> int:
    """Account of a cloud by its row."""
    return int(model.world.clock[scene.FIRST_CLOUD]) + cloud


def between(model: GpuMarket, lab: int, cloud: int) -> dict[str, int]:
    """Who an event of a customer and its host is about."""
    return {"actor": customer(model, lab), "other": host(model, cloud)}


def contract(model: GpuMarket, slot: int = 0, lab: int = LAB) -> dict[str, int]:
    """The running contract in a slot: what a new one is judged by."""
    row = model.world.contract_i32[model.world.startup_i32[s.FIRST_CONTRACT + slot, lab]]
    names = ("CLOUD", "CARDS", "FRACTION_BP", "RENT_FEN", "START_DAY", "END_DAY", "SERVED_TODAY", "KIND", "TENDER")
    return {name.lower(): int(row[getattr(s, name)]) for name in names}


def on_offer(cloud: int, cards: int, **other: int) -> dict[str, int]:
    """A contract at the posted price that is served from tomorrow."""
    terms = {"fraction_bp": 5200, "rent_fen": RENT_5200, "start_day": T, "end_day": T + 360, "served_today": 0}
    return {"cloud": cloud, "cards": cards, **terms, "kind": s.KIND_REGULAR, "tender": 0, **other}


def in_turn(model: GpuMarket, decision: int, day: int) -> list[int]:
    """Startups in the keyed order of a day."""
    first, seed = int(model.world.clock[scene.FIRST_STARTUP]), int(model.world.clock[scene.SEED])
    luck_of = {
        lab: int(bits(seed, decision, day, int(key_of(model.handle, first + lab)), 0)) for lab in range(len(FOUR_LABS))
    }
    return sorted(luck_of, key=luck_of.__getitem__, reverse=True)
