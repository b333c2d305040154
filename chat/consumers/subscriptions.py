"""The rooms that one connection is subscribed to, and the one way into a room's live entries."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final, NamedTuple, Protocol

from django.db import Error as DatabaseError

from chat import store
from chat.errors import NO_ROOM, UNAVAILABLE, Refusal
from chat.live import Live
from chat.realtime.entry import LiveEntry, Wire, ending_reason
from chat.realtime.frame import Frame
from chat.realtime.limits import ROOMS_PER_SOCKET
from chat.realtime.outbox import Outbox
from chat.realtime.room import Room, Subscription
from chat.store import MustResync, Opened
from chat.timeline import NotReadable

logger = logging.getLogger(__name__)

ATTACH_TRIES: Final = 5
CATCH_UP_WAIT: Final = 10.0  # seconds for a read and the gap after it
READS_AT_ONCE: Final = 4  # of one connection; its other requests wait in order
TOO_MANY_ROOMS: Final = Refusal("TOO_MANY_ROOMS", f"At most {ROOMS_PER_SOCKET} rooms.")


class Subscriber(Protocol):
    """A session, as its subscriptions know it: who reads, and what to tell. See Session for when each is called."""

    user_id: int
    outbox: Outbox

    def prepared(self, frame: Frame) -> None: ...

    def opened(self, subscription: Subscription, opened: Opened, entries: list[LiveEntry]) -> None: ...

    def refused(self, key: str, refusal: Refusal) -> None: ...

    def resync(self, key: str) -> None: ...

    def removed(self, key: str, reason: str) -> None: ...


class Wanted(NamedTuple):
    """A subscription to be, if `still` says so when it has been read."""

    key: str
    public_id: str
    wire: Wire
    since: int | None
    still: Callable[[], bool] = lambda: True


class Subscriptions:
    """Joins, resumes, leaves and reads rooms for one connection, each subscription by the key it goes by there."""

    def __init__(self, live: Live, subscriber: Subscriber) -> None:
        self._live, self._subscriber = live, subscriber
        self._by_key: dict[str, Subscription] = {}
        self._reads = asyncio.Semaphore(READS_AT_ONCE)

    def get(self, key: str) -> Subscription | None:
        return self._by_key.get(key)

    def of_room(self, room_id: int) -> Subscription | None:
        """Any of the subscriptions to a room."""
        return next((s for s in self._by_key.values() if s.room.id == room_id), None)

    def leave(self, key: str) -> None:
        if subscription := self._by_key.pop(key, None):
            self._live.hub.detach(subscription)

    def leave_all(self) -> None:
        for key in list(self._by_key):
            self.leave(key)

    async def subscribe(
        self,
        key: str,
        public_id: str,
        wire: Wire,
        since: int | None,
        epoch: str | None = None,
        still: Callable[[], bool] = lambda: True,
    ) -> None:
        """Subscribe or resume behind `since` (None: the newest page first, store.NOW: nothing first), unless `still`
        says no when it could stand. The subscriber is told `opened`, `resync` or `refused`."""
        if len(self._by_key) >= ROOMS_PER_SOCKET and key not in self._by_key:
            self._subscriber.refused(key, TOO_MANY_ROOMS)
        elif since is not None and epoch not in {None, self._live.epoch}:
            self._subscriber.resync(key)
        else:
            await self._subscribe(Wanted(key, public_id, wire, since, still))

    async def resume_lagging(self) -> None:
        """The connection has caught its breath: continue where each detached subscription stopped."""
        for key, subscription in list(self._by_key.items()):
            if not subscription.attached:
                await self._resume(key, subscription)

    async def _resume(self, key: str, lagging: Subscription) -> None:
        def still() -> bool:
            return self._by_key.get(key) is lagging

        if still():
            where = lagging.room.public_id, lagging.wire, lagging.position
            await self._subscribe(Wanted(key, *where, still))

    async def history(
        self, subscription: Subscription, before: int, limit: int
    ) -> tuple[list[LiveEntry], bool]:
        """Shown entries before a number, and whether older ones exist. NotReadable; what the database raises."""
        async with self._reads:
            return await self._live.store.read(
                store.history, self._subscriber.user_id, subscription.room.id, before, limit
            )

    async def _subscribe(self, wanted: Wanted) -> None:
        try:
            async with self._reads, asyncio.timeout(CATCH_UP_WAIT):
                await self._open(wanted)
        except NotReadable:
            self.leave(wanted.key)
            self._subscriber.refused(wanted.key, NO_ROOM)
        except MustResync:
            self.leave(wanted.key)
            self._subscriber.resync(wanted.key)
        except (DatabaseError, TimeoutError) as error:
            logger.warning("a room could not be opened: %r", error)
            self._subscriber.refused(wanted.key, UNAVAILABLE)

    async def _open(self, wanted: Wanted) -> None:
        """What comes in between the first read of a room nobody knows here and its opening is found by the position
        check that opening asks for; in every other case nothing does."""
        live = self._live
        if (known := live.room_id(wanted.public_id)) is not None:
            await self._catch_up(wanted, known, None)
            return
        user_id = self._subscriber.user_id
        room_id, opened = await live.store.read(store.open_named, user_id, wanted.public_id, wanted.since)
        live.know_room(wanted.public_id, room_id)
        await self._catch_up(wanted, room_id, opened)

    async def _catch_up(self, wanted: Wanted, room_id: int, opened: Opened | None) -> None:
        """For subscribing, resuming, and leaving lag: read, then attach in a step where nothing can slip by."""
        hub, user_id = self._live.hub, self._subscriber.user_id
        room = hub.open(room_id, wanted.public_id)
        try:
            for _ in range(ATTACH_TRIES):
                if opened is None:
                    opened = await self._live.store.read(store.open_room, user_id, room_id, wanted.since)
                await hub.catch_up(room, opened.head)
                if self._attach(wanted, room, opened):
                    return
                opened = None
            raise MustResync
        finally:
            hub.done(room)

    def _attach(self, wanted: Wanted, room: Room, opened: Opened) -> bool:
        if not wanted.still():
            return True  # the client has left it, or asked anew, while this was reading
        self.leave(wanted.key)  # another join of the same room may have been quicker
        me = self._subscriber
        subscription = Subscription(
            me.user_id, room, me.outbox, me.prepared, self._ended, self._lost, wanted.key, wanted.wire
        )
        recent = self._live.hub.attach(subscription, opened.head)
        if recent is None:
            return False
        ending = next((e for e in recent if e.ends == me.user_id), None)
        if ending is not None:
            self._ended(subscription, ending_reason(ending))
            return True
        self._by_key[wanted.key] = subscription
        me.opened(subscription, opened, [*opened.entries, *recent])
        return True

    # --- what the hub says ----------------------------------------------------------------------------------------

    def _ended(self, subscription: Subscription, reason: str) -> None:
        self._by_key.pop(subscription.key, None)
        self._subscriber.removed(subscription.key, reason)

    def _lost(self, subscription: Subscription) -> None:
        self._by_key.pop(subscription.key, None)
        self._subscriber.resync(subscription.key)
