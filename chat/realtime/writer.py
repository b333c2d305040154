"""Group commit: what a worker's connections send while a batch is being written becomes the next batch.

Guarantees: a draft's `done` is called exactly once, on the loop; with a Written only after its entry committed.
Drafts of one sender to one room keep their order. One locked room does not hold up the others. At most MAX_PENDING
drafts wait.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, Protocol

from chat.realtime.tasks import Tasks

logger = logging.getLogger(__name__)

MAX_PENDING: Final = 5_000  # drafts; beyond it submit() refuses (BUSY)
BATCH_MAX: Final = 1_000  # drafts in one transaction
SECOND_WAIT_MS: Final = (
    25  # for the lock of a room that was skipped, while all others wait; then its drafts go apart
)
SLOW_WAIT_MS: Final = 1_000  # per try in the slow lane
SLOW_LANES: Final = 2  # locked rooms waited for at once, a thread each
GIVE_UP_AFTER: Final = 15.0  # seconds that a draft may wait for a lock or for the database


class Draft(Protocol):
    @property
    def room_id(self) -> int: ...


class Written(Protocol):
    @property
    def outcome(self) -> str: ...


class Trouble(Enum):
    """What an exception of `append` means for its batch."""

    DATA = "one of the drafts cannot be stored"
    LOCKED = "a room stayed locked"
    CONNECTION = "the database is away"
    BUG = "anything else"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a draft was not written. `retry`: sending it again may succeed."""

    code: str
    detail: str
    retry: bool


BUSY: Final = Failure("BUSY", "The room is busy; it was not written.", True)
UNAVAILABLE: Final = Failure(
    "UNAVAILABLE", "The database does not answer; it may not have been written.", True
)
BAD_DATA: Final = Failure("BAD_DATA", "This cannot be stored.", False)
INTERNAL: Final = Failure("INTERNAL", "Something is broken on our side.", True)


@dataclass(frozen=True, slots=True)
class Skipped:
    """Stands for a Written of a draft whose room somebody else has locked."""

    outcome: str = "busy"


SKIPPED: Final = Skipped()


@dataclass(slots=True, eq=False)
class Pending:
    draft: Any
    done: Callable[[Any], None]
    since: float


