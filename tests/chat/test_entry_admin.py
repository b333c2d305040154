"""Operators read a room after they have said why."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEntry, User
from chat import admin as chat_admin
from chat.models import Entry
from rooms.models import Room
from tests.rooms.cast import signed_in

pytestmark = pytest.mark.django_db

LIST = "/admin/chat/entry/"


@pytest.fixture(autouse=True)
def plain_settings(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.SECURE_SSL_REDIRECT = False
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture
def operator(db: None) -> Client:
    return signed_in(User.objects.create_superuser("operator", "chopsticks-and-rice"))


def shown(client: Client, **query: Any) -> list[Entry]:
    return list(client.get(LIST, query).context["cl"].result_list)


def test_entering_a_room_asks_why_and_writes_it_down(room: Room, operator: Client) -> None:
    assert shown(operator) == [], "nothing of any room"
    asked = operator.get(LIST, {"q": str(room.pk)})
    assert asked.url == reverse("admin:chat_entry_enter", args=[room.pk])
    assert operator.post(asked.url, {"reason": ""}).status_code == 200
    assert not AuditEntry.objects.exists()
    answer = operator.post(asked.url, {"reason": "a report about it"})
    assert len(shown(operator, q=str(room.pk))) == Entry.objects.filter(room_id=room.pk).count()
    assert answer.status_code == 302
    told = AuditEntry.objects.get()
    assert (told.action, told.model, told.object_id, told.reason) == (
        "enter", "rooms.room", room.pk, "a report about it",
    )  # fmt: skip


def test_one_room_s_reason_opens_no_other_and_not_for_ever(
    room: Room, host: User, operator: Client, monkeypatch: Any
) -> None:
    from rooms import actions

    other = actions.create_room(user=host, title="다른 방")
    operator.post(reverse("admin:chat_entry_enter", args=[room.pk]), {"reason": "x"})
    assert {entry.room_id for entry in shown(operator)} == {room.pk}
    assert operator.get(LIST, {"q": f"{other.pk}#1"}).status_code == 302
    now = chat_admin.time.time()
    monkeypatch.setattr(chat_admin.time, "time", lambda: now + chat_admin.ENTERED_FOR + 1)
    assert shown(operator) == []


def test_the_page_of_one_entry_needs_the_reason_too(room: Room, operator: Client) -> None:
    entry = Entry.objects.filter(room_id=room.pk).first()
    assert entry
    page = reverse("admin:chat_entry_change", args=[entry.pk])
    assert operator.get(page).status_code == 302
    operator.post(reverse("admin:chat_entry_enter", args=[room.pk]), {"reason": "x"})
    assert operator.get(page).status_code == 200


def test_who_may_not_read_entries_enters_nothing(room: Room, member: User) -> None:
    User.objects.filter(pk=member.pk).update(is_staff=True)
    client = signed_in(member)
    address = reverse("admin:chat_entry_enter", args=[room.pk])
    assert client.get(address).status_code == client.post(address, {"reason": "x"}).status_code == 403
    assert not AuditEntry.objects.exists()


def test_the_list_asks_no_more_for_more_entries(
    room: Room, operator: Client, django_assert_max_num_queries: Any
) -> None:
    operator.post(reverse("admin:chat_entry_enter", args=[room.pk]), {"reason": "x"})
    with django_assert_max_num_queries(6):
        shown(operator, q=str(room.pk))
