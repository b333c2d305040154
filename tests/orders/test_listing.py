"""Which posts one sees, and how one looks for them."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from accounts.models import User
from orders import seats, states
from orders.models import Cursor, Post
from tests.orders.table import fresh, make_post, make_table, people


@pytest.fixture
def street(db: None) -> list[Post]:
    """Five posts of five hosts, meeting one hour after the other."""
    shops = ["교촌치킨", "BBQ 100%", "홍콩반점", "파파존스", "교촌_오리지널"]
    start = timezone.now() + timedelta(hours=2)
    return [
        make_post(
            host, shop=shop, title=f"{host} 모집", meeting_at=start + timedelta(hours=n), place=f"{n}동 정문"
        )
        for n, (host, shop) in enumerate(zip(people(5), shops, strict=True))
    ]


def shops(posts: Any) -> list[str]:
    return [post.shop for post in posts]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("촌치", ["교촌치킨"]),
        ("교촌", ["교촌치킨", "교촌_오리지널"]),
        ("bbq", ["BBQ 100%"]),
        ("100%", ["BBQ 100%"]),
        ("%", ["BBQ 100%"]),
        ("_", ["교촌_오리지널"]),
        ("교촌 오리", ["교촌_오리지널"]),
        ("훈이", ["BBQ 100%"]),
        ("3동", ["파파존스"]),
        ("없는 가게", []),
        ("", ["교촌치킨", "BBQ 100%", "홍콩반점", "파파존스", "교촌_오리지널"]),
        ("교촌\x00", ["교촌치킨", "교촌_오리지널"]),
        ("가" * 5_000, []),
    ],
)
def test_search_finds_korean_parts_of_words(street: list[Post], typed: str, found: list[str]) -> None:
    assert shops(Post.objects.search(typed).soonest()) == found


def test_filters(street: list[Post]) -> None:
    now = timezone.now()
    assert shops(Post.objects.near("2동")) == ["홍콩반점"]
    between = Post.objects.meeting_between(
        now + timedelta(hours=2, minutes=30), now + timedelta(hours=4, minutes=30)
    )
    assert shops(between.soonest()) == ["BBQ 100%", "홍콩반점"]
    assert Post.objects.meeting_between(None, None).count() == 5
    assert Post.objects.filter(category="pizza").count() == 0


def test_free_seats_are_those_that_nobody_waits_for(street: list[Post]) -> None:
    table = make_table(capacity=3)
    now = timezone.now()
    assert Post.objects.joinable(now).count() == 5
    seats.wait(user=table.outsider, post=table.post)
    Post.objects.filter(pk=table.post.pk).update(capacity=4)  # a seat, and somebody who waits for it
    assert table.post not in Post.objects.joinable(now)
    seats.unwait(user=table.outsider, post=table.post)
    assert table.post in Post.objects.joinable(now)
    assert table.post not in Post.objects.joinable(now + timedelta(hours=3))
    (waiting,) = Post.objects.with_waiting().filter(pk=table.post.pk)
    assert waiting.waiting == 0


def test_what_is_over_is_not_listed(street: list[Post]) -> None:
    host = fresh(street[0]).host
    assert host is not None
    states.cancel(by=host, post=street[0])
    assert street[0] not in Post.objects.listed()


@pytest.mark.parametrize(("order", "field"), [("soonest", "meeting_at"), ("newest", "created_at")])
def test_paging_by_key_gives_each_post_once(street: list[Post], order: str, field: str) -> None:
    Post.objects.update(created_at=timezone.now())  # all at one moment: the key decides
    seen: list[int] = []
    after = None
    while page := list(getattr(Post.objects, order)(after)[:2]):
        seen += [post.pk for post in page]
        after = Cursor(getattr(page[-1], field), page[-1].pk)
    assert sorted(seen) == sorted(post.pk for post in street)
    assert len(set(seen)) == 5


def test_who_is_signed_out_sees_the_list(street: list[Post]) -> None:
    assert Post.objects.visible_to(None).count() == 5
    assert Post.objects.visible_to(AnonymousUser()).count() == 5


def test_a_page_of_the_list_is_few_queries(street: list[Post], django_assert_num_queries: Any) -> None:
    me = User.objects.create_user("짱구")
    with django_assert_num_queries(1):
        found = (
            Post.objects.visible_to(me).listed().search("교촌").with_waiting().select_related("room", "host")
        )
        assert [(p.title, p.host, p.waiting) for p in found.soonest()[:20]]
