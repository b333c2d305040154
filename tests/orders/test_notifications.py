"""What people are told of wherever they are: once, privately, in their language, within bounds."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone, translation

from accounts.models import User
from accounts.signals import guest_merged
from orders import bounds, clock, notice_words, notifications, posts, reports, seats, states
from orders.models import Notification, Post
from orders.notifications import notify
from tests.orders.room_browser import HTMX, browser, path
from tests.orders.table import Table, bring_to, dish, fresh
from tests.orders.test_polls import ask, close, votes

PAGE = "/me/notifications/"


def codes(user: User) -> list[str]:
    return list(Notification.objects.of(user).order_by("pk").values_list("code", flat=True))


def texts(user: User, language: str = "ko") -> list[str]:
    names = {person.pk: person.nickname for person in User.objects.all()}
    with translation.override(language):
        return [notice_words.sentence(each, names) for each in Notification.objects.of(user)]


def tell(post: Post | None, *users: User, code: str = "arrived", key: str = "1", **more: Any) -> None:
    notify(users=[user.pk for user in users], code=code, key=key, post=post, **more)


# --- telling ---------------------------------------------------------------------------------------------------


def test_the_same_occasion_is_told_once(table: Table) -> None:
    for _ in range(2):
        tell(table.post, table.member, table.guest, table.member)
    tell(table.post, table.member, key="2")
    assert (codes(table.member), codes(table.guest)) == (["arrived", "arrived"], ["arrived"])
    for code, key in (("nonsense", "1"), ("arrived", "x" * 100)):
        with pytest.raises(ValueError, match="cannot notify"):
            tell(table.post, table.member, code=code, key=key)


def test_it_stands_or_falls_with_the_verb(table: Table) -> None:
    point = transaction.savepoint()
    tell(table.post, table.member)
    assert codes(table.member) == ["arrived"]
    transaction.savepoint_rollback(point)
    assert codes(table.member) == []


def test_a_change_of_state_is_told_to_the_others(table: Table) -> None:
    bring_to(table, "ARRIVED")
    assert codes(table.member) == codes(table.guest) == ["closed", "locked", "ordered", "arrived"]
    assert codes(table.host) == [], "nobody is told of what they did"
    assert codes(table.outsider) == []


def test_a_change_of_the_post_says_what(table: Table) -> None:
    posts.edit_post(
        by=table.host, post=table.post, post_v=1, changes={"place": "후문", "place_note": "비번 99"}
    )
    assert texts(table.member) == ["모집 내용이 바뀌었어요: 만나는 곳"]
    assert "99" not in str(Notification.objects.get(user=table.member).args)
    posts.edit_post(by=table.host, post=table.post, post_v=2, changes={"place_note": "비번 77"})
    assert len(texts(table.member)) == 1, "the note alone is told to nobody"


def test_the_clock_that_comes_twice_tells_once(table: Table) -> None:
    dish(table.host, table.post)
    states.close(by=table.host, post=table.post)
    later = timezone.now() + timedelta(minutes=11)
    for _ in range(2):
        Post.objects.filter(pk=table.post.pk).update(due_at=later)
        clock.run_due(later)
    assert codes(table.member) == ["closed", "choose"]
    assert codes(table.host) == []


def test_seats_tell_whom_they_concern(table: Table) -> None:
    seats.offer_host(by=table.host, post=table.post, to=table.member)
    assert texts(table.member) == ["짱구님이 방장을 부탁해요"]
    seats.remove(by=table.host, post=table.post, user=table.guest)
    assert codes(table.guest) == ["removed"]


def test_a_poll_is_told_and_a_tie_asks_the_host(table: Table) -> None:
    poll = ask(table, by=table.guest)
    assert texts(table.member) == ["손님님의 투표: 어디서 만날까요?"]
    assert texts(table.member, "en") == ["손님 asks: Where do we meet?"]
    votes(table, poll, 0, 1)
    before = len(codes(table.host))
    assert close(table, poll).winner is None
    assert len(codes(table.host)) == before, "the host closed it, and sees it"


def test_reporters_are_told_the_result(table: Table) -> None:
    operator = User.objects.create_superuser("운영자")
    made = reports.report(user=table.outsider, kind="post", name=table.post.public_id, reason="spam")
    reports.resolve(by=operator, report=made, upheld=False)
    reports.resolve(by=operator, report=made, upheld=False)
    assert codes(table.outsider) == ["report_dismissed"]
    assert codes(table.host) == [], "the reported are told nothing"
    number = Notification.objects.get(user=table.outsider).pk
    assert browser(table.outsider).get(f"{PAGE}{number}/").url == "/me/reports/"


def test_every_code_reads_in_both_languages(table: Table) -> None:
    args = {
        "user": table.host.pk,
        "won": 12_000,
        "n": 2,
        "of": 3,
        "fields": ["shop"],
        "question": "콜라?",
        "field": "",
    }
    args |= {"place": "정문", "winner": "정문", "reason": "금액이 달라요"}
    for code in notice_words.CODES:
        tell(table.post, table.member, code=code, key=code, args=args)
    korean, english = texts(table.member), texts(table.member, "en")
    assert len(korean) == len(notice_words.CODES)
    assert all(one != other and "{" not in one + other for one, other in zip(korean, english, strict=True))
    assert any("12,000원" in text for text in korean)
    assert set(notice_words.PLACES) <= set(notice_words.CODES)


def test_what_people_wrote_is_never_a_pattern(table: Table) -> None:
    tell(table.post, table.member, code="poll", args={"user": table.host.pk, "question": "{won} {user}"})
    assert texts(table.member) == ["짱구님의 투표: {won} {user}"]


# --- bounds ----------------------------------------------------------------------------------------------------


def test_of_each_person_the_newest_are_kept(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "NOTIFICATIONS_KEPT", 3)
    for n in range(5):
        tell(table.post, table.member, table.guest, key=str(n))
    Notification.objects.filter(user=table.guest, key__endswith=":1").delete()
    assert notifications.prune() == 3
    kept = Notification.objects.of(table.member).values_list("key", flat=True)
    assert [key[-1] for key in kept] == ["4", "3", "2"]
    assert notifications.prune() == 0


def test_old_ones_go(table: Table) -> None:
    tell(table.post, table.member)
    assert notifications.prune(timezone.now() + bounds.NOTIFICATIONS_FOR - timedelta(minutes=1)) == 0
    assert notifications.prune(timezone.now() + bounds.NOTIFICATIONS_FOR + timedelta(minutes=1)) == 1


def test_what_a_guest_was_told_is_the_account_s(table: Table) -> None:
    tell(table.post, table.guest, table.outsider, key="both")
    tell(table.post, table.guest, key="guest")
    guest_merged.send(User, guest=table.guest, into=table.outsider)
    assert len(codes(table.outsider)) == 2


# --- pages -----------------------------------------------------------------------------------------------------


def test_the_page_shows_mine_and_what_is_unread(table: Table) -> None:
    tell(table.post, table.member, key="a")
    tell(table.post, table.guest, code="ordered", key="b")
    text = browser(table.member).get(PAGE).content.decode()
    assert text.count('class="is-unread"') == 1
    assert texts(table.member)[0] in text
    assert "주문했어요" not in text, "another person's"
    assert 'id="bell-count">1<' in text
    theirs = Notification.objects.get(user=table.guest).pk
    assert browser(table.member).get(f"{PAGE}{theirs}/").status_code == 404
    assert browser(table.outsider).get(PAGE).content.decode().count("is-unread") == 0


def test_following_one_reads_it_and_leads_there(table: Table) -> None:
    tell(table.post, table.member, code="confirm", key="a")
    tell(table.post, table.member, table.outsider, code="poll", key="b")
    number = Notification.objects.get(user=table.member, code="confirm").pk
    assert browser(table.member).get(f"{PAGE}{number}/").url == path(table.post, "order/#deeds")
    assert notifications.unread(table.member) == 1
    number = Notification.objects.get(user=table.outsider).pk
    assert browser(table.outsider).get(f"{PAGE}{number}/").url == table.post.get_absolute_url(), (
        "not in the room"
    )


def test_all_are_read_at_once_or_those_of_a_room(table: Table) -> None:
    other = posts.post_again(table.post, timezone.now())
    second = posts.create_post(user=table.member, **other)
    tell(table.post, table.member, key="a")
    tell(second, table.member, key="b")
    client = browser(table.member)
    response = client.post(f"{PAGE}read/", {"post": second.public_id}, **HTMX)
    assert (response.status_code, response["X-Unread"]) == (204, "1")
    assert client.post(f"{PAGE}read/").url == PAGE
    assert notifications.unread(table.member) == 0
    assert client.get(f"{PAGE}read/").status_code == 405


def test_pages_go_on_by_number(table: Table) -> None:
    for n in range(65):
        tell(table.post, table.member, key=str(n))
    client, seen, url = browser(table.member), [], PAGE
    while url:
        response = client.get(url)
        assert response.status_code == 200
        notices = response.context["notices"]
        seen += [notice.pk for notice in notices]
        more = response.context["more"]
        url = f"{PAGE}?before={more}" if more else ""
        tell(table.post, table.member, key=f"new {len(seen)}")  # what comes meanwhile moves nothing
    assert len(seen) == len(set(seen)) == 65
    assert client.get(f"{PAGE}?before={'9' * 40}").status_code == 200


def test_news_is_the_newest_unread_line(table: Table) -> None:
    client = browser(table.member)
    assert client.get(f"{PAGE}news/").status_code == 204
    tell(table.post, table.member, code="poll", key="a", args={"user": table.host.pk, "question": "<b>"})
    response = client.get(f"{PAGE}news/?after=0")
    assert (response.status_code, response["X-Unread"]) == (200, "1")
    assert response["X-Room"] == table.post.public_id
    assert "&lt;b&gt;" in response.content.decode()
    assert client.get(f"{PAGE}news/?after={response['X-Latest']}").status_code == 204
    assert Client().get(f"{PAGE}news/").status_code == 204
    assert Client().get(PAGE).status_code == 302


def test_nothing_yet_says_what_it_is_for(table: Table) -> None:
    text = browser(table.outsider).get(PAGE).content.decode()
    assert "아직 알림이 없어요" in text
    assert fresh(table.post).pk
