"""The words of money: how somebody stands, how a share came about, what a payment was."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Final, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from orders import split
from orders.board import Working
from orders.models import FeeRule

STATUS: Final[dict[str, str | Promise]] = {
    "due": pgettext_lazy("payment", "to be sent"),
    "claimed": pgettext_lazy("payment", "waits for the host"),
    "settled": pgettext_lazy("payment", "settled"),
    "waived": pgettext_lazy("payment", "let go"),
    "refund_due": pgettext_lazy("payment", "gets money back"),
    "refund_sent": pgettext_lazy("payment", "sent back"),
}
# As classes: what is open, what waits, what is done.
TONE: Final = {"due": "due", "claimed": "wait", "refund_due": "due", "refund_sent": "wait"}
OPS: Final[dict[str, str | Promise]] = {
    "claim": gettext_lazy("said to be sent"),
    "confirm": gettext_lazy("the host has it"),
    "reject": gettext_lazy("the host did not find it"),
    "waive": gettext_lazy("the host lets it go"),
    "refund_sent": gettext_lazy("the host sent it back"),
    "refund_got": gettext_lazy("came back"),
}


class Step(NamedTuple):
    """One line of a share's working. `sum`: a result that those above lead to; `note` says how."""

    label: str
    note: str
    won: Fraction
    sum: bool = False


def steps(found: Working) -> Iterator[Step]:
    """How a share came about, in the order of PRODUCT's lines."""
    for dish in found.dishes:
        note = _("{weight} of {weights} parts of {won}").format(
            weight=dish.weight, weights=dish.weights, won=money(dish.won)
        )
        yield Step(dish.name, note if dish.weights > dish.weight else "", dish.part)
    yield from _off(_("Off the food"), found, split.Scope.FOOD, found.food_off)
    if found.fee:
        titles = ", ".join(dict.fromkeys(fee.title for fee in found.fees if fee.won))
        sums: dict[str, int] = {}
        for fee in found.fees:
            sums[fee.rule] = sums.get(fee.rule, 0) + fee.won
        note = " + ".join(f"{money(won)} {FeeRule(rule).label}" for rule, won in sums.items() if won)
        yield Step(titles, note, found.fee)
    yield from _off(_("Off the fees"), found, split.Scope.FEE, found.fee_off)
    yield from _off(_("Own coupon"), found, split.Scope.PERSONAL, found.personal)
    if found.rest_off:
        yield Step(_("What was left of coupons"), _("by what each still pays"), -found.rest_off)
    yield Step(_("Exactly"), ratio(found.exact), found.exact, sum=True)
    if found.rounding:
        note = _("to {unit} won, so that all adds up").format(unit=found.unit)
        yield Step(_("Rounded"), note, found.rounding)
    if found.kept:
        yield Step(_("Stays as it was"), _("the exact share is the same as before"), Fraction(found.kept))
    yield Step(_("To pay"), "", Fraction(found.amount), sum=True)


def _off(label: str, found: Working, scope: split.Scope, won: Fraction) -> Iterator[Step]:
    """What coupons of this scope take off; their names and sums as the note."""
    if won:
        given = [f"{off.title} {money(off.won)}" for off in found.discounts if off.rule == scope]
        yield Step(label, ", ".join(given), -won)


def money(won: Fraction | int) -> str:
    """12,900원, or with two decimals what is no whole won; cut, never rounded up to what it is not."""
    exact = Fraction(won)
    sign, size = ("−" if exact < 0 else ""), abs(exact)
    text = f"{int(size):,}"
    if size.denominator != 1:
        text += f".{int(size * 100) % 100:02d}"
    return sign + _("₩{won}").format(won=text)


def ratio(exact: Fraction) -> str:
    """A fraction that can be read; "" for whole won and for what nobody would read."""
    if exact.denominator == 1 or exact.denominator > 99:
        return ""
    return f"{exact.numerator:,} ÷ {exact.denominator}"
