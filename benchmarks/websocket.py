"""As much of RFC 6455 as a load generator needs: small masked frames out, whole frames cut out of what came in."""

import base64
import os
import struct
from collections.abc import Iterator
from typing import Final

TEXT: Final = 1
BINARY: Final = 2
CLOSE: Final = 8
PING: Final = 9
PONG: Final = 10
_NO_MASK: Final = bytes(4)  # a mask of zeros is a mask: the server's work is the same, ours is less


def request(path: str, port: int, headers: dict[str, str]) -> bytes:
    """The opening handshake."""
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
        f"Origin: http://127.0.0.1:{port}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def masked(payload: bytes, opcode: int = TEXT) -> bytes:
    """A client's frame of less than 64 KiB."""
    size = len(payload)
    if size < 126:
        return struct.pack("!BB4s", 0x80 | opcode, 0x80 | size, _NO_MASK) + payload
    return struct.pack("!BBH4s", 0x80 | opcode, 0x80 | 126, size, _NO_MASK) + payload


def unmasked(payload: bytes) -> bytes:
    """A server's text frame."""
    size = len(payload)
    if size < 126:
        return struct.pack("!BB", 0x81, size) + payload
    if size < 65536:
        return struct.pack("!BBH", 0x81, 126, size) + payload
    return struct.pack("!BBQ", 0x81, 127, size) + payload


class Incoming:
    """Bytes from one server in, frames out. Fragmented messages are not expected: ValueError."""

    __slots__ = ("rest",)

    def __init__(self) -> None:
        self.rest = b""  # the beginning of a frame whose end has not come

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """(opcode, payload) of every frame that is complete by now."""
        if self.rest:
            data = self.rest + data
        place, end = 0, len(data)
        while end - place >= 2:
            size, start = data[place + 1] & 127, place + 2
            if size == 126:
                start += 2
                size = int.from_bytes(data[place + 2 : start])
            elif size == 127:
                start += 8
                size = int.from_bytes(data[place + 2 : start])
            if start > end or start + size > end:
                break
            if not data[place] & 0x80:
                raise ValueError("a fragmented message")
            yield data[place] & 15, data[start : start + size]
            place = start + size
        self.rest = data[place:]
