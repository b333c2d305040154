"""Polls: opened by members, voted on, closed, applied. What a poll is for stands in PRODUCT.md, the row "polls"."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from chat import reading
from orders import ballots, clock, polls, seats, states
from orders.models import Poll, Vote
from rooms import actions as rooms
from tests.orders.table import Table, bring_to, dish, entries, fresh, kinds_of, refused

PLACES = ["정문", "후문", "도서관 앞"]


def ask(table: Table, field: str = "place", options: Any = PLACES, **more: Any) -> Poll:
    by = more.pop("by", table.member)
    question = "" if field else more.pop("question", "음료는 뭘로 할까요?")
    return polls.open_poll(by=by, post=table.post, field=field, options=options, question=question, **more)


def votes(table: Table, poll: Poll, *choices: int | None) -> None:
    """Of the host, the member and the guest."""
    for user, choice in zip((table.host, table.member, table.guest), choices, strict=False):
        if choice is not None:
            polls.vote(user=user, post=table.post, poll=poll.pk, choice=choice)


def close(table: Table, poll: Poll) -> Poll:
    return polls.close_poll(by=table.host, post=table.post, poll=poll.pk)


def apply(table: Table, poll: Poll, **more: Any) -> Poll:
    more = {"post_v": fresh(table.post).post_v, **more}
    return polls.apply(by=table.host, post=table.post, poll=poll.pk, **more)


def in_hours(*hours: float) -> list[Any]:
    return [timezone.now() + timedelta(hours=each) for each in hours]


def test_a_member_asks_and_everybody_is_told(table: Table) -> None:
    poll = ask(table)
    told = entries(table.post, "order.poll")[-1]
    assert (told["sender"], told["poll"], told["field"]) == (table.member.pk, poll.pk, "place")
    assert told["options"] == PLACES
    before = reading.summaries(table.host.pk, [table.post.pk])[table.post.pk].unread
    votes(table, poll, None, 1, 1)
    assert kinds_of(table.post)[-2:] == ["order.vote", "order.vote"]
    after = reading.summaries(table.host.pk, [table.post.pk])[table.post.pk].unread
    assert before == after > 0, "the poll counts as unread, votes do not"


def test_one_open_poll_per_field(table: Table) -> None:
    ask(table)
    with refused("POLL_OPEN", table.post):
        ask(table, by=table.guest)
    ask(table, "shop", ["교촌", "BBQ"])
    ask(table, "", ["콜라", "사이다"])
    ask(table, "", ["콜라", "사이다"])
    with pytest.raises(IntegrityError), transaction.atomic():
        Poll.objects.create(post=table.post, field="place", options=["a", "b"], opened_by=table.host)


def test_change_of_mind_until_it_closes(table: Table) -> None:
    poll = ask(table)
    votes(table, poll, 0, 0, 1)
    votes(table, poll, 1)
    assert entries(table.post, "order.vote")[-1]["tally"] == [1, 2, 0]
    polls.vote(user=table.host, post=table.post, poll=poll.pk, choice=None)
    assert entries(table.post, "order.vote")[-1]["tally"] == [1, 1, 0]
    assert entries(table.post, "order.vote")[-1]["op"] == "retract"
    close(table, poll)
    with refused("POLL_CLOSED", table.post):
        votes(table, poll, 2)


def test_the_same_choice_again_changes_nothing(table: Table) -> None:
    poll = ask(table)
    votes(table, poll, 1)
    before = len(kinds_of(table.post))
    votes(table, poll, 1)
    polls.vote(user=table.guest, post=table.post, poll=poll.pk, choice=None)
    assert len(kinds_of(table.post)) == before
    key = uuid4()
    first = ask(table, "", ["콜라", "사이다"], request_key=key)
    assert ask(table, "", ["콜라", "사이다"], request_key=key) == first


def test_closing_freezes_the_votes_of_those_who_are_present(table: Table) -> None:
    poll = ask(table)
    votes(table, poll, 0, 1, 1)
    seats.leave(user=table.guest, post=table.post)
    closed = close(table, poll)
    assert (closed.tally, closed.winner) == ([1, 1, 0], None), "who left does not count"
    told = entries(table.post, "order.vote")[-1]
    assert (told["op"], told["tally"], told["result"]) == ("close", [1, 1, 0], "tied")
    before = len(kinds_of(table.post))
    assert close(table, poll).tally == [1, 1, 0]
    assert len(kinds_of(table.post)) == before, "a double tap is harmless"


def test_who_left_and_comes_back_votes_anew(table: Table) -> None:
    poll = ask(table)
    votes(table, poll, 0, 1, 1)
    seats.leave(user=table.guest, post=table.post)
    rooms.join_by_invitation(user=table.guest, code=table.code)
    assert ballots.tally(poll) == [1, 1, 0]


def test_who_was_kicked_has_no_vote(table: Table) -> None:
    poll = ask(table)
    votes(table, poll, 0, 1, 1)
    seats.remove(by=table.host, post=table.post, user=table.member)
    assert close(table, poll).tally == [1, 0 + 1, 0]
    for user in (table.member, table.outsider):
        with refused("NOT_MEMBER", table.post):
            polls.vote(user=user, post=table.post, poll=poll.pk, choice=0)
        with refused("NOT_MEMBER", table.post):
            ask(table, by=user)


def test_the_host_picks_among_the_tied(table: Table) -> None:
    poll = ask(table)
    votes(table, poll, 0, 1)
    close(table, poll)
    with refused("NOT_TIED", table.post):
        apply(table, poll)
    with refused("NOT_TIED", table.post):
        apply(table, poll, choice=2)
    assert apply(table, poll, choice=1).winner == 1
    assert fresh(table.post).place == "후문"


def test_a_past_time_cannot_win(table: Table) -> None:
    early, late = in_hours(1, 2)
    poll = ask(table, "meeting_at", [early, late])
    votes(table, poll, 0, 0, 1)
    later = early + timedelta(minutes=1)
    with refused("OPTION_PAST", table.post):
        polls.vote(user=table.guest, post=table.post, poll=poll.pk, choice=0, now=later)
    closed = polls.close_poll(by=table.host, post=table.post, poll=poll.pk, now=later)
    assert (closed.tally, closed.winner) == ([2, 1], 1)


def test_a_time_that_won_and_went_by_is_refused_when_applied(table: Table) -> None:
    early, late = in_hours(1, 2)
    poll = ask(table, "meeting_at", [early, late])
    votes(table, poll, 0)
    close(table, poll)
    with refused("MEETING_PAST", table.post):
        apply(table, poll, now=early + timedelta(minutes=1))


def test_applying_runs_the_edit_verb(table: Table) -> None:
    (at,) = in_hours(4)
    old = table.post.meeting_at - table.post.deadline_at
    poll = ask(table, "meeting_at", [at, at + timedelta(hours=1)])
    votes(table, poll, 0, 0)
    close(table, poll)
    with refused("STALE", table.post):
        apply(table, poll, post_v=0)
    with refused("NOT_HOST", table.post):
        polls.apply(by=table.member, post=table.post, poll=poll.pk)
    apply(table, poll)
    post = fresh(table.post)
    assert (post.meeting_at, post.meeting_at - post.deadline_at) == (at, old), (
        "the deadline keeps its distance"
    )
    assert kinds_of(table.post)[-2:] == ["order.post", "order.vote"]
    assert entries(table.post, "order.post")[-1]["source"] == "poll"
    before = len(kinds_of(table.post))
    apply(table, poll)
    assert len(kinds_of(table.post)) == before


def test_a_new_shop_asks_what_becomes_of_the_dishes(table: Table) -> None:
    dish(table.member, table.post)
    poll = ask(table, "shop", ["BBQ", "BHC"])
    votes(table, poll, 0)
    close(table, poll)
    with refused("CART_NOT_EMPTY", table.post):
        apply(table, poll)
    assert Poll.objects.get(pk=poll.pk).applied_at is None
    apply(table, poll, empty_cart=True)
    assert (fresh(table.post).shop, table.post.items.exists()) == ("BBQ", False)


def test_nobody_has_voted(table: Table) -> None:
    poll = ask(table)
    assert close(table, poll).winner is None
    assert entries(table.post, "order.vote")[-1]["result"] == "none"
    with refused("POLL_EMPTY", table.post):
        apply(table, poll)


def test_only_the_host_or_who_opened_it_closes(table: Table) -> None:
    poll = ask(table)
    with refused("POLL_STILL_OPEN", table.post):
        apply(table, poll)
    with refused("NOT_OPENER", table.post):
        polls.close_poll(by=table.guest, post=table.post, poll=poll.pk)
    assert not polls.close_poll(by=table.member, post=table.post, poll=poll.pk).is_open


def test_locked_closes_bound_polls(table: Table) -> None:
    bring_to(table, "CLOSED")
    bound, free = ask(table), ask(table, "", ["콜라", "사이다"])
    votes(table, bound, 0, 0, 1)
    states.lock(by=table.host, post=table.post, cart_v=fresh(table.post).cart_v)
    assert kinds_of(table.post)[-2:] == ["order.vote", "order.state"]
    bound.refresh_from_db()
    assert (bound.is_open, bound.tally) == (False, [2, 1, 0])
    votes(table, free, 0)
    with refused("WRONG_STATE", table.post):
        ask(table, "shop", ["BBQ", "BHC"])
    with refused("EDIT_LOCKED", table.post):
        apply(table, bound)


def test_a_canceled_order_keeps_free_polls_until_it_is_read_only(table: Table) -> None:
    bound, free = ask(table), ask(table, "", ["콜라", "사이다"])
    states.cancel(by=table.host, post=table.post)
    assert not Poll.objects.get(pk=bound.pk).is_open
    votes(table, free, 0)
    later = timezone.now() + timedelta(hours=25)
    for verb in (
        lambda: polls.vote(user=table.host, post=table.post, poll=free.pk, choice=1, now=later),
        lambda: polls.close_poll(by=table.host, post=table.post, poll=free.pk, now=later),
        lambda: ask(table, "", ["a", "b"], now=later),
    ):
        with refused("READ_ONLY", table.post):
            verb()


def test_the_clock_closes_a_poll_with_an_end(table: Table) -> None:
    end = timezone.now() + timedelta(minutes=30)
    poll = ask(table, closes_at=end)
    votes(table, poll, 2)
    assert fresh(table.post).due_at == end
    clock.run_due(end - timedelta(seconds=1))
    assert Poll.objects.get(pk=poll.pk).is_open
    clock.run_due(end)
    clock.run_due(end)
    poll.refresh_from_db()
    assert (poll.closed_at, poll.winner, fresh(table.post).polls_due_at) == (end, 2, None)
    assert [e["sender"] for e in entries(table.post, "order.vote") if e["op"] == "close"] == [None]


def test_a_guest_who_becomes_an_account_that_voted_too_has_one_vote(table: Table) -> None:
    poll = ask(table)
    seats.join(user=table.outsider, post=table.post)
    votes(table, poll, None, None, 1)
    polls.vote(user=table.outsider, post=table.post, poll=poll.pk, choice=2)
    polls.merge(table.post, table.guest, table.outsider)
    assert list(Vote.objects.filter(poll=poll).values_list("user", "choice")) == [(table.outsider.pk, 2)]
