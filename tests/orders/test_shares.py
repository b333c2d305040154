"""Issuing shares: versions that stand, and only the difference the next time."""

from datetime import timedelta
from fractions import Fraction

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from accounts.models import User
from chat import reading
from orders import billing, board, cart, payments, plan, seats, shares
from orders.billing import DiscountIn, FeeIn, edit_bill, set_actual
from orders.models import Due, Notification, Payment, Share, ShareVersion
from tests.orders.settling import balances, bring_to_shares, due, issue, paid, pay, rows
from tests.orders.table import Table, bring_to, dish, entries, fresh, head, refused


def test_shares_are_a_version_with_a_due_for_each_but_the_host(table: Table) -> None:
    post = bring_to(table, "ORDERED")
    edit_bill(by=table.host, post=post, fees=[FeeIn(4_000)])
    version = issue(post, unit=1)
    assert (version.share_v, version.total, version.unit, version.cause) == (1, 31_000, 1, "first")
    won = {user: won for user, (won, _) in rows(version).items()}
    assert won == {table.host.pk: 10_333, table.member.pk: 10_334, table.guest.pk: 10_333}
    assert balances(post) == {table.member.pk: 10_334, table.guest.pk: 10_333}
    (entry,) = entries(post, "order.shares")
    assert (entry["share_v"], entry["cart_v"], entry["total"], entry["unit"], entry["cause"]) == (
        1,
        post.cart_v,
        31_000,
        1,
        "first",
    )
    assert entry["rows"] == [{"user": user, "won": amount, "delta": amount} for user, amount in won.items()]
    share = version.shares.get(user=table.member)
    assert (share.x, share.part("food"), share.part("fee")) == (
        Fraction(31_000, 3),
        9_000,
        Fraction(4_000, 3),
    )


def test_the_unit_is_ten_won_unless_chosen_and_stays(table: Table) -> None:
    post = bring_to(table, "ORDERED")
    with refused("UNIT", post):
        issue(post, unit=50)
    edit_bill(by=table.host, post=post, fees=[FeeIn(4_000)])
    assert issue(post).unit == 10
    edit_bill(by=table.host, post=post, fees=[FeeIn(4_100)])
    assert issue(post, unit=100).unit == 10


@pytest.mark.parametrize("state", ["RECRUITING", "CLOSED", "LOCKED"])
def test_shares_are_issued_once_it_is_ordered(table: Table, state: str) -> None:
    post = table.post if state == "RECRUITING" else bring_to(table, state)
    with refused("WRONG_STATE", post):
        issue(post)


def test_only_the_host_issues(table: Table) -> None:
    post = bring_to(table, "ORDERED")
    with refused("NOT_HOST", post):
        shares.issue_shares(by=table.member, post=post, share_v=0, cart_v=post.cart_v)


def test_a_double_tap_issues_once(table: Table) -> None:
    post = bring_to(table, "ORDERED")
    first, second = (
        shares.issue_shares(by=table.host, post=post, share_v=0, cart_v=post.cart_v) for _ in range(2)
    )
    assert first == second
    assert len(entries(post, "order.shares")) == 1


def test_a_stale_issue_says_what_changed(table: Table) -> None:
    post = bring_to(table, "ORDERED")
    item = post.items.get(owner=table.member)
    set_actual(by=table.host, post=post, item=item.pk, unit_won=8_000, qty=1)
    with refused("STALE", post) as info:
        shares.issue_shares(by=table.host, post=post, share_v=0, cart_v=post.cart_v)
    assert info.value.extra["cart_v"] == post.cart_v + 1
    assert [change["data"]["scope"] for change in info.value.extra["changes"]] == ["actual"]
    issue(post)
    edit_bill(by=table.host, post=post, fees=[FeeIn(1_000)])
    with refused("STALE", post) as info:
        shares.issue_shares(by=table.host, post=post, share_v=0, cart_v=post.cart_v + 1)
    assert (info.value.extra["share_v"], [c["kind"] for c in info.value.extra["changes"]]) == (
        1,
        ["order.shares"],
    )
    with refused("STALE", post) as info:
        issue(post, total=26_000)
    assert info.value.extra["total"] == 27_000


