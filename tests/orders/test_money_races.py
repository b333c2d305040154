"""Two who speak about the same money at one moment: the database decides, and the sums add up."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from orders import clock, payments, refunding, seats, shares
from orders.billing import FeeIn, edit_bill, set_actual
from orders.models import Due, Notification, Payment, ShareVersion
from tests.orders.settling import bring_to_shares, due, issue, pay
from tests.orders.table import Table, entries, fresh, make_table
from tests.orders.test_seat_races import at_once

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 3  # each race is run so often: threads do not meet at the same point each time


@pytest.fixture
def settled() -> Callable[[], Table]:
    """Tables whose shares are issued; each call another."""

    def make() -> Table:
        for user in User.objects.exclude(username=None):  # their names are free for the next table
            user.nickname = user.username = f"u{user.pk}"
            user.save()
        table = make_table()
        bring_to_shares(table)
        return table

    return make


def codes(answers: list[Any]) -> Counter[str]:
    return Counter(answer if isinstance(answer, str) else type(answer).__name__ for answer in answers)


def check_sums(table: Table) -> None:
    """Each balance is what the ledger and the last version say."""
    for owed in Due.objects.filter(post=table.post):
        words = Payment.objects.filter(post=table.post, user=owed.user)
        sums = {op: sum(p.won for p in words if p.op == op) for op in Payment.Op.values}
        share = ShareVersion.objects.get(post=table.post, share_v=fresh(table.post).share_v).shares.get(
            user=owed.user
        )
        assert owed.balance == share.amount - sums["confirm"] - sums["waive"] + sums["refund_got"]
        assert (owed.confirmed_won, owed.waived_won) == (sums["confirm"], sums["waive"])
    assert len(entries(table.post, "order.payment")) == Payment.objects.filter(post=table.post).count()


def test_a_claim_confirmed_five_times_at_once_counts_once(settled: Callable[[], Table]) -> None:
    for _ in range(ROUNDS):
        table = settled()
        claim = pay(table.post, table.member)
        answers = at_once(
            *[lambda t=table, c=claim: payments.confirm(by=t.host, post=t.post, claim=c.pk)] * 5
        )
        assert len({answer.pk for answer in answers}) == 1
        assert due(table.post, table.member).confirmed_won == 10_000
        check_sums(table)


def test_of_a_confirmation_a_rejection_and_a_waiver_at_once_one_stands(settled: Callable[[], Table]) -> None:
    for _ in range(ROUNDS):
        table = settled()
        claim = pay(table.post, table.member)
        answers = at_once(
            lambda t=table, c=claim: payments.confirm(by=t.host, post=t.post, claim=c.pk),
            lambda t=table, c=claim: payments.reject(by=t.host, post=t.post, claim=c.pk, reason="없어요"),
            lambda t=table: payments.waive(by=t.host, post=t.post, user=t.member),
        )
        assert codes(answers)["CLAIM_ANSWERED"] >= 1
        assert due(table.post, table.member).balance in (0, 10_000)
        assert Payment.objects.filter(answers=claim).count() <= 1
        check_sums(table)


def test_a_claim_and_a_new_issue_at_once_agree(settled: Callable[[], Table]) -> None:
    for _ in range(ROUNDS):
        table = settled()
        item = table.post.items.get(owner=table.member)
        set_actual(by=table.host, post=table.post, item=item.pk, unit_won=8_000, qty=1)
        cart_v = fresh(table.post).cart_v
        claimed, version = at_once(
            lambda t=table: payments.claim(user=t.member, post=t.post, share_v=1, won=10_000, way="toss"),
            lambda t=table, v=cart_v: shares.issue_shares(by=t.host, post=t.post, share_v=1, cart_v=v),
        )
        assert version.share_v == 2
        if claimed == "STALE":
            assert due(table.post, table.member).claim is None
        else:
            assert (claimed.share_v, due(table.post, table.member).claim) == (1, claimed)
        assert due(table.post, table.member).balance == 9_000
        check_sums(table)


def test_two_issues_at_once_are_one_version_and_the_other_is_stale_or_the_same(
    settled: Callable[[], Table],
) -> None:
    for _ in range(ROUNDS):
        table = settled()
        edit_bill(by=table.host, post=table.post, fees=[FeeIn(6_000)])
        cart_v = fresh(table.post).cart_v
        answers = at_once(
            *[lambda t=table, v=cart_v: shares.issue_shares(by=t.host, post=t.post, share_v=1, cart_v=v)] * 3,
            lambda t=table: edit_bill(by=t.host, post=t.post, fees=[FeeIn(9_000)]),
        )
        versions = list(ShareVersion.objects.filter(post=table.post).values_list("share_v", flat=True))
        assert versions == list(range(1, len(versions) + 1))
        assert set(codes(answers)) <= {"ShareVersion", "STALE", "NoneType"}
        check_sums(table)


def test_the_last_two_payments_confirmed_at_once_end_the_order_once(settled: Callable[[], Table]) -> None:
    for _ in range(ROUNDS):
        table = settled()
        claims = [pay(table.post, user) for user in (table.member, table.guest)]
        at_once(*[lambda t=table, c=c: payments.confirm(by=t.host, post=t.post, claim=c.pk) for c in claims])
        assert fresh(table.post).state == "DONE"
        assert [e["to"] for e in entries(table.post, "order.state")].count("DONE") == 1
        check_sums(table)


def test_claims_of_everybody_and_a_refund_agreed_at_once_owe_back_only_what_came(
    settled: Callable[[], Table],
) -> None:
    for _ in range(ROUNDS):
        table = settled()
        claim = pay(table.post, table.member)
        refunding.propose_refund(by=table.host, post=table.post)
        at_once(
            lambda t=table, c=claim: payments.confirm(by=t.host, post=t.post, claim=c.pk),
            lambda t=table: refunding.agree_refund(user=t.guest, post=t.post),
            lambda t=table: payments.claim(user=t.guest, post=t.post, share_v=1, won=10_000, way="cash"),
        )
        assert fresh(table.post).state == "CANCELED"
        assert due(table.post, table.member).balance == -10_000, "whichever came first"
        check_sums(table)


def test_who_settles_while_leaving_never_leaves_owing(settled: Callable[[], Table]) -> None:
    for _ in range(ROUNDS):
        table = settled()
        claim = pay(table.post, table.member)
        _, left = at_once(
            lambda t=table, c=claim: payments.confirm(by=t.host, post=t.post, claim=c.pk),
            lambda t=table: seats.leave(user=t.member, post=t.post),
        )
        gone = not table.post.seats.active().filter(user=table.member).exists()
        assert gone == (left != "OWES")
        assert due(table.post, table.member).balance == 0


def test_two_clocks_remind_once_and_end_once(settled: Callable[[], Table]) -> None:
    table = settled()
    at = timezone.localtime(fresh(table.post).shares_issued_at).replace(hour=12) + timedelta(days=2)
    at_once(*[lambda: clock.run_due(at)] * 4)
    assert Counter(Notification.objects.filter(code="pay").values_list("user", flat=True)) == {
        table.member.pk: 1,
        table.guest.pk: 1,
    }
    later = at + timedelta(days=20)
    at_once(*[lambda: clock.run_due(later)] * 4)
    ends = [e["reason"] for e in entries(table.post, "order.state") if e["to"] == "DONE"]
    assert ends == ["unsettled"]


def test_the_database_itself_takes_one_answer_to_a_claim(settled: Callable[[], Table]) -> None:
    table = settled()
    claim = pay(table.post, table.member)
    row = {
        "post": table.post, "user": table.member, "won": 1, "by": table.host, "share_v": 1, "balance": 0,
        "answers": claim,
    }  # fmt: skip
    Payment.objects.create(op="confirm", **row)
    with pytest.raises(IntegrityError), transaction.atomic():
        Payment.objects.create(op="reject", reason="x", **row)
    assert issue(table.post).share_v == 1
