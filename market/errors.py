"""One family of errors that carry fields and say what to do.

Everything the package raises on purpose is a `MarketError`. The command line prints its text and leaves
with its `exit_code`: 2 for input a user can mend, 3 for a defect of the model. Callers read the fields and
never parse the text. Every error survives pickling, because runs are executed in worker processes. Only the
standard library is imported here.
"""

from __future__ import annotations

import difflib
import os
import reprlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 150  # the path of a file is shown whole


def suggest(word: object, known: Iterable[str]) -> str | None:
    """Return the known word closest to a misspelt one.

    Parameters
    ----------
    word : object
        What the user wrote; compared as text, without regard to case.
    known : iterable of str
        The words that would have been accepted.

    Returns
    -------
    str or None
        The closest word, or None when nothing is near enough to be worth saying.
    """
    by_lower_case = {name.lower(): name for name in known}
    near = difflib.get_close_matches(str(word).lower(), by_lower_case, n=1)
    return by_lower_case[near[0]] if near else None


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with an input, readable as one line.

    Attributes
    ----------
    path : str
        Dotted name of the field, such as ``supply.china_share``.
    value : object
        What was found there; None stands for a missing value.
    allowed : str
        What would have been accepted, with its unit.
    origin : str
        Where the value came from: a file, a command-line option. Empty when it is obvious.
    did_you_mean : str or None
        The closest accepted word, where there is one.
    """

    path: str
    value: object
    allowed: str
    origin: str = ""
    did_you_mean: str | None = None

    def __str__(self) -> str:
        state = "is missing" if self.value is None else f"= {_SHORT.repr(self.value)}"
        hint = f"; did you mean {self.did_you_mean!r}?" if self.did_you_mean else ""
        origin = f" (in {self.origin})" if self.origin else ""
        return " ".join(f"{self.path} {state}: expected {self.allowed}{hint}{origin}".split())


class MarketError(Exception):
    """Base of every error this package raises on purpose.

    Attributes
    ----------
    exit_code : int
        What the command line returns to the shell: 2 unless a subclass says otherwise.
    """

    exit_code: ClassVar[int] = 2


class ScenarioError(MarketError):
    """A scenario that cannot be run; carries everything wrong with it at once.

    Parameters
    ----------
    problems : iterable of Problem
        All of them, in the order in which the user meets them; at least one.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        if not self.problems:
            raise ValueError("a ScenarioError needs at least one Problem")
        super().__init__(self.problems)

    def __str__(self) -> str:
        n_problems = len(self.problems)
        head = "1 problem" if n_problems == 1 else f"{n_problems} problems"
        return "\n".join([f"{head} in the scenario:", *(f"  {problem}" for problem in self.problems)])


class UsageError(MarketError):
    """A call or an option with a value that is not accepted.

    Parameters
    ----------
    field : str
        Name of the argument or option.
    value : object
        What was given; None stands for a missing value.
    allowed : str
        What would have been accepted.
    origin : str
        Where the value came from, or which function refused it.
    did_you_mean : str or None
        The closest accepted word, where there is one.
    """

    def __init__(
        self, field: str, value: object, allowed: str, origin: str = "", did_you_mean: str | None = None
    ) -> None:
        super().__init__(field, value, allowed, origin, did_you_mean)
        self.field = field
        self.value = value
        self.allowed = allowed
        self.origin = origin
        self.did_you_mean = did_you_mean

    def __str__(self) -> str:
        return str(Problem(self.field, self.value, self.allowed, self.origin, self.did_you_mean))


class OutputError(MarketError):
    """A result that cannot be written, or cannot be read back whole.

    Parameters
    ----------
    path : str or path-like
        The file or directory.
    reason : str
        What is wrong with it, and what to do.
    """

    def __init__(self, path: str | os.PathLike[str], reason: str = "") -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        return f"{os.fspath(self.path)}: {self.reason}" if self.reason else os.fspath(self.path)


class BooksError(MarketError):
    """Books that do not close: a defect of the model, never of the input.

    Parameters
    ----------
    day : str
        ISO date on which the row broke.
    row : str
        Name of the row of the accounting matrix.
    accounts : iterable of str
        The accounts that take part in it.
    difference : int
        By how much it fails to close, in `unit`; never zero.
    unit : str
        ``fen`` or ``cards``.
    """

    exit_code: ClassVar[int] = 3

    def __init__(self, day: str, row: str, accounts: Iterable[str], difference: int, unit: str) -> None:
        self.day = day
        self.row = row
        self.accounts: tuple[str, ...] = tuple(accounts)
        self.difference = int(difference)
        self.unit = unit
        super().__init__(self.day, self.row, self.accounts, self.difference, self.unit)

    def __str__(self) -> str:
        accounts = ", ".join(self.accounts) or "none"
        return (
            f"{self.day}: row {self.row!r} does not close, by {self.difference:+d} {self.unit} "
            f"(accounts: {accounts}). "
            "This is a defect of the model; please report it with the scenario and the seed."
        )
