"""The composition: one hub, one writer and one store per process, made on the first connection's loop."""

import asyncio
import logging
import secrets
from collections import defaultdict
from collections.abc import Collection
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.db import Error as DatabaseError

from chat import installation, outside, principals, reading, store, timeline, wire
from chat.principals import SessionKey
from chat.realtime.entry import LiveEntry
from chat.realtime.hub import CONTROL, Hub
from chat.realtime.limits import SOCKETS_PER_PERSON
from chat.realtime.publication import Event
from chat.realtime.rate import TokenBucket
from chat.realtime.writer import Writer
from chat.stomp_metrics import StompMetrics
from chat.store import Store
from chat.timeline import Draft, Written

if TYPE_CHECKING:
    from chat.consumers.session import Session

logger = logging.getLogger(__name__)

SESSIONS_EVERY: Final = 5.0  # seconds between two looks at whether the connections' sessions still stand
READS_EVERY: Final = 0.3  # seconds that read positions are gathered
NAMES_MAX: Final = 10_000  # of people and of rooms, each; then forgotten and gathered anew
PING_EVERY: Final = 25.0  # seconds; clients take 40 s of silence for a dead line


class Live:
    """Everything that the connections of one process share."""

    def __init__(self, epoch: str) -> None:
        self.epoch = epoch
        self.loop = asyncio.get_running_loop()
        self.store = Store()
        self.hub = Hub(
            self.store, outside.make_layer, name=secrets.token_hex(6), shards=settings.CHAT["BUS_SHARDS"]
        )
        self.hub.on_control = self._on_control
        self.writer = Writer(self.store.append, store.classify, self._committed)
        self.sessions: set[Session] = set()
        self.stomp = StompMetrics()
        self._of_user: defaultdict[int, set[Session]] = defaultdict(set)
        self.names: dict[int, str] = {}
        self._room_ids: dict[str, int] = {}
        self._buckets: dict[int, TokenBucket] = {}
        self._sends = settings.CHAT["SENDS_PER_SECOND"], settings.CHAT["SENDS_BURST"]
        self._reads: dict[tuple[int, int], int] = {}

    async def start(self) -> None:
        await self.hub.start()
        self.writer.start()
        for work in (self._check_forever(), self._flush_reads(), self._ping()):
            self.hub.tasks.spawn(work)

    async def close(self) -> None:
        await self.writer.close()
        await self.hub.close()
        await self.store.close()

    # --- sessions -------------------------------------------------------------------------------------------------

    def enter(self, session: "Session") -> None:
        self.sessions.add(session)
        self._of_user[session.user_id].add(session)
        if len(self.names) >= NAMES_MAX:
            self.names.clear()
        self.names[session.user_id] = session.nickname

    def exit(self, session: "Session") -> None:
        self.sessions.discard(session)
        self._of_user[session.user_id].discard(session)
        if not self._of_user[session.user_id]:
            del self._of_user[session.user_id]

    def room_id(self, public_id: str) -> int | None:
        """The id of a room that somebody here has opened lately; says nothing of who may read it."""
        return self._room_ids.get(public_id)

    def know_room(self, public_id: str, room_id: int) -> None:
        if len(self._room_ids) >= NAMES_MAX:
            self._room_ids.clear()
        self._room_ids[public_id] = room_id

    def crowded(self, user_id: int) -> bool:
        """The person has as many connections here as one may have."""
        return len(self._of_user.get(user_id, ())) >= SOCKETS_PER_PERSON

    def _forget_buckets(self) -> None:
        """Those that are full: a bucket outlives its connections, else reconnecting would refill it."""
        self._buckets = {user: bucket for user, bucket in self._buckets.items() if not bucket.full}

    def may_send(self, user_id: int) -> bool:
        """Take one from the user's sends, whatever connection they come by."""
        bucket = self._buckets.get(user_id)
        if bucket is None:
            bucket = self._buckets[user_id] = TokenBucket(*self._sends)
        return bucket.take()

    def end_sessions(self, user_id: int, session_key: str | None) -> None:
        """Close the connections of a session (None: of all sessions) of a user, here and on the other workers."""
        self._end_here(user_id, session_key)
        self.hub.bus.publish(CONTROL, {"k": "end", "u": user_id, "s": session_key or ""})

    def _on_control(self, event: Event) -> None:
        if event["k"] == "end":
            self._end_here(event["u"], event["s"] or None)
        elif event["k"] == "ring":
            self._ring_here(event["u"])

    def ring(self, user_ids: list[int]) -> None:
        """Tell people's connections, here and on the other workers, that something waits for them. May be lost."""
        self._ring_here(user_ids)
        self.hub.bus.publish(CONTROL, {"k": "ring", "u": user_ids})

    def _ring_here(self, user_ids: list[int]) -> None:
        for user_id in user_ids:
            for session in self._of_user.get(user_id, ()):
                session.ring()

    def _end_here(self, user_id: int, session_key: str | None) -> None:
        for session in list(self.sessions):
            if session.user_id == user_id and session_key in {None, session.key.session}:
                session.sign_out()

    async def _check_forever(self) -> None:
        while True:
            await asyncio.sleep(SESSIONS_EVERY)
            try:
                self._forget_buckets()
                await self._check_sessions()
                await self._check_epoch()
            except DatabaseError as error:  # it is away: the next look is soon
                logger.warning("sessions could not be checked: %r", error)

    async def _check_epoch(self) -> None:
        epoch = await self.store.read(installation.stored_epoch)
        if epoch is not None and epoch != self.epoch:
            self.epoch = epoch
            self.hub.resync_all()

    async def _check_sessions(self) -> None:
        keys: defaultdict[SessionKey, list[Session]] = defaultdict(list)
        for session in self.sessions:
            keys[session.key].append(session)
        over = await self.store.read(principals.ended, list(keys)) if keys else set()
        for session in [s for key in over for s in keys[key]]:
            session.sign_out()

    async def _ping(self) -> None:
        while True:
            await asyncio.sleep(PING_EVERY)
            for session in list(self.sessions):
                session.ping()

    # --- read positions -------------------------------------------------------------------------------------------

    def read(self, room_id: int, user_id: int, seq: int) -> None:
        """Note that a user has read up to a number; written together with others soon."""
        place = (room_id, user_id)
        self._reads[place] = max(seq, self._reads.get(place, 0))

    async def _flush_reads(self) -> None:
        while True:
            await asyncio.sleep(READS_EVERY)
            if not self._reads:
                continue
            reads, self._reads = self._reads, {}
            try:
                await self.store.read(reading.mark_read, [(r, u, seq) for (r, u), seq in reads.items()])
            except Exception as error:  # soft state: they are noted again with the next read
                logger.warning("%d read positions were not written: %r", len(reads), error)

    # --- what was written -----------------------------------------------------------------------------------------

    def _committed(self, fresh: list[tuple[Draft, Written]]) -> None:
        """Called by the writer on the loop: texts of people who are connected here."""
        rooms: defaultdict[int, list[LiveEntry]] = defaultdict(list)
        for draft, written in fresh:
            name = self.names.get(draft.sender_id or 0, "")
            rooms[draft.room_id].append(wire.live_draft(draft, written, name))
        for room_id, entries in rooms.items():
            self.hub.committed(room_id, entries)

    def announce(self, rooms: dict[int, list[LiveEntry]]) -> None:
        """Called in any thread: entries that verbs wrote and committed."""
        for room_id, entries in rooms.items():
            self.loop.call_soon_threadsafe(self.hub.committed, room_id, entries)


