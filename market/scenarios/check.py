"""What ties the fields of a scenario together: dates in order, ids that are unique, names that are known.

Each check reads a tree whose values may still be of any type and looks only at those it understands, so
that a file's mistakes of both sorts are reported at once. Allotment rules are known by name; a new one is
registered here (or in the kernels' own table) before a scenario may ask for it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any

from market.calendar import FIRST_DAY
from market.errors import Problem, suggest
from market.scenarios.tree import Path, Tree, shown

Where = Callable[[Path], str]

_RULE_DATES = ("rumoured", "announced", "effective", "enforced", "lifted")
_FIRM_TABLES = ("cloud", "server_maker", "startup")
_RESERVED = re.compile(r"nvidia|regulator|reserve|world|(startup|speculator|cloud|server_maker)_\d+")
_REGISTERED: set[str] = set()


def known_allotment_rules() -> frozenset[str]:
    """Return the names that `market.allotment` accepts."""
    from market.kernels.ration import RULES

    return frozenset(RULES) | _REGISTERED


def register_allotment_rule_name(name: str) -> None:
    """Let scenarios ask for an allotment rule of this name."""
    _REGISTERED.add(name)


def is_allotted_in_python(name: str) -> bool:
    """Tell whether an allotment rule of this name has been registered, and so is none of the compiled ones."""
    return name in _REGISTERED


def inconsistencies(tree: Tree, where: Where = lambda path: "") -> Iterator[Problem]:
    """Yield what is wrong between fields, one problem at a time.

    Parameters
    ----------
    tree : dict
        The scenario with its arrays of tables by id.
    where : callable
        Tells which file or option set a path.
    """
    yield from _allotment(tree, where)
    yield from _date_list(tree, ("supply", "china_revenue"), "from", where)
    yield from _date_list(tree, ("funding", "climate"), "on", where)
    for id, rule in _table(tree, "rule").items():
        if isinstance(rule, Mapping):
            yield from _rule_dates(("rule", id), rule, where)
            yield from _rule_products(("rule", id), rule, where)
    yield from _firms(tree, where)
    yield from _population(tree, where)
    for id, firm in _table(tree, "startup").items():
        yield from _founding(("startup", id), firm, where)


def _table(tree: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return a table, empty when something else stands there."""
    value = tree.get(key)
    return value if isinstance(value, Mapping) else {}


def _date(value: object) -> dt.date | None:
    return value if isinstance(value, dt.date) and not isinstance(value, dt.datetime) else None


def _allotment(tree: Tree, where: Where) -> Iterator[Problem]:
    path = ("market", "allotment")
    name = _table(tree, path[0]).get(path[1])
    if not isinstance(name, str):
        return
    known = sorted(known_allotment_rules())
    if name not in known:
        yield Problem(".".join(path), name, f"one of {', '.join(known)}", where(path), suggest(name, known))


def _date_list(tree: Tree, path: Path, date_key: str, where: Where) -> Iterator[Problem]:
    """Check that a dated list begins on the first day and moves forward."""
    section, key = path
    entries = _table(tree, section).get(key)
    if not isinstance(entries, list | tuple):
        return
    dates = [_date(entry.get(date_key)) if isinstance(entry, Mapping) else None for entry in entries]
    text, origin = ".".join(path), where(path)
    if not dates:
        yield Problem(text, "an empty list", f"at least one entry, the first on {FIRST_DAY}", origin)
    elif dates[0] is not None and dates[0] != FIRST_DAY:
        allowed = f"{FIRST_DAY}, the first day of the calendar"
        yield Problem(f"{text}[1].{date_key}", shown(dates[0]), allowed, origin)
    for position, (before, after) in enumerate(pairwise(dates), start=2):
        if before is not None and after is not None and after <= before:
            allowed = f"a date after {before}, the one before it in the list"
            yield Problem(f"{text}[{position}].{date_key}", shown(after), allowed, origin)


def _rule_dates(path: Path, rule: Mapping[str, Any], where: Where) -> Iterator[Problem]:
    """Check rumour <= announcement <= effect <= enforcement <= end, as far as each is given."""
    given = [(key, date) for key in _RULE_DATES if (date := _date(rule.get(key))) is not None]
    for (earlier, first), (later, second) in pairwise(given):
        if second < first:
            allowed = f"a date not before {earlier} = {first}"
            origin = _both(where, (*path, later), (*path, earlier))
            yield Problem(".".join((*path, later)), shown(second), allowed, origin)


def _both(where: Where, one: Path, other: Path) -> str:
    """Return where two values that clash were set."""
    return " and ".join(dict.fromkeys(filter(None, (where(one), where(other)))))


def _rule_products(path: Path, rule: Mapping[str, Any], where: Where) -> Iterator[Problem]:
    products = rule.get("products")
    if isinstance(products, list | tuple) and (not products or len(set(map(str, products))) < len(products)):
        here = (*path, "products")
        found = ", ".join(map(str, products))
        yield Problem(".".join(here), found, "at least one product, each once", where(here))


def _firms(tree: Tree, where: Where) -> Iterator[Problem]:
    """Check that a firm's id is its own, and that there is a cloud at all."""
    seen: dict[str, str] = {}
    for table in _FIRM_TABLES:
        for id in _table(tree, table):
            path, origin = f"{table}.{id}.id", where((table, id))
            if id in seen:
                origin = _both(where, (table, id), (seen[id], id))
                yield Problem(path, id, f"an id of its own; {seen[id]}.{id} has it already", origin)
            elif _RESERVED.fullmatch(id):
                yield Problem(path, id, "an id that the model does not give itself", origin)
            seen.setdefault(id, table)
    if tree.get("cloud") == {}:
        yield Problem("cloud", "none", "at least one cloud", where(("cloud",)))


def _population(tree: Tree, where: Where) -> Iterator[Problem]:
    """Check that the population has room for the named startups; 0 means no startup at all."""
    path = ("population", "startups")
    n_startups = _table(tree, path[0]).get(path[1])
    n_named = len(_table(tree, "startup"))
    if isinstance(n_startups, int) and not isinstance(n_startups, bool) and 0 < n_startups < n_named:
        allowed = f"at least {n_named}, the number of named startups, or 0 for none at all"
        yield Problem(".".join(path), n_startups, allowed, where(path))


def _founding(path: Path, firm: Mapping[str, Any], where: Where) -> Iterator[Problem]:
    """A startup that is founded later starts with money and buys its cards."""
    founded, cards = _date(firm.get("founded")), firm.get("own_cards")
    if founded is not None and founded >= FIRST_DAY and isinstance(cards, int) and cards > 0:
        allowed = f"0 for a startup founded on or after {FIRST_DAY}: it has no cards before it is founded"
        here = (*path, "own_cards")
        yield Problem(".".join(here), cards, allowed, where(here))
