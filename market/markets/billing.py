"""Billing: rents, revenue, operation, capital cost, parents' money; and what each cloud's cards cost it.

A rent is fen per card and day times cards served, so shortfall is never billed. A startup that cannot pay all its rents
pays its hosts in proportion and is insolvent. Interest is in parts per million with the remainder carried. All amounts
are whole fen, rounded once.
"""

from __future__ import annotations

from market.kernels.compile import compiled
from market.kernels.drip import interest
from market.kernels.ration import scaled
from market.parameters import clouds as pc
from market.parameters import servers as pv
from market.parameters import spot as ps
from market.parameters import startups as pu
from market.state import accounts, scene, trader
from market.state import cloud as c
from market.state import startup as s
from market.state.columns import wide
from market.state.ledger import book, fen, owned_cards, pay, post
from market.state.products import (
    A800,
    CUSTOMERS,
    DAYS_PER_MONTH,
    N_PRODUCTS,
    N_STAGES,
    ONLINE,
    PARENTS,
    SPECULATORS,
    STARTUPS,
    SUPPLIERS,
)
from market.state.world import DAY_OF_MONTH, World

PARTS = 1_000_000


@compiled
def settle_billing(world: World, t: int) -> None:
    """Bill the day."""
    _bill_startups(world)
    _bill_clouds(world)
    _charge_speculators(world)


@compiled
def open_month(world: World, t: int) -> None:
    """On the first day of a month, before anything is sold, begin the firms' records of the month."""
    if world.calendar[DAY_OF_MONTH, t] != 0:
        return
    n = world.cloud_i64
    for row in (
        c.MONTH_REVENUE_FEN,
        c.MONTH_OPEX_FEN,
        c.MONTH_HISTORIC_FEN,
        c.MONTH_REPLACEMENT_FEN,
        c.MONTH_ONLINE_DAYS,
        c.MONTH_OWN_DAYS,
    ):
        n[row] = 0
    world.startup_month_i64[s.REVENUE_FEN] = 0
    world.startup_month_i64[s.COST_FEN] = 0
    world.maker_i64[trader.MAKER_REVENUE_FEN] = 0
    world.maker_i64[trader.MAKER_COST_FEN] = 0
    world.speculator_i64[trader.MONTH_SALES_FEN] = 0
    world.speculator_i64[trader.MONTH_COST_FEN] = 0


@compiled
def online_cards(world: World, account: int) -> int:
    """Cards of all products that an account has online."""
    total = 0
    for product in range(N_PRODUCTS):
        total += world.card_i64[product * N_STAGES + ONLINE, account]
    return total


@compiled
def _bill_startups(world: World) -> None:
    """Application revenue in; rents, operation of own cards and staff out, in this order."""
    p, f, first = world.p, world.startup_f32, world.clock[scene.FIRST_STARTUP]
    status, is_insolvent = world.startup_i8[s.STATUS], world.startup_i8[s.IS_INSOLVENT]
    money, online = world.account_i64[accounts.CASH_FEN, first:], world.startup_i32[s.ONLINE_CARDS]
    first_contract, second_contract = world.startup_i32[s.FIRST_CONTRACT], world.startup_i32[s.SECOND_CONTRACT]
    calls, per_call, scale = f[s.CALLS_CARDS], f[s.REVENUE_PER_CALL], f[s.SCALE]
    months, recorded = world.startup_month_i64, world.startup_month_i64.shape[1]
    opex, salary = fen(p[pc.OPEX] / DAYS_PER_MONTH), p[pu.STAFF]
    subscribed, operated, employed = 0, 0, 0
    for i in range(status.shape[0]):
        if status[i] != s.ALIVE:
            continue
        revenue = fen(wide(calls[i]) * wide(per_call[i]) / DAYS_PER_MONTH)
        earned, rents, payable = revenue, 0, 0
        if first_contract[i] > 0 or second_contract[i] > 0:
            post(world, first + i, revenue)
            earned = 0
            rents, payable = _pay_rents(world, i)
        cash, operation, staff = money[i] + earned, opex * online[i], fen(salary * wide(scale[i]) / DAYS_PER_MONTH)
        is_insolvent[i] = 1 if payable < rents or cash < operation + staff else 0
        operation_paid = min(operation, cash)
        staff_paid = min(staff, cash - operation_paid)
        post(world, first + i, earned - operation_paid - staff_paid)
        subscribed += revenue
        operated += operation_paid
        employed += staff_paid
        if i < recorded:
            months[s.REVENUE_FEN, i] += revenue
            months[s.COST_FEN, i] += payable + operation + staff
    post(world, CUSTOMERS, -subscribed)
    post(world, SUPPLIERS, operated + employed)
    book(world, CUSTOMERS, STARTUPS, subscribed, accounts.SUBSCRIPTION)
    book(world, STARTUPS, SUPPLIERS, operated, accounts.OPERATION)
    book(world, STARTUPS, SUPPLIERS, employed, accounts.STAFF)


