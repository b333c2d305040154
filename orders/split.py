"""Who pays how much of one order: the thirteen lines of PRODUCT.md ("Money"). Pure; exact fractions; rounded once.

Integer won. The numbers in the comments are those of the lines. What each person's share is made of comes along,
exact, so that a page can show the working. Rounding is by largest remainder (Hamilton's method), in coins of `unit`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from math import floor
from typing import Final

UNITS: Final = (1, 10, 100)
WEIGHTS: Final = range(1, 10)
_NONE: Final = Fraction(0)


class FeeRule(StrEnum):
    EQUAL = "EQUAL"
    BY_FOOD = "BY_FOOD"


class Scope(StrEnum):
    FOOD = "FOOD"
    FEE = "FEE"
    PERSONAL = "PERSONAL"


class SplitError(ValueError):
    """`code`: NOBODY_EATS, NO_HOST, TWICE, UNIT, WON, QTY, WEIGHT, NO_PARTS, STRANGER or OWNER."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code


@dataclass(frozen=True, slots=True)
class Person:
    """`join`: the number of their entry into the room, for ties. `eats`: does not sit out."""

    user: int
    join: int
    eats: bool = True


@dataclass(frozen=True, slots=True)
class Dish:
    """`qty` × `unit_won` won (0 of what was sold out), shared by weights of 1–9."""

    unit_won: int
    qty: int
    weights: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class FeePart:
    won: int
    rule: FeeRule = FeeRule.EQUAL


