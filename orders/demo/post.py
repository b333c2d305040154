"""One post of the demo, lived through by the verbs."""

from datetime import datetime, timedelta
from random import Random
from typing import Final

from django.utils import timezone

from accounts.models import User
from chat import reading, room_kinds, timeline
from orders import cart, clock, confirming, posts, seats, states
from orders.bounds import POSTS_MAX
from orders.demo import asking, past, words
from orders.demo.money import Paying
from orders.demo.words import Shop
from orders.models import OVER, Post, Seat
from rooms import actions as rooms

BATCH: Final = 50  # texts of one write
# hours since it began
LONG_AGO: Final = {
    "settled": 40, "unsettled": 15 * 24, "short": 30, "called_off": 50, "silent": 26, "refunded": 20,
}  # fmt: skip
ISSUED: Final = ("due", "paying", "refunding", "settled", "unsettled", "refunded")  # shares, after ARRIVED
ASKED: Final = ("recruiting", "closed", "arrived", "paying")  # have polls


class Maker:
    """Makes posts among its people; who hosts five already hosts no more."""

    def __init__(self, people: list[User]) -> None:
        self._people = people

    def make(self, fate: str, rng: Random, number: int, talk: int | None) -> Post:
        """A post of this fate. `talk`: how many texts besides the usual."""
        began = timezone.now()
        host = self._host(number)
        shop = words.SHOPS[number % len(words.SHOPS)] if fate != "alone" else rng.choice(words.SHOPS)
        post = _post(host, shop, fate, rng, began)
        table = _Table(post, shop, rng)
        table.come(self._people, fate)
        if fate not in {"alone", "short"}:
            table.choose(sitting_out=fate == "ordered" and number % 2 == 0)
        if talk:
            table.say(talk, words.SMALL_TALK + words.CHOOSING + words.EATING)
        if fate in ASKED and number % 2 == 0:
            asking.ask(post, host, table.sitting, rng, fate)
        table.live_on(fate)
        start, end = _span(fate, rng)
        if fate in ISSUED:
            Paying(post, host, rng, fate, end).live(fate)
        table.read()
        _age(post, fate, began, start, end)
        return post

    def _host(self, number: int) -> User:
        for step in range(len(self._people)):
            host = self._people[(number * 7 + step) % len(self._people)]
            if Post.objects.filter(host=host).exclude(state__in=OVER).count() < min(POSTS_MAX, 3):
                return host
        raise RuntimeError("everybody hosts enough already")


def _post(host: User, shop: Shop, fate: str, rng: Random, now: datetime) -> Post:
    hours = dict.fromkeys(ISSUED, 1) | {"ordered": 1, "arrived": 1, "locked": 2, "closed": 3}
    ahead = hours.get(fate) or rng.choice([1, 2, 2, 3, 4, 5, 20, 26])
    meeting = _round(now + timedelta(hours=ahead, minutes=rng.randrange(0, 50, 10)))
    capacity = {"full": rng.choice([3, 4]), "paying": 6, "refunding": 6}.get(
        fate, rng.choice([3, 4, 4, 5, 6])
    )
    return posts.create_post(
        user=host,
        title=shop.title,
        shop=shop.name,
        category=shop.category,
        meeting_at=meeting,
        place=rng.choice(words.PLACES),
        place_note=rng.choice(words.NOTES),
        min_people=rng.choice([2, 3]) if fate != "short" else 3,
        capacity=capacity,
        min_order_won=shop.least,
        fee_tiers=shop.fees,
    )


def _round(at: datetime) -> datetime:
    """Up to the next ten minutes, as people say it."""
    at += timedelta(minutes=-at.minute % 10)
    return at.replace(second=0, microsecond=0)


