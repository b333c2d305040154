"""What happens to people happens to what they owe, inside the same transaction."""

from typing import Any, Final

from django.db.models import Q
from django.dispatch import receiver

from accounts.errors import AccountError
from accounts.models import User
from accounts.signals import account_deleted, account_deleting, guest_merged
from orders import bounds
from orders.models import OVER, Depositor, Discount, Due, PayAccount, Payment, Post, Share
from orders.notifications import notify

_SUMS: Final = ("share_won", "kept_won", "confirmed_won", "waived_won", "refunded_won")


@receiver(guest_merged)
def move_dues(*, guest: User, into: User, **kwargs: Any) -> None:
    """What a guest owes or is owed is the account's. With both in one order the sums are added, and two claims that
    wait become one of both. Nobody owes themselves: a host's is gone."""
    Share.objects.filter(user=guest).update(user=into)
    Payment.objects.filter(user=guest).update(user=into)
    Discount.objects.filter(user=guest).update(user=into)
    for due in Due.objects.select_for_update(no_key=True).filter(user=guest).select_related("post"):
        own = Due.objects.select_for_update(no_key=True).filter(post=due.post_id, user=into).first()
        if due.post.host_id == into.pk:
            due.delete()
        elif own is None:
            Due.objects.filter(pk=due.pk).update(user=into)
        else:
            _join(own, due)


def _join(own: Due, other: Due) -> None:
    other.delete()  # first: what waits for an answer does so for one person
    for name in _SUMS:
        setattr(own, name, getattr(own, name) + getattr(other, name))
    both = own.claim, other.claim
    own.claim = own.claim or other.claim
    own.refund_id = own.refund_id or other.refund_id
    since = [at for at in (own.unclaimed_since, other.unclaimed_since) if at is not None]
    own.unclaimed_since = None if own.claim_id else min(since, default=None)
    times = [at for at in (own.remind_at, other.remind_at) if at is not None]
    own.remind_at = min(times, default=None)
    own.save()
    if both[0] and both[1]:
        own.refresh_from_db()
        _claim_both(own, both[0], both[1])


def _claim_both(due: Due, one: Payment, other: Payment) -> None:
    """Only one claim waits for an answer: that of the sum, with both names on the transfers."""
    made = Payment.objects.create(
        post=due.post,
        user=due.user,
        op=Payment.Op.CLAIM,
        won=one.won + other.won,
        way=one.way,
        by=due.user,
        share_v=due.post.share_v,
        balance=due.balance,
    )
    names = Depositor.objects.filter(claim__in=[one, other]).order_by("claim").values_list("name", flat=True)
    if name := ", ".join(dict.fromkeys(names)):
        Depositor.objects.create(claim=made, name=name[: bounds.DEPOSITOR_MAX])
    Due.objects.filter(pk=due.pk).update(claim=made)
    if due.post.host_id is not None:
        args = {"user": due.user_id, "won": made.won}
        notify(users=[due.post.host_id], code="claimed", key=str(made.pk), post=due.post, args=args)


@receiver(account_deleting)
def keep_who_owes(*, user: User, **kwargs: Any) -> None:
    """Refused while an order of theirs runs or money is open, either way. Raises AccountError HOSTING or
    OPEN_BALANCE."""
    if Post.objects.filter(host=user).exclude(state__in=OVER).exists():
        raise AccountError("HOSTING")
    if Due.objects.open().filter(user=user).exists() or Due.objects.open().filter(post__host=user).exists():
        raise AccountError("OPEN_BALANCE")


@receiver(account_deleted)
def forget_account(*, user: User, **kwargs: Any) -> None:
    """Nobody sends them anything any more, and nobody else was to see the names on what was sent to them."""
    PayAccount.objects.filter(user=user).delete()
    Depositor.objects.filter(Q(claim__user=user) | Q(claim__post__host=user)).delete()
