"""What a worker that missed messages reads from the timeline: real entries in a real room that is never committed."""

from django.db import close_old_connections, transaction

from accounts.models import User
from chat import timeline
from chat.room_kinds import TEXT, Text
from rooms import actions


def recover(first: int, count: int) -> int:
    """Write as many entries as the bus lost, read those after the position that was known, undo; how many were read.

    `first` is the number of the first message that is missing. Blocking: call it in a thread.
    """
    try:
        with transaction.atomic():
            host = User.objects.create_user(f"experiment-{first}-{count}")
            room = actions.create_room(user=host, title="bus experiment")
            drafts = [
                timeline.draft(
                    TEXT, Text(str(first + n)), room_id=room.pk, sender_id=host.pk, cid=f"n{first + n}"
                )
                for n in range(count)
            ]
            known = timeline.since_for_all(room.pk, 0, 100)[-1].seq
            timeline.append_within(drafts)
            rows = timeline.since_for_all(room.pk, known, count)
            transaction.set_rollback(True)
            return len(rows)
    finally:
        close_old_connections()
