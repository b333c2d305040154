"""Posting, editing and deleting: the verbs of chat/actions.py."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from pytest_django import DjangoAssertNumQueries

from accounts.actions import create_guest, merge_guest
from accounts.models import User
from chat import actions, errors, reading, timeline
from chat.errors import ChatError, Refusal
from chat.models import Entry, Reader
from chat.timeline import LATEST, NEW, OLD
from rooms import actions as rooms
from rooms.models import Room

pytestmark = pytest.mark.django_db(transaction=True)


def post(user: User, room: Room, body: str = "안녕", cid: str = "p") -> int:
    return actions.post(user=user, room=room, cid=cid, body=body).seq


def edit(user: User, room: Room, seq: int, body: str = "고침", cid: str = "e") -> timeline.Written:
    return actions.edit(user_id=user.pk, room_id=room.pk, cid=cid, seq=seq, body=body)


def delete(user: User, room: Room, seq: int, cid: str = "d") -> timeline.Written:
    return actions.delete(user_id=user.pk, room_id=room.pk, cid=cid, seq=seq)


def state(room: Room, seq: int) -> tuple[Any, int]:
    entry = Entry.objects.get(room_id=room.pk, seq=seq)
    return entry.data, entry.rev


class refused:
    """The verb is refused with this code and writes nothing."""

    def __init__(self, room: Room, refusal: Refusal) -> None:
        self.room, self.refusal = room, refusal

    def entries(self) -> list[tuple[Any, ...]]:
        return list(
            Entry.objects.filter(room_id=self.room.pk).order_by("seq").values_list("seq", "data", "rev")
        )

    def __enter__(self) -> None:
        self.before = self.entries()

    def __exit__(self, kind: Any, error: Any, trace: Any) -> bool:
        assert isinstance(error, ChatError), f"not refused: {error!r}"
        assert error.refusal == self.refusal
        assert self.entries() == self.before
        return True


# --- posting --------------------------------------------------------------------------------------------------
def test_a_post_is_written_told_and_read_by_its_sender(host: User, room: Room, announced: list[Any]) -> None:
    announced.clear()
    seq = post(host, room)
    assert [(d.cid, w.seq) for d, w in announced] == [("p", seq)]
    assert Reader.objects.get(room_id=room.pk, user=host).read_seq == seq
    announced.clear()
    assert actions.post(user=host, room=room, cid="p", body="again").outcome == OLD
    assert announced == []
    assert state(room, seq) == ({"body": "안녕"}, 0)


def test_outsiders_post_nothing(outsider: User, room: Room) -> None:
    with refused(room, errors.NOT_MEMBER):
        post(outsider, room)


def test_a_post_takes_two_queries(
    host: User, room: Room, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(2):
        post(host, room)


# --- editing --------------------------------------------------------------------------------------------------
def test_an_edit_replaces_the_text_and_is_an_entry_of_its_own(
    member: User, room: Room, announced: list[Any]
) -> None:
    seq = post(member, room)
    announced.clear()
    written = edit(member, room, seq, "첫째")
    assert (written.outcome, written.seq) == (NEW, seq + 1)
    assert state(room, seq) == ({"body": "첫째"}, written.seq)
    change = Entry.objects.get(room_id=room.pk, seq=written.seq)
    assert (change.kind, change.target, change.shown, change.data) == ("edit", seq, False, {})
    assert change.n == Entry.objects.get(room_id=room.pk, seq=seq).n
    assert [w.seq for _, w in announced] == [written.seq]
    second = edit(member, room, seq, "둘째", cid="e2")
    assert state(room, seq) == ({"body": "둘째"}, second.seq)
    assert timeline.before(member.pk, room.pk, LATEST, 1).rows[0].data == '{"body": "둘째"}'


def test_a_retried_edit_writes_nothing(member: User, room: Room) -> None:
    seq = post(member, room)
    first = edit(member, room, seq, "첫째", cid="e1")
    edit(member, room, seq, "둘째", cid="e2")
    assert edit(member, room, seq, "첫째", cid="e1") == first._replace(outcome=OLD)
    assert state(room, seq) == ({"body": "둘째"}, first.seq + 1)


def test_ones_own_texts_only_can_be_edited(host: User, member: User, outsider: User, room: Room) -> None:
    seq = post(member, room)
    with refused(room, errors.NOT_YOURS):
        edit(host, room, seq)  # not even by the host
    with refused(room, errors.NOT_MEMBER):
        edit(outsider, room, seq)
    rooms.leave(user=member, room=room)
    with refused(room, errors.NOT_MEMBER):
        edit(member, room, seq)


def test_what_is_no_text_cannot_be_changed(host: User, member: User, room: Room) -> None:
    seq = post(member, room)
    change = edit(member, room, seq).seq
    with refused(room, errors.NOT_FOUND):
        edit(member, room, 1_000, cid="e0")
    with refused(room, errors.NOT_FOUND):
        edit(member, room, change, cid="e2")
    with refused(room, errors.NOT_EDITABLE):
        edit(host, room, 1)  # the line "the room is open" is the host's
    with refused(room, errors.NOT_EDITABLE):
        delete(host, room, 1)


def test_a_text_of_another_room_is_not_found(host: User, room: Room) -> None:
    other = rooms.create_room(user=host, title="김밥")
    for k in range(5):
        seq = post(host, other, cid=str(k))
    with refused(room, errors.NOT_FOUND):
        edit(host, room, seq)


def test_an_edit_waits_for_the_one_before_and_wins(member: User, room: Room) -> None:
    """Two devices: the higher number's text stands, whoever came first."""
    seq = post(member, room)
    results: dict[str, int] = {}
    start = threading.Barrier(8)

    def work(body: str) -> None:
        try:
            start.wait()
            for k in range(5):
                results[f"{body}-{k}"] = edit(member, room, seq, f"{body}-{k}", cid=f"{body}-{k}").seq
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(str(k),)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results.values()) == list(range(seq + 1, seq + 41))
    last = max(results, key=lambda body: results[body])
    assert state(room, seq) == ({"body": last}, results[last])


