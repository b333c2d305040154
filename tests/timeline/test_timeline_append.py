"""Numbering: the contract of append() and append_within() (P2, P3)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.db import DataError, OperationalError, connection, transaction
from django.utils import timezone
from drafts import hidden, quiet, say, text
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from chat import timeline
from chat.models import Entry, Reader
from chat.timeline import BUSY, GONE, NEW, OLD, OUTSIDER, Draft
from rooms import actions
from rooms.models import Room

pytestmark = pytest.mark.django_db(transaction=True)

Numbers = Callable[[int], list[int]]
NOWHERE = 2**40


@contextmanager
def elsewhere() -> Iterator[psycopg.Connection[Any]]:
    """Another connection to the same database, rolled back at the end."""
    config = connection.get_connection_params()
    config.pop("pool", None)
    keys = {"dbname", "user", "password", "host", "port"}
    with psycopg.connect(**{k: v for k, v in config.items() if k in keys}) as other:
        yield other
        other.rollback()


@contextmanager
def locked(room: Room) -> Iterator[None]:
    with elsewhere() as other:
        other.execute("SELECT 1 FROM chat_timeline WHERE room_id = %s FOR NO KEY UPDATE", [room.pk])
        yield


# --- numbers --------------------------------------------------------------------------------------------------
def test_a_batch_is_numbered_in_its_order_in_every_room(host: User, room: Room, numbers: Numbers) -> None:
    other = actions.create_room(user=host, title="김밥")
    drafts = [text(r.pk, host.pk) for r in (room, other, other, room, other)]
    written = timeline.append(drafts)
    assert [(w.outcome, w.seq) for w in written] == [(NEW, 3), (NEW, 2), (NEW, 3), (NEW, 4), (NEW, 4)]
    assert numbers(room.pk) == [1, 2, 3, 4]
    assert numbers(other.pk) == [1, 2, 3, 4]
    stored = Entry.objects.filter(room_id=room.pk, seq=4).get()
    assert (stored.cid, stored.sender_id, stored.kind) == (drafts[3].cid, host.pk, "text")
    assert (stored.data, stored.rev, stored.target) == ({"body": "안녕"}, 0, None)


def test_n_counts_what_counts_as_unread(host: User, room: Room) -> None:
    written = timeline.append(
        [text(room.pk, host.pk), quiet(room.pk), text(room.pk, host.pk), hidden(room.pk, 3)]
    )
    assert [w.n for w in written] == [1, 1, 2, 2]
    assert list(Entry.objects.filter(room_id=room.pk).order_by("seq").values_list("shown", flat=True)) == [
        True, True, True, True, True, False,
    ]  # fmt: skip
    assert say(room.pk, host.pk)[0].n == 3


def test_time_never_runs_backwards_and_is_one_per_batch(host: User, room: Room) -> None:
    ahead = timezone.now() + timedelta(hours=1)
    Entry.objects.filter(room_id=room.pk, seq=2).update(at=ahead)
    other = actions.create_room(user=host, title="김밥")
    first, second, elsewhere_ = timeline.append([text(r.pk, host.pk) for r in (room, room, other)])
    assert first.at == second.at
    assert first.at is not None
    assert datetime.fromisoformat(first.at) == ahead.replace(microsecond=ahead.microsecond // 1000 * 1000)
    assert elsewhere_.at is not None
    assert abs(datetime.fromisoformat(elsewhere_.at) - timezone.now()) < timedelta(minutes=1)


def test_an_empty_batch_writes_nothing() -> None:
    assert timeline.append([]) == []


# --- retries --------------------------------------------------------------------------------------------------
def test_a_retry_gets_the_first_ones_number_and_writes_nothing(
    host: User, room: Room, numbers: Numbers
) -> None:
    draft = text(room.pk, host.pk, "hello", "same")
    first = timeline.append([draft])[0]
    say(room.pk, host.pk, 2)
    again = timeline.append([text(room.pk, host.pk, "HELLO", "same")])[0]
    assert again == first._replace(outcome=OLD)
    assert numbers(room.pk) == [1, 2, 3, 4, 5]
    assert Entry.objects.get(room_id=room.pk, seq=first.seq).data == {"body": "hello"}


def test_copies_within_a_batch_become_one_entry(host: User, room: Room, numbers: Numbers) -> None:
    copy = text(room.pk, host.pk, cid="same")
    written = timeline.append([copy, text(room.pk, host.pk), copy, text(room.pk, host.pk), copy])
    assert [(w.outcome, w.seq, w.n) for w in written] == [
        (NEW, 3, 1), (NEW, 4, 2), (OLD, 3, 1), (NEW, 5, 3), (OLD, 3, 1),
    ]  # fmt: skip
    assert numbers(room.pk) == [1, 2, 3, 4, 5]


def test_a_cid_is_the_senders_own_in_its_room(host: User, member: User, room: Room) -> None:
    other = actions.create_room(user=host, title="김밥")
    written = timeline.append([
        text(room.pk, host.pk, cid="x"), text(room.pk, member.pk, cid="x"),
        text(room.pk, None, cid="x", member=False), text(other.pk, host.pk, cid="x"),
    ])  # fmt: skip
    assert [w.outcome for w in written] == [NEW] * 4


def test_a_retry_without_a_sender_is_found_too(room: Room) -> None:
    draft = text(room.pk, None, cid="house", member=False)
    first, copy = timeline.append([draft, draft])
    again = timeline.append([draft])[0]
    assert (first.outcome, copy.outcome, again.outcome) == (NEW, OLD, OLD)
    assert first.seq == copy.seq == again.seq


def test_a_retry_is_answered_though_the_sender_has_left(member: User, room: Room) -> None:
    draft = text(room.pk, member.pk)
    first = timeline.append([draft])[0]
    actions.leave(user=member, room=room)
    assert timeline.append([draft])[0] == first._replace(outcome=OLD)


# --- outcomes -------------------------------------------------------------------------------------------------
def test_outsiders_and_former_members_are_told_apart_from_missing_rooms(
    host: User, member: User, outsider: User, room: Room
) -> None:
    actions.leave(user=member, room=room)
    drafts = [
        text(room.pk, outsider.pk),
        text(room.pk, member.pk),
        text(NOWHERE, host.pk),
        text(room.pk, host.pk),
    ]
    written = timeline.append(drafts, wait_ms=1_000)
    assert [w.outcome for w in written] == [OUTSIDER, OUTSIDER, GONE, NEW]
    assert written[3].seq == 4


def test_a_locked_room_is_busy_and_the_others_are_written(host: User, room: Room) -> None:
    other = actions.create_room(user=host, title="김밥")
    done = text(room.pk, host.pk)
    timeline.append([done])
    with locked(room):
        written = timeline.append(
            [text(room.pk, host.pk), text(other.pk, host.pk), done, text(NOWHERE, host.pk)]
        )
        assert [w.outcome for w in written] == [
            BUSY,
            NEW,
            OLD,
            BUSY,
        ]  # whether it is gone shows with the wait
    assert say(room.pk, host.pk)[0].seq == 4


def test_waiting_for_a_lock_ends_with_an_error_and_leaves_the_setting(host: User, room: Room) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '7s'")
    try:
        with locked(room), pytest.raises(OperationalError, match="lock timeout") as error:
            timeline.append([text(room.pk, host.pk)], wait_ms=20)
        assert error.value.__cause__.sqlstate == "55P03"
        with transaction.atomic(), connection.cursor() as cursor:
            timeline.append_within([text(room.pk, host.pk)])
            cursor.execute("SHOW lock_timeout")
            assert cursor.fetchone() == ("7s",)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET lock_timeout")


@pytest.mark.parametrize(
    "data",
    [b'{"body":"\\u0000"}', b'{"body":"\\ud800"}', b'{"body":', b"\xed\xa0\x80", b'{"body":"\x00"}', b""],
    ids=["NUL", "lone surrogate", "cut JSON", "CESU-8", "NUL byte", "empty"],
)
def test_what_cannot_be_stored_fails_the_batch_as_data(
    host: User, room: Room, data: bytes, numbers: Numbers
) -> None:
    bad = Draft(room.pk, host.pk, "bad", "text", data)
    with pytest.raises((DataError, UnicodeError)):
        timeline.append([text(room.pk, host.pk), bad])
    assert numbers(room.pk) == [1, 2]


# --- transactions ---------------------------------------------------------------------------------------------
def test_append_refuses_a_transaction_and_append_within_wants_one(host: User, room: Room) -> None:
    with transaction.atomic(), pytest.raises(RuntimeError, match="append_within"):
        timeline.append([text(room.pk, host.pk)])
    with pytest.raises(RuntimeError, match="needs a transaction"):
        timeline.append_within([text(room.pk, host.pk)])


def test_append_within_stands_or_falls_with_its_transaction(
    host: User, room: Room, numbers: Numbers, announced: list[Any]
) -> None:
    with transaction.atomic():
        assert timeline.append_within([text(room.pk, host.pk)])[0].seq == 3
        transaction.set_rollback(True)
    assert numbers(room.pk) == [1, 2]
    announced.clear()
    with transaction.atomic():
        kept = text(room.pk, host.pk)
        assert timeline.append_within([kept])[0].seq == 3
        assert timeline.append_within([kept, text(room.pk, host.pk)])[1].seq == 4
        assert announced == []
    assert next((d.cid, w.seq) for d, w in announced) == (kept.cid, 3)
    assert [w.seq for _, w in announced] == [3, 4]  # the retry is not told again
    assert numbers(room.pk) == [1, 2, 3, 4]


def test_append_leaves_announcing_to_its_caller(host: User, room: Room, announced: list[Any]) -> None:
    announced.clear()
    draft = text(room.pk, host.pk)
    written = timeline.append([draft, draft])
    assert announced == []
    timeline.announce([draft, draft], written)
    assert announced == [(draft, written[0])]


def test_a_failing_announcement_fails_no_verb(host: User, room: Room, announced: list[Any]) -> None:
    def fail(fresh: Any) -> None:
        raise ConnectionError("the bus is away")

    timeline.on_announce(fail)
    actions.rename(by=host, room=room, title="라면 모임")
    assert Room.objects.get(pk=room.pk).title == "라면 모임"
    assert Entry.objects.filter(room_id=room.pk, kind="room.renamed").count() == 1


def test_a_batch_of_any_size_is_one_query(
    host: User, room: Room, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    drafts = [text(room.pk, host.pk) for _ in range(500)]
    with django_assert_num_queries(1):
        timeline.append(drafts)


def test_a_reader_row_is_what_lets_one_write(host: User, room: Room) -> None:
    Reader.objects.filter(room_id=room.pk, user=host).update(until_seq=2)
    assert timeline.append([text(room.pk, host.pk)])[0].outcome == OUTSIDER
    assert timeline.append([text(room.pk, host.pk, member=False)])[0].outcome == NEW
