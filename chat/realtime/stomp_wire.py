"""A room's entries as STOMP MESSAGE frames.

Two subscribers' frames of one entry differ in the subscription's id alone. It stands first, so everything behind it is
made once for all subscribers of a shape; and since clients number alike (`sub-0`), most of them share the whole frame.
"""

import base64
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, Final, NamedTuple, Protocol
from weakref import WeakValueDictionary

from chat.realtime import sockjs
from chat.realtime.entry import LiveEntry
from chat.realtime.frame import Frame, Frames
from chat.realtime.stomp_codec import Version, encode, header_lines

Headers = Iterable[tuple[str, str]]


class Body(NamedTuple):
    """What a MESSAGE carries; `binary`: it is not UTF-8."""

    content_type: str
    payload: bytes
    headers: Sequence[tuple[str, str]] = ()
    binary: bool = False


Bodies = Callable[[str, LiveEntry], Body | None]
"""An entry's body at one kind of destination, given the room; None for what is not told there."""


class Packing(Protocol):
    """How STOMP's bytes become WebSocket messages."""

    texts_only: bool

    def head(self, data: bytes) -> bytes:
        """The first part of a frame, to put before any tail()."""

    def tail(self, data: bytes) -> bytes:
        """The rest of it."""


class Plain:
    texts_only = False

    def head(self, data: bytes) -> bytes:
        return data

    def tail(self, data: bytes) -> bytes:
        return data


class InSockJs:
    texts_only = True

    def head(self, data: bytes) -> bytes:
        return b'a["' + sockjs.quoted(data)

    def tail(self, data: bytes) -> bytes:
        return sockjs.quoted(data) + b'"]'


PLAIN: Final[Packing] = Plain()
SOCKJS: Final[Packing] = InSockJs()


class Speech(NamedTuple):
    """What one connection speaks."""

    version: Version
    packing: Packing

    def frame(self, command: str, headers: Headers = (), body: bytes = b"") -> Frame:
        """A frame of its own; `body` is UTF-8."""
        return self.raw(encode(command, headers, body, self.version))

    def raw(self, data: bytes) -> Frame:
        return Frame(self.packing.head(data) + self.packing.tail(b""))


class Shape:
    """All that MESSAGE frames of several subscribers have in common. `acked`: they name what an ACK should name."""

    def __init__(self, destination: str, bodies: Bodies, speech: Speech, *, acked: bool) -> None:
        self._bodies, self._speech = bodies, speech
        self._destination = header_lines([("destination", destination)], speech.version)
        self._acked = acked

    def tails(self, room: str, entries: Sequence[LiveEntry]) -> list[tuple[bytes, bool]]:
        """For each entry that is told: everything behind the subscription's id, and whether it is binary."""
        found = []
        for entry in entries:
            body = self._bodies(room, entry)
            if body is not None:
                if body.binary and self._speech.packing.texts_only:
                    body = _as_text(body)
                data = self._tail(f"{room}/{entry.seq}", entry.seq, body)
                found.append((self._speech.packing.tail(data), body.binary))
        return found

    def _tail(self, message_id: str, seq: int, body: Body) -> bytes:
        headers = [("message-id", message_id), ("seq", str(seq)), ("content-type", body.content_type)]
        if self._acked:
            headers.append(("ack", message_id))
        lines = header_lines([*headers, *body.headers], self._speech.version)
        return b"%b%bcontent-length:%d\n\n%b\0" % (
            self._destination,
            lines,
            len(body.payload),
            body.payload,
        )


def _as_text(body: Body) -> Body:
    headers = (*body.headers, ("content-transfer-encoding", "base64"))
    return body._replace(payload=base64.b64encode(body.payload), headers=headers, binary=False)


class StompWire:
    """chat.realtime.entry.Wire for one subscription id."""

    hints = False

    def __init__(self, shape: Shape, speech: Speech, subscription: str) -> None:
        self._shape = shape
        line = header_lines([("subscription", subscription)], speech.version)
        self._head = speech.packing.head(b"MESSAGE\n" + line)

    def frame(self, room: str, entries: Sequence[LiveEntry], shared: dict[Hashable, Any]) -> Frame | None:
        tails = shared.get(self._shape)
        if tails is None:
            tails = shared[self._shape] = self._shape.tails(room, entries)
        frames = [Frame(self._head + tail, binary=binary) for tail, binary in tails]
        return Frames(frames) if len(frames) > 1 else (frames[0] if frames else None)


_shapes: Final[WeakValueDictionary[Hashable, Shape]] = WeakValueDictionary()
_wires: Final[WeakValueDictionary[Hashable, StompWire]] = WeakValueDictionary()


def stomp_wire(
    destination: str, bodies: Bodies, speech: Speech, subscription: str, *, acked: bool
) -> StompWire:
    """The wire of such a subscription: the same object for all alike, kept as long as one of them lives."""
    key = (destination, bodies, speech, acked)
    shape = _shapes.get(key)
    if shape is None:
        shape = _shapes[key] = Shape(destination, bodies, speech, acked=acked)
    wire = _wires.get((*key, subscription))
    if wire is None:
        wire = _wires[(*key, subscription)] = StompWire(shape, speech, subscription)
    return wire
