"""The room of a post: chat's page with the fact bar and the order sheet, for those who are in."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from chat import actions, reading
from orders import cart, posts, seats, states
from orders.models import Post
from rooms import actions as rooms
from tests.orders.room_browser import HTMX, browser, page, path, tap, typed
from tests.orders.table import Table, bring_to, dish, fresh, make_table, people

PAGES = ["", "order/", "order/order.txt", "f/facts/", "f/sheet/", "export.csv", "export.json"]


@pytest.fixture(autouse=True)
def plain_static(settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = False
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }


@pytest.mark.parametrize("rest", PAGES)
def test_members_see_every_page_and_nobody_else_any(table: Table, rest: str) -> None:
    for user in (table.host, table.member, table.guest):
        assert browser(user).get(path(table.post, rest)).status_code == 200
    assert browser(table.outsider).get(path(table.post, rest)).status_code == 404
    signed_out = browser(table.outsider)
    signed_out.logout()
    response = signed_out.get(path(table.post, rest))
    assert (response.status_code, response.url.split("?")[0]) == (302, "/accounts/login/")
    response = signed_out.get(path(table.post, rest), **HTMX)
    assert (response.status_code, response["HX-Redirect"].split("?")[0]) == (401, "/accounts/login/")


def test_who_was_removed_sees_it_no_more(table: Table) -> None:
    seats.remove(by=table.host, post=table.post, user=table.member)
    assert {browser(table.member).get(path(table.post, rest)).status_code for rest in PAGES} == {404}


def test_the_room_of_a_post_is_shown_at_the_post(table: Table) -> None:
    response = browser(table.member).get(f"/rooms/{table.post.public_id}/?at=3")
    assert (response.status_code, response.url) == (302, path(table.post) + "?at=3")
    plain = rooms.create_room(user=table.host, title="그냥 얘기")
    assert browser(table.host).get(plain.get_absolute_url()).status_code == 200
    assert browser(table.outsider).get(f"/rooms/{table.post.public_id}/").status_code == 404


def test_the_list_of_rooms_leads_there_and_says_how_it_stands(table: Table) -> None:
    other = rooms.create_room(user=table.host, title="그냥 얘기")
    bring_to(table, "LOCKED")
    text = browser(table.host).get("/rooms/").content.decode()
    assert f'href="{path(table.post)}"' in text
    assert f'href="{other.get_absolute_url()}"' in text
    assert text.count('class="chip') == 1


def test_what_is_over_stands_behind_in_the_list(table: Table) -> None:
    rooms.create_room(user=table.host, title="먼저 만든 방")
    states.cancel(by=table.host, post=table.post)
    text = browser(table.host).get("/rooms/").content.decode()
    assert text.index("먼저 만든 방") < text.index(table.post.title)


def test_the_fact_bar_says_when_where_how_much_and_what_next(table: Table) -> None:
    dish(table.member, table.post, unit_won=9_000)
    text = page(table.member, table.post)
    assert "기숙사 정문" in text
    assert "10,333" in text  # 9,000 and a third of 4,000
    assert 'data-step="wait_close"' in text
    assert 'data-step="choose"' in page(table.guest, table.post)


def test_the_private_note_is_for_members(table: Table) -> None:
    assert "비밀번호 1234" in page(table.guest, table.post)
    assert "비밀번호 1234" not in browser(table.outsider).get(f"/p/{table.post.public_id}/").content.decode()


def test_a_step_line_shows_the_state(table: Table) -> None:
    bring_to(table, "LOCKED")
    text = page(table.member, table.post, "f/facts/")
    assert (text.count("step-done"), text.count('aria-current="step"'), text.count("step-ahead")) == (2, 1, 3)
    states.cancel(by=table.host, post=table.post)
    assert "steps-over" in page(table.member, table.post)


def test_the_sheet_lists_people_and_their_dishes(table: Table) -> None:
    mine = dish(table.member, table.post, "허니콤보", options="순살", note="무 많이", qty=2)
    shared = dish(table.host, table.post, "감자튀김", unit_won=4_000, shared=True)
    cart.join_item(user=table.guest, post=table.post, item=shared.pk)
    text = page(table.member, table.post, "order/")
    assert f'id="item-{mine.pk}"' in text
    assert f"order/items/{mine.pk}/remove/" in text
    assert f"order/items/{shared.pk}/remove/" not in text
    assert f"order/items/{shared.pk}/join/" in text
    assert all(word in text for word in ("순살", "무 많이", "18,000", "감자튀김", "22,000"))
    assert f"order/items/{shared.pk}/quit/" in page(table.guest, table.post, "order/")


def test_who_has_not_chosen_is_named(table: Table) -> None:
    dish(table.host, table.post)
    text = page(table.host, table.post, "f/sheet/")
    assert text.count("is-unchosen") == 2


def test_the_host_alone_has_the_host_s_buttons(table: Table) -> None:
    bring_to(table, "CLOSED")
    for user, shown in ((table.host, True), (table.member, False), (table.guest, False)):
        text = page(user, table.post, "order/")
        assert [f"do/{verb}/" in text for verb in ("lock", "reopen", "cancel", "clear")] == [shown] * 3 + [
            shown
        ]


def test_leaving_that_breaks_the_minimum_is_warned_of(table: Table) -> None:
    dish(table.host, table.post, unit_won=10_000)
    dish(table.member, table.post, unit_won=6_000)
    assert re.search(r'"leaving-hint">[^<]*5,000', page(table.member, table.post, "order/"))
    cart.set_item(by=table.guest, post=table.post, name="콜라", unit_won=8_500)
    assert "leaving-hint" not in page(table.member, table.post, "order/")


def test_lines_of_the_cart_lead_to_their_dish(table: Table) -> None:
    item = dish(table.member, table.post)
    text = page(table.host, table.post)
    assert f'<a class="entry-about" href="{path(table.post, "order/")}#item-{item.pk}"' in text
    assert f'data-about="{path(table.post)}"' in text


@pytest.mark.django_db(transaction=True)
def test_a_page_around_an_entry(table: Table) -> None:
    for number in range(120):
        actions.post(user=table.host, room=table.post.room, cid=f"c{number}", body=f"말 {number}")
    text = page(table.member, table.post, "?at=20")
    assert 'id="m20"' in text
    assert 'id="m120"' not in text
    assert '"at": 20' in text
    assert 'id="m20"' not in page(table.member, table.post, "?at=9999999999999999999")


@pytest.mark.parametrize(("rest", "bound"), [("f/facts/", 12), ("f/sheet/", 12), ("order/", 12), ("", 19)])
def test_queries_do_not_grow_with_people_and_dishes(
    db: None, rest: str, bound: int, django_assert_max_num_queries: Any
) -> None:
    table = make_table(capacity=20)
    client = browser(table.host)
    client.get(path(table.post, rest))
    with django_assert_max_num_queries(bound) as few:
        client.get(path(table.post, rest))
    for person in people(10):
        seats.join(user=person, post=table.post)
        shared = dish(person, table.post, "같이", shared=True)
        cart.join_item(user=table.host, post=table.post, item=shared.pk)
        dish(table.host, table.post, "따로", owner=person)
    with django_assert_max_num_queries(bound) as many:
        client.get(path(table.post, rest))
    assert len(many) <= len(few) + 1


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("state", ["RECRUITING", "CLOSED", "LOCKED", "ORDERED", "ARRIVED"])
def test_every_state_has_its_page_in_both_languages(table: Table, state: str, language: str) -> None:
    if state != "RECRUITING":
        bring_to(table, state)
    for user in (table.host, table.member, table.guest):
        User.objects.filter(pk=user.pk).update(locale=language)
        user.refresh_from_db()
        text = page(user, table.post, HTTP_ACCEPT_LANGUAGE=language)
        assert f'lang="{language}"' in text
        assert f'data-state="{state}"' in text


def test_a_day_later_everything_is_still_there_to_read(table: Table) -> None:
    post = bring_to(table, "LOCKED")
    states.cancel(by=table.host, post=post, note="배달이 안 된대요")
    Post.objects.filter(pk=post.pk).update(writable_until=timezone.now() - timedelta(minutes=1))
    assert "배달이 안 된대요" in page(table.member, fresh(post))
    assert tap(table.member, post, "order/items/", typed()).status_code == 409


def unread(user: User, post: Post) -> int:
    return reading.summaries(user.pk, [post.pk])[post.pk].unread


def test_states_and_edits_are_unread_for_all_but_who_made_them(table: Table) -> None:
    before = unread(table.member, table.post)
    bring_to(table, "CLOSED")
    assert (unread(table.host, table.post), unread(table.member, table.post)) == (0, before + 1)
    posts.edit_post(
        by=table.host, post=table.post, post_v=fresh(table.post).post_v, changes={"place": "후문"}
    )
    assert (unread(table.host, table.post), unread(table.member, table.post)) == (0, before + 2)
    text = page(table.member, table.post)
    assert 'id="unread-line" class="unread-line"><span>' in text
    assert text.index('id="unread-line"') < text.index("후문", text.index('id="entries"'))


def test_a_room_that_can_only_be_read_has_no_field_to_write_in(table: Table) -> None:
    states.cancel(by=table.host, post=table.post)
    assert (
        re.search(r'<form class="composer" id="composer"[^>]* hidden', page(table.host, table.post)) is None
    )
    Post.objects.filter(pk=table.post.pk).update(writable_until=timezone.now() - timedelta(minutes=1))
    assert re.search(r'<form class="composer" id="composer"[^>]* hidden', page(table.host, table.post))
