"""Issuing shares: what everybody owes, as a version that stands. Issuing again yields only the difference."""

from collections.abc import Mapping
from datetime import datetime
from fractions import Fraction
from typing import Any, Final

from django.db import transaction

from accounts.models import User
from orders import billing, reminders, split
from orders.billing import Preview
from orders.errors import OrderError
from orders.locking import (
    check_cart_v,
    check_host,
    check_share_v,
    check_state,
    lock_post,
    moment,
    save,
    stale,
    write,
)
from orders.models import Due, Payment, Post, Share, ShareVersion, State
from orders.money_kinds import OrderShares, ShareRow
from orders.moving import settle
from orders.notifications import notify
from orders.split import Paid

PARTS: Final = ("food", "food_off", "fee", "fee_off", "personal", "rest_off", "exact")  # of split.Line


@transaction.atomic
def issue_shares(
    *,
    by: User,
    post: Post,
    share_v: int,
    cart_v: int,
    total: int | None = None,
    unit: int | None = None,
    book_gap: bool = False,
    now: datetime | None = None,
) -> ShareVersion:
    """Say what everybody owes, in ORDERED or ARRIVED, as often as needed. `share_v`, `cart_v` and, if given, `total`
    are what the host saw. `unit` (1, 10, 100 won; 10 if not given) counts at the first issue and stays.

    Whose exact share is what it was pays what they paid: rounding anew changes nobody's amount, the host bears it. If
    the receipt says another sum that is refused, or with `book_gap` booked as one fee or discount. When nothing is
    new the version there is comes back. Raises NOT_HOST, STALE, UNIT, RECEIPT_GAP, GAP_TOO_LARGE, WRONG_STATE or
    READ_ONLY.
    """
    now = moment(now)
    post = lock_post(post)
    check_host(by, post)
    check_state(post, State.ORDERED, State.ARRIVED)
    found = billing.preview(post, unit)
    latest = latest_version(post)
    if latest is not None and _is_same(latest, found):
        return latest
    check_share_v(post, share_v)
    check_cart_v(post, cart_v)
    if total is not None and total != found.total:
        raise _other_total(post, found)
    if found.gap:
        if not book_gap:
            raise OrderError("RECEIPT_GAP", gap=found.gap, total=found.total, receipt=found.receipt_won)
        billing.book_gap(post, found.gap)
        found = billing.preview(post, unit)
    before = paid_before(latest)
    version = _version(post, by, found, now, "first" if latest is None else "again")
    rows = [_share(version, found, line.user, before) for line in found.split.lines]
    _stand(post, version, rows, by, now)
    write(post, by, entry_of(version, rows))
    settle(post, now)
    return version


def latest_version(post: Post) -> ShareVersion | None:
    return ShareVersion.objects.filter(post=post, share_v=post.share_v).first()


def paid_before(latest: ShareVersion | None) -> dict[int, Paid]:
    """By user; of one who had two seats, added up."""
    paid: dict[int, Paid] = {}
    for share in latest.shares.all() if latest else ():
        known = paid.get(share.user_id, Paid(0, Fraction(0)))
        paid[share.user_id] = Paid(known.amount + share.amount, (known.exact or Fraction(0)) + share.x)
    return paid


def void(post: Post, by: User, now: datetime) -> OrderShares:
    """Under the lock: a version in which nobody owes anything; what came is owed back. Returns the entry to write."""
    latest = latest_version(post)
    before = paid_before(latest)
    post.unit = post.unit or billing.UNIT
    version = ShareVersion.objects.create(
        post=post,
        share_v=post.share_v + 1,
        cart_v=post.cart_v,
        unit=post.unit,
        total=0,
        receipt_won=post.receipt_won,
        issued_by=by,
        issued_at=now,
        cause=ShareVersion.Cause.REFUNDED,
    )
    seats = billing.seats_of(post)
    rows = [
        Share(
            version=version,
            seat=seat,
            user_id=user,
            won=0,
            delta=-before.get(user, Paid()).amount,
            exact="0",
        )
        for user, seat in seats.items()
    ]
    _stand(post, version, rows, by, now)
    return entry_of(version, rows)


def entry_of(version: ShareVersion, rows: list[Share]) -> OrderShares:
    return OrderShares(
        share_v=version.share_v,
        cart_v=version.cart_v,
        total=version.total,
        unit=version.unit,
        rows=[ShareRow(user=row.user_id, won=row.won, delta=row.delta) for row in rows],
        cause=version.cause,
    )


# --- what stands ----------------------------------------------------------------------------------------------


