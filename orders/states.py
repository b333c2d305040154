"""One verb for each change of a post's state. Each checks its guard under the lock and writes one `order.state`.

A verb whose state is reached already changes nothing, so a double tap is harmless, whatever version it carries.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import F

from accounts.models import User
from orders import bounds, dishes, fields, plan, seats, sheet
from orders.errors import OrderError
from orders.kinds import OrderArrival, OrderCart
from orders.locking import (
    check_cart_v,
    check_host,
    check_post_v,
    check_state,
    lock_post,
    moment,
    seat_of,
    write,
)
from orders.models import OPEN, Post, Seat, Sharer, State
from orders.moving import move, settle


@transaction.atomic
def close(*, by: User, post: Post, post_v: int | None = None, now: datetime | None = None) -> Post:
    """RECRUITING → CLOSED, before the deadline: nobody joins any more. Raises NOT_HOST, STALE, TOO_FEW, WRONG_STATE,
    …"""
    post = lock_post(post)
    who = check_host(by, post)
    if post.state == State.CLOSED:
        return post
    check_post_v(post, post_v)
    check_state(post, State.RECRUITING)
    if post.seats_taken < post.min_people:
        raise OrderError("TOO_FEW", missing=post.min_people - post.seats_taken)
    return move(post, State.CLOSED, by=by, who=who, now=moment(now))


@transaction.atomic
def reopen(
    *, by: User, post: Post, deadline_at: datetime, post_v: int | None = None, now: datetime | None = None
) -> Post:
    """CLOSED → RECRUITING with a new deadline; who waits is served first.

    Raises NOT_HOST, STALE, NO_SEAT, DEADLINE, WRONG_STATE or READ_ONLY.
    """
    now = moment(now)
    post = lock_post(post)
    who = check_host(by, post)
    if post.state == State.RECRUITING:
        return post
    check_post_v(post, post_v)
    check_state(post, State.CLOSED)
    if not post.seats_left:
        raise OrderError("NO_SEAT")
    fields.deadline(deadline_at, post.meeting_at, now)
    post.deadline_at = deadline_at
    move(post, State.RECRUITING, by=by, who=who, now=now)
    seats.promote(post)
    return post


@transaction.atomic
def lock(
    *, by: User, post: Post, cart_v: int, override: Iterable[str] = (), now: datetime | None = None
) -> Post:
    """CLOSED → LOCKED: the cart stands and everybody confirms it; the waiting list ends. The host's lock confirms.

    `override=["min_order"]` orders below the minimum. Raises NOT_HOST, STALE, UNCHOSEN, EMPTY_CART, MIN_ORDER,
    OVERRIDE, WRONG_STATE or READ_ONLY.
    """
    overrides = _overrides(override, {"min_order"})
    post = lock_post(post)
    who = check_host(by, post)
    if post.state == State.LOCKED:
        return post
    check_state(post, State.CLOSED)
    check_cart_v(post, cart_v)
    found = sheet.read(post)
    if found.unchosen:
        raise OrderError("UNCHOSEN", users=found.unchosen)
    if not found.rows:
        raise OrderError("EMPTY_CART")
    short = post.min_order_won - found.subtotal
    if short > 0 and "min_order" not in overrides:
        raise OrderError("MIN_ORDER", missing=short)
    Seat.objects.active().filter(post=post, user=post.host_id).update(confirmed_cart_v=post.cart_v)
    seats.end_waiting(post)
    post.host_offered_to = None
    used = overrides if short > 0 else []
    return move(post, State.LOCKED, by=by, who=who, now=moment(now), overrides=used)


@transaction.atomic
def unlock(*, by: User, post: Post, post_v: int | None = None, now: datetime | None = None) -> Post:
    """LOCKED → CLOSED: the cart can change again, nobody has confirmed, nobody has asked to leave."""
    post = lock_post(post)
    who = check_host(by, post)
    if post.state == State.CLOSED:
        return post
    check_post_v(post, post_v)
    check_state(post, State.LOCKED)
    Seat.objects.active().filter(post=post).update(confirmed_cart_v=None, asked_leave_at=None)
    return move(post, State.CLOSED, by=by, who=who, now=moment(now))


@transaction.atomic
def order(
    *,
    by: User,
    post: Post,
    post_v: int | None = None,
    override: Iterable[str] = (),
    now: datetime | None = None,
) -> Post:
    """LOCKED → ORDERED, 주문했어요. `override=["unconfirmed"]` orders without those who have not confirmed; the entry
    names them, and what the host had added for them falls to the host.

    Raises NOT_HOST, STALE, UNCONFIRMED, OVERRIDE, WRONG_STATE or READ_ONLY.
    """
    overrides = _overrides(override, {"unconfirmed"})
    post = lock_post(post)
    who = check_host(by, post)
    if post.state == State.ORDERED:
        return post
    check_post_v(post, post_v)
    check_state(post, State.LOCKED)
    missing = sheet.read(post).unconfirmed
    if missing and "unconfirmed" not in overrides:
        raise OrderError("UNCONFIRMED", users=missing)
    fallen = _take_over_pending(post)
    used = overrides if missing else []
    move(
        post, State.ORDERED, by=by, who=who, now=moment(now), overrides=used, concerned=missing, before=fallen
    )
    return post


@transaction.atomic
def arrive(*, by: User, post: Post, now: datetime | None = None) -> Post:
    """The food is here. The host's word is enough; else that of two members, or of the only one.

    Saying it again changes nothing. Raises NOT_MEMBER, WRONG_STATE or READ_ONLY.
    """
    now = moment(now)
    post = lock_post(post)
    if post.state == State.ARRIVED:
        return post
    check_state(post, State.ORDERED)
    seat = seat_of(post, by)
    if post.host_id == by.pk:
        return _arrived(post, by, now, [])
    if seat.arrived_at is not None:
        return post
    seat.arrived_at = now
    seat.save(update_fields=["arrived_at"])
    others = Seat.objects.active().filter(post=post).exclude(user=post.host_id)
    needed = min(2, others.count())
    said = others.exclude(arrived_at=None).count()
    told = OrderArrival(op="here", n=said, of=needed)
    if said >= needed:
        return _arrived(post, by, now, [told])
    write(post, by, told)
    return post


def _arrived(post: Post, by: User, now: datetime, before: list[OrderArrival]) -> Post:
    move(post, State.ARRIVED, by=by, who="user", now=now, before=before)
    settle(post, now)
    return post


@transaction.atomic
def cancel(
    *, by: User, post: Post, note: str = "", post_v: int | None = None, now: datetime | None = None
) -> Post:
    """Before ORDERED → CANCELED, by the host or, with a reason in words (`note`), an operator. The room can be
    written to for 24 hours. Raises NOT_HOST, STALE, FIELD_…, WRONG_STATE or READ_ONLY."""
    post = lock_post(post)
    who = check_host(by, post)
    if post.state == State.CANCELED:
        return post
    check_post_v(post, post_v)
    check_state(post, *OPEN, State.LOCKED)
    post.cancel_note = fields.text(note, "note", bounds.REASON_MAX, required=who == "operator")
    reason = "host" if who == "user" else "operator"
    return move(post, State.CANCELED, by=by, who=who, now=moment(now), reason=reason, note=post.cancel_note)


@transaction.atomic
def revive(*, by: User, post: Post, now: datetime | None = None) -> Post:
    """CANCELED(unanswered) → LOCKED, by the host within 24 hours: it was ordered after all. Raises NOT_HOST or
    NOT_REVIVABLE."""
    now = moment(now)
    post = lock_post(post)
    who = check_host(by, post)
    if post.state == State.LOCKED:
        return post
    late = post.canceled_at is None or now > post.canceled_at + plan.REVIVABLE
    if post.state != State.CANCELED or post.cancel_reason != "unanswered" or late:
        raise OrderError("NOT_REVIVABLE")
    return move(post, State.LOCKED, by=by, who=who, now=now, reason="revived")


def _overrides(given: Iterable[str], known: set[str]) -> list[str]:
    names = sorted(set(given))
    if set(names) - known:
        raise OrderError("OVERRIDE")
    return names


def _take_over_pending(post: Post) -> list[OrderCart]:
    """What nobody accepted is the host's, who added it. Confirmations stand: nobody else owes more by it."""
    if post.host is None:
        return []
    entries = []
    for item in post.items.filter(pending=True).order_by("pk"):
        was = dishes.told(item)
        parts = Sharer.objects.filter(item=item)
        parts.filter(user=item.owner_id).delete()
        parts.get_or_create(item=item, user=post.host)
        item.owner, item.pending = post.host, False
        item.save(update_fields=["owner", "pending"])
        post.cart_v += 1
        Seat.objects.filter(post=post, confirmed_cart_v=post.cart_v - 1).update(
            confirmed_cart_v=F("confirmed_cart_v") + 1
        )
        entries.append(
            OrderCart(
                cart_v=post.cart_v,
                op="set",
                subtotal=dishes.subtotal(post),
                item=dishes.told(item),
                before=was,
                for_=post.host_id,
            )
        )
    return entries
