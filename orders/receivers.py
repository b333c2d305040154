"""What happens in rooms happens to seats and carts, inside the same transaction and under the room's lock.

Chat's receivers come first (INSTALLED_APPS), so the entry of who joined or left stands before what follows from it.
"""

from typing import Any

from django.db.models import F
from django.dispatch import receiver
from django.utils import timezone

from accounts.models import User
from orders import dishes, polls, seats
from orders.bounds import WEIGHT_MAX
from orders.errors import OrderError
from orders.kinds import OrderNotice
from orders.locking import is_operator, moment, post_of, write
from orders.models import OPEN, OVER, Item, Post, Seat, Sharer, State, Wait
from orders.notifications import notify
from rooms import signals
from rooms.models import Membership, Room


@receiver(signals.member_joining)
def claim_seat(*, room: Room, user: User, **kwargs: Any) -> None:
    if post := post_of(room):
        seats.claim(post, user)


@receiver(signals.member_joined)
def take_seat(*, room: Room, user: User, membership: Membership, **kwargs: Any) -> None:
    if post := post_of(room):
        Seat.objects.create(membership=membership, post=post, user=user)
        waits = Wait.objects.active().filter(post=post, user=user)
        waits.update(ended_at=moment(None), ended_by=Wait.Ended.PROMOTED.value)


@receiver(signals.member_leaving)
def hold_back(*, room: Room, user: User, reason: str, **kwargs: Any) -> None:
    if post := post_of(room):
        seats.check_may_go(post, user, reason)


@receiver(signals.member_left)
def free_seat(*, room: Room, user: User, by: User, reason: str, **kwargs: Any) -> None:
    """The seat is free, what they had is out of a cart that can still change, and the first who waits gets the seat."""
    post = post_of(room)
    if post is None:
        return
    _vacate(post, user)
    polls.forget(post, user)
    if reason == Membership.Ended.REMOVED:
        notify(users=[user.pk], code="removed", key=str(timezone.now().timestamp()), post=post)
    if post.state in (State.RECRUITING, State.CLOSED, State.LOCKED) and (gone := dishes.without(post, user)):
        write(post, by, gone)
    post.refresh_from_db(fields=["seats_taken", "state"])
    if post.state == State.CLOSED and post.seats_taken < post.min_people:
        write(post, None, OrderNotice("below_min", {"n": post.seats_taken, "of": post.min_people}))
    seats.promote(post)


def _vacate(post: Post, user: User) -> None:
    if Seat.objects.active().filter(post=post, user=user).update(left_at=moment(None)):
        Post.objects.filter(pk=post.pk).update(seats_taken=F("seats_taken") - 1)
    Post.objects.filter(pk=post.pk, host_offered_to=user).update(host_offered_to=None)


@receiver(signals.host_changed)
def follow_host(*, room: Room, user: User, **kwargs: Any) -> None:
    """The post's host is the room's, until it is over: then it stays whoever was."""
    Post.objects.filter(pk=room.pk).exclude(state__in=OVER).update(host=user, host_offered_to=None)


@receiver(signals.member_merged)
def merge_seats(*, room: Room, guest: User, into: User, moved: bool, **kwargs: Any) -> None:
    """What the guest had becomes the account's; two seats of one person become one."""
    post = post_of(room)
    if post is None:
        return
    if moved:
        Seat.objects.active().filter(post=post, user=guest).update(user=into)
        waits = Wait.objects.active().filter(post=post, user=into)
        waits.update(ended_at=moment(None), ended_by=Wait.Ended.PROMOTED.value)
    else:
        _vacate(post, guest)
        if Sharer.objects.filter(
            item__post=post, user=guest
        ).exists():  # who sat out has the guest's dishes now
            Seat.objects.active().filter(post=post, user=into).update(sits_out=False)
    polls.merge(post, guest, into)
    Item.objects.filter(post=post, owner=guest).update(owner=into)
    for part in Sharer.objects.filter(item__post=post, user=guest):
        own = Sharer.objects.filter(item=part.item_id, user=into).first()
        if own is None:
            part.user = into
            part.save(update_fields=["user"])
        else:
            own.weight = min(own.weight + part.weight, WEIGHT_MAX)
            own.save(update_fields=["weight"])
            part.delete()
    seats.promote(post)


@receiver(signals.room_renamed)
def count_renaming(*, room: Room, by: User, **kwargs: Any) -> None:
    """The title is a field of the post: another version of it, and none from LOCKED on, save by operators."""
    post = post_of(room)
    if post is None:
        return
    if post.state not in OPEN and not is_operator(by):
        raise OrderError("EDIT_LOCKED", field="title")
    Post.objects.filter(pk=post.pk).update(post_v=F("post_v") + 1)
