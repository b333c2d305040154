"""MQTT 3.1.1 with QoS 0, one packet in each binary WebSocket frame (OASIS MQTT 3.1.1, sections 2, 3 and 6)."""

import struct
from typing import Final

from benchmarks.dialects.base import Delivered, Dialect, Identity, by_sender, identity_of, text_of

_CONNECT: Final = 0x10
_CONNACK: Final = 0x20
_PUBLISH: Final = 0x30
_SUBSCRIBE: Final = 0x82
_SUBACK: Final = 0x90


class Mqtt(Dialect):
    """A room is a topic; whoever subscribed to it gets what is published, the sender too."""

    subprotocol = "mqtt"
    binary = True

    def path(self, room: str) -> str:
        return "/mqtt"

    def on_open(self, room: str) -> bytes | None:
        clean_session, no_keep_alive = 0x02, 0
        return _packet(
            _CONNECT, _string("MQTT") + struct.pack("!BBH", 4, clean_session, no_keep_alive) + _string("")
        )

    def entered(self, room: str, payload: bytes) -> int | bytes | None:
        if payload[0] == _CONNACK:
            if payload[3]:
                raise ValueError(f"CONNACK with code {payload[3]}")
            return _packet(_SUBSCRIBE, struct.pack("!H", 1) + _string(room) + b"\x00")
        if payload[0] == _SUBACK and payload[4]:
            raise ValueError(f"SUBACK with code {payload[4]}")
        return 0 if payload[0] == _SUBACK else None

    def message(self, room: str, identity: Identity) -> bytes:
        return _packet(_PUBLISH, _string(room) + text_of(identity).encode())

    def read(self, payload: bytes) -> Delivered | None:
        if payload[0] != _PUBLISH:
            return None
        size, start = _size(payload)
        if start + size != len(payload):
            raise ValueError("more or less than one packet in a frame")
        topic = int.from_bytes(payload[start : start + 2])
        return by_sender(identity_of(payload[start + 2 + topic :].decode()))


def _packet(kind: int, content: bytes) -> bytes:
    """Fixed header and content; the length in groups of seven bits, the lowest first."""
    size, length = len(content), bytearray()
    while True:
        size, low = divmod(size, 128)
        length.append(low | (0x80 if size else 0))
        if not size:
            return bytes([kind]) + bytes(length) + content


def _size(packet: bytes) -> tuple[int, int]:
    """The content's size, and where it starts."""
    size, place = 0, 1
    while True:
        size |= (packet[place] & 127) << 7 * (place - 1)
        place += 1
        if packet[place - 1] < 128:
            return size, place


def _string(text: str) -> bytes:
    return struct.pack("!H", len(text.encode())) + text.encode()
