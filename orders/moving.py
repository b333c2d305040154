"""The one move from state to state, for verbs and the clock that hold the post's lock and have checked its guard."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

import msgspec

from accounts.models import User
from chat import timeline
from orders import plan, polls, seats
from orders.kinds import OrderState
from orders.locking import save, write
from orders.models import OPEN, OVER, Due, Post, State

_STAMPS: Final = {
    State.CLOSED: "closed_at",
    State.LOCKED: "locked_at",
    State.ORDERED: "ordered_at",
    State.ARRIVED: "arrived_at",
    State.DONE: "done_at",
    State.CANCELED: "canceled_at",
}


def move(
    post: Post,
    to: State,
    *,
    by: User | None,
    who: str,
    now: datetime,
    reason: str = "",
    overrides: Iterable[str] = (),
    concerned: Iterable[int] = (),
    note: str = "",
    before: Iterable[msgspec.Struct] = (),
) -> Post:
    """Under the lock, its guard checked: the change itself, and its entry behind those of `before`.

    `who`: user, clock or operator; `by` None is the clock.
    """
    origin, post.state = post.state, to
    post.state_at, post.reminded = now, {}
    post.post_v += 1
    if to in _STAMPS:
        setattr(post, _STAMPS[to], now)
    over = to in OVER
    post.writable_until = now + plan.WRITABLE_AFTER if over else None
    post.cancel_reason = reason if to == State.CANCELED else ""
    if over:
        seats.end_waiting(post)
    decided = polls.close_bound(post, now) if to not in OPEN else []
    save(post)
    if over or origin in OVER:
        timeline.end_writing(post.room_id, post.writable_until)
    entry = OrderState(
        v=post.post_v,
        from_=origin,
        to=to,
        by=who,
        reason=reason,
        overrides=list(overrides),
        who=list(concerned),
        note=note,
    )
    write(post, by, *before, *decided, entry)
    return post


def settle(post: Post, now: datetime) -> None:
    """Under the lock, after whatever may have settled the last balance: ARRIVED → DONE once nobody owes anybody."""
    if post.state == State.ARRIVED and post.share_v and not Due.objects.open().filter(post=post).exists():
        move(post, State.DONE, by=None, who="clock", now=now, reason="settled")
