"""A room that can only be read: what its people write is refused, what they delete and what the house writes is not."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from chat import actions, errors, timeline
from chat.errors import ChatError
from chat.timeline import NEW, OLD, OUTSIDER, READ_ONLY
from rooms.models import Room
from tests.timeline.drafts import quiet, text

pytestmark = pytest.mark.django_db(transaction=True)


def end(room: Room, seconds: float) -> None:
    timeline.end_writing(room.pk, timezone.now() + timedelta(seconds=seconds))


def outcomes(*drafts: Any) -> list[str]:
    return [written.outcome for written in timeline.append(list(drafts), wait_ms=1_000)]


def test_until_then_nothing_changes(room: Room, host: User) -> None:
    end(room, 60)
    assert outcomes(text(room.pk, host.pk)) == [NEW]


def test_from_then_on_members_write_nothing_and_the_house_does(
    room: Room, host: User, outsider: User
) -> None:
    said = text(room.pk, host.pk)
    assert outcomes(said) == [NEW]
    end(room, -1)
    assert outcomes(said, text(room.pk, host.pk), text(room.pk, outsider.pk), quiet(room.pk)) == [
        OLD,
        READ_ONLY,
        OUTSIDER,
        NEW,
    ]
    timeline.end_writing(room.pk, None)
    assert outcomes(text(room.pk, host.pk)) == [NEW]


def test_other_rooms_of_the_batch_are_written(room: Room, host: User, member: User) -> None:
    from rooms import actions as rooms

    other = rooms.create_room(user=member, title="다른 방")
    end(room, -1)
    assert outcomes(text(room.pk, host.pk), text(other.pk, member.pk)) == [READ_ONLY, NEW]
    assert [w.outcome for w in timeline.append([text(room.pk, host.pk)])] == [READ_ONLY], (
        "without waiting too"
    )


def test_one_may_delete_what_one_said_but_not_change_it(room: Room, host: User) -> None:
    seq = actions.post(user=host, room=room, cid="a", body="비밀").seq
    end(room, -1)
    for verb in (
        lambda: actions.post(user=host, room=room, cid="b", body="더"),
        lambda: actions.edit(user_id=host.pk, room_id=room.pk, cid="c", seq=seq, body="딴말"),
    ):
        with pytest.raises(ChatError) as refused:
            verb()
        assert refused.value.refusal is errors.READ_ONLY
    assert actions.delete(user_id=host.pk, room_id=room.pk, cid="d", seq=seq).outcome == NEW
