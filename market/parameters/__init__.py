"""Every parameter once: value, unit, bounds, prior and source; one module per group."""

from market.parameters import clouds, leases, orders, reserve, servers, serving, spot, startups, supply, tenders
from market.parameters.declare import Group, Parameter, all_parameters

__all__ = [
    "Group",
    "Parameter",
    "all_parameters",
    "clouds",
    "leases",
    "orders",
    "reserve",
    "servers",
    "serving",
    "spot",
    "startups",
    "supply",
    "tenders",
]
