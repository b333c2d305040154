"""What next? One table."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from orders import cart, clock, payments, refunding, seats, states
from orders.billing import set_actual
from orders.models import Post, State
from orders.steps import Facts, facts_of, next_step
from tests.orders.settling import issue, pay
from tests.orders.table import Table, bring_to, dish, fresh, people

OUT: dict[str, Any] = {"member": False}
HOST: dict[str, Any] = {"host": True}
THREE: dict[str, Any] = {"seats_taken": 3, "min_people": 3}

TABLE: list[tuple[str, dict[str, Any], str, bool]] = [
    # state, facts, step, mine
    ("RECRUITING", OUT, "join", True),
    ("RECRUITING", OUT | {"free": False}, "wait", True),
    ("RECRUITING", OUT | {"free": False, "guest": True}, "full", False),
    ("RECRUITING", OUT | {"waits": True, "free": False}, "in_line", False),
    ("RECRUITING", OUT | {"past_deadline": True}, "closed", False),
    ("CLOSED", OUT, "closed", False),
    ("CLOSED", OUT | {"waits": True}, "in_line", False),
    ("LOCKED", OUT, "closed", False),
    ("RECRUITING", HOST, "invite", True),
    ("RECRUITING", HOST | {"chosen": True}, "invite", True),
    ("RECRUITING", HOST | {"seats_taken": 2, "min_people": 3}, "choose", True),
    ("RECRUITING", HOST | {"seats_taken": 2, "min_people": 3, "chosen": True}, "invite", True),
    ("RECRUITING", HOST | THREE | {"chosen": True}, "close", True),
    ("RECRUITING", THREE, "choose", True),
    ("RECRUITING", THREE | {"pending": True, "chosen": True}, "accept", True),
    ("RECRUITING", THREE | {"chosen": True}, "wait_close", False),
    ("RECRUITING", {"chosen": True, "seats_taken": 2, "min_people": 3}, "wait_people", False),
    ("RECRUITING", {"offered": True}, "answer_host", True),
    ("CLOSED", {"offered": True}, "answer_host", True),
    ("CLOSED", {}, "choose", True),
    ("CLOSED", {"pending": True}, "accept", True),
    ("CLOSED", {"chosen": True}, "wait_lock", False),
    ("CLOSED", HOST, "choose", True),
    ("CLOSED", HOST | {"chosen": True, "unchosen": 2}, "wait_choose", False),
    ("CLOSED", HOST | {"chosen": True, "unchosen": 2, "past_deadline": True}, "sit_out_silent", True),
    ("CLOSED", HOST | {"chosen": True}, "choose", True),
    ("CLOSED", HOST | {"chosen": True, "dishes": 3, "missing_won": 900}, "min_order", True),
    ("CLOSED", HOST | {"chosen": True, "dishes": 3}, "lock", True),
    ("LOCKED", {}, "confirm", True),
    ("LOCKED", {"confirmed": True}, "wait_order", False),
    ("LOCKED", HOST | {"unconfirmed": 1}, "wait_confirm", False),
    ("LOCKED", HOST | {"unconfirmed": 1, "leaving": 1}, "answer_leave", True),
    ("LOCKED", HOST, "order", True),
    ("ORDERED", HOST, "issue_shares", True),
    ("ORDERED", HOST | {"share_v": 1}, "wait_food", False),
    ("ORDERED", HOST | {"share_v": 1, "near_meeting": True}, "arrive", True),
    ("ORDERED", {}, "wait_food", False),
    ("ORDERED", {"near_meeting": True}, "arrive", True),
    ("ORDERED", {"near_meeting": True, "said_arrived": True}, "wait_food", False),
    ("ARRIVED", HOST, "issue_shares", True),
    ("ARRIVED", {}, "wait_shares", False),
    ("ARRIVED", {"share_v": 1}, "settle", True),
    ("ORDERED", {"share_v": 1, "balance": 7_330}, "pay", True),
    ("ORDERED", {"share_v": 1, "balance": 7_330, "claimed": True}, "wait_food", False),
    ("ORDERED", HOST | {"share_v": 1, "claims": 2}, "answer_claims", True),
    ("ARRIVED", {"share_v": 1, "balance": 7_330}, "pay", True),
    ("ARRIVED", {"share_v": 1, "balance": 7_330, "claimed": True}, "wait_found", False),
    ("ARRIVED", {"share_v": 2, "balance": -500}, "wait_refund", False),
    ("ARRIVED", {"share_v": 2, "balance": -500, "refund_sent": True}, "refund_got", True),
    ("ARRIVED", HOST | {"share_v": 1, "owed": 2}, "wait_paid", False),
    ("ARRIVED", HOST | {"share_v": 1, "owed": 2, "claims": 1}, "answer_claims", True),
    ("ORDERED", HOST | {"share_v": 1, "behind": True}, "issue_again", True),
    ("ARRIVED", HOST | {"share_v": 1, "behind": True, "claims": 1}, "issue_again", True),
    ("ARRIVED", HOST | {"share_v": 2, "owed": 1, "refunds": 1}, "refund", True),
    ("ORDERED", {"refund_asked": True}, "answer_refund", True),
    ("ARRIVED", {"refund_asked": True, "balance": 7_330}, "answer_refund", True),
    ("CANCELED", HOST | {"share_v": 2, "owed": 1, "refunds": 1}, "refund", True),
    ("DONE", {"share_v": 1, "balance": 7_330}, "pay", True),
    ("DONE", HOST, "again", True),
    ("DONE", {}, "over", False),
    ("DONE", OUT, "over", False),
    ("CANCELED", HOST, "again", True),
    ("CANCELED", HOST | {"revivable": True}, "revive", True),
    ("CANCELED", {"revivable": True}, "over", False),
]


@pytest.mark.parametrize(("state", "facts", "code", "mine"), TABLE)
def test_the_next_step(state: str, facts: dict[str, Any], code: str, mine: bool) -> None:
    step = next_step(Facts(state=state, **facts))
    assert (step.code, step.mine) == (code, mine)


def test_every_state_has_steps() -> None:
    assert {state for state, *_ in TABLE} == set(State)


def test_numbers_for_the_sentence_come_along() -> None:
    assert next_step(Facts(state="RECRUITING", host=True, seats_taken=1, min_people=4)).args == {"missing": 3}
    assert next_step(Facts(state="CLOSED", host=True, chosen=True, dishes=1, missing_won=900)).args == {
        "missing": 900
    }


def step_of(post: Post, user: Any) -> str:
    post = fresh(post)
    return next_step(facts_of(post, user, timezone.now())).code


def test_facts_are_read_from_the_post_and_the_person(table: Table) -> None:
    post = table.post
    assert step_of(post, table.outsider) == "join"
    assert step_of(post, table.member) == "choose"
    dish(table.host, post, unit_won=20_000)
    item = dish(table.host, post, owner=table.member, shared=True)
    assert [step_of(post, u) for u in (table.host, table.member)] == ["close", "accept"]
    cart.accept_item(user=table.member, post=post, item=item.pk)
    assert step_of(post, table.member) == "wait_close"
    (last, waiter) = people(2)
    seats.join(user=last, post=post)
    assert step_of(post, waiter) == "wait"
    seats.wait(user=waiter, post=post)
    assert step_of(post, waiter) == "in_line"
    seats.offer_host(by=table.host, post=post, to=table.member)
    assert step_of(post, table.member) == "answer_host"


def test_facts_of_a_whole_evening(table: Table) -> None:
    post = bring_to(table, "LOCKED")
    assert [step_of(post, u) for u in (table.host, table.member, table.outsider)] == [
        "wait_confirm",
        "confirm",
        "closed",
    ]
    seats.ask_leave(user=table.guest, post=post)
    assert step_of(post, table.host) == "answer_leave"
    seats.answer_leave(by=table.host, post=post, user=table.guest, yes=True)
    clock.look(post.pk, post.meeting_at + timedelta(hours=6))
    clock.look(post.pk, post.meeting_at + 2 * timedelta(hours=6))
    assert step_of(post, table.host) == "revive"
    states.revive(by=table.host, post=post)
    assert step_of(post, table.host) == "wait_confirm"


def test_facts_of_money(table: Table) -> None:
    post = bring_to(table, "ARRIVED")
    steps = {"host": [step_of(post, table.host)], "member": [step_of(post, table.member)]}

    def look() -> None:
        steps["host"].append(step_of(post, table.host))
        steps["member"].append(step_of(post, table.member))

    issue(post)
    look()
    claim = pay(post, table.member)
    look()
    payments.confirm(by=table.host, post=post, claim=claim.pk)
    item = post.items.get(owner=table.member)
    set_actual(by=table.host, post=post, item=item.pk, unit_won=0, qty=0)
    look()
    issue(post)
    look()
    sent = payments.refund_sent(by=table.host, post=post, user=table.member, way="toss")
    look()
    payments.refund_got(user=table.member, post=post, refund=sent.pk)
    refunding.propose_refund(by=table.host, post=post)
    look()
    refunding.agree_refund(user=table.member, post=post)
    look()
    assert steps == {
        "host": [
            "issue_shares", "wait_paid", "answer_claims", "issue_again", "refund", "wait_paid", "wait_paid", "again",
        ],
        "member": [
            "wait_shares", "pay", "wait_found", "settle", "wait_refund", "refund_got", "answer_refund", "over",
        ],
    }  # fmt: skip
