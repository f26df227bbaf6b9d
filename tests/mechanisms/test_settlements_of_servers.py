"""Settlements of servers, to the last cell: the line, sales to other industries, wear; and who holds what."""

from __future__ import annotations

from changes import assert_changes, changes, moved, paid
from settled import T, market
from small_market import (
    ALPHA,
    ANOTHER_MAKER,
    BETA,
    GAMMA,
    LAB,
    account,
    another_lab,
    give_cards,
    leave_cash,
    small,
    take_cards,
)

from market.markets import servers
from market.state import accounts, ledger, scene, trader
from market.state import cloud as c
from market.state import startup as s
from market.state.products import (
    A800,
    ASSEMBLY,
    CLOUDS,
    CUSTOMERS,
    FIRST_FIRM,
    H20,
    MAKERS,
    ONLINE,
    SCRAP,
    SPECULATORS,
    STAGES,
    STARTUPS,
    STOCK,
    SUPPLIERS,
    TRANSIT,
    WORLD,
)

# ------------------------------------------------------------------ servers


def test_the_line_is_shared_by_who_waits_and_servers_are_paid() -> None:
    model = market(servers__server_margin=0.25)
    w, alpha, beta, lab = model.world, account(model, "alpha"), account(model, "beta"), account(model, "lab")
    maker = account(model, "builder")
    for firm, cards in (("alpha", 30), ("beta", 50), ("lab", 20)):
        give_cards(model, firm, cards, ASSEMBLY)
    w.product_f64[scene.INTEGRATION_LEFT, A800] = 0.0
    price, cost = 2_520_000, 1_890_000
    parts = {alpha: 9, beta: 15, lab: 6}
    found = changes(model, servers._assemble, A800, 30)
    assert_changes(
        found,
        *(moved(model, (firm, ASSEMBLY), (firm, ONLINE), n, accounts.ASSEMBLED) for firm, n in parts.items()),
        *(paid(model, firm, maker, price * n, accounts.SERVER_SALE) for firm, n in parts.items()),
        paid(model, maker, SUPPLIERS, cost * 30, accounts.PRODUCTION),
        {("maker_i64", trader.MAKER_REVENUE_FEN, 0): price * 30, ("maker_i64", trader.MAKER_COST_FEN, 0): cost * 30},
        {("firm_i64", accounts.BASIS_FEN, alpha): price * 9, ("firm_i64", accounts.BASIS_FEN, beta): price * 15},
    )
    assert servers._assemble(model.handle, A800, 500) == 70  # all who are left
    assert servers._assemble(model.handle, A800, 500) == 0


def test_startups_wait_for_the_line_behind_nobody_and_with_everybody() -> None:
    model = small({"population.startups": 3, "startup.other": another_lab(), "startup.third": another_lab("Third")})
    for firm, cards in (("alpha", 10), ("lab", 1), ("other", 20), ("third", 9)):
        give_cards(model, firm, cards, ASSEMBLY)
    model.world.product_f64[scene.INTEGRATION_LEFT, A800] = 0.0
    assert servers._assemble(model.handle, A800, 20) == 20
    online = model.world.startup_i32[s.ONLINE_CARDS].tolist()
    assert online == [0, 10, 5]  # of 40 who wait: 11 * 20 // 40 - 5, 31 * 20 // 40 - 5, and the rest
    assert model.world.card_i64[ONLINE, account(model, "alpha")] == 1005
    servers._assemble(model.handle, A800, 100)
    assert model.world.startup_i32[s.ONLINE_CARDS].tolist() == [1, 20, 9]


def test_the_line_does_one_product_after_the_other_and_clouds_send_them_so() -> None:
    model = market()
    w, alpha = model.world, account(model, "alpha")
    give_cards(model, "alpha", 7)
    ledger.move(model.handle, H20, WORLD, STOCK, alpha, STOCK, 9, accounts.OPENING)
    w.cloud_i64[c.DESIRED_ASSEMBLY, ALPHA] = 10
    w.maker_i64[trader.DESIRED_LINE, 0], w.maker_i64[trader.DESIRED_SALE, 0] = 8, 0
    w.product_f64[[scene.LAUNCH_DAY, scene.INTEGRATION_LEFT]] = 0.0
    servers.settle_assembly(model.handle, T)
    h20 = len(STAGES) * H20
    assert w.card_i64[[ONLINE, ASSEMBLY, STOCK], alpha].tolist() == [1007, 0, 0]
    assert w.card_i64[[h20 + ONLINE, h20 + ASSEMBLY, h20 + STOCK], alpha].tolist() == [1, 2, 6]
    w.card_i64[[ONLINE, h20 + ONLINE], alpha] = 2, 5
    w.cloud_f64[c.SCRAP_CARRY, ALPHA] = 3.0
    servers._wear_out(model.handle)
    assert w.card_i64[[ONLINE, h20 + ONLINE], alpha].tolist() == [0, 4]
    assert w.card_i64[[ONLINE, h20 + ONLINE], SCRAP].tolist() == [2, 1]


