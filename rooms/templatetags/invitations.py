"""Invitation links on pages that are not about them."""

from typing import Any

from django import template

from rooms.models import Room

register = template.Library()


@register.simple_tag(takes_context=True)
def invitation_address(context: dict[str, Any], room: Room) -> str:
    """The newest usable link's address to give away; empty without one. Only for the host's eyes."""
    found = room.invitations.usable().order_by("-pk").first()
    return context["request"].build_absolute_uri(found.get_absolute_url()) if found else ""
