"""The verbs about seats: come in, wait, go, hand over. Every entrance of rooms obeys them: orders/receivers.py."""

from datetime import datetime

from django.db import transaction
from django.db.models import F

from accounts.models import Block, User
from orders import bounds
from orders.debts import check_paid, owes
from orders.errors import OrderError
from orders.kinds import OrderSeat
from orders.locking import check_host, check_state, lock_post, moment, seat_of, write
from orders.models import HELD, OPEN, OVER, Due, Post, Seat, State, Wait
from rooms import actions as rooms
from rooms.errors import RoomError
from rooms.models import Membership

# --- coming in ------------------------------------------------------------------------------------------------


@transaction.atomic
def join(*, user: User, post: Post) -> Seat:
    """Take a free seat; being in already returns the seat there is. Guests come by an invitation (rooms' verbs).

    Raises OrderError GUEST_LINK, POST_FULL, POST_CLOSED, POST_OVER, CANNOT_JOIN, UNPAID; RoomError REMOVED, INACTIVE,
    TOO_MANY_ROOMS.
    """
    user = rooms.lock_user(user)
    room = rooms.lock_room(post.room)
    membership = rooms.active_membership(room, user)
    if membership is None:
        if user.is_guest:
            raise OrderError("GUEST_LINK")
        membership = rooms.admit(room=room, user=user)
    return Seat.objects.get(membership=membership)


def claim(post: Post, user: User, now: datetime | None = None) -> None:
    """Under the room's lock, for whoever is about to come in: take a seat, or say clearly why not.

    The conditional UPDATE decides races, even of code that forgot the lock. Raises POST_OVER, POST_CLOSED,
    CANNOT_JOIN, UNPAID or POST_FULL.
    """
    _check_takes_in(post, user)
    check_paid(user, moment(now))
    if post.state != State.RECRUITING or post.deadline_at <= moment(now):
        raise OrderError("POST_CLOSED")
    first = Wait.objects.active().filter(post=post).first()
    if first is not None and first.user_id != user.pk:
        raise OrderError("POST_FULL")
    free = Post.objects.filter(pk=post.pk, state=State.RECRUITING, seats_taken__lt=F("capacity"))
    if not free.update(seats_taken=F("seats_taken") + 1):
        raise OrderError("POST_FULL")


def _check_takes_in(post: Post, user: User) -> None:
    if post.state in OVER:
        raise OrderError("POST_OVER")
    if post.host_id is not None and Block.objects.between(user, post.host_id).exists():
        raise OrderError("CANNOT_JOIN")  # says nothing about who blocks whom


# --- waiting --------------------------------------------------------------------------------------------------


@transaction.atomic
def wait(*, user: User, post: Post, now: datetime | None = None) -> Wait:
    """Get in line for a seat; waiting already returns the place there is. Also while CLOSED, in case it opens again.

    Raises OrderError GUEST_WAIT, SEATED, NOT_FULL, POST_CLOSED, POST_OVER, CANNOT_JOIN, UNPAID, WAIT_FULL,
    TOO_MANY_WAITS;
    RoomError REMOVED, INACTIVE.
    """
    now = moment(now)
    user = rooms.lock_user(user)
    post = lock_post(post)
    if user.is_guest:
        raise OrderError("GUEST_WAIT")
    waits = Wait.objects.active().filter(post=post)
    if mine := waits.filter(user=user).first():
        return mine
    if rooms.active_membership(post.room, user):
        raise OrderError("SEATED")
    _check_takes_in(post, user)
    if post.state not in OPEN:
        raise OrderError("POST_CLOSED")
    check_paid(user, now)
    if Membership.objects.removed(user).filter(room=post.room).exists():
        raise RoomError("REMOVED")
    ahead = waits.count()
    if post.state == State.RECRUITING and post.seats_left and not ahead:
        raise OrderError("NOT_FULL")
    if ahead >= bounds.WAITS_MAX:
        raise OrderError("WAIT_FULL")
    if Wait.objects.active().filter(user=user).count() >= bounds.WAITS_EACH_MAX:
        raise OrderError("TOO_MANY_WAITS")
    made = Wait.objects.create(post=post, user=user, since=now)
    write(post, user, OrderSeat(op="wait", user=user.pk))
    return made


