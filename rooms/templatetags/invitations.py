"""Invitation links on pages that are not about them."""

from typing import Any

from django import template

from rooms.models import Membership, Room

register = template.Library()

AVOIDED_NAMED = 5


@register.simple_tag(takes_context=True)
def invitation_address(context: dict[str, Any], room: Room) -> str:
    """The newest usable link's address to give away; empty without one. Only for the host's eyes."""
    found = room.invitations.usable().order_by("-pk").first()
    return context["request"].build_absolute_uri(found.get_absolute_url()) if found else ""


@register.simple_tag(takes_context=True)
def avoided_in(context: dict[str, Any], room: Room) -> list[str]:
    """Nicknames of those in the room whom the page's reader has blocked; a few of them."""
    reader = context["request"].user
    if not reader.is_authenticated:
        return []
    stays = Membership.objects.active().filter(room=room).avoided_by(reader).by_standing()
    return list(stays.values_list("user__nickname", flat=True)[:AVOIDED_NAMED])
