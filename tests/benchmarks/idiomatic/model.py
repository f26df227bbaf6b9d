"""The market as a Mesa user would write it: agents with attributes, calls on sets of agents, a DataCollector.

A day has the phases of `market.schedule.DAY`, in that order. Where a decision touches nobody else, deciding and doing
it are one call; where it does, all decide before the first one acts, and act in an order that the model's generator
shuffles. Money and cards are attributes of firms, in whole fen and cards; there is no audit of the books.
"""

from __future__ import annotations

from random import Random
from typing import Any

from mesa.agent import AgentSet

from tests.benchmarks.idiomatic.auction import run_auction
from tests.benchmarks.idiomatic.cloud import Cloud
from tests.benchmarks.idiomatic.contracts import ContractModel
from tests.benchmarks.idiomatic.firm import Firm
from tests.benchmarks.idiomatic.maker import ServerMaker
from tests.benchmarks.idiomatic.nvidia import Nvidia
from tests.benchmarks.idiomatic.record import collector, firm_row
from tests.benchmarks.idiomatic.reserve import Reserve
from tests.benchmarks.idiomatic.speculator import Speculator
from tests.benchmarks.idiomatic.startup import Startup
from tests.benchmarks.opening import Opening
from tests.benchmarks.records import Contract, Order, Product, Tender, made
from tests.benchmarks.rules import (
    ALIVE,
    PRODUCTS,
    RECORDED_STARTUPS,
    TRADED,
    drip,
    fen,
)


