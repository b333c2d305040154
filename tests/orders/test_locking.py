"""Locking the cart, confirming it, and what ordering does to dishes that nobody answered for."""

from orders import cart, confirming, seats, states
from orders.models import Seat, State
from tests.orders.table import Table, bring_to, dish, entries, fresh, refused, told


def test_locking_carries_the_cart_s_version_and_says_what_changed(table: Table) -> None:
    dish(table.member, table.post)
    seen = fresh(table.post).cart_v
    dish(table.guest, table.post, "콜라")
    states.close(by=table.host, post=table.post)
    with refused("STALE", table.post) as info:
        states.lock(by=table.host, post=table.post, cart_v=seen)
    assert [c["data"]["item"]["name"] for c in info.value.extra["changes"]] == ["콜라"]


def test_locking_needs_everybody_to_have_chosen(table: Table) -> None:
    states.close(by=table.host, post=table.post)
    item = dish(table.host, table.post, shared=True, unit_won=15_000)
    with refused("UNCHOSEN", table.post) as info:
        states.lock(by=table.host, post=table.post, cart_v=1)
    assert info.value.extra["users"] == (table.member.pk, table.guest.pk)
    cart.join_item(user=table.member, post=table.post, item=item.pk)
    cart.sit_out(by=table.guest, post=table.post)
    assert states.lock(by=table.host, post=table.post, cart_v=3).state == State.LOCKED


def test_an_empty_cart_is_not_locked(table: Table) -> None:
    states.close(by=table.host, post=table.post)
    for person in (table.host, table.member, table.guest):
        cart.sit_out(by=person, post=table.post)
    with refused("EMPTY_CART", table.post):
        states.lock(by=table.host, post=table.post, cart_v=3)


def test_the_minimum_order_is_overridden_by_name(table: Table) -> None:
    for person in (table.host, table.member, table.guest):
        dish(person, table.post, unit_won=4_000)
    states.close(by=table.host, post=table.post)
    with refused("MIN_ORDER", table.post) as info:
        states.lock(by=table.host, post=table.post, cart_v=3)
    assert info.value.extra == {"missing": 3_000}
    with refused("OVERRIDE", table.post):
        states.lock(by=table.host, post=table.post, cart_v=3, override=["everything"])
    states.lock(by=table.host, post=table.post, cart_v=3, override=["min_order"])
    assert told(table.post)["overrides"] == ["min_order"]


def test_an_override_that_was_not_needed_is_not_told(table: Table) -> None:
    for person in (table.host, table.member, table.guest):
        dish(person, table.post)
    states.close(by=table.host, post=table.post)
    states.lock(by=table.host, post=table.post, cart_v=3, override=["min_order"])
    assert told(table.post)["overrides"] == []


def test_everybody_confirms_and_the_host_has_by_locking(table: Table) -> None:
    post = bring_to(table, "LOCKED")
    with refused("UNCONFIRMED", post) as info:
        states.order(by=table.host, post=post)
    assert info.value.extra["users"] == (table.member.pk, table.guest.pk)
    for _ in range(2):
        confirming.confirm(user=table.member, post=post, cart_v=post.cart_v)
    confirming.confirm(user=table.guest, post=post, cart_v=post.cart_v)
    assert [(e["sender"], e["done"], e["of"]) for e in entries(post, "order.confirm")] == [
        (table.member.pk, 2, 3),
        (table.guest.pk, 3, 3),
    ]
    states.order(by=table.host, post=post)
    assert told(post)["who"] == []


def test_confirming_is_of_the_cart_one_saw(table: Table) -> None:
    post = bring_to(table, "LOCKED")
    with refused("STALE", post):
        confirming.confirm(user=table.member, post=post, cart_v=post.cart_v - 1)
    with refused("NOT_MEMBER", post):
        confirming.confirm(user=table.outsider, post=post, cart_v=post.cart_v)
    Seat.objects.filter(user=table.guest).update(sits_out=True)
    with refused("SITS_OUT", post):
        confirming.confirm(user=table.guest, post=post, cart_v=post.cart_v)
    states.unlock(by=table.host, post=post)
    with refused("WRONG_STATE", post):
        confirming.confirm(user=table.member, post=post, cart_v=post.cart_v)


def test_unlocking_takes_confirmations_back(table: Table) -> None:
    post = bring_to(table, "LOCKED")
    confirming.confirm(user=table.member, post=post, cart_v=post.cart_v)
    seats.ask_leave(user=table.guest, post=post)
    states.unlock(by=table.host, post=post)
    assert not Seat.objects.exclude(confirmed_cart_v=None).exists()
    assert not Seat.objects.exclude(asked_leave_at=None).exists()


def test_ordering_over_somebody_names_them(table: Table) -> None:
    post = bring_to(table, "LOCKED")
    confirming.confirm(user=table.guest, post=post, cart_v=post.cart_v)
    states.order(by=table.host, post=post, override=["unconfirmed"])
    assert (told(post)["overrides"], told(post)["who"]) == (["unconfirmed"], [table.member.pk])


def test_what_nobody_accepted_falls_to_the_host(table: Table) -> None:
    for person in (table.host, table.guest):
        dish(person, table.post)
    given = dish(table.host, table.post, "반반", 20_000, owner=table.member)
    states.close(by=table.host, post=table.post)
    states.lock(by=table.host, post=table.post, cart_v=3)
    confirming.confirm(user=table.guest, post=table.post, cart_v=3)
    states.order(by=table.host, post=table.post, override=["unconfirmed"])
    given.refresh_from_db()
    assert (given.owner, given.pending, given.sharers.get().user) == (table.host, False, table.host)
    assert [e["kind"] for e in entries(table.post, "order.cart", "order.state")][-2:] == [
        "order.cart",
        "order.state",
    ]
    seat = Seat.objects.get(user=table.guest)
    assert seat.confirmed_cart_v == fresh(table.post).cart_v == 4


def test_confirming_accepts_what_the_host_added(table: Table) -> None:
    for person in (table.host, table.guest):
        dish(person, table.post)
    given = dish(table.host, table.post, owner=table.member)
    states.close(by=table.host, post=table.post)
    states.lock(by=table.host, post=table.post, cart_v=3)
    for person in (table.member, table.guest):
        confirming.confirm(user=person, post=table.post, cart_v=3)
    states.order(by=table.host, post=table.post)
    given.refresh_from_db()
    assert (given.owner, given.pending) == (table.member, False)
