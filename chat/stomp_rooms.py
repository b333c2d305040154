"""Rooms as STOMP clients come into them: open ones on asking, topics on first use. Blocking, for a store's thread."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

from django.db import IntegrityError, transaction

from accounts.models import User
from chat import timeline
from chat.errors import NO_ROOM, ChatError, Refusal
from chat.models import Topic
from rooms import actions as room_actions
from rooms.errors import RoomError
from rooms.models import TITLE_MAX, Room

TOPICS_MAX: Final = 100  # that one person may make
TOO_MANY_TOPICS: Final = Refusal(
    "TOO_MANY_TOPICS", f"One person makes at most {TOPICS_MAX} topics.", status=409
)


class RoomRef(NamedTuple):
    id: int
    public_id: str


def enter(user_id: int, public_id: str) -> int:
    """Be in a room: who is not yet comes into it if it is open. Returns the room's head before, so that what follows it
    begins with one's own entry. ChatError NO_ROOM and what `join_open` refuses."""
    room = Room.objects.filter(public_id=public_id).first()
    if room is None:
        raise ChatError(NO_ROOM)
    head = timeline.heads([room.pk])[room.pk]
    with _refusals():
        room_actions.join_open(user=User.objects.get(pk=user_id), room=room)
    return head


def topic(user_id: int, name: str) -> RoomRef:
    """The topic's room, made if there is none, and the person in it. ChatError TOO_MANY_TOPICS and what `create_room`
    and `join_open` refuse (GUEST, ROOM_FULL, TOO_MANY_ROOMS, REMOVED)."""
    user = User.objects.get(pk=user_id)
    with _refusals():
        room = Room.objects.filter(topic__name=name).first() or _make(user, name)
        room_actions.join_open(user=user, room=room)
    return RoomRef(room.pk, room.public_id)


def _make(user: User, name: str) -> Room:
    try:
        with transaction.atomic():
            User.objects.select_for_update(no_key=True).get(pk=user.pk)  # two at once count each other
            if Topic.objects.filter(made_by=user).count() >= TOPICS_MAX:
                raise ChatError(TOO_MANY_TOPICS)
            room = room_actions.create_room(user=user, title=name[:TITLE_MAX], is_open=True)
            Topic.objects.create(name=name, room=room, made_by=user)
            return room
    except IntegrityError:  # somebody was quicker; our room is rolled back
        return Room.objects.get(topic__name=name)


@contextmanager
def _refusals() -> Iterator[None]:
    """rooms' refusals as chat's, with the same codes."""
    try:
        yield
    except RoomError as error:
        if error.code == "NOT_FOUND":
            raise ChatError(NO_ROOM) from error
        raise ChatError(Refusal(error.code, error.detail, error.retry, error.status)) from error
