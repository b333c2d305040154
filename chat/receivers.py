"""What happens to rooms becomes entries, inside the transaction that does it; whose access ends loses their sockets."""

from typing import Any

from django.db import transaction
from django.dispatch import receiver

from accounts.models import User
from accounts.signals import access_ended
from chat import live, room_kinds, timeline
from chat.models import Reader, Timeline
from chat.room_kinds import GuestMerged, Person, RoomCreated, RoomLeft, RoomRenamed
from rooms import signals
from rooms.models import Room


def _write(kind: Any, data: Any, room: Room, sender: User | None) -> int:
    sender_id = sender.pk if sender else None
    draft = timeline.draft(kind, data, room_id=room.pk, sender_id=sender_id, member=False)
    return timeline.append_within([draft])[0].seq


@receiver(signals.room_created)
def open_timeline(*, room: Room, user: User, **kwargs: Any) -> None:
    Timeline.objects.create(room=room)
    Reader.objects.create(room_id=room.pk, user=user)
    _write(room_kinds.ROOM_CREATED, RoomCreated(room.title), room, user)


@receiver(signals.member_joined)
def begin_reading(*, room: Room, user: User, **kwargs: Any) -> None:
    """Newcomers see the room's history, but it is not unread; who comes back reads on where they stopped."""
    _, new = Reader.objects.update_or_create(room_id=room.pk, user=user, defaults={"until_seq": None})
    seq = _write(room_kinds.ROOM_JOINED, Person(user.pk), room, user)
    if new:
        Reader.objects.filter(room_id=room.pk, user=user).update(read_seq=seq)


@receiver(signals.member_left)
def end_reading(*, room: Room, user: User, by: User, reason: str, **kwargs: Any) -> None:
    seq = _write(room_kinds.ROOM_LEFT, RoomLeft(user.pk, by.pk, str(reason)), room, by)
    Reader.objects.filter(room_id=room.pk, user=user).update(until_seq=seq)


@receiver(signals.host_changed)
def tell_host(*, room: Room, user: User, **kwargs: Any) -> None:
    _write(room_kinds.ROOM_HOST, Person(user.pk), room, None)


@receiver(signals.room_renamed)
def tell_name(*, room: Room, by: User, before: str, after: str, **kwargs: Any) -> None:
    _write(room_kinds.ROOM_RENAMED, RoomRenamed(before, after), room, by)


@receiver(signals.member_merged)
def move_reading(*, room: Room, guest: User, into: User, **kwargs: Any) -> None:
    """The account reads on where the guest stopped; the guest's entries keep their sender."""
    seq = _write(room_kinds.ROOM_MERGED, GuestMerged(guest.pk, into.pk), room, guest)
    Reader.objects.get_or_create(room_id=room.pk, user=into)
    # Locked in the order of mark_read(), whose batches may hold both rows while the account reads on elsewhere.
    both = Reader.objects.select_for_update(no_key=True).filter(room_id=room.pk, user__in=[guest, into])
    readers = {reader.user_id: reader for reader in both.order_by("user_id")}
    old, reader = readers.get(guest.pk), readers[into.pk]
    reader.until_seq = None
    reader.read_seq = max(reader.read_seq, old.read_seq if old else 0)
    reader.save(update_fields=["until_seq", "read_seq"])
    if old:
        Reader.objects.filter(pk=old.pk).update(until_seq=seq)


@receiver(access_ended)
def cut_connections(*, user: User, session_key: str | None, **kwargs: Any) -> None:
    transaction.on_commit(lambda: live.end_sessions(user.pk, session_key), robust=True)
