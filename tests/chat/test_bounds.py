"""No entrance gives more than another: forms, sockets, and what a guest may reach."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from chat.models import Entry
from chat.realtime.rate import TokenBucket
from rooms.models import Room


@pytest.fixture(autouse=True)
def plain(settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = False


@pytest.mark.django_db(transaction=True)
def test_texts_by_form_come_at_a_bounded_rate(host: User, room: Room, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"write": "2/m/user"}
    client = Client()
    client.force_login(host)
    answers = [
        client.post(f"/rooms/{room.public_id}/say/", {"cid": f"c{n}", "body": "x"}).status_code
        for n in range(4)
    ]
    assert answers == [302, 302, 429, 429]
    assert Entry.objects.filter(room_id=room.pk, kind="text").count() == 2


def test_a_guest_cannot_set_a_password_past_the_upgrade(db: None) -> None:
    client, guest = Client(), User.objects.create_guest("손님")
    client.force_login(guest, backend="allauth.account.auth_backends.AuthenticationBackend")
    password = guest.password
    answer = client.post(
        "/accounts/password/set/", {"password1": "chopsticks-1", "password2": "chopsticks-1"}
    )
    assert (answer.status_code, answer.headers["Location"]) == (302, "/me/upgrade/")
    guest.refresh_from_db()
    assert guest.password == password


def test_a_bucket_may_be_forgotten_only_when_it_is_full_again() -> None:
    now = 0.0
    bucket = TokenBucket(rate=1, burst=2, clock=lambda: now)
    assert bucket.full
    assert [bucket.take() for _ in range(3)] == [True, True, False]
    now = 1.9
    assert not bucket.full
    now = 2.0
    assert bucket.full
