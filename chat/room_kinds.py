"""The kinds that chat itself writes: texts, changes to them, and what happens to the room."""

import msgspec
from django.utils.translation import gettext_lazy as _

from chat.kinds import Kind, register


class Text(msgspec.Struct):
    body: str


class Change(msgspec.Struct):
    """An edit or a deletion carries nothing: the text lives only in the entry that it names."""


class RoomCreated(msgspec.Struct):
    title: str


class Person(msgspec.Struct):
    user: int


class RoomLeft(msgspec.Struct):
    user: int
    by: int
    reason: str


class GuestMerged(msgspec.Struct):
    user: int
    into: int


class RoomRenamed(msgspec.Struct):
    before: str
    after: str


TEXT = register(Kind("text", Text, counts=True))
EDIT = register(Kind("edit", Change, shown=False))
DELETE = register(Kind("delete", Change, shown=False))
ROOM_CREATED = register(Kind("room.created", RoomCreated, lines={"": _("The room is open. Say hello.")}))
ROOM_JOINED = register(Kind("room.joined", Person, people=("user",), lines={"": _("{user} joined")}))
ROOM_LEFT = register(
    Kind(
        "room.left",
        RoomLeft,
        people=("user", "by"),
        ends="user",
        variant=("reason",),
        lines={"left": _("{user} left"), "removed": _("{by} removed {user}")},
    )
)
ROOM_HOST = register(Kind("room.host", Person, people=("user",), lines={"": _("{user} is the host now")}))
ROOM_MERGED = register(
    Kind(
        "room.merged",
        GuestMerged,
        people=("user", "into"),
        ends="user",
        lines={"": _("{user} goes on as {into}")},
    )
)
ROOM_RENAMED = register(Kind("room.renamed", RoomRenamed, lines={"": _("The room is called {after} now")}))