def test_each_maker_sells_its_own_servers() -> None:
    model = small(ANOTHER_MAKER)
    give_cards(model, "other", 2)
    model.world.maker_i64[trader.DESIRED_SALE] = 0, 2
    servers._sell_servers(model.handle)
    assert model.world.maker_i64[trader.ENTERPRISE_SOLD].tolist() == [0, 2]
    assert model.world.card_i64[STOCK, account(model, "other")] == 0


def test_integration_comes_before_the_first_card() -> None:
    model = market()
    give_cards(model, "alpha", 30, ASSEMBLY)
    model.world.product_f64[scene.INTEGRATION_LEFT, A800] = 1.5
    found = changes(model, servers._assemble, A800, 1)
    assert_changes(found, {("product_f64", scene.INTEGRATION_LEFT, A800): 0.5})
    assert_changes(changes(model, servers._assemble, A800, 0))
    assert servers._assemble(model.handle, A800, 30) == 0


def test_makers_share_the_work_and_its_pay() -> None:
    model = small(ANOTHER_MAKER)
    alpha, first, second = (account(model, firm) for firm in ("alpha", "builder", "other"))
    give_cards(model, "alpha", 5, ASSEMBLY)
    price = 2_520_000
    found = changes(model, servers._put_online, A800, alpha, 5)
    assert_changes(
        found,
        moved(model, (alpha, ASSEMBLY), (alpha, ONLINE), 5, accounts.ASSEMBLED),
        *(paid(model, alpha, firm, price * n, accounts.SERVER_SALE) for firm, n in ((first, 2), (second, 3))),
        *(paid(model, firm, SUPPLIERS, price * n, accounts.PRODUCTION) for firm, n in ((first, 2), (second, 3))),
        {("maker_i64", trader.MAKER_REVENUE_FEN, 0): price * 2, ("maker_i64", trader.MAKER_COST_FEN, 0): price * 2},
        {("maker_i64", trader.MAKER_REVENUE_FEN, 1): price * 3, ("maker_i64", trader.MAKER_COST_FEN, 1): price * 3},
        {("firm_i64", accounts.BASIS_FEN, alpha): price * 5},
    )


def test_who_cannot_pay_servers_waits() -> None:
    model = market()
    give_cards(model, "alpha", 30, ASSEMBLY)
    leave_cash(model, "alpha", 2 * 25_200.0)
    servers._put_online(model.handle, A800, account(model, "alpha"), 30)
    assert model.world.card_i64[ONLINE, account(model, "alpha")] == 1002
    leave_cash(model, "alpha", 25_199.99)
    assert_changes(changes(model, servers._put_online, A800, account(model, "alpha"), 30))


def test_clouds_send_what_they_want_and_startups_all_they_have() -> None:
    model = market()
    w, alpha, lab = model.world, account(model, "alpha"), account(model, "lab")
    give_cards(model, "alpha", 30)
    give_cards(model, "beta", 30)
    w.cloud_i64[c.DESIRED_ASSEMBLY, [ALPHA, BETA, GAMMA]] = 12, 1, 9
    beta = account(model, "beta")
    found = changes(model, servers._send)
    assert_changes(
        found,
        moved(model, (alpha, STOCK), (alpha, ASSEMBLY), 12, accounts.TO_LINE),
        moved(model, (beta, STOCK), (beta, ASSEMBLY), 1, accounts.TO_LINE),
    )
    give_cards(model, "lab", 7)
    w.cloud_i64[c.DESIRED_ASSEMBLY] = 0
    found = changes(model, servers._send)
    assert_changes(found, moved(model, (lab, STOCK), (lab, ASSEMBLY), 7, accounts.TO_LINE))
    give_cards(model, "lab", 7)
    w.startup_i8[s.STATUS, LAB] = s.FAILED
    assert_changes(changes(model, servers._send))


