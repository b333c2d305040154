"""An app above rooms may refuse a joining or a leaving: every entrance asks it first."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import pytest
from django.dispatch import Signal
from django.urls import reverse

from accounts.actions import merge_guest
from accounts.models import User
from rooms import actions, signals
from rooms.errors import RoomError
from rooms.models import Membership, Room
from tests.rooms.cast import signed_in


class Refused(RoomError):
    refusals: ClassVar[Any] = {"NOT_TODAY": (409, "Not today.")}


@contextmanager
def minding(signal: Signal) -> Iterator[list[dict[str, Any]]]:
    asked: list[dict[str, Any]] = []

    def mind(sender: Any, **told: Any) -> None:
        asked.append(told)
        raise Refused("NOT_TODAY")

    signal.connect(mind)
    try:
        yield asked
    finally:
        signal.disconnect(mind)


def members(room: Room) -> int:
    return Membership.objects.active().filter(room=room).count()


@pytest.mark.parametrize(
    "entrance",
    [
        lambda cast: actions.join_open(user=cast.outsider, room=cast.room),
        lambda cast: actions.join_by_invitation(user=cast.outsider, code=cast.link.code),
        lambda cast: actions.join_as_guest(code=cast.link.code, nickname="훈이", locale="ko"),
    ],
)
def test_every_entrance_may_be_refused_and_then_nothing_was_written(
    cast: Any, heard: list[Any], entrance: Callable[[Any], Any]
) -> None:
    Room.objects.update(is_open=True)
    people = User.objects.count()
    heard.clear()
    with minding(signals.member_joining) as asked, pytest.raises(Refused) as refused:
        entrance(cast)
    assert asked[0]["room"] == cast.room
    assert (refused.value.code, refused.value.status, refused.value.detail) == (
        "NOT_TODAY",
        409,
        "Not today.",
    )
    assert (members(cast.room), User.objects.count(), heard) == (3, people, [])


def test_who_is_in_already_is_not_asked_about(cast: Any) -> None:
    with minding(signals.member_joining) as asked:
        actions.join_by_invitation(user=cast.member, code=cast.link.code)
    assert asked == []


def test_leaving_and_removing_may_be_refused(cast: Any) -> None:
    with minding(signals.member_leaving) as asked:
        with pytest.raises(Refused):
            actions.leave(user=cast.member, room=cast.room)
        with pytest.raises(Refused):
            actions.remove_member(by=cast.host, room=cast.room, user=cast.member)
    assert [(told["user"], told["by"], told["reason"]) for told in asked] == [
        (cast.member, cast.member, "left"),
        (cast.member, cast.host, "removed"),
    ]
    assert members(cast.room) == 3


def test_the_pages_say_why(cast: Any) -> None:
    with minding(signals.member_leaving):
        answer = signed_in(cast.member).post(reverse("rooms:leave", args=[cast.room.public_id]))
    assert (answer.status_code, "Not today." in answer.content.decode()) == (409, True)
    with minding(signals.member_joining):
        answer = signed_in(cast.outsider).post(cast.link.get_absolute_url())
    assert (answer.status_code, "Not today." in answer.content.decode()) == (409, True)


def test_nothing_holds_a_guest_who_became_somebody_who_was_removed(cast: Any) -> None:
    actions.remove_member(by=cast.host, room=cast.room, user=cast.member)
    with minding(signals.member_leaving):
        merge_guest(guest=cast.guest, into=cast.member)
    assert members(cast.room) == 1


def test_the_host_hands_over_and_there_is_one_host(cast: Any, heard: list[Any]) -> None:
    heard.clear()
    for _ in range(2):
        actions.hand_over(room=cast.room, to=cast.member)
    hosts = Membership.objects.active().filter(room=cast.room, role=Membership.Role.HOST)
    assert [stay.user for stay in hosts] == [cast.member]
    assert [(name, told["user"]) for name, told in heard] == [("host_changed", cast.member)]


@pytest.mark.parametrize(("who", "code"), [("guest", "GUEST"), ("outsider", "NOT_MEMBER")])
def test_hosting_goes_to_full_members_only(cast: Any, who: str, code: str) -> None:
    with pytest.raises(RoomError) as refused:
        actions.hand_over(room=cast.room, to=getattr(cast, who))
    assert refused.value.code == code
