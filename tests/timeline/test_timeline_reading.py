"""What a reader gets: bounds, pages, unread, summaries; and how many queries that takes."""

import threading

import pytest
from django.db import connection, transaction
from drafts import hidden, quiet, say, text
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from chat import reading, timeline
from chat.models import Entry, Reader
from chat.timeline import LATEST, NotReadable
from rooms import actions
from rooms.models import Room

pytestmark = pytest.mark.django_db(transaction=True)


def seqs(found: timeline.Slice) -> list[int]:
    return [row.seq for row in found.rows]


def read_seq(user: User, room: Room) -> int:
    return Reader.objects.get(room_id=room.pk, user=user).read_seq


# --- bounds ---------------------------------------------------------------------------------------------------
def test_strangers_read_nothing(outsider: User, room: Room) -> None:
    for read in (timeline.since, timeline.before, timeline.around):
        with pytest.raises(NotReadable):
            read(outsider.pk, room.pk, 1, 10)
    with pytest.raises(NotReadable):
        timeline.since(outsider.pk, 2**40, 0, 10)
    assert reading.summaries(outsider.pk, [room.pk]) == {}


def test_a_former_member_reads_up_to_the_entry_that_ended_it(host: User, member: User, room: Room) -> None:
    say(room.pk, host.pk, 3)  # 3, 4, 5
    actions.remove_member(by=host, room=room, user=member)  # 6
    say(room.pk, host.pk, 3)
    found = timeline.since(member.pk, room.pk, 0, 100)
    assert seqs(found) == [1, 2, 3, 4, 5, 6]
    assert (found.head, found.more, found.active) == (6, False, False)
    assert seqs(timeline.before(member.pk, room.pk, LATEST, 100)) == [1, 2, 3, 4, 5, 6]
    assert seqs(timeline.before(member.pk, room.pk, 100, 2)) == [5, 6]
    assert seqs(timeline.since(member.pk, room.pk, 6, 100)) == []
    assert seqs(timeline.around(member.pk, room.pk, 6, 100)) == [1, 2, 3, 4, 5, 6]
    assert reading.summaries(member.pk, [room.pk]) == {}
    assert timeline.since(host.pk, room.pk, 0, 100).head == 9


def test_a_reader_reads_nothing_before_its_first_number(host: User, member: User, room: Room) -> None:
    say(room.pk, host.pk, 5)
    Reader.objects.filter(room_id=room.pk, user=member).update(from_seq=4)
    assert seqs(timeline.since(member.pk, room.pk, 0, 100)) == [5, 6, 7]
    assert seqs(timeline.before(member.pk, room.pk, LATEST, 100)) == [5, 6, 7]
    assert seqs(timeline.before(member.pk, room.pk, 4, 100)) == []
    assert seqs(timeline.around(member.pk, room.pk, 2, 100)) == [5, 6, 7]
    assert reading.summaries(member.pk, [room.pk])[room.pk].unread == 3


def test_who_comes_back_reads_all_of_it(host: User, member: User, room: Room) -> None:
    actions.leave(user=member, room=room)
    say(room.pk, host.pk, 2)
    actions.join_open(user=member, room=room)
    found = timeline.since(member.pk, room.pk, 0, 100)
    assert seqs(found) == [1, 2, 3, 4, 5, 6]
    assert found.active


# --- pages ----------------------------------------------------------------------------------------------------
def mixed(room: Room, host: User, count: int) -> None:
    """Texts, and now and then an entry that is no line of its own."""
    timeline.append([hidden(room.pk, 1) if k % 3 == 0 else text(room.pk, host.pk) for k in range(count)])


@pytest.mark.parametrize("limit", [1, 2, 7, 50])
def test_paging_back_covers_every_shown_entry_exactly_once(host: User, room: Room, limit: int) -> None:
    mixed(room, host, 40)
    shown = list(
        Entry.objects.filter(room_id=room.pk, shown=True).order_by("seq").values_list("seq", flat=True)
    )
    found, at, more = [], LATEST, True
    while more:
        page = timeline.before(host.pk, room.pk, at, limit)
        assert len(page.rows) == limit or not page.more
        found = seqs(page) + found
        at, more = page.rows[0].seq, page.more
    assert found == shown


@pytest.mark.parametrize("limit", [1, 2, 7, 50])
def test_reading_on_covers_every_entry_exactly_once(host: User, room: Room, limit: int) -> None:
    mixed(room, host, 40)
    found: list[int] = []
    more = True
    while more:
        page = timeline.since(host.pk, room.pk, found[-1] if found else 0, limit)
        assert len(page.rows) == limit or not page.more
        found += seqs(page)
        more = page.more
    assert found == list(range(1, 43))


def test_around_has_both_sides_and_the_entry_itself(host: User, room: Room) -> None:
    say(room.pk, host.pk, 20)
    found = timeline.around(host.pk, room.pk, 10, 3)
    assert seqs(found) == [7, 8, 9, 10, 11, 12]
    assert found.more
    assert seqs(timeline.around(host.pk, room.pk, 1, 3)) == [1, 2, 3]
    assert seqs(timeline.around(host.pk, room.pk, 1_000, 3)) == [20, 21, 22]


def test_a_change_comes_with_the_present_state_of_its_target(host: User, room: Room) -> None:
    say(room.pk, host.pk)
    timeline.append([hidden(room.pk, 3)])
    Entry.objects.filter(room_id=room.pk, seq=3).update(data={"body": "new"}, rev=4)
    change = timeline.since(host.pk, room.pk, 3, 10).rows[0]
    assert (change.target, change.target_rev, change.target_kind, change.target_data) == (
        3, 4, "text", '{"body": "new"}',
    )  # fmt: skip
    assert not change.shown
    assert timeline.since_for_all(room.pk, 3, 10) == [change]


