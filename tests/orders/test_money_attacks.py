"""What somebody who means harm, or taps twice in two windows, cannot do to money."""

from typing import Any
from uuid import uuid4

import pytest

from accounts.actions import delete_account, merge_guest
from accounts.models import User
from orders import board, payments, seats
from orders.billing import preview
from orders.models import Depositor, Item, Seat
from tests.orders.room_browser import HTMX, browser, path, tap
from tests.orders.settling import bring_to_shares, due, paid, pay
from tests.orders.table import Table, bring_to, fresh, make_post


@pytest.fixture(autouse=True)
def plain(settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = False


def test_who_claims_without_end_does_not_keep_the_host_from_answering(table: Table, monkeypatch: Any) -> None:
    post = bring_to_shares(table)
    monkeypatch.setattr("orders.bounds.LEDGER_MAX", 2)
    pay(post, table.member, 1)
    last = pay(post, table.member, 10_000)
    payments.confirm(by=table.host, post=post, claim=last.pk)
    assert due(post, table.member).balance == 0


def test_one_key_in_the_forms_of_two_people_is_two_refunds(table: Table) -> None:
    post = bring_to_shares(table)
    for user in (table.member, table.guest):
        paid(post, user, 12_000)
    key = uuid4()
    sent = [
        payments.refund_sent(by=table.host, post=post, user=user, way="cash", request_key=key)
        for user in (table.member, table.guest, table.guest)
    ]
    assert [each.user for each in sent] == [table.member, table.guest, table.guest]
    assert sent[1] == sent[2]


def second(table: Table) -> Table:
    """Another order with the same member."""
    host, guest, member = table.outsider, User.objects.create_user("유리"), table.member
    post = make_post(host)
    for user in (member, guest):
        seats.join(user=user, post=post)
    return Table(fresh(post), host, member, guest, table.host, "")


def test_one_key_in_two_orders_is_two_claims(table: Table) -> None:
    key = uuid4()
    posts = [bring_to_shares(table), bring_to_shares(second(table))]
    claims = [pay(post, table.member, request_key=key) for post in posts]
    assert [each.post for each in claims] == posts


HUGE = "9" * 25


@pytest.mark.parametrize(
    ("method", "at", "data"),
    [
        ("get", f"R/pay/{HUGE}/", {}),
        ("post", f"R/pay/{HUGE}/confirm/", {}),
        ("post", f"R/polls/{HUGE}/vote/", {}),
        ("post", f"R/polls/{HUGE}/close/", {}),
        ("get", f"R/f/card/poll/{HUGE}/", {}),
        ("get", f"R/f/card/shares/{HUGE}/", {}),
        ("post", f"R/order/items/{HUGE}/remove/", {}),
        ("get", f"/me/notifications/{HUGE}/", {}),
        ("post", f"/me/tokens/{HUGE}/revoke/", {}),
        ("get", "/rooms/%00/", {}),
        ("get", "/chat/room/%00", {}),
        ("get", "/me/blocks/%00/", {}),
        ("post", f"/rooms/ROOM/entries/{HUGE}/delete/", {}),
        ("post", "/me/notifications/read/", {"post": "a\x00"}),
        ("post", "/chat/room", {"name": "a\x00"}),
        ("post", "/chat/room", '{"name": "a\\ud800"}'),
        ("post", "/chat/room", '{"name": "a\\u0000"}'),
        ("post", "R/pay/issue/", {"do": "save", "receipt": "9" * 15}),
        ("post", "R/pay/issue/", {"do": "save", "fee_label": "x", "fee_won": "9" * 15, "fee_kind": "EQUAL"}),
        ("post", "R/pay/issue/", {"do": "save", "fee_label": "x", "fee_won": "5", "fee_kind": "x\x00"}),
        (
            "post",
            "R/pay/issue/",
            {
                "do": "save",
                "discount_label": "x",
                "discount_won": "5",
                "discount_kind": "PERSONAL:" + "9" * 12,
            },
        ),
        (
            "post",
            "R/pay/issue/",
            {"do": "save", "discount_label": "x", "discount_won": "5", "discount_kind": "\x00"},
        ),
        ("post", "R/pay/M/refund/", {"won": "9" * 12, "way": "toss"}),
        ("post", "R/pay/M/reject/", {"claim": "9" * 12, "reason": "a\x00"}),
        ("post", "R/pay/account/", {"bank": "090", "number": "3333012345678", "holder": "a\x00"}),
        ("post", "R/pay/M/waive/", {"from": "card-" + "9" * 12, "HX": "1"}),
        ("post", "R/do/cancel/", {"note": "\x00", "post_v": "1"}),
        ("post", "R/polls/", {"field": "", "question": "q", "option": ["a\x00", "b"]}),
        ("post", "R/polls/", {"field": "MEETING_AT", "option": ["25:99", "b"], "day": "2026-99-99"}),
        ("post", "R/polls/", {"field": "\x00", "option": ["a", "b"]}),
        ("get", "R/polls/?about=%00", {}),
        ("get", "R/pay/issue/?unit=" + "9" * 40, {}),
        ("get", "/me/notifications/?before=" + "9" * 40, {}),
        ("get", "R/?before=" + "9" * 40, {}),
    ],
)
def test_nonsense_is_no_error_of_ours(table: Table, method: str, at: str, data: Any) -> None:
    post = bring_to_shares(table)
    client = browser(table.host)
    where = at.replace("/M/", f"/{table.member.pk}/").replace("ROOM", post.public_id)
    where = path(post, where[2:]) if where.startswith("R/") else where
    more: dict[str, Any] = {"content_type": "application/json"} if isinstance(data, str) else {}
    assert getattr(client, method)(where, data, **more).status_code < 500


@pytest.mark.parametrize("state", ["LOCKED", "ORDERED"])
def test_who_sat_out_eats_what_their_guest_ordered(table: Table, state: str) -> None:
    post = bring_to(table, state)
    Seat.objects.filter(post=post, user=table.member).update(sits_out=True)
    Item.objects.filter(post=post, owner=table.member).delete()
    merge_guest(guest=table.guest, into=table.member)
    line = preview(fresh(post)).split.of(table.member.pk)
    assert line
    assert line.food == 9_000


def test_the_host_answers_both_claims_of_who_was_there_twice(table: Table) -> None:
    post = bring_to_shares(table)
    pay(post, table.member, depositor="철수")
    pay(post, table.guest, depositor="손님")
    merge_guest(guest=table.guest, into=table.member)
    waiting = due(post, table.member).claim
    assert waiting
    assert (waiting.won, board.depositor_of(waiting, table.host)) == (20_000, "철수, 손님")
    payments.confirm(by=table.host, post=post, claim=waiting.pk)
    assert due(post, table.member).balance == 0
    assert fresh(post).state == "DONE"


@pytest.mark.parametrize("place", ["board", "card-1"])
@pytest.mark.parametrize("more", [{}, HTMX], ids=["page", "fragment"])
def test_who_has_left_does_not_get_the_board_by_a_deed(table: Table, place: str, more: Any) -> None:
    post = bring_to_shares(table)
    pay(post, table.guest)
    paid(post, table.member)
    seats.leave(user=table.member, post=post)
    form = {"from": place, "share_v": "1", "won": "1", "way": "toss"}
    answer = tap(table.member, post, f"pay/{table.member.pk}/claim/", form, **more)
    assert answer.status_code == 409
    assert f"owe-{table.guest.pk}" not in answer.content.decode()
    assert "data-card-form" not in answer.content.decode()
    assert answer["X-Fragment"] == "pay"


def test_names_on_transfers_go_with_the_host_s_account(table: Table) -> None:
    post = bring_to_shares(table)
    for user in (table.member, table.guest):
        payments.confirm(by=table.host, post=post, claim=pay(post, user, depositor="김철수").pk)
    assert Depositor.objects.count() == 2
    delete_account(user=table.host)
    assert not Depositor.objects.exists()
