"""The timeline: the only writer and reader of entries.

Guarantees (docs/architecture.md, P2 to P4): in every room entries are numbered 1, 2, 3 … in commit order without a gap;
an outcome is returned only after the entry has committed (`append`) or stands in the caller's transaction
(`append_within`); the same (room, sender, cid) never writes twice. Everything here blocks on PostgreSQL: call it from a
thread, never from the event loop.
"""

import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

import msgspec
from django.db import connection, transaction

from chat import kinds, sql_text
from chat.models import Timeline

NEW: Final = "new"
OLD: Final = "old"
BUSY: Final = "busy"
GONE: Final = "gone"
OUTSIDER: Final = "outsider"
READ_ONLY: Final = "readonly"

WITHIN_WAIT_MS: Final = 5_000  # the longest wait of a verb for a room's lock, then OperationalError (55P03)


_APPEND = f"""
SELECT o_outcome, o_seq, o_n, {sql_text.wire_time("o_at")}
FROM chat_append_2(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::bigint[],
                            %s::boolean[], %s::boolean[], %s::boolean[], %s)
"""


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry to be. `data` is JSON without NUL; `member`: refuse it unless the sender may write to the room now."""

    room_id: int
    sender_id: int | None
    cid: str
    kind: str
    data: bytes
    target: int | None = None
    member: bool = True


class Written(NamedTuple):
    """What became of a draft: its outcome and, for new and old, the number, unread count and time (as on the wire) of
    its entry."""

    outcome: str
    seq: int
    n: int
    at: str | None


class Row(NamedTuple):
    """One entry as read, changes with the present state of their target. `data` and `target_data` are JSON text, `at`
    is RFC 3339 in UTC."""

    seq: int
    kind: str
    sender_id: int | None
    cid: str
    at: str
    n: int
    rev: int
    shown: bool
    data: str
    target: int | None
    target_rev: int | None
    target_kind: str | None
    target_data: str | None


class Slice(NamedTuple):
    """Entries of one room in one snapshot, oldest first. `head`: the last number this reader may read; `more`: entries
    beyond the slice exist; `active`: the reader is a member now."""

    rows: list[Row]
    head: int
    read_seq: int
    more: bool
    active: bool


class NotReadable(Exception):
    """The user has never been a reader of this room."""


def draft(
    kind: kinds.Kind,
    data: msgspec.Struct,
    *,
    room_id: int,
    sender_id: int | None,
    cid: str = "",
    target: int | None = None,
    member: bool = True,
) -> Draft:
    """A draft of a registered kind; without a cid (entries of the house) it gets one of its own."""
    return Draft(
        room_id,
        sender_id,
        cid or f"~{secrets.token_urlsafe(12)}",
        kind.name,
        kind.encode(data),
        target,
        member,
    )


def append(drafts: Sequence[Draft], *, wait_ms: int = 0) -> list[Written]:
    """Group commit: write all drafts in one transaction and one round trip, outcomes in the drafts' order.

    wait_ms = 0 skips rooms that somebody else has locked (their drafts come back BUSY); else OperationalError after it.
    A draft that PostgreSQL cannot store fails the whole batch (DataError); the caller bisects.
    """
    if connection.in_atomic_block:
        raise RuntimeError("append() commits by itself; inside a transaction use append_within()")
    return _append(drafts, wait_ms)


def append_within(drafts: Sequence[Draft]) -> list[Written]:
    """The same as part of the caller's transaction: entries and the caller's rows stand or fall together.

    Holds the rooms' locks until the transaction ends, so make it the verb's last statement. New entries are announced
    to the live readers on commit; should the process die in between, the workers' position checks find them.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("append_within() needs a transaction")
    written = _append(drafts, WITHIN_WAIT_MS)
    fresh = [(d, w) for d, w in zip(drafts, written, strict=True) if w.outcome == NEW]
    if fresh:
        transaction.on_commit(lambda: _announce(fresh), robust=True)
    return written


def _append(drafts: Sequence[Draft], wait_ms: int) -> list[Written]:
    known = [kinds.get(d.kind) for d in drafts]
    params: list[str | int] = [
        sql_text.numbers([d.room_id for d in drafts]),
        sql_text.numbers([d.sender_id for d in drafts]),
        sql_text.texts([d.cid for d in drafts]),
        sql_text.texts([d.kind for d in drafts]),
        sql_text.texts([d.data.decode() for d in drafts]),
        sql_text.numbers([d.target for d in drafts]),
        sql_text.flags([k is not None and k.shown for k in known]),
        sql_text.flags([k is not None and k.counts for k in known]),
        sql_text.flags([d.member for d in drafts]),
        wait_ms,
    ]
    with connection.cursor() as cursor:
        cursor.execute(_APPEND, params)
        return [Written(*row) for row in cursor.fetchall()]


# --- announcing what committed ------------------------------------------------------------------------------------

Announcer = Callable[[list[tuple[Draft, Written]]], None]
_announcers: list[Announcer] = []


def on_announce(announcer: Announcer) -> None:
    """Register who tells live readers of entries that verbs wrote; called in the verb's thread after its commit."""
    _announcers.append(announcer)


def _announce(fresh: list[tuple[Draft, Written]]) -> None:
    for announcer in _announcers:
        announcer(fresh)


def announce(drafts: Sequence[Draft], written: Sequence[Written]) -> None:
    """Tell live readers of what `append` wrote, as `append_within` does by itself."""
    fresh = [(d, w) for d, w in zip(drafts, written, strict=True) if w.outcome == NEW]
    if fresh:
        _announce(fresh)


# --- reading ------------------------------------------------------------------------------------------------------

