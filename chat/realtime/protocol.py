"""The JSON protocol `rualone.v1`: the structs that define, validate and document every frame (docs/protocol.md).

One text frame holds one JSON object whose `type` names the struct. Unknown fields are ignored, an unknown type is
answered with an error. Times are RFC 3339 in UTC. Nothing in here touches a database or a socket.
"""

from typing import Annotated, Final

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from chat.realtime.limits import BODY_BYTES, BODY_CODE_POINTS, CID_MAX, HISTORY_PAGE

SUBPROTOCOL: Final = "rualone.v1"

RoomId = Annotated[str, Meta(min_length=1, max_length=32, description="the room's public id")]
Seq = Annotated[
    int, Meta(ge=0, le=2**53 - 1, description="an entry's number in its room; 0 is before the first")
]
Cid = Annotated[
    str,
    Meta(min_length=1, max_length=CID_MAX, pattern=r"^[!-~]+$", description="the client's own id of a write"),
]
Body = Annotated[
    str, Meta(min_length=1, max_length=BODY_CODE_POINTS, description=f"at most {BODY_BYTES} bytes of UTF-8")
]


class Join(Struct, tag="join"):
    """Subscribe to a room; with `since` (and the `epoch` it was counted in) resume behind that entry."""

    room: RoomId
    since: Seq | None = None
    epoch: str | None = None


class Leave(Struct, tag="leave"):
    """Stop receiving a room. Not the same as leaving it as a member."""

    room: RoomId


class Send(Struct, tag="send"):
    """Write a text. Sent again with the same cid it is acknowledged again and written once."""

    room: RoomId
    cid: Cid
    body: Body


class Edit(Struct, tag="edit"):
    """Replace the body of one's own text."""

    room: RoomId
    cid: Cid
    seq: Seq
    body: Body


class Delete(Struct, tag="delete"):
    """Blank one's own entry (the host: anybody's)."""

    room: RoomId
    cid: Cid
    seq: Seq


class Typing(Struct, tag="typing"):
    """I am writing; worth one to two seconds of "is typing"."""

    room: RoomId


class Read(Struct, tag="read"):
    """I have seen everything up to `seq`. Positions only grow."""

    room: RoomId
    seq: Seq


class History(Struct, tag="history"):
    """Ask for the shown entries before `before`, newest last."""

    room: RoomId
    before: Seq
    limit: Annotated[int, Meta(ge=1, le=HISTORY_PAGE)] = 50


class Pong(Struct, tag="pong"):
    """The answer to `ping`."""


ClientFrame = Join | Leave | Send | Edit | Delete | Typing | Read | History | Pong


class Target(Struct):
    """Present state of the entry that a change names; apply only when `rev` is higher than what is held."""

    seq: int
    rev: int
    kind: str
    data: msgspec.Raw


class Item(Struct, omit_defaults=True):
    """One entry. `sender` is null for the house itself; `n` counts the entries that count as unread so far."""

    seq: int
    kind: str
    sender: int | None
    cid: str
    at: str
    n: int
    data: msgspec.Raw
    rev: int = 0
    target: Target | None = None


class Welcome(Struct, tag="welcome"):
    """First frame of a connection."""

    epoch: str
    user: int
    limits: dict[str, int]


class Joined(Struct, tag="joined"):
    """The subscription stands. `recovered`: `items` follow on `since` without a gap; else replace what you hold. Items
    that do not fit into one frame follow as `entries`."""

    room: str
    epoch: str
    head: int
    read: int
    recovered: bool
    more: bool
    items: list[Item]
    people: dict[str, str]


class Entries(Struct, tag="entries"):
    """New entries in order; `people` names everybody who appears in them."""

    room: str
    items: list[Item]
    people: dict[str, str]


class Page(Struct, tag="page"):
    """The answer to `history`. `more`: older entries exist."""

    room: str
    before: int
    more: bool
    items: list[Item]
    people: dict[str, str]


class Ack(Struct, tag="ack"):
    """The entry with this cid is committed under this number."""

    room: str
    cid: str
    seq: int
    at: str


class IsTyping(Struct, tag="typing"):
    """Somebody else is writing."""

    room: str
    user: int


class Presence(Struct, tag="presence"):
    """Who has the room open now (whole list, bounded; `count` says how many there are)."""

    room: str
    users: list[int]
    count: int


class Position(Struct, tag="position"):
    """The room's head; a client that is behind it although nothing more comes asks again with `join`. Reserved: this
    server repairs gaps itself and does not send it."""

    room: str
    head: int


class Removed(Struct, tag="removed"):
    """You may not read this room any longer (`left`, `removed`, `merged`)."""

    room: str
    reason: str


class Resync(Struct, tag="resync"):
    """What you hold cannot be continued (too far behind, or another epoch): load the room anew."""

    room: str


class Notified(Struct, tag="notified"):
    """Something outside the rooms waits for this person: read it over HTTP (`/me/notifications/news/`). May be lost."""


class Ping(Struct, tag="ping"):
    """Answer with `pong`."""


class Error(Struct, tag="error", omit_defaults=True):
    """A refusal: nothing was written. `retry`: the same frame may succeed later."""

    code: str
    detail: str
    retry: bool = False
    cid: str | UnsetType = UNSET
    room: str | UnsetType = UNSET


ServerFrame = (
    Welcome
    | Joined
    | Entries
    | Page
    | Ack
    | IsTyping
    | Presence
    | Position
    | Removed
    | Resync
    | Notified
    | Ping
    | Error
)
