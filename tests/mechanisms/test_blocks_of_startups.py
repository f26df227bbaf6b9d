"""Rules for many startups are done a block at a time; each startup's row is what its own rule says, in every block.

A market with more startups than a block holds runs to a day on which calls have luck, and then step by step. What each
step leaves in the columns is compared, bit by bit, with the rule reckoned here for every startup alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from market import GpuMarket, load_scenario
from market import day as compiled_day
from market.decisions import hosting, startup, valuation
from market.kernels import luck as draws
from market.parameters import clouds as pc
from market.parameters import leases as pl
from market.parameters import servers as pv
from market.parameters import serving as pg
from market.parameters import spot as ps
from market.parameters import startups as pu
from market.parameters import tenders as pt
from market.schedule import steps
from market.state import accounts, luck, primary, scene, trader
from market.state import startup as s
from market.state.luck import key_of
from market.state.products import A800, DAYS_PER_MONTH
from market.state.world import BLOCK, World

T = 490  # a Friday in the boom, and a day on which calls have luck
STARTUPS = BLOCK + 900
STEP = {step.function: step.number for step in steps()}
FEN = 100


class Day:
    """A day of a market, gone through step by step; the columns before and after the latest steps."""

    def __init__(self) -> None:
        self.model = GpuMarket(load_scenario("baseline", {"population.startups": STARTUPS}), seed=4)
        self.model.advance(T)
        self.done = 0

    def reach(self, function: str) -> None:
        """Run the day on, a step included, unless it is past it."""
        if self.done <= STEP[function]:
            compiled_day.day(self.model.handle, T, self.done, STEP[function] + 1)
            self.done = STEP[function] + 1

    def run(self, function: str) -> None:
        """Run the day up to a step, then that step."""
        compiled_day.day(self.model.handle, T, self.done, STEP[function])
        self.before, self.done = self._copy(), STEP[function]
        self.reach(function)
        self.after = self._copy()

    def _copy(self) -> World:
        return World(*(array.copy() for array in self.model.world))

    def draw(self, decision: int, i: int) -> float:
        """The day's first uniform draw of a startup for a decision."""
        seed = int(self.after.clock[scene.SEED])
        return float(draws.uniform(seed, decision, T, key_of(self.model.handle, self.account(i)), 0))

    def account(self, i: int) -> int:
        return int(self.after.clock[scene.FIRST_STARTUP]) + i

    def promised(self, i: int) -> int:
        """Cards of a startup's contracts."""
        slots, contracts = self.before.startup_i32, self.before.contract_i32
        return sum(int(contracts[slots[slot, i], s.CARDS]) for slot in (s.FIRST_CONTRACT, s.SECOND_CONTRACT))

    def is_alive(self, i: int) -> bool:
        return bool(self.before.startup_i8[s.STATUS, i] == s.ALIVE)


@pytest.fixture(scope="module")
def day() -> Day:
    return Day()


def assert_rows(found: np.ndarray, rule: Callable[[int], float | int]) -> None:
    """Compare a column with what a rule says of each row."""
    expected = np.array([rule(i) for i in range(STARTUPS)])
    wrong = np.flatnonzero(found != expected.astype(found.dtype))
    assert wrong.size == 0, (int(wrong[0]), found[wrong[0]], expected[wrong[0]])


def rows_where(marks: np.ndarray) -> Iterator[int]:
    return map(int, np.flatnonzero(marks))


