"""Who looks at a page."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from accounts.models import User


def viewer(request: HttpRequest) -> User | None:
    """None: signed out."""
    return request.user if request.user.is_authenticated else None


def is_fragment(request: HttpRequest) -> bool:
    """htmx wants a part of the page; going back in its history it wants all of it."""
    headers = request.headers
    return headers.get("HX-Request") == "true" and headers.get("HX-History-Restore-Request") != "true"


def signed_in(page: str) -> Callable[[Any], Any]:
    """For taps: whoever is signed out signs in first and comes back to this page, since a tap cannot be repeated for
    them. `page`: the name of its address, by the same public id."""

    def decorate(view: Any) -> Any:
        @wraps(view)
        def tap(request: HttpRequest, public_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return redirect_to_login(reverse(page, args=[public_id]))
            answer: HttpResponse = view(request, public_id, *args, **kwargs)
            return answer

        return tap

    return decorate
