"""The verbs of polls: open, vote, close, apply. Each is one transaction under the room's lock, its entry comes last.

Polls about the meeting's time, its place or the shop are bound: only while the order can change, one open at a time
for each (a unique constraint decides), closed by LOCKED and by the end. Free ones go on until the room is read-only.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, Min

from accounts.models import User
from orders import ballots, bounds, fields, posts
from orders.errors import OrderError
from orders.locking import check_host, check_state, is_operator, lock_post, moment, save, seat_of, write
from orders.models import OPEN, Poll, Post, Vote
from orders.poll_kinds import OrderPoll, OrderVote

Field: Final = Poll.Field


@transaction.atomic
def open_poll(
    *,
    by: User,
    post: Post,
    field: str,
    options: Sequence[str | datetime],
    question: str = "",
    closes_at: datetime | None = None,
    request_key: UUID | None = None,
    now: datetime | None = None,
) -> Poll:
    """A member asks the others. `options`: texts, or moments for a poll about the meeting's time; at `closes_at` the
    clock closes it. A second call with the same `request_key` returns the first poll.

    Raises OrderError NOT_MEMBER, READ_ONLY, WRONG_STATE, POLL_FIELD, FIELD_…, OPTIONS, MEETING_…, CLOSING, POLL_OPEN,
    TOO_MANY_POLLS.
    """
    now = moment(now)
    post = lock_post(post)
    seat_of(post, by)
    if request_key and (made := Poll.objects.filter(post=post, request_key=request_key).first()):
        return made
    if field not in Field.values:
        raise OrderError("POLL_FIELD", field="field")
    _check_goes_on(post, field, now)
    question = fields.text(question, "question", bounds.QUESTION_MAX, required=not field)
    texts = ballots.clean_options(field, options, now)
    if closes_at is not None and not now < closes_at <= now + bounds.AHEAD_MAX:
        raise OrderError("CLOSING", field="closes_at")
    polls = Poll.objects.filter(post=post)
    if polls.open().count() >= bounds.POLLS_OPEN_MAX or polls.count() >= bounds.POLLS_MAX:
        raise OrderError("TOO_MANY_POLLS")
    try:
        with transaction.atomic():
            poll = Poll.objects.create(
                post=post, field=field, question=question, options=texts, opened_by=by, opened_at=now,
                closes_at=closes_at, request_key=request_key,
            )  # fmt: skip
    except IntegrityError:
        raise OrderError("POLL_OPEN", field="field") from None
    _schedule(post)
    at = closes_at.isoformat() if closes_at else None
    write(post, by, OrderPoll(poll.pk, "open", field, question, texts, at))
    return poll


@transaction.atomic
def vote(*, user: User, post: Post, poll: int, choice: int | None, now: datetime | None = None) -> Poll:
    """Choose an option, by its place, or another, or none. The same choice again changes nothing.

    Raises NOT_MEMBER, NO_POLL, POLL_CLOSED, READ_ONLY, NO_OPTION, OPTION_PAST.
    """
    now = moment(now)
    post = lock_post(post)
    seat_of(post, user)
    found = _poll(post, poll)
    if not found.is_open:
        raise OrderError("POLL_CLOSED")
    _check_goes_on(post, found.field, now)
    if choice is not None:
        if not found.clean_choice(choice):
            raise OrderError("NO_OPTION", field="choice")
        if choice in ballots.past(found, now):
            raise OrderError("OPTION_PAST", field="choice")
    mine = Vote.objects.filter(poll=found, user=user).first()
    if choice == (mine.choice if mine else None):
        return found
    if choice is None:
        Vote.objects.filter(poll=found, user=user).delete()
    else:
        Vote.objects.update_or_create(poll=found, user=user, defaults={"choice": choice, "at": now})
    _count_on(found)
    op = "retract" if choice is None else "vote"
    write(post, user, OrderVote(found.pk, op, found.field, ballots.tally(found), choice=choice))
    return found


@transaction.atomic
def close_poll(*, by: User, post: Post, poll: int, now: datetime | None = None) -> Poll:
    """The host, an operator or who opened it: the votes stand. Closed already: nothing happens.

    Raises NOT_OPENER, NO_POLL, READ_ONLY.
    """
    now = moment(now)
    post = lock_post(post)
    found = _poll(post, poll)
    if by.pk not in (post.host_id, found.opened_by_id) and not is_operator(by):
        raise OrderError("NOT_OPENER")
    if not is_operator(by):
        seat_of(post, by)
    if not found.is_open:
        return found
    if post.is_read_only(now):
        raise OrderError("READ_ONLY")
    entry = _close(found, now)
    _schedule(post)
    write(post, by, entry)
    return found


@transaction.atomic
def apply(
    *,
    by: User,
    post: Post,
    poll: int,
    choice: int | None = None,
    post_v: int | None = None,
    empty_cart: bool | None = None,
    now: datetime | None = None,
) -> Poll:
    """The host makes the result hold: for a bound poll by editing the post. `choice` picks among the tied.

    Applied already: nothing happens. Raises NOT_HOST, NO_POLL, POLL_STILL_OPEN, POLL_EMPTY, NOT_TIED, READ_ONLY and
    what `posts.edit_post` raises (STALE, CART_NOT_EMPTY, EDIT_LOCKED, MEETING_PAST, …).
    """
    now = moment(now)
    post = lock_post(post)
    check_host(by, post)
    found = _poll(post, poll)
    if found.is_open:
        raise OrderError("POLL_STILL_OPEN")
    if found.applied_at is not None:
        return found
    if post.is_read_only(now):
        raise OrderError("READ_ONLY")
    place = _picked(found, choice, now)
    if found.field:
        posts.edit_post(
            by=by, post=post, post_v=post_v, changes=ballots.changes(found, place, post, now),
            empty_cart=empty_cart, source="poll", now=now,
        )  # fmt: skip
    found.winner, found.applied_at = place, now
    _count_on(found)
    told = OrderVote(
        found.pk, "apply", found.field, found.tally, winner=place, option=found.options[place], result="won"
    )
    write(post, by, told)
    return found


def _picked(poll: Poll, choice: int | None, now: datetime) -> int:
    """What won, or the host's choice among the tied."""
    if choice is not None and not poll.clean_choice(choice):
        raise OrderError("NO_OPTION", field="choice")
    tied = ballots.leading(poll, poll.tally, now) if poll.winner is None else [poll.winner]
    if not tied:
        raise OrderError("POLL_EMPTY")
    if choice is None and len(tied) > 1:
        raise OrderError("NOT_TIED", field="choice")
    if choice is not None and choice not in tied:
        raise OrderError("NOT_TIED", field="choice")
    return tied[0] if choice is None else choice


