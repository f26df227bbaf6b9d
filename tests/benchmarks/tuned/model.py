"""The market in hand-tuned plain Mesa: lists, local names, loops in place of calls, sums kept in place of added up.

Agents are the Mesa agents of the idiomatic twin, with what is needed often kept as numbers. What happens to every
startup or speculator every day is a loop in `startups.py` and `speculators.py`; nobody is asked who has nothing to
decide, nothing is shuffled but those who compete, and the record is a list of rows. What is rare, or concerns six
clouds, is the idiomatic twin's.
"""

from __future__ import annotations

import math
from random import Random
from typing import Any

import pandas as pd

from tests.benchmarks import idiomatic
from tests.benchmarks.idiomatic import ServerMaker
from tests.benchmarks.idiomatic.firm import Firm
from tests.benchmarks.idiomatic.record import fill_rate, firm_row, lead_time_months
from tests.benchmarks.idiomatic.reserve import Reserve
from tests.benchmarks.opening import Opening
from tests.benchmarks.rules import (
    A800,
    ALIVE,
    CERTAIN,
    DAYS_PER_MONTH,
    DAYS_PER_WEEK,
    FAILED,
    FEN_PER_CNY,
    H20,
    RECORDED_STARTUPS,
    TRADED,
    UNBORN,
    USERS_DAYS,
    log_odds,
    logistic,
    price_bin,
)
from tests.benchmarks.tuned import speculators, startups
from tests.benchmarks.tuned.auction import run_auction
from tests.benchmarks.tuned.book import Nvidia
from tests.benchmarks.tuned.clouds import Cloud
from tests.benchmarks.tuned.speculators import Speculator
from tests.benchmarks.tuned.startups import Startup

DAILY = (
    "spot_price_cny", "spot_price_h20_cny", "spot_volume_cards", "rent_cny_per_card_month",
    "rent_quote_cny_per_card_month", "list_rent_cny_per_card_month", "lead_time_months", "fill_rate", "backlog_cards",
    "true_demand_cards", "ordered_cards", "delivered_cards", "online_cards", "used_cards", "idle_share",
    "hoarded_cards", "ban_belief", "switches", "tenders", "startups_alive", "nvidia_china_revenue_cny",
    "grey_imports_cards", "speculator_cards", "trained_card_days", "value_in_use_cny", "wait_months",
)  # fmt: skip
RULE_DAYS = ("rumoured_day", "announced_day", "effective_day", "enforced_day", "lifted_day")


