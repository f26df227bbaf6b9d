"""The plain twin as a typical Mesa user would write it."""

from tests.benchmarks.idiomatic.cloud import Cloud
from tests.benchmarks.idiomatic.maker import ServerMaker
from tests.benchmarks.idiomatic.model import IdiomaticMarket
from tests.benchmarks.idiomatic.nvidia import Nvidia
from tests.benchmarks.idiomatic.speculator import Speculator
from tests.benchmarks.idiomatic.startup import Startup

__all__ = ["Cloud", "IdiomaticMarket", "Nvidia", "ServerMaker", "Speculator", "Startup"]
