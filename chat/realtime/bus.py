"""The process's one line to the channel layer: a hint to other workers, never the truth (P4).

Guarantees: publish() and join() never raise and never block; what the layer loses, repeats or reorders is the hub's to
repair. A layer that is frozen or lost is found by a self-ping within SILENT_AFTER seconds and replaced by a new
instance, because `flush()` of a hung redis layer waits on the same lock as its hung publish.
"""

import asyncio
import contextlib
import logging
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any, Final

from chat.realtime.entry import LiveEntry
from chat.realtime.room import shard
from chat.realtime.tasks import Tasks

logger = logging.getLogger(__name__)

PING_EVERY: Final = 1.0  # seconds
SILENT_AFTER: Final = 3.0  # seconds without an answer from ourselves: the bus is down
PACE: Final = 0.01  # seconds between two rounds of publishes; what waits goes together, an idle bus's at once
PUBLISH_WAIT: Final = 1.0  # seconds for one round of publishes
UNSENT_MAX: Final = 20_000  # entries waiting to be published; beyond it they are left to the position checks
EXTRAS_MAX: Final = 2_000  # typing, presence and the like; beyond it they are dropped
CLOSE_WAIT: Final = 2.0

Event = dict[str, Any]


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
        self.dropped = 0  # entries and extras that were not published (metric)
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
        self._entries[group].append([room_id, [list(e) for e in entries]])
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
            try:
                await self._reconcile()
                await self._publish_pending()
                await asyncio.sleep(PACE)
            except Exception as error:  # the layers raise what their client libraries raise
                self._set_up(False, repr(error))
                await asyncio.sleep(0.1)

    async def _publish_pending(self) -> None:
        entries, self._entries = self._entries, defaultdict(list)
        extras, self._extras = self._extras, defaultdict(list)
        self._unsent = 0
        async with asyncio.timeout(PUBLISH_WAIT):
            for group in entries.keys() | extras.keys():
                event = {
                    "type": "hub",
                    "o": self.name,
                    "e": entries.get(group, []),
                    "x": extras.get(group, []),
                }
                await self._layer.group_send(group, event)

    # --- receiving, and whether it still works --------------------------------------------------------------------

    async def _receive_forever(self, layer: Any, channel: str) -> None:
        while True:
            event = await layer.receive(channel)
            if event["type"] == "hub.ping":
                self._heard = time.monotonic()
                self._set_up(True, "answers again")
            elif event["o"] != self.name:
                try:
                    self._on_event(event)
                except Exception:
                    logger.exception("an event from the bus could not be handled")

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(PING_EVERY)
            try:
                async with asyncio.timeout(PUBLISH_WAIT):
                    await self._layer.send(self._channel, {"type": "hub.ping"})
                if self._wanted != self._joined:
                    self._wake.set()
            except Exception as error:  # as above; a time-out is a frozen bus
                self._set_up(False, repr(error))
            now = time.monotonic()
            if now - self._heard > SILENT_AFTER and now - self._replaced > SILENT_AFTER:
                self._set_up(False, "our own ping did not come back")
                await self._replace_layer()

    def _set_up(self, up: bool, why: str) -> None:
        if up == self.up:
            return
        self.up = up
        logger.log(logging.INFO if up else logging.WARNING, "the bus is %s: %s", "up" if up else "down", why)
        self._on_state(up)

    async def _replace_layer(self) -> None:
        old, old_receiver, self._replaced = self._layer, self._receiver, time.monotonic()
        layer = self._make_layer()
        try:
            channel = await asyncio.wait_for(layer.new_channel(), PUBLISH_WAIT)
        except Exception as error:  # not there yet: the watch tries again
            self._set_up(False, repr(error))
            self._layer = self._layer or layer
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
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_WAIT):
                await layer.flush()
