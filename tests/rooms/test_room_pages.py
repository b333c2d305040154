from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from rooms import actions
from rooms.models import Membership, Room
from tests.rooms.cast import signed_in

# session, person, whether it is the room of a post, room, how many, stays, links, whom one has blocked, the bell
MEMBERS_QUERIES = 9


def inside(room: Room) -> set[str]:
    return set(Membership.objects.active().filter(room=room).values_list("user__nickname", flat=True))


def url(name: str, cast: Any, *more: Any) -> str:
    return reverse(f"rooms:{name}", args=[cast.room.public_id, *more])


def every_room_url(cast: Any) -> list[tuple[str, str]]:
    return [
        ("get", url("members", cast)),
        ("post", url("join", cast)),
        ("post", url("leave", cast)),
        ("post", url("rename", cast)),
        ("post", url("invite", cast)),
        ("post", url("remove", cast, cast.member.pk)),
        ("post", url("revoke", cast, cast.link.code)),
    ]


def test_an_outsider_finds_no_page_of_the_room(cast: Any) -> None:
    client = signed_in(cast.outsider)
    for method, address in every_room_url(cast):
        answer = getattr(client, method)(address, {"title": "x", "expires": "1d"})
        missing = getattr(client, method)(address.replace(cast.room.public_id, "AAAAAAAAAAAA"))
        assert (address, answer.status_code) == (address, 404)
        assert missing.status_code == 404
        assert cast.room.title not in answer.content.decode()
    assert inside(cast.room) == {"짱구", "철수", "맹구"}


def test_who_was_removed_finds_no_page_of_the_room(cast: Any) -> None:
    actions.remove_member(by=cast.host, room=cast.room, user=cast.member)
    client = signed_in(cast.member)
    assert client.get(url("members", cast)).status_code == 404
    assert client.post(url("rename", cast), {"title": "x"}).status_code == 404


def test_nobody_signed_out_learns_whether_a_room_exists(cast: Any, client: Client) -> None:
    for method, address in every_room_url(cast):
        answer = getattr(client, method)(address)
        assert answer.status_code == 302
        assert answer.url.startswith(reverse("account_login"))


def test_every_form_needs_its_token(cast: Any) -> None:
    client = signed_in(cast.host, enforce_csrf_checks=True)
    posts = [address for method, address in every_room_url(cast) if method == "post"]
    for address in [*posts, reverse("rooms:create"), cast.link.get_absolute_url()]:
        assert client.post(address).status_code == 403


def test_what_changes_something_is_not_a_link(cast: Any) -> None:
    client = signed_in(cast.host)
    for method, address in every_room_url(cast):
        if method == "post":
            assert client.get(address).status_code == 405


def test_a_room_is_made_from_the_form_and_opened(cast: Any) -> None:
    client = signed_in(cast.host)
    form = client.get(reverse("rooms:create")).context["form"]
    data = {"title": "저녁", "is_open": "on", "request_key": str(form["request_key"].value())}
    first, second = (client.post(reverse("rooms:create"), data) for _ in range(2))
    assert first.status_code == 302
    assert first.url == second.url
    assert Room.objects.get(title="저녁").get_absolute_url() == first.url


@pytest.mark.parametrize("title", ["", "방" * 61, "\u3164"])
def test_a_bad_name_is_said_at_its_field(cast: Any, title: str) -> None:
    answer = signed_in(cast.host).post(reverse("rooms:create"), {"title": title})
    assert answer.status_code == 400
    assert "title" in answer.context["form"].errors
    assert Room.objects.count() == 1


def test_a_guest_who_wants_a_room_is_shown_the_way_to_an_account(cast: Any) -> None:
    for answer in (
        signed_in(cast.guest).get(reverse("rooms:create")),
        signed_in(cast.guest).post(reverse("rooms:create"), {"title": "방"}),
    ):
        assert answer.status_code == 403
        assert reverse("accounts:upgrade") in answer.content.decode()


@pytest.mark.parametrize(("locale", "words"), [("ko", "방 나가기"), ("en", "Leave the room")])
def test_the_members_page_speaks_the_person_s_language(cast: Any, locale: str, words: str) -> None:
    User.objects.filter(pk=cast.host.pk).update(locale=locale)
    page = signed_in(cast.host).get(url("members", cast)).content.decode()
    assert words in page
    assert all(name in page for name in ("짱구", "철수", "맹구"))
    assert f"http://testserver{cast.link.get_absolute_url()}" in page