class _Table:
    def __init__(self, post: Post, shop: Shop, rng: Random) -> None:
        self.post, self.shop, self.rng = post, shop, rng
        self.host = post.room.created_by
        self.sitting = [self.host]

    def come(self, people: list[User], fate: str) -> None:
        """People join, one as a guest by the link; a full table has a line."""
        if fate == "alone":
            return
        seats_taken = {
            "full": self.post.capacity,
            "short": 2,
            "paying": 6,
            "refunding": 5,
            "recruiting": self.rng.randint(2, self.post.capacity - 1),
        }
        size = seats_taken.get(fate) or self.rng.randint(max(self.post.min_people, 3), self.post.capacity)
        others = [person for person in people if person != self.host]
        line = self.rng.sample(others, size + 2)
        link = rooms.create_invitation(by=self.host, room=self.post.room, expires_in=timedelta(days=7))
        while len(self.sitting) < size:
            if len(self.sitting) == 2 and self.rng.random() < 0.4:
                name = self.rng.choice(words.GUESTS)
                self.sitting.append(rooms.join_as_guest(code=link.code, nickname=name, locale="ko").user)
            else:
                person = line.pop()
                seats.join(user=person, post=self.post)
                self.sitting.append(person)
            self.say(self.rng.randint(2, 6), words.GREETINGS)
        for person in line[:2] if fate == "full" else []:
            seats.wait(user=person, post=self.post)

    def choose(self, *, sitting_out: bool) -> None:
        """Everybody has a dish or a part; talk in between."""
        shared = None
        if self.shop.shared:
            name, won = self.shop.shared
            shared = cart.set_item(by=self.host, post=self.post, name=name, unit_won=won, shared=True)
        for person in self.sitting:
            self.say(self.rng.randint(4, 9), words.CHOOSING)
            if person != self.host and sitting_out and person == self.sitting[-1] and len(self.sitting) > 2:
                cart.sit_out(by=person, post=self.post)
                continue
            if shared and person != self.host and self.rng.random() < 0.7:
                cart.join_item(
                    user=person, post=self.post, item=shared.pk, weight=self.rng.choice([1, 1, 1, 2])
                )
            if not shared or self.rng.random() < 0.6 or person != self.host:
                name, won = self.rng.choice(self.shop.menu)
                cart.set_item(
                    by=person, post=self.post, name=name, unit_won=won, note=self.rng.choice(words.DISH_NOTES)
                )
        self.say(self.rng.randint(15, 35), words.CHOOSING + words.SMALL_TALK)

    def live_on(self, fate: str) -> None:
        """From RECRUITING to where its fate leaves it."""
        post, host = self.post, self.host
        if fate == "short":
            clock.look(post.pk, post.deadline_at + timedelta(seconds=1))
        elif fate == "called_off":
            states.cancel(by=host, post=post, note="급한 일이 생겼어요. 미안해요")
        if fate not in {"closed", "locked", "ordered", "arrived", "silent", *ISSUED}:
            return
        states.close(by=host, post=post)
        self.say(self.rng.randint(10, 25), words.CHOOSING + words.MEETING)
        if fate == "silent":
            clock.look(post.pk, post.meeting_at + timedelta(minutes=31))
        if fate in {"closed", "silent"}:
            return
        states.lock(by=host, post=post, cart_v=self._now().cart_v, override=["min_order"])
        eaters = (
            Seat.objects.active().filter(post=post, sits_out=False).exclude(user=host).select_related("user")
        )
        slow = 1 if fate == "locked" else 0
        for seat in list(eaters.by_standing())[slow:]:
            confirming.confirm(user=seat.user, post=post, cart_v=self._now().cart_v)
        self.say(self.rng.randint(8, 20), words.MEETING)
        if fate == "locked":
            return
        states.order(by=host, post=post)
        self.say(self.rng.randint(15, 30), words.MEETING + words.SMALL_TALK)
        if fate == "ordered":
            return
        states.arrive(by=self.sitting[1], post=post)
        states.arrive(by=host, post=post)
        self.say(self.rng.randint(20, 45), words.EATING + words.SMALL_TALK)

    def say(self, count: int, lines: list[str]) -> None:
        """So many texts of those who sit, nobody three times in a row."""
        said: list[User] = []
        while len(said) < count:
            person = self.rng.choice(self.sitting)
            if len(self.sitting) == 1 or said[-2:] != [person, person]:
                said.append(person)
        drafts = [
            timeline.draft(
                room_kinds.TEXT,
                room_kinds.Text(
                    self.rng.choice(lines).format(
                        place=self.post.place, dish=self.rng.choice(self.shop.menu)[0], shop=self.shop.name
                    )
                ),
                room_id=self.post.pk,
                sender_id=person.pk,
            )
            for person in said
        ]
        for begin in range(0, len(drafts), BATCH):
            timeline.append(drafts[begin : begin + BATCH], wait_ms=5_000)

    def read(self) -> None:
        """Most have read everything, somebody has not looked for a while."""
        head = timeline.heads([self.post.pk])[self.post.pk]
        behind = {self.sitting[-1].pk: self.rng.randint(2, 12)}
        reading.mark_read([(self.post.pk, p.pk, max(head - behind.get(p.pk, 0), 1)) for p in self.sitting])

    def _now(self) -> Post:
        return Post.objects.get(pk=self.post.pk)


def _span(fate: str, rng: Random) -> tuple[datetime, datetime]:
    """When it is to have begun and ended: an hour or two until now, and for what is over, days ago."""
    now = timezone.now()
    if fate not in LONG_AGO:
        return now - timedelta(minutes=rng.randint(60, 200)), now - timedelta(minutes=rng.randint(0, 9))
    start = now - timedelta(hours=LONG_AGO[fate], minutes=rng.randrange(0, 300))
    lasted = timedelta(hours=rng.choice([2, 3]))
    return start, now - timedelta(hours=20) if fate == "unsettled" else start + lasted


def _age(post: Post, fate: str, began: datetime, start: datetime, end: datetime) -> None:
    """Into the past."""
    post.refresh_from_db()
    meeting = {
        "ordered": end + timedelta(minutes=20),
        "silent": end,
        **dict.fromkeys(("arrived", "due", "paying", "refunding"), end - timedelta(minutes=50)),
    }.get(fate)
    if fate in LONG_AGO and fate != "silent":
        meeting = start + timedelta(hours=1)
    if meeting is not None:
        post.meeting_at = _round(meeting)
    if fate not in {"recruiting", "alone", "full"}:
        post.deadline_at = min(
            post.deadline_at, post.meeting_at - timedelta(minutes=10), start + (end - start) / 2
        )
    Post.objects.filter(pk=post.pk).update(meeting_at=post.meeting_at, deadline_at=post.deadline_at)
    past.move(post, began, start, end)
