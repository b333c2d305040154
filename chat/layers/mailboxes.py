"""What one process holds of a channel layer whose server only broadcasts: its channels, their queues, their groups.

Not thread-safe; one event loop at a time. The bounds: `capacity` messages per channel, of which the newest is dropped
and counted when the queue is full (the specification's rule for groups); a message unread for `expiry` seconds is not
delivered; a channel that nobody has received from for that long is forgotten, if it is in groups after `group_expiry`.
"""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

logger = logging.getLogger(__name__)


@dataclass(eq=False, slots=True)
class Mailbox:
    """One channel's queue of (when it arrived, undecoded message)."""

    queue: asyncio.Queue[tuple[float, bytes]]
    groups: set[str] = field(default_factory=set)
    readers: int = 0  # receive() calls that wait now
    used: float = field(default_factory=time.monotonic)
    overflowing: bool = False


class Mailboxes:
    """Channels that this process reads and the groups that they are in."""

    def __init__(self, *, capacity_of: Callable[[str], int], expiry: float, group_expiry: float) -> None:
        self._capacity_of, self._expiry, self._group_expiry = capacity_of, expiry, group_expiry
        self._boxes: dict[str, Mailbox] = {}
        self._groups: defaultdict[str, set[str]] = defaultdict(set)
        self.dropped = 0  # messages that a full channel did not take
        self.expired = 0  # messages that nobody received in time

    def __contains__(self, channel: str) -> bool:
        return channel in self._boxes

    @property
    def groups(self) -> Collection[str]:
        """Groups that have a channel here."""
        return self._groups.keys()

    def open(self, channel: str) -> Mailbox:
        """The channel's mailbox, made if need be."""
        box = self._boxes.get(channel)
        if box is None:
            box = self._boxes[channel] = Mailbox(asyncio.Queue(self._capacity_of(channel)))
        return box

    def full(self, channel: str) -> bool:
        """Whether the channel is read here and takes no more."""
        return channel in self._boxes and self._boxes[channel].queue.full()

    def join(self, group: str, channel: str) -> None:
        """Let the channel have what is sent to the group; joining twice is joining once."""
        self.open(channel).groups.add(group)
        self._groups[group].add(channel)

    def leave(self, group: str, channel: str) -> None:
        """Undo join(); nothing happens when the channel is not in the group."""
        if channel in self._boxes:
            self._boxes[channel].groups.discard(group)
        if group in self._groups:
            self._groups[group].discard(channel)
            if not self._groups[group]:
                del self._groups[group]

    def deliver_to_group(self, group: str, message: bytes) -> None:
        """Queue the message in every channel of the group."""
        if channels := self._groups.get(group):
            self._deliver(channels, message)

    def deliver(self, channel: str, message: bytes) -> None:
        """Queue the message in the channel, if it is read here."""
        if channel in self._boxes:
            self._deliver((channel,), message)

    def _deliver(self, channels: Iterable[str], message: bytes) -> None:
        now = time.monotonic()
        for channel in channels:
            box = self._boxes[channel]
            try:
                box.queue.put_nowait((now, message))
                box.overflowing = False
            except asyncio.QueueFull:
                self.dropped += 1
                if not box.overflowing:  # once per time that it fills up
                    logger.warning(
                        "channel %s is full (%d): messages to it are dropped", channel, box.queue.maxsize
                    )
                box.overflowing = True

    async def receive(self, channel: str) -> bytes:
        """The channel's next message that has not expired."""
        box = self.open(channel)
        box.readers += 1
        try:
            while True:
                arrived, message = await box.queue.get()
                if time.monotonic() - arrived <= self._expiry:
                    return message
                self.expired += 1
        finally:
            box.readers -= 1
            box.used = time.monotonic()

    def forget_idle(self) -> None:
        """Drop channels that nobody has received from for so long that what they hold has expired."""
        now = time.monotonic()
        for channel, box in list(self._boxes.items()):
            idle = now - box.used if not box.readers else 0
            if idle > (self._group_expiry if box.groups else self._expiry):
                self.expired += box.queue.qsize()
                for group in list(box.groups):
                    self.leave(group, channel)
                del self._boxes[channel]

    def clear(self) -> None:
        """Forget all channels and groups; who waits in receive() goes on waiting, on a queue that nothing reaches."""
        self._boxes.clear()
        self._groups.clear()
