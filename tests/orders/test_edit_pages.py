"""Changing a post, and making it again, by the form."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from orders import posts, states
from orders.models import Post, State
from orders.views import posting
from tests.orders.pages import path, text
from tests.orders.table import Table, bring_to, dish, entries, fresh, make_post, seoul
from tests.orders.test_form_pages import NOON, typed
from tests.rooms.cast import signed_in


@pytest.fixture
def noon(monkeypatch: Any) -> None:
    """It is noon in Seoul."""
    monkeypatch.setattr(posting.timezone, "now", lambda: seoul(NOON))


def edited(post: Post, **more: Any) -> dict[str, Any]:
    """The form about a post as its page has it, with something typed over."""
    page = signed_in(post.host).get(path(post, "edit"))
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
