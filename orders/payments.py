"""The verbs about payments. Each adds one row to the ledger, changes one balance by a conditional UPDATE and writes one
`order.payment`; the balance that settles an order ends it.

They stay open when the order is over and when the person has left: who owes goes on owing. The host's word decides; an
operator's does too, with a reason.
"""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction
from django.db.models import F

from accounts.models import User
from orders import bounds, fields
from orders.errors import OrderError
from orders.locking import check_host, check_share_v, lock_post, moment, write
from orders.models import Depositor, Due, Payment, Post
from orders.money_kinds import OrderPayment
from orders.moving import settle
from orders.notifications import notify

Op = Payment.Op


@transaction.atomic
def claim(
    *,
    user: User,
    post: Post,
    share_v: int,
    won: int,
    way: str,
    depositor: str = "",
    request_key: UUID | None = None,
    now: datetime | None = None,
) -> Payment:
    """I have sent `won` to the host. `depositor`: the name on the transfer, for the host's eyes alone.

    Takes the place of an own claim that is not answered yet; the same again, or the same `request_key`, is the claim
    there is. Raises NO_SHARES, NO_DUE, STALE, NOTHING_DUE, CLAIM_WON, WAY, FIELD_… or TOO_MANY_PAYMENTS.
    """
    fields.whole(won, 1, bounds.TOTAL_MAX, "CLAIM_WON", "won")
    way, name = _way(way), fields.text(depositor, "depositor", bounds.DEPOSITOR_MAX)
    post, due = _locked(post, user)
    key = _key(request_key, Op.CLAIM, due)
    if (made := _made(user, key)) or (made := _same(due.claim, won, way)):
        return made
    check_share_v(post, share_v)
    if due.balance <= 0:
        raise OrderError("NOTHING_DUE")
    made = _add(due, Op.CLAIM, won, user, moment(now), way=way, request_key=key)
    if name:
        Depositor.objects.create(claim=made, name=name)
    Due.objects.filter(pk=due.pk).update(claim=made, unclaimed_since=None)
    _written(post, user, made)
    _tell_host(post, made, "claimed")
    return made


@transaction.atomic
def confirm(*, by: User, post: Post, claim: int, reason: str = "", now: datetime | None = None) -> Payment:
    """The host has it. Having confirmed it already changes nothing.

    Raises NOT_HOST, NO_CLAIM, CLAIM_ANSWERED (rejected, waived or replaced meanwhile) or FIELD_….
    """
    now = moment(now)
    post, due, claimed, reason = _to_answer(by, post, claim, reason)
    if done := _answer(claimed, Op.CONFIRM):
        return done
    _take(due, claimed, confirmed_won=F("confirmed_won") + claimed.won, unclaimed_since=None)
    if due.balance > 0:
        Due.objects.filter(pk=due.pk).update(unclaimed_since=now)
    made = _add(due, Op.CONFIRM, claimed.won, by, now, answers=claimed, reason=reason)
    _written(post, by, made)
    _tell_member(post, made, "confirmed")
    _ended(post, now)
    return made


@transaction.atomic
def reject(*, by: User, post: Post, claim: int, reason: str, now: datetime | None = None) -> Payment:
    """The host does not find it; the person reads `reason`, the room does not. Having rejected it already changes
    nothing. Raises NOT_HOST, NO_CLAIM, CLAIM_ANSWERED or FIELD_…."""
    now = moment(now)
    post, due, claimed, reason = _to_answer(by, post, claim, reason, required=True)
    if done := _answer(claimed, Op.REJECT):
        return done
    _take(due, claimed, unclaimed_since=now if due.balance > 0 else None)
    made = _add(due, Op.REJECT, claimed.won, by, now, answers=claimed, reason=reason)
    _written(post, by, made)
    _tell_member(post, made, "rejected", reason=reason)
    _ended(post, now)
    return made


