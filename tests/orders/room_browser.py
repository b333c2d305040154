"""People in front of the pages of a post's room."""

from typing import Any

from django.test import Client

from accounts.models import User
from orders.models import Post

HTMX = {"HTTP_HX_REQUEST": "true"}


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def path(post: Post, rest: str = "") -> str:
    return f"/p/{post.public_id}/room/{rest}"


def page(user: User, post: Post, rest: str = "", **more: Any) -> str:
    """The page's text; 200 is asked for."""
    response = browser(user).get(path(post, rest), **more)
    assert response.status_code == 200, response.status_code
    return response.content.decode()


def typed(**more: Any) -> dict[str, Any]:
    """What the form of a dish sends."""
    return {"name": "허니콤보", "unit_won": "9,000원", "qty": "1", "options": "", "note": "", **more}


def tap(user: User, post: Post, rest: str, data: dict[str, Any] | None = None, **more: Any) -> Any:
    """A form sent without JavaScript; with **HTMX as htmx sends it."""
    return browser(user).post(path(post, rest), data or {}, **more)
