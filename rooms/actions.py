"""The verbs about rooms. Each is one transaction that locks, writes, and then sends its signals inside it.

Locks are taken in one order everywhere, so verbs wait for one another and never deadlock: people (by id),
then rooms (by id). All are NO KEY locks: inserts that only refer to the rows pass.
"""

import unicodedata
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.actions import create_guest
from accounts.models import User, nickname_key
from accounts.nicknames import is_unseen
from rooms import signals
from rooms.errors import RoomError
from rooms.models import TITLE_MAX, Invitation, Membership, Room

MEMBERS_MAX = 2_000  # of one room: ROOM_FULL
ROOMS_MAX = 500  # one person is in at a time: TOO_MANY_ROOMS
INVITATIONS_MAX = 50  # usable ones of one room: TOO_MANY_INVITATIONS
DOUBLE_TAP = timedelta(minutes=1)  # so late may the second half of a guest's double tap come

_EMOJI_JOINERS = "\u200d\ufe0f"  # hold family emoji together and make ❤ an emoji: a title may have them


@transaction.atomic
def create_room(*, user: User, title: str, is_open: bool = False, request_key: UUID | None = None) -> Room:
    """A new room with `user` as its host. A second call with the same `request_key` returns the first room.

    Raises RoomError GUEST, INACTIVE, TOO_MANY_ROOMS, TITLE_EMPTY, TITLE_TOO_LONG or TITLE_INVISIBLE.
    """
    title = clean_title(title)
    user = lock_user(user)
    if user.is_guest:
        raise RoomError("GUEST")
    made = Room.objects.filter(created_by=user, request_key=request_key).first() if request_key else None
    if made is not None:
        return made
    _check_rooms_bound(user)
    room = Room.objects.create(title=title, is_open=is_open, created_by=user, request_key=request_key)
    Membership.objects.create(room=room, user=user, role=Membership.Role.HOST)
    signals.room_created.send(Room, room=room, user=user)
    return room


@transaction.atomic
def join_open(*, user: User, room: Room) -> Membership:
    """Come into an open room; already being in it returns the membership there is.

    Raises RoomError NOT_FOUND (not open), GUEST, INACTIVE, REMOVED, ROOM_FULL or TOO_MANY_ROOMS.
    """
    user = lock_user(user)
    room = lock_room(room)
    if membership := active_membership(room, user):
        return membership
    if not room.is_open:
        raise RoomError("NOT_FOUND")
    if user.is_guest:
        raise RoomError("GUEST")
    return admit(room=room, user=user)


@transaction.atomic
def join_by_invitation(*, user: User, code: str) -> Membership:
    """Come in by a link; being in the room already returns the membership, whatever became of the link.

    Raises RoomError NOT_FOUND, INVITATION_EXPIRED, INVITATION_REVOKED, INACTIVE, REMOVED, ROOM_FULL,
    TOO_MANY_ROOMS or, for guests, NICKNAME_TAKEN.
    """
    user = lock_user(user)
    invitation = _invitation(code)
    room = lock_room(invitation.room)
    if membership := active_membership(room, user):
        return membership
    invitation.refresh_from_db()  # revoking locks the room too: from here on it stands
    if invitation.refusal:
        raise RoomError(invitation.refusal)
    return admit(room=room, user=user)


@transaction.atomic
def join_as_guest(*, code: str, nickname: str, locale: str, request_key: UUID | None = None) -> Membership:
    """A new guest who comes in by a link: both happen or neither does. The caller signs `membership.user` in.

    A second call with the same `request_key` within DOUBLE_TAP returns the first guest's membership. The key
    is as good as that guest's session for so long: make it random, keep it to the one form it stands in.
    Raises what `join_by_invitation` raises, and ValidationError when it is no nickname.
    """
    if request_key is not None:
        room = lock_room(_invitation(code).room)
        since = timezone.now() - DOUBLE_TAP
        taps = Membership.objects.active().filter(room=room, request_key=request_key, joined_at__gt=since)
        if membership := taps.filter(user__is_guest=True).select_related("user", "room").first():
            return membership
    membership = join_by_invitation(user=create_guest(nickname=nickname, locale=locale), code=code)
    membership.request_key = request_key
    membership.save(update_fields=["request_key"])
    return membership