def test_each_startup_sends_its_own_cards() -> None:
    model = small({"population.startups": 3, "startup.other": another_lab(), "startup.third": another_lab("Third")})
    give_cards(model, "other", 5)
    give_cards(model, "third", 7)
    servers._send(model.handle)
    assert model.world.startup_i32[[s.STOCK_CARDS, s.ASSEMBLY_CARDS]].tolist() == [[0, 0, 0], [0, 5, 7]]


def test_servers_are_sold_to_other_industries() -> None:
    model = market(servers__server_margin=0.25)
    w, maker = model.world, account(model, "builder")
    give_cards(model, "builder", 8)
    w.firm_i64[accounts.BASIS_FEN, maker] = 800
    w.product_f64[[scene.CONTRACT_CNY, scene.SMOOTHED_CNY], A800] = 72_000.0, 80_000.0
    w.maker_i64[[trader.DESIRED_SALE, trader.ENTERPRISE_SOLD], 0] = 3, 1
    w.maker_i64[[trader.MAKER_REVENUE_FEN, trader.MAKER_COST_FEN], 0] = 7, 11
    w.maker_f64[[trader.DESIRED_DEMAND, trader.ENTERPRISE_BACKLOG], 0] = 5.0, 90.0
    price, cost = 8_000_000 + 3_150_000, 2_520_000
    found = changes(model, servers._sell_servers)
    assert_changes(
        found,
        moved(model, (maker, STOCK), (CUSTOMERS, ONLINE), 3, accounts.SOLD_IN_SERVERS),
        paid(model, CUSTOMERS, maker, price * 3, accounts.SERVER_SALE),
        paid(model, maker, SUPPLIERS, cost * 3, accounts.PRODUCTION),
        {("maker_i64", trader.ENTERPRISE_SOLD, 0): 2, ("maker_f64", trader.ENTERPRISE_BACKLOG, 0): 91.0},
        {
            ("maker_i64", trader.MAKER_REVENUE_FEN, 0): price * 3,
            ("maker_i64", trader.MAKER_COST_FEN, 0): cost * 3 + 300,
        },
        {("firm_i64", accounts.BASIS_FEN, maker): -300},
    )


def test_cards_online_wear_out_and_parts_of_cards_are_kept() -> None:
    model = market(clouds__scrap=0.02)
    w, alpha = model.world, account(model, "alpha")
    w.cloud_f64[c.SCRAP_CARRY] = 0.0
    w.cloud_f64[c.SCRAP_CARRY, ALPHA] = 0.9
    w.firm_i64[accounts.BASIS_FEN, alpha] = 5_000_000
    take_cards(model, "beta", 1000)
    take_cards(model, "gamma", 1000)
    found = changes(model, servers._wear_out)
    assert_changes(
        found,
        moved(model, (alpha, ONLINE), (SCRAP, ONLINE), 1, accounts.SCRAPPED),
        {("cloud_f64", c.SCRAP_CARRY, ALPHA): 0.9 + 0.02 / 30.4375 * 1000 - 1},
        {("firm_i64", accounts.BASIS_FEN, alpha): -5000},
    )


# ------------------------------------------------------------------ who holds what


def test_accounts_follow_one_another_by_sector() -> None:
    model = small({"population.startups": 2, "population.speculators": 3, "startup.other": another_lab()})
    found = [int(ledger.sector_of(model.world.clock, k)) for k in range(len(model.cast.ids))]
    firms = [CLOUDS] * 3 + [MAKERS] + [SPECULATORS] * 3 + [STARTUPS] * 2
    assert found == [*range(FIRST_FIRM), *firms]


def test_startups_hold_no_other_product_and_what_is_under_way_is_not_owned() -> None:
    model = market()
    lab, alpha = account(model, "lab"), account(model, "alpha")
    give_cards(model, "lab", 5)
    assert [ledger.cards_of(model.handle, product, STOCK, lab) for product in range(3)] == [5, 0, 0]
    for stage, cards in ((TRANSIT, 1), (STOCK, 10), (ASSEMBLY, 100)):
        for product in (A800, H20):
            ledger.move(model.handle, product, WORLD, STOCK, alpha, stage, cards, accounts.OPENING)
    assert ledger.owned_cards(model.handle, alpha) == 1000 + 2 * 110
