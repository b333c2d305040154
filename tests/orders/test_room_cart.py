"""The order sheet by form: with htmx a fragment comes back, without JavaScript a page."""

import re
from typing import Any
from uuid import uuid4

import pytest

from orders import cart, states
from orders.models import Item, Seat
from tests.orders.room_browser import HTMX, page, path, tap, typed
from tests.orders.table import Table, bring_to, dish, entries, fresh, head


@pytest.fixture(autouse=True)
def plain_static(settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = False
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }


def names(table: Table) -> list[str]:
    return list(table.post.items.order_by("pk").values_list("name", flat=True))


def test_a_dish_is_added_without_javascript(table: Table) -> None:
    response = tap(table.member, table.post, "order/items/", typed(qty="2", shared="on", options="순살"))
    item = Item.objects.get()
    assert (response.status_code, response.url) == (302, path(table.post, "order/") + f"#item-{item.pk}")
    assert (item.name, item.unit_won, item.qty, item.shared, item.options) == (
        "허니콤보",
        9_000,
        2,
        True,
        "순살",
    )


def test_a_dish_is_added_by_htmx_and_the_sheet_and_the_facts_come_back(table: Table) -> None:
    response = tap(table.member, table.post, "order/items/", typed(), **HTMX)
    text = response.content.decode()
    assert (response.status_code, response["X-Fragment"]) == (200, "sheet")
    assert text.lstrip().startswith('<div id="sheet"')
    assert 'id="facts"' in text
    assert 'hx-swap-oob="morph"' in text
    assert "<html" not in text


def test_a_double_tap_adds_one(table: Table) -> None:
    key = str(uuid4())
    for _ in range(2):
        tap(table.member, table.post, "order/items/", typed(key=key))
    assert names(table) == ["허니콤보"]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": " "}, "new-name"),
        ({"unit_won": ""}, "new-won"),
        ({"unit_won": "공짜"}, "new-won"),
        ({"unit_won": "1" * 30}, "new-won"),
        ({"unit_won": "-5"}, "new-won"),
        ({"qty": "0"}, "new-qty"),
        ({"qty": "1e3"}, "new-qty"),
        ({"note": "가" * 201}, "new-note"),
    ],
)
@pytest.mark.parametrize("how", [{}, HTMX])
def test_what_is_refused_is_kept_and_marked(
    table: Table, given: dict[str, str], field: str, how: dict[str, str]
) -> None:
    before = head(table.post)
    response = tap(table.member, table.post, "order/items/", typed(**{"options": "순살로요", **given}), **how)
    text = response.content.decode()
    assert response.status_code == 400
    assert head(table.post) == before
    assert re.search(rf'<input id="{field}"[^>]*aria-invalid="true"', text)
    assert 'value="순살로요"' in text
    assert "data-typed" in text


def test_a_broken_key_or_person_is_no_error_page(table: Table) -> None:
    assert tap(table.member, table.post, "order/items/", typed(key="x" * 99)).status_code == 302
    assert tap(table.host, table.post, "order/items/", typed(**{"for": "나"})).status_code == 404


def test_a_dish_is_changed_in_its_place(table: Table) -> None:
    item = dish(table.member, table.post)
    tap(table.member, table.post, f"order/items/{item.pk}/", typed(unit_won="10000"))
    item.refresh_from_db()
    assert item.unit_won == 10_000
    text = tap(
        table.member, table.post, f"order/items/{item.pk}/", typed(unit_won="x"), **HTMX
    ).content.decode()
    assert re.search(rf'id="edit-form-{item.pk}"[^>]* data-typed', text)
    assert re.search(rf'id="edit-{item.pk}" open', text)
    refused = tap(table.host, table.post, f"order/items/{item.pk}/", typed())
    assert refused.status_code == 403


