"""A frame on its way to many connections: encoded once for each form it is needed in."""

import struct
from collections.abc import Sequence
from functools import cached_property

_TEXT_FINAL, _BINARY_FINAL = 0x81, 0x82  # FIN and opcode 1 or 2 (RFC 6455 section 5.2)


class Frame:
    """One WebSocket message, a text unless `binary`; `messages` for ASGI's send, `wire` as an unmasked WebSocket frame
    for a worker that takes those."""

    def __init__(self, payload: bytes, *, binary: bool = False) -> None:
        self.payload, self.binary = payload, binary

    def __len__(self) -> int:
        return len(self.payload)

    @cached_property
    def text(self) -> str:
        return self.payload.decode()

    @property
    def messages(self) -> Sequence[str | bytes]:
        return (self.payload if self.binary else self.text,)

    @cached_property
    def wire(self) -> bytes:
        """Header and payload (RFC 6455 section 5.2: lengths in 7, 7 + 16 or 7 + 64 bits, network order)."""
        size, kind = len(self.payload), _BINARY_FINAL if self.binary else _TEXT_FINAL
        if size < 126:
            return bytes((kind, size)) + self.payload
        if size < 1 << 16:
            return struct.pack("!BBH", kind, 126, size) + self.payload
        return struct.pack("!BBQ", kind, 127, size) + self.payload


class Frames(Frame):
    """Several messages in one write."""

    def __init__(self, frames: Sequence[Frame]) -> None:
        self._frames = frames

    def __len__(self) -> int:
        return sum(map(len, self._frames))

    @property
    def messages(self) -> Sequence[str | bytes]:
        return [message for frame in self._frames for message in frame.messages]

    @cached_property
    def wire(self) -> bytes:
        return b"".join([frame.wire for frame in self._frames])
