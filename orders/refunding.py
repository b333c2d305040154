"""Canceling an order that was placed: the host or an operator proposes it, a member agrees within a day, and all
shares are 0 from then on, so that what came is owed back."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from orders import bounds
from orders.debts import refund_stands
from orders.errors import OrderError
from orders.kinds import OrderNotice
from orders.locking import check_host, check_state, lock_post, moment, seat_of, write
from orders.models import Post, Seat, State
from orders.moving import move
from orders.notifications import notify
from orders.shares import void


@transaction.atomic
def propose_refund(*, by: User, post: Post, now: datetime | None = None) -> Post:
    """ORDERED, ARRIVED: ask the members. While a proposal stands another changes nothing. Raises NOT_HOST, WRONG_STATE
    or READ_ONLY."""
    now = moment(now)
    post = lock_post(post)
    check_host(by, post)
    check_state(post, State.ORDERED, State.ARRIVED)
    if refund_stands(post, now):
        return post
    _propose(post, now, by)
    until = now + bounds.AGREE_TIME
    write(post, by, OrderNotice("refund_proposed", {"at": until.isoformat()}))
    notify(users=set(_members(post)) - {by.pk}, code="refund_asked", key=now.isoformat(), post=post, now=now)
    return post


@transaction.atomic
def withdraw_refund(*, by: User, post: Post, now: datetime | None = None) -> Post:
    """Not after all. Without a proposal that stands nothing changes. Raises NOT_HOST."""
    post = lock_post(post)
    check_host(by, post)
    if refund_stands(post, moment(now)):
        _propose(post, None, None)
        write(post, by, OrderNotice("refund_withdrawn", {}))
    return post


@transaction.atomic
def agree_refund(*, user: User, post: Post, now: datetime | None = None) -> Post:
    """A member besides the host, and besides whoever proposed it, agrees: CANCELED(refunded).

    Raises NOT_MEMBER, NO_PROPOSAL, REFUND_LAPSED, WRONG_STATE or READ_ONLY.
    """
    now = moment(now)
    post = lock_post(post)
    if post.state == State.CANCELED and post.cancel_reason == "refunded":
        return post
    check_state(post, State.ORDERED, State.ARRIVED)
    seat_of(post, user)
    if user.pk in (post.host_id, post.refund_proposed_by_id):
        raise OrderError("NOT_MEMBER")
    if post.refund_proposed_at is None:
        raise OrderError("NO_PROPOSAL")
    if not refund_stands(post, now):
        raise OrderError("REFUND_LAPSED")
    entry = void(post, user, now)
    move(post, State.CANCELED, by=user, who="user", now=now, reason="refunded", before=[entry])
    notify(users=set(_members(post)) - {user.pk}, code="refund_agreed", key="", post=post, now=now)
    return post


def _members(post: Post) -> list[int]:
    return list(Seat.objects.active().filter(post=post).values_list("user", flat=True))


def _propose(post: Post, at: datetime | None, by: User | None) -> None:
    post.refund_proposed_at, post.refund_proposed_by = at, by
    Post.objects.filter(pk=post.pk).update(refund_proposed_at=at, refund_proposed_by=by)
