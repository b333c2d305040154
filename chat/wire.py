"""From the timeline's rows and drafts to items on the wire. The same bytes for every reader."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from django.db import connection

from chat import kinds
from chat.realtime.entry import LiveEntry
from chat.realtime.protocol import Item, Target
from chat.timeline import Draft, Row, Written

_encode: Final = msgspec.json.Encoder().encode


def wire_time(at: datetime) -> str:
    """RFC 3339 in UTC with milliseconds, as rows have it already (chat.timeline)."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def names(user_ids: Iterable[int]) -> dict[int, str]:
    """Present nicknames. One query, plain: every page and every join asks it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, nickname FROM accounts_user WHERE id = ANY(%s)", [list(set(user_ids))])
        return dict(cursor.fetchall())


def item_of_row(row: Row) -> Item:
    """A read entry with the present state of its target."""
    target = None
    if row.target is not None and row.target_data is not None:
        target = Target(
            row.target, row.target_rev or 0, row.target_kind or "", msgspec.Raw(row.target_data.encode())
        )
    data = msgspec.Raw(row.data.encode())
    return Item(row.seq, row.kind, row.sender_id, row.cid, row.at, row.n, data, row.rev, target)


def item_of_draft(draft: Draft, written: Written) -> Item:
    """A just committed entry that names no other."""
    data = msgspec.Raw(draft.data)
    return Item(written.seq, draft.kind, draft.sender_id, draft.cid, written.at or "", written.n, data)


def mentioned(row: Row) -> list[int]:
    """Everybody a row shows by name."""
    sender = [] if row.sender_id is None else [row.sender_id]
    kind = kinds.get(row.kind)
    return (
        sender + kinds.people_in(row.kind, msgspec.json.decode(row.data)) if kind and kind.people else sender
    )


def ended_by(kind_name: str, data: Mapping[str, Any]) -> int | None:
    """The user whose reading ends with such an entry."""
    kind = kinds.get(kind_name)
    value = data.get(kind.ends) if kind and kind.ends else None
    return value if isinstance(value, int) else None


def people_of_rows(rows: Sequence[Row]) -> dict[str, str]:
    """Nicknames for all rows, keyed as on the wire."""
    ids = {user_id for row in rows for user_id in mentioned(row)}
    return {str(user_id): name for user_id, name in names(ids).items()}


def live_entries(rows: Sequence[Row]) -> list[LiveEntry]:
    """Rows as the hub carries them."""
    people = people_of_rows(rows)
    return [_live(row, people) for row in rows]


def _live(row: Row, people: Mapping[str, str]) -> LiveEntry:
    own = {str(user_id): people[str(user_id)] for user_id in mentioned(row) if str(user_id) in people}
    kind = kinds.get(row.kind)
    ends = ended_by(row.kind, msgspec.json.decode(row.data)) if kind and kind.ends else None
    return LiveEntry(row.seq, _encode(item_of_row(row)), own, ends)


def live_draft(draft: Draft, written: Written, name: str) -> LiveEntry:
    """A just written text as the hub carries it, without a look at the database."""
    return LiveEntry(written.seq, _encode(item_of_draft(draft, written)), {str(draft.sender_id): name})


def plain_items(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """The same items as plain data, for a page's `json_script`."""
    decoded: list[dict[str, Any]] = msgspec.json.decode(_encode([item_of_row(row) for row in rows]))
    return decoded
