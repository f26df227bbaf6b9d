"""Startups of the tuned twin: what they have is kept, not added up; their days are a few loops with local names."""

# ruff: noqa: PLR1730  (a comparison is quicker than a call of min)

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from tests.benchmarks import idiomatic
from tests.benchmarks.opening import Traits
from tests.benchmarks.rules import (
    A800,
    ALIVE,
    DAYS_PER_MONTH,
    DAYS_PER_WEEK,
    FAILED,
    FEN_PER_CNY,
    LEAST_GROWTH,
    LEAST_MONTHS,
    SMALLEST_LEASE,
    STARTUP_FAILED,
    STOPPED,
    UNMET_SHARE,
    as_a_class,
    boom,
    fen,
    inflated_ambition,
    logistic,
)

if TYPE_CHECKING:
    from tests.benchmarks.tuned.clouds import Cloud
    from tests.benchmarks.tuned.model import TunedMarket


class Startup(idiomatic.Startup):
    """A startup that keeps its own compute, the cards promised to it and its staff cost as numbers."""

    model: TunedMarket

    def __init__(self, model: TunedMarket, traits: Traits, row: int) -> None:
        super().__init__(model, traits, row)
        self.row = row
        self.promised = 0
        self.staff_fen = fen(model.p["startups.staff_cny_per_month"] * self.scale / DAYS_PER_MONTH)
        self.count_online()

    def count_online(self) -> None:
        """Add up the cards online, after a change."""
        self.online_cards = sum(self.online)
        self.own = as_a_class(self.model.performance, self.online)

    def contract_cards(self) -> int:
        """Cards promised by its hosts."""
        return self.promised

    def gap(self, need: float) -> float:
        """Part of a need that neither its own cards nor a contract cover."""
        gap = need - self.own - self.promised
        return gap if gap > 0.0 else 0.0

    def buy(self, product: int, cards: int, price_fen: int) -> None:
        """Buy in the auction."""
        super().buy(product, cards, price_fen)
        self.model.holders[self] = None

    def unrack(self) -> None:
        """Take all cards out of their servers."""
        super().unrack()
        self.count_online()

    def bid_for_servers(self) -> None:
        """Bid for a part of what is missing, within the budget."""
        market = self.model
        gap = self.need_cards - self.own - self.promised
        if self.stock[0] or self.stock[1] or self.assembly[0] or self.assembly[1]:
            gap -= self.equivalents(self.stock, self.assembly)
        if self.buys_direct:
            gap = max(gap, 0.0) - self.lines[A800].backlog_cards
        gap = min(gap, market.compute_share * self.cash_fen / FEN_PER_CNY / market.server_price)
        cards = int(max(gap, 0.0) * market.buy_rate + self.random.random())  # luck: quote(self.key)
        if cards > 0:
            price = min(self.reservation_cny, market.resale_cap)
            tick = min(max(int(price / market.tick_cny), 1), market.highest_tick)
            market.bids[A800].append((tick, cards, self))

    def best_host(self, cards: float, at_least: float) -> Cloud | None:
        """The cloud of highest value, taste included, that has enough free cards."""
        market, expovariate, log = self.model, self.random.expovariate, math.log
        price_weight, capacity_weight, luck = self.price_weight(), market.capacity_weight, market.taste_weight
        first, second = self.contracts
        hosts = first.cloud if first is not None else None, second.cloud if second is not None else None
        is_large, least = cards >= market.tender_size, max(cards, 1.0)
        best, best_value = None, -math.inf
        for cloud in market.clouds:
            free = cloud.free_cards
            if free < at_least or cloud.status == 0 or cloud in hosts or (is_large and not cloud.is_named):
                continue
            room = free / least
            if room >= 8.0:
                capacity = 2.0 + min(room / 8.0, 2.0)
            elif room >= 4.0:
                capacity = 1.0 + room / 4.0
            elif room >= 2.0:
                capacity = room / 2.0
            else:
                capacity = room - 1.0
            value = capacity_weight * capacity - price_weight * cloud.posted_fraction
            value -= luck * log(expovariate(1.0))  # luck: host_choice(cloud.key, by=self.key)
            if value > best_value:
                best, best_value = cloud, value
        return best


def raise_money(market: TunedMarket) -> None:
    """Draw who closes a round today; only these are looked at."""
    p, climate, random = market.p, market.climate, market.random.random
    hazard = p["funding.hazard"] * climate / DAYS_PER_MONTH
    size = p["funding.median_round_cny"] * max(1.0 + p["funding.climate_size"] * (climate - 1.0), 0.0)
    spread = p["startups.size_spread"] * 0.5
    for startup in [startup for startup in market.alive if random() < hazard]:  # luck: funding_round(startup.key)
        luckiness = math.exp(spread * market.random.gauss(0.0, 1.0))  # luck: round_size(startup.key)
        amount = int(size * startup.scale * luckiness) * FEN_PER_CNY
        if amount > 0:
            startup.cash_fen += amount
            market.log("funding_round", startup, "investors", 0, amount)