_COLUMNS = f"""e.seq, e.kind, e.sender_id, e.cid, {sql_text.wire_time("e.at")} AS wire_at, e.n, e.rev, e.shown,
              e.data::text, e.target,
              t.rev, t.kind, t.data::text"""

# By LATERAL, a look-up for each entry: of a room that grew since the last ANALYZE the planner expects one row, and
# for a plain join it then read the whole room for each entry (14 s a page of a room with 1,000,000).
_TARGET = """LEFT JOIN LATERAL (
    SELECT rev, kind, data FROM chat_entry
    WHERE e.target IS NOT NULL AND room_id = %(room)s AND seq = e.target LIMIT 1) t ON true"""

# One statement, so one snapshot: who may read how far, and the entries.
_READ = f"""
WITH reader AS MATERIALIZED (
    SELECT r.from_seq, r.read_seq, r.until_seq, coalesce(r.until_seq, h.seq, 0) AS head
    FROM chat_reader r
    LEFT JOIN LATERAL (SELECT seq FROM chat_entry WHERE room_id = r.room_id ORDER BY seq DESC LIMIT 1) h ON true
    WHERE r.room_id = %(room)s AND r.user_id = %(user)s)
SELECT reader.head, reader.read_seq, reader.until_seq IS NULL, x.*
FROM reader LEFT JOIN LATERAL (
    SELECT {_COLUMNS} FROM (
        SELECT * FROM chat_entry
        WHERE room_id = %(room)s AND {{bounds}}
        ORDER BY seq {{order}} LIMIT %(limit)s) e
    {_TARGET}) x ON true
ORDER BY x.seq
"""
_SINCE = _READ.format(bounds="seq > greatest(%(seq)s, reader.from_seq) AND seq <= reader.head", order="ASC")
_BEFORE = _READ.format(
    bounds="shown AND seq > reader.from_seq AND seq < least(%(seq)s, reader.head + 1)", order="DESC"
)

_SINCE_ALL = f"""
SELECT {_COLUMNS} FROM (
    SELECT * FROM chat_entry WHERE room_id = %(room)s AND seq > %(seq)s ORDER BY seq LIMIT %(limit)s) e
{_TARGET} ORDER BY e.seq
"""
LATEST: Final = 2**62  # as `seq` of before(): from the head


def since(user_id: int, room_id: int, seq: int, limit: int) -> Slice:
    """Every entry after `seq` in order, changes included, at most `limit`. NotReadable for strangers."""
    return _read(_SINCE, user_id, room_id, seq, limit, newest=False)


def before(user_id: int, room_id: int, seq: int, limit: int) -> Slice:
    """The last `limit` shown entries before `seq` (LATEST: from the head), in their present state."""
    return _read(_BEFORE, user_id, room_id, seq, limit, newest=True)


def around(user_id: int, room_id: int, seq: int, limit: int) -> Slice:
    """Shown entries around `seq`: up to `limit` before it and `limit` from it on."""
    older = before(user_id, room_id, seq, limit)
    newer = since(user_id, room_id, max(seq - 1, 0), limit)
    return Slice(
        older.rows + [r for r in newer.rows if r.shown], newer.head, newer.read_seq, older.more, newer.active
    )


def _read(sql: str, user_id: int, room_id: int, seq: int, limit: int, *, newest: bool) -> Slice:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"user": user_id, "room": room_id, "seq": seq, "limit": limit + 1})
        found = cursor.fetchall()
    if not found:
        raise NotReadable
    head, read_seq, active = found[0][:3]
    rows = [Row(*r[3:]) for r in found if r[3] is not None]
    more = len(rows) > limit
    kept = (rows[1:] if newest else rows[:limit]) if more else rows
    return Slice(kept, head, read_seq, more, active)


def since_for_all(room_id: int, seq: int, limit: int) -> list[Row]:
    """Entries after `seq` without a reader's bounds: for the hub, which delivers to readers it has checked."""
    with connection.cursor() as cursor:
        cursor.execute(_SINCE_ALL, {"room": room_id, "seq": seq, "limit": limit})
        return [Row(*r) for r in cursor.fetchall()]


def end_writing(room_id: int, at: datetime | None) -> None:
    """From then on (None: never) members write nothing to the room; they may still delete, and the house writes on.
    Part of the caller's transaction; takes the room's lock."""
    Timeline.objects.filter(pk=room_id).update(writable_until=at)


LOOK_BACK: Final = 1_000  # entries that latest() looks at


def latest(room_id: int, *, kinds: Sequence[str] = (), sender_id: int | None = None, limit: int) -> list[Row]:
    """Of the room's newest LOOK_BACK entries those of these kinds, or of this sender, the newest first. For verbs: no
    reader's bounds."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT {_COLUMNS} FROM (
                    SELECT * FROM chat_entry WHERE room_id = %(room)s ORDER BY seq DESC LIMIT {LOOK_BACK}) e
                {_TARGET}
                WHERE (%(kinds)s::text[] = '{{}}' OR e.kind = ANY(%(kinds)s::text[]))
                  AND (%(sender)s::bigint IS NULL OR e.sender_id = %(sender)s::bigint)
                ORDER BY e.seq DESC LIMIT %(limit)s""",
            {"room": room_id, "kinds": list(kinds), "sender": sender_id, "limit": limit},
        )
        return [Row(*r) for r in cursor.fetchall()]


def heads(room_ids: Iterable[int]) -> dict[int, int]:
    """The last number of each room (0 while it is empty), by one index look-up each."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT r.room_id, coalesce(h.seq, 0) FROM unnest(%s::bigint[]) AS r(room_id) LEFT JOIN LATERAL (
                   SELECT seq FROM chat_entry e WHERE e.room_id = r.room_id ORDER BY seq DESC LIMIT 1) h ON true""",
            [list(room_ids)],
        )
        return dict(cursor.fetchall())
