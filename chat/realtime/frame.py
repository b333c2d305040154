"""A frame on its way to many connections: encoded once for each form it is needed in."""

import struct
from functools import cached_property

_TEXT_FINAL = 0x81  # FIN and opcode 1 (RFC 6455 section 5.2)


class Frame:
    """One JSON text; `text` for ASGI's send, `wire` as an unmasked WebSocket frame for a worker that takes those."""

    def __init__(self, payload: bytes) -> None:
        self.payload = payload

    def __len__(self) -> int:
        return len(self.payload)

    @cached_property
    def text(self) -> str:
        return self.payload.decode()

    @cached_property
    def wire(self) -> bytes:
        """Header and payload (RFC 6455 section 5.2: lengths in 7, 7 + 16 or 7 + 64 bits, network order)."""
        size = len(self.payload)
        if size < 126:
            return bytes((_TEXT_FINAL, size)) + self.payload
        if size < 1 << 16:
            return struct.pack("!BBH", _TEXT_FINAL, 126, size) + self.payload
        return struct.pack("!BBQ", _TEXT_FINAL, 127, size) + self.payload