class Writer:
    """Collects drafts on the loop and writes them through `append(drafts, wait_ms)`, which must not block the loop.

    `classify` tells what an exception of append means; `committed` gets every batch's new (draft, written) pairs.
    """

    def __init__(
        self,
        append: Callable[[list[Any], int], Awaitable[list[Any]]],
        classify: Callable[[BaseException], Trouble],
        committed: Callable[[list[tuple[Any, Any]]], None],
        *,
        max_pending: int = MAX_PENDING,
        batch_max: int = BATCH_MAX,
    ) -> None:
        self._append, self._classify, self._committed = append, classify, committed
        self._max_pending, self._batch_max = max_pending, batch_max
        self._queue: deque[Pending] = deque()
        self._parked: dict[int, deque[Pending]] = {}
        self._undecided: dict[Pending, None] = {}
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._lanes = asyncio.Semaphore(SLOW_LANES)
        self._tasks = Tasks("the writer")
        self.batches = 0

    @property
    def pending(self) -> int:
        """Drafts that are not decided yet."""
        return len(self._undecided)

    @property
    def full(self) -> bool:
        """submit() would refuse."""
        return len(self._undecided) >= self._max_pending

    def start(self) -> None:
        self._tasks.spawn(self._main())

    async def close(self, within: float = 5.0) -> None:
        """Write what is queued, at most `within` seconds, then stop; what is left fails as UNAVAILABLE."""
        try:
            await asyncio.wait_for(self._idle.wait(), within)
        except TimeoutError:
            logger.warning("%d drafts were not written before the end", len(self._undecided))
        await self._tasks.cancel()
        self._queue.clear()
        self._fail(list(self._undecided), UNAVAILABLE)

    def submit(self, draft: Draft, done: Callable[[Any], None]) -> bool:
        """Queue a draft; `done` gets its Written or a Failure. False, and nothing queued, when too many wait."""
        if self.full:
            return False
        pending = Pending(draft, done, time.monotonic())
        self._undecided[pending] = None
        self._idle.clear()
        self._queue.append(pending)
        self._wake.set()
        return True

    async def _main(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while batch := self._take():
                await self._write(batch)

    def _take(self) -> list[Pending]:
        """The next batch, without the drafts of rooms that are waited for: those queue up behind theirs."""
        batch: list[Pending] = []
        while self._queue and len(batch) < self._batch_max:
            pending = self._queue.popleft()
            parked = self._parked.get(pending.draft.room_id)
            (batch if parked is None else parked).append(pending)
        return batch

    async def _write(self, batch: list[Pending]) -> None:
        skipped = self._finish(await self._commit(batch, 0))
        if skipped:
            self._park(self._finish(await self._commit(skipped, SECOND_WAIT_MS)))

    async def _commit(self, batch: list[Pending], wait_ms: int) -> list[tuple[Pending, Any]]:
        """Append the batch: what became of the drafts, without those that failed and were answered.

        Bisects on bad data so that only the culprit fails, sends the same drafts with the same cids again after a
        lost connection; SKIPPED for all when wait_ms ran out."""
        pause = 0.05
        while batch:
            try:
                written = await self._append([p.draft for p in batch], wait_ms)
            except Exception as error:
                match self._classify(error):
                    case Trouble.LOCKED:
                        return [(p, SKIPPED) for p in batch]
                    case Trouble.DATA:
                        return await self._bisect(batch, wait_ms, error)
                    case Trouble.CONNECTION:
                        batch = self._give_up(batch, UNAVAILABLE)
                        logger.warning("append failed, %d drafts wait: %s", len(batch), error)
                        await asyncio.sleep(pause)
                        pause = min(pause * 2, 1.0)
                    case Trouble.BUG:
                        logger.exception("append failed for %d drafts", len(batch))
                        self._fail(batch, INTERNAL)
                        return []
            else:
                self.batches += 1
                return list(zip(batch, written, strict=True))
        return []

    async def _bisect(
        self, batch: list[Pending], wait_ms: int, error: Exception
    ) -> list[tuple[Pending, Any]]:
        if len(batch) == 1:
            logger.info("refused a draft that cannot be stored: %s", error)
            self._fail(batch, BAD_DATA)
            return []
        middle = len(batch) // 2
        first = await self._commit(batch[:middle], wait_ms)
        # A lock may end between the halves: what follows a skipped draft in its room is skipped too, to keep the order.
        held = {p.draft.room_id for p, w in first if w.outcome == "busy"}
        rest = batch[middle:]
        second = await self._commit([p for p in rest if p.draft.room_id not in held], wait_ms)
        return [*first, *second, *((p, SKIPPED) for p in rest if p.draft.room_id in held)]

    def _finish(self, results: list[tuple[Pending, Any]]) -> list[Pending]:
        """Announce and answer what is decided; returns what was skipped because its room is locked."""
        fresh = [(p.draft, w) for p, w in results if w.outcome == "new"]
        if fresh:
            try:
                self._committed(fresh)
            except Exception:
                logger.exception("announcing %d entries failed", len(fresh))
        skipped: list[Pending] = []
        for pending, written in results:
            if written.outcome == "busy":
                skipped.append(pending)
            else:
                self._answer(pending, written)
        return skipped

    def _park(self, pendings: list[Pending]) -> None:
        for pending in pendings:
            room = pending.draft.room_id
            if room not in self._parked:
                self._parked[room] = deque()
                self._tasks.spawn(self._wait_for(room))
            self._parked[room].append(pending)

    async def _wait_for(self, room: int) -> None:
        """The slow lane: wait for one room's lock, apart from all others."""
        parked = self._parked[room]
        try:
            while parked:
                async with self._lanes:
                    chunk = [parked.popleft() for _ in range(min(len(parked), self._batch_max))]
                    skipped = self._finish(await self._commit(chunk, SLOW_WAIT_MS))
                    parked.extendleft(reversed(self._give_up(skipped, BUSY)))
        finally:
            del self._parked[room]
            self._queue.extendleft(reversed(parked))
            self._wake.set()

    def _give_up(self, batch: list[Pending], failure: Failure) -> list[Pending]:
        """Fail what has waited too long; returns the rest."""
        latest = time.monotonic() - GIVE_UP_AFTER
        self._fail([p for p in batch if p.since < latest], failure)
        return [p for p in batch if p.since >= latest]

    def _fail(self, batch: Sequence[Pending], failure: Failure) -> None:
        for pending in batch:
            self._answer(pending, failure)

    def _answer(self, pending: Pending, result: Any) -> None:
        self._undecided.pop(pending)
        if not self._undecided:
            self._idle.set()
        try:
            pending.done(result)
        except Exception:
            logger.exception("telling a sender what became of a draft failed")
