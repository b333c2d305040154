"""Seeded lives of a post: many verbs by many people in any order. Whatever they did, what stands agrees with itself."""

import random
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.actions import block, merge_guest
from accounts.models import User
from chat.models import Entry
from orders import cart, clock, confirming, plan, posts, seats, sheet, states
from orders.models import HELD, OPEN, OVER, Post, Seat, Sharer, State, Wait
from orders.steps import facts_of, next_step
from rooms import actions as rooms
from rooms.errors import RoomError
from rooms.models import Membership
from tests.orders.table import fresh, make_post, people

VERBS = 120


class Life:
    """One post, ten people, a clock, and dice."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        host, *self.others = people(9)
        self.post = make_post(host, capacity=4, min_people=2, min_order_won=10_000)
        self.code = rooms.create_invitation(by=host, room=self.post.room, expires_in=None).code
        self.guests = [User.objects.create_guest(f"손님 {n}") for n in range(2)]
        self.everybody = [host, *self.others, *self.guests]
        self.now = timezone.now()
        self.done: list[str] = []

    def verbs(self) -> dict[str, Callable[[User, User], Any]]:
        post = fresh(self.post)
        item = post.items.order_by("?").values_list("pk", flat=True).first() or 0
        some = self.dice.randint
        ordinary: dict[str, Callable[[User, User], Any]] = {
            "join": lambda a, b: seats.join(user=a, post=post),
            "link": lambda a, b: rooms.join_by_invitation(user=a, code=self.code),
            "wait": lambda a, b: seats.wait(user=a, post=post),
            "unwait": lambda a, b: seats.unwait(user=a, post=post),
            "leave": lambda a, b: seats.leave(user=a, post=post),
            "dish": lambda a, b: cart.set_item(
                by=a, post=post, name="치킨", unit_won=1_000 * some(1, 20), shared=some(0, 1) > 0
            ),
            "change": lambda a, b: cart.set_item(
                by=a, post=post, name="피자", unit_won=900 * some(1, 20), item=item
            ),
            "give": lambda a, b: cart.set_item(by=a, post=post, name="콜라", unit_won=2_000, owner=b),
            "take out": lambda a, b: cart.remove_item(by=a, post=post, item=item),
            "share": lambda a, b: cart.join_item(user=a, post=post, item=item, weight=some(1, 9)),
            "quit": lambda a, b: cart.quit_item(user=a, post=post, item=item),
            "accept": lambda a, b: cart.accept_item(user=a, post=post, item=item),
            "sit out": lambda a, b: cart.sit_out(by=a, post=post, user=self.dice.choice([a, b])),
            "sit in": lambda a, b: cart.sit_in(user=a, post=post),
            "confirm": lambda a, b: confirming.confirm(user=a, post=post, cart_v=post.cart_v),
            "ask": lambda a, b: seats.ask_leave(user=a, post=post),
            "accept host": lambda a, b: seats.accept_host(user=a, post=post),
            "decline host": lambda a, b: seats.decline_host(user=a, post=post),
            "here": lambda a, b: states.arrive(by=a, post=post),
        }
        hosts: dict[str, Callable[[User, User], Any]] = {
            "kick": lambda a, b: seats.remove(by=a, post=post, user=b),
            "offer": lambda a, b: seats.offer_host(by=a, post=post, to=b),
            "answer": lambda a, b: seats.answer_leave(by=a, post=post, user=b, yes=some(0, 1) > 0),
            "close": lambda a, b: states.close(by=a, post=post),
            "reopen": lambda a, b: states.reopen(
                by=a, post=post, deadline_at=self.now + timedelta(minutes=some(1, 60))
            ),
            "lock": lambda a, b: self.lock(a),
            "lock again": lambda a, b: self.lock(a),
            "unlock": lambda a, b: states.unlock(by=a, post=post),
            "order": lambda a, b: states.order(by=a, post=post, override=["unconfirmed"]),
            "capacity": lambda a, b: posts.edit_post(
                by=a, post=post, post_v=None, changes={"capacity": some(2, 6)}
            ),
            "shop": lambda a, b: posts.edit_post(
                by=a,
                post=post,
                post_v=post.post_v,
                changes={"shop": f"가게 {some(1, 3)}"},
                empty_cart=some(0, 9) == 0,
            ),
            "title": lambda a, b: rooms.rename(by=a, room=post.room, title=f"저녁 {some(1, 3)}"),
        }
        if post.state == State.ORDERED:
            hosts = {"here": ordinary["here"]}
        rare: dict[str, Callable[[User, User], Any]] = {
            "cancel": lambda a, b: states.cancel(by=a, post=post),
            "revive": lambda a, b: states.revive(by=a, post=post),
            "clear": lambda a, b: cart.clear(by=a, post=post),
            "merge": lambda a, b: merge_guest(guest=self.dice.choice(self.guests), into=b),
            "block": lambda a, b: block(user=a, blocked=b),
            "clock": lambda a, b: clock.look(post.pk, self.now + timedelta(minutes=some(0, 30))),
        }
        pick = self.dice.random()
        return ordinary if pick < 0.6 else hosts if pick < 0.92 else rare

    def lock(self, by: User) -> None:
        """Whoever has not chosen is fed first: by themselves, else locking would hardly ever do."""
        if self.dice.random() < 0.8 and fresh(self.post).state == State.CLOSED:
            for user in User.objects.filter(pk__in=sheet.read(fresh(self.post)).unchosen):
                cart.set_item(by=user, post=self.post, name="김밥", unit_won=4_000)
        states.lock(by=by, post=self.post, cart_v=fresh(self.post).cart_v, override=["min_order"])

    def step(self) -> None:
        verbs = self.verbs()
        name = self.dice.choice(sorted(verbs))
        one, other = self.dice.sample(self.everybody, 2)
        host = fresh(self.post).host
        if host is not None and self.dice.random() < 0.4:
            one = host
        if one == other:
            return
        try:
            verbs[name](User.objects.get(pk=one.pk), User.objects.get(pk=other.pk))
            self.done.append(name)
        except RoomError:
            pass
        except Exception as error:
            if type(error).__name__ not in {"AccountError"}:
                raise

    def check(self) -> None:
        post = fresh(self.post)
        seated = list(Seat.objects.active().filter(post=post).by_standing())
        members = Membership.objects.active().filter(room=post.room_id)
        assert post.seats_taken == len(seated) <= post.capacity
        assert [seat.user_id for seat in seated] == list(members.by_standing().values_list("user", flat=True))
        inside = {seat.user_id for seat in seated}
        waiting = set(Wait.objects.active().filter(post=post).values_list("user", flat=True))
        assert not inside & waiting
        if post.state == State.RECRUITING and post.deadline_at > timezone.now():
            assert not (waiting and post.seats_left), "nobody waits beside a free seat"
        if post.state in HELD or post.state in OVER:
            assert not waiting
        if post.state not in OVER:
            assert members.get(role=Membership.Role.HOST).user_id == post.host_id
        if post.state in OPEN:
            self.check_cart(post, inside)
        self.check_entries(post)
        assert post.due_at == plan.next_look(post)
        for user in (post.host, *self.others[:2]):
            assert user is None or next_step(facts_of(post, user, self.now)).code

    def check_cart(self, post: Post, inside: set[int]) -> None:
        for item in post.items.all():
            parts = set(item.sharers.values_list("user", flat=True))
            assert item.owner_id in parts <= inside
            assert item.shared or len(parts) == 1
        out = {seat.user_id for seat in Seat.objects.active().filter(post=post, sits_out=True)}
        assert not out & set(Sharer.objects.filter(item__post=post).values_list("user", flat=True))
        assert set(sheet.read(post).members) == inside

    def check_entries(self, post: Post) -> None:
        told = list(Entry.objects.filter(room_id=post.pk, kind__startswith="order.").order_by("seq"))
        moves = [entry.data for entry in told if entry.kind == "order.state"]
        assert moves[-1]["to"] == post.state
        assert all(one["to"] == other["from"] for one, other in pairwise(moves))
        versions = [entry.data["v"] for entry in told if "v" in entry.data]
        assert versions == sorted(set(versions))
        assert post.post_v >= versions[-1]
        carts = [entry.data["cart_v"] for entry in told if entry.kind == "order.cart"]
        assert carts == list(range(1, post.cart_v + 1)), "each version of the cart is one entry"
        last = [entry.data["subtotal"] for entry in told if entry.kind == "order.cart"][-1:]
        assert not last or last == [sheet.read(post).subtotal]


def live(seed: int, verbs: int = VERBS) -> Life:
    life = Life(seed)
    for _ in range(verbs):
        life.step()
        life.check()
    return life


@pytest.mark.parametrize("seed", range(4))
def test_whatever_people_do_what_stands_agrees_with_itself(db: None, seed: int) -> None:
    live(seed)


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_many_lives_see_every_state_and_do_every_verb(db: None) -> None:
    seen: set[str] = set()
    done: set[str] = set()
    for seed in range(100, 116):
        undo = transaction.savepoint()
        life = live(seed)
        told = Entry.objects.filter(room_id=life.post.pk, kind="order.state")
        seen |= set(told.values_list("data__to", flat=True))
        done |= set(life.done)
        transaction.savepoint_rollback(undo)
    assert seen >= {"RECRUITING", "CLOSED", "LOCKED", "ORDERED", "ARRIVED", "CANCELED"}
    assert len(done) > 30, sorted(done)
