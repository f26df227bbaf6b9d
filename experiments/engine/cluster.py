"""The workers of a Dask cluster that is up already: they may come and go while a study runs.

The scheduler gives the chunks of a dead worker to others by itself; a chunk that several workers died of comes back
as lost. Workers with other sources are refused. Dask is an extra, and imported only here. What it leaves out:
starting a cluster; and trust, since a scheduler can make the driver run anything, so use your own.
"""

from __future__ import annotations

import concurrent.futures
import time
from concurrent.futures import Future
from typing import Any

from experiments.engine.chunks import Chunk, Done, run_chunk
from experiments.engine.errors import ClusterError, first_line
from experiments.engine.progress import say
from experiments.engine.sources import sources_digest
from experiments.engine.workers import Answer, Lost
from market import MarketError

__all__ = ["Cluster"]

CONNECT_SECONDS = 8
RECOUNT_SECONDS = 2.0
SECONDS_PER_CHUNK = 1.0
CHUNKS_PER_THREAD = 2


class Cluster:
    """A crew of Dask workers.

    Parameters
    ----------
    address : str
        Of the scheduler, such as ``tcp://127.0.0.1:8786``.
    read : str
        The reading that the workers must have as we have it.

    Raises
    ------
    ClusterError
        When Dask is not installed, no scheduler answers within seconds, or a worker has other sources.
    """

    seconds_per_chunk = SECONDS_PER_CHUNK

    def __init__(self, address: str, read: str) -> None:
        self._address = address
        self._distributed = _distributed()
        self._client: Any = self._connect()
        self._pool = self._client.get_executor(pure=False)
        self._tickets: dict[Future[Done], int] = {}
        self._threads, self._counted = 1, 0.0
        try:
            self._compare(read)
        except BaseException:
            self._client.close()
            raise

    def free(self) -> int:
        """Return how many chunks are wanted to keep every thread of the cluster busy."""
        if time.monotonic() - self._counted > RECOUNT_SECONDS:
            threads = sum(self._client.nthreads().values())
            if not threads and self._threads:
                say(f"no workers at {self._address}; waiting for some")
            self._threads, self._counted = threads, time.monotonic()
        return CHUNKS_PER_THREAD * max(1, self._threads) - len(self._tickets)

    def give(self, ticket: int, chunk: Chunk) -> None:
        """Have a chunk run somewhere."""
        self._tickets[self._pool.submit(run_chunk, chunk)] = ticket

    def take(self, patience: float) -> list[Answer]:
        """Wait for answers."""
        done, _ = concurrent.futures.wait(
            self._tickets, timeout=patience, return_when=concurrent.futures.FIRST_COMPLETED
        )
        return [(self._tickets.pop(future), self._result(future)) for future in done]

    def close(self, is_whole: bool) -> None:
        """Leave the cluster as it was."""
        for future in self._tickets:
            future.cancel()
        self._client.close()

    def _result(self, future: Future[Done]) -> Done | Lost:
        if future.cancelled():
            raise ClusterError(f"the connection to the scheduler at {self._address} was lost; run again to go on")
        error = future.exception()
        if error is None:
            return future.result()
        if isinstance(error, self._distributed.KilledWorker):
            return Lost("several workers died of it")
        if isinstance(error, MarketError):
            raise error
        raise ClusterError(f"a worker could not take part ({_kind(error)})") from error

    def _connect(self) -> Any:
        try:
            return self._distributed.Client(self._address, timeout=CONNECT_SECONDS, set_as_default=False)
        except (OSError, ValueError, TypeError) as error:
            raise ClusterError(
                f"no Dask scheduler answers at {self._address} ({first_line(error)}); "
                "start one with `dask scheduler` and give the tcp:// address that it prints"
            ) from error

    def _compare(self, read: str) -> None:
        """Refuse workers of other sources; those that come later find out by themselves."""
        ours = sources_digest(read)
        for worker, theirs in self._client.run(sources_digest, read, on_error="return").items():
            if isinstance(theirs, BaseException):
                raise ClusterError(
                    f"the worker {worker} cannot load {read} ({_kind(theirs)}); install the package there"
                )
            if theirs != ours:
                raise ClusterError(
                    f"the worker {worker} has other sources or libraries than the driver ({theirs}, not {ours}): "
                    "bring its checkout and environment up to date and start it again"
                )


def _distributed() -> Any:
    try:
        import distributed
    except ImportError as error:
        raise ClusterError(f"a scheduler needs Dask ({error}): pip install '.[cluster]'") from error
    return distributed


def _kind(error: BaseException) -> str:
    return f"{type(error).__name__}: {first_line(error)}"
