"""The verbs of chat. Views, consumers, admin and commands call these, so their rules cannot differ.

All block on PostgreSQL: call them from a thread.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.db import OperationalError, connection, transaction

from chat import reading, room_kinds, timeline
from chat.errors import (
    BUSY,
    NOT_EDITABLE,
    NOT_FOUND,
    NOT_MEMBER,
    NOT_YOURS,
    READ_ONLY,
    UNAVAILABLE,
    ChatError,
    Refusal,
)
from chat.kinds import Kind
from chat.models import Entry
from chat.room_kinds import Change, Text
from chat.timeline import Draft, Written
from rooms.models import Membership

if TYPE_CHECKING:
    from accounts.models import User
    from rooms.models import Room

POST_WAIT_MS = 2_000
SEQ_MAX = 2**63 - 1  # of PostgreSQL's bigint
_LOCK_NOT_AVAILABLE = "55P03"


def post(*, user: "User", room: "Room", cid: str, body: str) -> Written:
    """Write a text; again with the same cid it returns the first one's number. NOT_MEMBER, READ_ONLY, BUSY,
    UNAVAILABLE."""
    draft = timeline.draft(room_kinds.TEXT, Text(body), room_id=room.pk, sender_id=user.pk, cid=cid)
    try:
        written = timeline.append([draft], wait_ms=POST_WAIT_MS)
    except OperationalError as error:
        raise ChatError(_unavailable(error)) from error
    _check_written(written[0])
    timeline.announce([draft], written)
    mark_read(user_id=user.pk, room_id=room.pk, seq=written[0].seq)
    return written[0]


def post_together(*, drafts: Sequence[Draft]) -> list[Written]:
    """Write all or, when one is refused, none. NOT_MEMBER, READ_ONLY, BUSY, UNAVAILABLE."""
    try:
        with transaction.atomic():
            written = timeline.append_within(drafts)
            for each in written:
                _check_written(each)
    except OperationalError as error:
        raise ChatError(_unavailable(error)) from error
    return written


def edit(*, user_id: int, room_id: int, cid: str, seq: int, body: str) -> Written:
    """Replace one's own text. NOT_MEMBER, READ_ONLY, NOT_FOUND, NOT_YOURS, NOT_EDITABLE, BUSY, UNAVAILABLE."""
    return _change(room_kinds.EDIT, user_id, room_id, cid, seq, {"body": body})


def delete(*, user_id: int, room_id: int, cid: str, seq: int) -> Written:
    """Blank one's own text, as the host anybody's; it leaves its number. Errors as edit()."""
    return _change(room_kinds.DELETE, user_id, room_id, cid, seq, {"deleted": True})


def delete_by_operator(*, entry: Entry) -> Written:
    """The same from the admin: written by the house."""
    return _change(room_kinds.DELETE, None, entry.room_id, "", entry.seq, {"deleted": True})


def mark_read(*, user_id: int, room_id: int, seq: int) -> None:
    """Move the user's read position forward."""
    reading.mark_read([(room_id, user_id, seq)])


def _change(
    kind: Kind, user_id: int | None, room_id: int, cid: str, seq: int, data: dict[str, object]
) -> Written:
    if seq > SEQ_MAX:
        raise ChatError(NOT_FOUND)
    change = timeline.draft(
        kind, Change(), room_id=room_id, sender_id=user_id, cid=cid, target=seq, member=user_id is not None
    )
    try:
        with transaction.atomic():
            # Written first: that takes the room's lock, so the target is read in its latest state.
            written = timeline.append_within([change])[0]
            _check_written(written)
            if written.outcome == timeline.NEW:
                _apply(kind.name, user_id, room_id, seq, written.seq, data)
    except OperationalError as error:
        raise ChatError(_unavailable(error)) from error
    return written


def _apply(kind: str, user_id: int | None, room_id: int, seq: int, rev: int, data: dict[str, object]) -> None:
    # By seq: first() would order by primary key, and the planner might walk that one from the first entry of all.
    target = Entry.objects.filter(room_id=room_id, seq=seq, shown=True).order_by("seq").first()
    if target is None:
        raise ChatError(NOT_FOUND)
    if user_id is not None and not _may_change(kind, user_id, room_id, target):
        raise ChatError(NOT_YOURS)
    if target.kind != room_kinds.TEXT.name or "deleted" in target.data:
        raise ChatError(NOT_EDITABLE)
    Entry.objects.filter(pk=target.pk).update(data=data, rev=rev)


def _may_change(kind: str, user_id: int, room_id: int, target: Entry) -> bool:
    """One's own, under whatever identity it was written; the host may delete anybody's."""
    if target.sender_id in _identities(user_id):
        return True
    return kind == room_kinds.DELETE.name and _is_host(user_id, room_id)


def _identities(user_id: int) -> set[int]:
    """The user and the guests that were merged into them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM accounts_user WHERE id = %s OR merged_into_id = %s", [user_id, user_id]
        )
        return {row[0] for row in cursor.fetchall()}


def _is_host(user_id: int, room_id: int) -> bool:
    return (
        Membership.objects.active()
        .filter(user_id=user_id, room_id=room_id, role=Membership.Role.HOST)
        .exists()
    )


def _check_written(written: Written) -> None:
    if written.outcome in {timeline.OUTSIDER, timeline.GONE}:
        raise ChatError(NOT_MEMBER)
    if written.outcome == timeline.READ_ONLY:
        raise ChatError(READ_ONLY)


def _unavailable(error: OperationalError) -> Refusal:
    locked = getattr(error.__cause__, "sqlstate", None) == _LOCK_NOT_AVAILABLE
    return BUSY if locked else UNAVAILABLE
