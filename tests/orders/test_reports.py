"""Reporting a message, a post or a person, and what operators do about it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.actions import block, merge_guest, upgrade_guest
from accounts.models import User
from chat import actions as chat
from chat.models import Entry
from orders import bounds, reports, seats
from orders.models import Post, Report
from rooms import actions as rooms
from rooms.errors import RoomError
from tests.orders.reporting import say, tell
from tests.orders.table import Table, fresh, make_table, people, refused

# --- reporting ------------------------------------------------------------------------------------------------


def test_a_message_is_kept_with_twenty_before_and_after_even_when_it_is_deleted(table: Table) -> None:
    say(table, table.member, *[f"앞 {n}" for n in range(30)])
    (seq,) = say(table, table.guest, "나쁜 말")
    say(table, table.member, *[f"뒤 {n}" for n in range(30)])
    told = tell(table.member, table, "message", seq, text=" 욕을  했어요 ")
    assert (told.about, told.text, told.seq) == (table.guest, "욕을 했어요", seq)
    chat.delete_by_operator(entry=Entry.objects.get(room_id=table.post.pk, seq=seq))
    kept = Report.objects.get().snapshot["entries"]
    assert [each["seq"] for each in kept] == list(range(seq - 20, seq + 21))
    assert kept[20]["data"] == {"body": "나쁜 말"}
    assert kept[20]["name"] == "손님"


def test_the_snapshot_holds_no_secret(table: Table) -> None:
    say(table, table.member, "안녕하세요")
    for kind, more in (("post", ""), ("person", table.guest.pk)):
        told = tell(table.member, table, kind, more)
        assert table.post.place_note
        assert table.post.place_note not in str(told.snapshot)
    assert Report.objects.get(kind="post").snapshot["post"]["shop"] == table.post.shop
    assert [e["data"] for e in Report.objects.get(kind="person").snapshot["entries"]][-1] == {
        "body": "안녕하세요"
    }


@pytest.mark.parametrize(
    "name",
    [
        "{room}.9999",
        "{room}",
        "{room}.1",
        "{room}.-1",
        "{room}.x",
        "{room}.²",
        "nothing.1",
        ".",
        "{room}." + "9" * 20,
    ],
)
def test_what_is_not_there_cannot_be_reported(table: Table, name: str) -> None:
    with refused("NOTHING_TO_REPORT"):
        reports.find(table.member, "message", name.format(room=table.post.public_id))


def test_one_reports_what_one_can_see(table: Table) -> None:
    (seq,) = say(table, table.guest, "나쁜 말")
    with refused("NOTHING_TO_REPORT"):
        tell(table.outsider, table, "message", seq)
    with refused("NOTHING_TO_REPORT"):
        tell(table.outsider, table, "person", table.guest.pk)
    assert tell(table.outsider, table, "person", table.host.pk).about == table.host, (
        "the host of a post one sees"
    )
    block(user=table.host, blocked=table.outsider)
    for kind, more in (("post", ""), ("person", table.host.pk)):
        with refused("NOTHING_TO_REPORT"):
            tell(table.outsider, table, kind, more)
    seats.remove(by=table.host, post=table.post, user=table.guest)
    assert tell(table.guest, table, "person", table.host.pk), "who was removed may say why that was wrong"
    later = say(table, table.member, "나중 말")[0]
    with refused("NOTHING_TO_REPORT"):
        tell(table.guest, table, "message", later)


def test_nobody_reports_themselves(table: Table) -> None:
    (seq,) = say(table, table.guest, "내 말")
    with refused("REPORT_SELF"):
        tell(table.host, table)
    with refused("REPORT_SELF"):
        tell(table.guest, table, "message", seq)
    merge_guest(guest=table.guest, into=table.outsider)
    with refused("REPORT_SELF"):
        tell(table.outsider, table, "message", seq)


def test_a_double_tap_reports_once_and_a_day_has_a_bound(table: Table) -> None:
    numbers = say(table, table.guest, *["나쁜 말"] * (bounds.REPORTS_A_DAY + 1))
    for seq in numbers[:-1]:
        assert tell(table.member, table, "message", seq) == tell(table.member, table, "message", seq)
    with refused("TOO_MANY_REPORTS"):
        tell(table.member, table, "message", numbers[-1])
    assert tell(table.host, table, "message", numbers[-1]), "others still can"
    tomorrow = timezone.now() + timedelta(days=1, minutes=1)
    assert tell(table.member, table, "message", numbers[-1], now=tomorrow)


@pytest.mark.parametrize(
    ("given", "code"), [({"reason": "x"}, "REPORT_REASON"), ({"text": "가" * 501}, "FIELD_TOO_LONG")]
)
def test_what_was_typed_is_checked(table: Table, given: dict[str, str], code: str) -> None:
    with refused(code):
        values = {"reason": "abuse", **given}
        reports.report(user=table.member, kind="post", name=table.post.public_id, **values)


def test_the_verb_s_rooms_error_is_the_pages_too(table: Table) -> None:
    """A closed account's tab that is still open."""
    User.objects.filter(pk=table.member.pk).update(is_active=False)
    with pytest.raises(RoomError, match="INACTIVE"):
        tell(table.member, table)
    assert rooms.active_membership(table.post.room, table.member)


