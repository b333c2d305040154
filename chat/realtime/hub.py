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
from chat.realtime.delivery import Delivery
from chat.realtime.entry import LiveEntry, Store
from chat.realtime.limits import RESUME_MAX
from chat.realtime.publication import Event
from chat.realtime.room import Room, Subscription
from chat.realtime.tasks import Tasks

logger = logging.getLogger(__name__)

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
        self.delivery = Delivery(self.detach)
        self.on_control: Callable[[Event], None] = lambda event: None
        self.repairs = 0  # gaps that were filled from the timeline (metric)
        self.hints = 0  # entries too large for the bus, read from the timeline (metric)
        self._store = store
        self._rooms: dict[int, Room] = {}
        self.tasks = Tasks("the hub")
        self._check_now = asyncio.Event()
        self._loop = asyncio.get_running_loop()

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
        self.delivery.add(room, room.feed.accept(entries))
        if room.feed.gap and room.feed.position is not None and room.hold_timer is None:
            room.hold_timer = self._loop.call_later(HOLD, self._hold_over, room)

    def _hold_over(self, room: Room) -> None:
        room.hold_timer = None
        if room.feed.gap:
            self.repairs += 1
            self._repair(room)

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
            self.delivery.add(room, room.feed.start(head))
        while (room.feed.position or 0) < head and await self._fill(room):
            pass

    def attach(self, subscription: Subscription, head: int) -> Sequence[LiveEntry] | None:
        """Subscribe behind `head`, in one step with no wait in it. Returns the entries delivered since that number,
        which the subscriber must get first; None when they are no longer at hand: read again. Entries after the one
        that ends the user's reading are not among them, and then nothing is subscribed."""
        room = subscription.room
        self.delivery.flush(room)
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
