"""The people page of a post: who is in, who waits, who hands over, who goes."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from orders import seats
from orders.models import Post
from tests.orders.pages import inside, path, text
from tests.orders.table import Table, bring_to, dish, fresh, people
from tests.rooms.cast import signed_in


def test_only_people_inside_see_the_people_page(table: Table, client: Client) -> None:
    where = path(table.post, "room", "members")
    assert client.get(where).status_code == 302
    assert signed_in(table.outsider).get(where).status_code == 404
    assert signed_in(table.outsider).post(where + "accept/").status_code == 404
    assert signed_in(table.guest).get(where).status_code == 200
    assert signed_in(table.member).get(f"/rooms/{table.post.public_id}/members/").url == where


def act(by: User, post: Post, deed: str, /, **data: Any) -> Any:
    return signed_in(by).post(path(post, "room", "members", deed), data)


def test_a_host_removes_invites_and_ends_a_link(table: Table) -> None:
    where = path(table.post, "room", "members")
    assert act(table.host, table.post, "remove", user=table.member.pk).url == where
    assert inside(table.post) == {"짱구", "손님"}
    act(table.host, table.post, "revoke", code=table.code)
    assert not table.post.room.invitations.usable().exists()
    act(table.host, table.post, "invite")
    link = table.post.room.invitations.usable().get()
    page = text(signed_in(table.host).get(where))
    assert link.get_absolute_url() in page
    assert f"/i/{link.code}/qr.svg" in page
    assert link.code not in text(signed_in(table.guest).get(where))


def test_a_member_cannot_do_what_the_host_does(table: Table) -> None:
    for deed, data in {
        "remove": {"user": table.guest.pk},
        "offer": {"user": table.guest.pk},
        "invite": {},
        "answer": {"user": table.guest.pk, "yes": "1"},
    }.items():
        answer = act(table.member, table.post, deed, **data)
        assert (deed, answer.status_code) == (deed, 403)
        assert 'role="alert"' in text(answer)
    assert inside(table.post) == {"짱구", "철수", "손님"}


@pytest.mark.parametrize("answer", ["accept", "decline", "withdraw"])
def test_handing_over_is_offered_and_answered(table: Table, answer: str) -> None:
    act(table.host, table.post, "offer", user=table.member.pk)
    where = path(table.post, "room", "members")
    assert 'id="offer"' in text(signed_in(table.member).get(where))
    assert 'id="offer"' not in text(signed_in(table.guest).get(where))
    act(table.host if answer == "withdraw" else table.member, table.post, answer)
    assert fresh(table.post).host == (table.member if answer == "accept" else table.host)
    assert 'id="offer"' not in text(signed_in(table.member).get(where))


def test_the_line_is_shown_in_order(table: Table) -> None:
    last, one, two = people(3)
    seats.join(user=last, post=table.post)
    for user in (one, two):
        seats.wait(user=user, post=table.post)
    page = text(signed_in(table.host).get(path(table.post, "room", "members")))
    line = page.split('id="waiting"')[1].split("</ol>")[0]
    assert line.index("훈이") < line.index("수지")


def test_who_asks_to_leave_a_locked_order_is_answered(table: Table) -> None:
    bring_to(table, "LOCKED")
    where = path(table.post, "room", "members")
    assert signed_in(table.member).post(path(table.post, "leave")).status_code == 409
    act(table.member, table.post, "ask")
    assert "나가고 싶어 해요" in text(signed_in(table.host).get(where))
    act(table.host, table.post, "answer", user=table.member.pk, yes="0")
    assert "철수" in inside(table.post)
    act(table.member, table.post, "ask")
    act(table.host, table.post, "answer", user=table.member.pk, yes="1")
    assert inside(table.post) == {"짱구", "손님"}


@pytest.mark.parametrize("user", ["", "x", "-1", "9" * 30, "1 OR 1"])
def test_nonsense_about_whom_is_not_found(table: Table, user: str) -> None:
    assert act(table.host, table.post, "remove", user=user).status_code == 404
    assert act(table.host, table.post, "nothing").status_code == 404


def test_the_people_page_is_few_queries(table: Table, django_assert_max_num_queries: Any) -> None:
    client = signed_in(table.host)
    dish(table.host, table.post)
    with django_assert_max_num_queries(10):  # one for the bell
        client.get(path(table.post, "room", "members"))
