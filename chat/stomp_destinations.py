"""STOMP's destinations here, and what a SEND to one of them means. Pure; chat/consumers/stomp_session.py acts on it."""

import re
from enum import Enum, auto
from typing import Final, Literal, NamedTuple, TypeVar

import msgspec

from chat import room_kinds
from chat.errors import ChatError, Refusal
from chat.kinds import Kind
from chat.realtime.decoding import Refused, check_body
from chat.realtime.stomp_codec import FrameError, StompFrame
from chat.topic_kinds import TOPIC_MESSAGE, topic_message

T = TypeVar("T")

ERRORS: Final = "/user/queue/errors"
PUBLISH: Final = "/pub/chat/message"
USER_HEADERS_MAX: Final = 16  # of a topic's message, that its readers get too
USER_HEADERS_BYTES: Final = 4 * 1024

BAD_DESTINATION: Final = Refusal("BAD_DESTINATION", "There is nothing at this destination.", status=404)
BAD_BODY: Final = Refusal("BAD_BODY", "The body is not what this destination takes.")
USER_HEADERS: Final = Refusal(
    "TOO_MANY_USER_HEADERS", f"A message has at most {USER_HEADERS_MAX} headers of its own, 4 KiB in all."
)


class At(Enum):
    WRITEUP = auto()  # a room in the write-up's words
    ROOM = auto()
    TOPIC = auto()
    ERRORS = auto()


class Place(NamedTuple):
    """`name`: the room's public id, or the topic's name."""

    at: At
    name: str = ""


_PLACES: Final = (
    (At.WRITEUP, re.compile(r"/sub/chat/room/([\w-]{1,32})", re.ASCII)),
    (At.ROOM, re.compile(r"/rooms/([\w-]{1,32})", re.ASCII)),
    (At.TOPIC, re.compile(r"/topic/([\w.-]{1,100})", re.ASCII)),
    (At.ERRORS, re.compile(re.escape(ERRORS) + "()")),
)


def place(destination: str, *, topics: bool) -> Place:
    """ChatError BAD_DESTINATION."""
    for at, pattern in _PLACES:
        if found := pattern.fullmatch(destination):
            if at is At.TOPIC and not topics:
                break
            return Place(at, found[1])
    raise ChatError(BAD_DESTINATION)


class Post(NamedTuple):
    """What a SEND asks for; without `data` it is the write-up's ENTER: to be in the room."""

    place: Place
    kind: Kind
    data: msgspec.Struct | None
    size: int


class _WriteUp(msgspec.Struct):
    """The write-up's message. `sender` is whatever the client likes and not looked at."""

    type: Literal["ENTER", "TALK"]
    roomId: str
    message: str = ""


class _Said(msgspec.Struct):
    body: str


_writeup: Final = msgspec.json.Decoder(_WriteUp)
_said: Final = msgspec.json.Decoder(_Said)


def post(frame: StompFrame, *, topics: bool) -> Post:
    """A SEND's meaning. FrameError without a destination, ChatError for one that is not accepted."""
    destination = frame.headers.get("destination")
    if not destination:
        raise FrameError("BAD_FRAME", "SEND needs a destination.")
    size = len(frame.body)
    if destination == PUBLISH:
        message = _decoded(_writeup, frame.body)
        room = place(f"/sub/chat/room/{message.roomId}", topics=False)
        return Post(room, room_kinds.TEXT, None if message.type == "ENTER" else _text(message.message), size)
    there = place(destination, topics=topics)
    if there.at is At.ROOM:
        return Post(there, room_kinds.TEXT, _text(_words(frame)), size)
    if there.at is At.TOPIC:
        content_type = frame.headers.get("content-type", "text/plain")
        data = topic_message(content_type, _user_headers(frame), frame.body)
        return Post(there, TOPIC_MESSAGE, data, size)
    raise ChatError(BAD_DESTINATION)


def _words(frame: StompFrame) -> str:
    """What a SEND to a room says: as JSON, or as the body itself."""
    if frame.headers.get("content-type", "").partition(";")[0].strip() == "application/json":
        return _decoded(_said, frame.body).body
    try:
        return frame.body.decode()
    except UnicodeDecodeError:
        raise ChatError(BAD_BODY) from None


def _text(body: str) -> room_kinds.Text:
    try:
        check_body(body)
    except Refused as refused:
        raise ChatError(Refusal(refused.code, refused.detail)) from None
    return room_kinds.Text(body)


def _decoded(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    try:
        return decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise ChatError(BAD_BODY) from None


# Not passed on: what this server itself says to readers, which nobody may say in its name, ...
_OURS: Final = frozenset({
    "destination", "content-type", "content-length", "content-transfer-encoding", "receipt", "receipt-id",
    "transaction", "idempotency-key", "subscription", "refused-subscription", "message-id", "ack", "seq", "resync",
    "epoch", "code", "retry", "message",
})  # fmt: skip
# ... and what many clients send along with every frame to say who they are: it would stay in the timeline.
_SECRET: Final = frozenset({
    "authorization", "login", "passcode", "token", "access-token", "access_token", "cookie", "x-auth-token",
    "x-csrf-token", "x-csrftoken", "x-xsrf-token",
})  # fmt: skip


def _user_headers(frame: StompFrame) -> list[tuple[str, str]]:
    """Section MESSAGE: "will also include all user-defined headers"."""
    kept_back = _OURS | _SECRET
    found = [(name, value) for name, value in frame.headers.items() if name.lower() not in kept_back]
    size = sum(len(name) + len(value) for name, value in found)
    if len(found) > USER_HEADERS_MAX or size > USER_HEADERS_BYTES:
        raise ChatError(USER_HEADERS)
    return found
