"""How people look: the tint of an avatar."""

from django import template

register = template.Library()


@register.filter
def hue_step(user_id: int) -> int:
    """One of the twelve `hue-…` classes, derived from the account (static/js/avatar.js does the same)."""
    return (user_id * 137) % 360 // 30
