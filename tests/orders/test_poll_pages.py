"""Polls as cards and as a page, without scripts and as fragments."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from orders import polls, seats, states
from orders.models import Poll, Post, Vote
from orders.views import poll_cards
from tests.orders.room_browser import HTMX, browser, page, path, tap
from tests.orders.table import Table, bring_to, dish, fresh
from tests.orders.test_polls import ask, close, votes


def card(user: User, post: Post, poll: Poll) -> str:
    return page(user, post, f"f/card/poll/{poll.pk}/")


def pressed(text: str) -> list[str]:
    """The places of the options that read as chosen: a tap on them takes the vote back."""
    return re.findall(r'value="(\d*)" aria-pressed="true"', text)


def test_the_room_shows_a_poll_as_it_stands_now(table: Table) -> None:
    poll = ask(table)
    votes(table, poll, 0, 1)
    text = page(table.guest, table.post)
    assert text.count(f'data-card="poll/{poll.pk}"') == 1
    assert text.count(f'id="poll-{poll.pk}"') == 1
    assert "도서관 앞" in text
    assert f"polls/{poll.pk}/vote/" in text
    close(table, poll)
    text = page(table.guest, table.post)
    assert f"polls/{poll.pk}/vote/" not in text
    assert "동점" in text


def test_mine_is_mine(table: Table) -> None:
    poll = ask(table)
    votes(table, poll, 0, 1)
    assert "짱구" in card(table.member, table.post, poll)
    for user, place in ((table.host, 0), (table.member, 1), (table.guest, None)):
        text = card(user, table.post, poll)
        assert pressed(text) == ([] if place is None else [""])
        assert [f'name="choice" value="{n}"' in text for n in range(3)] == [n != place for n in range(3)]


def test_who_may_close_and_apply_has_the_button(table: Table) -> None:
    poll = ask(table)  # by the member
    for user, closes in ((table.host, True), (table.member, True), (table.guest, False)):
        assert (f"polls/{poll.pk}/close/" in card(user, table.post, poll)) is closes
    votes(table, poll, 1, 1)
    close(table, poll)
    for user, applies in ((table.host, True), (table.member, False), (table.guest, False)):
        assert (f"polls/{poll.pk}/apply/" in card(user, table.post, poll)) is applies
    bring_to(table, "LOCKED")
    assert "apply/" not in card(table.host, table.post, poll), "the place cannot change any more"


def test_a_card_is_made_once_for_each_version(table: Table) -> None:
    poll = ask(table)
    votes(table, poll, 0, 1)
    card(table.host, table.post, poll)
    client = browser(table.guest)
    url = path(table.post, f"f/card/poll/{poll.pk}/")
    client.get(url)
    made = poll_cards._neutral.cache_info().misses
    with CaptureQueriesContext(
        connection,
    ) as queries:
        client.get(url)
    assert poll_cards._neutral.cache_info().misses == made
    assert len(queries) <= 9, [q["sql"][:90] for q in queries]
    votes(table, poll, None, None, 2)
    assert "손님" in card(table.host, table.post, poll)
    assert poll_cards._neutral.cache_info().misses == made + 1


def test_a_tap_without_scripts_comes_back_to_where_it_was(table: Table) -> None:
    poll = ask(table)
    response = tap(table.member, table.post, f"polls/{poll.pk}/vote/", {"choice": "2"})
    assert (response.status_code, response.url) == (302, path(table.post, f"polls/#poll-{poll.pk}"))
    at = f"http://testserver{path(table.post)}"
    response = tap(table.member, table.post, f"polls/{poll.pk}/vote/", {"choice": "1"}, HTTP_REFERER=at)
    assert response.url == path(table.post, f"#poll-{poll.pk}")
    assert Vote.objects.get(poll=poll).choice == 1
    tap(table.member, table.post, f"polls/{poll.pk}/vote/", {"choice": ""})
    assert not Vote.objects.filter(poll=poll).exists()


def test_a_tap_with_scripts_is_answered_by_the_card(table: Table) -> None:
    poll = ask(table)
    response = tap(table.member, table.post, f"polls/{poll.pk}/vote/", {"choice": "2"}, **HTMX)
    assert (response.status_code, response["X-Fragment"]) == (200, "card")
    assert pressed(response.content.decode()) == [""]
    close(table, poll)
    response = tap(table.member, table.post, f"polls/{poll.pk}/vote/", {"choice": "1"}, **HTMX)
    assert (response.status_code, response["X-Fragment"]) == (409, "card")
    assert "마감된 투표예요" in response.content.decode()


def test_a_new_shop_asks_about_the_dishes_on_the_card(table: Table) -> None:
    dish(table.member, table.post)
    poll = ask(table, "shop", ["BBQ", "BHC"])
    votes(table, poll, 1)
    close(table, poll)
    send = {"post_v": fresh(table.post).post_v}
    response = tap(table.host, table.post, f"polls/{poll.pk}/apply/", send, **HTMX)
    text = response.content.decode()
    assert response.status_code == 409
    assert 'name="empty_cart" value="yes"' in text
    assert "<!--" not in text, "every mark is filled"
    response = tap(
        table.host, table.post, f"polls/{poll.pk}/apply/", send | {"empty_cart": "no", "choice": "1"}
    )
    assert (response.status_code, fresh(table.post).shop, table.post.items.count()) == (302, "BHC", 1)


def test_overtaken_by_an_edit_the_host_sees_what_changed(table: Table) -> None:
    poll = ask(table)
    votes(table, poll, 1)
    close(table, poll)
    response = tap(table.host, table.post, f"polls/{poll.pk}/apply/", {"post_v": 0})
    assert response.status_code == 409
    assert "said refused" in response.content.decode()


def new(**more: Any) -> dict[str, Any]:
    return {
        "field": "",
        "question": "음료는?",
        "option": ["콜라", "사이다", ""],
        "closes": "",
        "key": "",
        **more,
    }


def test_a_poll_is_made_by_form(table: Table) -> None:
    response = tap(table.guest, table.post, "polls/", new())
    poll = Poll.objects.get()
    assert (response.status_code, response.url) == (302, path(table.post, f"polls/#poll-{poll.pk}"))
    assert (poll.question, poll.options, poll.closes_at) == ("음료는?", ["콜라", "사이다"], None)
    response = tap(
        table.guest, table.post, "polls/", new(field="meeting_at", option=["18:30", "1900"], closes="17:00")
    )
    poll = Poll.objects.latest("pk")
    assert response.status_code == 302
    assert [at[14:16] for at in poll.options] == ["30", "00"]
    assert poll.closes_at is not None
    key = "6a0e4fd4-8d2e-4c34-9c1f-000000000001"
    urls = {tap(table.guest, table.post, "polls/", new(key=key)).url for _ in range(2)}
    assert len(urls) == 1


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (new(option=["콜라"]), 400),
        (new(question=""), 400),
        (new(field="meeting_at", option=["25:00", "18:30"]), 400),
        (new(field="meeting_at", option=["18:30", "19:00"], day="2026-99-99"), 400),
        (new(field="nonsense"), 400),
        (new(closes="later"), 400),
    ],
)
def test_what_is_refused_stays_typed(table: Table, sent: dict[str, Any], status: int) -> None:
    response = tap(table.member, table.post, "polls/", sent)
    text = response.content.decode()
    assert response.status_code == status
    assert 'role="alert"' in text
    assert all(f'value="{option}"' in text for option in sent["option"] if option)
    assert not Poll.objects.exists()


def test_strangers_and_who_was_kicked_see_no_polls(table: Table) -> None:
    poll = ask(table, by=table.guest)
    seats.remove(by=table.host, post=table.post, user=table.member)
    pages = ["polls/", f"f/card/poll/{poll.pk}/"]
    for user in (table.outsider, table.member):
        assert {browser(user).get(path(table.post, rest)).status_code for rest in pages} == {404}
        assert tap(user, table.post, f"polls/{poll.pk}/vote/", {"choice": "0"}).status_code == 404
    assert browser(table.host).get(path(table.post, "f/card/poll/999/")).status_code == 404
    assert browser(table.host).get(path(table.post, f"f/card/nothing/{poll.pk}/")).status_code == 404
    assert tap(table.host, table.post, "polls/999/vote/", {"choice": "0"}).status_code == 404
    assert tap(table.host, table.post, f"polls/{2**70}/vote/", {"choice": "0"}).status_code == 404


def test_what_people_wrote_is_escaped_and_no_mark(table: Table) -> None:
    poll = ask(table, "", ["<!--csrf-->", "<b>&"], question="<!--for:host--> {{ x }}")
    text = card(table.member, table.post, poll)
    assert "&lt;!--csrf--&gt;" in text
    assert "&lt;b&gt;&amp;" in text
    assert "&lt;!--for:host--&gt; {{ x }}" in text


def test_a_time_that_went_by_cannot_be_tapped(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    now = timezone.now()
    poll = ask(table, "meeting_at", [now + timedelta(hours=1), now + timedelta(hours=2)])
    assert "disabled" not in card(table.member, table.post, poll)
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(minutes=90))
    assert card(table.member, table.post, poll).count("disabled") == 1


def test_the_way_to_a_poll_is_at_the_composer(table: Table) -> None:
    assert f"{path(table.post, 'polls/')}?about=#new-poll" in page(table.member, table.post)
    states.cancel(by=table.host, post=table.post)
    text = page(table.member, table.post, "polls/?about=")
    assert "about=meeting_at" not in text, "only what the room can still decide"
    assert polls.open_poll(
        by=table.member, post=table.post, field="", question="다음에?", options=["네", "아니요"]
    )
