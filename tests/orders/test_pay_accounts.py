"""A host's account: sealed in the database, opened by the right keys only, printed nowhere."""

from base64 import urlsafe_b64encode
from io import StringIO
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.core.management.base import SystemCheckError
from django.db import connection
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import AuditEntry, User
from config import env
from orders import pay_accounts, sealing
from orders.errors import OrderError
from orders.models import PayAccount
from tests.orders.table import Table, refused
from tests.rooms.cast import signed_in

OLD, NEW, OTHER = (urlsafe_b64encode(bytes([n]) * 32).decode() for n in (1, 2, 3))
NUMBER = "3333012345678"


def give(user: User, **more: Any) -> PayAccount:
    values = {"bank": "090", "number": "3333-01-2345678", "holder": "노진구", **more}
    return pay_accounts.keep(user=user, **values)


def row() -> str:
    """The table as a thief of the database would see it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM orders_payaccount")
        return repr(cursor.fetchall())


def test_an_account_is_kept_and_opened(host: User) -> None:
    give(host, link="https://toss.me/rualone")
    account = pay_accounts.opened(host.pk)
    assert account is not None
    assert (account.bank, account.number, account.holder) == ("090", NUMBER, "노진구")
    assert account.link == "https://toss.me/rualone"
    give(host, bank="004", number="93800201135927")
    account = pay_accounts.opened(host.pk)
    assert account is not None
    assert (account.bank, account.link) == ("004", "")
    pay_accounts.forget(user=host)
    pay_accounts.forget(user=host)
    assert pay_accounts.opened(host.pk) is None


def test_the_database_tells_nothing(host: User) -> None:
    give(host, link="https://toss.me/rualone")
    stolen = row()
    assert not any(word in stolen for word in (NUMBER, "5678", "노진구", "090", "rualone"))


def test_printed_it_tells_nothing(host: User) -> None:
    kept = give(host)
    account = pay_accounts.opened(host.pk)
    assert account is not None
    for printed in (repr(account), str(account), f"{account}", repr([account]), repr(kept), str(kept)):
        assert NUMBER not in printed
        assert "노진구" not in printed
    assert account.masked.endswith("•••••••••5678")
    assert NUMBER not in account.masked


@pytest.mark.parametrize(
    ("given_", "code"),
    [
        ({"bank": "999"}, "ACCOUNT_BANK"),
        ({"bank": ""}, "ACCOUNT_BANK"),
        ({"number": "123"}, "ACCOUNT_NUMBER"),
        ({"holder": " "}, "FIELD_EMPTY"),
        ({"holder": "가" * 31}, "FIELD_TOO_LONG"),
        ({"link": "https://evil.example/toss.me"}, "ACCOUNT_LINK"),
    ],
)
def test_what_is_wrong_is_refused_and_the_old_one_stays(
    host: User, given_: dict[str, str], code: str
) -> None:
    give(host)
    before = row()
    with refused(code) as info:
        give(host, **given_)
    assert info.value.field in given_
    assert row() == before


def test_guests_have_none(table: Table) -> None:
    with refused("GUEST_HOST"):
        give(table.guest)


def test_without_a_key_nothing_is_kept_and_nothing_shown(host: User, settings: Any) -> None:
    give(host)
    settings.PAY_ACCOUNT_KEYS = []
    with refused("ACCOUNT_KEY"):
        pay_accounts.opened(host.pk)
    before = row()
    with refused("ACCOUNT_KEY") as info:
        give(host, number="1111111111")
    assert (info.value.status, info.value.retry) == (503, True)
    assert row() == before


def test_keys_are_rotated(host: User, member: User, settings: Any) -> None:
    settings.PAY_ACCOUNT_KEYS = [OLD]
    give(host), give(member, number="1111111111")
    settings.PAY_ACCOUNT_KEYS = [NEW, OLD]
    assert pay_accounts.opened(host.pk) is not None
    told = StringIO()
    call_command("reseal", stdout=told)
    assert told.getvalue() == "2 sealed anew\n"
    settings.PAY_ACCOUNT_KEYS = [NEW]
    opened = pay_accounts.opened(member.pk)
    assert opened is not None
    assert opened.number == "1111111111"
    settings.PAY_ACCOUNT_KEYS = [OTHER]
    with refused("ACCOUNT_KEY"):
        pay_accounts.opened(host.pk)
    with pytest.raises(CommandError, match="PAY_ACCOUNT_KEYS"):
        call_command("reseal")


def test_a_token_in_somebody_elses_row_does_not_open(host: User, member: User) -> None:
    give(host)
    give(member, number="1111111111")
    PayAccount.objects.filter(pk=host.pk).update(sealed=PayAccount.objects.get(pk=member.pk).sealed)
    with refused("ACCOUNT_KEY"):
        pay_accounts.opened(host.pk)


@given(st.binary(max_size=200))
def test_sealed_and_opened_again(secret: bytes) -> None:
    token = sealing.seal(secret)
    assert sealing.unseal(token) == secret
    assert sealing.seal(secret) != token  # the same account of two people does not look the same


@given(st.integers(0, 10**6), st.integers(0, 255))
def test_a_changed_token_does_not_open(at: int, byte: int) -> None:
    token = bytearray(sealing.seal(b"1234567890").encode())
    at %= len(token.rstrip(b"="))
    if token[at] == byte:
        return
    token[at] = byte
    try:
        changed = token.decode()
    except UnicodeDecodeError:
        return
    if at == len(token.rstrip(b"=")) - 1:
        return  # the last character of base64 may have idle bits
    with pytest.raises(OrderError):
        sealing.unseal(changed)


@pytest.mark.parametrize("value", ["short", "a" * 44, "a" * 43 + "=,b", "!" * 43 + "="])
def test_a_key_that_is_none_stops_the_start_without_being_told(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAY_ACCOUNT_KEYS", value)
    with pytest.raises(ImproperlyConfigured) as info:
        env.fernet_keys("PAY_ACCOUNT_KEYS")
    assert "PAY_ACCOUNT_KEYS" in str(info.value)
    assert value not in str(info.value)


def test_check_deploy_names_the_missing_key(settings: Any) -> None:
    settings.PAY_ACCOUNT_KEYS = []
    with pytest.raises(SystemCheckError, match=r"orders\.W001.*PAY_ACCOUNT_KEYS"):
        call_command("check", "--deploy", "--tag", "security", "--fail-level", "WARNING")


def test_an_operator_sees_it_once_with_a_reason_that_is_kept(host: User, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = False
    give(host)
    operator = User.objects.create_superuser("operator", "chopsticks-and-rice")
    client = signed_in(operator)
    address = reverse("admin:orders_payaccount_changelist")
    listed = client.get(address, {"q": "짱구"}).content.decode()
    one = client.get(reverse("admin:orders_payaccount_change", args=[host.pk])).content.decode()
    asked = {"action": "show_account", "_selected_action": [host.pk]}
    question = client.post(address, asked).content.decode()
    assert "짱구" in listed
    for shown in (listed, one, question):
        assert "5678" not in shown
        assert PayAccount.objects.get().sealed not in shown
    assert not AuditEntry.objects.exists()
    answer = client.post(address, {**asked, "reason": "사기 신고 12"})
    assert NUMBER in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert not answer.cookies.get("messages")
    noted = AuditEntry.objects.get()
    assert (noted.operator, noted.action, noted.object_id, noted.reason) == (
        operator, "show_account", host.pk, "사기 신고 12",
    )  # fmt: skip
    assert NUMBER not in client.get(address).content.decode()
