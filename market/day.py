"""One compiled day. GENERATED from `market.schedule.DAY` by ``python -m market.schedule``."""

from __future__ import annotations

from market.kernels.compile import compiled
from market.decisions.cloud import decide_assembly as cloud_decide_assembly
from market.decisions.cloud import decide_floors as cloud_decide_floors
from market.decisions.cloud import decide_fraction as cloud_decide_fraction
from market.decisions.cloud import decide_orders as cloud_decide_orders
from market.decisions.cloud import decide_own_need as cloud_decide_own_need
from market.decisions.cloud import decide_quotes as cloud_decide_quotes
from market.decisions.cloud import decide_set_aside as cloud_decide_set_aside
from market.decisions.hosting import decide_leases as hosting_decide_leases
from market.decisions.hosting import decide_switches as hosting_decide_switches
from market.decisions.hosting import decide_tenders as hosting_decide_tenders
from market.decisions.nvidia import decide_allotment as nvidia_decide_allotment
from market.decisions.nvidia import decide_lead_times as nvidia_decide_lead_times
from market.decisions.reserve import decide_quotes as reserve_decide_quotes
from market.decisions.server_maker import decide_line as server_maker_decide_line
from market.decisions.server_maker import decide_orders as server_maker_decide_orders
from market.decisions.server_maker import decide_quotes as server_maker_decide_quotes
from market.decisions.server_maker import decide_sales as server_maker_decide_sales
from market.decisions.speculator import decide_expectations as speculator_decide_expectations
from market.decisions.speculator import decide_heuristic as speculator_decide_heuristic
from market.decisions.speculator import decide_quotes as speculator_decide_quotes
from market.decisions.startup import decide_exit as startup_decide_exit
from market.decisions.startup import decide_need as startup_decide_need
from market.decisions.startup import decide_orders as startup_decide_orders
from market.decisions.startup import decide_quotes as startup_decide_quotes
from market.decisions.startup import decide_rounds as startup_decide_rounds
from market.decisions.valuation import decide_worth as valuation_decide_worth
from market.markets.billing import open_month as billing_open_month
from market.markets.billing import settle_billing as billing_settle_billing
from market.markets.demand import settle_demand as demand_settle_demand
from market.markets.entry import settle_entry as entry_settle_entry
from market.markets.funding import settle_rounds as funding_settle_rounds
from market.markets.leases import settle_leases as leases_settle_leases
from market.markets.primary import settle_delivery as primary_settle_delivery
from market.markets.primary import settle_orders as primary_settle_orders
from market.markets.rules import settle_rules as rules_settle_rules
from market.markets.servers import settle_assembly as servers_settle_assembly
from market.markets.serving import settle_serving as serving_settle_serving
from market.markets.spot import settle_spot as spot_settle_spot
from market.markets.switching import settle_switches as switching_settle_switches
from market.markets.tenders import settle_tenders as tenders_settle_tenders
from market.observers.daily import observe_day as daily_observe_day
from market.observers.monthly import observe_month as monthly_observe_month
from market.state.books import settle_books as books_settle_books
from market.state import scene
from market.state.log import has_room
from market.state.world import World

N_STEPS = 43


@compiled
def day(world: World, t: int, first: int, last: int) -> None:
    """Run the steps ``first <= k < last`` of day `t`."""
    # rules
    if first <= 0 < last:
        billing_open_month(world, t)
    if first <= 1 < last:
        rules_settle_rules(world, t)
    # funding
    if first <= 2 < last:
        startup_decide_rounds(world, t)
    if first <= 3 < last:
        funding_settle_rounds(world, t)
    # delivery
    if first <= 4 < last:
        nvidia_decide_allotment(world, t)
    if first <= 5 < last:
        primary_settle_delivery(world, t)
    # assembly
    if first <= 6 < last:
        cloud_decide_assembly(world, t)
    if first <= 7 < last:
        server_maker_decide_line(world, t)
    if first <= 8 < last:
        server_maker_decide_sales(world, t)
    if first <= 9 < last:
        servers_settle_assembly(world, t)
    # demand
    if first <= 10 < last:
        startup_decide_need(world, t)
    if first <= 11 < last:
        cloud_decide_own_need(world, t)
    if first <= 12 < last:
        demand_settle_demand(world, t)
    # orders
    if first <= 13 < last:
        nvidia_decide_lead_times(world, t)
    if first <= 14 < last:
        cloud_decide_orders(world, t)
    if first <= 15 < last:
        server_maker_decide_orders(world, t)
    if first <= 16 < last:
        startup_decide_orders(world, t)
    if first <= 17 < last:
        primary_settle_orders(world, t)
    # leases
    if first <= 18 < last:
        cloud_decide_fraction(world, t)
    if first <= 19 < last:
        hosting_decide_leases(world, t)
    if first <= 20 < last:
        leases_settle_leases(world, t)
    # tenders
    if first <= 21 < last:
        hosting_decide_tenders(world, t)
    if first <= 22 < last:
        cloud_decide_floors(world, t)
    if first <= 23 < last:
        tenders_settle_tenders(world, t)
    # serving
    if first <= 24 < last:
        cloud_decide_set_aside(world, t)
    if first <= 25 < last:
        serving_settle_serving(world, t)
    # switching
    if first <= 26 < last:
        hosting_decide_switches(world, t)
    if first <= 27 < last:
        switching_settle_switches(world, t)
    # spot
    if first <= 28 < last:
        valuation_decide_worth(world, t)
    if first <= 29 < last:
        cloud_decide_quotes(world, t)
    if first <= 30 < last:
        server_maker_decide_quotes(world, t)
    if first <= 31 < last:
        speculator_decide_heuristic(world, t)
    if first <= 32 < last:
        speculator_decide_expectations(world, t)
    if first <= 33 < last:
        speculator_decide_quotes(world, t)
    if first <= 34 < last:
        startup_decide_quotes(world, t)
    if first <= 35 < last:
        reserve_decide_quotes(world, t)
    if first <= 36 < last:
        spot_settle_spot(world, t)
    # billing
    if first <= 37 < last:
        billing_settle_billing(world, t)
    # entry_exit
    if first <= 38 < last:
        startup_decide_exit(world, t)
    if first <= 39 < last:
        entry_settle_entry(world, t)
    # books
    if first <= 40 < last:
        books_settle_books(world, t)
    # observe
    if first <= 41 < last:
        daily_observe_day(world, t)
    if first <= 42 < last:
        monthly_observe_month(world, t)


@compiled
def advance(world: World, first_day: int, last_day: int) -> int:
    """Run whole days ``first_day <= t < last_day``; return the day after the last one run.

    Stops early when the books do not close or when the logs have to be drained first.
    """
    for t in range(first_day, last_day):
        if not has_room(world):
            return t
        day(world, t, 0, N_STEPS)
        if world.clock[scene.BROKEN_ROW] >= 0:
            return t + 1
    return last_day
