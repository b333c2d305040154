"""Reading money: who has paid, who still owes, and how each share comes about. Queries, no rules."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final, NamedTuple

from django.db.models import QuerySet

from accounts.models import User
from orders.models import OVER, Depositor, Due, Payment, Post, Share, ShareVersion, State
from orders.models.bill import discount_title, fee_title
from orders.shares import latest_version, paid_before

DUE: Final = "due"
CLAIMED: Final = "claimed"
REFUND_DUE: Final = "refund_due"
REFUND_SENT: Final = "refund_sent"
WAIVED: Final = "waived"
SETTLED: Final = "settled"


@dataclass(frozen=True, slots=True)
class Row:
    """One person besides the host. `rejected`: the host's last word was that a claim was not found."""

    due: Due
    user: User
    share: Share | None  # of the version that stands
    rejected: Payment | None

    @property
    def claim(self) -> Payment | None:
        return self.due.claim

    @property
    def refund(self) -> Payment | None:
        return self.due.refund

    @property
    def balance(self) -> int:
        return self.due.balance

    @property
    def status(self) -> str:
        """due, claimed, refund_due, refund_sent, waived or settled."""
        if self.due.claim_id is not None:
            return CLAIMED
        if self.balance > 0:
            return DUE
        if self.balance < 0:
            return REFUND_DUE if self.due.refund_id is None else REFUND_SENT
        return WAIVED if self.due.waived_won else SETTLED


@dataclass(frozen=True, slots=True)
class Board:
    """Rows in the order of joining."""

    version: ShareVersion | None
    rows: tuple[Row, ...]
    host_share: Share | None

    @property
    def due_won(self) -> int:
        """All that the host is to get."""
        return sum(row.due.share_won + row.due.kept_won for row in self.rows)

    @property
    def confirmed_won(self) -> int:
        return sum(row.due.confirmed_won - row.due.refunded_won for row in self.rows)

    @property
    def open(self) -> int:
        """People with a balance."""
        return sum(1 for row in self.rows if row.balance)

    @property
    def settled(self) -> bool:
        return self.version is not None and not self.open


def board(post: Post) -> Board:
    """Four queries, however many people."""
    version = latest_version(post)
    shares = {share.user_id: share for share in version.shares.order_by("seat")} if version else {}
    dues = Due.objects.filter(post=post).select_related("user", "claim", "refund")
    place = {user: number for number, user in enumerate(shares)}
    rejected = _rejected(post)
    rows = [
        Row(due, due.user, shares.get(due.user_id), None if due.claim_id else rejected.get(due.user_id))
        for due in sorted(dues, key=lambda due: (place.get(due.user_id, len(place)), due.pk))
    ]
    return Board(version, tuple(rows), shares.get(post.host_id or 0))


def _rejected(post: Post) -> dict[int, Payment]:
    """Of each person the last word about their payments, where that was a rejection."""
    last: dict[int, Payment] = {}
    for payment in Payment.objects.filter(post=post).order_by("pk"):
        last[payment.user_id] = payment
    return {user: payment for user, payment in last.items() if payment.op == Payment.Op.REJECT}


def due_of(post: Post, user: User) -> Due | None:
    """What is between the person and the host; having left or been removed changes nothing about it."""
    return Due.objects.select_related("claim", "refund").filter(post=post, user=user).first()


def ledger(post: Post, user: User | None = None) -> QuerySet[Payment]:
    """Every word about money, in order; of one person, if given."""
    rows = Payment.objects.filter(post=post).select_related("user", "by").order_by("pk")
    return rows if user is None else rows.filter(user=user)


def depositor_of(claim: Payment, by: User) -> str:
    """The name on the transfer, for the host alone; "" for everybody else and once it is forgotten."""
    if claim.post.host_id != by.pk:
        return ""
    return Depositor.objects.filter(claim=claim).values_list("name", flat=True).first() or ""


def account_visible_to(post: Post, user: User) -> bool:
    """Whether the person may see the host's account: who has something to send there, and not once it is all given
    back."""
    if post.state in OVER and post.state != State.DONE:
        return False
    return Due.objects.owing().filter(post=post, user=user).exists()


# --- the working ----------------------------------------------------------------------------------------------


class DishPart(NamedTuple):
    name: str
    won: int  # of the whole dish
    weight: int
    weights: int
    part: Fraction


class BillLine(NamedTuple):
    """A fee or discount of the whole order."""

    title: str
    won: int
    rule: str  # FeeRule of a fee, Scope of a discount


@dataclass(frozen=True, slots=True)
class Working:
    """How one person's share comes about. Exact: food − food_off + fee − fee_off − personal − rest_off = exact;
    won = exact + rounding; amount = won + kept."""

    user: int
    dishes: tuple[DishPart, ...]
    fees: tuple[BillLine, ...]  # of the whole order
    discounts: tuple[BillLine, ...]  # of the whole order, and own ones
    food: Fraction
    food_off: Fraction
    fee: Fraction
    fee_off: Fraction
    personal: Fraction
    rest_off: Fraction
    exact: Fraction
    rounding: Fraction
    won: int
    kept: int
    amount: int
    unit: int
    unused: int


def working(post: Post, user: User, share_v: int | None = None) -> list[Working]:
    """Of the version that stands, or of another; none if it has no share of theirs. More than one only for who came
    twice (as a guest and with an account)."""
    version = ShareVersion.objects.filter(post=post, share_v=share_v or post.share_v).first()
    return [working_of(version, share) for share in version.shares.filter(user=user)] if version else []


def working_of(version: ShareVersion, share: Share) -> Working:
    bill = version.bill
    return Working(
        user=share.user_id,
        dishes=tuple(_dishes(bill, share.user_id)),
        fees=tuple(
            BillLine(fee["label"] or fee_title(fee["is_gap"]), fee["won"], fee["rule"])
            for fee in bill.get("fees", [])
        ),
        discounts=tuple(
            BillLine(off["label"] or discount_title(off["is_gap"]), off["won"], off["scope"])
            for off in bill.get("discounts", [])
            if off["user"] in (None, share.user_id)
        ),
        food=share.part("food"),
        food_off=share.part("food_off"),
        fee=share.part("fee"),
        fee_off=share.part("fee_off"),
        personal=share.part("personal"),
        rest_off=share.part("rest_off"),
        exact=share.x,
        rounding=share.won - share.x,
        won=share.won,
        kept=share.kept_won,
        amount=share.amount,
        unit=version.unit,
        unused=bill.get("unused", 0),
    )


def _dishes(bill: dict[str, Any], user: int) -> list[DishPart]:
    found = []
    for item in bill.get("items", []):
        parts = dict(item["parts"])
        if user in parts:
            won, weights = item["unit_won"] * item["qty"], sum(parts.values())
            part = Fraction(won * parts[user], weights)
            found.append(DishPart(item["name"], won, parts[user], weights, part))
    return found


def differences(version: ShareVersion) -> list[tuple[int, int, int]]:
    """Of each person (id) what they paid by the version before, and what by this one; in the order of joining."""
    earlier = ShareVersion.objects.filter(post=version.post_id, share_v=version.share_v - 1).first()
    before = paid_before(earlier)
    return [
        (share.user_id, before[share.user_id].amount if share.user_id in before else 0, share.amount)
        for share in version.shares.order_by("seat")
    ]