@transaction.atomic
def unwait(*, user: User, post: Post) -> None:
    """Leave the line; not being in it changes nothing."""
    post = lock_post(post)
    if _end_wait(post, user, Wait.Ended.LEFT):
        write(post, user, OrderSeat(op="unwait", user=user.pk))


def promote(post: Post) -> None:
    """Under the room's lock: while recruiting, give the free seats to those who wait, in order.

    Runs in the transaction that freed the seat. Takes no lock on the people it brings in: the room's lock is held, and
    people come first in the order of locks. So whoever comes into very many rooms at one moment may pass that bound
    by one. Who cannot come in any more is dropped from the line.
    """
    while True:
        post.refresh_from_db(fields=["state", "seats_taken", "capacity", "deadline_at"])
        first = Wait.objects.active().filter(post=post).select_related("user").first()
        open_now = post.state == State.RECRUITING and post.deadline_at > moment(None)
        if first is None or not open_now or not post.seats_left:
            return
        if not _promoted(post, first.user):
            _end_wait(post, first.user, Wait.Ended.LEFT)
            write(post, None, OrderSeat(op="unwait", user=first.user_id))


def _promoted(post: Post, user: User) -> bool:
    """False for who cannot come in any more."""
    if not user.is_active:
        return False
    try:
        with transaction.atomic():
            rooms.admit(room=post.room, user=user)  # ends the wait: see receivers.take_seat
    except RoomError:
        return False
    write(post, None, OrderSeat(op="promote", user=user.pk))
    return True


def _end_wait(post: Post, user: User, how: Wait.Ended) -> bool:
    return bool(
        Wait.objects.active().filter(post=post, user=user).update(ended_at=moment(None), ended_by=how.value)
    )


def end_waiting(post: Post) -> None:
    """The list is over: LOCKED, or the end. The state's entry tells it."""
    Wait.objects.active().filter(post=post).update(ended_at=moment(None), ended_by=Wait.Ended.OVER.value)


# --- going ----------------------------------------------------------------------------------------------------


@transaction.atomic
def leave(*, user: User, post: Post) -> None:
    """Go, freely before LOCKED and after the end. Raises HOST_STAYS, ASK_TO_LEAVE; RoomError NOT_FOUND."""
    rooms.leave(user=user, room=post.room)


@transaction.atomic
def remove(*, by: User, post: Post, user: User) -> None:
    """The host, or an operator, removes somebody for good. Raises KICK_TOO_LATE, HOST_STAYS; RoomError NOT_HOST, …"""
    rooms.remove_member(by=by, room=post.room, user=user)


def check_may_go(post: Post, user: User, reason: str) -> None:
    """Under the room's lock, for whoever is about to go. From LOCKED by the host's leave; with shares by a
    balance of 0; when it is over only who owes stays. Raises KICK_TOO_LATE, HOST_STAYS, ASK_TO_LEAVE or OWES."""
    removed = reason == Membership.Ended.REMOVED
    if removed and post.state not in OPEN:
        raise OrderError("KICK_TOO_LATE")
    if post.state in OVER:
        if Due.objects.owing().filter(post=post, user=user).exists():
            raise OrderError("OWES")
        return
    if post.host_id == user.pk:
        raise OrderError("HOST_STAYS")
    if post.state not in HELD or seat_of(post, user).leave_granted:
        return
    if post.share_v == 0:
        raise OrderError("ASK_TO_LEAVE")
    if owes(post, user):
        raise OrderError("OWES")


