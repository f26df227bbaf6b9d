"""The market on the morning of a day, as plain numbers: what a plain twin of the engine starts from.

The engine draws traits and opening balances on the first day. The twins copy them, so that all three begin in the same
world; from then on each draws its own luck. Any later morning will do as well: that is how a twin of 10^5 startups is
timed in the boom without having lived through the year before. Columns keep the engine's names and units.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Any

import numpy as np

from market import GpuMarket, Scenario
from market.kernels.luck import below
from market.state import accounts, cloud, luck, primary, scene, startup, trader
from market.state.columns import Block
from market.state.draw import patience_days
from market.state.products import FIRST_FIRM, N_PRODUCTS, N_STAGES, NVIDIA, RESERVE, STAGES
from market.state.world import DAY_OF_MONTH, DAYS_IN_MONTH, MONTH, WEEKDAY, World

Traits = dict[str, Any]
FIRM_BLOCKS = (accounts.ACCOUNT_I64, accounts.FIRM_I64, accounts.BELIEF_F64)
STARTUP_BLOCKS = (startup.I64, startup.I32, startup.I16, startup.I8, startup.F32)
NOT_RECORDED = {column.name: 0 for column in startup.MONTH_I64.columns}
NO_TRADER = {"basis_fen": 0, "interest_carry": 0, "ban_log_odds": 0.0, "foresight": 0.0}
WORKING_DAYS = 5


@dataclass(frozen=True)
class Opening:
    """The state of a market between two days.

    Attributes
    ----------
    scenario : Scenario
    seed : int
        Seed of the market's luck.
    day : int
        Day about to begin.
    p : dict of str to float
        Parameters by full name.
    climate, supply : lists
        Funding climate by day; cards a month before rules, by product and day.
    month, day_of_month, days_in_month, weekday : lists of int
        The calendar by day.
    rules, products : lists of dict
    scene : dict
        What the market has in common: list rent, mean belief, smoothed volume, ...
    counts : dict
        Orders, contracts and tenders so far; first rows of the accounts.
    """

    scenario: Scenario
    seed: int
    day: int
    p: dict[str, float]
    climate: list[float]
    supply: list[list[float]]
    month: list[int]
    day_of_month: list[int]
    days_in_month: list[int]
    weekday: list[int]
    rules: list[Traits]
    products: list[Traits]
    scene: Traits
    counts: Traits
    world: World
    handle: World
    ids: Sequence[str]

    def clouds(self) -> Iterator[Traits]:
        """The clouds in the order of their ids."""
        return self._firms(self.counts["first_cloud"], cloud.I64, cloud.F64)

    def makers(self) -> Iterator[Traits]:
        """The server makers in the order of their ids."""
        return self._firms(self.counts["first_maker"], trader.MAKER_I64, trader.MAKER_F64)

    def speculators(self) -> Iterator[Traits]:
        """The speculators."""
        return self._firms(self.counts["first_speculator"], trader.SPECULATOR_I64, trader.SPECULATOR_F64)

    def startups(self) -> Iterator[Traits]:
        """The startups, each with its two places for a contract (None where there is none)."""
        world, first = self.world, self.counts["first_startup"]
        blocks = [(block, getattr(world, block.name)) for block in STARTUP_BLOCKS]
        records = list(rows(startup.CONTRACT_I32, world.contract_i32[: self.counts["top_record"] + 1].T))
        months = chain(rows(startup.MONTH_I64, world.startup_month_i64), repeat(NOT_RECORDED))
        members = zip(
            rows(accounts.ACCOUNT_I64, world.account_i64[:, first:]),
            zip(*(rows(block, array) for block, array in blocks), strict=True),
            strict=True,
        )
        for i, ((account, columns), month) in enumerate(zip(members, months, strict=False)):
            firm: Traits = {**self._who(first + i), **NO_TRADER, **account, **month}
            for column in columns:
                firm |= column
            for stage in STAGES:
                firm[stage] = [firm[f"{stage}_cards"], 0, 0]  # startups hold A-class cards alone
            slots = firm["first_contract"], firm["second_contract"]
            firm["contracts"] = [records[record] if record else None for record in slots]
            firm["capital_fen"] = firm["desired_round_fen"] if firm["status"] == startup.UNBORN else 0
            firm["patience_days"] = patience_days(self.handle, i)
            yield firm

    def nvidia(self) -> Traits:
        """NVIDIA's account."""
        return next(self._accounts(NVIDIA, 1))

    def reserve(self) -> Traits:
        """The state reserve's account."""
        return next(self._accounts(RESERVE, 1))

    def buyers(self) -> list[tuple[int, bool, list[Traits]]]:
        """(account, insists on a penalty, its state by product) of every direct buyer."""
        lines = [
            [
                {**i, **f}
                for i, f in zip(
                    rows(primary.BUYER_I64, self.world.buyer_i64[:, product]),
                    rows(primary.BUYER_F64, self.world.buyer_f64[:, product]),
                    strict=True,
                )
            ]
            for product in range(N_PRODUCTS)
        ]
        table = self.world.buyer_account.T.tolist()
        return [(account, bool(insists), [by[b] for by in lines]) for b, (account, insists) in enumerate(table)]

    def open_orders(self) -> list[Traits]:
        """Open orders in the order in which they were placed; `number` is their row."""
        numbers = self.world.open_orders[: self.counts["n_open"]]
        found = rows(primary.ORDER_I64, self.world.order_i64[:, numbers])
        return [{"number": number, **order} for number, order in zip(numbers.tolist(), found, strict=True)]

    def _firms(self, first: int, *blocks: Block) -> Iterator[Traits]:
        arrays = [getattr(self.world, block.name) for block in blocks]
        columns = [rows(block, array) for block, array in zip(blocks, arrays, strict=True)]
        for account, *parts in zip(self._accounts(first, arrays[0].shape[1]), *columns, strict=True):
            yield {**account, **{name: value for part in parts for name, value in part.items()}}

    def _accounts(self, first: int, n: int) -> Iterator[Traits]:
        world, span = self.world, slice(first, first + n)
        blocks = [(block, getattr(world, block.name)) for block in FIRM_BLOCKS]
        cards = world.card_i64[:, span].T.tolist()
        for k, (held, *columns) in enumerate(zip(cards, *(rows(b, a[:, span]) for b, a in blocks), strict=True)):
            firm = self._who(first + k)
            for column in columns:
                firm |= column
            yield firm | {stage: held[j::N_STAGES] for j, stage in enumerate(STAGES)}

    def _who(self, account: int) -> Traits:
        return {"id": self.ids[account], "account": account, "key": int(luck.key_of(self.handle, account))}

    def planning_weekday(self, key: int) -> int:
        """The working day of the week on which a firm plans; a trait, drawn once."""
        return int(below(self.seed, luck.PLANNING_DAY, 0, key, 0, WORKING_DAYS))


