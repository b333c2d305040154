"""A committed entry on its way to readers: encoded once, whoever gets it."""

from collections.abc import Hashable, Sequence
from typing import Any, Final, NamedTuple, Protocol

import msgspec

from chat.realtime.frame import Frame

_encode: Final = msgspec.json.Encoder().encode


class LiveEntry(NamedTuple):
    """`item` is the entry's JSON on the wire (protocol.Item); `people` the nicknames it mentions by user id;
    `ends` the user who may read nothing after it (P8)."""

    seq: int
    item: bytes
    people: dict[str, str]
    ends: int | None = None


class Store(Protocol):
    """What the hub asks of the database; each call runs in a thread of the timeline's pool."""

    async def heads(self, room_ids: list[int]) -> dict[int, int]: ...

    async def entries_after(self, room_id: int, seq: int, limit: int) -> list[LiveEntry]: ...


def people_of(entries: Sequence[LiveEntry]) -> dict[str, str]:
    """Nicknames of everybody in the entries."""
    if len(entries) == 1:
        return entries[0].people
    people: dict[str, str] = {}
    for entry in entries:
        people.update(entry.people)
    return people


def entries_frame(room: str, entries: Sequence[LiveEntry]) -> Frame:
    """The `entries` frame (protocol.Entries) around items that are encoded already."""
    items = b",".join([e.item for e in entries])
    people = _encode(people_of(entries))
    return Frame(b'{"type":"entries","room":%b,"items":[%b],"people":%b}' % (_encode(room), items, people))


class Wire(Protocol):
    """How a subscriber's entries are written. Whoever gets the same bytes holds the same object: the hub makes a frame
    once for each."""

    hints: bool
    """Whether presence and typing can be said on it."""

    def frame(self, room: str, entries: Sequence[LiveEntry], shared: dict[Hashable, Any]) -> Frame | None:
        """None when none of them is shown on it. `shared` is empty before the first wire that writes these entries and
        handed to all others: what several of them have in common need be made once."""


class Prepared(dict[Wire, Frame | None]):
    """One room's entries as frames, made when the first subscriber of a wire asks."""

    def __init__(self, room: str, entries: Sequence[LiveEntry]) -> None:
        super().__init__()
        self._room, self._entries = room, entries
        self._shared: dict[Hashable, Any] = {}

    def __missing__(self, wire: Wire) -> Frame | None:
        frame = self[wire] = wire.frame(self._room, self._entries, self._shared)
        return frame


class JsonWire:
    """`rualone.v1`: the `entries` frame."""

    hints = True

    def frame(self, room: str, entries: Sequence[LiveEntry], shared: dict[Hashable, Any]) -> Frame:
        return entries_frame(room, entries)


JSON: Final = JsonWire()


def parts(entries: Sequence[LiveEntry], size: int) -> list[Sequence[LiveEntry]]:
    """The entries in order, in runs of about `size` bytes (a single larger entry stays whole); at least one run."""
    runs: list[Sequence[LiveEntry]] = []
    start = used = 0
    for place, entry in enumerate(entries):
        if used and used + len(entry.item) > size:
            runs.append(entries[start:place])
            start, used = place, 0
        used += len(entry.item)
    return [*runs, entries[start:]]


def ending_reason(entry: LiveEntry) -> str:
    """Why an entry ends somebody's reading: its `reason`, or the last word of its kind (`merged`)."""
    item = msgspec.json.decode(entry.item)
    return str(item["data"].get("reason") or item["kind"].rpartition(".")[2])
