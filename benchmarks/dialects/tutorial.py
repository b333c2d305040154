"""The chat of the Channels tutorial."""

import json

import msgspec

from benchmarks.dialects.base import Delivered, Dialect, Identity, by_sender, identity_of, text_of

_decode = msgspec.json.Decoder().decode


class Tutorial(Dialect):
    """One socket for each room; nothing is said on entering."""

    def path(self, room: str) -> str:
        return f"/ws/chat/{room}/"

    def on_open(self, room: str) -> bytes | None:
        return None

    def entered(self, room: str, payload: bytes) -> int | bytes | None:
        return 0

    def message(self, room: str, identity: Identity) -> bytes:
        return json.dumps({"message": text_of(identity)}, ensure_ascii=False).encode()

    def read(self, payload: bytes) -> Delivered | None:
        return by_sender(identity_of(_decode(payload)["message"]))
