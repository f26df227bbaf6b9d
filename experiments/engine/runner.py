"""Run the shards that are missing: cut them into chunks, keep a crew busy, write each shard when it is whole.

Chunks are cut as workers ask for them, so long that handing over costs little and so short that progress shows. A
chunk whose worker is lost is run again, the second time run by run; a run that its workers died of several times is a
failed run. What a shard holds does not depend on who ran it, in which chunks, or after how many deaths.
"""

from __future__ import annotations

import statistics
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from experiments.engine.chunks import Chunk, Done, Failure
from experiments.engine.interrupts import obey
from experiments.engine.shards import Plan, ShardStore
from experiments.engine.sources import sources_digest
from experiments.engine.workers import Crew, Lost
from experiments.study import Study
from market import MarketError, Scenario

__all__ = ["run_plans"]

MOST_RUNS_PER_CHUNK = 16
LATEST_CHUNKS = 9
PATIENCE_SECONDS = 1.0
MOST_DEATHS_OF_A_RUN = 3
MOST_DEATHS_IN_A_ROW = 24

Report = Callable[[int, int], None]


@dataclass(slots=True)
class _Open:
    """A shard of which something is still to be run: what its chunks gave, by the place of their first run."""

    plan: Plan
    given: dict[int, Done] = field(default_factory=dict)

    def is_whole(self) -> bool:
        return sum(done.n_runs for done in self.given.values()) == len(self.plan.runs)


@dataclass(slots=True)
class _Piece:
    """Some neighbouring runs of a shard, and how often their worker was lost."""

    shard: _Open
    first: int
    stop: int
    deaths: int = 0


def run_plans(
    study: Study,
    plans: Sequence[Plan],
    scenarios: Mapping[str, Scenario],
    crew: Crew,
    store: ShardStore,
    report: Report,
) -> None:
    """Run some shards of a study and write them.

    Parameters
    ----------
    report : callable
        Called with the number of runs that were done, and of those that failed, whenever there are more.

    Raises
    ------
    MarketError
        When workers die one after the other, the disk does not take a shard, or a reading gives no tables.
    """
    waiting = deque(_Piece(_Open(plan), 0, len(plan.runs)) for plan in plans)
    under_way: dict[int, _Piece] = {}
    pace = _Pace(crew.seconds_per_chunk)
    tickets = deaths_in_a_row = 0
    sources = sources_digest(study.read)
    while waiting or under_way:
        obey()
        while waiting and crew.free() > 0:
            piece = _cut(waiting, pace.runs())
            tickets += 1
            under_way[tickets] = piece
            runs = piece.shard.plan.runs[piece.first : piece.stop]
            named = {order.point.scenario: scenarios[order.point.scenario] for order in runs}
            crew.give(tickets, Chunk(study.read, study.days, sources, named, runs))
        for ticket, answer in crew.take(PATIENCE_SECONDS):
            piece = under_way.pop(ticket)
            if isinstance(answer, Lost):
                deaths_in_a_row += 1
                if deaths_in_a_row > MOST_DEATHS_IN_A_ROW:
                    raise MarketError(f"workers die one after the other ({answer.reason}); is there enough memory?")
                done = _mourn(piece, answer, waiting)
            else:
                deaths_in_a_row = 0
                pace.learn(answer)
                done = answer
            if done is not None:
                _settle(piece, done, store)
                report(done.n_runs, len(done.failures))


def _cut(waiting: deque[_Piece], n_runs: int) -> _Piece:
    """Take the next few runs off the first piece that waits; a piece that was lost before, whole."""
    piece = waiting[0]
    if piece.deaths or piece.stop - piece.first <= n_runs:
        return waiting.popleft()
    head = _Piece(piece.shard, piece.first, piece.first + n_runs)
    piece.first += n_runs
    return head


def _mourn(piece: _Piece, lost: Lost, waiting: deque[_Piece]) -> Done | None:
    """Have lost runs run again, one by one; return the failure of one that was lost too often."""
    deaths = piece.deaths + 1
    if piece.stop - piece.first == 1 and deaths >= MOST_DEATHS_OF_A_RUN:
        reason = f"{lost.reason}, for the {deaths}. time; out of memory, perhaps"
        return Done(failures=[Failure(piece.shard.plan.runs[piece.first], reason, "", is_final=False)], n_runs=1)
    for place in reversed(range(piece.first, piece.stop)):
        waiting.appendleft(_Piece(piece.shard, place, place + 1, deaths))
    return None


def _settle(piece: _Piece, done: Done, store: ShardStore) -> None:
    """Note what a chunk gave, and write its shard if that was the last."""
    shard = piece.shard
    shard.given[piece.first] = done
    if not shard.is_whole():
        return
    given = [shard.given[place] for place in sorted(shard.given)]
    tables: dict[str, list[pd.DataFrame]] = {}
    for part in given:
        for name, pieces in part.tables.items():
            tables.setdefault(name, []).extend(pieces)
    failures = [failure for part in given for failure in part.failures]
    store.write(shard.plan, tables, failures, sum(part.cpu_seconds for part in given))
    shard.given.clear()


class _Pace:
    """How many runs make a chunk of the wanted length, learnt from the latest ones."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._latest: deque[float] = deque(maxlen=LATEST_CHUNKS)

    def learn(self, done: Done) -> None:
        self._latest.append(done.cpu_seconds / done.n_runs)

    def runs(self) -> int:
        """Return 1 as long as nothing is known."""
        if not self._latest:
            return 1
        wanted = self._seconds / max(statistics.median(self._latest), 1e-6)
        return int(min(max(wanted, 1), MOST_RUNS_PER_CHUNK))