@pytest.mark.parametrize(("receipt", "gap", "kind"), [(31_200, 1_200, "fees"), (28_500, -1_500, "discounts")])
def test_the_gap_to_the_receipt_is_booked_in_one_tap(table: Table, receipt: int, gap: int, kind: str) -> None:
    post = bring_to(table, "ORDERED")
    edit_bill(by=table.host, post=post, fees=[FeeIn(3_000)], receipt_won=receipt)
    with refused("RECEIPT_GAP", post) as info:
        issue(post)
    assert info.value.extra == {"gap": gap, "total": 30_000, "receipt": receipt}
    version = issue(post, book_gap=True)
    assert version.total == version.receipt_won == receipt
    (booked,) = getattr(post, kind).filter(is_gap=True)
    assert booked.won == abs(gap)
    assert sum(won for won, _ in rows(version).values()) == receipt
    set_actual(by=table.host, post=post, item=post.items.first().pk, unit_won=9_500, qty=1)
    assert issue(post, book_gap=True).total == receipt, "booked anew, not twice"
    assert post.fees.filter(is_gap=True).count() + post.discounts.filter(is_gap=True).count() == 1


def test_a_gap_beyond_reason_is_refused(table: Table) -> None:
    post = bring_to(table, "ORDERED")
    edit_bill(by=table.host, post=post, receipt_won=5_000_000)
    with refused("GAP_TOO_LARGE", post):
        issue(post, book_gap=True)


def test_issuing_again_yields_only_the_difference(table: Table) -> None:
    post = bring_to_shares(table)
    paid(post, table.member)
    item = post.items.get(owner=table.member)
    set_actual(by=table.host, post=post, item=item.pk, unit_won=9_500, qty=1)
    version = issue(post)
    assert {share.user_id: share.delta for share in version.shares.all()} == {
        table.host.pk: 0,
        table.member.pk: 500,
        table.guest.pk: 0,
    }
    assert balances(post) == {table.member.pk: 500, table.guest.pk: 10_000}
    assert board.differences(version)[1] == (table.member.pk, 10_000, 10_500)
    set_actual(by=table.host, post=post, item=item.pk, unit_won=0, qty=0)
    issue(post)
    assert due(post, table.member).balance == -9_000
    assert Notification.objects.filter(user=table.host, code="refund_due").count() == 1


def test_an_exact_share_that_stays_keeps_its_amount(table: Table) -> None:
    """A third of a won each: the member, who joined first, pays the odd one. When the other two share half a won more,
    two odd ones go to them; the member's exact share is what it was."""
    both = dish(table.host, table.post, "감자튀김", 2_000, shared=True)
    cart.join_item(user=table.guest, post=table.post, item=both.pk)
    post = bring_to(table, "ORDERED")
    edit_bill(by=table.host, post=post, fees=[FeeIn(1_000)])
    assert rows(issue(post, unit=1)) == {
        table.host.pk: (10_333, 10_333),
        table.member.pk: (9_334, 9_334),
        table.guest.pk: (10_333, 10_333),
    }
    set_actual(by=table.host, post=post, item=both.pk, unit_won=2_001, qty=1)
    second = issue(post)
    assert rows(second) == {
        table.host.pk: (10_334, 10_334),
        table.member.pk: (9_333, 9_334),
        table.guest.pk: (10_334, 10_334),
    }
    assert second.shares.get(user=table.member).delta == 0
    assert due(post, table.member).balance == 9_334, "the host has let go of the difference"
    set_actual(by=table.host, post=post, item=both.pk, unit_won=2_003, qty=1)
    assert rows(issue(post))[table.member.pk] == (9_333, 9_334), "and again"


def test_what_was_issued_stands(table: Table) -> None:
    post = bring_to_shares(table)
    claim = pay(post, table.member)
    for change in (
        lambda: ShareVersion.objects.filter(post=post).update(total=1),
        lambda: Share.objects.filter(version__post=post).delete(),
        lambda: Payment.objects.filter(pk=claim.pk).update(won=1),
        lambda: Payment.objects.filter(pk=claim.pk)._raw_delete("default"),
    ):
        with pytest.raises(DatabaseError, match="only ever added"), transaction.atomic():
            change()


def test_a_waiver_is_worth_no_more_than_is_owed(table: Table) -> None:
    post = bring_to_shares(table)
    payments.waive(by=table.host, post=post, user=table.member)
    item = post.items.get(owner=table.member)
    set_actual(by=table.host, post=post, item=item.pk, unit_won=0, qty=0)
    issue(post)
    owed = due(post, table.member)
    assert (owed.balance, owed.waived_won) == (0, 1_000), "who paid nothing gets nothing back"
    assert list(Payment.objects.filter(user=table.member).values_list("op", "won")) == [
        ("waive", 10_000),
        ("waive", -9_000),
    ]