# --- hiding ---------------------------------------------------------------------------------------------------


def listed(table: Table) -> bool:
    return Post.objects.listed().filter(pk=table.post.pk).exists()


def test_three_people_s_reports_hide_a_post_until_reviewed(table: Table, operator: User) -> None:
    crowd = people(4)
    for person in crowd[:2]:
        tell(person, table)
    tell(crowd[0], table)
    tell(table.guest, table)
    assert listed(table), "twice the same person, and a guest, hide nothing"
    last = tell(crowd[2], table)
    assert not listed(table)
    assert Post.objects.visible_to(table.member).filter(pk=table.post.pk).exists(), "its people go on"
    assert reports.resolve(by=operator, report=last, upheld=False) == 4
    assert listed(table)
    for person in crowd[:3]:
        tell(person, table)
    assert listed(table), "those whom an operator did not follow hide it no second time"


def test_an_upheld_report_keeps_the_post_out_of_the_lists(table: Table, operator: User) -> None:
    told = tell(table.outsider, table)
    assert reports.resolve(by=operator, report=told, upheld=True) == 1
    assert not listed(table)
    assert reports.resolve(by=operator, report=told, upheld=True) == 0
    with refused("REVIEWED"):
        reports.resolve(by=operator, report=told, upheld=False)
    reports.set_hidden(by=operator, post=fresh(table.post), hidden=False)
    assert listed(table)


def test_an_upheld_message_is_deleted(table: Table, operator: User) -> None:
    (seq,) = say(table, table.guest, "나쁜 말")
    told = tell(table.member, table, "message", seq)
    reports.resolve(by=operator, report=told, upheld=True)
    assert Entry.objects.get(room_id=table.post.pk, seq=seq).data == {"deleted": True}


def test_a_message_deleted_by_its_writer_can_still_be_upheld(table: Table, operator: User) -> None:
    (seq,) = say(table, table.guest, "나쁜 말")
    told = tell(table.member, table, "message", seq)
    chat.delete(user_id=table.guest.pk, room_id=table.post.pk, cid="x", seq=seq)
    assert reports.resolve(by=operator, report=told, upheld=True) == 1
    assert Report.objects.get().status == "upheld"


def test_only_operators_resolve_and_hide(table: Table) -> None:
    told = tell(table.outsider, table)
    User.objects.filter(pk=table.member.pk).update(is_staff=True)
    for person in (table.host, User.objects.get(pk=table.member.pk)):
        with refused("NOT_OPERATOR"):
            reports.resolve(by=person, report=told, upheld=False)
        with refused("NOT_OPERATOR"):
            reports.set_hidden(by=person, post=table.post, hidden=True)


def test_a_guest_s_report_becomes_the_account_s(table: Table) -> None:
    tell(table.guest, table)
    tell(table.outsider, table)
    (seq,) = say(table, table.host, "나쁜 말")
    tell(table.guest, table, "message", seq)
    merge_guest(guest=table.guest, into=table.outsider)
    assert Report.objects.filter(reporter=table.outsider).count() == 2, "the same of both stays two"
    assert reports._people_against(table.post) == 1


def test_a_guest_who_becomes_an_account_counts(table: Table) -> None:
    tell(table.guest, table)
    assert reports._people_against(table.post) == 0
    upgrade_guest(user=table.guest, nickname="새사람", password="chopsticks-and-rice")
    assert reports._people_against(table.post) == 1


@pytest.mark.django_db(transaction=True)
def test_three_who_report_at_once_hide_it(operator: User) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from django.db import connection

    table = make_table()

    def one(person: User) -> None:
        try:
            tell(person, table)
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(one, people(3)))
    assert not listed(table)
    assert Report.objects.count() == 3
