"""What live delivery asks of the database, each call in a thread of small pools of its own.

`sync_to_async` would run everything on one thread of the process; these threads each keep one connection of Django's
pool (DATABASES, migrations and tests stay ordinary Django) and give it back only when it broke.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, NamedTuple, TypeVar

from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import DataError, Error, IntegrityError, InterfaceError, OperationalError, connection
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts.models import User
from chat import timeline, wire
from chat.realtime.entry import LiveEntry
from chat.realtime.limits import RESUME_BYTES, RESUME_MAX
from chat.realtime.writer import SLOW_LANES, Trouble
from chat.timeline import LATEST, Draft, Written
from rooms.models import Room

T = TypeVar("T")

WRITE_THREADS: Final = 1 + SLOW_LANES
READ_THREADS: Final = 3
OPENING_PAGE: Final = 50  # shown entries for who opens a room anew


class Opened(NamedTuple):
    """What a subscriber gets first. `recovered`: the entries follow on what it holds; else they replace it."""

    entries: list[LiveEntry]
    head: int
    read_seq: int
    more: bool
    recovered: bool


class SessionKey(NamedTuple):
    """What a connection was let in by: it ends when the session, the password or the account does."""

    session: str
    user_id: int
    password: str


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


def room_id_of(public_id: str, user_id: int) -> int | None:
    """The room, if the user may read it."""
    return (
        Room.objects.visible_to(User(pk=user_id))
        .filter(public_id=public_id)
        .values_list("pk", flat=True)
        .first()
    )


def open_room(user_id: int, room_id: int, since: int | None) -> Opened:
    """The entries after `since`, or the newest page. NotReadable for who is no member; MustResync."""
    if since is None:
        page = timeline.before(user_id, room_id, LATEST, OPENING_PAGE)
    else:
        page = timeline.since(user_id, room_id, since, RESUME_MAX)
        if since > page.head or page.more:
            raise MustResync
    if not page.active:
        raise timeline.NotReadable
    entries = wire.live_entries(page.rows)
    if since is not None and sum(len(e.item) for e in entries) > RESUME_BYTES:
        raise MustResync
    return Opened(entries, page.head, page.read_seq, page.more, since is not None)


def history(user_id: int, room_id: int, before: int, limit: int) -> tuple[list[LiveEntry], bool]:
    """Shown entries before a number, and whether older ones exist."""
    page = timeline.before(user_id, room_id, before, limit)
    if not page.active:
        raise timeline.NotReadable
    return wire.live_entries(page.rows), page.more


def ended(keys: Sequence[SessionKey]) -> set[SessionKey]:
    """Those whose session is over, or whose account is closed or has a password that the session does not rest on.
    Two queries for all, a third where passwords have changed."""
    sessions = Session.objects.filter(
        session_key__in={k.session for k in keys}, expire_date__gt=timezone.now()
    )
    alive = set(sessions.values_list("session_key", flat=True))
    people = {u.pk: u for u in User.objects.filter(pk__in={k.user_id for k in keys}, is_active=True)}
    over = {k for k in keys if k.session not in alive or k.user_id not in people}
    changed = [k for k in keys if k not in over and people[k.user_id].password != k.password]
    return over | _not_resting_on(changed, people) if changed else over


def _not_resting_on(keys: Sequence[SessionKey], people: dict[int, User]) -> set[SessionKey]:
    """A guest who becomes a full account gets a password, and their session goes on with its hash."""
    sessions = {s.session_key: s for s in Session.objects.filter(session_key__in=[k.session for k in keys])}
    over = set()
    for key in keys:
        session = sessions.get(key.session)
        rests_on = session.get_decoded().get(HASH_SESSION_KEY, "") if session else ""
        if not constant_time_compare(rests_on, people[key.user_id].get_session_auth_hash()):
            over.add(key)
    return over
