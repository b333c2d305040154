"""A guest's private link into another browser."""

import re
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts.actions import deactivate, merge_guest, upgrade_guest
from accounts.come_back import guest_of, make_link
from accounts.errors import AccountError
from accounts.models import ComeBack, User
from tests.rooms.cast import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def plain_settings(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.SECURE_SSL_REDIRECT = False
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture
def guest(db: None) -> User:
    return User.objects.create_guest("손님")


def made_by(client: Client) -> str:
    """The path of the link as the page shows it."""
    page = client.post(reverse("accounts:come_back_make")).content.decode()
    found = re.search(r'value="http://testserver(/g/[^"]+/)"', page)
    assert found
    return found.group(1)


def who(client: Client) -> str:
    return client.get("/me/").context["user"].nickname if client.get("/me/").status_code == 200 else ""


def test_one_tap_in_another_browser_and_one_is_the_same_guest(guest: User) -> None:
    path = made_by(signed_in(guest))
    other = Client()
    page = other.get(path)
    assert (page.status_code, "손님" in page.content.decode()) == (200, True)
    assert who(other) == "", "looking signs nobody in: messengers open links by themselves"
    assert other.post(path).status_code == 302
    assert other.get("/me/").context["user"] == guest
    assert ComeBack.objects.get().used_at


def test_only_the_hash_is_kept_and_it_is_shown_once(guest: User) -> None:
    client = signed_in(guest)
    secret = made_by(client).split("/")[2]
    assert secret not in str(ComeBack.objects.values())
    again = client.get("/me/").content.decode()
    assert secret not in again
    assert reverse("accounts:come_back_end") in again


def test_a_new_link_ends_the_old_one(guest: User) -> None:
    client = signed_in(guest)
    first, second = made_by(client), made_by(client)
    assert Client().get(first).status_code == 410
    assert Client().get(second).status_code == 200


def test_who_takes_the_link_back_signs_out_who_came_by_it_and_stays(guest: User) -> None:
    mine, other = signed_in(guest), Client()
    path = made_by(mine)
    other.post(path)
    mine.post(reverse("accounts:come_back_end"))
    assert other.get("/me/").status_code == 302
    assert mine.get("/me/").status_code == 200
    assert other.get(path).status_code == other.post(path).status_code == 410
    assert mine.post(reverse("accounts:come_back_end")).status_code == 302, "twice does no harm"


def test_it_is_void_once_the_guest_is_an_account(guest: User) -> None:
    secret = make_link(user=guest)
    upgrade_guest(user=guest, nickname="짱구", password="chopsticks-and-rice")
    assert guest_of(secret) is None
    assert not ComeBack.objects.exists()
    with pytest.raises(AccountError, match="NOT_GUEST"):
        make_link(user=guest)
    assert signed_in(User.objects.get()).post(reverse("accounts:come_back_make")).url == "/me/"


def test_it_is_void_once_the_guest_is_part_of_an_account_or_closed(guest: User) -> None:
    secret = make_link(user=guest)
    merge_guest(guest=guest, into=User.objects.create_user("짱구"))
    assert guest_of(secret) is None
    closed = User.objects.create_guest("다른 손님")
    secret = make_link(user=closed)
    deactivate(user=closed)
    assert guest_of(secret) is None
    with pytest.raises(AccountError, match="INACTIVE"):
        make_link(user=closed)


def test_nobody_loses_who_they_are_by_opening_somebody_else_s_link(guest: User) -> None:
    path = made_by(signed_in(guest))
    for user in (User.objects.create_guest("나"), User.objects.create_user("철수")):
        client = signed_in(user)
        assert client.get(path).status_code == 200
        assert client.post(path).status_code == 409
        assert client.get("/me/").context["user"] == user
    own = signed_in(guest)
    assert own.get(path).status_code == 302


def test_guessing_is_slow_and_finds_nothing(guest: User, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"come_back": "3/m/ip"}
    client = Client(REMOTE_ADDR="203.0.113.9")
    answers = [client.post(f"/g/{'x' * n}/").status_code for n in (1, 32, 64, 65, 66)]
    assert answers == [410, 410, 410, 429, 429]


def test_the_page_gives_its_address_to_nobody(guest: User) -> None:
    answer = Client().get(made_by(signed_in(guest)))
    assert answer["Referrer-Policy"] == "same-origin", "no-referrer would make the form's origin null: 403"
    assert "noindex" in answer["X-Robots-Tag"]
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize("method", ["get", "post"])
def test_links_are_tried_at_a_bounded_rate(client: Client, settings: Any, method: str) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"come_back": "2/m/ip"}
    cache.clear()
    answers = [getattr(client, method)(f"/g/guess{n}/").status_code for n in range(3)]
    assert answers == [410, 410, 429]
