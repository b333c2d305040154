"""How people look: the tint of an avatar."""

from typing import Any

from django import template

from accounts.models import User
from accounts.tokens import person_token

register = template.Library()


@register.filter
def hue_step(user_id: int) -> int:
    """One of the twelve `hue-…` classes, derived from the account (static/js/avatar.js does the same)."""
    return (user_id * 137) % 360 // 30


@register.simple_tag(takes_context=True)
def token_of(context: dict[str, Any], person: User) -> str:
    """Names the person in addresses for the page's reader alone (accounts/tokens.py)."""
    return person_token(context["request"].user, person.pk)


@register.simple_tag
def come_back_link(user: User) -> Any:
    """The guest's private link as it is kept (since, used_at), or None."""
    return getattr(user, "come_back", None)
