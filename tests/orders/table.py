"""A post and its people, and what its timeline says."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import pytest
from django.utils import timezone

from accounts.models import User
from chat.models import Entry
from orders import cart, confirming, posts, seats, states
from orders.models import Item, Post, Seat, State
from rooms import actions as rooms
from rooms.errors import RoomError
from rooms.models import Membership

NAMES = ["유리", "훈이", "수지", "봉미선", "신형만", "흰둥이", "원장", "나미리", "채성아", "치타"]


class Table(NamedTuple):
    """A post for 3 to 4: `host`, `member` and `guest` are in, `outsider` is not."""

    post: Post
    host: User
    member: User
    guest: User
    outsider: User
    code: str  # of an invitation


def values(**more: Any) -> dict[str, Any]:
    """What create_post takes besides the user."""
    at = timezone.now() + timedelta(hours=3)
    return {
        "title": "오늘 저녁 치킨",
        "shop": "교촌치킨 정문점",
        "category": "chicken",
        "meeting_at": at,
        "place": "기숙사 정문",
        "place_note": "비밀번호 1234",
        "min_people": 3,
        "capacity": 4,
        "min_order_won": 15_000,
        "fee_tiers": [[0, 4_000], [20_000, 0]],
        **more,
    }


def make_post(host: User, **more: Any) -> Post:
    return posts.create_post(user=host, **values(**more))


def make_table(**more: Any) -> Table:
    host, member, outsider = (User.objects.create_user(name) for name in ("짱구", "철수", "맹구"))
    post = make_post(host, **more)
    code = rooms.create_invitation(by=host, room=post.room, expires_in=None).code
    seats.join(user=member, post=post)
    guest = rooms.join_as_guest(code=code, nickname="손님", locale="ko").user
    return Table(fresh(post), host, member, guest, outsider, code)


def people(count: int) -> list[User]:
    return [User.objects.create_user(name) for name in NAMES[:count]]


def fresh(post: Post) -> Post:
    return Post.objects.select_related("room", "host").get(pk=post.pk)


def dish(by: User, post: Post, name: str = "허니콤보", unit_won: int = 9_000, **more: Any) -> Item:
    return cart.set_item(by=by, post=post, name=name, unit_won=unit_won, **more)


def bring_to(table: Table, state: str) -> Post:
    """The table's post in this state, everybody with a dish of 9,000 won and everything confirmed."""
    post, host = table.post, table.host
    path = [State.CLOSED, State.LOCKED, State.ORDERED, State.ARRIVED]
    for step in path[: path.index(State(state)) + 1]:
        if step == State.CLOSED:
            for person in (host, table.member, table.guest):
                dish(person, post)
            states.close(by=host, post=post)
        elif step == State.LOCKED:
            states.lock(by=host, post=post, cart_v=fresh(post).cart_v)
        elif step == State.ORDERED:
            for person in (table.member, table.guest):
                confirming.confirm(user=person, post=post, cart_v=fresh(post).cart_v)
            states.order(by=host, post=post)
        else:
            states.arrive(by=host, post=post)
    return fresh(post)


def entries(post: Post, *kinds: str) -> list[dict[str, Any]]:
    """The data of the timeline's entries of these kinds, in order, each with its kind and sender."""
    found = Entry.objects.filter(room_id=post.pk, kind__in=kinds).order_by("seq")
    return [{"kind": e.kind, "sender": e.sender_id, **e.data} for e in found]


def told(post: Post) -> dict[str, Any]:
    """What the timeline says of its last change of state."""
    return entries(post, "order.state")[-1]


def kinds_of(post: Post, after: int = 0) -> list[str]:
    return list(
        Entry.objects.filter(room_id=post.pk, seq__gt=after).order_by("seq").values_list("kind", flat=True)
    )


def head(post: Post) -> int:
    return Entry.objects.filter(room_id=post.pk).count()


def inside(post: Post) -> list[str]:
    """Who sits at this post, in order: its seats, its room and its count agree."""
    seated = Seat.objects.active().filter(post=post).by_standing()
    names = list(seated.values_list("user__nickname", flat=True))
    members = Membership.objects.active().filter(room=post.room_id).by_standing()
    assert names == list(members.values_list("user__nickname", flat=True))
    assert fresh(post).seats_taken == len(names)
    return names


@contextmanager
def refused(code: str, post: Post | None = None) -> Iterator[Any]:
    """The block is refused with this code, and wrote no entry."""
    before = head(post) if post else 0
    with pytest.raises(RoomError) as info:
        yield info
    assert info.value.code == code
    assert str(info.value.detail)
    if post:
        assert head(post) == before


def seoul(text: str) -> datetime:
    return timezone.make_aware(datetime.fromisoformat(text))
