"""Something to report, and reporting it."""

from typing import Any

from accounts.models import User
from chat import room_kinds, timeline
from orders import reports
from orders.models import Report
from tests.orders.table import Table


def say(table: Table, user: User, *bodies: str) -> list[int]:
    """Inside the test's transaction."""
    drafts = [
        timeline.draft(room_kinds.TEXT, room_kinds.Text(body), room_id=table.post.pk, sender_id=user.pk)
        for body in bodies
    ]
    return [written.seq for written in timeline.append_within(drafts)]


def tell(user: User, table: Table, kind: str = "post", more: object = "", **given: Any) -> Report:
    name = table.post.public_id + (f".{more}" if more else "")
    return reports.report(user=user, kind=kind, name=name, reason="abuse", **given)
