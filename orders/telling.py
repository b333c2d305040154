"""Who is told of an entry besides those who read the room: from each entry, the notifications that follow from it.

Called with every entry that `locking.write` has written, in its transaction; the entry's number is the occasion. Money
has notifications of its own, private ones, by the verbs that move it.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec

from orders.kinds import OrderNotice, OrderPost, OrderSeat, OrderState
from orders.models import Post, Seat, State
from orders.notifications import notify
from orders.poll_kinds import OrderPoll, OrderVote

# a change of one of these is told to everybody (PRODUCT.md, "editing the post")
TOLD_FIELDS: Final = ("meeting_at", "place", "shop", "fee_tiers", "min_people", "min_order_won")
_STATES: Final[dict[str, str]] = {
    State.CLOSED: "closed",
    State.LOCKED: "locked",
    State.ORDERED: "ordered",
    State.ARRIVED: "arrived",
    State.DONE: "done",
    State.CANCELED: "canceled",
}
_NOTICES: Final = {
    "choose",
    "confirm",
    "deadline_soon",
    "meeting_soon",
    "ordered_yet",
    "issue_shares",
    "below_min",
}
_TO_HOST: Final = {"deadline_soon", "ordered_yet", "issue_shares", "below_min"}


def tell(post: Post, sender: int | None, data: msgspec.Struct, seq: int) -> None:
    """`sender` None is the clock. Nobody is told of what they did themselves."""
    rule = _RULES.get(type(data))
    found = rule(post, sender, data) if rule else None
    if found is None:
        return
    users, code, args = found
    notify(users=set(users) - {sender}, code=code, key=str(seq), post=post, args=args)


Found = tuple[Iterable[int], str, dict[str, Any]] | None


def _of_state(post: Post, sender: int | None, data: OrderState) -> Found:
    if data.to == State.RECRUITING:
        return None
    if data.reason == "refunded":
        return None  # told by the verb that agrees to it
    code = _STATES[data.to]
    if data.from_ == State.LOCKED and data.to == State.CLOSED:
        code = "unlocked"
    if data.reason == "unsettled":
        code = "unsettled"
    return _members(post), code, {}


def _of_post(post: Post, sender: int | None, data: OrderPost) -> Found:
    fields = [name for name in TOLD_FIELDS if name in data.changed]
    return (_members(post), "changed", {"fields": fields}) if fields else None


def _of_seat(post: Post, sender: int | None, data: OrderSeat) -> Found:
    code = {"promote": "promoted", "offer_host": "host_offered"}.get(data.op)
    if code:
        return [data.user], code, {"user": sender}
    if data.op == "ask_leave" and post.host_id:
        return [post.host_id], "asks_leave", {"user": data.user}
    if data.op == "answer" and data.answer in ("yes", "no"):
        return [data.user], "may_leave" if data.answer == "yes" else "stay", {}
    return None


def _of_notice(post: Post, sender: int | None, data: OrderNotice) -> Found:
    if data.code not in _NOTICES:
        return None
    if data.code in _TO_HOST:
        users = [post.host_id] if post.host_id else []
    else:
        users = data.args.get("users") or _members(post)
    args = {name: value for name, value in data.args.items() if name in ("n", "of", "place", "at")}
    return users, data.code, args


def _of_poll(post: Post, sender: int | None, data: OrderPoll) -> Found:
    return _members(post), "poll", {"user": sender, "field": data.field, "question": data.question}


def _of_vote(post: Post, sender: int | None, data: OrderVote) -> Found:
    """A closing that asks something of the host."""
    if data.op != "close" or not data.field or data.result != "tied" or post.host_id is None:
        return None
    return [post.host_id], "poll_tied", {"field": data.field}


def _members(post: Post) -> list[int]:
    return list(Seat.objects.active().filter(post=post).values_list("user", flat=True))


_RULES: Final[dict[type, Callable[[Post, int | None, Any], Found]]] = {
    OrderState: _of_state,
    OrderPost: _of_post,
    OrderSeat: _of_seat,
    OrderNotice: _of_notice,
    OrderPoll: _of_poll,
    OrderVote: _of_vote,
}
