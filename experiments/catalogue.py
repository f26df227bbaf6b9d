"""Which experiments there are: every module here that asks a question, in the order in which they build on each other.

An experiment is a module with ``QUESTION`` (one sentence), ``runs(quick)`` (number of model runs, an upper bound where
it is adaptive) and ``conduct(lab)``. It may add ``effort(quick)`` (how many runs of the baseline its runs cost
together, where they are not alike), ``score(file)`` and ``register(results)``.
"""

from __future__ import annotations

import difflib
import importlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from experiments.engine.errors import InputError
from experiments.lab import Lab

__all__ = ["ALL", "Experiment", "load", "names"]

ALL = "all"
HERE = Path(__file__).resolve().parent
ORDER = (
    "setting",
    "baseline",
    "tender_case",
    "export_controls",
    "decomposition",
    "policies",
    "scaling",
    "sensitivity",
    "calibration",
    "forecast",
)

_ASKS = re.compile(r"^QUESTION\b", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Experiment:
    """A question and how it is answered.

    Attributes
    ----------
    runs : callable
        Number of model runs, by whether the look is quick.
    effort : callable
        The same in runs of the baseline that take as long.
    conduct : callable
    score, register : callable, optional
        Score the experiment against a file of observations; freeze its results.
    """

    name: str
    question: str
    runs: Callable[[bool], int]
    effort: Callable[[bool], float]
    conduct: Callable[[Lab], None]
    score: Callable[[Path], Any] | None
    register: Callable[[Path], Any] | None


def names() -> list[str]:
    """Return the names of all experiments, in order; those that the order does not name come last."""
    found = {file.stem for file in HERE.glob("*.py") if _ASKS.search(file.read_text(encoding="utf-8"))}
    return [name for name in ORDER if name in found] + sorted(found - set(ORDER))


def load(name: str) -> Experiment:
    """Return an experiment by its name.

    Raises
    ------
    InputError
        When there is none of that name.
    """
    known = names()
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f" (did you mean {near[0]!r}?)" if near else ""
        raise InputError("experiment", name, f"{ALL}, {', '.join(known)}{hint}")
    module = importlib.import_module(f"experiments.{name}")
    return Experiment(
        name=name,
        question=module.QUESTION,
        runs=module.runs,
        effort=getattr(module, "effort", module.runs),
        conduct=module.conduct,
        score=getattr(module, "score", None),
        register=getattr(module, "register", None),
    )
