"""Making a post, making it again and changing it, by the form."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from orders import posts, states
from orders.models import Post, State
from orders.views import posting
from tests.orders.pages import path, text
from tests.orders.table import Table, bring_to, dish, entries, fresh, make_post, seoul
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


def edited(post: Post, **more: Any) -> dict[str, Any]:
    """The form about a post as its page has it, with something typed over."""
    page = signed_in(post.host).get(path(post, "edit"))  # type: ignore[arg-type]
    form = page.context["form"]
    data: dict[str, Any] = {"post_v": str(page.context["post_v"])}
    for name, field in form.fields.items():
        if name == "fees":
            data["fee_from"] = [pair[0] or "" for pair in form.fee_rows]
            data["fee"] = [pair[1] for pair in form.fee_rows]
            continue
        value = form[name].value()
        data[name] = "" if value is None else str(field.prepare_value(value))
        if field.show_hidden_initial:
            data[f"initial-{name}"] = data[name]
    return data | more


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


# --- again and edit -------------------------------------------------------------------------------------------


def test_posting_again_begins_with_the_same_at_the_next_such_time(table: Table) -> None:
    states.cancel(by=table.host, post=table.post)
    client = signed_in(table.host)
    page = text(client.get(path(table.post, "again")))
    clock = timezone.localtime(table.post.meeting_at).strftime("%H:%M")
    for said in ('value="교촌치킨 정문점"', f'value="{clock}"', 'value="15,000"', 'value="4,000"'):
        assert said in page
    assert Post.objects.count() == 1
    assert client.post(path(table.post, "again"), typed(meeting=clock)).status_code == 302
    assert Post.objects.count() == 2
    assert signed_in(table.member).get(path(table.post, "again")).status_code == 404


def test_an_untouched_form_changes_nothing(table: Table) -> None:
    before = len(entries(table.post, "order.post", "room.renamed"))
    answer = signed_in(table.host).post(path(table.post, "edit"), edited(table.post))
    assert answer.url == path(table.post, "room")
    after = fresh(table.post)
    assert (after.meeting_at, after.deadline_at) == (table.post.meeting_at, table.post.deadline_at)
    assert len(entries(table.post, "order.post", "room.renamed")) == before


def test_only_what_was_touched_is_changed(table: Table) -> None:
    form = edited(table.post, place="도서관 앞", title="새 제목", fee_from=["0"], fee=["2,500"])
    assert signed_in(table.host).post(path(table.post, "edit"), form).status_code == 302
    after = fresh(table.post)
    assert (after.place, after.title, after.fee_tiers) == ("도서관 앞", "새 제목", [[0, 2_500]])
    assert set(entries(table.post, "order.post")[-1]["changed"]) == {"place", "fee_tiers"}


def test_a_moved_meeting_takes_the_deadline_along(noon: None, host: User) -> None:
    at = seoul("2030-01-01T18:00")
    deadline = seoul("2030-01-01T17:00")
    post = make_post(host, meeting_at=at, deadline_at=deadline, now=seoul(NOON))
    signed_in(host).post(path(post, "edit"), edited(post, meeting="19:30"))
    after = fresh(post)
    assert (after.meeting_at, after.deadline_at) == (
        at + timedelta(minutes=90),
        deadline + timedelta(minutes=90),
    )


def test_who_was_overtaken_sees_what_changed_and_theirs_still_typed(table: Table) -> None:
    form = edited(table.post, place_note="3층 소파", capacity="5")
    posts.edit_post(
        by=table.host, post=table.post, post_v=None, changes={"place": "도서관 앞", "capacity": 6}
    )
    client = signed_in(table.host)
    answer = client.post(path(table.post, "edit"), form)
    assert answer.status_code == 409
    page = text(answer)
    assert "<del>기숙사 정문</del> → <ins>도서관 앞</ins>" in page
    shown = answer.context["form"]
    assert (shown["place"].value(), shown["place_note"].value(), shown["capacity"].value()) == (
        "도서관 앞",
        "3층 소파",
        "5",
    )
    assert fresh(table.post).place_note == "비밀번호 1234"
    again = {name: shown.data.getlist(name) for name in shown.data} | {
        "post_v": str(answer.context["post_v"])
    }
    assert client.post(path(table.post, "edit"), again).status_code == 302
    after = fresh(table.post)
    assert (after.place, after.place_note, after.capacity) == ("도서관 앞", "3층 소파", 5)


@pytest.mark.parametrize(("choice", "left"), [("yes", 0), ("no", 1)])
def test_another_shop_asks_about_the_cart(table: Table, choice: str, left: int) -> None:
    dish(table.member, table.post)
    client = signed_in(table.host)
    form = edited(table.post, shop="홍콩반점")
    answer = client.post(path(table.post, "edit"), form)
    assert answer.status_code == 409
    assert 'name="empty_cart" value="yes"' in text(answer)
    assert 'value="홍콩반점"' in text(answer)
    assert client.post(path(table.post, "edit"), form | {"empty_cart": choice}).status_code == 302
    assert (fresh(table.post).shop, table.post.items.count()) == ("홍콩반점", left)


def test_a_locked_post_offers_only_the_time_and_the_note(table: Table) -> None:
    post = bring_to(table, "LOCKED")
    client = signed_in(table.host)
    page = client.get(path(post, "edit"))
    assert set(page.context["form"].fields) == {"meeting", "day", "place_note"}
    form = edited(post, place_note="3층 소파") | {"shop": "딴 가게"}
    assert client.post(path(post, "edit"), form).status_code == 302
    assert (fresh(post).place_note, fresh(post).shop) == ("3층 소파", "교촌치킨 정문점")


def test_a_closed_post_has_no_deadline_to_change(table: Table) -> None:
    post = bring_to(table, "CLOSED")
    form = edited(post, place="도서관 앞")
    assert "deadline" not in form
    assert signed_in(table.host).post(path(post, "edit"), form).status_code == 302
    assert (fresh(post).place, fresh(post).state) == ("도서관 앞", State.CLOSED)


def test_a_refused_edit_is_said_at_its_field(table: Table) -> None:
    answer = signed_in(table.host).post(
        path(table.post, "edit"), edited(table.post, capacity="2", min_people="2")
    )
    assert answer.status_code == 409
    assert list(answer.context["form"].errors) == ["capacity"]


def test_only_the_host_edits_and_only_until_the_end(table: Table) -> None:
    for user in (table.member, table.outsider):
        assert signed_in(user).get(path(table.post, "edit")).status_code == 404
    states.cancel(by=table.host, post=table.post)
    assert signed_in(table.host).get(path(table.post, "edit")).status_code == 404


@pytest.mark.parametrize("version", ["", "x", "-3", "9" * 40])
def test_a_broken_version_counts_as_overtaken(table: Table, version: str) -> None:
    answer = signed_in(table.host).post(
        path(table.post, "edit"), edited(table.post, place="도서관 앞") | {"post_v": version}
    )
    assert answer.status_code == 409
    assert fresh(table.post).place == "기숙사 정문"
