"""The front door: who sees which posts, found how, in which order; and what changes while one looks."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from accounts import actions as accounts
from accounts.models import User
from orders import seats, states
from orders.models import Post
from orders.views import listing
from tests.orders.pages import text
from tests.orders.table import Table, dish, make_post, people, seoul
from tests.rooms.cast import signed_in

HX = {"HX-Request": "true"}


@pytest.fixture
def street(db: None) -> list[Post]:
    """Four posts of four hosts, meeting one hour after the other, the last made first in the list of the newest."""
    shops = [
        ("교촌치킨", "chicken"),
        ("홍콩반점", "chinese"),
        ("파파존스", "pizza"),
        ("교촌 오리지널", "chicken"),
    ]
    start = timezone.now() + timedelta(hours=2)
    return [
        make_post(
            host, shop=shop, category=kind, title=f"{shop} 가요", place=f"{n}동 정문",
            meeting_at=start + timedelta(hours=n),
        )
        for n, (host, (shop, kind)) in enumerate(zip(people(4), shops, strict=True))
    ]  # fmt: skip


def titles(answer: Any) -> list[str]:
    return [card.post.shop for card in answer.context["cards"]]


def test_everybody_sees_the_posts_signed_in_or_not(street: list[Post], client: Client) -> None:
    signed_out = client.get("/")
    assert titles(signed_out) == ["교촌치킨", "홍콩반점", "파파존스", "교촌 오리지널"]
    page = text(signed_out)
    for said in (
        "교촌치킨 가요",
        "0동 정문",
        "1/4명",
        "유리",
        "닉네임으로 시작하기",
        "최소주문까지 15,000원",
    ):
        assert said in page
    assert "비밀번호 1234" not in page
    signed_in_page = text(signed_in(User.objects.create_user("짱구")).get("/"))
    assert "교촌치킨 가요" in signed_in_page
    assert "닉네임으로 시작하기" not in signed_in_page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=촌치", ["교촌치킨"]),
        ("q=교촌", ["교촌치킨", "교촌 오리지널"]),
        ("category=pizza", ["파파존스"]),
        ("category=pizza&category=chinese", ["홍콩반점", "파파존스"]),
        ("category=nonsense", ["교촌치킨", "홍콩반점", "파파존스", "교촌 오리지널"]),
        ("area=2동", ["파파존스"]),
        ("q=교촌&area=3동", ["교촌 오리지널"]),
        ("sort=new", ["교촌 오리지널", "파파존스", "홍콩반점", "교촌치킨"]),
        ("q=없는 가게", []),
        ("q=" + "가" * 5000, []),
        ("after=nonsense", ["교촌치킨", "홍콩반점", "파파존스", "교촌 오리지널"]),
        ("after=9" + "9" * 30 + "-1", []),
    ],
)
def test_search_and_filters(street: list[Post], client: Client, query: str, found: list[str]) -> None:
    assert titles(client.get(f"/?{query}")) == found


def test_free_seats_leaves_out_what_is_full_or_waited_for(street: list[Post], client: Client) -> None:
    Post.objects.filter(pk=street[0].pk).update(capacity=2, seats_taken=2, min_people=2)
    assert titles(client.get("/?free=1")) == ["홍콩반점", "파파존스", "교촌 오리지널"]
    full = next(c for c in client.get("/").context["cards"] if c.post == street[0])
    assert (full.mood, full.badge) == ("full", "자리 없음")


def test_what_takes_no_one_in_is_shown_on_demand(street: list[Post], client: Client) -> None:
    Post.objects.filter(pk=street[0].pk).update(deadline_at=timezone.now() - timedelta(minutes=1))
    Post.objects.filter(pk=street[1].pk).update(state="LOCKED")
    assert titles(client.get("/")) == ["파파존스", "교촌 오리지널"]
    shown = client.get("/?closed=1")
    assert [card.badge for card in shown.context["cards"]] == ["마감", "곧 주문", "", ""]


def test_this_evening_turns_at_five(street: list[Post], client: Client, monkeypatch: Any) -> None:
    for post, at in zip(street, ("16:30", "18:30", "23:50", "23:55"), strict=True):
        Post.objects.filter(pk=post.pk).update(
            meeting_at=seoul(f"2030-01-01T{at}"), deadline_at=seoul("2030-01-01T16:20")
        )
    Post.objects.filter(pk=street[3].pk).update(
        meeting_at=seoul("2030-01-02T00:30"), deadline_at=seoul("2030-01-02T00:10")
    )
    monkeypatch.setattr(listing.timezone, "now", lambda: seoul("2030-01-01T16:00"))
    answer = client.get("/?when=evening")
    assert titles(answer) == ["홍콩반점", "파파존스", "교촌 오리지널"]
    assert [card.when for card in answer.context["cards"]] == [
        "오늘 18:30 · 2시간 30분 뒤",
        "오늘 23:50",
        "오늘 밤 00:30",
    ]
    monkeypatch.setattr(listing.timezone, "now", lambda: seoul("2030-01-02T00:05"))
    answer = client.get("/?when=evening")
    assert [card.when for card in answer.context["cards"]] == ["오늘 밤 00:30 · 25분 뒤"]


@pytest.mark.parametrize("sort", ["", "&sort=new"])
def test_pages_follow_one_another_without_gaps(
    street: list[Post], client: Client, monkeypatch: Any, sort: str
) -> None:
    monkeypatch.setattr(listing, "PAGE", 3)
    first = client.get(f"/?category=chicken&category=chinese&category=pizza{sort}")
    assert len(titles(first)) == 3
    link = text(first).split('class="more"')[1].split('href="')[1].split('"')[0].replace("&amp;", "&")
    assert parse_qs(urlsplit(link).query)["category"] == ["chicken", "pizza", "chinese"]
    second = client.get("/" + link)
    assert sorted([*titles(first), *titles(second)]) == sorted(post.shop for post in street)
    fragment = client.get("/" + link, headers=HX)
    assert titles(fragment) == titles(second)
    assert "<html" not in text(fragment)
    assert 'id="results"' not in text(fragment)


def test_htmx_gets_the_results_and_going_back_the_page(street: list[Post], client: Client) -> None:
    fragment = client.get("/?q=교촌", headers=HX)
    assert text(fragment).count('id="results"') == 1
    assert "<html" not in text(fragment)
    whole = client.get("/?q=교촌", headers=HX | {"HX-History-Restore-Request": "true"})
    assert "<html" in text(whole)
    assert "no-store" in whole["Cache-Control"]


def test_an_empty_list_says_what_to_do_next(client: Client, db: None) -> None:
    assert "먼저 시작해 보세요" in text(client.get("/"))
    assert "모두 보기" in text(client.get("/?q=치킨"))


def test_chips_change_one_thing_and_keep_the_rest(street: list[Post], client: Client) -> None:
    answer = client.get("/?q=교촌&category=chicken&sort=new")
    chips = {name: address for name, _, address in answer.context["toggles"]}
    kept = parse_qs(urlsplit(chips["자리 있음"]).query)
    assert kept == {"q": ["교촌"], "category": ["chicken"], "sort": ["new"], "free": ["1"]}
    chicken = next(chip for chip in answer.context["categories"] if chip[0] == "chicken")
    assert chicken[2]
    assert "category" not in parse_qs(urlsplit(chicken[3]).query)


def test_what_is_typed_stands_escaped(client: Client, db: None) -> None:
    page = client.get("/", {"q": '"><script>alert(1)</script>', "area": "<b>"}).content.decode()
    assert "<script>alert" not in page
    assert "<b>" not in page


def test_areas_are_where_most_people_meet(street: list[Post], client: Client) -> None:
    Post.objects.filter(pk__in=[street[2].pk, street[3].pk]).update(place="도서관 앞")
    names = [name for name, *_ in client.get("/").context["areas"]]
    assert names == ["도서관 앞", "0동 정문", "1동 정문"]


def test_who_blocks_whom_sees_not_the_others_post(street: list[Post]) -> None:
    me, host = User.objects.create_user("짱구"), street[0].host
    assert host is not None
    accounts.block(user=host, blocked=me)
    client = signed_in(me)
    assert "교촌치킨" not in titles(client.get("/"))
    answer = client.get("/posts/changed/", {"id": street[0].public_id})
    assert street[0].public_id not in answer.content.decode()


def test_cards_in_sight_are_told_anew_and_new_posts_counted(table: Table, client: Client) -> None:
    since = timezone.now().isoformat()
    seats.join(user=table.outsider, post=table.post)
    dish(table.host, table.post, unit_won=15_000)
    make_post(User.objects.create_user("원장"), title="새 모집")
    other = make_post(User.objects.create_user("치타"), title="새 피자", category="pizza")
    answer = client.get("/posts/changed/", {"id": [table.post.public_id], "since": since})
    page = text(answer)
    assert f'id="live-{table.post.public_id}" data-mood="full" hx-swap-oob="outerHTML"' in page
    assert "4/4명" in page
    assert "최소주문을 채웠어요" in page
    assert other.public_id not in page
    assert "새 모집 2개" in page
    filtered = client.get("/posts/changed/", {"since": since, "category": "pizza"})
    assert "새 모집 1개" in text(filtered)
    states.cancel(by=table.host, post=table.post)
    gone = client.get("/posts/changed/", {"id": [table.post.public_id], "since": "nonsense"})
    assert "취소" in text(gone)
    assert "새 모집" not in text(gone)


def test_the_list_and_its_changes_are_few_queries(
    street: list[Post], client: Client, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(2):  # posts, places
        client.get("/")
    ids = [post.public_id for post in street]
    with django_assert_num_queries(2):  # posts, the number of new ones
        client.get("/posts/changed/", {"id": ids, "since": timezone.now().isoformat()})
    host = signed_in(street[0].room.created_by)
    with django_assert_num_queries(6):  # session, person, the bell and which are theirs
        host.get("/")


def test_a_card_says_that_it_is_mine_or_that_i_am_in(table: Table) -> None:
    for user, said in ((table.host, "내 모집"), (table.member, "참여 중"), (table.outsider, "")):
        (card,) = signed_in(user).get("/").context["cards"]
        assert card.mine == said