def test_heads_are_zero_for_empty_and_missing_rooms(host: User, room: Room) -> None:
    other = Room.objects.create(title="빈 방", created_by=host)
    assert timeline.heads([room.pk, other.pk, 2**40]) == {room.pk: 2, other.pk: 0, 2**40: 0}
    assert timeline.heads([]) == {}


# --- read positions and unread --------------------------------------------------------------------------------
def test_unread_counts_texts_after_the_read_position(host: User, member: User, room: Room) -> None:
    def unread() -> int:
        return reading.summaries(member.pk, [room.pk])[room.pk].unread

    timeline.append(
        [text(room.pk, host.pk), quiet(room.pk), hidden(room.pk, 3), text(room.pk, host.pk)]
    )  # 3 … 6
    assert unread() == 2
    reading.mark_read([(room.pk, member.pk, 2)])
    assert unread() == 2
    reading.mark_read([(room.pk, member.pk, 5)])
    assert unread() == 1
    reading.mark_read([(room.pk, member.pk, 6)])
    assert unread() == 0


def test_read_positions_only_grow_and_stop_at_the_head(host: User, member: User, room: Room) -> None:
    say(room.pk, host.pk, 5)
    reading.mark_read([(room.pk, member.pk, 4), (room.pk, member.pk, 3), (room.pk, host.pk, 5)])
    reading.mark_read([(room.pk, member.pk, 2), (room.pk, 2**40, 1), (2**40, member.pk, 1)])
    assert (read_seq(member, room), read_seq(host, room)) == (4, 5)
    reading.mark_read([(room.pk, member.pk, 2**60)])
    assert read_seq(member, room) == 7
    say(room.pk, host.pk)
    assert reading.summaries(member.pk, [room.pk])[room.pk].unread == 1
    reading.mark_read([])


def test_a_former_members_position_stops_at_its_last_entry(host: User, member: User, room: Room) -> None:
    actions.leave(user=member, room=room)  # 3
    say(room.pk, host.pk, 5)
    reading.mark_read([(room.pk, member.pk, 8)])
    assert read_seq(member, room) == 3


def wait_until_blocked(count: int) -> None:
    """Until so many connections to this database wait for a lock."""
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT count(*) FROM pg_stat_activity
                   WHERE datname = current_database() AND wait_event_type = 'Lock'"""
            )
            if cursor.fetchone()[0] >= count:
                return


def in_thread(work: object) -> threading.Thread:
    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_a_late_clamped_position_does_not_take_a_newer_one_back(host: User, member: User, room: Room) -> None:
    say(room.pk, host.pk, 3)  # head 5
    with transaction.atomic():
        timeline.append_within([text(room.pk, host.pk)])
        reading.mark_read([(room.pk, member.pk, 6)])
        late = in_thread(
            lambda: reading.mark_read([(room.pk, member.pk, 2**60)])
        )  # sees the head 5 and waits
        wait_until_blocked(1)
    late.join()
    assert read_seq(member, room) == 6


def test_read_marks_lock_their_rows_in_one_order(host: User, member: User, room: Room) -> None:
    """Else two workers' batches deadlock. Who waits for the first row holds none of the others yet."""
    others = [actions.create_room(user=host, title=str(k)).pk for k in range(40)]
    Reader.objects.filter(room_id=room.pk, user=host).update(read_seq=0)  # moves it behind the others on disk

    def mark() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET enable_nestloop = off")  # as the planner may find better for many
        reading.mark_read([(r, host.pk, 1) for r in [*others[::-1], room.pk]])
        with connection.cursor() as cursor:
            cursor.execute("RESET enable_nestloop")

    with transaction.atomic():
        Reader.objects.select_for_update(no_key=True).get(room_id=room.pk, user=host)
        late = in_thread(mark)
        wait_until_blocked(1)
        free = Reader.objects.select_for_update(no_key=True, skip_locked=True).filter(room_id__in=others)
        assert len(free) == len(others)
    late.join()
    assert Reader.objects.filter(user=host, read_seq=1).count() == 41


# --- summaries ------------------------------------------------------------------------------------------------
def test_a_summary_has_head_unread_and_the_last_line(host: User, member: User, room: Room) -> None:
    other = actions.create_room(user=member, title="김밥")
    say(room.pk, host.pk, 2)
    timeline.append([hidden(room.pk, 3)])
    found = reading.summaries(member.pk, [room.pk, other.pk, 2**40])
    assert set(found) == {room.pk, other.pk}
    assert (found[room.pk].head, found[room.pk].unread) == (5, 2)
    last = found[room.pk].last
    assert last is not None
    assert (last.seq, last.data) == (4, '{"body": "1"}')
    assert (found[other.pk].head, found[other.pk].unread) == (1, 0)


def test_reads_are_one_query_each(
    host: User, room: Room, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    rooms = [room.pk] + [actions.create_room(user=host, title=str(k)).pk for k in range(10)]
    say(room.pk, host.pk, 60)
    with django_assert_num_queries(6):
        timeline.since(host.pk, room.pk, 0, 50)
        timeline.before(host.pk, room.pk, LATEST, 50)
        timeline.since_for_all(room.pk, 0, 50)
        timeline.heads(rooms)
        reading.summaries(host.pk, rooms)
        reading.mark_read([(r, host.pk, 1) for r in rooms])
