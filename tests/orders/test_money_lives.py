"""Whatever people do about money, in whatever order, what stands agrees with itself after every step."""

import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from orders import clock, payments, refunding, seats, states
from orders.billing import DiscountIn, FeeIn, edit_bill, preview, set_actual
from orders.models import Due, Payment, Post, ShareVersion
from rooms.errors import RoomError
from tests.orders.settling import issue
from tests.orders.table import Table, bring_to, entries, fresh, make_table

STEPS = 60
WAYS = Payment.Way.values


class Life:
    """One order from ORDERED on, and what its people may do next."""

    def __init__(self, table: Table, chance: random.Random) -> None:
        self.table, self.chance = table, chance
        self.post = bring_to(table, "ORDERED")
        self.others = [table.member, table.guest]
        self.done: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()

    def step(self) -> None:
        verb = self.chance.choice(VERBS)
        try:
            verb(self, fresh(self.post))
            self.done[verb.__name__] += 1
        except RoomError as error:
            self.refused[error.code] += 1

    def anybody(self) -> User:
        return self.chance.choice([self.table.host, *self.others, self.table.outsider])

    def said(self, op: str) -> int:
        found = list(Payment.objects.filter(post=self.post, op=op).values_list("pk", flat=True))
        return self.chance.choice(found) if found else 0


def act_issue(life: Life, post: Post) -> None:
    issue(post, unit=life.chance.choice([1, 10, 100]), book_gap=life.chance.random() < 0.7)


def act_price(life: Life, post: Post) -> None:
    item = life.chance.choice(list(post.items.all()))
    price = life.chance.choice([item.unit_won, life.chance.randint(0, 12_000)])
    set_actual(by=life.table.host, post=post, item=item.pk, unit_won=price, qty=life.chance.randint(0, 2))


def act_bill(life: Life, post: Post) -> None:
    fees = [FeeIn(life.chance.randint(0, 5_000), life.chance.choice(["EQUAL", "BY_FOOD"]))]
    owner = life.chance.choice(life.others)
    offs = [
        DiscountIn(life.chance.randint(0, 9_000)),
        DiscountIn(life.chance.randint(0, 9_000), "PERSONAL", owner.pk),
    ]
    receipt = life.chance.choice([None, life.chance.randint(0, 40_000)])
    edit_bill(by=life.table.host, post=post, fees=fees, discounts=offs, receipt_won=receipt)


def act_claim(life: Life, post: Post) -> None:
    won = life.chance.choice([1, 3_330, 10_000, 12_345])
    payments.claim(
        user=life.anybody(),
        post=post,
        share_v=post.share_v,
        won=won,
        way=life.chance.choice(WAYS),
        depositor="이름",
    )


def act_confirm(life: Life, post: Post) -> None:
    payments.confirm(by=life.table.host, post=post, claim=life.said("claim"))


def act_reject(life: Life, post: Post) -> None:
    payments.reject(by=life.table.host, post=post, claim=life.said("claim"), reason="없어요")


def act_waive(life: Life, post: Post) -> None:
    if life.chance.random() < 0.3:
        payments.waive(by=life.table.host, post=post, user=life.anybody())


def act_send_back(life: Life, post: Post) -> None:
    owed = [
        due.user for due in Due.objects.filter(post=post, balance__lt=0).select_related("user").order_by("pk")
    ]
    user = life.chance.choice([*owed, *owed, *owed, life.chance.choice(life.others)])
    won = life.chance.choice([None, 100])
    payments.refund_sent(by=life.table.host, post=post, user=user, way="cash", won=won)


def act_got_back(life: Life, post: Post) -> None:
    sent = Due.objects.filter(post=post).exclude(refund=None).order_by("pk").first()
    if sent is not None and life.chance.random() < 0.8:
        payments.refund_got(user=sent.user, post=post, refund=sent.refund_id or 0)
    else:
        payments.refund_got(user=life.chance.choice(life.others), post=post, refund=life.said("refund_sent"))


def act_leave(life: Life, post: Post) -> None:
    seats.leave(user=life.chance.choice(life.others), post=post)


def act_arrive(life: Life, post: Post) -> None:
    states.arrive(by=life.anybody(), post=post)