# --- deleting -------------------------------------------------------------------------------------------------
def test_a_deletion_blanks_the_text_and_leaves_its_number(member: User, room: Room) -> None:
    seq = post(member, room)
    edit(member, room, seq)
    written = delete(member, room, seq)
    assert state(room, seq) == ({"deleted": True}, written.seq)
    with refused(room, errors.NOT_EDITABLE):
        edit(member, room, seq, cid="e2")
    with refused(room, errors.NOT_EDITABLE):
        delete(member, room, seq, cid="d2")
    assert delete(member, room, seq).outcome == OLD
    found = timeline.since(member.pk, room.pk, 0, 100).rows
    assert "안녕" not in str(found)
    assert "고침" not in str(found)


def test_the_host_deletes_anybodys_text_and_other_members_do_not(
    host: User, member: User, room: Room
) -> None:
    by_host, by_member = post(host, room), post(member, room)
    with refused(room, errors.NOT_YOURS):
        delete(member, room, by_host)
    delete(host, room, by_member)
    assert state(room, by_member)[0] == {"deleted": True}


def test_an_operator_deletes_from_outside_as_the_house(member: User, room: Room) -> None:
    seq = post(member, room)
    written = actions.delete_by_operator(entry=Entry.objects.get(room_id=room.pk, seq=seq))
    change = Entry.objects.get(room_id=room.pk, seq=written.seq)
    assert (change.sender_id, change.target) == (None, seq)
    assert state(room, seq) == ({"deleted": True}, written.seq)


def test_texts_of_a_merged_guest_are_ones_own(member: User, room: Room) -> None:
    guest = create_guest(nickname="유리", locale="ko")
    invitation = rooms.create_invitation(by=room.created_by, room=room, expires_in=None)
    rooms.join_by_invitation(user=guest, code=invitation.code)
    seq = post(guest, room)
    merge_guest(guest=guest, into=member)
    edit(member, room, seq)
    assert state(room, seq)[0] == {"body": "고침"}
    with refused(room, errors.NOT_MEMBER):
        edit(guest, room, seq, cid="e2")


# --- the room's own lines -------------------------------------------------------------------------------------
@pytest.fixture
def lines(room: Room) -> Iterator[Any]:
    def read() -> list[tuple[str, int | None, Any]]:
        rows = Entry.objects.filter(room_id=room.pk).order_by("seq")
        return [(e.kind, e.sender_id, e.data) for e in rows]

    return read


def test_what_happens_to_a_room_is_written_once(host: User, member: User, room: Room, lines: Any) -> None:
    rooms.rename(by=host, room=room, title="라면 모임")
    rooms.rename(by=host, room=room, title="라면 모임")
    rooms.leave(user=host, room=room)
    rooms.leave(user=host, room=room)
    assert lines() == [
        ("room.created", host.pk, {"title": "떡볶이 모임"}),
        ("room.joined", member.pk, {"user": member.pk}),
        ("room.renamed", host.pk, {"before": "떡볶이 모임", "after": "라면 모임"}),
        ("room.host", None, {"user": member.pk}),
        ("room.left", host.pk, {"user": host.pk, "by": host.pk, "reason": "left"}),
    ]
    assert Reader.objects.get(room_id=room.pk, user=host).until_seq == 5


def test_a_merged_guest_reads_no_further_and_the_account_reads_on(
    member: User, room: Room, lines: Any
) -> None:
    guest = create_guest(nickname="유리", locale="ko")
    invitation = rooms.create_invitation(by=room.created_by, room=room, expires_in=None)
    rooms.join_by_invitation(user=guest, code=invitation.code)  # 3
    newcomer = User.objects.create_user("훈이")
    reading.mark_read([(room.pk, guest.pk, 3)])
    merge_guest(guest=guest, into=newcomer)
    assert lines()[3] == ("room.merged", guest.pk, {"user": guest.pk, "into": newcomer.pk})
    readers = {r.user_id: (r.until_seq, r.read_seq) for r in Reader.objects.filter(room_id=room.pk)}
    assert readers[guest.pk] == (4, 3)
    assert readers[newcomer.pk] == (None, 3)


def test_merging_does_not_take_a_read_position_back(member: User, room: Room) -> None:
    """The account's other device reads on while the merge is under way."""
    guest = create_guest(nickname="유리", locale="ko")
    invitation = rooms.create_invitation(by=room.created_by, room=room, expires_in=None)
    rooms.join_by_invitation(user=guest, code=invitation.code)
    threads: list[threading.Thread] = []

    def read() -> None:
        reading.mark_read([(room.pk, member.pk, 3)])
        connection.close()

    def read_before_writing(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith('UPDATE "chat_reader"') and not threads:
            threads.append(threading.Thread(target=read))
            threads[0].start()
            threads[0].join(0.5)  # done, or waiting for the row
        return execute(sql, params, many, context)

    with connection.execute_wrapper(read_before_writing):
        merge_guest(guest=guest, into=member)
    threads[0].join()
    assert Reader.objects.get(room_id=room.pk, user=member).read_seq == 3


def test_a_verb_that_fails_later_takes_its_entry_along(host: User, room: Room, announced: list[Any]) -> None:
    announced.clear()
    with transaction.atomic():
        rooms.rename(by=host, room=room, title="라면 모임")
        transaction.set_rollback(True)
    assert Entry.objects.filter(room_id=room.pk).count() == 2
    assert announced == []
