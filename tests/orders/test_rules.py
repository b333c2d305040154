"""PRODUCT.md, "Rules that other services get wrong": one test, or a few, for each row that concerns this app, named
after it. The details of each are in the other files here."""

from datetime import time, timedelta
from uuid import uuid4

import pytest
from django.utils import timezone, translation

from accounts.actions import block, unblock, upgrade_guest
from accounts.models import User
from chat.models import Reader
from chat.timeline import LATEST, before
from orders import cart, confirming, posts, progress, seats, sheet, states, times
from orders.models import Post, Seat, State
from orders.steps import facts_of, next_step
from rooms import actions as rooms
from rooms.models import Membership
from tests.orders.table import Table, bring_to, dish, entries, fresh, make_post, people, refused, seoul


def test_two_people_take_the_last_seat_or_tap_twice(table: Table) -> None:
    """At one moment: test_seat_races.py."""
    (other,) = people(1)
    taps = {seats.join(user=table.outsider, post=table.post).pk for _ in range(3)}
    assert len(taps) == 1
    with refused("POST_FULL", table.post):
        seats.join(user=other, post=table.post)
    assert (fresh(table.post).seats_taken, Seat.objects.active().filter(post=table.post).count()) == (4, 4)


def test_waiting_list(table: Table) -> None:
    last, first, second = people(3)
    seats.join(user=last, post=table.post)
    for user in (first, second):
        seats.wait(user=user, post=table.post)
        assert not rooms.Room.objects.visible_to(user).exists(), "waiters do not see the room"
    seats.leave(user=last, post=table.post)
    assert Seat.objects.active().filter(user=first).exists(), "promoted in the leaver's transaction"
    states.close(by=table.host, post=table.post)
    seats.leave(user=first, post=table.post)
    assert not Seat.objects.active().filter(user=second).exists(), "CLOSED does not promote"
    for person in (table.host, table.member, table.guest):
        dish(person, table.post)
    states.lock(by=table.host, post=table.post, cart_v=fresh(table.post).cart_v)
    assert not table.post.waits.active().exists(), "LOCKED ends it"


def test_leaving(table: Table) -> None:
    seats.leave(user=table.guest, post=table.post)
    rooms.join_by_invitation(user=table.guest, code=table.code)
    with refused("HOST_STAYS", table.post):
        seats.leave(user=table.host, post=table.post)
    states.close(by=table.host, post=table.post)
    seats.leave(user=table.guest, post=table.post)
    assert entries(table.post, "order.notice")[-1]["code"] == "below_min", "it warns the host"
    for person in (table.host, table.member):
        dish(person, table.post)
    states.lock(by=table.host, post=table.post, cart_v=fresh(table.post).cart_v)
    with refused("ASK_TO_LEAVE", table.post):
        seats.leave(user=table.member, post=table.post)
    confirming.confirm(user=table.member, post=table.post, cart_v=fresh(table.post).cart_v)
    states.order(by=table.host, post=table.post)
    with refused("OWES", table.post):
        seats.ask_leave(user=table.member, post=table.post)


def test_leaving_a_host_transfers_or_cancels(table: Table) -> None:
    seats.offer_host(by=table.host, post=table.post, to=table.member)
    with refused("HOST_STAYS", table.post):
        seats.leave(user=table.host, post=table.post)
    seats.accept_host(user=table.member, post=table.post)
    seats.leave(user=table.host, post=table.post)
    states.cancel(by=table.member, post=table.post)
    assert fresh(table.post).host == table.member


def test_kicked(table: Table) -> None:
    seats.remove(by=table.host, post=table.post, user=table.member)
    left = Reader.objects.get(room_id=table.post.pk, user=table.member).until_seq
    dish(table.host, table.post)
    page = before(table.member.pk, table.post.pk, LATEST, 50)
    assert (page.active, page.head, page.rows[-1].seq, page.rows[-1].kind) == (False, left, left, "room.left")
    for entrance in (
        lambda: seats.join(user=table.member, post=table.post),
        lambda: rooms.join_by_invitation(user=table.member, code=table.code),
        lambda: seats.wait(user=table.member, post=table.post),
    ):
        with refused("REMOVED", table.post):
            entrance()


