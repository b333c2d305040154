"""What time does to posts: closes, cancels, reminds, ends. Each post in a transaction of its own, by the verbs' own
move.

A due post is claimed by a conditional UPDATE of `due_at`, which puts its next look LEASE ahead: of two clocks one
gets it, and what a clock that died had claimed comes up again. Looking twice does no harm either: everything is
decided again under the post's lock. After a time without a clock all that was missed is done in order, save for
reminders that are pointless by now.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import Min

from chat import timeline
from orders import payments, plan, polls, reminders, sheet
from orders.kinds import OrderNotice
from orders.locking import lock_post, moment, save, write
from orders.models import Due, Post, State
from orders.moving import move, settle

logger = logging.getLogger(__name__)

BATCH: Final = 50  # posts of one look
LEASE: Final = timedelta(seconds=60)
LONGEST_NAP: Final = 5.0  # seconds: so late may a post be that was made, or edited, in the meantime
STEPS_MAX: Final = 20  # of one post in one look; there are fewer from one end of its life to the other
ALWAYS_SENT: Final = {"ordered_yet"}  # however late: the time to answer counts from it


def run_due(now: datetime | None = None, limit: int = BATCH) -> int:
    """Look at the posts, and remind the people, that are due, at most `limit` of each; how many this clock claimed."""
    now = moment(now)
    due = Post.objects.filter(due_at__lte=now).order_by("due_at").values_list("pk", "due_at")[:limit]
    claimed = [pk for pk, at in due if at is not None and claim(pk, at, now)]
    for pk in claimed:
        try:
            look(pk, now)
        except Exception:  # of one post: the others wait for us, and this one comes up again
            logger.exception("the clock failed on post %d", pk)
    return len(claimed) + reminders.run(now, limit)


def claim(pk: int, due_at: datetime, now: datetime) -> bool:
    """Of several clocks True for one."""
    return bool(Post.objects.filter(pk=pk, due_at=due_at).update(due_at=now + LEASE))


def seconds_to_next(now: datetime | None = None) -> float:
    """How long the clock may sleep: until the next post or reminder is due, at most LONGEST_NAP."""
    posts = Post.objects.filter(due_at__isnull=False).aggregate(at=Min("due_at"))["at"]
    dues = Due.objects.filter(remind_at__isnull=False).aggregate(at=Min("remind_at"))["at"]
    first = min((at for at in (posts, dues) if at is not None), default=None)
    if first is None:
        return LONGEST_NAP
    return min(max((first - moment(now)).total_seconds(), 0.0), LONGEST_NAP)


@transaction.atomic
def look(pk: int, now: datetime) -> None:
    """Do everything that is due for one post, one after the other, as of `now`."""
    post = lock_post(Post.objects.select_related("room").get(pk=pk))
    for _ in range(STEPS_MAX):
        due = next((due for due in plan.agenda(post) if due.at <= now), None)
        if due is None:
            break
        if due.notice:
            _remind(post, due, now)
        else:
            _CHANGES[due.what](post, now)
    save(post)


# --- changes --------------------------------------------------------------------------------------------------


def _at_deadline(post: Post, now: datetime) -> None:
    if post.seats_taken >= post.min_people:
        move(post, State.CLOSED, by=None, who="clock", now=now)
    else:
        move(post, State.CANCELED, by=None, who="clock", now=now, reason="short")


def _if_silent(post: Post, now: datetime) -> None:
    """Any entry of the host is a sign of life, talk too; half an hour counts anew from it."""
    last = timeline.latest(post.room_id, sender_id=post.host_id, limit=1) if post.host_id else []
    seen_at = datetime.fromisoformat(last[0].at) if last else None
    if seen_at and (post.host_seen_at is None or seen_at > post.host_seen_at):
        post.host_seen_at = seen_at
        if max(seen_at, post.meeting_at) + plan.SILENCE > now:
            return
    move(post, State.CANCELED, by=None, who="clock", now=now, reason="silent")


def _unanswered(post: Post, now: datetime) -> None:
    move(post, State.CANCELED, by=None, who="clock", now=now, reason="unanswered")


def _arrived(post: Post, now: datetime) -> None:
    move(post, State.ARRIVED, by=None, who="clock", now=now)
    settle(post, now)


def _unsettled(post: Post, now: datetime) -> None:
    move(post, State.DONE, by=None, who="clock", now=now, reason="unsettled")


def _forget(post: Post, now: datetime) -> None:
    payments.forget_depositors(post)
    post.reminded = post.reminded | {"forget": now.isoformat()}


_CHANGES: Final[dict[str, Callable[[Post, datetime], None]]] = {
    "deadline": _at_deadline,
    "silent": _if_silent,
    "unanswered": _unanswered,
    "arrived": _arrived,
    "unsettled": _unsettled,
    "polls": polls.close_due,
    "forget": _forget,
}


# --- reminders ------------------------------------------------------------------------------------------------


def _remind(post: Post, due: plan.Due, now: datetime) -> None:
    """At most one notice; a late or needless one is only ticked off."""
    post.reminded = post.reminded | {due.what: now.isoformat()}
    if due.at + plan.STALE_NOTICE < now and due.what not in ALWAYS_SENT:
        return
    args = _NOTICES[due.what](post)
    if args is not None:
        write(post, None, OrderNotice(due.what, args))


def _deadline_soon(post: Post) -> dict[str, Any] | None:
    if post.seats_taken >= post.min_people:
        return None
    return {"n": post.seats_taken, "of": post.min_people, "at": post.deadline_at.isoformat()}


def _choose(post: Post) -> dict[str, Any] | None:
    users = sheet.read(post).unchosen
    return {"users": list(users)} if users else None


def _confirm(post: Post) -> dict[str, Any] | None:
    users = sheet.read(post).unconfirmed
    return {"users": list(users)} if users else None


def _meeting_soon(post: Post) -> dict[str, Any]:
    return {"at": post.meeting_at.isoformat(), "place": post.place}


def _ordered_yet(post: Post) -> dict[str, Any]:
    return {"at": plan.unanswered_at(post).isoformat()}


def _issue_shares(post: Post) -> dict[str, Any]:
    return {}


_NOTICES: Final[dict[str, Callable[[Post], dict[str, Any] | None]]] = {
    "deadline_soon": _deadline_soon,
    "choose": _choose,
    "confirm": _confirm,
    "meeting_soon": _meeting_soon,
    "ordered_yet": _ordered_yet,
    "issue_shares": _issue_shares,
}