@compiled
def _pay_rents(world: World, i: int) -> tuple[int, int]:
    """Pay the hosts of startup `i` for what they served, in proportion if the money falls short: (due, paid)."""
    contracts, slots, account = world.contract_i32, world.startup_i32, world.clock[scene.FIRST_STARTUP] + i
    first, second = slots[s.FIRST_CONTRACT, i], slots[s.SECOND_CONTRACT, i]
    rents = 0
    for record in (first, second):
        rents += contracts[record, s.RENT_FEN] * contracts[record, s.SERVED_TODAY]
    payable = min(rents, world.account_i64[accounts.CASH_FEN, account])
    before = 0
    for record in (first, second):
        due = contracts[record, s.RENT_FEN] * contracts[record, s.SERVED_TODAY]
        if due > 0:
            paid = due
            if payable < rents:
                paid = scaled(payable, before + due, rents)[0] - scaled(payable, before, rents)[0]
            before += due
            cloud = contracts[record, s.CLOUD]
            pay(world, account, world.clock[scene.FIRST_CLOUD] + cloud, paid, accounts.RENT)
            world.cloud_i64[c.MONTH_REVENUE_FEN, cloud] += paid
    return rents, payable


@compiled
def _bill_clouds(world: World) -> None:
    """Other industries and application customers pay for realised use; operation; parents pay in."""
    p, n, f = world.p, world.cloud_i64, world.cloud_f64
    money = world.account_i64[accounts.CASH_FEN]
    spot = world.product_f64[scene.SPOT_CNY, A800]
    opex = fen(p[pc.OPEX] / DAYS_PER_MONTH)
    life_days = world.scene_f64[scene.CARD_LIFE_DAYS]
    for i in range(n.shape[1]):
        account = world.clock[scene.FIRST_CLOUD] + i
        rent = world.scene_f64[scene.LIST_RENT] * f[c.POSTED_FRACTION, i] / DAYS_PER_MONTH
        callers = f[c.CURIOUS, i] * p[pc.CALLER_CARDS]  # their cards are paid by the call
        by_card = f[c.OTHER_NEED, i] / max(f[c.OTHER_NEED, i] + callers, 1.0)
        used = fen(p[pc.REALISED_USE] * by_card * n[c.OTHER_SERVED, i] * rent)
        calls = fen(f[c.CURIOUS, i] * p[pc.CALLER_REVENUE] / DAYS_PER_MONTH) if n[c.STATUS, i] == 1 else 0
        pay(world, CUSTOMERS, account, used + calls, accounts.SERVICE_SALE)
        n[c.MONTH_REVENUE_FEN, i] += used + calls
        online = online_cards(world, account)
        operation = opex * online
        if money[account] < operation + fen(p[pc.PARENT_BUFFER]) and p[pc.PARENT_SUPPORT] > 0.0 and n[c.STATUS, i] == 1:
            pay(world, PARENTS, account, operation + 2 * fen(p[pc.PARENT_BUFFER]) - money[account], accounts.INVESTMENT)
        if money[account] < operation:
            n[c.STATUS, i] = 0
        pay(world, account, SUPPLIERS, min(operation, money[account]), accounts.OPERATION)
        n[c.MONTH_OPEX_FEN, i] += operation
        owned = max(owned_cards(world, account), 1)
        n[c.MONTH_HISTORIC_FEN, i] += int(world.firm_i64[accounts.BASIS_FEN, account] / owned * online / life_days)
        n[c.MONTH_REPLACEMENT_FEN, i] += fen(online * (spot + p[pv.SERVER_COST]) / life_days)
        n[c.MONTH_ONLINE_DAYS, i] += n[c.CAPACITY, i]
        n[c.MONTH_OWN_DAYS, i] += n[c.OWN_SERVED, i]


@compiled
def _charge_speculators(world: World) -> None:
    """Storage and capital cost of the cards held, on what was paid for them."""
    rate = int(world.p[ps.CARRY] * PARTS / DAYS_PER_MONTH)
    charged = 0
    for i in range(world.speculator_i64.shape[1]):
        account = world.clock[scene.FIRST_SPECULATOR] + i
        basis = world.firm_i64[accounts.BASIS_FEN, account]
        if basis == 0:
            continue
        cost, carry = interest(basis, rate, world.firm_i64[accounts.INTEREST_CARRY, account])
        world.firm_i64[accounts.INTEREST_CARRY, account] = carry
        paid = min(cost, world.account_i64[accounts.CASH_FEN, account])
        post(world, account, -paid)
        charged += paid
        world.speculator_i64[trader.MONTH_COST_FEN, i] += paid
    post(world, SUPPLIERS, charged)
    book(world, SPECULATORS, SUPPLIERS, charged, accounts.INTEREST)
