"""Decisions of startups about need, money, cards and giving up, each on numbers set up by hand."""

from __future__ import annotations

import numpy as np
import pytest
from changes import assert_changes, changes
from small_market import ALPHA, account_of_lab, four_labs, give_cards, key_of_account, leave_cash, seed_of

from market import GpuMarket
from market.decisions import startup, valuation
from market.kernels.luck import normal, uniform
from market.markets import contracts
from market.parameters import servers as pv
from market.parameters import spot as ps
from market.parameters import startups as pu
from market.state import luck, primary, scene, trader
from market.state import startup as s
from market.state.products import A800
from market.state.world import WEEKDAY

T = 40  # the day of most calls
FOURTH, LAB, SECOND, THIRD = range(4)  # rows of the four labs
UNBORN, ALIVE, FAILED = s.UNBORN, s.ALIVE, s.FAILED


def lab_key(model: GpuMarket, lab: int) -> int:
    return key_of_account(model, account_of_lab(model, lab))


def codes(*values: int) -> np.ndarray:
    return np.array(values, np.int8)


def narrow(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def ints(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


def reals(*values: float) -> np.ndarray:
    return np.array(values)


# ------------------------------------------------------------------ scalar rules


@pytest.mark.parametrize(("climate", "part"), [(0.0, 0.0), (1.0, 0.0), (2.5, 0.5), (4.0, 1.0), (9.0, 1.0)])
def test_how_far_into_a_boom_the_climate_is(climate: float, part: float) -> None:
    assert startup.boom(climate) == part
    assert startup.planned_months(15.0, 0.5, climate) == 15.0 * (1.0 - 0.5 * part)
    assert startup.planned_months(15.0, 2.0, climate) == 15.0 * max(1.0 - 2.0 * part, 0.1)


@pytest.mark.parametrize(("climate", "slope", "factor"), [(1.0, 0.75, 1.0), (3.0, 0.75, 2.5), (0.0, 2.0, 0.0)])
def test_ambition_is_inflated_by_the_climate(climate: float, slope: float, factor: float) -> None:
    assert startup.inflated_ambition(climate, slope) == factor


@pytest.mark.parametrize(
    ("ambition", "cash", "rent", "plan"),
    [
        (20.0, 1e6, 1000.0, 50.0),  # its calls
        (30.0, 1e6, 1000.0, 60.0),  # a run twice as large in this climate
        (90.0, 1e6, 1000.0, 100.0),  # half of what it spends and earns in a month
        (90.0, 1e5, 1000.0, 55.0),
        (90.0, -997_000.0, 1.5, 100.0),
        (90.0, 1e6, 0.5, 180.0),  # a rent below one counts as one
        (90.0, -1e7, 1000.0, 0.0),
    ],
)
def test_a_plan_is_the_larger_of_calls_and_run_within_the_budget(
    ambition: float, cash: float, rent: float, plan: float
) -> None:
    assert startup.planned_need(50.0, ambition, 2.0, 1.0, cash, 10.0, 0.5, 1e5, rent) == plan


@pytest.mark.parametrize(("need", "after"), [(10.0, 11.0), (24.0, 24.0), (45.0, 44.7)])
def test_using_more_and_using_less_takes_time(need: float, after: float) -> None:
    assert startup.moved_need(need, 24.0, 0.5, 0.1) == pytest.approx(after, rel=1e-14)


# ------------------------------------------------------------------ passes


def test_needs_move_toward_what_is_planned_and_the_dead_have_none() -> None:
    status = codes(ALIVE, ALIVE, ALIVE, FAILED, UNBORN, ALIVE)
    cash, growth, revenue = ints(*[10**9] * 6), narrow(*[0.5 / 30.4375] * 6), narrow(*[1000.0] * 6)
    calls = narrow(50.0, 50.0, 50.0, 50.0, 50.0, 0.0)
    ambitions, days = narrow(100.0, 100.0, 10.0, *[100.0] * 3), np.array([T, T + 1, T, T, T, T + 1], np.int16)
    needs, plans = narrow(*[70.0] * 6), narrow(*[7.0] * 6)
    arguments = (T, 3.0, 0.5, 2.0, 10.0, 0.5, 1000.0, 0.7, 0.07)
    startup._plan_needs(status, cash, calls, growth, revenue, ambitions, days, needs, plans, *arguments)
    assert plans == pytest.approx([200.0, 100.0, 100.0, 0.0, 0.0, 0.0])  # a run of 200; calls in two months, twice
    assert needs == pytest.approx([70 + 0.1 * 130, 70 - 0.01 * 20, 70 - 0.01 * 20, 0.0, 0.0, 70 - 0.01 * 70])
    needs, plans = narrow(*[70.0] * 6), narrow(*[7.0] * 6)
    cash[:] = 100 * 10**5  # 10,000 a month and 50,000 earned, half of it for cards
    startup._plan_needs(status, cash, calls, growth, revenue, ambitions, days, needs, plans, *arguments)
    assert plans[:3] == pytest.approx([30.0] * 3)
    assert needs[:3] == pytest.approx([70 - 0.01 * 40] * 3)


def test_bids_follow_worth_while_one_lives() -> None:
    view = (100.0, 10.0, 0.0, 500.0, 2.0, 0.0, False, 1e9, 1.0)  # worth 500 and two months' rent, at most its use
    bids = narrow(350.0, 350.0, 350.0, 350.0)
    startup._adjust_bids(codes(ALIVE, ALIVE, FAILED, UNBORN), bids, narrow(1.0, 2.0, 1.0, 1.0), view, 3.5)
    assert bids.tolist() == [525.0, 625.0, 350.0, 350.0]
    assert [valuation.worth_in_view(view, taste) for taste in (1.0, 2.0)] == [700.0, 900.0]


def test_a_gap_is_what_nothing_on_its_way_covers() -> None:
    gaps = reals(-1.0, -1.0, -1.0, -1.0)
    needs, promised = narrow(100.0, 10.0, 50.0, 20.0), reals(30.0, 30.0, 0.0, 0.0)
    online, stock, assembly = ints(40, 0, 0, 0), ints(10, 0, 80, 0), ints(6, 0, 40, 0)
    startup._find_gaps(needs, promised, online, stock, assembly, 0.5, gaps)
    assert gaps.tolist() == [42.0, 0.0, 0.0, 20.0]


def test_bids_are_for_a_part_of_the_gap_within_the_budget() -> None:
    status, asked = codes(ALIVE, ALIVE, ALIVE, FAILED, ALIVE, ALIVE), ints(0, 2, -1, 0, 0, 0)
    gaps, cash = reals(21.0, 21.0, 21.0, 21.0, 0.0, 0.5), ints(10**7, 2 * 10**6, 10**7, 10**7, 10**7, 10**7)
    draws, cards = reals(0.0, 0.9, 0.9, 0.9, 0.9, 0.9), ints(*[99] * 6)
    startup._size_bids(status, np.array(asked, np.int16), gaps, cash, draws, 0.5, 1000.0, 3.5, cards)
    assert cards.tolist() == [10, int(10 / 2 + 0.9), 0, 0, 0, int(0.25 + 0.9)]


def test_who_could_not_pay_gives_up_if_it_lives() -> None:
    gives_up = codes(9, 9, 9, 9)
    startup._mark_insolvent(codes(ALIVE, ALIVE, FAILED, UNBORN), codes(1, 0, 1, 1), gives_up)
    assert gives_up.tolist() == [1, 0, 0, 0]


def test_a_lab_plans_its_need_in_todays_climate_and_at_todays_rent() -> None:
    model = four_labs()
    w = model.world
    w.p[[pu.NEED_UP, pu.NEED_DOWN, pu.AMBITION_CLIMATE, pu.PLAN_AHEAD]] = 0.7, 0.07, 0.5, 2.0
    w.p[[pu.RUNWAY_MONTHS, pu.RUNWAY_BOOM, pu.COMPUTE_SHARE]] = 20.0, 1.0, 0.5
    w.scene_f64[[scene.CLIMATE, scene.LIST_RENT, scene.MEAN_FRACTION]] = 2.5, 10_000.0, 0.5
    leave_cash(model, "lab", 4e6)  # over ten months in this climate
    w.startup_f32[s.CALLS_CARDS], w.startup_f32[s.CALLS_GROWTH], w.startup_f32[s.REVENUE_PER_CALL] = 20.0, 0.0, 5_000.0
    w.startup_f32[s.AMBITION_CARDS], w.startup_i16[s.AMBITION_DAY] = 40.0, T
    w.startup_f32[s.NEED_CARDS] = 30.0, 30.0, 90.0, 30.0
    startup.decide_need(model.handle, T)
    assert w.startup_f32[s.PLANNED_NEED] == pytest.approx([70.0, 50.0, 70.0, 70.0])  # a run of 70; 500,000 a month
    assert w.startup_f32[s.NEED_CARDS] == pytest.approx([34.0, 32.0, 89.8, 34.0])


# ------------------------------------------------------------------ rounds


@pytest.mark.parametrize("climate", [1.0, 2.0])
def test_rounds_come_and_grow_with_the_climate_and_luck(climate: float) -> None:
    model = four_labs()
    w = model.world
    w.p[[pu.HAZARD, pu.SIZE_SPREAD]] = 9.0, 0.5
    w.scene_f64[scene.CLIMATE] = climate
    w.startup_f32[s.SCALE] = 1.0, 2.0, 0.5, 1.5
    w.startup_i8[s.STATUS, FOURTH] = FAILED
    found, expected = [], []
    for day in range(T, T + 20):
        w.startup_i64[s.DESIRED_ROUND_FEN] = 77
        startup.decide_rounds(model.handle, day)
        found.append(w.startup_i64[s.DESIRED_ROUND_FEN].tolist())
        row = [77] * 4
        for lab in (LAB, SECOND, THIRD):
            if uniform(seed_of(model), luck.FUNDING_ROUND, day, lab_key(model, lab), 0) < 9.0 * climate / 30.4375:
                z = normal(seed_of(model), luck.ROUND_SIZE, day, lab_key(model, lab), 0)
                size = 5e7 * (1 + 0.5 * (climate - 1)) * float(w.startup_f32[s.SCALE, lab])
                row[lab] = pytest.approx(100 * size * np.exp(0.25 * z), rel=1e-6)
        expected.append(row)
    assert found == expected
    assert all(row[FOURTH] == 77 for row in found)
    assert {77} < {cell for row in found for cell in row}


# ------------------------------------------------------------------ cards


def buying_lab(lab: int = SECOND) -> tuple[GpuMarket, int, list[int]]:
    """A market in which a lab is a direct buyer; its row among buyers, and the days of a week it plans on."""
    model = four_labs()
    w = model.world
    b = int(w.cloud_i64[0].size)  # the first after the clouds
    w.buyer_account[primary.ACCOUNT, b] = account_of_lab(model, lab)
    w.product_f64[scene.SEVERITY, A800] = 0.0
    seed, key = seed_of(model), lab_key(model, lab)
    days = [day for day in range(T, T + 7) if valuation.plans_today(seed, key, w.calendar[WEEKDAY, day])]
    assert len(days) == 1
    return model, b, days


def test_a_direct_buyer_orders_once_a_week_what_it_will_lack() -> None:
    model, b, days = buying_lab()
    w = model.world
    rows = [primary.DESIRED_ORDER, primary.DESIRED_CANCEL]
    give_cards(model, "second", 30)
    w.product_f64[scene.PERFORMANCE, A800] = 0.5
    w.buyer_i64[primary.BACKLOG, A800, b] = 20

    def decided(planned: float, day: int = days[0]) -> list[int]:
        w.startup_f32[s.PLANNED_NEED, SECOND] = planned
        w.buyer_i64[rows, A800, b] = 77
        others = w.buyer_i64.copy()
        startup.decide_orders(model.handle, day)
        found = w.buyer_i64[rows, A800, b].tolist()
        others[rows, A800, b] = found
        assert (w.buyer_i64 == others).all()
        return found

    assert decided(99.0) == [64, 0]  # 15 of own cards' worth and 20 on order
    assert decided(98.9) == [0, 0]  # less than a lot
    assert decided(500.9) == [465, 0]
    assert [decided(500.0, day)[0] for day in range(T, T + 7)] == [465 if day in days else 0 for day in range(T, T + 7)]
    w.product_f64[scene.SEVERITY, A800] = 0.49
    assert decided(500.0) == [465, 0]
    w.product_f64[scene.SEVERITY, A800] = 0.5
    assert decided(500.0) == [0, 0]
    w.product_f64[scene.SEVERITY, A800] = 0.0
    w.startup_i8[s.STATUS, SECOND] = UNBORN
    assert decided(500.0) == [0, 0]
    w.startup_i8[s.STATUS, SECOND] = FAILED
    assert decided(500.0) == [0, 20]
    assert decided(500.0, days[0] + 1) == [0, 20]


def test_the_first_startup_can_be_a_direct_buyer() -> None:
    model, b, days = buying_lab(FOURTH)
    model.world.startup_f32[s.PLANNED_NEED, FOURTH] = 500.0
    startup.decide_orders(model.handle, days[0])
    assert model.world.buyer_i64[primary.DESIRED_ORDER, A800, b] == 500


def test_a_lab_that_has_asked_a_maker_bids_for_what_it_lacks_and_can_pay() -> None:
    model, b, _ = buying_lab()
    w, first = model.world, account_of_lab(model, FOURTH)
    w.buyer_i64[primary.BACKLOG, A800, b] = 20
    w.product_f64[scene.PERFORMANCE, A800], w.product_f64[scene.SPOT_CNY, A800] = 0.5, 80_000.0
    give_cards(model, "second", 20)
    for lab, slot, cards in ((LAB, 0, 30), (LAB, 1, 10), (SECOND, 1, 20)):
        contracts.sign(model.handle, lab, slot, ALPHA + slot, cards, 2500, 90, 0, s.KIND_REGULAR, T)
    w.startup_f32[s.NEED_CARDS], w.startup_f32[s.RESERVATION_CNY] = (50.0, 100.0, 100.0, 100.0), 70_000.0
    w.startup_i16[s.ASKED_MAKER] = -1, 0, 0, 0
    w.p[[ps.BUY_RATE, ps.BID_ADJUSTMENT, pu.COMPUTE_SHARE, pv.SERVER_COST]] = 0.5, 0.7, 0.45, 20_000.0
    leave_cash(model, "third", 2e6)  # enough for nine at 100,000 each
    worth = float(valuation.worth_for(model.handle, float(w.startup_f32[s.TASTE, LAB])))
    tick = int(float(np.float32(70_000.0 + 0.1 * (worth - 70_000.0))) / 100)
    for day in range(T, T + 6):
        w.quote_i32[:, first:], w.startup_f32[s.RESERVATION_CNY] = 7, 70_000.0
        startup.decide_quotes(model.handle, day)
        gaps = {LAB: 60.0, SECOND: 50.0, THIRD: 9.0}
        expected = [0, 0, 0, 0]
        for lab, gap in gaps.items():
            draw = uniform(seed_of(model), luck.QUOTE, day, lab_key(model, lab), 0)
            expected[lab] = int(gap * 0.5 / 7 + draw)
        assert w.quote_i32[trader.QUANTITY, first:].tolist() == expected
        assert w.quote_i32[trader.TICK, first:].tolist() == [tick] * 4


def test_what_a_direct_buyer_has_ordered_is_no_gap() -> None:
    model, b, _ = buying_lab()
    model.world.buyer_i64[primary.BACKLOG, A800, b] = 20
    gaps = reals(100.0, 100.0, 100.0)
    startup._take_off_backlogs(model.handle, LAB, THIRD + 1, gaps)
    assert gaps.tolist() == [100.0, 80.0, 100.0]
    for start, end in ((0, SECOND), (THIRD, THIRD + 1)):
        gaps = reals(*[100.0] * (end - start))
        startup._take_off_backlogs(model.handle, start, end, gaps)
        assert set(gaps) == {100.0}
    for start, end in ((SECOND, THIRD), (0, SECOND + 1)):
        gaps = reals(*[7.0] * (end - start))
        startup._take_off_backlogs(model.handle, start, end, gaps)
        assert gaps.tolist() == [7.0] * (end - start - 1) + [0.0]


def test_the_cards_of_failed_startups_are_offered_a_little_cheaper_every_day() -> None:
    model = four_labs()
    w, first = model.world, account_of_lab(model, FOURTH)
    for name, cards in (("lab", 30), ("second", 30), ("third", 1)):
        give_cards(model, name, cards)
    w.startup_i8[s.STATUS] = FAILED, FAILED, ALIVE, FAILED
    w.product_f64[scene.SPOT_CNY, A800] = 80_000.0
    w.startup_f32[s.RESERVATION_CNY] = 70_000.0, 90_000.0, 70_000.0, 60_000.0
    w.quote_i32[:, first:] = 0
    down = 1.0 - 0.04 / 7
    stock = w.startup_i32[s.STOCK_CARDS]
    found = changes(model, startup._sell_off, LAB, w.startup_i8[s.STATUS, LAB:], stock[LAB:])
    expected = {}
    for lab, cny, cards in ((LAB, 80_000.0 * down, 30), (THIRD, 60_000.0 * down, 1)):  # at most the last price
        expected |= {
            ("startup_f32", s.RESERVATION_CNY, lab): float(np.float32(cny)),
            ("quote_i32", trader.TICK, first + lab): int(cny / 100),
            ("quote_i32", trader.QUANTITY, first + lab): -cards,
        }
    assert_changes(found, expected)
