"""The plain twin tuned by hand."""

from tests.benchmarks.tuned.model import TunedMarket

__all__ = ["TunedMarket"]
