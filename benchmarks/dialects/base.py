"""How each system under test is spoken to, and what its frames say was delivered.

Every message carries its identity in its text, `<sender>:<number>:…`, so that the check does not trust the system.
"""

import json
import secrets
from collections.abc import Hashable
from typing import Any, NamedTuple, Protocol

import msgspec

_decode = msgspec.json.Decoder().decode
Identity = tuple[int, int]  # sender, number
PADDING = "가나다라 마바사 " * 5  # makes a delivered message of about 200 bytes


class Delivered(NamedTuple):
    """What one frame delivers. `first` to `last` are the numbers in `stream`; `ordered`: they are consecutive."""

    stream: Hashable
    first: int
    last: int
    ordered: bool
    identities: list[Identity]


class Dialect(Protocol):
    """One system's protocol. The members of one room get the same bytes, so a frame is looked into once."""

    def path(self, room: str) -> str: ...

    def on_open(self, room: str) -> bytes | None:
        """What to say once connected; None: one is in."""

    def entered(self, payload: bytes) -> int | None:
        """The room's last number if this frame says that we are in, else None."""

    def message(self, room: str, identity: Identity) -> bytes: ...

    def read(self, payload: bytes) -> Delivered | None:
        """The messages in a frame; None for other frames. ValueError for a refusal."""


def _identity(text: str) -> Identity:
    sender, number, _ = text.split(":", 2)
    return int(sender), int(number)


class Rualone:
    """`rualone.v1`: numbers are the room's, the same for everybody."""

    def __init__(self) -> None:
        self._run = secrets.token_hex(
            4
        )  # cids of an earlier pass would be acknowledged and not written again

    def path(self, room: str) -> str:
        return "/ws"

    def on_open(self, room: str) -> bytes | None:
        return json.dumps({"type": "join", "room": room}).encode()

    def entered(self, payload: bytes) -> int | None:
        if payload.startswith(b'{"type":"joined"'):
            return int(_decode(payload)["head"])
        if payload.startswith(b'{"type":"error"'):
            raise ValueError(payload.decode())
        return None

    def message(self, room: str, identity: Identity) -> bytes:
        sender, number = identity
        body = f"{sender}:{number}:{PADDING}"
        return json.dumps(
            {"type": "send", "room": room, "cid": f"{self._run}-{sender}-{number}", "body": body},
            ensure_ascii=False,
        ).encode()

    def read(self, payload: bytes) -> Delivered | None:
        if not payload.startswith((b'{"type":"entries"', b'{"type":"joined"')):
            if payload.startswith((b'{"type":"error"', b'{"type":"resync"', b'{"type":"removed"')):
                raise ValueError(payload.decode())
            return None
        frame: dict[str, Any] = _decode(payload)
        seqs = [item["seq"] for item in frame["items"]]
        if not seqs:
            return None
        identities = [_identity(item["data"]["body"]) for item in frame["items"] if item["kind"] == "text"]
        ordered = seqs == list(range(seqs[0], seqs[0] + len(seqs)))
        return Delivered(frame["room"], seqs[0], seqs[-1], ordered, identities)


class Tutorial:
    """The tutorial's chat numbers nothing: the order is checked per sender, which is less than one order for all."""

    def path(self, room: str) -> str:
        return f"/ws/chat/{room}/"

    def on_open(self, room: str) -> bytes | None:
        return None

    def entered(self, payload: bytes) -> int | None:
        return 0

    def message(self, room: str, identity: Identity) -> bytes:
        sender, number = identity
        return json.dumps({"message": f"{sender}:{number}:{PADDING}"}, ensure_ascii=False).encode()

    def read(self, payload: bytes) -> Delivered | None:
        identity = _identity(_decode(payload)["message"])
        return Delivered(identity[0], identity[1], identity[1], True, [identity])


DIALECTS: dict[str, Dialect] = {"rualone": Rualone(), "tutorial": Tutorial()}
