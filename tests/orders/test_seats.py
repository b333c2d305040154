"""Coming in, going, handing over."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.actions import merge_guest
from accounts.models import User
from orders import cart, seats, states
from orders.models import Post, Seat, Sharer, State
from rooms import actions as rooms
from rooms.models import Membership, Room
from tests.orders.table import (
    Table,
    bring_to,
    dish,
    entries,
    fresh,
    inside,
    kinds_of,
    make_post,
    people,
    refused,
)  # fmt: skip

# --- coming in ------------------------------------------------------------------------------------------------


def test_joining_takes_a_seat_once(table: Table) -> None:
    first, second = (seats.join(user=table.outsider, post=table.post) for _ in range(2))
    assert first == second
    assert inside(table.post) == ["짱구", "철수", "손님", "맹구"]
    assert kinds_of(table.post)[-1] == "room.joined"


ENTRANCES: list[Any] = [
    lambda table: seats.join(user=table.outsider, post=table.post),
    lambda table: rooms.join_by_invitation(user=table.outsider, code=table.code),
    lambda table: rooms.join_as_guest(code=table.code, nickname="훈발놈", locale="ko", request_key=uuid4()),
    lambda table: rooms.join_open(user=table.outsider, room=table.post.room),
]


@pytest.mark.parametrize("entrance", ENTRANCES)
def test_every_entrance_obeys_the_seats(table: Table, entrance: Any) -> None:
    Room.objects.update(is_open=True)
    seats.join(user=people(1)[0], post=table.post)
    count = User.objects.count()
    with refused("POST_FULL", table.post):
        entrance(table)
    states.close(by=table.host, post=table.post)
    with refused("POST_CLOSED", table.post):
        entrance(table)
    states.cancel(by=table.host, post=table.post)
    with refused("POST_OVER", table.post):
        entrance(table)
    assert User.objects.count() == count, "a refused guest leaves no account behind"
    assert fresh(table.post).seats_taken == 4


def test_after_the_deadline_nobody_joins_even_if_the_clock_is_late(table: Table) -> None:
    Post.objects.update(deadline_at=timezone.now() - timedelta(seconds=1))
    with refused("POST_CLOSED", table.post):
        seats.join(user=table.outsider, post=table.post)


def test_guests_come_by_a_link_only(table: Table) -> None:
    other = make_post(table.outsider)
    with refused("GUEST_LINK", other):
        seats.join(user=table.guest, post=other)
    link = rooms.create_invitation(by=table.outsider, room=other.room, expires_in=None)
    rooms.join_by_invitation(user=table.guest, code=link.code)
    assert inside(other) == ["맹구", "손님"]


def test_a_plain_room_has_no_seats(db: None) -> None:
    host, *others = people(3)
    room = rooms.create_room(user=host, title="수다", is_open=True)
    for user in others:
        rooms.join_open(user=user, room=room)
    rooms.rename(by=host, room=room, title="수다방")
    rooms.remove_member(by=host, room=room, user=others[0])
    rooms.leave(user=host, room=room)
    assert not Seat.objects.exists()


# --- going ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [State.RECRUITING, State.CLOSED])
def test_leaving_is_free_before_locking_and_takes_one_s_dishes_along(table: Table, state: str) -> None:
    dish(table.member, table.post)
    if state == State.CLOSED:
        states.close(by=table.host, post=table.post)
    seats.leave(user=table.member, post=table.post)
    assert inside(table.post) == ["짱구", "손님"]
    assert not fresh(table.post).items.exists()
    (gone,) = [e for e in entries(table.post, "order.cart") if e["op"] == "clear"]
    assert (gone["for"], gone["scope"], gone["subtotal"], gone["cart_v"]) == (table.member.pk, "own", 0, 2)


def test_below_the_minimum_in_closed_the_host_is_warned(table: Table) -> None:
    states.close(by=table.host, post=table.post)
    seats.leave(user=table.member, post=table.post)
    assert [(e["code"], e["args"]) for e in entries(table.post, "order.notice")] == [
        ("below_min", {"n": 2, "of": 3})
    ]


def test_a_shared_dish_goes_on_as_the_others_(table: Table) -> None:
    set_menu = dish(table.member, table.post, shared=True)
    cart.join_item(user=table.guest, post=table.post, item=set_menu.pk, weight=2)
    seats.leave(user=table.member, post=table.post)
    set_menu.refresh_from_db()
    assert set_menu.owner == table.guest
    assert [(part.user, part.weight) for part in set_menu.sharers.all()] == [(table.guest, 2)]


def test_from_locked_on_one_asks_and_the_host_answers(table: Table) -> None:
    post = bring_to(table, "LOCKED")
    with refused("ASK_TO_LEAVE", post):
        seats.leave(user=table.member, post=post)
    with refused("NOT_ASKED", post):
        seats.answer_leave(by=table.host, post=post, user=table.member, yes=True)
    for _ in range(2):
        seats.ask_leave(user=table.member, post=post)
    seats.answer_leave(by=table.host, post=post, user=table.member, yes=False)
    with refused("ASK_TO_LEAVE", post):
        seats.leave(user=table.member, post=post)
    seats.ask_leave(user=table.member, post=post)
    with refused("NOT_HOST", post):
        seats.answer_leave(by=table.guest, post=post, user=table.member, yes=True)
    seats.answer_leave(by=table.host, post=post, user=table.member, yes=True)
    assert inside(post) == ["짱구", "손님"]
    ops = [(e["op"], e["answer"]) for e in entries(post, "order.seat")]
    assert ops == [("ask_leave", ""), ("answer", "no"), ("ask_leave", ""), ("answer", "yes")]
    assert fresh(post).cart_v == post.cart_v + 1, "the cart is another one: it is confirmed again"


def test_who_has_a_part_in_what_was_ordered_stays(table: Table) -> None:
    post = bring_to(table, "ORDERED")
    with refused("OWES", post):
        seats.ask_leave(user=table.member, post=post)
    Sharer.objects.filter(user=table.member).update(user=table.host)
    seats.ask_leave(user=table.member, post=post)
    seats.answer_leave(by=table.host, post=post, user=table.member, yes=True)
    assert inside(post) == ["짱구", "손님"]


def test_after_the_end_everybody_may_go(table: Table) -> None:
    states.cancel(by=table.host, post=table.post)
    for person in (table.host, table.member, table.guest):
        seats.leave(user=person, post=table.post)
    assert inside(table.post) == []
    assert fresh(table.post).host == table.host, "who it was stays known"


@pytest.mark.parametrize("state", ["LOCKED", "ORDERED", "ARRIVED"])
def test_nobody_is_removed_from_locked_on(table: Table, state: str) -> None:
    post = bring_to(table, state)
    operator = User.objects.create_superuser("운영자")
    for by in (table.host, operator):
        with refused("KICK_TOO_LATE", post):
            seats.remove(by=by, post=post, user=table.member)


# --- handing over ---------------------------------------------------------------------------------------------


def test_hosting_is_offered_and_accepted(table: Table) -> None:
    with refused("NO_OFFER", table.post):
        seats.accept_host(user=table.member, post=table.post)
    for _ in range(2):
        seats.offer_host(by=table.host, post=table.post, to=table.member)
    seats.accept_host(user=table.member, post=table.post)
    seats.accept_host(user=table.member, post=table.post)
    post = fresh(table.post)
    assert (post.host, post.host_offered_to) == (table.member, None)
    assert Membership.objects.active().get(room=post.room, role="host").user == table.member
    assert [e["op"] for e in entries(post, "order.seat")] == ["offer_host", "host"]
    assert kinds_of(post)[-2:] == ["room.host", "order.seat"]
    seats.leave(user=table.host, post=post)
    with refused("HOST_STAYS", post):
        seats.leave(user=table.member, post=post)


def test_an_offer_is_declined_or_taken_back(table: Table) -> None:
    seats.offer_host(by=table.host, post=table.post, to=table.member)
    for _ in range(2):
        seats.decline_host(user=table.member, post=table.post)
    with refused("NO_OFFER", table.post):
        seats.accept_host(user=table.member, post=table.post)
    seats.offer_host(by=table.host, post=table.post, to=table.member)
    seats.offer_host(by=table.host, post=table.post, to=None)
    answers = [e["answer"] for e in entries(table.post, "order.seat") if e["op"] == "answer"]
    assert answers == ["host_no", "host_withdrawn"]


def test_hosting_is_offered_to_full_members_before_locking(table: Table) -> None:
    for who, code in (
        (table.guest, "GUEST_HOST"),
        (table.outsider, "NO_SUCH_MEMBER"),
        (table.host, "NO_SUCH_MEMBER"),
    ):
        with refused(code, table.post):
            seats.offer_host(by=table.host, post=table.post, to=who)
    seats.offer_host(by=table.host, post=table.post, to=table.member)
    post = bring_to(table, "LOCKED")
    assert post.host_offered_to is None
    with refused("WRONG_STATE", post):
        seats.offer_host(by=table.host, post=post, to=table.member)


def test_an_offer_to_who_leaves_is_void(table: Table) -> None:
    seats.offer_host(by=table.host, post=table.post, to=table.member)
    seats.leave(user=table.member, post=table.post)
    assert fresh(table.post).host_offered_to is None


# --- guests who become others ---------------------------------------------------------------------------------


def test_a_guest_who_becomes_an_account_keeps_seat_and_dishes(table: Table) -> None:
    mine = dish(table.guest, table.post)
    merge_guest(guest=table.guest, into=table.outsider)
    assert inside(table.post) == ["짱구", "철수", "맹구"]
    mine.refresh_from_db()
    assert (mine.owner, mine.sharers.get().user) == (table.outsider, table.outsider)


def test_a_merge_is_not_held_back_by_a_locked_order(table: Table) -> None:
    seats.join(user=table.outsider, post=table.post)
    seats.remove(by=table.host, post=table.post, user=table.outsider)
    post = bring_to(table, "LOCKED")
    merge_guest(guest=table.guest, into=table.outsider)
    assert inside(post) == ["짱구", "철수"]