def test_what_is_taken_out_can_be_put_back(table: Table) -> None:
    item = dish(table.member, table.post, options="순살", note="무 많이", qty=2, shared=True)
    text = tap(table.member, table.post, f"order/items/{item.pk}/remove/", **HTMX).content.decode()
    assert names(table) == []
    form = text[text.index('id="undo-form"') :]
    sent = dict(
        re.findall(
            r'name="(name|unit_won|qty|options|note|shared|for|key)" value="([^"]*)"',
            form[: form.index("</form>")],
        )
    )
    for _ in range(2):
        assert tap(table.member, table.post, "order/items/", sent).status_code == 302
    back = Item.objects.get()
    assert (back.name, back.unit_won, back.qty, back.options, back.note, back.shared) == (
        "허니콤보", 9_000, 2, "순살", "무 많이", True,
    )  # fmt: skip


def test_without_javascript_the_way_back_is_on_the_page(table: Table) -> None:
    item = dish(table.member, table.post)
    response = tap(table.member, table.post, f"order/items/{item.pk}/remove/")
    assert (response.status_code, "undo-form" in response.content.decode()) == (200, True)
    assert tap(table.member, table.post, f"order/items/{item.pk}/remove/").status_code == 302


def test_sharing_with_weights_and_leaving(table: Table) -> None:
    item = dish(table.host, table.post, shared=True)
    tap(table.member, table.post, f"order/items/{item.pk}/join/")
    tap(table.member, table.post, f"order/items/{item.pk}/join/", {"weight": "2"})
    assert item.sharers.get(user=table.member).weight == 2
    assert tap(table.member, table.post, f"order/items/{item.pk}/join/", {"weight": "99"}).status_code == 400
    tap(table.member, table.post, f"order/items/{item.pk}/quit/")
    assert item.sharers.count() == 1


def test_the_host_adds_for_another_who_takes_it_or_not(table: Table) -> None:
    tap(table.host, table.post, "order/items/", typed(**{"for": str(table.member.pk)}))
    item = Item.objects.get()
    assert (item.owner, item.pending) == (table.member, True)
    assert f"items/{item.pk}/accept/" in page(table.member, table.post, "order/")
    assert f"items/{item.pk}/accept/" not in page(table.host, table.post, "order/")
    tap(table.member, table.post, f"order/items/{item.pk}/accept/")
    item.refresh_from_db()
    assert not item.pending


def test_sitting_out_and_in(table: Table) -> None:
    tap(table.member, table.post, "order/sit-out/")
    assert Seat.objects.get(user=table.member).sits_out
    tap(table.member, table.post, "order/sit-out/", {"back": "1"})
    assert not Seat.objects.get(user=table.member).sits_out
    assert tap(table.host, table.post, "order/sit-out/", {"user": str(table.member.pk)}).status_code == 409


def test_the_cart_stands_still_once_locked(table: Table) -> None:
    post = bring_to(table, "LOCKED")
    assert 'id="add"' not in page(table.member, post, "order/")
    response = tap(table.member, post, "order/items/", typed(), **HTMX)
    assert (response.status_code, response["X-Fragment"]) == (409, "sheet")


@pytest.mark.parametrize("how", [{}, HTMX])
def test_strangers_and_forgers_change_nothing(table: Table, how: dict[str, str]) -> None:
    item = dish(table.host, table.post, shared=True)
    before = head(table.post)
    for rest in (
        "order/items/",
        f"order/items/{item.pk}/remove/",
        f"order/items/{item.pk}/join/",
        "order/sit-out/",
        "do/cancel/",
    ):
        assert tap(table.outsider, table.post, rest, typed(), **how).status_code == 404
    assert tap(table.host, table.post, "do/steal/").status_code == 404
    assert head(table.post) == before


def test_every_change_wants_post_and_a_token(table: Table) -> None:
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    strict.force_login(table.member)
    for rest in ("order/items/", "order/sit-out/", "do/close/"):
        assert strict.get(path(table.post, rest)).status_code == 405
        assert strict.post(path(table.post, rest), typed()).status_code == 403


# --- the order's state ----------------------------------------------------------------------------------------


def versions(table: Table) -> dict[str, str]:
    post = fresh(table.post)
    return {"post_v": str(post.post_v), "cart_v": str(post.cart_v)}


