"""The order sheet as one person sees it: who eats what, what they may change, what it comes to."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from accounts.models import User
from orders import estimates, sheet
from orders.debts import refund_stands
from orders.estimates import Estimate
from orders.models import HELD, OPEN, Item, Post, Seat, Share, State
from orders.progress import Progress
from orders.sheet import Row, Sheet
from orders.steps import Facts, Step, facts_of, next_step


class Part(NamedTuple):
    user: User
    weight: int


@dataclass(frozen=True, slots=True)
class Dish:
    """`my_weight` 0: I have no part in it."""

    item: Item
    parts: tuple[Part, ...]
    mine: bool
    my_weight: int
    added_by_me: bool

    @property
    def others(self) -> int:
        """How many besides its owner."""
        return len(self.parts) - 1

    @property
    def weighted(self) -> bool:
        return len({part.weight for part in self.parts}) > 1


@dataclass(frozen=True, slots=True)
class Person:
    """A member, or whoever a dish is left of. `seat` None: has gone."""

    user: User
    me: bool
    host: bool
    seat: Seat | None
    dishes: tuple[Dish, ...]
    unchosen: bool
    confirmed: bool
    estimate: Estimate | None

    @property
    def sits_out(self) -> bool:
        return self.seat is not None and self.seat.sits_out

    @property
    def asks_to_leave(self) -> bool:
        return self.seat is not None and self.seat.asked_leave_at is not None

    @property
    def shares(self) -> bool:
        """Has no dish of their own but a part in another's."""
        return not self.dishes and not self.unchosen and not self.sits_out


@dataclass(frozen=True, slots=True)
class View:
    """All that the fragments say, for `user`. Nine queries at most, however many people and dishes."""

    post: Post
    user: User
    sheet: Sheet
    people: tuple[Person, ...]  # I stand first
    facts: Facts
    step: Step
    now: datetime
    share_won: int | None = (
        None  # what the reader pays by the shares that stand; None: none are issued, or no part
    )

    @property
    def me(self) -> Person:
        return self.people[0]

    @property
    def others(self) -> tuple[Person, ...]:
        return self.people[1:]

    @property
    def can_choose(self) -> bool:
        return self.post.state in OPEN

    @property
    def held(self) -> bool:
        return self.post.state in HELD

    @property
    def pending(self) -> list[Dish]:
        """What the host added for me and I have not accepted."""
        return [dish for dish in self.me.dishes if dish.item.pending]

    @property
    def short(self) -> int:
        return self.sheet.min_order.missing

    @property
    def short_without_me(self) -> int:
        """Won that the minimum order would lack only because I left; 0: no harm."""
        left = Progress(self.sheet.without(self.user.pk), self.post.min_order_won)
        return 0 if self.short else left.missing

    @property
    def can_arrive(self) -> bool:
        return self.post.state == State.ORDERED and not (self.facts.said_arrived and not self.facts.host)

    @property
    def refund_proposed(self) -> bool:
        return self.post.state in (State.ORDERED, State.ARRIVED) and refund_stands(self.post, self.now)

    @property
    def candidates(self) -> list[Person]:
        """Who could be the host."""
        return [person for person in self.others if person.seat and not person.user.is_guest]


def read(post: Post, user: User, now: datetime) -> View:
    """`user` is a member."""
    found = sheet.read(post)
    facts = facts_of(post, user, now, found)
    seats = {seat.user_id: seat for seat in _seats(post)}
    ids = [user.pk, *(pk for pk in seats if pk != user.pk)]
    ids += sorted({row.item.owner_id for row in found.rows} - set(ids))
    known = {seat.user_id: seat.user for seat in seats.values()} | {
        row.item.owner_id: row.item.owner for row in found.rows
    }
    strangers = {pk for row in found.rows for pk in row.parts} - set(known)
    known |= User.objects.in_bulk(strangers) if strangers else {}
    known.setdefault(user.pk, user)
    each = estimates.estimates(found, post.host_id)
    dishes: dict[int, list[Dish]] = {}
    for row in found.rows:
        dishes.setdefault(row.item.owner_id, []).append(_dish(row, known, user))

    def person(pk: int) -> Person:
        return Person(
            user=known[pk],
            me=pk == user.pk,
            host=pk == post.host_id,
            seat=seats.get(pk),
            dishes=tuple(dishes.get(pk, ())),
            unchosen=pk in found.unchosen,
            confirmed=pk in seats and pk not in found.unconfirmed,
            estimate=each.get(pk),
        )

    people = tuple(person(pk) for pk in ids)
    return View(post, user, found, people, facts, next_step(facts), now, _share_won(post, user))


def _share_won(post: Post, user: User) -> int | None:
    """One query, once shares are issued."""
    if not post.share_v:
        return None
    shares = Share.objects.filter(version__post=post, version__share_v=post.share_v, user=user)
    amounts = [share.amount for share in shares]
    return sum(amounts) if amounts else None


def _seats(post: Post) -> Any:
    return Seat.objects.active().filter(post=post).select_related("user").by_standing()


def _dish(row: Row, known: dict[int, User], user: User) -> Dish:
    return Dish(
        item=row.item,
        parts=tuple(Part(known[pk], weight) for pk, weight in row.parts.items()),
        mine=row.item.owner_id == user.pk,
        my_weight=row.parts.get(user.pk, 0),
        added_by_me=row.item.pending and row.item.added_by_id == user.pk,
    )
