"""How a post looks to somebody outside: in the list, in the preview of the form, on its page and on its invitation."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from accounts.models import User
from orders import progress, times
from orders.models import Post, Seat, State

DOTS_MAX: Final = 8  # seats that are drawn one by one
CLOSING_SOON: Final = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Card:
    """`waiting` and `subtotal` as annotated by `with_waiting` and `with_subtotal`; a post not saved yet has none."""

    post: Post
    now: datetime
    mine: str = ""  # how the reader has to do with it

    @property
    def when(self) -> str:
        """ "오늘 18:30 · 25분 뒤"; what is near is said without its day."""
        soon = times.until(self.post.meeting_at, self.now)
        spoken = times.spoken(self.post.meeting_at, self.now)
        return f"{spoken} · {soon}" if soon else spoken

    @property
    def when_plain(self) -> str:
        """Without what is wrong a minute later: for a preview that a messenger keeps."""
        return times.spoken(self.post.meeting_at, self.now)

    @property
    def deadline(self) -> str:
        return times.spoken(self.post.deadline_at, self.now)

    @property
    def waiting(self) -> int:
        return int(getattr(self.post, "waiting", 0))

    @property
    def subtotal(self) -> int:
        return int(getattr(self.post, "subtotal", 0))

    @property
    def min_order(self) -> progress.Progress | None:
        return progress.min_order(self.post.min_order_won, self.subtotal) if self.post.min_order_won else None

    @property
    def recruiting(self) -> bool:
        return self.post.state == State.RECRUITING and self.post.deadline_at > self.now

    @property
    def free(self) -> bool:
        """A newcomer gets a seat."""
        return self.recruiting and self.post.seats_left > 0 and not self.waiting

    @property
    def dots(self) -> list[bool]:
        """One per seat, taken or not; none when they are too many to draw."""
        seats = self.post.capacity
        return [n < self.post.seats_taken for n in range(seats)] if seats <= DOTS_MAX else []

    @property
    def mood(self) -> str:
        """open, soon, full or shut: the colour of the badge."""
        if not self.recruiting:
            return "shut"
        if not self.free:
            return "full"
        return "soon" if self.post.deadline_at - self.now <= CLOSING_SOON else "open"

    @property
    def badge(self) -> str:
        """The state in two words; "" while there is nothing to say but the seats."""
        if self.mood == "open":
            return ""
        if self.mood == "soon":
            minutes = -(-int((self.post.deadline_at - self.now).total_seconds()) // 60)
            return _("{minutes} min left").format(minutes=minutes)
        if self.mood == "full":
            return pgettext("a post", "full")
        return _shut()[self.post.state]

    @property
    def people(self) -> str:
        """How many are in and how many it takes."""
        short = self.post.min_people - self.post.seats_taken
        if self.recruiting and short > 0:
            return ngettext("{n} more and it happens", "{n} more and it happens", short).format(n=short)
        return ""


def cards(posts: Iterable[Post], now: datetime, user: User | None = None) -> list[Card]:
    """With a person one query more: which of them are theirs."""
    posts = list(posts)
    inside: set[int] = set()
    if user is not None:
        inside.update(
            Seat.objects.active().filter(user=user, post__in=posts).values_list("post_id", flat=True)
        )
    return [Card(post, now, _mine(post, user, post.pk in inside)) for post in posts]


def _mine(post: Post, user: User | None, inside: bool) -> str:
    if user is not None and post.host_id == user.pk:
        return _("my post")
    return _("I am in") if inside else ""


def _shut() -> dict[str, str]:
    return {
        State.RECRUITING: _("closed"),
        State.CLOSED: _("closed"),
        State.LOCKED: _("ordering soon"),
        State.ORDERED: _("ordered"),
        State.ARRIVED: _("arrived"),
        State.DONE: pgettext("a post", "over"),
        State.CANCELED: _("canceled"),
    }


def each_fee(post: Post, subtotal: int, people: int) -> int | None:
    """The expected delivery fee of one of so many people, rounded up to 10 won; None while it is unknown."""
    fee = progress.fee_at(post.fee_tiers, max(subtotal, post.min_order_won))
    return None if fee is None else -(-fee // (10 * people)) * 10


def each_food(post: Post) -> int:
    """What each must choose for at least, should the seats fill up, to reach the minimum order; up to 100 won."""
    return -(-post.min_order_won // (100 * post.capacity)) * 100