@transaction.atomic
def waive(
    *, by: User, post: Post, user: User, reason: str = "", now: datetime | None = None
) -> Payment | None:
    """Let somebody off all they still owe, the host's loss; None when they owe nothing (any more).

    Ends a claim that is not answered. Raises NOT_HOST, NO_SHARES, NO_DUE, NOTHING_DUE (the host owes them) or FIELD_….
    """
    now = moment(now)
    post, due = _locked(post, user)
    reason = _reason(check_host(by, post), reason)
    if due.balance < 0:
        raise OrderError("NOTHING_DUE")
    if due.balance == 0:
        return None
    won = due.balance
    Due.objects.filter(pk=due.pk, balance=won).update(
        waived_won=F("waived_won") + won, claim=None, unclaimed_since=None
    )
    due.refresh_from_db()
    made = _add(due, Op.WAIVE, won, by, now, reason=reason)
    _written(post, by, made)
    _tell_member(post, made, "waived")
    _ended(post, now)
    return made


@transaction.atomic
def refund_sent(
    *,
    by: User,
    post: Post,
    user: User,
    way: str,
    won: int | None = None,
    reason: str = "",
    request_key: UUID | None = None,
    now: datetime | None = None,
) -> Payment:
    """The host has sent back what somebody paid beyond their share, or `won` of it; it counts once they have it.

    Takes the place of one that is on its way; the same again is the one there is. Raises NOT_HOST, NO_SHARES, NO_DUE,
    NOTHING_DUE, CLAIM_WON, WAY, FIELD_… or TOO_MANY_PAYMENTS.
    """
    post, due = _locked(post, user)
    reason = _reason(check_host(by, post), reason)
    way, key = _way(way), _key(request_key, Op.REFUND_SENT, due)
    if made := _made(by, key):
        return made
    if due.balance >= 0:
        raise OrderError("NOTHING_DUE")
    won = fields.whole(-due.balance if won is None else won, 1, -due.balance, "CLAIM_WON", "won")
    if made := _same(due.refund, won, way):
        return made
    made = _add(due, Op.REFUND_SENT, won, by, moment(now), way=way, reason=reason, request_key=key)
    Due.objects.filter(pk=due.pk).update(refund=made)
    _written(post, by, made)
    _tell_member(post, made, "refund_sent")
    return made


@transaction.atomic
def refund_got(*, user: User, post: Post, refund: int, now: datetime | None = None) -> Payment:
    """I have it back. Having said so already changes nothing. Raises NO_SHARES, NO_DUE, NO_REFUND or
    CLAIM_ANSWERED (another was sent instead)."""
    now = moment(now)
    post, due = _locked(post, user)
    sent = Payment.objects.filter(post=post, user=user, op=Op.REFUND_SENT, pk=refund).first()
    if sent is None:
        raise OrderError("NO_REFUND")
    if done := _answer(sent, Op.REFUND_GOT):
        return done
    if not Due.objects.filter(pk=due.pk, refund=sent).update(
        refund=None, refunded_won=F("refunded_won") + sent.won
    ):
        raise OrderError("CLAIM_ANSWERED")
    due.refresh_from_db()
    if due.balance > 0:  # the share rose while it was on its way
        Due.objects.filter(pk=due.pk).update(unclaimed_since=now)
    made = _add(due, Op.REFUND_GOT, sent.won, user, now, answers=sent)
    _written(post, user, made)
    _tell_host(post, made, "refund_got")
    _ended(post, now)
    return made


def forget_depositors(post: Post) -> int:
    """The names on transfers that have been answered, or that nobody waits for; how many are gone."""
    waiting = Due.objects.filter(post=post).exclude(claim=None).values("claim")
    return Depositor.objects.filter(claim__post=post).exclude(claim__in=waiting).delete()[0]


# --- parts of verbs -------------------------------------------------------------------------------------------


