"""Who stands behind a session: django.contrib.auth.get_user()'s answers, in two plain look-ups."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.models import User
from chat.principals import principal

pytestmark = pytest.mark.django_db

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def user() -> User:
    return User.objects.create_user(nickname="미나", password="one-long-password")


def session_of(user: User, **more: Any) -> str:
    store = SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = BACKEND
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.update(more)
    store.save()
    return str(store.session_key)


def agreed(key: str) -> bool:
    """Ours and Django's answer, which must be the same person or nobody."""
    ours = principal(key)
    theirs = get_user(SimpleNamespace(session=SessionStore(key)))
    assert (ours.key.user_id if ours else None) == theirs.pk
    return ours is not None


def test_a_signed_in_person_is_known_by_name(user: User) -> None:
    found = principal(session_of(user))
    assert found is not None
    assert (found.key.user_id, found.nickname, found.key.password) == (user.pk, "미나", user.password)
    assert agreed(found.key.session)


@pytest.mark.parametrize("key", ["", "no-such-session", "'; --", "\u3131" * 40])
def test_no_session_is_nobody(user: User, key: str) -> None:
    assert not agreed(key)


def test_an_expired_or_empty_session_is_nobody(user: User) -> None:
    expired, empty = session_of(user), SessionStore()
    Session.objects.filter(pk=expired).update(expire_date=timezone.now() - timedelta(seconds=1))
    empty["cart"] = 1
    empty.save()
    assert not agreed(expired)
    assert not agreed(str(empty.session_key))


def test_a_session_ends_with_the_password_the_account_and_the_backend(user: User) -> None:
    foreign = session_of(user, **{BACKEND_SESSION_KEY: "somewhere.else.Backend"})
    before = session_of(user)
    assert agreed(before)
    assert not agreed(foreign)
    user.set_password("another-long-password")
    user.save()
    assert not agreed(before)
    closed = session_of(user)
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert not agreed(closed)


def test_a_session_made_with_a_key_in_rotation_stands(user: User, settings: Any) -> None:
    made, old = session_of(user), settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = (
        "the-new-key-that-is-long-enough-0000000000000",
        [old],
    )
    assert principal(made) is not None
    settings.SECRET_KEY_FALLBACKS = []
    assert principal(made) is None