def update_needs(market: TunedMarket) -> None:
    """Plan and move every need, let calls grow, and note who searches, asks makers, or may tender."""
    p, climate, day = market.p, market.climate, market.day
    gauss, is_weekly, is_growing = market.random.gauss, day % DAYS_PER_WEEK == 0, climate >= 1.0
    months = p["startups.runway_months"] * max(1.0 - p["startups.runway_boom"] * boom(climate), LEAST_MONTHS)
    months_fen = FEN_PER_CNY * months
    factor = inflated_ambition(climate, p["startups.ambition_climate"])
    share, rent = p["startups.compute_share"], max(market.mean_rent, 1.0)
    ahead_days = DAYS_PER_MONTH * p["startups.plan_ahead_months"]
    up, down = p["startups.need_up"] / DAYS_PER_WEEK, p["startups.need_down"] / DAYS_PER_WEEK
    late, spread = p["startups.calls_late"] / DAYS_PER_MONTH, p["startups.calls_luck"]
    patience, tender_size = p["startups.buy_gap_days"], market.tender_size
    unserved = total = 0.0
    searching: list[tuple[Startup, float]] = []
    asking: list[Startup] = []
    large: list[Startup] = []
    for startup in market.alive:
        calls, growth, need = startup.calls_cards, startup.calls_growth, startup.need_cards
        ahead = calls * (1.0 + growth * ahead_days)
        run = startup.ambition_cards * factor if day >= startup.ambition_day else 0.0
        budget = share * (startup.cash_fen / months_fen + calls * startup.revenue_per_call_cny) / rent
        planned = ahead if ahead > run else run
        if planned > budget:
            planned = budget
        if planned < 0.0:
            planned = 0.0
        startup.planned_need_cards = planned
        present = calls if calls > run else run
        if present > planned:
            present = planned
        startup.need_cards = need + (up if present > need else down) * (present - need)
        need = startup.need_cards
        total += need
        if not is_growing:
            growth = late
        if is_weekly:
            growth += spread * gauss(0.0, 1.0)  # luck: calls(startup.key)
        startup.calls_cards = calls * (1.0 + growth if growth > LEAST_GROWTH - 1.0 else LEAST_GROWTH)
        covered = startup.own + startup.promised
        unmet = need - covered
        if unmet >= 1.0 and unmet > UNMET_SHARE * need:
            startup.search_days += 1
            if not startup.buys_direct:
                unserved += unmet
                if unmet >= SMALLEST_LEASE:
                    searching.append((startup, unmet))
            if startup.asked_maker is None and startup.search_days >= patience:
                startup.ask_for_servers(int(unmet))
            if startup.asked_maker is not None:
                asking.append(startup)
        elif startup.search_days:
            startup.search_days = 0
            startup.asked_maker = None
        if planned - covered >= tender_size:
            large.append(startup)
    market.unserved_need, market.startups_need = unserved, total
    market.searching, market.asking, market.large = searching, asking, large


def look_for_hosts(market: TunedMarket) -> list[Startup]:
    """Who found a host that it would sign with today."""
    p, random, found = market.p, market.random.random, []
    rate, share, tender_size = p["leases.search_rate"], p["serving.switch_share"], market.tender_size
    for startup, unmet in market.searching:
        if None not in startup.contracts:
            continue
        if startup.gap(startup.planned_need_cards) >= tender_size and not startup.rests_after_tender():
            continue
        if random() < rate:  # luck: search(startup.key)
            startup.desired_host = startup.best_host(unmet, share * unmet)
            if startup.desired_host is not None:
                startup.desired_lease_cards = int(unmet)
                found.append(startup)
    return found


