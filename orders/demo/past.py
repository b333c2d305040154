"""Moves what the demo has just made into the past, in order: verbs only know the present.

The demo's own liberty: nothing else changes the time of an entry. Numbers, order and contents stay, so
`manage.py check_timeline` finds nothing; a room's times rise with its numbers as before.
"""

from datetime import datetime, timedelta
from typing import Final

from django.db import connection

from chat import timeline
from orders import plan
from orders.locking import save
from orders.models import OVER, Post, State

_STAMPS: Final = ("closed_at", "locked_at", "ordered_at", "arrived_at", "canceled_at")
_MAPPED: Final = {  # table to its columns and how it belongs to the room
    "rooms_membership": (("joined_at", "left_at"), "room_id"),
    "rooms_invitation": (("created_at",), "room_id"),
    "orders_notification": (("created_at", "read_at"), "post_id"),
    "orders_poll": (("opened_at", "closed_at", "applied_at"), "post_id"),
    "orders_wait": (("since", "ended_at"), "post_id"),
    "orders_item": (("created_at",), "post_id"),
    "orders_seat": (("arrived_at", "left_at"), "post_id"),
}
# What is null stays so (least() alone would take it for the other), and what was written with a time of its own.
_THEN: Final = """CASE WHEN {0} < %(began)s THEN {0}
    WHEN {0} IS NOT NULL THEN %(start)s + (least({0}, %(now)s) - %(began)s) * %(pace)s END"""


def move(post: Post, began: datetime, start: datetime, end: datetime) -> None:
    """What happened to the post since `began` happens between `start` and `end` instead, at the same pace; its entries
    evenly, since many are written at one moment."""
    now = max(began + timedelta(milliseconds=1), datetime.now(began.tzinfo))
    pace = (end - start) / (now - began)

    def then(at: datetime) -> datetime:
        return at if at < began else start + (min(at, now) - began) * pace

    with connection.cursor() as cursor:
        for table, (columns, key) in _MAPPED.items():
            changes = ", ".join(f"{c} = {_THEN.format(c)}" for c in columns)
            cursor.execute(
                f"UPDATE {table} SET {changes} WHERE {key} = %(room)s",  # noqa: S608  names of this file
                {"start": start, "began": began, "now": now, "pace": pace, "room": post.pk},
            )
        cursor.execute(
            """UPDATE chat_entry SET at = %(start)s + (seq - 1) * (%(end)s - %(start)s)
                      / greatest((SELECT max(seq) - 1 FROM chat_entry WHERE room_id = %(room)s), 1)
               WHERE room_id = %(room)s""",
            {"start": start, "end": end, "room": post.pk},
        )
    post.refresh_from_db()
    post.room.created_at = post.created_at = start
    post.room.save(update_fields=["created_at"])
    for name in _STAMPS:
        if (at := getattr(post, name)) is not None:
            setattr(post, name, then(at))
    post.state_at = then(post.state_at) if post.state != State.RECRUITING else start
    if post.state == State.DONE:
        post.done_at = post.state_at = end
    if post.state in OVER:
        post.writable_until = end + plan.WRITABLE_AFTER
        timeline.end_writing(post.pk, post.writable_until)
    save(post)
