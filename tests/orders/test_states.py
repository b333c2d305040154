"""The states: each verb's guard, its one entry, its version, and what a second tap does."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from chat import actions as chat
from chat.errors import ChatError
from chat.models import Timeline
from orders import confirming, seats, states
from orders.models import Post, State
from tests.orders.table import Table, bring_to, dish, entries, fresh, head, make_table, refused, told

STATES = [
    State.RECRUITING,
    State.CLOSED,
    State.LOCKED,
    State.ORDERED,
    State.ARRIVED,
    State.CANCELED,
    State.DONE,
]


def put(post: Post, state: str) -> Post:
    """In this state without the way there: for guards that only look at the state."""
    Post.objects.filter(pk=post.pk).update(
        state=state, cancel_reason="host" if state == State.CANCELED else ""
    )
    return fresh(post)


VERBS: dict[str, tuple[Callable[[Table], Any], dict[str, str]]] = {
    # verb, and the states in which it is not refused for the state; "same": there already
    "close": (lambda t: states.close(by=t.host, post=t.post), {"RECRUITING": "", "CLOSED": "same"}),
    "reopen": (
        lambda t: states.reopen(by=t.host, post=t.post, deadline_at=timezone.now() + timedelta(minutes=9)),
        {"CLOSED": "", "RECRUITING": "same"},
    ),
    "lock": (
        lambda t: states.lock(by=t.host, post=t.post, cart_v=3),
        {"CLOSED": "", "LOCKED": "same"},
    ),
    "unlock": (lambda t: states.unlock(by=t.host, post=t.post), {"LOCKED": "", "CLOSED": "same"}),
    "order": (
        lambda t: states.order(by=t.host, post=t.post, override=["unconfirmed"]),
        {"LOCKED": "", "ORDERED": "same"},
    ),
    "arrive": (lambda t: states.arrive(by=t.host, post=t.post), {"ORDERED": "", "ARRIVED": "same"}),
    "cancel": (
        lambda t: states.cancel(by=t.host, post=t.post),
        {"RECRUITING": "", "CLOSED": "", "LOCKED": "", "CANCELED": "same"},
    ),
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("name", VERBS)
def test_each_verb_goes_from_its_states_only(table: Table, name: str, state: str) -> None:
    for person in (table.host, table.member, table.guest):
        dish(person, table.post)
    post = put(table.post, state)
    before = head(post)
    verb, allowed = VERBS[name]
    if state not in allowed:
        with refused("READ_ONLY" if state in ("DONE", "CANCELED") else "WRONG_STATE", post):
            verb(table)
        assert fresh(post).state == state
    else:
        verb(table)
        new = [e for e in entries(post, "order.state") if e["v"] > post.post_v]
        assert len(new) == (0 if allowed[state] == "same" else 1)
        assert head(post) == before + len(new), "one entry, or none"
        assert fresh(post).post_v == post.post_v + len(new)


@pytest.mark.parametrize("name", ["close", "reopen", "lock", "unlock", "order", "cancel"])
def test_only_the_host_and_operators_move_a_post(table: Table, name: str) -> None:
    origin = next(state for state, what in VERBS[name][1].items() if not what)
    post = put(table.post, origin)
    verb = VERBS[name][0]
    with refused("NOT_HOST", post):
        verb(table._replace(host=table.member))


def test_each_state_has_its_time(table: Table) -> None:
    post = bring_to(table, "ARRIVED")
    times = [post.created_at, post.closed_at, post.locked_at, post.ordered_at, post.arrived_at]
    assert all(times)
    assert times == sorted(times)
    assert post.state_at == post.arrived_at


def test_closing_needs_the_minimum(table: Table) -> None:
    seats.leave(user=table.member, post=table.post)
    with refused("TOO_FEW", table.post) as info:
        states.close(by=table.host, post=table.post)
    assert info.value.extra == {"missing": 1}


def test_reopening_needs_a_seat_and_a_deadline_ahead(table: Table) -> None:
    states.close(by=table.host, post=table.post)
    post = fresh(table.post)
    for at in (timezone.now(), post.meeting_at):
        with refused("DEADLINE", post):
            states.reopen(by=table.host, post=post, deadline_at=at)
    Post.objects.update(capacity=3)
    with refused("NO_SEAT", post):
        states.reopen(by=table.host, post=post, deadline_at=timezone.now() + timedelta(minutes=5))


@pytest.mark.parametrize("name", ["close", "unlock", "order", "cancel"])
def test_a_stale_version_changes_nothing(table: Table, name: str) -> None:
    origin = next(state for state, what in VERBS[name][1].items() if not what)
    post = put(table.post, origin)
    verb = getattr(states, name)
    with refused("STALE", post) as info:
        verb(by=table.host, post=post, post_v=post.post_v + 7)
    assert (info.value.extra["post_v"], info.value.extra["state"]) == (post.post_v, origin)


def test_the_food_is_here_when_two_members_say_so(table: Table) -> None:
    post = bring_to(table, "ORDERED")
    for _ in range(2):
        states.arrive(by=table.member, post=post)
    assert fresh(post).state == State.ORDERED
    with refused("NOT_MEMBER", post):
        states.arrive(by=table.outsider, post=post)
    states.arrive(by=table.guest, post=post)
    assert fresh(post).state == State.ARRIVED
    assert [(e["n"], e["of"]) for e in entries(post, "order.arrival")] == [(1, 2), (2, 2)]


def test_of_two_people_the_other_one_is_enough(table: Table) -> None:
    seats.leave(user=table.guest, post=table.post)
    Post.objects.update(min_people=2)
    for person in (table.host, table.member):
        dish(person, table.post)
    states.close(by=table.host, post=table.post)
    cart_v = fresh(table.post).cart_v
    states.lock(by=table.host, post=table.post, cart_v=cart_v)
    confirming.confirm(user=table.member, post=table.post, cart_v=cart_v)
    states.order(by=table.host, post=table.post)
    states.arrive(by=table.member, post=table.post)
    assert fresh(table.post).state == State.ARRIVED


def test_canceling_says_by_whom_and_why(table: Table) -> None:
    post = states.cancel(by=table.host, post=table.post, note="가게가 쉬는 날이에요")
    assert (told(post)["by"], told(post)["reason"], told(post)["note"]) == (
        "user",
        "host",
        "가게가 쉬는 날이에요",
    )
    assert post.writable_until == post.canceled_at + timedelta(hours=24)
    assert not post.is_read_only(timezone.now())
    assert post.is_read_only(timezone.now() + timedelta(hours=25))


def test_an_operator_gives_a_reason(table: Table) -> None:
    operator = User.objects.create_superuser("운영자")
    with refused("FIELD_EMPTY", table.post):
        states.cancel(by=operator, post=table.post)
    states.cancel(by=operator, post=table.post, note="신고가 여러 건 들어왔어요")
    assert (told(table.post)["by"], told(table.post)["reason"]) == ("operator", "operator")


def test_only_what_nobody_answered_comes_back_and_for_a_day(table: Table) -> None:
    post = bring_to(table, "LOCKED")
    states.cancel(by=table.host, post=post)
    with refused("NOT_REVIVABLE", post):
        states.revive(by=table.host, post=post)
    Post.objects.update(cancel_reason="unanswered")
    with refused("NOT_REVIVABLE", post):
        states.revive(by=table.host, post=post, now=timezone.now() + timedelta(hours=25))
    for _ in range(2):
        states.revive(by=table.host, post=post)
    post = fresh(post)
    assert (post.state, post.cancel_reason, post.writable_until) == (State.LOCKED, "", None)
    assert told(post)["reason"] == "revived"


@pytest.mark.django_db(transaction=True)
def test_the_talk_of_an_order_that_is_over_ends_a_day_later_and_comes_back_with_it() -> None:
    table = make_table()
    post, now = table.post, timezone.now()
    chat.post(user=table.member, room=post.room, cid="a", body="배고파요")
    states.cancel(by=table.host, post=post)
    chat.post(user=table.member, room=post.room, cid="b", body="다음에 먹어요")
    Timeline.objects.update(writable_until=now)
    with pytest.raises(ChatError, match="READ_ONLY"):
        chat.post(user=table.member, room=post.room, cid="c", body="아무도 없나요")
    Post.objects.update(cancel_reason="unanswered")
    states.revive(by=table.host, post=post)
    chat.post(user=table.member, room=post.room, cid="d", body="왔다!")
