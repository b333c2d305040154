"""How far a cart is: the minimum order, the delivery fee and when it is free. Pure, integer won."""

from collections.abc import Sequence
from typing import NamedTuple

Tiers = Sequence[Sequence[int]]  # [[from subtotal, fee], …], rising, the first from 0; [] while it is unknown


class Progress(NamedTuple):
    """A bar: `have` of `need` won; `missing` is never negative, `percent` never above 100."""

    have: int
    need: int

    @property
    def missing(self) -> int:
        return max(self.need - self.have, 0)

    @property
    def reached(self) -> bool:
        return self.have >= self.need

    @property
    def percent(self) -> int:
        return 100 if self.reached else 100 * self.have // self.need


def fee_at(tiers: Tiers, subtotal: int) -> int | None:
    """The expected delivery fee (예상) of such a subtotal; None while it is unknown."""
    fee = None
    for start, won in tiers:
        if subtotal >= start:
            fee = won
    return fee


def min_order(min_order_won: int, subtotal: int) -> Progress:
    return Progress(subtotal, min_order_won)


def next_fee(tiers: Tiers, subtotal: int) -> tuple[Progress, int] | None:
    """The way to the next smaller fee, and that fee; None when there is none. A fee of 0 is free delivery."""
    now = fee_at(tiers, subtotal)
    for start, fee in tiers:
        if now is not None and start > subtotal and fee < now:
            return Progress(subtotal, start), fee
    return None


def free_delivery(tiers: Tiers, subtotal: int) -> Progress | None:
    """The way to free delivery; None where no sum makes it free."""
    start = next((start for start, fee in tiers if fee == 0), None)
    return None if start is None else Progress(subtotal, start)
