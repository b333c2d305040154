"""The kinds of entries about money, registered with chat. Won and ids only: no account, no depositor's name, no
reason."""

import msgspec
from django.utils.translation import gettext_lazy as _

from chat.kinds import Kind, register


class ShareRow(msgspec.Struct):
    """`won`: the share as split; `delta`: what the person pays now less what they paid by the version before."""

    user: int
    won: int
    delta: int


class OrderShares(msgspec.Struct):
    """A version of shares; the rows' `won` add up to `total`. `cause`: first, again, refunded."""

    share_v: int
    cart_v: int
    total: int
    unit: int
    rows: list[ShareRow]
    cause: str


class OrderPayment(msgspec.Struct):
    """`op`: claim, confirm, reject, waive, refund_sent, refund_got. `balance` after it: what `user` owes the host;
    below 0 the host owes them."""

    user: int
    op: str
    won: int
    way: str
    balance: int


ORDER_SHARES = register(
    Kind(
        "order.shares",
        OrderShares,
        counts=True,
        card=("shares", "share_v"),
        touches=("shares", ""),
        variant=("cause",),
        lines={
            "": _("Shares of {total:won} won in all"),
            "first": _("The shares are out: {total:won} won in all"),
            "again": _("The shares have changed: {total:won} won in all"),
            "refunded": _("All shares are 0 won now"),
        },
    )
)
ORDER_PAYMENT = register(
    Kind(
        "order.payment",
        OrderPayment,
        people=("user",),
        about="user",
        about_at="pay/",
        touches=("shares", ""),
        variant=("op",),
        lines={
            "": _("A payment of {user}"),
            "claim": _("{user} has sent {won:won} won"),
            "confirm": _("{won:won} won of {user} have arrived"),
            "reject": _("{won:won} won of {user} have not been found"),
            "waive": _("{won:won} won are let off for {user}"),
            "refund_sent": _("{won:won} won go back to {user}"),
            "refund_got": _("{user} has {won:won} won back"),
        },
    )
)
