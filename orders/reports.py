"""The verbs about reports: somebody reports, an operator upholds or dismisses. Each is one transaction.

What is reported is named as in its address: `room.entry` for a message, `room` for a post, `room.person` for a person
(whom one meets in some room), where `room` is the public id. One can report what one can see.

A post that REPORTS_TO_HIDE people have reported stands in no list until it is reviewed. Guests' reports reach the queue
but hide nothing: a guest costs one tap. Nor do those whose report of the same post was dismissed before.
"""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

import msgspec
from django.db import transaction
from django.dispatch import receiver

from accounts.models import User
from accounts.signals import guest_merged
from chat import actions as chat
from chat import timeline, wire
from chat.errors import ChatError
from chat.models import Entry
from chat.timeline import LATEST, NotReadable, Row
from orders import bounds, fields
from orders.errors import OrderError
from orders.locking import is_operator, lock_post, moment
from orders.models import Post, Report
from orders.notifications import notify
from rooms import actions as rooms
from rooms.models import Membership, Room

Kind: Final = Report.Kind
DAY: Final = timedelta(days=1)
_DIGITS_MAX: Final = 15  # enough for any entry and person, and never more than PostgreSQL's bigint


class Subject(NamedTuple):
    """What a report is about. `about`: who wrote, hosts or is it; `label`: what the page calls it."""

    kind: str
    room: Room
    seq: int | None
    about: User | None
    post: Post | None
    label: str


def find(user: User, kind: str, name: str) -> Subject:
    """Raises NOTHING_TO_REPORT for what is not there or not theirs to see, REPORT_SELF for one's own."""
    room_id, _dot, rest = name.partition(".")
    number = int(rest) if rest.isascii() and rest.isdecimal() and len(rest) <= _DIGITS_MAX else None
    if kind == Kind.POST and not rest:
        found = _find_post(user, room_id)
    elif kind == Kind.MESSAGE and number is not None:
        found = _find_message(user, room_id, number)
    elif kind == Kind.PERSON and number is not None:
        found = _find_person(user, room_id, number)
    else:
        raise OrderError("NOTHING_TO_REPORT")
    if found.about is not None and found.about.pk in user.identities():
        raise OrderError("REPORT_SELF")
    return found


@transaction.atomic
def report(
    *, user: User, kind: str, name: str, reason: str, text: str = "", now: datetime | None = None
) -> Report:
    """Tell the operators. Reporting the same again, before it is reviewed, returns the report there is.

    Raises NOTHING_TO_REPORT, REPORT_SELF, REPORT_REASON, FIELD_…, TOO_MANY_REPORTS; RoomError INACTIVE.
    """
    now = moment(now)
    if reason not in Report.Reason.values:
        raise OrderError("REPORT_REASON", field="reason")
    text = fields.text(text, "text", bounds.REPORT_TEXT_MAX)
    user = rooms.lock_user(user)
    subject = find(user, kind, name)
    if subject.post is not None:
        lock_post(subject.post)
    made = Report(
        reporter=user,
        kind=subject.kind,
        room=subject.room,
        seq=subject.seq,
        about=subject.about,
        reason=reason,
        text=text,
        created_at=now,
    )
    if twin := Report.objects.open().like(made).filter(reporter=user).first():
        return twin
    if Report.objects.filter(reporter=user, created_at__gt=now - DAY).count() >= bounds.REPORTS_A_DAY:
        raise OrderError("TOO_MANY_REPORTS")
    made.snapshot = _snapshot(user, subject)
    made.save()
    if subject.post is not None and _people_against(subject.post) >= bounds.REPORTS_TO_HIDE:
        Post.objects.filter(pk=subject.post.pk, hidden_at=None).update(hidden_at=now)
    return made


@transaction.atomic
def resolve(*, by: User, report: Report, upheld: bool, now: datetime | None = None) -> int:
    """The operator's word on this report and all open ones of the same; returns how many, 0 if it was said already.

    Upheld, a message is deleted and a post stays out of the lists; about a person the operator decides apart.
    Dismissed, a post is back in the lists. Raises NOT_OPERATOR; REVIEWED if the word then was another.
    """
    if not may_review(by):
        raise OrderError("NOT_OPERATOR")
    now = moment(now)
    rooms.lock_room(report.room)
    status = Report.Status.UPHELD if upheld else Report.Status.DISMISSED
    same = Report.objects.open().like(report).order_by()
    reporters = list(same.values_list("reporter", flat=True))
    count = same.update(status=status, resolved_at=now, resolved_by=by)
    if not count:
        report.refresh_from_db(fields=["status"])
        if report.status != status:
            raise OrderError("REVIEWED")
        return 0
    code = "report_upheld" if upheld else "report_dismissed"
    notify(users=reporters, code=code, key=f"report {report.pk}", now=now)
    if report.kind == Kind.POST:
        posts = Post.objects.filter(pk=report.room_id)
        if upheld:
            posts.filter(hidden_at=None).update(hidden_at=now)
        else:
            posts.update(hidden_at=None)
    elif report.kind == Kind.MESSAGE and upheld:
        entry = Entry.objects.get(room_id=report.room_id, seq=report.seq or 0)
        with suppress(ChatError):  # its writer was quicker
            chat.delete_by_operator(entry=entry)
    return count


