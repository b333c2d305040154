"""XMPP over WebSocket (RFC 7395) and multi-user chat (XEP-0045), signed in anonymously."""

import itertools
from typing import Final

from benchmarks.dialects.base import Delivered, Dialect, Identity, by_sender, identity_of, text_of

_OPEN: Final = b'<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" to="localhost" version="1.0"/>'
_AUTH: Final = b'<auth xmlns="urn:ietf:params:xml:ns:xmpp-sasl" mechanism="ANONYMOUS"/>'
_BIND: Final = (
    b'<iq xmlns="jabber:client" type="set" id="b"><bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"/></iq>'
)
_SELF: Final = (b"code='110'", b'code="110"')  # the presence that says that one is in


class Xmpp(Dialect):
    """Every occupant's frames differ: they are addressed."""

    subprotocol = "xmpp"

    def __init__(self) -> None:
        self._nicknames = itertools.count(1)

    def path(self, room: str) -> str:
        return "/ws"

    def on_open(self, room: str) -> bytes | None:
        return _OPEN

    def entered(self, room: str, payload: bytes) -> int | bytes | None:
        _refuse(payload)
        if b"ANONYMOUS" in payload:
            return _AUTH
        if payload.startswith(b"<success"):
            return _OPEN
        if b"<jid>" in payload:
            return (
                f'<presence xmlns="jabber:client" to="{_address(room)}/n{next(self._nicknames)}">'
                '<x xmlns="http://jabber.org/protocol/muc"><history maxstanzas="0"/></x></presence>'
            ).encode()
        if b"features" in payload and b"xmpp-bind" in payload:
            return _BIND
        return 0 if any(mark in payload for mark in _SELF) else None

    def message(self, room: str, identity: Identity) -> bytes:
        return (
            f'<message xmlns="jabber:client" type="groupchat" to="{_address(room)}">'
            f"<body>{text_of(identity)}</body></message>"
        ).encode()

    def read(self, payload: bytes) -> Delivered | None:
        _refuse(payload)
        start, end = payload.find(b"<body>"), payload.find(b"</body>")
        return by_sender(identity_of(payload[start + 6 : end].decode())) if start >= 0 else None


def _address(room: str) -> str:
    return f"{room.lower()}@conference.localhost"


def _refuse(payload: bytes) -> None:
    if payload.startswith((b"<failure", b"<stream:error")) or b"type='error'" in payload[:300]:
        raise ValueError(payload.decode())
