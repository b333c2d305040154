"""How often one person may do what writes into a room by form."""

from typing import Any

import pytest
from django.core.cache import cache

from rooms.models import Room
from tests.rooms.cast import signed_in


@pytest.fixture(autouse=True)
def bounded(settings: Any, db: None) -> None:
    settings.SECURE_SSL_REDIRECT = False
    settings.ACCOUNT_RATE_LIMITS = {"write": "2/m/user", "room_made": "2/h/user"}
    cache.clear()


def test_rooms_are_renamed_at_a_bounded_rate(cast: Any) -> None:
    client = signed_in(cast.host)
    at = f"/rooms/{cast.room.public_id}/rename/"
    answers = [client.post(at, {"title": f"방 {n}"}).status_code for n in range(3)]
    assert answers == [302, 302, 429]
    cast.room.refresh_from_db()
    assert cast.room.title == "방 1"


def test_links_are_made_at_a_bounded_rate(cast: Any) -> None:
    client = signed_in(cast.host)
    at = f"/rooms/{cast.room.public_id}/invitations/"
    assert [client.post(at, {"expires": "day"}).status_code for _ in range(3)][-1] == 429


def test_rooms_are_made_at_a_bounded_rate(cast: Any) -> None:
    client, before = signed_in(cast.host), Room.objects.count()
    answers = [client.post("/rooms/new/", {"title": f"방 {n}"}).status_code for n in range(3)]
    assert (answers, Room.objects.count() - before) == ([302, 302, 429], 2)
