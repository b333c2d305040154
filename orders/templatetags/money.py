"""Won that need not be whole, and how payments stand."""

from fractions import Fraction

from django import template

from orders.views.pay import words

register = template.Library()


@register.filter
def exactly(won: Fraction | int) -> str:
    """7,333.33원: whole won without decimals."""
    return words.money(won)


@register.filter
def signed(won: int) -> str:
    """+1,000원 or −1,000원."""
    return ("+" if won > 0 else "") + words.money(won)


@register.filter
def standing(status: str) -> str:
    """How somebody stands, in words."""
    return str(words.STATUS.get(status, ""))


@register.filter
def tone(status: str) -> str:
    return words.TONE.get(status, "done")


@register.filter
def deed(op: str) -> str:
    """What a payment was, in words."""
    return str(words.OPS.get(op, op))
