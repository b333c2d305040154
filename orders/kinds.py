"""The kinds of entries that orders write, registered with chat. Data only: ids, won, times; never a secret.

`sender` in a line is whoever did it; entries of the clock have none.
"""

from typing import Any

import msgspec
from django.utils.translation import gettext_lazy as _

from chat.kinds import Kind, register


class OrderPost(msgspec.Struct):
    """The post was edited. `changed`: field to [old, new]; times as RFC 3339, the private note without its
    text ([null, null]). `source`: edit, poll."""

    v: int
    changed: dict[str, list[Any]]
    source: str = "edit"


class OrderState(msgspec.Struct):
    """The post went from one state ("" when it is made) to another.

    `by`: user, clock, operator. `reason` of a cancellation: short, host, operator, silent, unanswered, refunded; of the
    end: settled, unsettled; of coming back: revived. `who`: whom an override was about; `note`: the host's words.
    """

    v: int
    from_: str = msgspec.field(name="from")
    to: str
    by: str
    reason: str = ""
    overrides: list[str] = []
    who: list[int] = []
    note: str = ""


class OrderSeat(msgspec.Struct):
    """`op`: wait, unwait, promote, offer_host, host, ask_leave, answer. `answer`: yes or no to who asks to leave;
    host_no and host_withdrawn end an offer."""

    op: str
    user: int
    answer: str = ""


class Part(msgspec.Struct):
    user: int
    weight: int


class CartItem(msgspec.Struct):
    id: int
    owner: int
    name: str
    options: str
    unit_won: int
    qty: int
    note: str
    shared: bool
    pending: bool
    sharers: list[Part]


class OrderCart(msgspec.Struct):
    """`op`: set, remove, join, quit, accept, sit_out, sit_in, clear. `item` and `before`: the dish now and before
    (None for a new one, and for none). `for`: whom it is about. `scope` of clear: all, or own (what `for`, who left,
    had); of set, once ordered: actual or sold_out (another price or number came than was ordered)."""

    cart_v: int
    op: str
    subtotal: int
    item: CartItem | None = None
    before: CartItem | None = None
    for_: int | None = msgspec.field(name="for", default=None)
    scope: str = ""


class OrderConfirm(msgspec.Struct):
    cart_v: int
    done: int
    of: int


class OrderArrival(msgspec.Struct):
    """Somebody says that the food is here: `n` of the `of` who must."""

    op: str
    n: int
    of: int


class OrderNotice(msgspec.Struct):
    """What the clock, or a change, reminds of: `code`, and its `args`."""

    code: str
    args: dict[str, Any]


