"""Tables whose order is placed, and what their money says."""

from typing import Any

from accounts.models import User
from orders import payments, shares
from orders.billing import FeeIn, edit_bill
from orders.models import Due, Payment, Post, ShareVersion
from tests.orders.table import Table, bring_to, fresh


def issue(post: Post, **more: Any) -> ShareVersion:
    """By the host, as the page shows it now."""
    now = fresh(post)
    assert now.host
    return shares.issue_shares(by=now.host, post=now, share_v=now.share_v, cart_v=now.cart_v, **more)


def bring_to_shares(table: Table, state: str = "ARRIVED", fee: int = 3_000, **more: Any) -> Post:
    """Dishes of 9,000 won each for host, member and guest, and a delivery fee; issued: 10,000 won each."""
    post = bring_to(table, state)
    edit_bill(by=table.host, post=post, fees=[FeeIn(fee)])
    issue(post, **more)
    return fresh(post)


def due(post: Post, user: User) -> Due:
    return Due.objects.get(post=post, user=user)


def balances(post: Post) -> dict[int, int]:
    return dict(Due.objects.filter(post=post).values_list("user", "balance"))


def pay(post: Post, user: User, won: int | None = None, **more: Any) -> Payment:
    """A claim of the whole balance, or of so much."""
    now = fresh(post)
    won = due(post, user).balance if won is None else won
    return payments.claim(user=user, post=post, share_v=now.share_v, won=won, way="transfer", **more)


def paid(post: Post, user: User, won: int | None = None) -> Payment:
    """Claimed and confirmed."""
    assert post.host
    return payments.confirm(by=post.host, post=post, claim=pay(post, user, won).pk)


def rows(version: ShareVersion) -> dict[int, tuple[int, int]]:
    """User to won and amount."""
    return {share.user_id: (share.won, share.amount) for share in version.shares.all()}