# --- what follows from other verbs; all under the room's lock ------------------------------------------------------


def close_bound(post: Post, now: datetime) -> list[OrderVote]:
    """The order cannot change any more: bound polls are over. Their entries, for the caller to write before its own."""
    found = list(Poll.objects.open().bound().filter(post=post).order_by("pk"))
    entries = [_close(poll, now) for poll in found]
    if entries:
        post.polls_due_at = _next_closing(post)
    return entries


def close_due(post: Post, now: datetime) -> None:
    """The clock: those whose time has come. The caller saves the post."""
    due = list(Poll.objects.open().filter(post=post, closes_at__lte=now).order_by("pk"))
    entries = [_close(poll, now) for poll in due]
    post.polls_due_at = _next_closing(post)
    if entries:
        write(post, None, *entries)


def forget(post: Post, user: User) -> None:
    """Who is gone has no vote in what is still open."""
    mine = Vote.objects.filter(poll__post=post, poll__closed_at=None, user=user)
    Poll.objects.filter(pk__in=list(mine.values_list("poll", flat=True))).update(v=F("v") + 1)
    mine.delete()


def merge(post: Post, guest: User, into: User) -> None:
    """The guest's votes are the account's, unless it has voted itself."""
    Poll.objects.filter(post=post, opened_by=guest).update(opened_by=into)
    for each in Vote.objects.filter(poll__post=post, user=guest):
        if Vote.objects.filter(poll=each.poll_id, user=into).exists():
            each.delete()
        else:
            each.user = into
            each.save(update_fields=["user"])
    Poll.objects.filter(post=post).update(v=F("v") + 1)


# --- pieces --------------------------------------------------------------------------------------------------------


def _poll(post: Post, pk: int) -> Poll:
    found = Poll.objects.filter(post=post, pk=pk).first()
    if found is None:
        raise OrderError("NO_POLL")
    return found


def _check_goes_on(post: Post, field: str, now: datetime) -> None:
    if post.is_read_only(now):
        raise OrderError("READ_ONLY")
    if field:
        check_state(post, *OPEN)


def _close(poll: Poll, now: datetime) -> OrderVote:
    """Freeze the votes of those who are here; who won follows from them."""
    poll.tally = ballots.tally(poll)
    first = ballots.leading(poll, poll.tally, now)
    poll.closed_at, poll.winner = now, first[0] if len(first) == 1 else None
    poll.v += 1
    poll.save(update_fields=["tally", "closed_at", "winner", "v"])
    option = "" if poll.winner is None else poll.options[poll.winner]
    result = "won" if option else "tied" if first else "none"
    return OrderVote(
        poll.pk, "close", poll.field, poll.tally, winner=poll.winner, option=option, result=result
    )


def _count_on(poll: Poll) -> None:
    poll.v += 1
    poll.save(update_fields=["v", "winner", "applied_at"])


def _schedule(post: Post) -> None:
    post.polls_due_at = _next_closing(post)
    save(post)


def _next_closing(post: Post) -> Any:
    return Poll.objects.open().filter(post=post).aggregate(at=Min("closes_at"))["at"]