ORDER_POST = register(
    Kind(
        "order.post",
        OrderPost,
        counts=True,
        variant=("changed",),
        lines={
            "": _("{sender} changed the post"),
            "meeting_at": _("Meeting at {changed.meeting_at.1:when} instead of {changed.meeting_at.0:when}"),
            "deadline_at": _(
                "Deadline at {changed.deadline_at.1:when} instead of {changed.deadline_at.0:when}"
            ),
            "place_note": _("{sender} changed the private note about the place"),
            "place": _("Meeting place: {changed.place.1} instead of {changed.place.0}"),
            "shop": _("Shop: {changed.shop.1} instead of {changed.shop.0}"),
            "min_order_won": _(
                "Minimum order: {changed.min_order_won.1:won} won instead of {changed.min_order_won.0:won}"
            ),
            "min_people": _("At least {changed.min_people.1} people instead of {changed.min_people.0}"),
            "capacity": _("Up to {changed.capacity.1} people instead of {changed.capacity.0}"),
        },
    )
)
ORDER_STATE = register(
    Kind(
        "order.state",
        OrderState,
        counts=True,
        people=("who",),
        variant=("to", "reason", "from"),
        lines={
            "": _("The order goes on"),
            "RECRUITING": _("Looking for people to eat with"),
            "RECRUITING::CLOSED": _("Looking for more people again"),
            "CLOSED": _("Everybody is in. Choose what you eat"),
            "CLOSED::LOCKED": _("The cart is open again"),
            "LOCKED": _("The cart is locked. Look at it and confirm"),
            "LOCKED:revived": _("The order is back. The cart is locked"),
            "ORDERED": _("Ordered!"),
            "ARRIVED": _("The food is here"),
            "DONE": _("All settled. See you next time"),
            "DONE:unsettled": _("The order is over, not all of it settled"),
            "CANCELED": _("Canceled"),
            "CANCELED:short": _("Canceled: too few people"),
            "CANCELED:host": _("The host canceled the order"),
            "CANCELED:operator": _("An operator canceled the order"),
            "CANCELED:silent": _("Canceled: the host has not been heard of"),
            "CANCELED:unanswered": _("Canceled: nobody said that it was ordered"),
            "CANCELED:refunded": _("Canceled: the money goes back"),
        },
    )
)
ORDER_SEAT = register(
    Kind(
        "order.seat",
        OrderSeat,
        people=("user",),
        variant=("op", "answer"),
        lines={
            "wait": _("{user} waits for a seat"),
            "unwait": _("{user} waits no longer"),
            "promote": _("{user} got a seat from the waiting list"),
            "offer_host": _("{sender} asks {user} to be the host"),
            "host": _("{user} takes over as the host"),
            "ask_leave": _("{user} asks to leave the order"),
            "answer:yes": _("{user} may leave the order"),
            "answer:no": _("{user} stays in the order"),
            "answer:host_no": _("{user} would rather not be the host"),
            "answer:host_withdrawn": _("{user} is not asked to be the host any more"),
        },
    )
)
ORDER_CART = register(
    Kind(
        "order.cart",
        OrderCart,
        people=("for", "item.owner"),
        variant=("op", "scope"),
        about="item.id",
        about_at="order/#item-",
        lines={
            "": _("{sender} changed the cart"),
            "set": _("{item.owner}: {item.name} × {item.qty}, {item.unit_won:won} won each"),
            "set:actual": _("{item.name} came differently: {item.qty}, {item.unit_won:won} won each"),
            "set:sold_out": _("{item.name} was sold out"),
            "remove": _("{sender} took out {item.name}"),
            "join": _("{sender} shares {item.name}"),
            "quit": _("{sender} shares {item.name} no longer"),
            "accept": _("{sender} takes {item.name}"),
            "sit_out": _("{for} sits this one out"),
            "sit_in": _("{for} eats after all"),
            "clear": _("{sender} emptied the cart"),
            "clear:own": _("What {for} had is out of the cart"),
        },
    )
)
ORDER_CONFIRM = register(
    Kind("order.confirm", OrderConfirm, lines={"": _("{sender} confirmed ({done} of {of})")})
)
ORDER_ARRIVAL = register(
    Kind("order.arrival", OrderArrival, lines={"": _("{sender} says the food is here ({n} of {of})")})
)
ORDER_NOTICE = register(
    Kind(
        "order.notice",
        OrderNotice,
        people=("args.users",),
        variant=("code",),
        lines={
            "": _("A reminder about the order"),
            "deadline_soon": _("Closing at {args.at:when}: {args.n} of at least {args.of} people are in"),
            "choose": _("Not chosen yet: {args.users}"),
            "confirm": _("Not confirmed yet: {args.users}"),
            "meeting_soon": _("Meeting at {args.at:when}, {args.place}"),
            "below_min": _("Only {args.n} of at least {args.of} people are left"),
            "ordered_yet": _("Host, have you ordered? Without an answer it is canceled at {args.at:when}"),
            "issue_shares": _("Host, tell everybody what they owe"),
            "refund_proposed": _(
                "Cancel, and all money goes back? One of you has to agree until {args.at:when}"
            ),
            "refund_withdrawn": _("Nothing is canceled, the order goes on"),
        },
    )
)
