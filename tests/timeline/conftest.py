"""What the timeline's tests share."""

from collections.abc import Callable, Iterator

import pytest

from chat import timeline
from chat.timeline import Draft, Written
from tests.timeline.desk import Desk, make_desk

Announced = list[tuple[Draft, Written]]


@pytest.fixture(autouse=True)
def announced(monkeypatch: pytest.MonkeyPatch) -> Iterator[Announced]:
    """What live readers were told, instead of telling them."""
    told: Announced = []
    monkeypatch.setattr(timeline, "_announcers", [])
    timeline.on_announce(told.extend)
    return told


@pytest.fixture
def numbers() -> Callable[[int], list[int]]:
    """The numbers of a room's entries in the order of their primary keys."""
    from chat.models import Entry

    return lambda room_id: list(
        Entry.objects.filter(room_id=room_id).order_by("pk").values_list("seq", flat=True)
    )


@pytest.fixture
def desk() -> Desk:
    return make_desk()
