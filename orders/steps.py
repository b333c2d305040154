"""What next? One pure function of a post and a person; it feeds the fact bar, the chips and the reminders."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from accounts.models import User
from orders import plan, sheet
from orders.debts import refund_stands
from orders.models import OVER, Due, Post, Seat, ShareVersion, State, Wait


class Step(NamedTuple):
    """`mine`: they can do it now; otherwise they wait for others. `args` are numbers for its sentence."""

    code: str
    mine: bool
    args: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the next step depends on. The counts of others leave the person out."""

    state: str
    member: bool = True
    host: bool = False
    guest: bool = False
    offered: bool = False  # is asked to be the host
    waits: bool = False
    free: bool = True  # there is a seat for a newcomer
    chosen: bool = False  # a dish, a part, or sits out
    pending: bool = False  # the host added something for them
    confirmed: bool = False  # or sits out
    said_arrived: bool = False
    seats_taken: int = 1
    min_people: int = 2
    unchosen: int = 0  # others
    unconfirmed: int = 0  # others
    leaving: int = 0  # who ask to leave
    missing_won: int = 0  # to the minimum order
    dishes: int = 0
    share_v: int = 0
    balance: int = 0  # what they owe the host; below 0 the host owes them
    claimed: bool = False  # and say that it is sent
    refund_sent: bool = False  # the host says that it is on its way back
    claims: int = 0  # others', which the host has not answered
    owed: int = 0  # others with whom the host is not even
    refunds: int = 0  # others to whom the host is to send something back
    behind: bool = False  # dishes came otherwise than the shares say
    refund_asked: bool = False  # they may agree that the order is canceled and all goes back
    past_deadline: bool = False
    near_meeting: bool = False
    revivable: bool = False


def next_step(facts: Facts) -> Step:
    """The one thing to do or to wait for now. Pure."""
    if facts.state in OVER:
        return _over(facts)
    if not facts.member:
        return _outside(facts)
    if facts.offered:
        return _do("answer_host")
    if facts.refund_asked:
        return _do("answer_refund")
    return _INSIDE[State(facts.state)](facts)


def _do(code: str, **args: Any) -> Step:
    return Step(code, True, args)


def _wait(code: str, **args: Any) -> Step:
    return Step(code, False, args)


def _over(facts: Facts) -> Step:
    if step := _money(facts):
        return step
    if facts.revivable and facts.host:
        return _do("revive")
    return _do("again") if facts.host else _wait("over")


def _outside(facts: Facts) -> Step:
    if facts.waits:
        return _wait("in_line")
    if facts.state != State.RECRUITING or facts.past_deadline:
        return _wait("closed")
    if facts.free:
        return _do("join")
    return _wait("full") if facts.guest else _do("wait")


def _choosing(facts: Facts) -> Step | None:
    if facts.pending:
        return _do("accept")
    return None if facts.chosen else _do("choose")


def _recruiting(facts: Facts) -> Step:
    missing = facts.min_people - facts.seats_taken
    if facts.host and facts.seats_taken == 1:
        return _do("invite", missing=missing)
    if step := _choosing(facts):
        return step
    if missing > 0:
        return _do("invite", missing=missing) if facts.host else _wait("wait_people", missing=missing)
    return _do("close") if facts.host else _wait("wait_close")


def _closed(facts: Facts) -> Step:
    if step := _choosing(facts):
        return step
    if not facts.host:
        return _wait("wait_lock", unchosen=facts.unchosen)
    if facts.unchosen:
        code = "sit_out_silent" if facts.past_deadline else "wait_choose"
        return Step(code, facts.past_deadline, {"unchosen": facts.unchosen})
    if not facts.dishes:
        return _do("choose")
    return _do("min_order", missing=facts.missing_won) if facts.missing_won else _do("lock")


def _locked(facts: Facts) -> Step:
    if not facts.host:
        return _wait("wait_order") if facts.confirmed else _do("confirm")
    if facts.leaving:
        return _do("answer_leave", leaving=facts.leaving)
    return _wait("wait_confirm", unconfirmed=facts.unconfirmed) if facts.unconfirmed else _do("order")