def serve_and_train(market: TunedMarket) -> list[Startup]:
    """Serve all contracts, move training on, move bids toward worth; returns who may want to leave a host."""
    p, day = market.p, market.day
    recovery, gang = p["serving.patience_recovery"], p["serving.gang_share"]
    checkpoint, least = p["serving.checkpoint_days"], min(1.0, p["serving.poach_patience"])
    net_rent, months = market.net_rent, market.present_value_months
    server, contract_cny = p["servers.server_cost_cny"], market.products[A800].contract_cny
    wait, substitute = p["spot.wait_weight"] * market.wait_months, market.substitute_cny
    belief, is_stopped = logistic(market.mean_belief), market.products[A800].severity >= STOPPED
    disbelief, rate = 1.0 - belief, p["spot.bid_adjustment"] / DAYS_PER_WEEK
    restless: list[Startup] = []
    trained = 0
    for startup in market.alive:
        served = promised = int(startup.own)
        may_leave = False
        for contract in startup.contracts:
            if contract is None:
                continue
            cards, cloud = contract.cards, contract.cloud
            share = cloud.shares[contract.price_class]
            now = cards if share == 1.0 else int(share * cards)
            if now < cards:
                if contract.promised_card_days == 0 or contract.served_today == cards:
                    market.log("shortfall_began", startup, cloud.id, cards - now, 0, contract.contract)
                contract.short_card_days += cards - now
            elif contract.short_card_days:
                contract.short_card_days -= int(recovery * contract.short_card_days)
            contract.served_today = now
            contract.served_card_days += now
            contract.promised_card_days += cards
            cloud.contract_served_cards += now
            served += now
            promised += cards
            if (
                day >= contract.end_day
                or contract.short_card_days > least * startup.patience_days * cards
                or cloud.status == 0
            ):
                may_leave = True
        if may_leave:
            restless.append(startup)
        if promised == 0 or served < gang * promised:
            if startup.is_running:
                if startup.run_card_days > 0 and promised > 0:
                    market.lost_card_days += startup.run_card_days
                    market.log("run_interrupted", startup, None, startup.run_card_days)
                startup.run_card_days = startup.is_running = 0
        else:
            startup.is_running = 1
            run = startup.run_card_days + served
            if run >= checkpoint * served:
                trained += run
                run = 0
            startup.run_card_days = run
        net = startup.taste * net_rent
        in_use = net * months - server
        if in_use < 0.0:
            in_use = 0.0
        worth = startup.taste * substitute
        if worth > in_use:
            worth = in_use
        if not is_stopped:
            waiting = contract_cny + wait * net if net > 0.0 else contract_cny
            bearable = disbelief * waiting + belief * (in_use if in_use > waiting else waiting)
            if worth > bearable:
                worth = bearable
        bid = startup.reservation_cny
        startup.reservation_cny = bid + rate * (worth - bid)
    market.trained_card_days += trained
    return restless


def quote(market: TunedMarket) -> None:
    """Bids of those who asked a server maker, and cards of failed startups."""
    market.server_price = market.products[A800].spot_cny + market.p["servers.server_cost_cny"]
    for startup in market.asking:
        startup.bid_for_servers()
    for startup in market.failed:
        if startup.stock[A800] > 0:
            startup.quote()


def pay_bills(market: TunedMarket) -> list[Any]:
    """Revenue in; rents, operation and staff out; returns who could not pay."""
    opex, floor = fen(market.p["clouds.opex_cny_per_card_month"] / DAYS_PER_MONTH), math.floor
    insolvent: list[Startup] = []
    for startup in market.alive:
        earned = startup.calls_cards * startup.revenue_per_call_cny / DAYS_PER_MONTH
        revenue = floor(earned * FEN_PER_CNY + 0.5)
        startup.revenue_fen += revenue
        cash = startup.cash_fen + revenue
        rents = 0
        if startup.promised:
            for contract in startup.contracts:
                if contract is not None:
                    rents += contract.rent_fen * contract.served_today
        payable, before = rents if rents < cash else cash, 0
        if payable:
            for contract in startup.contracts:
                if contract is not None:
                    due, cloud = contract.rent_fen * contract.served_today, contract.cloud
                    if payable < rents:
                        paid = payable * (before + due) // rents - payable * before // rents
                        before += due
                    else:
                        paid = due
                    cloud.cash_fen += paid
                    cloud.month_revenue_fen += paid
            cash -= payable
        costs = opex * startup.online_cards + startup.staff_fen
        if payable < rents or cash < costs:
            insolvent.append(startup)
        startup.cash_fen = cash - costs if cash > costs else 0
        startup.cost_fen += payable + costs
    return insolvent


def enter_and_exit(market: TunedMarket, insolvent: list[Startup]) -> None:
    """Wind up the insolvent, found whose day has come."""
    for startup in insolvent:
        startup.status = FAILED
        for slot, contract in enumerate(startup.contracts):
            if contract is not None:
                market.end(startup, slot, STARTUP_FAILED)
        startup.unrack()
        market.log("firm_failed", startup, "investors", 0, startup.cash_fen)
        market.startups_need -= startup.need_cards
        startup.need_cards = startup.planned_need_cards = 0.0
        market.failed.append(startup)
        market.holders.pop(startup, None)
    founded = market.unborn.pop(market.day, [])
    for startup in founded:
        startup.status = ALIVE
        startup.cash_fen += startup.capital_fen
        market.log("firm_founded", startup, "investors", 0, startup.capital_fen)
    if insolvent:
        market.alive = [startup for startup in market.alive if startup.status == ALIVE]
    if founded:
        market.alive = sorted(market.alive + founded, key=lambda startup: startup.row)
    for startup in market.failed:
        startup.cash_fen = 0
