"""How much waits for somebody, at the head of every page."""

from typing import Any, NamedTuple

from django import template
from django.db.models import Count, Max

from accounts.models import User
from orders.models import Notification

register = template.Library()


class Waiting(NamedTuple):
    unread: int
    latest: int  # the newest unread one's number, 0 for none


@register.simple_tag
def notices(user: User) -> Waiting:
    """One query over what is unread, which is bounded."""
    found: dict[str, Any] = (
        Notification.objects.of(user).unread().order_by().aggregate(unread=Count("pk"), latest=Max("pk"))
    )
    return Waiting(found["unread"], found["latest"] or 0)
