"""The split of PRODUCT.md ("Money"): its three examples at every unit, and what bad input is refused with. Its
properties: test_split_properties.py."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from orders.split import Coupon, Dish, FeePart, FeeRule, Person, Scope, Split, SplitError, split

H, A, B, C = 1, 2, 3, 4


def people(*users: int) -> list[Person]:
    return [Person(user, join=user) for user in users]


def chicken(unit: int) -> Split:
    return split(
        people=people(H, A, B),
        host=H,
        dishes=[Dish(19_000, 1, {H: 1, A: 1, B: 1})],
        fees=[FeePart(3_000)],
        unit=unit,
    )


def feast(unit: int) -> Split:
    return split(
        people=people(H, A, B, C),
        host=H,
        dishes=[
            Dish(8_900, 1, {H: 1}),
            Dish(12_500, 1, {A: 1}),
            Dish(9_900, 1, {B: 1}),
            Dish(23_000, 1, {H: 1, A: 1, C: 2}),
        ],
        fees=[FeePart(3_500), FeePart(1_000, FeeRule.BY_FOOD)],
        coupons=[Coupon(5_000), Coupon(1_000, Scope.FEE), Coupon(2_000, Scope.PERSONAL, A)],
        unit=unit,
    )


def coupon(unit: int) -> Split:
    return split(
        people=people(H, A, B),
        host=H,
        dishes=[Dish(10_000, 1, {H: 1, A: 1, B: 1})],
        coupons=[Coupon(5_000, Scope.PERSONAL, A)],
        unit=unit,
    )


EXAMPLES: list[tuple[Callable[[int], Split], int, list[int]]] = [
    (chicken, 1, [7_333, 7_334, 7_333]),
    (chicken, 10, [7_330, 7_340, 7_330]),
    (chicken, 100, [7_300, 7_400, 7_300]),
    (feast, 1, [14_191, 15_512, 9_811, 11_286]),
    (feast, 10, [14_190, 15_510, 9_810, 11_290]),
    (feast, 100, [14_200, 15_500, 9_800, 11_300]),
    (coupon, 1, [2_500, 0, 2_500]),
    (coupon, 10, [2_500, 0, 2_500]),
    (coupon, 100, [2_500, 0, 2_500]),
]


@pytest.mark.parametrize(
    ("example", "unit", "won"), EXAMPLES, ids=lambda value: getattr(value, "__name__", str(value))
)
def test_the_worked_examples(example: Callable[[int], Split], unit: int, won: list[int]) -> None:
    found = example(unit)
    assert [line.won for line in found.lines] == won
    assert sum(won) == found.total


def test_the_exact_shares_of_the_examples() -> None:
    assert {line.exact for line in chicken(1).lines} == {Fraction(22_000, 3)}
    assert [round(float(line.exact), 2) for line in feast(1).lines] == [14191.41, 15511.48, 9810.76, 11286.35]
    assert feast(1).total == 50_800
    assert [line.exact for line in coupon(1).lines] == [2_500, 0, 2_500]


def test_the_working_of_a_share() -> None:
    line = coupon(1).of(A)
    assert line
    third = Fraction(10_000, 3)
    assert (line.food, line.fee, line.personal, line.rest_off, line.exact) == (third, 0, third, 0, 0)
    host = coupon(1).of(H)
    assert host
    assert (host.food, host.rest_off, host.exact, host.rounding) == (third, third - 2_500, 2_500, 0)


def test_who_sits_out_pays_nothing_and_a_host_who_does_is_still_at_the_table() -> None:
    table = [Person(H, 1, eats=False), Person(A, 2), Person(B, 3, eats=False)]
    found = split(people=table, host=H, dishes=[Dish(9_990, 1, {A: 1})], fees=[FeePart(3_000)], unit=100)
    assert [(line.user, line.won) for line in found.lines] == [(H, 90), (A, 12_900)], (
        "never more coins than T has"
    )
    assert found.of(B) is None


def test_coupons_beyond_all_there_is_to_pay_are_unused() -> None:
    found = split(people=people(H, A), host=H, dishes=[Dish(1_000, 2, {H: 1, A: 1})], coupons=[Coupon(5_000)])
    assert (found.total, found.unused, [line.won for line in found.lines]) == (0, 3_000, [0, 0])


def test_a_fee_by_food_without_food_is_equal() -> None:
    found = split(
        people=people(H, A), host=H, dishes=[Dish(9_000, 0, {A: 1})], fees=[FeePart(3_000, FeeRule.BY_FOOD)]
    )
    assert [line.won for line in found.lines] == [1_500, 1_500], "all sold out"


BAD: list[tuple[str, dict[str, Any]]] = [
    ("NOBODY_EATS", {"people": [Person(H, 1, eats=False)]}),
    ("NOBODY_EATS", {"people": []}),
    ("NO_HOST", {"host": 9}),
    ("TWICE", {"people": [Person(H, 1), Person(H, 2)]}),
    ("TWICE", {"people": [Person(H, 1), Person(A, 1)]}),
    ("UNIT", {"unit": 0}),
    ("UNIT", {"unit": 1_000}),
    ("WON", {"dishes": [Dish(-1, 1, {H: 1})]}),
    ("WON", {"dishes": [Dish(1.5, 1, {H: 1})]}),  # type: ignore[arg-type]  # that is the point
    ("WON", {"dishes": [Dish(True, 1, {H: 1})]}),
    ("QTY", {"dishes": [Dish(1, -1, {H: 1})]}),
    ("NO_PARTS", {"dishes": [Dish(1, 1, {})]}),
    ("WEIGHT", {"dishes": [Dish(1, 1, {H: 0})]}),
    ("WEIGHT", {"dishes": [Dish(1, 1, {H: 10})]}),
    ("STRANGER", {"dishes": [Dish(1, 1, {9: 1})]}),
    ("WON", {"fees": [FeePart(-1)]}),
    ("WON", {"coupons": [Coupon(-1)]}),
    ("OWNER", {"coupons": [Coupon(1, Scope.PERSONAL)]}),
    ("OWNER", {"coupons": [Coupon(1, Scope.FOOD, H)]}),
    ("STRANGER", {"coupons": [Coupon(1, Scope.PERSONAL, 9)]}),
]


@pytest.mark.parametrize(("code", "wrong"), BAD, ids=lambda value: value if isinstance(value, str) else "")
def test_bad_input_has_a_named_error(code: str, wrong: dict[str, Any]) -> None:
    given: dict[str, Any] = {"people": people(H, A), "host": H, "dishes": [Dish(1_000, 1, {H: 1})]}
    with pytest.raises(SplitError) as info:
        split(**(given | wrong))
    assert info.value.code == code