def rows(block: Block, array: np.ndarray) -> Iterator[Traits]:
    """Members of an array of columns as dictionaries, one after the other."""
    names = [column.name for column in block.columns]
    for values in zip(*array.tolist(), strict=True):
        yield dict(zip(names, values, strict=True))


def opening_of(model: GpuMarket) -> Opening:
    """The state of an engine's market before its next day. Shares its arrays: read it before the engine goes on."""
    world, scenario = model.world, model.scenario
    counts = dict(zip([column.name for column in scene.CLOCK_I64.columns], world.clock.tolist(), strict=True))
    assert counts["first_cloud"] == FIRST_FIRM
    return Opening(
        scenario=scenario,
        seed=counts["seed"],
        day=model.day,
        p=dict(scenario.parameters),
        climate=world.climate.tolist(),
        supply=world.supply.tolist(),
        month=world.calendar[MONTH].tolist(),
        day_of_month=world.calendar[DAY_OF_MONTH].tolist(),
        days_in_month=world.calendar[DAYS_IN_MONTH].tolist(),
        weekday=world.calendar[WEEKDAY].tolist(),
        rules=list(rows(scene.RULE_F64, world.rule_f64)),
        products=list(rows(scene.PRODUCT_F64, world.product_f64)),
        scene=dict(zip([column.name for column in scene.SCENE_F64.columns], world.scene_f64.tolist(), strict=True)),
        counts=counts,
        world=world,
        handle=model.handle,
        ids=model.cast.ids,
    )
