"""What each would owe (예상) before shares are issued. Pure; exact fractions, rounded once, to the nearest won."""

from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple

from orders.sheet import Row, Sheet


class Estimate(NamedTuple):
    """Won. `fee` is None while the delivery fee is unknown; `total` then is the food alone."""

    food: int
    fee: int | None
    total: int


def estimates(found: Sheet, host_id: int | None) -> dict[int, Estimate]:
    """Of every member. What the host added for somebody who has not accepted it counts as the host's."""
    food: dict[int, Fraction] = dict.fromkeys(found.members, Fraction(0))
    for row in found.rows:
        parts = _payers(row, host_id)
        for user, weight in parts.items():
            food[user] = food.get(user, Fraction(0)) + Fraction(row.item.won * weight, sum(parts.values()))
    fee = Fraction(found.fee or 0, max(len(found.eaters), 1)) if found.rows else Fraction(0)
    return {
        user: _rounded(won, fee if user in found.eaters else Fraction(0), found) for user, won in food.items()
    }


def _payers(row: Row, host_id: int | None) -> Mapping[int, int]:
    return {host_id: 1} if row.item.pending and host_id else row.parts


def _rounded(food: Fraction, fee: Fraction, found: Sheet) -> Estimate:
    known = found.fee is not None
    return Estimate(_won(food), _won(fee) if known else None, _won(food + fee))


def _won(exact: Fraction) -> int:
    return int(exact + Fraction(1, 2))
