"""Going, being removed, and guests who become others: who is in the room then, and who is its host."""

from typing import Any

import pytest

from accounts.actions import merge_guest, upgrade_guest
from accounts.models import User
from rooms import actions
from rooms.models import Membership, Room
from tests.rooms.outcome import Heard, code_of, host_of, inside, names

# --- going ------------------------------------------------------------------------------------------------


def test_leaving_twice_is_leaving_once(cast: Any, heard: Heard) -> None:
    for _ in range(2):
        actions.leave(user=cast.member, room=cast.room)
    told = {"room": cast.room, "user": cast.member, "by": cast.member, "reason": "left"}
    assert heard == [("member_left", told)]
    assert not Room.objects.visible_to(cast.member).exists()


def test_an_outsider_cannot_leave(cast: Any) -> None:
    assert code_of(actions.leave, user=cast.outsider, room=cast.room) == "NOT_FOUND"


def test_coming_back_is_a_new_stay(cast: Any) -> None:
    actions.leave(user=cast.member, room=cast.room)
    actions.join_by_invitation(user=cast.member, code=cast.link.code)
    assert Membership.objects.filter(room=cast.room, user=cast.member).count() == 2


def test_when_the_host_leaves_the_longest_standing_full_member_is_host(cast: Any, heard: Heard) -> None:
    actions.join_by_invitation(user=cast.outsider, code=cast.link.code)
    heard.clear()
    actions.leave(user=cast.host, room=cast.room)
    assert names(heard) == ["host_changed", "member_left"]
    assert host_of(cast.room) == cast.member


def test_a_guest_never_inherits_a_room_until_a_full_account(cast: Any) -> None:
    actions.leave(user=cast.member, room=cast.room)
    actions.leave(user=cast.host, room=cast.room)
    assert host_of(cast.room) is None
    upgrade_guest(user=cast.guest, nickname="맹구", password="chopsticks-and-rice")
    assert host_of(cast.room) == cast.guest


def test_a_room_without_a_host_goes_to_the_next_full_member(cast: Any, heard: Heard) -> None:
    for user in (cast.guest, cast.member, cast.host):
        actions.leave(user=user, room=cast.room)
    assert inside(cast.room) == set()
    heard.clear()
    actions.join_by_invitation(user=cast.outsider, code=cast.link.code)
    assert names(heard) == ["member_joined", "host_changed"]
    assert host_of(cast.room) == cast.outsider


# --- being removed ----------------------------------------------------------------------------------------


def test_removing_twice_is_removing_once(cast: Any, heard: Heard) -> None:
    for _ in range(2):
        actions.remove_member(by=cast.host, room=cast.room, user=cast.member)
    told = {"room": cast.room, "user": cast.member, "by": cast.host, "reason": "removed"}
    assert heard == [("member_left", told)]


def test_who_was_removed_cannot_come_back(cast: Any) -> None:
    Room.objects.filter(pk=cast.room.pk).update(is_open=True)
    actions.remove_member(by=cast.host, room=cast.room, user=cast.member)
    assert code_of(actions.join_by_invitation, user=cast.member, code=cast.link.code) == "REMOVED"
    assert code_of(actions.join_open, user=cast.member, room=cast.room) == "REMOVED"
    assert not Room.objects.open_to(cast.member).exists()


def test_a_removed_guest_cannot_come_back_as_the_account_it_became(cast: Any) -> None:
    Room.objects.filter(pk=cast.room.pk).update(is_open=True)
    actions.remove_member(by=cast.host, room=cast.room, user=cast.guest)
    merge_guest(guest=cast.guest, into=cast.outsider)
    assert code_of(actions.join_by_invitation, user=cast.outsider, code=cast.link.code) == "REMOVED"
    assert not Room.objects.open_to(cast.outsider).exists()


@pytest.mark.parametrize("who", ["member", "guest", "outsider"])
def test_only_the_host_removes_renames_invites_and_revokes(cast: Any, who: str) -> None:
    by = getattr(cast, who)
    room = cast.room
    assert code_of(actions.remove_member, by=by, room=room, user=cast.host) == "NOT_HOST"
    assert code_of(actions.rename, by=by, room=room, title="내 방") == "NOT_HOST"
    assert code_of(actions.create_invitation, by=by, room=room, expires_in=None) == "NOT_HOST"
    assert code_of(actions.revoke_invitation, by=by, invitation=cast.link) == "NOT_HOST"


def test_the_host_removes_others_who_are_there(cast: Any) -> None:
    remove, room = actions.remove_member, cast.room
    assert code_of(remove, by=cast.host, room=room, user=cast.host) == "NOT_YOURSELF"
    assert code_of(remove, by=cast.host, room=room, user=cast.outsider) == "NOT_MEMBER"


def test_an_operator_may_remove_even_the_host(cast: Any, heard: Heard) -> None:
    operator = User.objects.create_superuser("operator", "chopsticks-and-rice")
    actions.remove_member(by=operator, room=cast.room, user=cast.host)
    assert names(heard) == ["host_changed", "member_left"]
    assert host_of(cast.room) == cast.member


# --- merging ----------------------------------------------------------------------------------------------


def test_a_merged_guest_s_stay_moves_to_the_account(cast: Any, heard: Heard) -> None:
    merge_guest(guest=cast.guest, into=cast.outsider)
    told = {"room": cast.room, "guest": cast.guest, "into": cast.outsider, "moved": True}
    assert heard == [("member_merged", told)]
    assert inside(cast.room) == {"짱구", "철수", "유리"}


def test_an_account_that_is_there_already_keeps_its_stay_and_role(cast: Any, heard: Heard) -> None:
    merge_guest(guest=cast.guest, into=cast.host)
    told = {"room": cast.room, "guest": cast.guest, "into": cast.host, "moved": False}
    assert heard == [("member_merged", told)]
    assert host_of(cast.room) == cast.host
    ended = Membership.objects.get(room=cast.room, user=cast.guest)
    assert ended.ended_by == "merged"
    assert ended.left_at


def test_who_was_removed_does_not_come_back_by_a_guest(cast: Any, heard: Heard) -> None:
    actions.remove_member(by=cast.host, room=cast.room, user=cast.member)
    heard.clear()
    merge_guest(guest=cast.guest, into=cast.member)
    assert names(heard) == ["member_left"]
    assert inside(cast.room) == {"짱구"}


def test_an_account_that_takes_over_a_guest_hosts_the_room_without_a_host(cast: Any) -> None:
    actions.leave(user=cast.member, room=cast.room)
    actions.leave(user=cast.host, room=cast.room)
    merge_guest(guest=cast.guest, into=cast.outsider)
    assert host_of(cast.room) == cast.outsider


def test_what_a_guest_had_left_stays_left(cast: Any) -> None:
    actions.leave(user=cast.guest, room=cast.room)
    merge_guest(guest=cast.guest, into=cast.outsider)
    assert "유리" not in inside(cast.room)
