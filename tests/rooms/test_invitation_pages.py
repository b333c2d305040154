from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from rooms import actions
from rooms.models import Invitation, Membership
from tests.rooms.cast import PASSWORD, signed_in


@pytest.fixture
def address(cast: Any) -> str:
    return cast.link.get_absolute_url()


def inside(cast: Any) -> set[str]:
    return set(Membership.objects.active().filter(room=cast.room).values_list("user__nickname", flat=True))


@pytest.mark.parametrize(("language", "words"), [("ko", "3명이 있어요."), ("en", "3 people are in it.")])
def test_the_page_says_which_room_and_who_is_in_it(
    cast: Any, address: str, client: Client, language: str, words: str
) -> None:
    answer = client.get(address, headers={"accept-language": language})
    page = answer.content.decode()
    assert all(said in page for said in (cast.room.title, words, "짱구", "철수", "맹구"))
    assert "nickname" in page
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert cast.room.public_id not in page


def test_many_people_are_counted_not_listed(cast: Any, address: str, client: Client) -> None:
    for n in range(12):
        actions.join_as_guest(code=cast.link.code, nickname=f"손님 {n}", locale="ko")
    page = client.get(address).content.decode()
    assert "외 3명" in page
    assert "손님 11" not in page


def test_a_nickname_is_enough_to_come_in_and_be_signed_in(cast: Any, address: str, client: Client) -> None:
    answer = client.post(address, {"nickname": "훈이"}, headers={"accept-language": "en"})
    assert answer.url == cast.room.get_absolute_url()
    guest = User.objects.get(nickname="훈이")
    assert (guest.is_guest, guest.locale) == (True, "en")
    assert client.session["_auth_user_id"] == str(guest.pk)
    assert client.get(address).url == cast.room.get_absolute_url()


def test_a_double_tap_of_a_guest_signs_in_the_same_guest(cast: Any, address: str) -> None:
    form = {"nickname": "훈이", "request_key": "6f1c1a52-5e0e-4c3a-9f0e-2f3f4a5b6c7d"}
    taps = [Client(), Client()]  # the second tap left before the first one's cookie came
    assert [tap.post(address, form).status_code for tap in taps] == [302, 302]
    assert len({tap.session["_auth_user_id"] for tap in taps}) == 1


@pytest.mark.parametrize(
    ("nickname", "status"), [("", 400), ("\u3164", 400), ("일" * 21, 400), ("맹구", 409)]
)
def test_a_bad_nickname_is_said_at_its_field(
    cast: Any, address: str, client: Client, nickname: str, status: int
) -> None:
    answer = client.post(address, {"nickname": nickname, "request_key": "nonsense"})
    assert answer.status_code == status
    assert "nickname" in answer.context["form"].errors
    assert "_auth_user_id" not in client.session


def test_the_way_by_an_account_comes_back_here(cast: Any, address: str, client: Client) -> None:
    login = f"{reverse('account_login')}?next={address}"
    assert login in client.get(address).content.decode()
    form = {"login": "유리", "password": PASSWORD, "next": address}
    assert client.post(reverse("account_login"), form).url == address


def test_who_is_signed_in_taps_once(cast: Any, address: str) -> None:
    client = signed_in(cast.outsider)
    assert 'name="nickname"' not in client.get(address).content.decode()
    for _ in range(2):
        assert client.post(address).url == cast.room.get_absolute_url()
    assert "유리" in inside(cast)


def test_who_is_in_already_goes_straight_to_the_room(cast: Any, address: str) -> None:
    assert signed_in(cast.guest).get(address).url == cast.room.get_absolute_url()


def test_who_was_removed_is_told_so(cast: Any, address: str) -> None:
    actions.remove_member(by=cast.host, room=cast.room, user=cast.member)
    answer = signed_in(cast.member).post(address)
    assert answer.status_code == 403
    assert "방장이 이 방에서 내보냈어요." in answer.content.decode()


@pytest.mark.parametrize("how", ["expired", "revoked"])
@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("known", [True, False])
def test_an_ended_link_says_so_and_nothing_of_the_room(
    cast: Any, address: str, how: str, method: str, known: bool
) -> None:
    now = timezone.now()
    ended = {"expires_at": now - timedelta(seconds=1)} if how == "expired" else {"revoked_at": now}
    Invitation.objects.update(**ended)
    client = signed_in(cast.outsider) if known else Client()
    answer = getattr(client, method)(address, {"nickname": "훈이"})
    assert answer.status_code == 410
    page = answer.content.decode()
    assert ("기간이 지난" if how == "expired" else "더는 쓸 수 없는") in page
    assert cast.room.title not in page
    assert "철수" not in page
    assert inside(cast) == {"짱구", "철수", "맹구"}


def test_an_unknown_link_is_not_found(client: Client, db: None) -> None:
    assert client.get("/i/AAAAAAAAAAAAAAAA/").status_code == 404
    assert client.post("/i/AAAAAAAAAAAAAAAA/", {"nickname": "훈이"}).status_code == 404


def test_guests_from_one_place_come_at_a_bounded_rate(
    cast: Any, address: str, settings: Any, monkeypatch: Any
) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"join_as_guest": "2/m/ip"}
    answers = [Client().post(address, {"nickname": f"훈이 {n}"}) for n in range(3)]
    assert [answer.status_code for answer in answers] == [302, 302, 429]
    assert "조금 빨랐어요" in answers[-1].content.decode()  # our page, not allauth's bare one
    assert inside(cast) == {"짱구", "철수", "맹구", "훈이 0", "훈이 1"}


def test_a_guest_who_signs_in_brings_the_room_along(cast: Any) -> None:
    client = signed_in(cast.guest)
    client.post(reverse("account_login"), {"login": "유리", "password": PASSWORD})
    assert inside(cast) == {"짱구", "철수", "유리"}
    assert client.get(cast.link.get_absolute_url()).url == cast.room.get_absolute_url()


def test_a_guest_whose_nickname_is_taken_in_a_second_room_is_shown_a_way(cast: Any) -> None:
    other = actions.create_room(user=cast.outsider, title="다른 방")
    link = actions.create_invitation(by=cast.outsider, room=other, expires_in=None)
    actions.join_as_guest(code=link.code, nickname="맹구", locale="ko")
    answer = signed_in(cast.guest).post(link.get_absolute_url())
    assert answer.status_code == 409
    assert f"{reverse('accounts:upgrade')}?next={link.get_absolute_url()}" in answer.content.decode()