class IdiomaticMarket(ContractModel):
    """The GPU market in plain Mesa.

    Parameters
    ----------
    opening : Opening
        The morning to start from.
    random : Random, optional
        Source of luck; seeded with the opening's seed by default.
    """

    def __init__(self, opening: Opening, random: Random | None = None) -> None:
        super().__init__(seed=opening.seed % 2**32)
        if random is not None:
            self.random = random
        self.opening, self.scenario, self.p = opening, opening.scenario, opening.p
        self.day = opening.day
        self._take_scene(opening)
        self._make_agents(opening)
        self._sign_present_contracts(opening)
        self.events: list[tuple[Any, ...]] = []
        self.ended: list[Contract] = []
        self.deliveries: list[tuple[int, int, int]] = []
        self.datacollector = collector()

    def _take_scene(self, opening: Opening) -> None:
        scene = opening.scene
        self.products = [made(Product, traits) for traits in opening.products]
        self.performance = [product.performance for product in self.products]
        self.list_rent = scene["list_rent_cny_per_card_month"]
        self.mean_fraction, self.market_utilisation = scene["mean_fraction"], scene["market_utilisation"]
        self.present_value_months, self.card_life_days = scene["present_value_months"], scene["card_life_days"]
        self.net_rent, self.value_in_use = scene["net_rent_cny_per_card_month"], scene["value_in_use_cny"]
        self.smoothed_volume = scene["smoothed_volume_cards"]
        self.spot_cover_days = scene["spot_cover_days"]
        self.trained_card_days, self.lost_card_days = scene["trained_card_days"], scene["lost_card_days"]
        self.import_carry = scene["import_carry"]
        self.month_opening_book = scene["month_opening_book_cards"]
        self.month_ordered = scene["month_ordered_cards"]
        self.month_delivered = scene["month_delivered_cards"]
        self.bids: list[list[tuple[int, int, Firm]]] = [[] for _ in TRADED]
        self.asks: list[list[tuple[int, int, Firm]]] = [[] for _ in TRADED]
        self.tenders: list[Tender] = []
        self.orders: list[Order | None] = [None] * opening.counts["n_orders"]
        self.n_contracts, self.n_tenders = opening.counts["n_contracts"], opening.counts["n_tenders"]

    def _make_agents(self, opening: Opening) -> None:
        self.nvidia = Nvidia(self, opening.nvidia())
        self.reserve = Reserve(self, opening.reserve())
        self.cloud_rows = [Cloud(self, traits) for traits in opening.clouds()]
        self.maker_rows = [ServerMaker(self, traits) for traits in opening.makers()]
        speculators = [Speculator(self, traits) for traits in opening.speculators()]
        startups = [Startup(self, traits, row) for row, traits in enumerate(opening.startups())]
        self.clouds = AgentSet(self.cloud_rows, random=self.random)
        self.makers = AgentSet(self.maker_rows, random=self.random)
        self.speculators = AgentSet(speculators, random=self.random)
        self.startups = AgentSet(startups, random=self.random)
        self.believers = AgentSet([*self.cloud_rows, *self.maker_rows, *speculators], random=self.random)
        self.by_account = {firm.account: firm for firm in (*self.believers, *startups)}
        self.direct_startups = AgentSet([startup for startup in startups if startup.buys_direct], random=self.random)
        self.recorded = [self.nvidia, *self.believers, *startups[:RECORDED_STARTUPS]]
        self.nvidia.open_book()

    def _sign_present_contracts(self, opening: Opening) -> None:
        for startup, traits in zip(self.startups, opening.startups(), strict=True):
            for slot, found in enumerate(traits["contracts"]):
                if found is not None:
                    cloud = self.cloud_rows[found["cloud"]]
                    contract = made(Contract, found, startup=startup, cloud=cloud, stopped_day=-1, reason="")
                    startup.contracts[slot] = cloud.contracts[contract.contract] = contract

    # -------------------------------------------------------------- the day

    def step(self) -> None:
        """Run one day."""
        self.open_day()
        self.startups.do("raise_money")
        self.nvidia.allot()
        self.nvidia.deliver()
        self.assemble()
        self.unserved_need = 0.0
        self.startups.do("update_need")
        self.clouds.do("update_need")
        self.nvidia.quote_lead_times()
        self.clouds.do("plan_orders")
        self.makers.do("plan_orders")
        self.direct_startups.do("plan_orders")
        self.nvidia.take_orders()
        self.clouds.do("plan_fraction")
        self.startups.do("look_for_host")
        self.clouds.do("post_fraction")
        self.value_use()
        signing = self.startups.select(lambda startup: startup.desired_host is not None)
        signing.shuffle_do("sign_lease")  # luck: lease_turn()
        self.hold_tenders()
        self.clouds.do("serve")
        self.startups.do("train")
        self.switches_today = 0
        self.startups.do("consider_switch")
        moving = self.startups.select(lambda startup: startup.desired_slot >= 0)
        moving.shuffle_do("move")  # luck: switch_turn()
        self.trade()
        self.startups.do("pay_bills")
        self.clouds.do("pay_bills")
        self.speculators.do("pay_carry")
        self.startups.do("enter_or_exit")
        self.clouds.do("wind_up")
        self.observe()
        self.day += 1

    # -------------------------------------------------------------- servers

    def assemble(self) -> None:
        """Send cards to the lines, assemble, sell servers to other industries, wear out."""
        firms = self.send_to_lines()
        line = sum(maker.line_cards_per_day for maker in self.makers)
        for product in PRODUCTS:
            offer = self.products[product]
            if self.day < offer.launch_day:
                continue
            if offer.integration_left_days > 0.0:
                offer.integration_left_days -= 1.0 if line > 0 else 0.0
                continue
            owners = [firm for firm in firms if firm.assembly[product] > 0]
            waiting, before = sum(firm.assembly[product] for firm in owners), 0
            done = min(line, waiting)
            for firm in owners if done > 0 else ():
                queue = firm.assembly[product]
                self.put_online(firm, product, (before + queue) * done // waiting - before * done // waiting)
                before += queue
            line -= max(done, 0)
        self.finish_assembly()

    def send_to_lines(self) -> list[Firm]:
        """Hand stock to the lines; returns who may have cards there."""
        self.clouds.do("send_to_line")
        self.startups.do("send_to_line")
        return [*self.clouds, *self.startups]

    def finish_assembly(self) -> None:
        """Sell servers to other industries, wear out."""
        self.makers.do("sell_servers")
        self.clouds.do("wear_out")

    def put_online(self, firm: Firm, product: int, cards: int) -> None:
        """Put cards online as far as the owner can pay for servers; the makers share the work."""
        price = fen(self.p["servers.server_cost_cny"])
        cost = fen(self.p["servers.server_cost_cny"] * (1.0 - self.p["servers.server_margin"]))
        if price > 0:
            cards = min(cards, firm.cash_fen // price)
        if cards <= 0:
            return
        firm.assembly[product] -= cards
        firm.online[product] += cards
        firm.cash_fen -= price * cards
        firm.basis_fen += price * cards
        for i, maker in enumerate(self.makers):
            part = drip(cards, i, len(self.makers))
            maker.cash_fen += (price - cost) * part
            maker.revenue_fen += price * part
            maker.cost_fen += cost * part

    # -------------------------------------------------------------- auction and record

    def trade(self) -> None:
        """Value cards, collect everybody's quotes, clear the day's auctions."""
        self.value_waiting()
        for product in TRADED:
            self.bids[product], self.asks[product] = [], []
        self.clouds.do("quote")
        self.makers.do("quote")
        self.speculators.do("trade")
        self.reserve.quote()
        self.startups.do("quote")
        self.imported_today = 0
        for product in TRADED:
            run_auction(self, product)

    def observe(self) -> None:
        """Collect the day, and on the last day of a month every recorded firm."""
        self.alive = self.startups.select(lambda startup: startup.status == ALIVE)
        self.datacollector.collect(self)
        if self.day_of_month + 1 == self.days_in_month:
            for firm in self.recorded:
                self.datacollector.add_table_row("firms", firm_row(self, firm))
