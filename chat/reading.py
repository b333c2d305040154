"""How far people have read, and what they have not: of rooms of theirs, from the timeline's numbers.

Unread is a difference of two running counts (Entry.n). Everything here blocks on PostgreSQL, as chat.timeline does.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from django.db import connection

from chat import sql_text
from chat.timeline import Row


def mark_read(positions: Sequence[tuple[int, int, int]]) -> None:
    """Move read positions (room, user, seq) forward, never back and never past the head."""
    if not positions:
        return
    rooms, users, seqs = zip(*positions, strict=True)
    with connection.cursor() as cursor:
        # Rows are locked in one order, so batches of several workers wait for one another instead of deadlocking.
        # greatest(): while this waited for a row, the position may have passed the head that this statement sees.
        cursor.execute(
            """WITH wanted AS (
                   SELECT room_id, user_id, max(seq) AS seq
                   FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS u(room_id, user_id, seq)
                   GROUP BY 1, 2
               ), behind AS MATERIALIZED (
                   SELECT r.id, room_id, w.seq FROM chat_reader r JOIN wanted w USING (room_id, user_id)
                   WHERE r.read_seq < w.seq
                   ORDER BY r.room_id, r.user_id FOR NO KEY UPDATE OF r)
               UPDATE chat_reader r
               SET read_seq = greatest(r.read_seq, least(b.seq, coalesce(r.until_seq, h.seq)))
               FROM behind b, LATERAL (SELECT e.seq FROM chat_entry e WHERE e.room_id = b.room_id
                                       ORDER BY e.seq DESC LIMIT 1) h
               WHERE r.id = b.id""",
            [list(rooms), list(users), list(seqs)],
        )


class Summary(NamedTuple):
    """One line of the room list. `last` is the newest shown entry."""

    room_id: int
    head: int
    unread: int
    last: Row | None


def summaries(user_id: int, room_ids: Iterable[int]) -> dict[int, Summary]:
    """Head, unread and last shown entry of each room for its reader: three index look-ups a room, whatever its size."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT r.room_id, coalesce(h.seq, 0), greatest(coalesce(h.n, 0) - coalesce(p.n, 0), 0),
                      l.seq, l.kind, l.sender_id, l.cid, {sql_text.wire_time("l.at")}, l.n, l.rev, l.shown,
                      l.data::text, NULL::bigint, NULL::bigint, NULL::text, NULL::text
               FROM chat_reader r
               LEFT JOIN LATERAL (SELECT seq, n FROM chat_entry e WHERE e.room_id = r.room_id
                                  ORDER BY seq DESC LIMIT 1) h ON true
               LEFT JOIN LATERAL (SELECT n FROM chat_entry e WHERE e.room_id = r.room_id
                                  AND e.seq <= greatest(r.read_seq, r.from_seq) ORDER BY e.seq DESC LIMIT 1) p ON true
               LEFT JOIN LATERAL (SELECT * FROM chat_entry e WHERE e.room_id = r.room_id AND e.shown
                                  ORDER BY e.seq DESC LIMIT 1) l ON true
               WHERE r.user_id = %s AND r.room_id = ANY(%s::bigint[]) AND r.until_seq IS NULL""",
            [user_id, list(room_ids)],
        )
        return {
            r[0]: Summary(r[0], r[1], r[2], Row(*r[3:]) if r[3] is not None else None)
            for r in cursor.fetchall()
        }
