"""PRODUCT.md, "Rules that other services get wrong": the rows about money, each named after it. Those about posts,
seats and carts: test_rules.py; polls: test_polls.py; the bank account: the tests of pay/."""

from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.actions import block
from accounts.models import User
from chat import actions
from chat.errors import READ_ONLY, ChatError
from chat.models import Entry, Timeline
from orders import billing, board, cart, clock, payments, reminders, seats, shares, states
from orders.billing import FeeIn, edit_bill, set_actual
from orders.models import Due, Notification
from rooms import actions as rooms
from rooms.models import Membership
from tests.orders.settling import balances, bring_to_shares, due, issue, paid, pay, rows
from tests.orders.table import Table, bring_to, dish, entries, fresh, make_post, refused, seoul, values

THREE_DAYS = timedelta(days=3)


def test_leaving_from_ordered_needs_a_balance_of_0(table: Table) -> None:
    post = bring_to(table, "ORDERED")
    with refused("OWES", post):
        seats.ask_leave(user=table.member, post=post)
    issue(post)
    with refused("OWES", post):
        seats.leave(user=table.member, post=post)
    paid(post, table.member)
    seats.leave(user=table.member, post=post)
    with refused("HOST_STAYS", post):
        seats.leave(user=table.host, post=post)
    ended = timezone.now() + timedelta(days=30)
    clock.run_due(ended)
    assert fresh(post).state == "DONE"
    with refused("OWES", post):
        seats.leave(user=table.guest, post=post)


def test_leaving_while_the_host_owes_holds_nobody_back_once_it_is_over(table: Table) -> None:
    post = bring_to_shares(table)
    paid(post, table.member, 12_000)
    with refused("OWES", post):
        seats.leave(user=table.member, post=post)
    clock.run_due(timezone.now() + timedelta(days=15))
    seats.leave(user=table.member, post=post)
    sent = payments.refund_sent(by=table.host, post=post, user=table.member, way="cash")
    payments.refund_got(user=table.member, post=post, refund=sent.pk)
    assert due(post, table.member).balance == 0


def test_kicked_who_owes_still_sees_their_own_payments(table: Table) -> None:
    """Nobody can be removed from LOCKED on; an operator who ends a stay by hand takes nobody's payments away."""
    post = bring_to_shares(table)
    with refused("KICK_TOO_LATE", post):
        seats.remove(by=table.host, post=post, user=table.member)
    stay = Membership.objects.active().get(room=post.room, user=table.member)
    rooms.end(stay, by=table.host, how=Membership.Ended.REMOVED)
    found = board.due_of(post, table.member)
    assert (found and found.balance, board.account_visible_to(post, table.member)) == (10_000, True)
    payments.confirm(by=table.host, post=post, claim=pay(post, table.member).pk)
    assert list(board.ledger(post, table.member).values_list("op", flat=True)) == ["claim", "confirm"]
    assert board.working(fresh(post), table.member)[0].amount == 10_000


def test_nobody_owes_for_what_they_did_not_tap_in_won(table: Table) -> None:
    mine = dish(table.host, table.post, "치킨", 20_000, shared=True)
    dish(table.host, table.post, "콜라", 2_000, owner=table.member)
    cart.join_item(user=table.guest, post=table.post, item=mine.pk)
    dish(table.member, table.post, "감자튀김", 3_000)
    states.close(by=table.host, post=table.post)
    states.lock(by=table.host, post=table.post, cart_v=fresh(table.post).cart_v)
    states.order(by=table.host, post=table.post, override=["unconfirmed"])
    edit_bill(by=table.host, post=table.post, fees=[])
    version = issue(table.post, unit=1)
    assert {user: won for user, (won, _) in rows(version).items()} == {
        table.host.pk: 12_000,
        table.member.pk: 3_000,
        table.guest.pk: 10_000,
    }, "what the member neither accepted nor confirmed is the host's; no part without a tap"


def test_sitting_out_is_no_food_and_no_fee(table: Table) -> None:
    dish(table.host, table.post, unit_won=9_000)
    dish(table.member, table.post, unit_won=9_000)
    cart.sit_out(by=table.guest, post=table.post)
    states.close(by=table.host, post=table.post)
    states.lock(by=table.host, post=table.post, cart_v=fresh(table.post).cart_v)
    states.order(by=table.host, post=table.post, override=["unconfirmed"])
    edit_bill(by=table.host, post=table.post, fees=[FeeIn(3_000)])
    issue(table.post)
    assert balances(table.post) == {table.member.pk: 10_500}
    assert board.due_of(table.post, table.guest) is None


