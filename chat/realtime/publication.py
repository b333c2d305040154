"""One message on the bus: what is in it, how it is halved for a bus that takes small ones only, and its short form.

`e` holds [room, entries] pairs; `p` [room, number] pairs: so far the room has got, read it from the timeline; `x` hints
that may be lost; `o` is the worker that speaks. On the bus the three travel packed as one (`b`): whoever has said it
hears it again and need not take it apart, which was an eighth of the time of a busy worker alone.
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from channels.exceptions import MessageTooLarge

from chat.realtime.entry import LiveEntry

Event = dict[str, Any]
ORIGIN_OUTSIDE: Final = "outside"  # a process without a hub
_pack: Final = msgspec.msgpack.Encoder().encode
_unpack: Final = msgspec.msgpack.Decoder(tuple[list[Any], list[Event], list[Any]]).decode


def event(origin: str, entries: Sequence[Any] = (), extras: Sequence[Event] = ()) -> Event:
    """A message of a worker; `entries` as room_entries() makes them."""
    return {"type": "hub", "o": origin, "e": list(entries), "x": list(extras), "p": []}


def opened(message: Event) -> Event:
    """What arrived from the bus as event() made it. Raises msgspec.DecodeError for what is no such message."""
    entries, extras, positions = _unpack(message["b"])
    return {"o": message["o"], "e": entries, "x": extras, "p": positions}


def _packed(message: Event) -> Event:
    parts = _pack((message["e"], message["x"], message["p"]))
    return {"type": message["type"], "o": message["o"], "b": parts}


def room_entries(room_id: int, entries: Sequence[LiveEntry]) -> list[Any]:
    """The form in which a room's entries travel."""
    return [room_id, [list(entry) for entry in entries]]


async def send(layer: Any, group: str, message: Event) -> int:
    """Publish to the group, in as many messages as the layer wants. A single entry that is too large for it goes as the
    room's number; the number of hints that went neither way is returned. Raises what the layer raises."""
    try:
        await layer.group_send(group, _packed(message))
        return 0
    except MessageTooLarge:
        parts = _smaller(message)
    lost = 0 if parts else 1
    for part in parts:  # one after the other: they are in order
        lost += await send(layer, group, part)
    return lost


def _smaller(message: Event) -> list[Event]:
    """The message in two, or its short form; nothing for a hint that is too large by itself."""
    entries, extras, positions = message["e"], message["x"], message["p"]
    if entries and (extras or positions):
        return [{**message, "x": [], "p": []}, {**message, "e": []}]
    if len(entries) == 1:
        return _smaller_room(message, *entries[0])
    for name, several in (("e", entries), ("x", extras), ("p", positions)):
        if len(several) > 1:
            half = len(several) // 2
            rest = {**message, "e": [], "x": [], "p": []}
            return [{**message, name: several[:half]}, {**rest, name: several[half:]}]
    return []


def _smaller_room(message: Event, room_id: int, entries: list[Any]) -> list[Event]:
    if len(entries) > 1:
        half = len(entries) // 2
        return [{**message, "e": [[room_id, part]]} for part in (entries[:half], entries[half:])]
    return [{**message, "e": [], "p": [[room_id, entries[0][0]]]}]
