"""Who else is here, and who is typing: hints that may be lost and never gather."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from chat.realtime import protocol
from chat.realtime.bus import Bus
from chat.realtime.frame import Frame
from chat.realtime.presence import LINGER, LISTED_MAX, RENEW, Presence
from chat.realtime.publication import Event
from chat.realtime.room import Room, Subscription

PACE: Final = 1.0  # seconds between two presence frames of a room
SAY_EVERY: Final = 0.25  # seconds that what is to be said to the other workers is gathered
SWEEP: Final = 10.0  # seconds between two looks for leases that ran out

_encode: Final = msgspec.json.Encoder().encode


class Company:
    """Typing and presence of all rooms open here; `find` gives the room with an id, if it is open."""

    def __init__(self, bus: Bus, find: Callable[[int], Room | None]) -> None:
        self._bus, self._find = bus, find
        self._presence = Presence()
        self._loop = asyncio.get_running_loop()
        self._asked: set[int] = set()  # rooms whose people we want to hear of
        self._changes: set[int] = set()  # rooms whose people here have changed
        self._saying: asyncio.TimerHandle | None = None

    def opened(self, room: Room) -> None:
        """Ask the other workers who is there."""
        self._asked.add(room.id)
        self._say_soon()

    def arrived(self, subscription: Subscription) -> None:
        room = subscription.room
        if self._presence.arrive(room.id, subscription.user_id):
            self._changed(room)
        else:
            self._hint(room, [subscription])

    def departed(self, subscription: Subscription) -> None:
        """Said after a moment, in which a reload is back again."""
        self._loop.call_later(LINGER, self._depart, subscription.room, subscription.user_id)

    def typing(self, subscription: Subscription) -> None:
        room = subscription.room
        self._hint_typing(room, subscription.user_id)
        self._bus.publish(
            self._bus.group_of(room.id), {"k": "typing", "r": room.id, "u": subscription.user_id}
        )

    def heard(self, origin: str, event: Event) -> None:
        """What another worker says."""
        room = self._find(event["r"])
        if room is None:
            return
        match event["k"]:
            case "typing":
                self._hint_typing(room, event["u"])
            case "here":
                if self._presence.lease(room.id, origin, event["u"]):
                    self._show(room)
            case "who":
                self._publish(room)

    async def renew(self) -> None:
        """Renew our leases and let those of dead workers run out; until cancelled."""
        renewed = self._loop.time()
        while True:
            await asyncio.sleep(SWEEP)
            for room in map(self._find, self._presence.expired()):
                if room is not None:
                    self._show(room)
            if self._loop.time() - renewed >= RENEW - SWEEP:
                renewed = self._loop.time()
                for room in map(self._find, self._presence.rooms()):
                    if room is not None:
                        self._publish(room)

    def _depart(self, room: Room, user_id: int) -> None:
        if self._presence.depart(room.id, user_id):
            self._changed(room)

    def _changed(self, room: Room) -> None:
        self._changes.add(room.id)
        self._say_soon()
        self._show(room)

    def _say_soon(self) -> None:
        """After a restart everybody comes at once: a message for each would cost more than their joining."""
        if self._saying is None:
            self._saying = self._loop.call_later(SAY_EVERY, self._say)

    def _say(self) -> None:
        self._saying = None
        asked, self._asked = self._asked, set()
        changes, self._changes = self._changes, set()
        for room_id in asked:
            self._bus.publish(self._bus.group_of(room_id), {"k": "who", "r": room_id})
        for room in map(self._find, changes):
            if room is not None:
                self._publish(room)

    def _publish(self, room: Room) -> None:
        here = self._presence.local(room.id)[:LISTED_MAX]
        self._bus.publish(self._bus.group_of(room.id), {"k": "here", "r": room.id, "u": here})

    def _show(self, room: Room) -> None:
        if room.presence_timer is None:
            room.presence_timer = self._loop.call_later(PACE, self._show_now, room)

    def _show_now(self, room: Room) -> None:
        room.presence_timer = None
        self._hint(room, room.subscriptions)

    def _hint(self, room: Room, subscriptions: Iterable[Subscription]) -> None:
        present = self._presence.present(room.id)
        frame = Frame(_encode(protocol.Presence(room.public_id, present[:LISTED_MAX], len(present))))
        for subscription in subscriptions:
            if subscription.wire.hints:
                subscription.outbox.hint(frame)

    def _hint_typing(self, room: Room, user_id: int) -> None:
        frame = Frame(_encode(protocol.IsTyping(room.public_id, user_id)))
        for subscription in room.subscriptions:
            if subscription.user_id != user_id and subscription.wire.hints:
                subscription.outbox.hint(frame)
