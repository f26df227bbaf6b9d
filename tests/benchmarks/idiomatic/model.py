"""The market as a Mesa user would write it: agents with attributes, calls on sets of agents, a DataCollector.

A day has the phases of `market.schedule.DAY`, in that order. Where a decision touches nobody else, deciding and doing
it are one call; where it does, all decide before the first one acts, and act in an order that the model's generator
shuffles. Money and cards are attributes of firms, in whole fen and cards; there is no audit of the books.
"""

from __future__ import annotations

from random import Random
from typing import Any

import mesa
from mesa.agent import AgentSet

from tests.benchmarks.allotment import descend
from tests.benchmarks.idiomatic.auction import run_auction
from tests.benchmarks.idiomatic.cloud import Cloud
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
    A800,
    ALIVE,
    ASCEND_910B,
    BASIS_POINTS,
    CERTAIN,
    CONSOLIDATED,
    DAYS_PER_MONTH,
    FEN_PER_CNY,
    KNOWN_AHEAD_DAYS,
    NO_SUBSTITUTE,
    PRODUCTS,
    RECORDED_STARTUPS,
    STOPPED,
    TENDER,
    TRADED,
    drip,
    fen,
    log_odds,
    logistic,
    worth_of_card,
)


class IdiomaticMarket(mesa.Model):
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

    def open_day(self) -> None:
        """Look at the calendar; put rules, supply and climate in force; let beliefs move."""
        opening, day = self.opening, self.day
        self.month, self.day_of_month = opening.month[day], opening.day_of_month[day]
        self.days_in_month, self.weekday = opening.days_in_month[day], opening.weekday[day]
        self.climate = opening.climate[day]
        if self.day_of_month == 0:
            self.open_month()
        memory = 1.0 / self.p["primary.supply_memory_days"]
        for product, offer in enumerate(self.products):
            offer.last_severity = offer.severity
            offer.severity = self.severity(product, "enforced_day")
            offer.supply_cards_per_month = opening.supply[product][day]
            flow = offer.supply_cards_per_month * (1.0 - offer.severity)
            offer.smoothed_supply += memory * (flow - offer.smoothed_supply)
        self.log_news()
        self.move_beliefs()

    def open_month(self) -> None:
        """Begin the firms' records of the month."""
        self.nvidia.month_revenue_cny = 0.0
        for cloud in self.clouds:
            cloud.month_revenue_fen = cloud.month_opex_fen = cloud.month_historic_fen = 0
            cloud.month_replacement_fen = cloud.month_online_days = cloud.month_own_days = 0
        for firm in (*self.makers, *self.startups):
            firm.revenue_fen = firm.cost_fen = 0
        for speculator in self.speculators:
            speculator.month_sales_fen = speculator.month_cost_fen = 0

    # -------------------------------------------------------------- rules and beliefs

    def severity(self, product: int, since: str) -> float:
        """Share of a product's flow stopped by rules that are enforced, or announced, by today."""
        open_share = 1.0
        for rule in self.opening.rules:
            is_on = rule[since] <= self.day and not 0.0 <= rule["lifted_day"] <= self.day
            if is_on and int(rule["product_mask"]) >> product & 1:
                open_share *= 1.0 - rule["severity"]
        return 1.0 - open_share

    def log_news(self) -> None:
        """Log what happens to rules today."""
        for number, rule in enumerate(self.opening.rules):
            if rule["severity"] > 0.0 or rule["has_substitute"]:
                for stage in ("rumoured", "announced", "effective"):
                    if rule[f"{stage}_day"] == self.day:
                        self.log(f"rule_{stage}", self.nvidia, None, 0, 0, number)

    def news(self) -> float:
        """Log-odds that today's news adds to an average firm's belief."""
        p, news = self.p, 0.0
        for rule in self.opening.rules:
            if not int(rule["product_mask"]) & 1:
                continue
            if rule["has_substitute"]:
                if rule["announced_day"] == self.day:
                    news += p["beliefs.substitute_news"] * p["beliefs.anticipation"]
                continue
            if rule["rumoured_day"] == self.day:
                news += p["beliefs.rumour_news"] * p["beliefs.anticipation"] * rule["severity"]
            if rule["announced_day"] == self.day:
                news += p["beliefs.announcement_news"] * rule["severity"]
        return news

    def move_beliefs(self) -> None:
        """Move the belief of every cloud, server maker and speculator by a day."""
        announced = CERTAIN * self.severity(A800, "announced_day")
        base = log_odds(max(self.p["beliefs.base"], announced))
        self.mean_belief = sum(firm.ban_log_odds for firm in self.believers) / max(len(self.believers), 1)
        self.believers.do("update_belief", base, self.mean_belief, self.news())

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

    # -------------------------------------------------------------- rents and worth

    @property
    def mean_rent(self) -> float:
        """Rent asked on average."""
        return self.list_rent * self.mean_fraction

    def value_use(self) -> None:
        """Move list toward historic cost; value what a further card would earn."""
        p = self.p
        server, life = p["servers.server_cost_cny"], p["clouds.card_life_months"]
        opex = p["clouds.opex_cny_per_card_month"]
        owned = sum(cloud.owned_cards() for cloud in self.clouds)
        historic = sum(cloud.basis_fen / FEN_PER_CNY for cloud in self.clouds) / max(owned, 1)
        first = (server + self.products[A800].contract_cny) / life + opex
        target = p["clouds.list_rent_cny_per_card_month"] * (historic / life + opex) / first
        self.list_rent += p["clouds.list_adjustment"] / DAYS_PER_MONTH * (target - self.list_rent)
        cards = sum(cloud.capacity_cards for cloud in self.clouds)
        if cards > 0:
            self.mean_fraction = sum(cloud.capacity_cards * cloud.posted_fraction for cloud in self.clouds) / cards
            self.market_utilisation = sum(cloud.capacity_cards * cloud.utilisation for cloud in self.clouds) / cards
        self.net_rent = self.list_rent * self.mean_fraction * self.market_utilisation - opex
        self.value_in_use = max(self.net_rent * self.present_value_months - server, p["spot.tick_cny"])
        self.signed_cards = self.signed_rent = 0.0

    def value_waiting(self) -> None:
        """What waiting for a card, or taking a substitute, costs the average user."""
        p = self.p
        lead = sum(cloud.lines[A800].expected_lead_days for cloud in self.clouds)
        self.wait_months = lead / max(len(self.clouds), 1) / DAYS_PER_MONTH
        self.substitute_cny = NO_SUBSTITUTE
        for product, offer in enumerate(self.products):
            if product == A800 or self.day < offer.launch_day - KNOWN_AHEAD_DAYS or offer.severity >= STOPPED:
                continue
            wait = max(offer.launch_day - self.day, 0.0) + offer.integration_left_days + offer.lead_days
            months = wait / DAYS_PER_MONTH + (p["spot.porting_months"] if product == ASCEND_910B else 0.0)
            waiting = p["spot.wait_weight"] * max(self.net_rent, 0.0) * months
            self.substitute_cny = min(self.substitute_cny, offer.contract_cny / offer.performance + waiting)
        self.worth_cny = self.worth(1.0)

    def worth(self, taste: float) -> float:
        """What a user would pay for a card whose use earns it `taste` times the average."""
        offer = self.products[A800]
        return worth_of_card(
            taste * self.net_rent,
            self.present_value_months,
            self.p["servers.server_cost_cny"],
            offer.contract_cny,
            self.wait_months,
            logistic(self.mean_belief),
            offer.severity >= STOPPED,
            taste * self.substitute_cny,
            self.p["spot.wait_weight"],
        )

    # -------------------------------------------------------------- contracts and tenders

    def rent_per_day(self, fraction_bp: int) -> int:
        """Rent in fen per card and day at a fraction of list."""
        return fen(self.list_rent * fraction_bp / BASIS_POINTS / DAYS_PER_MONTH)

    def sign(
        self, startup: Startup, slot: int, cloud: Cloud, cards: int, fraction_bp: int, term: int, tender: int, kind: int
    ) -> None:
        """Sign a contract; its first day of service is today."""
        self.n_contracts += 1
        rent = self.rent_per_day(fraction_bp)
        contract = Contract(
            self.n_contracts, startup, cloud, cards, rent, fraction_bp, self.day, self.day + term, tender, kind, cards
        )
        startup.contracts[slot] = cloud.contracts[contract.contract] = contract
        cloud.contract_cards += cards
        cloud.free_cards -= cards
        month_rent = int(rent * DAYS_PER_MONTH)
        self.log("contract_signed", startup, cloud.id, cards, month_rent, contract.contract, kind)
        if kind != TENDER:
            self.signed_cards += cards
            self.signed_rent += month_rent / FEN_PER_CNY * cards

    def end(self, startup: Startup, slot: int, reason: str) -> None:
        """End a contract."""
        contract = startup.contracts[slot]
        cloud = contract.cloud
        cloud.contract_cards -= contract.cards
        cloud.free_cards += contract.served_today
        contract.stopped_day, contract.reason = self.day, reason
        startup.contracts[slot] = None
        del cloud.contracts[contract.contract]
        self.log("contract_ended", startup, cloud.id, contract.cards, 0, contract.contract, reason)
        if startup.is_logged:
            self.ended.append(contract)

    def hold_tenders(self) -> None:
        """Collect today's tenders and their floors, and hold them in a shuffled order."""
        self.tenders = []
        self.collect_tenders()
        self.tenders_today = len(self.tenders)
        self.random.shuffle(self.tenders)  # luck: tender_turn()
        for tender in self.tenders:
            self.hold_tender(tender)

    def collect_tenders(self) -> None:
        """Who puts compute out to tender, and the floors."""
        self.startups.do("consider_tender")
        self.clouds.do("bid_in_tenders")

    def hold_tender(self, tender: Tender) -> None:
        """Let the invited bid down; the last one signs at the price at which its last rival left."""
        p, startup = self.p, tender.startup
        self.n_tenders += 1
        startup.last_tender_day = self.day
        startup.n_tenders += 1
        self.log("tender_opened", startup, None, tender.cards, 0, self.n_tenders)
        for cloud, floor in tender.floors.items():
            rent = int(self.rent_per_day(floor) * DAYS_PER_MONTH)
            is_authority = floor == int(p["tenders.authority_fraction"] * BASIS_POINTS)
            self.log("bid", cloud, startup.id, tender.cards, rent, self.n_tenders, floor, is_authority)
        start, step = int(p["tenders.start_fraction"] * BASIS_POINTS), int(p["tenders.step_fraction"] * BASIS_POINTS)
        last, price = descend(tender.floors, start, step)
        if not last:
            return
        cloud = self.random.choice(last)  # luck: tender_tie(by=startup.key)
        rent = int(self.rent_per_day(price) * DAYS_PER_MONTH)
        self.log("tender_awarded", startup, cloud.id, tender.cards, rent, self.n_tenders, price)
        if None in startup.contracts:
            slot = startup.contracts.index(None)
        else:
            slot = min((0, 1), key=lambda slot: startup.contracts[slot].cards)
            self.end(startup, slot, CONSOLIDATED)
        self.sign(startup, slot, cloud, tender.cards, price, int(p["tenders.term_days"]), self.n_tenders, TENDER)

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

    def log(self, kind: str, actor: Any, other: Any, cards: int = 0, fen_: int = 0, *details: Any) -> None:
        """Append an event; of very many startups only the first ones are logged."""
        if actor.is_logged:
            self.events.append((self.day, kind, actor.id, other, cards, fen_, *details))

    def observe(self) -> None:
        """Collect the day, and on the last day of a month every recorded firm."""
        self.alive = self.startups.select(lambda startup: startup.status == ALIVE)
        self.datacollector.collect(self)
        if self.day_of_month + 1 == self.days_in_month:
            for firm in self.recorded:
                self.datacollector.add_table_row("firms", firm_row(self, firm))
