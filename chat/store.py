"""What live delivery asks of the database, each call in a thread of small pools of its own.

`sync_to_async` would run everything on one thread of the process; these threads each keep one connection of Django's
pool (DATABASES, migrations and tests stay ordinary Django) and give it back only when it broke.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, NamedTuple, TypeVar

from django.db import DataError, Error, IntegrityError, InterfaceError, OperationalError, connection

from chat import timeline, wire
from chat.realtime.entry import LiveEntry
from chat.realtime.limits import RESUME_BYTES, RESUME_MAX
from chat.realtime.writer import SLOW_LANES, Trouble
from chat.timeline import LATEST, Draft, Written

T = TypeVar("T")

WRITE_THREADS: Final = 1 + SLOW_LANES
READ_THREADS: Final = 3
OPENING_PAGE: Final = 50  # shown entries for who opens a room anew
NOW: Final = -1  # as `since`: nothing that has been, only what comes


class Opened(NamedTuple):
    """What a subscriber gets first. `recovered`: the entries follow on what it holds; else they replace it."""

    entries: list[LiveEntry]
    head: int
    read_seq: int
    more: bool
    recovered: bool


class MustResync(Exception):
    """The client holds more than there is, or misses too much."""


class Store:
    """Blocking calls moved off the loop; writers and readers do not wait for each other's threads."""

    def __init__(self) -> None:
        self._writes = ThreadPoolExecutor(WRITE_THREADS, thread_name_prefix="timeline-write")
        self._reads = ThreadPoolExecutor(READ_THREADS, thread_name_prefix="timeline-read")

    async def append(self, drafts: Sequence[Draft], wait_ms: int) -> list[Written]:
        return await self._run(self._writes, lambda: timeline.append(drafts, wait_ms=wait_ms))

    async def read(self, function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """Any blocking call in a reading thread."""
        return await self._run(self._reads, lambda: function(*args, **kwargs))

    async def heads(self, room_ids: list[int]) -> dict[int, int]:
        return await self.read(timeline.heads, room_ids)

    async def entries_after(self, room_id: int, seq: int, limit: int) -> list[LiveEntry]:
        return await self.read(lambda: wire.live_entries(timeline.since_for_all(room_id, seq, limit)))

    async def close(self) -> None:
        """Give the threads' connections back and end them."""
        for pool, threads in ((self._writes, WRITE_THREADS), (self._reads, READ_THREADS)):
            await asyncio.gather(*(self._run(pool, lambda: connection.close()) for _ in range(threads)))
            pool.shutdown(wait=False)

    async def _run(self, pool: ThreadPoolExecutor, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(pool, _guarded, work)


def _guarded(work: Callable[[], T]) -> T:
    """Run with this thread's connection; one that broke is given back, so that the next call gets a fresh one."""
    try:
        return work()
    except Error:
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
        raise


def classify(error: BaseException) -> Trouble:
    """What an exception of append() means for its batch."""
    sqlstate = str(getattr(error.__cause__, "sqlstate", None) or "")
    if sqlstate == "55P03":
        return Trouble.LOCKED
    if sqlstate.startswith(
        "54"
    ):  # too nested, too long: a fault of the data, though Django calls it operational
        return Trouble.DATA
    if isinstance(error, OperationalError | InterfaceError):
        return Trouble.CONNECTION
    if isinstance(error, DataError | IntegrityError | UnicodeError):
        return Trouble.DATA
    return Trouble.BUG


# --- blocking reads of the session core ---------------------------------------------------------------------------


def open_named(user_id: int, public_id: str, since: int | None) -> tuple[int, Opened]:
    """open_room() by the room's name on the wire, and its id."""
    room_id = room_named(public_id)
    return room_id, open_room(user_id, room_id, since)


def room_named(public_id: str) -> int:
    """The room's id, whoever may read it. NotReadable when there is none."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM rooms_room WHERE public_id = %s", [public_id])
        if (row := cursor.fetchone()) is None:
            raise timeline.NotReadable
    return int(row[0])


def open_room(user_id: int, room_id: int, since: int | None) -> Opened:
    """The entries after `since`, or the newest page. NotReadable for who is no member; MustResync."""
    if since == NOW:
        page = timeline.since(user_id, room_id, LATEST, 1)
    elif since is None:
        page = timeline.before(user_id, room_id, LATEST, OPENING_PAGE)
    else:
        page = timeline.since(user_id, room_id, since, RESUME_MAX)
    if not page.active:
        raise timeline.NotReadable
    resumes = since is not None and since != NOW
    if since is not None and (since > page.head or (resumes and page.more)):
        raise MustResync
    entries = wire.live_entries(page.rows)
    if resumes and sum(len(e.item) for e in entries) > RESUME_BYTES:
        raise MustResync
    return Opened(entries, page.head, page.read_seq, page.more, resumes)


def history(user_id: int, room_id: int, before: int, limit: int) -> tuple[list[LiveEntry], bool]:
    """Shown entries before a number, and whether older ones exist."""
    page = timeline.before(user_id, room_id, before, limit)
    if not page.active:
        raise timeline.NotReadable
    return wire.live_entries(page.rows), page.more