def test_kicked_in_closed_too(table: Table) -> None:
    states.close(by=table.host, post=table.post)
    seats.remove(by=table.host, post=table.post, user=table.guest)
    assert fresh(table.post).seats_taken == 2


def test_kicked_only_in_recruiting_and_closed(table: Table) -> None:
    post = bring_to(table, "LOCKED")
    with refused("KICK_TOO_LATE", post):
        seats.remove(by=table.host, post=post, user=table.member)


def test_nobody_owes_for_what_they_did_not_tap(table: Table) -> None:
    mine = dish(table.host, table.post, "치킨", 20_000, shared=True)
    given = dish(table.host, table.post, "콜라", 2_000, owner=table.member)
    assert {part.user for part in mine.sharers.all()} == {table.host}, "sharing is an offer"
    cart.join_item(user=table.guest, post=table.post, item=mine.pk, weight=9)
    dish(table.host, table.post, "치킨", 25_000, item=mine.pk, shared=True)
    assert {part.user for part in mine.sharers.all()} == {table.host}, "another price is another offer"
    cart.join_item(user=table.guest, post=table.post, item=mine.pk)
    states.close(by=table.host, post=table.post)
    states.lock(by=table.host, post=table.post, cart_v=fresh(table.post).cart_v)
    states.order(by=table.host, post=table.post, override=["unconfirmed"])
    given.refresh_from_db()
    assert given.owner == table.host, "neither accepted nor confirmed"


def test_editing_the_post(table: Table) -> None:
    alone = make_post(table.outsider)
    posts.edit_post(
        by=table.outsider, post=alone, post_v=1, changes={"shop": "BBQ", "capacity": 2, "min_people": 2}
    )
    dish(table.member, table.post)
    with refused("CART_NOT_EMPTY", table.post):
        posts.edit_post(by=table.host, post=table.post, post_v=1, changes={"shop": "BBQ"})
    posts.edit_post(
        by=table.host, post=table.post, post_v=1, changes={"shop": "BBQ", "place": "후문"}, empty_cart=True
    )
    (entry,) = entries(table.post, "order.post")
    assert entry["changed"] == {"shop": ["교촌치킨 정문점", "BBQ"], "place": ["기숙사 정문", "후문"]}
    with refused("STALE", table.post):
        posts.edit_post(by=table.host, post=table.post, post_v=1, changes={"place": "정문"})
    post = bring_to(table, "LOCKED")
    with refused("EDIT_LOCKED", post):
        posts.edit_post(by=table.host, post=post, post_v=post.post_v, changes={"place": "정문"})
    later = post.meeting_at + timedelta(minutes=5)
    posts.edit_post(
        by=table.host, post=post, post_v=post.post_v, changes={"meeting_at": later, "place_note": "3층"}
    )


def test_delivery_fee_unknown_or_tiered() -> None:
    assert progress.fee_at([], 30_000) is None
    tiers = [[0, 4_000], [20_000, 2_000], [30_000, 0]]
    assert [progress.fee_at(tiers, won) for won in (0, 19_999, 20_000, 30_000)] == [4_000, 4_000, 2_000, 0]


def test_minimum_order_and_free_delivery_threshold(table: Table) -> None:
    dish(table.member, table.post, unit_won=16_000)
    found = sheet.read(fresh(table.post))
    assert (found.min_order.reached, found.free_delivery) == (True, (16_000, 20_000))
    assert found.without(table.member.pk) < table.post.min_order_won, "a warning before this one leaves"
    assert found.without(table.guest.pk) == found.subtotal


