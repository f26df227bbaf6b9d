"""A laboratory that runs a formula in place of the model, so that a whole experiment can be tried in seconds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from experiments.fit.priors import free_parameters
from experiments.fit.targets import READ, TARGETS
from experiments.lab import Lab
from experiments.readings.outcomes import OUTCOMES
from experiments.study import Study

SPREAD = 2.0
"""Effect of an input over its whole range, in tolerances of a target."""
NOISE = 0.3


class MadeUpLab(Lab):
    """Keeps everything as the real one does; a run is a sum of a few inputs, plus luck.

    Target number k is moved by inputs k and k + 1 (in the order of the free parameters) and sits on its report when
    both stand at 0.6 of their range; `shift` moves one target away from what any input can do.
    """

    shift: dict[str, float]

    def collect(self, study: Study) -> dict[str, pd.DataFrame]:
        """Compute every run of a study."""
        answer: Callable[[dict[str, float], np.random.Generator], dict[str, float]]
        answer = self._statistics if study.read == READ else _outcomes
        rows = []
        for order in study.runs():
            luck = np.random.default_rng(order.seed)
            values = answer(_unit(order.point.overrides), luck)
            rows.append({"point": order.point.key, "replicate": order.replicate, "seed": order.seed, **values})
        return {"runs": pd.DataFrame(rows).sort_values(["point", "replicate"], kind="stable", ignore_index=True)}

    def _statistics(self, unit: dict[str, float], luck: np.random.Generator) -> dict[str, float]:
        places = list(unit.values())
        found = {}
        for k, target in enumerate(TARGETS):
            drive = places[k % len(FREE)] + 0.5 * places[(k + 1) % len(FREE)] - 0.9
            drawn = luck.normal()
            if target.is_event:
                found[target.id] = float(luck.random() < 0.5 + 0.4 * drive)
                continue
            value = target.centre + target.tolerance * (SPREAD * drive + NOISE * drawn + self.shift.get(target.id, 0.0))
            found[target.id] = float(np.exp(value)) if target.scale == "log" else value
        return found


FREE = free_parameters()


def made_up_lab(directory: Any, name: str, **shift: float) -> MadeUpLab:
    """Return a laboratory in quick mode."""
    lab = MadeUpLab(name, directory, quick=True)
    lab.shift = shift
    return lab


def _unit(overrides: Any) -> dict[str, float]:
    """Return where on its range every free input stands."""
    return {item.path: (overrides.get(item.path, item.value) - item.low) / (item.high - item.low) for item in FREE}


def _outcomes(unit: dict[str, float], luck: np.random.Generator) -> dict[str, float]:
    places = list(unit.values())
    return {outcome: 10.0 + places[0] + 2.0 * places[1] * places[2] + 0.2 * luck.normal() for outcome in OUTCOMES}
