"""What rooms do when something happens to people; runs inside the transaction of the people's verb."""

from typing import Any

from django.dispatch import receiver
from django.utils import timezone

from accounts.errors import AccountError
from accounts.models import User
from accounts.signals import account_deleted, guest_merged, guest_upgraded
from rooms.actions import active_membership, choose_host, end, leave, lock_room
from rooms.errors import RoomError
from rooms.models import Membership, Room
from rooms.signals import member_merged


@receiver(guest_merged, dispatch_uid="rooms.move_memberships")
def move_memberships(sender: Any, guest: User, into: User, **kwargs: Any) -> None:
    """The guest's stays become those of `into`; the guest's row is locked, so no new ones appear."""
    for room in _rooms_of(guest):
        room = lock_room(room)
        if membership := active_membership(room, guest):  # they may have left while we waited for the lock
            _move(room, membership, guest, into)


def _move(room: Room, membership: Membership, guest: User, into: User) -> None:
    if Membership.objects.removed(into).filter(room=room).exists():
        # Who was removed does not come back as somebody else; whatever else holds people here, it cannot hold a guest
        # who is no more.
        end(membership, by=guest, how=Membership.Ended.LEFT)
        return
    moved = active_membership(room, into) is None
    if moved:
        membership.user = into
        membership.save(update_fields=["user"])
    else:
        membership.left_at, membership.ended_by = timezone.now(), Membership.Ended.MERGED
        membership.save(update_fields=["left_at", "ended_by"])
    member_merged.send(Room, room=room, guest=guest, into=into, moved=moved)
    choose_host(room)


@receiver(guest_upgraded, dispatch_uid="rooms.host_where_missing")
def host_where_missing(sender: Any, user: User, **kwargs: Any) -> None:
    """A guest who becomes a full account can host the rooms that have no host."""
    for room in _rooms_of(user):
        choose_host(lock_room(room))


@receiver(account_deleted, dispatch_uid="rooms.leave_all")
def leave_all(sender: Any, user: User, **kwargs: Any) -> None:
    """Who deletes their account leaves every room. Raises AccountError HELD where they cannot."""
    for room in _rooms_of(user):
        try:
            leave(user=user, room=room)
        except RoomError as held:
            raise AccountError("HELD") from held


def _rooms_of(user: User) -> list[Room]:
    """Rooms the user is in, in the order in which rooms are locked."""
    return list(Room.objects.visible_to(user).order_by("pk"))