@transaction.atomic
def ask_leave(*, user: User, post: Post, now: datetime | None = None) -> None:
    """From LOCKED on: ask the host to be let go. Asking again changes nothing.

    Raises NOT_MEMBER, HOST_STAYS, OWES (has a part in what was ordered), WRONG_STATE or READ_ONLY.
    """
    post = lock_post(post)
    seat = seat_of(post, user)
    check_state(post, *HELD)
    if post.host_id == user.pk:
        raise OrderError("HOST_STAYS")
    if owes(post, user):
        raise OrderError("OWES")
    if seat.asked_leave_at is None:
        seat.asked_leave_at = moment(now)
        seat.save(update_fields=["asked_leave_at"])
        write(post, user, OrderSeat(op="ask_leave", user=user.pk))


@transaction.atomic
def answer_leave(*, by: User, post: Post, user: User, yes: bool) -> None:
    """The host lets somebody go, or not. Raises NOT_HOST, NO_SUCH_MEMBER, NOT_ASKED, OWES, WRONG_STATE or READ_ONLY."""
    post = lock_post(post)
    check_host(by, post)
    check_state(post, *HELD)
    seat = Seat.objects.active().filter(post=post, user=user).first()
    if seat is None:
        raise OrderError("NO_SUCH_MEMBER")
    if seat.asked_leave_at is None:
        raise OrderError("NOT_ASKED")
    if yes and owes(post, user):
        raise OrderError("OWES")
    seat.asked_leave_at, seat.leave_granted = None, yes
    seat.save(update_fields=["asked_leave_at", "leave_granted"])
    write(post, by, OrderSeat(op="answer", user=user.pk, answer="yes" if yes else "no"))
    if yes:
        rooms.leave(user=user, room=post.room)


# --- handing over ---------------------------------------------------------------------------------------------


@transaction.atomic
def offer_host(*, by: User, post: Post, to: User | None) -> None:
    """Ask a full member to be the host from now on, before LOCKED; a new offer replaces the old, None takes it back.

    Raises NOT_HOST, NO_SUCH_MEMBER, GUEST_HOST, WRONG_STATE or READ_ONLY.
    """
    post = lock_post(post)
    check_host(by, post)
    check_state(post, *OPEN)
    before = post.host_offered_to_id
    if to is not None:
        if not Seat.objects.active().filter(post=post, user=to).exists() or to.pk == post.host_id:
            raise OrderError("NO_SUCH_MEMBER")
        if to.is_guest:
            raise OrderError("GUEST_HOST")
    if before == (to.pk if to else None):
        return
    Post.objects.filter(pk=post.pk).update(host_offered_to=to)
    if to is not None:
        write(post, by, OrderSeat(op="offer_host", user=to.pk))
    elif before is not None:
        write(post, by, OrderSeat(op="answer", user=before, answer="host_withdrawn"))


@transaction.atomic
def accept_host(*, user: User, post: Post) -> None:
    """Become the host, who asked for it. Raises NO_OFFER, GUEST_HOST, TOO_MANY_POSTS, WRONG_STATE or READ_ONLY."""
    user = rooms.lock_user(user)  # as create_post does: the bound holds for both at one moment
    post = lock_post(post)
    if post.host_id == user.pk:
        return
    check_state(post, *OPEN)
    if post.host_offered_to_id != user.pk:
        raise OrderError("NO_OFFER")
    if Post.objects.filter(host=user).exclude(state__in=OVER).count() >= bounds.POSTS_MAX:
        raise OrderError("TOO_MANY_POSTS")
    rooms.hand_over(room=post.room, to=user)  # rooms' entry, and receivers.follow_host
    write(post, user, OrderSeat(op="host", user=user.pk))


@transaction.atomic
def decline_host(*, user: User, post: Post) -> None:
    """Rather not; without an offer nothing changes."""
    post = lock_post(post)
    if post.host_offered_to_id == user.pk:
        Post.objects.filter(pk=post.pk).update(host_offered_to=None)
        write(post, user, OrderSeat(op="answer", user=user.pk, answer="host_no"))
