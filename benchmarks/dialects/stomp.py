"""STOMP 1.2 over WebSocket, one frame in each WebSocket message; acknowledgement `auto`, nothing durable."""

from benchmarks.dialects.base import Delivered, Dialect, Identity, by_sender, identity_of, text_of


class Stomp(Dialect):
    """A room is a topic. Every subscriber's frames differ (message-id names the session)."""

    subprotocol = "v12.stomp"

    def path(self, room: str) -> str:
        return "/ws"

    def on_open(self, room: str) -> bytes | None:
        return _frame(
            "CONNECT", "accept-version:1.2", "host:/", "login:guest", "passcode:guest", "heart-beat:0,0"
        )

    def entered(self, room: str, payload: bytes) -> int | bytes | None:
        if payload.startswith(b"CONNECTED"):
            return _frame("SUBSCRIBE", "id:0", f"destination:/topic/{room}", "receipt:in")
        if payload.startswith(b"ERROR"):
            raise ValueError(payload.decode())
        return 0 if payload.startswith(b"RECEIPT") else None

    def message(self, room: str, identity: Identity) -> bytes:
        return _frame("SEND", f"destination:/topic/{room}", body=text_of(identity))

    def read(self, payload: bytes) -> Delivered | None:
        if payload.startswith(b"ERROR"):
            raise ValueError(payload.decode())
        if not payload.startswith(b"MESSAGE"):
            return None
        body = payload[payload.index(b"\n\n") + 2 :].rstrip(b"\0\n")
        return by_sender(identity_of(body.decode()))


def _frame(command: str, *headers: str, body: str = "") -> bytes:
    return ("\n".join([command, *headers]) + f"\n\n{body}\0").encode()