def _locked(post: Post, user: User) -> tuple[Post, Due]:
    post = lock_post(post)
    if not post.share_v:
        raise OrderError("NO_SHARES")
    due = Due.objects.select_related("claim", "refund").filter(post=post, user=user).first()
    if due is None:
        raise OrderError("NO_DUE")
    return post, due


def _to_answer(
    by: User, post: Post, claim: int, reason: str, *, required: bool = False
) -> tuple[Post, Due, Payment, str]:
    post = lock_post(post)
    reason = _reason(check_host(by, post), reason, required=required)
    claimed = Payment.objects.select_related("user").filter(post=post, op=Op.CLAIM, pk=claim).first()
    if claimed is None:
        raise OrderError("NO_CLAIM")
    return post, Due.objects.get(post=post, user=claimed.user), claimed, reason


def _answer(asked: Payment, op: Payment.Op) -> Payment | None:
    """The same answer, if it was given; another one that was given refuses."""
    found = Payment.objects.filter(answers=asked).first()
    if found is not None and found.op != op:
        raise OrderError("CLAIM_ANSWERED")
    return found


def _take(due: Due, claimed: Payment, **changes: Any) -> None:
    """The claim is answered. Only the one that waits can be: of two who answer, and of a claim replaced meanwhile."""
    if not Due.objects.filter(pk=due.pk, claim=claimed).update(claim=None, **changes):
        raise OrderError("CLAIM_ANSWERED")
    due.refresh_from_db()


def _add(due: Due, op: Payment.Op, won: int, by: User, at: datetime, **more: Any) -> Payment:
    """Answers and waivers always fit: there are no more of them than of what they answer, and who asks without end
    must not keep the other from answering."""
    post = due.post
    said = Payment.objects.filter(post=post, user=due.user_id)
    if op in (Op.CLAIM, Op.REFUND_SENT) and said.count() >= bounds.LEDGER_MAX:
        raise OrderError("TOO_MANY_PAYMENTS")
    return Payment.objects.create(
        post=post,
        user_id=due.user_id,
        op=op,
        won=won,
        by=by,
        at=at,
        share_v=post.share_v,
        balance=due.balance,
        **more,
    )


def _written(post: Post, by: User, made: Payment) -> None:
    entry = OrderPayment(
        user=made.user_id, op=str(made.op), won=made.won, way=str(made.way), balance=made.balance
    )
    write(post, by, entry)


def _tell_host(post: Post, made: Payment, code: str) -> None:
    if post.host_id is not None:
        args = {"user": made.user_id, "won": made.won}
        notify(users=[post.host_id], code=code, key=str(made.pk), post=post, args=args, now=made.at)


def _tell_member(post: Post, made: Payment, code: str, **more: Any) -> None:
    args = {"won": made.won, **more}
    notify(users=[made.user_id], code=code, key=str(made.pk), post=post, args=args, now=made.at)


def _ended(post: Post, now: datetime) -> None:
    """After an answer: perhaps the last balance is settled. Names of an order that is read-only go with their claim."""
    settle(post, now)
    if post.is_read_only(now):
        forget_depositors(post)


def _way(way: str) -> str:
    if way not in Payment.Way.values:
        raise OrderError("WAY", field="way")
    return way


def _reason(who: str, reason: str, *, required: bool = False) -> str:
    return fields.text(reason, "reason", bounds.REASON_MAX, required=required or who == "operator")


def _key(request_key: UUID | None, op: Payment.Op, due: Due) -> UUID | None:
    """As it is kept: one page's key stands in several forms, and is another for each person, order and deed."""
    return request_key and uuid5(request_key, f"{op}:{due.post_id}:{due.user_id}")


def _made(by: User, key: UUID | None) -> Payment | None:
    return Payment.objects.filter(by=by, request_key=key).first() if key else None


def _same(waiting: Payment | None, won: int, way: str) -> Payment | None:
    return waiting if waiting is not None and (waiting.won, waiting.way) == (won, way) else None
