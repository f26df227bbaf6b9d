"""How a parameter is declared: once, with value, unit, bounds, prior and source.

A module of this package declares one group of parameters. `Group.parameter` returns the parameter's
position in the vector that compiled rules read, so that the constant a rule names, the name in a
scenario file and the row of the printed table are one declaration.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Group", "Parameter", "all_parameters"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One number of the model.

    Attributes
    ----------
    name : str
        Dotted name, group first (``orders.adjustment``); the same in Python, TOML and tables.
    value : float
        Value in the baseline.
    unit : str
        Unit of `value`; ``1`` for a pure number, ``switch`` for 0 or 1.
    low, high : float
        Hard bounds, both allowed.
    prior : tuple of float or None
        Lower and upper end of the uniform prior used by searches and sensitivity studies; None for a
        parameter that is held fixed.
    source : str
        Evidence id (`K01`), reference key (`Sterman1989`), or ``assumed: why``.
    meaning : str
        One plain phrase.
    calibrated : bool
        True when the value was chosen by the documented search and not by a source.
    """

    name: str
    value: float
    unit: str
    low: float
    high: float
    prior: tuple[float, float] | None
    source: str
    meaning: str
    calibrated: bool = False


_DECLARED: dict[str, Parameter] = {}


class Group:
    """A named group of parameters."""

    def __init__(self, name: str) -> None:
        self.name = name

    def parameter(
        self,
        name: str,
        value: float,
        unit: str,
        bounds: tuple[float, float],
        *,
        source: str,
        meaning: str,
        prior: tuple[float, float] | None = None,
        calibrated: bool = False,
    ) -> int:
        """Declare a parameter and return its position in the parameter vector.

        Raises
        ------
        ValueError
            If the name is taken, or value, prior and bounds do not nest.
        """
        full = f"{self.name}.{name}"
        low, high = bounds
        inner = prior if prior is not None else (value, value)
        if full in _DECLARED:
            raise ValueError(f"parameter {full} is declared twice")
        if not (low <= inner[0] <= value <= inner[1] <= high):
            raise ValueError(f"parameter {full}: {value} with prior {prior} does not nest in {bounds}")
        _DECLARED[full] = Parameter(full, float(value), unit, low, high, prior, source, meaning, calibrated)
        return len(_DECLARED) - 1


def all_parameters() -> tuple[Parameter, ...]:
    """Every declared parameter, in the order of the parameter vector."""
    return tuple(_DECLARED.values())
