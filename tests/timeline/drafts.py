"""Drafts as the tests write them."""

import itertools

from chat import room_kinds, timeline
from chat.timeline import Draft, Written

_cids = itertools.count()


def text(
    room_id: int, sender_id: int | None, body: str = "안녕", cid: str = "", *, member: bool = True
) -> Draft:
    """A text; every one without a cid gets the next of a series."""
    data = room_kinds.Text(body)
    cid = cid or f"c{next(_cids)}"
    return timeline.draft(room_kinds.TEXT, data, room_id=room_id, sender_id=sender_id, cid=cid, member=member)


def quiet(room_id: int, sender_id: int | None = None) -> Draft:
    """A shown entry of the house that does not count as unread."""
    data = room_kinds.RoomRenamed("a", "b")
    return timeline.draft(room_kinds.ROOM_RENAMED, data, room_id=room_id, sender_id=sender_id, member=False)


def hidden(room_id: int, target: int) -> Draft:
    """A change that is no line of its own."""
    return timeline.draft(
        room_kinds.EDIT, room_kinds.Change(), room_id=room_id, sender_id=None, target=target, member=False
    )


def say(room_id: int, sender_id: int, count: int = 1) -> list[Written]:
    """Append so many texts."""
    return timeline.append([text(room_id, sender_id, str(k)) for k in range(count)], wait_ms=1_000)
