"""The cart: one's own dishes, shared ones, sitting out."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone, translation

from orders import bounds, cart, seats, sheet, states
from orders.models import Item, Post, Seat
from tests.orders.table import Table, bring_to, dish, entries, fresh, head, refused


def parts(item: Item) -> list[tuple[str, int]]:
    return [(part.user.nickname, part.weight) for part in item.sharers.order_by("pk")]


def ops(post: Post) -> list[str]:
    return [entry["op"] for entry in entries(post, "order.cart")]


def test_a_dish_is_an_entry_with_all_that_it_is(table: Table) -> None:
    item = dish(table.member, table.post, options="순살", note="무 많이", qty=2)
    (entry,) = entries(table.post, "order.cart")
    assert entry == {
        "kind": "order.cart", "sender": table.member.pk, "cart_v": 1, "op": "set", "subtotal": 18_000,
        "item": {
            "id": item.pk, "owner": table.member.pk, "name": "허니콤보", "options": "순살", "unit_won": 9_000, "qty": 2,
            "note": "무 많이", "shared": False, "pending": False,
            "sharers": [{"user": table.member.pk, "weight": 1}],
        },
        "before": None, "for": None, "scope": "",
    }  # fmt: skip


def test_a_change_tells_before_and_after_and_no_change_tells_nothing(table: Table) -> None:
    item = dish(table.member, table.post)
    dish(table.member, table.post, item=item.pk, qty=3)
    entry = entries(table.post, "order.cart")[-1]
    assert (entry["before"]["qty"], entry["item"]["qty"], entry["subtotal"]) == (1, 3, 27_000)
    before = head(table.post)
    dish(table.member, table.post, item=item.pk, qty=3)
    assert (head(table.post), fresh(table.post).cart_v) == (before, 2)


def test_a_dish_is_taken_out_once(table: Table) -> None:
    item = dish(table.member, table.post)
    for _ in range(2):
        cart.remove_item(by=table.member, post=table.post, item=item.pk)
    assert ops(table.post) == ["set", "remove"]
    assert entries(table.post, "order.cart")[-1]["item"]["name"] == "허니콤보"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"name": ""}, "FIELD_EMPTY"),
        ({"name": "x" * 61}, "FIELD_TOO_LONG"),
        ({"options": "x" * 201}, "FIELD_TOO_LONG"),
        ({"note": "\u2066"}, "FIELD_INVISIBLE"),
        ({"unit_won": -1}, "WON"),
        ({"unit_won": 1_000_001}, "WON"),
        ({"unit_won": 0.5}, "WON"),
        ({"qty": 0}, "QTY"),
        ({"qty": 100}, "QTY"),
    ],
)
def test_dishes_have_bounds(table: Table, given: dict[str, Any], code: str) -> None:
    with refused(code, table.post):
        cart.set_item(by=table.member, post=table.post, **{"name": "콜라", "unit_won": 2_000, **given})


def test_carts_have_bounds(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "ITEMS_EACH_MAX", 1)
    monkeypatch.setattr(bounds, "ITEMS_MAX", 2)
    dish(table.member, table.post)
    with refused("TOO_MANY_ITEMS", table.post):
        dish(table.member, table.post)
    dish(table.guest, table.post)
    with refused("CART_FULL", table.post):
        dish(table.host, table.post)


def test_only_members_and_only_their_own(table: Table) -> None:
    with refused("NOT_MEMBER", table.post):
        dish(table.outsider, table.post)
    item = dish(table.member, table.post)
    with refused("NOT_YOURS", table.post):
        dish(table.host, table.post, item=item.pk)
    with refused("NOT_YOURS", table.post):
        cart.remove_item(by=table.guest, post=table.post, item=item.pk)
    with refused("NO_ITEM", table.post):
        dish(table.member, table.post, item=item.pk + 1)


def test_others_share_by_their_own_tap_with_weights(table: Table) -> None:
    item = dish(table.member, table.post, shared=True)
    cart.join_item(user=table.guest, post=table.post, item=item.pk)
    cart.join_item(user=table.guest, post=table.post, item=item.pk)
    cart.join_item(user=table.guest, post=table.post, item=item.pk, weight=3)
    cart.join_item(user=table.member, post=table.post, item=item.pk, weight=2)
    assert parts(item) == [("철수", 2), ("손님", 3)]
    assert ops(table.post) == ["set", "join", "join", "join"]
    for weight in (0, 10, 1.5):
        with refused("WEIGHT", table.post):
            cart.join_item(user=table.guest, post=table.post, item=item.pk, weight=weight)


def test_what_is_not_shared_is_not_joined(table: Table) -> None:
    item = dish(table.member, table.post)
    with refused("NOT_SHARED", table.post):
        cart.join_item(user=table.guest, post=table.post, item=item.pk)


def test_who_quits_a_shared_dish_leaves_it_to_the_others(table: Table) -> None:
    item = dish(table.member, table.post, shared=True)
    cart.join_item(user=table.guest, post=table.post, item=item.pk)
    cart.quit_item(user=table.host, post=table.post, item=item.pk)  # has no part
    cart.quit_item(user=table.member, post=table.post, item=item.pk)
    item.refresh_from_db()
    assert (item.owner, parts(item)) == (table.guest, [("손님", 1)])
    with refused("LAST_SHARER", table.post):
        cart.quit_item(user=table.guest, post=table.post, item=item.pk)
    assert ops(table.post) == ["set", "join", "quit"]


def test_changing_what_a_shared_dish_costs_releases_the_others(table: Table) -> None:
    item = dish(table.member, table.post, shared=True)
    cart.join_item(user=table.guest, post=table.post, item=item.pk)
    dish(table.member, table.post, item=item.pk, shared=True, note="소스 따로")
    assert parts(item) == [("철수", 1), ("손님", 1)]
    dish(table.member, table.post, item=item.pk, shared=True, unit_won=19_000)
    assert parts(item) == [("철수", 1)]


def test_the_host_adds_for_another_who_accepts_or_refuses(table: Table) -> None:
    item = dish(table.host, table.post, owner=table.member)
    assert (item.pending, parts(item)) == (True, [("철수", 1)])
    assert entries(table.post, "order.cart")[-1]["for"] == table.member.pk
    with refused("NOT_YOURS", table.post):
        cart.accept_item(user=table.host, post=table.post, item=item.pk)
    for _ in range(2):
        cart.accept_item(user=table.member, post=table.post, item=item.pk)
    assert ops(table.post) == ["set", "accept"]
    with refused("NOT_YOURS", table.post):
        cart.remove_item(by=table.host, post=table.post, item=item.pk)  # accepted: it is theirs now
    other = dish(table.host, table.post, owner=table.guest)
    cart.remove_item(by=table.guest, post=table.post, item=other.pk)
    another = dish(table.host, table.post, owner=table.guest)
    cart.remove_item(by=table.host, post=table.post, item=another.pk)
    with refused("NOT_HOST", table.post):
        dish(table.member, table.post, owner=table.guest)
    with refused("NO_SUCH_MEMBER", table.post):
        dish(table.host, table.post, owner=table.outsider)


def test_sitting_out_and_in(table: Table) -> None:
    for _ in range(2):
        cart.sit_out(by=table.member, post=table.post)
    assert sheet.read(fresh(table.post)).sitting_out == (table.member.pk,)
    for _ in range(2):
        cart.sit_in(user=table.member, post=table.post)
    assert ops(table.post) == ["sit_out", "sit_in"]
    dish(table.member, table.post)
    with refused("HAS_ITEMS", table.post):
        cart.sit_out(by=table.member, post=table.post)


def test_who_takes_a_dish_sits_in_again(table: Table) -> None:
    cart.sit_out(by=table.member, post=table.post)
    cart.sit_out(by=table.guest, post=table.post)
    item = dish(table.member, table.post, shared=True)
    cart.join_item(user=table.guest, post=table.post, item=item.pk)
    assert not Seat.objects.filter(sits_out=True).exists()


def test_the_host_sits_out_the_silent_after_the_deadline_only(table: Table) -> None:
    states.close(by=table.host, post=table.post)
    with refused("NOT_SILENT", table.post):
        cart.sit_out(by=table.host, post=table.post, user=table.member)
    Post.objects.update(deadline_at=timezone.now() - timedelta(seconds=1))
    with refused("NOT_SILENT", table.post):
        cart.sit_out(by=table.guest, post=table.post, user=table.member)
    cart.sit_out(by=table.host, post=table.post, user=table.member)
    assert entries(table.post, "order.cart")[-1]["for"] == table.member.pk
    dish(table.guest, table.post)
    with refused("HAS_ITEMS", table.post):
        cart.sit_out(by=table.host, post=table.post, user=table.guest)


@pytest.mark.parametrize(("state", "code"), [("LOCKED", "CART_LOCKED"), ("ORDERED", "CART_LOCKED")])
def test_from_locked_on_the_cart_stands(table: Table, state: str, code: str) -> None:
    post = bring_to(table, state)
    item = post.items.get(owner=table.member).pk
    for verb in (
        lambda: dish(table.member, post),
        lambda: dish(table.member, post, item=item, qty=2),
        lambda: cart.remove_item(by=table.member, post=post, item=item),
        lambda: cart.join_item(user=table.guest, post=post, item=item),
        lambda: cart.quit_item(user=table.member, post=post, item=item),
        lambda: cart.accept_item(user=table.member, post=post, item=item),
        lambda: cart.sit_out(by=table.member, post=post),
        lambda: cart.sit_in(user=table.member, post=post),
        lambda: cart.clear(by=table.host, post=post),
    ):
        with refused(code, post):
            verb()


def test_what_is_over_is_read_only(table: Table) -> None:
    states.cancel(by=table.host, post=table.post)
    with refused("READ_ONLY", table.post):
        dish(table.member, table.post)


def test_one_request_adds_one_dish(table: Table) -> None:
    key = uuid4()
    first, second = (dish(table.member, table.post, request_key=key) for _ in range(2))
    assert first == second
    assert fresh(table.post).items.count() == 1


# --- the sheet --------------------------------------------------------------------------------------------------


def test_the_sheet_says_who_has_not_chosen_and_how_far_it_is(table: Table) -> None:
    item = dish(table.member, table.post, shared=True, unit_won=12_000)
    found = sheet.read(fresh(table.post))
    assert found.unchosen == (table.host.pk, table.guest.pk)
    cart.join_item(user=table.guest, post=table.post, item=item.pk, weight=2)
    cart.sit_out(by=table.host, post=table.post)
    dish(table.guest, table.post, "콜라", 2_000)
    found = sheet.read(fresh(table.post))
    assert (found.unchosen, found.eaters) == ((), (table.member.pk, table.guest.pk))
    assert (found.subtotal, found.min_order.missing, found.fee) == (14_000, 1_000, 4_000)
    assert found.next_fee == ((14_000, 20_000), 0)
    assert found.rows[0].parts == {table.member.pk: 1, table.guest.pk: 2}
    assert [row.item.name for row in found.of(table.guest.pk)] == ["허니콤보", "콜라"]
    assert found.without(table.guest.pk) == 12_000


def test_the_sheet_costs_the_same_however_long_it_is(table: Table, django_assert_num_queries: Any) -> None:
    for _ in range(3):
        dish(table.member, table.post)
    post = fresh(table.post)
    with django_assert_num_queries(3):
        sheet.read(post)
    for _ in range(10):
        dish(table.guest, table.post, shared=True)
    with django_assert_num_queries(3):
        sheet.read(post)


def test_the_order_reads_as_words_for_the_shop(table: Table) -> None:
    dish(table.member, table.post, options="순살")
    dish(table.guest, table.post, options="순살", qty=2)
    dish(table.host, table.post, "콜라 1.25L", 2_500, note="차갑게")
    post = fresh(table.post)
    with translation.override("ko"):
        text = sheet.order_text(post, sheet.read(post))
    assert text.splitlines() == [
        "교촌치킨 정문점",
        "- 허니콤보 × 3 (순살) 27,000원",
        "- 콜라 1.25L × 1 (차갑게) 2,500원",
        "합계 29,500원",
    ]


def test_leaving_seats_does_not_empty_what_one_never_had(table: Table) -> None:
    dish(table.member, table.post)
    seats.leave(user=table.guest, post=table.post)
    assert ops(table.post) == ["set"]
