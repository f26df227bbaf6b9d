"""The plain twin as a typical Mesa user would write it."""

from tests.benchmarks.idiomatic.model import IdiomaticMarket

__all__ = ["IdiomaticMarket"]