def _version(post: Post, by: User, found: Preview, now: datetime, cause: str) -> ShareVersion:
    post.unit = found.unit
    return ShareVersion.objects.create(
        post=post,
        share_v=post.share_v + 1,
        cart_v=post.cart_v,
        unit=found.unit,
        total=found.total,
        receipt_won=found.receipt_won,
        issued_by=by,
        issued_at=now,
        cause=cause,
        bill=bill_of(found),
    )


def bill_of(found: Preview) -> dict[str, Any]:
    """What a version was worked out from, as models.ShareVersion says."""
    return {
        "items": [
            {
                "id": item.pk,
                "name": item.name,
                "options": item.options,
                "unit_won": item.real_unit_won,
                "qty": item.real_qty,
                "ordered_unit_won": item.unit_won,
                "ordered_qty": item.qty,
                "parts": [list(part) for part in found.parts[item.pk].items()],
            }
            for item in found.items
        ],
        "fees": [
            {"label": fee.label, "won": fee.won, "rule": str(fee.rule), "is_gap": fee.is_gap}
            for fee in found.fees
        ],
        "discounts": [
            {
                "label": off.label,
                "won": off.won,
                "scope": str(off.scope),
                "user": off.user_id,
                "is_gap": off.is_gap,
            }
            for off in found.discounts
        ],
        "unused": int(found.split.unused),
    }


def _is_same(latest: ShareVersion, found: Preview) -> bool:
    exact = {user: paid.exact for user, paid in paid_before(latest).items()}
    return (
        latest.bill == bill_of(found)
        and latest.receipt_won == found.receipt_won
        and not found.gap
        and exact == {line.user: line.exact for line in found.split.lines}
    )


def _share(version: ShareVersion, found: Preview, user: int, before: Mapping[int, Paid]) -> Share:
    line = found.split.of(user)
    if line is None:
        raise KeyError(user)
    kept = split.kept(line, version.post.host_id or 0, before.get(user))
    return Share(
        version=version,
        seat=found.seats[user],
        user_id=user,
        won=line.won,
        kept_won=kept,
        delta=line.won + kept - before.get(user, Paid()).amount,
        exact=str(line.exact),
        working={name: str(getattr(line, name)) for name in PARTS},
    )


def _stand(post: Post, version: ShareVersion, rows: list[Share], by: User, now: datetime) -> None:
    """The version and the balances that follow from it."""
    Share.objects.bulk_create(rows)
    post.share_v, post.shares_issued_at = version.share_v, now
    save(post)
    for row in rows:
        if row.user_id != post.host_id:
            _owe(post, version, row, by, now)


def _owe(post: Post, version: ShareVersion, row: Share, by: User, now: datetime) -> None:
    due, new = Due.objects.select_for_update(no_key=True).get_or_create(post=post, user_id=row.user_id)
    owed_before = not new and due.balance > 0
    due.share_won, due.kept_won = row.won, row.kept_won
    unpaid = due.share_won + due.kept_won - due.confirmed_won + due.refunded_won
    waived = min(
        due.waived_won, max(0, unpaid)
    )  # the host lets go of no more than is owed: nobody is paid by it
    back, due.waived_won = due.waived_won - waived, waived
    balance = unpaid - waived
    if balance <= 0:
        due.unclaimed_since = None
    elif due.claim_id is None and not (owed_before and due.unclaimed_since):
        due.unclaimed_since = now
    if new or row.delta:
        due.remind_at = reminders.next_at(now) if balance > 0 else None
        due.reminded = 0
        _tell(post, version, due, balance, new, now)
    due.save()
    if back:
        Payment.objects.create(
            post=post,
            user_id=row.user_id,
            op=Payment.Op.WAIVE,
            won=-back,
            by=by,
            at=now,
            share_v=version.share_v,
            balance=balance,
        )


def _tell(post: Post, version: ShareVersion, due: Due, balance: int, new: bool, now: datetime) -> None:
    """Each person privately, at once by day; what falls into the night is the first reminder in the morning."""
    key = str(version.share_v)
    if balance < 0 and post.host_id is not None:
        args = {"user": due.user_id, "won": -balance}
        notify(
            users=[post.host_id], code="refund_due", key=f"{key}:{due.user_id}", post=post, args=args, now=now
        )
    if reminders.awake(now) > now:
        return
    if balance > 0:
        due.remind_at = reminders.next_at(now, after=now)
    code = "shares" if new else "shares_again"
    amount = due.share_won + due.kept_won
    notify(users=[due.user_id], code=code, key=key, post=post, args={"won": amount}, now=now)


def _other_total(post: Post, found: Preview) -> OrderError:
    refused = stale(post, ("order.shares", "order.cart"), "cart_v", post.cart_v)
    refused.extra["total"] = found.total
    return refused
