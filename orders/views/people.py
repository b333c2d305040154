"""Who looks at a page."""

from django.http import HttpRequest

from accounts.models import User


def viewer(request: HttpRequest) -> User | None:
    """None: signed out."""
    return request.user if request.user.is_authenticated else None


def is_fragment(request: HttpRequest) -> bool:
    """htmx wants a part of the page; going back in its history it wants all of it."""
    headers = request.headers
    return headers.get("HX-Request") == "true" and headers.get("HX-History-Restore-Request") != "true"