def test_sold_out_or_another_price(table: Table) -> None:
    post = bring_to_shares(table)
    theirs, own = (post.items.get(owner=user) for user in (table.member, table.guest))
    with refused("NOT_HOST", post):
        set_actual(by=table.member, post=post, item=theirs.pk, unit_won=1, qty=1)
    set_actual(by=table.host, post=post, item=theirs.pk, unit_won=9_000, qty=0)
    set_actual(by=table.host, post=post, item=own.pk, unit_won=9_500, qty=1)
    told = entries(post, "order.cart")[-2:]
    assert [(e["op"], e["scope"], e["item"]["qty"], e["before"]["qty"]) for e in told] == [
        ("set", "sold_out", 0, 1),
        ("set", "actual", 1, 1),
    ]
    assert balances(post) == {table.member.pk: 10_000, table.guest.pk: 10_000}, "nothing is owed by editing"
    version = issue(post)
    assert board.differences(version) == [
        (table.host.pk, 10_000, 10_000),
        (table.member.pk, 10_000, 1_000),
        (table.guest.pk, 10_000, 10_500),
    ]
    assert {row["user"]: row["delta"] for row in entries(post, "order.shares")[-1]["rows"]} == {
        table.host.pk: 0,
        table.member.pk: -9_000,
        table.guest.pk: 500,
    }
    set_actual(by=table.host, post=post, item=theirs.pk, unit_won=9_000, qty=1)
    theirs.refresh_from_db()
    assert (theirs.actual_qty, theirs.actual_won) == (None, 9_000), "as ordered after all"


def test_delivery_fee_the_actual_one_replaces_the_estimate(table: Table) -> None:
    for user in (table.host, table.member, table.guest):
        dish(user, table.post, unit_won=6_000)
    states.close(by=table.host, post=table.post)
    states.lock(by=table.host, post=table.post, cart_v=fresh(table.post).cart_v)
    assert billing.preview(fresh(table.post), estimate=True).total == 22_000, "예상: 4,000 won below 20,000"
    states.order(by=table.host, post=table.post, override=["unconfirmed"])
    edit_bill(by=table.host, post=table.post, fees=[FeeIn(3_000)])
    assert billing.preview(fresh(table.post), estimate=True).total == 21_000, "확정"
    assert issue(table.post).total == 21_000


def test_nobody_pays_back(table: Table) -> None:
    post = bring_to_shares(table)

    def status(user: User) -> str:
        return next(row.status for row in board.board(fresh(post)).rows if row.user == user)

    assert status(table.member) == "due"
    claim = pay(post, table.member, depositor="철수")
    assert status(table.member) == "claimed"
    payments.reject(by=table.host, post=post, claim=claim.pk, reason="못 찾았어요")
    assert status(table.member) == "due"
    paid(post, table.member)
    assert status(table.member) == "settled"
    payments.waive(by=table.host, post=post, user=table.guest)
    found = board.board(fresh(post))
    assert ([row.status for row in found.rows], found.settled) == (["settled", "waived"], True)
    assert (found.due_won, found.confirmed_won) == (20_000, 10_000)


def test_nobody_pays_back_reminders(table: Table) -> None:
    """Private, at issue, +2 h, +1, +3 and +7 days; none between 22 and 8 o'clock; none to who has said that it is
    paid."""
    post = bring_to(table, "ORDERED")
    edit_bill(by=table.host, post=post, fees=[FeeIn(3_000)])
    at = seoul("2026-11-24 21:00")
    shares.issue_shares(by=table.host, post=post, share_v=0, cart_v=post.cart_v, now=at)
    assert Counter(Notification.objects.filter(code="shares").values_list("user", flat=True)) == {
        table.member.pk: 1,
        table.guest.pk: 1,
    }
    pay(post, table.guest)
    before = Entry.objects.filter(room_id=post.pk).count()
    sent: list[str] = []
    hour = at
    for _ in range(24 * 9):
        hour += timedelta(hours=1)
        count = Notification.objects.filter(code="pay").count()
        reminders.run(hour, 50)
        if Notification.objects.filter(code="pay").count() > count:
            sent.append(timezone.localtime(hour).strftime("%d %H"))
    assert sent == ["25 08", "25 21", "27 21", "01 21"]
    assert set(Notification.objects.filter(code="pay").values_list("user", flat=True)) == {table.member.pk}
    assert Entry.objects.filter(room_id=post.pk).count() == before, "private"