def _money(facts: Facts) -> Step | None:
    """What is to be done about a payment now."""
    if facts.refund_sent:
        return _do("refund_got")
    if facts.balance > 0 and not facts.claimed:
        return _do("pay", won=facts.balance)
    if facts.claims:
        return _do("answer_claims", claims=facts.claims)
    return _do("refund", refunds=facts.refunds) if facts.refunds else None


def _ordered(facts: Facts) -> Step:
    if facts.host and facts.share_v == 0:
        return _do("issue_shares")
    if facts.host and facts.behind:
        return _do("issue_again")
    if step := _money(facts):
        return step
    if facts.near_meeting and not facts.said_arrived:
        return _do("arrive")
    return _wait("wait_food")


def _arrived(facts: Facts) -> Step:
    if facts.host and facts.behind:
        return _do("issue_again")
    if step := _money(facts):
        return step
    if facts.claimed:
        return _wait("wait_found", won=facts.balance)
    if facts.balance < 0:
        return _wait("wait_refund", won=-facts.balance)
    if facts.host and facts.owed:
        return _wait("wait_paid", owed=facts.owed)
    if facts.share_v:
        return _do("settle")
    return _do("issue_shares") if facts.host else _wait("wait_shares")


_INSIDE = {
    State.RECRUITING: _recruiting,
    State.CLOSED: _closed,
    State.LOCKED: _locked,
    State.ORDERED: _ordered,
    State.ARRIVED: _arrived,
}


def facts_of(post: Post, user: User, now: datetime, found: sheet.Sheet | None = None) -> Facts:
    """Read them; `found`, the post's sheet, saves its three queries."""
    found = found or sheet.read(post)
    money = _money_of(post, user)
    seat = Seat.objects.active().filter(post=post, user=user).first()
    waits = list(Wait.objects.active().filter(post=post).values_list("user", flat=True))
    asking = Seat.objects.active().filter(post=post).exclude(asked_leave_at=None)
    mine = found.of(user.pk)
    return Facts(
        state=post.state,
        member=seat is not None,
        host=post.host_id == user.pk,
        guest=user.is_guest,
        offered=post.host_offered_to_id == user.pk,
        waits=user.pk in waits,
        free=post.seats_left > 0 and not waits,
        chosen=seat is not None and user.pk not in found.unchosen,
        pending=any(row.item.pending and row.item.owner_id == user.pk for row in mine),
        confirmed=seat is not None and user.pk not in found.unconfirmed,
        said_arrived=seat is not None and seat.arrived_at is not None,
        seats_taken=post.seats_taken,
        min_people=post.min_people,
        unchosen=len([u for u in found.unchosen if u != user.pk]),
        unconfirmed=len([u for u in found.unconfirmed if u != user.pk]),
        leaving=asking.count() if post.host_id == user.pk else 0,
        missing_won=found.min_order.missing,
        dishes=len(found.rows),
        share_v=post.share_v,
        refund_asked=seat is not None
        and post.state in (State.ORDERED, State.ARRIVED)
        and user.pk not in (post.host_id, post.refund_proposed_by_id)
        and refund_stands(post, now),
        **money,
        past_deadline=post.deadline_at <= now,
        near_meeting=post.meeting_at - plan.MEETING_SOON <= now,
        revivable=post.cancel_reason == "unanswered"
        and post.canceled_at is not None
        and now <= post.canceled_at + plan.REVIVABLE,
    )


def _money_of(post: Post, user: User) -> dict[str, Any]:
    """One query, once shares are issued; for the host another."""
    if not post.share_v:
        return {}
    dues = list(Due.objects.filter(post=post).values_list("user", "balance", "claim", "refund"))
    mine = next((due for due in dues if due[0] == user.pk), None)
    found: dict[str, Any] = {}
    if mine is not None:
        found = {"balance": mine[1], "claimed": mine[2] is not None, "refund_sent": mine[3] is not None}
    if post.host_id == user.pk:
        found["claims"] = sum(1 for due in dues if due[2] is not None)
        found["owed"] = sum(1 for due in dues if due[1])
        found["refunds"] = sum(1 for due in dues if due[1] < 0 and due[3] is None)
        issued = ShareVersion.objects.filter(post=post, share_v=post.share_v).values_list("cart_v", flat=True)
        found["behind"] = issued.first() != post.cart_v
    return found
