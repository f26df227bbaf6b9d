"""The monthly record of firms, written on the last day of a month from their columns."""

from __future__ import annotations

import numpy as np

from market.kernels.compile import compiled
from market.state import accounts, scene, trader
from market.state import cloud as c
from market.state import startup as s
from market.state.ledger import cards_of
from market.state.products import N_PRODUCTS, N_STAGES, NVIDIA
from market.state.world import DAY_OF_MONTH, DAYS_IN_MONTH, MONTH, World

FEN = 100.0


@compiled
def observe_month(world: World, t: int) -> None:
    """Add today's sales of NVIDIA; on the last day of a month write every recorded firm's row."""
    month, firms = world.calendar[MONTH, t], world.firm_f64
    firms[scene.FIRM_REVENUE, month, 0] += world.scene_f64[scene.NVIDIA_REVENUE]
    if world.calendar[DAY_OF_MONTH, t] + 1 != world.calendar[DAYS_IN_MONTH, t]:
        return
    first_startup = recorded_before_startups(world)
    for k in range(firms.shape[2]):
        account = NVIDIA + k if k < first_startup else world.clock[scene.FIRST_STARTUP] + k - first_startup
        firm = firms[:, month, k]
        for stage in range(N_STAGES):
            cards = 0
            for product in range(N_PRODUCTS):
                cards += cards_of(world, product, stage, account)
            firm[scene.FIRM_TRANSIT + stage] = cards
        firm[scene.FIRM_CASH] = world.account_i64[accounts.CASH_FEN, account] / FEN
        firm[scene.FIRM_BELIEF] = np.nan
    _observe_clouds(world, month)
    _observe_others(world, month)


@compiled
def recorded_before_startups(world: World) -> int:
    """Rows of the record before those of startups: NVIDIA, clouds, server makers, and the first speculators."""
    return world.firm_f64.shape[2] - world.startup_month_i64.shape[1]


@compiled
def _observe_clouds(world: World, month: int) -> None:
    n, f, clock = world.cloud_i64, world.cloud_f64, world.clock
    served = 1e-9
    for i in range(n.shape[1]):
        served += n[c.CONTRACT_SERVED, i] + n[c.OTHER_SERVED, i]
    for i in range(n.shape[1]):
        account = clock[scene.FIRST_CLOUD] + i
        firm = world.firm_f64[:, month, account - NVIDIA]
        firm[scene.FIRM_REVENUE] = n[c.MONTH_REVENUE_FEN, i] / FEN
        firm[scene.FIRM_OPEX] = n[c.MONTH_OPEX_FEN, i] / FEN
        firm[scene.FIRM_HISTORIC] = n[c.MONTH_HISTORIC_FEN, i] / FEN
        firm[scene.FIRM_REPLACEMENT] = n[c.MONTH_REPLACEMENT_FEN, i] / FEN
        firm[scene.FIRM_COST] = (n[c.MONTH_OPEX_FEN, i] + n[c.MONTH_HISTORIC_FEN, i]) / FEN
        firm[scene.FIRM_OWN_SHARE] = n[c.MONTH_OWN_DAYS, i] / max(n[c.MONTH_ONLINE_DAYS, i], 1)
        firm[scene.FIRM_FREE] = n[c.FREE, i]
        firm[scene.FIRM_NEED] = f[c.NEED, i]
        firm[scene.FIRM_FRACTION] = f[c.POSTED_FRACTION, i]
        firm[scene.FIRM_BELIEF] = world.belief_f64[accounts.BAN_BELIEF, account]
        firm[scene.FIRM_SHARE] = (n[c.CONTRACT_SERVED, i] + n[c.OTHER_SERVED, i]) / served


@compiled
def _observe_others(world: World, month: int) -> None:
    firms, clock, first_startup = world.firm_f64, world.clock, recorded_before_startups(world)
    for i in range(world.maker_i64.shape[1]):
        firm = firms[:, month, clock[scene.FIRST_MAKER] + i - NVIDIA]
        firm[scene.FIRM_REVENUE] = world.maker_i64[trader.MAKER_REVENUE_FEN, i] / FEN
        firm[scene.FIRM_COST] = world.maker_i64[trader.MAKER_COST_FEN, i] / FEN
    for i in range(world.speculator_i64.shape[1]):
        account = clock[scene.FIRST_SPECULATOR] + i
        if account - NVIDIA >= first_startup:
            break
        firm = firms[:, month, account - NVIDIA]
        firm[scene.FIRM_REVENUE] = world.speculator_i64[trader.MONTH_SALES_FEN, i] / FEN
        firm[scene.FIRM_COST] = world.speculator_i64[trader.MONTH_COST_FEN, i] / FEN
        firm[scene.FIRM_BELIEF] = world.belief_f64[accounts.BAN_BELIEF, account]
    for i in range(world.startup_month_i64.shape[1]):
        firm = firms[:, month, first_startup + i]
        firm[scene.FIRM_REVENUE] = world.startup_month_i64[s.REVENUE_FEN, i] / FEN
        firm[scene.FIRM_COST] = world.startup_month_i64[s.COST_FEN, i] / FEN
        firm[scene.FIRM_NEED] = world.startup_f32[s.NEED_CARDS, i]
