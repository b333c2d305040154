"""People for the tests of accounts."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.dispatch import Signal

from accounts import signals
from accounts.models import User

PASSWORD = "chopsticks-and-rice"


@pytest.fixture(autouse=True)
def plain_settings(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.SECURE_SSL_REDIRECT = False
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture
def member(db: None) -> User:
    return User.objects.create_user("철수", PASSWORD)


@pytest.fixture
def guest(db: None) -> User:
    return User.objects.create_guest("맹구")


@pytest.fixture
def heard() -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """What the signals about people said, in order."""
    said: list[tuple[str, dict[str, Any]]] = []
    receivers = []
    for name, signal in vars(signals).items():
        if isinstance(signal, Signal):

            def hear(sender: Any, *, name: str = name, **told: Any) -> None:
                told.pop("signal")
                said.append((name, told))

            signal.connect(hear, weak=False)
            receivers.append((signal, hear))
    yield said
    for signal, hear in receivers:
        signal.disconnect(hear)