@pytest.mark.parametrize("clock_time", ["22:00", "23:30", "00:30", "07:59"])
def test_nobody_pays_back_and_is_not_woken(table: Table, clock_time: str) -> None:
    post = bring_to(table, "ORDERED")
    at = seoul(f"2026-11-24 {clock_time}")
    shares.issue_shares(by=table.host, post=post, share_v=0, cart_v=post.cart_v, now=at)
    assert not Notification.objects.filter(code__in=["shares", "pay"]).exists()
    reminders.run(at + timedelta(seconds=30), 50)
    assert not Notification.objects.filter(code="pay").exists()
    morning = seoul("2026-11-25 08:00" if clock_time > "12" else "2026-11-24 08:00")
    reminders.run(morning, 50)
    assert Notification.objects.filter(code="pay").count() == 2


def test_nobody_pays_back_unclaimed_for_3_days_bars_joining_and_posting(table: Table) -> None:
    post = bring_to_shares(table)
    other = make_post(table.outsider)
    code = rooms.create_invitation(by=table.outsider, room=other.room, expires_in=None).code
    Due.objects.update(unclaimed_since=timezone.now() - THREE_DAYS + timedelta(minutes=1))
    seats.join(user=table.member, post=other)
    seats.leave(user=table.member, post=other)
    Due.objects.update(unclaimed_since=timezone.now() - THREE_DAYS)
    for entrance in (
        lambda: seats.join(user=table.member, post=other),
        lambda: rooms.join_by_invitation(user=table.member, code=code),
        lambda: rooms.join_by_invitation(user=table.guest, code=code),
        lambda: make_post(table.member),
    ):
        with refused("UNPAID") as info:
            entrance()
        assert info.value.extra["posts"] == [post.public_id]
    pay(post, table.member)
    seats.join(user=table.member, post=other)
    make_post(table.host, **values(title="방장은 아무도 막지 않아요"))


def test_nobody_pays_back_a_rejected_claim_counts_three_days_anew(table: Table) -> None:
    post = bring_to_shares(table)
    claim = pay(post, table.member)
    later = timezone.now() + timedelta(days=5)
    assert not Due.objects.overdue(later).filter(user=table.member).exists()
    payments.reject(by=table.host, post=post, claim=claim.pk, reason="없어요", now=later)
    assert not Due.objects.overdue(later + timedelta(days=2)).filter(user=table.member).exists()
    assert Due.objects.overdue(later + THREE_DAYS).filter(user=table.member).exists()


@pytest.mark.django_db(transaction=True)
def test_nobody_pays_back_done_unsettled_leaves_the_money_verbs_open(table: Table) -> None:
    post = bring_to_shares(table)
    clock.run_due(timezone.now() + timedelta(days=15))
    assert entries(post, "order.state")[-1]["reason"] == "unsettled"
    read_only = timezone.now() + timedelta(days=17)
    post = fresh(post)
    assert post.is_read_only(read_only)
    Timeline.objects.filter(room=post.room).update(writable_until=timezone.now() - timedelta(hours=1))
    with pytest.raises(ChatError) as talk:
        actions.post(user=table.member, room=post.room, cid="c", body="아직 못 보냈어요")
    assert talk.value.refusal == READ_ONLY
    claim = payments.claim(user=table.member, post=post, share_v=1, won=10_000, way="toss", now=read_only)
    payments.confirm(by=table.host, post=post, claim=claim.pk, now=read_only)
    payments.waive(by=table.host, post=post, user=table.guest, now=read_only)
    assert set(balances(post).values()) == {0}
    assert fresh(post).state == "DONE"
    assert len(entries(post, "order.payment")) == 3


def test_unwanted_approaches_hide_no_money(table: Table) -> None:
    post = bring_to_shares(table)
    block(user=table.member, blocked=table.host)
    claim = pay(post, table.member)
    payments.confirm(by=table.host, post=post, claim=claim.pk)
    assert [row.user for row in board.board(fresh(post)).rows] == [table.member, table.guest]
