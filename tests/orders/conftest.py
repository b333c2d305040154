from typing import Any

import pytest

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


@pytest.fixture
def table(db: None) -> Table:
    return make_table()
