"""One room's entries in order, whatever the bus does to them. Pure: no clock, no loop, no database."""

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Final

from chat.realtime.entry import LiveEntry

HELD_MAX: Final = (
    1_000  # entries that wait for an earlier one; beyond it they are dropped and read from the timeline
)
RING_MAX: Final = 256  # recent entries kept for those who subscribe just now


class Feed:
    """Delivers entry after entry: older ones are dropped, later ones held until the gap is filled.

    `position` is the last number delivered, None before the first subscriber's read has set it.
    """

    def __init__(self) -> None:
        self.position: int | None = None
        self.expected = 0  # the head as last seen in the database
        self._held: dict[int, LiveEntry] = {}
        self._ring: deque[LiveEntry] = deque(maxlen=RING_MAX)

    @property
    def gap(self) -> bool:
        """Something later has arrived, but not what comes next."""
        return bool(self._held)

    @property
    def behind(self) -> bool:
        return self.position is not None and (self.position < self.expected or self.gap)

    def start(self, head: int) -> list[LiveEntry]:
        """Begin behind `head`; returns what was held and comes next."""
        if self.position is None:
            self.position = head
            self.expected = max(self.expected, head)
        return self._drain()

    def accept(self, entries: Iterable[LiveEntry]) -> list[LiveEntry]:
        """Take entries in any order, any number of times; returns those that are deliverable now, in order."""
        ready: list[LiveEntry] = []
        for entry in entries:
            if self.position is not None and entry.seq <= self.position:
                continue
            if entry.seq - 1 == self.position:
                self._deliver(entry, ready)
            elif len(self._held) < HELD_MAX:
                self._held[entry.seq] = entry
            else:
                self.expected = max(self.expected, entry.seq)
        ready += self._drain()
        return ready

    def skip_to(self, head: int) -> None:
        """Give up on the missing entries (the subscribers are told to resync)."""
        self.position = max(self.position or 0, head)
        self._ring.clear()
        self._held = {s: e for s, e in self._held.items() if s > head}

    def recent(self, after: int) -> Sequence[LiveEntry] | None:
        """The entries delivered after number `after`, or None when they are no longer at hand."""
        if self.position is None or after > self.position:
            return None
        missing = self.position - after
        if missing > len(self._ring):
            return None
        return list(self._ring)[len(self._ring) - missing :]

    def _deliver(self, entry: LiveEntry, ready: list[LiveEntry]) -> None:
        self.position = entry.seq
        self._ring.append(entry)
        ready.append(entry)

    def _drain(self) -> list[LiveEntry]:
        ready: list[LiveEntry] = []
        if self._held and self.position is not None:
            while (entry := self._held.pop(self.position + 1, None)) is not None:
                self._deliver(entry, ready)
            if self._held and min(self._held) <= self.position:
                self._held = {s: e for s, e in self._held.items() if s > self.position}
        return ready