@transaction.atomic
def leave(*, user: User, room: Room) -> None:
    """Go. When the host goes, the longest-standing full member becomes host, if there is one.

    Having left already changes nothing. Raises RoomError NOT_FOUND for somebody who was never in the room, or
    what a receiver of `member_leaving` refuses with.
    """
    room = lock_room(room)
    membership = active_membership(room, user)
    if membership is None:
        if not Room.objects.known_to(user).filter(pk=room.pk).exists():
            raise RoomError("NOT_FOUND")
        return
    signals.member_leaving.send(Room, room=room, user=user, by=user, reason=Membership.Ended.LEFT.value)
    end(membership, by=user, how=Membership.Ended.LEFT)


@transaction.atomic
def remove_member(*, by: User, room: Room, user: User) -> None:
    """The host, or an operator, removes somebody, who cannot come back.

    Having been removed already changes nothing. Raises RoomError NOT_HOST, NOT_YOURSELF or NOT_MEMBER.
    """
    room = lock_room(room)
    _check_manages(by, room)
    if by.pk == user.pk:
        raise RoomError("NOT_YOURSELF")
    membership = active_membership(room, user)
    if membership is None:
        if not Membership.objects.filter(room=room, user=user, ended_by=Membership.Ended.REMOVED).exists():
            raise RoomError("NOT_MEMBER")
        return
    signals.member_leaving.send(Room, room=room, user=user, by=by, reason=Membership.Ended.REMOVED.value)
    end(membership, by=by, how=Membership.Ended.REMOVED)


@transaction.atomic
def rename(*, by: User, room: Room, title: str) -> None:
    """Give the room another name. Raises RoomError NOT_HOST or TITLE_…"""
    title = clean_title(title)
    room = lock_room(room)
    _check_manages(by, room)
    before, room.title = room.title, title
    if before == title:
        return
    room.save(update_fields=["title"])
    signals.room_renamed.send(Room, room=room, by=by, before=before, after=title)


@transaction.atomic
def create_invitation(*, by: User, room: Room, expires_in: timedelta | None) -> Invitation:
    """A new link, for ever when `expires_in` is None. Raises RoomError NOT_HOST or TOO_MANY_INVITATIONS."""
    room = lock_room(room)
    _check_manages(by, room)
    if room.invitations.usable().count() >= INVITATIONS_MAX:
        raise RoomError("TOO_MANY_INVITATIONS")
    expires_at = None if expires_in is None else timezone.now() + expires_in
    return Invitation.objects.create(room=room, created_by=by, expires_at=expires_at)


@transaction.atomic
def revoke_invitation(*, by: User, invitation: Invitation) -> None:
    """End a link; who came in by it stays. Doing it again changes nothing. Raises RoomError NOT_HOST."""
    room = lock_room(invitation.room)
    _check_manages(by, room)
    Invitation.objects.filter(pk=invitation.pk, revoked_at=None).update(revoked_at=timezone.now())


def clean_title(raw: str) -> str:
    """A room's name as it is stored: NFC, trimmed, single blanks. Raises RoomError TITLE_…"""
    typed = raw.strip()
    if not typed:
        raise RoomError("TITLE_EMPTY")
    if len(typed) > 4 * TITLE_MAX:  # before any work that grows with the input
        raise RoomError("TITLE_TOO_LONG")
    shown = [char for char in typed if char not in _EMOJI_JOINERS]
    if not shown or any(map(is_unseen, shown)):
        raise RoomError("TITLE_INVISIBLE")
    title = " ".join(unicodedata.normalize("NFC", typed).split())
    if len(title) > TITLE_MAX:
        raise RoomError("TITLE_TOO_LONG")
    return title


