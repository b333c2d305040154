from typing import Any

import pytest

from accounts.models import User
from chat import timeline
from tests.orders.table import Table, make_table


@pytest.fixture(autouse=True)
def announced(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What live readers were told, instead of telling them."""
    told: list[Any] = []
    monkeypatch.setattr(timeline, "_announcers", [])
    timeline.on_announce(told.extend)
    return told


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def plain_static(settings: Any) -> None:
    """Pages without collectstatic."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}


@pytest.fixture
def table(db: None) -> Table:
    return make_table()


@pytest.fixture
def operator(db: None) -> User:
    return User.objects.create_superuser("운영자", "chopsticks-and-rice")
