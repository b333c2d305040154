"""What holds of every split (PRODUCT.md, "Money"), of orders that Hypothesis and, in the slow suite, chance make up."""

import random
from itertools import pairwise
from typing import Any, Protocol

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orders.split import UNITS, Coupon, Dish, FeePart, FeeRule, Paid, Person, Scope, Split, kept, split

ORDERS = 100_000


class Chance(Protocol):
    """random.Random, and Hypothesis' own, which it can shrink."""

    def randint(self, low: int, high: int, /) -> int: ...
    def random(self) -> float: ...
    def choice(self, seq: Any, /) -> Any: ...
    def sample(self, population: Any, /, k: int) -> Any: ...
    def shuffle(self, x: Any, /) -> None: ...


def an_order(chance: Chance, most: int) -> dict[str, Any]:
    """What `split` takes besides the unit; up to `most` people."""
    users = list(range(1, chance.randint(1, most) + 1))
    host = chance.choice(users)
    table = [Person(user, join=user * 7, eats=chance.random() < 0.85) for user in users]
    if not any(person.eats for person in table):
        table[0] = Person(users[0], join=7)
    members = [person.user for person in table if person.eats or person.user == host]

    def won(top: int) -> int:
        return chance.choice((0, chance.randint(0, top), chance.randint(0, top // 100) * 100))

    dishes = [
        Dish(
            won(30_000),
            chance.randint(0, 3),
            {
                user: chance.randint(1, 9)
                for user in chance.sample(members, k=chance.randint(1, min(len(members), 4)))
            },
        )
        for _ in range(chance.randint(0, most))
    ]
    fees = [FeePart(won(6_000), chance.choice(list(FeeRule))) for _ in range(chance.randint(0, 2))]
    coupons = [
        Coupon(won(20_000), scope, chance.choice(members) if scope == Scope.PERSONAL else None)
        for scope in (chance.choice(list(Scope)) for _ in range(chance.randint(0, 2)))
    ]
    return {"people": table, "host": host, "dishes": dishes, "fees": fees, "coupons": coupons}


def check(order: dict[str, Any], unit: int, found: Split) -> None:
    """Every property that concerns one split."""
    host = order["host"]
    items = sum(dish.unit_won * dish.qty for dish in order["dishes"])
    fees = sum(fee.won for fee in order["fees"])
    coupons = sum(each.won for each in order["coupons"])
    assert found.total == max(0, items + fees - coupons)
    assert sum(line.won for line in found.lines) == found.total == sum(line.exact for line in found.lines)
    assert found.unused == max(0, coupons - items - fees)
    for line in found.lines:
        assert line.won >= 0
        assert abs(line.won - line.exact) < unit, "the host's too"
        taken = line.food_off + line.fee_off + line.personal + line.rest_off
        assert line.food + line.fee - taken == line.exact >= 0
        assert min(line.food_off, line.fee_off, line.personal, line.rest_off) >= 0
        if line.user != host:
            assert line.won % unit == 0
            assert line.won == 0 or line.exact > 0, "who owes nothing pays nothing"
    paying = [line for line in found.lines if unit == 1 or line.user != host]
    ranked = sorted(paying, key=lambda line: (line.exact, line.won))
    for less, more in pairwise(ranked):
        assert less.exact == more.exact or less.won <= more.won, "a larger share never pays less"


@settings(max_examples=300, deadline=None)
@given(chance=st.randoms(use_true_random=False), unit=st.sampled_from(UNITS))
def test_the_properties_hold(chance: random.Random, unit: int) -> None:
    order = an_order(chance, most=8)
    check(order, unit, split(**order, unit=unit))


@settings(max_examples=20, deadline=None)
@given(chance=st.randoms(use_true_random=False), unit=st.sampled_from(UNITS))
def test_the_properties_hold_of_tables_of_fifty(chance: random.Random, unit: int) -> None:
    order = an_order(chance, most=50)
    check(order, unit, split(**order, unit=unit))


@settings(max_examples=150, deadline=None)
@given(chance=st.randoms(use_true_random=False), unit=st.sampled_from(UNITS))
def test_any_order_of_the_input_gives_the_same_answer(chance: random.Random, unit: int) -> None:
    order = an_order(chance, most=8)
    found = split(**order, unit=unit)
    for name in ("people", "dishes", "fees", "coupons"):
        chance.shuffle(order[name])
    order["dishes"] = [
        Dish(dish.unit_won, dish.qty, dict(reversed(dish.weights.items()))) for dish in order["dishes"]
    ]
    assert split(**order, unit=unit) == found


@settings(max_examples=150, deadline=None)
@given(chance=st.randoms(use_true_random=False), unit=st.sampled_from(UNITS))
def test_ties_go_to_members_before_the_host_and_to_who_came_first(chance: random.Random, unit: int) -> None:
    count = chance.randint(2, 9)
    won = chance.randint(1, 100_000)
    users = list(range(1, count + 1))
    host = chance.choice(users)
    found = split(
        people=[Person(user, join=user) for user in users],
        host=host,
        dishes=[Dish(won, 1, dict.fromkeys(users, 1))],
        unit=unit,
    )
    others = [line.won for line in found.lines if line.user != host]
    assert others == sorted(others, reverse=True)
    if unit == 1:
        own = found.of(host)
        assert own
        assert own.won == min(line.won for line in found.lines)


@settings(max_examples=150, deadline=None)
@given(chance=st.randoms(use_true_random=False), unit=st.sampled_from(UNITS))
def test_issuing_again_changes_no_amount_whose_exact_share_stays(chance: random.Random, unit: int) -> None:
    order = an_order(chance, most=6)
    before: dict[int, Paid] = {}
    for _ in range(4):
        found = split(**order, unit=unit)
        amounts = {
            line.user: line.won + kept(line, order["host"], before.get(line.user)) for line in found.lines
        }
        for line in found.lines:
            paid = before.get(line.user)
            if paid and line.user != order["host"] and paid.exact == line.exact:
                assert amounts[line.user] == paid.amount
            else:
                assert amounts[line.user] == line.won
            assert amounts[line.user] >= 0
            assert abs(amounts[line.user] - line.exact) < unit
        before = {line.user: Paid(amounts[line.user], line.exact) for line in found.lines}
        if order["dishes"]:  # one dish comes otherwise, or not at all
            place = chance.randint(0, len(order["dishes"]) - 1)
            dish = order["dishes"][place]
            order["dishes"][place] = Dish(
                dish.unit_won + chance.randint(0, 3), chance.randint(0, 2), dish.weights
            )


@pytest.mark.slow
def test_the_properties_hold_of_a_hundred_thousand_random_orders() -> None:
    chance = random.Random(20261122)
    total = 0
    for _ in range(ORDERS):
        order, unit = an_order(chance, most=4), chance.choice(UNITS)
        found = split(**order, unit=unit)
        check(order, unit, found)
        total += found.total
    assert total > 0
