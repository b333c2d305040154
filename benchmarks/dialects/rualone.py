"""Ours: `rualone.v1` (docs/protocol.md)."""

import json
import secrets
from typing import Any

import msgspec

from benchmarks.dialects.base import Answered, Delivered, Dialect, Identity, Reload, identity_of, text_of

_decode = msgspec.json.Decoder().decode


class _Answer(msgspec.Struct):
    """An `ack`, or the `error` to a message."""

    cid: str = ""
    seq: int = 0
    code: str = ""
    retry: bool = False


_decode_answer = msgspec.json.Decoder(_Answer).decode


class Rualone(Dialect):
    """`rualone.v1`: numbers are the room's, the same for everybody."""

    def __init__(self) -> None:
        # The cids of an earlier pass would be acknowledged and not written again.
        self._run = secrets.token_hex(4)

    def path(self, room: str) -> str:
        return "/ws"

    def on_open(self, room: str) -> bytes | None:
        return json.dumps({"type": "join", "room": room}).encode()

    def entered(self, room: str, payload: bytes) -> int | bytes | None:
        if payload.startswith(b'{"type":"joined"'):
            return int(_decode(payload)["head"])
        if payload.startswith(b'{"type":"error"'):
            raise ValueError(payload.decode())
        return None

    def message(self, room: str, identity: Identity) -> bytes:
        sender, number = identity
        cid = f"{self._run}-{sender}-{number}"
        return json.dumps(
            {"type": "send", "room": room, "cid": cid, "body": text_of(identity)}, ensure_ascii=False
        ).encode()

    def read(self, payload: bytes) -> Delivered | Answered | Reload | None:
        if payload.startswith((b'{"type":"ack"', b'{"type":"error"')):
            return self._answer(payload)
        if not payload.startswith((b'{"type":"entries"', b'{"type":"joined"')):
            if payload.startswith(b'{"type":"resync"'):
                return Reload(_decode(payload)["room"])
            if payload.startswith(b'{"type":"removed"'):
                raise ValueError(payload.decode())
            return None
        frame: dict[str, Any] = _decode(payload)
        seqs = [item["seq"] for item in frame["items"]]
        if not seqs:
            return None
        identities = [identity_of(item["data"]["body"]) for item in frame["items"] if item["kind"] == "text"]
        ordered = seqs == list(range(seqs[0], seqs[0] + len(seqs)))
        return Delivered(frame["room"], seqs[0], seqs[-1], ordered, identities)

    def _answer(self, payload: bytes) -> Answered | None:
        answer = _decode_answer(payload)
        run, _, identity = answer.cid.partition("-")
        if run != self._run:
            if answer.code:
                raise ValueError(payload.decode())
            return None
        sender, _, number = identity.partition("-")
        return Answered((int(sender), int(number)), answer.seq, answer.code, answer.retry)
