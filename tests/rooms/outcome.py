"""What a verb about rooms came to: its refusal, what the signals said, and who is inside."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from rooms.errors import RoomError
from rooms.models import Membership, Room

Heard = list[tuple[str, dict[str, Any]]]


def code_of(verb: Callable[..., Any], **arguments: Any) -> str:
    with pytest.raises(RoomError) as refused:
        verb(**arguments)
    assert refused.value.detail
    return refused.value.code


def names(heard: Heard) -> list[str]:
    return [name for name, _ in heard]


def inside(room: Room) -> set[str]:
    return set(Membership.objects.active().filter(room=room).values_list("user__nickname", flat=True))


def host_of(room: Room) -> User | None:
    stay = Membership.objects.active().filter(room=room, role="host").select_related("user").first()
    return stay.user if stay else None
