"""The process's one line to the channel layer: a hint to other workers, never the truth (P4).

Guarantees: publish() and join() never raise and never block; what the layer loses, repeats or reorders is the hub's to
repair. A layer that is frozen or lost is found by a self-ping within SILENT_AFTER seconds and replaced by a new
instance, because `flush()` of a hung redis layer waits on the same lock as its hung publish.
"""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any, Final

from chat.realtime import publication
from chat.realtime.entry import LiveEntry
from chat.realtime.publication import Event
from chat.realtime.room import shard
from chat.realtime.tasks import Tasks

logger = logging.getLogger(__name__)

PING_EVERY: Final = 1.0  # seconds
SILENT_AFTER: Final = 3.0  # seconds without an answer from ourselves: the bus is down
PACE: Final = (
    0.005  # seconds from one round of publishes to the next; what waits goes together, an idle bus's at once
)
PUBLISH_WAIT: Final = 1.0  # seconds for one round of publishes
UNSENT_MAX: Final = 20_000  # entries waiting to be published; beyond it they are left to the position checks
EXTRAS_MAX: Final = 2_000  # typing, presence and the like; beyond it they are dropped
START_WAIT: Final = 5.0  # seconds for a new layer to be there
CLOSE_WAIT: Final = 2.0
PING: Final = "hub.ping"


