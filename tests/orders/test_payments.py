"""Claims, answers, waivers and refunds: what each does to the balance, the ledger and the timeline, and what it
refuses."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from chat.models import Entry
from orders import board, clock, payments, states
from orders.billing import set_actual
from orders.models import Depositor, Due, Notification, Payment
from tests.orders.settling import balances, bring_to_shares, due, issue, paid, pay
from tests.orders.table import Table, bring_to, entries, fresh, refused

NAME = "김철수의 어머니"


def told(code: str) -> list[int]:
    return list(Notification.objects.filter(code=code).values_list("user", flat=True))


def test_a_claim_confirmed_settles_and_the_last_one_ends_the_order(table: Table) -> None:
    post = bring_to_shares(table)
    claim = pay(post, table.member)
    assert (due(post, table.member).claim, due(post, table.member).balance) == (claim, 10_000)
    payments.confirm(by=table.host, post=post, claim=claim.pk)
    assert balances(post) == {table.member.pk: 0, table.guest.pk: 10_000}
    assert fresh(post).state == "ARRIVED"
    paid(post, table.guest)
    ended = fresh(post)
    assert (ended.state, entries(post, "order.state")[-1]["reason"]) == ("DONE", "settled")
    assert [e["op"] for e in entries(post, "order.payment")] == ["claim", "confirm", "claim", "confirm"]
    assert entries(post, "order.payment")[1] == {
        "kind": "order.payment",
        "sender": table.host.pk,
        "user": table.member.pk,
        "op": "confirm",
        "won": 10_000,
        "way": "",
        "balance": 0,
    }
    assert (told("claimed"), told("confirmed")) == ([table.host.pk] * 2, [table.member.pk, table.guest.pk])


def test_all_settled_before_it_arrives_ends_with_the_arrival(table: Table) -> None:
    post = bring_to_shares(table, "ORDERED")
    paid(post, table.member)
    paid(post, table.guest)
    assert fresh(post).state == "ORDERED"
    assert states.arrive(by=table.host, post=post).state == "DONE"


def test_a_rejection_has_a_reason_that_only_the_person_reads(table: Table) -> None:
    post = bring_to_shares(table)
    claim = pay(post, table.member)
    with refused("FIELD_EMPTY", post):
        payments.reject(by=table.host, post=post, claim=claim.pk, reason=" ")
    payments.reject(by=table.host, post=post, claim=claim.pk, reason="입금 내역에 없어요")
    assert board.board(fresh(post)).rows[0].rejected == Payment.objects.get(op="reject")
    assert due(post, table.member).unclaimed_since is not None
    assert "입금 내역" not in json.dumps(entries(post, "order.payment"), ensure_ascii=False)
    assert Notification.objects.get(code="rejected").args["reason"] == "입금 내역에 없어요"
    again = pay(post, table.member)
    assert again != claim
    assert board.board(fresh(post)).rows[0].status == "claimed"


def test_an_answer_stands(table: Table) -> None:
    post = bring_to_shares(table)
    claim = pay(post, table.member)
    first = payments.confirm(by=table.host, post=post, claim=claim.pk)
    assert payments.confirm(by=table.host, post=post, claim=claim.pk) == first
    with refused("CLAIM_ANSWERED", post):
        payments.reject(by=table.host, post=post, claim=claim.pk, reason="아니요")
    with refused("NO_CLAIM", post):
        payments.confirm(by=table.host, post=post, claim=0)
    assert due(post, table.member).confirmed_won == 10_000


def test_a_claim_can_be_corrected_until_it_is_answered(table: Table) -> None:
    post = bring_to_shares(table)
    wrong = pay(post, table.member, 1_000)
    right = pay(post, table.member)
    assert pay(post, table.member) == right, "a double tap"
    with refused("CLAIM_ANSWERED", post):
        payments.confirm(by=table.host, post=post, claim=wrong.pk)
    payments.confirm(by=table.host, post=post, claim=right.pk)
    assert due(post, table.member).balance == 0


def test_the_same_request_claims_once(table: Table) -> None:
    post, key = bring_to_shares(table), uuid4()
    claims = {pay(post, table.member, request_key=key).pk for _ in range(3)}
    assert len(claims) == 1
    payments.confirm(by=table.host, post=post, claim=claims.pop())
    assert pay(post, table.member, 1, request_key=key).won == 10_000


def test_a_part_and_too_much_leave_the_rest(table: Table) -> None:
    post = bring_to_shares(table)
    paid(post, table.member, 4_000)
    assert (due(post, table.member).balance, due(post, table.member).claim) == (6_000, None)
    assert due(post, table.member).unclaimed_since is not None
    paid(post, table.member, 7_000)
    assert due(post, table.member).balance == -1_000
    assert board.board(fresh(post)).rows[0].status == "refund_due"


def test_refunds_count_once_they_are_there(table: Table) -> None:
    post = bring_to_shares(table)
    paid(post, table.member)
    set_actual(by=table.host, post=post, item=post.items.get(owner=table.member).pk, unit_won=0, qty=0)
    issue(post)
    assert due(post, table.member).balance == -9_000
    with refused("NOTHING_DUE", post):
        pay(post, table.member, 1)
    with refused("CLAIM_WON", post):
        payments.refund_sent(by=table.host, post=post, user=table.member, way="toss", won=9_001)
    sent = payments.refund_sent(by=table.host, post=post, user=table.member, way="toss")
    assert payments.refund_sent(by=table.host, post=post, user=table.member, way="toss") == sent
    assert board.board(fresh(post)).rows[0].status == "refund_sent"
    with refused("NO_REFUND", post):
        payments.refund_got(user=table.guest, post=post, refund=sent.pk)
    got = payments.refund_got(user=table.member, post=post, refund=sent.pk)
    assert payments.refund_got(user=table.member, post=post, refund=sent.pk) == got
    settled = due(post, table.member)
    assert (settled.balance, settled.refunded_won, settled.refund) == (0, 9_000, None)
    assert (told("refund_due"), told("refund_sent"), told("refund_got")) == (
        [table.host.pk],
        [table.member.pk],
        [table.host.pk],
    )


def test_a_waiver_lets_somebody_off_all_they_owe(table: Table) -> None:
    post = bring_to_shares(table)
    claim = pay(post, table.member)
    assert payments.waive(by=table.host, post=post, user=table.member)
    assert payments.waive(by=table.host, post=post, user=table.member) is None
    with refused("CLAIM_ANSWERED", post):
        payments.confirm(by=table.host, post=post, claim=claim.pk)
    assert board.board(fresh(post)).rows[0].status == "waived"
    payments.waive(by=table.host, post=post, user=table.guest)
    assert fresh(post).state == "DONE"


def test_the_host_s_word_decides_and_an_operator_s_with_a_reason(table: Table) -> None:
    post = bring_to_shares(table)
    claim = pay(post, table.member)
    for verb in (
        lambda: payments.confirm(by=table.member, post=post, claim=claim.pk),
        lambda: payments.reject(by=table.guest, post=post, claim=claim.pk, reason="x"),
        lambda: payments.waive(by=table.member, post=post, user=table.member),
        lambda: payments.refund_sent(by=table.outsider, post=post, user=table.member, way="cash"),
    ):
        with refused("NOT_HOST", post):
            verb()
    table.outsider.is_staff = table.outsider.is_superuser = True
    with refused("FIELD_EMPTY", post):
        payments.waive(by=table.outsider, post=post, user=table.guest)
    payments.waive(by=table.outsider, post=post, user=table.guest, reason="방장과 연락이 끊김")
    assert Payment.objects.get(op="waive").by == table.outsider


def test_what_a_claim_refuses(table: Table) -> None:
    early = bring_to(table, "ORDERED")
    with refused("NO_SHARES", early):
        payments.claim(user=table.member, post=early, share_v=0, won=1, way="cash")
    issue(early)
    for user, more, code in (
        (table.outsider, {}, "NO_DUE"),
        (table.host, {}, "NO_DUE"),
        (table.member, {"share_v": 0}, "STALE"),
        (table.member, {"won": 0}, "CLAIM_WON"),
        (table.member, {"won": 10**12}, "CLAIM_WON"),
        (table.member, {"way": "shells"}, "WAY"),
        (table.member, {"depositor": "김" * 31}, "FIELD_TOO_LONG"),
    ):
        with refused(code, early):
            payments.claim(user=user, post=early, **{"share_v": 1, "won": 9_000, "way": "cash", **more})


def test_a_claim_upon_shares_that_have_changed_is_stale_and_says_how(table: Table) -> None:
    post = bring_to_shares(table)
    set_actual(by=table.host, post=post, item=post.items.get(owner=table.member).pk, unit_won=9_500, qty=1)
    issue(post)
    with refused("STALE", post) as info:
        payments.claim(user=table.member, post=post, share_v=1, won=10_000, way="toss")
    assert info.value.extra["share_v"] == 2
    (change,) = info.value.extra["changes"]
    assert {"user": table.member.pk, "won": 10_500, "delta": 500} in change["data"]["rows"]


def test_a_claim_waits_through_a_new_issue(table: Table) -> None:
    post = bring_to_shares(table)
    claim = pay(post, table.member)
    set_actual(by=table.host, post=post, item=post.items.get(owner=table.member).pk, unit_won=9_500, qty=1)
    issue(post)
    payments.confirm(by=table.host, post=post, claim=claim.pk)
    assert due(post, table.member).balance == 500


def test_the_depositor_s_name_is_for_the_host_s_eyes(table: Table) -> None:
    post = bring_to_shares(table)
    claim = pay(post, table.member, depositor=NAME)
    assert board.depositor_of(claim, table.host) == NAME
    assert board.depositor_of(claim, table.guest) == board.depositor_of(claim, table.member) == ""
    written = json.dumps(
        list(Entry.objects.filter(room_id=post.pk).values_list("data", flat=True)), ensure_ascii=False
    )
    notices = json.dumps(list(Notification.objects.values_list("args", flat=True)), ensure_ascii=False)
    assert NAME not in written + notices + repr(claim) + str(Depositor.objects.get())


def test_depositors_names_are_forgotten_a_day_after_the_end(table: Table) -> None:
    post = bring_to_shares(table)
    claim = pay(post, table.member, depositor=NAME)
    payments.confirm(by=table.host, post=post, claim=claim.pk)
    paid(post, table.guest)
    clock.run_due(timezone.now() + timedelta(hours=23))
    assert Depositor.objects.count() == 1
    clock.run_due(timezone.now() + timedelta(hours=25))
    assert Depositor.objects.count() == 0
    assert fresh(post).due_at is None


def test_the_ledger_is_bounded(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    post = bring_to_shares(table)
    monkeypatch.setattr("orders.bounds.LEDGER_MAX", 3)
    for won in (1, 2, 3):
        pay(post, table.member, won)
    with refused("TOO_MANY_PAYMENTS", post):
        pay(post, table.member, 4)


def test_the_sums_of_the_ledger_are_the_balance(table: Table) -> None:
    post = bring_to_shares(table)
    paid(post, table.member, 4_000)
    payments.waive(by=table.host, post=post, user=table.member)
    paid(post, table.guest, 12_000)
    sent = payments.refund_sent(by=table.host, post=post, user=table.guest, way="cash")
    payments.refund_got(user=table.guest, post=post, refund=sent.pk)
    for owed in Due.objects.all():
        words = board.ledger(post, owed.user)
        sums = {op: sum(p.won for p in words if p.op == op) for op in Payment.Op.values}
        assert owed.balance == 10_000 - sums["confirm"] - sums["waive"] + sums["refund_got"] == 0
        last = words.last()
        assert last
        assert last.balance == 0
