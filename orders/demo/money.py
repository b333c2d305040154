"""How the demo's people pay each other back, by the verbs. Rows about money cannot be changed afterwards (triggers
refuse it), so unlike the rest they are written with the time at which they are to have happened."""

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Final

from accounts.models import User
from orders import billing, clock, pay_accounts, payments, refunding, shares
from orders.errors import OrderError
from orders.models import Due, Item, Post

WAYS: Final = ["transfer", "transfer", "toss", "kakaopay"]
BEGAN: Final = {"unsettled": timedelta(days=14, hours=6)}  # before the end; else the last forty minutes
STEP: Final = timedelta(minutes=4)


class Paying:
    """Money of one post that is ORDERED or ARRIVED, ending at `end`."""

    def __init__(self, post: Post, host: User, rng: Random, fate: str, end: datetime) -> None:
        self.post, self.host, self.rng = post, host, rng
        self.at = end - BEGAN.get(fate, 10 * STEP)
        self.end = end

    def live(self, fate: str) -> None:
        self._keep_account()
        self._issue()
        if fate in _FATES:
            _FATES[fate](self)

    # --- fates -----------------------------------------------------------------------------------------------------

    def paying(self) -> None:
        """One of each: paid, claimed, refused, let off; the others have not begun."""
        dues = self._dues()
        deeds: list[Callable[[User], None]] = [self._paid, self._claims, self._refused, self._let_off]
        for due, deed in zip(dues, deeds, strict=False):
            deed(due.user)

    def settled(self) -> None:
        for due in self._dues():
            self._paid(due.user)

    def unsettled(self) -> None:
        """One pays, another says so and is refused, the clock ends it."""
        dues = self._dues()
        self._paid(dues[0].user)
        for due in dues[1:]:
            self._refused(due.user)
        clock.look(self.post.pk, self._now().state_at + timedelta(days=15))

    def refunding(self) -> None:
        """Two have paid when it turns out that the shop had no more of their dishes."""
        paid = [due.user for due in self._dues()[:2]]
        for user in paid:
            self._paid(user)
            for item in Item.objects.filter(post=self.post, owner=user, shared=False):
                billing.set_actual(by=self.host, post=self.post, item=item.pk, unit_won=item.unit_won, qty=0)
        self._issue()
        for user in paid:
            if Due.objects.get(post=self.post, user=user).balance < 0:
                sent = payments.refund_sent(
                    by=self.host, post=self.post, user=user, way="transfer", now=self._tick()
                )
        payments.refund_got(user=sent.user, post=self.post, refund=sent.pk, now=self._tick())

    def refunded(self) -> None:
        """Called off together after all: what was paid is owed back."""
        due = self._dues()[0]
        self._paid(due.user)
        refunding.propose_refund(by=self.host, post=self.post, now=self._tick())
        refunding.agree_refund(user=due.user, post=self.post, now=self._tick())

    # --- deeds -----------------------------------------------------------------------------------------------------

    def _keep_account(self) -> None:
        number = f"{self.host.pk:012}"  # mostly zeros: nobody's, should somebody send won to it
        try:
            pay_accounts.keep(user=self.host, bank="092", number=number, holder=self.host.nickname)
        except OrderError as error:
            if error.code != "ACCOUNT_KEY":  # without a key there are no accounts, and everything else works
                raise

    def _issue(self) -> None:
        now = self._now()
        if not now.share_v:
            billing.edit_bill(by=self.host, post=now, fees=billing.suggested_fees(now))
        shares.issue_shares(
            by=self.host, post=now, share_v=now.share_v, cart_v=now.cart_v, unit=10, now=self._tick()
        )

    def _claims(self, user: User) -> None:
        due, now = Due.objects.get(post=self.post, user=user), self._now()
        if due.balance > 0:
            payments.claim(
                user=user, post=now, share_v=now.share_v, won=due.balance, way=self.rng.choice(WAYS),
                depositor=user.nickname, now=self._tick(),
            )  # fmt: skip

    def _paid(self, user: User) -> None:
        self._claims(user)
        claim = Due.objects.get(post=self.post, user=user).claim
        if claim:
            payments.confirm(by=self.host, post=self.post, claim=claim.pk, now=self._tick())

    def _refused(self, user: User) -> None:
        self._claims(user)
        claim = Due.objects.get(post=self.post, user=user).claim
        if claim:
            reason = "아직 들어온 돈이 없어요"
            payments.reject(by=self.host, post=self.post, claim=claim.pk, reason=reason, now=self._tick())

    def _let_off(self, user: User) -> None:
        payments.waive(by=self.host, post=self.post, user=user, now=self._tick())

    def _dues(self) -> list[Due]:
        """Of those who owe, in the order of joining."""
        return list(Due.objects.filter(post=self.post, balance__gt=0).select_related("user").order_by("pk"))

    def _now(self) -> Post:
        return Post.objects.select_related("room", "host").get(pk=self.post.pk)

    def _tick(self) -> datetime:
        """A little later, never beyond the end."""
        self.at = min(self.at + STEP * self.rng.random(), self.end)
        return self.at


_FATES: Final[dict[str, Callable[[Paying], None]]] = {
    "paying": Paying.paying,
    "settled": Paying.settled,
    "unsettled": Paying.unsettled,
    "refunding": Paying.refunding,
    "refunded": Paying.refunded,
}
