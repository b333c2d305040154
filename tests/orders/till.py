"""Tables that have ordered, for tests about money: 9,000 won each for three, delivery 4,000."""

from typing import Any

from orders import billing, pay_accounts, payments, shares
from orders.billing import FeeIn
from orders.models import Due, Payment, Post, ShareVersion, State
from tests.orders.table import Table, bring_to, fresh

NUMBER = "3333012345678"


def ordered(table: Table) -> Post:
    """Everybody has a dish and confirmed; the host has an account."""
    post = bring_to(table, State.ORDERED)
    pay_accounts.keep(user=table.host, bank="090", number=NUMBER, holder="노진구")
    return post


def issued(table: Table, *, fee: int = 4_000, unit: int = 10, **more: Any) -> ShareVersion:
    """10,333⅓ each, told to everybody: 10,340 for the member, 10,330 for the guest."""
    post = ordered(table)
    billing.edit_bill(by=table.host, post=post, fees=[FeeIn(fee)])
    return issue(table, unit=unit, **more)


def issue(table: Table, **more: Any) -> ShareVersion:
    post = fresh(table.post)
    return shares.issue_shares(by=table.host, post=post, share_v=post.share_v, cart_v=post.cart_v, **more)


def claim(table: Table, user: Any, **more: Any) -> Payment:
    post = fresh(table.post)
    due = Due.objects.get(post=post, user=user)
    values = {"won": due.balance, "way": "toss", **more}
    return payments.claim(user=user, post=post, share_v=post.share_v, **values)


def balance(table: Table, user: Any) -> int:
    return Due.objects.get(post=table.post, user=user).balance
