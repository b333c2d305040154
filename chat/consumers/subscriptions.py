"""The rooms that one connection is subscribed to, and the one way into a room's live entries."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from django.db import Error as DatabaseError

from chat import store
from chat.consumers.answers import Answers
from chat.errors import NO_ROOM, UNAVAILABLE
from chat.live import Live
from chat.realtime import protocol
from chat.realtime.entry import LiveEntry, ending_reason, entries_frame, parts, people_of
from chat.realtime.limits import FRAME_OUT_BYTES, ROOMS_PER_SOCKET
from chat.realtime.room import Room, Subscription
from chat.store import MustResync, Opened
from chat.timeline import NotReadable

logger = logging.getLogger(__name__)

ATTACH_TRIES: Final = 5
CATCH_UP_WAIT: Final = 10.0  # seconds for a read and the gap after it
READS_AT_ONCE: Final = 4  # of one connection; its other requests wait in order


class Subscriptions:
    """Joins, resumes, leaves and reads rooms for one connection."""

    def __init__(self, live: Live, user_id: int, answers: Answers) -> None:
        self._live, self._user_id, self._answers = live, user_id, answers
        self._rooms: dict[str, Subscription] = {}
        self._reads = asyncio.Semaphore(READS_AT_ONCE)

    def get(self, room: str) -> Subscription | None:
        return self._rooms.get(room)

    def leave(self, room: str) -> None:
        if subscription := self._rooms.pop(room, None):
            self._live.hub.detach(subscription)

    def leave_all(self) -> None:
        for room in list(self._rooms):
            self.leave(room)

    async def join(self, frame: protocol.Join) -> None:
        """Subscribe or resume; answers `joined`, `resync` or an error."""
        if len(self._rooms) >= ROOMS_PER_SOCKET and frame.room not in self._rooms:
            self._answers.refuse("TOO_MANY_ROOMS", f"At most {ROOMS_PER_SOCKET} rooms.", room=frame.room)
        elif frame.since is not None and frame.epoch not in {None, self._live.epoch}:
            self._answers.frame(protocol.Resync(frame.room))
        else:
            await self._subscribe(frame.room, frame.since)

    async def resume_lagging(self) -> None:
        """The connection has caught its breath: continue where each detached subscription stopped."""
        for public_id, subscription in list(self._rooms.items()):
            if not subscription.attached:
                await self._subscribe(public_id, subscription.position)

    async def _subscribe(self, public_id: str, since: int | None) -> None:
        try:
            async with self._reads, asyncio.timeout(CATCH_UP_WAIT):
                await self._open(public_id, since)
        except NotReadable:
            self.leave(public_id)
            self._answers.refusal(NO_ROOM, room=public_id)
        except MustResync:
            self.leave(public_id)
            self._answers.frame(protocol.Resync(public_id))
        except (DatabaseError, TimeoutError) as error:
            logger.warning("a room could not be opened: %r", error)
            self._answers.refusal(UNAVAILABLE, room=public_id)

    async def _open(self, public_id: str, since: int | None) -> None:
        """What comes in between the first read of a room nobody knows here and its opening is found by the position
        check that opening asks for; in every other case nothing does."""
        live = self._live
        if (known := live.room_id(public_id)) is not None:
            await self._catch_up(public_id, known, since, None)
            return
        room_id, opened = await live.store.read(store.open_named, self._user_id, public_id, since)
        live.know_room(public_id, room_id)
        await self._catch_up(public_id, room_id, since, opened)

    async def _catch_up(self, public_id: str, room_id: int, since: int | None, opened: Opened | None) -> None:
        """For subscribing, resuming, and leaving lag: read, then attach in a step where nothing can slip by."""
        hub = self._live.hub
        room = hub.open(room_id, public_id)
        try:
            for _ in range(ATTACH_TRIES):
                if opened is None:
                    opened = await self._live.store.read(store.open_room, self._user_id, room_id, since)
                await hub.catch_up(room, opened.head)
                if self._attach(room, opened):
                    return
                opened = None
            raise MustResync
        finally:
            hub.done(room)

    def _attach(self, room: Room, opened: Opened) -> bool:
        self.leave(room.public_id)  # another join of the same room may have been quicker
        subscription = Subscription(
            self._user_id, room, self._answers.outbox, self._answers.prepared, self._ended, self._lost
        )
        recent = self._live.hub.attach(subscription, opened.head)
        if recent is None:
            return False
        ending = next((e for e in recent if e.ends == self._user_id), None)
        if ending is not None:
            self._ended(subscription, ending_reason(ending))
            return True
        self._rooms[room.public_id] = subscription
        self._answer(room, opened, [*opened.entries, *recent])
        return True

    def _answer(self, room: Room, opened: Opened, entries: list[LiveEntry]) -> None:
        """`joined`, and what does not fit into one frame behind it as `entries`."""
        first, *rest = parts(entries, FRAME_OUT_BYTES)
        self._answers.frame(self._joined(room, opened, first, last=not rest))
        for run in rest:
            self._answers.prepared(entries_frame(room.public_id, run))

    def _joined(
        self, room: Room, opened: Opened, entries: Sequence[LiveEntry], *, last: bool
    ) -> dict[str, Any]:
        """protocol.Joined around items that are encoded already."""
        head = entries[-1].seq if entries else 0
        return {
            "type": "joined",
            "room": room.public_id,
            "epoch": self._live.epoch,
            "head": max(opened.head, head) if last else head,
            "read": opened.read_seq,
            "recovered": opened.recovered,
            "more": opened.more,
            "items": [msgspec.Raw(e.item) for e in entries],
            "people": people_of(entries),
        }

    async def history(self, frame: protocol.History) -> None:
        """Answers `page` or an error."""
        subscription = self._rooms.get(frame.room)
        if subscription is None:
            self._answers.refuse("NOT_JOINED", "Join the room first.", retry=True, room=frame.room)
            return
        try:
            async with self._reads:
                entries, more = await self._live.store.read(
                    store.history, self._user_id, subscription.room.id, frame.before, frame.limit
                )
        except NotReadable:
            self._answers.refusal(NO_ROOM, room=frame.room)
        except DatabaseError as error:
            logger.warning("history could not be read: %r", error)
            self._answers.refusal(UNAVAILABLE, room=frame.room)
        else:
            items = [msgspec.Raw(e.item) for e in entries]
            page = {"type": "page", "room": frame.room, "before": frame.before, "more": more, "items": items}
            self._answers.frame({**page, "people": people_of(entries)})

    # --- what the hub says ----------------------------------------------------------------------------------------

    def _ended(self, subscription: Subscription, reason: str) -> None:
        self._rooms.pop(subscription.room.public_id, None)
        self._answers.frame(protocol.Removed(subscription.room.public_id, reason))

    def _lost(self, subscription: Subscription) -> None:
        self._rooms.pop(subscription.room.public_id, None)
        self._answers.frame(protocol.Resync(subscription.room.public_id))