@dataclass(frozen=True, slots=True)
class Coupon:
    """`user`: whose it is, of PERSONAL ones."""

    won: int
    scope: Scope = Scope.FOOD
    user: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One person's share and how it comes about; what is taken off is ≥ 0:

    exact = food − food_off + fee − fee_off − personal − rest_off;  won = exact + rounding.
    """

    user: int
    food: Fraction
    food_off: Fraction
    fee: Fraction
    fee_off: Fraction
    personal: Fraction
    rest_off: Fraction
    exact: Fraction
    won: int

    @property
    def rounding(self) -> Fraction:
        return self.won - self.exact


@dataclass(frozen=True, slots=True)
class Split:
    """`lines` in the order of joining; their `won` add up to `total`. `unused`: coupons beyond all there is to pay."""

    lines: tuple[Line, ...]
    total: int
    items: int
    fees: int
    coupons: int
    unused: Fraction

    def of(self, user: int) -> Line | None:
        return next((line for line in self.lines if line.user == user), None)


def split(
    *,
    people: Sequence[Person],
    host: int,
    dishes: Iterable[Dish],
    fees: Iterable[FeePart] = (),
    coupons: Iterable[Coupon] = (),
    unit: int = 1,
) -> Split:
    """Everybody's share. The host is one of `people`, eating or not. Raises SplitError.

    The same for any order of people, dishes, fees and coupons. Σ won = total; won ≥ 0; |won − exact| < unit; those of
    others than the host are multiples of the unit (with unit > 1 the host, who pays the shop, has the odd won).
    """
    dishes, fees, coupons = list(dishes), list(fees), list(coupons)
    table = sorted(people, key=lambda person: person.join)
    _check(table, host, dishes, fees, coupons, unit)
    members = [person.user for person in table if person.eats or person.user == host]  # 1
    eaters = [person.user for person in table if person.eats]
    lines = _exact(members, eaters, dishes, fees, coupons)
    items = sum(dish.unit_won * dish.qty for dish in dishes)
    sums = (items, sum(fee.won for fee in fees), sum(coupon.won for coupon in coupons))
    total = max(0, sums[0] + sums[1] - sums[2])  # 9
    won = _rounded({line.user: line.exact for line in lines}, host, total, unit)
    unused = Fraction(max(0, sums[2] - sums[0] - sums[1]))
    return Split(tuple(replace(line, won=won[line.user]) for line in lines), total, *sums, unused)


@dataclass(frozen=True, slots=True)
class Paid:
    """What one person paid by the version before, and their exact share then."""

    amount: int = 0
    exact: Fraction | None = None


def kept(line: Line, host: int, before: Paid | None) -> int:
    """What is added to a share so that the amount stays, because the exact share is what it was: rounding anew moves
    the odd won about, and nobody sends or gets one for that. The host bears it, either way, and so has none."""
    if before is None or line.user == host or before.exact != line.exact:
        return 0
    return before.amount - line.won


def _exact(
    members: list[int],
    eaters: list[int],
    dishes: list[Dish],
    fees: list[FeePart],
    coupons: list[Coupon],
) -> list[Line]:
    """Lines 2 to 8, not rounded (`won` is 0)."""
    food = dict.fromkeys(members, _NONE)
    for dish in dishes:  # 2
        weights = sum(dish.weights.values())
        for user, weight in dish.weights.items():
            food[user] += Fraction(dish.unit_won * dish.qty * weight, weights)
    all_food = sum(food.values(), _NONE)
    fee = dict.fromkeys(members, _NONE)
    for part in fees:  # 3
        if part.rule == FeeRule.BY_FOOD and all_food:
            for user in members:
                fee[user] += part.won * food[user] / all_food
        else:
            for user in eaters:
                fee[user] += Fraction(part.won, len(eaters))
    food_off, left_of_food = _taken(food, _sum(coupons, Scope.FOOD))  # 4
    fee_off, left_of_fee = _taken(fee, _sum(coupons, Scope.FEE))  # 5
    rest = {user: food[user] - food_off[user] + fee[user] - fee_off[user] for user in members}  # 6
    personal = {user: min(_sum(coupons, Scope.PERSONAL, user), rest[user]) for user in members}  # 7
    rest = {user: rest[user] - personal[user] for user in members}
    left_of_personal = _sum(coupons, Scope.PERSONAL) - sum(personal.values(), _NONE)
    rest_off, _ = _taken(rest, left_of_food + left_of_fee + left_of_personal)  # 8
    return [
        Line(
            user=user,
            food=food[user],
            food_off=food_off[user],
            fee=fee[user],
            fee_off=fee_off[user],
            personal=personal[user],
            rest_off=rest_off[user],
            exact=rest[user] - rest_off[user],
            won=0,
        )
        for user in members
    ]


def _taken(shares: Mapping[int, Fraction], off: Fraction) -> tuple[dict[int, Fraction], Fraction]:
    """What `off` takes from each, in proportion, and what of it is left over."""
    whole = sum(shares.values(), _NONE)
    used = min(off, whole)
    factor = used / whole if whole else _NONE
    return {user: share * factor for user, share in shares.items()}, off - used


def _sum(coupons: Iterable[Coupon], scope: Scope, user: int | None = None) -> Fraction:
    found = (c.won for c in coupons if c.scope == scope and (user is None or c.user == user))
    return Fraction(sum(found))


def _rounded(exact: Mapping[int, Fraction], host: int, total: int, unit: int) -> dict[int, int]:
    """Lines 10 to 13. `exact` is in the order of joining."""
    paying = [user for user in exact if unit == 1 or user != host]  # 10
    whole = sum((exact[user] for user in paying), _NONE)
    coins = total if unit == 1 else min(floor(whole / unit + Fraction(1, 2)), total // unit)  # 11
    quota = {user: floor(exact[user] / unit) for user in paying}  # 12
    order = sorted(
        paying, key=lambda user: (quota[user] - exact[user] / unit, user == host)
    )  # join: sorting is stable
    for user in order[: coins - sum(quota.values())]:
        quota[user] += 1
    won = {user: count * unit for user, count in quota.items()}  # 13
    if unit > 1:
        won[host] = total - sum(won.values())
    return won


def _check(
    table: list[Person],
    host: int,
    dishes: list[Dish],
    fees: list[FeePart],
    coupons: list[Coupon],
    unit: int,
) -> None:
    users = {person.user for person in table}
    members = {person.user for person in table if person.eats} | {host}
    if unit not in UNITS:
        raise SplitError("UNIT", f"{unit} is none of {UNITS}")
    if not any(person.eats for person in table):
        raise SplitError("NOBODY_EATS", "everybody sits out")
    if host not in users:
        raise SplitError("NO_HOST", f"{host} is not among the people")
    if len(users) < len(table) or len({person.join for person in table}) < len(table):
        raise SplitError("TWICE", "a person or a joining number occurs twice")
    for dish in dishes:
        _check_dish(dish, members)
    if not all(map(_is_whole, [*(fee.won for fee in fees), *(coupon.won for coupon in coupons)])):
        raise SplitError("WON", "fees and coupons are whole won from 0")
    for coupon in coupons:
        if (coupon.scope == Scope.PERSONAL) != (coupon.user is not None):
            raise SplitError("OWNER", "personal coupons are somebody's, others nobody's")
        if coupon.user is not None and coupon.user not in members:
            raise SplitError("STRANGER", f"{coupon.user} has no part in the order")


def _check_dish(dish: Dish, members: set[int]) -> None:
    if not _is_whole(dish.unit_won):
        raise SplitError("WON", f"a price of {dish.unit_won}")
    if not _is_whole(dish.qty):
        raise SplitError("QTY", f"{dish.qty} of a dish")
    if not dish.weights:
        raise SplitError("NO_PARTS", "nobody has a part in a dish")
    if any(type(weight) is not int or weight not in WEIGHTS for weight in dish.weights.values()):
        raise SplitError("WEIGHT", "parts are whole numbers from 1 to 9")
    if strangers := set(dish.weights) - members:
        raise SplitError("STRANGER", f"{sorted(strangers)} do not eat")


def _is_whole(won: int) -> bool:
    return type(won) is int and won >= 0