def in_all_blocks(rows: Iterator[int]) -> bool:
    blocks = {i // BLOCK for i in rows}
    return blocks == {0, 1}


def test_rounds(day: Day) -> None:
    day.run("decisions.startup.decide_rounds")
    p, climate = day.after.p, day.after.scene_f64[scene.CLIMATE]
    hazard = p[pu.HAZARD] * climate / DAYS_PER_MONTH
    closing = day.after.startup_i64[s.DESIRED_ROUND_FEN] > day.before.startup_i64[s.DESIRED_ROUND_FEN]
    assert_rows(closing, lambda i: day.is_alive(i) and day.draw(luck.FUNDING_ROUND, i) < hazard)
    assert in_all_blocks(rows_where(closing))


def test_rounds_are_paid(day: Day) -> None:
    day.run("markets.funding.settle_rounds")
    gained = day.after.account_i64[:, day.account(0) :] - day.before.account_i64[:, day.account(0) :]
    asked = day.before.startup_i64[s.DESIRED_ROUND_FEN]
    for column in (accounts.CASH_FEN, accounts.AUDIT):
        assert_rows(gained[column], lambda i: asked[i] if day.is_alive(i) else 0)
    assert_rows(day.after.startup_i64[s.DESIRED_ROUND_FEN], lambda i: 0 if day.is_alive(i) else asked[i])


def test_needs(day: Day) -> None:
    day.run("decisions.startup.decide_need")
    p, f, scenes = day.before.p, day.before.startup_f32.astype(float), day.before.scene_f64
    climate, cash = float(scenes[scene.CLIMATE]), day.before.account_i64[accounts.CASH_FEN, day.account(0) :]
    months = startup.planned_months(p[pu.RUNWAY_MONTHS], p[pu.RUNWAY_BOOM], climate)
    factor = startup.inflated_ambition(climate, p[pu.AMBITION_CLIMATE])
    rent = scenes[scene.LIST_RENT] * scenes[scene.MEAN_FRACTION]

    def ambition(i: int) -> float:
        return float(f[s.AMBITION_CARDS, i]) if day.before.startup_i16[s.AMBITION_DAY, i] <= T else 0.0

    def plan(i: int) -> float:
        calls = f[s.CALLS_CARDS, i]
        return startup.planned_need(
            calls * (1.0 + f[s.CALLS_GROWTH, i] * DAYS_PER_MONTH * p[pu.PLAN_AHEAD]),
            ambition(i),
            climate,
            p[pu.AMBITION_CLIMATE],
            cash[i] / FEN,
            months,
            p[pu.COMPUTE_SHARE],
            calls * f[s.REVENUE_PER_CALL, i],
            rent,
        )

    def need(i: int) -> float:
        present = min(plan(i), max(f[s.CALLS_CARDS, i], ambition(i) * factor))
        return startup.moved_need(f[s.NEED_CARDS, i], present, p[pu.NEED_UP], p[pu.NEED_DOWN])

    assert_rows(day.after.startup_f32[s.PLANNED_NEED], lambda i: plan(i) if day.is_alive(i) else 0.0)
    assert_rows(day.after.startup_f32[s.NEED_CARDS], lambda i: need(i) if day.is_alive(i) else 0.0)


def test_calls_and_the_search_for_a_host(day: Day) -> None:
    day.run("markets.demand.settle_demand")
    p, f, n = day.before.p, day.before.startup_f32.astype(float), day.before.startup_i16
    performance, online = day.before.product_f64[scene.PERFORMANCE, A800], day.before.startup_i32[s.ONLINE_CARDS]
    assert T % 7 == 0
    assert day.before.scene_f64[scene.CLIMATE] >= 1.0

    def calls(i: int) -> float:
        growth = f[s.CALLS_GROWTH, i] + p[pu.CALLS_LUCK] * draws.normal_quantile(day.draw(luck.CALLS, i))
        return f[s.CALLS_CARDS, i] * max(1.0 + growth, 0.5) if day.is_alive(i) else f[s.CALLS_CARDS, i]

    def unmet(i: int) -> float:
        need = f[s.NEED_CARDS, i]
        gap = need - performance * online[i] - day.promised(i)
        return gap if day.is_alive(i) and gap > 0.1 * need and gap >= 1.0 else 0.0

    def days(i: int) -> int:
        if not day.is_alive(i):
            return n[s.SEARCH_DAYS, i]
        return n[s.SEARCH_DAYS, i] + 1 if unmet(i) else 0

    def asks(i: int) -> bool:
        if not day.is_alive(i):
            return n[s.ASKED_MAKER, i] >= 0
        return bool(unmet(i)) and (n[s.ASKED_MAKER, i] >= 0 or days(i) >= p[pu.BUY_GAP])

    assert_rows(day.after.startup_f32[s.CALLS_CARDS], calls)
    assert_rows(day.after.startup_i16[s.SEARCH_DAYS], days)
    assert_rows(day.after.startup_i16[s.ASKED_MAKER] >= 0, asks)
    assert in_all_blocks(rows_where((day.after.startup_i16[s.ASKED_MAKER] >= 0) & (n[s.ASKED_MAKER] < 0)))
    total = sum(unmet(i) for i in range(STARTUPS) if n[s.BUYER, i] < 0)
    assert day.after.scene_f64[scene.UNSERVED_NEED] == pytest.approx(total, rel=1e-12)


def test_leases_wanted(day: Day) -> None:
    day.run("decisions.hosting.decide_leases")
    p, n, handle = day.before.p, day.before.startup_i16, day.model.handle

    def wanted(i: int) -> int:
        need = float(day.before.startup_f32[s.NEED_CARDS, i])
        if not day.is_alive(i) or day.draw(luck.SEARCH, i) >= p[pl.SEARCH_RATE] or n[s.BUYER, i] >= 0:
            return 0
        unmet, gap = hosting.unmet_need(handle, i), hosting.planned_gap(handle, i)
        rests = n[s.LAST_TENDER_DAY, i] >= 0 and T - n[s.LAST_TENDER_DAY, i] < p[pt.PAUSE_DAYS]
        is_small = gap < p[pt.SIZE] or rests
        is_free = hosting.empty_slot(handle, i) >= 0
        return int(unmet) if need >= 4.0 and is_free and unmet >= max(4.0, 0.1 * need) and is_small else 0

    assert_rows(day.after.startup_i32[s.DESIRED_LEASE_CARDS], wanted)
    assert in_all_blocks(rows_where(day.after.startup_i32[s.DESIRED_LEASE_CARDS] > 0))


def test_training_on_own_cards(day: Day) -> None:
    day.run("markets.serving.settle_serving")
    performance, online = day.before.product_f64[scene.PERFORMANCE, A800], day.before.startup_i32[s.ONLINE_CARDS]
    run, running = day.before.startup_i32[s.RUN_CARD_DAYS], day.before.startup_i8[s.IS_RUNNING]

    def is_alone(i: int) -> bool:
        return day.is_alive(i) and day.promised(i) == 0

    def done(i: int) -> int:
        own = int(performance * online[i])
        total = run[i] + own
        return total if own > 0 and total < day.before.p[pg.CHECKPOINT_DAYS] * own else 0

    found = day.after.startup_i32[s.RUN_CARD_DAYS], day.after.startup_i8[s.IS_RUNNING]
    hosted = [i for i in range(STARTUPS) if day.is_alive(i) and not is_alone(i)]
    assert in_all_blocks(iter(hosted))
    kept = {i: (int(found[0][i]), int(found[1][i])) for i in hosted}  # those are for the tests of hosting
    assert_rows(found[0], lambda i: kept[i][0] if i in kept else done(i) if is_alone(i) else run[i])
    assert_rows(found[1], lambda i: kept[i][1] if i in kept else online[i] > 0 if is_alone(i) else running[i])


def test_bids(day: Day) -> None:
    day.run("decisions.startup.decide_quotes")
    p, f, cards = day.before.p, day.before.startup_f32.astype(float), day.before.startup_i32
    first, view = day.account(0), valuation.market_view(day.model.handle)
    performance, spot = day.before.product_f64[[scene.PERFORMANCE, scene.SPOT_CNY], A800]
    cash = day.before.account_i64[accounts.CASH_FEN]

    def bid(i: int) -> float:
        worth = valuation.worth_in_view(view, f[s.TASTE, i])
        own = f[s.RESERVATION_CNY, i]
        return np.float32(valuation.adjusted_bid(own, worth, p[ps.BID_ADJUSTMENT])) if day.is_alive(i) else own

    def quantity(i: int) -> int:
        if not day.is_alive(i) or day.before.startup_i16[s.ASKED_MAKER, i] < 0:
            return 0
        gap = max(f[s.NEED_CARDS, i] - performance * cards[s.ONLINE_CARDS, i] - day.promised(i), 0.0)
        gap = max(gap - performance * cards[s.STOCK_CARDS, i] - performance * cards[s.ASSEMBLY_CARDS, i], 0.0)
        buyer = day.before.startup_i16[s.BUYER, i]
        if buyer >= 0:
            gap = max(gap - day.before.buyer_i64[primary.BACKLOG, A800, buyer], 0.0)
        gap = min(gap, p[pu.COMPUTE_SHARE] * cash[first + i] / FEN / (spot + p[pv.SERVER_COST]))
        return int(gap * p[ps.BUY_RATE] / 7 + day.draw(luck.QUOTE, i)) if gap > 0.0 else 0

    quotes = day.after.quote_i32[:, first:]
    is_selling = (day.before.startup_i8[s.STATUS] == s.FAILED) & (cards[s.STOCK_CARDS] > 0)
    assert not is_selling.any()
    assert_rows(day.after.startup_f32[s.RESERVATION_CNY], bid)
    assert_rows(quotes[trader.QUANTITY], quantity)
    bidding = quotes[trader.QUANTITY] > 0
    ticks = [int(min(float(bid(i)), p[ps.RESALE_CAP]) / p[ps.TICK]) for i in rows_where(bidding)]
    assert quotes[trader.TICK][bidding].tolist() == ticks
    assert in_all_blocks(rows_where(bidding))


def test_bills(day: Day) -> None:
    day.run("markets.billing.settle_billing")
    p, f, first = day.before.p, day.before.startup_f32.astype(float), day.account(0)
    cash, online = day.before.account_i64[accounts.CASH_FEN, first:], day.before.startup_i32[s.ONLINE_CARDS]
    contracts, slots = day.before.contract_i32.astype(np.int64), day.before.startup_i32

    def fen(cny: float) -> int:
        return int(np.floor(cny * FEN + 0.5))

    def bill(i: int) -> tuple[int, bool]:
        """What is paid out less what comes in, and whether it could not pay all."""
        revenue = fen(f[s.CALLS_CARDS, i] * f[s.REVENUE_PER_CALL, i] / DAYS_PER_MONTH)
        records = [contracts[slots[slot, i]] for slot in (s.FIRST_CONTRACT, s.SECOND_CONTRACT)]
        rents = sum(int(record[s.RENT_FEN] * record[s.SERVED_TODAY]) for record in records)
        has = int(cash[i]) + revenue
        costs = fen(p[pc.OPEX] / DAYS_PER_MONTH) * int(online[i]) + fen(p[pu.STAFF] * f[s.SCALE, i] / DAYS_PER_MONTH)
        return min(rents + costs, has) - revenue, has < rents + costs

    gained = day.after.account_i64[:, first:] - day.before.account_i64[:, first:]
    for column in (accounts.CASH_FEN, accounts.AUDIT):
        assert_rows(gained[column], lambda i: -bill(i)[0] if day.is_alive(i) else 0)
    insolvent = day.after.startup_i8[s.IS_INSOLVENT]
    assert_rows(insolvent, lambda i: bill(i)[1] if day.is_alive(i) else day.before.startup_i8[s.IS_INSOLVENT, i])


def test_ends_and_beginnings(day: Day) -> None:
    day.reach("markets.billing.settle_billing")
    alive = np.flatnonzero(day.model.world.startup_i8[s.STATUS] == s.ALIVE)
    day.model.world.startup_i8[s.IS_INSOLVENT, alive[[50, -1]]] = 1
    day.run("markets.entry.settle_entry")
    status, gives_up = day.before.startup_i8[s.STATUS], day.before.startup_i8[s.DESIRED_EXIT]
    founded = day.before.startup_i16[s.FOUNDED_DAY]

    def becomes(i: int) -> int:
        if status[i] == s.UNBORN:
            return s.ALIVE if founded[i] == T else s.UNBORN
        return s.FAILED if status[i] == s.ALIVE and gives_up[i] else int(status[i])

    assert_rows(day.after.startup_i8[s.STATUS], becomes)
    assert in_all_blocks(rows_where(day.after.startup_i8[s.STATUS] != status))


def test_the_record(day: Day) -> None:
    day.run("observers.daily.observe_day")
    assert day.after.clock[scene.BROKEN_ROW] == -1  # the books have closed
    alive = day.after.startup_i8[s.STATUS] == s.ALIVE
    f = day.after.cloud_f64
    need = day.after.startup_f32[s.NEED_CARDS].astype(float)[alive].sum() + f[hosting.c.OWN_NEED].sum()
    need += f[hosting.c.OTHER_NEED].sum()
    assert day.after.daily_f64[scene.DAY_ALIVE, T] == alive.sum()
    assert day.after.daily_f64[scene.DAY_TRUE_DEMAND, T] == pytest.approx(need, rel=1e-12)