def act_refund(life: Life, post: Post) -> None:
    if life.chance.random() < 0.1:
        refunding.propose_refund(by=life.table.host, post=post)
        refunding.agree_refund(user=life.chance.choice(life.others), post=post)


def act_clock(life: Life, post: Post) -> None:
    if life.chance.random() < 0.1:
        clock.run_due(timezone.now() + timedelta(days=life.chance.choice([1, 4, 15])))


VERBS: list[Callable[[Life, Post], None]] = [
    act_issue, act_issue, act_price, act_bill, act_claim, act_claim, act_confirm, act_confirm, act_reject, act_waive,
    act_send_back, act_got_back, act_leave, act_arrive, act_refund, act_clock,
]  # fmt: skip


def check(post: Post) -> None:
    post = fresh(post)
    versions = list(ShareVersion.objects.filter(post=post).order_by("share_v"))
    assert [version.share_v for version in versions] == list(range(1, post.share_v + 1))
    assert len(entries(post, "order.shares")) == post.share_v
    for version in versions:
        shares = list(version.shares.all())
        assert sum(share.won for share in shares) == version.total
        assert all(share.amount >= 0 and share.won >= 0 for share in shares)
        assert version.receipt_won in (None, version.total) or version.cause == "refunded"
        assert version.unit == post.unit
    if versions:
        amounts = {share.user_id: share.amount for share in versions[-1].shares.all()}
        told: Counter[int] = Counter()
        for entry in entries(post, "order.shares"):
            told.update({row["user"]: row["delta"] for row in entry["rows"]})
        assert {user: told[user] for user in amounts} == amounts, "the differences add up to what is paid now"
        check_dues(post, amounts)
    words = Payment.objects.filter(post=post)
    assert len(entries(post, "order.payment")) == words.filter(won__gt=0).count()
    ends = [entry["to"] for entry in entries(post, "order.state")]
    assert ends.count("DONE") + ends.count("CANCELED") <= 1
    if post.state == "ARRIVED" and post.share_v:
        assert Due.objects.open().filter(post=post).exists(), "settled is over"


def check_dues(post: Post, amounts: dict[int, int]) -> None:
    for due in Due.objects.filter(post=post):
        words = Payment.objects.filter(post=post, user=due.user)
        sums = {op: sum(p.won for p in words if p.op == op) for op in Payment.Op.values}
        assert due.share_won + due.kept_won == amounts[due.user_id]
        assert (due.confirmed_won, due.waived_won, due.refunded_won) == (
            sums["confirm"],
            sums["waive"],
            sums["refund_got"],
        )
        assert due.balance == amounts[due.user_id] - sums["confirm"] - sums["waive"] + sums["refund_got"]
        assert due.claim is None or not Payment.objects.filter(answers=due.claim).exists()
        assert due.refund is None or not Payment.objects.filter(answers=due.refund).exists()
        if due.balance > 0 and due.claim is None:
            assert due.unclaimed_since is not None
        gone = not post.seats.active().filter(user=due.user).exists()
        assert not (gone and due.balance > 0) or amounts[due.user_id] > 0, (
            "who owes has left only to be asked again"
        )


@pytest.mark.parametrize("seed", range(4))
def test_whatever_people_do_about_money_the_sums_agree(db: None, seed: int) -> None:
    life = Life(make_table(), random.Random(seed))
    for _ in range(STEPS):
        life.step()
        check(life.post)


@pytest.mark.slow
def test_many_lives_of_money_do_every_verb_and_end_in_every_way(db: None) -> None:
    done: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    ends: Counter[Any] = Counter()
    for seed in range(100, 110):
        for user in User.objects.exclude(username=None):
            user.nickname = user.username = f"u{user.pk}"
            user.save()
        life = Life(make_table(), random.Random(seed))
        for _ in range(STEPS):
            life.step()
        check(life.post)
        done += life.done
        refused += life.refused
        ends[fresh(life.post).state, fresh(life.post).cancel_reason] += 1
        assert preview(fresh(life.post)).total >= 0
    assert set(done) == {verb.__name__ for verb in VERBS}
    assert {("CANCELED", "refunded"), ("DONE", "")} <= set(ends)
    assert {"RECEIPT_GAP", "NOTHING_DUE", "OWES", "CLAIM_ANSWERED", "NO_SHARES", "NO_DUE"} <= set(refused)
