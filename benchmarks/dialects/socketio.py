"""Socket.IO 4 on a plain WebSocket: engine.io's packet type, Socket.IO's packet type, JSON (socket.io-protocol 5)."""

import json

import msgspec

from benchmarks.dialects.base import Delivered, Dialect, Identity, by_sender, identity_of, text_of

_decode = msgspec.json.Decoder(list[str]).decode
_MESSAGE = b'42["message",'  # engine.io message, Socket.IO event


class SocketIO(Dialect):
    """The events of peers/socketio/server.mjs."""

    ping, pong = b"2", b"3"

    def path(self, room: str) -> str:
        return "/socket.io/?EIO=4&transport=websocket"

    def on_open(self, room: str) -> bytes | None:
        return b""  # engine.io's open packet comes first

    def entered(self, room: str, payload: bytes) -> int | bytes | None:
        if payload.startswith(b"0{"):
            return b"40"
        if payload.startswith(b"40"):
            return b"42" + json.dumps(["join", room]).encode()
        if payload.startswith(b"44"):
            raise ValueError(payload.decode())
        return 0 if payload.startswith(b'42["joined"') else None

    def message(self, room: str, identity: Identity) -> bytes:
        return b"42" + json.dumps(["message", text_of(identity)], ensure_ascii=False).encode()

    def read(self, payload: bytes) -> Delivered | None:
        if not payload.startswith(_MESSAGE):
            return None
        return by_sender(identity_of(_decode(payload[2:])[1]))
