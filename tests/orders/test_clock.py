"""What time does to posts, with a clock that tests turn."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from accounts.models import User
from chat import actions as chat
from orders import cart, clock, plan, posts, seats, states
from orders.models import Post, State
from tests.orders.table import Table, bring_to, dish, entries, fresh, head, make_post, make_table, refused

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def at(moment: datetime, post: Post) -> Post:
    """The clock looks at this moment, and sees all that is due."""
    clock.run_due(moment)
    return fresh(post)


def notices(post: Post) -> list[str]:
    return [entry["code"] for entry in entries(post, "order.notice")]


def told(post: Post) -> tuple[str, str, str]:
    last = entries(post, "order.state")[-1]
    assert last["sender"] is None
    return last["to"], last["by"], last["reason"]


def test_at_the_deadline_a_post_with_enough_people_closes(table: Table) -> None:
    deadline = fresh(table.post).deadline_at
    assert at(deadline - timedelta(seconds=1), table.post).state == State.RECRUITING
    post = at(deadline, table.post)
    assert (post.state, told(post)) == (State.CLOSED, ("CLOSED", "clock", ""))


def test_at_the_deadline_a_post_with_too_few_is_canceled(table: Table) -> None:
    seats.leave(user=table.member, post=table.post)
    deadline = fresh(table.post).deadline_at
    post = at(deadline, table.post)
    assert told(post) == ("CANCELED", "clock", "short")
    assert post.writable_until == deadline + timedelta(hours=24)
    assert post.due_at is None


def test_before_the_deadline_who_is_missing_is_told_once(table: Table) -> None:
    deadline = fresh(table.post).deadline_at
    at(deadline - 10 * MINUTE, table.post)
    assert notices(table.post) == [], "there are enough"
    other = make_post(table.outsider, deadline_at=deadline)
    for _ in range(2):
        at(deadline - 9 * MINUTE, other)
    (notice,) = entries(other, "order.notice")
    assert notice["args"] == {"n": 1, "of": 3, "at": deadline.isoformat()}


def test_a_closed_post_whose_host_is_silent_is_canceled(table: Table) -> None:
    states.close(by=table.host, post=table.post)
    meeting = fresh(table.post).meeting_at
    assert at(meeting + 29 * MINUTE, table.post).state == State.CLOSED
    post = at(meeting + 30 * MINUTE, table.post)
    assert told(post) == ("CANCELED", "clock", "silent")


@pytest.mark.django_db(transaction=True)
def test_a_host_who_talks_is_not_silent() -> None:
    table = make_table(meeting_at=timezone.now() + 2 * MINUTE, deadline_at=timezone.now() + MINUTE)
    states.close(by=table.host, post=table.post)
    # The meeting was 40 minutes ago; the host spoke just now.
    long_ago = timezone.now() - 40 * MINUTE
    Post.objects.update(meeting_at=long_ago, deadline_at=long_ago - HOUR, due_at=timezone.now())
    chat.post(user=table.host, room=table.post.room, cid="late", body="지금 가요!")
    now = timezone.now()
    post = at(now, table.post)
    assert post.state == State.CLOSED
    assert post.host_seen_at is not None
    half_an_hour_later = post.host_seen_at + 30 * MINUTE
    assert at(half_an_hour_later - timedelta(seconds=1), table.post).state == State.CLOSED
    assert at(half_an_hour_later, table.post).state == State.CANCELED


def test_a_locked_post_is_asked_then_canceled_and_may_be_revived(table: Table) -> None:
    post = bring_to(table, "LOCKED")
    at(post.meeting_at + 30 * MINUTE, post)
    assert entries(post, "order.notice")[-1]["args"] == {"at": (post.meeting_at + 6 * HOUR).isoformat()}
    assert at(post.meeting_at + 6 * HOUR - MINUTE, post).state == State.LOCKED
    over = at(post.meeting_at + 6 * HOUR, post)
    assert told(over) == ("CANCELED", "clock", "unanswered")
    back = states.revive(by=table.host, post=post, now=post.meeting_at + 7 * HOUR)
    assert back.due_at is not None
    assert at(post.meeting_at + 8 * HOUR, post).state == State.LOCKED


def test_who_has_not_chosen_or_confirmed_is_named_once(table: Table) -> None:
    states.close(by=table.host, post=table.post)
    dish(table.host, table.post, unit_won=20_000)
    for minutes in (10, 11, 15):
        at(timezone.now() + minutes * MINUTE, table.post)
    (notice,) = entries(table.post, "order.notice")
    assert (notice["code"], notice["args"]) == ("choose", {"users": [table.member.pk, table.guest.pk]})
    for person in (table.member, table.guest):
        cart.sit_out(by=person, post=table.post)
    states.lock(by=table.host, post=table.post, cart_v=fresh(table.post).cart_v)
    at(timezone.now() + 10 * MINUTE, table.post)
    assert notices(table.post) == ["choose"], "who sits out has nothing to confirm"


def test_an_ordered_post_reminds_of_shares_and_the_meeting_and_arrives_after_three_hours(
    table: Table,
) -> None:
    post = bring_to(table, "ORDERED")
    at(timezone.now() + 10 * MINUTE, post)
    at(post.meeting_at - 10 * MINUTE, post)
    assert notices(post) == ["issue_shares", "meeting_soon"]
    assert at(post.meeting_at + 3 * HOUR - MINUTE, post).state == State.ORDERED
    assert told(at(post.meeting_at + 3 * HOUR, post)) == ("ARRIVED", "clock", "")


def test_two_weeks_later_an_unsettled_order_is_done(table: Table) -> None:
    post = bring_to(table, "ARRIVED")
    post = at(timezone.now() + timedelta(days=15), post)
    assert told(post) == ("DONE", "clock", "unsettled")
    assert post.due_at is None


def test_issued_shares_count_the_two_weeks_anew(table: Table) -> None:
    post = bring_to(table, "ARRIVED")
    issued = timezone.now() + timedelta(days=3)
    Post.objects.update(shares_issued_at=issued, share_v=1)
    assert at(issued + timedelta(days=13), post).state == State.ARRIVED
    assert at(issued + timedelta(days=14), post).state == State.DONE


# --- clocks that die, come late, or are two ---------------------------------------------------------------------


def test_after_a_time_without_a_clock_all_is_done_in_order(table: Table) -> None:
    meeting = fresh(table.post).meeting_at
    post = at(meeting + timedelta(days=2), table.post)
    assert [e["to"] for e in entries(post, "order.state")] == ["RECRUITING", "CLOSED", "CANCELED"]
    assert notices(post) == [], "reminders that are two days late help nobody"


def test_a_host_has_time_to_answer_even_if_the_clock_was_late_to_ask(table: Table) -> None:
    post = bring_to(table, "LOCKED")
    late = post.meeting_at + 9 * HOUR
    assert at(late, post).state == State.LOCKED
    assert entries(post, "order.notice")[-1]["args"] == {"at": (late + HOUR).isoformat()}
    assert at(late + HOUR, post).state == State.CANCELED


def test_what_a_dead_clock_had_claimed_comes_up_again(table: Table) -> None:
    deadline = fresh(table.post).deadline_at
    due = fresh(table.post).due_at
    assert due is not None
    assert clock.claim(table.post.pk, due, deadline)
    assert at(deadline, table.post).state == State.RECRUITING, "claimed by a clock that died"
    assert at(deadline + clock.LEASE, table.post).state == State.CLOSED


def test_one_bad_post_does_not_stop_the_others(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    deadline = fresh(table.post).deadline_at
    other = make_post(table.outsider, deadline_at=deadline - 11 * MINUTE)
    look = clock.look

    def stumble(pk: int, now: datetime) -> None:
        if pk == other.pk:
            raise RuntimeError("bad")
        look(pk, now)

    monkeypatch.setattr(clock, "look", stumble)
    assert at(deadline, table.post).state == State.CLOSED


@pytest.mark.django_db(transaction=True)
def test_two_clocks_do_no_harm() -> None:
    table = make_table()
    some = [make_post(User.objects.create_user(f"사람 {n}")) for n in range(8)]
    latest = max(fresh(post).deadline_at for post in (*some, table.post)) + MINUTE
    start = threading.Barrier(4)

    def run() -> int:
        start.wait()
        try:
            return clock.run_due(latest)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        claimed = [future.result(timeout=30) for future in [pool.submit(run) for _ in range(4)]]
    assert sum(claimed) == 9, "each post was one clock's"
    assert fresh(table.post).state == State.CLOSED
    for post in some:
        assert [e["to"] for e in entries(post, "order.state")] == ["RECRUITING", "CANCELED"]


@pytest.mark.django_db(transaction=True)
def test_looking_twice_at_one_moment_changes_a_post_once() -> None:
    table = make_table()
    deadline = fresh(table.post).deadline_at

    def run() -> None:
        try:
            clock.look(table.post.pk, deadline)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        for future in [pool.submit(run) for _ in range(4)]:
            future.result(timeout=30)
    assert [e["to"] for e in entries(table.post, "order.state")] == ["RECRUITING", "CLOSED"]


def test_a_look_is_bounded_and_the_oldest_come_first(table: Table) -> None:
    deadline = fresh(table.post).deadline_at
    make_post(table.outsider, deadline_at=deadline + MINUTE)
    assert clock.run_due(deadline + 2 * MINUTE, limit=1) == 1
    assert fresh(table.post).due_at != deadline


def test_the_clock_sleeps_until_the_next_post_is_due_but_never_long(table: Table) -> None:
    due = fresh(table.post).due_at
    assert due is not None
    assert clock.seconds_to_next(due - timedelta(seconds=2)) == pytest.approx(2)
    assert clock.seconds_to_next(due - HOUR) == clock.LONGEST_NAP
    assert clock.seconds_to_next(due + HOUR) == 0
    Post.objects.update(due_at=None)
    assert clock.seconds_to_next(due) == clock.LONGEST_NAP


def test_a_verb_that_changes_the_time_wakes_the_clock_for_it(table: Table) -> None:
    post = fresh(table.post)
    early = timezone.now() + 20 * MINUTE
    posts.edit_post(by=table.host, post=post, post_v=1, changes={"deadline_at": early})
    assert fresh(post).due_at == early - 10 * MINUTE
    assert at(early, post).state == State.CLOSED


def test_a_quiet_look_writes_nothing(table: Table) -> None:
    before = head(table.post)
    for post in (table.post, bring_to(make_table_of_others(), "LOCKED")):
        clock.look(post.pk, timezone.now())
    assert head(table.post) == before


def make_table_of_others() -> Table:
    names: Any = iter(["훈이", "수지", "유리"])
    host, member, outsider = (User.objects.create_user(name) for name in names)
    post = make_post(host, min_people=2)
    seats.join(user=member, post=post)
    guest = User.objects.create_guest("다른 손님")
    link = seats.rooms.create_invitation(by=host, room=post.room, expires_in=None)
    seats.rooms.join_by_invitation(user=guest, code=link.code)
    return Table(post, host, member, guest, outsider, link.code)


def test_every_due_is_a_change_or_a_notice_that_the_clock_knows(table: Table) -> None:
    for state in State:
        post = fresh(table.post)
        post.state = state
        for due in plan.agenda(post):
            assert due.what in (clock._NOTICES if due.notice else clock._CHANGES)


@pytest.mark.django_db(transaction=True)
def test_the_command_does_what_is_due_and_ends() -> None:
    table = make_table()
    Post.objects.update(due_at=timezone.now() - MINUTE, deadline_at=timezone.now() - MINUTE)
    call_command("clock", "--once")
    assert fresh(table.post).state == State.CLOSED
    with refused("POST_CLOSED"):
        seats.join(user=table.outsider, post=table.post)


@pytest.mark.django_db
def test_one_look_goes_on_while_posts_and_reminders_together_are_more_than_a_batch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    left = [clock.BATCH + 3, clock.BATCH, 2]
    monkeypatch.setattr(clock, "run_due", lambda: left.pop(0))
    call_command("clock", "--once")
    assert not left
