"""A host's pay account: kept, forgotten, opened for who may see it. It leaves here for one page at a time."""

from typing import Any

import msgspec
from django.utils import timezone

from accounts.models import User
from orders import banks, fields, sealing
from orders.errors import OrderError
from orders.models.pay_account import PayAccount

HOLDER_MAX = 30  # FIELD_TOO_LONG


class Account(msgspec.Struct, frozen=True):
    """Opened. `link`: the host's own at toss.me or qr.kakaopay.com, "" for none. Printed, it is masked."""

    user: int  # whose it is, so that a token moved to another's row does not open
    bank: str
    number: str
    holder: str
    link: str = ""

    @property
    def bank_name(self) -> str:
        return str(banks.BANKS[self.bank].name)

    @property
    def masked(self) -> str:
        return f"{self.bank_name} {banks.masked(self.number)}"

    def __repr__(self) -> str:
        return f"<Account of {self.user}>"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("user", self.user)]


def keep(*, user: User, bank: str, number: str, holder: str, link: str = "") -> PayAccount:
    """The person's account from now on.

    Raises ACCOUNT_BANK, ACCOUNT_NUMBER, ACCOUNT_LINK, FIELD_* with the field; GUEST_HOST, ACCOUNT_KEY.
    """
    if user.is_guest:
        raise OrderError("GUEST_HOST")
    account = Account(
        user=user.pk,
        bank=banks.bank(bank),
        number=banks.number(number),
        holder=fields.text(holder, "holder", HOLDER_MAX, required=True),
        link=banks.link(link),
    )
    sealed = sealing.seal(msgspec.json.encode(account))
    kept, _made = PayAccount.objects.update_or_create(
        user=user, defaults={"sealed": sealed, "changed_at": timezone.now()}
    )
    return kept


def forget(*, user: User) -> None:
    """It is gone for everybody; nothing to do when there is none."""
    PayAccount.objects.filter(user=user).delete()


def opened(user_id: int | None) -> Account | None:
    """The person's account; None: they have none. Raises ACCOUNT_KEY when it cannot be opened now."""
    row = PayAccount.objects.filter(user=user_id).first()
    if row is None:
        return None
    account = msgspec.json.decode(sealing.unseal(row.sealed), type=Account)
    if account.user != row.user_id:
        raise OrderError("ACCOUNT_KEY")
    return account


def reseal_all() -> int:
    """Every account under the newest key, each by itself; returns how many. A row changed meanwhile is new already."""
    done = 0
    for row in PayAccount.objects.order_by("pk").iterator():
        sealed = sealing.reseal(row.sealed)
        done += PayAccount.objects.filter(pk=row.pk, sealed=row.sealed).update(sealed=sealed)
    return done
