"""Ours over STOMP 1.2 at `/ws-stomp`, in the write-up's words (docs/stomp.md); senders ask for receipts."""

import json
import secrets

import msgspec

from benchmarks.dialects.base import Answered, Delivered, Dialect, Identity, identity_of, text_of


class _Said(msgspec.Struct):
    message: str


_decode = msgspec.json.Decoder(_Said).decode
_ROOM = "/sub/chat/room/"


class RualoneStomp(Dialect):
    """Numbers are the room's (`seq`), the same for everybody; members who subscribe by one id get the same bytes."""

    subprotocol = "v12.stomp"

    def __init__(self) -> None:
        # The keys of an earlier pass would be acknowledged and not written again.
        self._run = secrets.token_hex(4)

    def path(self, room: str) -> str:
        return "/ws-stomp"

    def on_open(self, room: str) -> bytes | None:
        return b"CONNECT\naccept-version:1.2\nhost:localhost\nheart-beat:0,0\n\n\0"

    def entered(self, room: str, payload: bytes) -> int | bytes | None:
        if payload.startswith(b"CONNECTED"):
            return f"SUBSCRIBE\nid:0\ndestination:{_ROOM}{room}\nreceipt:in\n\n\0".encode()
        if payload.startswith(b"ERROR"):
            raise ValueError(payload.decode())
        return int(_headers(payload)["seq"]) if payload.startswith(b"RECEIPT") else None

    def message(self, room: str, identity: Identity) -> bytes:
        sender, number = identity
        key = f"{self._run}-{sender}-{number}"
        said = {"type": "TALK", "roomId": room, "message": text_of(identity)}
        headers = f"destination:/pub/chat/message\nreceipt:{key}\nidempotency-key:{key}"
        return f"SEND\n{headers}\n\n{json.dumps(said, ensure_ascii=False)}\0".encode()

    def read(self, payload: bytes) -> Delivered | Answered | None:
        if payload.startswith(b"ERROR"):
            raise ValueError(payload.decode())
        if not payload.startswith((b"MESSAGE", b"RECEIPT")):
            return None
        headers = _headers(payload)
        if payload.startswith(b"RECEIPT"):
            run, _, identity = headers["receipt-id"].partition("-")
            sender, _, number = identity.partition("-")
            return Answered((int(sender), int(number)), int(headers["seq"])) if run == self._run else None
        said = _decode(payload[payload.index(b"\n\n") + 2 :].rstrip(b"\0\n"))
        seq = int(headers["seq"])
        room = headers["destination"].removeprefix(_ROOM)
        return Delivered(room, seq, seq, True, [identity_of(said.message)])


def _headers(payload: bytes) -> dict[str, str]:
    head = payload[: payload.index(b"\n\n")].decode()
    return {name: value for name, _, value in (line.partition(":") for line in head.split("\n")[1:])}
