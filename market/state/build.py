"""Build the World of the first day from a scenario and a seed.

Firms are put in the order of their ids, whatever the order in the file, and every trait that is not data is drawn by
name from the seed and the firm's stable key. Opening balances come out of boundary accounts through the ledger.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from market import calendar
from market.kernels.arithmetic import log_odds
from market.kernels.luck import stable_key
from market.kernels.ration import RULES, WORK_ROWS
from market.parameters import all_parameters, clouds, orders, servers, spot, startups, supply
from market.state import accounts, cloud, primary, products, scene, startup, trader
from market.state.cast import Cast, Roll, startup_id, startup_name
from market.state.columns import narrow
from market.state.draw import draw_foresight, draw_speculators, draw_startups, endow, open_startup, spread
from market.state.handle import handle_of
from market.state.log import EVENTS_OF_A_LINE
from market.state.products import A800, FIRST_FIRM, N_PRODUCTS, N_SECTORS, NVIDIA
from market.state.world import BLOCK, FIRST_FLOOR, MAX_TENDERS, N_AUCTION_ROWS, N_PRICE_BINS, N_TURN_ROWS, World

if TYPE_CHECKING:
    from market.scenarios import Scenario
    from market.scenarios.schema import DatedRule, NamedCloud, NamedServerMaker, NamedStartup

NEVER = 10**6  # a day beyond every horizon
LOGGED_STARTUPS = 5000
RECORDED = 2000  # speculators, and startups, that have a row in the monthly record
SPARE_EVENTS = 8_000  # beyond those of the busiest day: the logs are drained when a busy day would not fit any more
SPARE_DELIVERIES = 2_000
FIRST_RECORDS = 16_384  # of contracts; a market with more contracts is given more on its way
WORK_ROOM = 4_096  # orders of one auction, and startups in turn, for which room is kept from day to day
SPARE_RATION_ROWS = 3
MANY_USERS = 0.1  # spread of worth over firms that buy for many users, against single users
FRAMEWORK_LINES = 12 * 3  # twelve a year; a buyer also orders the A class daily at most, the others weekly
DAYS_PER_QUARTER = 365.25 / 4
CARDS_PER_BUSD = 1e9
MONTHS_PER_QUARTER = 3
DAILY_MONTHS = products.DAYS_PER_MONTH


def first_day(scenario: Scenario, seed: int) -> tuple[World, Cast]:
    """Return the World of the first day and its cast."""
    firms = _Firms(scenario)
    p = np.array([scenario.parameters[parameter.name] for parameter in all_parameters()])
    world = _empty(scenario, seed, p, firms)
    handle = handle_of(world)
    _open_accounts(world, handle, firms)
    _open_products(world, scenario)
    _open_buyers(world, firms)
    _open_clouds(world, handle, firms)
    _open_traders(world, handle, firms)
    _open_startups(world, handle, firms)
    rules = tuple(rule.id for rule in _ordered_rules(scenario))
    listed = firms.ids[: firms.first_startup + min(firms.n_startups, LOGGED_STARTUPS)]
    return world, Cast(firms.ids, firms.names, rules, listed)


def with_more_records(world: World, missing: int) -> World:
    """The same world with more records of contracts: as many again, and at least those that are missing."""
    more = max(missing, len(world.contract_i32))
    return world._replace(
        contract_i32=np.concatenate([world.contract_i32, startup.CONTRACT_I32.records(more)]),
        free_records=np.concatenate([world.free_records, startup.CONTRACT_I32.records(more)[:, 0]]),
    )


class _Firms:
    """The firms of a scenario by population, in the order of their ids."""

    def __init__(self, scenario: Scenario) -> None:
        self.clouds = sorted(scenario.clouds, key=lambda firm: firm.id)
        self.makers = sorted(scenario.server_makers, key=lambda firm: firm.id)
        self.speculators = [f"speculator_{i:03d}" for i in range(scenario.population.speculators)]
        named = sorted(scenario.startups, key=lambda firm: firm.id) if scenario.population.startups else []
        self.startups = named
        self.direct = [i for i, firm in enumerate(named) if firm.buys_direct]
        ids = [*products.SECTORS[:NVIDIA], "nvidia"]
        ids += [firm.id for firm in self.clouds] + [firm.id for firm in self.makers] + self.speculators
        ids += [firm.id for firm in named]
        groups: tuple[Sequence[NamedCloud | NamedServerMaker | NamedStartup], ...] = (self.clouds, self.makers, named)
        titles = {firm.id: firm.name for group in groups for firm in group}
        names = [titles.get(id_, id_.replace("_", " ").capitalize()) for id_ in ids]
        self.n_startups = scenario.population.startups
        self.ids = Roll(ids, self.n_startups - len(named), startup_id)
        self.names = Roll(names, self.n_startups - len(named), startup_name)
        self.first_maker = FIRST_FIRM + len(self.clouds)
        self.first_speculator = self.first_maker + len(self.makers)
        self.first_startup = self.first_speculator + len(self.speculators)

    @property
    def buyers(self) -> list[tuple[int, bool]]:
        """(account, insists on a penalty) of every direct buyer: clouds, server makers, named startups."""
        rows = [(FIRST_FIRM + i, firm.insists_on_penalty) for i, firm in enumerate(self.clouds)]
        rows += [(self.first_maker + i, firm.insists_on_penalty) for i, firm in enumerate(self.makers)]
        return rows + [(self.first_startup + i, self.startups[i].insists_on_penalty) for i in self.direct]


def _empty(scenario: Scenario, seed: int, p: np.ndarray, firms: _Firms) -> World:
    n_clouds, n_makers, n_startups = len(firms.clouds), len(firms.makers), firms.n_startups
    n_speculators, n_accounts = len(firms.speculators), len(firms.ids)
    n_buyers, days = len(firms.buyers), calendar.N_DAYS
    n_orders = max(n_buyers, 1) * (days + (N_PRODUCTS - 1) * (days // 7 + 2) + FRAMEWORK_LINES)
    logged, lines = min(n_startups, LOGGED_STARTUPS), N_PRODUCTS * n_buyers
    busy_day = 32 * logged + n_orders + (1 + EVENTS_OF_A_LINE) * lines + 2 * MAX_TENDERS * n_clouds
    n_records = 1 + min(startup.N_SLOTS * n_startups, FIRST_RECORDS)
    recorded = firms.first_speculator - NVIDIA + min(n_speculators, RECORDED) + min(n_startups, RECORDED)
    width = max(n_buyers, n_clouds, MAX_TENDERS)
    block = min(n_accounts, BLOCK)
    return World(
        clock=_clock(scenario, seed, firms),
        p=p,
        calendar=np.stack(
            [calendar.MONTH_OF_DAY, calendar.DAY_OF_MONTH, calendar.DAYS_IN_MONTH, calendar.WEEKDAY]
        ).astype(np.int64),
        climate=_climate(scenario),
        supply=_supply(scenario, p),
        rule_f64=_rules(scenario),
        account_i64=accounts.ACCOUNT_I64.zeros(n_accounts),
        key_i64=accounts.KEY_I64.zeros(len(firms.ids.kept)),
        firm_i64=accounts.FIRM_I64.zeros(firms.first_startup),
        belief_f64=accounts.BELIEF_F64.zeros(firms.first_startup),
        card_i64=accounts.CARD_I64.zeros(firms.first_startup),
        cash_flow=np.zeros((len(accounts.MONEY), N_SECTORS), dtype=np.int64),
        card_flow=np.zeros((len(accounts.MOVES), accounts.N_CARD_ROWS, N_SECTORS), dtype=np.int64),
        sector_totals=np.zeros((accounts.N_CARD_ROWS + 1, N_SECTORS), dtype=np.int64),
        cloud_i64=cloud.I64.zeros(n_clouds),
        cloud_f64=cloud.F64.zeros(n_clouds),
        maker_i64=trader.MAKER_I64.zeros(n_makers),
        maker_f64=trader.MAKER_F64.zeros(n_makers),
        speculator_i64=trader.SPECULATOR_I64.zeros(n_speculators),
        speculator_f64=trader.SPECULATOR_F64.zeros(n_speculators),
        startup_i64=startup.I64.zeros(n_startups),
        startup_i32=startup.I32.zeros(n_startups),
        startup_i16=startup.I16.zeros(n_startups),
        startup_i8=startup.I8.zeros(n_startups),
        startup_f32=startup.F32.zeros(n_startups),
        startup_month_i64=startup.MONTH_I64.zeros(min(n_startups, RECORDED)),
        contract_i32=startup.CONTRACT_I32.records(n_records),
        free_records=startup.CONTRACT_I32.records(n_records)[:, 0].copy(),
        quote_i32=trader.QUOTE_I32.zeros(n_accounts),
        h20_quote_i32=trader.H20_QUOTE_I32.zeros(firms.first_startup),
        buyer_i64=primary.BUYER_I64.zeros(N_PRODUCTS, n_buyers),
        buyer_f64=primary.BUYER_F64.zeros(N_PRODUCTS, n_buyers),
        buyer_account=primary.BUYER_ACCOUNT.zeros(n_buyers),
        order_i64=primary.ORDER_I64.zeros(n_orders),
        open_orders=np.zeros(n_orders, dtype=np.int64),
        event_i64=scene.EVENT_I64.zeros(SPARE_EVENTS + busy_day),
        ended_i32=startup.ENDED_I32.records(2000 + 8 * logged),
        delivery_i64=primary.DELIVERY_I64.zeros(SPARE_DELIVERIES + n_orders + lines),
        product_f64=scene.PRODUCT_F64.zeros(N_PRODUCTS),
        scene_f64=scene.SCENE_F64.zeros(),
        daily_f64=scene.DAILY_F64.zeros(days),
        firm_f64=scene.FIRM_F64.zeros(calendar.N_MONTHS, recorded),
        tender_i64=np.zeros((FIRST_FLOOR + n_clouds, MAX_TENDERS), dtype=np.int64),
        bin_i64=np.zeros((n_clouds, N_PRICE_BINS), dtype=np.int64),
        share_f64=np.zeros((n_clouds, N_PRICE_BINS)),
        auction=np.zeros((N_AUCTION_ROWS, min(n_accounts, WORK_ROOM) + 1), dtype=np.int64),
        histogram=np.zeros((2, int(p[spot.N_TICKS])), dtype=np.int64),
        turn=np.zeros((N_TURN_ROWS, max(min(n_startups, WORK_ROOM), MAX_TENDERS)), dtype=np.int64),
        ration=np.zeros((WORK_ROWS + SPARE_RATION_ROWS, width), dtype=np.int64),
        host_f64=np.zeros((2, n_clouds)),
        block_f64=np.zeros((4, block)),
        block_i64=np.zeros((4, block), dtype=np.int64),
        block_i8=np.zeros(block, dtype=np.int8),
    )


def _clock(scenario: Scenario, seed: int, firms: _Firms) -> np.ndarray:
    clock = scene.CLOCK_I64.zeros()
    clock[scene.SEED] = seed
    clock[scene.FIRST_CLOUD] = FIRST_FIRM
    clock[scene.FIRST_MAKER] = firms.first_maker
    clock[scene.FIRST_SPECULATOR] = firms.first_speculator
    clock[scene.FIRST_STARTUP] = firms.first_startup
    clock[scene.ALLOTMENT_RULE] = RULES.get(scenario.market.allotment, 0)
    clock[scene.LOG_LIMIT] = LOGGED_STARTUPS
    clock[scene.BROKEN_ROW] = -1
    return clock


# ------------------------------------------------------------------ exogenous series


def _climate(scenario: Scenario) -> np.ndarray:
    """The funding climate of each day: straight lines between its points, level before and after them.

    Each operation is rounded by itself; `numpy.interp` may round two at once on some processors.
    """
    days = np.array([calendar.day_of(point.on) for point in scenario.funding.climate])
    levels = np.array([point.level for point in scenario.funding.climate])
    slopes = np.append(np.diff(levels) / np.diff(days), 0.0)
    today = np.clip(np.arange(calendar.N_DAYS), days[0], days[-1])
    before = np.searchsorted(days, today, side="right") - 1
    return slopes[before] * (today - days[before]) + levels[before]


def _supply(scenario: Scenario, p: np.ndarray) -> np.ndarray:
    """Cards a month of each product on each day, before rules."""
    days = np.arange(calendar.N_DAYS)
    flow = np.zeros((N_PRODUCTS, calendar.N_DAYS))
    per_busd = CARDS_PER_BUSD * p[supply.CARD_SHARE] / p[supply.REVENUE_PER_CARD] / MONTHS_PER_QUARTER
    for quarter in scenario.supply.china_revenue:
        flow[A800, days >= calendar.day_of(quarter.from_)] = quarter.busd * per_busd
    last = calendar.day_of(scenario.supply.china_revenue[-1].from_)
    quarters = np.maximum(days - last - DAYS_PER_QUARTER, 0.0) / DAYS_PER_QUARTER
    flow[A800] *= 1.0 + p[supply.LATER_GROWTH] * quarters
    for item in scenario.substitutes:
        launch = calendar.day_of(item.launch)
        months = np.maximum(days - launch, 0) / DAILY_MONTHS
        flow[products.PRODUCTS.index(item.product)] = np.where(
            days >= launch, item.monthly_cards * (1.0 + item.monthly_growth * months), 0.0
        )
    return flow


def _ordered_rules(scenario: Scenario) -> list[DatedRule]:
    return sorted(scenario.rules, key=lambda rule: rule.id)


def _rules(scenario: Scenario) -> np.ndarray:
    rows = scene.RULE_F64.zeros(len(scenario.rules))
    for r, rule in enumerate(_ordered_rules(scenario)):
        rows[scene.RUMOURED_DAY, r] = -1 if rule.rumoured is None else calendar.day_of(rule.rumoured)
        rows[scene.ANNOUNCED_DAY, r] = calendar.day_of(rule.announced)
        rows[scene.EFFECTIVE_DAY, r] = calendar.day_of(rule.effective)
        rows[scene.ENFORCED_DAY, r] = calendar.day_of(rule.enforced or rule.effective)
        rows[scene.LIFTED_DAY, r] = -1 if rule.lifted is None else calendar.day_of(rule.lifted)
        rows[scene.RULE_SEVERITY, r] = rule.severity
        rows[scene.HAS_SUBSTITUTE, r] = float(rule.substitute_announced)
        rows[scene.PRODUCT_MASK, r] = sum(1 << products.PRODUCTS.index(name) for name in rule.products)
    return rows


# ------------------------------------------------------------------ opening balances


def _open_accounts(world: World, handle: World, firms: _Firms) -> None:
    world.key_i64[accounts.KEY] = _keys_of(firms.ids.kept)
    base = log_odds(world.p[orders.BASE_BELIEF])
    world.belief_f64[accounts.BAN_LOG_ODDS, FIRST_FIRM:] = base
    world.belief_f64[accounts.BAN_BELIEF, FIRST_FIRM:] = world.p[orders.BASE_BELIEF]
    world.scene_f64[scene.MEAN_BELIEF] = base
    draw_foresight(handle)


@functools.lru_cache(maxsize=16)
def _keys_of(ids: tuple[str, ...]) -> np.ndarray:
    """Stable keys of these ids; a sweep asks for the same ones thousands of times."""
    return np.array([stable_key(id_) for id_ in ids], dtype=np.int64)


def _open_products(world: World, scenario: Scenario) -> None:
    p, prices = world.p, world.product_f64
    prices[scene.CONTRACT_CNY] = p[supply.CONTRACT_PRICE]
    prices[scene.PERFORMANCE] = 1.0
    prices[scene.LAUNCH_DAY] = NEVER
    prices[scene.LAUNCH_DAY, A800] = 0
    for item in scenario.substitutes:
        k = products.PRODUCTS.index(item.product)
        prices[scene.CONTRACT_CNY, k] = item.price_cny
        prices[scene.PERFORMANCE, k] = item.performance
        prices[scene.LAUNCH_DAY, k] = calendar.day_of(item.launch)
        prices[scene.INTEGRATION_LEFT, k] = item.integration_days * p[servers.FAST_INTEGRATION]
    prices[scene.SMOOTHED_SUPPLY] = world.supply[:, 0]
    prices[scene.SPOT_CNY] = prices[scene.CONTRACT_CNY]
    prices[scene.SPOT_CNY, A800] = p[spot.OPENING]
    prices[scene.LAST_CNY] = prices[scene.SPOT_CNY]
    prices[scene.SMOOTHED_CNY] = prices[scene.SPOT_CNY]
    prices[scene.LEAD_DAYS] = p[supply.LEAD_0]
    scenes, life = world.scene_f64, p[clouds.LIFE]
    scenes[scene.PRESENT_VALUE_MONTHS] = _present_value_months(int(life), 1.0 / (1.0 + p[spot.DISCOUNT]))
    scenes[scene.CARD_LIFE_DAYS] = life * DAILY_MONTHS
    scenes[scene.LIST_RENT] = p[clouds.LIST_RENT]
    scenes[scene.MEAN_FRACTION] = p[clouds.FRACTION_START]
    scenes[scene.MARKET_UTILISATION] = p[orders.TARGET_UTILISATION]
    scenes[scene.CLIMATE] = world.climate[0]
    scenes[scene.SPOT_COVER] = p[spot.COVER_DAYS]


def _present_value_months(life_months: int, discount: float) -> float:
    """Present value of one a month; by products, since the C library's power has another last bit elsewhere."""
    value, factor = 0.0, 1.0
    for _ in range(life_months):
        factor *= discount
        value += factor
    return value


