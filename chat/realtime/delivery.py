"""Entries go out: a room's next ones in one frame, made once for all of its subscriptions."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from chat.realtime.entry import LiveEntry, Prepared, ending_reason
from chat.realtime.frame import Frame
from chat.realtime.room import Room, Subscription

PACE: Final = 0.002  # seconds between two frames of a busy room; an idle room's entry goes at once
PACE_MAX: Final = 0.1  # the same while the loop is behind: fewer, larger frames, and it catches up


class Delivery:
    """What goes to the subscriptions of all rooms open here; `detach` ends the delivery to one of them."""

    def __init__(self, detach: Callable[[Subscription], None]) -> None:
        self._detach = detach
        self._loop = asyncio.get_running_loop()
        self._late = 0.0  # seconds that flushes have run after their time lately

    def add(self, room: Room, entries: Sequence[LiveEntry]) -> None:
        """The room's next entries, in order."""
        if entries:
            room.ready += entries
            self._schedule(room)

    def answer(self, subscription: Subscription, frame: Frame) -> None:
        """Tell a connection something about an entry of its own, together with the room's next frame: half the system
        calls of a small room are saved. Within the pace of a busy room, at once in an idle one."""
        room = subscription.room
        room.answers.setdefault(subscription, []).append(frame)
        self._schedule(room)

    def flush(self, room: Room) -> None:
        """Send now what is ready. Nothing after the entry that ends a user's reading goes to that user (P8)."""
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

    def _schedule(self, room: Room) -> None:
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
        self.flush(room)

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
            self._detach(subscription)

    def _answer_alone(self, room: Room) -> None:
        """Answers with no entry to go with: to a repeated message, or to who lags or has left the room."""
        answers, room.answers = room.answers, {}
        for subscription, frames in answers.items():
            for frame in frames:
                subscription.answer(frame)

    def _end_reading(self, room: Room, entry: LiveEntry) -> None:
        for subscription in [s for s in room.subscriptions if s.user_id == entry.ends]:
            self._detach(subscription)
            subscription.ended(subscription, ending_reason(entry))
