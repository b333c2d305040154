"""A verb's change and its entry: both are there or neither, wherever its process dies."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from killing import run_killed_at

from accounts.actions import create_guest, merge_guest, upgrade_guest
from accounts.models import User
from chat import actions as chat
from chat.models import Entry, Reader, Timeline
from rooms import actions
from rooms.models import Invitation, Membership, Room

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults]

KEY = UUID(int=7)


@dataclass(frozen=True)
class Scene:
    """Two rooms; the guest is in both, the member and a text of theirs (number 4) in the first."""

    host: User
    member: User
    newcomer: User
    guest: User
    room: Room
    second: Room
    invitation: Invitation


@dataclass(frozen=True)
class State:
    """Everything that verbs change, by names instead of ids."""

    people: list[Any]
    rooms: list[Any]
    memberships: list[Any]
    readers: list[Any]
    entries: list[Any]

    def kinds(self) -> list[str]:
        return [entry[2] for entry in self.entries]


def state() -> State:
    people = dict(User.objects.values_list("pk", "nickname"))
    rooms = dict(Room.objects.values_list("pk", "title"))
    stays = Membership.objects.order_by("room_id", "joined_at", "pk")
    return State(
        sorted(
            (u.nickname, u.is_guest, u.is_active, people.get(u.merged_into_id)) for u in User.objects.all()
        ),
        sorted((r.title, Timeline.objects.filter(room=r).exists()) for r in Room.objects.all()),
        sorted((rooms[m.room_id], people[m.user_id], m.role, m.left_at is None, m.ended_by) for m in stays),
        sorted(
            (rooms[r.room_id], people[r.user_id], r.until_seq or 0, r.read_seq) for r in Reader.objects.all()
        ),
        [
            (rooms[e.room_id], e.seq, e.kind, people.get(e.sender_id), _named(e.data, people), e.rev)
            for e in Entry.objects.order_by("room_id", "seq")
        ],
    )


def _named(data: dict[str, Any], people: dict[int, str]) -> str:
    return json.dumps({k: people[v] if k in {"user", "by", "into"} else v for k, v in data.items()})


def check_agreement() -> None:
    """Numbers without a gap; who is a member reads on, who is not stopped at the entry that says so."""
    for room in Room.objects.all():
        entries = {e.seq: e for e in Entry.objects.filter(room_id=room.pk)}
        assert sorted(entries) == list(range(1, len(entries) + 1))
        members = set(Membership.objects.active().filter(room=room).values_list("user_id", flat=True))
        readers = Reader.objects.filter(room_id=room.pk)
        assert {r.user_id for r in readers if r.until_seq is None} == members
        for reader in readers:
            if reader.until_seq is not None:
                last = entries[reader.until_seq]
                assert last.kind in {"room.left", "room.merged"}
                assert last.data["user"] == reader.user_id


def scene() -> Scene:
    host, member, newcomer = (User.objects.create_user(name) for name in ("짱구", "철수", "훈이"))
    guest = create_guest(nickname="맹구", locale="ko")
    room = actions.create_room(user=host, title="떡볶이", is_open=True)  # 1
    invitation = actions.create_invitation(by=host, room=room, expires_in=None)
    actions.join_open(user=member, room=room)  # 2
    actions.join_by_invitation(user=guest, code=invitation.code)  # 3
    chat.post(user=member, room=room, cid="text", body="안녕")  # 4
    second = actions.create_room(user=host, title="김밥")
    link = actions.create_invitation(by=host, room=second, expires_in=None)
    actions.join_by_invitation(user=guest, code=link.code)
    actions.leave(user=host, room=second)  # only the guest is left: no host
    return Scene(host, member, newcomer, guest, room, second, invitation)


@dataclass(frozen=True)
class Verb:
    """A verb, the kinds of the entries that it writes, and whether calling it again changes nothing."""

    call: Callable[[Scene], object]
    writes: list[str]
    repeatable: bool = True


VERBS = {
    "create_room": Verb(
        lambda s: actions.create_room(user=s.host, title="라면", request_key=KEY), ["room.created"]
    ),
    "join_open": Verb(lambda s: actions.join_open(user=s.newcomer, room=s.room), ["room.joined"]),
    "join_by_invitation": Verb(
        lambda s: actions.join_by_invitation(user=s.newcomer, code=s.invitation.code), ["room.joined"]
    ),
    "join_as_guest": Verb(
        lambda s: actions.join_as_guest(
            code=s.invitation.code, nickname="유리", locale="ko", request_key=KEY
        ),
        ["room.joined"],
    ),
    "leave": Verb(lambda s: actions.leave(user=s.member, room=s.room), ["room.left"]),
    "leave_as_host": Verb(lambda s: actions.leave(user=s.host, room=s.room), ["room.host", "room.left"]),
    "remove_member": Verb(
        lambda s: actions.remove_member(by=s.host, room=s.room, user=s.member), ["room.left"]
    ),
    "rename": Verb(lambda s: actions.rename(by=s.host, room=s.room, title="라면"), ["room.renamed"]),
    "merge_guest": Verb(
        lambda s: merge_guest(guest=s.guest, into=s.member), ["room.merged", "room.merged", "room.host"]
    ),
    "upgrade_guest": Verb(
        lambda s: upgrade_guest(user=s.guest, nickname="맹구왕", password="rice"), ["room.host"]
    ),
    "edit": Verb(
        lambda s: chat.edit(user_id=s.member.pk, room_id=s.room.pk, cid="e", seq=4, body="고침"), ["edit"]
    ),
    "delete": Verb(lambda s: chat.delete(user_id=s.host.pk, room_id=s.room.pk, cid="d", seq=4), ["delete"]),
    "delete_by_operator": Verb(
        lambda s: chat.delete_by_operator(entry=Entry.objects.get(room_id=s.room.pk, seq=4)),
        ["delete"],
        repeatable=False,  # NOT_EDITABLE: it is deleted
    ),
}


@pytest.fixture(autouse=True)
def a_connection_that_can_be_forked(
    db: None, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> Iterator[None]:
    """Without a pool: its threads would not live on in the child."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    connection.close()
    connection.close_pool()
    options = connection.settings_dict["OPTIONS"]
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", {k: options[k] for k in options if k != "pool"})
    yield
    connection.close()


@pytest.mark.parametrize("name", VERBS)
def test_a_verb_killed_at_any_point_leaves_its_change_and_its_entry_or_neither(name: str) -> None:
    verb, cast = VERBS[name], scene()
    before, points = state(), 0
    while True:
        points += 1
        ending = run_killed_at(points, lambda: verb.call(cast))
        assert ending.killed, "the verb has no COMMIT"
        if ending.committed:
            break
        assert state() == before, ending.passed[-1]
    assert ending.passed[-1] == "after COMMIT"
    assert points > 8, "the points are not reached"

    after = state()
    check_agreement()
    new = after.kinds()
    for kind in before.kinds():
        new.remove(kind)
    assert sorted(new) == sorted(verb.writes)
    rest = [
        (s.people, s.rooms, s.memberships, [e for e in s.entries if e[2] == "text"]) for s in (before, after)
    ]
    assert rest[0] != rest[1], "the verb changed nothing"
    if verb.repeatable:
        verb.call(cast)
        assert state() == after, "the sender's second try wrote again"
    assert not run_killed_at(10_000, lambda: Room.objects.count()).killed