def test_guests(table: Table) -> None:
    with refused("GUEST_LINK"):
        seats.join(user=table.guest, post=make_post(table.outsider))
    with refused("NICKNAME_TAKEN", table.post):
        rooms.join_as_guest(code=table.code, nickname="손님", locale="ko")
    with refused("GUEST_HOST"):
        make_post(table.guest)
    with refused("GUEST_HOST", table.post):
        seats.offer_host(by=table.host, post=table.post, to=table.guest)
    item = dish(table.guest, table.post)
    upgraded = upgrade_guest(user=table.guest, nickname="손님", password="chopsticks-and-rice")
    assert (item.owner, Seat.objects.active().filter(user=upgraded).exists()) == (upgraded, True)
    seats.offer_host(by=table.host, post=table.post, to=upgraded)
    seats.accept_host(user=upgraded, post=table.post)


def test_a_guest_s_double_tap_takes_one_seat(table: Table) -> None:
    key = uuid4()
    came = {
        rooms.join_as_guest(code=table.code, nickname="훈이", locale="ko", request_key=key).pk
        for _ in range(2)
    }
    assert (len(came), fresh(table.post).seats_taken) == (1, 4)


@pytest.mark.parametrize("who", ["host blocks", "host is blocked"])
def test_unwanted_approaches(table: Table, who: str) -> None:
    pair = {"user": table.host, "blocked": table.outsider}
    if who == "host is blocked":
        pair = {"user": table.outsider, "blocked": table.host}
    theirs = make_post(table.outsider)
    block(**pair)
    assert not Post.objects.visible_to(table.outsider).filter(pk=table.post.pk).exists()
    assert not Post.objects.visible_to(table.host).filter(pk=theirs.pk).exists()
    assert Post.objects.visible_to(table.member).count() == 2
    for entrance in (
        lambda: seats.join(user=table.outsider, post=table.post),
        lambda: rooms.join_by_invitation(user=table.outsider, code=table.code),
        lambda: seats.wait(user=table.outsider, post=table.post),
        lambda: seats.join(user=table.host, post=theirs),
    ):
        with refused("CANNOT_JOIN"):
            entrance()
    unblock(**pair)
    seats.join(user=table.outsider, post=table.post)


def test_unwanted_approaches_do_not_throw_out_who_is_in(table: Table) -> None:
    block(user=table.member, blocked=table.host)
    assert Post.objects.visible_to(table.member).filter(pk=table.post.pk).exists()
    dish(table.member, table.post)


def test_time(table: Table) -> None:
    now = seoul("2026-11-22 22:10")
    meeting = times.next_occurrence(time(0, 30), now)
    with translation.override("ko"):
        assert times.spoken(meeting, now) == "오늘 밤 00:30"
        assert times.spoken(meeting, seoul("2026-11-23 00:10")) == "오늘 밤 00:30"
        assert times.spoken(seoul("2026-11-23 18:30"), seoul("2026-11-23 04:59")) == "내일 18:30"
    assert fresh(table.post).meeting_at.utcoffset() == timedelta(0), "stored in UTC"
    assert timezone.get_default_timezone_name() == "Asia/Seoul"


def test_what_next(table: Table) -> None:
    """The table: test_steps.py."""
    steps = [
        next_step(facts_of(fresh(table.post), user, timezone.now())).code
        for user in (table.host, table.outsider)
    ]
    assert steps == ["choose", "join"]


def test_never_trust_a_state_sent_by_a_client(table: Table) -> None:
    """Verbs read the post anew: what the caller holds decides nothing."""
    held = fresh(table.post)
    held.state, held.seats_taken, held.capacity = State.LOCKED, 0, 50
    dish(table.member, held)
    seats.join(user=table.outsider, post=held)
    with refused("POST_FULL", table.post):
        seats.join(user=people(1)[0], post=held)
    assert Membership.objects.active().filter(room=table.post.room_id).count() == 4
    assert User.objects.get(pk=table.host.pk) == fresh(table.post).host
