"""News about one's reports, on pages that are not about them."""

from django import template

from accounts.models import User
from orders import reports

register = template.Library()


@register.simple_tag
def report_news(user: User) -> int:
    """How many results the person has not seen yet."""
    return reports.news(user)