_live: Live | None = None
_starting: asyncio.Lock | None = None


def current() -> Live | None:
    """This process's Live, if it has started."""
    return _live


async def get_live() -> Live:
    """This process's Live, started on first use. Raises what the database raises when it is away."""
    global _live, _starting
    if _live is not None and _live.loop is asyncio.get_running_loop():
        return _live
    if _starting is None:
        _starting = asyncio.Lock()
    async with _starting:
        if _live is None:
            starter = Store()
            live = Live(await starter.read(installation.checked_epoch))
            await starter.close()
            await live.start()
            _live = live
    return _live


async def shutdown() -> None:
    """Write what is queued, close the bus and give connections back; for a server that ends in order."""
    global _live
    live, _live = _live, None
    if live is not None:
        await live.close()


def announce(fresh: list[tuple[Draft, Written]]) -> None:
    """Tell live readers, here or on other workers, of entries that a verb wrote; in the verb's thread."""
    seqs: defaultdict[int, list[int]] = defaultdict(list)
    for draft, written in fresh:
        seqs[draft.room_id].append(written.seq)
    rooms = {}
    try:
        for room_id, numbers in seqs.items():
            rows = timeline.since_for_all(room_id, min(numbers) - 1, max(numbers) - min(numbers) + 1)
            rooms[room_id] = wire.live_entries([r for r in rows if r.seq in numbers])
    except DatabaseError as error:  # they have committed: the position checks find them
        logger.warning("entries were not announced: %r", error)
        return
    if _live is not None:
        _live.announce(rooms)
    else:
        outside.publish(rooms)


def ring(user_ids: Collection[int]) -> None:
    """Something waits for these people: their pages look for themselves. In any thread, after the commit; may be lost,
    so pages also look when they load."""
    people = sorted(user_ids)
    if _live is not None:
        _live.loop.call_soon_threadsafe(_live.ring, people)
    elif people:
        outside.control({"k": "ring", "u": people})


def end_sessions(user_id: int, session_key: str | None) -> None:
    """Close a user's connections everywhere; in any thread. Without a hub here the workers notice within 5 s."""
    if _live is not None:
        _live.loop.call_soon_threadsafe(_live.end_sessions, user_id, session_key)
