"""The line for a seat: who waits, who comes in when one is free, and who does not."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.actions import block, deactivate, merge_guest
from accounts.models import User
from orders import bounds, cart, posts, seats, states
from orders.models import Post, Wait
from rooms.models import Room
from tests.orders.table import Table, dish, entries, inside, kinds_of, people, refused


def waiting(post: Post) -> list[str]:
    return list(Wait.objects.active().filter(post=post).values_list("user__nickname", flat=True))


@pytest.fixture
def full(table: Table) -> Table:
    """유리 has the last seat, 훈이 and 수지 wait."""
    last, *waiters = people(3)
    seats.join(user=last, post=table.post)
    for waiter in waiters:
        seats.wait(user=waiter, post=table.post)
    return table


def named(name: str) -> User:
    return User.objects.get(nickname=name)


def test_one_waits_in_line_once_and_may_leave_it(full: Table) -> None:
    assert waiting(full.post) == ["훈이", "수지"]
    seats.wait(user=named("훈이"), post=full.post)
    for _ in range(2):
        seats.unwait(user=named("훈이"), post=full.post)
    assert waiting(full.post) == ["수지"]
    assert [e["op"] for e in entries(full.post, "order.seat")] == ["wait", "wait", "unwait"]


def test_who_waits_does_not_see_the_room(full: Table) -> None:
    assert not Room.objects.visible_to(named("훈이")).exists()


def test_a_free_seat_is_the_first_waiter_s_in_the_leaver_s_transaction(full: Table) -> None:
    seats.leave(user=full.member, post=full.post)
    assert inside(full.post) == ["짱구", "손님", "유리", "훈이"]
    assert waiting(full.post) == ["수지"]
    assert kinds_of(full.post)[-3:] == ["room.left", "room.joined", "order.seat"]
    assert entries(full.post, "order.seat")[-1] == {
        "kind": "order.seat", "sender": None, "op": "promote", "user": named("훈이").pk, "answer": "",
    }  # fmt: skip


def test_a_seat_is_not_free_while_somebody_waits(full: Table) -> None:
    states.close(by=full.host, post=full.post)
    seats.leave(user=full.member, post=full.post)
    states.reopen(by=full.host, post=full.post, deadline_at=timezone.now() + timedelta(minutes=5))
    assert "훈이" in inside(full.post)
    with refused("POST_FULL", full.post):
        seats.join(user=full.outsider, post=full.post)


def test_closed_does_not_promote_and_reopening_serves_the_line_first(full: Table) -> None:
    states.close(by=full.host, post=full.post)
    seats.leave(user=full.member, post=full.post)
    assert inside(full.post) == ["짱구", "손님", "유리"]
    assert waiting(full.post) == ["훈이", "수지"]
    seats.wait(user=full.outsider, post=full.post)  # in case it opens again
    states.reopen(by=full.host, post=full.post, deadline_at=timezone.now() + timedelta(minutes=5))
    assert inside(full.post)[-1] == "훈이"
    assert waiting(full.post) == ["수지", "맹구"]


def test_locking_ends_the_line(full: Table) -> None:
    for person in (full.host, full.member, full.guest, named("유리")):
        dish(person, full.post)
    states.close(by=full.host, post=full.post)
    states.lock(by=full.host, post=full.post, cart_v=4)
    assert waiting(full.post) == []
    assert set(Wait.objects.values_list("ended_by", flat=True)) == {"over"}
    with refused("POST_CLOSED", full.post):
        seats.wait(user=full.outsider, post=full.post)


def test_who_cannot_come_in_any_more_is_passed_over(full: Table) -> None:
    deactivate(user=named("훈이"))
    seats.leave(user=full.member, post=full.post)
    assert inside(full.post)[-1] == "수지"
    assert waiting(full.post) == []
    assert [e["op"] for e in entries(full.post, "order.seat")][-2:] == ["unwait", "promote"]


def test_who_blocks_the_host_meanwhile_is_passed_over(full: Table) -> None:
    block(user=full.host, blocked=named("훈이"))
    seats.leave(user=full.member, post=full.post)
    assert inside(full.post)[-1] == "수지"


def test_waiting_is_refused_where_it_makes_no_sense(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    with refused("NOT_FULL", table.post):
        seats.wait(user=table.outsider, post=table.post)
    last, late, later = people(3)
    seats.join(user=last, post=table.post)
    with refused("SEATED", table.post):
        seats.wait(user=table.member, post=table.post)
    with refused("GUEST_WAIT", table.post):
        seats.wait(user=User.objects.create_guest("다른 손님"), post=table.post)
    monkeypatch.setattr(bounds, "WAITS_EACH_MAX", 0)
    with refused("TOO_MANY_WAITS", table.post):
        seats.wait(user=late, post=table.post)
    monkeypatch.setattr(bounds, "WAITS_EACH_MAX", 1)
    monkeypatch.setattr(bounds, "WAITS_MAX", 1)
    seats.wait(user=late, post=table.post)
    with refused("WAIT_FULL", table.post):
        seats.wait(user=later, post=table.post)


def test_edits_do_not_promote_past_the_deadline(full: Table) -> None:
    Post.objects.update(deadline_at=timezone.now() - timedelta(seconds=1))
    seats.leave(user=full.member, post=full.post)
    assert waiting(full.post) == ["훈이", "수지"]
    assert posts.Post.objects.get(pk=full.post.pk).seats_taken == 3


def test_who_was_removed_cannot_wait_for_a_seat_either(full: Table) -> None:
    seats.remove(by=full.host, post=full.post, user=full.member)
    for entrance in (seats.join, seats.wait):
        with refused("REMOVED", full.post):
            entrance(user=full.member, post=full.post)


def test_a_guest_who_turns_out_to_be_a_member_has_one_seat(full: Table) -> None:
    shared = dish(full.member, full.post, shared=True)
    cart.join_item(user=full.guest, post=full.post, item=shared.pk, weight=8)
    merge_guest(guest=full.guest, into=full.member)
    assert inside(full.post) == ["짱구", "철수", "유리", "훈이"]
    assert [(part.user, part.weight) for part in shared.sharers.all()] == [(full.member, 9)]


def test_a_guest_who_becomes_who_waits_ends_their_wait(full: Table) -> None:
    merge_guest(guest=full.guest, into=named("훈이"))
    assert waiting(full.post) == ["수지"]
    assert "훈이" in inside(full.post)