def test_only_the_host_sees_links_and_buttons(cast: Any) -> None:
    page = signed_in(cast.member).get(url("members", cast)).content.decode()
    assert cast.link.code not in page
    assert "/remove/" not in page


def test_the_members_page_costs_the_same_however_many_are_there(cast: Any) -> None:
    client = signed_in(cast.host)
    client.get(url("members", cast))

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert client.get(url("members", cast)).status_code == 200
        return len(captured)

    few = queries()
    for n in range(20):
        actions.join_as_guest(code=cast.link.code, nickname=f"손님 {n}", locale="ko")
        actions.create_invitation(by=cast.host, room=cast.room, expires_in=None)
    assert queries() == few <= MEMBERS_QUERIES


def test_names_are_text_wherever_they_stand(cast: Any) -> None:
    actions.join_as_guest(code=cast.link.code, nickname="<b onclick=x>", locale="ko")
    actions.rename(by=cast.host, room=cast.room, title="<script>alert(1)</script>")
    for address in (url("members", cast), cast.link.get_absolute_url()):
        for person in (cast.host, cast.outsider):
            page = signed_in(person).get(address).content.decode()
            assert "<b onclick" not in page
            assert "<script>alert" not in page


def test_the_host_removes_somebody_and_stays_on_the_page(cast: Any) -> None:
    client = signed_in(cast.host)
    for _ in range(2):
        answer = client.post(url("remove", cast, cast.member.pk))
        assert answer.url == url("members", cast)
    assert inside(cast.room) == {"짱구", "맹구"}
    assert client.post(url("remove", cast, cast.outsider.pk)).status_code == 404


def test_a_refusal_stands_on_the_page_as_a_sentence(cast: Any) -> None:
    answer = signed_in(cast.member).post(url("remove", cast, cast.guest.pk))
    assert answer.status_code == 403
    assert "방장만 할 수 있어요." in answer.content.decode()
    assert "맹구" in inside(cast.room)


def test_the_host_renames_the_room(cast: Any) -> None:
    client = signed_in(cast.host)
    assert client.post(url("rename", cast), {"title": "저녁"}).status_code == 302
    assert Room.objects.get().title == "저녁"
    assert client.post(url("rename", cast), {"title": ""}).status_code == 400
    assert client.post(url("rename", cast)).status_code == 400


@pytest.mark.parametrize(("expires", "ends"), [("1d", True), ("7d", True), ("never", False)])
def test_the_host_makes_and_revokes_a_link(cast: Any, expires: str, ends: bool) -> None:
    client = signed_in(cast.host)
    client.post(url("invite", cast), {"expires": expires})
    link = cast.room.invitations.latest("pk")
    assert (link.expires_at is not None) == ends
    for _ in range(2):
        assert client.post(url("revoke", cast, link.code)).status_code == 302
    assert link not in cast.room.invitations.usable()


def test_nonsense_makes_no_link(cast: Any) -> None:
    assert signed_in(cast.host).post(url("invite", cast), {"expires": "99y"}).status_code == 400
    assert cast.room.invitations.count() == 1


def test_a_link_of_another_room_cannot_be_revoked_through_mine(cast: Any) -> None:
    mine = actions.create_room(user=cast.outsider, title="다른 방")
    address = reverse("rooms:revoke", args=[mine.public_id, cast.link.code])
    assert signed_in(cast.outsider).post(address).status_code == 404
    assert cast.room.invitations.usable().exists()


def test_leaving_twice_leads_to_the_rooms_both_times(cast: Any) -> None:
    client = signed_in(cast.member)
    for _ in range(2):
        assert client.post(url("leave", cast)).status_code == 302
    assert "철수" not in inside(cast.room)


def test_an_open_room_is_joined_with_one_tap(cast: Any) -> None:
    Room.objects.update(is_open=True)
    client = signed_in(cast.outsider)
    assert client.post(url("join", cast)).url == cast.room.get_absolute_url()
    assert "유리" in inside(cast.room)


def test_who_was_removed_from_an_open_room_is_told_so(cast: Any) -> None:
    Room.objects.update(is_open=True)
    actions.remove_member(by=cast.host, room=cast.room, user=cast.member)
    assert signed_in(cast.member).post(url("join", cast)).status_code == 403
