"""The cast, on real PostgreSQL: a room with its host and a member, and somebody who is not in it.

What `timeline.append` commits by itself needs `pytest.mark.django_db(transaction=True)`; for verbs, which are
transactions of their own, the ordinary `db` is enough.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from django.db.models.signals import post_migrate

from accounts.models import User
from rooms import actions
from rooms.models import Room

if TYPE_CHECKING:
    from tests.contract.beds import Bed


def _restore_installation(using: str, **kwargs: Any) -> None:
    """The flush after a transactional test empties every table; this row came from a migration. With the epoch that the
    live tests set: workers look at it every few seconds, and another one in between makes everybody resync."""
    from chat.models import Installation

    if kwargs["app_config"].label == "chat":
        Installation.objects.using(using).get_or_create(pk=1, defaults={"epoch": "tests"})


post_migrate.connect(_restore_installation, dispatch_uid="tests.restore_installation")


@pytest.fixture(scope="session")
def beds(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Callable[[type[Bed]], Bed]]":
    """beds(Kind) is the session's one instance of a bus with its real server, started when first asked for."""
    running: dict[type[Bed], Bed] = {}

    def get(kind: "type[Bed]") -> "Bed":
        if kind not in running:
            bed = kind()
            bed.start(tmp_path_factory.mktemp(kind.name))
            running[kind] = bed
        return running[kind]

    yield get
    for bed in running.values():
        bed.stop()


@pytest.fixture
def host(db: None) -> User:
    return User.objects.create_user("짱구")


@pytest.fixture
def member(db: None) -> User:
    return User.objects.create_user("철수")


@pytest.fixture
def outsider(db: None) -> User:
    return User.objects.create_user("맹구")


@pytest.fixture
def room(host: User, member: User) -> Room:
    """Open, hosted by `host`, with `member` in it: entries 1 (created) and 2 (joined)."""
    room = actions.create_room(user=host, title="떡볶이 모임", is_open=True)
    actions.join_open(user=member, room=room)
    return room
