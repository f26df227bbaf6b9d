"""Every parameter once: value, unit, bounds, prior and source; one module per group."""

from market.parameters import clouds, orders, spot, startups, supply
from market.parameters.declare import Group, Parameter, all_parameters

__all__ = ["Group", "Parameter", "all_parameters", "clouds", "orders", "spot", "startups", "supply"]