def test_who_sat_there_when_it_was_ordered_shares_though_they_have_left_since(table: Table) -> None:
    post = bring_to_shares(table)
    payments.waive(by=table.host, post=post, user=table.member)
    seats.leave(user=table.member, post=post)
    edit_bill(by=table.host, post=post, fees=[FeeIn(6_000)])
    issue(post)
    assert due(post, table.member).balance == 1_000


def test_the_bill_is_checked(table: Table) -> None:
    post = bring_to(table, "ORDERED")
    for bad, code in (
        ({"fees": [FeeIn(-1)]}, "WON"),
        ({"fees": [FeeIn(1, "HALF")]}, "FEE_RULE"),
        ({"fees": [FeeIn(1)] * 99}, "TOO_MANY_FEES"),
        ({"fees": [FeeIn(1, label="배" * 31)]}, "FIELD_TOO_LONG"),
        ({"discounts": [DiscountIn(1, "PERSONAL")]}, "FEE_RULE"),
        ({"discounts": [DiscountIn(1, "FOOD", table.member.pk)]}, "FEE_RULE"),
        ({"discounts": [DiscountIn(1, "PERSONAL", table.outsider.pk)]}, "NO_SUCH_MEMBER"),
        ({"receipt_won": -1}, "WON"),
        ({"receipt_won": True}, "WON"),
    ):
        with refused(code, post):
            edit_bill(by=table.host, post=post, **bad)
    with refused("NOT_HOST", post):
        edit_bill(by=table.member, post=post, fees=[])
    with refused("WON", post):
        set_actual(by=table.host, post=post, item=post.items.first().pk, unit_won=-1, qty=1)
    with refused("NO_ITEM", post):
        set_actual(by=table.host, post=post, item=0, unit_won=1, qty=1)


def test_the_estimate_has_the_fee_of_the_tier(table: Table) -> None:
    post = bring_to(table, "LOCKED")
    assert billing.preview(post, estimate=True).total == 27_000, "free delivery from 20,000 won"
    assert billing.suggested_fees(post) == []
    table.post.items.filter(owner=table.guest).delete()
    assert [fee.won for fee in billing.preview(fresh(post), estimate=True).fees] == [4_000]
    assert billing.preview(fresh(post)).fees == (), "no more than an estimate"


def test_the_working_adds_up(table: Table) -> None:
    post = bring_to(table, "ORDERED")
    edit_bill(
        by=table.host,
        post=post,
        fees=[FeeIn(4_000), FeeIn(999, "BY_FOOD", "포장")],
        discounts=[DiscountIn(2_000), DiscountIn(1_500, "PERSONAL", table.member.pk)],
    )
    issue(post)
    (found,) = board.working(fresh(post), table.member)
    parts = found.food - found.food_off + found.fee - found.fee_off - found.personal - found.rest_off
    assert parts == found.exact
    assert found.exact + found.rounding == found.won == found.amount
    assert [(d.name, d.won, d.part) for d in found.dishes] == [("허니콤보", 9_000, 9_000)]
    assert [line.title for line in found.fees][1:] == ["포장"]
    assert [line.won for line in board.working(fresh(post), table.guest)[0].discounts] == [2_000]
    assert board.working(fresh(post), table.outsider) == []


def test_the_14_days_count_from_the_issue(table: Table) -> None:
    post = bring_to_shares(table)
    ends = [each.at for each in plan.agenda(post) if each.what == "unsettled"]
    assert ends == [post.shares_issued_at + timedelta(days=14)]
    assert post.shares_issued_at <= timezone.now()
    assert Due.objects.owing().count() == 2


def test_shares_count_as_unread_and_payments_do_not(table: Table) -> None:
    post = bring_to(table, "ORDERED")

    def unread(user: User) -> int:
        return reading.summaries(user.pk, [post.pk])[post.pk].unread

    reading.mark_read([(post.pk, user.pk, head(post)) for user in (table.host, table.member, table.guest)])
    issue(post)
    assert [unread(user) for user in (table.host, table.member, table.guest)] == [0, 1, 1]
    pay(post, table.member)
    assert [unread(user) for user in (table.host, table.guest)] == [0, 1]
