"""A person's access tokens: made on a page, shown once, kept as a hash, void when the person or an operator says so."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts import access_tokens
from accounts.access_tokens import PREFIX, TOKENS_MAX, bearer, create_token, revoke_token, verify
from accounts.actions import deactivate, reactivate
from accounts.errors import AccountError
from accounts.models import AccessToken, AuditEntry, User
from chat import principals
from tests.rooms.cast import signed_in

pytestmark = pytest.mark.django_db

Heard = list[tuple[str, dict[str, Any]]]
PAGE = "/me/tokens/"


def made(user: User, name: str = "봇", expires_in: timedelta | None = None) -> tuple[AccessToken, str]:
    return create_token(user=user, name=name, expires_in=expires_in)


def refusal(user: User, name: str = "봇") -> str:
    with pytest.raises(AccountError) as refused:
        made(user, name)
    assert refused.value.detail
    return refused.value.code


def test_a_token_is_shown_once_and_only_its_hash_is_kept(member: User) -> None:
    client = signed_in(member)
    page = client.post(PAGE, {"name": "  내   봇 ", "expires": "30"})
    found = re.search(rf'value="({PREFIX}[\w-]+)"', page.content.decode())
    assert found
    assert "no-store" in page["Cache-Control"]
    secret = found.group(1)
    token = AccessToken.objects.get()
    assert (token.name, token.user) == ("내 봇", member)
    assert secret not in str(AccessToken.objects.values())
    assert secret not in client.get(PAGE).content.decode()
    assert verify(secret) == token


def test_it_lives_as_long_as_was_chosen(member: User) -> None:
    client = signed_in(member)
    for choice, days in (("30", 30), ("365", 365), ("never", None)):
        client.post(PAGE, {"name": choice, "expires": choice})
        token = AccessToken.objects.get(name=choice)
        assert (token.expires_at - token.since).days in (days, days - 1) if days else not token.expires_at
    token, secret = made(member, expires_in=timedelta(days=1))
    AccessToken.objects.filter(pk=token.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert verify(secret) is None


@pytest.mark.parametrize(
    "secret", ["", "rua_", "rua_" + "x" * 43, "x" * 47, "ㄱ" * 47, "rua_" + "x" * 10_000, "rua_\0" + "x" * 42]
)
def test_anything_else_is_nobody(member: User, secret: str) -> None:
    made(member)
    assert verify(secret) is None
    assert principals.token_principal(secret) is None


def test_a_look_up_is_one_query_and_a_second_use_within_a_minute_writes_nothing(member: User) -> None:
    token, secret = made(member)
    with CaptureQueriesContext(connection) as first:
        verify(secret)
    with CaptureQueriesContext(connection) as second:
        verify(secret)
    assert [q["sql"].split()[0] for q in first] == ["SELECT", "UPDATE"]
    assert [q["sql"].split()[0] for q in second] == ["SELECT"]
    long_ago = timezone.now() - timedelta(minutes=2)
    AccessToken.objects.update(last_used_at=long_ago)
    verify(secret)
    token.refresh_from_db()
    assert token.last_used_at
    assert token.last_used_at > long_ago


def test_a_person_has_a_bound_and_a_revoked_token_does_not_count(member: User) -> None:
    tokens = [made(member)[0] for _ in range(TOKENS_MAX)]
    assert refusal(member) == "TOO_MANY_TOKENS"
    page = signed_in(member).post(PAGE, {"name": "하나 더", "expires": "30"})
    assert page.status_code == 400
    assert 'role="alert"' in page.content.decode()
    revoke_token(token=tokens[0])
    made(member)


@pytest.mark.parametrize("name", ["", "  ", "x" * 41, "a\0b", "a\u202eb", "\u3164"])
def test_a_name_that_cannot_be_read_is_refused(member: User, name: str) -> None:
    assert refusal(member, name) == "TOKEN_NAME"
    assert signed_in(member).post(PAGE, {"name": name, "expires": "30"}).status_code == 400


def test_guests_and_closed_accounts_have_none(guest: User, member: User) -> None:
    assert refusal(guest) == "GUEST"
    assert signed_in(guest).post(PAGE, {"name": "봇", "expires": "30"}).url == reverse("accounts:upgrade")
    assert reverse("accounts:tokens") not in signed_in(guest).get("/me/").content.decode()
    deactivate(user=member)
    assert refusal(member) == "INACTIVE"
    assert Client().get(PAGE).status_code == 302
    assert not AccessToken.objects.exists()


def test_revoking_ends_it_once_and_says_what_must_go(member: User, heard: Heard) -> None:
    token, secret = made(member)
    key = principals.token_principal(secret)
    assert key
    assert principals.ended([key.key]) == set()
    client = signed_in(member)
    for _ in range(2):
        assert client.post(f"{PAGE}{token.pk}/revoke/").url == PAGE
    assert heard == [("access_ended", {"user": member, "session_key": f"token:{token.pk}"})]
    assert verify(secret) is None
    assert principals.ended([key.key]) == {key.key}


def test_somebody_else_s_token_is_not_there(member: User) -> None:
    token, secret = made(member, "철수의 것")
    other = signed_in(User.objects.create_user("유리"))
    assert other.post(f"{PAGE}{token.pk}/revoke/").status_code == 404
    assert token.name not in other.get(PAGE).content.decode()
    assert verify(secret)


def test_a_new_password_and_a_closed_account_end_tokens_for_good(member: User) -> None:
    first, second = made(member)[1], made(member)[1]
    key = principals.token_principal(first)
    assert key
    member.set_password("another-long-password")
    member.save()
    assert verify(first) is verify(second) is None
    assert principals.ended([key.key]) == {key.key}
    third = made(member)[1]
    deactivate(user=member)
    reactivate(user=member)
    assert verify(third) is None


def test_tokens_and_sessions_are_checked_together(member: User) -> None:
    token, secret = made(member)
    by_token = principals.token_principal(secret)
    by_cookie = principals.principal(signed_in(member).session.session_key or "")
    assert by_token
    assert by_cookie
    keys = [by_token.key, by_cookie.key]
    with CaptureQueriesContext(connection) as captured:
        assert principals.ended(keys) == set()
    assert len(captured) == 3
    AccessToken.objects.filter(pk=token.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert principals.ended(keys) == {by_token.key}


def test_making_them_is_slow(member: User, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"token_made": "2/h/user"}
    client = signed_in(member)
    answers = [client.post(PAGE, {"name": "봇", "expires": "30"}).status_code for _ in range(3)]
    assert answers == [200, 200, 429]


def test_the_dead_are_forgotten_after_a_while(member: User) -> None:
    token, _secret = made(member)
    revoke_token(token=token)
    AccessToken.objects.update(revoked_at=timezone.now() - access_tokens.REMEMBERED_FOR - timedelta(hours=1))
    kept, _secret = made(member)
    assert list(AccessToken.objects.all()) == [kept]


def test_an_operator_sees_and_revokes_tokens_and_never_reads_them(member: User) -> None:
    token, secret = made(member)
    operator = signed_in(User.objects.create_superuser("operator", "chopsticks-and-rice"))
    address = reverse("admin:accounts_accesstoken_changelist")
    for page in (address, f"{address}?q=철수", reverse("admin:accounts_accesstoken_change", args=[token.pk])):
        shown = operator.get(page).content.decode()
        assert token.name in shown
        assert token.digest not in shown
    asked = {"action": "revoke", "_selected_action": [token.pk], "reason": "새어 나갔어요"}
    operator.post(address, asked)
    assert verify(secret) is None
    assert AuditEntry.objects.get().label == str(token)


@given(st.text(max_size=80))
def test_any_header_is_a_secret_or_none(header: str) -> None:
    assert isinstance(bearer(header), str)


def test_the_scheme_is_read_in_any_case(member: User) -> None:
    assert [bearer(h) for h in ("Bearer rua_x", " bearer  rua_x ", "Basic rua_x", "rua_x", "Bearer")] == [
        "rua_x", "rua_x", "", "", "",
    ]  # fmt: skip
