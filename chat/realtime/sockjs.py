"""SockJS's framing over WebSocket (github.com/sockjs/sockjs-protocol, 0.3.3). Pure."""

from typing import Final

import msgspec

OPEN: Final = b"o"
HEARTBEAT: Final = b"h"  # every 25 s
_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(list[str] | str)


class NotSockJs(Exception):
    """The client's text is neither a JSON array of strings nor one string."""


def quoted(text: bytes) -> bytes:
    """UTF-8 as the inside of a JSON string: of parts of a text it can be made apart."""
    return _encode(text.decode())[1:-1]


def closing(code: int, reason: str) -> bytes:
    """The last frame before the connection closes."""
    return b"c" + _encode([code, reason])


def read(text: str | bytes) -> list[str]:
    """The client's messages; NotSockJs. An empty text is none, as in SockJS's own server."""
    if not text:
        return []
    try:
        found = _decode.decode(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise NotSockJs from error
    return [found] if isinstance(found, str) else found