def _open_buyers(world: World, firms: _Firms) -> None:
    for b, (account, insists) in enumerate(firms.buyers):
        world.buyer_account[primary.ACCOUNT, b] = account
        world.buyer_account[primary.INSISTS, b] = int(insists)
    world.buyer_f64[primary.EXPECTED_LEAD_DAYS] = world.p[supply.LEAD_0]
    world.buyer_f64[primary.FILL_RATE] = 1.0
    world.buyer_f64[primary.CREDIBILITY] = 1.0


def _open_clouds(world: World, handle: World, firms: _Firms) -> None:
    p, n, f = world.p, world.cloud_i64, world.cloud_f64
    for i, firm in enumerate(firms.clouds):
        account = FIRST_FIRM + i
        endow(handle, account, products.PARENTS, p[clouds.PARENT_BUFFER], firm.stock_cards, firm.online_cards)
        n[cloud.STATUS, i] = 1
        n[cloud.IS_NAMED, i] = int(firm.named)
        n[cloud.BUYER, i] = i
        n[cloud.FRAMEWORK, i] = int(firm.framework_orders)
        n[cloud.ASPIRATION, i] = cloud.ASPIRATIONS.index(firm.aspiration)
        n[cloud.CAPACITY, i] = firm.online_cards
        f[cloud.SHARE, i] = firm.share
        f[cloud.POSTED_FRACTION, i] = p[clouds.FRACTION_START]
        f[cloud.DESIRED_FRACTION, i] = p[clouds.FRACTION_START]
        f[cloud.OWN_BASE, i] = firm.own_training_cards
        f[cloud.OWN_BOOM, i] = firm.own_training_boom_cards
        f[cloud.OWN_NEED, i] = firm.own_training_cards
        f[cloud.OWN_PRIORITY, i] = firm.own_training_priority
        f[cloud.OTHER_BASE, i] = firm.other_cards
        f[cloud.OTHER_NEED, i] = firm.other_cards
        need = float(firm.own_training_cards + firm.other_cards)
        f[cloud.NEED, i] = need
        f[cloud.SMOOTHED_NEED, i] = need
        f[cloud.GROWTH, i] = p[clouds.OTHER_GROWTH] * firm.other_cards / 365.0
        f[cloud.UTILISATION, i] = min(need / max(firm.online_cards, 1), 1.0)
        f[cloud.TIGHTNESS, i] = need / max(firm.online_cards + firm.stock_cards, 1)
        f[cloud.TASTE, i] = spread(handle, account, 1, p[spot.TASTE] * MANY_USERS)
        f[cloud.RESERVATION_CNY, i] = p[spot.OPENING]


