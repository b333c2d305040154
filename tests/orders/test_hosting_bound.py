"""Taking an order over counts as hosting it: the bound of posts holds for both ways."""

from datetime import timedelta

from django.utils import timezone

from orders import seats
from orders.bounds import POSTS_MAX, UNPAID_AFTER
from orders.models import Due
from tests.orders.settling import bring_to_shares
from tests.orders.table import Table, fresh, make_post, people, refused


def test_who_hosts_as_many_as_one_may_takes_over_no_other(table: Table) -> None:
    posts = [make_post(table.member) for _ in range(POSTS_MAX)]
    seats.offer_host(by=table.host, post=table.post, to=table.member)
    with refused("TOO_MANY_POSTS", table.post):
        seats.accept_host(user=table.member, post=table.post)
    assert fresh(table.post).host == table.host
    seats.join(user=table.outsider, post=posts[0])
    seats.offer_host(by=table.member, post=posts[0], to=table.outsider)
    seats.accept_host(user=table.outsider, post=posts[0])
    seats.accept_host(user=table.member, post=table.post)
    assert fresh(table.post).host == table.member


def test_who_has_not_paid_does_not_wait_for_a_seat_either_and_is_passed_over(table: Table) -> None:
    bring_to_shares(table)
    other = make_post(table.outsider, capacity=2, min_people=2)
    first, second = people(2)
    seats.join(user=first, post=other)
    seats.wait(user=table.member, post=other)
    seats.wait(user=second, post=other)
    Due.objects.update(unclaimed_since=timezone.now() - UNPAID_AFTER - timedelta(minutes=1))
    third = make_post(second, capacity=2, min_people=2)
    seats.join(user=table.outsider, post=third)
    with refused("UNPAID", third):
        seats.wait(user=table.member, post=third)
    seats.leave(user=first, post=other)
    assert other.seats.active().filter(user=second).exists()
    assert not other.waits.active().exists()
