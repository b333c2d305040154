"""ORDERED, ARRIVED → CANCELED(refunded): proposed by the host or an operator, agreed by a member within 24 hours."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from orders import payments, refunding
from orders.models import Notification
from tests.orders.room_browser import page, tap
from tests.orders.settling import balances, bring_to_shares, due, paid, pay
from tests.orders.table import Table, bring_to, entries, fresh, refused

DAY = timedelta(hours=24)


@pytest.fixture(autouse=True)
def plain(settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = False


def test_all_shares_are_0_and_what_was_confirmed_is_owed_back(table: Table) -> None:
    post = bring_to_shares(table)
    paid(post, table.member)
    claim = pay(post, table.guest)
    refunding.propose_refund(by=table.host, post=post)
    assert refunding.agree_refund(user=table.guest, post=post).state == "CANCELED"
    shares, state = entries(post, "order.shares", "order.state")[-2:]
    assert (shares["share_v"], shares["total"], shares["cause"]) == (2, 0, "refunded")
    assert {(row["won"], row["delta"]) for row in shares["rows"]} == {(0, -10_000)}
    assert (state["to"], state["reason"], state["sender"]) == ("CANCELED", "refunded", table.guest.pk)
    assert balances(post) == {table.member.pk: -10_000, table.guest.pk: 0}
    payments.reject(by=table.host, post=post, claim=claim.pk, reason="취소했어요")
    sent = payments.refund_sent(by=table.host, post=post, user=table.member, way="transfer")
    payments.refund_got(user=table.member, post=post, refund=sent.pk)
    assert set(balances(post).values()) == {0}
    assert list(Notification.objects.filter(code="refund_due").values_list("user", flat=True)) == [
        table.host.pk
    ]


def test_a_waiver_is_nothing_to_give_back(table: Table) -> None:
    post = bring_to_shares(table)
    payments.waive(by=table.host, post=post, user=table.member)
    refunding.propose_refund(by=table.host, post=post)
    refunding.agree_refund(user=table.guest, post=post)
    assert (due(post, table.member).balance, due(post, table.member).waived_won) == (0, 0)


def test_an_order_whose_shares_were_never_issued_is_canceled_too(table: Table) -> None:
    post = bring_to(table, "ORDERED")
    refunding.propose_refund(by=table.host, post=post)
    refunding.agree_refund(user=table.member, post=post)
    assert fresh(post).state == "CANCELED"
    assert set(balances(post).values()) == {0}


def test_who_may_agree(table: Table) -> None:
    post = bring_to_shares(table)
    with refused("NO_PROPOSAL", post):
        refunding.agree_refund(user=table.member, post=post)
    with refused("NOT_HOST", post):
        refunding.propose_refund(by=table.member, post=post)
    refunding.propose_refund(by=table.host, post=post)
    for user in (table.host, table.outsider):
        with refused("NOT_MEMBER", post):
            refunding.agree_refund(user=user, post=post)
    told = Notification.objects.filter(code="refund_asked").values_list("user", flat=True)
    assert set(told) == {table.member.pk, table.guest.pk}


def test_an_operator_proposes_and_does_not_agree_with_themselves(table: Table) -> None:
    post = bring_to_shares(table)
    table.member.is_staff = table.member.is_superuser = True
    table.member.save()
    refunding.propose_refund(by=table.member, post=post)
    with refused("NOT_MEMBER", post):
        refunding.agree_refund(user=table.member, post=post)
    refunding.agree_refund(user=table.guest, post=post)
    assert refunding.agree_refund(user=table.guest, post=post).cancel_reason == "refunded", "a double tap"


def test_a_proposal_lapses_after_a_day_and_can_be_made_again(table: Table) -> None:
    post, now = bring_to_shares(table), timezone.now()
    refunding.propose_refund(by=table.host, post=post, now=now)
    refunding.propose_refund(by=table.host, post=post, now=now + timedelta(hours=1))
    assert len(entries(post, "order.notice")) == 1, "it stands already"
    with refused("REFUND_LAPSED", post):
        refunding.agree_refund(user=table.member, post=post, now=now + DAY)
    refunding.propose_refund(by=table.host, post=post, now=now + DAY)
    refunding.withdraw_refund(by=table.host, post=post, now=now + DAY)
    with refused("NO_PROPOSAL", post):
        refunding.agree_refund(user=table.member, post=post, now=now + DAY)
    codes = [entry["code"] for entry in entries(post, "order.notice")]
    assert codes == ["refund_proposed", "refund_proposed", "refund_withdrawn"]


@pytest.mark.parametrize("state", ["RECRUITING", "CLOSED", "LOCKED"])
def test_before_it_is_ordered_there_is_nothing_to_give_back(table: Table, state: str) -> None:
    post = table.post if state == "RECRUITING" else bring_to(table, state)
    with refused("WRONG_STATE", post):
        refunding.propose_refund(by=table.host, post=post)


def test_after_the_end_it_is_too_late(table: Table) -> None:
    post = bring_to_shares(table)
    refunding.propose_refund(by=table.host, post=post)
    paid(post, table.member)
    paid(post, table.guest)
    with refused("READ_ONLY", post):
        refunding.agree_refund(user=table.member, post=post)


def test_by_form_the_host_proposes_and_a_member_agrees(table: Table) -> None:
    post = bring_to_shares(table, "ORDERED")
    assert "취소하고 모두 돌려주기" in page(table.host, post, "order/")
    tap(table.host, post, "do/refund/")
    assert "제안 거두기" in page(table.host, post, "order/")
    tap(table.host, post, "do/refund_withdraw/")
    tap(table.host, post, "do/refund/")
    assert "동의하고 취소하기" in page(table.member, post, "order/")
    assert "동의하고 취소하기" not in page(table.host, post, "order/")
    tap(table.member, post, "do/refund_agree/")
    assert fresh(post).cancel_reason == "refunded"
