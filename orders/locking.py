"""The beginning and the end of every verb: locks, who may, which version; and its entries.

Locks are taken in one order everywhere: people (by id), rooms (by id), posts. A post's row is only ever locked by
whoever holds its room's lock, so it orders nothing by itself; it is locked so that a conditional UPDATE and the
admin wait too. Timelines come last, in the entries at a verb's end. All are NO KEY locks.
"""

from datetime import datetime

import msgspec
from django.utils import timezone

from accounts.models import User
from chat import reading, timeline
from chat.kinds import Kind, all_kinds
from orders import plan, telling
from orders.errors import OrderError
from orders.models import OVER, Post, Seat
from rooms.actions import lock_room
from rooms.models import Room

CHANGES_TOLD = 20  # of those that a stale version missed


def lock_post(post: Post) -> Post:
    """The post as it is now, its room and itself locked until the transaction ends. Raises NOT_FOUND."""
    lock_room(post.room)
    found = post_of(post.room)
    if found is None:
        raise OrderError("NOT_FOUND")
    return found


def post_of(room: Room) -> Post | None:
    """Under the room's lock: its post, locked; None for a plain room."""
    posts = Post.objects.select_for_update(no_key=True, of=("self",)).select_related("room", "host")
    return posts.filter(pk=room.pk).first()


def save(post: Post) -> None:
    """Write a changed post; the clock looks at it again when that is due."""
    post.due_at = plan.next_look(post)
    post.save()


def is_operator(user: User) -> bool:
    return user.is_staff and user.has_perm("orders.change_post")


def check_host(by: User, post: Post) -> str:
    """Who acts: "user" for the host, "operator" for one of those. Raises NOT_HOST."""
    if post.host_id == by.pk:
        return "user"
    if is_operator(by):
        return "operator"
    raise OrderError("NOT_HOST")


def seat_of(post: Post, user: User) -> Seat:
    """The person's present seat. Raises NOT_MEMBER."""
    seat = Seat.objects.active().filter(post=post, user=user).first()
    if seat is None:
        raise OrderError("NOT_MEMBER")
    seat.post = post
    return seat


def check_state(post: Post, *states: str) -> None:
    """Raises READ_ONLY for a post that is over, else WRONG_STATE."""
    if post.state not in states:
        raise OrderError("READ_ONLY" if post.state in OVER else "WRONG_STATE", state=post.state)


def check_post_v(post: Post, post_v: int | None) -> None:
    """Raises STALE, with what has changed since; None is not checked."""
    if post_v is not None and post_v != post.post_v:
        raise stale(post, ("order.post", "order.state"), "v", post_v)


def check_cart_v(post: Post, cart_v: int) -> None:
    """Raises STALE, with what has changed since."""
    if cart_v != post.cart_v:
        raise stale(post, ("order.cart",), "cart_v", cart_v)


def check_share_v(post: Post, share_v: int) -> None:
    """Raises STALE, with what has changed since."""
    if share_v != post.share_v:
        raise stale(post, ("order.shares",), "share_v", share_v)


def stale(post: Post, names: tuple[str, ...], field: str, seen: int) -> OrderError:
    """The entries tell what happened since: the newest of them, oldest first."""
    rows = timeline.latest(post.room_id, kinds=names, limit=CHANGES_TOLD)
    found = [
        {"kind": row.kind, "sender": row.sender_id, "data": msgspec.json.decode(row.data)}
        for row in reversed(rows)
    ]
    changes = [change for change in found if change["data"].get(field, 0) > seen]
    return OrderError(
        "STALE",
        post_v=post.post_v,
        cart_v=post.cart_v,
        share_v=post.share_v,
        state=post.state,
        changes=changes,
    )


def write(post: Post, sender: User | None, *entries: msgspec.Struct) -> None:
    """The verb's entries, its last statement: they stand or fall with its rows. `sender` None is the clock.

    As with a text, one's own entry that counts as unread is read by oneself, and so is what stands before it. Who is
    concerned is told (orders/telling.py).
    """
    sender_id = sender.pk if sender else None
    known = [_kind_of(data) for data in entries]
    drafts = [
        timeline.draft(kind, data, room_id=post.room_id, sender_id=sender_id, member=False)
        for kind, data in zip(known, entries, strict=True)
    ]
    written = timeline.append_within(drafts)
    if sender_id is not None and any(kind.counts for kind in known):
        reading.mark_read([(post.room_id, sender_id, written[-1].seq)])
    for data, entry in zip(entries, written, strict=True):
        telling.tell(post, sender_id, data, entry.seq)


def _kind_of(data: msgspec.Struct) -> Kind:
    return next(kind for kind in all_kinds() if kind.struct is type(data))


def moment(now: datetime | None) -> datetime:
    """The given moment (the clock's, a test's) or the present one."""
    return now or timezone.now()
