"""Two real workers over a real Valkey, on the database of the tests."""

from collections.abc import Iterator
from typing import Any

import pytest

from accounts.models import User
from chat.models import Installation
from rooms import actions as room_actions
from tests.live.servers import EPOCH, Cast, Workers, sign_in, start_workers, stop_workers


@pytest.fixture(scope="module")
def workers(tmp_path_factory: Any, django_db_setup: Any, django_db_blocker: Any) -> Iterator[Workers]:
    """Two workers for the module's tests; a test that hurts the bus or a worker heals it again."""
    with django_db_blocker.unblock():
        running = start_workers(tmp_path_factory.mktemp("workers"))
    yield running
    stop_workers(running)


@pytest.fixture(scope="module")
def faulty_workers(tmp_path_factory: Any, django_db_setup: Any, django_db_blocker: Any) -> Iterator[Workers]:
    """Two workers whose bus drops, repeats and shuffles."""
    with django_db_blocker.unblock():
        directory = tmp_path_factory.mktemp("faulty")
        running = start_workers(directory, DJANGO_SETTINGS_MODULE="tests.live.faulty_settings")
    yield running
    stop_workers(running)


@pytest.fixture(scope="module")
def stomp_workers(tmp_path_factory: Any, django_db_setup: Any, django_db_blocker: Any) -> Iterator[Workers]:
    """Two workers with topics, and heart-beats that need not be waited for long."""
    with django_db_blocker.unblock():
        directory = tmp_path_factory.mktemp("stomp")
        running = start_workers(directory, STOMP_TOPICS="1", STOMP_HEARTBEAT_MS="200")
    yield running
    stop_workers(running)


@pytest.fixture
def cast(transactional_db: Any) -> Cast:
    Installation.objects.update_or_create(pk=1, defaults={"epoch": EPOCH})  # the last test's flush took it
    people = {name: User.objects.create_user(name, "secret-enough") for name in ("짱구", "맹구", "훈이")}
    host, member, outsider = people.values()
    room = room_actions.create_room(user=host, title="저녁", is_open=True)
    room_actions.join_open(user=member, room=room)
    return Cast(host, member, outsider, room, {u.nickname: sign_in(u) for u in people.values()})
