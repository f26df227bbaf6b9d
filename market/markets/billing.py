"""Billing: rents, revenue, operation, capital cost, parents' money; and what each cloud's cards cost it.

A rent is fen per card and day times cards served, so shortfall is never billed. A startup that cannot pay all its rents
pays its hosts in proportion and is insolvent. Interest is in parts per million with the remainder carried. All amounts
are whole fen, rounded once.
"""

from __future__ import annotations

import numpy as np

from market.kernels.compile import compiled, compiled_pass
from market.kernels.drip import interest
from market.kernels.ration import scaled
from market.kernels.rows import list_few
from market.parameters import clouds as pc
from market.parameters import servers as pv
from market.parameters import spot as ps
from market.parameters import startups as pu
from market.state import accounts, scene, trader
from market.state import cloud as c
from market.state import startup as s
from market.state.columns import wide
from market.state.hosted import mark_hosted
from market.state.ledger import book, fen, owned_cards, pay, post, post_each
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
from market.state.world import AMOUNTS, BLOCK, COSTS, DAY_OF_MONTH, LISTED, UNPAID, World

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
    p, f, n, first = world.p, world.startup_f32, world.startup_i32, world.clock[scene.FIRST_STARTUP]
    all_status, money = world.startup_i8[s.STATUS], world.account_i64[accounts.CASH_FEN, first:]
    unpaid, all_costs, all_amounts = world.block_i64[UNPAID], world.block_i64[COSTS], world.block_i64[AMOUNTS]
    opex, salary = fen(p[pc.OPEX] / DAYS_PER_MONTH), p[pu.STAFF]
    subscribed, operated, employed = 0, 0, 0
    for start in range(0, all_status.shape[0], BLOCK):
        end = min(start + BLOCK, all_status.shape[0])
        status, amounts, costs = all_status[start:end], all_amounts[: end - start], all_costs[: end - start]
        subscribed += _earn(status, f[s.CALLS_CARDS][start:end], f[s.REVENUE_PER_CALL][start:end], amounts)
        post_each(world, first + start, amounts)
        _record(world.startup_month_i64[s.REVENUE_FEN], start, amounts)
        _pay_all_rents(world, start, status, unpaid, costs)
        operation, staff = _spend(
            status,
            n[s.ONLINE_CARDS][start:end],
            f[s.SCALE][start:end],
            money[start:end],
            unpaid,
            costs,
            amounts,
            world.startup_i8[s.IS_INSOLVENT][start:end],
            opex,
            salary,
        )
        post_each(world, first + start, amounts)
        _record(world.startup_month_i64[s.COST_FEN], start, costs)
        operated += operation
        employed += staff
    post(world, CUSTOMERS, -subscribed)
    post(world, SUPPLIERS, operated + employed)
    book(world, CUSTOMERS, STARTUPS, subscribed, accounts.SUBSCRIPTION)
    book(world, STARTUPS, SUPPLIERS, operated, accounts.OPERATION)
    book(world, STARTUPS, SUPPLIERS, employed, accounts.STAFF)


@compiled
def _record(months: np.ndarray, start: int, amounts: np.ndarray) -> None:
    """Add a block's amounts of the day to those of the month, for startups on the record."""
    for i in range(start, min(start + amounts.shape[0], months.shape[0])):
        months[i] += amounts[i - start]


@compiled_pass
def _earn(status: np.ndarray, calls: np.ndarray, per_call: np.ndarray, revenues: np.ndarray) -> int:
    """Revenue of the living of a block, zero for others; return the sum."""
    total = 0
    for k in range(status.shape[0]):
        revenue = fen(wide(calls[k]) * wide(per_call[k]) / DAYS_PER_MONTH)
        revenues[k] = revenue if status[k] == s.ALIVE else 0
        total += revenues[k]
    return total


@compiled
def _pay_all_rents(world: World, start: int, status: np.ndarray, unpaid: np.ndarray, paid: np.ndarray) -> None:
    """Pay the hosts of the living of a block; fill in what stays unpaid and what was paid, zero without hosts."""
    first, second = world.startup_i32[s.FIRST_CONTRACT][start:], world.startup_i32[s.SECOND_CONTRACT][start:]
    marks, listed = world.block_i8[: status.shape[0]], world.block_i64[LISTED]
    unpaid[:] = 0
    paid[:] = 0
    mark_hosted(first[: status.shape[0]], second[: status.shape[0]], marks)
    for k in range(list_few(marks, listed)):
        row = listed[k]
        if status[row] == s.ALIVE:
            rents, paid[row] = _pay_rents(world, start + row)
            unpaid[row] = rents - paid[row]


@compiled_pass
def _spend(
    status: np.ndarray,
    online: np.ndarray,
    scale: np.ndarray,
    cash: np.ndarray,
    unpaid: np.ndarray,
    costs: np.ndarray,
    amounts: np.ndarray,
    is_insolvent: np.ndarray,
    opex: int,
    salary: float,
) -> tuple[int, int]:
    """Operation and staff of the living of a block, below zero, as far as the money goes; return both sums.

    Who cannot pay all is insolvent. What should have been paid joins the costs.
    """
    operated, employed = 0, 0
    for k in range(status.shape[0]):
        is_alive = status[k] == s.ALIVE
        operation = opex * online[k] if is_alive else 0
        staff = fen(salary * wide(scale[k]) / DAYS_PER_MONTH) if is_alive else 0
        operation_paid = min(operation, cash[k])
        staff_paid = min(staff, cash[k] - operation_paid)
        is_short = (unpaid[k] > 0) | (cash[k] < operation + staff)
        is_insolvent[k] = is_short if is_alive else is_insolvent[k] != 0
        amounts[k] = -operation_paid - staff_paid
        costs[k] += operation + staff
        operated += operation_paid
        employed += staff_paid
    return operated, employed


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