class TunedMarket(idiomatic.IdiomaticMarket):
    """The GPU market in tuned plain Mesa.

    Parameters
    ----------
    opening : Opening
        The morning to start from.
    random : Random, optional
        Source of luck; seeded with the opening's seed by default.
    """

    def __init__(self, opening: Opening, random: Random | None = None) -> None:
        p = opening.p
        self.tender_size = p["tenders.size_cards"]
        self.capacity_weight, self.taste_weight = p["leases.capacity_weight"], p["leases.luck"]
        self.compute_share, self.buy_rate = p["startups.compute_share"], p["spot.buy_rate"] / DAYS_PER_WEEK
        self.tick_cny, self.highest_tick = p["spot.tick_cny"], int(p["spot.n_ticks"]) - 1
        self.resale_cap = p["spot.resale_cap_cny"]
        self.worn_share = p["clouds.scrap"] / DAYS_PER_MONTH
        self.rule_days = {int(rule[stage]) for rule in opening.rules for stage in RULE_DAYS} | {opening.day}
        self.running_cards = self.running_rent = 0
        super().__init__(opening, random)
        self.days: list[tuple[float, ...]] = []
        self.firm_rows: list[dict[str, Any]] = []

    def _make_agents(self, opening: Opening) -> None:
        self.nvidia = Nvidia(self, opening.nvidia())
        self.reserve = Reserve(self, opening.reserve())
        self.clouds = self.cloud_rows = [Cloud(self, traits) for traits in opening.clouds()]
        self.makers = self.maker_rows = [ServerMaker(self, traits) for traits in opening.makers()]
        self.speculators = [Speculator(self, traits) for traits in opening.speculators()]
        self.startups = [Startup(self, traits, row) for row, traits in enumerate(opening.startups())]
        self.believers = [*self.clouds, *self.makers, *self.speculators]
        self.by_account = {firm.account: firm for firm in (*self.believers, *self.startups)}
        self.direct_startups = [startup for startup in self.startups if startup.buys_direct]
        self.recorded = [self.nvidia, *self.believers, *self.startups[:RECORDED_STARTUPS]]
        self.nvidia.open_book()
        self.alive = [startup for startup in self.startups if startup.status == ALIVE]
        self.failed = [startup for startup in self.startups if startup.status == FAILED]
        self.unborn: dict[int, list[Startup]] = {}
        for startup in self.startups:
            if startup.status == UNBORN:
                self.unborn.setdefault(startup.founded_day, []).append(startup)
        self.holders = dict.fromkeys(
            startup for startup in self.startups if startup.buys_direct or any(startup.stock) or any(startup.assembly)
        )
        self.speculators_odds = sum(speculator.ban_log_odds for speculator in self.speculators)

    def _sign_present_contracts(self, opening: Opening) -> None:
        super()._sign_present_contracts(opening)
        for startup in self.startups:
            for contract in startup.contracts:
                if contract is not None:
                    self._count_contract(startup, contract, 1)

    # -------------------------------------------------------------- the day

    def step(self) -> None:
        """Run one day."""
        self.open_day()
        startups.raise_money(self)
        self.nvidia.allot()
        self.nvidia.deliver()
        self.assemble()
        startups.update_needs(self)
        for cloud in self.clouds:
            cloud.update_need()
        self.nvidia.quote_lead_times()
        for firm in (*self.clouds, *self.makers, *self.direct_startups):
            firm.plan_orders()
        self.nvidia.take_orders()
        for cloud in self.clouds:
            cloud.plan_fraction()
        signing = startups.look_for_hosts(self)
        for cloud in self.clouds:
            cloud.posted_fraction = cloud.desired_fraction
        self.value_use()
        self.random.shuffle(signing)  # luck: lease_turn()
        for startup in signing:
            startup.sign_lease()
        self.hold_tenders()
        self.value_waiting()
        self.serve_and_switch()
        self.trade()
        insolvent = startups.pay_bills(self)
        for cloud in self.clouds:
            cloud.pay_bills()
        speculators.pay_carry(self)
        startups.enter_and_exit(self, insolvent)
        for cloud in self.clouds:
            cloud.wind_up()
        self.observe()
        self.day += 1

    def severity(self, product: int, since: str) -> float:
        """Share of a product's flow stopped: it changes on the dates of a rule only."""
        if self.day in self.rule_days or since != "enforced_day":
            return super().severity(product, since)
        return self.products[product].severity

    def log_news(self) -> None:
        """Log what happens to rules today."""
        if self.day in self.rule_days:
            super().log_news()

    def move_beliefs(self) -> None:
        """Move the beliefs of clouds and server makers; speculators move theirs when they trade."""
        if self.day in self.rule_days:
            announced = CERTAIN * self.severity(A800, "announced_day")
            self.base_odds = log_odds(max(self.p["beliefs.base"], announced))
        firms = (*self.clouds, *self.makers)
        total = sum([firm.ban_log_odds for firm in firms]) + self.speculators_odds
        self.mean_belief = total / max(len(self.believers), 1)
        self.news_today = self.news() if self.day in self.rule_days else 0.0
        self.belief_terms = self.p["beliefs.decay"], self.base_odds, self.p["beliefs.peer_pull"], self.mean_belief
        for firm in firms:
            firm.update_belief(self.base_odds, self.mean_belief, self.news_today)

    def send_to_lines(self) -> list[Firm]:
        """Owners with cards on the lines, after today's were handed over."""
        for cloud in self.clouds:
            cloud.send_to_line()
        for startup in self.holders:
            startup.send_to_line()
        return [*self.clouds, *sorted(self.holders, key=lambda startup: startup.row)]

    def put_online(self, firm: Firm, product: int, cards: int) -> None:
        """Put cards online."""
        super().put_online(firm, product, cards)
        if isinstance(firm, Startup):
            firm.count_online()
            if not firm.buys_direct and not any(firm.assembly):
                self.holders.pop(firm, None)

    def finish_assembly(self) -> None:
        """Sell servers to other industries, wear out."""
        for maker in self.makers:
            maker.sell_servers()
        for cloud in self.clouds:
            cloud.wear_out()

    def collect_tenders(self) -> None:
        """Who puts compute out to tender, and the floors."""
        for startup in self.large:
            startup.consider_tender()
        for cloud in self.clouds if self.tenders else ():
            cloud.bid_in_tenders()

    def serve_and_switch(self) -> None:
        """Serve everybody, then let those move who may want to."""
        for cloud in self.clouds:
            cloud.divide()
        restless = startups.serve_and_train(self)
        for cloud in self.clouds:
            cloud.close_day()
        self.switches_today = 0
        for startup in restless:
            startup.consider_switch()
        moving = [startup for startup in restless if startup.desired_slot >= 0]
        self.random.shuffle(moving)  # luck: switch_turn()
        for startup in moving:
            startup.move()

    def trade(self) -> None:
        """Collect everybody's quotes and clear the day's auctions."""
        for product in TRADED:
            self.bids[product], self.asks[product] = [], []
        for firm in (*self.clouds, *self.makers):
            firm.quote()
        speculators.trade(self)
        self.reserve.quote()
        startups.quote(self)
        self.imported_today = 0
        for product in TRADED:
            run_auction(self, product)

    # -------------------------------------------------------------- contracts

    def sign(self, startup: Any, slot: int, *terms: Any) -> None:
        """Sign a contract, and count it."""
        super().sign(startup, slot, *terms)
        self._count_contract(startup, startup.contracts[slot], 1)

    def end(self, startup: Any, slot: int, reason: str) -> None:
        """End a contract, and count it out."""
        self._count_contract(startup, startup.contracts[slot], -1)
        super().end(startup, slot, reason)

    def _count_contract(self, startup: Startup, contract: Any, sign: int) -> None:
        cards, asked = sign * contract.cards, contract.cloud.asked
        contract.price_class = price_bin(contract.fraction_bp)
        startup.promised += cards
        self.running_cards += cards
        self.running_rent += cards * contract.rent_fen
        asked[contract.price_class] = asked.get(contract.price_class, 0) + cards

    # -------------------------------------------------------------- record

    def observe(self) -> None:
        """Append the day's row, and on the last day of a month every recorded firm's."""
        substitute, clouds = self.products[H20], self.clouds
        online = sum([cloud.capacity_cards for cloud in clouds])
        used = sum([c.own_served_cards + c.other_served_cards + c.contract_served_cards for c in clouds])
        need = self.startups_need + sum([cloud.own_need_cards + cloud.other_need_cards for cloud in clouds])
        room = USERS_DAYS * sum([maker.line_cards_per_day for maker in self.makers])
        hoards = sum([max(cloud.stock[A800] - room, 0.0) for cloud in clouds]) + self.speculators_cards
        paid = self.running_rent * DAYS_PER_MONTH / FEN_PER_CNY
        self.days.append(
            (
                self.products[A800].spot_cny,
                substitute.spot_cny if self.day >= substitute.launch_day else math.nan,
                self.volume_today,
                paid / self.running_cards if self.running_cards else math.nan,
                self.signed_rent / self.signed_cards if self.signed_cards else math.nan,
                self.list_rent,
                lead_time_months(self),
                fill_rate(self),
                self.nvidia.backlog(A800),
                need,
                self.ordered_today,
                self.delivered_today,
                online,
                used,
                1.0 - used / online if online > 0 else math.nan,
                hoards,
                self.ban_belief(),
                self.switches_today,
                self.tenders_today,
                len(self.alive),
                self.nvidia_revenue,
                self.imported_today,
                self.speculators_cards,
                self.trained_card_days,
                self.value_in_use,
                self.wait_months,
            )
        )
        if self.day_of_month + 1 == self.days_in_month:
            self.firm_rows += [firm_row(self, firm) for firm in self.recorded]

    def ban_belief(self) -> float:
        """Belief in a stop of supply, weighted by cards."""
        weight = self.speculators_cards + len(self.speculators)
        belief = self.speculators_believed + self.speculators_belief
        for firm in (*self.clouds, *self.makers):
            held = 1 + firm.owned_cards()
            weight += held
            belief += held * logistic(firm.ban_log_odds)
        return belief / weight if weight > 0 else math.nan

    def record_frame(self) -> pd.DataFrame:
        """The record of the days."""
        return pd.DataFrame(self.days, columns=list(DAILY))