def lock_room(room: Room) -> Room:
    """The room as it is now, locked until the transaction ends. Raises RoomError NOT_FOUND."""
    locked = Room.objects.select_for_update(no_key=True).filter(pk=room.pk).first()
    if locked is None:
        raise RoomError("NOT_FOUND")
    return locked


def active_membership(room: Room, user: User) -> Membership | None:
    """The person's present stay; its `room` is the very object given, locked or not."""
    membership = Membership.objects.active().filter(room=room, user=user).select_related("user").first()
    if membership is not None:
        membership.room = room
    return membership


@transaction.atomic
def hand_over(*, room: Room, to: User) -> None:
    """Make a full member the host instead of whoever it is; the caller has both people's word for it.

    Being the host already changes nothing. Raises RoomError NOT_FOUND, NOT_MEMBER or GUEST.
    """
    room = lock_room(room)
    heir = active_membership(room, to)
    if heir is None:
        raise RoomError("NOT_MEMBER")
    if heir.user.is_guest:
        raise RoomError("GUEST")
    if heir.is_host:
        return
    hosts = Membership.objects.active().filter(room=room, role=Membership.Role.HOST)
    hosts.update(role=Membership.Role.MEMBER)
    heir.role = Membership.Role.HOST
    heir.save(update_fields=["role"])
    signals.host_changed.send(Room, room=room, user=heir.user)


def choose_host(room: Room) -> None:
    """Under the room's lock: a room without a host gets its longest-standing full member, if it has one."""
    members = Membership.objects.active().filter(room=room)
    if members.filter(role=Membership.Role.HOST).exists():
        return
    heir = members.full().by_standing().select_related("user").first()
    if heir is not None:
        heir.role = Membership.Role.HOST
        heir.save(update_fields=["role"])
        signals.host_changed.send(Room, room=room, user=heir.user)


def admit(*, room: Room, user: User) -> Membership:
    """Under the room's lock, for a verb that has decided that the person may come in and who is not in.

    The verb locks the person before the room, where it can. Raises RoomError REMOVED, ROOM_FULL, TOO_MANY_ROOMS,
    NICKNAME_TAKEN, or what a receiver of `member_joining` refuses with.
    """
    if Membership.objects.removed(user).filter(room=room).exists():
        raise RoomError("REMOVED")
    members = Membership.objects.active().filter(room=room)
    if members.count() >= MEMBERS_MAX:
        raise RoomError("ROOM_FULL")
    _check_rooms_bound(user)
    if user.is_guest:
        key = nickname_key(user.nickname)
        if any(nickname_key(name) == key for name in members.values_list("user__nickname", flat=True)):
            raise RoomError("NICKNAME_TAKEN")
    signals.member_joining.send(Room, room=room, user=user)
    membership = Membership.objects.create(room=room, user=user)
    signals.member_joined.send(Room, room=room, user=user, membership=membership)
    choose_host(room)
    return membership


def end(membership: Membership, *, by: User, how: Membership.Ended) -> None:
    """Under the room's lock: end a stay that nobody may refuse to end any more."""
    membership.left_at, membership.ended_by = timezone.now(), how
    membership.save(update_fields=["left_at", "ended_by"])
    choose_host(membership.room)
    signals.member_left.send(Room, room=membership.room, user=membership.user, by=by, reason=how.value)


def lock_user(user: User) -> User:
    """The person as they are now, locked until the transaction ends: before any room. Raises RoomError INACTIVE."""
    locked = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if not locked.is_active:
        raise RoomError("INACTIVE")
    return locked


def _invitation(code: str) -> Invitation:
    invitation = Invitation.objects.filter(code=code).select_related("room").first()
    if invitation is None:
        raise RoomError("NOT_FOUND")
    return invitation


def _check_rooms_bound(user: User) -> None:
    if Membership.objects.active().filter(user=user).count() >= ROOMS_MAX:
        raise RoomError("TOO_MANY_ROOMS")


def _check_manages(by: User, room: Room) -> None:
    membership = active_membership(room, by)
    if membership is not None and membership.is_host:
        return
    if not (by.is_staff and by.has_perm("rooms.change_room")):
        raise RoomError("NOT_HOST")
