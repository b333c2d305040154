"""Shares and payments to take along, as CSV for a spreadsheet and as JSON. Members get everybody's, as the room shows
them; who has left their own. Depositors' names, accounts and the reasons of rejections are in none."""

import json
from typing import Any, Final

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from chat import wire
from orders.export import BOM, written
from orders.models import Payment, Post, Seat, Share

SHARE_COLUMNS: Final = (
    "version", "issued", "person", "food", "food_off", "fee", "fee_off", "personal", "rest_off", "exact",
    "share", "kept", "amount", "difference",
)  # fmt: skip
PAYMENT_COLUMNS: Final = ("no", "time", "person", "what", "won", "way", "by", "version", "balance")
PARTS: Final = SHARE_COLUMNS[3:9]
ROWS_MAX: Final = 20_000  # of each: fifty people, LEDGER_MAX words each, and as many answers or versions


def shares_of(post: Post, user: User) -> QuerySet[Share]:
    """Of every version, in order: everybody's for a member and the host, else one's own."""
    rows = Share.objects.filter(version__post=post).select_related("version", "user")
    return _own(rows, post, user).order_by("version__share_v", "seat")


def payments_of(post: Post, user: User) -> QuerySet[Payment]:
    rows = Payment.objects.filter(post=post).select_related("user", "by")
    return _own(rows, post, user).order_by("pk")


def _own(rows: Any, post: Post, user: User) -> Any:
    inside = post.host_id == user.pk or Seat.objects.active().filter(post=post, user=user).exists()
    return rows if inside else rows.filter(user=user)


def as_csv(post: Post, user: User) -> str:
    """Two tables, an empty line between them: shares, then payments. Times in the service's zone; exact shares as
    fractions."""
    shares = [_share_cells(share) for share in shares_of(post, user)[:ROWS_MAX]]
    payments = [_payment_cells(payment) for payment in payments_of(post, user)[:ROWS_MAX]]
    return BOM + written([SHARE_COLUMNS, *shares, (), PAYMENT_COLUMNS, *payments])


def as_json(post: Post, user: User) -> str:
    """{"post", "unit", "receipt_won", "shares": […], "payments": […], "people": {id: nickname}}; exact numbers as
    text."""
    shares = list(shares_of(post, user)[:ROWS_MAX])
    payments = list(payments_of(post, user)[:ROWS_MAX])
    people = {str(share.user_id): share.user.nickname for share in shares}
    people |= {str(payment.user_id): payment.user.nickname for payment in payments}
    people |= {str(payment.by_id): payment.by.nickname for payment in payments}
    return _json(
        {
            "post": {"id": post.public_id, "title": post.title, "state": post.state, "host": post.host_id},
            "unit": post.unit,
            "receipt_won": post.receipt_won,
            "shares": [_share(share) for share in shares],
            "payments": [_payment(payment) for payment in payments],
            "people": dict(sorted(people.items())),
        }
    )


def _share_cells(share: Share) -> tuple[Any, ...]:
    version = share.version
    parts = (str(share.part(name)) for name in PARTS)
    numbers = (share.exact, share.won, share.kept_won, share.amount, share.delta)
    return version.share_v, _local(version.issued_at), share.user.nickname, *parts, *numbers


def _payment_cells(payment: Payment) -> tuple[Any, ...]:
    return (
        payment.pk,
        _local(payment.at),
        payment.user.nickname,
        payment.get_op_display(),
        payment.won,
        payment.get_way_display(),
        payment.by.nickname,
        payment.share_v,
        payment.balance,
    )


def _share(share: Share) -> dict[str, Any]:
    version = share.version
    return {
        "share_v": version.share_v,
        "issued_at": wire.wire_time(version.issued_at),
        "cause": version.cause,
        "total": version.total,
        "user": share.user_id,
        **{name: str(share.part(name)) for name in PARTS},
        "exact": share.exact,
        "won": share.won,
        "kept_won": share.kept_won,
        "amount": share.amount,
        "delta": share.delta,
    }


def _payment(payment: Payment) -> dict[str, Any]:
    return {
        "id": payment.pk,
        "at": wire.wire_time(payment.at),
        "user": payment.user_id,
        "op": payment.op,
        "won": payment.won,
        "way": payment.way,
        "by": payment.by_id,
        "share_v": payment.share_v,
        "balance": payment.balance,
        "answers": payment.answers_id,
    }


def _local(at: Any) -> str:
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M:%S")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"