class Bus:
    """Joins groups, publishes per group in one message what piled up, hands every event to `on_event`."""

    def __init__(
        self,
        make_layer: Callable[[], Any],
        on_event: Callable[[Event], None],
        on_state: Callable[[bool], None],
        *,
        name: str,
        shards: int,
    ) -> None:
        self._make_layer, self._on_event, self._on_state = make_layer, on_event, on_state
        self.name, self._shards = name, shards
        self.up = True
        self.since = time.monotonic()  # of `up`
        self.dropped = 0  # entries and extras that were not published (metric)
        self.outages = 0  # times that it went down (metric)
        self.gaps = 0  # times that the layer itself said that messages are missing (metric)
        self._failing: set[str] = set()  # groups that could not be published to
        self._layer: Any = None
        self._channel = ""
        self._wanted: set[str] = set()
        self._joined: set[str] = set()
        self._entries: defaultdict[str, list[Any]] = defaultdict(list)
        self._extras: defaultdict[str, list[Event]] = defaultdict(list)
        self._unsent = 0
        self._wake = asyncio.Event()
        self._heard = time.monotonic()
        self._replaced = 0.0
        self._receiver: asyncio.Task[None] | None = None
        self._tasks = Tasks("the bus")

    async def start(self) -> None:
        await self._replace_layer()
        self._tasks.spawn(self._publish_forever())
        self._tasks.spawn(self._watch())

    async def close(self) -> None:
        await self._tasks.cancel()
        await self._flush(self._layer)

    def group_of(self, room_id: int) -> str:
        return shard(room_id, self._shards)

    # --- groups ---------------------------------------------------------------------------------------------------

    def join(self, group: str) -> None:
        """Receive what is published to the group from soon on."""
        self._wanted.add(group)
        self._wake.set()

    def leave(self, group: str) -> None:
        self._wanted.discard(group)
        self._wake.set()

    async def _reconcile(self) -> None:
        for group in self._wanted - self._joined:
            await asyncio.wait_for(self._layer.group_add(group, self._channel), PUBLISH_WAIT)
            self._joined.add(group)
        for group in self._joined - self._wanted:
            await asyncio.wait_for(self._layer.group_discard(group, self._channel), PUBLISH_WAIT)
            self._joined.discard(group)

    # --- publishing -----------------------------------------------------------------------------------------------

    def publish_entries(self, group: str, room_id: int, entries: list[LiveEntry]) -> None:
        """Tell the group's other members of committed entries."""
        if self._unsent + len(entries) > UNSENT_MAX or not self.up:
            self.dropped += len(entries)
            return
        self._unsent += len(entries)
        self._entries[group].append(publication.room_entries(room_id, entries))
        self._wake.set()

    def publish(self, group: str, extra: Event) -> None:
        """Tell the group something that may be lost."""
        if len(self._extras[group]) >= EXTRAS_MAX or not self.up:
            self.dropped += 1
            return
        self._extras[group].append(extra)
        self._wake.set()

    async def _publish_forever(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            began = time.monotonic()
            try:
                await self._reconcile()
                await self._publish_pending()
                await asyncio.sleep(max(0.0, began + PACE - time.monotonic()))
            except Exception as error:  # the layers raise what their client libraries raise
                self._set_up(False, _said(error))
                await asyncio.sleep(0.1)

    async def _publish_pending(self) -> None:
        entries, self._entries = self._entries, defaultdict(list)
        extras, self._extras = self._extras, defaultdict(list)
        self._unsent = 0
        rounds = [
            self._publish_to(g, entries.get(g, []), extras.get(g, [])) for g in entries.keys() | extras.keys()
        ]
        if len(rounds) == 1:
            await rounds[0]
        else:  # side by side: layers that batch take them together
            await asyncio.gather(*rounds)

    async def _publish_to(self, group: str, entries: list[Any], extras: list[Event]) -> None:
        try:
            async with asyncio.timeout(PUBLISH_WAIT):
                event = publication.event(self.name, entries, extras)
                self.dropped += await publication.send(self._layer, group, event)
        except Exception as error:  # as above
            self.dropped += sum(len(room) for _, room in entries) + len(extras)
            self._failing.add(group)
            self._set_up(False, _said(error))

    # --- receiving, and whether it still works --------------------------------------------------------------------

    async def _receive_forever(self, layer: Any, channel: str) -> None:
        while True:
            event = await layer.receive(channel)
            if event["type"] == PING:
                if event["o"] == self.name:
                    self._heard = time.monotonic()
                    if not self._failing:
                        self._set_up(True, "answers again")
            elif event["o"] != self.name:
                try:
                    self._on_event(publication.opened(event))
                except Exception:  # one bad event must not end the hearing of all others
                    logger.exception("an event from the bus could not be handled")

    async def _watch(self) -> None:
        while True:
            slept = time.monotonic()
            await asyncio.sleep(PING_EVERY)
            # Where this process itself stood still (no CPU, a debugger), silence is not the bus's.
            self._heard += max(0.0, time.monotonic() - slept - PING_EVERY)
            try:
                await self._ping()
                if self._wanted != self._joined:
                    self._wake.set()
            except Exception as error:  # as above; a time-out is a frozen bus
                self._set_up(False, _said(error))
            now = time.monotonic()
            if now - self._heard > SILENT_AFTER and now - self._replaced > SILENT_AFTER:
                self._set_up(False, "our own ping did not come back")
                await self._replace_layer()

    async def _ping(self) -> None:
        """To ourselves; and to groups that could not be reached, because they may be on another server (shards)."""
        ping = {"type": PING, "o": self.name}
        async with asyncio.timeout(PUBLISH_WAIT):
            await self._layer.send(self._channel, ping)
            for group in list(self._failing):
                await self._layer.group_send(group, ping)
                self._failing.discard(group)

    def _on_gap(self, why: str) -> None:
        """Called on the loop by layers that know that messages are missing."""
        self.gaps += 1
        logger.warning("the bus has lost messages, the timeline is read: %s", why)
        self._on_state(self.up)

    def _set_up(self, up: bool, why: str) -> None:
        if up == self.up:
            return
        self.up, self.since = up, time.monotonic()
        self.outages += not up
        logger.log(logging.INFO if up else logging.WARNING, "the bus is %s: %s", "up" if up else "down", why)
        self._on_state(up)

    async def _replace_layer(self) -> None:
        old, old_receiver, self._replaced = self._layer, self._receiver, time.monotonic()
        layer = self._make_layer()
        if hasattr(layer, "on_gap"):
            layer.on_gap = self._on_gap
        try:
            channel = await asyncio.wait_for(layer.new_channel(), START_WAIT)
        except Exception as error:  # not there yet: the watch tries again
            self._set_up(False, _said(error))
            if old is None:
                self._layer = layer
            else:
                self._tasks.spawn(self._flush(layer))
            return
        self._layer, self._channel, self._joined = layer, channel, set()
        self._receiver = self._tasks.spawn(self._receive_forever(layer, channel))
        self._wake.set()
        if old_receiver:
            old_receiver.cancel()
        if old is not None:
            self._tasks.spawn(self._flush(old))

    async def _flush(self, layer: Any) -> None:
        if layer is None:
            return
        try:
            async with asyncio.timeout(CLOSE_WAIT):
                await layer.flush()
        except Exception as error:  # its server is away, which has been said
            logger.debug("a layer was not closed in order: %s", _said(error))


def _said(error: BaseException) -> str:
    """The kind of error and its first line; libraries like to add whole messages."""
    return f"{type(error).__name__}: {str(error).partition(chr(10))[0][:200]}"
