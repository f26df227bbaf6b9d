"""Who runs the chunks: this process, processes forked from it, or a cluster (`cluster`).

A crew takes chunks while it has hands free, and hands back what they gave or that their worker was lost. Every
process has a pipe of its own, so a kill at any moment ends that pipe and nothing else: it is known whose chunk is
lost, another process takes the place, and the others never notice. (A shared queue can be left locked, or with half a
message in it, for ever.) Workers are forked from a process that has run the model, so that none compiles or imports
again; each watches its parent and leaves when that is gone.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import os
import threading
import time
from collections import deque
from dataclasses import dataclass
from multiprocessing import connection
from multiprocessing.connection import Connection
from typing import Any, Protocol

from experiments.engine.chunks import Chunk, Done, run_chunk
from experiments.engine.errors import ReadingError, first_line
from experiments.engine.interrupts import after_this
from market import interrupts_held, leave_interrupts_to_parent, run, worker_context

__all__ = ["Answer", "Crew", "Here", "Lost", "Processes"]

WATCH_SECONDS = 0.5
LEAVE_SECONDS = 5.0
SECONDS_PER_CHUNK = 0.5


@dataclass(frozen=True, slots=True)
class Lost:
    """A worker was lost, and with it the chunk it worked at; `reason` says what is known."""

    reason: str


Answer = tuple[int, Done | Lost]


class Crew(Protocol):
    """Those who run chunks.

    Attributes
    ----------
    seconds_per_chunk : float
        How long a chunk should take: long against the cost of handing it over, short against patience.
    """

    seconds_per_chunk: float

    def free(self) -> int:
        """Return how many more chunks can be given now."""

    def give(self, ticket: int, chunk: Chunk) -> None:
        """Have a chunk run."""

    def take(self, patience: float) -> list[Answer]:
        """Wait for chunks that are done, but not for ever, and return what they gave, by ticket.

        Raises
        ------
        MarketError
            What `run_chunk` raises is raised here.
        """

    def close(self, is_whole: bool) -> None:
        """Let the workers go; at once, unless all is done."""


class Here:
    """This process, one chunk after the other."""

    seconds_per_chunk = SECONDS_PER_CHUNK

    def __init__(self) -> None:
        self._answers: list[Answer] = []

    def free(self) -> int:
        """Return 1 until the answer is taken."""
        return 0 if self._answers else 1

    def give(self, ticket: int, chunk: Chunk) -> None:
        """Run a chunk now."""
        with after_this():
            self._answers.append((ticket, run_chunk(chunk)))

    def take(self, patience: float) -> list[Answer]:
        """Return what has been run."""
        answers, self._answers = self._answers, []
        return answers

    def close(self, is_whole: bool) -> None:
        """Nobody to let go."""


@dataclass(slots=True)
class _Hand:
    """A worker process, its pipe, and the chunk it works at."""

    process: Any
    pipe: Connection
    ticket: int | None = None


class Processes:
    """Processes forked from this one, when they are first needed."""

    seconds_per_chunk = SECONDS_PER_CHUNK

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._hands: list[_Hand] = []
        self._context = worker_context()
        self._lost: deque[Answer] = deque()

    def free(self) -> int:
        """Return how many workers are idle or could still be started."""
        return self._workers - sum(hand.ticket is not None for hand in self._hands)

    def give(self, ticket: int, chunk: Chunk) -> None:
        """Have an idle worker run a chunk; a new one if none is idle."""
        hand = next((hand for hand in self._hands if hand.ticket is None), None) or self._start()
        hand.ticket = ticket
        try:
            hand.pipe.send((ticket, chunk))
        except OSError:
            self._bury(hand)

    def take(self, patience: float) -> list[Answer]:
        """Wait for answers, and for the end of a worker's pipe."""
        busy: dict[Any, _Hand] = {hand.pipe: hand for hand in self._hands if hand.ticket is not None}
        ready = connection.wait(list(busy), 0 if self._lost else patience)
        answers: list[Answer] = []
        for pipe in ready:
            hand = busy[pipe]
            try:
                ticket, answer = hand.pipe.recv()
            except (EOFError, OSError):
                self._bury(hand)
                continue
            hand.ticket = None
            if isinstance(answer, Exception):
                raise answer
            answers.append((ticket, answer))
        while self._lost:
            answers.append(self._lost.popleft())
        return answers

    def close(self, is_whole: bool) -> None:
        """End every pipe, which idle workers take as leave, and end the others."""
        for hand in self._hands:
            hand.pipe.close()
            if not is_whole or hand.ticket is not None:
                hand.process.terminate()
        deadline = time.monotonic() + LEAVE_SECONDS
        for hand in self._hands:
            hand.process.join(max(0.0, deadline - time.monotonic()))
            if hand.process.exitcode is None:
                hand.process.kill()
                hand.process.join()
        self._hands.clear()

    def _start(self) -> _Hand:
        _warm_up()
        ours, theirs = self._context.Pipe()
        process = self._context.Process(
            target=_work, args=(theirs, [ours, *(hand.pipe for hand in self._hands)], os.getpid()), daemon=True
        )
        gc.freeze()  # a collection in the worker must not touch, and so copy, what it inherited
        try:
            with interrupts_held():  # a worker starts with them held, too, until it leaves them to its parent
                process.start()
        finally:
            gc.unfreeze()
        theirs.close()
        hand = _Hand(process, ours)
        self._hands.append(hand)
        return hand

    def _bury(self, hand: _Hand) -> None:
        """Take a worker that is gone off the list, and note the chunk it leaves."""
        hand.pipe.close()
        hand.process.join(LEAVE_SECONDS)
        code = hand.process.exitcode
        if code is None:
            hand.process.kill()
            hand.process.join()
        self._hands.remove(hand)
        how = f"by signal {-code}" if code is not None and code < 0 else f"with code {code}"
        if hand.ticket is not None:
            self._lost.append((hand.ticket, Lost(f"its worker process ended {how}")))


@functools.cache
def _warm_up() -> None:
    """Have the model compiled and loaded in this process; if it cannot run, the runs will tell."""
    with contextlib.suppress(Exception):
        run("tiny", seed=1, days=1)


def _work(pipe: Connection, others: list[Connection], parent: int) -> None:
    """Run the chunks that come through a pipe until it ends."""
    leave_interrupts_to_parent()
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()
    for other in others:
        other.close()  # a fork copies the parent's ends, and as long as a copy lives, a pipe does not end
    with contextlib.suppress(EOFError, OSError):
        while True:
            ticket, chunk = pipe.recv()
            pipe.send((ticket, _answer(chunk)))


def _answer(chunk: Chunk) -> Done | Exception:
    """Run a chunk; what it raises is handed to the parent, if it can be."""
    try:
        return run_chunk(chunk)
    except Exception as error:
        try:
            connection._ForkingPickler.dumps(error)  # type: ignore[attr-defined]
        except Exception:
            return ReadingError(f"{type(error).__name__}: {first_line(error)}")
        return error


def _watch(parent: int) -> None:
    """Leave as soon as the parent is gone, even in the middle of a run."""
    while os.getppid() == parent:
        time.sleep(WATCH_SECONDS)
    os._exit(1)
