"""The cast, and an ear for what the signals about rooms say."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.dispatch import Signal

from rooms import signals
from tests.rooms.cast import Cast, make_cast

ASKING = {"member_joining", "member_leaving"}  # whether somebody minds: nothing has happened yet


@pytest.fixture(autouse=True)
def plain_settings(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.SECURE_SSL_REDIRECT = False
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


@pytest.fixture
def heard() -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """What the signals about rooms said since the test began to listen, in order."""
    said: list[tuple[str, dict[str, Any]]] = []
    receivers = []
    for name, signal in vars(signals).items():
        if isinstance(signal, Signal) and name not in ASKING:

            def hear(sender: Any, *, name: str = name, **told: Any) -> None:
                told.pop("signal")
                said.append((name, told))

            signal.connect(hear, weak=False)
            receivers.append((signal, hear))
    yield said
    for signal, hear in receivers:
        signal.disconnect(hear)
