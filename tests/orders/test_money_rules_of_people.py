"""PRODUCT.md, "Rules that other services get wrong": guests who owe, and account deletion. See test_money_rules.py."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.actions import delete_account, merge_guest, reactivate
from accounts.errors import AccountError
from accounts.models import User
from chat.models import Entry
from orders import board, clock, payments, seats, states
from orders.billing import FeeIn, edit_bill
from rooms.models import Membership
from tests.orders.room_browser import browser
from tests.orders.settling import balances, bring_to_shares, due, issue, paid, pay, rows
from tests.orders.table import Table, bring_to, fresh, make_post


def test_guests_keep_what_they_owe_when_they_become_an_account(table: Table) -> None:
    post = bring_to_shares(table)
    claim = pay(post, table.guest)
    merge_guest(guest=table.guest, into=table.outsider)
    assert (due(post, table.outsider).balance, due(post, table.outsider).claim) == (10_000, claim)
    assert board.working(fresh(post), table.outsider)[0].amount == 10_000
    payments.confirm(by=table.host, post=post, claim=claim.pk)
    edit_bill(by=table.host, post=post, fees=[FeeIn(6_000)])
    version = issue(post)
    assert (due(post, table.outsider).balance, version.shares.count()) == (1_000, 3)


def test_guests_who_were_there_twice_owe_once_for_both(table: Table) -> None:
    post = bring_to_shares(table)
    paid(post, table.guest, 4_000)
    merge_guest(guest=table.guest, into=table.member)
    assert balances(post) == {table.member.pk: 16_000}
    assert [each.amount for each in board.working(fresh(post), table.member)] == [10_000, 10_000]
    version = issue(post)
    assert rows(version)[table.member.pk] == (19_500, 19_500), "one person, one part of the fee"
    assert due(post, table.member).balance == 15_500


def test_guests_who_turn_out_to_be_the_host_owe_nobody(table: Table) -> None:
    post = bring_to_shares(table)
    merge_guest(guest=table.guest, into=table.host)
    assert balances(post) == {table.member.pk: 10_000}
    assert issue(post).shares.get(user=table.host).won == 19_500


def test_account_deletion(table: Table) -> None:
    post = bring_to_shares(table)
    for user, code in ((table.member, "OPEN_BALANCE"), (table.host, "HOSTING")):
        with pytest.raises(AccountError) as info:
            delete_account(user=user)
        assert (info.value.code, bool(info.value.detail)) == (code, True)
    paid(post, table.member)
    clock.run_due(timezone.now() + timedelta(days=15))
    with pytest.raises(AccountError) as info:
        delete_account(user=table.host)
    assert info.value.code == "OPEN_BALANCE", "others owe the host"
    said = Entry.objects.filter(room_id=post.pk).count()
    delete_account(user=table.member)
    delete_account(user=table.member)
    gone = User.objects.get(pk=table.member.pk)
    assert (gone.nickname, gone.email, gone.is_active, gone.has_usable_password()) == (
        "떠난 사람",
        "",
        False,
        False,
    )
    assert due(post, gone).confirmed_won == 10_000, "sums stay"
    assert Entry.objects.filter(room_id=post.pk).count() == said + 1, "entries stay, and that they left"
    with pytest.raises(AccountError):
        reactivate(user=gone)
    User.objects.create_user("철수")


def test_account_deletion_leaves_every_room_or_is_told_what_keeps_them(table: Table) -> None:
    other = make_post(table.outsider)
    seats.join(user=table.member, post=other)
    post = bring_to(table, "LOCKED")
    with pytest.raises(AccountError) as info:
        delete_account(user=table.member)
    assert info.value.code == "HELD"
    assert User.objects.get(pk=table.member.pk).deleted_at is None
    states.unlock(by=table.host, post=post)
    delete_account(user=table.member)
    assert not Membership.objects.active().filter(user=table.member).exists()


def test_account_deletion_by_form(table: Table, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = False
    post, client = bring_to_shares(table), browser(table.member)

    def sent(nickname: str) -> Any:
        return client.post("/me/delete/", {"nickname": nickname}, HTTP_ACCEPT_LANGUAGE="ko")

    assert "떠난 사람" in client.get("/me/delete/").content.decode()
    assert (sent("짱구").status_code, sent("").status_code) == (400, 400)
    refused = sent("철수")
    assert (refused.status_code, "정산을 마치면" in refused.content.decode()) == (409, True)
    paid(post, table.member)
    assert sent(" 철수").status_code == 302
    assert "_auth_user_id" not in client.session
    assert User.objects.get(pk=table.member.pk).nickname == "떠난 사람"
