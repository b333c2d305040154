"""Making a post, changing it, making it again."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.models import User
from orders import bounds, cart, posts, seats, states
from orders.models import Post, State
from rooms import actions as rooms
from tests.orders.table import (
    Table,
    bring_to,
    dish,
    entries,
    fresh,
    kinds_of,
    make_post,
    people,
    refused,
    values,
)


def edit(table: Table, by: User | None = None, **changes: Any) -> Post:
    answer = changes.pop("empty_cart", None)
    post = fresh(table.post)
    return posts.edit_post(
        by=by or table.host, post=post, post_v=post.post_v, changes=changes, empty_cart=answer
    )


def test_a_post_opens_a_room_with_its_author_as_host(db: None) -> None:
    host = User.objects.create_user("짱구")
    post = make_post(host)
    assert (post.state, post.host, post.seats_taken, post.post_v) == (State.RECRUITING, host, 1, 1)
    assert post.room.memberships.get().is_host
    assert post.deadline_at == post.meeting_at - timedelta(minutes=40)
    assert kinds_of(post) == ["room.created", "order.state"]
    assert entries(post, "order.state") == [
        {"kind": "order.state", "sender": host.pk, "v": 1, "from": "", "to": "RECRUITING", "by": "user",
         "reason": "", "overrides": [], "who": [], "note": ""}
    ]  # fmt: skip


def test_a_double_tap_makes_one_post(db: None) -> None:
    host, key = User.objects.create_user("짱구"), uuid4()
    first, second = (make_post(host, request_key=key) for _ in range(2))
    assert first.pk == second.pk
    assert make_post(host, request_key=uuid4()).pk != first.pk


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("shop", " ", "FIELD_EMPTY"),
        ("shop", "치" * 61, "FIELD_TOO_LONG"),
        ("shop", "교촌\u202e", "FIELD_INVISIBLE"),
        ("shop", "교촌\x00", "FIELD_INVISIBLE"),
        ("place", "", "FIELD_EMPTY"),
        ("place_note", "x" * 201, "FIELD_TOO_LONG"),
        ("title", "", "TITLE_EMPTY"),
        ("category", "sushi", "CATEGORY"),
        ("min_people", 1, "PEOPLE"),
        ("min_people", 5, "PEOPLE"),
        ("capacity", 51, "PEOPLE"),
        ("min_order_won", -1, "WON"),
        ("min_order_won", 1_000_001, "WON"),
        ("min_order_won", 1.5, "WON"),
        ("min_order_won", True, "WON"),
        ("fee_tiers", [[1_000, 3_000]], "FEE_TIERS"),
        ("fee_tiers", [[0, 3_000], [0, 2_000]], "FEE_TIERS"),
        ("fee_tiers", [[0, 50_001]], "FEE_TIERS"),
        ("fee_tiers", [[n, 0] for n in range(6)], "FEE_TIERS"),
        ("fee_tiers", [[0]], "FEE_TIERS"),
    ],
)
def test_fields_have_bounds(db: None, field: str, value: Any, code: str) -> None:
    host = User.objects.create_user("짱구")
    with refused(code) as info:
        posts.create_post(user=host, **values(**{field: value}))
    assert getattr(info.value, "field", field) == field or (field, info.value.field) == (
        "min_people",
        "capacity",
    )
    assert not Post.objects.exists()


@pytest.mark.parametrize(
    ("meeting", "deadline", "code"),
    [
        (timedelta(0), None, "MEETING_PAST"),
        (timedelta(days=7, seconds=1), None, "MEETING_TOO_FAR"),
        (timedelta(hours=1), timedelta(0), "DEADLINE"),
        (timedelta(hours=1), timedelta(hours=1), "DEADLINE"),
    ],
)
def test_now_deadline_meeting_follow_each_other(
    db: None, meeting: timedelta, deadline: timedelta | None, code: str
) -> None:
    host, now = User.objects.create_user("짱구"), timezone.now()
    given = {"meeting_at": now + meeting, "deadline_at": now + deadline if deadline is not None else None}
    with refused(code):
        posts.create_post(user=host, now=now, **values(**given))
    posts.create_post(user=host, now=now, **values(meeting_at=now + timedelta(days=7)))


def test_guests_cannot_post_and_nobody_hosts_very_many(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    with refused("GUEST_HOST"):
        make_post(table.guest)
    monkeypatch.setattr(bounds, "POSTS_MAX", 1)
    with refused("TOO_MANY_POSTS"):
        make_post(table.host)
    states.cancel(by=table.host, post=table.post)
    make_post(table.host)


def test_an_edit_is_one_entry_with_before_and_after(table: Table) -> None:
    at = fresh(table.post).meeting_at
    post = edit(table, place="후문", min_order_won=12_000, meeting_at=at + timedelta(minutes=10))
    assert post.post_v == 2
    (entry,) = entries(post, "order.post")
    assert entry["v"] == 2
    assert entry["changed"] == {
        "meeting_at": [at.isoformat(), (at + timedelta(minutes=10)).isoformat()],
        "place": ["기숙사 정문", "후문"],
        "min_order_won": [15_000, 12_000],
    }


def test_an_edit_that_changes_nothing_writes_nothing(table: Table) -> None:
    before = kinds_of(table.post)
    post = edit(table, place=" 기숙사  정문 ", capacity=4, title="오늘 저녁 치킨")
    assert (post.post_v, kinds_of(post)) == (1, before)


def test_a_double_tap_on_save_is_no_conflict(table: Table) -> None:
    for _ in range(2):
        post = posts.edit_post(
            by=table.host, post=table.post, post_v=1, changes={"place": "후문", "title": "치킨"}
        )
    assert (post.place, post.title, len(entries(post, "order.post"))) == ("후문", "치킨", 1)


def test_the_private_note_is_in_no_entry(table: Table) -> None:
    post = edit(table, place_note="공동현관 9876")
    assert post.place_note == "공동현관 9876"
    assert entries(post, "order.post")[0]["changed"] == {"place_note": [None, None]}


def test_a_title_is_the_room_s_and_a_version_of_the_post(table: Table) -> None:
    post = edit(table, title="오늘 밤 치킨", place="후문")
    assert (post.title, post.post_v) == ("오늘 밤 치킨", 3)
    assert kinds_of(post)[-2:] == ["room.renamed", "order.post"]
    rooms.rename(by=table.host, room=post.room, title="치킨")  # by the members' page
    assert fresh(post).post_v == 4


def test_a_stale_edit_changes_nothing_and_is_told_what_changed(table: Table) -> None:
    edit(table, place="후문")
    with refused("STALE", table.post) as info:
        posts.edit_post(by=table.host, post=table.post, post_v=1, changes={"place": "정문"})
    assert fresh(table.post).place == "후문"
    assert info.value.status == 409
    assert info.value.extra["post_v"] == 2
    assert [c["data"]["changed"] for c in info.value.extra["changes"]] == [{"place": ["기숙사 정문", "후문"]}]


def test_only_the_host_and_operators_edit(table: Table) -> None:
    with refused("NOT_HOST", table.post):
        edit(table, by=table.member, place="후문")
    operator = User.objects.create_superuser("운영자")
    assert edit(table, by=operator, place="후문").place == "후문"


def test_capacity_is_never_below_who_is_in(table: Table) -> None:
    with refused("CAPACITY_TAKEN", table.post):
        edit(table, capacity=2, min_people=2)
    assert edit(table, capacity=3).capacity == 3


def test_a_larger_table_lets_in_who_waits(table: Table) -> None:
    (last, waiter) = people(2)
    seats.join(user=last, post=table.post)
    seats.wait(user=waiter, post=table.post)
    post = edit(table, capacity=5)
    assert kinds_of(post)[-3:] == ["order.post", "room.joined", "order.seat"]
    assert fresh(post).seats_taken == 5


def test_another_shop_asks_what_becomes_of_the_cart(table: Table) -> None:
    dish(table.member, table.post)
    with refused("CART_NOT_EMPTY", table.post):
        edit(table, shop="BBQ")
    assert edit(table, shop="BBQ", empty_cart=False).items.count() == 1
    post = edit(table, shop="굽네", empty_cart=True)
    assert (post.items.count(), fresh(post).cart_v) == (0, 2)
    assert kinds_of(post)[-2:] == ["order.post", "order.cart"]


def test_after_locking_only_the_time_and_the_note_change(table: Table) -> None:
    post = bring_to(table, "LOCKED")
    for change in ({"place": "후문"}, {"shop": "BBQ"}, {"min_order_won": 0}, {"title": "다른 이름"}):
        with refused("EDIT_LOCKED", post):
            edit(table, **change)
    later = post.meeting_at + timedelta(minutes=5)
    post = edit(table, meeting_at=later, place_note="문 열려 있어요")
    assert (post.meeting_at, post.place_note) == (later, "문 열려 있어요")
    with refused("EDIT_LOCKED", post):
        rooms.rename(by=table.host, room=post.room, title="다른 이름")


def test_the_deadline_changes_only_while_recruiting(table: Table) -> None:
    at = fresh(table.post).deadline_at - timedelta(minutes=5)
    assert edit(table, deadline_at=at).deadline_at == at
    states.close(by=table.host, post=table.post)
    with refused("WRONG_STATE", table.post):
        edit(table, deadline_at=at + timedelta(minutes=1))


def test_an_earlier_meeting_takes_an_early_closed_deadline_along(table: Table) -> None:
    states.close(by=table.host, post=table.post)
    post = edit(table, meeting_at=timezone.now() + timedelta(minutes=30))
    assert timezone.now() < post.deadline_at < post.meeting_at
    assert set(entries(post, "order.post")[-1]["changed"]) == {"meeting_at", "deadline_at"}


def test_what_is_over_is_not_edited(table: Table) -> None:
    states.cancel(by=table.host, post=table.post)
    with refused("READ_ONLY", table.post):
        edit(table, place="후문")


def test_posting_again_starts_from_the_same_at_the_next_such_time(table: Table) -> None:
    post, now = fresh(table.post), timezone.now() + timedelta(days=3)
    again = posts.post_again(post, now)
    assert again["meeting_at"] > now
    assert timezone.localtime(again["meeting_at"]).time().replace(
        second=0, microsecond=0
    ) == timezone.localtime(post.meeting_at).time().replace(second=0, microsecond=0)
    made = posts.create_post(user=table.host, now=now, **again)
    assert (made.shop, made.capacity, made.fee_tiers) == (post.shop, post.capacity, post.fee_tiers)


def test_the_host_empties_the_cart(table: Table) -> None:
    dish(table.member, table.post)
    with refused("NOT_HOST", table.post):
        cart.clear(by=table.member, post=table.post)
    for _ in range(2):
        cart.clear(by=table.host, post=table.post)
    assert entries(table.post, "order.cart")[-1]["op"] == "clear"
    assert fresh(table.post).cart_v == 2
