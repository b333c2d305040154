"""The verbs about a post's fields: make, edit, make again. Its states are in orders/states.py."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from orders import bounds, dishes, fields, seats, times
from orders.debts import check_paid
from orders.errors import OrderError
from orders.kinds import OrderPost, OrderState
from orders.locking import check_host, check_post_v, check_state, lock_post, moment, save, write
from orders.models import OVER, Post, Seat, State
from rooms import actions as rooms
from rooms.models import Membership

FIELDS: Final = (
    "shop", "category", "meeting_at", "deadline_at", "place", "place_note",
    "min_people", "capacity", "min_order_won", "fee_tiers",
)  # fmt: skip
AFTER_LOCKING: Final = {"meeting_at", "place_note"}
_TEXTS: Final = {
    "shop": (bounds.SHOP_MAX, True),
    "place": (bounds.PLACE_MAX, True),
    "place_note": (bounds.PLACE_NOTE_MAX, False),
}


@transaction.atomic
def create_post(
    *,
    user: User,
    title: str,
    shop: str,
    category: str,
    meeting_at: datetime,
    place: str,
    min_people: int,
    capacity: int,
    deadline_at: datetime | None = None,
    place_note: str = "",
    min_order_won: int = 0,
    fee_tiers: Sequence[Sequence[int]] = (),
    request_key: UUID | None = None,
    now: datetime | None = None,
) -> Post:
    """A new post with a room of its own and `user` as its host. Without a deadline it gets the usual one.

    A second call with the same `request_key` returns the first post. Raises OrderError GUEST_HOST, TOO_MANY_POSTS,
    UNPAID, FIELD_…, CATEGORY, PEOPLE, WON, FEE_TIERS, MEETING_…, DEADLINE; RoomError TITLE_…, INACTIVE, TOO_MANY_ROOMS.
    """
    now = moment(now)
    user = rooms.lock_user(user)
    if user.is_guest:
        raise OrderError("GUEST_HOST")
    if request_key and (
        made := Post.objects.filter(room__created_by=user, room__request_key=request_key).first()
    ):
        return made
    deadline_at = deadline_at or times.default_deadline(meeting_at, now)
    fields.meeting(meeting_at, now)
    fields.deadline(deadline_at, meeting_at, now)
    fields.people(min_people, capacity)
    values = {
        "shop": shop, "category": category, "meeting_at": meeting_at, "place": place, "place_note": place_note,
        "min_people": min_people, "capacity": capacity, "min_order_won": min_order_won, "fee_tiers": fee_tiers,
        "deadline_at": deadline_at,
    }  # fmt: skip
    if Post.objects.filter(host=user).exclude(state__in=OVER).count() >= bounds.POSTS_MAX:
        raise OrderError("TOO_MANY_POSTS")
    check_paid(user, now)
    room = rooms.create_room(user=user, title=title, request_key=request_key)
    post = Post(room=room, host=user, created_at=now, state_at=now, **clean(values))
    save(post)
    membership = Membership.objects.active().get(room=room, user=user)
    Seat.objects.create(membership=membership, post=post, user=user)
    write(post, user, OrderState(v=post.post_v, from_="", to=State.RECRUITING, by="user"))
    return post


@transaction.atomic
def edit_post(
    *,
    by: User,
    post: Post,
    post_v: int | None,
    changes: Mapping[str, Any],
    empty_cart: bool | None = None,
    source: str = "edit",
    now: datetime | None = None,
) -> Post:
    """Change fields (those of `create_post`): one entry with before and after. If nothing differs nothing happens, so a
    double tap is no conflict.

    A new title is the room's and has the room's entry. While there are dishes a new shop asks what becomes of them
    (CART_NOT_EMPTY; `empty_cart` is the answer). From LOCKED on only the meeting and the private note change.
    Raises OrderError NOT_HOST, STALE, EDIT_LOCKED, READ_ONLY, CAPACITY_TAKEN, CART_NOT_EMPTY and what `create_post`
    raises about fields.
    """
    now = moment(now)
    post = lock_post(post)
    check_host(by, post)
    new = {name: value for name, value in clean(changes).items() if value != getattr(post, name)}
    title = rooms.clean_title(changes.get("title", post.title))
    if not new and title == post.title:
        return post
    check_post_v(post, post_v)
    check_state(post, State.RECRUITING, State.CLOSED, State.LOCKED, State.ORDERED, State.ARRIVED)
    if title != post.title:
        _check_unlocked(post, {"title"})
        rooms.rename(by=by, room=post.room, title=title)  # its receiver counts the version on
        post.refresh_from_db()
    if not new:
        return post
    _check_unlocked(post, set(new))
    old = {name: getattr(post, name) for name in FIELDS}
    for name, value in new.items():
        setattr(post, name, value)
    _check_changed(post, set(new), now)
    cleared = _settle_cart(post, set(new), empty_cart)
    post.post_v += 1
    save(post)
    changed = {n: _told(n, old[n], getattr(post, n)) for n in FIELDS if getattr(post, n) != old[n]}
    write(post, by, OrderPost(v=post.post_v, changed=changed, source=source), *cleared)
    seats.promote(post)
    return post


def post_again(post: Post, now: datetime) -> dict[str, Any]:
    """What a new post like this one starts with: the same, at the next time the clock shows the same. Writes
    nothing."""
    local = timezone.localtime(post.meeting_at)
    meeting_at = times.next_occurrence(local.time(), now)
    names = (
        "shop",
        "category",
        "place",
        "place_note",
        "min_people",
        "capacity",
        "min_order_won",
        "fee_tiers",
    )
    again: dict[str, Any] = {name: getattr(post, name) for name in names}
    return again | {
        "title": post.title,
        "meeting_at": meeting_at,
        "deadline_at": times.default_deadline(meeting_at, now),
    }


def clean(values: Mapping[str, Any]) -> dict[str, Any]:
    """Those of FIELDS, each by itself as it is stored. Raises FIELD_…, CATEGORY, WON or FEE_TIERS."""
    cleaned = {name: value for name, value in values.items() if name in FIELDS}
    for name, (limit, required) in _TEXTS.items():
        if name in cleaned:
            cleaned[name] = fields.text(cleaned[name], name, limit, required=required)
    if "category" in cleaned:
        cleaned["category"] = fields.category(cleaned["category"])
    if "min_order_won" in cleaned:
        fields.whole(cleaned["min_order_won"], 0, bounds.MIN_ORDER_MAX, "WON", "min_order_won")
    if "fee_tiers" in cleaned:
        cleaned["fee_tiers"] = fields.fee_tiers(cleaned["fee_tiers"])
    return cleaned


def _check_unlocked(post: Post, names: set[str]) -> None:
    if post.state not in (State.RECRUITING, State.CLOSED) and (others := names - AFTER_LOCKING):
        raise OrderError("EDIT_LOCKED", field=min(others))


def _check_changed(post: Post, names: set[str], now: datetime) -> None:
    """What the fields must be to one another, as far as they were touched."""
    if names & {"min_people", "capacity"}:
        fields.people(post.min_people, post.capacity)
        if post.capacity < post.seats_taken:
            raise OrderError("CAPACITY_TAKEN", field="capacity")
    if "meeting_at" in names:
        fields.meeting(post.meeting_at, now)
    if post.state == State.RECRUITING:
        if names & {"meeting_at", "deadline_at"}:
            fields.deadline(post.deadline_at, post.meeting_at, now)
    elif "deadline_at" in names:
        raise OrderError("WRONG_STATE", field="deadline_at", state=post.state)
    elif post.deadline_at >= post.meeting_at:  # closed early, and now the meeting is earlier too
        post.deadline_at = times.default_deadline(post.meeting_at, now)


def _settle_cart(post: Post, names: set[str], empty_cart: bool | None) -> list[Any]:
    if "shop" not in names or not post.items.exists():
        return []
    if empty_cart is None:
        raise OrderError("CART_NOT_EMPTY", field="shop")
    return [dishes.emptied(post)] if empty_cart else []


def _told(name: str, old: Any, new: Any) -> list[Any]:
    """Before and after, as an entry holds them: the private note is no one else's, so it is not told."""
    if name == "place_note":
        return [None, None]
    return [value.isoformat() if isinstance(value, datetime) else value for value in (old, new)]
