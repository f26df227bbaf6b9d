r"""Every number that an experiment notes, as a LaTeX macro: the paper types none of them by hand.

The number `price_jan` of the experiment `no_rule` becomes ``\numNoRulePriceJan``, with ``Low`` and ``High`` for its
interval, ``Range`` for all three (or the value alone), ``Runs`` for the seeds behind it, and ``Verb`` for what the
interval says of its sign. Shares have the same again with ``Percent``. Digits become words, for TeX knows no digits in
names.
Values are rounded to two digits of their interval's half-width, but to no more than four digits unless the first one of
the half-width needs them; to three digits where there is no interval.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path

from figures.output import write_whole
from figures.results import Number, Results, ResultsError

__all__ = ["EXPERIMENTS", "TITLE", "macro_name", "macros", "write"]

EXPERIMENTS: tuple[str, ...] = ()
TITLE = "Every noted number as a LaTeX macro"

DIGITS = ("Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")
SHARES = re.compile(r"\b(share|probability|fraction)\b")
COUNTS = re.compile(r"^(count|patterns|parameters|runs|seeds|points)$")
NEVER = "--"
DIGITS_KEPT, DIGITS_OF_HALF_WIDTH, MOST_DIGITS = 3, 2, 4
PERCENT = 100.0
RAISES, LOWERS, NO_EFFECT = "raises", "lowers", "has no shown effect on"


def write(results: Results, directory: Path) -> list[Path]:
    """Write ``numbers.tex`` for every experiment that has results."""
    lines = [r"% Made by `python -m figures numbers` from the results of experiments; do not edit."]
    seen: dict[str, str] = {}
    for experiment in results.experiments():
        for name, number in experiment.numbers().items():
            for macro, text in macros(experiment.name, name, number):
                if macro in seen:
                    raise ResultsError(f"{experiment.name}.{name} and {seen[macro]} both make \\{macro}; rename one")
                seen[macro] = f"{experiment.name}.{name}"
                lines.append(rf"\newcommand{{\{macro}}}{{{text}\xspace}}")
    directory.mkdir(parents=True, exist_ok=True)
    return [write_whole(directory / "numbers.tex", ("\n".join(lines) + "\n").encode())]


def macro_name(experiment: str, name: str) -> str:
    """Return the name of a number's macro, without the backslash."""
    words = re.findall(r"[A-Za-z]+|\d", f"{experiment}_{name}")
    return "num" + "".join(DIGITS[int(word)] if word.isdigit() else word[0].upper() + word[1:] for word in words)


def macros(experiment: str, name: str, number: Number) -> Iterator[tuple[str, str]]:
    """Yield the macros of a number, as name and text."""
    base = macro_name(experiment, name)
    yield from _family(base, number, 1.0, "")
    yield f"{base}Runs", f"{number.runs:,}"
    if SHARES.search(number.unit):
        yield from _family(f"{base}Percent", number, PERCENT, r"\%")
    if number.low is not None and number.high is not None:
        yield f"{base}Verb", RAISES if number.low > 0 else LOWERS if number.high < 0 else NO_EFFECT


def _family(base: str, number: Number, factor: float, sign: str) -> Iterator[tuple[str, str]]:
    """Yield value, ends and range."""
    value, low, high = (None if x is None else x * factor for x in (number.value, number.low, number.high))
    decimals = _decimals(value, low, high, bool(COUNTS.match(number.unit)))
    is_exact = low is None and high is None
    texts = [NEVER if x is None else f"{_plain(x, decimals, is_exact)}{sign}" for x in (value, low, high)]
    yield base, texts[0]
    if low is not None and high is not None:
        yield f"{base}Low", texts[1]
        yield f"{base}High", texts[2]
        yield f"{base}Range", f"{texts[0]} ({texts[1]} to {texts[2]})"
    else:  # a quick look may have too few runs for an interval
        yield f"{base}Range", texts[0]


def _decimals(value: float | None, low: float | None, high: float | None, is_count: bool) -> int:
    """Return how many decimals to print; below zero, how many digits before the point to round away."""
    if is_count:
        return 0
    if low is not None and high is not None and high > low:
        first_of_half_width = -math.floor(math.log10((high - low) / 2))
        of_value = MOST_DIGITS - 1 - math.floor(math.log10(max(abs(low), abs(high))))
        return max(min(first_of_half_width + DIGITS_OF_HALF_WIDTH - 1, of_value), first_of_half_width)
    if value is None or value == 0:
        return 0
    return DIGITS_KEPT - 1 - math.floor(math.log10(abs(value)))


def _plain(value: float, decimals: int, is_exact: bool) -> str:
    """Return a number in LaTeX, with thousands separated, a true minus sign, and no idle zeros if it is exact."""
    rounded = round(value, decimals)
    text = f"{abs(rounded):,.{max(decimals, 0)}f}"
    if is_exact and "." in text:
        text = text.rstrip("0").rstrip(".")
    return rf"\ensuremath{{-}}{text}" if rounded < 0 else text
