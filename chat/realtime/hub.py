"""Live delivery: one hub per process between the timeline, the bus and the local connections.

Guarantees (P4, P8): a subscription gets every entry after its position exactly once and in order, or `resync`; nothing
after the entry that ends its user's reading. The bus may lose, repeat and reorder: gaps are read from the timeline, and
every room that somebody has open is compared with the database every CHECK_EVERY seconds. Everything runs on one loop.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from typing import Any, Final

from chat.realtime.bus import Bus
from chat.realtime.company import Company
from chat.realtime.entry import LiveEntry, Prepared, Store, ending_reason
from chat.realtime.frame import Frame
from chat.realtime.limits import RESUME_MAX
from chat.realtime.publication import Event
from chat.realtime.room import Room, Subscription
from chat.realtime.tasks import Tasks

logger = logging.getLogger(__name__)

PACE: Final = 0.002  # seconds between two frames of a busy room; an idle room's entry goes at once
PACE_MAX: Final = 0.1  # the same while the loop is behind: fewer, larger frames, and it catches up
HOLD: Final = 0.05  # seconds that a later entry waits for an earlier one before the timeline is read
CHECK_EVERY: Final = 2.0  # seconds between two looks at the heads of all rooms open here
CHECK_EVERY_DOWN: Final = 1.0  # the same while the bus is down
SETTLE: Final = 0.25  # seconds after which "behind" is no event in flight; also a subscription's own time
KEEP: Final = 30.0  # seconds that a room without subscribers keeps its place on the bus
READ_CHUNK: Final = 500  # entries read at a time when filling a gap
CONTROL: Final = "chat.control"


class Hub:
    def __init__(self, store: Store, make_layer: Callable[[], Any], *, name: str, shards: int = 1) -> None:
        self.name = name
        self.bus = Bus(make_layer, self._on_event, self._on_bus_state, name=name, shards=shards)
        self.company = Company(self.bus, self._find)
        self.on_control: Callable[[Event], None] = lambda event: None
        self.repairs = 0  # gaps that were filled from the timeline (metric)
        self.hints = 0  # entries too large for the bus, read from the timeline (metric)
        self._store = store
        self._rooms: dict[int, Room] = {}
        self.tasks = Tasks("the hub")
        self._check_now = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._late = 0.0  # seconds that flushes have run after their time lately

    async def start(self) -> None:
        self.bus.join(CONTROL)
        await self.bus.start()
        self.tasks.spawn(self._check_forever())
        self.tasks.spawn(self.company.renew())

    async def close(self) -> None:
        await self.tasks.cancel()
        await self.bus.close()

    # --- entries come in ------------------------------------------------------------------------------------------

    def committed(self, room_id: int, entries: list[LiveEntry]) -> None:
        """Entries that this process has written: deliver them here and tell the other workers."""
        self.bus.publish_entries(self.bus.group_of(room_id), room_id, entries)
        if room := self._rooms.get(room_id):
            self._accept(room, entries)

    def _on_event(self, event: Event) -> None:
        for room_id, entries in event["e"]:
            if room := self._rooms.get(room_id):
                self._accept(room, [LiveEntry(*e) for e in entries])
        for room_id, seq in event["p"]:
            if room := self._rooms.get(room_id):
                self.hints += 1
                room.feed.expected = max(room.feed.expected, seq)
                self._repair(room)
        for extra in event["x"]:
            if "r" in extra:
                self.company.heard(event["o"], extra)
            else:
                self.on_control(extra)

    def _accept(self, room: Room, entries: Sequence[LiveEntry]) -> None:
        ready = room.feed.accept(entries)
        if ready:
            room.ready += ready
            self._schedule_flush(room)
        if room.feed.gap and room.feed.position is not None and room.hold_timer is None:
            room.hold_timer = self._loop.call_later(HOLD, self._hold_over, room)

    def _hold_over(self, room: Room) -> None:
        room.hold_timer = None
        if room.feed.gap:
            self.repairs += 1
            self._repair(room)

    # --- entries go out -------------------------------------------------------------------------------------------

    def answer(self, subscription: Subscription, frame: Frame) -> None:
        """Tell a connection something about an entry of its own, together with the room's next frame: half the system
        calls of a small room are saved. Within the pace of a busy room, at once in an idle one."""
        room = subscription.room
        room.answers.setdefault(subscription, []).append(frame)
        self._schedule_flush(room)

    def _schedule_flush(self, room: Room) -> None:
        if room.flush_timer is not None:
            return
        now = self._loop.time()
        room.due = max(now, room.flushed + min(PACE + 4 * self._late, PACE_MAX))
        room.flush_timer = (
            self._loop.call_later(room.due - now, self._flush_due, room)
            if room.due > now
            else self._loop.call_soon(self._flush_due, room)
        )

    def _flush_due(self, room: Room) -> None:
        self._late += (self._loop.time() - room.due - self._late) / 16
        self._flush(room)

    def _flush(self, room: Room) -> None:
        if room.flush_timer is not None:
            room.flush_timer.cancel()
            room.flush_timer = None
        ready, room.ready = room.ready, []
        start = 0
        for place, entry in enumerate(ready, 1):
            if entry.ends is not None and any(s.user_id == entry.ends for s in room.subscriptions):
                self._send(room, ready[start:place])
                start = place
                self._end_reading(room, entry)
        if start < len(ready):
            self._send(room, ready[start:])
        self._answer_alone(room)
        room.flushed = self._loop.time()

    def _send(self, room: Room, entries: Sequence[LiveEntry]) -> None:
        if not room.subscriptions:
            return
        prepared, last = Prepared(room.public_id, entries), entries[-1].seq
        lagging = []
        for subscription in room.subscriptions:
            frame = prepared[subscription.wire]
            if frame is None:
                subscription.position = last
            elif subscription.outbox.offer(frame, room.answers.get(subscription, ())):
                subscription.position = last
                room.answers.pop(subscription, None)
            else:
                lagging.append(subscription)
        for subscription in lagging:
            self.detach(subscription)

    def _answer_alone(self, room: Room) -> None:
        """Answers with no entry to go with: to a repeated message, or to who lags or has left the room."""
        answers, room.answers = room.answers, {}
        for subscription, frames in answers.items():
            for frame in frames:
                subscription.answer(frame)

    def _end_reading(self, room: Room, entry: LiveEntry) -> None:
        for subscription in [s for s in room.subscriptions if s.user_id == entry.ends]:
            self.detach(subscription)
            subscription.ended(subscription, ending_reason(entry))

    # --- subscribing: the one catch-up path -----------------------------------------------------------------------

    def open(self, room_id: int, public_id: str) -> Room:
        """A room to read and attach to; pair it with done()."""
        room = self._rooms.get(room_id)
        if room is None:
            room = self._rooms[room_id] = Room(room_id, public_id)
            self.bus.join(self.bus.group_of(room_id))
            self.company.opened(room)
            # redis-py does not wait until a subscription stands: look once more when it should.
            self._loop.call_later(SETTLE, self._check_now.set)
        room.opening += 1
        return room

    def done(self, room: Room) -> None:
        """The subscription that was opening has attached, or given up."""
        room.opening -= 1
        self._loop.call_later(KEEP, self._forget, room)

    async def catch_up(self, room: Room, head: int) -> None:
        """Bring the room to `head`, a number somebody has read, before attaching there."""
        if room.feed.position is None:
            self._queue(room, room.feed.start(head))
        while (room.feed.position or 0) < head and await self._fill(room):
            pass

    def attach(self, subscription: Subscription, head: int) -> Sequence[LiveEntry] | None:
        """Subscribe behind `head`, in one step with no wait in it. Returns the entries delivered since that number,
        which the subscriber must get first; None when they are no longer at hand: read again. Entries after the one
        that ends the user's reading are not among them, and then nothing is subscribed."""
        room = subscription.room
        self._flush(room)
        recent = room.feed.recent(head)
        if recent is None:
            return None
        ending = next((place for place, e in enumerate(recent, 1) if e.ends == subscription.user_id), None)
        if ending is not None:
            return recent[:ending]
        subscription.position = room.feed.position or head
        subscription.attached = True
        room.subscriptions.add(subscription)
        self.company.arrived(subscription)
        return recent

    def detach(self, subscription: Subscription) -> None:
        """Deliver nothing more to it; its position says where it stopped."""
        room = subscription.room
        if not subscription.attached:
            return
        subscription.attached = False
        room.subscriptions.discard(subscription)
        self.company.departed(subscription)
        if not room.subscriptions:
            self._loop.call_later(KEEP, self._forget, room)

    def _find(self, room_id: int) -> Room | None:
        return self._rooms.get(room_id)

    def _forget(self, room: Room) -> None:
        if room.subscriptions or room.opening or self._rooms.get(room.id) is not room:
            return
        del self._rooms[room.id]
        group = self.bus.group_of(room.id)
        if all(group != self.bus.group_of(other) for other in self._rooms):
            self.bus.leave(group)

    # --- position check and repair --------------------------------------------------------------------------------

    def _on_bus_state(self, up: bool) -> None:
        self._check_now.set()

    async def _check_forever(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CHECK_EVERY if self.bus.up else CHECK_EVERY_DOWN):
                    await self._check_now.wait()
            self._check_now.clear()
            try:
                await self._check_positions()
            except Exception as error:  # the database is away; the next check is soon
                logger.warning("position check failed: %r", error)
            await asyncio.sleep(SETTLE)  # while many rooms are opened each asks for one

    async def _check_positions(self) -> None:
        rooms = [r for r in self._rooms.values() if r.feed.position is not None]
        if not rooms:
            return
        heads = await self._store.heads([r.id for r in rooms])
        for room in rooms:
            room.feed.expected = max(room.feed.expected, heads.get(room.id, 0))
        behind = [r for r in rooms if r.feed.behind]
        if behind and self.bus.up:
            await asyncio.sleep(SETTLE)  # what is in flight arrives now
        for room in behind:
            if room.feed.behind:
                self.repairs += 1
                self._repair(room)

    def _repair(self, room: Room) -> None:
        if room.repair is None or room.repair.done():
            room.repair = self.tasks.spawn(self._repair_room(room))

    async def _repair_room(self, room: Room) -> None:
        read = 0
        while room.feed.behind and self._rooms.get(room.id) is room:
            if read > RESUME_MAX:
                self._resync(room)
                return
            got = await self._fill(room)
            if not got:
                return
            read += got

    async def _fill(self, room: Room) -> int:
        """Read what comes next from the timeline; the number of entries read."""
        entries = await self._store.entries_after(room.id, room.feed.position or 0, READ_CHUNK)
        self._accept(room, entries)
        return len(entries)

    def resync_all(self) -> None:
        """The numbers held here continue nothing any longer (a new epoch)."""
        for room in list(self._rooms.values()):
            del self._rooms[room.id]
            self._resync(room)

    def _resync(self, room: Room) -> None:
        room.feed.skip_to(room.feed.expected)
        room.ready = []
        for subscription in list(room.subscriptions):
            self.detach(subscription)
            subscription.lost(subscription)

    def _queue(self, room: Room, entries: Sequence[LiveEntry]) -> None:
        if entries:
            room.ready += entries
            self._schedule_flush(room)
