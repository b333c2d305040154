"""A room that somebody has open in this process, and one connection's place in it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from chat.realtime.entry import JSON, LiveEntry, Wire
from chat.realtime.feed import Feed
from chat.realtime.frame import Frame
from chat.realtime.outbox import Outbox


@dataclass(eq=False, slots=True)
class Subscription:
    """One connection's place in one room."""

    user_id: int
    room: "Room"
    outbox: Outbox
    answer: Callable[[Frame], None]  # a frame to the client itself
    ended: Callable[["Subscription", str], None]  # the user may not read the room any longer
    lost: Callable[["Subscription"], None]  # it must be told to resync
    key: str = ""  # what the connection calls it
    wire: Wire = JSON
    position: int = 0
    attached: bool = False


@dataclass(eq=False, slots=True)
class Room:
    """A room that is, or was a moment ago, open in this process."""

    id: int
    public_id: str
    feed: Feed = field(default_factory=Feed)
    subscriptions: set[Subscription] = field(default_factory=set)
    opening: int = 0  # subscriptions that are reading right now
    ready: list[LiveEntry] = field(default_factory=list)  # in order, not yet sent
    answers: dict[Subscription, list[Frame]] = field(default_factory=dict)  # go with what is sent next
    flushed: float = 0.0
    due: float = 0.0  # when the next flush should run
    flush_timer: asyncio.TimerHandle | asyncio.Handle | None = None
    hold_timer: asyncio.TimerHandle | None = None
    repair: asyncio.Task[None] | None = None
    presence_timer: asyncio.TimerHandle | None = None


def shard(room_id: int, shards: int) -> str:
    """The bus group that carries a room; a worker is in those of the rooms that are open in it."""
    return f"chat.shard.{room_id % shards}"
