"""Polls at the same moment, from threads with connections of their own; and what operators do about them."""

from typing import Any

import pytest
from django.db import transaction

from accounts.models import AuditEntry, User
from orders import ballots, polls
from orders.models import Notification, Poll, Vote
from tests.orders.table import Table, entries, fresh, make_table
from tests.orders.test_admin import act
from tests.orders.test_polls import PLACES, ask
from tests.orders.test_seat_races import at_once
from tests.rooms.cast import signed_in


@pytest.mark.django_db(transaction=True)
def test_of_those_who_open_a_poll_about_the_same_at_one_moment_one_does() -> None:
    table = make_table()
    users = [table.host, table.member, table.guest] * 3
    came = at_once(*[lambda u=user: ask(table, by=u) for user in users])
    assert sorted(map(str, came)).count("POLL_OPEN") == len(users) - 1
    assert Poll.objects.count() == len(entries(table.post, "order.poll")) == 1


@pytest.mark.django_db(transaction=True)
def test_votes_at_one_moment_with_the_closing_are_all_counted_or_refused() -> None:
    table = make_table()
    poll = ask(table)
    everybody = [table.host, table.member, table.guest]
    came = at_once(
        *[
            lambda u=user, c=choice: polls.vote(user=u, post=table.post, poll=poll.pk, choice=c)
            for user in everybody
            for choice in (0, 1, 0, 2)
        ],
        lambda: polls.close_poll(by=table.host, post=table.post, poll=poll.pk),
    )
    assert {answer for answer in came if isinstance(answer, str)} <= {"POLL_CLOSED"}
    poll.refresh_from_db()
    assert Vote.objects.filter(poll=poll).count() == sum(poll.tally) <= 3
    told = entries(table.post, "order.vote")
    assert told[-1]["op"] == "close", "nothing after the closing"
    assert told[-1]["tally"] == poll.tally == ballots.tally(poll)
    choices: dict[int, int] = {}
    for entry in told[:-1]:
        choices[entry["sender"]] = entry["choice"]
        counted = [list(choices.values()).count(place) for place in range(len(PLACES))]
        assert entry["tally"] == counted, "each entry has the votes as they stood after it"


@pytest.mark.django_db(transaction=True)
def test_a_double_tap_on_apply_edits_the_post_once() -> None:
    table = make_table()
    poll = ask(table)
    polls.vote(user=table.host, post=table.post, poll=poll.pk, choice=1)
    polls.close_poll(by=table.host, post=table.post, poll=poll.pk)
    version = fresh(table.post).post_v
    at_once(
        *[lambda: polls.apply(by=table.host, post=table.post, poll=poll.pk, post_v=version) for _ in range(4)]
    )
    assert len(entries(table.post, "order.post")) == 1
    assert [entry["op"] for entry in entries(table.post, "order.vote")].count("apply") == 1
    assert Notification.objects.filter(code="changed", user=table.member).count() == 1


def test_a_vote_stands_or_falls_with_its_entry(table: Table) -> None:
    poll = ask(table)
    point = transaction.savepoint()
    polls.vote(user=table.host, post=table.post, poll=poll.pk, choice=1)
    transaction.savepoint_rollback(point)
    assert not Vote.objects.exists()
    assert not entries(table.post, "order.vote")


def test_an_operator_closes_a_poll_with_a_reason_that_is_kept(table: Table, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = False
    poll = ask(table)
    polls.vote(user=table.host, post=table.post, poll=poll.pk, choice=1)
    operator = signed_in(User.objects.create_superuser("operator", "chopsticks-and-rice"))
    page = operator.get(f"/admin/orders/poll/{poll.pk}/change/").content.decode()
    assert "짱구" in page
    assert operator.get(f"/admin/orders/poll/?q={table.post.public_id}").status_code == 200
    act(operator, "orders_poll", "close", poll, reason="욕설이 있어요")
    assert not Poll.objects.get(pk=poll.pk).is_open
    assert AuditEntry.objects.get().reason == "욕설이 있어요"
