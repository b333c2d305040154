from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.access_tokens import create_token
from accounts.actions import merge_guest
from accounts.audit import note
from accounts.models import AuditEntry, User
from rooms.models import Membership, Room
from tests.rooms.cast import signed_in

LISTS = [
    "accounts_user",
    "accounts_accesstoken",
    "accounts_auditentry",
    "rooms_room",
    "rooms_membership",
    "rooms_invitation",
]


@pytest.fixture
def operator(db: None) -> Client:
    return signed_in(User.objects.create_superuser("operator", "chopsticks-and-rice"))


def act(client: Client, name: str, action: str, *rows: Any) -> Any:
    address = reverse(f"admin:{name}_changelist")
    asked = {"action": action, "_selected_action": [row.pk for row in rows]}
    page = client.post(address, asked)
    assert 'name="reason"' in page.content.decode()
    return client.post(address, {**asked, "reason": "nobody could sleep"}, follow=True)


@pytest.mark.parametrize("name", LISTS)
def test_lists_open_and_search_without_scanning(cast: Any, operator: Client, name: str) -> None:
    address = reverse(f"admin:{name}_changelist")
    for query in ({}, {"q": "철수"}, {"q": cast.room.public_id}, {"q": "12"}, {"q": "\x00"}):
        with CaptureQueriesContext(connection) as captured:
            assert operator.get(address, query).status_code == 200
        statements = [query["sql"].upper() for query in captured]
        assert not any("LIKE UPPER" in sql or "::TEXT) LIKE" in sql for sql in statements), statements
        assert not any(sql.startswith("SELECT COUNT(*)") and "LIMIT" not in sql for sql in statements)


def test_people_are_found_by_the_beginning_of_the_nickname(cast: Any, operator: Client) -> None:
    found = operator.get(reverse("admin:accounts_user_changelist"), {"q": "맹"}).context["cl"].result_list
    assert list(found) == [cast.guest]


@pytest.mark.parametrize("name", LISTS)
def test_nothing_is_deleted(cast: Any, operator: Client, name: str) -> None:
    act(operator, "accounts_user", "close", cast.outsider)
    row = {"accounts_user": cast.guest, "rooms_room": cast.room, "rooms_invitation": cast.link}.get(name)
    row = AuditEntry.objects.get() if name == "accounts_auditentry" else row
    if name == "accounts_accesstoken":
        row = create_token(user=cast.member, name="봇", expires_in=None)[0]
    row = row or Membership.objects.get(user=cast.guest)
    assert operator.post(reverse(f"admin:{name}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
    assert "delete_selected" not in operator.get(reverse(f"admin:{name}_changelist")).content.decode()
    assert operator.get(reverse(f"admin:{name}_change", args=[row.pk])).status_code == 200


def test_people_are_removed_and_links_revoked_by_the_verbs(
    cast: Any, operator: Client, heard: list[Any]
) -> None:
    act(operator, "rooms_membership", "remove", Membership.objects.get(user=cast.member))
    act(operator, "rooms_invitation", "revoke", cast.link)
    assert [(name, told.get("reason")) for name, told in heard] == [("member_left", "removed")]
    assert not cast.room.invitations.usable().exists()
    told = AuditEntry.objects.order_by("pk").values_list("action", "model", "operator__nickname", "reason")
    assert list(told) == [
        ("remove", "rooms.membership", "operator", "nobody could sleep"),
        ("revoke", "rooms.invitation", "operator", "nobody could sleep"),
    ]


def test_without_a_reason_nothing_happens(cast: Any, operator: Client) -> None:
    address = reverse("admin:accounts_user_changelist")
    asked = {"action": "close", "_selected_action": [cast.member.pk]}
    for reason in ({}, {"reason": " "}, {"reason": "x" * 201}):
        assert operator.post(address, asked | reason).status_code == 200
    assert User.objects.get(pk=cast.member.pk).is_active
    assert not AuditEntry.objects.exists()


def test_what_a_verb_refuses_leaves_no_record(cast: Any, operator: Client) -> None:
    merge_guest(guest=cast.guest, into=cast.member)
    page = act(operator, "accounts_user", "open", cast.guest).content.decode()
    assert "errornote" in page or "error" in page
    assert not AuditEntry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_record_is_only_ever_added_to() -> None:
    note(operator=User.objects.create_user("운영자"), action="x", subject=User.objects.get(), reason="y")
    for change in (lambda: AuditEntry.objects.update(reason="z"), lambda: AuditEntry.objects.all().delete()):
        with pytest.raises(DatabaseError, match="only ever added to"):
            change()
    assert AuditEntry.objects.get().reason == "y"


def test_a_new_name_goes_through_its_verb(cast: Any, operator: Client, heard: list[Any]) -> None:
    address = reverse("admin:rooms_room_change", args=[cast.room.pk])
    operator.post(address, {"title": "운영자가 지은 이름", "is_open": "on"})
    room = Room.objects.get()
    assert (room.title, room.is_open) == ("운영자가 지은 이름", True)
    assert [name for name, _ in heard] == ["room_renamed"]


def test_accounts_are_closed_and_opened_by_the_verbs(cast: Any, operator: Client) -> None:
    act(operator, "accounts_user", "close", cast.member, cast.guest)
    assert not User.objects.filter(pk__in=[cast.member.pk, cast.guest.pk], is_active=True).exists()
    act(operator, "accounts_user", "open", cast.member)
    assert User.objects.get(pk=cast.member.pk).is_active


def test_staff_without_the_right_change_nothing(cast: Any) -> None:
    User.objects.filter(pk=cast.outsider.pk).update(is_staff=True)
    client = signed_in(cast.outsider)
    address = reverse("admin:rooms_membership_changelist")
    assert client.post(address, {"action": "remove"}).status_code == 403
    assert Membership.objects.active().count() == 3