def _open_traders(world: World, handle: World, firms: _Firms) -> None:
    p = world.p
    for i, firm in enumerate(firms.makers):
        account = firms.first_maker + i
        endow(handle, account, products.INVESTORS, p[servers.MAKER_CASH], firm.stock_cards, 0)
        world.maker_i64[trader.BUYER, i] = len(firms.clouds) + i
        world.maker_i64[trader.LINE, i] = int(firm.servers_per_day * p[servers.CARDS_PER_SERVER])
        world.maker_f64[trader.MAKER_ASK_CNY, i] = p[spot.OPENING]
        world.maker_f64[trader.MAKER_RESERVATION_CNY, i] = p[spot.OPENING]
        world.maker_f64[trader.MAKER_TASTE, i] = spread(handle, account, 1, p[spot.TASTE] * MANY_USERS)
    draw_speculators(handle)


def _open_startups(world: World, handle: World, firms: _Firms) -> None:
    for column in (startup.BUYER, startup.LAST_TENDER_DAY, startup.ASKED_MAKER):
        world.startup_i16[column] = -1
    for b, i in enumerate(firms.direct):
        world.startup_i16[startup.BUYER, i] = len(firms.clouds) + len(firms.makers) + b
    draw_startups(handle, len(firms.startups), np.cumsum(world.climate))
    for i, firm in enumerate(firms.startups):
        _open_named_startup(world, handle, i, firm)


def _open_named_startup(world: World, handle: World, i: int, firm: NamedStartup) -> None:
    p, f = world.p, world.startup_f32
    f[startup.CALLS_CARDS, i] = narrow(float(firm.calls_cards))
    f[startup.CALLS_GROWTH, i] = narrow(firm.calls_growth / DAILY_MONTHS)
    f[startup.AMBITION_CARDS, i] = narrow(float(firm.ambition_cards))
    f[startup.SCALE, i] = narrow(firm.cash_cny / p[startups.CASH] if p[startups.CASH] > 0.0 else 1.0)
    world.startup_i16[startup.AMBITION_DAY, i] = calendar.day_of(firm.ambition_from)
    founded = -1 if firm.founded < calendar.FIRST_DAY else calendar.day_of(firm.founded)
    open_startup(handle, i, founded, float(firm.cash_cny), firm.own_cards if founded < 0 else 0)


__all__: Sequence[str] = ("first_day", "with_more_records")
