"""Amounts and signs on the pages of posts."""

from django import template
from django.utils.translation import gettext as _

register = template.Library()

# One of the twelve `hue-…` classes for each kind of food.
_HUES = {
    "chicken": 2,
    "pizza": 1,
    "chinese": 0,
    "korean": 4,
    "bunsik": 11,
    "japanese": 7,
    "burger": 1,
    "cafe": 3,
    "late_night": 9,
    "other": 6,
}


@register.filter
def won(amount: int | None) -> str:
    """12,900원 or ₩12,900; "" for what is unknown."""
    return "" if amount is None else _("₩{won}").format(won=f"{amount:,}")


@register.filter
def food_hue(category: str) -> int:
    """The tint of a kind of food."""
    return _HUES.get(category, 6)
