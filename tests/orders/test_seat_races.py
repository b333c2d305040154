"""Verbs at the same moment, from threads with connections of their own, on the real database."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from accounts.models import User
from orders import cart, posts, seats, states
from orders.models import Post, Seat, Wait
from rooms import actions as rooms
from rooms.errors import RoomError
from rooms.models import Membership
from tests.orders.table import dish, fresh, make_post, make_table, people, values

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*verbs: Callable[[], Any]) -> list[Any]:
    """What each returned, or the code it was refused with; anything else, a deadlock too, fails the test."""
    start = threading.Barrier(len(verbs))

    def run(verb: Callable[[], Any]) -> Any:
        start.wait()  # the pool of connections is smaller than the crowd: they queue there, as they do in a worker
        try:
            return verb()
        except RoomError as refused:
            return refused.code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(verbs)) as pool:
        return [future.result(timeout=60) for future in [pool.submit(run, verb) for verb in verbs]]


def seated(post: Post) -> int:
    count = Seat.objects.active().filter(post=post).count()
    assert fresh(post).seats_taken == count == Membership.objects.active().filter(room=post.room_id).count()
    return count


def crowd(size: int) -> list[User]:
    names = [f"사람 {n}" for n in range(size)]
    return User.objects.bulk_create(User(nickname=n, username=n, password="!") for n in names)


def test_of_200_people_who_race_for_3_seats_exactly_3_get_in() -> None:
    host = User.objects.create_user("짱구")
    post = make_post(host, capacity=4)
    came = at_once(*[lambda u=user: seats.join(user=u, post=post) for user in crowd(200)])
    answers = Counter(answer if isinstance(answer, str) else "in" for answer in came)
    assert answers == {"in": 3, "POST_FULL": 197}
    assert seated(post) == 4


def test_by_every_entrance_at_once_no_seat_is_given_twice() -> None:
    host = User.objects.create_user("짱구")
    post = make_post(host, capacity=6)
    code = rooms.create_invitation(by=host, room=post.room, expires_in=None).code
    some = crowd(20)
    came = at_once(
        *[lambda u=user: seats.join(user=u, post=post) for user in some[:10]],
        *[lambda u=user: rooms.join_by_invitation(user=u, code=code) for user in some[10:]],
        *[lambda n=n: rooms.join_as_guest(code=code, nickname=f"손님 {n}", locale="ko") for n in range(10)],
    )
    assert Counter(isinstance(answer, str) for answer in came) == {False: 5, True: 25}
    assert seated(post) == 6
    assert User.objects.filter(is_guest=True).count() == Seat.objects.filter(user__is_guest=True).count()


def test_a_double_tap_joins_once_posts_once_and_adds_one_dish() -> None:
    host, tapper = User.objects.create_user("짱구"), User.objects.create_user("철수")
    key, given = uuid4(), values()
    made = at_once(*[lambda: posts.create_post(user=host, request_key=key, **given)] * 4)
    assert len({post.pk for post in made}) == 1
    post = made[0]
    joined = at_once(*[lambda: seats.join(user=tapper, post=post)] * 5)
    assert len({seat.pk for seat in joined}) == 1
    dishes = at_once(*[lambda: dish(tapper, post, request_key=key)] * 5)
    assert len({item.pk for item in dishes}) == 1
    assert (seated(post), fresh(post).cart_v) == (2, 1)


def test_the_last_seat_and_closing_at_one_moment_agree() -> None:
    table = make_table()
    came, closed = at_once(
        lambda: seats.join(user=table.outsider, post=table.post),
        lambda: states.close(by=table.host, post=table.post),
    )
    assert not isinstance(closed, str)
    assert (seated(table.post) == 4) == (came != "POST_CLOSED")


def test_who_leaves_and_who_waits_at_one_moment_leave_no_seat_empty() -> None:
    table = make_table()
    last, *waiters = people(4)
    seats.join(user=last, post=table.post)
    at_once(
        lambda: seats.leave(user=table.member, post=table.post),
        lambda: seats.leave(user=table.guest, post=table.post),
        *[lambda u=user: seats.wait(user=u, post=table.post) for user in waiters],
    )
    for user in waiters:  # whom the leaver was faster than sees a free seat, and takes it
        at_once(lambda u=user: seats.join(user=u, post=table.post))
    assert seated(table.post) == 4
    assert Wait.objects.active().count() <= 1


def test_a_kick_racing_a_join_and_many_more_never_deadlock() -> None:
    table = make_table(capacity=8, min_people=2)
    post, host = table.post, table.host
    other = make_post(table.outsider, capacity=8)
    some = people(6)

    def come_and_go(user: User) -> None:
        for where in (post, other, post):
            for verb in (seats.join, seats.wait, seats.leave, seats.unwait):
                try:
                    verb(user=user, post=where)
                except RoomError:
                    pass

    def kick(by: User, where: Post) -> None:
        for user in (*some, *reversed(some)):
            try:
                seats.remove(by=by, post=where, user=user)
            except RoomError:
                pass

    def edit() -> None:
        for capacity in (7, 8, 7, 8):
            try:
                posts.edit_post(by=host, post=post, post_v=None, changes={"capacity": capacity})
                dish(host, post, qty=capacity)
            except RoomError:
                pass

    at_once(
        *[lambda u=user: come_and_go(u) for user in some],
        lambda: kick(host, post),
        lambda: kick(table.outsider, other),
        edit,
        lambda: [cart.sit_out(by=table.member, post=post), cart.sit_in(user=table.member, post=post)],
    )
    seated(post)
    seated(other)


def test_a_host_who_hands_over_while_being_offered_elsewhere_is_one_host() -> None:
    table = make_table()
    seats.offer_host(by=table.host, post=table.post, to=table.member)
    at_once(
        lambda: seats.accept_host(user=table.member, post=table.post),
        lambda: seats.offer_host(by=table.host, post=table.post, to=None),
        lambda: states.close(by=table.host, post=table.post),
    )
    hosts = Membership.objects.active().filter(room=table.post.room_id, role="host")
    assert [stay.user_id for stay in hosts] == [fresh(table.post).host_id]
