"""From state to tidy tables: one row per observation, units in the name.

The functions below turn logs and records into data frames. Ids are categorical, dates are dates, money is CNY.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from market import calendar
from market.state import primary, scene
from market.state import startup as s
from market.state.products import DAYS_PER_MONTH, FEN_PER_CNY, NVIDIA, PRODUCTS
from market.state.world import World

if TYPE_CHECKING:
    from market.state.cast import Cast

BASIS_POINTS = 10_000
KIND_OF_FIRM = ("nvidia", "cloud", "server_maker", "speculator", "startup")


def _dates(days: np.ndarray) -> pd.Series:
    """Days as dates; -1 is no date."""
    dates = pd.Series(calendar.dates()[np.clip(days, 0, None) % calendar.N_DAYS].astype("datetime64[ns]"))
    return dates.where(days >= 0)


def _late_dates(days: np.ndarray) -> pd.Series:
    """Days as dates, also beyond the calendar."""
    first = np.datetime64(calendar.FIRST_DAY, "D")
    return pd.Series((first + days.astype("timedelta64[D]")).astype("datetime64[ns]"))


def _ids(accounts: np.ndarray, cast: Cast) -> pd.Categorical:
    """Accounts as ids; -1 is nobody."""
    n_listed = len(cast.listed)
    others = np.unique(accounts[accounts >= n_listed])
    if not others.size:
        return _names(accounts, cast.listed)
    codes = np.where(accounts < n_listed, accounts, n_listed + np.searchsorted(others, accounts))
    return _names(codes, cast.listed + tuple(cast.ids[int(account)] for account in others))


def _names(codes: np.ndarray, names: tuple[str, ...]) -> pd.Categorical:
    return pd.Categorical.from_codes(codes, dtype=_categories(names))


@functools.lru_cache(maxsize=64)
def _categories(names: tuple[str, ...]) -> pd.CategoricalDtype:
    """One dtype for one list of names: a sweep makes thousands of tables of the same firms."""
    return pd.CategoricalDtype(list(names))


def daily_frame(world: World, days: int) -> pd.DataFrame:
    """The daily record of the first `days` days."""
    columns = {column.name: world.daily_f64[row, :days] for row, column in enumerate(scene.DAILY_F64.columns)}
    return pd.DataFrame({"date": calendar.dates()[:days].astype("datetime64[ns]"), **columns})


def firms_frame(world: World, cast: Cast, days: int) -> pd.DataFrame:
    """Firm by month, for the months that are complete."""
    ends = np.flatnonzero(calendar.DAY_OF_MONTH[:days] + 1 == calendar.DAYS_IN_MONTH[:days])
    months, n = len(ends), world.firm_f64.shape[2]
    starts = calendar.dates()[calendar.month_starts()[:months]].astype("datetime64[ns]")
    clock = world.clock
    firsts = [NVIDIA, *(int(clock[k]) for k in (scene.FIRST_CLOUD, scene.FIRST_MAKER))]
    firsts += [int(clock[scene.FIRST_SPECULATOR]), int(clock[scene.FIRST_STARTUP])]
    n_startups = world.startup_month_i64.shape[1]  # on the record, after all others that are
    accounts = np.concatenate([NVIDIA + np.arange(n - n_startups), firsts[-1] + np.arange(n_startups)])
    kinds = np.tile(np.searchsorted(firsts, accounts, side="right") - 1, months)
    columns = {
        column.name: world.firm_f64[row, :months].reshape(-1) for row, column in enumerate(scene.FIRM_F64.columns)
    }
    revenue, is_nvidia = columns["revenue_cny"], kinds == KIND_OF_FIRM.index("nvidia")
    columns["cost_cny"] = np.where(is_nvidia, revenue * (1.0 - world.p[_gross_margin()]), columns["cost_cny"])
    earned = np.where(revenue > 0, revenue, np.nan)
    columns["margin_historic"] = (revenue - columns["cost_cny"]) / earned
    replacement = (earned - columns["opex_cny"] - columns["replacement_depreciation_cny"]) / earned
    columns["margin_replacement"] = np.where(kinds == KIND_OF_FIRM.index("cloud"), replacement, np.nan)
    firms, words = _ids(np.tile(accounts, months), cast), _names(kinds, KIND_OF_FIRM)
    return pd.DataFrame({"month": np.repeat(starts, n), "firm": firms, "kind": words, **columns})


def _gross_margin() -> int:
    from market.parameters import supply

    return supply.GROSS_MARGIN


def events_frame(rows: np.ndarray, cast: Cast) -> pd.DataFrame:
    """What happened, in order."""
    kinds, actors = rows[scene.EVENT_KIND], rows[scene.EVENT_ACTOR]
    table = pd.DataFrame(
        {
            "date": _late_dates(rows[scene.EVENT_DAY]),
            "kind": _names(kinds, tuple(scene.EVENTS)),
            "actor": _ids(actors, cast),
            "counterparty": _ids(rows[scene.EVENT_OTHER], cast),
            "cards": rows[scene.EVENT_CARDS],
            "price_cny": rows[scene.EVENT_FEN] / FEN_PER_CNY,
        }
    )
    table["detail"] = _details(rows, cast)
    return table


def _details(rows: np.ndarray, cast: Cast) -> np.ndarray:
    """The details of events in words, for the kinds that have any."""
    text = np.full(rows.shape[1], "", dtype=object)
    reasons, ids = list(s.REASONS), cast.ids
    for kind, write in (
        (scene.TENDER_OPENED, lambda a, b, c: f"tender={a}"),
        (scene.BID, lambda a, b, c: f"tender={a} floor={b / BASIS_POINTS:.4f} stop={'authority' if c else 'floor'}"),
        (scene.TENDER_AWARDED, lambda a, b, c: f"tender={a} fraction={b / BASIS_POINTS:.4f}"),
        (scene.SWITCHED, lambda a, b, c: f"from={ids[a]} cause={reasons[b]} most_free={ids[c]}"),
        (scene.CONTRACT_SIGNED, lambda a, b, c: f"contract={a} kind={s.KINDS[b]}"),
        (scene.CONTRACT_ENDED, lambda a, b, c: f"contract={a} reason={reasons[b]}"),
        (scene.DELIVERED, lambda a, b, c: f"product={PRODUCTS[a]} order={b}"),
        (scene.ORDER_PLACED, lambda a, b, c: f"product={PRODUCTS[a]} framework={b} order={c}"),
        (scene.ORDER_CANCELLED, lambda a, b, c: f"product={PRODUCTS[a]}"),
        (scene.RULE_RUMOURED, lambda a, b, c: f"rule={cast.rules[a]}"),
        (scene.RULE_ANNOUNCED, lambda a, b, c: f"rule={cast.rules[a]}"),
        (scene.RULE_EFFECTIVE, lambda a, b, c: f"rule={cast.rules[a]}"),
    ):
        found = np.flatnonzero(rows[scene.EVENT_KIND] == kind)
        details = (rows[column, found].tolist() for column in (scene.EVENT_A, scene.EVENT_B, scene.EVENT_C))
        text[found] = list(map(write, *details))
    return text


def running_contracts(world: World) -> np.ndarray:
    """Contracts that run, as int64 of shape (columns of `market.state.startup.CONTRACT_I32`, contracts)."""
    return world.contract_i32[world.contract_i32[:, s.CONTRACT] != 0].T.astype(np.int64)


def contracts_frame(world: World, ended: np.ndarray, cast: Cast, days: int) -> pd.DataFrame:
    """All contracts: ended ones from the log, running ones from their slots."""
    running = running_contracts(world)
    running = running[:, running[s.STARTUP] < world.clock[scene.LOG_LIMIT]]
    ends = np.tile([[-1], [s.RUNNING]], running.shape[1])
    rows = np.concatenate([ended, np.concatenate([running, ends])], axis=1)
    rows = rows[:, np.argsort(rows[s.CONTRACT], kind="stable")]
    clock = world.clock
    tender = rows[s.TENDER]
    return pd.DataFrame(
        {
            "contract_id": rows[s.CONTRACT],
            "startup": _ids(clock[scene.FIRST_STARTUP] + rows[s.STARTUP], cast),
            "cloud": _ids(clock[scene.FIRST_CLOUD] + rows[s.CLOUD], cast),
            "tender_id": pd.array(np.where(tender > 0, tender, 0), dtype="Int64").astype("Int64"),
            "kind": _names(rows[s.KIND], s.KINDS),
            "cards": rows[s.CARDS],
            "fraction": rows[s.FRACTION_BP] / BASIS_POINTS,
            "rent_cny_per_card_month": rows[s.RENT_FEN] * DAYS_PER_MONTH / FEN_PER_CNY,
            "start_date": _late_dates(rows[s.START_DAY]),
            "end_date": _dates(rows[s.STOPPED_DAY]),
            "end_reason": _names(rows[s.REASON], tuple(s.REASONS)),
            "served_card_days": rows[s.SERVED_CARD_DAYS],
            "promised_card_days": rows[s.PROMISED_CARD_DAYS],
        }
    ).assign(tender_id=lambda table: table["tender_id"].mask(table["tender_id"] == 0))


def orders_frame(world: World, cast: Cast) -> pd.DataFrame:
    """The order book since the first day."""
    rows = world.order_i64[:, : world.clock[scene.N_ORDERS]]
    buyers = world.buyer_account[primary.ACCOUNT, rows[primary.BUYER]]
    return pd.DataFrame(
        {
            "order_id": np.arange(rows.shape[1]),
            "buyer": _ids(buyers, cast),
            "product": _names(rows[primary.PRODUCT], PRODUCTS),
            "placed_date": _late_dates(rows[primary.PLACED]),
            "due_date": _late_dates(rows[primary.DUE_DAY]),
            "promised_date": _late_dates(rows[primary.PROMISED]),
            "cards": rows[primary.CARDS],
            "delivered_cards": rows[primary.DELIVERED],
            "cancelled_cards": rows[primary.CANCELLED],
            "first_delivery_date": _dates(rows[primary.FIRST_DELIVERY]),
            "last_delivery_date": _dates(rows[primary.LAST_DELIVERY]),
            "framework": rows[primary.IS_FRAMEWORK] == 1,
        }
    )


def deliveries_frame(world: World, rows: np.ndarray, cast: Cast) -> pd.DataFrame:
    """Cards delivered by order and day."""
    orders = rows[primary.DELIVERY_ORDER]
    buyers = world.buyer_account[primary.ACCOUNT, world.order_i64[primary.BUYER, orders]]
    return pd.DataFrame(
        {
            "order_id": orders,
            "buyer": _ids(buyers, cast),
            "product": _names(world.order_i64[primary.PRODUCT, orders], PRODUCTS),
            "date": _late_dates(rows[primary.DELIVERY_DAY]),
            "cards": rows[primary.DELIVERY_CARDS],
        }
    )