@transaction.atomic
def set_hidden(*, by: User, post: Post, hidden: bool, now: datetime | None = None) -> None:
    """An operator takes a post out of the lists, or puts it back. Raises NOT_OPERATOR or NOT_FOUND."""
    if not is_operator(by):
        raise OrderError("NOT_OPERATOR")
    post = lock_post(post)
    if hidden != (post.hidden_at is not None):
        Post.objects.filter(pk=post.pk).update(hidden_at=moment(now) if hidden else None)


def may_review(user: User) -> bool:
    return user.is_staff and user.has_perm("orders.change_report")


def news(user: User) -> int:
    """How many results their reporter has not seen yet."""
    return Report.objects.filter(reporter=user, told_at=None).exclude(status=Report.Status.OPEN).count()


def _people_against(post: Post) -> int:
    about_it = Report.objects.filter(kind=Kind.POST, room=post.room_id)
    wrong_before = about_it.filter(status=Report.Status.DISMISSED).values("reporter")
    against = about_it.filter(status=Report.Status.OPEN, reporter__is_guest=False)
    return against.exclude(reporter__in=wrong_before).values("reporter").distinct().count()


# --- what there is to report ------------------------------------------------------------------------------------


def _find_post(user: User, room_id: str) -> Subject:
    post = (
        Post.objects.visible_to(user).select_related("room", "host").filter(room__public_id=room_id).first()
    )
    if post is None:
        raise OrderError("NOTHING_TO_REPORT")
    return Subject(Kind.POST, post.room, None, post.host, post, post.title)


def _find_message(user: User, room_id: str, seq: int) -> Subject:
    room = Room.objects.known_to(user).filter(public_id=room_id).first()
    rows = _rows_to(user, room, seq, 1) if room else []
    if room is None or not rows or rows[0].seq != seq or rows[0].kind != "text" or not rows[0].sender_id:
        raise OrderError("NOTHING_TO_REPORT")
    about = User.objects.get(pk=rows[0].sender_id)
    body: str = msgspec.json.decode(rows[0].data).get("body", "")
    return Subject(Kind.MESSAGE, room, seq, about, None, body)


def _find_person(user: User, room_id: str, person_id: int) -> Subject:
    """Somebody who is or was in a room that the reporter is or was in; or the host of a post they see."""
    room = Room.objects.known_to(user).filter(public_id=room_id).first()
    if room is not None:
        stay = Membership.objects.filter(room=room, user=person_id).select_related("user").first()
        if stay is not None:
            return Subject(Kind.PERSON, room, None, stay.user, None, stay.user.nickname)
    post = _find_post(user, room_id)
    if post.about is None or post.about.pk != person_id:
        raise OrderError("NOTHING_TO_REPORT")
    return Subject(Kind.PERSON, post.room, None, post.about, None, post.about.nickname)


# --- snapshots --------------------------------------------------------------------------------------------------


def _snapshot(user: User, subject: Subject) -> dict[str, Any]:
    """What stands there now, as far as the reporter may read it."""
    if subject.post is not None:
        return {"title": subject.room.title, "post": _post_now(subject.post), "entries": []}
    if subject.seq is not None:
        before = _rows_to(user, subject.room, subject.seq, bounds.SNAPSHOT_AROUND + 1)
        later = timeline.since(user.pk, subject.room.pk, subject.seq, 3 * bounds.SNAPSHOT_AROUND).rows
        rows = before + [row for row in later if row.shown][: bounds.SNAPSHOT_AROUND]
    else:
        rows = _rows_to(user, subject.room, LATEST - 1, bounds.SNAPSHOT_AROUND)
    return {"title": subject.room.title, "entries": _told(rows)}


def _rows_to(user: User, room: Room, seq: int, limit: int) -> list[Row]:
    """The last `limit` shown entries up to and with `seq`, oldest first; none for who may not read there."""
    try:
        return timeline.before(user.pk, room.pk, seq + 1, limit).rows
    except NotReadable:
        return []


def _told(rows: list[Row]) -> list[dict[str, Any]]:
    people = wire.people_of_rows(rows)
    return [
        {
            "seq": row.seq,
            "kind": row.kind,
            "sender": row.sender_id,
            "name": people.get(str(row.sender_id), ""),
            "at": row.at,
            "data": msgspec.json.decode(row.data),
        }
        for row in rows
    ]


def _post_now(post: Post) -> dict[str, Any]:
    """Without the private note."""
    return {
        "shop": post.shop,
        "place": post.place,
        "category": post.category,
        "meeting_at": wire.wire_time(post.meeting_at),
        "state": post.state,
        "host": post.host.nickname if post.host else "",
    }


@receiver(guest_merged, dispatch_uid="orders.move_reports")
def move_reports(sender: Any, guest: User, into: User, **kwargs: Any) -> None:
    """What the guest reported is the account's now, unless the account has said the same."""
    for made in Report.objects.filter(reporter=guest):
        if not Report.objects.open().like(made).filter(reporter=into).exists():
            Report.objects.filter(pk=made.pk).update(reporter=into)
