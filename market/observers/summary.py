"""One screen of text about one run: prices, the focal tender, who earned, patterns, churn.

Reads the tables of a result and says what happened in it, including that nothing did. Lines are at most 100
characters; numbers are rounded for reading, the tables hold them in full.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import pandas as pd

from market.observers.bands import PROBABILITIES, in_band, pattern_facts
from market.observers.churn import ALL_CAUSES, CAUSES, failures_by_half_year, switches_by_half_year
from market.observers.columns import RunTables, between, detail_of, has, in_days
from market.observers.focal import CUSTOMER, Award, customer_events, focal_award, focal_move
from market.observers.patterns import measure
from market.observers.reading import YEAR_2023, Reading

__all__ = ["describe"]

THOUSAND = 1e3
BILLION = 1e9
QUARTERS = 4
MONTHS_PER_QUARTER = 3


def describe(run: RunTables) -> str:
    """Return a summary of a run, as lines of at most 100 characters.

    Parameters
    ----------
    run : Result
        What `market.simulation.run` returned, or `market.store.read_run` read back.
    """
    sections = (_heading(run), _prices(run), _tender(run), _earnings(run), _patterns(run), _churn(run))
    return "\n".join(line for section in sections for line in section)


def _heading(run: RunTables) -> list[str]:
    """Return what was run."""
    days = in_days(run.daily, "date")
    span = f"{days[0]} to {days[-1]}" if days.size else "no day"
    return [f"{run.scenario.name}, seed {run.seed}: {span} ({days.size:,} days)"]


def _prices(run: RunTables) -> list[str]:
    """Return the mean spot price of each quarter, a line a year."""
    quarter = in_days(run.daily, "date").astype("datetime64[M]").astype(np.int64) // MONTHS_PER_QUARTER
    prices = pd.Series(run.daily["spot_price_cny"].to_numpy(float)).groupby(quarter).mean() / THOUSAND
    lines = ["", "A800 spot price, mean of the quarter, thousand CNY per card"]
    for year in sorted({number // QUARTERS for number in prices.index}):
        cells = [f"Q{q + 1} {prices.get(year * QUARTERS + q, math.nan):6.1f}" for q in range(QUARTERS)]
        lines.append(f"  {1970 + year}   " + "   ".join(cells).replace("nan", "  -"))
    return lines


def _tender(run: RunTables) -> list[str]:
    """Return the story of the focal tender, a sentence a line."""
    events = customer_events(run)
    award = focal_award(events)
    lines = ["", f"Tender of {_name(run, CUSTOMER)}"]
    if award is None:
        return [*lines, "  None was awarded between October 2022 and August 2023."]
    lines.append(f"  Opened {award.opened} for {award.cards:,} cards.")
    lines += [f"  {line}" for line in _losing_bids(run, award)]
    winner = _name(run, award.winner)
    lines.append(f"  {winner} won at {award.fraction:.2f} of list on {award.awarded}.")
    move = focal_move(events, award)
    if move is None:
        return [*lines, f"  The customer did not move on from {winner} within 18 months of this run."]
    most = "with the most free cards" if move.host == move.most_free else "not the one with the most free cards"
    cause = move.cause.replace("_", " ")
    lines.append(f"  It moved to {_name(run, move.host)} ({most}) after {move.months:.1f} months: {cause}.")
    return lines


def _losing_bids(run: RunTables, award: Award) -> list[str]:
    """Return at which fraction of list each loser stopped, and why."""
    events = run.events
    days = in_days(events, "date")
    bids = events.loc[
        has(events, "kind", "bid")
        & has(events, "counterparty", CUSTOMER)
        & (days >= award.opened)
        & (days <= award.awarded)
    ]
    day = np.searchsorted(in_days(run.daily, "date"), award.awarded)
    list_rent = float(run.daily["list_rent_cny_per_card_month"].iloc[day])
    lines = []
    for cloud, rent, text in zip(bids["actor"], bids["price_cny"], bids["detail"], strict=True):
        detail = detail_of(text)
        if cloud == award.winner or (award.tender and detail.get("tender") != award.tender):
            continue
        why = {"floor": "at its floor", "authority": "at its staff's authority, no floor being agreed"}
        stop = why.get(detail.get("stop", ""), "there")
        lines.append(f"{_name(run, cloud)} stopped at {rent / list_rent:.2f} of list, {stop}.")
    return lines


def _earnings(run: RunTables) -> list[str]:
    """Return what each kind of firm earned in 2023."""
    reading = Reading(run)
    if not reading.reaches(YEAR_2023[1]):
        return []
    months = between(in_days(run.firms, "month"), *YEAR_2023)
    firms = run.firms.loc[months]
    surplus = (firms["revenue_cny"] - firms["cost_cny"]).groupby(firms["kind"].astype(str)).sum() / BILLION
    historic, replacement = reading.cloud_margins_2023
    traders = [
        f"{label} {surplus.get(kind, 0.0):.2f}"
        for label, kind in (("server makers", "server_maker"), ("speculators", "speculator"))
    ]
    return [
        "",
        "Who earned in 2023",
        f"  NVIDIA gross profit in China {surplus.get('nvidia', 0.0):.1f} bn CNY"
        f" ({_percent(reading.nvidia_margin_2023)} of sales)",
        f"  Clouds' margin on GPU revenue {_percent(historic)} at historic card cost,"
        f" {_percent(replacement)} at replacement cost",
        f"  Revenue less cost, bn CNY: {', '.join(traders)}",
    ]


def _patterns(run: RunTables) -> list[str]:
    """Return how many patterns this run shows, and value and band of those it misses."""
    values = measure(run)
    rows = pattern_facts()
    # C3 of a run whose customer never moved is not in its denominator: neither hit nor missed.
    judged = [row for row in rows if not (row.id == "C3" and math.isnan(values[row.id]))]
    missed = [row for row in judged if not in_band(row.id, values[row.id])]
    lines = ["", f"Patterns: {len(judged) - len(missed)} of {len(judged)} in their bands"]
    for row in missed:
        value = values[row.id]
        if row.id in PROBABILITIES:
            lines.append(f"  missed {row.id:4} the case went the other way")
        elif not math.isnan(value):
            found = f"{value:,.0f}" if abs(value) >= THOUSAND else f"{value:.3g}"
            lines.append(f"  missed {row.id:4} {found} (band {row.low:,.12g} to {row.high:,.12g} {row.unit})")
    never = [row.id for row in missed if math.isnan(values[row.id])]
    return [*lines, f"  no value: {', '.join(never)}"] if never else lines


def _churn(run: RunTables) -> list[str]:
    """Return switches per 100 contract-years and failures of startups, a column a half-year."""
    table = switches_by_half_year(run)
    if table.empty:
        return []
    rates = table.pivot(index="cause", columns="half_year", values="switches_per_100_contract_years")
    failed = failures_by_half_year(run)["startups_failed"]
    lines = ["", _columns("Switches per 100 contract-years", rates.columns)]
    for cause in (*CAUSES, ALL_CAUSES):
        cells = ["-" if math.isnan(rate) else f"{rate:.1f}" for rate in rates.loc[cause]]
        lines.append(_columns(f"  {cause.replace('_', ' ')}", cells))
    return [*lines, _columns("Startups failed", [str(n) for n in failed])]


def _columns(label: str, cells: Iterable[str]) -> str:
    """Return a label and cells set in columns."""
    return f"{label:32}" + "".join(f"{cell:>9}" for cell in cells)


def _name(run: RunTables, id: str) -> str:
    """Return a firm's name as the scenario writes it, or its id."""
    firms = (*run.scenario.clouds, *run.scenario.server_makers, *run.scenario.startups)
    return next((firm.name for firm in firms if firm.id == id), id)


def _percent(share: float) -> str:
    """Return a share in percent, or a word for none."""
    return "none" if math.isnan(share) else f"{100 * share:.0f}%"
