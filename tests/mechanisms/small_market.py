"""A market of three clouds, one server maker and one startup, and the handles that tests move it by.

The world is ``small.toml``. Cards and money are moved through the ledger, so the books of a test's market
close like those of any other; needs, prices and beliefs are columns and are set directly.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from market import GpuMarket, load_scenario, result_of
from market import day as compiled_day
from market.schedule import steps
from market.state import accounts, ledger, scene
from market.state import startup as s
from market.state.luck import key_of
from market.state.products import A800, INVESTORS, ONLINE, SCRAP, STOCK, WORLD

SMALL = Path(__file__).with_name("small.toml")
STEP = {step.function: step.number for step in steps()}
LIST_RENT = 11_000.0  # CNY per card-month, as in small.toml
BREAK_EVEN = ((72_000 + 25_200) / 48 + 1_150) / LIST_RENT  # 0.2886: card and server over 48 months, and opex
ALPHA, BETA, GAMMA = range(3)
LAB = 0
ANOTHER_MAKER = {"server_maker.other": {"name": "Other builder", "servers_per_day": 1, "stock_cards": 0}}
FOUR_LABS = ("fourth", "lab", "second", "third")  # of `four_labs`, in the order of their rows


def small(overrides: dict[str, Any] | None = None, seed: int = 1) -> GpuMarket:
    """The small market at the end of its first day: nobody wants anything, all cards are free."""
    model = GpuMarket(load_scenario(SMALL, overrides or {}), seed=seed)
    model.advance(1)
    return model


def another_lab(name: str = "Other lab", **traits: Any) -> dict[str, Any]:
    """All fields of one more startup, to be laid over the scenario as ``startup.<id>``."""
    firm = {field: getattr(load_scenario(SMALL).startups[LAB], field) for field in _STARTUP_FIELDS}
    return {**firm, "name": name, **traits}


_STARTUP_FIELDS = (
    "founded",
    "cash_cny",
    "own_cards",
    "calls_cards",
    "calls_growth",
    "ambition_cards",
    "ambition_from",
)


def four_labs(overrides: dict[str, Any] | None = None) -> GpuMarket:
    """The small market with three more startups like its own; `FOUR_LABS` are their rows."""
    others = {f"startup.{name}": another_lab(name.title()) for name in FOUR_LABS if name != "lab"}
    return small({"population.startups": len(FOUR_LABS), **others, **(overrides or {})})


def another_cloud(**traits: Any) -> dict[str, Any]:
    """All fields of one more cloud, like those of ``small.toml``."""
    alpha = load_scenario(SMALL).clouds[ALPHA].model_dump()
    del alpha["id"]
    return {**alpha, **traits}


# ------------------------------------------------------------------ steps of a day


def run_step(model: GpuMarket, function: str) -> None:
    """Run one step of today alone, such as ``decisions.cloud.decide_floors``."""
    compiled_day.day(model.handle, model.day, STEP[function], STEP[function] + 1)


def run_through(model: GpuMarket, function: str) -> None:
    """Run today up to and including a step; `finish_day` does the rest."""
    compiled_day.day(model.handle, model.day, 0, STEP[function] + 1)


def finish_day(model: GpuMarket, function: str) -> None:
    """Run the rest of today after a step, and check its books."""
    compiled_day.day(model.handle, model.day, STEP[function] + 1, compiled_day.N_STEPS)
    model.day += 1
    model._check_books()


# ------------------------------------------------------------------ hands on the world


def account(model: GpuMarket, firm: str) -> int:
    """Account of a firm by its id."""
    return model.cast.ids.index(firm)


def account_of_lab(model: GpuMarket, lab: int) -> int:
    """Account of a startup by its row."""
    return int(model.world.clock[scene.FIRST_STARTUP]) + lab


def key_of_account(model: GpuMarket, holder: int) -> int:
    """The key that an account's luck has."""
    return int(key_of(model.handle, holder))


def seed_of(model: GpuMarket) -> int:
    """Seed of all luck."""
    return int(model.world.clock[scene.SEED])


def wants(model: GpuMarket, cards: float, lab: int = LAB) -> None:
    """Let a startup use `cards` from today on."""
    model.world.startup_f32[s.CALLS_CARDS, lab] = cards
    model.world.startup_f32[s.NEED_CARDS, lab] = cards


def cards_of(model: GpuMarket, firm: str, stage: int = STOCK, product: int = A800) -> int:
    """Cards that a firm has in a stage."""
    return int(ledger.cards_of(model.handle, product, stage, account(model, firm)))


def contract_of(model: GpuMarket, lab: int = LAB, slot: int = 0) -> np.ndarray:
    """The record of a startup's contract, to read and to change."""
    return model.world.contract_i32[model.world.startup_i32[s.FIRST_CONTRACT + slot, lab]]


def give_cards(model: GpuMarket, firm: str, cards: int, stage: int = STOCK) -> None:
    """Bring cards in from the world."""
    ledger.move(model.handle, A800, WORLD, STOCK, account(model, firm), stage, cards, accounts.OPENING)


def take_cards(model: GpuMarket, firm: str, cards: int, stage: int = ONLINE) -> None:
    """Scrap cards."""
    ledger.move(model.handle, A800, account(model, firm), stage, SCRAP, ONLINE, cards, accounts.SCRAPPED)


def leave_cash(model: GpuMarket, firm: str, cny: float) -> None:
    """Pay out to investors all but `cny`."""
    held = int(model.world.account_i64[accounts.CASH_FEN, account(model, firm)])
    ledger.pay(model.handle, account(model, firm), INVESTORS, held - ledger.fen(cny), accounts.FUNDING)


# ------------------------------------------------------------------ what happened


def events(model: GpuMarket, kind: str) -> pd.DataFrame:
    """Events of one kind so far."""
    table = result_of(model).events
    return table[table["kind"] == kind].reset_index(drop=True)


def contracts(model: GpuMarket, lab: str = "lab") -> pd.DataFrame:
    """Contracts of a startup so far."""
    table = result_of(model).contracts
    return table[table["startup"] == lab].reset_index(drop=True)


def day_when(model: GpuMarket, happens: Callable[[GpuMarket], bool], within: int) -> int | None:
    """Step until `happens(model)`; the day it did, None when it did not within so many days."""
    for _ in range(within):
        today = model.day
        model.advance(1)
        if happens(model):
            return today
    return None