def test_from_closing_to_arrival_by_buttons(table: Table) -> None:
    for user in (table.host, table.member, table.guest):
        dish(user, table.post)
    for user, verb in (
        (table.host, "close"), (table.host, "lock"), (table.host, "unlock"), (table.host, "lock"),
        (table.member, "confirm"), (table.guest, "confirm"), (table.host, "order"), (table.host, "arrive"),
    ):  # fmt: skip
        response = tap(user, table.post, f"do/{verb}/", versions(table))
        assert (response.status_code, response.url) == (302, path(table.post, "order/") + "#deeds"), verb
    assert fresh(table.post).state == "ARRIVED"


def test_locking_below_the_minimum_asks_and_is_overridden_by_name(table: Table) -> None:
    for user in (table.host, table.member, table.guest):
        dish(user, table.post, unit_won=1_000)
    states.close(by=table.host, post=table.post)
    response = tap(table.host, table.post, "do/lock/", versions(table), **HTMX)
    text = response.content.decode()
    assert response.status_code == 409
    assert "12,000" in text
    assert 'name="override" value="min_order"' in text
    tap(table.host, table.post, "do/lock/", versions(table) | {"override": "min_order"})
    assert entries(table.post, "order.state")[-1]["overrides"] == ["min_order"]


def test_ordering_without_everybody_names_them_and_is_overridden(table: Table) -> None:
    bring_to(table, "LOCKED")
    text = tap(table.host, table.post, "do/order/", versions(table)).content.decode()
    assert "철수" in text
    assert "손님" in text
    tap(table.host, table.post, "do/order/", versions(table) | {"override": "unconfirmed"})
    assert entries(table.post, "order.state")[-1]["who"] == [table.member.pk, table.guest.pk]


def test_who_has_not_chosen_is_named_when_locking(table: Table) -> None:
    dish(table.host, table.post)
    states.close(by=table.host, post=table.post)
    response = tap(table.host, table.post, "do/lock/", versions(table))
    assert response.status_code == 409
    assert "철수, 손님" in response.content.decode() or "손님, 철수" in response.content.decode()


def test_a_stale_lock_says_what_changed(table: Table) -> None:
    for user in (table.host, table.member, table.guest):
        dish(user, table.post)
    states.close(by=table.host, post=table.post)
    seen = versions(table)
    dish(table.member, table.post, "콜라", 2_000)
    item = dish(table.guest, table.post, "사이다", 2_000)
    cart.remove_item(by=table.guest, post=table.post, item=item.pk)
    response = tap(table.host, table.post, "do/lock/", seen, HTTP_ACCEPT_LANGUAGE="ko", **HTMX)
    text = response.content.decode()
    assert response.status_code == 409
    assert "철수님: 콜라" in text
    assert "손님님이 사이다" in text
    assert tap(table.host, table.post, "do/lock/", versions(table)).status_code == 302


def test_opening_again_takes_a_clock_time(table: Table) -> None:
    bring_to(table, "CLOSED")
    assert (
        tap(table.host, table.post, "do/reopen/", versions(table) | {"deadline": "언제"}).status_code == 400
    )
    text = page(table.host, table.post, "order/")
    found = re.search(r'name="deadline" value="(\d\d:\d\d)"', text)
    # The table's fourth seat is free.
    assert found
    assert (
        tap(table.host, table.post, "do/reopen/", versions(table) | {"deadline": found[1]}).status_code == 302
    )
    assert fresh(table.post).state == "RECRUITING"


def test_cancelling_keeps_the_host_s_word(table: Table) -> None:
    tap(table.host, table.post, "do/cancel/", versions(table) | {"note": "비가 와요"})
    assert "비가 와요" in page(table.member, table.post)


def test_members_have_none_of_the_host_s_verbs(table: Table) -> None:
    bring_to(table, "CLOSED")
    for verb in ("lock", "cancel", "clear", "reopen"):
        sent = versions(table) | {"deadline": "23:59"}
        assert tap(table.member, table.post, f"do/{verb}/", sent).status_code == 403
