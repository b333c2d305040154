"""Making a post by the form."""

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from orders.models import Post
from orders.views import posting
from tests.orders.pages import path, text
from tests.orders.table import Table, make_post, seoul
from tests.rooms.cast import signed_in

NOON = "2030-01-01T12:00"


@pytest.fixture
def noon(monkeypatch: Any) -> None:
    """It is noon in Seoul."""
    monkeypatch.setattr(posting.timezone, "now", lambda: seoul(NOON))


def typed(**more: Any) -> dict[str, Any]:
    """The five fields."""
    return {
        "category": "chicken",
        "shop": "교촌치킨",
        "meeting": "18:30",
        "place": "기숙사 정문",
        "capacity": "4",
        **more,
    }


def test_five_fields_make_a_post(noon: None, host: User) -> None:
    client = signed_in(host)
    answer = client.post(reverse("orders:new"), typed())
    post = Post.objects.get()
    assert answer.url == path(post, "room")
    assert (post.title, post.shop, post.capacity, post.min_people) == (
        "교촌치킨 같이 시켜요",
        "교촌치킨",
        4,
        2,
    )
    assert post.meeting_at == seoul("2030-01-01T18:30")
    assert post.deadline_at == seoul("2030-01-01T17:50")
    assert (post.fee_tiers, post.min_order_won) == ([], 0)


@pytest.mark.parametrize(
    ("given", "meeting", "deadline"),
    [
        ({"meeting": "11:00"}, "2030-01-02T11:00", "2030-01-02T10:20"),
        ({"meeting": "00:30"}, "2030-01-02T00:30", "2030-01-01T23:50"),
        ({"meeting": "12:20"}, "2030-01-01T12:20", "2030-01-01T12:10"),
        ({"deadline": "18:00"}, "2030-01-01T18:30", "2030-01-01T18:00"),
        ({"meeting": "00:10", "deadline": "23:55"}, "2030-01-02T00:10", "2030-01-01T23:55"),
        ({"day": "2030-01-03", "deadline": "19:00"}, "2030-01-03T18:30", "2030-01-02T19:00"),
    ],
)
def test_a_typed_clock_time_is_its_next_occurrence(
    noon: None, host: User, given: dict[str, str], meeting: str, deadline: str
) -> None:
    signed_in(host).post(reverse("orders:new"), typed(**given))
    post = Post.objects.get()
    assert (post.meeting_at, post.deadline_at) == (seoul(meeting), seoul(deadline))


def test_all_that_can_be_settled(noon: None, host: User) -> None:
    form = typed(
        title="반반 나눠요", place_note="비밀번호 1234", min_people="3", capacity="6", min_order_won="15,000원",
        fee_from=["0", "20,000", "", ""], fee=["4,000", "0", "", ""],
    )  # fmt: skip
    signed_in(host).post(reverse("orders:new"), form)
    post = Post.objects.get()
    assert (post.title, post.place_note, post.min_people, post.capacity) == (
        "반반 나눠요",
        "비밀번호 1234",
        3,
        6,
    )
    assert (post.min_order_won, post.fee_tiers) == (15_000, [[0, 4_000], [20_000, 0]])


def test_a_double_tap_makes_one_post(noon: None, host: User) -> None:
    client, key = signed_in(host), str(uuid4())
    answers = [client.post(reverse("orders:new"), typed(request_key=key)).url for _ in range(2)]
    assert len(set(answers)) == Post.objects.count() == 1


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"category": ""}, "category"),
        ({"category": "x"}, "category"),
        ({"shop": " "}, "shop"),
        ({"shop": "가" * 61}, "shop"),
        ({"shop": "가\x00"}, "shop"),
        ({"meeting": "25:00"}, "meeting"),
        ({"meeting": ""}, "meeting"),
        ({"place": "ㅤ"}, "place"),
        ({"capacity": "1"}, "capacity"),
        ({"capacity": "x"}, "capacity"),
        ({"capacity": "9" * 30}, "capacity"),
        ({"capacity": "3", "min_people": "4"}, "capacity"),
        ({"title": "가" * 61}, "title"),
        ({"day": "2030-02-01"}, "day"),
        ({"deadline": "18:30", "meeting": "12:10"}, "deadline"),
        ({"min_order_won": "만원"}, "min_order_won"),
        ({"min_order_won": "1000001"}, "min_order_won"),
        ({"fee_from": ["0", "5000", "5000"], "fee": ["3000", "2000", "0"]}, "fees"),
        ({"fee_from": ["0", ""], "fee": ["3000", "2000"]}, "fees"),
        ({"fee_from": ["0"], "fee": ["60000"]}, "fees"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_the_rest_kept(
    noon: None, host: User, given: dict[str, Any], field: str
) -> None:
    answer = signed_in(host).post(reverse("orders:new"), typed(**{"place_note": "3층 소파", **given}))
    assert 400 <= answer.status_code < 500
    assert list(answer.context["form"].errors) == [field]
    assert 'value="3층 소파"' in text(answer)
    assert not Post.objects.exists()


def test_guests_are_told_the_way_to_an_account(table: Table) -> None:
    client = signed_in(table.guest)
    for answer in (client.get(reverse("orders:new")), client.post(reverse("orders:new"), typed())):
        assert answer.status_code == 403
        assert f"{reverse('accounts:upgrade')}?next={reverse('orders:new')}" in text(answer)
    assert Post.objects.count() == 1


def test_who_is_signed_out_signs_in_first(client: Client, db: None) -> None:
    assert client.get(reverse("orders:new")).url == f"{reverse('account_login')}?next=/posts/new/"


def test_the_form_begins_with_what_most_people_mean(noon: None, host: User) -> None:
    page = text(signed_in(host).get(reverse("orders:new")))
    assert 'value="13:30"' in page
    make_post(host, place="도서관 앞", meeting_at=seoul("2030-01-01T18:00"), now=seoul(NOON))
    page = text(signed_in(host).get(reverse("orders:new")))
    assert 'name="place" value="도서관 앞"' in page


def test_the_preview_is_the_card_however_little_is_filled_in(noon: None, host: User) -> None:
    client = signed_in(host)
    answer = client.post(reverse("orders:preview"), {"shop": "교촌치킨", "meeting": "nonsense"})
    assert answer.status_code == 200
    assert "교촌치킨 같이 시켜요" in text(answer)
    answer = client.post(reverse("orders:preview"), typed(meeting="00:30", min_order_won="15000"))
    assert "오늘 밤 00:30" in text(answer)
    assert "최소주문까지 15,000원" in text(answer)
    assert not Post.objects.exists()


def test_the_preview_leaves_the_page_alone_once_one_is_signed_out(client: Client, db: None) -> None:
    assert client.post(reverse("orders:preview"), typed()).status_code == 204
