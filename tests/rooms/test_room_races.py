"""Verbs at the same moment, from threads with connections of their own."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from accounts.actions import merge_guest
from accounts.models import User
from rooms import actions
from rooms.errors import RoomError
from rooms.models import Membership, Room
from tests.rooms.cast import make_cast

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*verbs: Callable[[], Any]) -> list[Any]:
    """What each returned, or the code it was refused with; anything else fails the test."""
    start = threading.Barrier(len(verbs))

    def run(verb: Callable[[], Any]) -> Any:
        connection.ensure_connection()
        start.wait()
        try:
            return verb()
        except RoomError as refused:
            return refused.code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(verbs)) as pool:
        return [future.result(timeout=30) for future in [pool.submit(run, verb) for verb in verbs]]


def test_one_person_joining_from_five_tabs_is_in_once(heard: list[Any]) -> None:
    cast = make_cast()
    heard.clear()
    joined = at_once(*[lambda: actions.join_by_invitation(user=cast.outsider, code=cast.link.code)] * 5)
    assert len({membership.pk for membership in joined}) == 1
    assert [name for name, _ in heard] == ["member_joined"]


def test_of_two_guests_who_come_with_one_nickname_one_gets_it() -> None:
    cast = make_cast()
    people = User.objects.count()
    came = at_once(*[lambda: actions.join_as_guest(code=cast.link.code, nickname="훈이", locale="ko")] * 2)
    assert sorted(type(outcome).__name__ for outcome in came) == ["Membership", "str"]
    assert "NICKNAME_TAKEN" in came
    assert User.objects.count() == people + 1


def test_a_guest_s_double_tap_at_one_moment_makes_one_guest() -> None:
    cast, key = make_cast(), uuid4()

    def tap() -> Membership:
        return actions.join_as_guest(code=cast.link.code, nickname="훈이", locale="ko", request_key=key)

    assert len({membership.user_id for membership in at_once(tap, tap, tap)}) == 1


def test_a_double_tap_at_one_moment_makes_one_room() -> None:
    cast, key = make_cast(), uuid4()

    def tap() -> Room:
        return actions.create_room(user=cast.host, title="저녁", request_key=key)

    assert len({room.pk for room in at_once(tap, tap, tap)}) == 1


def test_the_last_place_goes_to_one(monkeypatch: Any) -> None:
    cast = make_cast()
    monkeypatch.setattr(actions, "MEMBERS_MAX", 4)
    late = User.objects.create_user("훈이", "chopsticks-and-rice")
    came = at_once(
        lambda: actions.join_by_invitation(user=cast.outsider, code=cast.link.code),
        lambda: actions.join_by_invitation(user=late, code=cast.link.code),
    )
    assert "ROOM_FULL" in came
    assert Membership.objects.active().filter(room=cast.room).count() == 4


def test_a_link_revoked_meanwhile_lets_in_before_or_not_at_all() -> None:
    cast = make_cast()
    came, _ = at_once(
        lambda: actions.join_by_invitation(user=cast.outsider, code=cast.link.code),
        lambda: actions.revoke_invitation(by=cast.host, invitation=cast.link),
    )
    stays = Membership.objects.active().filter(room=cast.room, user=cast.outsider).exists()
    assert stays == (came != "INVITATION_REVOKED")


def test_everybody_leaving_at_once_leaves_at_most_one_host_at_any_time(heard: list[Any]) -> None:
    cast = make_cast()
    heard.clear()
    leavers = (cast.host, cast.member, cast.guest)
    at_once(*[lambda user=user: actions.leave(user=user, room=cast.room) for user in leavers])
    assert not Membership.objects.active().filter(room=cast.room).exists()
    assert [name for name, _ in heard].count("member_left") == 3


def test_a_guest_who_joins_while_being_merged_is_not_left_behind() -> None:
    cast = make_cast()
    others = [actions.create_room(user=cast.host, title=f"방 {n}") for n in range(3)]
    links = [actions.create_invitation(by=cast.host, room=room, expires_in=None) for room in others]
    at_once(
        lambda: merge_guest(guest=cast.guest, into=cast.outsider),
        *[lambda c=link.code: actions.join_by_invitation(user=cast.guest, code=c) for link in links],
    )
    assert not Membership.objects.active().filter(user=cast.guest).exists()
    assert Membership.objects.active().filter(user=cast.outsider, room=cast.room).exists()


def test_many_verbs_on_a_few_rooms_never_deadlock() -> None:
    cast = make_cast()
    rooms = [actions.create_room(user=cast.host, title=f"방 {n}", is_open=True) for n in range(3)]
    links = [actions.create_invitation(by=cast.host, room=room, expires_in=None) for room in rooms]
    guests = [
        actions.join_as_guest(code=links[n % 3].code, nickname=f"손님 {n}", locale="ko").user
        for n in range(6)
    ]
    for guest in guests:
        for link in links:
            actions.join_by_invitation(user=guest, code=link.code)

    def come_and_go(user: User) -> None:
        for room in (*rooms, *reversed(rooms)):
            actions.join_open(user=user, room=room)
            actions.leave(user=user, room=room)

    at_once(
        *[lambda g=guest: merge_guest(guest=g, into=cast.outsider) for guest in guests],
        lambda: come_and_go(cast.member),
        lambda: come_and_go(cast.outsider),
        lambda: [actions.rename(by=cast.host, room=room, title="새 이름") for room in reversed(rooms)],
    )
    assert not Membership.objects.active().filter(user__in=guests).exists()
