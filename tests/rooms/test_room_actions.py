"""Making a room, coming in, its name and links; and that each verb is done whole or not at all."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.actions import deactivate, merge_guest
from accounts.models import User
from rooms import actions, signals
from rooms.models import Invitation, Membership, Room
from tests.rooms.outcome import Heard, code_of, host_of, names

DAY = timedelta(days=1)


# --- making a room ----------------------------------------------------------------------------------------


def test_who_makes_a_room_is_its_host(cast: Any, heard: Heard) -> None:
    room = actions.create_room(user=cast.outsider, title="  저녁   같이 ", is_open=True)
    assert room.title == "저녁 같이"
    assert host_of(room) == cast.outsider
    assert heard == [("room_created", {"room": room, "user": cast.outsider})]


def test_a_double_tap_makes_one_room(cast: Any, heard: Heard) -> None:
    key = uuid4()
    one, two = (actions.create_room(user=cast.host, title="저녁", request_key=key) for _ in range(2))
    assert one == two
    assert names(heard) == ["room_created"]
    assert actions.create_room(user=cast.outsider, title="저녁", request_key=key) != one


@pytest.mark.parametrize(
    ("title", "code"),
    [
        ("", "TITLE_EMPTY"),
        ("   ", "TITLE_EMPTY"),
        ("방" * 61, "TITLE_TOO_LONG"),
        ("방" * 100_000, "TITLE_TOO_LONG"),
        ("\u3164", "TITLE_INVISIBLE"),
        ("a\x00b", "TITLE_INVISIBLE"),
        ("\u202eabc", "TITLE_INVISIBLE"),
        ("a\nb", "TITLE_INVISIBLE"),
        ("\u200d", "TITLE_INVISIBLE"),
        ("\ud800", "TITLE_INVISIBLE"),
    ],
)
def test_a_title_must_be_seen_and_fit(cast: Any, title: str, code: str) -> None:
    assert code_of(actions.create_room, user=cast.host, title=title) == code


def test_family_emoji_stay_whole_in_a_title(cast: Any) -> None:
    assert actions.create_room(user=cast.host, title="가족 👨‍👩‍👧").title == "가족 👨‍👩‍👧"


def test_guests_do_not_make_rooms_or_find_open_ones(cast: Any) -> None:
    open_room = actions.create_room(user=cast.host, title="열린 방", is_open=True)
    assert code_of(actions.create_room, user=cast.guest, title="손님 방") == "GUEST"
    assert code_of(actions.join_open, user=cast.guest, room=open_room) == "GUEST"


def test_a_person_is_in_a_bounded_number_of_rooms(cast: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(actions, "ROOMS_MAX", 1)
    assert code_of(actions.create_room, user=cast.host, title="또") == "TOO_MANY_ROOMS"


# --- coming in --------------------------------------------------------------------------------------------


def test_joining_twice_is_one_membership_and_one_signal(cast: Any, heard: Heard) -> None:
    one, two = (actions.join_by_invitation(user=cast.outsider, code=cast.link.code) for _ in range(2))
    assert one == two
    assert heard == [("member_joined", {"room": cast.room, "user": cast.outsider, "membership": one})]


def test_a_closed_room_is_not_found_by_those_without_a_link(cast: Any) -> None:
    assert code_of(actions.join_open, user=cast.outsider, room=cast.room) == "NOT_FOUND"


def test_an_open_room_lets_full_accounts_in(cast: Any, heard: Heard) -> None:
    Room.objects.filter(pk=cast.room.pk).update(is_open=True)
    assert list(Room.objects.open_to(cast.outsider)) == [cast.room]
    for _ in range(2):
        actions.join_open(user=cast.outsider, room=cast.room)
    assert names(heard) == ["member_joined"]
    assert not Room.objects.open_to(cast.outsider).exists()


@pytest.mark.parametrize("expired", [True, False])
def test_a_link_that_has_ended_lets_nobody_in(cast: Any, expired: bool) -> None:
    if expired:
        Invitation.objects.update(expires_at=timezone.now())
    else:
        actions.revoke_invitation(by=cast.host, invitation=cast.link)
    expected = "INVITATION_EXPIRED" if expired else "INVITATION_REVOKED"
    assert code_of(actions.join_by_invitation, user=cast.outsider, code=cast.link.code) == expected
    people = User.objects.count()
    assert code_of(actions.join_as_guest, code=cast.link.code, nickname="훈이", locale="ko") == expected
    assert User.objects.count() == people
    assert actions.join_by_invitation(user=cast.member, code=cast.link.code)  # is in already
    assert not cast.room.invitations.usable().exists()


def test_a_link_lasts_as_long_as_it_was_made_for(cast: Any) -> None:
    link = actions.create_invitation(by=cast.host, room=cast.room, expires_in=DAY)
    assert link.refusal == ""
    assert abs(link.expires_at - timezone.now() - DAY) < timedelta(minutes=1)


def test_an_unknown_link_leads_nowhere(cast: Any) -> None:
    assert code_of(actions.join_by_invitation, user=cast.outsider, code="nothing") == "NOT_FOUND"


@pytest.mark.parametrize("nickname", ["맹구", " 철수 ", "짱구"])
def test_a_guest_s_nickname_is_nobody_else_s_in_the_room(cast: Any, nickname: str) -> None:
    people = User.objects.count()
    assert (
        code_of(actions.join_as_guest, code=cast.link.code, nickname=nickname, locale="ko")
        == "NICKNAME_TAKEN"
    )
    assert User.objects.count() == people


def test_a_nickname_is_free_again_when_its_guest_has_left(cast: Any) -> None:
    actions.leave(user=cast.guest, room=cast.room)
    assert actions.join_as_guest(code=cast.link.code, nickname="맹구", locale="en").user.locale == "en"


def test_a_guest_s_double_tap_makes_one_guest_but_not_for_long(cast: Any, heard: Heard) -> None:
    key = uuid4()
    form = {"code": cast.link.code, "nickname": "훈이", "locale": "ko", "request_key": key}
    one, two = actions.join_as_guest(**form), actions.join_as_guest(**form)
    assert one.user == two.user
    assert names(heard) == ["member_joined"]
    Membership.objects.filter(pk=one.pk).update(joined_at=timezone.now() - actions.DOUBLE_TAP)
    assert code_of(actions.join_as_guest, **form) == "NICKNAME_TAKEN"


def test_a_full_room_is_full(cast: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(actions, "MEMBERS_MAX", 3)
    assert code_of(actions.join_by_invitation, user=cast.outsider, code=cast.link.code) == "ROOM_FULL"


def test_a_closed_account_cannot_join(cast: Any) -> None:
    deactivate(user=cast.outsider)
    assert code_of(actions.join_by_invitation, user=cast.outsider, code=cast.link.code) == "INACTIVE"


# --- names and links --------------------------------------------------------------------------------------


def test_renaming_says_before_and_after_once(cast: Any, heard: Heard) -> None:
    for _ in range(2):
        actions.rename(by=cast.host, room=cast.room, title=" 저녁 같이 ")
    told = {"room": cast.room, "by": cast.host, "before": "점심 같이", "after": "저녁 같이"}
    assert heard == [("room_renamed", told)]


def test_a_room_has_a_bounded_number_of_links(cast: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(actions, "INVITATIONS_MAX", 1)
    refused = code_of(actions.create_invitation, by=cast.host, room=cast.room, expires_in=None)
    assert refused == "TOO_MANY_INVITATIONS"
    actions.revoke_invitation(by=cast.host, invitation=cast.link)
    assert actions.create_invitation(by=cast.host, room=cast.room, expires_in=None)


def test_revoking_again_keeps_the_first_time(cast: Any) -> None:
    actions.revoke_invitation(by=cast.host, invitation=cast.link)
    cast.link.refresh_from_db()
    first = cast.link.revoked_at
    actions.revoke_invitation(by=cast.host, invitation=cast.link)
    cast.link.refresh_from_db()
    assert cast.link.revoked_at == first


# --- all or nothing ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("signal", "verb"),
    [
        ("room_created", lambda c: actions.create_room(user=c.host, title="새 방")),
        ("member_joined", lambda c: actions.join_by_invitation(user=c.outsider, code=c.link.code)),
        ("member_joined", lambda c: actions.join_as_guest(code=c.link.code, nickname="훈이", locale="ko")),
        ("member_left", lambda c: actions.leave(user=c.host, room=c.room)),
        ("host_changed", lambda c: actions.leave(user=c.host, room=c.room)),
        ("member_left", lambda c: actions.remove_member(by=c.host, room=c.room, user=c.member)),
        ("room_renamed", lambda c: actions.rename(by=c.host, room=c.room, title="다른 이름")),
        ("member_merged", lambda c: merge_guest(guest=c.guest, into=c.outsider)),
    ],
)
def test_a_receiver_that_fails_undoes_the_verb(cast: Any, signal: str, verb: Callable[[Any], Any]) -> None:
    def state() -> list[Any]:
        stays = Membership.objects.order_by("pk").values_list("user", "room", "role", "left_at", "ended_by")
        people = User.objects.order_by("pk").values_list("pk", "is_active", "merged_into")
        return [*stays, *people, *Room.objects.order_by("pk").values_list("pk", "title")]

    def fail(**told: Any) -> None:
        assert transaction.get_connection().in_atomic_block
        raise RuntimeError("no")

    before = state()
    getattr(signals, signal).connect(fail)
    try:
        with pytest.raises(RuntimeError):
            verb(cast)
    finally:
        getattr(signals, signal).disconnect(fail)
    assert state() == before


def test_the_database_itself_allows_one_stay_and_one_host(cast: Any) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.create(room=cast.room, user=cast.member)
    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.filter(room=cast.room, user=cast.member).update(role="host")
    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.filter(room=cast.room, user=cast.member).update(left_at=timezone.now())
