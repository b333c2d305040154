"""Rooms full of signed-in people, written in bulk: the verbs would take minutes, the rows are the ones they leave."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Member:
    """Somebody with a session; `session` is the cookie's value."""

    user_id: int
    session: str


@dataclass(frozen=True)
class Crowd:
    """One room and who is in it."""

    room_id: int
    public_id: str
    members: list[Member]


def settle(rooms: int, members: int) -> list[Crowd]:
    """That many rooms with that many members each, nobody in two of them."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore
    from django.contrib.sessions.models import Session
    from django.utils.crypto import get_random_string

    from accounts.models import User
    from accounts.sessions import BACKEND
    from chat import room_kinds, timeline
    from chat.models import Reader, Timeline
    from rooms.models import Membership, Room

    tag = get_random_string(8).lower()
    users = User.objects.bulk_create(
        [User(nickname=f"b{tag}{n}", username=f"b{tag}{n}", password="!") for n in range(rooms * members)],
        batch_size=1000,
    )
    opened = Room.objects.bulk_create(
        [Room(title=f"room {n}", created_by=users[n * members]) for n in range(rooms)]
    )
    Timeline.objects.bulk_create([Timeline(room=room) for room in opened])
    places = [(opened[n // members], user, n % members == 0) for n, user in enumerate(users)]
    Membership.objects.bulk_create(
        [
            Membership(room=r, user=u, role=Membership.Role.HOST if host else Membership.Role.MEMBER)
            for r, u, host in places
        ],
        batch_size=1000,
    )
    Reader.objects.bulk_create([Reader(room_id=r.pk, user=u) for r, u, _ in places], batch_size=1000)
    created, come = room_kinds.ROOM_CREATED, room_kinds.ROOM_JOINED
    made = [
        timeline.draft(
            created, room_kinds.RoomCreated(r.title), room_id=r.pk, sender_id=r.created_by_id, member=False
        )
        for r in opened
    ]
    joined = [
        timeline.draft(come, room_kinds.Person(u.pk), room_id=r.pk, sender_id=u.pk, member=False)
        for r, u, host in places
        if not host
    ]
    for drafts in (made, joined):
        for start in range(0, len(drafts), 1000):
            timeline.append(drafts[start : start + 1000])

    store = SessionStore()
    sessions = []
    for user in users:
        row = SessionStore(get_random_string(32).lower()).create_model_instance(
            {
                SESSION_KEY: str(user.pk),
                BACKEND_SESSION_KEY: BACKEND,
                HASH_SESSION_KEY: user.get_session_auth_hash(),
            }
        )
        row.expire_date = store.get_expiry_date()
        sessions.append(row)
    Session.objects.bulk_create(sessions, batch_size=1000)
    people = [Member(user.pk, row.session_key) for user, row in zip(users, sessions, strict=True)]
    return [
        Crowd(room.pk, room.public_id, people[n * members : (n + 1) * members])
        for n, room in enumerate(opened)
    ]
